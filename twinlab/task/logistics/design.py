"""Where to open sites, with whole numbers proven: in the plane, of a list, of a whole network."""

import math
from bisect import bisect, bisect_left
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np

from twinlab.management.flows import customers_use
from twinlab.modeling.compare import Change
from twinlab.modeling.formulas.programs import Constraint, Optimum, Search, minimize
from twinlab.organization.view import Shares, View
from twinlab.scope import Lane, Network, Result, Scenario, ScenarioError, SolverError
from twinlab.scope.base import Amount, Count, ItemKey, Limit, Number, Positive, Row, column
from twinlab.scope.distributions import days_of, mean_of
from twinlab.scope.errors import check_known
from twinlab.scope.later import optimize
from twinlab.scope.scenario import lane_paths, targets
from twinlab.task.logistics.routing import node_distance

__all__ = """Choice Limits Search Site centres design_network facilities gravity_location""".split()

Pair = tuple[str, str]  # site and customer
Key = tuple[Any, ...]  # a variable of a design: what, in which period, where


class Site(Row, frozen=True):
    """A site that could be opened: what that costs, and how much it can serve."""

    fixed_cost: float = column("USD", 0.0, "cost of having it open", low=0)
    capacity: float = column("units", math.inf, "most it can serve", low=0)


class Facilities(Result, frozen=True):
    """Which sites are open, who is served from where, and what it costs.

    ``links`` are (site, customer, units).
    """

    links: tuple[tuple[str, str, float], ...]
    open: tuple[str, ...] = column("name", meaning="sites to have open")
    fixed_cost: float = column("USD", meaning="of having them open")
    transport_cost: float = column("USD", meaning="of serving the customers")
    cost: float = column("USD", meaning="of both")
    gap: float = column("share", 0.0, "of it that a better plan may save; 0: proven to be least")


def facilities(
    sites: Mapping[str, Site],
    demand: Mapping[str, Amount],
    cost: Mapping[Pair, Limit],
    count: Count | None = None,
    *,
    single: bool = False,
    search: Search = Search(),
) -> Facilities:
    """Choose the sites to open, with or without capacities, at least cost.

    min Σ f y + Σ d c x with Σ x = 1 for each customer, x ≤ y, Σ d x ≤ capacity · y; ``cost`` is
    per unit and (site, customer), inf where a site may not serve (too far, say); a
    customer may be served from several sites unless all are ``single``-sourced, and ``count`` asks
    for that many open sites: with free ones and distances for cost, the p-median (Hakimi 1964).
    A mixed-integer program, solved by HiGHS: proven, unless ``search`` may stop before.
    Source: Balinski (1965); Daskin (2013) chapters 7 and 8.

    Raises:
        ScenarioError: a cost is missing.
        SolverError: the sites cannot serve the customers, with the reason.

    >>> cost = {("north", "a"): 1, ("north", "b"): 9, ("south", "a"): 9, ("south", "b"): 1}
    >>> plan = facilities({"north": Site(30), "south": Site(50)}, {"a": 4, "b": 4}, cost)
    >>> plan.open, plan.cost
    (('north',), 70.0)
    >>> facilities({"north": Site(), "south": Site()}, {"a": 1, "b": 2}, cost, count=1).open
    ('south',)
    """
    _all_there(sites, demand, cost, "cost per unit")
    pairs = [(s, c) for s in sites for c in demand if cost[s, c] < math.inf]
    rows, total = list[Constraint](), sum(demand.values())
    for c, units in demand.items():
        own = {pair: 1.0 for pair in pairs if pair[1] == c}
        if units > 0 and not own:
            raise SolverError(f"facilities: no site may serve {c!r}: all its costs are inf")
        rows.append(Constraint(own, float(units > 0), 1.0))
    costs: dict[Any, float] = {(s, c): cost[s, c] * demand[c] for s, c in pairs}  # shares x
    costs |= {s: site.fixed_cost for s, site in sites.items()}  # open or not: y
    rows += [Constraint({pair: 1.0, pair[0]: -1.0}, high=0.0) for pair in pairs]
    for s, site in sites.items():
        served = {pair: demand[pair[1]] for pair in pairs if pair[0] == s}
        rows.append(Constraint({**served, s: -min(site.capacity, total)}, high=0.0))
    many = (0, len(sites)) if count is None else (count, count)
    rows.append(Constraint(dict.fromkeys(sites, 1.0), *many))
    told = f"no choice of {count or 'any number of'} of {len(sites)} sites serves everybody: "
    told += f"capacities sum to {sum(site.capacity for site in sites.values()):g} and {total:g} is "
    told += f"wanted{', each customer from one site' * single}; allow more pairs, sites or capacity"
    whole, bounds = set(costs) if single else set(sites), dict.fromkeys(costs, (0.0, 1.0))
    found = minimize(costs, rows, told, bounds, whole, search)
    served_by = {pair: found.values[pair] * demand[pair[1]] for pair in pairs}
    links = [(*pair, x) for pair, x in served_by.items() if x > 1e-9 * max(demand.values())]
    transport = sum(cost[pair] * x for pair, x in served_by.items())
    is_open = tuple(s for s in sites if found.values[s] > 0)
    fixed = sum(sites[s].fixed_cost for s in is_open)
    return Facilities(tuple(links), is_open, fixed, transport, fixed + transport, found.gap)


