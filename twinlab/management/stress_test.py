"""Risk exposure: what the loss of each site costs at best, and how long the chain survives it.

No probability is needed: a linear program finds the best that a chain can do while a site is down
for its time to recover (TTR), and the longest time to survive (TTS) without losing a customer.
The stress test is the same by simulation. Source: Simchi-Levi et al. (2015), Interfaces 45(5).
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from statistics import fmean
from typing import Any

import numpy as np

from twinlab.management.flows import ShortageCost, shortage_costs, total_shortage_cost
from twinlab.modeling import Replications, estimate, horizon_of
from twinlab.modeling.formulas.programs import Constraint, minimize
from twinlab.modeling.simulation.replicate import replicate_many
from twinlab.scope import Constant, Estimate, Listing, Network, Outage, Result, Scenario, State
from twinlab.scope.base import Amount, Array, ItemKey, ScenarioError, check_known, mean_of, shown
from twinlab.scope.columns import Row, column

__all__ = ["Closure", "risk_exposure", "stress_test"]

LONGEST = 1e4  # periods; who survives longer, survives
SPECK = 1e-7  # the solver's own tolerance, below which a loss is none


class Risk(Result, frozen=True):
    """What the loss of one site does to the customers of a chain, at best."""

    site: str = column("name", meaning="which site is down")
    loss: float = column("USD", meaning="least loss while it recovers")
    lost_units: float = column("units", meaning="units not served in that plan")
    time_to_recover: float = column("periods", meaning="how long it is down (TTR)")
    time_to_survive: float = column("periods", meaning="longest without a lost unit (TTS)")
    index: float = column("share", meaning="loss over the largest loss: risk-exposure index")

    def _sentence(self) -> str:
        said = f"{self.site}: loss {shown(self.loss)} USD, index {self.index:.3f},"
        return f"{said} TTS {shown(self.time_to_survive)} against TTR {shown(self.time_to_recover)}"


class Exposure(Listing, frozen=True):
    """The risks of all sites, worst first; ``calm_loss`` is the loss with no site down, in a period.

    A calm loss above 0 means that the chain cannot serve its customers even with all sites open.
    """  # noqa: E501 (one sentence)

    risks: tuple[Risk, ...]
    calm_loss: float
    caption = "Risk exposure, worst site first"


def risk_exposure(
    network: Network,
    sites: Iterable[str] = (),
    *,
    state: State | None = None,
    shortage_cost: ShortageCost = None,
    recover: Mapping[str, Amount] | None = None,
    stock_ships: bool = False,
) -> Exposure:
    """Take every site down in turn and find the least loss, the time to survive and the index.

    loss_n = min Σ shortage cost · lost, subject to material balance (with bill of materials) and to
    capacities over TTR_n periods with site n closed; TTS_n = the longest time with no unit lost;
    index_n = loss_n / max loss (0 if nobody loses). TTS beyond 10,000 periods counts as infinite.
    Ties in loss are ranked by the shorter margin TTS − TTR. Source: Simchi-Levi et al. (2015).

    Stocks are those of ``state``, else the starting stocks. Goods under way are no stock: they
    delay a gap in supply, and do not fill it. ``recover`` overrides the nodes' ``time_to_recover``;
    the site "" is none. ``stock_ships`` lets the stock of a closed site leave it. Lead times and
    the cost of changing over are left out, and flows can be redirected at once: a lower bound at
    mean demand. It is none where sites have spare capacity and goods are long under way: sites
    near customers, back first, make up for far ones. A period is the network's day.

    Raises:
        ScenarioError: no such site, or no customer asks for a product with a shortage cost.
        SolverError: the solver did not finish.

    >>> chain = serial(["mine", "shop"], demand=Normal(5, 1), on_hand={"shop": 10})
    >>> risk_exposure(chain, shortage_cost={"unit": 40}, recover={"mine": 3})["mine"]
    mine: loss 200 USD, index 1.000, TTS 2 against TTR 3
    """
    known = list(dict.fromkeys(site for site, _ in network.items))
    wanted = tuple(sites) or known
    for site in filter(None, (*wanted, *(recover or ()))):
        check_known(site, known, f"no site {site!r}")
    stock = (state or State.initial(network)).on_hand
    program = Program(network, stock, shortage_costs(network, shortage_cost), known * stock_ships)
    periods = {n.name: float(n.time_to_recover) for n in network.nodes} | dict(recover or {})
    downs = ((site, periods[site]) for site in wanted)
    rows = [(s, *program.least_loss([s], time), time, program.survival(s)) for s, time in downs]
    worst = max((row[1] for row in rows), default=0.0)
    risks = [Risk(*row, index=row[1] / worst if worst > 0 else 0.0) for row in rows]
    risks.sort(key=lambda r: (-r.loss, r.time_to_survive - r.time_to_recover))
    return Exposure(tuple(risks), program.least_loss((), 1.0, with_stock=False)[0])


_Variable = tuple[str, tuple[str, ...]]  # what is done to which item or link
TIME: _Variable = ("time", ("",))
Aid = Mapping[Any, Mapping[Any, float]]  # units by measure that an item has, or a closed site makes


class Program:
    """The same rows for all questions: only costs and bounds change with the site.

    Variables: units made, moved, served and lost, and the time t. Rows: what leaves an item's stock
    does not exceed what comes and lies there; what is made or moved does not exceed capacity × t;
    what customers ask in t is served or lost. Stock leaves closed sites of ``ships`` (or: makers).
    """

    def __init__(
        self,
        network: Network,
        stock: Mapping[ItemKey, float],
        shortage_costs: Mapping[ItemKey, float],
        ships: Collection[str] | None = None,
    ) -> None:
        self.network, self.stock, self.shortage_costs = network, stock, shortage_costs
        self.makes = {  # what comes from outside is made of nothing
            item: {c: n / mean_of(r.good_share, most=1) for c, n in r.components.items()}
            for item, r in network.made.items()
        } | {item: {} for item in network.items if item not in network.brought}
        self.ships = [site for site, _ in self.makes] if ships is None else ships
        self.flows: Mapping[Any, float] = {}  # the most that a closed site makes, with aid
        self.links: dict[tuple[str, str, str], float] = defaultdict(float)
        for lane in network.lanes:
            self.links[lane.source, lane.destination, lane.product] += lane.capacity
        self.demand = {  # over a whole season, without trend
            (d.node, d.product): mean_of(d.pattern) * fmean(d.season or (1.0,))
            for d in network.demands
        }
        variables: list[_Variable] = [("made", item) for item in self.makes]
        variables += [("moved", link) for link in self.links]
        variables += [(end, item) for end in ("served", "lost") for item in self.demand]
        self.free = dict.fromkeys([*variables, TIME], 0.0)
        balance = self._balance()
        # Items with stock come first, in its order: among equal optima the solver goes by rows.
        self.balance = {item: balance[item] for item in [*stock, *balance] if item in balance}
        self.capacities = [Constraint(terms, high=0.0) for terms in self._capacities()]

    def _balance(self) -> dict[ItemKey, dict[_Variable, float]]:
        """What leaves an item (used, sent, served) less what comes (made, brought)."""
        rows = defaultdict[ItemKey, dict[_Variable, float]](lambda: defaultdict(float))
        for item in self.makes:
            rows[item]["made", item] -= 1.0
        for item, needs in self.makes.items():
            for part, need in needs.items():
                rows[item[0], part]["made", item] += need
        for link in self.links:
            rows[link[0], link[2]]["moved", link] += 1.0
        for link in self.links:
            rows[link[1], link[2]]["moved", link] -= 1.0
        for item in self.demand:
            rows[item]["served", item] += 1.0
        return rows

    def _capacities(self) -> Iterable[dict[_Variable, float]]:
        """What is made or moved less capacity × t; demand × t less what is served or lost."""
        for node in self.network.nodes:
            made = [("made", item) for item in self.makes if item[0] == node.name]
            if made and np.isfinite(node.capacity):
                yield {**dict.fromkeys(made, 1.0), TIME: -node.mean_output}
        for link, capacity in self.links.items():
            if np.isfinite(capacity):
                yield {("moved", link): 1.0, TIME: -capacity}
        for item, units in self.demand.items():
            yield {TIME: units, ("served", item): -1.0, ("lost", item): -1.0}

    def least_loss(
        self, sites: Collection[str], time: float, aid: Aid | None = None, with_stock: bool = True
    ) -> tuple[float, float]:
        """The least loss [money] and its units while sites are down for some periods, with aid."""
        costs = {("lost", item): self.shortage_costs[item] for item in self.demand}
        ones = {measure: (1.0, 1.0) for each in (aid or {}).values() for measure in each}
        found = self._solve(costs, {TIME: (time, time), **ones}, sites, aid, with_stock)
        loss = sum(cost * found[lost] for lost, cost in costs.items())
        return (loss, sum(found[lost] for lost in costs)) if loss > SPECK else (0.0, 0.0)

    def survival(self, site: str) -> float:
        """The longest time without a lost unit while a site ("": none) is down [periods]."""
        bounds = dict.fromkeys([("lost", item) for item in self.demand], (0.0, 0.0))
        time = self._solve({TIME: -1.0}, bounds | {TIME: (0.0, LONGEST)}, [site])[TIME]
        return np.inf if time > LONGEST * (1 - 1e-6) else max(0.0, time)

    def limits(
        self, down: Collection[str], aid: Aid | None = None, with_stock: bool = True
    ) -> tuple[list[Constraint], dict[_Variable, tuple[float, float]]]:
        """Rows and bounds with sites down: nothing is made there, or leaves (unless it ``ships``).

        ``aid`` says what measures add, each times its own variable: units by item to its stock, or
        by ("made", item) to what a site that is down can still make.
        """
        aid, stock = aid or {}, self.stock if with_stock else {}
        here = [v for v in self.free if v[1][0] in down and v[0] != "lost"]
        shut = {v: (0.0, 0.0) for v in here if v[0] == "made" or v[1][0] not in self.ships}
        more = {key: {one: -units for one, units in each.items()} for key, each in aid.items()}
        rows = [
            Constraint({**row, **more.get(item, {})}, high=stock.get(item, 0.0))
            for item, row in self.balance.items()
        ]
        spare = [v for v in shut if v in aid]
        rows += [Constraint({v: 1.0, **more[v]}, high=0.0) for v in spare]
        rows += [Constraint({v: 1.0, TIME: -self.flows[v[1]]}, high=0.0) for v in spare]
        return [*rows, *self.capacities], {v: at for v, at in shut.items() if v not in aid}

    def _solve(self, costs: Any, bounds: Any, down: Collection[str], *how: Any) -> dict[Any, float]:
        rows, shut = self.limits(down, *how)
        remedy = "see that stocks, capacities and demands are finite numbers of the same period"
        problem = f"the exposure program has no answer: {remedy}"
        free = dict.fromkeys([*self.free, *bounds], 0.0)
        return minimize(free | costs, rows, problem, shut | bounds).values


class Closure(Row, frozen=True):
    """How a stress test closes a site.

    >>> Closure(start=60).days
    28
    """

    _dated = "start"
    start: int = column("day", 30, "first day of the closure", low=0)
    days: int = column("days", 28, "how long, for nodes without a time_to_recover", low=1)
    stock_ships: bool = column("yes/no", False, "finished stock still leaves the closed site")


class SiteStress(Result, frozen=True):
    """What one site's closure costs, history by history against the calm twin."""

    site: str = column("name", meaning="which site closes")
    closed: int = column("days", meaning="how long")
    loss: Estimate = column("USD", meaning="against the calm twin, paired by history")
    unserved: float = column("units", meaning="mean units more not served by the end")
    on_time: float = column("share", meaning="fill rate")
    index: float = column("share", meaning="loss over the largest loss")
    moving: str = column("words", "", "what is not yet as in the calm twin on the last day")
    later: float | None = column("USD", None, "mean loss over twice the days, where it moves")

    def _sentence(self) -> str:
        later = f"; {shown(self.later)} USD in twice the days" if self.later is not None else ""
        said = f"{self.site}: closed {self.closed} days, loss {self.loss.short} USD"
        return f"{said}, index {self.index:.3f}{self.moving and '; ' + self.moving}{later}"


