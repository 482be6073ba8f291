"""Linear and mixed-integer programs whose variables have names, solved by HiGHS."""

from collections.abc import Iterable, Mapping, Set
from typing import Any, NamedTuple

import numpy as np

from twinlab.scope.columns import Row, column
from twinlab.scope.errors import SolverError
from twinlab.scope.later import optimize, sparse


class Constraint(NamedTuple):
    """Σ coefficient × variable lies between ``low`` and ``high``."""

    terms: Mapping[Any, float]
    low: float = -np.inf
    high: float = np.inf


class Search(Row, frozen=True):
    """When a search for whole numbers may stop: near enough to the optimum, or out of time."""

    gap: float = column("share", 0.0, "part of the cost that a better plan may save", low=0)
    time_limit: float = column("s", np.inf, "longest search", low=0)
    size: float = column("units", 1.0, "what counts as 1 to HiGHS's tolerances", low=1e-12)


class Optimum(NamedTuple):
    """The best values, their cost, and what one unit more of a limit would add to the cost."""

    values: dict[Any, float]
    cost: float
    prices: list[float]  # of the constraints, in their order
    limits: dict[Any, float]  # of the variables' upper bounds
    gap: float = 0.0  # no plan costs less than (1 - gap) × cost; 0: it is the optimum


def minimize(
    costs: Mapping[Any, float],
    rows: Iterable[Constraint],
    problem: str,
    bounds: Mapping[Any, tuple[float, float]] | None = None,
    whole: Set[Any] = frozenset(),
    search: Search = Search(),
) -> Optimum:
    """Make Σ cost × variable least; ``costs`` names all variables, in their order.

    A variable lies between 0 and infinity unless ``bounds`` say otherwise. Those in ``whole`` take
    whole numbers (there are no prices then, and the optimum is proven unless ``search`` may stop
    before); the others and the limits are counted in its ``size``.

    Raises:
        SolverError: no answer; it says the ``problem`` (and what to do), then HiGHS's own words.
            Or none was found in time: that does not mean that there is none.
    """
    integral, size = np.array([key in whole for key in costs]), search.size
    unit = np.where(integral, 1.0, size)
    terms, *ends = zip(*rows, strict=True)
    at = {key: number for number, key in enumerate(costs)}
    cells = [(value, row, at[key]) for row, one in enumerate(terms) for key, value in one.items()]
    factors, below, along = zip(*cells, strict=True)
    matrix = sparse.csr_array((factors, (below, along)), shape=(len(terms), len(at)))
    matrix, (low, high) = (matrix * unit / size).tocsr(), np.array(ends) / size
    exact = low == high
    most, least = np.isfinite(high) & ~exact, np.isfinite(low) & ~exact
    found = optimize.linprog(
        np.array(list(costs.values())) * unit,
        A_ub=sparse.vstack([matrix[most], -matrix[least]]),
        b_ub=np.append(high[most], -low[least]),
        A_eq=matrix[exact],
        b_eq=low[exact],
        bounds=np.array([(bounds or {}).get(key, (0.0, np.inf)) for key in costs]) / unit[:, None],
        integrality=integral,
        options={"mip_rel_gap": search.gap, "time_limit": search.time_limit},
    )
    if found.x is None:
        if found.status == 1:
            problem = f"no plan found in {search.time_limit:g} s: give more time"
        raise SolverError(f"{problem} (HiGHS: {found.message.rstrip('.')})")
    prices, count = np.zeros(len(low)), int(most.sum())
    prices[exact], prices[most] = found.eqlin.marginals, found.ineqlin.marginals[:count]
    prices[least] -= found.ineqlin.marginals[count:]
    best = np.where(integral, np.round(found.x), found.x * unit).tolist()
    ceilings = (found.upper.marginals / unit).tolist()
    values, above = (dict(zip(costs, each, strict=True)) for each in (best, ceilings))
    gap = float(found.get("mip_gap", 0.0 if found.success else np.inf))  # unsaid of zeros
    gap = gap if gap > 1e-9 else 0.0
    return Optimum(values, float(found.fun), (prices / size).tolist(), above, gap)
