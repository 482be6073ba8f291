"""Service in the batch engine: what customers get on time, in many histories at once."""

from __future__ import annotations

import numpy as np

from twinlab.modeling.ledger import Ledger
from twinlab.modeling.measures import IN_FULL
from twinlab.modeling.plan import Plan
from twinlab.scope.calendar import DUST


class BatchService:
    """What customers get on time, and which replenishment cycles have a stock-out."""

    def __init__(self, plan: Plan, books: Ledger) -> None:
        """Remember who is waiting before the first day."""
        self.books = books
        sellers = list(dict.fromkeys(plan.sellers))
        self.sellers = np.array(sellers, dtype=np.int64)
        shape = (len(sellers), books.width)
        self.place = {item: at for at, item in enumerate(sellers)}
        self.demanded, self.served, self.lost = np.zeros(shape), np.zeros(shape), np.zeros(shape)
        self.arrived = np.zeros(shape, dtype=bool)
        self.customers = len(plan.lanes) + self.sellers
        self.waiting = books.owed[self.customers]
        self.spoilt = np.zeros((len(sellers), books.width), dtype=bool)

    def judge(self, day: int) -> None:
        """Count what customers get on time, and which cycles have a stock-out."""
        books, sellers = self.books, self.sellers
        if day == books.start.day:
            self.arrived.fill(True)
        waiting, lines = books.owed[self.customers], self.demanded > 0.0
        on_time = np.maximum(0.0, self.served - self.waiting)
        books.on_time[sellers] += on_time
        books.lines[sellers] += lines
        books.lines_in_full[sellers] += lines & (on_time >= self.demanded * IN_FULL)
        books.cycles[sellers] += self.arrived
        fresh = self.spoilt & ~self.arrived
        short = waiting + self.lost >= DUST
        books.cycles_spoilt[sellers] += short & ~fresh
        self.spoilt = fresh | short
        self.waiting = waiting
        self.arrived.fill(False)
