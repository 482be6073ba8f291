"""What it is worth to know more: forecasts, lots, the age of what one knows, one's own history."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

import twinlab as tl
from tests.study.beside import FULL, within
from twinlab.organization import Channel, FullSharing, OwnOrders
from twinlab.people import ForecastBaseStock

# In percent of the cost without it; the trials' 95 % intervals, as half-widths.
FORECASTS = {
    "independent": {"naive": (7.65, 0.06), "tuned": (0.66, 0.03)},
    "surges ×1.5": {"naive": (3.48, 0.08), "tuned": (-0.36, 0.17)},
    "surges ×2": {"naive": (1.38, 0.09), "tuned": (-0.40, 0.26)},
}
RATIOS = {"naive": (5.37, 3.16), "tuned": (1.27, 1.24)}
LOTS = {(5, 5): (0.20, 0.11), (20, 80): (1.5, 0.15), (20, 20): (6.1, 0.3), (40, 40): (10.2, 0.3)}
AGES = {(0, 1): 3.4, (3, 1): 0.9, (7, 1): -0.2, (14, 1): -1.6, (0, 7): 1.8, (0, 30): 2.0}


def saved(before, after):
    """Share of a cost that is saved, in percent, and its standard error."""
    less = np.asarray(before - after)
    return 100 * less.mean() / before.mean(), 100 * less.std(ddof=1) / len(
        less
    ) ** 0.5 / before.mean()


# -- forecasts --


def chain(demand, days=730):
    """A centre that feeds a shop, with surges of 10 to 50 days from day 60 on, or none."""
    asked = tl.Demand("shop", "unit", tl.Normal(20, 5), backorder_cost=9)
    network = tl.serial(["mine", "dc", "shop"], demand=asked, lead_time={"dc": 6, "shop": 3},
                        holding_cost={"dc": 0.5, "shop": 1},
                        on_hand={"dc": 120, "shop": 90})  # fmt: skip
    scenario = tl.Scenario(network, tl.BaseStock(90), days=days)
    if demand == "independent":
        return scenario
    factor = float(demand.partition("×")[2])
    often = {"rate": 1 / 60, "days": tl.Uniform(10, 50), "start": 60}
    return scenario.disrupt(tl.DemandShift("shop", factor=factor, **often))


def informed(scenario, lengths, shared, histories, evaluations, seed=1):
    """Both forecast from so many days; safety stocks are the best for that."""
    shop, centre = lengths
    rules = {"shop": ForecastBaseStock(shop, 3, 30, False, 20),
             "dc": ForecastBaseStock(centre, 6, 30, shared, 20)}  # fmt: skip
    levels = {"shop.safety": (0, 150), "dc.safety": (-100, 200)}
    change = tl.tune(scenario.decide(rules), levels, tl.cost, histories, seed, evaluations)
    return change.scenario


def best_lengths(scenario, shared):
    """Forecast lengths searched, too."""
    tried = [informed(scenario, (shop, centre), shared, 60, 30)
             for shop in (5, 15, 40) for centre in (5, 15, 40)]  # fmt: skip
    costs = [tl.cost(tl.replicate(one, 60, 1)).mean() for one in tried]
    return tried[int(np.argmin(costs))]


def judged(own, shared, histories=1000, seed=78):
    """What is saved, and the variance ratios at the centre, by luck that tuned nothing."""
    batches = [tl.replicate(one, histories, seed) for one in (own, shared)]
    ratios = [tl.bullwhip(batch, "dc") for batch in batches]
    errors = [ratio.std(ddof=1) / histories**0.5 for ratio in ratios]
    return saved(*map(tl.cost, batches)), [*zip(map(np.mean, ratios), errors, strict=True)]


@pytest.mark.skipif(not FULL, reason="forecast lengths and levels are searched")
@pytest.mark.parametrize("demand", FORECASTS)
def test_point_of_sale_saves_little_where_forecasts_are_tuned(demand):
    found, scenario = {}, chain(demand)
    for how in ("naive", "tuned"):
        pair = [informed(scenario, (5, 5), shared, 100, 60) if how == "naive"
                else best_lengths(scenario, shared) for shared in (False, True)]  # fmt: skip
        found[how], ratios = judged(*pair)
        if demand == "independent":  # those given are rounded
            page = {"own orders": (RATIOS[how][0], 0.01), "point of sale": (RATIOS[how][1], 0.01)}
            within(
                f"variance ratio at the centre, {how}", dict(zip(page, ratios, strict=True)), page
            )
    within(f"saved by point of sale, {demand} [%]", found, FORECASTS[demand])


def test_naive_forecasts_make_point_of_sale_look_valuable():
    """Independent demand, forecasts of five days: money is saved, and the variance ratio falls."""
    pair = [informed(chain("independent", 200), (5, 5), by, 8, 12) for by in (False, True)]
    found, ((own, error), (shared, other)) = judged(*pair, histories=48, seed=5)
    within("saved by point of sale, naive, independent [%]", {"a few histories": found}, {})
    assert found[0] > 4 * found[1]
    assert own - shared > 4 * np.hypot(error, other)


# -- lots --


def shops(lots, knows, levels, days=400):
    """Four shops and a centre that order lots at their reorder points."""
    names = [f"s{at}" for at in range(4)]
    asked = tl.Demand("x", "unit", tl.Poisson(5), backorder_cost=9)
    leads = {"dc": 5, **dict.fromkeys(names, 3)}
    network = tl.distribution("dc", names, demand=asked, lead_time=leads,
                              holding_cost={"dc": 0.5, **dict.fromkeys(names, 1)},
                              on_hand={"dc": 100, **dict.fromkeys(names, 30)})  # fmt: skip
    rules = dict.fromkeys(names, tl.FixedLot(levels[0], lots[0]))
    rules["dc"] = tl.FixedLot(levels[1], lots[1], knows)
    return tl.Scenario(network, rules, days=days)


def waits_and_holds(batch):
    return tl.cost(batch, "holding") + tl.cost(batch, "owing")


def best_levels(lots, knows, steps, histories, days=400):
    """Reorder points of shops and centre from a grid, and from a finer one around its best."""
    wide = range(40, 321, steps[1]) if knows else range(-60, 161, steps[1])
    grid, best = [(r, c) for r in range(8, 34, steps[0]) for c in wide], None
    for each in histories:
        batches = (tl.replicate(shops(lots, knows, levels, days), each, 1) for levels in grid)
        shop, centre = best = grid[int(np.argmin([waits_and_holds(b).mean() for b in batches]))]
        grid = [(shop + by, centre + far) for by in (-1, 0, 1) for far in range(-15, 16, 5)]
    return shops(lots, knows, best, days)


@pytest.mark.skipif(not FULL, reason="reorder points are searched on two grids")
def test_full_information_is_worth_more_the_more_lots_hide():
    found = {}
    for lots in LOTS:
        pair = [best_levels(lots, knows, (2, 20), (6, 20)) for knows in (False, True)]
        found[lots] = saved(*(waits_and_holds(tl.replicate(one, 400, 78)) for one in pair))
    # The search leaves some tenths on either side: the step of the grid is no random error.
    page = {lots: (by, np.hypot(half, 0.2)) for lots, (by, half) in LOTS.items()}
    within("saved by full information, lots of shop and centre [%]", found, page)


def test_large_lots_hide_demand_from_who_does_not_look():
    pair = [best_levels((40, 40), knows, (9, 80), (3,), 120) for knows in (False, True)]
    found = saved(*(waits_and_holds(tl.replicate(one, 64, 6)) for one in pair))
    within("saved by full information [%]", {"lots of 40": found}, {})
    assert found[0] > 4 * found[1]


# -- age --


@pytest.mark.skipif(not FULL, reason="levels are searched for each age")
def test_late_is_worse_than_none_for_a_rule_that_does_not_change():
    scenario = chain("surges ×1.5")
    own = informed(scenario, (5, 5), False, 100, 60)
    batch = tl.replicate(own, 500, 78)
    before, ratios = tl.cost(batch), {"own orders": tl.bullwhip(batch, "dc")}
    found, page = {}, {}
    for (delay, every), by in AGES.items():
        told = scenario.share({"dc": Channel(FullSharing(), delay, every)})
        batch = tl.replicate(informed(told, (5, 5), True, 100, 40), 500, 78)
        name = f"{delay} days old, mean of {every}"
        found[name], page[name] = saved(before, tl.cost(batch)), (by, 0.32)
        ratios[name] = tl.bullwhip(batch, "dc")
    within("saved by point of sale, surges ×1.5, naive [%]", found, page)
    ratios = {name: (by.mean(), by.std(ddof=1) / 500**0.5) for name, by in ratios.items()}
    page = {"own orders": (4.67, 0.01), "0 days old, mean of 30": (1.08, 0.01)}  # rounded
    within("variance ratio at the centre", ratios, page)


def test_the_older_the_news_the_less_they_are_worth():
    """Levels as they are: what costs is the age, by more than 4 standard errors a week."""
    shared = informed(chain("surges ×2", 200), (5, 5), True, 16, 8)
    costs = [tl.cost(tl.replicate(shared.share({"dc": Channel(delay=delay)}), 64, 6))
             for delay in (0, 7, 14)]  # fmt: skip
    found = {f"{d} days": saved(costs[0], one) for d, one in zip((7, 14), costs[1:], strict=True)}
    within("saved by news that are late [%]", found, {})
    for early, late in pairwise(costs):
        more = late - early
        assert more.mean() > 4 * more.std(ddof=1) / 8


def test_an_order_that_is_seen_late_is_a_longer_lead_time():
    """Three days until an order is seen, or three more under way: the same shelves, exactly."""

    def centre(lead):
        return tl.serial(["mine", "dc", "shop"], demand=tl.Normal(20, 5), on_hand=200,
                         lead_time={"dc": lead, "shop": 2})  # fmt: skip

    late = centre(4)
    late = late.change(*(replace(v, order_delay=3) for v in late.lanes if v.destination == "dc"))
    rules = {"dc": tl.BaseStock(220), "shop": tl.BaseStock(60)}
    batches = [tl.replicate(tl.Scenario(n, rules, days=365), 200, 1) for n in (late, centre(7))]
    for what in ("on_hand", "owing"):
        one, other = (batch.total(what) for batch in batches)
        assert (one == other).all()
    assert (tl.fill_rate(batches[0]) == tl.fill_rate(batches[1])).all()


# -- one's own history --


class CountsDays(tl.BaseStock):
    """A depot that counts the days since the shop's last order, and guesses what it has sold."""

    def __call__(self, view):
        days = np.where(view.demand > 0, 0.0, view.memory.get("days", 0.0) + 1.0)
        view.memory["days"] = days
        guessed = np.minimum(100.0 * days, 400.0)
        return np.maximum(0.0, self.up_to - (view.inventory_position - guessed))


