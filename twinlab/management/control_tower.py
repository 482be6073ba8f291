"""The control tower: what in today's state needs somebody, ranked by the money at risk."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from twinlab.management.money import Worth, stopped_worth
from twinlab.management.tables import html_of, shown, table_of
from twinlab.modeling.batch import Batch
from twinlab.scope.errors import ScenarioError
from twinlab.scope.scenario import Scenario
from twinlab.scope.state import State

if TYPE_CHECKING:
    import pandas as pd

from twinlab.management.alerts import FINDERS, Alert
from twinlab.management.desk import Desk, Limits


@dataclass(frozen=True, repr=False)
class Tower:
    """The exceptions of one morning, most money first."""

    day: int
    alerts: tuple[Alert, ...]

    def of(self, kind: str) -> tuple[Alert, ...]:
        """The alerts of one kind, such as ``"run-out"``."""
        return tuple(alert for alert in self.alerts if alert.kind == kind)

    @property
    def table(self) -> pd.DataFrame:
        """One row per alert."""
        table = table_of(self.alerts, Alert)
        table["action"] = [str(a.action) if a.action else "–" for a in self.alerts]
        return table

    def __repr__(self) -> str:
        """One line per alert."""
        lines = [
            f"{shown(a.money)} USD, {a.kind}, {a.node}" + (f" ({a.product})" if a.product else "")
            + f": {a.reason} → {a.owner}" + (f": {a.action}" if a.action else "")
            for a in self.alerts
        ]  # fmt: skip
        return "\n".join([f"morning of day {self.day}: {len(lines)} exceptions", *lines])

    def _repr_html_(self) -> str:
        return html_of(self.table, f"Exceptions on the morning of day {self.day}")


def control_tower(
    scenario: Scenario, state: State, *, forecast: Batch | None = None,
    limits: Limits | None = None, worth: Worth | None = None,
) -> Tower:  # fmt: skip
    """Look over a chain's state and list what needs somebody, most money at risk first.

    Money at risk = units that will be missing × what a missing unit stops further down (a chip
    stops a car); for too much stock, the cost of keeping the excess until it is used. ``worth``
    prices a unit that a customer does not get. With a ``forecast`` (``replicate(…, start=state)``)
    shortages ahead come with their probability.

    Raises:
        ScenarioError: the state is not one of this network, the forecast starts on another day,
            or nothing that customers ask has a worth.

    >>> from twinlab import BaseStock, Constant, Outage, Scenario, serial, simulate
    >>> chain = serial(["mine", "shop"], demand=Constant(5), on_hand={"shop": 20}, lead_time=3)
    >>> closed = Scenario(chain, BaseStock(20), days=40).disrupt(Outage("mine", start=4, days=6))
    >>> control_tower(closed, simulate(closed).state_on(6), worth={"unit": 40})
    morning of day 6: 2 exceptions
    1,000 USD, closed site, mine: closed until day 10, ... → supply-risk manager
    200 USD, run-out, shop (unit): 5 units end on day 8; ... → inventory planner
    """
    state.check(scenario.network)
    if forecast is not None and forecast.days.start != state.day:
        raise ScenarioError(
            f"the forecast starts on day {forecast.days.start}, the state is of day {state.day}: "
            "forecast with replicate(scenario, start=state)"
        )
    if not any(stopped_worth(scenario.network, worth).values()):
        raise ScenarioError("nothing here is worth money: give worth={product: USD per unit}")
    limits = limits or Limits()
    desk = Desk(scenario, state, forecast, limits, worth)
    found = [alert for finder in FINDERS for alert in finder(desk) if alert.money >= limits.money]
    return Tower(state.day, tuple(sorted(found, key=lambda a: -a.money)))
