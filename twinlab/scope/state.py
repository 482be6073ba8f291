"""The state of a chain is the fold of its log: start, then let every event change it.

A state keeps what is needed to go on from there: stock, what is owed to whom and since when, open
orders, shipments under way and production in process with their due days, and memories.

One can go on from it also where the tables have changed since. What is under way keeps its day,
whatever lead time, production time or order delay new ones have. What is new in the tables is empty
but on the first morning. Units for which tables have no place are refused.
"""

from collections.abc import Callable, Iterable, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from twinlab.scope.calendar import DUST
from twinlab.scope.entities import ItemKey, Lane, Recipe
from twinlab.scope.errors import ScenarioError
from twinlab.scope.later import pd
from twinlab.scope.log import Event, EventRow, Log
from twinlab.scope.network import Network
from twinlab.scope.result import Page
from twinlab.scope.scenario import Scenario

__all__ = ["State", "feasible", "fold"]


class OpenOrder(NamedTuple):
    """An order that its receiver does not know of yet: the day it is seen, and its units."""

    due: int
    quantity: float


def units_due(rows: Iterable[Any], day: int, column: int = 1) -> float:
    """Units of what is due by a day, added up one by one (``sum`` rounds in another way)."""
    total = 0.0
    for row in rows:
        if row[0] <= day:
            total += row[column]
    return total


class Shipment(NamedTuple):
    """Goods under way: arrival day, units, and the day they left."""

    due: int
    quantity: float
    left: int


class ProductionLot(NamedTuple):
    """Production in process: finishing day, units started, units that will be good, start day."""

    due: int
    started: float
    good: float
    begun: int


Claim = tuple[str, ...]
EMPTY = ("", "", None, None)  # what a row leaves out at its end
Recipes = Mapping[ItemKey, Recipe]


@dataclass(repr=False)
class State(Page):
    """A chain on the morning of ``day``: all that the past has left for the future.

    Keys are (node, product), or a lane's key (source, destination, product, mode). ``owed`` and
    ``owed_since`` are keyed by claim: a lane's key, or (node, product) for the node's own
    customers; ``owed_since`` lists [day, units] of what ``owed`` sums up, oldest first.
    ``open_orders`` are those that have not reached whom they were placed with; there, and in
    ``lots`` and ``to_make``, (node, product) is the node's own production. ``machines`` are those
    of lines, by (node, station): minutes by state, works, energy, newest readings. ``tracked`` says
    whether the arrival days of what is under way are known; if not, they are only expected, and a
    history that starts here draws its own, given how long the goods have been travelling.

    >>> chain = serial(["mine", "shop"], demand=Normal(5, 1), on_hand={"shop": 8})
    >>> State.initial(chain).on_hand
    {('shop', 'unit'): 8.0}
    """

    day: int = 0
    on_hand: dict[ItemKey, float] = field(default_factory=dict)
    on_order: dict[ItemKey, float] = field(default_factory=dict)
    asked: dict[ItemKey, float] = field(default_factory=dict)
    owed: dict[Claim, float] = field(default_factory=dict)
    owed_since: dict[Claim, list[list[float]]] = field(default_factory=dict)
    to_make: dict[ItemKey, float] = field(default_factory=dict)
    open_orders: dict[Claim, list[OpenOrder]] = field(default_factory=dict)
    in_transit: dict[Claim, float] = field(default_factory=dict)
    under_way: dict[Claim, list[Shipment]] = field(default_factory=dict)
    in_process: dict[ItemKey, float] = field(default_factory=dict)
    lots: dict[ItemKey, list[ProductionLot]] = field(default_factory=dict)
    memory: dict[ItemKey, dict[str, Any]] = field(default_factory=dict)
    machines: dict[ItemKey, dict[str, float]] = field(default_factory=dict)
    tracked: bool = True

    @classmethod
    def initial(cls, network: Network) -> "State":
        """The state on the first morning, from the network's stocks and initial pipelines."""
        held = {(s.node, s.product): s.on_hand for s in network.stocks}
        state = cls(asked=dict.fromkeys(network.items, 0.0))
        state.on_hand = {item: held.get(item, 0.0) for item in network.decided}
        state.on_order = dict.fromkeys(state.on_hand, 0.0)
        evening = {n.name for n in network.nodes if n.evening_review}
        for lane in network.lanes:
            _start_lane(state, lane, lane.destination in evening)
        for demand in network.demands:
            state.owed[demand.node, demand.product] = 0.0
            state.owed_since[demand.node, demand.product] = []
        for recipe in network.recipes:
            _start_recipe(state, recipe, recipe.node in evening)
        return state

    def __repr__(self) -> str:
        sums = (("on_hand", "on hand"), ("on_order", "on order"), ("owed", "owed"))
        said = (f"{sum(getattr(self, name).values()):,.6g} {text}" for name, text in sums)
        return f"State(morning of day {self.day}: {', '.join(said)})"

    @property
    def table(self) -> "pd.DataFrame":
        """One row per (node, product): units on hand, on order and asked of it so far."""
        told = {"on hand [units]": self.on_hand, "on order [units]": self.on_order}
        return pd.DataFrame(told | {"asked [units]": self.asked}).rename_axis(["node", "product"])

    def copy(self) -> "State":
        """A state of its own, with nothing shared."""
        twin = State(self.day, tracked=self.tracked)
        for name in ("on_hand", "on_order", "asked", "owed", "to_make", "in_transit", "in_process"):
            setattr(twin, name, dict(getattr(self, name)))
        for name in ("open_orders", "under_way", "lots"):  # lists of rows that never change
            setattr(twin, name, {key: list(rows) for key, rows in getattr(self, name).items()})
        twin.owed_since = {k: [list(row) for row in rows] for k, rows in self.owed_since.items()}
        twin.memory = deepcopy(self.memory)
        twin.machines = {key: dict(seen) for key, seen in self.machines.items()}
        return twin


