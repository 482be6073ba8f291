"""What a twin of the automotive chain is worth when a supplier of its chips closes, paired by life.

The chip packaging plant of Malaysia stands still for half a year. Stocks last for months (dealers
hold two months of cars), so all is well for long; then every car that is missing is lost. The two
other packagers have a quarter of their capacity to spare: whoever asks them at once loses nothing.
"""

import os
from multiprocessing import get_context
from typing import NamedTuple

import joblib
import numpy as np
import pytest

import twinlab as tl
from tests.loops import look_after
from twinlab import cases
from twinlab.management import total_shortage_cost
from twinlab.organization import Right, Rights
from twinlab.technology import Sensors
from twinlab.twin import Mode

LIVES = int(os.environ.get("TWINLAB_LIVES", "0"))  # `make proof`: 40
SITE, START, DAYS, STORY = "Malaysia packaging", 30, 180, 365
CLOSED = tl.Outage(SITE, start=START, days=DAYS)
ALONE = Rights((Right("sourcing", "sourcing manager", automatic=True, step=1),))
CALM = cases.automotive(STORY)
# Who is told nothing has listened for a month, and knows how long such a plant takes to rebuild.
HOW = {
    "told": (CALM, Sensors(foretelling=True), 28),
    "untold": (CALM.set(f"{SITE}.time_to_recover", DAYS), Sensors(reporting=False), 2),
}


def seeds(how):
    """Seeds that chose nothing."""
    return range(700, 700 + (LIVES or {"told": 6, "untold": 2}[how]))


def decide(twin):
    return twin.reroute(STORY - twin.day, 16, total_shortage_cost)


def until_the_closure(seed, how):
    case, sensors, day = HOW[how]
    plant, twin = case.twin(CLOSED, seed=seed, day=day, sensors=sensors)
    twin.mode, twin.rights = Mode.TWIN, ALONE
    plant.advance(START - plant.day)
    assert twin.sync().dead == 0
    return plant, twin


def with_twin(seed, how):
    """A life with a twin; to save time it listens around the closure, and around its end."""
    plant, twin = until_the_closure(seed, how)
    look_after(plant, twin, 9, 3, decide)
    plant.advance(START + DAYS - 1 - plant.day, untold=True)
    look_after(plant, twin, 6, 3, decide)
    plant.advance(STORY - plant.day, untold=True)
    return plant.run


def without(seed, how):
    """The same luck without one: both engines agree to the last bit, and this one is quicker."""
    return tl.replicate(CALM.disrupt(CLOSED), 1, seed)


class Bill(NamedTuple):
    """What a life costs; cars that are not made are not paid for, but are worth something."""

    days: range
    shortage: float
    all_but_production: float


def lived(life, seed, how):
    run = life(seed, how)
    paid = (run.kpis.total_cost - run.kpis.production_cost) * len(run.days)
    return Bill(run.days, float(np.sum(total_shortage_cost(run))), float(np.sum(paid)))


@pytest.mark.parametrize("how", HOW)
def test_a_twin_saves_what_a_closure_of_chip_packaging_costs(how):
    numbers = seeds(how)
    work = [(life, seed, how) for life in (without, with_twin) for seed in numbers]
    with get_context("spawn").Pool(2, maxtasksperchild=10) as workers:
        bills = workers.starmap(lived, work, chunksize=1)
    assert len({bill.days for bill in bills}) == 1
    alone, helped = np.array([bill[1:] for bill in bills]).reshape(2, len(numbers), 2)
    short, paid = map(tl.modeling.estimate, (alone - helped).T)  # saved, in pairs
    print(how, short, paid, sep="\n")
    assert short.low > 0, str(short)
    assert short.mean > 0.8 * alone[:, 0].mean(), str(short)
    assert (paid.low if how == "told" else paid.mean) > 0, str(paid)


