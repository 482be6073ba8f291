"""The last mile after a disaster: who gets what when, by which truck, on which roads.

What counts is waiting: a plan costs its drives, and each gap in which people are without a good.
Where kilometres count, ``route`` is quicker and better.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace
from random import Random
from typing import Any

import numpy as np

from twinlab.management.flows import CALIBRATED_HOURS, LEVELS, gini, waiting_level
from twinlab.scope import Result, ScenarioError, SolverError
from twinlab.scope.base import Amount, Count, Limit, Row, Whole, check_known, column, grouped, nx

__all__ = "Deprivation LastMile Load Road Truck drive rounds".split()

FINE, LAST = 32, 960 * 32  # steps of an hour in a table of losses, and its last: then straight on
Trips = tuple[tuple[int, ...], ...]  # of one truck: loads by number, in the order of their stops


class Road(Row, frozen=True):
    """A road between two neighbours, both ways."""

    source: str = column("name", meaning="town or depot at one end")
    destination: str = column("name", meaning="at the other end")
    length: float = column("km", meaning="of the road", low=0)
    main: bool = column("yes/no", True, "whether every truck may take it")
    opens: float = column("h", 0.0, "cut until then", low=0)


class Truck(Row, frozen=True):
    """Trucks of one kind, all at the depot."""

    kind: str = column("name", meaning="what it is called")
    capacity: float = column("kg", meaning="most one carries", low=0)
    speed: float = column("km/h", meaning="of driving", low=0.1)
    cost: float = column("USD/km", 0.0, "of driving", low=0)
    main_only: bool = column("yes/no", False, "whether it keeps to main roads")
    count: int = column("trucks", 1, "how many there are", low=1)
    start: float = column("h", 0.0, "first departure", low=0)
    loading: float = column("h", 0.0, "at the depot between two trips", low=0)
    unloading: float = column("h", 1.0, "to hand out one load", low=0)


class Deprivation(Row, frozen=True):
    """What it costs a person to be without a good: loss × ``waiting_level`` of the hours."""

    good: str = column("name", meaning="how loads call it")
    loss: float = column("USD/person", meaning="at level 1: of never getting it", low=0)
    lasts: float = column("h", math.inf, "until a delivery is used up", low=0)
    like: str = column("name", "", "good whose level it has; empty: its own")


class Load(Row, frozen=True):
    """What one truck brings at once to one group of people."""

    town: str = column("name", meaning="where they live")
    group: str = column("name", meaning="who they are, within the town")
    bundle: str = column("name", meaning="goods that it holds, joined by +")
    people: float = column("people", meaning="whom it serves", low=1e-9)
    weight: float = column("kg", meaning="of all of it", low=0)
    round: int = column("round", 0, "of a repeated delivery, from 0", low=0)
    earliest: float = column("h", 0.0, "when it may leave the depot", low=0)


class LastMile(Result, frozen=True):
    """Who waits for what from hour 0 (a midnight) on, and which trucks and roads there are.

    Raises:
        ScenarioError: something is missing, unknown or there twice.
    """

    depot: str
    roads: Sequence[Road]
    trucks: Sequence[Truck]
    loads: Sequence[Load]
    deprivations: Sequence[Deprivation]
    daylight: tuple[Limit, Limit] = column("h", (0.0, 24.0), "of the day, to begin to unload in")
    horizon: Amount = column("h", 0.0, "until which people live on what lasts")

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("roads", "trucks", "loads", "deprivations"):
            object.__setattr__(self, name, tuple(getattr(self, name)))
        places = {end for road in self.roads for end in (road.source, road.destination)}
        goods = [lack.good for lack in self.deprivations]
        asked = [good for load in self.loads for good in load.bundle.split("+")]
        levels = [lack.like or lack.good for lack in self.deprivations]
        told: Any = [("road to", places, [self.depot, *(load.town for load in self.loads)])]
        told += [("deprivation of", goods, asked), ("level (say by like) of", LEVELS, levels)]
        for what, known, name in ((*rest, name) for *rest, names in told for name in names):
            check_known(name, known, f"LastMile: no {what} {name!r}")
        if not (self.trucks and self.loads):
            have = f"{len(self.trucks)} kinds of trucks and {len(self.loads)} loads"
            raise ScenarioError(f"LastMile: {have}: give at least one of each")
        if not 0 <= self.daylight[0] < self.daylight[1] <= 24:
            raise ScenarioError(f"LastMile: daylight {self.daylight!r}: give hours such as (6, 18)")
        self._stands_once([*goods, *((x.town, x.group, x.bundle, x.round) for x in self.loads)])

    def _stands_once(self, keys: Sequence[Any]) -> None:
        """Goods and loads stand once, and so does the size of a group."""
        for key in (key for key, many in Counter(keys).items() if many > 1):
            raise ScenarioError(f"LastMile: {key!r} stands twice: give each load and good once")
        heads = {(x.town, x.group): x.people for x in self.loads}
        for x in (x for x in self.loads if x.people != heads[x.town, x.group]):
            told = f"{x.people:g} people, and {heads[x.town, x.group]:g}: make two groups of them"
            raise ScenarioError(f"LastMile: group {x.group!r} of {x.town!r} has {told}")


class Leg(Result, frozen=True):
    """A drive from one stop to the next."""

    load: int = column("number", meaning="that it brings, from 0; −1: back to the depot")
    leaves: float = column("h", meaning="from the last stop")
    arrives: float = column("h", meaning="at this one")
    handed_out: float = column("h", meaning="from then on: in daylight")
    distance: float = column("km", meaning="of the way")
    way: tuple[str, ...] = column("name", meaning="places on it")


class RoundsPlan(Result, frozen=True):
    """Trips of the trucks, and what they mean for people."""

    problem: LastMile
    trips: tuple[Trips, ...]  # by truck
    legs: tuple[tuple[Leg, ...], ...]  # by truck
    cost: float = column("USD", meaning="of trucks and of waiting")
    truck_cost: float = column("USD", meaning="of all trips")
    distance: float = column("km", meaning="of all trips")
    mean_wait: float = column("h", meaning="of a person, for the first load")
    last_wait: float = column("h", meaning="until the last group has its first load")
    gini: float = column("", meaning="how unevenly the cost of waiting is shared among people")
    beyond: float = column("people", meaning="without water for longer than is known")
    ceiling: float = column("h", meaning="that was set on the last first load")

    def reached(self, hours: Sequence[float]) -> list[float]:
        """How many people have had their first load by each of some hours."""
        stops = [leg for legs in self.legs for leg in legs if leg.load >= 0]
        served = ((self.problem.loads[leg.load], leg.handed_out) for leg in stops)
        got = grouped(((x.town, x.group), (at, x.people)) for x, at in served).values()
        return [sum(people for at, people in map(min, got) if at <= hour) for hour in hours]

    def _sentence(self) -> str:
        far = f"\nmore than {CALIBRATED_HOURS:g} h without water: what that costs is no estimate"
        late = "\nno plan was found within the ceiling: raise it, or add trucks"
        flags = far * bool(self.beyond) + late * (self.last_wait > self.ceiling)
        return super()._sentence() + flags


def rounds(
    problem: LastMile,
    *,
    iterations: Count = 20_000,
    starts: Count = 3,
    ceiling: Limit = math.inf,
    seed: Whole = 0,
) -> RoundsPlan:
    """Plan trips at least cost of trucks and of waiting, by simulated annealing.

    min Σ km × cost + Σ people × loss × level(gap) over every gap in which a group is without a
    good, until ``horizon``. A load or a trip moves, or two trips change places; only their trucks
    are driven anew. A truck stays where it is until a way is open, and hands out in daylight.
    ``ceiling`` [h] bounds every group's first load (equity). The best of several starts: a good
    plan, not a proven one; the same seed gives the same plan.
    Source: Holguín-Veras et al. (2013); Kirkpatrick, Gelatt & Vecchi (1983).

    Raises:
        SolverError: no truck can bring a load, with the reason.

    >>> roads = [Road("depot", "a", 30), Road("depot", "b", 90)]
    >>> loads = [Load(town, "all", "water", 100, 500) for town in ("a", "b")]
    >>> case = LastMile("depot", roads, [Truck("van", 900, 30)], loads, [Deprivation("water", 5e6)])
    >>> plan = rounds(case, iterations=100)
    >>> plan.trips, plan.last_wait  # a van takes one load at a time
    ((((0,), (1,)),), 6.0)
    >>> plan.reached([0, 5, 6])
    [0, 100.0, 200.0]
    """
    search = Dispatcher(problem, ceiling)
    found = [search.anneal(Random(f"{seed}: {start}"), iterations) for start in range(starts)]
    return search.plan(min(found)[1])


def drive(plan: RoundsPlan, roads: Sequence[Road]) -> RoundsPlan:
    """Drive a plan's trips on other roads: the loads stay as they are, the ways may not.

    At each stop a driver hears which roads are cut until when, and takes the way that is there
    soonest, or waits. What a plan made for these roads costs less is what the message is worth.

    Raises:
        SolverError: on these roads a truck cannot bring a load.

    >>> case = LastMile("depot", [Road("depot", "a", 60)], [Truck("van", 900, 30)],
    ...                 [Load("a", "all", "water", 100, 500)], [Deprivation("water", 5e6)])
    >>> drive(rounds(case, iterations=1), [Road("depot", "a", 60, opens=24)]).last_wait
    26.0
    """
    return Dispatcher(replace(plan.problem, roads=roads), plan.ceiling).plan(plan.trips)


class Dispatcher:
    """A problem in plain numbers, by load and by truck, and the search for trips."""

    def __init__(self, case: LastMile, ceiling: float = math.inf) -> None:
        self.case, self.ceiling, self.loads = case, ceiling, (loads := case.loads)
        self.fleet = [truck for truck in case.trucks for _ in range(truck.count)]
        self.ways = [way for kind in case.trucks for way in [_ways(case, kind)] * kind.count]
        for load in loads:
            if not any(self.takes(k, load) for k in range(len(self.fleet))):
                told = f"rounds: no truck takes {load.weight:g} kg and has a way to {load.town!r}"
                raise SolverError(f"{told} ({load.title}): split it, or add a truck or a road")
        hours, lacks = np.arange(LAST + 2) / FINE, {lack.good: lack for lack in case.deprivations}
        level = {x: waiting_level(hours, x.like or x.good, tangent=True) for x in lacks.values()}
        losses = {lack: (lack.loss * shares).tolist() for lack, shares in level.items()}
        holds = [[lacks[good] for good in load.bundle.split("+")] for load in loads]
        self.loss = [sum(lack.loss for lack in held) for held in holds]
        self.groups = grouped(((x.town, x.group), n) for n, x in enumerate(loads))
        parts = ((n, x, lack) for n, x in enumerate(loads) for lack in holds[n])
        self.lacking = grouped(((x.town, x.group, lack), n) for n, x, lack in parts)
        # Of each group and good: losses by hours, how long it lasts, its loads.
        self.chains = [(losses[lack], lack.lasts, who) for (*_, lack), who in self.lacking.items()]
        if ceiling < math.inf:  # an hour beyond it costs as much as fifty of waiting there
            now = min(int(ceiling * FINE), LAST)
            steep = 1 + 50 * FINE * sum(loss[now + 1] - loss[now] for loss in losses.values())
            late = (steep * np.maximum(hours - ceiling, 0)).tolist()
            self.chains += [(late, math.inf, who) for who in self.groups.values()]
        self.of = grouped((n, c) for c, (*_, who) in enumerate(self.chains) for n in who)

    def takes(self, k: int, *trip: Load) -> bool:
        """Whether a truck can bring these loads at once."""
        reach, most = self.ways[k][self.case.depot], self.fleet[k].capacity * (1 + 1e-9)
        return sum(x.weight for x in trip) <= most and all(x.town in reach for x in trip)

    def fits(self, new: dict[int, Trips], old: Sequence[Trips]) -> bool:
        """Whether trucks can bring their new trips."""
        every = ((k, trip) for k, trips in new.items() for trip in {*trips}.difference(old[k]))
        return all(self.takes(k, *(self.loads[n] for n in trip)) for k, trip in every)

    def drive(self, k: int, trips: Trips) -> list[Any]:
        """Drive one truck's trips: the columns of each leg."""
        truck, ways, loads, depot = self.fleet[k], self.ways[k], self.loads, self.case.depot
        (dawn, dusk), now, legs = self.case.daylight, truck.start, []
        for trip in trips:
            here, now = depot, max([now, *[loads[load].earliest for load in trip]])
            for load in (*trip, -1):
                there = loads[load].town if load >= 0 else depot
                soonest = [(max(now, way[0]) + way[1], *way) for way in ways[here][there]]
                hour, opens, _, km, way = min(soonest) if len(soonest) > 1 else soonest[0]
                leaves, arrives, clock = max(now, opens), hour, hour % 24
                if load >= 0 and not dawn <= clock <= dusk:
                    hour += dawn - clock + 24 * (clock > dusk)
                now = hour + (truck.unloading if load >= 0 else truck.loading)
                legs.append((load, leaves, arrives, hour, km, way))
                here = there
        return legs

    def burden(self, chain: int, at: dict[int, float]) -> tuple[float, float]:
        """What the gaps in one good cost one group [USD], and the longest of them [h]."""
        losses, lasts, who = self.chains[chain]
        usd, longest, end, people = 0.0, 0.0, 0.0, self.loads[who[0]].people
        for hour in (*sorted([at[n] for n in who]), self.case.horizon):
            if (gap := hour - end) > 0:
                longest, step = max(longest, gap), min(int(gap * FINE), LAST)
                slope = losses[step + 1] - losses[step]
                usd += people * (losses[step] + slope * (gap * FINE - step))
            end = max(end, hour) + lasts
        return usd, longest

    def begin(self) -> list[Trips]:
        """Bring each load by itself: the most urgent first, by the truck with the fewest trips."""
        trips: list[Trips] = [() for _ in self.fleet]
        for _, _, n in sorted((x.earliest, -self.loss[n], n) for n, x in enumerate(self.loads)):
            able = (k for k in range(len(trips)) if self.takes(k, self.loads[n]))
            trips[min(able, key=lambda k: len(trips[k]))] += ((n,),)
        return trips

    def anneal(self, luck: Random, iterations: int) -> tuple[float, list[Trips]]:
        """Search from the simple plan on; the cost and the trips of the best plan met."""
        trips: list[Trips] = [() for _ in self.fleet]
        at, values = dict.fromkeys(range(-1, len(self.loads)), -1.0), defaultdict[int, float](float)
        cost, best, found = 0.0, math.inf, trips
        for step in range(iterations + 1):
            new = _moved(trips, luck) if step else dict(enumerate(self.begin()))
            if not self.fits(new, trips):
                continue
            legs = {k: self.drive(k, every) for k, every in new.items()}
            moved = [leg for every in legs.values() for leg in every if at[leg[0]] != leg[3]]
            before = {leg[0]: at[leg[0]] for leg in moved}
            at.update((leg[0], leg[3]) for leg in moved)
            chains = {chain for n in before if n >= 0 for chain in self.of[n]}
            tried = {chain: self.burden(chain, at)[0] for chain in chains}
            for k, every in legs.items():  # a truck's drives stand beside the chains, as ~truck
                tried[~k] = self.fleet[k].cost * sum(leg[4] for leg in every)
            more = sum(tried.values()) - sum(values[each] for each in tried)
            heat = 0.05 * best * 1e-3 ** (step / iterations)
            if step and more > 0 and luck.random() >= math.exp(-more / max(heat, 1e-99)):
                at.update(before)
                continue
            values.update(tried)
            cost, trips = cost + more, [new.get(k, every) for k, every in enumerate(trips)]
            if cost < best:
                best, found = cost, trips
        return best, found

    def plan(self, trips: Sequence[Trips]) -> RoundsPlan:
        """Say what trips mean."""
        if not self.fits(dict(enumerate(trips)), [()] * len(trips)):
            raise SolverError("drive: a truck cannot bring its loads on these roads: plan anew")
        legs = [self.drive(k, every) for k, every in enumerate(trips)]
        at = {leg[0]: leg[3] for every in legs for leg in every}
        far = [sum(leg[4] for leg in every) for every in legs]
        usd = sum(truck.cost * km for truck, km in zip(self.fleet, far, strict=True))
        people = {key: self.loads[who[0]].people for key, who in self.groups.items()}
        first = [min(at[n] for n in who) for who in self.groups.values()]
        burdens, beyond = dict.fromkeys(people, 0.0), 0.0
        for chain, (*key, lack) in enumerate(self.lacking):
            cost, longest = self.burden(chain, at)
            burdens[*key] += cost / people[*key]
            thirsty = (lack.like or lack.good) == "water" and longest > CALIBRATED_HOURS
            beyond += thirsty * people[*key]
        each, heads = [*burdens.values()], [*people.values()]
        mean, total = float(np.average(first, weights=heads)), usd + float(np.dot(each, heads))
        figures = total, usd, sum(far), mean, max(first), gini(each, heads), beyond, self.ceiling
        told = tuple(tuple(Leg(*leg) for leg in every) for every in legs)
        return RoundsPlan(self.case, tuple(trips), told, *figures)