def _all_there(sites: Any, customers: Any, table: Mapping[Any, float], what: str) -> None:
    missing = [(s, c) for s in sites for c in customers if (s, c) not in table]
    if missing or not sites or not customers:
        raise ScenarioError(f"no {what} for {missing[:3] or 'any pair'}: add it, or inf")


class Centres(Result, frozen=True):
    """The sites from which nobody is far, and who is nearest to which."""

    open: tuple[str, ...] = column("name", meaning="sites to have open")
    distance: float = column("distance", meaning="to the customer who has it farthest")
    nearest: Mapping[str, str] = column("name", meaning="open site of each customer")


def centres(distances: Mapping[Pair, Limit], count: Count) -> Centres:
    """Choose at most so many sites that the largest distance to a customer is least: p-centre.

    ``distances`` are by (site, customer), inf where a site may not serve. Bisection of them finds
    the least within which ``count`` sites cover everybody: min Σ y with Σ y ≥ 1 over the sites
    near each customer. Source: Hakimi (1964); Minieka (1970); Daskin (2013) chapter 5.

    Raises:
        ScenarioError: a distance is missing.
        SolverError: so many sites do not reach everybody.

    >>> line = {(str(a), str(b)): abs(a - b) for a in range(10) for b in range(10)}
    >>> plan = centres(line, 2)
    >>> plan.open, plan.distance
    (('2', '7'), 2.0)
    """
    sites, customers = ({pair[end]: 1.0 for pair in distances} for end in (0, 1))
    _all_there(sites, customers, distances, "distance")

    def cover(radius: float) -> dict[str, float]:
        near = [{s: 1.0 for s in sites if distances[s, c] <= radius} for c in customers]
        rows, bounds = [Constraint(terms, low=1.0) for terms in near], dict.fromkeys(sites, (0, 1))
        return minimize(sites, rows, "centres: no cover", bounds, set(sites)).values

    least = max(min(distances[s, c] for s in sites) for c in customers)
    radii = sorted({far for far in distances.values() if least <= far < math.inf})
    at = bisect_left(radii, True, key=lambda radius: sum(cover(radius).values()) <= count)
    if at == len(radii):
        wrong = f"centres: {count} of {len(sites)} sites do not reach everybody"
        raise SolverError(f"{wrong}: allow more of them, or more pairs")
    chosen = [s for s, is_open in cover(radii[at]).items() if is_open]
    nearest = {c: min(chosen, key=lambda s: distances[s, c]) for c in customers}
    return Centres(tuple(chosen), float(radii[at]), nearest)


class Spot(Result, frozen=True):
    """A place in the plane and the transport cost from there."""

    x: float = column("distance", meaning="along the first axis")
    y: float = column("distance", meaning="along the second axis")
    cost: float = column("USD", meaning="of straight lines to all points")


