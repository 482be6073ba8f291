"""What every case has: its tables, in the package or the source tree; a plant and its twin."""

import csv
from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import fields, replace
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from twinlab.modeling import Change
from twinlab.modeling.inference.foreseen import Assessment
from twinlab.organization.orders import Order
from twinlab.organization.view import Shares
from twinlab.people.rules import BaseStock
from twinlab.scope import Network, NetworkError, Scenario
from twinlab.scope.base import Array, Count, Day, Disruption, State
from twinlab.technology import Bus, EventStore, FileLink, Plant, Sensors
from twinlab.twin import Twin

__all__ = ["Case", "Pair"]

_PACKAGE = Path(__file__).resolve().parents[1]


def dataset(name: str) -> Path:
    """Find the folder of a case's tables, or the world's."""
    places = [home / "datasets" / name for home in (_PACKAGE, _PACKAGE.parent)]
    for folder in places:
        if (folder / "datapackage.json").is_file():
            return folder
    problem = f"no tables of the case {name!r} in {places[0]} or {places[1]}"
    remedy = "install twinlab from its wheel, or work in a full copy of its repository"
    raise NetworkError(f"{problem}: {remedy}")


@cache
def rows(case: str, table: str) -> tuple[dict[str, Any], ...]:
    """Read a table of a case as rows by column: numbers, yes and no as such, all else as text."""
    with (dataset(case) / f"{table}.csv").open(newline="", encoding="utf-8") as file:
        return tuple({k: _value(word) for k, word in row.items()} for row in csv.DictReader(file))


def _value(word: str) -> Any:
    for kind in (int, float):
        with suppress(ValueError):
            return kind(word)
    return {"yes": True, "no": False}.get(word, word)


@cache
def outlines() -> list[Array]:
    """Every country's outlines, as corners (longitude, latitude).

    Source: Natural Earth 1:110m, ``datasets/world/README.md``.
    """
    steps = (np.array(row["outline"].split(), dtype=int) for row in rows("world", "land"))
    return [each.reshape(-1, 2).cumsum(axis=0) / 10 for each in steps]


@cache
def figures(case: str, table: str = "figures") -> dict[str, float]:
    """Read a table of names and values."""
    return {row["name"]: float(row["value"]) for row in rows(case, table)}


class Pair(NamedTuple):
    """A plant, and the twin that follows it.

    >>> Case(serial(["mine", "shop"], demand=Normal(5, 1)), BaseStock(8)).twin()
    Pair(plant=Plant(day 0 of 365), twin=Twin(shadow, day 0, 0.0 days stale))
    """

    plant: Plant
    twin: Twin

    def live(self, days: Count) -> list[State]:
        """Let days pass at the plant, with a sync on each morning: what the twin then believed."""
        believed = []
        for _ in range(days):
            self.plant.advance()
            self.twin.sync()
            believed.append(self.twin.state)
        return believed

    def act(self, orders: Iterable[Change | Order], by: str, reason: str) -> None:
        """Let the twin propose orders, a person approve what waits for one, and a day pass."""
        for order in [self.twin.propose(each, reason) for each in orders]:
            if order.step == "proposed":
                role = self.twin.rights[order.kind].roles.partition(", ")[0]
                self.twin.approve(order.id, by, role, reason)
        self.live(1)


class Case(Scenario):
    """A scenario that can be lived with a twin; whatever is made of it by a change can, too.

    >>> case = Case(serial(["mine", "shop"], demand=Normal(5, 1)), BaseStock(8), days=90)
    >>> case.disrupt(Outage("mine", start=5, days=3)).set("shop.up_to", 9).twin().plant.day
    0
    """

    def lived(self, seed: int) -> tuple[Scenario, tuple[Assessment, ...]]:
        """What a plant lives by itself, and what is assessed there: the case, and nothing."""
        return self, ()

    def twin(
        self,
        *hidden: Disruption,
        truth: Scenario | None = None,
        seed: int = 0,
        day: Day = 0,
        link: FileLink | None = None,
        sensors: Sensors | None = None,
        store: EventStore | None = None,
    ) -> Pair:
        """Link a plant and a twin: one lives the case, or a ``truth``, the other knows the case.

        Of what is ``hidden`` the twin only hears from the plant, which lives alone until ``day``.

        Raises:
            ScenarioError: a disruption strikes nothing, or the case ends before that day.
            SyncError: the link has seen another plant.

        >>> case = Case(serial(["mine", "shop"], demand=Normal(5, 1)), BaseStock(8), days=90)
        >>> plant, twin = case.twin(Outage("mine", start=40, days=10), seed=1, day=30)
        >>> plant.advance(20)
        >>> twin.sync().dead, twin.day, twin.state.on_hand == plant.state.on_hand
        (0, 50, True)
        """
        link = Bus(seed=seed) if link is None else link
        true, told = self.lived(seed)
        lived = (truth or true).disrupt(*hidden)
        sensors = sensors or Sensors(foretelling=bool(told))
        sensors = replace(sensors, assessments=sensors.assessments or told)
        plant, twin = Plant(lived, link, seed, sensors), Twin(self, link, store, seed)
        plant.advance(max(0, lived.day_of(day) - plant.day), untold=True)
        twin.sync()
        return Pair(plant, twin)

    def __eq__(self, other: object) -> bool:
        """Whether it is the same scenario, be that a case or not."""
        alike = (getattr(self, f.name) == getattr(other, f.name) for f in fields(self) if f.compare)
        return isinstance(other, Scenario) and all(alike)

    __hash__ = Scenario.__hash__


def base_stock_chain(network: Network, days: int) -> Case:
    """Let everybody keep the position that the tables start with, and share out orders by lane.

    A position is what is on hand and on order (mail, under way, in process): there is no warm-up.
    """
    start = State.initial(network)
    levels = {item: units + start.on_order[item] for item, units in start.on_hand.items()}
    suppliers = Counter((lane.destination, lane.product) for lane in network.lanes)
    sourcing = {item: Shares() for item, count in suppliers.items() if count > 1}
    rules = {item: BaseStock(up_to) for item, up_to in levels.items()}
    return Case(network, rules, days=days, sourcing=sourcing)
