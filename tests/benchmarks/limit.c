/* The physical limit: the days of a base-stock chain in a C loop (see limit.py).

   W replications stand side by side: 1 is the plain loop over replications, one after the other;
   with 64 the compiler fills vector registers. Usage: limit <chain> <demand> <result> <rounds>. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#ifndef W
#define W 1
#endif
#define DUST 1e-9
#define EACH for (int c = 0; c < W; c++)
#define MIN(a, b) ((a) < (b) ? (a) : (b))
#define MAX(a, b) ((a) > (b) ? (a) : (b))

typedef double row[W];
typedef struct { int number; double need; } part;
typedef struct { double start, up_to; int made, lane, claims, users, *claim; part *user; } item;
typedef struct { int source, destination, days; row *ring; } lane;
typedef struct { int item, days, components; part *component; row *ring; } recipe;
typedef struct { char what; int number; } step;

static int items, lanes, recipes, sellers, deciders, steps, days, blocks;
static item *item_of;
static lane *lane_of;
static recipe *recipe_of;
static step *turn;
static int *seller, *decider;
static row *on_hand, *on_order, *owed, *to_make, *total;

/* -- reading the description ---------------------------------------------------------------- */

static FILE *file;

static double number(void) {
    double x;
    if (fscanf(file, "%lf", &x) != 1) exit(2);
    return x;
}

static int *numbers(int count) {
    int *list = calloc(count + 1, sizeof(int));
    for (int i = 0; i < count; i++) list[i] = (int)number();
    return list;
}

static part *parts(int count) {
    part *list = calloc(count + 1, sizeof(part));
    for (int i = 0; i < count; i++) list[i] = (part){(int)number(), 0}, list[i].need = number();
    return list;
}

static row *rows(int count) { return aligned_alloc(64, 64 + count * sizeof(row) / 64 * 64 + 64); }

static void read_chain(const char *path) {
    file = fopen(path, "r");
    if (!file) exit(2);
    days = number(), blocks = number();
    items = number(), lanes = number(), recipes = number();
    item_of = calloc(items, sizeof(item));
    lane_of = calloc(lanes + 1, sizeof(lane));
    recipe_of = calloc(recipes + 1, sizeof(recipe));
    for (item *i = item_of; i < item_of + items; i++) {
        i->start = number(), i->up_to = number(), i->made = number(), i->lane = number();
        i->claim = numbers(i->claims = number());
        i->user = parts(i->users = number());
    }
    for (lane *v = lane_of; v < lane_of + lanes; v++) {
        v->source = number(), v->destination = number(), v->days = number();
        v->ring = rows(v->days + 1);
    }
    for (recipe *r = recipe_of; r < recipe_of + recipes; r++) {
        r->item = number(), r->days = number();
        r->component = parts(r->components = number());
        r->ring = rows(r->days + 1);
    }
    sellers = number(), seller = numbers(sellers);
    deciders = number(), decider = numbers(deciders);
    steps = number(), turn = calloc(steps, sizeof(step));
    for (int i = 0; i < steps; i++)
        if (fscanf(file, " %c %d", &turn[i].what, &turn[i].number) != 2) exit(2);
    fclose(file);
    on_hand = rows(items), on_order = rows(items), total = rows(items);
    owed = rows(lanes + items), to_make = rows(recipes);
}

/* -- a day ---------------------------------------------------------------------------------- */

static void decide(int number) {
    const item *i = &item_of[number];
    row backlog;
    EACH backlog[c] = 0;
    for (int k = 0; k < i->claims; k++) EACH backlog[c] += owed[i->claim[k]][c];
    for (int k = 0; k < i->users; k++)
        EACH backlog[c] += to_make[i->user[k].number][c] * i->user[k].need;
    double *asked = i->made >= 0 ? to_make[i->made] : owed[i->lane];
    EACH {
        double short_of = i->up_to - (on_hand[number][c] + on_order[number][c] - backlog[c]);
        double order = short_of >= DUST ? short_of : 0;
        on_order[number][c] += order;
        asked[c] += order;
    }
}