def gravity_location(points: Sequence[tuple[Number, Number]], weights: Sequence[Positive]) -> Spot:
    """Find the place from which straight lines to all points cost least: the Weber point.

    min Σ w √((x − a)² + (y − b)²), by the simplex of Nelder and Mead from the centre of gravity;
    w is cost per unit and distance times units.
    Source: Weber (1909); Chopra & Meindl, network design chapter.

    >>> spot = gravity_location([(0, 0), (4, 0), (0, 4), (4, 4)], [1, 1, 1, 1])
    >>> round(spot.x, 6), round(spot.y, 6)
    (2.0, 2.0)
    """
    if {len(point) for point in points} != {2} or len(points) != len(weights):
        many = f"{len(points)} points (x, y) and {len(weights)} weights"
        raise ScenarioError(f"gravity_location: {many}: as many")
    where, w = np.asarray(points, dtype=np.float64), np.asarray(weights, dtype=np.float64)
    size = float(np.ptp(where, axis=0).max()) or 1.0
    low, total = where.min(axis=0), float(w.sum())

    def cost(here: np.ndarray) -> float:
        return float(w @ np.hypot(*((where - here) / size).T)) / total

    near: Any = {"method": "Nelder-Mead", "options": {"xatol": 1e-9, "fatol": 1e-12}}
    start = w @ (where - low) / total / size
    there = optimize.minimize(lambda x: cost(low + size * x), start, **near).x
    # A heavy point can hold the optimum; there the cost has a corner, so try each.
    best = min([low + size * there, *where], key=cost)
    return Spot(float(best[0]), float(best[1]), size * total * cost(best))


class Choice(Row, frozen=True):
    """A node, or a way such as "plant->shop", that may be open or not, and what that costs."""

    is_open: bool = column("yes/no", False, "it is there today")
    fixed_cost: float = column("USD/day", 0.0, "cost of keeping it open", low=0)
    opening_cost: float = column("USD", 0.0, "cost of opening it, each time", low=0)
    closing_cost: float = column("USD", math.inf, "cost of closing it; inf: it may not", low=-1e15)
    step: float = column("units/day", 0.0, "capacity that one expansion adds", low=0)
    step_cost: float = column("USD", 0.0, "cost of one expansion", low=0)
    steps: int = column("expansions", 1, "most of them", low=0)


Choices = Mapping[str, Choice]


@dataclass(frozen=True)
class Limits(Search):
    """What a design keeps to, and when its search may stop."""

    most: float = column("nodes", math.inf, "most of those chosen from that are open", low=0)
    single: bool = column("yes/no", False, "each item that customers ask for has one source")
    within: float = column("km", math.inf, "service distance: longest lane to customers", low=0)


class NetworkDesign(Result, frozen=True):
    """What is open, added and sent in each period, what it costs, and the scenario that has it."""

    change: Change
    open: Mapping[str, tuple[bool, ...]] = column("yes/no", meaning="by choice and period")
    added: Mapping[str, tuple[float, ...]] = column("units/day", meaning="by choice and period")
    flow: Mapping[str, tuple[float, ...]] = column("units/day", meaning="by lane and period")
    fixed_cost: float = column("USD", meaning="of keeping open")
    opening_cost: float = column("USD", meaning="of opening, closing and expanding")
    production_cost: float = column("USD", meaning="of recipes")
    transport_cost: float = column("USD", meaning="of lanes, with stock on the way")
    cost: float = column("USD", meaning="of all this in all periods")
    gap: float = column("share", meaning="of it that a better plan may save; 0: proven to be least")


