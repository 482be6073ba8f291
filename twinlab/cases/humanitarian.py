"""The humanitarian case: a hurricane season around Cuba, and four goods on their way to its people.

The plant lives the season as it truly was. Its twin knows the calm chain and hears of storms over
the link alone: what systems tell (stock destroyed, depots and roads closed) and what people assess.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from twinlab.cases.folders import Case, dataset, figures, rows
from twinlab.management.flows import waiting_level, waits
from twinlab.modeling import Replications
from twinlab.modeling.inference.foreseen import Assessment, More, ask_more, mistake
from twinlab.modeling.simulation.random_streams import stream
from twinlab.organization.orders import Order, SetRules, SetSourcing
from twinlab.organization.view import PriorityFailover, Shares, View
from twinlab.people.rules import BaseStock
from twinlab.scope import Constant, LaneOutage, Network, Outage, Scenario, ScenarioError, StockLoss
from twinlab.scope.base import (
    Array,
    Count,
    Disruption,
    ItemKey,
    Share,
    check_known,
    frozen,
    lane_paths,
)

__all__ = ["ReliefSeason", "humanitarian", "relief_cost", "waiting_loss"]

_rows, _figures = partial(rows, "humanitarian"), partial(figures, "humanitarian", "assumed/figures")
SEASONS, TOLD = range(1975, 2025), ("revised_days", "assessment_error", "revised_error")
CLOSED = ("depot_closed", "road_closed")
DEPOTS = {"West": "Pinar del Rio", "Centre": "Camaguey", "East": "Holguin"}


class Strike(NamedTuple):
    """What a storm does to a region; the first day of a season is 1 June."""

    storm: str
    region: str
    day: int
    people: float  # in need
    wind: float  # at its depot, knots


def strikes(season: int) -> list[Strike]:
    """What the storms of a past season did to the regions, one after the other."""
    where = {row["name"]: row["region"] for row in _rows("assumed/places") if row["region"]}
    found = dict[tuple[str, str], Strike]()
    for row in (row for row in _rows("hits") if row["season"] == season and row["place"] in where):
        region, name = where[row["place"]], f"{row['storm']} {season}"
        day = (date.fromisoformat(row["date"]) - date(season, 6, 1)).days
        last = found.get((name, region), Strike(name, region, day, 0.0, 0.0))
        wind = max(last.wind, row["wind"] * (row["place"] == DEPOTS[region]))
        people = last.people + row["need"]
        found[name, region] = Strike(name, region, min(day, last.day), people, wind)
    return sorted(found.values(), key=lambda one: (one.day, one.region))


@dataclass(frozen=True)
class Standby(Shares):
    """Split orders by share; for who is closed an open one of the best rank steps in."""

    def __call__(self, view: View, quantity: Any) -> list[Any]:
        """Give each its share, and what the closed ones would get to who steps in, if anybody."""
        pairs = list(zip(super().__call__(view, quantity), view.suppliers, strict=True))
        best = min(supplier.rank for supplier in view.suppliers)
        first = [supplier for supplier in view.suppliers if supplier.rank == best]
        left = sum(part * (1 - supplier.open) for part, supplier in pairs)
        more = iter(PriorityFailover()(View(view.node, view.product, first), left))
        return [part * one.open + (next(more) if one.rank == best else 0.0) for part, one in pairs]


@dataclass(frozen=True, eq=False, repr=False)
class ReliefSeason(Case):
    """A calm chain, and the storms that its plant lives through.

    ``true_need``: what a storm truly leaves in need over what the first assessment says; a seed
    draws what is not given. We look after a ``part`` of all people in need.
    """

    strikes: tuple[Strike, ...] = ()
    true_need: Mapping[str, float] | None = None
    part: float = 1.0

    def units(self, one: Strike, factor: float = 1.0) -> list[tuple[ItemKey, Array]]:
        """Units by day that a region asks for from the day after a strike on.

        Rations are needed day by day, all else is asked for in the first days, as reports come in.
        """
        known, weights, found = _figures(), {p.name: p.weight for p in self.network.products}, []
        for good in _rows("commodities"):
            days = int(known["food_days" if good["days"] < np.inf else "asking_days"])
            units = factor * self.part * one.people * good["weight"] / weights[good["name"]]
            daily = units / min(days, good["days"])
            found.append(((one.region, good["name"]), np.full(days, daily)))
        return found

    def struck(
        self, chain: Scenario, by: Iterable[Strike], factors: Mapping[str, float] | None = None
    ) -> Scenario:
        """A chain to which storms happen: needs, stock destroyed, depots and their roads closed."""
        known, needs, harm = _figures(), list[tuple[ItemKey, Array]](), list[Disruption]()
        for one in (one for one in by if one.day < chain.days):
            daily = self.units(one, (factors or {}).get(one.storm, 1.0))
            needs += [(item, np.pad(units, (one.day + 1, 0))) for item, units in daily]
            depot, closed, road = DEPOTS[one.region], *(Constant(known[n]) for n in CLOSED)
            if one.wind >= known["hurricane_wind"]:
                major = "major" if one.wind >= known["major_wind"] else "hurricane"
                harm.append(StockLoss(depot, share=1 - known[f"{major}_survival"], start=one.day))
                harm.append(Outage(depot, start=one.day, days=closed))
                harm.append(LaneOutage(depot, one.region, start=one.day, days=road))
        return ask_more(chain, needs).disrupt(*harm)

    def lived(self, seed: Count) -> tuple[Scenario, tuple[Assessment, ...]]:
        """The true season; of each need a rough assessment the day after and a fine one later."""
        (wait, rough, fine), true = map(_figures().__getitem__, TOLD), dict[str, float]()
        told = list[Assessment]()
        for one in self.strikes:
            luck, again = (stream(seed, 0, what, one.storm) for what in ("true need", "revised"))
            true[one.storm] = (self.true_need or {}).get(one.storm, mistake(rough, luck))
            better, days = true[one.storm] / mistake(fine, again), int(wait)
            for item, units in self.units(one):
                ways = ((0, 1.0, rough), (days, better, fine))
                told += [
                    Assessment(one.day + 1 + late, *item, tuple(x * units[late:]), error, one.storm)
                    for late, x, error in ways
                ]
        return self.struck(self, self.strikes, true), tuple(told)

    def later_storms(self, day: Count) -> More:
        """What the rest of a season may bring after a day, for ``Twin.worlds``: a past season's."""

        def strike(scenario: Scenario, generator: np.random.Generator) -> Scenario:
            season = SEASONS[int(generator.integers(len(SEASONS)))]
            return self.struck(scenario, [one for one in strikes(season) if one.day > day])

        return strike

    def options(
        self, region: str = "East", level: float = 3.0, cash: Share = 0.4
    ) -> dict[str, tuple[Order, ...]]:
        """What can be ordered for a region, for ``Twin.rank``: first of all, nothing.

        To fly to its depot and keep ``level`` times as much there; to give people ``cash`` for a
        share of what markets have; both; to let a neighbour's depot step in for a closed road.
        """
        check_known(region, DEPOTS, f"options: {region!r} is no region")
        depot, ranks, shares, levels, near = DEPOTS[region], *[dict[str, float]() for _ in range(4)]
        for lane in self.network.lanes:
            path = f"{lane_paths(lane)[-1]}.sourcing_"
            if lane.destination == depot:
                ranks[f"{path}rank"] = 1 if lane.mode == "air" else 2
                item = f"{depot}/{lane.product}.up_to"
                levels[item] = level * self.value(item)
            elif lane.destination == region and lane.mode == "cash":
                shares[f"{depot}->{region}/{lane.product}/road.sourcing_share"] = 1 - cash
                shares[f"{path}share"] = cash
            elif lane.destination == region and lane.source != depot:
                near[f"{path}rank"] = 1
        fly, pay = (SetSourcing(ranks), SetRules(levels)), (SetSourcing(shares),)
        found: dict[str, tuple[Order, ...]]
        found = {"do nothing": (), "air": fly, "cash": pay, "air and cash": (*fly, *pay)}
        return found | ({"neighbour": (SetSourcing(near),)} if near else {})


