"""What notebook 03 claims: goals, tickets, late decisions, rates, budgets, break-evens."""

import numpy as np

import twinlab as tl
from tests.notebooks.claims import Claims, above, agrees, below, holds
from twinlab.management import risk

claims = Claims("03")
BEST, ENGINES = "fair + ECUs + second maker", "fair + ECUs + engines + second maker"
CHIPS = "fair + 10 days of chips + ECUs"


@claims.says("a fill rate of 0 instead of 1 would cost 4,000 USD for each of a year's 14,600 cars.")
def cars_of_a_year():
    return agrees(14_600, [sum(claims.cells(1, "sales").sales.values()) * 365], 0)


@claims.says("In about six years of ten all goes well; in the other four somebody asks questions.")
def six_of_ten(seed):
    made = claims.cells(seed, "risky")
    kpis = tl.replicate(made.risky, 300, seed=seed).kpis
    well = (kpis.fill_rate >= 0.98) & (kpis.on_time_in_full >= 0.95) & (kpis.total_cost <= 8000)
    return agrees(0.618, well, 0.01)


@claims.says("(A missing chip stops a quarter of a car.)")
def chips_in_a_car():
    return agrees(4, [claims.cells(1, "recipes").recipes[0].components["chip"]], 0)


@claims.says(
    "Two days after the closure the twin opens a ticket for the chip maker, and none before.",
    "One such night may be rest; after two it is 62 % sure, and counts 62 % of the loss.",
    "The deaf model says nothing on any morning",
    "in the end names almost three times the money of the tower that was told.",
    "All lines of day 81 are one ticket, T1: chips that run out, ECUs, regions that will go short. "
    "And the ticket says from the first morning on: act by day 83.",
    "Nobody looked at T1 until day 84: a ticket that is overdue and not acknowledged stands first. "
    "Then Anna decides, which counts as acknowledged. When the chip maker is open again, the "
    "trouble is not over: shelves are empty. The ticket goes on to who can act now, and he has not "
    "seen it yet. It closes by itself when its last alert is gone.",
)
def one_ticket(seed):
    names = ("hear", "tickets", "twin", "closed", "hit_run", "see", "calm")
    made = claims.cells(seed, *names, upto="def hear")
    found = []
    for day in (20, 40, 60, 61):
        made.hear(day)
        found += [holds(len(made.tickets.every) == 0, made.tickets)]
    made.hear(62)
    (first,) = made.tickets.open
    found += [holds(first.cause == "closed site, chip maker"), agrees(83, [first.due], 1.5),
              agrees(0.62, [made.twin.outages["chip maker"].probability], 0.005)]  # fmt: skip
    made.hear(81)
    (ticket,) = made.tickets.open
    lines, told = made.twin.tower(), made.see(made.closed, made.hit_run.state_on(81))
    kinds = {alert.kind for alert in lines}
    found += [holds(ticket.due == first.due, ticket), agrees(
        2.9, [lines.alerts[0].money / told.alerts[0].money], 0.3)]  # fmt: skip
    found += [holds(kinds == {"closed site", "run-out", "shortage ahead"}, kinds)]
    made.hear(ticket.due + 1)
    found += [holds(made.tickets.open[0].overdue)]
    made.tickets.decide("T1", "Anna", "fair shares", "no second maker")
    found += [holds(not made.tickets.open[0].overdue)]
    made.hear(96)
    (later,) = made.tickets.open
    found += [holds(later.owner == "supplier manager" and not later.acknowledged, later)]
    made.hear(150)
    deaf = tl.simulate(made.calm, seed + 100)
    quiet = [len(made.see(made.calm, deaf.state_on(day))) for day in (20, 62, 81)]
    return [*found, holds(made.tickets.every["T1"].closed, made.tickets), holds(not any(quiet))]


@claims.says(
    "Stocks below the chip maker last 24 days, and what is ordered elsewhere has as far to go as "
    "the chips that stopped coming. On day 62 some 22 of these days are left.",
    "The foundry, for all its tonnes of iron, is no risk at all: stocks survive 22 days, and it is "
    "back after 14.",
)
def stocks_survive():
    exposed = claims.cells(1, "exposed").exposed
    return [agrees(24, [exposed["chip maker"].time_to_survive], 0.5),
            agrees(22, [60 + 24 - 62], 0),
            agrees(22, [exposed["foundry"].time_to_survive], 0.5),
            agrees(14, [exposed["foundry"].time_to_recover], 0)]  # fmt: skip


@claims.says(
    "Until day 83 nothing is lost, if the plant shares fairly: 21 days of approval cost nothing, "
    "and from then on every day costs some 160,000 USD, a whole day's cars. With the rule that is "
    "in force, north first, money is lost about a week earlier.",
    "So a boss who needs a week costs nothing here, and a chain of bosses that needs three weeks "
    "costs more than half a million.",
    "A week of approval is not established to be worse than none: both lose nothing.",
)
def late_decisions(seed):
    lost = claims.cells(seed, "lost").lost
    fair = {days: lost(days, "fair shares") for days in (20, 24, 30)}
    north = {days: lost(days, "north first") for days in (0, 7, 12, 17, 21)}
    return [below(20_000, fair[20]),
            agrees(160_000, (fair[30] - fair[24]) / 6, 10_000),
            holds(max(north[0].max(), north[7].max()) == 0),
            below(20_000, north[12]), above(20_000, north[17]),
            above(500_000, north[21])]  # fmt: skip


