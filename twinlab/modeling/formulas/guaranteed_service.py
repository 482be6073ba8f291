"""Where to hold safety stock: the guaranteed-service model, solved as a mixed-integer LP.

Each stage promises a service time to those it serves, and keeps what it takes to keep the promise
against every demand within a bound. A stock is then sized by its net replenishment time
τ = (longest promise of its suppliers) + (its own time) − (its promise).
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from twinlab.modeling.formulas.programs import Constraint, minimize
from twinlab.scope.base import Amount, Result, Row, column, nx, special
from twinlab.scope.errors import NetworkError, check_known

__all__ = ["ServicePlan", "ServiceStage", "guaranteed_service"]


@dataclass(frozen=True)
class ServiceStage(Row):
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


@dataclass(frozen=True)
class ServicePlan(Result):
    """What each stage promises, and the safety stock that keeps the promises at least cost.

    >>> ServicePlan({"shop": 0}, {"shop": 4}, {"shop": 20.0}, cost=10.0)
    promises shop 0 days · net times shop 4 days · safety stock shop 20 units · cost 10 USD/day
    """

    promises: Mapping[str, int] = column("days", meaning="that customers may have to wait")
    net_times: Mapping[str, int] = column("days", meaning="of demand that the stock must last")
    safety_stock: Mapping[str, float] = column("units", meaning="kept above the mean demand")
    cost: float = column("USD/day", meaning="of holding all safety stock")


Arc = tuple[str, str] | tuple[str, str, float]


def guaranteed_service(
    stages: Sequence[ServiceStage], arcs: Iterable[Arc], z: Amount | None = None
) -> ServicePlan:
    """Choose the promises at which the safety stock of all stages costs least.

    Minimise Σ hᵢ zσᵢ √τᵢ with τᵢ = SIᵢ + Tᵢ − Sᵢ ≥ 0 and SIⱼ ≥ Sᵢ on each arc i → j, which may say
    how many units go into one, (i, j, 2). A stage plans for zσᵢ = √Σ(uᵢⱼ zⱼ σⱼ)² over the customers
    j it leads to, uᵢⱼ units to one by all ways; zⱼ = Φ⁻¹(service of j), or z. One binary per stage
    and whole τ makes √ linear; HiGHS proves the optimum, on any network without cycles. zσ√τ is the
    largest demand in τ days that is planned for: what exceeds it is met by other means.
    Source: Simpson (1958); Graves & Willems (2000); Snyder & Shen (2019) section 6.3.

    Raises:
        NetworkError: an unknown stage, a cycle, a name or an arc that stands twice, a last stage
            without a promise, or customers without service or z.
        SolverError: HiGHS did not finish.

    >>> stages = [ServiceStage("1", 2, 1, inbound=1),
    ...           ServiceStage("2", 1, 3, demand_sd=1, promise=0),
    ...           ServiceStage("3", 1, 2), ServiceStage("4", 1, 3, demand_sd=1, promise=1)]
    >>> plan = guaranteed_service(stages, [("1", "3"), ("3", "2"), ("3", "4")], z=1)
    >>> round(plan.cost, 6), plan.promises  # Example 6.5: 2√2 + √6 + 3
    (8.277917, {'1': 0, '2': 0, '3': 0, '4': 1})
    """
    graph = _graph(stages, arcs)
    longest = _longest(graph)
    bound = _bounds(graph, z)
    net = _solve(graph, longest, bound)
    promises: dict[str, int] = {}
    for name in nx.topological_sort(graph):
        stage = graph.nodes[name]["stage"]
        waits = max([stage.inbound, *(promises[up] for up in graph.predecessors(name))])
        promises[name] = max(0, waits + stage.time - net[name])
        net[name] = waits + stage.time - promises[name]  # nobody waits longer than he must
    held = {s.name: bound[s.name] * math.sqrt(net[s.name]) for s in stages}
    cost = sum(s.holding_cost * held[s.name] for s in stages)
    return ServicePlan({s.name: promises[s.name] for s in stages}, net, held, cost)


def _bounds(graph: "nx.DiGraph", z: float | None) -> dict[str, float]:
    """What each stage plans for in a day above the mean, zσ [units]."""
    needs: dict[str, dict[str, float]] = {}  # by stage and customers
    for name in reversed(list(nx.topological_sort(graph))):
        stage = graph.nodes[name]["stage"]
        own = z if stage.service is None else float(special.ndtri(stage.service))
        if own is None and stage.demand_sd > 0:
            raise NetworkError(f"{stage.title}: give its service, or all customers a z")
        needs[name] = {name: (own or 0.0) * stage.demand_sd}
        for below, arc in graph[name].items():
            for end, amount in needs[below].items():
                needs[name][end] = needs[name].get(end, 0.0) + arc["units"] * amount
    return {name: math.hypot(*each.values()) for name, each in needs.items()}


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


def _longest(graph: "nx.DiGraph") -> dict[str, int]:
    """The longest time that a stage may need if nobody upstream holds stock."""
    found: dict[str, int] = {}
    for name in nx.topological_sort(graph):
        stage = graph.nodes[name]["stage"]
        waits = max([stage.inbound, *(found[up] for up in graph.predecessors(name))])
        found[name] = stage.time + waits
    return found


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
