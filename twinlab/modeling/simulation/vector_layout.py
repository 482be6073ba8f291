"""How the vector engine sorts a plan into blocks: what does the same at the same moment, together.

All numbers stand in one table (rows × replications). A block is a set of items, lanes, claims or
recipes whose rows follow each other, so that one operation on arrays moves all of them.

- **Morning**: an item decides after everybody who orders from it. Of two items that are linked, the
  plan says who decides first; an item's level is the longest path down. Items of one level that
  follow rules of one kind are a block; their rule is asked once.
- **Afternoon**: nodes depend on each other only through lanes that take no time; the longest path
  along those is a node's stage (there is one, nearly always). Within a stage the first lanes of all
  items come together, then the second ones, and so on; so do claims, components and recipes.
- Sums run in the plan's order whatever the blocks, so no number depends on how they were cut.

An order is known by the number of its lane, or by ~number of the recipe that it goes to.
"""

import math
from collections import defaultdict
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from twinlab.modeling.simulation.plan import ItemPlan, Plan
from twinlab.modeling.simulation.random_streams import RandomStreams
from twinlab.modeling.simulation.vector_blocks import (
    Entry,
    Records,
    Rows,
    Step,
    Sums,
    by_place,
    certain,
    index,
    kind_of_rule,
    span,
    steps,
)
from twinlab.organization.view import PriorityFailover, Shares
from twinlab.scope.distributions import Array
from twinlab.scope.network import grouped
from twinlab.scope.state import State

# Flows that count days on which something was so.
COUNTS = ("lines", "lines_in_full", "cycles", "cycles_spoilt")


class Facts(NamedTuple):
    """What decides the blocks beside the plan, by number of lane, order or item."""

    instant: tuple[int, ...]  # lanes that may take no time
    gated: frozenset[int]  # lanes of items with several, that may be closed
    late: tuple[int, ...]  # orders that may be seen on a later day
    lasting: frozenset[int]  # items whose requests may add up over days before they decide
    remembering: frozenset[int]  # items that remember something from before


@dataclass(eq=False)
class Decision:
    """A block of items that decide at one moment by rules of one kind."""

    items: Sequence[ItemPlan]
    alone: bool  # one item, whose rule is asked with rows of numbers, not with tables
    split: str  # how an order goes to several suppliers; "" where one gets all
    rows: slice  # of the items
    placed: slice  # of their orders
    backlog: Sums  # what is owed and to be made
    asks: Sums  # what was asked before they decide today
    since: Rows  # where that adds up over days; None where today says all
    now: tuple[Rows, Rows] | None  # orders that are seen at once, and where they add up
    later: tuple[Rows, Rows, Array] | None  # others: their place among late ones, and delays
    lanes: list[Step]  # orders by place among the suppliers, and their shares
    ranks: list[Step]  # the same, by rank
    numbers: Any = None  # rows of the table, where compiled loops need them


@dataclass(eq=False)
class Receiving:
    """A block of items that receive goods, by their first lanes or by later ones."""

    first: bool
    items: Rows
    lanes: Rows
    numbers: Any = None


@dataclass(eq=False)
class Handover:
    """A block of items that hand over what they owe, claim by claim."""

    stage: int
    supply: int  # 0 from stock, 1 from an endless source, then sources of limited nodes in turn
    proportional: bool
    items: Sequence[ItemPlan]
    rows: Rows  # theirs, or those of their nodes among the limited ones
    steps: list[tuple[Step, Rows]]  # claims by place in the line, and whose they are
    claims: slice  # all of them
    whose: Array
    numbers: Any = None


class Making(NamedTuple):
    """A block of recipes that make goods at one moment."""

    stage: int
    at_once: bool  # done the same day
    recipes: Rows
    nodes: Rows  # among the limited nodes; None where capacity has no limit
    parts: Sums  # the components of each
    components: list[Step]  # the same, by place in the recipe


