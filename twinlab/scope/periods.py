"""A network in steps of several days: what a day asks, makes, moves and costs, added up.

Sums of independent days have n times the mean and √n times the spread. Times are rounded to whole
periods, half a period up; goods under way keep their number of units.
"""

import math
from collections.abc import Iterable
from dataclasses import fields, replace
from itertools import groupby
from typing import Any, TypeVar

from twinlab.scope.columns import schema
from twinlab.scope.distributions import Constant, in_periods, summed, whole_periods
from twinlab.scope.entities import Delay, Demand, DemandShift, Disruption, Lane, Recipe, Stock
from twinlab.scope.network import Network

__all__ = ["coarse_network"]

R = TypeVar("R", bound=Any)


def coarse_network(network: Network, period: int) -> Network:
    """Give the network in which one step is a period of several days.

    Demand, capacities and costs per day become those of a period; times are rounded to whole
    periods (at least one in a cycle of lanes). What a rounding takes from goods under way is put
    into stock, so that every inventory position starts as it was.

    >>> chain = serial(["mine", "shop"], demand=Normal(5, 1), lead_time=10, holding_cost=2)
    >>> week = coarse_network(chain, 7)
    >>> week.lanes[0].lead_time, week.demands[0].pattern.average, week.nodes[1].holding_cost
    (Constant(value=1.0), 35.0, 14.0)
    """
    circles = network.circles
    lanes, early = [], dict.fromkeys(network.items, 0.0)
    for lane in network.lanes:
        back = lane.source in circles and circles[lane.source] == circles.get(lane.destination)
        lanes.append(_lane(lane, period, at_least=int(back)))
        early[lane.destination, lane.product] += _under_way(lane) - _under_way(lanes[-1])
    recipes = [_recipe(recipe, period) for recipe in network.recipes]
    for old, new in zip(network.recipes, recipes, strict=True):
        early[old.node, old.product] += _in_process(old) - _in_process(new)
    stocks = {(s.node, s.product): s for s in network.stocks}
    for item, units in early.items():
        if units > 0.0:
            stock = stocks.get(item, Stock(*item))
            stocks[item] = replace(stock, on_hand=stock.on_hand + units)
    reviews = [max(1, whole_periods(node.review_period, period)) for node in network.nodes]
    pairs = zip(network.nodes, reviews, strict=True)
    nodes = [_row(node, period, review_period=days) for node, days in pairs]
    demands = [_demand(row, period) for row in network.demands]
    held = [_row(stock, period) for stock in stocks.values()]
    return Network(network.products, nodes, lanes, recipes, demands, held)


def _under_way(lane: Lane) -> float:
    return lane.initial_pipeline * lane.lead_time.average


def _in_process(recipe: Recipe) -> float:
    return recipe.initial_in_process * recipe.production_time


def _row(row: R, period: int, **own: Any) -> R:
    """A row by the period, as its units say: rates add up, days are rounded; ``own`` as given."""
    for col in schema(type(row)):
        value = getattr(row, col.name)
        if col.type in (float, float | None) and col.unit.endswith("/day") and value is not None:
            own.setdefault(col.name, value * period)
        elif col.type is int and col.unit == "days":
            own.setdefault(col.name, whole_periods(value, period))
        elif col.name == "output":  # the mean of its days
            total: Any = summed(value, period)
            parts = {f.name: getattr(total, f.name) / period for f in fields(total)}
            own.setdefault(col.name, replace(total, **parts))
    return replace(row, **own)


def _lane(lane: Lane, period: int, at_least: int) -> Lane:
    time = in_periods(lane.lead_time, period)
    if time.average < at_least:
        time = Constant(at_least)
    units, delay = _under_way(lane), whole_periods(lane.order_delay, period)
    coming = units / time.average if time.average else 0.0
    ordered = lane.initial_orders * lane.order_delay / delay if delay else 0.0
    return _row(lane, period, lead_time=time, initial_pipeline=coming, initial_orders=ordered)


def _recipe(recipe: Recipe, period: int) -> Recipe:
    time = whole_periods(recipe.production_time, period)
    return _row(recipe, period, initial_in_process=_in_process(recipe) / time if time else 0.0)


def _demand(row: Demand, period: int) -> Demand:
    season = max(1.0, row.season_days / period)
    return _row(row, period, pattern=summed(row.pattern, period), season_days=season)


def coarsen_disruptions(disruptions: Iterable[Disruption], period: int) -> tuple[Disruption, ...]:
    """Give each disruption in periods: as much of each period as it lasts.

    One that is fixed in time becomes up to three, with the share of its first and last period that
    it fills. One that strikes at random strikes in a period as probably as on one of its days, and
    is weakened if it lasts less than a period on average. Delays are rounded to whole periods.
    """
    return tuple(part for each in disruptions for part in _parts(each, period))


def _parts(disruption: Disruption, period: int) -> Iterable[Disruption]:
    fade, pause = (whole_periods(days, period) for days in (disruption.recovery, disruption.pause))
    days = disruption.days  # a share of stock is lost at once, however many
    if disruption.rate > 0 or hasattr(disruption, "share") or not isinstance(days, Constant):
        lasts = in_periods(days, period)
        lasts = lasts if lasts.average > 0 else Constant(1)
        start, rate = disruption.start // period, 1 - (1 - disruption.rate) ** period
        again = replace(disruption, start=start, days=lasts, recovery=fade, rate=rate, pause=pause)
        return _weaker(again, min(1.0, days.average / period), period)
    begin, end = disruption.start, disruption.start + math.ceil(days.value)
    steps = range(begin // period, -(-end // period))
    shares = [(n, (min(end, (n + 1) * period) - max(begin, n * period)) / period) for n in steps]
    found: list[Disruption] = []
    for share, run in groupby(shares, key=lambda share: share[1]):
        at = [number for number, _ in run]
        after = fade if at[-1] == shares[-1][0] else 0
        one = replace(disruption, start=at[0], days=Constant(len(at)), recovery=after)
        found += _weaker(one, share, period)
    return found


def _weaker(disruption: Any, share: float, period: int) -> list[Disruption]:
    """A disruption that lasts only a share of its periods; nothing, if nothing is left of it."""
    if isinstance(disruption, DemandShift):
        return [replace(disruption, factor=1 + (disruption.factor - 1) * share)]
    if isinstance(disruption, Delay):
        extra = whole_periods(disruption.extra * share, period)
        return [replace(disruption, extra=extra)] if extra else []
    loses = hasattr(disruption, "loss")
    return [replace(disruption, loss=disruption.loss * share) if loses else disruption]