def _moved(trips: list[Trips], luck: Random) -> dict[int, Trips]:
    """Trips of one truck or two, changed a little."""
    a, b = luck.randrange(len(trips)), luck.randrange(len(trips))
    if not trips[a]:
        return {}
    one = list(trips[a])
    other = one if a == b else list(trips[b])
    at, kind = luck.randrange(len(one)), luck.random()
    if kind < 0.7 or not other:  # a load, or all of a trip, goes on a trip of its own or on another
        trip = one.pop(at)
        part = (luck.choice(trip),) if kind < 0.45 else trip
        one[at:at] = [rest] if (rest := tuple(n for n in trip if n not in part)) else []
        to = luck.randint(0, len(other))
        trip = other.pop(to) if to < len(other) and luck.random() < 0.5 else ()
        cut = luck.randint(0, len(trip))
        other.insert(to, (*trip[:cut], *part, *trip[cut:]))
    else:  # two trips change places, or a load of each
        to = luck.randrange(len(other))
        mine, theirs = one[at], other[to]
        if kind < 0.85:
            swap = {(p := luck.choice(mine)): (q := luck.choice(theirs)), q: p}
            theirs, mine = (tuple(swap.get(n, n) for n in trip) for trip in (mine, theirs))
        one[at], other[to] = theirs, mine
    return {a: tuple(one), b: tuple(other)}


def _ways(case: LastMile, truck: Truck) -> dict[str, Any]:
    """By places: the shortest way, and each shorter one that opens later: hour, hours, km, way."""
    found: dict[str, Any] = defaultdict(lambda: defaultdict(list))
    for hour in sorted({0.0, *(road.opens for road in case.roads)}):
        graph = nx.Graph()
        for road in sorted(case.roads, key=lambda road: -road.length):  # of two, the shorter stays
            if road.opens <= hour and road.main >= truck.main_only:
                graph.add_edge(road.source, road.destination, km=road.length)
        for here, (far, way) in nx.all_pairs_dijkstra(graph, weight="km"):
            for there, km in far.items():
                ways = found[here][there]
                if not ways or km < ways[-1][2]:
                    ways.append((hour, km / truck.speed, km, tuple(way[there])))
    return found