class StressTest(Listing, frozen=True):
    """The stresses of all sites, worst first."""

    sites: tuple[SiteStress, ...]
    calm_loss: Estimate
    caption = "Stress test, worst site first"


def stress_test(
    scenario: Scenario,
    replications: int = 64,
    seed: int = 0,
    *,
    sites: Iterable[str] | Mapping[str, int] = (),
    closure: Closure | None = None,
    shortage_cost: ShortageCost = None,
) -> StressTest:
    """Close each site in turn for its time to recover, and rank the losses of customers.

    ``sites`` names the sites to test, or maps them to the days of their closure; empty means all
    that lanes leave. Days are else the node's ``time_to_recover``, else ``closure.days``. Every
    closure is compared with the calm twin history by history, on common random numbers; losses
    are those of ``total_shortage_cost``. All closures run side by side: sixty take little longer
    than one; workers share them. Where stock, backlog or sales have not come back to the calm
    twin's by the last day, it is said, and the loss of twice the days as well (``horizon_of``).

    Raises:
        ScenarioError: no such site, or the closure begins after the last day.

    >>> hasty = Demand("shop", "unit", Normal(5, 1), backorders=False, lost_sale_cost=40)
    >>> chain = serial(["mine", "plant", "shop"], demand=hasty, on_hand={"plant": 40, "shop": 20})
    >>> calm = Scenario(chain, {"plant": BaseStock(40), "shop": BaseStock(20)}, days=60)
    >>> stress_test(calm, 64, seed=1, sites={"mine": 14, "plant": 7}, closure=Closure(start=20))
    Stress test, worst site first
    mine: closed 14 days, loss 797.9 [759.4, 836.4] USD, index 1.000
    plant: closed 7 days, loss 788 [764.4, 811.5] USD, index 0.988
    """
    how = closure or Closure()
    days = _closures(scenario, sites, how)
    closed = []
    for site, length in days.items():
        outage = Outage(site, start=how.start, days=Constant(length), stock_ships=how.stock_ships)
        closed.append(scenario.disrupt(outage))

    def live(scenarios: list[Scenario]) -> tuple[list[Replications], list[Array]]:
        batches = replicate_many(scenarios, replications, seed)
        calm, *losses = (np.asarray(total_shortage_cost(b, shortage_cost)) for b in batches)
        return batches, [loss - calm for loss in losses]

    (calm, *batches), losses = live([scenario, *closed])
    notes, later = [horizon_of(batch, calm).note for batch in batches], iter(list[Array]())
    with suppress(ScenarioError):  # a trace ends: nobody knows what comes then
        moving = [s for s, note in zip(closed, notes, strict=True) if note]
        longer = [s.change(days=2 * s.days) for s in (scenario, *moving)]
        later = iter(live(longer)[1] if moving else ())
    worst = max(float(loss.mean()) for loss in losses)
    rows = []
    for (site, length), batch, lost, note in zip(days.items(), batches, losses, notes, strict=True):
        loss, more = estimate(lost), next(later, None) if note else None
        missed = float(np.mean(calm.total("served") - batch.total("served")))
        on_time = float(np.nanmean(batch.kpis.fill_rate))
        index = max(0.0, loss.mean) / worst if worst > 0 else 0.0
        mean = None if more is None else float(more.mean())
        rows.append(SiteStress(site, length, loss, missed, on_time, index, note, mean))
    ranked = tuple(sorted(rows, key=lambda s: -s.loss.mean))
    return StressTest(ranked, estimate(total_shortage_cost(calm, shortage_cost)))


def _closures(scenario: Scenario, sites: Any, how: Closure) -> dict[str, int]:
    if scenario.day_of(how.start) >= scenario.days:
        problem = f"closure from day {how.start}: the scenario ends after {scenario.days} days"
        raise ScenarioError(f"{problem}: give an earlier Closure(start=…), or more days")
    nodes = scenario.network.named
    named = list(sites) or list(dict.fromkeys(v.source for v in scenario.network.lanes))
    for site in named:
        check_known(site, nodes, f"sites: {site!r} is not a node")
    given = sites if isinstance(sites, Mapping) else {}
    return {site: given.get(site, nodes[site].time_to_recover or how.days) for site in named}
