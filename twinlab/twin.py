"""The twin: a model and a stream of messages, from which it knows, predicts, advises and orders.

A *model* lives its own life; messages keep a *shadow* in step with its plant, to which persons send
orders; a *twin* also sends some by itself. Source: Kritzinger et al. (2018), levels of integration.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from twinlab.acting import Foresight, Mode
from twinlab.modeling import Change, Run
from twinlab.modeling.inference.drift import Alarm, update_law, watch
from twinlab.organization.orders import Rights, decided
from twinlab.scope import Log, Scenario
from twinlab.scope.result import html_of
from twinlab.technology import EventStore, FileLink, Intake, Plant
from twinlab.technology.observations import observe

__all__ = ["Twin", "run_closed_loop"]


class Twin(Foresight):
    """A model that follows a plant over a link, and whatever else it listens to.

    ``name`` tells several twins on one link apart. ``rights`` say who may order what.

    >>> chain = Scenario(serial(["mine", "shop"], demand=Normal(5, 1)), BaseStock(8), days=90)
    >>> bus = Bus()
    >>> plant, twin = Plant(chain, bus, seed=1), Twin(chain, bus)
    >>> plant.advance(30)
    >>> twin.sync().new > 100, twin.day, twin.state.on_hand == plant.state.on_hand
    (True, 30, True)
    """

    def __init__(
        self,
        model: Scenario,
        link: FileLink | None = None,
        store: EventStore | None = None,
        seed: int = 0,
        name: str = "twin",
        rights: Rights | None = None,
    ) -> None:
        super().__init__(model, link, store, name)
        self.seed, self.mode, self.rights = seed, Mode.SHADOW, rights or Rights()
        self._promised = {}
        self._adopted: dict[str, int] = {}

    def sync(self, ask_again: bool = True) -> Intake:
        """Take in what has arrived and ask for what is missing; a model by itself hears nothing.

        Raises:
            SyncError: a source or the store failed; what was not stored comes again.
        """
        if self.mode is Mode.MODEL:
            return Intake(0, 0, 0, 0)
        try:
            return super().sync(ask_again)
        finally:
            self.model = decided(self.model, self._gate.desk.decisions)

    def heard(self, *kinds: str) -> Log:
        """Events of some kinds that messages have told of, such as what customers complained."""
        told = (message for message in self.store.messages() if message.kind in kinds)
        return Log(map(self._tracker.check.event, told))

    def alarms(self, run_length: float = 1000.0) -> list[Alarm]:
        """Which columns of the model no longer hold, as far as is observed (see ``drift``)."""
        seen = observe(self.store.messages(), self.model, self._tracker.first)
        return watch((o.since(self._adopted.get(o.path, 0)) for o in seen), run_length, self.seed)

    def update_model(self, alarm: Alarm) -> None:
        """Let the model follow a change: from its day on, the law that was observed holds."""
        said = {(seen.path, repr(seen.law)) for seen in observe((), self.model)}
        self.model = update_law(self.model, alarm)
        now = observe((), self.model)
        changed = (seen.path for seen in now if (seen.path, repr(seen.law)) not in said)
        self._adopted |= dict.fromkeys([alarm.path, *changed], self.day)

    def _repr_html_(self) -> str:
        return html_of(self.state.table, repr(self))

    def __repr__(self) -> str:
        late = f", {self.staleness:.1f} days stale" if self.mode is not Mode.MODEL else ""
        return str(self.model.dated(f"Twin({self.mode.name.lower()}, day {self.day}{late})"))


def run_closed_loop(
    plant: Plant,
    twin: Twin,
    days: int,
    every: int,
    options: Mapping[str, Sequence[Any]] | Callable[[Twin], Change],
) -> Run:
    """Let a twin look after its plant for some days, and give the plant's history.

    Every so many days it syncs; for each alarm it follows the change and looks for the cheapest of
    some options, and it orders around what is closed (``Twin.reroute``). A function in place of
    options looks in its own way. What is worth it is proposed: see ``Mode.TWIN`` and what
    ``Rights`` list as automatic.

    Raises:
        SyncError: the twin may not propose that.
        ScenarioError: the plant's story ends before.

    >>> chain = Scenario(serial(["mine", "shop"], demand=Normal(5, 1)), BaseStock(8), days=60)
    >>> bus = Bus()
    >>> plant, twin = Plant(chain, bus, seed=1), Twin(chain, bus)
    >>> len(run_closed_loop(plant, twin, 40, 10, {"shop.up_to": [6, 8]}).days), twin.day
    (40, 40)
    """

    def looked() -> Iterator[Change]:
        if callable(options):
            yield options(twin)
            return
        for alarm in twin.alarms():
            twin.update_model(alarm)
            yield twin.recommend(options)
        yield twin.reroute()

    end = plant.day + days
    while plant.day < end:
        plant.advance(min(every, end - plant.day))
        twin.sync()
        for change in looked():
            if change.values and (change.worth or change.gain is None):
                twin.propose(change, change.reason)
    return plant.run
