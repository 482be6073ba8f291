"""Queues and lines that a formula answers exactly, in any unit of time: a check on simulation."""

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from twinlab.scope import Result, ScenarioError
from twinlab.scope.base import Amount, Count, Positive, Row, Whole, column, special

__all__ = ["LineBounds", "Queue", "machine_repair", "make_to_stock", "mg1", "mmc"]
__all__ += ["priority_waits", "two_station_throughput"]


class Queue(Result, frozen=True):
    """The long run of a queue, in the unit of time in which its rates are given.

    >>> queue = mmc(arrival_rate=1, service_rate=2)
    >>> queue.wait, queue.table.loc["wait", "meaning"]
    (0.5, 'Wq: mean wait before service')
    """

    utilisation: float = column("share", meaning="ρ, of time in which a server works")
    empty: float = column("probability", meaning="P0: nobody is there")
    must_wait: float = column("probability", meaning="an arrival finds all servers busy")
    queue_length: float = column("units", meaning="Lq: mean number waiting")
    wait: float = column("time", meaning="Wq: mean wait before service")
    present: float = column("units", meaning="L: mean number waiting or served")
    time_present: float = column("time", meaning="W: mean wait and service")


def mmc(arrival_rate: Positive, service_rate: Positive, servers: Count = 1) -> Queue:
    """What random arrivals meet at random servers: M/M/c.

    With a = λ/μ and ρ = a/c < 1, an arrival must wait with probability (Erlang C)
    C = a^c / (c! (1 − ρ)) · P0, and Wq = C / (cμ − λ). Source: Erlang (1917); Gross, Shortle,
    Thompson & Harris (2008) section 2.3.

    Raises:
        ScenarioError: arrivals come faster than all servers work: the queue grows for ever.

    >>> queue = mmc(arrival_rate=2, service_rate=3)
    >>> round(queue.queue_length, 4), round(queue.time_present, 4)
    (1.3333, 1.0)
    """
    share, load = _busy(arrival_rate, servers * service_rate), arrival_rate / service_rate
    # Times exp(-load), so that powers and factorials do not overflow: fewer than c there, and more.
    full = math.exp(servers * math.log(load) - load - math.lgamma(servers + 1)) / (1 - share)
    total = float(special.pdtr(servers - 1, load)) + full
    must_wait, empty = full / total, math.exp(-load) / total
    wait = must_wait / (servers * service_rate - arrival_rate)
    waiting = arrival_rate * wait
    return Queue(share, empty, must_wait, waiting, wait, waiting + load, wait + 1 / service_rate)


def mg1(
    arrival_rate: Positive, service_time: Positive, service_cv: Amount, servers: Count = 1
) -> Queue:
    """What random arrivals meet at servers whose times vary by any law: M/G/1, M/G/c.

    The wait of M/M/c times (1 + cv²)/2, cv = sd / mean: exact for one server, where it is
    ρ/(1 − ρ) · (1 + cv²)/2 · service time, and for cv 1, else an approximation. Source: Pollaczek
    (1930), Khinchine (1932); Lee & Longton (1959); Gross et al. (2008) section 5.1.

    >>> round(mg1(arrival_rate=0.8, service_time=1, service_cv=0).wait, 4)
    2.0
    """
    even, load = mmc(arrival_rate, 1 / service_time, servers), arrival_rate * service_time
    wait = even.wait * (1 + service_cv**2) / 2
    queue, stay = arrival_rate * wait, wait + service_time
    return replace(even, queue_length=queue, wait=wait, present=queue + load, time_present=stay)


def priority_waits(arrival_rates: Sequence[Positive], service_rate: Positive) -> tuple[float, ...]:
    """How long each class waits when the first classes go first, without interruption.

    One exponential server: Wq_k = W0 / ((1 − σ_{k−1})(1 − σ_k)), with W0 = Σλ / μ² the mean work
    in service and σ_k the load of the classes up to k. Source: Cobham (1954).

    >>> [round(wait, 4) for wait in priority_waits([0.3, 0.4], service_rate=1)]
    [1.0, 3.3333]
    """
    _busy(sum(arrival_rates), service_rate)
    residual = sum(arrival_rates) / service_rate**2
    waits, before = [], 0.0
    for rate in arrival_rates:
        until = before + _busy(rate, service_rate)
        waits.append(residual / ((1 - before) * (1 - until)))
        before = until
    return tuple(waits)


