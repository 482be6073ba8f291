"""The twin: a model and a stream of messages, from which it knows, predicts, advises and commands.

=========  =================================================================================
model      no link: it lives its own life
shadow     one way: messages keep it in step with the plant
twin       both ways: it may also send commands, and sees whether they were carried out
=========  =================================================================================

Source: Kritzinger et al. (2018), levels of integration.
"""

from collections.abc import Mapping, Sequence
from enum import Enum
from typing import Any

from twinlab.modeling import Change, Replications, Run, replicate, simulate
from twinlab.modeling.experiments import Objective
from twinlab.scope import Scenario, State, SyncError
from twinlab.scope.result import html_of
from twinlab.technology import EventStore, Intake, Plant
from twinlab.technology.drift import Alarm, observe, update_law, watch
from twinlab.technology.fidelity import ForecastCoverage, Verification
from twinlab.technology.links import FileLink
from twinlab.technology.message_check import decided
from twinlab.technology.proposal import daily_cost, propose, seed_ahead
from twinlab.technology.sync import Follower
from twinlab.technology.tracker import feasible

__all__ = ["Mode", "Twin", "run_closed_loop"]

PROMISE = 0.9  # of the intervals that are verified


class Mode(Enum):
    """How a twin is linked to its plant.

    >>> Mode.SHADOW.value
    'one way'
    """

    MODEL = "no link"
    SHADOW = "one way"
    TWIN = "both ways"


class Twin(Follower):
    """A model that follows a plant over a link, and whatever else it listens to.

    >>> chain = Scenario(serial(["mine", "shop"], demand=Normal(5, 1)), BaseStock(8), days=90)
    >>> bus = Bus()
    >>> plant, twin = Plant(chain, bus, seed=1), Twin(chain, bus)
    >>> plant.advance(30)
    >>> twin.sync().new > 100, twin.day
    (True, 30)
    >>> twin.state.on_hand == plant.state.on_hand
    True
    """

    def __init__(
        self,
        model: Scenario,
        link: FileLink | None = None,
        store: EventStore | None = None,
        seed: int = 0,
        count_weight: float = 0.0,
        name: str = "twin",
    ) -> None:
        """Link a model to a plant; a store that already holds messages is read at the next sync.

        ``count_weight`` is how much of the difference between a nightly count and the books is
        corrected. ``name`` tells several twins on one link apart.
        """
        super().__init__(model, link, store, count_weight, name)
        self.seed, self.mode = seed, Mode.SHADOW
        self._coverage = ForecastCoverage(PROMISE)
        self._adopted: dict[str, int] = {}

    def sync(self, ask_again: bool = True) -> Intake:
        """Take in what has arrived and bring the state up to date; a model by itself hears nothing.

        What is missing is asked for and comes with a later sync, unless ``ask_again`` is no.

        Raises:
            SyncError: a source or the store failed; what was not stored comes again.
        """
        if self.mode is Mode.MODEL:
            return Intake(0, 0, 0, 0)
        try:
            return super().sync(ask_again)
        finally:
            self.model = decided(self.model, self._gate.dispatch.decisions)

    @property
    def state(self) -> State:
        """What is believed of the plant; without a link, what the model by itself would be now."""
        if self.mode is Mode.MODEL:
            return _alone(self.model, int(self._gate.now), self.seed)
        return feasible(self._tracker.state)

    @property
    def _morning(self) -> State:
        """Where to look ahead from: in the middle of a day, part of it has happened already."""
        return self.state if self.mode is Mode.MODEL else feasible(self._tracker.morning)

    @property
    def day(self) -> int:
        """The day whose morning it is, for the twin."""
        return self.state.day

    def forecast(
        self, days: int = 28, replications: int = 400, daily: Sequence[Any] = ("on_hand", "backlog")
    ) -> Replications:
        """What may come, from today's state: replications with daily values, shared by workers.

        Goods under way arrive by their lead time given how long they have been travelling.

        Raises:
            ScenarioError: a measure is unknown.
        """
        start, sold = self._morning, [(d.node, d.product) for d in self.model.network.demands]
        wanted = [*daily, *(("on_hand", *item) for item in sold)]
        ahead = self.model.change(days=start.day + days)
        batch = replicate(ahead, replications, seed_ahead(self.seed), start=start, daily=wanted)
        self._coverage.note(batch, start.day, sold)
        return batch

    def verify(self) -> Verification:
        """How often stock lay within the 90 % interval of an earlier forecast, as far as known."""
        return self._coverage.kept(self._tracker.nights)

    def alarms(self, run_length: float = 1000.0) -> list[Alarm]:
        """Which demands and lead times have changed since the model was made (see ``drift``)."""
        seen = observe(self.store.messages(), self.model)
        return watch((o.since(self._adopted.get(o.path, 0)) for o in seen), run_length, self.seed)

    def update_model(self, alarm: Alarm) -> None:
        """Let the model follow a change: from its day on, the law that was observed holds."""
        self.model = update_law(self.model, alarm)
        self._adopted[alarm.path] = self.day

    def recommend(
        self,
        options: Mapping[str, Sequence[Any]],
        days: int = 56,
        replications: int = 200,
        goal: Objective = daily_cost,
    ) -> Change:
        """The cheapest of all combinations of some values, simulated from today's state.

        ``options`` maps paths such as ``"shop.up_to"`` to the values to try; ``goal`` gives what is
        to be low, per history.

        Raises:
            ScenarioError: a path leads nowhere.
        """
        ahead = self.model.change(days=self._morning.day + days)
        return propose(ahead, self._morning, options, goal, replications, self.seed)

    def command(self, change: Change, valid_days: int = 3) -> int:
        """Send a change to the plant, valid for some days; its number is given.

        Raises:
            SyncError: a model or a shadow has no way back to the plant.
            ScenarioError: the model has no such value to change.
        """
        if self.mode is not Mode.TWIN:
            what = f"a {self.mode.name.lower()} has no way back to the plant"
            raise SyncError(f"{what}: set twin.mode = Mode.TWIN, or let a person decide")
        self.model.set(change.values)
        return self._command(change.values, self.day + valid_days)

    def reported(self, number: int) -> str:
        """What the plant says of a command: sent, changed, or refused with its reason.

        Raises:
            SyncError: there is no such command.
        """
        return self._gate.dispatch.reported(number)

    def _repr_html_(self) -> str:
        return html_of(self.state.table, repr(self))

    def __repr__(self) -> str:
        late = f", {self.staleness:.1f} days stale" if self.mode is not Mode.MODEL else ""
        return f"Twin({self.mode.name.lower()}, day {self.day}{late})"