def design_network(
    scenario: Scenario, choices: Choices, periods: Sequence[range] = (), limits: Limits = Limits()
) -> NetworkDesign:
    """Choose which nodes and ways of a network to open, close and expand, at least total cost.

    min Σ days × (fixed cost + recipes + lanes with stock on the way) + opening, closing, expanding,
    where each item balances (components over good shares; mean demand of the days of each period)
    and flows keep to capacities of lanes, makers and sources (of other choices: of what they send)
    and pass only what is open. Chance, disruptions, safety stock, stock kept for another period and
    cost per shipment are left out, and fixed costs stand here alone: so compare the ``change``. It
    drops what is never open, expands for all days, and splits orders by the flows of each period.
    A mixed-integer program (HiGHS). Source: Geoffrion & Graves (1974); Melo, Nickel et al. (2009).

    Raises:
        ScenarioError: an unknown name, periods out of turn, a lane to customers without a length.
        SolverError: who cannot be served; or no plan was found in time.

    >>> lanes = [Lane(a, "shop", "bike", cost_per_unit=usd) for a, usd in (("near", 1), ("far", 3))]
    >>> network = Network([Product("bike")], [Node("near"), Node("far"), Node("shop")], lanes,
    ...                   demands=[Demand("shop", "bike", 10)])
    >>> sites = {"near": Choice(fixed_cost=30), "far": Choice(True, closing_cost=500)}
    >>> plan = design_network(Scenario(network, BaseStock(9), days=100), sites)
    >>> plan.open, plan.cost  # near saves 20 USD/day and costs 30
    ({'near': (False,), 'far': (True,)}, 3000.0)
    """
    spans = [*periods] or [range(scenario.days)]
    _check_choices(scenario, choices, spans)
    program = _Program(scenario.network, choices, spans, limits)
    found, spent = program.solve(), defaultdict[str, float](float)
    for key, x in found.values.items():
        spent[key[0]] += program.costs[key] * x

    def of(what: str, where: Any, unit: float = 1.0) -> tuple[float, ...]:
        keys = [(what, t, where) for t in range(len(spans))]
        parts = ((found.values[key], unit * program.units[key]) for key in keys)
        return tuple(x * units if x > 1e-7 else 0.0 for x, units in parts)

    sent = {v.key: of("sent", v.key) for v in scenario.network.lanes}
    is_open = {name: tuple(map(bool, of("open", name))) for name in choices}
    added = {name: of("steps", name, c.step) for name, c in choices.items() if c.step}
    values: dict[str, Any] = {f"{n}.open": x for n, x in is_open.items()}
    values |= {f"{n}.added": x for n, x in added.items()}
    before: dict[str, Any] = {f"{n}.open": (c.is_open,) * len(spans) for n, c in choices.items()}
    before = {path: before.get(path, (0.0,) * len(spans)) for path in values}
    values = {path: x for path, x in values.items() if x != before[path]}
    then = _built(scenario, {name for name, x in is_open.items() if not any(x)}, added)
    then = sourced(then, sent, spans)
    change = Change(values, "network design", f"{found.cost:,.6g} USD by averages", then, before)
    carried = [v for v in scenario.network.lanes if any(sent[v.key])]
    flow = {lane_paths(v)[-1]: sent[v.key] for v in carried}
    turned = spent["opened"] + spent["closed"] + spent["built"]
    costs = (spent["open"], turned, spent["started"], spent["sent"], found.cost)
    return NetworkDesign(change, is_open, added, flow, *costs, found.gap)


def _check_choices(scenario: Scenario, choices: Any, spans: Sequence[range]) -> None:
    network = scenario.network
    known = {*network.named, *(path for v in network.lanes for path in lane_paths(v))}
    for name, choice in choices.items():
        check_known(name, known, f"choices: no node or way {name!r}")
        if choice.step and (name not in network.named or network.node(name).capacity == math.inf):
            raise ScenarioError(f"choices: {name!r} has no capacity to add to: give its node one")
    for last, span in pairwise([range(0), *spans]):
        if span.step != 1 or not last.stop <= span.start < span.stop <= scenario.days:
            wrong = f"periods: {span} after {last}: give days in turn, none twice"
            raise ScenarioError(f"{wrong}, up to range(…, {scenario.days})")


