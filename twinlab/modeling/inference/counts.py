"""Counts: what is in stock, from books that do not see everything and counts that are not exact."""

from typing import NamedTuple

MISCOUNTED = 0.01  # units² by which each unit that is handled makes the books less sure
SHRINKS = 0.01  # standard deviation, before anything is known, of the share that vanishes a night
WANDERS = 1e-8  # variance by which that share changes from night to night
FAR = 5.0  # standard deviations; what is further off than that has not vanished night by night


class StockBelief(NamedTuple):
    """A Kalman filter of an item's stock and of the share of it that vanishes each night.

    The stock m and the share b have variances P and Q and a covariance C. A night brings
    m ← m − b·m, a count y of variance r corrects both by their gains times y − m. Source: Kalman
    (1960); a trend beside the level: Harvey (1989) section 2.3.

    >>> belief, books = StockBelief(), 100.0
    >>> for night in range(200):  # 2 vanish in a hundred, 2 are put back, counts are exact
    ...     belief, books = belief.night(books)
    ...     belief, books = belief.counted(books + 2, 100.0, error=0.0)
    >>> round(belief.share, 3), books
    (0.02, 100.0)
    """

    share: float = 0.0  # of the stock, that vanishes each night
    variance: float = 0.0  # units², of the stock
    together: float = 0.0  # units, covariance of stock and share
    share_variance: float = SHRINKS**2
    handled: float = 0.0  # units since the last night

    def night(self, books: float) -> tuple["StockBelief", float]:
        """What is believed after a night that began with some books, and the stock."""
        stays, q = 1 - self.share, self.share_variance
        together = stays * self.together - books * q
        variance = stays**2 * self.variance - 2 * stays * books * self.together + books**2 * q
        variance += MISCOUNTED * self.handled
        return StockBelief(self.share, variance, together, q + WANDERS), books * stays

    def counted(self, books: float, count: float, error: float) -> tuple["StockBelief", float]:
        """What is believed after a count with a standard deviation [units], and the stock."""
        p, c, q = self.variance + MISCOUNTED * self.handled, self.together, self.share_variance
        spread = p + error**2
        if (count - books) ** 2 > FAR**2 * spread:  # something else has happened to the books
            return StockBelief(self.share, error**2, 0.0, q), count
        gain, pull = (p / spread, c / spread) if spread > 0 else (1.0, 0.0)
        share = min(0.5, max(-0.5, self.share + pull * (count - books)))
        sure = (share, (1 - gain) * p, (1 - gain) * c, max(0.0, q - pull * c), 0.0)
        return StockBelief(*sure), max(0.0, books + gain * (count - books))
