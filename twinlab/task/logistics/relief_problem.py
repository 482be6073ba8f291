"""What relief can be asked to prepare for: goods, depots, ways, and seasons with their hits."""

import math
from collections.abc import Callable, Mapping
from dataclasses import field, replace
from typing import Any

import numpy as np

from twinlab.scope import Result, ScenarioError
from twinlab.scope.base import Amount, Array, Limit, Row, check_known, column

__all__ = "Depot Good Hit ReliefProblem ReliefSeason Way".split()

NOT_SENT = ("cash", "missing", "lost", "left")  # what flows are beside modes, so no mode's name


class Good(Row, frozen=True):
    """Something that people need; a cover is what one person needs of it.

    ``level`` says which share of the shortage cost a wait of some hours already is, from 0 to 1.
    """

    name: str = column("name", meaning="what it is called")
    weight: float = column("kg/cover", meaning="of what one person needs", low=0)
    price: float = column("USD/cover", meaning="paid for what is used", low=0)
    level: Callable[[float], Any] = np.zeros_like  # a wait that costs nothing
    cash: float | None = column("share", None, "of the price, where people can buy it", low=0)


class Depot(Row, frozen=True):
    """A place where relief goods could lie."""

    name: str = column("name", meaning="how ways and hits call it")
    capacity: float = column("kg", meaning="most it can hold", low=0)
    fixed_cost: float = column("USD/season", 0.0, "cost of keeping it open", low=0)


class Way(Row, frozen=True):
    """How goods come from a depot to a place: by which mode, how soon, at what cost."""

    depot: str = column("name", meaning="where it starts")
    place: str = column("name", meaning="where it ends")
    mode: str = column("name", meaning="road, sea, air, …")
    hours: float = column("h", 0.0, "from the hit until goods are there", low=0)
    cost: float = column("USD/kg", 0.0, "of freight", low=0)


class Hit(Row, frozen=True):
    """One thing that happens: who needs help where, and what it leaves of stocks and ways.

    Who is not named keeps all stock, has no shops, all throughput and no delay; the last two are
    those of modes that have a limit.
    """

    name: str = column("name", meaning="what it is called")
    need: Mapping[str, float] = column("people", {}, "in need, by place", low=0)
    surviving: Mapping[str, float] = column("share", {}, "usable stock by depot", low=0, high=1)
    shops: Mapping[str, float] = column("share", {}, "who can buy, by place", low=0, high=1)
    throughput: Mapping[str, float] = column("share", {}, "of limits, by place", low=0, high=1)
    delay: Mapping[str, float] = column("h", {}, "of limited modes, by place", low=0)


class ReliefSeason(Row, frozen=True):
    """What may happen until stocks are filled up again: hits in their order, none if it is calm."""

    name: str = column("name", meaning="what it is called")
    probability: float = column("share", meaning="chance of such a season", low=0, high=1)
    hits: tuple[Hit, ...] = ()