def _start_lane(state: State, lane: Lane, evening: bool) -> None:
    """Fill a lane's slots: open orders and goods under way on the first morning."""
    buyer = (lane.destination, lane.product)
    days, slots = round(lane.lead_time.average), lane.order_delay + evening
    goods, ordered = lane.initial_pipeline, lane.initial_orders
    state.owed[lane.key] = 0.0
    state.owed_since[lane.key] = []
    state.open_orders[lane.key] = [OpenOrder(due, ordered) for due in range(slots) if ordered]
    state.under_way[lane.key] = [Shipment(due, goods, due - days) for due in range(days) if goods]
    state.in_transit[lane.key] = goods * days
    state.on_order[buyer] += goods * days + ordered * slots


def _start_recipe(state: State, recipe: Recipe, evening: bool) -> None:
    """Fill a recipe's slots: production in process, and last night's order to make."""
    item = (recipe.node, recipe.product)
    days, units = recipe.production_time, recipe.initial_in_process
    good = units * recipe.good_share.average
    state.to_make[item] = 0.0
    state.open_orders[item] = [OpenOrder(0, units)] if evening and units else []
    state.lots[item] = [ProductionLot(due, units, good, due - days) for due in range(days) if units]
    state.in_process[item] = units * days
    state.on_order[item] += units * (days + evening)


def fold(events: Iterable[Event], network: Network, start: State | None = None) -> State:
    """Give the state after the events: the same sums, in the same order, as in a simulation.

    Raises:
        ScenarioError: an event of an unknown kind.

    >>> chain = serial(["mine", "shop"], demand=Normal(5, 1), on_hand={"shop": 8})
    >>> fold([Event(0, "demanded", "shop", "unit", 3.0), Event(0, "served", "shop", "unit", 3.0),
    ...       Event(0, "closed")], chain).on_hand
    {('shop', 'unit'): 5.0}
    """
    state = start.copy() if start is not None else State.initial(network)
    for event in events.rows if isinstance(events, Log) else events:
        apply(state, event, network.made)
    state.memory = deepcopy(state.memory)  # rows hold it as the log keeps it
    return state


