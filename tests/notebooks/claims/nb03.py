"""What notebook 03 claims: goals, towers, exposure, budgets, and the value of a twin."""

from functools import cache

import numpy as np

import twinlab as tl
from tests.notebooks.claims import Claims, above, agrees, below, holds
from twinlab.management import total_shortage_cost

claims = Claims("03")
PLANS = {
    "nothing": (0, ()),
    "chips": (11_680, (0,)),
    "ECUs + second": (81_900, (1, 4)),
    "both": (154_900, (1, 2, 4)),
    "chips and both": (166_580, (0, 1, 2, 4)),
    "cars": (738_900, (1, 2, 3, 4)),
}


@cache
def losses(chosen, replications=1000):
    """Losses of a year with some options, in two years of other seeds [USD]."""
    made = claims.cells(11, "three_years", "options")
    chain = made.three_years.change(days=2 * 365)
    for at in chosen:
        chain = made.options[at].apply(chain)
    return np.asarray(total_shortage_cost(tl.replicate(chain, replications, seed=11))) / 2


def per_dollar(less, more):
    """What each dollar more saves, in five times 200 replications."""
    (cost, one), (more_cost, other) = PLANS[less], PLANS[more]
    return ((losses(one) - losses(other)) / (more_cost - cost)).reshape(5, -1)


@cache
def closures(seed):
    """The loss of every site's closure over the program's, north first and shared out fairly."""
    made = claims.cells(seed, "year", "closure", "sites", "exposed")
    found = []
    for chain in (made.year, made.year.set("car plant.proportional", True)):
        test = tl.management.stress_test(
            chain, 32, seed, sites=list(made.sites), closure=made.closure
        )
        found.append({s.site: (made.exposed[s.site].loss, s.loss.mean) for s in test.sites})
    return found


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


def ranked(tower):
    """What a tower names, most money first, but for what only a look ahead can see."""
    return [(a.kind, a.node, a.product) for a in tower.alerts if a.kind != "shortage ahead"]


@claims.says(
    "Two days after the closure the twin names the chip maker, before all else, and from then on "
    "it ranks as the tower that was told.",
    "One such night may be rest; after two it is 62 % sure, and counts 62 % of the loss.",
    "On the 60 mornings before its tower was silent. The model without messages says nothing on "
    "any morning",
    "In the end the twin names almost three times the money of the other tower. It was told no "
    "end, so each morning it expects as many more days as the site usually takes: 35.",
)
def a_twin_that_is_told_nothing(seed):
    made = claims.cells(seed, "towers", "twin", "closed", "hit_run")
    calm = [tower for day in (20, 40, 60) for tower in made.towers(day).values()]
    later, deaf = {62: made.towers(62)["twin"]}, made.towers(62)["deaf"]
    sure = made.twin.outages["chip maker"].probability
    later |= {day: made.towers(day)["twin"] for day in (70, 81)}
    told = {
        day: tl.management.control_tower(made.closed, made.hit_run.state_on(day)) for day in later
    }
    return [
        holds(not any(tower.alerts for tower in [*calm, deaf, made.towers(81)["deaf"]])),
        agrees(0.62, [sure], 0.005),
        *(holds(ranked(later[day]) == ranked(told[day]), day, later[day]) for day in later),
        *(holds(found.alerts[0].node == "chip maker") for found in later.values()),
        agrees(2.9, [later[81].alerts[0].money / told[81].alerts[0].money], 0.3),
        agrees(35, [made.twin.outages["chip maker"].days_left], 0.1),
    ]


@claims.says(
    "On day 81 the closed site has none: nothing in its list makes a closed plant deliver. On day "
    "96 the plant is open again, and the tower has an idea.",
    "(More chips a day save nothing, as it turns out: the ECU plant cannot use them faster.)",
)
def ideas_of_the_tower(seed):
    closed = claims.cells(seed, "closed").closed
    run = tl.simulate(closed.change(days=97), seed)
    found = [tl.management.control_tower(closed, run.state_on(day)).alerts for day in (81, 96)]
    actions = [[alert.action for alert in alerts if alert.action] for alerts in found]
    chains = (closed, actions[1][0].apply(closed), closed.set("car plant.proportional", True))
    batches = [tl.replicate(chain, 32, seed, start=run.state_on(96)) for chain in chains]
    lost = [batch.kpis.lost_sales for batch in batches]
    return [holds(not actions[0] and len(actions[1]) == 1, actions),
            agrees(0, lost[0] - lost[1], 0.01),
            above(100, lost[0] - lost[2])]  # fmt: skip


