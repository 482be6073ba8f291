"""Outages: which are believed, whether somebody told of them or flows stand still.

Nobody tells a twin that a supplier has closed if the supplier does not. But a flow that could move
and does not says so: somebody is owed goods, they are there, and they do not leave. Each flow has a
filter with two states, up and down, and learns while up how often, and for how long, it rests
(lots, pauses, handling): no alarm. What is left of an outage follows from its age and recovery.

Of stocks, too, the books do not see everything, and counts are not exact: a filter weighs both.
"""

import math
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import numpy as np

from twinlab.scope import Constant, Empirical, LaneOutage, Listing, Network, Outage, Result, State
from twinlab.scope.base import DUST, Distribution, ItemKey, SyncError, column, grouped, mean_of
from twinlab.scope.entities import KINDS, Disruption

__all__ = ["Outages"]

FAILS = 1 / 365  # a day, for a flow that is up
RECOVERS = 28.0  # mean days down, where the tables do not say
OPEN = 0.5  # an outage is believed above this probability
CERTAIN = 0.95  # and taken for certain from here on
SLIPS = 1e-3  # a flow that is down moves all the same
RESTS = 8  # nights of rest that are told apart
RARELY = 0.2  # rests in none of its nights that a flow is believed to have had before
LONGER = 0.5  # of rests go on for another night, before anything is known of them
GUESSED = 4  # nights that this guess counts for
ALIKE = 6  # nights that what is known of all rests counts for those of one length
FULL = 0.98  # of a capacity is all of it
LEAST = 2  # nights of rest that it takes
_POINTS = 200

Flow = tuple[str, ...]  # a lane's key; (node, product) of customers; a recipe with a third word


def time_left(age: float, mean: float, shape: float = 1.0) -> Distribution:
    """What is left of a time to recover that has lasted for some days [days].

    The Weibull law with that mean and shape, given that it exceeds the age a, has the quantiles
    (a^k + λ^k · e)^(1/k) − a with e = −ln(1 − u). Source: Rinne (2009) section 2.
    """
    scale = mean / math.gamma(1 + 1 / shape)
    spread = -np.log1p(-(np.arange(_POINTS) + 0.5) / _POINTS)
    left = (age**shape + scale**shape * spread) ** (1 / shape) - age
    return Empirical(tuple(np.maximum(left, DUST).tolist()))