def apply(state: State, event: EventRow, recipes: Recipes) -> None:
    """Let one event change a state; a ScenarioError if it is of an unknown kind."""
    change = CHANGES.get(event[1])
    if change is None:
        raise ScenarioError(f"{event}: no event has kind {event[1]!r}: see twinlab.scope.log")
    change(state, event, recipes)


# An event is a row here: 0 day, 1 kind, 2 node, 3 product, 4 quantity, 5 partner, 6 mode, 7 due,
# 8 note (see ``scope.log``).


def asked_by(event: EventRow, recipes: Recipes) -> list[tuple[ItemKey, float]]:
    """Whom an event asks for units: customers and buyers ask an item, production its components."""
    kind, node, product, quantity = event[1:5]
    if kind == "demanded":
        return [((node, product), quantity)]
    if kind == "ordered" and event[7] > event[0]:
        return []  # it is seen on a later day
    if node == event[5]:
        components = recipes[node, product].components
        return [((node, name), quantity * need) for name, need in components.items()]
    return [((node if kind == "accepted" else event[5], product), quantity)]


def _demanded(state: State, event: EventRow, recipes: Recipes) -> None:
    item, quantity = event[2:4], event[4]
    state.owed[item] += quantity
    state.owed_since[item].append([event[0], quantity])
    state.asked[item] += quantity


def _decided(state: State, event: EventRow, recipes: Recipes) -> None:
    state.asked[event[2:4]] = 0.0


def _ordered(state: State, event: EventRow, recipes: Recipes) -> None:
    day, _, node, product, quantity, supplier, mode, seen = event[:8]
    state.on_order[node, product] += quantity
    claim = (supplier, node, product, mode) if supplier != node else (node, product)
    if seen > day:
        state.open_orders[claim].append(OpenOrder(seen, quantity))
    else:
        _reach(state, claim, event, recipes)


def _withdrawn(state: State, event: EventRow, recipes: Recipes) -> None:
    _, _, node, product, quantity, supplier, mode = event[:7]
    state.on_order[node, product] = max(0.0, state.on_order[node, product] - quantity)
    _settle(state, (supplier, node, product, mode), quantity)


def _accepted(state: State, event: EventRow, recipes: Recipes) -> None:
    supplier, product, _, buyer, mode = event[2:7]
    claim = (supplier, buyer, product, mode) if supplier != buyer else (buyer, product)
    state.open_orders[claim] = [o for o in state.open_orders[claim] if o.due > event[0]]
    _reach(state, claim, event, recipes)


def _reach(state: State, claim: Claim, event: EventRow, recipes: Recipes) -> None:
    """An order is seen by whom it was placed with."""
    if len(claim) == 2:
        state.to_make[claim] += event[4]
    else:
        state.owed[claim] += event[4]
        state.owed_since[claim].append([event[0], event[4]])
    for item, quantity in asked_by(event, recipes):
        state.asked[item] += quantity


def _shipped(state: State, event: EventRow, recipes: Recipes) -> None:
    day, _, node, product, quantity, destination, mode, due = event[:8]
    lane = (node, destination, product, mode)
    _hand_over(state, lane, event)
    state.in_transit[lane] += quantity
    state.under_way[lane].append(Shipment(due, quantity, day))


def _served(state: State, event: EventRow, recipes: Recipes) -> None:
    _hand_over(state, event[2:4], event)


def _hand_over(state: State, claim: Claim, event: EventRow) -> None:
    """Goods leave the node for a claimant."""
    item, quantity = event[2:4], event[4]
    if item in state.on_hand:
        state.on_hand[item] -= quantity
    _settle(state, claim, quantity)


