"""Acting on quality: what to revise in a design, whether it helped, and what an alarm sets off."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import repeat
from typing import Any, NamedTuple

import numpy as np

from twinlab.modeling import Change, Line, estimate, replicate_line
from twinlab.modeling.simulation.random_streams import stream
from twinlab.scope import Estimate, Event, Gamma, Listing, Log, Result, ScenarioError
from twinlab.scope.base import Amount, Array, Count, Share, Whole, check_known, needs
from twinlab.scope.columns import Row, Sealed, column
from twinlab.task.quality.complaints import DELAY, ComplaintRates, complaint_rates, complaints

__all__ = """ProductLife Revision at_random compare_designers compare_reactions keep_design
live_generations most_complaints most_found revision_effect worth_it""".split()


class Revision(Row, frozen=True):
    """A change of a station's design against a fault; how much it helps nobody knows beforehand."""

    station: str = column("name", meaning="whose design changes")
    fault: str = column("name", meaning="that it is against")
    cost: float = column("USD", 5000.0, "paid when it is decided", low=0)
    lag: int = column("days", 20, "until parts are made by it", low=0)


class DesignView(Sealed, frozen=True, eq=False):
    """What a designer may see on a morning: no effects, but what was heard, delivered and found.

    ``works``: the days from which revisions of a fault work; ``price``: a complaint's [USD].
    """

    day: int
    end: int
    price: float
    revisions: tuple[Revision, ...]
    events: Log
    deliveries: Sequence[float]
    found: Mapping[str, int]
    works: Mapping[str, Sequence[int]]
    luck: np.random.Generator

    def rates(self, recent: float = np.inf) -> ComplaintRates:
        """Rates since each fault's last revision, of the last so many days' deliveries."""
        first = max(0, self.day - recent)
        since = {fault: int(max(first, *days[-1:], 0)) for fault, days in self.works.items()}
        return complaint_rates(self.events, self.deliveries, DELAY, self.day, since)


Designer = Callable[[DesignView], Revision | None]


def keep_design(view: DesignView) -> Revision | None:
    """Revise nothing."""
    return None


def at_random(view: DesignView) -> Revision | None:
    """Revise something, whatever customers say."""
    return view.revisions[int(view.luck.integers(len(view.revisions)))]


def most_found(view: DesignView) -> Revision | None:
    """Revise one after the other, what inspection finds most first."""
    return min(view.revisions, key=lambda r: (len(view.works[r.fault]), -view.found[r.fault]))


def most_complaints(view: DesignView) -> Revision | None:
    """Revise what most complaints name since its last revision works."""
    counts = view.rates().counts
    return max(view.revisions, key=lambda r: counts.get(r.fault, 0))


def worth_it(view: DesignView, left: Share = 0.45, recent: Count = 240) -> Revision | None:
    """Revise where the saving until the end most exceeds the cost, and only if it does.

    Saving = days until the end × parts × rate (of ``recent`` days, corrected) × price × (1 − left).
    """
    parts, rates = view.deliveries[-1], {r.fault: r for r in view.rates(recent).faults}

    def gain(r: Revision) -> float:
        if r.fault not in rates or rates[r.fault].exposure < 10 * parts:  # too young to tell
            return -r.cost
        sold = (view.end - view.day - r.lag) * parts
        return sold * rates[r.fault].rate / 1000 * view.price * (1 - left) - r.cost

    best = max(view.revisions, key=gain)
    return best if gain(best) > 0 else None