class _Program:
    """Variables are (what, period, where); flows are parts of what is needed there at most."""

    def __init__(self, network: Network, choices: Any, spans: Any, limits: Limits) -> None:
        self.network, self.choices, self.limits = network, choices, limits
        self.costs, self.bounds = dict[Key, float](), dict[Key, tuple[float, float]]()
        self.rows, self.units = list[Constraint](), dict[Key, float]()
        self.rates: Any = {i: network.named[i[0]].holding_cost for i in network.items}
        own = (s for s in network.stocks if s.holding_cost is not None)
        self.rates |= {(s.node, s.product): s.holding_cost for s in own}
        asked = [{(d.node, d.product): customers_use(d, s) for d in network.demands} for s in spans]
        for t, (span, wanted) in enumerate(zip(spans, asked, strict=True)):
            load = self._flow(t, len(span), {item: x for item, x in wanted.items() if x})
            self._choose(t, len(span), load)

    def _add(
        self, key: Key, cost: float, most: float = 1.0, gates: Sequence[Key] = (), unit: float = 1.0
    ) -> Key:
        """A new variable, counted in units; it is 0 where one of its gates is closed."""
        self.costs[key], self.bounds[key], self.units[key] = cost * unit, (0.0, most / unit), unit
        self.rows += [Constraint({key: 1.0, gate: -most / unit}, high=0.0) for gate in gates]
        return key

    def _needs(self, wanted: dict[ItemKey, float]) -> dict[ItemKey, float]:
        """What an item can need at most, whoever gets it from there."""
        need = dict.fromkeys(self.network.items, 0.0) | wanted
        for item in reversed(self.network.upstream):
            for v in self.network.into.get(item, ()):
                need[v.source, v.product] += need[item]
            if r := self.network.made.get(item):
                for part, units in r.components.items():
                    need[r.node, part] += units * need[item] / (mean_of(r.good_share, most=1) or 1)
        total, circles = sum(need.values()), self.network.circles
        return {item: total if item[0] in circles else most for item, most in need.items()}

    def _flow(self, t: int, days: int, wanted: dict[ItemKey, float]) -> Any:
        """Lanes and recipes balance every item; gives what counts against nodes' capacities."""
        network, need, limits = self.network, self._needs(wanted), self.limits
        balance, load, sources = (defaultdict[Any, dict[Key, float]](dict) for _ in range(3))
        for v in network.lanes:
            start, end = (v.source, v.product), (v.destination, v.product)
            gates = [("open", t, n) for n in (*v.key[:2], *lane_paths(v)) if n in self.choices]
            if end in wanted and limits.single:
                gates.append(self._add(("from", t, (v.source, *end)), 0.0))
                sources[end][gates[-1]] = 1.0
            far = (
                end in wanted
                and limits.within < math.inf
                and (v.distance or node_distance(*map(network.node, v.key[:2])))
            )
            most = min(need[end], v.capacity) * (far <= limits.within)
            cost, unit = v.cost_per_unit + self.rates[start] * days_of(v.lead_time), need[end] or 1
            way = self._add(("sent", t, v.key), cost * days, most, gates, unit)
            balance[start][way], balance[end][way] = -unit, unit
            sends_on = v.source in self.choices and start not in network.made
            load[v.source] |= {way: unit} if sends_on or start not in network.brought else {}
        for item, r in network.made.items():
            good, gates = mean_of(r.good_share, most=1), [("open", t, r.node)]
            gates, unit = gates if r.node in self.choices else [], need[item] / (good or 1) or 1
            made = self._add(("started", t, item), r.cost * days, unit, gates, unit)
            balance[item][made], load[r.node][made] = good * unit, unit
            for part, units in r.components.items():
                balance[r.node, part][made] = -units * unit
        for item in network.brought:
            unit, units = need[item] or 1.0, wanted.get(item, 0.0)
            if units:
                balance[item][self._add(("missing", t, item), 0.0, 0.0, (), units)] = units
            terms = {key: x / unit for key, x in balance[item].items()}
            self.rows.append(Constraint(terms, units / unit, units / unit))
        self.rows += [Constraint(several, high=1.0) for several in sources.values()]
        return load

    def _choose(self, t: int, days: int, load: Mapping[str, dict[Key, float]]) -> None:
        """What is open, from one period to the next, and what nodes can do then."""
        for name, c in self.choices.items():
            most, may_close = c.steps * (c.step > 0), c.closing_cost < math.inf
            now = self._add(("open", t, name), c.fixed_cost * days)
            steps = self._add(("steps", t, name), 0.0, most, [now])
            opened = self._add(("opened", t, name), c.opening_cost)
            closing = c.closing_cost if may_close else 0.0
            closed = self._add(("closed", t, name), closing, float(may_close))
            built = self._add(("built", t, name), c.step_cost, most)
            was, first = ({("open", t - 1, name): 1.0}, 0.0) if t else ({}, float(c.is_open))
            turn = {now: 1.0, opened: -1.0, closed: 1.0} | dict.fromkeys(was, -1.0)
            grown = {steps: 1.0, built: -1.0} | ({("steps", t - 1, name): -1.0} if t else {})
            self.rows += [Constraint(turn, first, first), Constraint(grown, high=0.0)]
            self.rows.append(Constraint({opened: 1.0, **was}, high=1.0 - first))
            self.rows.append(Constraint({closed: 1.0} | dict.fromkeys(was, -1.0), high=first))
        for node in (each for each in self.network.nodes if each.capacity < math.inf):
            part, c = mean_of(node.output, most=1), self.choices.get(node.name)
            able, terms = node.capacity * part, dict(load[node.name])
            if c:
                terms |= {("open", t, node.name): -able, ("steps", t, node.name): -part * c.step}
            largest = max(map(abs, terms.values()), default=1.0) or 1.0
            terms = {key: x / largest for key, x in terms.items()}
            self.rows.append(Constraint(terms, high=0.0 if c else able / largest))
        nodes = [("open", t, name) for name in self.choices if name in self.network.named]
        self.rows.append(Constraint(dict.fromkeys(nodes, 1.0), high=self.limits.most))

    def solve(self) -> Optimum:
        """The least cost; if there is no plan, who cannot be served."""
        words = "design_network: no plan keeps to all limits"
        given = {key for key in self.costs if key[0] in ("open", "steps", "from")}, self.limits
        try:
            return minimize(self.costs, self.rows, words, self.bounds, *given)
        except SolverError:
            asked = {key: units for key, units in self.units.items() if key[0] == "missing"}
            bounds = self.bounds | dict.fromkeys(asked, (0.0, 1.0))
            costs = dict.fromkeys(self.costs, 0.0) | asked
            found = minimize(costs, self.rows, words, bounds, *given)
            if found.cost <= 1e-6 * sum(asked.values()) or found.gap >= 1:
                raise  # nobody need be left out, or it is not known
            lost = ((found.values[key] * x, *key[1:]) for key, x in asked.items())
            units, t, (node, product) = max(lost)
            words += f": {units:g} units/day of {product!r} do not reach {node!r}"
            remedy = "open more, nearer or larger, or add lanes"
            raise SolverError(f"{words} in period {t}: {remedy}") from None