def _alone(model: Scenario, today: int, seed: int) -> State:
    """What the model by itself would be on a morning."""
    alone = model.change(days=max(today, 1))
    # Never with the plant's own random numbers, those of replication 0 of some seed.
    return simulate(alone, seed, replication=1).state_on(today)


def run_closed_loop(
    plant: Plant, twin: Twin, days: int, every: int, options: Mapping[str, Sequence[Any]]
) -> Run:
    """Let a twin look after its plant for some days, and give the plant's history.

    Every so many days it syncs. Where an alarm says that something has changed, it follows that and
    commands the cheapest of some options if that is worth it.

    Raises:
        SyncError: something is worth commanding, and the twin has no way back to the plant.
        ScenarioError: the plant's story ends before.

    >>> chain = Scenario(serial(["mine", "shop"], demand=Normal(5, 1)), BaseStock(8), days=60)
    >>> bus = Bus()
    >>> plant, twin = Plant(chain, bus, seed=1), Twin(chain, bus)
    >>> len(run_closed_loop(plant, twin, 40, 10, {"shop.up_to": [6, 8]}).days), twin.day
    (40, 40)
    """
    end = plant.day + days
    while plant.day < end:
        plant.advance(min(every, end - plant.day))
        twin.sync()
        for alarm in twin.alarms():
            twin.update_model(alarm)
            change = twin.recommend(options)
            if change.worth:
                twin.command(change)
    return plant.run