def open_days(plan: Plan, streams: RandomStreams, lane: int) -> Array | None:
    """1.0 on the days on which goods can leave on a lane; None if that is every day."""
    row, source = plan.lanes[lane].row, plan.items[plan.lanes[lane].source]
    if plan.lanes[lane].shut:
        return np.zeros((plan.scenario.days, 1))
    at_source = streams.making if source.unlimited else streams.shipping
    factors = [streams.moving.get(row.key), at_source.get(source.key)]
    shut = [factor > 0.0 for factor in factors if factor is not None]
    return np.logical_and.reduce(np.broadcast_arrays(*shut)).astype(float) if shut else None


def facts_of(plan: Plan, streams: RandomStreams, start: State) -> Facts:
    """What decides how a plan is cut into blocks."""
    items, told = plan.items, start.open_orders
    late = [at for at, lane in enumerate(plan.lanes) if lane.delay or told[lane.key]]
    for at, recipe in enumerate(plan.recipes):
        if items[recipe.item].node.evening_review or told[recipe.key]:
            late.append(~at)
    several = [at for item in items if len(item.lanes_in) > 1 for at in item.lanes_in]
    times = [streams.lead_time[lane.key] for lane in plan.lanes]
    quickest = [days[:1].min() if certain(days) else days.min() for days in times]
    seldom = {i.number for i in items if i.node.evening_review or i.node.review_period > 1}
    lasting = seldom | {item.number for item in items if start.asked[item.key]}
    place = {number: at for at, number in enumerate(plan.deciders)}
    for first, second in _links(plan, today=True):
        if place[second] > place.get(first, len(place)):
            lasting.add(first)
    return Facts(
        instant=tuple(at for at, days in enumerate(quickest) if days == 0),
        gated=frozenset(at for at in several if open_days(plan, streams, at) is not None),
        late=tuple(late),
        lasting=frozenset(number for number in lasting if number in place),
        remembering=frozenset(item.number for item in items if start.memory.get(item.key)),
    )


def _links(plan: Plan, today: bool) -> list[tuple[int, int]]:
    """Who is asked by whom (``today``: orders that take days to be seen left out)."""
    lanes = [lane for lane in plan.lanes if not (today and lane.delay)]
    links = [(lane.source, lane.destination) for lane in lanes]
    return links + [(c, recipe.item) for recipe in plan.recipes for c, _ in recipe.components]


