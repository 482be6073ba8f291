"""Where to hold safety stock: the guaranteed-service model, solved as a mixed-integer LP.

Each stage promises a service time to those it serves, and keeps what it takes to keep the promise
against every demand within a bound. A stock is then sized by its net replenishment time
τ = (longest promise of its suppliers) + (its own time) − (its promise).
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field
from typing import Any

from twinlab.modeling.formulas.programs import Constraint, minimize
from twinlab.scope import Constant, Network, NetworkError, Result
from twinlab.scope.base import Amount, ItemKey, Row, check_known, column, mean_of, nx, special
from twinlab.scope.distributions import days_of, sd_of

__all__ = ["ServiceStage", "guaranteed_service"]


class ServiceStage(Row, frozen=True):
    """One step of a chain that promises a service time.

    >>> ServiceStage("pack", time=11, holding_cost=0.2).promise is None
    True
    """

    name: str = column("name", meaning="which step it is")
    time: int = column("days", meaning="to make or move here, once everything is there", low=0)
    holding_cost: float = column("USD/unit/day", meaning="of a unit of its safety stock", low=0)
    demand_sd: float = column("units", 0.0, "standard deviation of its customers' day", low=0)
    promise: float | None = column("days", None, "longest that it may let customers wait", low=0)
    inbound: int = column("days", 0, "how long its outside suppliers let it wait", low=0)
    service: float | None = column(
        "share", None, "chance that demand is within what is planned for", low=0.5, high=1 - 1e-12
    )
    demand: float = column("units/day", 0.0, "mean of its customers", low=0)


class ServicePlan(Result, frozen=True):
    """What each stage promises, and the safety stock that keeps the promises at least cost."""

    promises: Mapping[str, int] = column("days", meaning="that customers may have to wait")
    net_times: Mapping[str, int] = column("days", meaning="of demand that the stock must last")
    safety_stock: Mapping[str, float] = column("units", meaning="kept above the mean demand")
    cost: float = column("USD/day", meaning="of holding all safety stock")
    levels: Mapping[ItemKey, float] = field(default_factory=dict)  # base-stock, of a network


Arc = tuple[str, str] | tuple[str, str, float]


def guaranteed_service(
    stages: Sequence[ServiceStage] | Network,
    arcs: Iterable[Arc] = (),
    z: Amount | None = None,
    promises: Mapping[ItemKey, Amount] | None = None,
) -> ServicePlan:
    """Choose the promises at which the safety stock of all stages costs least.

    Minimise Σ hᵢ zσᵢ √τᵢ with τᵢ = SIᵢ + Tᵢ − Sᵢ ≥ 0 and SIⱼ ≥ Sᵢ on each arc i → j, which may say
    how many units go into one, (i, j, 2). A stage plans for zσᵢ = √Σ(uᵢⱼ zⱼ σⱼ)² over the customers
    j it leads to, uᵢⱼ units to one by all ways; zⱼ = Φ⁻¹(service of j), or z. One binary per stage
    and whole τ makes √ linear; HiGHS proves the optimum, on any network without cycles. zσ√τ is the
    largest demand in τ days that is planned for: what exceeds it is met by other means.

    Of a network, each (node, product) that is made or bought (by sourcing shares, else by rank) is
    a stage "node/product"; customers wait as ``promises`` say, else 0 days. ``BaseStock`` at the
    plan's ``levels``, μτ + zσ√τ, then keeps the promises to demand within bounds; left out are
    capacities, and that a promise above 0 to several is kept in order of age, not of rank.
    Source: Simpson (1958); Graves & Willems (2000); Snyder & Shen (2019) section 6.3.

    Raises:
        NetworkError: an unknown stage, a cycle, a name or an arc that stands twice, a last stage
            without a promise, customers without service or z, or a network's chance or season.
        SolverError: HiGHS did not finish.

    >>> stages = [ServiceStage("1", 2, 1, inbound=1),
    ...           ServiceStage("2", 1, 3, demand_sd=1, promise=0),
    ...           ServiceStage("3", 1, 2), ServiceStage("4", 1, 3, demand_sd=1, promise=1)]
    >>> plan = guaranteed_service(stages, [("1", "3"), ("3", "2"), ("3", "4")], z=1)
    >>> round(plan.cost, 6), plan.promises  # Example 6.5: 2√2 + √6 + 3
    (8.277917, {'1': 0, '2': 0, '3': 0, '4': 1})
    """
    rows: Any = stages
    if arcs if isinstance(stages, Network) else promises:
        raise NetworkError("a network has its own arcs, and a ServiceStage its own promise")
    if isinstance(stages, Network):
        rows, arcs = _read(stages, promises or {})
    graph = _graph(rows, arcs)
    bound, means = _bounds(graph, z)
    net = _solve(graph, _promised(graph, {}), bound)
    said = _promised(graph, net)
    held = {s.name: bound[s.name] * math.sqrt(net[s.name]) for s in rows}
    cost = sum(s.holding_cost * held[s.name] for s in rows)
    items = {"/".join(i): i for i in stages.decided} if isinstance(stages, Network) else {}
    levels = {items[n]: means[n] * net[n] + held[n] for n in held if n in items}
    return ServicePlan({s.name: said[s.name] for s in rows}, net, held, cost, levels)


def _read(network: Network, promises: Mapping[ItemKey, float]) -> tuple[Any, Any]:
    """The stages of a network, and the units along its arcs."""
    asked = {(d.node, d.product): d for d in network.demands}
    for item in promises:
        check_known(item, asked, f"promises: no customer asks for {item!r}", NetworkError)
    kept = {(s.node, s.product): s.holding_cost for s in network.stocks}
    stages, arcs, todo = [], defaultdict[tuple[str, str], float](float), list(asked)
    for item in todo:
        node, row, into = network.node(item[0]), asked.get(item), network.into.get(item, [])
        total = sum(v.sourcing_share for v in into)
        first = sorted(into, key=lambda v: v.sourcing_rank)[:1]
        lanes = [v for v in into if v.sourcing_share] if total else first
        takes = [((v.source, v.product), v.sourcing_share / total if total else 1) for v in lanes]
        times: list[float] = [days_of(v.lead_time) + v.order_delay for v in lanes]
        sure = node.review_period == 1 and all(isinstance(v.lead_time, Constant) for v in lanes)
        if recipe := network.made.get(item):
            takes = [((item[0], part), units) for part, units in recipe.components.items()]
            times, sure = [float(recipe.production_time)], sure and recipe.good_share == Constant(1)
        if not sure or (row and (row.season or row.trend)):
            remedy = "orders of every day, and demand without season or trend: simulate it"
            raise NetworkError(f"{item}: a guarantee is for sure times and yields, {remedy}")
        for above, units in takes:
            if above in network.brought:
                arcs["/".join(above), "/".join(item)] += units
                todo += [] if above in todo else [above]
        cost, law = kept.get(item), row.pattern if row else Constant(0)
        own = node.holding_cost if cost is None else cost, sd_of(law)
        promise = promises.get(item, 0.0) if row else None
        time = int(max(times)) + node.evening_review
        stages.append(ServiceStage("/".join(item), time, *own, promise, demand=mean_of(law)))
    return stages[::-1], [(*ends, units) for ends, units in arcs.items()]


def _bounds(graph: "nx.DiGraph", z: float | None) -> tuple[dict[str, float], dict[str, float]]:
    """What each stage plans for in a day above the mean, zσ, and the mean [units]."""
    needs: dict[str, dict[str, float]] = {}  # by stage and customers
    means: dict[str, float] = {}
    for name in reversed(list(nx.topological_sort(graph))):
        stage = graph.nodes[name]["stage"]
        own = z if stage.service is None else float(special.ndtri(stage.service))
        if own is None and stage.demand_sd > 0:
            raise NetworkError(f"{stage.title}: give its service, or all customers a z")
        needs[name], means[name] = {name: (own or 0.0) * stage.demand_sd}, stage.demand
        for below, arc in graph[name].items():
            means[name] += arc["units"] * means[below]
            for end, amount in needs[below].items():
                needs[name][end] = needs[name].get(end, 0.0) + arc["units"] * amount
    return {name: math.hypot(*each.values()) for name, each in needs.items()}, means


def _graph(stages: Sequence[ServiceStage], arcs: Iterable[Arc]) -> "nx.DiGraph":
    graph = nx.DiGraph()
    for stage in stages:
        if stage.name in graph:
            raise NetworkError(f"{stage.title}: its name stands twice: give each stage its own")
        graph.add_node(stage.name, stage=stage)
    for arc in arcs:
        _join(graph, *arc)
    if not len(graph) or not nx.is_directed_acyclic_graph(graph):
        raise NetworkError("no stages, or arcs by which they feed each other in a circle: drop one")
    for stage in stages:
        if not graph.out_degree(stage.name) and stage.promise is None:
            raise NetworkError(f"{stage.title}: it serves customers: give its promise in days")
    return graph


def _join(graph: "nx.DiGraph", source: str, destination: str, units: float = 1.0) -> None:
    for end in (source, destination):
        check_known(end, graph, f"arcs: {end!r} is not a stage", NetworkError)
    if graph.has_edge(source, destination) or not 0 < units < math.inf:
        arc = f"arc {source} → {destination}"
        raise NetworkError(f"{arc}: write it once, its units a finite number above 0, got {units}")
    graph.add_edge(source, destination, units=units)


def _promised(graph: "nx.DiGraph", net: dict[str, int]) -> dict[str, int]:
    """What each may let others wait by net times: the longest, if nobody holds stock for any."""
    said: dict[str, int] = {}
    for name in nx.topological_sort(graph):
        stage = graph.nodes[name]["stage"]
        waits = max([stage.inbound, *(said[up] for up in graph.predecessors(name))]) + stage.time
        said[name] = max(0, waits - net.get(name, 0))
        net[name] = waits - said[name]  # nobody waits longer than he must
    return said


def _solve(
    graph: "nx.DiGraph", longest: Mapping[str, int], bound: Mapping[str, float]
) -> dict[str, int]:
    """Net replenishment times by HiGHS, with a yes or no for each stage and τ."""
    stages: list[ServiceStage] = [graph.nodes[name]["stage"] for name in graph]
    bounds = {("S", s.name): (0.0, math.inf if s.promise is None else s.promise) for s in stages}
    bounds |= {("SI", s.name): (s.inbound, math.inf) for s in stages}
    costs: dict[tuple[Any, ...], float] = dict.fromkeys(bounds, 0.0)
    rows = []
    for stage in stages:
        taus = {("net", stage.name, tau): float(tau) for tau in range(longest[stage.name] + 1)}
        charge = stage.holding_cost * bound[stage.name]
        costs |= {key: charge * math.sqrt(tau) for key, tau in taus.items()}
        spent = {key: -tau for key, tau in taus.items()}
        waits = {("SI", stage.name): 1.0, ("S", stage.name): -1.0}
        rows.append(Constraint(dict.fromkeys(taus, 1.0), 1, 1))
        rows.append(Constraint({**waits, **spent}, -stage.time, -stage.time))
    rows += [Constraint({("SI", below): 1, ("S", up): -1}, low=0) for up, below in graph.edges]
    whole = costs.keys() - bounds.keys()
    bounds |= dict.fromkeys(whole, (0.0, 1.0))
    found = minimize(costs, rows, f"no promises for {len(stages)} stages", bounds, whole)
    chosen = [key for key, yes in found.values.items() if key in whole and yes]
    return {name: tau for _, name, tau in chosen}
