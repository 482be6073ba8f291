"""Service in the batch engine: what customers get on time, in many histories at once."""

from __future__ import annotations

import numpy as np

from twinlab.modeling.ledger import Ledger
from twinlab.modeling.measures import IN_FULL
from twinlab.modeling.plan import Plan


class BatchService:
    """What customers get on time, and which replenishment cycles have a stock-out."""

    def __init__(self, plan: Plan, books: Ledger) -> None:
        """Remember who is waiting before the first day."""
        self.books = books
        sellers = list(dict.fromkeys(plan.sellers))
        self.sellers = np.array(sellers, dtype=np.int64)
        self.customers = len(plan.lanes) + self.sellers
        self.waiting = books.owed[self.customers]
        self.spoilt = np.zeros((len(sellers), books.width), dtype=bool)

    def judge(self, day: int) -> None:
        """Count what customers get on time, and which cycles have a stock-out."""
        sellers = self.sellers
        demanded, waiting = self.books.demanded[sellers], self.books.owed[self.customers]
        on_time = np.maximum(0.0, self.books.served[sellers] - self.waiting)
        self.books.on_time[sellers] = on_time
        self.books.lines[sellers] = demanded > 0.0
        self.books.lines_in_full[sellers] = (demanded > 0.0) & (on_time >= demanded * IN_FULL)
        begins = self.books.received[sellers] + self.books.finished[sellers] > 0.0
        if day == self.books.start.day:
            begins[:] = True
        self.books.cycles[sellers] = begins
        short = waiting + self.books.lost[sellers] > 0.0
        fresh = self.spoilt & ~begins
        self.books.cycles_spoilt[sellers] = short & ~fresh
        self.spoilt = fresh | short
        self.waiting = waiting