class Order:
    """The order of items: when they have their turn, and where they stand.

    Items in order: those that are bought, those that are made (as are recipes), endless sources.
    """

    def __init__(self, plan: Plan, facts: Facts) -> None:
        """Sort the items; those that decide together have one key."""
        self.plan, self.facts = plan, facts
        self.place = {number: at for at, number in enumerate(plan.deciders)}
        self.split = [self._split(item) for item in plan.items]
        self.level, self.stage = self._levels(), self._stages()
        self.alone: set[int] = set()
        kinds: dict[Hashable, int] = {}
        self.key: dict[int, tuple[Any, ...]] = {}
        keyed = []
        for item in plan.items:
            node, number, made = item.node, item.number, item.made is not None
            kind = kinds.setdefault(self._kind(item), len(kinds))
            # Those that nobody claims come first of the bought, and last of the made.
            place = (made, bool(item.claims) != made, self.level.get(number, 0))
            when = (node.evening_review, node.review_period, kind)
            self.key[number] = (2,) if item.unlimited else (*place, *when)
            parts = plan.recipes[item.made].components if item.made is not None else ()
            many = [-len(each) for each in (item.lanes_in, parts, item.claims)]
            keyed.append((self.key[number], self.stage[node.name], many, number))
        self.order = [number for *_, number in sorted(keyed)]
        self.items = [plan.items[number] for number in self.order]
        self.row = {number: at for at, number in enumerate(self.order)}
        self.bought = sum(bool(item.lanes_in) for item in plan.items)
        self.deciding = len(plan.deciders)

    def _split(self, item: ItemPlan) -> str:
        """How an item's orders go to several suppliers; empty where one gets all."""
        kind, lanes = type(item.sourcing), item.lanes_in
        ranked = kind is PriorityFailover
        if len(lanes) < 2 or (ranked and self.facts.gated.isdisjoint(lanes)):
            return ""
        if kind is Shares and sum(self.plan.lanes[at].row.sourcing_share for at in lanes) > 0:
            return "shares"
        return "ranks" if ranked else "own"

    def _levels(self) -> dict[int, int]:
        """Morning levels: whoever the plan lets decide first, of two that are linked, is lower."""
        level, turn = dict[int, int](), self.place.__getitem__
        links = (link for link in _links(self.plan, today=False) if link[0] in self.place)
        before = grouped((max(link, key=turn), min(link, key=turn)) for link in links)
        for number in self.plan.deciders:
            level[number] = 1 + max((level[n] for n in before.get(number, ())), default=-1)
        return level

    def _stages(self) -> dict[str, int]:
        """Afternoon stages: who can be reached within the afternoon has its turn later."""
        stage, lanes = dict[str, int](), (self.plan.lanes[at].row for at in self.facts.instant)
        into = grouped((lane.destination, lane.source) for lane in lanes)
        for name in (turn.node.name for turn in self.plan.turns):
            stage[name] = 1 + max((stage[source] for source in into.get(name, ())), default=-1)
        return stage

    def _kind(self, item: ItemPlan) -> Hashable:
        """What items must share to decide together; an item alone has its number for it."""
        kind, shown, number = kind_of_rule(item.rule), item.sharing, item.number
        alone = kind is None or number in self.facts.remembering or self.split[number] == "own"
        alone = alone or getattr(shown, "alone", False)
        if alone or type(shown).__module__.partition(".")[0] != "twinlab":
            self.alone.add(number)
            return number
        return kind, shown, self.split[number], number in self.facts.lasting

    def orders_of(self, item: ItemPlan) -> Sequence[int]:
        """The orders that an item places."""
        if item.made is not None:
            return [~item.made]
        if self.split[item.number]:
            return item.lanes_in
        return [min(item.lanes_in, key=self.rank)]

    def rank(self, at: int) -> tuple[bool, int]:
        """When a lane is asked, where one is after the other: those that are shut come last."""
        return self.plan.lanes[at].shut, self.plan.lanes[at].row.sourcing_rank

    def delay(self, key: int) -> int:
        """Days until an order is seen."""
        plan = self.plan
        if key >= 0:
            return plan.lanes[key].delay
        return int(plan.items[plan.recipes[~key].item].node.evening_review)