IKE = {"Ike 2008": 1.25}


def humanitarian(
    storms: Sequence[str] = ("Gustav 2008", "Ike 2008", "Paloma 2008"),
    days: Count = 240,
    true_need: Mapping[str, float] | None = None,
    part: Share | None = None,
) -> ReliefSeason:
    """Load the pipeline from a maker by a hub to three regions of Cuba, and a season's storms.

    Day 0 is 1 June. Calm: nobody asks for anything until a storm comes. All keep the position that
    the tables start with; regions keep nothing: people ask their depot, and wait. ``true_need``:
    what a storm truly leaves in need over what the first assessment says (Ike: 1.25; what is not
    given is drawn). ``part``: of all in need, those whom we look after (as assumed, a tenth).

    Raises:
        ScenarioError: a storm struck no region, or they are of several seasons.

    Source: ``datasets/humanitarian/README.md`` says of every column whether it is measured, derived
    or assumed.

    >>> case = humanitarian()
    >>> case.network
    Network(4 products, 9 nodes, 50 lanes, 0 recipes, 12 demands, 28 stocks)
    >>> [(one.storm, one.region, one.day) for one in case.strikes if one.wind >= 64]
    [('Gustav 2008', 'West', 90), ('Ike 2008', 'Centre', 99), ('Ike 2008', 'East', 99)]
    """
    known = {one.storm: season for season in SEASONS for one in strikes(season)}
    for name in storms:
        check_known(name, known, f"humanitarian: {name!r} struck no region")
    if len(seasons := {known[name] for name in storms}) != 1:
        raise ScenarioError(f"humanitarian: storms of one season, not of {sorted(seasons)}")
    network, season = Network.from_tables(dataset("humanitarian")), seasons.pop()
    return ReliefSeason(
        network,
        {(row.node, row.product): BaseStock(row.on_hand) for row in network.stocks},
        days=days,
        sourcing=dict.fromkeys(DEPOTS, Standby()),
        start=date(season, 6, 1),
        strikes=tuple(one for one in strikes(season) if one.storm in storms),
        true_need=frozen(IKE | dict(true_need or {})),
        part=_figures()["agency_share"] if part is None else part,
    )


def waiting_loss(batch: Replications) -> Array:
    """What waiting costs people, by history [USD], of a batch with daily demand and backlog.

    Σ units × price × shortage multiple × level of their wait, first come, first served.
    """
    values, loss = {p.name: p.value for p in batch.scenario.network.products}, 0.0
    for row in batch.scenario.network.demands:
        asked, owed = (batch.series(n, row.node, row.product) for n in ("demand", "backlog"))
        level = waiting_level(24 * waits(asked, owed).days, row.product)
        loss = loss + values[row.product] * (asked * level).sum(axis=0)
    return np.asarray(_figures()["shortage_multiple"] * loss)


def relief_cost(batch: Replications) -> Array:
    """What waiting costs people, and what moving goods and giving cash cost, by history [USD]."""
    return waiting_loss(batch) + batch.total("transport")
