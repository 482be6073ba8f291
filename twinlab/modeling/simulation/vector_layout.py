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
"""

import math
from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence
from typing import Any

import numpy as np

from twinlab.modeling.simulation.plan import ItemPlan, Plan
from twinlab.modeling.simulation.vector_blocks import (
    Decision,
    Entry,
    Facts,
    Handover,
    Making,
    Rows,
    Step,
    Sums,
    kind_of_rule,
    span,
    steps,
)
from twinlab.organization.view import PriorityFailover, Shares


class Layout:
    """Where every number of a plan stands, and the blocks of a day, in order.

    Items stand in the order: those that are bought, those that are made (as do their recipes), then
    endless sources. ``cuts`` are the parts of the table; what a night records begins at
    ``demanded``.

    ==============  ====================================================================
    since           asked, where that adds up over days until somebody decides
    late            orders seen today that were placed before
    placed          today's orders, by lane and by recipe
    to_make         by recipe
    demanded …      customers; what is owed, by claim; stocks; what else happened today
    ==============  ====================================================================
    """

    def __init__(self, plan: Plan, facts: Facts) -> None:
        """Sort everything."""
        self.plan, self.facts = plan, facts
        self.late = {key: row for row, key in enumerate(facts.late)}
        self.place = {number: at for at, number in enumerate(plan.deciders)}
        self.split = {item.number: self._split(item) for item in plan.items}
        self.level, self.stage = self._levels(), self._stages()
        keyed = self._sorted_items()
        self.order = [item.number for item in keyed]
        self.row = {number: at for at, number in enumerate(self.order)}
        self.bought = sum(bool(item.lanes_in) for item in keyed)
        self.deciding = sum(not item.unlimited for item in keyed)
        self._number(keyed)
        self.claims: dict[int, int] = {}
        self.handovers = self._hand_over(keyed)
        self.makings = self._make()
        self._sort_lanes()
        lasting = [item.number for item in keyed if item.number in facts.lasting]
        self.lasting = {number: row for row, number in enumerate(lasting)}
        blocks = self._blocks(keyed)
        self.cuts = self._cut()
        self.asking = self._asking()
        self.asked = Sums([[entry for _, entry in self.asking[n]] for n in self.order])
        self.rest = Sums([self._asks(n, after=self._decided(n)) for n in self.lasting])
        self.decisions = [self._decision(tuple(items)) for items in blocks]

    def _number(self, keyed: Sequence[ItemPlan]) -> None:
        """Rows of recipes, nodes of limited capacity, sellers and components."""
        plan = self.plan
        self.recipes: list[int] = [item.made for item in keyed if item.made is not None]
        self.recipe = {at: k for k, at in enumerate(self.recipes)}
        limited = [turn.node for turn in plan.turns if turn.node.capacity < math.inf]
        self.limited = {node.name: at for at, node in enumerate(limited)}
        self.capacities = np.array([[node.capacity] for node in limited]).reshape(-1, 1)
        self.sellers = sorted(plan.sellers, key=self.row.__getitem__)
        self.components = sorted({self.row[c] for r in plan.recipes for c, _ in r.components})
        self.consumed = np.zeros(self.deciding, dtype=np.intp)  # rows of components, by item
        self.consumed[self.components] = np.arange(len(self.components))

    def at(self, name: str, row: int = 0) -> int:
        """A row of a part, as a row of the table."""
        return int(self.cuts[name].start) + row

    def _cut(self) -> dict[str, slice]:
        """The parts of the table."""
        facts, claims, sold = self.facts, len(self.claims), len(self.sellers)
        made, lanes = len(self.recipes), len(self.lanes)
        sizes = {"since": len(self.lasting), "late": len(facts.late)}
        sizes |= {"placed": len(self.placed), "to_make": made}
        sizes |= {"demanded": sold, "owed": claims, "on_hand": self.deciding}
        sizes |= {"on_order": self.deciding, "in_transit": lanes, "in_process": made}
        sizes |= {"asked_today": len(self.order), "ordered": self.deciding}
        sizes |= {"received": self.bought, "finished": made, "started": made, "scrap": made}
        sizes |= {"consumed": len(self.components), "given": claims, "on_time": sold, "lost": sold}
        ends = dict(zip(sizes, np.cumsum(list(sizes.values())).tolist(), strict=True))
        return {name: slice(ends[name] - size, ends[name]) for name, size in sizes.items()}

    # -- order --

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
        plan, place = self.plan, self.place
        links = [(lane.source, lane.destination) for lane in plan.lanes]
        links += [(c, recipe.item) for recipe in plan.recipes for c, _ in recipe.components]
        before: dict[int, list[int]] = defaultdict(list)
        for link in links:
            if link[0] in place and link[1] in place:
                first, second = sorted(link, key=place.__getitem__)
                before[second].append(first)
        level: dict[int, int] = {}
        for number in plan.deciders:
            level[number] = 1 + max((level[n] for n in before[number]), default=-1)
        return level

    def _stages(self) -> dict[str, int]:
        """Afternoon stages: who can be reached within the afternoon has its turn later."""
        stage: dict[str, int] = {}
        into: dict[str, list[str]] = defaultdict(list)
        for row in (self.plan.lanes[at].row for at in self.facts.instant):
            into[row.destination].append(row.source)
        for name in (turn.node.name for turn in self.plan.turns):
            stage[name] = 1 + max((stage[source] for source in into[name]), default=-1)
        return stage

    def _sorted_items(self) -> list[ItemPlan]:
        """Items in the order of their rows; those that decide together have one key."""
        kinds: dict[Hashable, int] = {}
        self.key: dict[int, tuple[int, ...]] = {}
        within = {}
        for item in self.plan.items:
            node, made = item.node, item.made is not None
            parts = self.plan.recipes[item.made].components if item.made is not None else ()
            many = (len(item.lanes_in), len(parts), len(item.claims))
            within[item.number] = (self.stage[node.name], *(-n for n in many), item.number)
            kind = kinds.setdefault(self._kind(item), len(kinds))
            place = (int(made), int(bool(item.claims) != made), self.level.get(item.number, 0))
            when = (node.evening_review, node.review_period, kind)
            self.key[item.number] = (2,) if item.unlimited else (*place, *when)
        return sorted(self.plan.items, key=lambda i: (self.key[i.number], within[i.number]))

    def _kind(self, item: ItemPlan) -> Hashable:
        """What items must share to decide together; an item alone has its number for it."""
        kind, shown, number = kind_of_rule(item.rule), item.sharing, item.number
        alone = kind is None or number in self.facts.remembering or self.split[number] == "own"
        if alone or type(shown).__module__.partition(".")[0] != "twinlab":
            return number
        return kind, shown, self.split[number], number in self.facts.lasting

    # -- the afternoon --

    def _hand_over(self, keyed: Sequence[ItemPlan]) -> list[Handover]:
        """Blocks that hand over, stage by stage; claims get their rows in this order."""
        turn_at: dict[str, int] = defaultdict(lambda: 2)
        todo: dict[tuple[int, int, bool], list[ItemPlan]] = defaultdict(list)
        supply = {item.number: int(item.unlimited) for item in keyed}
        for item in self.plan.items:  # sources of one limited node take their turns by number
            if item.unlimited and item.claims and item.node.name in self.limited:
                supply[item.number] = turn_at[item.node.name]
                turn_at[item.node.name] += 1
        for item in (item for item in keyed if item.claims):
            which = supply[item.number]
            fair = item.node.proportional and which != 1
            todo[self.stage[item.node.name], which, fair].append(item)
        blocks = []
        for (stage, which, fair), items in sorted(todo.items(), key=lambda each: each[0]):
            nodes = [self.limited.get(i.node.name, 0) for i in items]
            rows = np.array(nodes if which > 1 else [self.row[i.number] for i in items])
            lines = [self._claims(i) for i in items]
            for at in range(max(map(len, lines))):
                lines = [claims for claims in lines if len(claims) > at]
                for claims in lines:
                    self.claims[claims[at]] = len(self.claims)
            found = steps([[(row, 1.0) for row in self.claims_of(i)] for i in items])
            line = [(step, span(rows[step.which])) for step in found]
            blocks.append(Handover(stage, which, fair, tuple(items), span(rows), line))
        return blocks

    def _claims(self, item: ItemPlan) -> list[int]:
        return [at if at >= 0 else len(self.plan.lanes) + item.number for at in item.claims]

    def claims_of(self, item: ItemPlan) -> list[int]:
        """The rows of an item's claims, in order of service."""
        return [self.claims[claim] for claim in self._claims(item)]

    def customers(self) -> Rows:
        """The rows of what the customers of sellers are owed."""
        return span(self.claims[len(self.plan.lanes) + number] for number in self.sellers)

    def _sort_lanes(self) -> None:
        """Lanes in the order in which goods arrive: by stage, the first ones of all items first."""
        turn = {t.node.name: at for at, t in enumerate(self.plan.turns)}
        groups: dict[tuple[int, int], list[tuple[int, int]]] = defaultdict(list)
        for item in self.plan.items:
            for place, at in enumerate(item.lanes_in):
                key = self.stage[item.node.name], place
                groups[key].append((self.row[item.number], at))
        self.lanes = [at for key in sorted(groups) for _, at in sorted(groups[key])]
        self.lane = {at: k for k, at in enumerate(self.lanes)}
        self.receives = {stage: list[tuple[bool, Rows, Rows]]() for stage in self._all_stages()}
        for stage, place in sorted(groups):
            rows, lanes = zip(*sorted(groups[stage, place]), strict=True)
            numbers = span(self.lane[at] for at in lanes)
            self.receives[stage].append((place == 0, span(rows), numbers))
        ends = [(v.source, v.destination) for v in (self.plan.lanes[at].row for at in self.lanes)]
        # In a cycle of lanes goods may arrive before their sender's turn.
        self.backward = np.flatnonzero([turn[a] > turn[b] for a, b in ends])
        self.sends = {}
        for stage in self.receives:
            from_here = [k for k, (source, _) in enumerate(ends) if self.stage[source] == stage]
            claims = span(self.claims[self.lanes[k]] for k in from_here)
            self.sends[stage] = span(from_here), claims

    def _all_stages(self) -> range:
        return range(1 + max(self.stage.values()))

    def _make(self) -> list[Making]:
        """Blocks of recipes by stage; within a node, those that share something by turns."""
        recipes, turn_at = self.plan.recipes, dict[int, int]()
        touched = [{r.item, *(c for c, _ in r.components)} for r in recipes]
        groups: dict[tuple[int, int, bool], list[int]] = defaultdict(list)
        for turn in self.plan.turns:
            limited = turn.node.name in self.limited
            for k, at in enumerate(turn.recipes):
                rivals = [o for o in turn.recipes[:k] if limited or touched[at] & touched[o]]
                turn_at[at] = 1 + max((turn_at[other] for other in rivals), default=-1)
        for at in self.recipes:
            node = recipes[at].row.node
            groups[self.stage[node], turn_at[at], node in self.limited].append(at)
        blocks = []
        for (stage, _, limited), some in sorted(groups.items(), key=lambda each: each[0]):
            rows = np.array([self.recipe[at] for at in some])
            nodes = span(self.limited[recipes[at].row.node] for at in some) if limited else None
            parts = steps([[(self.row[c], n) for c, n in recipes[at].components] for at in some])
            times = np.array([recipes[at].row.production_time for at in some])
            cut = [np.flatnonzero(times == 0), np.flatnonzero(times)]
            when = [(span(k), span(rows[k])) if len(k) else None for k in cut]
            blocks.append(Making(stage, span(rows), nodes, parts, *when))
        return blocks

    # -- the morning --

    def _usual(self, item: ItemPlan) -> int:
        """The lane that brings everything, where orders are not split."""
        return min(item.lanes_in, key=lambda at: self.plan.lanes[at].row.sourcing_rank)

    def _blocks(self, keyed: Sequence[ItemPlan]) -> list[list[ItemPlan]]:
        """Who decides together, in order; orders get their rows: lanes, and recipes as ~number."""
        groups: dict[tuple[int, ...], list[ItemPlan]] = defaultdict(list)
        for item in keyed[: self.deciding]:
            groups[self.key[item.number]].append(item)
        keys: list[int] = []
        for items in groups.values():
            if items[0].made is not None:
                keys += [~item.made for item in items if item.made is not None]
            elif self.split[items[0].number]:
                most = max(len(item.lanes_in) for item in items)
                keys += [
                    i.lanes_in[at] for at in range(most) for i in items if len(i.lanes_in) > at
                ]
            else:
                keys += map(self._usual, items)
        self.orders, self.placed = keys, {key: at for at, key in enumerate(keys)}
        return sorted(groups.values(), key=lambda items: self.level[items[0].number])

    def _asking(self) -> dict[int, list[tuple[float, Entry]]]:
        """Who asks each item today, in order: when (-1: before all decisions), and for what."""
        plan = self.plan
        asked = list[tuple[float, int, int]]()  # when, a lane or recipe, the row of its order
        for row, key in enumerate(self.facts.late, self.at("late")):
            asked.append((-1.0, key, row))
        for when, item in enumerate(map(plan.items.__getitem__, plan.deciders)):
            made = [] if item.made is None or item.node.evening_review else [~item.made]
            for key in [*(at for at in item.lanes_in if not plan.lanes[at].delay), *made]:
                if key in self.placed:
                    asked.append((when, key, self.at("placed", self.placed[key])))
        found: dict[int, list[tuple[float, Entry]]] = defaultdict(list)
        for moment, key, row in asked:
            parts = ((plan.lanes[key].source, 1.0),) if key >= 0 else plan.recipes[~key].components
            for number, need in parts:
                found[number].append((moment, (row, need)))
        late = len(self.facts.late)
        for row, number in enumerate(self.sellers, self.at("demanded")):
            first = sum(at < self.at("late", late) for _, (at, _) in found[number])
            found[number].insert(first, (-1, (row, 1.0)))
        return found

    def _asks(self, number: int, after: float = -2, before: float = math.inf) -> list[Entry]:
        """What is asked of an item between two moments, on top of what has added up."""
        today = [entry for when, entry in self.asking[number] if after < when < before]
        return [(self.lasting[number], 1.0), *today] if number in self.lasting else today

    def _decision(self, items: tuple[ItemPlan, ...]) -> Decision:
        """A block of decisions, and where its orders go."""
        first, begin = items[0], self.row[items[0].number]
        lines = [[(self.at("owed", row), 1.0) for row in self.claims_of(item)] for item in items]
        for line, item in zip(lines, items, strict=True):
            line += [(self.at("to_make", self.recipe[at]), need) for at, need in item.users]
        since = [self.lasting[item.number] for item in items if item.number in self.lasting]
        keys = [self._keys(item) for item in items]
        rows = sorted(self.placed[key] for some in keys for key in some)
        placed, parts = slice(rows[0], rows[-1] + 1), self._parts(items, keys, rows[0])
        orders = [[(self.at("placed", self.placed[key]), 1.0) for key in some] for some in keys]
        standing = [(self.at("on_order", begin + k), 1.0) for k in range(len(items))]
        return Decision(
            items=items,
            alone=isinstance(self._kind(first), int),
            split=self.split[first.number],
            rows=slice(begin, begin + len(items)),
            placed=placed,
            backlog=Sums(lines),
            asks=Sums([self._asks(item.number, before=self._moment(item)) for item in items]),
            since=span(since) if since else None,
            now=self._seen(self.orders[placed], later=False),
            later=self._seen(self.orders[placed], later=True),
            lanes=parts[0],
            ranks=parts[1],
            on_order=Sums([[each, *some] for each, some in zip(standing, orders, strict=True)]),
            ordered=Sums(orders),
        )

    def _decided(self, number: int) -> float:
        """After which moment what is asked today is left for the next decision."""
        return -2 if self.plan.items[number].node.evening_review else self.place[number]

    def _moment(self, item: ItemPlan) -> float:
        """Before which moment what is asked must be added up for an item to decide."""
        lasting = item.number in self.lasting and not item.node.evening_review
        return self.place[item.number] if lasting else math.inf

    def _keys(self, item: ItemPlan) -> list[int]:
        """The lanes and the recipe (as ~number) that an item's orders go to."""
        made = [] if item.made is None else [~item.made]
        return [*made, *(at for at in item.lanes_in if at in self.placed)]

    def _parts(
        self, items: Sequence[ItemPlan], keys: Sequence[Sequence[int]], begin: int
    ) -> tuple[list[Step], list[Step]]:
        """How orders are split, supplier by supplier: by table order and share, and by rank."""
        if not self.split[items[0].number] or items[0].made is not None:
            return [], []
        lanes = self.plan.lanes
        shares, ranks = [], []
        for some in keys:
            total = sum(lanes[at].row.sourcing_share for at in some)
            rows = [self.placed[at] - begin for at in some]
            parts = [lanes[at].row.sourcing_share / (total or 1.0) for at in some]
            shares.append(list(zip(rows, parts, strict=True)))
            by_rank = sorted(some, key=lambda at: lanes[at].row.sourcing_rank)
            ranks.append([(self.placed[at] - begin, 1.0) for at in by_rank])
        return steps(shares), steps(ranks)

    def rows_of(self, keys: Iterable[int]) -> Rows:
        """Where orders add up that are seen: what lanes owe, what recipes are to make."""
        return span(
            self.at("owed", self.claims[key]) if key >= 0 else self.at("to_make", self.recipe[~key])
            for key in keys
        )

    def _seen(self, keys: Sequence[int], later: bool) -> Any:
        """Orders that are seen at once, and where they add up; or later, and when."""
        plan = self.plan
        evening = [
            key < 0 and plan.items[plan.recipes[~key].item].node.evening_review for key in keys
        ]
        delays = [
            int(e) if k < 0 else plan.lanes[k].delay for k, e in zip(keys, evening, strict=True)
        ]
        which = [at for at, delay in enumerate(delays) if bool(delay) == later]
        if not which:
            return None
        if not later:
            return span(which), self.rows_of(keys[at] for at in which)
        where = np.array([self.late[keys[at]] for at in which])
        return span(which), where, np.array([delays[at] for at in which])

    def _delay(self, key: int) -> int:
        """Days until an order is seen, by a supplier or (for recipes, as ~number) in production."""
        plan = self.plan
        if key >= 0:
            return plan.lanes[key].delay
        return int(plan.items[plan.recipes[~key].item].node.evening_review)


_KEPT: list[Layout] = []  # the latest


def layout_of(plan: Plan, facts: Facts) -> Layout:
    """The blocks of a plan; the latest two are kept, for its other chunks of work."""
    for layout in _KEPT:
        if layout.plan is plan and layout.facts == facts:
            return layout
    _KEPT.append(Layout(plan, facts))
    del _KEPT[:-2]
    return _KEPT[-1]