def _settle(state: State, claim: Claim, quantity: float) -> None:
    """Less is owed to a claimant: its oldest orders are over first."""
    orders = state.owed_since[claim]
    state.owed[claim] -= quantity
    while orders and orders[0][1] <= quantity:
        quantity -= orders.pop(0)[1]
    if orders:
        orders[0][1] -= quantity
    if state.owed[claim] == 0.0:
        orders.clear()


def _lost(state: State, event: EventRow, recipes: Recipes) -> None:
    state.owed[event[2:4]] = 0.0
    state.owed_since[event[2:4]].clear()


def _received(state: State, event: EventRow, recipes: Recipes) -> None:
    day, _, node, product, quantity, source, mode = event[:7]
    item, lane = (node, product), (source, node, product, mode)
    state.on_hand[item] += quantity
    state.on_order[item] = max(0.0, state.on_order[item] - quantity)
    state.in_transit[lane] = max(0.0, state.in_transit[lane] - quantity)
    state.under_way[lane] = [s for s in state.under_way[lane] if s.due > day]


def _consumed(state: State, event: EventRow, recipes: Recipes) -> None:
    state.on_hand[event[2:4]] = max(0.0, state.on_hand[event[2:4]] - event[4])


def _started(state: State, event: EventRow, recipes: Recipes) -> None:
    day, _, node, product, quantity, _, _, due, good = event
    state.to_make[node, product] -= quantity
    state.in_process[node, product] += quantity
    state.lots[node, product].append(ProductionLot(due, quantity, good, day))


def _finished(state: State, event: EventRow, recipes: Recipes) -> None:
    item, good, started = event[2:4], event[4], event[8]
    state.on_hand[item] += good
    state.on_order[item] = max(0.0, state.on_order[item] - started)
    state.in_process[item] = max(0.0, state.in_process[item] - started)
    lots = state.lots[item]
    if units_due(lots, event[0]) != started:  # a line: whose parts they are is not known
        lots = taken(lots, started, event[0])
    state.lots[item] = [lot for lot in lots if lot.due > event[0]]


def _remembered(state: State, event: EventRow, recipes: Recipes) -> None:
    state.memory[event[2:4]] = event[8]


def _machine(state: State, event: EventRow, recipes: Recipes) -> None:
    """Add up what a machine did; of its readings the newest stands."""
    _, kind, node, _, quantity, asset, signal, _, note = tuple([*event, *EMPTY[len(event) - 5 :]])
    seen = state.machines.setdefault((node, asset), {})
    if kind == "sensed":
        if note is None:  # a number, no text
            seen[signal] = quantity
        return
    name = note if kind in ("state", "faulted") else kind
    counts = kind in ("faulted", "maintained") or name == "failed"
    seen[name] = seen.get(name, 0.0) + (quantity or float(counts))
    if kind == "worked":
        seen["good"] = seen.get("good", 0.0) + (quantity if note is None else note)
    elif kind == "maintained":
        seen["age"] = 0.0


def _closed(state: State, event: EventRow, recipes: Recipes) -> None:
    state.day = event[0] + 1


def _nothing(state: State, event: EventRow, recipes: Recipes) -> None:
    """What went wrong shows in the flows, or in what is made and designed."""


CHANGES: dict[str, Callable[[State, EventRow, Recipes], None]] = {
    "demanded": _demanded,
    "decided": _decided,
    "ordered": _ordered,
    "withdrawn": _withdrawn,
    "accepted": _accepted,
    "shipped": _shipped,
    "received": _received,
    **dict.fromkeys(("consumed", "scrapped"), _consumed),
    "started": _started,
    "finished": _finished,
    "served": _served,
    "lost": _lost,
    "remembered": _remembered,
    **dict.fromkeys("worked faulted sensed state energy maintained".split(), _machine),
    **dict.fromkeys(("disrupted", "recovered", "complained"), _nothing),
    "closed": _closed,
}


# What a state holds, by table; the other tables repeat what stands in these.
_UNITS = {"on_hand": "in stock", "owed": "owed", "to_make": "to be made"}
_UNITS |= {"open_orders": "in open orders", "under_way": "under way", "lots": "in process"}
_TABLES = (*_UNITS, "on_order", "asked", "owed_since", "in_transit", "in_process")