@claims.says(
    "Without S2 the weekly gap is 125 − 90 = 35, and 45 in stock last 45 / 35 = 1.286 weeks; in 2 "
    "weeks 70 − 45 = 25 cars are lost, of the cheaper model: 125,000 USD.",
    "By hand: in 2 weeks 2 × 35 = 70 parts are missing, and the stock of P2 covers 25 of them: 45.",
)
def by_hand():
    gap, stock = 75 + 50 - 30 - 60, 20 + 25
    return [
        agrees(35, [gap], 0),
        agrees(1.286, [stock / gap], 0.0005),
        agrees(125_000, [5000 * (2 * gap - stock)], 0),
        agrees(45, [2 * gap - 25], 0),
    ]


@claims.says(
    "The order is the same, the money is not: the program's losses are 0.55 to 0.73 of the "
    "simulated ones."
)
def program_and_simulation(seed):
    simulated = closures(seed)[0]
    ratio = {site: least / loss for site, (least, loss) in simulated.items() if least}
    worst = ["chip maker", "ECU plant", "car plant", "foundry"]
    losses = [simulated[site][1] for site in worst]
    return [agrees(0.55, [min(ratio.values())], 0.03), agrees(0.73, [max(ratio.values())], 0.03),
            holds(losses == sorted(losses, reverse=True) and losses[-1] < 1000)]  # fmt: skip


@claims.says(
    "Let it share out fairly, and the simulation loses what the program said, within a few per "
    "cent."
)
def one_rule(seed):
    fair = closures(seed)[1]
    return [agrees(1, [least / loss], 0.06) for least, loss in fair.values() if least]


@claims.says(
    "The first 11,680 USD buy chips, and every one of them saves some 30.",
    "154,900 USD buy both, and against the one of 81,900 each dollar more saves about 1.5. That is "
    "the last portfolio that pays.",
    "Ten days of cars in the north, the first idea of many, come last, and save 6 cents per "
    "dollar.",
)
def budget():
    chips, both = per_dollar("nothing", "chips"), per_dollar("ECUs + second", "both")
    cars = per_dollar("both", "cars")
    return [
        *(agrees(31, one, 2) for one in chips),
        *(agrees(1.5, one, 0.1) for one in both),
        above(1, both),
        *(below(0.1, one) for one in cars),
        agrees(0.06, cars, 0.005),
    ]


@claims.says("Mind the line of 133,000 USD: it drops the ECUs to buy engines, which hardly pays.")
def engines_instead():
    saved = (losses((1, 4)) - losses((2, 4))) / (133_000 - 81_900)
    return [below(1.2, saved)]


@claims.says(
    "With a second chip maker, the extra chips are no longer bought at all. That is why all 32 "
    "portfolios were simulated, and not believed."
)
def no_chips():
    saved = losses(PLANS["both"][1]) - losses(PLANS["chips and both"][1])
    return [agrees(0, saved, 1), agrees(32, [2**5], 0)]


@claims.says(
    "Adding up what each option saves alone promises more than there is to save: two options "
    "against the same trouble cannot both save the same sale."
)
def promises():
    nothing = losses((), 300)
    alone = sum(nothing - losses((at,), 300) for at in range(5))
    return above(0, alone - nothing)


@claims.says("Looking every five days saves some 35 USD of 171 a day, every two months 10.")
def twins():
    """Four lives of other luck; every look of a twin is dear, so all seeds are taken together."""
    made = claims.cells(1, "tended", "grown")
    alone = [tl.simulate(made.grown.change(days=160), s).kpis.total_cost for s in range(100, 104)]
    saved = {
        every: np.array(alone)
        - [made.tended(seed, every).kpis.total_cost for seed in range(100, 104)]
        for every in (5, 60)
    }
    return [agrees(171, alone, 1), agrees(35, saved[5], 1), agrees(10, saved[60], 1),
            holds(saved[5].mean() > saved[60].mean() > 0)]  # fmt: skip


@claims.says("The car plant: the least stock lies below it.")
def all_else_equal(seed):
    made = claims.cells(seed, "year", "closure", "sites")
    found = tl.management.stress_test(
        made.year, 32, seed, sites=dict.fromkeys(made.sites, 21), closure=made.closure
    )
    return holds(found.sites[0].site == "car plant")


claims.given(
    "it stays shut for half to one and a half times its time to recover.",
    "Move the morning from 55 to 110.",
    "here it goes on from that morning, in 64 replications, next to an idea of our own",
    "Stock costs what keeping it for a year costs (units × USD/unit/day × 365)",
    "The loss counts lost sales only, so nothing is paid for twice.",
    "Each portfolio of options lives through three years, 200 times",
    "on day 60 customers begin to ask for 30 % more",
    "A lost sale is priced at 4,000 USD",
    "so that the loss of S2 for 2 weeks costs nothing? (The 25 of P2 stay as they are.)",
    "Close every one of the five sites for the same 21 days (otherwise as above: `year`, 64 "
    "replications, seed 1, `closure`)",
)