class RepairShop(Result, frozen=True):
    """The long run of machines that fail and wait for repair crews."""

    all_up: float = column("probability", meaning="P0: every machine runs")
    mean_down: float = column("machines", meaning="failed: waiting or under repair")
    availability: float = column("share", meaning="of the machines that run")


def machine_repair(
    machines: Count, failure_rate: Positive, repair_rate: Positive, crews: Count = 1
) -> RepairShop:
    """How many of some machines stand still when few crews repair them (finite source).

    With n down, the next fails at rate (N − n) λ and the next is repaired at rate min(n, c) μ.
    Source: Palm (1947); Gross et al. (2008) section 2.8.

    >>> round(machine_repair(5, failure_rate=0.1, repair_rate=1).availability, 4)
    0.8721
    """
    n = np.arange(machines)
    odds = np.log((machines - n) / np.minimum(n + 1, crews)) + math.log(failure_rate / repair_rate)
    logs = np.cumsum([0.0, *odds])
    terms = np.exp(logs - logs.max())
    terms /= terms.sum()
    down = float(terms @ np.arange(machines + 1))
    return RepairShop(float(terms[0]), down, 1 - down / machines)


class StockQueue(Result, frozen=True):
    """The long run of a maker that fills up a stock of finished goods."""

    inventory: float = column("units", meaning="mean finished stock")
    backorders: float = column("units", meaning="mean units owed")
    fill_rate: float = column("share", meaning="of the demand served at once")


def make_to_stock(arrival_rate: Positive, service_rate: Positive, base_stock: Whole) -> StockQueue:
    """What a finished stock does for customers of a maker with one random machine.

    Units in process are geometric, P(N = n) = (1 − ρ) ρ^n, so the fill rate is 1 − ρ^S, the
    backorders ρ^(S+1) / (1 − ρ), the inventory S − ρ (1 − ρ^S) / (1 − ρ).
    Source: Buzacott & Shanthikumar (1993) chapter 4.

    >>> round(make_to_stock(0.8, 1, base_stock=3).fill_rate, 3)
    0.488
    """
    share = _busy(arrival_rate, service_rate)
    filled, odds = 1 - share**base_stock, share / (1 - share)
    return StockQueue(base_stock - odds * filled, odds * share**base_stock, filled)


class LineBounds(Row, frozen=True):
    """What a line with constant work in process can do: best, worst, and practical worst case.

    ``rate`` is that of the bottleneck, ``raw_time`` a part's work without any wait. Best:
    TH = min(w / T0, rb). Worst: 1 / T0. Practical worst (everything random, stations alike):
    w / (W0 + w − 1) · rb with W0 = rb T0. Cycle times follow by Little's law, CT = w / TH.
    Source: Hopp & Spearman (2011) chapter 7.

    >>> penny = LineBounds(rate=0.5, raw_time=8, units=4)
    >>> penny.best_throughput, penny.worst_throughput, round(penny.practical_throughput, 4)
    (0.5, 0.125, 0.2857)
    """

    rate: float = column("units/time", meaning="bottleneck rate rb", low=1e-12)
    raw_time: float = column("time", meaning="sum of the process times T0", low=1e-12)
    units: float = column("units", meaning="work in process w", low=1)

    @property
    def best_throughput(self) -> float:
        """No variation: parts never wait until the bottleneck is full."""
        return min(self.units / self.raw_time, self.rate)

    @property
    def worst_throughput(self) -> float:
        """All parts move as one batch: one at a time is worked on."""
        return 1 / self.raw_time

    @property
    def practical_throughput(self) -> float:
        """As random as can be without being foolish: the usual yardstick."""
        return self.units / (self.rate * self.raw_time + self.units - 1) * self.rate

    def cycle_time(self, throughput: Positive) -> float:
        """Little's law: time in the line at some throughput."""
        return self.units / throughput


def two_station_throughput(buffer: Whole) -> float:
    """What a buffer buys between two random stations: throughput as a share of either's rate.

    Exponential times, equal rates, blocking after service: (b + 2) / (b + 3). Source: Hunt (1956).

    >>> [two_station_throughput(b) for b in (0, 1, 2)]
    [0.6666666666666666, 0.75, 0.8]
    """
    return (buffer + 2) / (buffer + 3)


def _busy(arrivals: float, service: float) -> float:
    """The utilisation: above 0 and below 1."""
    if not 0 < arrivals < service < math.inf:
        problem = f"rates are above 0, and {arrivals:g} cannot arrive while {service:g} are served"
        remedy = "the queue grows for ever; add servers or speed, or send less"
        raise ScenarioError(f"{problem}: {remedy}")
    return arrivals / service
