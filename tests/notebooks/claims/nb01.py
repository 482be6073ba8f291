"""What notebook 01 claims: how a twin keeps in step with its plant."""

from dataclasses import replace
from functools import cache

import numpy as np

import twinlab as tl
from tests.notebooks.claims import SEEDS, Claims, above, agrees, holds
from twinlab.modeling.formulas.run_length import cusum_limit

claims = Claims("01")


@cache
def mornings(loss, asks_again):
    """The mean fidelity of sixty mornings, on a line of each seed."""
    belief, found = claims.cells(1, "belief").belief, []
    for seed in SEEDS:
        bus = tl.Bus(tl.Faults(loss=loss), seed=seed)
        plant, twin = tl.Plant(belief, bus, seed=1), tl.Twin(belief, bus)
        scores = []
        for _ in range(60):
            plant.advance()
            twin.sync(asks_again)
            scores.append(tl.fidelity(twin.state, plant.state).score)
        found.append(np.mean(scores))
    return np.array(found)


def changed(seed, factor, until):
    """A plant whose customers change on day 60, and the twin that has listened until a day."""
    belief = claims.cells(1, "belief").belief
    truth = belief.disrupt(tl.DemandShift("shop", start=60, days=300, factor=factor))
    plant, twin = tl.Plant(truth, bus := tl.Bus(), seed=seed), tl.Twin(belief, bus)
    plant.advance(until)
    twin.sync()
    return twin, twin.alarms()


@claims.says(
    "With one message in twenty lost, about three units in ten stand in the wrong place on an "
    "average morning; with one in five it is nearly six in ten.",
    "more loss need not look worse, because which messages get lost counts as much as how many",
)
def lost_messages():
    few, many, asked = mornings(0.05, False), mornings(0.2, False), mornings(0.2, True)
    return [
        agrees(0.7, few, 0.05),
        agrees(0.42, many, 0.05),
        holds(many.mean() < few.mean() < asked.mean(), few, many, asked),
        above(0.8, asked),
    ]


@claims.says(
    "A band of nine in ten must hold nine nights in ten: fewer is bragging, more is hiding.",
    "(A little more than nine in ten is no surprise: where a band begins at 0, with the empty "
    "shelf, nothing can fall below it.",
)
def band():
    belief, inside, empty = claims.cells(1, "belief").belief, [], []
    for seed in SEEDS[:3]:
        plant, twin = tl.Plant(belief, bus := tl.Bus(), seed=seed), tl.Twin(belief, bus)
        for _ in range(11):
            plant.advance(15)
            twin.sync()
            twin.forecast(10, replications=128)
        found = twin.verify()
        inside.append(found.hits / found.of)
        empty.append(np.mean(plant.run.series("on_hand", "shop") < 1e-9))
    return [holds(0.87 < np.mean(inside) < 0.98, inside), holds(np.mean(empty) > 0.03, empty)]


@claims.says(
    "In step with the plant but naive about what is under way, the twin forecasts hardly better "
    "than without any link: 10.0 kg against 11.1. Knowing the ages brings the loss down to 5.8 kg."
)
def ages(seed):
    made = claims.cells(1, "belief", "loss", "start")
    plants = range(100 * seed, 100 * seed + 8)
    known = [made.start(plant, tl.Mode.SHADOW) for plant in plants]
    blind = [made.start(plant, tl.Mode.MODEL) for plant in plants]
    naive = [replace(state, tracked=True) for state in known]
    losses = [
        np.array([made.loss(state, plant) for state, plant in zip(states, plants, strict=True)])
        for states in (known, naive, blind)
    ]
    return [
        agrees(5.8, losses[0], 0.5),
        agrees(10, losses[1], 0.7),
        agrees(11.1, losses[2], 0.7),
        above(0, losses[1] - losses[0]),
    ]


@claims.says("which is set so that a false alarm comes once in 1,000 observations on average.")
def false_alarms():
    """Two-sided CUSUMs of pure noise, by a loop of their own."""
    limit, rng = cusum_limit(1000, 0.5), np.random.default_rng(4)
    scores = rng.standard_normal((6000, 400))
    up = down = np.zeros(400)
    first = np.full(400, 6000)
    for at, row in enumerate(scores):
        up, down = np.maximum(0, up + row - 0.5), np.maximum(0, down - row - 0.5)
        first = np.where((first == 6000) & (np.maximum(up, down) > limit), at + 1, first)
    ends = np.minimum(first, 6000)
    # Of an exponential law cut at 6,000 the mean is 1,000 × (1 − e⁻⁶).
    return agrees(1000, ends / (1 - np.exp(-6)), 50)


@claims.says(
    "on eight other plants the rise of 30 % rang after 3 to 13 days, that of 10 % after 19 to 101."
)
def first_alarms(seed):
    large, small = changed(seed, 1.3, 100)[1][0].day - 60, changed(seed, 1.1, 260)[1][0].day - 60
    return [holds(-5 <= large <= 20, large), holds(-30 <= small <= 200, small)]


@claims.says("The twin adopts the new demand, tries other levels from today's state on")
def proposals(seed):
    twin, alarms = changed(seed, 1.3, 85)
    twin.update_model(alarms[-1])
    options = claims.cells(1, "options").options
    proposal = twin.recommend(options, days=60, replications=64)
    return [holds(proposal.worth, proposal)]


@claims.says("The same luck twice: 160 days without a twin, and 160 days with one that looks every "
             "eight days")  # fmt: skip
def value():
    """Three lives of other luck, taken together."""
    made = claims.cells(1, "truth", "with_twin")
    saved = [
        tl.simulate(made.truth.change(days=160), seed).kpis.total_cost
        - made.with_twin(seed).kpis.total_cost
        for seed in (101, 102, 103)
    ]
    return [above(0, saved), agrees(126, saved, 10)]


@claims.says(
    "Lead times of 3, 4, 5 and 6 days are still possible, equally likely: 0, 1, 2 or 3 days to go, "
    "1.5 on average. The mean lead time, 3.5 days, would say half a day."
)
def days_to_go():
    possible = [days - 3 for days in range(1, 7) if days >= 3]
    return [agrees(1.5, [np.mean(possible)], 0), agrees(0.5, [np.mean(range(1, 7)) - 3], 0)]


claims.given(
    "how much of what the twin believes is still right: 99 %, 95 %, or less?",
    "The twin only hears what the plant's systems say: late, twice, or never.",
    "whoever has numbers 7 and 9 knows that 8 is missing.",
    "The next cell sends two: half a sentence",
    "First drag the loss from 0 to 10 %",
    "The lead time is one that outlasts its age: P(L = l | L ≥ 9).",
    "The lead time of a lane is 1, 2, 3, 4, 5 or 6 days, equally likely.",
    "over a line that doubles 20 % of the messages and loses none",
    "Customers begin to ask for only 10 % more on day 60 (`factor=1.1`, seed 1, look on day 200).",
    "here a 30 % rise took nine days.",
)