def go_on(start: State | None, scenario: Scenario) -> State:
    """A start of one's own, or the first morning; a ScenarioError where it does not fit."""
    if start is None:
        return State.initial(scenario.network)
    if not isinstance(start, State):
        raise ScenarioError(f"start is a state, such as run.state_on(10), got {start!r}")
    if not 0 <= start.day <= scenario.days:
        problem = f"start is day {start.day}, the scenario lasts {scenario.days} days"
        remedy = f"day 0 to {scenario.days}, or lengthen it with scenario.change(days=…)"
        raise ScenarioError(f"{problem}: take a state of {remedy}")
    return fit(start, scenario.network)


def fit(state: State, network: Network) -> State:
    """A copy of a state for a network: what is new there is empty, what is overdue comes today."""
    mine, fresh = widen(state, network), State.initial(network)
    if not fresh.asked.keys() & state.asked.keys():
        problem = f"the state is of {list(state.asked)[:3]}, the network of {list(fresh.asked)[:3]}"
        remedy = "take a state of this network, such as simulate(scenario).state_on(10)"
        raise ScenarioError(f"{problem}: {remedy}")
    for name in _TABLES:
        table = getattr(mine, name)
        for key in [key for key in table if key not in getattr(fresh, name)]:
            entry = table.pop(key)
            units = sum(row[1] for row in entry) if isinstance(entry, list) else entry
            if name in _UNITS and abs(units) > DUST:
                lost = f"{units:g} units {_UNITS[name]} at {' → '.join(filter(None, key))}"
                keep = "capacity 0 lets nothing new leave, a demand of 0 asks nothing new"
                remedy = f"keep the row ({keep}), or drop them: del state.{name}[{key!r}]"
                raise ScenarioError(f"{lost} have no place in these tables: {remedy}")
    tables: list[Any] = [mine.open_orders, mine.under_way, mine.lots]
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


def feasible(state: State) -> State:
    """A state to start a forecast from: no stock below zero, nothing that was due before today.

    While messages are missing books may say what cannot be; what was due has reached its place.

    >>> state = State.initial(serial(["mine", "shop"], demand=Normal(5, 1)))
    >>> state.on_hand["shop", "unit"] = -3.0
    >>> feasible(state).on_hand
    {('shop', 'unit'): 0.0}
    """
    fine = state.copy()
    for claim, orders in fine.open_orders.items():
        seen = sum(order.quantity for order in orders if order.due < fine.day)
        (fine.to_make if len(claim) == 2 else fine.owed)[claim] += seen  # type: ignore[index]
        orders[:] = [order for order in orders if order.due >= fine.day]
    for item, lots in fine.lots.items():
        for done in (lot for lot in lots if lot.due < fine.day):
            fine.on_hand[item] += done.good
            fine.on_order[item] -= done.started
            fine.in_process[item] -= done.started
        lots[:] = [lot for lot in lots if lot.due >= fine.day]
    for name in ("on_hand", "owed", "on_order", "in_transit", "to_make", "in_process"):
        setattr(fine, name, {key: max(0.0, units) for key, units in getattr(fine, name).items()})
    for goods in fine.under_way.values():
        goods[:] = [s._replace(due=max(s.due, fine.day)) for s in goods]
    return fine


def taken(rows: list[Any], units: float, day: int) -> list[Any]:
    """Shipments or lots: of the first ones units are over today, all others later."""
    found = []
    for row in rows:
        taken = min(max(0.0, units), row[1])
        units, rest = units - taken, row[1] - taken
        if rest <= DUST * max(1.0, row[1]):
            found.append(row._replace(due=day))
            continue
        lot = isinstance(row, ProductionLot)
        left = {"started": rest, "good": row[2] * rest / row[1]} if lot else {"quantity": rest}
        found.append(row._replace(due=max(row.due, day + 1), **left))
    return found
