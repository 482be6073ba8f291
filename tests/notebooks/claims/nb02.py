"""Claims of notebook 02: who makes the bullwhip, the customers or we?"""

from functools import cache
from itertools import pairwise

import twinlab as tl
from tests.notebooks.claims import Claims, above, agrees, below, holds
from twinlab.people import (
    STATIONS,
    BeerGame,
    DemandChasing,
    NewsvendorProblem,
    NoisyRule,
    Panic,
    average_person,
    beer_chain,
    beer_cost,
)

claims = Claims("02")
TAME = tl.Normal(8, 2)


@cache
def person():
    return claims.cells(0, "person").person


@cache
def cost(rule=None, trained: str = "", weeks: int = 36) -> float:
    rule = {trained: person()(1.0)} if trained else rule
    return float(beer_cost(tl.simulate(beer_chain(rule, weeks=weeks))))


@claims.says("The farther upstream, the later and the larger the wave.")
def wave(seed):
    game = BeerGame("wholesaler")
    game.follow(NoisyRule(average_person(), spread=1, seed=seed))
    orders = [game.run.series("ordered", name) for name in STATIONS]
    tops = [float(o.max()) for o in orders]
    weeks = [int(o.argmax()) for o in orders]
    return [
        holds(tops == sorted(tops) and tops[-1] > 20, tops),
        holds(weeks == sorted(weeks), weeks),
    ]


@claims.says(
    "Beta is a third. People act as if two thirds of what they ordered would never come.",
    "The simulated wholesaler has θ = 0.36, α = 0.26, β = 0.34 and S' = 17",
)
def average():
    one = average_person()
    return holds((one.theta, one.alpha, one.beta, one.desired_stock) == (0.36, 0.26, 0.34, 17), one)


@claims.says("with beta = 1 most of the wave is gone.")
def gone():
    top = {b: tl.simulate(beer_chain(person()(b))).series("ordered", "factory") for b in (0.34, 1)}
    return holds(top[1].max() - 8 < 0.5 * (top[0.34].max() - 8), top)


@claims.says(
    "Without any step the average team amplifies still, and a team that counts everything does "
    "not.",
)
def no_step(seed):
    found = []
    for beta in (0.34, 1):
        years = beer_chain(person()(beta), weeks=156, demand=TAME)
        many = tl.replicate(years, 32, seed=seed, warm_up=52)
        found.append([many.variance("ordered", name) for name in STATIONS])
    average, counting = found
    return [
        *(above(0, up - down) for down, up in pairwise(average)),
        above(20, average[-1]),
        *(below(4, variance) for variance in counting),
    ]


@claims.says(
    "Panic is what you would expect. Chasing helps here: the more you pass on what was asked, the "
    "less you overdo it.",
)
def habits(seed):
    """In the game, over a longer game, and with customers who ask at random."""
    usual = average_person()
    rules = usual, Panic(usual, 0.2), DemandChasing(usual, 0.2)
    games = [[cost(rule, weeks=weeks) for rule in rules] for weeks in (36, 104)]
    many = [beer_cost(tl.replicate(beer_chain(rule, demand=TAME), 48, seed=seed)) for rule in rules]
    return [
        *(holds(chasing < plain < panic, plain, panic, chasing) for plain, panic, chasing in games),
        above(0, many[1] - many[0]),
        below(0, many[2] - many[0]),
    ]


@claims.says(
    "Each line has a value, its standard error and a 95 % interval (which misses once in twenty)."
)
def fits():
    """Of the intervals of alpha and beta, on five other moods, most hold the truth."""
    inside = []
    for seed in range(30, 40):
        game = BeerGame("wholesaler")
        game.follow(NoisyRule(average_person(), spread=1, seed=seed))
        fit = game.fit
        for name, true in (("alpha", 0.26), ("beta", 0.34), ("theta", 0.36), ("desired_stock", 17)):
            found = fit[name]
            inside.append(found.low <= true <= found.high)
    return holds(sum(inside) >= 34, sum(inside), len(inside))


@claims.says("225 for the cheap paper, 75 for the dear one.", "150.5, the mean of demand.")
def papers():
    cheap, dear = (NewsvendorProblem(cost=c) for c in (3, 9))
    return holds((cheap.optimum, dear.optimum, cheap.mean) == (225, 75, 150.5), cheap, dear)


@claims.says(
    "A team of four average people is dearer here (2,479 USD) than real teams were (2,028).",
)
def dearer():
    return agrees(2479, cost(average_person()))


@claims.says(
    "What is the smallest beta, in steps of 0.05, with which the team pays less than 1,000 USD?",
    "Three quarters must be counted. With 0.7 the team just misses it, with 1,004 USD.",
)
def three_quarters():
    return [agrees(1004, cost(person()(0.7))), below(1000, cost(person()(0.75)))]


@claims.says(
    "The wholesaler. The distributor pays most itself, but much of that is made downstream of it.",
)
def training(seed):
    """In the game, over a longer one, and with customers who ask at random."""
    found = [{name: cost(trained=name, weeks=weeks) for name in STATIONS} for weeks in (36, 104)]
    random = {
        name: beer_cost(
            tl.replicate(beer_chain({name: person()(1.0)}, demand=TAME), 48, seed=seed)
        ).mean()
        for name in STATIONS
    }
    return [holds(min(f, key=f.get) == "wholesaler", f) for f in (*found, random)]


@claims.says(
    "A newsvendor with a pull of 0.78 sells the dear paper (cost 9).",
    "More than half of the best profit. The same pull costs little where profits are high.",
)
def pull():
    lost = {}
    for price in (3, 9):
        paper = NewsvendorProblem(cost=price)
        order = 0.78 * paper.mean + 0.22 * paper.optimum
        lost[price] = 1 - paper.expected_profit(order) / paper.expected_profit(paper.optimum)
    return holds(lost[9] > 0.5 and lost[3] < 0.1, lost)


claims.given(
    "8, 12 or more than 20?",
    "A case in stock costs 0.50 USD a week, a case owed 1.00 USD.",
    "In weeks 1 to 4 everybody orders 4;",
    "You will want 10 to 15 minutes for the 32 weeks.",
    "(that of demand is 4)",
    "the chain starts with goods for 4 cases a week",
    "then change `cost` to 9 and play again.",
    "(the step from 4 to 8 at the start included)",
    "and adds a third of what is owed, to be safe.",
    "with weight 0, a half and 1.",
    "And a fit from 32 decisions is rough",
)