class ReliefProblem(Result, frozen=True):
    """What is known before the season.

    A missing cover costs ``shortage`` × its price, keeping one ready ``holding`` × its price a
    season; cash is there after ``cash_hours``. ``limits`` say how many kg a mode brings to one
    place after one hit. All assumed, unless you know better.

    Raises:
        ScenarioError: probabilities do not sum to one, or a name is unknown or stands twice.
    """

    goods: tuple[Good, ...]
    depots: tuple[Depot, ...]
    ways: tuple[Way, ...]
    seasons: tuple[ReliefSeason, ...]
    shortage: Amount = 10.0
    holding: Amount = 0.25
    cash_hours: Amount = 96.0
    limits: Mapping[str, Limit] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in ("goods", "depots", "ways", "seasons"):
            object.__setattr__(self, name, tuple(getattr(self, name)))
        super().__post_init__()
        depots, goods = ([row.name for row in rows] for rows in (self.depots, self.goods))
        ways, hits = [(w.depot, w.place, w.mode) for w in self.ways], [hit for _, hit in self.hits]
        named: list[Any] = [[hit.name for hit in season.hits] for season in self.seasons]
        named += [depots, goods, ways, [season.name for season in self.seasons]]
        for names in named:
            if len({*names}) < len(names) or not (depots and goods):
                raise ScenarioError(f"problem: each name once, and at least one, got {names!r:.80}")
        total = math.fsum(self.weights)
        if not math.isclose(total, 1.0, abs_tol=1e-9) or not all(self.weights):
            way = "add a calm ReliefSeason('calm', p), leave out what never comes"
            raise ScenarioError(f"problem: probabilities sum to {total:g}, or one is 0: {way}")
        places = [*(place for _, place, _ in ways), *(place for hit in hits for place in hit.need)]
        modes = [mode for *_, mode in ways if mode not in NOT_SENT]
        told = [("depot", depots, depot) for depot, *_ in ways]
        told += [("depot", depots, depot) for hit in hits for depot in hit.surviving]
        told += [("place", places, n) for h in hits for n in (*h.shops, *h.throughput, *h.delay)]
        told += [("mode", modes, name) for name in (*(mode for *_, mode in ways), *self.limits)]
        for what, known, name in told:
            check_known(name, known, f"problem: {name!r} is not a {what}")

    def _sentence(self) -> str:
        size = f"{len(self.goods)} goods, {len(self.depots)} depots, {len(self.hits)} hits in"
        price = f"a missing cover costs {self.shortage:g} × its price"
        return f"{size} {len(self.seasons)} seasons; {price}"

    @property
    def weights(self) -> Array:
        """The probability of each season."""
        return np.array([season.probability for season in self.seasons])

    @property
    def hits(self) -> list[tuple[float, Hit]]:
        """All hits, each with the probability of its season."""
        return [(season.probability, hit) for season in self.seasons for hit in season.hits]

    @property
    def needs(self) -> dict[str, float]:
        """People in need by place, expected in a season."""
        told = [(at, p * n) for p, hit in self.hits for at, n in hit.need.items() if n > 0]
        return {at: math.fsum(x for to, x in told if to == at) for at, _ in told}

    def weighted(self, weights: Any) -> "ReliefProblem":
        """The same seasons, weighted anew: one weight each; who has none is left out.

        Raises:
            ScenarioError: not one weight of at least 0 for each season, or none above 0.
        """
        w = np.asarray(weights, dtype=np.float64)
        if w.shape != self.weights.shape or not (w >= 0).all() or not 0 < w.sum() < math.inf:
            raise ScenarioError(f"weighted: {len(self.seasons)} weights from 0 on, got {w!r:.60}")
        pairs = zip(self.seasons, (w / w.sum()).tolist(), strict=True)
        return replace(self, seasons=tuple(replace(s, probability=p) for s, p in pairs if p > 0))

    @property
    def mean_season(self) -> ReliefSeason:
        """The average season as one hit: expected need, and the share that all its hits leave.

        Shops, throughput and delay are averaged over those in need.
        """
        hits, needs, left = self.hits, self.needs, dict[str, float]()
        for d in self.depots:
            kept = [math.prod(h.surviving.get(d.name, 1.0) for h in s.hits) for s in self.seasons]
            left[d.name] = round(float(self.weights @ kept), 12)  # no speck above 1

        def mean(name: str, usual: float, at: str) -> float:
            told = [p * h.need.get(at, 0.0) * getattr(h, name).get(at, usual) for p, h in hits]
            return round(math.fsum(told) / needs[at], 12)

        usual = {"shops": 0.0, "throughput": 1.0, "delay": 0.0}
        ways = {name: {at: mean(name, x, at) for at in needs} for name, x in usual.items()}
        return ReliefSeason("average", 1.0, (Hit("average", needs, left, **ways),))
