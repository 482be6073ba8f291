"""What others tell travels: it comes late, as a mean over days, and with errors."""

from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any, ClassVar

import numpy as np

from twinlab.organization.view import FullSharing, View
from twinlab.scope.base import Row, ScenarioError, column

__all__ = ["Channel"]


class Channel(Row, frozen=True):
    """Show what another regime shares, late and as a mean over days; one's own books never are.

    Each day's number, times max(0, 1 + ``noise`` × z) with a standard normal z of the day (for a
    noise of 1 that is 8 % too much on average), goes into the mean of its ``every`` days (from day
    0 on). That is published on their last day and seen from ``delay`` days later until the next one
    is; before the first, what day 0 told is seen. What is at one's own node, and what its customers
    ask, is seen at once. Without delay, mean and noise nothing changes. Source: late information,
    Chen (1999); Bourland, Powell & Pyke (1996).

    >>> view = View("depot", "bike", sales=lambda: view.day + 6.0)
    >>> Channel(PointOfSale(), delay=2)(view)
    >>> for view.day in range(4):
    ...     view.feed()  # by an engine, on every day
    >>> view.point_of_sale
    7.0
    """

    alone: ClassVar = True  # who decides by it has a memory of its own
    sees: Callable[[View], None] = FullSharing()
    delay: int = column("days", 0, "age of what is seen", low=0)
    every: int = column("days", 1, "over so many it is a mean, published on the last", low=1)
    noise: float = column("share", 0.0, "standard deviation of the error of a day", low=0)

    def check(self) -> None:
        """What is seen is no other channel."""
        if isinstance(self.sees, Channel):
            raise ScenarioError(f"{self!r}: a channel sees no channel: add up their delays in one")

    def __call__(self, view: View) -> None:
        """Let the engine feed the channel every day, and show what has come out of it."""
        view.sales = view.sales or (lambda: view.demand)
        view.echelon = view.echelon or (lambda: view.inventory_position)
        self.sees(view)
        if (self.delay, self.every, self.noise) == (0, 1, 0.0):
            return
        whole: Any = {"sales": view.sales, "echelon": view.echelon}
        own: Any = {"sales": lambda: 0.0, "echelon": lambda: view.inventory_position} | view.own
        view.told = {"channel": view.memory.pop("channel", {})}  # a rule may drop its own memory

        def feed() -> None:
            error = np.maximum(0.0, 1.0 + self.noise * view.luck()) if view.luck else 1.0
            old, new = view.told["channel"], dict[str, Any]()
            for name, tell in whole.items():
                with suppress(ScenarioError):  # it is not shared
                    new[name] = self._tell(old.get(name), (tell() - own[name]()) * error, view.day)
            view.told = {"channel": new}

        def see(name: str) -> Any:
            books = view.told["channel"]
            return own[name]() + books[name][2] if name in books else whole[name]()

        view.feed, view.sales, view.echelon = feed, partial(see, "sales"), partial(see, "echelon")

    def _tell(self, before: Any, number: Any, day: int) -> tuple[Any, ...]:
        """Sum and days of the report being written, the one seen, and those on their way."""
        total, days, seen, coming = before or (0.0, 0, number, ())
        total, days = total + number, days + 1
        if (day + 1) % self.every == 0:
            coming = (*coming, (day + self.delay, total / days))
            total, days = 0.0, 0
        while coming and coming[0][0] <= day:
            seen, coming = coming[0][1], coming[1:]
        return total, days, seen, coming