def perhaps(law: Distribution, probability: float) -> Distribution:
    """The law with a probability; otherwise 0 days, and nothing strikes."""
    if probability >= CERTAIN:
        return law
    values = list(law.values) if isinstance(law, Empirical) else [law.average] * _POINTS
    strikes = round(_POINTS * probability)
    picked = [values[(2 * at + 1) * len(values) // (2 * strikes)] for at in range(strikes)]
    return Empirical((*picked, *[0.0] * (_POINTS - strikes)))


class Standstill(NamedTuple):
    """What is believed of one flow after some nights.

    ``rests`` counts, by nights of rest before, how often it then moved and how often it did not.
    """

    probability: float = FAILS
    resting: int = 0  # nights in a row on which it could move and did not
    since: int = -1  # the first of them
    moved_on: int = -1
    rests: tuple[tuple[int, int], ...] = ((1, 0), *[(0, 0)] * (RESTS - 1))

    def night(self, day: int, moved: bool, mean: float = RECOVERS) -> "Standstill":
        """Learn from a night on which the flow could move; ``mean`` days is it down, if it is."""
        rest, down = self._rest(), self.idle(mean).probability
        if moved:
            down, up = down * SLIPS, (1 - down) * (1 - rest)
        else:
            up = (1 - down) * rest
        likely = down / (down + up)
        if not moved:
            since = day if self.since < 0 else self.since
            return Standstill(likely, self.resting + 1, since, self.moved_on, self.rests)
        outage = self.stands and self.resting >= RESTS
        return Standstill(likely, moved_on=day, rests=self.rests if outage else self._rested())

    def _rested(self) -> tuple[tuple[int, int], ...]:
        """What it has learned when it moves: it rested on each night but this one."""
        found = list(self.rests)
        for night in range(self.resting + 1):
            at = min(night, RESTS - 1)
            went, rested = found[at]
            over = night == self.resting
            found[at] = (went + over, rested + (not over))
        return tuple(found)

    def idle(self, mean: float = RECOVERS) -> "Standstill":
        """A night on which it could not move: it may have failed or recovered."""
        down = self.probability * (1 - 1 / max(mean, 1.0)) + (1 - self.probability) * FAILS
        return self._replace(probability=down)

    @property
    def stands(self) -> bool:
        """Whether an outage is believed."""
        return self.probability > OPEN and self.resting >= LEAST

    def _rest(self) -> float:
        """How likely it rests tonight while up, given for how many nights it has rested."""
        went, rested = self.rests[min(self.resting, RESTS - 1)]
        if not self.resting:
            return (rested + RARELY) / (went + rested + 1)
        longer, ended = sum(one for _, one in self.rests[1:]), sum(one for one, _ in self.rests[1:])
        expected = (longer + GUESSED * LONGER) / (longer + ended + GUESSED)
        return (rested + ALIKE * expected) / (went + rested + ALIKE)


class Flows:
    """The flows of a network: which could move on a night, and what each night teaches."""

    def __init__(self, network: Network) -> None:
        self.means = {n.name: float(n.time_to_recover or RECOVERS) for n in network.nodes}
        self.lanes: list[Flow] = [lane.key for lane in network.lanes]
        self.made, self.items = network.made, network.items
        self.bought, self.nodes = network.brought, network.named

    def wanted(self, state: State) -> Iterable[Flow]:
        """The flows of which something is wanted at night, and which could move all the same."""
        stock = state.on_hand
        for claim, units in state.owed.items():
            if units > DUST and stock.get(seller(claim), math.inf) > DUST:
                yield claim
        for item, units in state.to_make.items():
            parts = self.made[item].components if units > DUST else None
            if parts is not None and all(stock[item[0], part] > DUST for part in parts):
                yield (*item, "made")

    def night(
        self,
        known: Mapping[Flow, Standstill],
        state: State,
        moved: Mapping[Flow, float],
        seen: Mapping[str, int] | None = None,
    ) -> dict[Flow, Standstill]:
        """What is believed after a night; only flows whose ends are known by then teach.

        ``state`` is that of the night, ``moved`` holds the units of the flows that moved on its
        day, ``seen`` the day before which everything is known, by node (all is, without it). Who
        has used up its capacity for others says nothing of those that rest.
        """
        day, found, used = state.day, dict(known), dict.fromkeys(self.nodes, 0.0)
        for flow, units in moved.items():
            used[flow[0]] += units * self._takes_capacity(flow)
        full = {name for name, node in self.nodes.items() if node.may_be_full(used[name], FULL)}
        free = (f for f in self.wanted(state) if f[0] not in full or not self._takes_capacity(f))
        could = {*moved, *free}
        for flow in could.union(known):
            ends = flow[:2] if len(flow) == 4 else flow[:1]
            told = seen is None or all(seen.get(end, 0) > day for end in ends)
            now, mean = known.get(flow, Standstill()), self.means[flow[0]]
            teaches = told and flow in could
            found[flow] = now.night(day, flow in moved, mean) if teaches else now.idle(mean)
        return found

    def closed(self, known: Mapping[Flow, Standstill]) -> dict[tuple[str, ...], Standstill]:
        """What stands still: nodes, items or lanes, as far as nothing else of them moves."""
        items = grouped((seller(flow), flow) for flow in known)
        nodes = grouped((flow[:1], flow) for flow in known)
        found: dict[tuple[str, ...], Standstill] = {}
        for flow, one in ((flow, one) for flow, one in known.items() if one.stands):
            for place, flows in (flow[:1], nodes), (seller(flow), items):
                if all(known[other].moved_on < one.since for other in flows[place]):
                    break
            else:
                place = flow
            now = found.get(place, one)
            since, likely = min(now.since, one.since), max(now.probability, one.probability)
            found[place] = one._replace(probability=likely, since=since)
        return found

    def told(
        self, kind: str, day: int, data: Mapping[str, Any]
    ) -> tuple[Flow, "Told | None"] | None:
        """What somebody tells to stand still from a day on, or no longer; nothing of other kinds.

        A ``lane`` is named "mine->plant" where no partner is; a node or product is ``down``. Of a
        place that the network has not: a SyncError.
        """
        node, product = data.get("node", ""), data.get("product") or ""
        if kind == "state":
            asset, down = data["asset"], data["note"] == "down"
            place: Flow = (node,) if asset == node else (node, asset)
            if place[1:] and place not in self.items:
                return None  # a machine of a line is no node
            return place, Told(day) if down else None
        what = KINDS.get(str(data.get("what")), Outage)
        if kind not in ("disrupted", "recovered") or not hasattr(what, "loss"):
            return None
        partner = data.get("partner") or str(data.get("lane") or "").rpartition("->")[2]
        place = (node, product) if product else (node,)
        if partner:
            place = (node, partner, product, data.get("mode") or "")
            if not any(covers(key, place) for key in self.lanes):
                raise SyncError(f"the network has no lane {node} → {partner} that could be {kind}")
        elif product and place not in self.items:
            raise SyncError(f"the network has no {product!r} at {node!r} that could be {kind}")
        if kind == "recovered":
            return place, None
        loss, how = data.get("loss"), ("holds_transit" if partner else "stock_ships",)
        said = how if data.get("note") == how[0] else ()
        return place, Told(day, 1.0 if loss is None else loss, data.get("expected_end"), said)

    def _takes_capacity(self, flow: Flow) -> bool:
        return flow[2:] == ("made",) or seller(flow) not in self.bought

    def over(self, heard: Mapping[Flow, "Told"], moved: Iterable[Flow], day: int) -> list[Flow]:
        """Of the outages that were told, those of which what stood still has moved on a day.

        One that has an end is not over before; what a node makes says more than what it has left.
        """
        return [
            place
            for place, told in heard.items()
            if told.loss == 1.0 and told.since < day and (told.end is None or told.end <= day)
            for flow in moved
            if covers(flow, place)
            and (len(place) == 4 or flow[2:] == ("made",) or seller(flow) not in self.made)
        ]


class Told(NamedTuple):
    """An outage of which somebody told: since when, what is lost, and when it will end."""

    since: int
    loss: float = 1.0
    end: int | None = None
    how: tuple[str, ...] = ()  # stock_ships, holds_transit


class OutageBelief(Result, frozen=True):
    """An outage that is believed today."""

    where: str = column("words", meaning="the node, item or lane that stands still")
    since: int = column("day", meaning="since when")
    probability: float = column("share", meaning="that it is so")
    days_left: float = column("days", meaning="what is left of it on average, if it is so")
    told: str = column("words", meaning="heard of, or inferred from what stands still")
    disruption: Disruption = column("words", meaning="what a look ahead lives through")

    def _sentence(self) -> str:
        sure = "" if self.told == "heard" else f", {self.probability:.0%} sure"
        left = f"{self.days_left:.3g} days left"
        return f"{self.where}: closed since day {self.since} ({self.told}{sure}), {left}"


class Outages(Listing, frozen=True):
    """The outages that are believed today.

    >>> chain = Scenario(serial(["mine", "shop"], demand=Normal(5, 1)), BaseStock(8), days=90)
    >>> bus = Bus()
    >>> plant = Plant(chain.disrupt(Outage("mine", start=40, days=9)), bus, seed=1)
    >>> twin = Twin(chain, bus)
    >>> plant.advance(43)
    >>> twin.sync().dead, print(twin.outages)
    morning of day 43: 1 outages believed
    mine: closed since day 40 (heard), 28 days left
    (0, None)
    """

    outages: tuple[OutageBelief, ...]
    day: int

    def _sentence(self) -> str:
        return f"morning of day {self.day}: {len(self.outages)} outages believed"

    @property
    def disruptions(self) -> tuple[Disruption, ...]:
        """What a look ahead from today lives through."""
        return tuple(one.disruption for one in self.outages)


def believed(
    flows: Flows, known: Mapping[Flow, Standstill], heard: Mapping[Flow, Told], day: int
) -> Outages:
    """The outages that are believed on a morning: heard of, or inferred from what stands still."""
    found = []
    for place, told in heard.items():
        if told.end == day:
            continue  # by what was told it opens this morning
        left = time_left(day - told.since, flows.means[place[0]])
        if told.end is not None:
            left = Constant(float(max(1, told.end - day)))
        struck = _disruption(place, day, left, loss=told.loss, **dict.fromkeys(told.how, True))
        found.append(OutageBelief(_name(place), told.since, 1.0, mean_of(left), "heard", struck))
    untold = {v: one for v, one in known.items() if not any(covers(v, told) for told in heard)}
    for place, one in flows.closed(untold).items():
        left = time_left(day - one.since, flows.means[place[0]])
        struck = _disruption(place, day, perhaps(left, one.probability))
        sure, mean = one.probability, mean_of(left)
        found.append(OutageBelief(_name(place), one.since, sure, mean, "inferred", struck))
    return Outages(tuple(sorted(found, key=lambda each: (each.since, each.where))), day)


def seller(claim: Flow) -> ItemKey:
    """The (node, product) from which it leaves: along a lane, to customers, or as it is made."""
    return (claim[0], claim[2 if len(claim) == 4 else 1])


def covers(place: Flow, other: Flow) -> bool:
    """Whether an outage at another place says of this one, too, that it stands still."""
    if len(other) == 4:
        return len(place) == 4 and all(b in ("", a) for a, b in zip(place, other, strict=True))
    product = place[2] if len(place) == 4 else "".join(place[1:2])
    return place[0] == other[0] and (len(other) < 2 or other[1] in ("", product))


def _name(place: Flow) -> str:
    if len(place) == 4:
        which = ", ".join(filter(None, place[2:]))
        return f"{place[0]}->{place[1]}" + (f" ({which})" if which else "")
    return place[0] + (f" ({place[1]})" if any(place[1:2]) else "")


def _disruption(place: Flow, day: int, left: Distribution, **more: Any) -> Disruption:
    """What strikes at a place from a day on, for as long as is left."""
    if len(place) == 4:
        return LaneOutage(*place, start=day, days=left, **more)
    if place[2:]:  # production alone: what is in stock goes out
        more["stock_ships"] = True
    return Outage(place[0], "".join(place[1:2]), start=day, days=left, **more)


MISCOUNTED = 0.01  # units² by which each unit that is handled makes the books less sure
SHRINKS = 0.01  # standard deviation, before anything is known, of the share that vanishes a night
WANDERS = 1e-8  # variance by which that share changes from night to night
FAR = 5.0  # standard deviations; what is further off than that has not vanished night by night


class StockBelief(NamedTuple):
    """A Kalman filter of an item's stock and of the share of it that vanishes each night.

    The stock m and the share b have variances P and Q and a covariance C. A night brings
    m ← m − b·m, a count y of variance r corrects both by their gains times y − m. Source: Kalman
    (1960); a trend beside the level: Harvey (1989) section 2.3.
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
