"""Orders: what a plant may be told to do, who may approve it, and how far each may go."""

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from hashlib import sha256
from typing import Any, ClassVar, NamedTuple

from twinlab.organization.view import PriorityFailover, Shares
from twinlab.scope import Demand, Lane, Node, Outage, Recipe, Scenario, State, Stock, TwinError
from twinlab.scope.base import DUST, EventRow, Listing, SyncError, check_known, pd, words
from twinlab.scope.columns import Row, column, schema
from twinlab.scope.entities import Disruption
from twinlab.scope.scenario import Place, find, lane_paths
from twinlab.scope.snapshot import is_value

__all__ = ["Expedite", "Maintain", "Order", "Orders", "Produce", "Redirect", "Right", "Rights"]
__all__ += ["SetRules", "SetSourcing", "Transfer"]

Values = dict[str, tuple[float, float]]  # by path: what it is now, and then
SOURCING = ("sourcing_rank", "sourcing_share")
_BY_DESK = ("step", "proposer", "by", "role", "reason")


class Effect(NamedTuple):
    """What an order does: to values, to the scenario from now on, by orders on its last morning."""

    values: Values
    scenario: Scenario
    rows: Sequence[EventRow] = ()


class Order(Row, frozen=True, kw_only=True, repr=False):
    """What a plant is told to do, of one of seven kinds, and how far that has come.

    >>> Produce("plant", "bike", 40)
    produce: node plant, product bike, units 40
    """

    kind: ClassVar[str] = ""
    decides: ClassVar[bool] = False  # whether its paths are those of decisions
    id: str = column("name", "", "given when it is proposed")
    step: str = column("label", "", "how far it has come")
    proposer: str = column("name", "", "who proposed it")
    by: str = column("name", "", "who took the last step")
    role: str = column("label", "", "in which role")
    reason: str = column("words", "", "why")
    until: int = column("day", 0, "last one on which the plant may begin")
    now: Mapping[str, float] = column("value by path", {}, "as it was when proposed")
    seen: Mapping[str, float] = column("version by path", {}, "on which it was decided")

    def effect(self, model: Scenario, state: State, day: int) -> Effect:
        """What it does to a plant that begins on a day; a TwinError if it cannot."""
        raise NotImplementedError

    def ends(self, day: int) -> int:
        """On whose morning it is done, if a plant begins on a day."""
        return max(day + getattr(self, "days", 0), getattr(self, "day", 0))

    @property
    def value(self) -> Any:
        """How much it asks for: values by path, units, for how many days, or on which."""
        return next(getattr(self, n) for n in "values units days day".split() if hasattr(self, n))

    @property
    def what(self) -> str:
        """What it says, in words."""
        own = [c.name for c in schema(type(self))[len(schema(Order)) :]]
        return words({name: getattr(self, name) for name in own if getattr(self, name)})

    @property
    def text(self) -> str:
        """What is sealed and travels."""
        names = [c.name for c in schema(type(self)) if c.name not in _BY_DESK]
        said = {"kind": self.kind} | {name: getattr(self, name) for name in names}
        return json.dumps(said, allow_nan=False)

    @staticmethod
    def read(found: Any) -> "Order":
        """The order of which this travels, as a table; a TwinError if it is none."""
        try:
            if not found["id"].isprintable() or len(found["id"]) > 200:
                raise ValueError("its id is no short text")
            return KINDS[found["kind"]](**{k: v for k, v in found.items() if k != "kind"})
        except (LookupError, TypeError, ValueError, AttributeError) as problem:
            raise SyncError(f"this is no order: {found!r:.80} ({problem!r})") from None

    def __repr__(self) -> str:
        why = f" ({self.reason})" * bool(self.reason)
        step = f" · {self.step} by {self.by}{why}" * bool(self.step)
        return f"{self.id} {self.kind}: {self.what}{step}".strip()


class SetRules(Order, frozen=True, repr=False):
    """New values of rules.

    >>> SetRules({"shop.up_to": 90})
    rule: values shop.up_to 90
    """

    kind, decides = "rule", True
    values: Mapping[str, float] = column("value by path", meaning="such as {'shop.up_to': 90}")

    def effect(self, model: Scenario, state: State, day: int) -> Effect:
        """The values are set at once."""
        found: Values = {}
        for place in (find(model, path) for path in self.values):
            kind, now = decision(place), place.value
            if kind != self.kind:
                raise SyncError(f"{place.path}: that is a {kind} order, not a {self.kind} order")
            if isinstance(now, bool) or not isinstance(now, int | float):
                raise SyncError(f"{place.path} is {now!r}: orders change numbers")
            then = self.values[place.path]
            whole = isinstance(now, int) and then.is_integer()
            found[place.path] = (now, int(then) if whole else then)
        return Effect(found, model.set({path: then for path, (_, then) in found.items()}))