class ProductLife(Row, frozen=True):
    """The world of a product: its line, its customers, and how well revisions truly work.

    A revision multiplies the rate of its fault by a factor from Beta(3, 4), which no designer sees.
    All designers meet the same parts, customers and factors (common random numbers).

    >>> press = Station("press", 1, faults=Fault("dent", 0.02), inspection=Inspection(0.8))
    >>> ProductLife(Line([press]), {"dent": 0.5}).shares["dent"]
    (0.016, 0.002)
    """

    line: Line
    returned: Mapping[str, Share]
    cost: float = column("USD", 5000.0, "of a revision", low=0)
    lag: int = column("days", 20, "until it works", low=0)
    price: float = column("USD", 120.0, "of a complaint", low=0)
    parts: int = column("units/day", 140, "delivered", low=1)
    days: int = column("days", 120, "between two looks at the design: a generation", low=1)
    generations: int = column("generations", 8, "of the product", low=1)
    age: float = column("minutes", 85.0, "mean age of tools", low=0)
    value: float = column("USD/unit", 60.0, "of a part delivered", low=0)

    def check(self) -> None:
        """See that it is known of each fault how many of its parts come back."""
        faults = [f.name for s in self.line.stations for f in s.faults]
        for fault in faults:
            check_known(fault, self.returned, f"returned says nothing of {fault!r}")
        if not faults:
            raise ScenarioError("no station of the line makes a fault: there is nothing to revise")

    @property
    def shares(self) -> dict[str, tuple[float, float]]:
        """By fault the share of parts on which inspection finds it, and that come back with it."""
        looks = [1 - s.inspection.detects for s in self.line.stations if s.inspection]
        past = round(float(np.prod(looks)), 12)
        made = {f.name: f.chance(self.age) for s in self.line.stations for f in s.faults}
        return {k: (p * (1 - past), p * past * self.returned[k]) for k, p in made.items()}

    def customers(self, seed: int) -> list[Any]:
        """Who would complain of the first design, the latest first, each with a chance."""
        rows, end = list[Any](), self.days * self.generations
        for fault, (_, share) in self.shares.items():
            luck = stream(seed, 0, "design", fault)
            day = np.repeat(np.arange(end), luck.binomial(self.parts, share, end))
            told = day + DELAY.draw(luck, np.ones(len(day)), 1)[:, 0]
            chances = luck.random(len(day)).tolist()
            rows += zip(told.astype(int).tolist(), day.tolist(), repeat(fault), chances)
        return sorted(rows, reverse=True)


class DesignLife(NamedTuple):
    """A product's life: its cost [USD], and of each revision the day and its true factor."""

    cost: float
    revised: tuple[tuple[int, Revision, float], ...]
    events: Log
    deliveries: tuple[float, ...]


def live_generations(designer: Designer, world: ProductLife, seed: Whole = 0) -> DesignLife:
    """Let a designer look at the complaints after each generation, and see what it comes to.

    >>> press = Station("press", 1, faults=Fault("dent", 0.02), inspection=Inspection(0.8))
    >>> live_generations(keep_design, ProductLife(Line([press]), {"dent": 0.5}), seed=1).cost
    30480.0
    """
    end, shares, told = world.days * world.generations, world.shares, world.customers(seed)
    made = [(s.name, f.name) for s in world.line.stations for f in s.faults]
    options = tuple(Revision(*names, world.cost, world.lag) for names in made)
    level = {fault: np.ones(end) for fault in shares}  # of the first design's rate, by day
    secret = {fault: stream(seed, 0, "design", fault, "effect") for fault in shares}
    sight, luck = (stream(seed, 0, "design", name) for name in ("found", "designer"))
    heard, revised, sold = list[Any](), list[tuple[int, Revision, float]](), (world.parts,) * end
    found, works = dict.fromkeys(shares, 0), dict[str, tuple[int, ...]](dict.fromkeys(shares, ()))

    def hear(until: float) -> None:
        while told and told[-1][0] < until:
            on, made, fault, chance = told.pop()
            if chance < level[fault][made]:
                heard.append((on, "complained", "customers", "parts", 1.0, "", "", made, fault))

    for day in range(world.days, end, world.days):
        hear(day)
        for fault, (share, _) in shares.items():
            now = share * level[fault][day - world.days : day].mean()
            found[fault] += int(sight.binomial(world.parts * world.days, now))
        known = options, Log(heard), sold[:day], found, works, luck
        if (chosen := designer(DesignView(day, end, world.price, *known))) is not None:
            if chosen not in options:
                raise ScenarioError(f"a designer returns one of view.revisions, got {chosen!r}")
            revised.append((day, chosen, float(secret[chosen.fault].beta(3, 4))))
            works[chosen.fault] += (day + chosen.lag,)
            level[chosen.fault][day + chosen.lag :] *= revised[-1][2]
    hear(np.inf)
    cost = world.price * len(heard) + sum(revision.cost for _, revision, _ in revised)
    return DesignLife(cost, tuple(revised), Log(heard), sold)


class Way(Result, frozen=True):
    """What a way to act costs, beside the first one."""

    way: str = column("name", meaning="of acting")
    cost: Estimate = column("USD", meaning="in a product's life, or on a day after an alarm")
    difference: Estimate = column("USD", meaning="its cost less the first one's, paired")


class Ways(Listing, frozen=True):
    """Ways to act, compared on the same luck."""

    ways: tuple[Way, ...]


def _compared(costs: Mapping[str, Array]) -> Ways:
    first = next(iter(costs.values()))
    return Ways(tuple(Way(k, estimate(v), estimate(v - first)) for k, v in costs.items()))


