"""A scenario: a network, who decides and sees what, what goes wrong, and for how many days.

Every column of a scenario has a path, so that sliders, sweeps and searches can name it.

========================== =====================================================
``shop.up_to``             a field of the rule of that node, else a column of the node
``shop/bike.up_to``        the same for one product of the node: its rule, else its
                           recipe, demand or stock row
``plant->shop.lead_time``  a column of the lane (all its products and modes);
                           ``plant->shop/bike`` is that of one product,
                           ``plant->shop/bike/road`` that of one mode
``disruptions[0].days``    a column of the first disruption
========================== =====================================================
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, fields, is_dataclass, replace
from inspect import signature
from typing import Annotated, Any

from twinlab.scope.columns import Column, Frozen, schema
from twinlab.scope.dates import Calendar
from twinlab.scope.distributions import Trace
from twinlab.scope.entities import Disruption, ItemKey, Lane, StockLoss
from twinlab.scope.errors import ScenarioError, check_known, did_you_mean
from twinlab.scope.kinds import Count, Date
from twinlab.scope.later import pd
from twinlab.scope.network import Network
from twinlab.scope.result import Page

__all__ = ["Scenario"]

Rule = Annotated[Callable[[Any], Any], "a rule such as BaseStock(50) or a function of a view"]
Sourcing = Callable[[Any, Any], Any]
Sharing = Annotated[Callable[[Any], None], "a regime such as OwnOrders() or FullSharing()"]
ByItem = Annotated[Mapping[Any, Any], "a mapping {node: …}"]
Paths = Annotated[str | Mapping[Any, Any], "a text such as 'shop.up_to' or {path: value}"]


@dataclass(frozen=True)
class Scenario(Calendar, Page):
    """Everything a simulation needs but its seed; changing anything gives a new scenario.

    ``rules`` says who decides how much to order or make: one rule for everybody, or a rule per node
    or per (node, product). ``sourcing`` says in the same way how an order is split over several
    suppliers; who is not named asks by sourcing rank. ``sharing`` says what each of them sees of
    the others (one regime for everybody, or by node); who is not named sees everything.
    ``start`` is the date of day 0; dates of disruptions become days. A day is ``period`` days of
    the calendar. ``chosen_on`` are the seeds by which ``tune`` has chosen some of its values.

    Raises:
        ScenarioError: somebody decides nothing, nobody decides, or a name is unknown.

    >>> chain = serial(["mine", "shop"], demand=Normal(5, 1))
    >>> calm = Scenario(chain, rules={"shop": BaseStock(8)}, days=100)
    >>> calm.disrupt(Outage("mine", start=60, days=28)).days
    100
    """

    network: Network
    rules: Rule | ByItem
    days: Count = 365
    disruptions: tuple[Disruption, ...] = ()
    sourcing: ByItem = field(default_factory=dict)
    sharing: Sharing | ByItem = field(default_factory=dict)
    lines: Mapping[str, Any] = field(default_factory=dict)
    start: Date | None = None
    period: Count = 1
    chosen_on: frozenset[int] = field(default=frozenset(), repr=False, compare=False)

    def __post_init__(self) -> None:
        taken = (_taken(disruption, self) for disruption in self.disruptions)
        object.__setattr__(self, "disruptions", tuple(taken))
        _fit_by_item(self)
        _check_days(self)
        _check_lines(self)
        _ = self.start and self.date(self.days)

    def __repr__(self) -> str:
        kinds = Counter(getattr(r, "__name__", type(r).__name__) for r in self.rules.values())  # type: ignore[union-attr]
        rules = ", ".join(f"{count} × {kind}" for kind, count in kinds.items())
        wrong = f", {len(self.disruptions)} disruptions" if self.disruptions else ""
        since = f" from {self.start}" if self.start else ""
        return f"Scenario({self.network}, rules: {rules}, {self.days} days{since}{wrong})"

    @property
    def table(self) -> "pd.DataFrame":
        """One row per decision: which node, of which product, by which rule, seeing what."""
        rules, split, seen = dict(self.rules), dict(self.sourcing), dict(self.sharing)  # type: ignore[arg-type]
        rows = [(*i, rules[i], split.get(i, "by rank"), seen.get(i, "everything")) for i in rules]
        head = ["node", "product", "rule", "sourcing", "sees"]
        return pd.DataFrame(rows, columns=head).set_index("node")

    def _but(self, **changes: Any) -> "Scenario":
        """The same with some fields changed, by a call from inside: what is given was checked."""
        return type(self)(**{f.name: getattr(self, f.name) for f in fields(self)} | changes)

    def change(self, **given: Any) -> "Scenario":
        """Return a scenario in which what is given replaces what was there."""
        given = {name: value for name, value in given.items() if value is not None}
        others = given.get("network", self.network).decided is not self.network.decided
        for name in {"rules", "sharing"} - given.keys() if others else ():
            now = getattr(self, name)
            if len(now) == len(self.rules) and len({id(one) for one in now.values()}) == 1:  # type: ignore[arg-type]
                given[name] = next(iter(now.values()))  # so has whoever the new network brings
        return self._but(**given)

    def disrupt(self, *disruptions: Disruption) -> "Scenario":
        """Return a scenario in which these disruptions happen as well."""
        return self._but(disruptions=(*self.disruptions, *disruptions))

    def decide(self, rules: ByItem) -> "Scenario":
        """Return a scenario in which these nodes follow these rules; all others keep theirs."""
        now: Any = {**self.rules, **_by_item(self.network, "rules", rules)}  # type: ignore[dict-item]
        return self._but(rules=ByItems(now, self.network.decided))

    def share(self, sharing: ByItem) -> "Scenario":
        """Return a scenario in which these nodes see as much as this; all others as before."""
        seen = _by_item(self.network, "sharing", sharing)
        return self._but(sharing={**self.sharing, **seen})  # type: ignore[dict-item]

    def nest(self, lines: Mapping[str, Any]) -> "Scenario":
        """Return a scenario in which lines (``modeling.Line``) work inside of these nodes.

        ``simulate`` lives them; ``replicate`` takes the law of their days, which ``feed`` measures.
        A node with a line makes one product, in a production time of a day or more.
        """
        return self._but(lines={**self.lines, **lines})

    def value(self, path: str | ItemKey) -> Any:
        """Look up one column by its path, such as ``"shop.up_to"``, or the rule of an item."""
        if isinstance(path, str):
            return find(self, path).value
        check_known(path, self.rules, f"rules: {path!r} decides nothing")  # type: ignore[arg-type]
        return self.rules[path]  # type: ignore[index]

    def set(self, path: Paths, value: Any = ...) -> "Scenario":
        """Return a scenario in which a column has another value, or several have: {path: value}.

        A path is one such as ``"shop.up_to"``; an item (node, product) is given another rule.

        >>> calm = Scenario(serial(["mine", "shop"], demand=Normal(5, 1)), rules=BaseStock(8))
        >>> lean = calm.set({"shop.up_to": 6, "mine->shop.lead_time": 2})
        >>> lean.value("shop.up_to"), lean.set({("shop", "unit"): BaseStock(7)}).value("shop.up_to")
        (6.0, 7.0)
        """
        if value is ... and not isinstance(path, Mapping):
            call = "Scenario.set(path=…, value=…)"
            raise ScenarioError(f"Scenario.set: value is missing: write {call}")
        changed = self
        for where, new in (path if isinstance(path, Mapping) else {path: value}).items():
            item = isinstance(where, tuple)
            changed = changed.decide({where: new}) if item else find(changed, where).put(new)
        return changed


_OWN, _ALL = signature(Scenario.disrupt), [*signature(Scenario).parameters.values()]
_ALL = [each.replace(kind=each.KEYWORD_ONLY, default=None) for each in _ALL[:-1]]  # no chosen_on
Scenario.change.__signature__ = _OWN.replace(parameters=[_OWN.parameters["self"], *_ALL])  # type: ignore[attr-defined]

_REMEDY = {
    "rules": "give a rule such as BaseStock(50), or your own function of a view",
    "sourcing": "give Shares(), PriorityFailover(), or your own function of view and quantity",
    "sharing": "give OwnOrders(), PointOfSale() or FullSharing()",
}


class ByItems(Frozen):
    """What is one by (node, product), checked for those who decide in some networks."""

    def __init__(self, found: dict[ItemKey, Any], deciders: tuple[ItemKey, ...]) -> None:
        super().__init__(found)
        self.deciders = deciders  # the very tuple of these networks


def _fit_by_item(scenario: Scenario) -> None:
    """Give every deciding (node, product) its own, where that is not done yet."""
    deciders = scenario.network.decided
    for what in ("rules", "sourcing", "sharing"):
        given = getattr(scenario, what)
        if not isinstance(given, ByItems) or given.deciders is not deciders:
            found = _by_item(scenario.network, what, given)
            ordered = {item: found[item] for item in deciders if item in found}
            object.__setattr__(scenario, what, ByItems(ordered, deciders))
    if len(scenario.rules) < len(deciders):  # type: ignore[arg-type]
        missing = (item for item in deciders if item not in scenario.rules)  # type: ignore[operator]
        words = ", ".join(f"{node!r} ({product!r})" for node, product in missing)
        told = f"no one decides for {words}: give Scenario(rules={{node: rule}}) one rule per"
        raise ScenarioError(f"{told} node, or one per (node, product)")


def _by_item(network: Network, what: str, given: Any) -> dict[ItemKey, Any]:
    """What is one for everybody, or by node or (node, product), by (node, product)."""
    named = dict.fromkeys(network.decided, given) if callable(given) else dict(given)
    found: dict[ItemKey, Any] = {}
    for key, rule in named.items():
        node = key[0] if isinstance(key, tuple) else key
        items = [key] if node is not key else [(node, p) for p in network.held.get(node, ())]
        items = [item for item in items if item in network.brought]
        if not items:
            check_known(node, set(network.named), f"{what}: {node!r} is not a node")
            raise ScenarioError(
                f"{what}: {key!r} decides nothing: no lane or recipe brings it anything, so drop "
                f"it; {did_you_mean(str(node), dict.fromkeys(n for n, _ in network.decided))}"
            )
        if isinstance(rule, type) or not callable(rule):
            problem = "is a class" if isinstance(rule, type) else "cannot be called"
            how = f"which {problem}: {_REMEDY[what]}"
            raise ScenarioError(f"{what}: {key!r} has {rule!r}, {how}")
        found |= {item: rule for item in items if item is key or item not in named}
    return found


def _check_lines(scenario: Scenario) -> None:
    for node in scenario.lines:
        check_known(node, scenario.network.named, f"lines: {node!r} is not a node")
        made = [r for r in scenario.network.recipes if r.node == node]
        if len(made) != 1 or made[0].production_time < 1:
            times = {r.product: r.production_time for r in made}
            raise ScenarioError(
                f"lines: {node!r} makes {times} (product: days): a line makes one product, which "
                f"is done a day later or more: set '{node}/PRODUCT.production_time' to 1"
            )


def _check_days(scenario: Scenario) -> None:
    days = scenario.days
    if days < 1:
        raise ScenarioError(f"days must be a whole number of at least 1, got {days!r}")
    chances = {"demands": "pattern", "lanes": "lead_time", "recipes": "good_share"}
    chances["nodes"] = "output"
    for table, column in chances.items():
        for row in getattr(scenario.network, table):
            chance = getattr(row, column)
            if not isinstance(chance, Trace) or (recorded := len(chance.values)) >= days:
                continue
            problem = f"the trace of {row.title} has {recorded} days, the scenario {days}"
            remedy = f"shorten the scenario with days={recorded}, or lengthen the trace"
            raise ScenarioError(f"{problem}: {remedy}")
    for disruption in scenario.disruptions:
        if isinstance(getattr(disruption, "days", None), Trace):
            told = f"{disruption.title}: days is a trace, but a duration is drawn only when it"
            raise ScenarioError(f"{told} strikes: take Empirical(…) for recorded durations")


def _taken(disruption: Any, scenario: Scenario) -> Any:
    """A disruption of something that there is, on the day of its date."""
    along, network, start = hasattr(disruption, "source"), scenario.network, disruption.start
    ends = (disruption.source, disruption.destination) if along else (disruption.node,)
    for name in ends:
        check_known(name, network.named, f"{disruption.title}: {name!r} is not a node")
    if product := disruption.product:
        at_node = network.held.get(ends[0], [])
        check_known(product, at_node, f"{disruption.title}: {ends[0]!r} has no product {product!r}")
    if not targets(disruption, network):
        what = f"lane to {ends[-1]!r}" if along else "customers"
        others = [v.destination for v in network.lanes if v.source == ends[0]]
        if isinstance(disruption, StockLoss):
            what, others = "stock", [*dict.fromkeys(node for node, _ in network.decided)]
        wrong = f"{disruption.title}: {ends[0]!r} has no such {what}"
        raise ScenarioError(f"{wrong}: {did_you_mean(ends[-1], others)}")
    day = scenario.day_of(start, f"{disruption.title}: ") if isinstance(start, Date) else start
    return disruption if day is start else replace(disruption, start=day)


def targets(disruption: Any, network: Network) -> list[Any]:
    """List what a disruption strikes: items of a node, demand rows, or lanes."""
    where, product = disruption.place, disruption.product
    if hasattr(disruption, "source"):
        on_lane = network.between.get((disruption.source, disruption.destination), ())
        on_lane = [v for v in on_lane if disruption.mode in ("", v.mode)]
        return [v for v in on_lane if product in ("", v.product)]
    if hasattr(disruption, "factor"):
        return [d for d in network.demands if d.node == where[0] and product in ("", d.product)]
    items = [(where[0], p) for p in network.held.get(where[0], ()) if product in ("", p)]
    stocked = isinstance(disruption, StockLoss)  # endless sources have no stock to lose
    return [item for item in items if item in network.brought or not stocked]


@dataclass(frozen=True)
class Place:
    """Where a path leads: the rows or rules that hold the column, and how to change them."""

    path: str
    name: str
    holders: tuple[Any, ...]
    put_back: Callable[[tuple[Any, ...]], Scenario]

    @property
    def value(self) -> Any:
        """The value of the column in the first holder."""
        return getattr(self.holders[0], self.name)

    @property
    def column(self) -> Column | None:
        """The description of the column, if its holder has one (a plain rule has none)."""
        return next((c for c in schema(type(self.holders[0])) if c.name == self.name), None)

    def put(self, value: Any) -> Scenario:
        """The scenario with this value in every holder."""
        return self.put_back(tuple(replace(h, **{self.name: value}) for h in self.holders))


def find(scenario: Scenario, path: str) -> Place:
    """Follow a path to its column; a ScenarioError if nothing has that name, or no such column."""
    if not isinstance(path, str):
        raise ScenarioError(f"a path is a text such as 'shop.up_to', got {path!r}")
    where, _, name = path.rpartition(".")
    places = [place for place in _places(scenario, where) if place[0]]
    if not places:
        network = scenario.network
        names = map("->".join, network.between) if "->" in where else network.named
        raise ScenarioError(f"path {path!r} leads nowhere: {did_you_mean(where, names)}")
    if name in _NAMES:
        raise ScenarioError(f"path {path!r}: {name!r} is a name, and other rows refer to it")
    for holders, put_back in places:
        if all(name in _fields(holder) for holder in holders):
            return Place(path, name, holders, put_back)
    known = dict.fromkeys(f for holders, _ in places for f in _fields(holders[0]))
    raise ScenarioError(f"path {path!r}: {where!r} has no {name!r}; {did_you_mean(name, known)}")


# Columns that tell a row from the others of its table.
_NAMES = ("name", "node", "product", "source", "destination", "mode")

_Found = tuple[tuple[Any, ...], Callable[[tuple[Any, ...]], Scenario]]


def _places(scenario: Scenario, where: str) -> Iterator[_Found]:
    """What a path may mean, in turn: what holds the column, and how to put it back changed.

    A name may hold "->", "/" or "." itself, so a path is compared with those that there are.
    """
    network, rules, all_wrong = scenario.network, scenario.rules, scenario.disruptions

    def into_network(changed: tuple[Any, ...]) -> Scenario:
        return scenario.change(network=network.change(*changed))

    if numbered := re.fullmatch(r"disruptions\[(\d+)\]", where):
        before, after = all_wrong[: int(numbered[1])], all_wrong[int(numbered[1]) + 1 :]
        one = all_wrong[len(before) : len(before) + 1]
        yield one, lambda changed: scenario.change(disruptions=(*before, *changed, *after))
    ways = (where, "->".join(part.strip() for part in where.split("->")))
    if "->" in where:
        near = [e for e in network.between if any(w.startswith("->".join(e)) for w in ways)]
        there = (v for ends in near for v in network.between[ends] if {*ways} & {*lane_paths(v)})
        yield tuple(there), into_network
    yield from _in_lines(scenario, where)
    items = [(n, p) for n in network.held if where.startswith(n) for p in network.held[n]]
    found = [item for item in items if where in (item[0], "/".join(item))]
    ruled = {item: rules[item] for item in found if item in rules}  # type: ignore[index,operator]
    yield tuple(ruled.values()), lambda new: scenario.decide(dict(zip(ruled, new, strict=True)))
    if where in network.named:
        yield (network.named[where],), into_network
    rows: list[Any] = [*network.recipes, *network.demands, *network.stocks]
    for row in rows:
        if (row.node, row.product) in found and f"{row.node}/{row.product}" == where:
            yield (row,), into_network


def _in_lines(scenario: Scenario, where: str) -> Iterator[_Found]:
    """A station of a line, "plant.press", or its rule of upkeep or inspection, "….maintain"."""
    for node, line in scenario.lines.items():
        for station in line.stations:

            def put(new: tuple[Any, ...], node: str = node, line: Any = line) -> Scenario:
                return scenario.nest({node: line.change(*new)})

            def part(new: tuple[Any, ...], one: Any = station, put: Any = put) -> Scenario:
                found: Scenario = put((replace(one, **{where.rpartition(".")[2]: new[0]}),))
                return found

            name = f"{node}.{station.name}"
            yield (station,) if where == name else (), put
            parts = {f"{name}.{own}": getattr(station, own) for own in ("maintain", "inspection")}
            yield (parts[where],) if parts.get(where) else (), part


def lane_paths(lane: Lane) -> list[str]:
    """How a lane is called: by its ends, its product too, its mode too."""
    return ["/".join(["->".join(lane.key[:2]), *lane.key[2:end]]) for end in (2, 3, 4)]


def _fields(holder: Any) -> list[str]:
    return [f.name for f in fields(holder)] if is_dataclass(holder) else []