class SetSourcing(SetRules, frozen=True, repr=False):
    """New sourcing ranks and shares of lanes.

    >>> SetSourcing({"mine->shop.sourcing_share": 0.7})
    sourcing: values mine->shop.sourcing_share 0.7
    """

    kind = "sourcing"


class Expedite(Order, frozen=True, repr=False):
    """What is ordered of a product goes by one lane for some days, then as before.

    >>> Expedite("shop", "bike", mode="air", days=5).ends(3)
    8
    """

    kind, decides = "expedite", True
    node: str = column("node", meaning="who orders")
    product: str = column("product", meaning="what is ordered")
    mode: str = column("label", "", "by which mode, if the source is not enough")
    source: str = column("node", "", "from whom, if the mode is not enough")
    days: int = column("days", 7, "for how long", low=1, high=90)

    def effect(self, model: Any, state: State, day: int) -> Effect:
        """Ranks and shares of all lanes that bring the product are set at once."""
        item = (self.node, self.product)
        into = [v for v in model.network.lanes if (v.destination, v.product) == item]
        first, found = _one(into, self.source, self.mode), dict[str, tuple[float, float]]()
        if not isinstance(model.sourcing.get(item, Shares()), PriorityFailover | Shares):
            raise SyncError(f"{item} is split by {model.sourcing[item]!r}: no order changes it")
        for lane in into:
            path, rank = lane_paths(lane)[-1], lane.sourcing_rank
            found[f"{path}.sourcing_rank"] = (rank, 1 if lane is first else rank + 1)
            found[f"{path}.sourcing_share"] = (lane.sourcing_share, float(lane is first))
        return Effect(found, model.set({path: then for path, (_, then) in found.items()}))


class Transfer(Order, frozen=True, repr=False):
    """A node orders more along a lane than its rule decides, for which that is on order.

    >>> Transfer("plant", "shop", "bike", 40)
    transfer: source plant, destination shop, product bike, units 40
    """

    kind = "transfer"
    source: str = column("node", meaning="who sends")
    destination: str = column("node", meaning="who receives")
    product: str = column("product", meaning="what is sent")
    units: float = column("units", meaning="how much more", low=0)
    mode: str = column("label", "", "by which mode, if there are several")
    day: int = column("day", 0, "on whose morning; if it is over, at once", low=0)

    def effect(self, model: Scenario, state: State, day: int) -> Effect:
        """It is ordered on its day."""
        there = model.network.between.get((self.source, self.destination), [])
        lane = _one([v for v in there if v.product == self.product], "", self.mode)
        item = (self.destination, self.product)
        row = (day, "ordered", *item, self.units, self.source, lane.mode, day + lane.order_delay)
        return Effect(_more(state, item, self.units), model, [row])


class Redirect(Order, frozen=True, repr=False):
    """What a source owes along one lane is withdrawn, oldest units first, and ordered on another.

    So what waits for a lane that is shut goes by one that is open; as much is on order as before.

    >>> Redirect("depot", "shop", "bike", to_source="plant")
    redirect: source depot, destination shop, product bike, to_source plant
    """

    kind = "redirect"
    source: str = column("node", meaning="who owes")
    destination: str = column("node", meaning="to whom")
    product: str = column("product", meaning="what is owed")
    units: float = column("units", 0.0, "how many of those that are owed; 0: all", low=0)
    mode: str = column("label", "", "by which mode, if there are several")
    to_source: str = column("node", "", "who sends instead, if another mode is not enough")
    to_mode: str = column("label", "", "by which mode instead, if the source is not enough")

    def effect(self, model: Scenario, state: State, day: int) -> Effect:
        """It is withdrawn, and ordered anew, at once."""
        item = (self.destination, self.product)
        into = model.network.into.get(item, [])
        old = _one([v for v in into if v.source == self.source], "", self.mode)
        path, owed = lane_paths(old)[-1], state.owed[old.key]
        units = min(self.units or owed, owed)
        if units <= DUST or self.units > owed + DUST:
            raise SyncError(f"{path}: {owed:g} units are owed there: no more can be redirected")
        if (self.to_source or old.source, self.to_mode or old.mode) == (old.source, old.mode):
            raise SyncError(f"{path}: they are owed there already: name another source or mode")
        new = _one([v for v in into if v is not old], self.to_source, self.to_mode)
        rows = [
            (day, "withdrawn", *item, units, old.source, old.mode),
            (day, "ordered", *item, units, new.source, new.mode, day + new.order_delay),
        ]
        return Effect({f"{path}.owed": (owed, owed - units)}, model, rows)