class Flows(Order):
    """The blocks of an afternoon: who receives, makes and hands over together, stage by stage."""

    def __init__(self, plan: Plan, facts: Facts) -> None:
        """Number limited nodes, claims, recipes and lanes in the order of their blocks."""
        super().__init__(plan, facts)
        limited = [turn.node for turn in plan.turns if turn.node.capacity < math.inf]
        self.limited = {node.name: at for at, node in enumerate(limited)}
        self.capacities = np.array([[node.capacity] for node in limited]).reshape(-1, 1)
        self.recipes: list[int] = [item.made for item in self.items if item.made is not None]
        self.recipe = {at: k for k, at in enumerate(self.recipes)}
        self.claims: dict[int, int] = {}  # rows by lane, or by item after the lanes
        self.handovers = self._hand_over()
        self.sellers = sorted(plan.sellers, key=self.row.__getitem__)
        self.customers = span(self.claims[len(plan.lanes) + number] for number in self.sellers)
        self.makings = self._make()
        self._sort_lanes()

    def claims_of(self, item: ItemPlan) -> list[int]:
        """An item's claims, in order of service."""
        return [at if at >= 0 else len(self.plan.lanes) + item.number for at in item.claims]

    def _hand_over(self) -> list[Handover]:
        """Blocks that hand over; claims get their rows in this order."""
        turn_at: dict[str, int] = defaultdict(lambda: 2)
        groups: dict[tuple[int, int, bool], list[ItemPlan]] = defaultdict(list)
        for item in (item for item in self.plan.items if item.claims):
            supply = int(item.unlimited)
            if supply and item.node.name in self.limited:  # they take their turns by number
                supply = turn_at[item.node.name]
                turn_at[item.node.name] += 1
            fair = item.node.proportional and supply != 1
            groups[self.stage[item.node.name], supply, fair].append(item)
        blocks = []
        for key in sorted(groups):
            items = sorted(groups[key], key=lambda item: self.row[item.number])
            nodes = [self.limited.get(i.node.name, 0) for i in items]
            rows = np.array(nodes if key[1] > 1 else [self.row[i.number] for i in items])
            lines = [self.claims_of(item) for item in items]
            begin = len(self.claims)
            self.claims |= {claim: at for at, claim in enumerate(by_place(lines), begin)}
            found = steps([[(self.claims[claim], 1.0) for claim in line] for line in lines])
            line = [(step, span(rows[step.which])) for step in found]
            claims, whose = slice(begin, len(self.claims)), [rows[step.which] for step in found]
            blocks.append(Handover(*key, items, span(rows), line, claims, np.concatenate(whose)))
        return blocks

    def _make(self) -> list[Making]:
        """Blocks of recipes; within a node, those that share something by turns."""
        recipes, turn_at = self.plan.recipes, dict[int, int]()
        touched = [{r.item, *(c for c, _ in r.components)} for r in recipes]
        groups: dict[tuple[int, int, bool, bool], list[int]] = defaultdict(list)
        for turn in self.plan.turns:
            limited = turn.node.name in self.limited
            for k, at in enumerate(turn.recipes):
                rivals = [o for o in turn.recipes[:k] if limited or touched[at] & touched[o]]
                turn_at[at] = 1 + max((turn_at[other] for other in rivals), default=-1)
        for at in self.recipes:
            row = recipes[at].row
            when = self.stage[row.node], turn_at[at]
            groups[*when, row.node in self.limited, not row.production_time].append(at)
        blocks = []
        for (stage, _, limited, at_once), some in sorted(groups.items()):
            nodes = span(self.limited[recipes[at].row.node] for at in some) if limited else None
            parts = [[(self.row[c], need) for c, need in recipes[at].components] for at in some]
            rows = span(self.recipe[at] for at in some)
            blocks.append(Making(stage, at_once, rows, nodes, Sums(parts), steps(parts)))
        return blocks

    def _sort_lanes(self) -> None:
        """Lanes in the order in which goods arrive: by stage, the first ones of all items first."""
        turn = {t.node.name: at for at, t in enumerate(self.plan.turns)}
        groups: dict[tuple[int, int], list[tuple[int, int]]] = defaultdict(list)
        for item in self.plan.items:
            for place, at in enumerate(item.lanes_in):
                groups[self.stage[item.node.name], place].append((self.row[item.number], at))
        self.lanes: list[int] = []
        stages = range(1 + max(self.stage.values()))
        self.receives = {stage: list[Receiving]() for stage in stages}
        for stage, place in sorted(groups):
            rows, lanes = zip(*sorted(groups[stage, place]), strict=True)
            numbers = slice(len(self.lanes), len(self.lanes) + len(lanes))
            self.receives[stage].append(Receiving(place == 0, span(rows), numbers))
            self.lanes += lanes
        ends = [(v.source, v.destination) for v in (self.plan.lanes[at].row for at in self.lanes)]
        # In a cycle of lanes goods may arrive before their sender's turn.
        self.backward = np.flatnonzero([turn[a] > turn[b] for a, b in ends])
        self.sends = {}
        for stage in stages:
            from_here = [k for k, (source, _) in enumerate(ends) if self.stage[source] == stage]
            self.sends[stage] = span(from_here), span(self.claims[self.lanes[k]] for k in from_here)


