"""The humanitarian case: a hurricane season around Cuba, and four goods on their way to its people.

The plant lives the season as it truly was. Its twin knows the calm chain and hears of storms over
the link alone: what systems tell (stock destroyed, depots and roads closed) and what people assess.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache, partial
from typing import Any, NamedTuple

import numpy as np

from twinlab.cases.folders import Case, dataset, figures, rows
from twinlab.management.flows import waiting_level, waits
from twinlab.modeling import Replications, Run
from twinlab.modeling.inference.foreseen import Assessment, More, ask_more, mistake
from twinlab.modeling.simulation.random_streams import stream
from twinlab.organization.orders import Order, SetRules, SetSourcing
from twinlab.organization.view import PriorityFailover, Shares, View
from twinlab.people.rules import BaseStock
from twinlab.scope import Constant, LaneOutage, Network, Outage, Scenario, ScenarioError, StockLoss
from twinlab.scope.base import Amount, Array, Count, Share, Whole, check_known, frozen, lane_paths

__all__ = ["SeasonCase", "humanitarian", "relief_cost", "waiting_loss"]

_rows, _figures = partial(rows, "humanitarian"), partial(figures, "humanitarian", "assumed/figures")
SEASONS = range(1975, 2025)
DEPOTS = {"West": "Pinar del Rio", "Centre": "Camaguey", "East": "Holguin"}
TOLD = ("assessment_error", "revised_error", "revised_days")
PLAYED = {"Gustav 2008": 1.0, "Ike 2008": 1.25, "Paloma 2008": 1.0}


class Strike(NamedTuple):
    """What a storm does to a region on a day (of a season that begins on 1 June)."""

    storm: str
    region: str
    day: int
    people: float  # in need
    wind: float  # at its depot, knots


@cache
def strikes(season: int) -> tuple[Strike, ...]:
    """What the storms of a past season did to the regions, one after the other."""
    where = {row["name"]: row["region"] for row in _rows("assumed/places") if row["region"]}
    found = dict[tuple[str, str], Strike]()
    for row in (row for row in _rows("hits") if row["season"] == season and row["place"] in where):
        key = name, region = f"{row['storm']} {season}", where[row["place"]]
        day = (date.fromisoformat(row["date"]) - date(season, 6, 1)).days
        last = found.get(key, Strike(name, region, day, 0.0, 0.0))
        wind = max(last.wind, row["wind"] * (row["place"] == DEPOTS[region]))
        found[key] = Strike(*key, min(day, last.day), last.people + row["need"], wind)
    return tuple(sorted(found.values(), key=lambda one: (one.day, one.region)))


class Standby(Shares):
    """Split orders by share; for who is closed an open one of the best rank steps in."""

    def __call__(self, view: View, quantity: Any) -> list[Any]:
        """Give each its share, and what closed ones would get to who steps in, if anybody."""
        pairs = list(zip(super().__call__(view, quantity), view.suppliers, strict=True))
        best = min(supplier.rank for supplier in view.suppliers)
        first = [supplier for supplier in view.suppliers if supplier.rank == best]
        left = sum(part * (1 - supplier.open) for part, supplier in pairs)
        more = iter(PriorityFailover()(View(view.node, view.product, first), left))
        return [part * one.open + (next(more) if one.rank == best else 0.0) for part, one in pairs]


@dataclass(frozen=True, eq=False, repr=False)
class SeasonCase(Case):
    """A calm chain, and the storms that its plant lives through.

    ``true_need``: need over what the first assessment says, else drawn; ``part``: of it, ours.
    """

    strikes: tuple[Strike, ...] = ()
    true_need: Mapping[str, float] | None = None
    part: float = 1.0

    def asks(self, one: Strike) -> list[Assessment]:
        """What a region asks for from the day after on, truly: rations daily, the rest at first."""
        known, weights, found = _figures(), {p.name: p.weight for p in self.network.products}, []
        for good in _rows("commodities"):
            days = int(known["food_days" if good["days"] < np.inf else "asking_days"])
            units = self.part * one.people * good["weight"] / weights[good["name"]]
            daily = (units / min(days, good["days"]),) * days
            found.append(Assessment(one.day + 1, one.region, good["name"], daily, ref=one.storm))
        return found

    def struck(self, chain: Scenario, by: Iterable[Strike]) -> Scenario:
        """A chain to which storms happen: needs, stock destroyed, depots and their roads closed."""
        known, told = _figures(), [one for one in by if one.day < chain.days]
        chain = ask_more(chain, (each for one in told for each in self.asks(one)))
        for one in (one for one in told if one.wind >= known["hurricane_wind"]):
            kind = "major" if one.wind >= known["major_wind"] else "hurricane"
            closed, road = (Constant(known[name]) for name in ("depot_closed", "road_closed"))
            depot, start = DEPOTS[one.region], one.day
            chain = chain.disrupt(
                StockLoss(depot, share=1 - known[f"{kind}_survival"], start=start),
                Outage(depot, start=start, days=closed),
                LaneOutage(depot, one.region, start=start, days=road),
            )
        return chain

    def lived(self, seed: int) -> tuple[Scenario, tuple[Assessment, ...]]:
        """The true season; of each need a rough assessment the day after and a fine one later."""
        known, true, told = _figures(), list[Strike](), list[Assessment]()
        rough, fine, wait = map(known.__getitem__, TOLD)
        for one in self.strikes:
            luck, again = (stream(seed, 0, what, one.storm) for what in ("true need", "revised"))
            factor = (self.true_need or {}).get(one.storm, mistake(rough, luck))
            true.append(one._replace(people=factor * one.people))
            better = one._replace(people=true[-1].people / mistake(fine, again))
            told += [each.told(0, rough) for each in self.asks(one)]
            told += [each.told(int(wait), fine) for each in self.asks(better)]
        return self.struck(self, true), tuple(told)

    def later_storms(self, day: Whole) -> More:
        """What the rest of a season may bring, for ``Twin.worlds``: that of another past season."""
        others = [year for year in SEASONS if not (self.start and year == self.start.year)]

        def strike(scenario: Scenario, generator: np.random.Generator) -> Scenario:
            season = others[int(generator.integers(len(others)))]
            return self.struck(scenario, (one for one in strikes(season) if one.day > day))

        return strike

    def options(
        self, region: str = "East", level: Amount = 3.0, cash: Share = 0.4
    ) -> dict[str, tuple[Order, ...]]:
        """What can be ordered for a region, for ``Twin.rank``: first of all, nothing.

        Fly to its depot and keep ``level`` times as much there; give people ``cash`` for a share of
        what markets have; both; let a neighbour's depot step in for a closed road.
        """
        check_known(region, DEPOTS, f"options: {region!r} is no region")
        depot, fly, levels, pay, near = DEPOTS[region], *[dict[str, float]() for _ in range(4)]
        for lane in self.network.lanes:
            path, item = f"{lane_paths(lane)[-1]}.sourcing_", f"{depot}/{lane.product}.up_to"
            if lane.destination == depot:
                fly[f"{path}rank"] = 1 if lane.mode == "air" else 2
                levels[item] = level * self.value(item)
            elif lane.destination == region and lane.mode == "cash":
                pay |= {f"{depot}->{region}/{lane.product}/road.sourcing_share": 1 - cash}
                pay |= {f"{path}share": cash}
            elif lane.destination == region and lane.source != depot:
                near[f"{path}rank"] = 1
        found: dict[str, tuple[Order, ...]] = {"do nothing": (), "cash": (SetSourcing(pay),)}
        found["air"] = (SetSourcing(fly), SetRules(levels))
        found["air and cash"] = found["air"] + found["cash"]
        return found | ({"neighbour": (SetSourcing(near),)} if near else {})


def humanitarian(
    storms: Sequence[str] = tuple(PLAYED),
    days: Count = 240,
    true_need: Mapping[str, Amount] | None = None,
    part: Share | None = None,
) -> SeasonCase:
    """Load the pipeline from a maker by a hub to three regions of Cuba, and a season's storms.

    Day 0 is 1 June. Calm: nobody asks for anything until a storm comes. All keep the position that
    the tables start with; regions keep nothing: people ask their depot, and wait. ``true_need``:
    what a storm truly leaves in need over what the first assessment says (as played, Ike 1.25;
    what is not given is drawn). ``part``: of all in need, those whom we look after (a tenth).
    Source: ``datasets/humanitarian/README.md`` says of every column if it is measured or assumed.

    Raises:
        ScenarioError: a storm struck no region, or they are of several seasons.

    >>> case = humanitarian()
    >>> case.network
    Network(4 products, 9 nodes, 50 lanes, 0 recipes, 12 demands, 28 stocks)
    >>> [(one.storm, one.region, one.day) for one in case.strikes if one.wind >= 64]
    [('Gustav 2008', 'West', 90), ('Ike 2008', 'Centre', 99), ('Ike 2008', 'East', 99)]
    """
    known = {one.storm: season for season in SEASONS for one in strikes(season)}
    for name in (*storms, *(true_need or ())):
        check_known(name, known, f"humanitarian: {name!r} struck no region")
    if len(seasons := {known[name] for name in storms}) != 1:
        raise ScenarioError(f"humanitarian: storms of one season, not of {sorted(seasons)}")
    network, season = Network.from_tables(dataset("humanitarian")), seasons.pop()
    return SeasonCase(
        network,
        {(row.node, row.product): BaseStock(row.on_hand) for row in network.stocks},
        days=days,
        sourcing=dict.fromkeys(DEPOTS, Standby()),
        start=date(season, 6, 1),
        strikes=tuple(one for one in strikes(season) if one.storm in storms),
        true_need=frozen(dict(PLAYED if true_need is None else true_need)),
        part=_figures()["agency_share"] if part is None else part,
    )


def waiting_loss(history: Run | Replications, region: str = "") -> Array:
    """What waiting costs people (of a region), by history [USD]: of a life, or of many.

    Σ units × price × shortage multiple × level of their wait, unit by unit, first come, first
    served. Of many, daily ``demand`` and ``backlog`` must have been kept, as ``Twin.rank`` does.

    Raises:
        ScenarioError: there is no such region.

    >>> season, told = humanitarian().lived(seed=1)
    >>> run = simulate(season.change(days=104), seed=1)
    >>> bool(waiting_loss(run) > waiting_loss(run, "East") > 0)
    True
    """
    network, loss = history.scenario.network, np.zeros(1)
    values = {p.name: p.value * _figures()["shortage_multiple"] for p in network.products}
    check_known(region, ("", *DEPOTS), f"nobody waits in {region!r}")
    for row in (row for row in network.demands if region in ("", row.node)):
        asked, owed = (history.series(n, row.node, row.product) for n in ("demand", "backlog"))
        late = waits(asked, owed)
        worse = np.diff(waiting_level(24 * np.arange(len(late) + 1), row.product))
        loss = loss + values[row.product] * worse @ late
    return loss


def relief_cost(history: Run | Replications) -> Array:
    """What waiting costs people, and what moving goods and giving cash cost, by history [USD].

    >>> relief_cost(simulate(humanitarian().change(days=10))).tolist()  # nobody asks for anything
    [0.0]
    """
    return waiting_loss(history) + history.total("transport")