class Produce(Order, frozen=True, repr=False):
    """A node makes more of a product than its rule decides, for which that is on order.

    >>> Produce("plant", "bike", 40, day=12).ends(3)
    12
    """

    kind = "produce"
    node: str = column("node", meaning="who makes it")
    product: str = column("product", meaning="what is made")
    units: float = column("units", meaning="how much more", low=0)
    day: int = column("day", 0, "on whose morning; if it is over, at once", low=0)

    def effect(self, model: Scenario, state: State, day: int) -> Effect:
        """It is ordered on its day, of the node itself."""
        item = (self.node, self.product)
        if item not in model.network.made:
            raise SyncError(f"{self.node!r} does not make {self.product!r}: propose a Transfer")
        row = (day, "ordered", *item, self.units, self.node, "", day)
        return Effect(_more(state, item, self.units), model, [row])


class Maintain(Order, frozen=True, repr=False):
    """A node makes and supplies nothing for a day of maintenance; finished stock still leaves it.

    With an ``asset``, a station of its line, a tool is replaced there, before the next part.

    >>> Maintain("plant", day=12)
    maintain: node plant, day 12
    """

    kind = "maintain"
    node: str = column("node", meaning="which asset")
    day: int = column("day", 0, "on which; if it is over, at once", low=0)
    asset: str = column("station", "", "whose tool is replaced; empty: all stands still")

    def effect(self, model: Scenario, state: State, day: int) -> Effect:
        """There is one more outage, on its day; or a tool is replaced, and nothing else changes."""
        network = model.network
        if self.asset:
            place = (self.node, self.asset)
            check_known(place, state.machines, f"nobody has told of {place}", SyncError)
            return Effect({f"{self.node}.{self.asset}.maintenance": (0.0, 1.0)}, model)
        items = {(self.node, product) for product in network.held.get(self.node, ())}
        if not items - (network.brought - network.made.keys()):
            raise SyncError(f"{self.node!r} makes and supplies nothing: nothing could stand still")
        still = model.disrupt(Outage(self.node, start=self.ends(day), stock_ships=True))
        return Effect({f"{self.node}.maintenance": (0.0, 1.0)}, still)


def _more(state: State, item: tuple[str, str], units: float) -> Values:
    has = state.on_hand[item] + state.on_order[item]
    return {"/".join(item) + ".inventory_position": (has, has + units)}


def _one(lanes: list[Lane], source: str, mode: str) -> Lane:
    found = [v for v in lanes if source in ("", v.source) and mode in ("", v.mode)]
    if len(found) != 1:
        known = [f"{lane.source} by {lane.mode}" for lane in lanes]
        raise SyncError(f"an order names one lane: {len(found)} of {known} are meant")
    return found[0]


_ALL = (SetRules, SetSourcing, Expedite, Produce, Maintain, Transfer, Redirect)
KINDS: dict[str, type[Order]] = {one.kind: one for one in _ALL}


def decided(model: Scenario, changes: Mapping[str, Any]) -> Scenario:
    """A model that decides as a plant reports; a SyncError if it is no decision.

    What this model does not have, or cannot be, is left aside.
    """
    for path, value in changes.items():
        try:
            place = find(model, path)
            if isinstance(place.value, int | float) and isinstance(value, str):
                raise SyncError(f"{path} is a number, got {value!r}")
            changed = model if is_value(place.value) and place.value == value else place.put(value)
        except (TwinError, TypeError, ValueError):
            continue
        decision(place)
        model = changed
    return model


def decision(place: Place) -> str:
    """Which kind of order changes what a path leads to; a SyncError if none does."""
    holder = place.holders[0]
    if isinstance(holder, Lane) and place.name in SOURCING:
        return "sourcing"
    if isinstance(holder, Node | Lane | Recipe | Demand | Stock | Disruption):
        raise SyncError(
            f"{place.path!r} is no decision: orders change rules and sourcing, not the plant "
            "itself; expedite, produce, maintain, transfer, redirect, or try it on the model"
        )
    return "rule"


