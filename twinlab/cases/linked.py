"""A case and its twin: a plant that lives the case, and a model that only hears of it."""

from dataclasses import fields
from typing import NamedTuple

from twinlab.scope import Scenario, State
from twinlab.scope.base import Count, Day
from twinlab.scope.entities import Disruption
from twinlab.technology import Bus, EventStore, FileLink, Plant, Sensors
from twinlab.twin import Twin

__all__ = ["Case", "Pair"]


class Pair(NamedTuple):
    """A plant, and the twin that follows it.

    >>> Case(serial(["mine", "shop"], demand=Normal(5, 1)), BaseStock(8)).twin()
    Pair(plant=Plant(day 0 of 365), twin=Twin(shadow, day 0, 0.0 days stale))
    """

    plant: Plant
    twin: Twin

    def live(self, days: Count) -> list[State]:
        """Let days pass at the plant, with a sync on each morning: what the twin then believed.

        >>> pair = Case(serial(["mine", "shop"], demand=Normal(5, 1)), BaseStock(8)).twin()
        >>> [state.day for state in pair.live(3)]
        [1, 2, 3]
        """
        believed = []
        for _ in range(days):
            self.plant.advance()
            self.twin.sync()
            believed.append(self.twin.state)
        return believed


class Case(Scenario):
    """A scenario that can be lived with a twin; whatever is made of it by a change can, too.

    >>> case = Case(serial(["mine", "shop"], demand=Normal(5, 1)), BaseStock(8), days=90)
    >>> case.disrupt(Outage("mine", start=5, days=3)).set("shop.up_to", 9).twin().plant.day
    0
    """

    def twin(
        self,
        *hidden: Disruption,
        truth: Scenario | None = None,
        seed: Count = 0,
        day: Day = 0,
        link: FileLink | None = None,
        sensors: Sensors | None = None,
        store: EventStore | None = None,
    ) -> Pair:
        """Link a plant and a twin: one lives the case, or a ``truth``, the other knows the case.

        Of what is ``hidden``, disruptions, the twin only hears what the plant's systems tell. They
        meet on the morning of a ``day`` until which the plant has lived alone.

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
        lived = (truth or self).disrupt(*hidden)
        plant, twin = Plant(lived, link, seed, sensors), Twin(self, link, store, seed)
        plant.advance(max(0, lived.day_of(day) - plant.day), untold=True)
        twin.sync()
        return Pair(plant, twin)

    def __eq__(self, other: object) -> bool:
        """Whether it is the same scenario, be that a case or not."""
        alike = (getattr(self, f.name) == getattr(other, f.name) for f in fields(self) if f.compare)
        return isinstance(other, Scenario) and all(alike)

    __hash__ = Scenario.__hash__