static void take_in(int item, double *goods) {
    EACH {
        on_hand[item][c] += goods[c];
        double left = on_order[item][c] - goods[c];
        on_order[item][c] = MAX(left, 0);
        goods[c] = 0;
    }
}

static void produce(int number, int day) {
    const recipe *r = &recipe_of[number];
    double *made = r->ring[(day + r->days) % (r->days + 1)];
    EACH made[c] = to_make[number][c];
    for (int k = 0; k < r->components; k++) {
        const double *stock = on_hand[r->component[k].number], need = r->component[k].need;
        EACH made[c] = MIN(made[c], stock[c] / need);
    }
    EACH made[c] = made[c] >= DUST ? made[c] : 0;
    for (int k = 0; k < r->components; k++) {
        double *stock = on_hand[r->component[k].number], need = r->component[k].need;
        EACH {
            double left = stock[c] - made[c] * need;
            stock[c] = MAX(left, 0);
        }
    }
    EACH to_make[number][c] -= made[c];
    if (!r->days) take_in(r->item, made);
}

static void ship(int number, int day) {
    const item *i = &item_of[number];
    double *stock = on_hand[number];
    for (int k = 0; k < i->claims; k++) {
        int claim = i->claim[k];
        double *waiting = owed[claim];
        row goods;
        EACH {
            double most = MIN(waiting[c], stock[c]);
            goods[c] = most >= DUST ? most : 0;
            waiting[c] -= goods[c];
            stock[c] -= goods[c];
        }
        if (claim < lanes) {
            double *slot = lane_of[claim].ring[(day + lane_of[claim].days) % (lane_of[claim].days + 1)];
            EACH slot[c] += goods[c];
        }
    }
}

static void live(int day, const row *demand) {
    for (int k = 0; k < sellers; k++) EACH owed[lanes + seller[k]][c] += demand[k][c];
    for (int k = 0; k < deciders; k++) decide(decider[k]);
    for (const step *s = turn; s < turn + steps; s++) {
        const lane *v = &lane_of[s->number];
        const recipe *r = &recipe_of[s->number];
        if (s->what == 'r') take_in(v->destination, v->ring[day % (v->days + 1)]);
        if (s->what == 'f') take_in(r->item, r->ring[day % (r->days + 1)]);
        if (s->what == 'p') produce(s->number, day);
        if (s->what == 's') ship(s->number, day);
    }
    for (int i = 0; i < items; i++) EACH total[i][c] += on_hand[i][c];
}

static void begin(void) {
    for (int i = 0; i < items; i++) EACH on_hand[i][c] = item_of[i].start;
    memset(on_order, 0, items * sizeof(row)), memset(total, 0, items * sizeof(row));
    memset(owed, 0, (lanes + items) * sizeof(row)), memset(to_make, 0, recipes * sizeof(row));
    for (int k = 0; k < lanes; k++)
        memset(lane_of[k].ring, 0, (lane_of[k].days + 1) * sizeof(row));
    for (int k = 0; k < recipes; k++)
        memset(recipe_of[k].ring, 0, (recipe_of[k].days + 1) * sizeof(row));
}

/* Print CPU seconds of the fastest round; write stock at the end and its sum over days. */
int main(int count, char **words) {
    if (count != 5) return 2;
    read_chain(words[1]);
    size_t draws = (size_t)blocks * days * sellers;
    row *demand = malloc(draws * sizeof(row));
    FILE *drawn = fopen(words[2], "rb"), *result = fopen(words[3], "wb");
    if (!drawn || !result || fread(demand, sizeof(row), draws, drawn) != draws) return 2;
    double fastest = 1e9;
    for (int round = atoi(words[4]); round > 0; round--) {
        clock_t begun = clock();
        for (int block = 0; block < blocks; block++) {
            begin();
            for (int day = 0; day < days; day++)
                live(day, demand + ((size_t)block * days + day) * sellers);
            if (round > 1) continue;
            fwrite(on_hand, sizeof(row), items, result);
            fwrite(total, sizeof(row), items, result);
        }
        double seconds = (double)(clock() - begun) / CLOCKS_PER_SEC;
        fastest = MIN(fastest, seconds);
    }
    printf("%.9f\n", fastest);
    return fclose(result);
}