class Layout(Flows):
    """Where every number of a plan stands, and the blocks of a day, in order.

    ``parts`` of the table say whose numbers they hold: of items, lanes, recipes, claims (by lane,
    or item after the lanes) or orders. What a night records begins at ``demanded``.

    ==============  ====================================================================
    since           asked, where that adds up over days until somebody decides
    late            orders seen today that were placed before
    placed          today's orders, by lane and by recipe
    to_make         by recipe
    demanded …      customers; what is owed, by claim; stocks; what else happened today
    sent …          after the table: what was so today, or not
    ==============  ====================================================================
    """

    def __init__(self, plan: Plan, facts: Facts) -> None:
        """Sort everything."""
        super().__init__(plan, facts)
        groups = grouped((self.key[item.number], item) for item in self.items[: self.deciding])
        self.orders: list[int] = []
        for items in groups.values():
            self.orders += by_place(self.orders_of(item) for item in items)
        self.placed = {key: at for at, key in enumerate(self.orders)}
        self.late = {key: row for row, key in enumerate(facts.late)}
        lasting = [number for number in self.order if number in facts.lasting]
        self.lasting = {number: row for row, number in enumerate(lasting)}
        self.parts = self._parts()
        ends = np.cumsum([len(keys) for keys in self.parts.values()]).tolist()
        cuts = zip(self.parts.items(), ends, strict=True)
        self.cuts = {name: slice(end - len(keys), end) for (name, keys), end in cuts}
        self.asking = self._asking()
        self.asked = Sums([[entry for _, entry in self.asking[n]] for n in self.order])
        after = {n: -2 if plan.items[n].node.evening_review else self.place[n] for n in lasting}
        self.rest = Sums([self._asks(number, after=after[number]) for number in lasting])
        blocks = sorted(groups.values(), key=lambda items: self.level[items[0].number])
        self.decisions = [self._decision(items) for items in blocks]

    def _parts(self) -> dict[str, list[int]]:
        """The parts of the table: whose numbers stand in them."""
        claims, sold, decided = list(self.claims), self.sellers, self.order[: self.deciding]
        made, used = decided[self.bought :], {c for r in self.plan.recipes for c, _ in r.components}
        components = sorted(used, key=self.row.__getitem__)
        self.consumed = np.zeros(self.deciding, dtype=np.intp)  # rows of components, by item
        self.consumed[[self.row[c] for c in components]] = np.arange(len(components))
        parts = {"since": list(self.lasting), "late": list(self.late), "placed": self.orders}
        parts |= {"to_make": self.recipes, "demanded": sold, "owed": claims, "on_hand": decided}
        parts |= {"on_order": decided, "in_transit": self.lanes, "in_process": self.recipes}
        parts |= {"asked_today": self.order, "ordered": decided}
        parts |= {"received": decided[: self.bought], "finished": made, "started": made}
        parts |= {"scrap": made, "consumed": components, "given": claims, "on_time": sold}
        parts["scrapped"] = sorted(self.plan.losing, key=self.row.__getitem__)
        return parts | {"lost": sold, "sent": claims} | dict.fromkeys(COUNTS, sold)

    def at(self, name: str, row: int = 0) -> int:
        """A row of a part, as a row of the table."""
        return int(self.cuts[name].start) + row

    def numbers(self, names: str, rows: Rows) -> list[Array]:
        """Some rows of parts, as rows of the table, one by one."""
        return [self.at(name) + index(rows) for name in names.split()]

    @cached_property
    def record(self) -> Any:
        """For each row of a record (see ``Records``), where it stands, from ``demanded`` on."""
        found, lanes = list[int](), len(self.plan.lanes)
        for name, numbers in Records(self.plan).numbers.items():
            part = "given" if name in ("shipped", "served") else name
            begin, shift = self.at(part) - self.at("demanded"), lanes * (name == "served")
            row = {number: at for at, number in enumerate(self.parts[part], begin)}
            found += [row[number + shift] for number in numbers]
        return np.array(found, dtype=np.intp)

    def seen(self, keys: Sequence[int]) -> Rows:
        """Where orders add up that are seen: what lanes owe, what recipes are to make."""
        return span(
            self.at("owed", self.claims[key]) if key >= 0 else self.at("to_make", self.recipe[~key])
            for key in keys
        )

    def owing(self, item: ItemPlan) -> list[Entry]:
        """What an item is asked for and has not handed over: in order of service, then use."""
        owed = [(self.at("owed", self.claims[claim]), 1.0) for claim in self.claims_of(item)]
        return owed + [(self.at("to_make", self.recipe[at]), need) for at, need in item.users]

    def _asking(self) -> dict[int, list[tuple[int, Entry]]]:
        """What each item is asked today, in order: when (-1: before all decisions), and where."""
        plan, found = self.plan, defaultdict[int, list[tuple[int, Entry]]](list)

        def ask(when: int, key: int, row: int) -> None:
            parts = ((plan.lanes[key].source, 1.0),) if key >= 0 else plan.recipes[~key].components
            for number, need in parts:
                found[number].append((when, (row, need)))

        for key, row in self.late.items():
            ask(-1, key, self.at("late", row))
        for row, number in enumerate(self.sellers, self.at("demanded")):
            found[number].append((-1, (row, 1.0)))
        for when, number in enumerate(plan.deciders):
            for key in self.orders_of(plan.items[number]):
                if not self.delay(key):
                    ask(when, key, self.at("placed", self.placed[key]))
        return found

    def _asks(self, number: int, after: float = -2, before: float = math.inf) -> list[Entry]:
        """What is asked of an item between two moments, on top of what has added up."""
        today = [entry for when, entry in self.asking[number] if after < when < before]
        return [(self.lasting[number], 1.0), *today] if number in self.lasting else today

    def _decision(self, items: Sequence[ItemPlan]) -> Decision:
        """A block of decisions, and where its orders go."""
        numbers, begin = [item.number for item in items], self.row[items[0].number]
        keys = [self.orders_of(item) for item in items]
        first = min(self.placed[key] for some in keys for key in some)
        orders = self.orders[first : first + sum(map(len, keys))]
        delays = np.array([self.delay(key) for key in orders])
        now, later = np.flatnonzero(delays == 0), np.flatnonzero(delays)
        late = np.array([self.late[orders[k]] for k in later])
        since = [self.lasting[number] for number in numbers if number in self.lasting]
        return Decision(
            items,
            numbers[0] in self.alone,
            split=self.split[numbers[0]],
            rows=slice(begin, begin + len(items)),
            placed=slice(first, first + len(orders)),
            backlog=Sums([self.owing(item) for item in items]),
            asks=Sums([self._asks(number, before=self.place[number]) for number in numbers]),
            since=span(since) if since else None,
            now=(span(now), self.seen([orders[k] for k in now])) if len(now) else None,
            later=(span(later), late, delays[later]) if len(later) else None,
            lanes=self._steps(keys, first) if self.split[numbers[0]] else [],
            ranks=self._steps(keys, first, ranked=True) if self.split[numbers[0]] else [],
        )

    def _steps(self, keys: Sequence[Sequence[int]], begin: int, ranked: bool = False) -> list[Step]:
        """How orders are split, supplier by supplier: by table order and share, or by rank."""
        lists = []
        for some in keys:
            rows = {at: self.plan.lanes[at].row for at in some}
            total = sum(row.sourcing_share for row in rows.values()) or 1.0
            order = sorted(some, key=self.rank) if ranked else some
            parts = [(self.placed[at] - begin, rows[at].sourcing_share / total) for at in order]
            lists.append(parts)
        return steps(lists)


_KEPT: list[Layout] = []  # the latest


def layout_of(plan: Plan, facts: Facts) -> Layout:
    """The blocks of a plan; the latest two are kept, for its other chunks of work."""
    for layout in _KEPT:
        if layout.plan is plan and layout.facts == facts:
            return layout
    _KEPT.append(Layout(plan, facts))
    del _KEPT[:-2]
    return _KEPT[-1]