@pytest.mark.parametrize("tuning", [0, *([1] if FULL else [])])
def test_most_of_the_value_is_in_the_depot_s_own_history(tuning):
    """One shop, lots of 400: 36.8 % if the depot ignores the past, 10.5 % if it counts days."""
    asked = tl.Demand("shop", "unit", tl.Normal(100, 20), backorder_cost=10)
    pair = tl.serial(["outside", "depot", "shop"], demand=asked, on_hand=400,
                     lead_time={"depot": 4, "shop": 2},
                     holding_cost={"depot": 0.5, "shop": 1})  # fmt: skip
    rules = {"shop": tl.FixedLot(260, 400), "depot": tl.BaseStock(400)}
    blind = tl.Scenario(pair, rules, days=180, sharing=OwnOrders())
    sees = blind.change(sharing=FullSharing()).decide({"depot": tl.EchelonBaseStock(800)})
    depots = {"own orders": blind, "counts days": blind.decide({"depot": CountsDays(400)}),
              "sees all": sees}  # fmt: skip
    costs, tries = {}, (32, tuning, 40) if FULL else (8, tuning, 20)
    for name, scenario in depots.items():
        ends = (100, 1800) if name == "sees all" else (-200, 1500)
        found = tl.tune(scenario, {"depot.up_to": ends}, tl.cost, *tries).scenario
        costs[name] = tl.cost(tl.replicate(found, 400 if FULL else 100, 8))
    mean = {name: (c.mean(), c.std(ddof=1) / len(c) ** 0.5) for name, c in costs.items()}
    page = {"own orders": (305, 1), "counts days": (216, 1), "sees all": (193, 1)}
    within("USD/day", mean, page)
    full = costs.pop("sees all")
    found = {name: saved(cost, full) for name, cost in costs.items()}
    page = {"own orders": (36.8, 0.25), "counts days": (10.5, 0.4)}
    within("saved by full information [%]", found, page)
