"""The answers to the exercises, found by another way than in the library: by hand, by a loop of our
own, by the other engine, by another solver. Each is right, and its neighbours are not."""

import csv
import math
from datetime import date, timedelta

import numpy as np
import pytest
from scipy.stats import nct, norm, t

import twinlab as tl
from twinlab.course import Student, exercises, read_exercises

CHAPTERS = [read_exercises(notebook) for notebook in range(12)]
CLOSED = {"start": 60, "days": 40}
start, technology, people, management, organization, scope = CHAPTERS[:6]
task, modeling = CHAPTERS[6:8]
TWO = [Student("Ann Lee", "SCOM"), Student("Bo Ek", "SCOM")]


def each(number):
    """Run a test with the numbers of two students, and what is right of them."""
    made = exercises(int(number.partition(".")[0]))[number]
    drawn = [dict(student.draw(number, made.draw)) for student in TWO]
    sets = [(*numbers.values(), made.right(numbers)) for numbers in drawn]
    return pytest.mark.parametrize((*drawn[0], "right"), sets)


# -- 0: a supplier three tiers up closes ------------------------------------------------------


def served(scenario, replications=50, seed=1):
    """What was asked and what of it was served on the day, by day and history."""
    batch = tl.replicate(scenario, replications, seed=seed, daily=["demand", "on_time"])
    return batch.series("demand"), batch.series("on_time")


@each("0.1")
def test_chips_in_the_evening_are_what_came_and_went(seed, day, right):
    shut = start.calm().disrupt(tl.Outage("chip maker", start=60, days=28))
    chips = 800.0
    for event in tl.simulate(shut, seed=seed).log:
        if event.item == ("ECU plant", "chip") and event.day <= day:
            chips += {"received": 1, "consumed": -1}.get(event.kind, 0) * event.quantity
    assert right == pytest.approx(chips)


@each("0.2")
def test_when_customers_notice_on_other_luck(site, start, days, right):
    """The days reckoned by hand hold nine histories in ten; four days sooner or later do not."""
    hit = CHAPTERS[0].calm().disrupt(tl.Outage(site, start=start, days=days))
    asked, on_time = served(hit.change(days=start + 60), 100, seed=5)
    first = np.argmax(asked - on_time > 1e-6, axis=0)
    judge = exercises(0)["0.2"].judge
    for moved in (-4, 0, 4):
        low, high = right[0] + moved, right[1] + moved
        held = ((low <= first) & (first <= high)).mean()
        assert (held >= 0.9) == (moved == 0), (moved, held)
        assert (judge((low, high), site, start, days) is True) == (moved == 0)


@each("0.3")
def test_the_least_level_of_chips(days, seed, right):
    hit = start.calm().disrupt(tl.Outage("chip maker", start=60, days=days))
    for level in (right - 100, right, right + 100):
        asked, on_time = served(hit.set("ECU plant/chip.up_to", level), seed=seed)
        fills = on_time.sum(axis=0) / asked.sum(axis=0)
        assert (fills.mean() >= 0.99) == (level >= right), level


# -- 1: how a twin keeps in step --------------------------------------------------------------


@each("1.1")
def test_what_is_missing_is_what_the_twin_asks_for(said, came, right):
    """Messages with these numbers, and a closing: what a store lacks, and what it has known."""
    lacks = [number for number in range(said) if number not in came]
    twice = [number for number in set(came) if came.count(number) > 1]
    assert right == (len(lacks), len(twice))


@each("1.2")
def test_days_to_go_in_many_drawn_journeys(days, age, right):
    drawn = np.random.default_rng(3).choice(days, 200_000)
    left = drawn[drawn >= age] - age
    assert right == pytest.approx(left.mean(), abs=4 * left.std() / len(left) ** 0.5)