class Right(Row, frozen=True):
    """Who may approve orders of a kind, and how far each goes: the larger of share and step.

    >>> Right("rule", "supply planner", share=0.2).share
    0.2
    """

    kind: str = column("label", meaning="the kind of order, such as rule, sourcing or redirect")
    roles: str = column("labels", meaning="who may approve it, parted by ', '")
    automatic: bool = column("yes/no", False, "a twin that is linked both ways may")
    share: float = column("share", 0.0, "largest step, of what it is now", low=0)
    step: float = column("units", 1.0, "largest step", low=0)
    low: float = column("units", 0.0, "least value")
    signers: str = column("names", "", "whose seal it may bear, parted by ', '; empty: any")

    def check(self) -> None:
        """There are orders of its kind."""
        check_known(self.kind, KINDS, f"no order is of kind {self.kind!r}", SyncError)

    def limit(self, values: Values) -> None:
        """Refuse what goes too far, with a SyncError."""
        for path, (now, then) in values.items():
            most = max(self.share * abs(now), self.step)
            if not (then >= self.low and abs(then - now) <= most):
                wrong = f"{path} is {now:g}, and {then:g} is too far: at least {self.low:g}, and"
                raise SyncError(f"{wrong} by at most {most:g} at once (see Right({self.kind!r}))")


class Rights(Listing, frozen=True):
    """Who may approve which orders, and how far each may go; what is not named is as usual.

    >>> Rights((Right("rule", "director"),))["rule"].automatic, Rights()["sourcing"].roles
    (False, 'sourcing manager')
    """

    rights: tuple[Right, ...] = ()

    def __post_init__(self) -> None:
        rows = {right.kind: right for right in (*_USUAL, *self.rights)}
        object.__setattr__(self, "rights", tuple(rows.values()))
        super().__post_init__()


_USUAL = (
    Right("rule", "supply planner, inventory planner", automatic=True, share=2),
    Right("sourcing", "sourcing manager", step=10),
    Right("expedite", "logistics manager", step=99),
    Right("produce", "production planner", share=2),
    Right("maintain", "maintenance manager"),
    Right("transfer", "inventory planner, supply planner", share=2),
    Right("redirect", "sourcing manager", share=1),
)


class Orders(Listing, frozen=True):
    """The orders of a twin, by id, and the trail of their steps.

    >>> chain = Scenario(serial(["mine", "shop"], demand=Normal(5, 1)), BaseStock(8), days=90)
    >>> bus = Bus()
    >>> plant, twin = Plant(chain, bus, seed=1), Twin(chain, bus)
    >>> order = twin.propose(SetRules({"shop.up_to": 9}), "the mine is late")
    >>> twin.approve(order.id, "anna", "supply planner", "it is").step
    'sent'
    >>> plant.advance()
    >>> twin.sync().dead, twin.orders[order.id].step, twin.orders.whole()
    (0, 'done', True)
    """

    caption = "Orders"
    orders: tuple[Order, ...] = ()
    lines: tuple[Any, ...] = ()

    @property
    def table(self) -> "pd.DataFrame":
        """One row an order: what it changes, its value now and then, and how far it has come."""
        heads = "id kind what value now step proposer by role reason until".split()
        rows = [[getattr(order, name) for name in heads] for order in self.orders]
        return pd.DataFrame(rows, columns=heads).set_index("id")

    @property
    def trail(self) -> "pd.DataFrame":
        """One row a step, in the order in which they were taken."""
        heads = "number day id step by role reason order chain".split()
        rows = [[number, *parts_of(line), chain] for number, line, chain in self.lines]
        return pd.DataFrame(rows, columns=heads).set_index("number")

    def whole(self) -> bool:
        """Whether no line was edited, left out or added; an end cut off or written anew may be."""
        before = ""
        for at, (number, line, chain) in enumerate(self.lines, 1):
            if (number, chain) != (at, sha256((before + line).encode()).hexdigest()):
                return False
            before = chain
        return True


def parts_of(line: str) -> list[Any]:
    """What a line of the trail says: day, id, step, by whom, role, reason and order."""
    with suppress(ValueError, TypeError):
        day, name, step, by, role, reason, text = json.loads(line)
        return [day, name, step, by, role, reason, text]
    return [None] * 6 + [line]  # somebody has edited it
