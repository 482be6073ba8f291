"""The linear program behind risk exposure, built once and bounded anew for each site.

Columns: units made, moved, served and lost, and the time t. Rows: what leaves an item's stock
does not exceed what comes and lies there; what is made or moved does not exceed capacity × t; what
customers ask in t is served or lost.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from twinlab.scope.entities import ItemKey
from twinlab.scope.errors import SolverError

if TYPE_CHECKING:
    from twinlab.management.exposure import ExposureModel

LONGEST = 1e4  # periods; who survives longer, survives
SPECK = 1e-7  # the solver's own tolerance, below which a loss is none


class ExposureProgram:
    """One matrix for all questions: only the bounds of the columns change with the site."""

    def __init__(self, model: ExposureModel) -> None:
        """Lay out columns and rows."""
        from scipy.sparse import csr_array  # a fifth of a second

        self.model = model
        self.made, self.moved = list(model.makes), list(model.links)
        self.asked = list(model.demand)
        first = np.cumsum([0, len(self.made), len(self.moved), len(self.asked), len(self.asked)])
        self.begin = dict(zip(("made", "moved", "served", "lost", "time"), first, strict=True))
        self.width = int(first[-1]) + 1
        self.limits: list[float] = []
        self._rows: list[tuple[int, int, float]] = []
        self._balance()
        self._capacities()
        self._customers()
        at, column, value = zip(*self._rows, strict=True)
        self.matrix = csr_array((value, (at, column)), shape=(len(self.limits), self.width))

    # -- rows: Σ value × column ≤ limit --

    def _row(self, entries: list[tuple[int, float]], limit: float) -> None:
        at = len(self.limits)
        self._rows += [(at, column, value) for column, value in entries]
        self.limits.append(limit)

    def _balance(self) -> None:
        """What leaves an item (sent, used, served) ≤ what comes (made, brought) + stock."""
        leaves: dict[ItemKey, list[tuple[int, float]]] = {}

        def enter(item: ItemKey, column: int, value: float) -> None:
            leaves.setdefault(item, []).append((column, value))

        for at, (site, product) in enumerate(self.made, self.begin["made"]):
            enter((site, product), at, -1.0)
            for part, need in self.model.makes[site, product].items():
                enter((site, part), at, need)
        for at, (source, destination, product) in enumerate(self.moved, self.begin["moved"]):
            enter((source, product), at, 1.0)
            enter((destination, product), at, -1.0)
        for at, item in enumerate(self.asked, self.begin["served"]):
            enter(item, at, 1.0)
        # Stocks come first, so that a question may leave them out.
        self.stocked = [item for item in self.model.stock if item in leaves]
        for item in [*self.stocked, *(item for item in leaves if item not in self.model.stock)]:
            self._row(leaves[item], self.model.stock.get(item, 0.0))

    def _capacities(self) -> None:
        for site, capacity in self.model.capacity.items():
            made = [(at, 1.0) for at, (here, _) in enumerate(self.made) if here == site]
            if made and math.isfinite(capacity):
                self._row([*made, (self.begin["time"], -capacity)], 0.0)
        for at, link in enumerate(self.moved, self.begin["moved"]):
            if math.isfinite(self.model.links[link]):
                self._row([(at, 1.0), (self.begin["time"], -self.model.links[link])], 0.0)

    def _customers(self) -> None:
        """Demand × t ≤ served + lost."""
        for at, item in enumerate(self.asked):
            entries = [(self.begin[part] + at, -1.0) for part in ("served", "lost")]
            self._row([(self.begin["time"], self.model.demand[item]), *entries], 0.0)

    # -- questions --

    def least_loss(
        self, site: str, periods: float, *, with_stock: bool = True
    ) -> tuple[float, float]:
        """The least loss [money] and its units while a site ("": none) is down for some periods."""
        cost = np.zeros(self.width)
        lost = slice(self.begin["lost"], self.begin["time"])
        cost[lost] = [self.model.worth[item] for item in self.asked]
        upper = self._bounds(site)
        low = np.zeros(self.width)
        low[-1] = upper[-1] = periods
        found = self._solve(cost, low, upper, with_stock)
        loss = float(cost @ found)
        return (loss, float(found[lost].sum())) if loss > SPECK else (0.0, 0.0)

    def survival(self, site: str) -> float:
        """The longest time without a lost unit while a site is down [periods]."""
        cost = np.zeros(self.width)
        cost[-1] = -1.0
        upper = self._bounds(site)
        upper[self.begin["lost"] : self.begin["time"]] = 0.0
        upper[-1] = LONGEST
        time = max(0.0, float(self._solve(cost, np.zeros(self.width), upper, True)[-1]))
        return math.inf if time > LONGEST * (1 - 1e-6) else time

    def _bounds(self, down: str) -> Any:
        """Nothing is made at a site that is down, and nothing leaves it (unless stock ships)."""
        upper = np.full(self.width, np.inf)
        leaving = [*((site, self.begin["made"] + at) for at, (site, _) in enumerate(self.made))]
        if not self.model.stock_ships:
            leaving += [(link[0], self.begin["moved"] + at) for at, link in enumerate(self.moved)]
            leaving += [(item[0], self.begin["served"] + at) for at, item in enumerate(self.asked)]
        upper[[column for site, column in leaving if site == down]] = 0.0
        return upper

    def _solve(self, cost: Any, low: Any, upper: Any, with_stock: bool) -> Any:
        from scipy.optimize import linprog  # a third of a second

        limits = np.array(self.limits)
        if not with_stock:
            limits[: len(self.stocked)] = 0.0
        result = linprog(cost, self.matrix, limits, bounds=np.stack([low, upper], axis=1))
        if not result.success:
            raise SolverError(
                f"the exposure program has no answer ({result.message}): see that stocks, "
                "capacities and demands are finite numbers of the same period"
            )
        return result.x
