"""Service in the batch engine: what customers get on time, in many histories at once."""

from typing import Any

import numpy as np

from twinlab.modeling.ledger import Ledger
from twinlab.modeling.measures import IN_FULL
from twinlab.modeling.plan import Plan
from twinlab.scope.calendar import DUST


class BatchService:
    """What customers get on time, and which replenishment cycles have a stock-out."""

    def __init__(self, plan: Plan, books: Ledger) -> None:
        self.books = books
        sellers = list(dict.fromkeys(plan.sellers))
        self.sellers = np.array(sellers, dtype=np.int64)
        shape = (len(sellers), books.width)
        self.place = {item: at for at, item in enumerate(sellers)}
        self.demanded, self.served, self.lost = np.zeros(shape), np.zeros(shape), np.zeros(shape)
        self.arrived = np.zeros(shape, dtype=bool)
        self.rows = as_slice(self.sellers)
        self.customers = as_slice(len(plan.lanes) + self.sellers)
        self.waiting = books.owed[self.customers].copy()
        self.zero, self.spare = np.zeros(shape), np.zeros(shape)
        self.spoilt = np.zeros((len(sellers), books.width), dtype=bool)

    def judge(self, day: int) -> None:
        """Count what customers get on time, and which cycles have a stock-out."""
        books, rows, counts = self.books, self.rows, self.books.counts
        if day == books.start.day:
            self.arrived.fill(True)
        lines = self.demanded > 0.0
        on_time = np.subtract(self.served, self.waiting, out=self.waiting)
        np.maximum(on_time, self.zero, out=on_time)
        books.served[rows] += self.served
        books.on_time[rows] += on_time
        counts["lines"][rows] += lines
        lines &= on_time >= np.multiply(self.demanded, IN_FULL, out=self.spare)
        counts["lines_in_full"][rows] += lines
        counts["cycles"][rows] += self.arrived
        np.greater(self.spoilt, self.arrived, out=self.spoilt)  # a new cycle has none yet
        self.waiting[:] = books.owed[self.customers]
        short = np.add(self.waiting, self.lost, out=self.spare) >= DUST
        counts["cycles_spoilt"][rows] += np.greater(short, self.spoilt)
        self.spoilt |= short
        self.arrived.fill(False)


def as_slice(numbers: Any) -> Any:
    """Row numbers as a slice, if they are consecutive: a window is read faster than picked rows."""
    first = int(numbers[0]) if len(numbers) else 0
    same = np.array_equal(numbers, np.arange(first, first + len(numbers)))
    return slice(first, first + len(numbers)) if same else numbers