def compare_designers(
    designers: Mapping[str, Designer], world: ProductLife, lives: Count = 150, seed: Whole = 0
) -> Ways:
    """Compare ways to design by what a product's life costs; differences are from the first one.

    >>> press = Station("press", 1, faults=Fault("dent", 0.08), inspection=Inspection(0.8))
    >>> world = ProductLife(Line([press]), {"dent": 0.8})
    >>> ways = {"nothing": keep_design, "worth it": worth_it}
    >>> compare_designers(ways, world, 20)["worth it"].difference.verdict
    'a loss'
    """
    costs = dict[str, Array]()
    if not designers:
        wanted = "designers by name, such as {'nothing': keep_design}"
        raise ScenarioError(f"compare_designers: {wanted}")
    for name, designer in designers.items():
        lived = (live_generations(designer, world, seed + at) for at in range(lives))
        costs[name] = np.array([life.cost for life in lived])
    return _compared(costs)


def compare_reactions(
    world: ProductLife,
    reactions: Mapping[str, Change],
    before: Count = 3,
    after: Count = 20,
    replications: Count = 10,
    seed: Whole = 0,
) -> Ways:
    """Compare what an alarm sets off with doing nothing, on the line as it is now [USD/day].

    The line changed ``before`` days ago, and the cause is found ``after`` days from now; if the
    alarm is false, the line is what it was. A reaction has values of the line by path and a cost
    [USD/year]; with a value ``hold``, also parts since the change get them. Cost of a day = price ×
    complaints that will ever come − value × parts delivered + that of the reaction.

    >>> press = Station("press", 4, faults=Fault("dent", 0.2), inspection=Inspection(0.5))
    >>> look = Change({"press.inspection.detects": 0.9}, cost=100 * 365)
    >>> world = ProductLife(Line([press]), {"dent": 0.8})
    >>> compare_reactions(world, {"look": look}, replications=4)["look"].difference.high < 0
    True
    """
    daily, days = dict[str, Array](), before + after
    for name, reaction in {"nothing": Change({}), **reactions}.items():
        line = world.line
        for path, value in reaction.values.items():
            line = line if path == "hold" else line.set(path, value)
        costs = np.full((replications, days), reaction.cost / 365)
        for at, run in enumerate(replicate_line(line, days + 2, replications, seed).runs):
            for event in complaints(run, world.returned, seed, at):
                if event.kind == "served":
                    costs[at, event.day] -= world.value * event.quantity
                else:
                    costs[at, event.due] += world.price
        if daily and "hold" not in reaction.values:
            costs[:, :before] = daily["nothing"][:, :before]
        daily[name] = costs
    return _compared({name: costs.mean(axis=1) for name, costs in daily.items()})


class RevisionEffect(Result, frozen=True):
    """What a revision has left of a fault's rate, as far as complaints tell."""

    ratio: float = column("", meaning="rate after / rate before")
    low: float = column("", meaning="lower end of its 95 % interval")
    high: float = column("", meaning="upper end: below 1, it is proved to be better")


def revision_effect(
    events: Iterable[Event],
    fault: str,
    since: Whole,
    deliveries: Sequence[Amount] | None = None,
    delay: Gamma | None = DELAY,
    until: Count | None = None,
) -> RevisionEffect:
    """Measure a revision: the ratio of the rates of deliveries from ``since`` on and before.

    All else is as in ``complaint_rates``; without the delay, a revision looks better than it is.
    The interval inverts the score test of two Poisson rates. Source: Gu et al. (2008).

    >>> told = [Event(day, "complained", "shop", "bike", 1.0 + (day < 100), due=day // 2,
    ...               note="dent") for day in range(200)]
    >>> revision_effect(told, "dent", since=50, deliveries=[100] * 200)
    ratio 0.2256 · low 0.1776 · high 0.2867
    """
    told, score = list(events), needs("statsmodels.stats.rates", "methods").confint_poisson_2indep
    rates = (complaint_rates(told, deliveries, delay, until, first) for first in (0, since))
    whole, after = (found[fault] for found in rates)
    before = whole.heard - after.heard, whole.exposure - after.exposure
    if not (before[0] and after.exposure):
        raise ScenarioError(f"since {since}: something is delivered after, and complained before")
    low, high = score(after.heard, after.exposure, *before, method="score", compare="ratio")
    return RevisionEffect(after.rate / 1000 * before[1] / before[0], float(low), float(high))
