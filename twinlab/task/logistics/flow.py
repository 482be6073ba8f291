"""Who sends how much where at least cost: linear programs with shadow prices."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from twinlab.scope.columns import Row, column
from twinlab.scope.errors import ScenarioError, SolverError

Arc = tuple[str, str]

# -- prescribe --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Way(Row):
    """A way that goods can take, at a cost per unit and up to a capacity.

    >>> Way("Liverpool", "Exeter", cost=0.2).capacity
    inf
    """

    source: str = column("place", meaning="where it begins")
    destination: str = column("place", meaning="where it ends")
    cost: float = column("USD/unit", meaning="cost of moving one unit")
    capacity: float = column("units", math.inf, "most that can be moved", low=0)


@dataclass(frozen=True)
class Flow:
    """What moves on each way at least cost, and what one unit more or less would change.

    ``price`` of a place with demand: what one unit more of it would cost. ``relief`` of a supply, a
    throughput or a way's capacity: what one unit more of it would save. ``by_way`` has one amount
    per way, in their order; ``amounts`` adds up parallel ways.
    """

    by_way: tuple[float, ...]
    amounts: Mapping[Arc, float]
    cost: float
    price: Mapping[str, float]
    relief: Mapping[str, float]

    def __str__(self) -> str:
        """Say it in lines."""
        ways = [f"  {a} → {b}: {amount:,.6g}" for (a, b), amount in self.amounts.items()]
        return "\n".join([f"cost {self.cost:,.6g}", *ways])


def transport(
    supply: Mapping[str, float], demand: Mapping[str, float], cost: Mapping[Arc, float]
) -> Flow:
    """Ship from supplies to demands at least cost: the transportation problem.

    min Σ c x, with Σ out ≤ supply and Σ in = demand. Source: Hitchcock (1941); Dantzig (1963).

    Raises:
        ScenarioError: a name of a way is unknown.
        SolverError: the supplies cannot serve the demands.

    >>> cost = {("A", "x"): 2, ("A", "y"): 4, ("B", "x"): 3, ("B", "y"): 1}
    >>> plan = transport({"A": 5, "B": 4}, {"x": 3, "y": 5}, cost)
    >>> plan.cost, plan.price["y"]
    (14.0, 4.0)
    """
    return network_flow([Way(*arc, cost=c) for arc, c in cost.items()], supply, demand)


def network_flow(
    ways: Sequence[Way],
    supply: Mapping[str, float],
    demand: Mapping[str, float],
    throughput: Mapping[str, float] | None = None,
) -> Flow:
    """Send goods through a network at least cost: from supplies over depots to demands.

    min Σ c x with 0 ≤ x ≤ capacity; out − in ≤ supply where there is one, in − out = demand
    elsewhere (0 for depots), and in ≤ throughput. Solved by HiGHS through ``scipy``; shadow prices
    are its dual values, one choice of several where the plan is degenerate.
    Source: Ahuja, Magnanti & Orlin (1993) chapter 1.

    Raises:
        ScenarioError: a place of supply, demand or throughput is on no way.
        SolverError: no plan serves the demands.

    >>> ways = [Way("plant", "depot", 1), Way("depot", "shop", 2), Way("plant", "shop", 5)]
    >>> plan = network_flow(ways, {"plant": 100}, {"shop": 10}, throughput={"depot": 8})
    >>> plan.cost, plan.price["shop"], plan.relief["depot"]
    (34.0, 5.0, 2.0)
    """
    from scipy.optimize import linprog

    limits = throughput or {}
    places = list(dict.fromkeys(end for w in ways for end in (w.source, w.destination)))
    for name in (*supply, *demand, *limits):
        if name not in places:
            raise ScenarioError(f"network_flow: no way begins or ends at {name!r}: add one")
    into = np.array([[float(w.destination == p) for w in ways] for p in places])
    net = into - np.array([[float(w.source == p) for w in ways] for p in places])
    at = {name: row for row, name in enumerate(places)}
    exact, scarce = [p for p in places if p not in supply], [p for p in places if p in supply]
    passing = list(limits)
    upper = np.vstack([-net[[at[p] for p in scarce]], into[[at[p] for p in passing]]])
    found = linprog(
        [w.cost for w in ways],
        A_ub=upper if len(upper) else None,
        b_ub=[supply[p] - demand.get(p, 0.0) for p in scarce] + [limits[p] for p in passing],
        A_eq=net[[at[p] for p in exact]],
        b_eq=[demand.get(p, 0.0) for p in exact],
        bounds=[(0.0, w.capacity) for w in ways],
        method="highs",
    )
    if found.status != 0:
        raise SolverError(_why(found.message, supply, demand))
    amounts: dict[Arc, float] = {}
    for w, x in zip(ways, found.x.tolist(), strict=True):
        amounts[w.source, w.destination] = amounts.get((w.source, w.destination), 0.0) + x
    saved = dict(zip([*scarce, *passing], -found.ineqlin.marginals, strict=True))
    saved |= {f"{w.source} → {w.destination}": -price for w, price in
              zip(ways, found.upper.marginals, strict=True) if w.capacity < math.inf}  # fmt: skip
    return Flow(
        tuple(found.x.tolist()),
        {arc: x for arc, x in amounts.items() if x > 1e-9},
        float(found.fun),
        {p: float(y) for p, y in zip(exact, found.eqlin.marginals, strict=True) if p in demand},
        {name: float(y) for name, y in saved.items()},
    )


def _why(message: str, supply: Mapping[str, float], demand: Mapping[str, float]) -> str:
    wanted, there = sum(demand.values()), sum(supply.values())
    if wanted > there:
        return f"no plan: {wanted:g} units are wanted and {there:g} supplied; add supply"
    return (
        f"no plan serves every demand ({message.rstrip('.')}): look for places that no way "
        "reaches, and for throughputs or capacities that are too small"
    )