@each("1.4")
def test_a_place_that_nobody_knows_waits_among_the_dead(place, seed, days, right, tmp_path):
    """The planner's file itself, read by a twin whose table lacks the place."""
    places = {"Hof": "farm", "Hafen": "port", "Rösterei": "roaster", "Laden": "shop"}
    words = {"shipped": "Versand", "received": "Eingang", "served": "Verkauf"}
    names = {ours: theirs for theirs, ours in places.items()}
    plant, twin = technology.coffee().twin(seed=seed)
    plant.advance(days)
    twin.sync()
    told = [m for m in twin.store.messages() if m.kind in words]
    rows = [[nr, words[m.kind], date(2026, 1, 1) + timedelta(m.data["day"]),
             names[m.data["node"]], names.get(m.data.get("partner"), ""), m.data["quantity"]]
            for nr, m in enumerate(told)]  # fmt: skip
    with (tmp_path / "Lager.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([["Nr", "Vorgang", "Tag", "Ort", "Partner", "Menge"], *rows])
    row = {"node": "Ort | name node", "partner": "Partner | name node", "product": "=coffee"}
    row |= {"quantity": "Menge | number", "time": "Tag | zone Europe/Berlin"}
    events = [row | {"kind": kind, "when": {"Vorgang": word}} for kind, word in words.items()]
    del places[place]
    office = tl.Twin(technology.coffee())
    mapping = tl.Mapping({"id": "Nr", "names": {"node": places}, "events": events}, "planner")
    office.listen(tl.Folder(tmp_path, "*.csv"), mapping)
    assert office.sync().dead == right


# -- 2: who makes the bullwhip ----------------------------------------------------------------


def played(betas, weeks=36, alpha=0.26):
    """The beer game in a loop: what each of four stations pays, retailer first [USD].

    Every week: goods that left two weeks ago arrive, orders written two weeks ago are read (the
    factory begins its own a week later), what is there is shipped, and then each decides by
    anchoring and adjustment.
    """
    stock, owed, cost = [12.0] * 4, [0.0] * 4, [0.0] * 4
    ways = [[4.0, 4.0] for _ in range(4)]  # to each station
    mail = [*([4.0, 4.0] for _ in range(3)), [4.0]]  # what each wrote; the factory need not post
    wanted, ordered = [4.0] * 4, [16.0, 16.0, 16.0, 12.0]
    for week in range(weeks):
        asked = [4.0 if week < 4 else 8.0, *(written.pop(0) for written in mail[:3])]
        made = mail[3].pop(0)
        for at in range(4):
            came = ways[at].pop(0)
            stock[at] += came
            ordered[at] -= came
        for at in range(4):
            sent = min(stock[at], owed[at] + asked[at])
            stock[at] -= sent
            owed[at] += asked[at] - sent
            if at:
                ways[at - 1].append(sent)
        ways[3].append(made)
        for at, beta in enumerate(betas):
            wanted[at] = 0.36 * asked[at] + 0.64 * wanted[at]
            gap = 17 + 24 * (beta - 0.34) - (stock[at] - owed[at]) - beta * ordered[at]
            order = 4.0 if week < 4 else max(0.0, wanted[at] + alpha * gap)
            mail[at].append(order)
            ordered[at] += order
            cost[at] += 0.5 * stock[at] + owed[at]
    return cost


@each("2.1")
def test_how_much_of_the_pipeline_a_good_team_counts(alpha, budget, right):
    costs = {at / 20: sum(played([at / 20] * 4, alpha=alpha)) for at in range(21)}
    assert sum(played([0.34] * 4)) == pytest.approx(people.team_cost(0.34))
    assert right == min(beta for beta, cost in costs.items() if cost < budget)


@each("2.2")
def test_the_pull_is_a_share_of_the_way_to_the_mean(cost, order, right):
    best = 300 * (1 - cost / 12)
    assert right == pytest.approx((order - best) / (150.5 - best), rel=0.01)


@each("2.3")
def test_the_smallest_class_that_finds_a_label(effect, seed, right):
    """From the differences of very many students: what a t-test of fewer finds (noncentral t)."""
    labels = tl.people.design(10, labels=tl.people.LABELS)
    made = tl.people.classes_of(labels, tl.people.Students(label=effect), 10_000, seed=7)
    own, advice, final = made.own[0], made.advice[0], made.final[0]
    far = np.abs(advice - own) >= 10
    weight = np.clip((final - own) / np.where(far, advice - own, 1), 0, 1)
    shares = [np.average(weight, 1, far & (made.label == label)) for label in (1, 0)]
    size = abs((gap := shares[0] - shares[1]).mean() / gap.std(ddof=1))

    def found(students):
        return nct.sf(t.ppf(0.975, students - 1), students - 1, size * np.sqrt(students))

    luck = 4 * 0.5 / 200**0.5  # of 200 classes
    assert found(right) > 0.7 - luck
    assert right == 20 or found(right - 20) < 0.7 + luck


# -- 3: stock against a closure ---------------------------------------------------------------


@each("3.1")
def test_a_goal_that_is_met_with_a_probability(target, seed, right):
    """Wilson's interval by hand, over histories that are counted one by one."""
    rates = tl.replicate(management.risky(), 100, seed=seed).kpis.fill_rate
    met, z = (rates >= target).mean(), norm.ppf(0.975)
    middle = (met + z**2 / 200) / (1 + z**2 / 100)
    half = z / (1 + z**2 / 100) * math.sqrt(met * (1 - met) / 100 + (z / 200) ** 2)
    assert right == pytest.approx(middle - half)


@each("3.2")
def test_the_last_day_to_act(chips, start, right):
    """3 + 4 + 2 + 10 days of other stocks, and chips: the last whole day before they end."""
    assert right == math.ceil(start + chips / 160 + 19) - 1


@each("3.3")
def test_the_stock_of_p1_that_outlasts_s2(p1, s1, p2, right):
    """Two weeks, p1 + 50 cars a week wanted, s1 + 60 parts left; P2 covers p2 of the gap."""
    assert right == 2 * (p1 + 50 - s1 - 60) - p2


# -- 4: who should know what ------------------------------------------------------------------


def region_costs(shop, depot, surges, sharing=None, seed=2, replications=100):
    """What stock and waiting cost, added up from what lies and waits every night [USD/day]."""
    made = organization.region(shop, depot, surges, sharing)
    seen = [("on_hand", ("depot",)), ("on_hand", organization.SHOPS)]
    seen += [("backlog", organization.SHOPS)]
    batch = tl.replicate(made, replications, seed=seed, daily=seen)
    rates = zip(seen, (0.5, 1, 9), strict=True)
    return sum(usd * batch.series(*what).mean(axis=0) for what, usd in rates)


@each("4.1")
def test_what_old_and_noisy_sales_are_worth(surges, age, noise, right):
    seen = {"depot": tl.Channel(tl.PointOfSale(), age, 1, noise)}
    follows = tl.ForecastBaseStock(10, 5, 80, True, 80)
    plan = region_costs(tl.BaseStock(90), tl.BaseStock(560), surges)
    with_data = region_costs(tl.BaseStock(90), follows, surges, seen)
    assert right == pytest.approx((plan - with_data).mean(), abs=1e-6)


@each("4.2")
def test_the_slowest_boss_on_other_luck(surges, safety, right):
    """Two days sooner pays; three days later does not."""

    def cost(delay):
        own = tl.ForecastBaseStock(10, 3, safety, False, 20)
        shop = tl.Authority(own, 60 + safety, 0, delay)
        return region_costs(shop, tl.BaseStock(560), surges, seed=5, replications=200)

    plan = cost(999)
    assert tl.estimate(plan - cost(right - 2)).low > 0
    assert tl.estimate(plan - cost(right + 3)).high < 0


@each("4.3")
def test_a_buy_back_with_a_share(price, cost, share, right):
    """Over a fine grid of demands, the shop's own best order is the one that is best for both."""
    demand = norm(100, 30).ppf((np.arange(100_000) + 0.5) / 100_000)
    pays, back = right

    def profits(order):
        sold = np.minimum(order, demand)
        left = order - sold
        shop = (price * sold + back * left - pays * order).mean()
        both = (price * sold + left - cost * order).mean()
        return shop, both

    orders = np.arange(90, 160, 0.5)
    shop, both = np.transpose([profits(order) for order in orders])
    assert abs(orders[shop.argmax()] - orders[both.argmax()]) <= 0.5
    assert shop.max() / both.max() == pytest.approx(share, abs=0.002)


# -- 5: where the twin ends -------------------------------------------------------------------


def cars_lost(chain, site, days, period=1):
    """Cars asked less cars served, on the luck of the exercise."""
    outage = tl.Outage(site, start=42, days=days, stock_ships=site == "car plant")
    hit = tl.scope.restrict(chain.disrupt(outage), None, period).scenario
    batch = tl.replicate(hit, 32, seed=1, daily=["demand", "served"])
    return (batch.series("demand") - batch.series("served")).sum(axis=0).mean()


@each("5.1")
def test_the_longest_closure_within_a_limit(nylon, limit, right):
    """Both neighbours, and by hand: 23 days are on the way, 20 units more are another."""
    chain = scope.calm(nylon=nylon)
    lost = [cars_lost(chain, "nylon plant", right + more) for more in (0, 1)]
    assert lost[0] < limit <= lost[1]
    assert right == pytest.approx(23 + nylon / 20 + limit / 40, abs=1.5)


@each("5.2")
def test_the_shortest_strike_that_a_week_sees(capacity, yard, right):
    chain = scope.calm(capacity=capacity, yard=yard)
    lost = [cars_lost(chain, "car plant", right + more, 7) for more in (-1, 0)]
    assert lost[0] < 1 <= lost[1]


@each("5.3")
def test_both_suppliers_close_in_drawn_years(own, plant, right):
    luck = np.random.default_rng(1).random((3, 4_000_000))
    shut = (luck[:2] < own / 100) | (luck[2] < plant / 100)
    found = shut.mean(axis=1).prod(), shut.all(axis=0).mean()
    for given, drawn in zip(right, found, strict=True):
        assert given == pytest.approx(drawn, abs=4 * math.sqrt(drawn / 4_000_000))


def test_what_a_window_hides_is_counted_and_said():
    """Tiers 0 and 1 by the day: what stands beyond, and the closure there."""
    judge = scope.EXERCISES["5.4"].judge
    window = {"site": "nylon plant", "days": 28, "tier": 1, "period": 1}
    assert judge((6, "It " + 11 * "says "), **window).status == "NOTED"
    assert "12 words" in judge((6, "It does not see the plant."), **window)
    assert "count the rows" in judge((5, "It " + 11 * "says "), **window)


# -- 6: lots and lines ------------------------------------------------------------------------


@each("6.1")
def test_the_point_and_the_lot_by_hand(asked, spread, days, late, order_cost, right):
    spread = math.sqrt(days * spread**2 + asked**2 * late**2)
    by_hand = days * asked + norm.ppf(0.95) * spread, math.sqrt(2 * order_cost * asked / 0.02)
    assert right == pytest.approx(by_hand)


@each("6.2")
def test_the_line_with_a_third_solder_machine(mount, test, loose, right):
    """Machines × minutes a day over minutes for one delivered lamp, for all three stations.

    Of the loose lamps 95 % are found: 80 % of these are mounted again.
    """
    found = loose * 0.95
    again = found * 0.8  # of what is tested
    good = 1 - found
    enter = (1 - again) / good  # per delivered lamp
    works = {"solder": enter, "mount": enter / (1 - again), "test": enter / (1 - again)}
    down = 45 / (600 * math.gamma(1 + 1 / 3))
    minutes = {"solder": 3.0 * (1 + down), "mount": mount, "test": test}
    machines = {"solder": 3, "mount": 3, "test": 1}
    day = tl.modeling.Line([tl.modeling.Station("any", 1)]).minutes_per_day
    allowed = {name: machines[name] * day / (works[name] * minutes[name]) for name in works}
    assert right[0] == pytest.approx(min(allowed.values()), rel=1e-3)
    assert right[1] == min(allowed, key=allowed.get)


@each("6.3")
def test_a_rule_that_beats_the_formulas_beats_them_on_other_luck(order_cost, keep, right):
    """The rule written as a function; the formulas' own and a rule that never orders do not."""
    judge, lot = task.EXERCISES["6.3"].judge, math.sqrt(2 * order_cost * 200 / keep)
    spread = math.sqrt(9 * 30**2 + 200**2 * 2**2)
    formulas = tl.FixedLot(9 * 200 + norm.ppf(0.95) * spread, lot)

    def mine(view):
        return np.where(view.inventory_position <= right.reorder_point, lot, 0)

    assert judge(mine, order_cost, keep) is True
    assert "not established" in judge(formulas, order_cost, keep)
    assert "not established" in judge(lambda view: 0 * view.demand, order_cost, keep)
    chains = [task.works(order_cost, keep).decide({task.BOARD: rule}) for rule in (formulas, mine)]
    was, now = (tl.cost(tl.replicate(chain, 200, seed=9)) for chain in chains)
    assert tl.estimate(was - now).low > 0


@each("6.4")
def test_what_a_ridge_leaves_of_a_mean_s_error(swing, seed, right):
    """The root of the mean square of what a week of each of 14 mornings' forecasts misses."""
    usual = 200 * (1 + swing * (np.tile((1.2, 1.1, 1, 1, 1, 1.2, 0.5), 12) - 1))
    sold = np.random.default_rng(seed).normal(usual, 30)
    missed = {"ridge": [], "mean": []}
    for end in range(84 - 7 - 13, 84 - 6):
        past, truth = sold[:end], sold[end : end + 7]
        missed["ridge"] += list(truth - tl.task.demand.Lags(season=7, lags=7)(past, 7))
        missed["mean"] += list(truth - past[-28:].mean())
    errors = {name: math.sqrt(np.square(each).mean()) for name, each in missed.items()}
    assert right == pytest.approx(errors["ridge"] / errors["mean"], rel=1e-6)


# -- 7: how sure are we -----------------------------------------------------------------------


@each("7.1")
def test_replications_that_are_enough_by_students_formula(roaster, shop, width, right):
    cost = np.asarray(tl.replicate(modeling.chain(roaster, shop), right, seed=1).kpis.total_cost)

    def reach(count):
        return t.ppf(0.975, count - 1) * cost[:count].std(ddof=1) / math.sqrt(count)

    judge = modeling.EXERCISES["7.1"].judge
    assert reach(right) <= width < reach(right // 2)
    assert judge(right, roaster, shop, width) is True
    assert "not narrow" in judge(right // 3, roaster, shop, width)
    assert "half of them" in judge(3 * right, roaster, shop, width)
    assert "less than" in judge(20_001, roaster, shop, width)


@each("7.2")
def test_an_interval_of_years_and_one_of_a_mean(roaster, shop, right):
    judge = modeling.EXERCISES["7.2"].judge
    years = np.asarray(tl.replicate(modeling.chain(roaster, shop), 2000, 3).kpis.total_cost)
    inside = ((right[0] <= years) & (years <= right[1])).mean()
    assert inside == pytest.approx(0.9, abs=0.05)
    mean = tl.estimate(years)
    assert "guards a mean" in judge((mean.low, mean.high), roaster, shop)
    assert "of a thousand" in judge((0, 10_000), roaster, shop)


@each("7.3")
def test_what_moving_coffee_upstream_saves(more, less, roaster, right):
    """Year by year, with Student's interval by hand."""
    pair = []
    for levels in ((roaster, 170), (roaster + more, 170 - less)):
        made = modeling.chain(*levels)
        pair.append(np.asarray(tl.replicate(made, 500, seed=1).kpis.total_cost))
    gain = 365 * (pair[0] - pair[1])
    error = gain.std(ddof=1) / math.sqrt(500)
    assert right == (pytest.approx(gain.mean()), abs(gain.mean()) > t.ppf(0.975, 499) * error)


@each("7.4")
def test_levels_for_harder_times_on_other_luck(waiting, closed, right):
    """The chain built anew; the notebook's levels are not enough."""
    calm = modeling.chain(*right).change(disruptions=())
    worse = tl.Outage("farm", days=tl.Gamma(closed, closed / 2), rate=1 / 150)
    judge, found = exercises(7)["7.4"].judge, []
    for roaster, shop in ((740, 123), right):
        made = calm.set("roaster.up_to", roaster).set("shop.up_to", shop).disrupt(worse)
        made = made.set("shop/coffee.backorder_cost", waiting)
        found.append(tl.cost(tl.replicate(made, 400, seed=11)))
    assert tl.estimate(found[0] - found[1]).low > 5
    assert judge(right, waiting, closed) is True
    assert "saves 0" in judge((740, 123), waiting, closed)
