"""The plant: a make-believe reality with hidden parameters that tells events and obeys commands.

A twin never sees a plant. It sees messages on a bus, and what it is told there is what a company's
systems tell: that goods left, not when they will arrive; how much was started, not how much will be
good.
"""

from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np

from twinlab.modeling.simulation.history import History
from twinlab.modeling.simulation.run import Run
from twinlab.scope import Scenario, ScenarioError, State, TwinError
from twinlab.scope.columns import Row, column
from twinlab.scope.log import Event, EventRow, told
from twinlab.technology.bus import read_command
from twinlab.technology.links import Bus
from twinlab.technology.messages import DAY, SYSTEMS, Message
from twinlab.technology.snapshot import pack, to_plain

__all__ = ["Plant", "Sensors"]

HEADQUARTERS = "/plant/sys"


@dataclass(frozen=True)
class Sensors(Row):
    """What a plant's systems can tell.

    >>> Sensors(tracking=True)
    Sensors(tracking=True, counting=False, count_error=0.0)
    """

    tracking: bool = column(
        "yes/no", False, "shipments say when they will arrive, and production how much will be good"
    )
    counting: bool = column("yes/no", False, "every night sensors count the stock")
    count_error: float = column("share", 0.0, "standard deviation of a count", low=0, high=1)


class Plant:
    """A scenario that is lived through day by day, and told over a bus.

    >>> truth = Scenario(serial(["mine", "shop"], demand=Normal(5, 1)), BaseStock(8), days=90)
    >>> plant = Plant(truth, Bus(), seed=1)
    >>> plant.advance(30)
    >>> plant.day, len(plant.bus.receive("twin")) > 100
    (30, True)
    """

    def __init__(
        self, truth: Scenario, bus: Bus, seed: int = 0, sensors: Sensors | None = None
    ) -> None:
        """Open the plant on the first morning; it says at once what it holds."""
        self.bus, self.seed, self.sensors = bus, seed, sensors or Sensors()
        self._history = History(truth, seed)
        self._history.listener = self._tell
        self._told = 0  # events of today
        self._sequences: Counter[str] = Counter()
        self._eyes = np.random.default_rng([seed, 1])
        self.bus.now = float(self.day)
        self._say_opening()

    def __repr__(self) -> str:
        return f"Plant(day {self.day} of {self.truth.days})"

    @property
    def truth(self) -> Scenario:
        """What is really so, with the rules that decide now."""
        return self._history.plan.scenario

    @property
    def state(self) -> State:
        """What is really there."""
        return self._history.state

    @property
    def day(self) -> int:
        """The day whose morning it is."""
        return self.state.day

    @property
    def run(self) -> Run:
        """The history so far; only the lab looks at it."""
        return self._history.run()

    def advance(self, days: int = 1) -> None:
        """Live through some days: obey commands each morning, and tell everything that happens.

        Raises:
            ScenarioError: the plant's story ends before.
        """
        if self.day + days > self.truth.days:
            raise ScenarioError(
                f"the plant's story ends on day {self.truth.days}: it is day {self.day}, so "
                f"advance by at most {self.truth.days - self.day} days"
            )
        for _ in range(days):
            self._obey()
            self._told = 0
            # SimPy stops before anything that happens on the next morning.
            self._history.live(until=self.day + 1)
            self.bus.now = float(self.day)

    # -- telling --

    def _say_opening(self) -> None:
        opening = self.state.copy()
        opening.tracked = self.sensors.tracking
        plain = to_plain(opening)
        if not self.sensors.tracking:
            plain["under_way"] = [
                [key, [[None, *rest] for _, *rest in rows]] for key, rows in plain["under_way"]
            ]
        self._send(HEADQUARTERS, "opened", self.day * DAY, {"day": self.day, "state": plain})

    def _tell(self, row: EventRow) -> None:
        """Tell of an event, before it changes the true state."""
        # A microsecond after the morning: the opening comes before all that happens on its day.
        self._told += 1
        event, at = told(row), self._told
        if event.kind == "closed":
            self._count(at)
            data = {"day": event.day, "last": dict(self._sequences)}
            self._send(HEADQUARTERS, "closed", event.day * DAY + DAY - 1, data)
        else:
            data = {
                name: value
                for name, value in event._asdict().items()
                if name != "kind" and value not in ("", None)
            }
            source = f"/{event.node}/{SYSTEMS[event.kind]}"
            self._send(source, event.kind, event.day * DAY + at, data | self._known(event))

    def _known(self, event: Event) -> dict[str, Any]:
        """What the systems know of an event, in place of what only the plant knows."""
        if event.kind == "received":
            lane = (event.partner, event.node, event.product, event.mode)
            there = self.state.under_way[lane]
            return {"left": [s.left for s in there if s.due <= event.day]}
        if event.kind == "remembered":
            return {"note": pack(event.note)}
        if not self.sensors.tracking and event.kind == "shipped":
            return {"due": None}
        if not self.sensors.tracking and event.kind == "started":
            return {"note": None}
        return {}

    def _count(self, at: int) -> None:
        """Sensors count what is in stock, as well as they can."""
        if not self.sensors.counting:
            return
        for item, units in self.state.on_hand.items():
            error = self.sensors.count_error * self._eyes.standard_normal()
            seen = {
                "day": self.day,
                "node": item[0],
                "product": item[1],
                "quantity": max(0.0, units * (1 + error)),
            }
            self._send(f"/{item[0]}/iot", "counted", self.day * DAY + at, seen)

    def _send(self, source: str, kind: str, time: int, data: dict[str, Any]) -> None:
        sequence = self._sequences[source]
        self._sequences[source] += 1
        message = Message(source, sequence, f"{SYSTEMS[kind]}.{kind}.v1", time, data)
        self.bus.send([message.encode()])

    # -- obeying --

    def _obey(self) -> None:
        """Carry out the commands that have come, or refuse them with a reason."""
        for raw in self.bus.receive("plant", "commands"):
            command: dict[str, Any] = {}
            try:
                command = read_command(raw)
                self._history.change_rules(_decided(self.truth, command, self.day))
            # A rule of one's own may refuse a value in its own way.
            except (TwinError, TypeError, ValueError) as problem:
                self._reply("refused", command, {"note": str(problem)})
            else:
                self._reply("changed", command, {})
        self.bus.acknowledge("plant", "commands")

    def _reply(self, kind: str, command: dict[str, Any], more: dict[str, Any]) -> None:
        said = {"command": command.get("id"), "changes": command.get("changes", {})}
        self._send(HEADQUARTERS, kind, self.day * DAY, {"day": self.day} | said | more)


def _decided(truth: Scenario, command: dict[str, Any], day: int) -> Scenario:
    """The scenario as a command wants it, if it may want that; else a ScenarioError."""
    if command["until"] < day:
        raise ScenarioError(f"the command was valid until day {command['until']}")
    changed = truth
    for path, value in command["changes"].items():
        if isinstance(changed.value(path), int | float) and not isinstance(value, int | float):
            raise ScenarioError(f"{path} is a number, got {value!r}")
        changed = changed.set(path, value)
    if changed.network != truth.network or changed.disruptions != truth.disruptions:
        raise ScenarioError("a command changes decisions (rules), not the plant itself")
    return changed