@claims.says(
    "A common cause is not the sum of its parts: the quake of 56 days costs 5.9 million, what the "
    "closure of the ECU plant alone would cost, since a car without its ECU needs no chips."
)
def a_common_cause():
    made = claims.cells(1, "risk", "calm")
    alone = [tl.RiskEvent(site, (site,), 56, 0.01) for site in ("ECU plant", "chip maker")]
    each = tl.expected_loss(made.calm, alone)
    quake = made.risk["quake 56 d"].loss
    return [agrees(5.9e6, [quake], 5e4), agrees(quake, [each["ECU plant"].loss], 1),
            holds(quake < 0.6 * each.losses.sum(), each.losses)]  # fmt: skip


@claims.says(
    "first chips, then ECUs; from 100 thousand on the second maker, and then no chips at all. "
    "Adding up what each saves alone would promise too much",
    "From then on the budget is not spent: engines as well would cost 73,000 USD a year and save "
    "45,000, and cars 584,000 and save 90,000.",
)
def budgets():
    made = claims.cells(1, "plans", "measures", "risk")
    names = {
        budget: {name for name, one in made.measures.items() if one in plan.measures}
        for budget, plan in made.plans.items()
    }

    def left(*names):  # after these measures [USD/year]
        own, least = [made.measures[name] for name in names], made.risk.program.least_loss
        aided = ((e, risk._aid(made.risk, own, e.days)) for e in made.risk)
        return sum(e.rate * least(e.sites, e.days, aid)[0] for e, aid in aided)

    saved = [made.risk.expected - left(name) for name in made.measures]
    best = ("ECUs", "second maker")
    return [
        holds(names[20] == {"10 days of chips"} and names[50] == names[20] | {"ECUs"}, names),
        holds(all("second maker" in names[b] for b in (100, 200, 800)), names),
        holds(not any("10 days of chips" in names[b] for b in (100, 200, 800)), names),
        holds(names[100] == names[200] == names[800] == set(best), names),
        *(
            agrees(said, [made.measures[name].cost], 0)
            for said, name in ((73_000, "engines"), (584_000, "cars"))
        ),
        agrees(45_000, [left(*best) - left("ECUs", "engines", "second maker")], 500),
        agrees(
            90_000,
            [
                left("ECUs", "engines", "second maker")
                - left("ECUs", "engines", "second maker", "cars")
            ],
            500,
        ),
        holds(sum(saved) > 1.2 * made.risk.expected, saved),
    ]


@claims.says(
    "Under the rule in force it is between 0.32 and 0.90: the program promises what nobody does. "
    "If the plant shares fairly, both say the same within some 20 %.",
    "And the best measure of all is free: sharing fairly saves some 350,000 USD a year.",
    "With the rule in force, engines as well make next to no difference; with the fair rule they "
    "are a mistake.",
    "The first one is none: share out fairly. Then 81,900 USD a year buy a second chip maker and 5 "
    "days of ECUs, as long as the chip maker closes more often than once in some 11 years.",
    "Cars in the regions, the first idea of many, come last.",
)
def what_the_simulation_says():
    """On one other seed: every plan meets every event in it, and that takes its time."""
    made = claims.cells(12, "harm", "risk", "shut", "totals", "evens")
    least = made.risk.losses[: len(made.shut)]
    north, fair = (least / made.harm[name].mean(axis=1) for name in ("nothing", "fair"))
    costs = made.totals()
    order = sorted(costs, key=lambda name: costs[name].mean())
    years, car = made.evens
    return [
        agrees(0.32, [north.min()], 0.06),
        agrees(0.90, [north.max()], 0.05),
        holds(np.abs(fair - 1).max() < 0.25, fair),
        agrees(350_000, costs["nothing"] - costs["fair"], 5_000),
        below(15_000, np.abs(costs["ECUs + second maker"] - costs[ENGINES[7:]])),
        above(10_000, costs[ENGINES] - costs[BEST]),
        holds(order[0] == BEST, order),
        agrees(11.4, [years.at], 0.9),
        holds(years.pays == car.pays == "below" and 4_500 < car.at < 9_000, car),
    ]


@claims.says("By hand: `chips` / 160 days of chips and 19 days of what is made of them.")
def nineteen_days():
    on_hand = claims.cells(1, "on_hand").on_hand
    made = [on_hand["ECU plant", "ECU"] / 40, on_hand["car plant", "ECU"] / 40]
    cars = [on_hand["car plant", "car"] / 40, on_hand["north", "car"] / 20]
    return agrees(19, [sum(made + cars)], 0)


@claims.says("The north buys half of all cars.")
def half_of_all():
    sales = claims.cells(1, "sales").sales
    return agrees(0.5, [sales["north"] / sum(sales.values())], 0)


claims.given(
    "closures of 0.5, 1 and 1.5 times the time to recover.",
    "ECUs and engines are 5 days' worth, cars 10 days of the north's. A second chip maker wants "
    "60,000 USD a year to stand by.",
    "Its unit is %·days: 100 %·days are the sales of one day.",
    "make the triangle of a 35-day closure vanish?",
    "Is the second maker still bought if the chip maker closes only every 15 years?",
    "it stays shut for half to one and a half times its time to recover.",
    "Move the morning from 55 to 110.",
    "And how many of its lines of day 81 are one ticket?",
    "is it true that until day 83 nothing is lost?",
    "Stock costs what keeping it for a year costs (units × USD/unit/day × 365)",
    "A lost sale is priced at 4,000 USD",
    "What does the worst year in twenty cost, all in all?",
    "where the budget is 20 thousand?",
    "whoever promises it will break the promise half of the time.",
    "Three suppliers make `s1`, 45 and 60 parts a week. Two models of cars take one part each; "
    "`p1` and 50 of them are sold a week. A lost car costs 5,000 or 6,500 USD, and each supplier "
    "needs 2 weeks to recover.",
    "Choose anew, then write in 25 words or more",
)