def _built(scenario: Scenario, closed: set[str], added: Mapping[str, Any]) -> Scenario:
    """The scenario without what is closed, or has no supply then, and with what is added."""
    network, before = scenario.network, None
    lost = {item for item in network.items if item[0] in closed}

    def items(row: Any) -> list[ItemKey]:  # what it brings comes first
        if isinstance(row, Lane):
            return [(row.destination, row.product), (row.source, row.product)]
        return [(row.node, product) for product in (row.product, *getattr(row, "components", ()))]

    def stays(row: Any) -> bool:
        paths = lane_paths(row) if isinstance(row, Lane) else ()
        return lost.isdisjoint(items(row)) and closed.isdisjoint(paths)

    while lost != before:
        before, ways = {*lost}, filter(stays, (*network.lanes, *network.recipes))
        lost |= network.brought - {items(row)[0] for row in ways}
    rows = (*network.lanes, *network.recipes, *network.demands, *network.stocks)
    gone: Any = [row for row in rows if not stays(row)]
    then = network.without(*gone, *(node for node in network.nodes if node.name in closed))
    more = ((node, max(added.get(node.name, (0.0,)))) for node in then.nodes)
    then = then.change(*(replace(node, capacity=node.capacity + x) for node, x in more if x))
    by_item: dict[str, Any] = {
        name: {item: one for item, one in getattr(scenario, name).items() if item in then.brought}
        for name in ("rules", "sourcing", "sharing")
    }
    by_item["lines"] = {name: x for name, x in scenario.lines.items() if name in then.named}
    wrong = tuple(each for each in scenario.disruptions if targets(each, then))
    return replace(scenario, network=then, disruptions=wrong, **by_item)


@dataclass(frozen=True)
class PlannedShares:
    """Split every order as a plan does in the period of that day: a share for each supplier."""

    starts: tuple[int, ...]
    shares: tuple[tuple[float, ...], ...]

    def __call__(self, view: View, quantity: Any) -> list[Any]:
        period = max(0, bisect(self.starts, view.day) - 1)
        return [quantity * share for share in self.shares[period]]


def sourced(scenario: Scenario, sent: Mapping[Any, Any], spans: Sequence[range]) -> Scenario:
    """The scenario whose orders are split by what lanes carry in a plan, by key and period."""
    changed, split = list[Lane](), dict[Any, Any](scenario.sourcing)
    for item, lanes in scenario.network.into.items():
        flow = np.array([sent.get(v.key, [0.0] * len(spans)) for v in lanes])
        if flow.any():
            shares, into = flow @ [*map(len, spans)], flow.sum(axis=0)
            shares = shares / shares.sum()
            pairs = zip(lanes, shares.tolist(), strict=True)
            changed += [replace(v, sourcing_share=share) for v, share in pairs]
            parts = np.where(into > 0, flow / np.where(into > 0, into, 1.0), shares[:, None]).T
            starts, planned = tuple(span.start for span in spans), tuple(map(tuple, parts.tolist()))
            split[item] = PlannedShares(starts, planned) if len({*planned}) > 1 else Shares()
    return scenario.change(network=scenario.network.change(*changed), sourcing=split)
