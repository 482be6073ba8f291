"""Going on from a state, also where the tables have changed since.

What is under way keeps its day: goods arrive, production ends and orders in the mail are seen when
they were due, whatever lead time, production time or order delay new ones have. What is new in the
tables is empty: what they say of the first morning holds for that morning alone. Nothing vanishes:
a state with units for which the tables have no place is refused.
"""

from typing import Any

from twinlab.scope.calendar import DUST
from twinlab.scope.errors import ScenarioError
from twinlab.scope.network import Network
from twinlab.scope.scenario import Scenario
from twinlab.scope.state import State

# What a state holds, by table; the other tables repeat what stands in these.
_UNITS = {
    "on_hand": "in stock", "owed": "owed", "to_make": "to be made", "mail": "in the mail",
    "under_way": "under way", "batches": "in process",
}  # fmt: skip
_TABLES = (*_UNITS, "on_order", "asked", "orders", "in_transit", "in_process")


def go_on(start: State | None, scenario: Scenario) -> State:
    """The state from which a scenario is lived: a start of one's own, or the first morning.

    Raises:
        ScenarioError: the start is no state, lies after the last day, or does not fit the network.
    """
    if start is None:
        return State.initial(scenario.network)
    if not isinstance(start, State):
        raise ScenarioError(f"start is a state, such as run.state_on(10), got {start!r}")
    if not 0 <= start.day <= scenario.days:
        raise ScenarioError(
            f"start is day {start.day}, the scenario lasts {scenario.days} days: take a state of "
            f"day 0 to {scenario.days}, or lengthen it with scenario.change(days=…)"
        )
    return fit(start, scenario.network)


def fit(state: State, network: Network) -> State:
    """A copy of a state for a network: what is new there is empty, what is overdue comes today.

    Raises:
        ScenarioError: it holds units for which the network has no place, or shares no item with it.
    """
    mine, fresh = widen(state, network), State.initial(network)
    if not fresh.asked.keys() & state.asked.keys():
        raise ScenarioError(
            f"the state is of {list(state.asked)[:3]}, the network of {list(fresh.asked)[:3]}: "
            "take a state of this network, such as simulate(scenario).state_on(10)"
        )
    for name in _TABLES:
        table = getattr(mine, name)
        for key in [key for key in table if key not in getattr(fresh, name)]:
            entry = table.pop(key)
            units = sum(row[1] for row in entry) if isinstance(entry, list) else entry
            if name in _UNITS and abs(units) > DUST:
                raise ScenarioError(
                    f"{units:g} units {_UNITS[name]} at {' → '.join(filter(None, key))} have no "
                    "place in these tables: keep the row (capacity 0 lets nothing new leave, a "
                    f"demand of 0 asks nothing new), or drop them: del state.{name}[{key!r}]"
                )
    tables: list[Any] = [mine.mail, mine.under_way, mine.batches]
    for rows in (rows for table in tables for rows in table.values()):
        for at, row in enumerate(rows):  # an opening message may not say when goods arrive
            rows[at] = row if row.due is None else row._replace(due=max(row.due, mine.day))
    return mine


def widen(state: State, network: Network) -> State:
    """A copy of a state in which all that a network has stands, empty where it is new."""
    mine, fresh = state.copy(), State.initial(network)
    for name in _TABLES:
        for key, entry in getattr(fresh, name).items():
            getattr(mine, name).setdefault(key, type(entry)())
    return mine