@pytest.mark.parametrize("how", HOW)
def test_the_twin_knows_how_it_goes_on_and_the_tower_ranks_the_closure_first(how):
    plant, twin = until_the_closure(77, how)
    plant.advance(5)
    twin.sync()
    believed = {one.where: one for one in twin.outages.outages}
    assert believed.keys() == {SITE}
    assert believed[SITE].told == ("heard" if how == "told" else "inferred")
    first, *_ = twin.tower().alerts
    assert (first.kind, first.node) == ("closed site", SITE)
    plants = [n.name for n in CALM.network.nodes if n.role == "electronics plant"]
    chips = [("on_hand", name, f"{kind} chip") for name in plants for kind in ("logic", "power")]
    ahead = twin.forecast(21, 128, chips)
    calm = tl.replicate(CALM.change(days=twin.day + 21), 32, 5, start=ahead.given, daily=chips)
    plant.advance(20, untold=True)
    held = 0
    for chip in chips:
        low, high = ahead.quantiles(*chip, levels=(0.05, 0.95))[:, -1]
        true = plant.state.on_hand[chip[1:]]
        held += low - 1e-6 <= true <= high + 1e-6
        assert calm.quantiles(*chip, levels=(0.001,))[0, -1] > true  # who is deaf hopes in vain
    assert held >= len(chips) - 2


def forked():
    """Another chain: two mills share a hub's orders; it feeds shops whose customers wait."""
    shops, mills = [f"shop {number}" for number in range(3)], ["east mill", "west mill"]
    network = tl.Network(
        [tl.Product("flour")],
        [*(tl.Node(mill, "supplier", capacity=20) for mill in mills),
         tl.Node("hub", "warehouse", proportional=True),
         *(tl.Node(shop, "retailer") for shop in shops)],
        [*(tl.Lane(mill, "hub", "flour", lead_time=tl.Uniform(2, 4), initial_pipeline=30,
                   sourcing_rank=rank, sourcing_share=0.5) for rank, mill in enumerate(mills, 1)),
         *(tl.Lane("hub", shop, "flour", lead_time=2, initial_pipeline=12) for shop in shops)],
        demands=[tl.Demand(shop, "flour", tl.Gamma(6, 2), backorder_cost=8) for shop in shops],
        stocks=[tl.Stock("hub", "flour", 40, 0.1),
                *(tl.Stock(shop, "flour", 12, 0.3) for shop in shops)],
    )  # fmt: skip
    rules = {"hub": tl.BaseStock(110), **dict.fromkeys(shops, tl.BaseStock(26))}
    return cases.Case(network, rules, 120, sourcing={"hub": tl.Shares()})


SHUT = tl.Outage("east mill", start=40, days=30)
PATH = "east mill->hub/flour/road.sourcing_share"


def with_twin_of_mills(seed):
    plant, twin = forked().twin(SHUT, seed=seed, sensors=Sensors(reporting=False), day=10)
    twin.mode, twin.rights = Mode.TWIN, ALONE
    plant.advance(28)
    twin.sync()
    return look_after(plant, twin, 82, 2, lambda twin: twin.reroute(replications=32))


def test_the_same_holds_on_another_chain():
    def without(seed):
        return tl.simulate(forked().disrupt(SHUT), seed)

    both = {"without": without, "with a twin": with_twin_of_mills}
    with joblib.Parallel(n_jobs=2) as workers:
        runs = {
            name: workers(joblib.delayed(life)(seed) for seed in range(60, 72))
            for name, life in both.items()
        }
    costs = {name: [run.kpis.total_cost for run in each] for name, each in runs.items()}
    first, last = tl.modeling.rank(costs, unit="USD/day").choices
    assert first.name == "with a twin"
    assert first.gain.low > 0.5 * last.cost.mean, str(first)
    run = with_twin_of_mills(60)
    assert run.scenario.value(PATH) == 0.5  # it has come back


def test_what_nobody_approves_is_not_obeyed():
    plant, twin = forked().twin(SHUT, seed=5)
    twin.mode = Mode.TWIN  # sourcing is not automatic, unless somebody lists it
    plant.advance(38)
    twin.sync()
    look_after(plant, twin, 4, 4, {})
    (order,) = twin.orders
    assert (order.step, order.proposer, order.value) == ("proposed", "twin", {PATH: 0.0})
    assert order.reason == "closed: east mill"
    assert plant.truth.value(PATH) == 0.5
    twin.approve(order.id, "maria", "sourcing manager", "the west mill has the flour")
    plant.advance(2)
    twin.sync()
    assert twin.orders[order.id].step == "done"
    assert plant.truth.value(PATH) == twin.model.value(PATH) == 0.0
