"""Risk with rates: what closures and common causes cost in a year, and what to buy against them.

An event closes sites together for some days, so many times a year; its loss is that of the exposure
program, at best. Expected loss is Σ rate × loss: years are sampled for the tail alone. One mixed-
integer program chooses what is worth its cost; fresh years and the simulation judge the plans.
All rates, durations and costs are assumed, and so they are arguments.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field, replace
from typing import Any

import numpy as np

from twinlab.management.flows import ShortageCost, mean_flows, shortage_costs, total_shortage_cost
from twinlab.management.stress_test import TIME, Aid, Program
from twinlab.modeling import Seeds, estimate
from twinlab.modeling.doubt import Ranking, rank
from twinlab.modeling.formulas.programs import Constraint, Search, minimize
from twinlab.modeling.simulation.replicate import replicate_many
from twinlab.scope import Constant, Estimate, Listing, Network, Outage, Result, Scenario, State
from twinlab.scope.base import Array, ScenarioError, check_known, shown
from twinlab.scope.columns import Row, column
from twinlab.scope.kinds import Amount, Count, Level, Share, Whole, ranged

__all__ = """Buffer RiskEvent Standby closures common_causes cvar expected_loss protect
 rehearse supplier_costs""".split()

Amounts = Mapping[str, Amount]
Weighed = Sequence[tuple[float, float]]  # what may come, and its probability
SPELLS: Weighed = ((0.5, 0.3), (1.0, 0.5), (2.0, 0.2))  # of the time to recover; assumed
STRIKES, HIT = ((28.0, 0.7), (84.0, 0.3)), 0.6  # days, share of sites; assumed
SAMPLED, FRESH = 2_000, 20_000  # years that choose by CVaR, and that judge a plan


class RiskEvent(Row, frozen=True):
    """Sites that are closed together, for how long and how often.

    >>> RiskEvent("quake", ("fab", "foundry"), days=28, rate=0.02).rate
    0.02
    """

    name: str = column("name", meaning="what happens")
    sites: tuple[str, ...] = column("nodes", meaning="which are closed together")
    days: float = column("days", meaning="how long", low=0)
    rate: float = column("1/year", meaning="how often, on average", low=0)
    loss: float = column("USD", 0.0, "least loss of one, as ``expected_loss`` finds it")
    expected: float = column("USD/year", 0.0, "rate × loss")


@ranged
def closures(
    network: Network, rate: Amount = 0.03, rates: Amounts | None = None, spells: Weighed = SPELLS
) -> list[RiskEvent]:
    """List the closures of every single site that has a time to recover.

    It closes ``rate`` times a year, or as ``rates`` say by site or role, for a factor of its time
    to recover, each with a probability (``spells``). The defaults are assumed.

    Raises:
        ScenarioError: a name in ``rates`` is no such site and no role of one.

    >>> chain = serial(["mine", "shop"], demand=Normal(5, 1))
    >>> chain = chain.change(Node("mine", time_to_recover=10))
    >>> [(event.name, round(event.rate, 3)) for event in closures(chain, rate=0.1)]
    [('mine 5 d', 0.03), ('mine 10 d', 0.05), ('mine 20 d', 0.02)]
    """
    own, sites, found = dict(rates or {}), [n for n in network.nodes if n.time_to_recover], []
    for name in own:
        check_known(name, [*(n.name for n in sites), *(n.role for n in sites)], f"rates: {name!r}")
    for site in sites:
        often = own.get(site.name, own.get(site.role, rate))
        for factor, chance in spells:
            days = factor * site.time_to_recover
            found.append(RiskEvent(f"{site.name} {days:g} d", (site.name,), days, often * chance))
    return found


@ranged
def common_causes(
    network: Network, rates: Amounts, draws: Count = 4, seed: Whole = 0
) -> list[RiskEvent]:
    """List regional events: some sites of a country that have a time to recover close together.

    ``rates`` are events a year by country. A site is hit with probability 0.6 (if none is, all
    are); ``draws`` such sets stand for all, and each lasts four weeks or twelve. This is assumed.

    Raises:
        ScenarioError: no such site in a country.

    >>> nodes = [Node(site, country="Chile", time_to_recover=9) for site in ("mine", "plant")]
    >>> chain = serial(["mine", "plant", "shop"], demand=Normal(5, 1)).change(*nodes)
    >>> [(e.sites, round(e.rate, 3)) for e in common_causes(chain, {"Chile": 0.1}, draws=1)]
    [(('plant',), 0.07), (('plant',), 0.03)]
    """
    luck, found, places = np.random.default_rng(seed), [], defaultdict[str, list[str]](list)
    for node in (node for node in network.nodes if node.time_to_recover):
        places[node.country].append(node.name)
    for country, rate in rates.items():
        check_known(country, places, f"rates: no site to close in {country!r}")
        here = np.array(places[country])
        for draw in range(draws):
            struck = luck.random(len(here)) < HIT
            down = tuple(map(str, here[struck] if struck.any() else here))
            for days, chance in STRIKES:
                name = f"{country} {draw + 1}, {days:g} d"
                found.append(RiskEvent(name, down, days, rate / draws * chance))
    return found


class Losses(Listing, frozen=True):
    """What all events cost at best, dearest first, and the year that they make."""

    events: tuple[RiskEvent, ...]
    scenario: Any = field(default=None, compare=False)
    shortage_cost: Any = field(default=None, compare=False)
    program: Any = field(default=None, compare=False)
    flows: Any = field(default=None, compare=False)  # units/day by item, at mean demand
    caption = "Events, dearest first"

    @property
    def losses(self) -> Array:
        """The least loss of each event [USD]."""
        return np.array([event.loss for event in self.events])

    @property
    def expected(self) -> float:
        """Expected loss in a year: Σ rate × loss [USD/year]."""
        return float(sum(event.rate * event.loss for event in self.events))

    @property
    def harmful(self) -> tuple[RiskEvent, ...]:
        """The events that cost anything."""
        return tuple(event for event in self.events if event.loss > 0)

    @property
    def bad_years(self) -> float:
        """The share of years in which anything is lost: 1 − exp(−Σ rate of the harmful)."""
        return float(-np.expm1(-sum(event.rate for event in self.harmful)))

    def years(self, count: Count, seed: Whole = 0) -> Array:
        """How often each event comes in each year, years × events: Poisson with its rate."""
        rates = [event.rate for event in self.events]
        return np.random.default_rng(seed).poisson(rates, (count, len(rates))).astype(np.float64)

    def _sentence(self) -> str:
        harm = f"{len(self.harmful)} of {len(self)} events cost anything, in {self.bad_years:.1%}"
        few = "; the worst 5 % of years cost 20 times the mean, whatever is bought"
        said = f"expected loss {shown(self.expected)} USD/year: {harm} of the years"
        return said + few * (self.bad_years < 0.05)

    __repr__ = Result.sentence


@ranged
def expected_loss(
    scenario: Scenario, events: Iterable[RiskEvent], *, shortage_cost: ShortageCost = None
) -> Losses:
    """Find the least loss of every event, and the expected loss of a year: Σ rate × loss.

    Losses are those of the program of ``risk_exposure`` with all sites of an event down together;
    finished stock of a closed site that makes something still ships, but nothing leaves one that
    stores or sells. Stocks are those at the start. What several events in one year cost is added
    up as if each found these: too little where one strikes too soon.

    Raises:
        ScenarioError: no event or site, no customer with a shortage cost, or a loss in calm times.

    >>> chain = serial(["mine", "shop"], demand=Normal(5, 1), on_hand={"shop": 10})
    >>> events = [RiskEvent("quake", ["mine"], 4, rate=0.1), RiskEvent("flood", ["mine"], 2, 1)]
    >>> expected_loss(Scenario(chain, BaseStock(15)), events, shortage_cost={"unit": 40})
    expected loss 40 USD/year: 1 of 2 events cost anything, in 9.5% of the years
    """
    known = list(dict.fromkeys(site for site, _ in scenario.network.items))
    stock = State.initial(scenario.network).on_hand
    costs = shortage_costs(scenario.network, shortage_cost)
    program, found = Program(scenario.network, stock, costs), []
    for event in events:
        for site in event.sites:
            check_known(site, known, f"{event.title}: no site {site!r}")
        loss = program.least_loss(event.sites, event.days)[0]
        found.append(replace(event, loss=loss, expected=event.rate * loss))
    if not found:
        raise ScenarioError("expected_loss: no event: give some, such as closures(network)")
    calm, units = program.least_loss((), days := max(event.days for event in found))
    if units > 1e-6 * days * sum(program.demand.values()):
        lost = f"with nothing closed {shown(calm)} USD are lost in {days:g} days"
        raise ScenarioError(f"expected_loss: {lost}: give capacity or stock first")
    found.sort(key=lambda event: -event.expected)
    program.flows = mean_flows(scenario, wanted=program.demand)
    return Losses(tuple(found), scenario, shortage_cost, program, program.flows)


@ranged
def cvar(losses: Array, level: Level = 0.95) -> Estimate:
    """Mean of the worst losses beyond a level (conditional value at risk), with an interval.

    CVaR = η + E[max(0, loss − η)] / (1 − level) [η: the ``level`` quantile of the losses].
    Source: Rockafellar & Uryasev (2000), Journal of Risk 2(3): 21–41.

    >>> cvar(np.arange(1, 101), 0.95).mean  # of 96 to 100
    98.0
    """
    worst = np.asarray(losses, dtype=np.float64)
    if not (worst.size and np.isfinite(worst).all()):
        raise ScenarioError(f"cvar: losses are finite numbers, at least one, got {losses!r:.80}")
    least = np.quantile(worst, level, method="inverted_cdf")
    return estimate(least + np.maximum(0.0, worst - least) / (1 - level))


class Buffer(Row, frozen=True):
    """Stock that is kept for the worst: so many units more of a product at a node.

    >>> print(Buffer("fab", "chip", units=400, cost=2_000))
    400 chip at fab
    """

    node: str = column("node", meaning="where it is kept")
    product: str = column("product", meaning="what is kept")
    units: float = column("units", meaning="how much more", low=0)
    cost: float = column("USD/year", meaning="of keeping it", low=0)

    def __str__(self) -> str:
        return f"{self.units:.4g} {self.product} at {self.node}"


class Standby(Row, frozen=True):
    """Capacity elsewhere that makes a share of a site's mean flow while the site is closed.

    >>> print(Standby("fab", share=0.5, cost=3_000))
    50% of fab
    """

    site: str = column("node", meaning="for which site it stands by")
    share: float = column("share", meaning="of the site's mean flow", low=0, high=1)
    cost: float = column("USD/year", meaning="of having it ready", low=0)

    def __str__(self) -> str:
        return f"{self.share:.0%} of {self.site}"


Measure = Buffer | Standby


class Plan(Result, frozen=True):
    """Some measures together: what they cost, and what the events still cost with them."""

    bought: str = column("words", meaning="its measures")
    cost: float = column("USD/year", meaning="of the measures")
    expected: float = column("USD/year", meaning="loss with them: Σ rate × loss")
    total: float = column("USD/year", meaning="cost + expected loss")
    fresh: Estimate = column("USD/year", meaning="loss in years that did not choose it")
    tail: Estimate = column("USD/year", meaning="CVaR of those years")
    measures: tuple[Measure, ...] = ()


class Protection(Listing, frozen=True):
    """The best plan within a budget, the next best one, and nothing; ``ranking``: cost and loss."""

    plans: tuple[Plan, ...]
    risk: Any = field(default=None, compare=False)
    ranking: Ranking | None = field(default=None, compare=False)  # in fresh years
    gap: float = 0.0  # part of the aim that a better plan may save
    seeds: Seeds | None = None
    caption = "Plans, the best within the budget first"


@ranged
def protect(
    risk: Losses,
    measures: Iterable[Measure],
    budget: Amount,
    *,
    tail: tuple[Share, Level] = (0.0, 0.95),
    search: Search | None = None,
    seed: Whole = 0,
) -> Protection:
    """Choose measures that are worth their cost, by one mixed-integer program for all events.

    min Σ cost x + (1 − w) Σ rateₑ lossₑ + w CVaR [x: whether a measure is bought, within a budget
    in USD/year; ``tail``: w and CVaR's level], where lossₑ is the exposure program of event e: a
    ``Buffer`` adds x · units to a stock, a ``Standby`` lets a closed site make share · flow · days
    · x, at most its flow. Years (2,000) are sampled for CVaR alone; where losses come in at most
    1 − level of them it is their mean over 1 − level. 20,000 fresh years and ``rehearse`` judge.

    Raises:
        ScenarioError: no item of a buffer, a standby for what makes nothing, a measure twice.
        SolverError: the solver did not finish.

    >>> chain = serial(["mine", "shop"], demand=Normal(5, 1), on_hand={"shop": 10})
    >>> quake = RiskEvent("quake", ["mine"], days=8, rate=0.1)
    >>> risk = expected_loss(Scenario(chain, BaseStock(15)), [quake], shortage_cost={"unit": 40})
    >>> options = [Buffer("shop", "unit", 20, cost=50), Standby("mine", 0.5, cost=60)]
    >>> [(p.bought, p.cost, p.total) for p in protect(risk, options, budget=70)]
    [('20 unit at shop', 50.0, 90.0), ('50% of mine', 60.0, 100.0), ('nothing', 0.0, 120.0)]
    """
    bought, chosen = tuple(measures), list[tuple[Measure, ...]]()
    costs, rows, bounds = _program(risk, bought, budget, tail, seed)
    gap, problem = 0.0, "no plan of measures: see that stocks, capacities and demands are finite"
    for _ in range(2 * any(one.cost <= budget for one in bought)):
        found = minimize(costs, rows, problem, bounds, set(bought), search or Search(time_limit=60))
        chosen.append(tuple(one for one in bought if found.values[one]))
        less = {one: -1.0 if one in chosen[-1] else 1.0 for one in bought}
        rows, gap = [*rows, Constraint(less, low=1.0 - len(chosen[-1]))], max(gap, found.gap)
    years, plans, totals = risk.years(FRESH, (seeds := Seeds.of(seed)).judged), [], {}
    for each in dict.fromkeys([*chosen, ()]):
        aided = ((e, _aid(risk, each, e.days)) for e in risk.events)
        least = [e.loss and risk.program.least_loss(e.sites, e.days, aid)[0] for e, aid in aided]
        lived, cost = years @ np.array(least), float(sum(one.cost for one in each))
        mean = float(sum(e.rate * x for e, x in zip(risk.events, least, strict=True)))
        words, fresh = " + ".join(map(str, each)) or "nothing", estimate(lived)
        plans.append(Plan(words, cost, mean, cost + mean, fresh, cvar(lived, tail[1]), each))
        totals[words] = cost + lived
    plans[1:] = sorted(plans[1:], key=lambda plan: plan.total)
    ranking = rank(totals, "nothing") if plans[1:] else None
    return Protection(tuple(plans), risk, ranking, gap, seeds)


def _program(
    risk: Losses, bought: Sequence[Measure], budget: float, tail: tuple[float, float], seed: int
) -> tuple[Any, Any, Any]:
    """Costs, rows and bounds; the variables of an event are told apart by its number."""
    program, lost = risk.program, list[Any]()
    for n, one in enumerate(bought):
        at = (one.node, one.product) if isinstance(one, Buffer) else one.site
        check_known(at, (program.ships, risk.flows)[isinstance(at, tuple)], f"measures: no {at!r}")
        if str(one) in map(str, bought[:n]):
            raise ScenarioError(f"measures: {one} twice: give it once, or other units or shares")
    money, fine = max([*risk.losses, 1.0]), 1e2 / (risk.expected or 1.0)  # 1 in rows, in the aim
    (weight, level), scale = tail, fine * money
    rare = risk.bad_years <= 1 - level  # all losses are in the tail
    mean = scale * (1 - weight + rare * weight / (1 - level))
    costs: dict[Any, float] = {one: one.cost * fine for one in bought}
    bounds: dict[Any, Any] = {one: (0.0, float(one.cost <= budget)) for one in bought}
    rows = [Constraint({one: one.cost / (budget or 1.0) for one in bought}, high=1.0)]
    for n, event in enumerate(risk.harmful):
        name = {v: (n, v) for v in program.free}
        limits, shut = program.limits(event.sites, _aid(risk, bought, event.days))
        for terms, low, high in limits:
            rows.append(Constraint({name.get(v, v): x for v, x in terms.items()}, low, high))
        lost.append({name["lost", i]: program.shortage_costs[i] / money for i in program.demand})
        costs |= {v: mean * event.rate * lost[n].get(v, 0.0) for v in name.values()}
        bounds |= {name[v]: ends for v, ends in shut.items()}
        bounds[name[TIME]] = (event.days, event.days)
    if weight and not rare:
        costs["η"] = weight = weight * scale
        years = risk.years(SAMPLED, seed)[:, risk.losses > 0]
        for n, (year, times) in enumerate(Counter(map(tuple, years.tolist())).items()):
            costs["over", n] = weight * times / (SAMPLED * (1 - level))
            terms = {v: k * x for k, each in zip(year, lost, strict=True) for v, x in each.items()}
            rows.append(Constraint(terms | {"η": -1.0, ("over", n): -1.0}, high=0.0))
    return costs, rows, bounds


def _aid(risk: Losses, measures: Iterable[Measure], days: float) -> Aid:
    """What measures add to stocks, and to what a closed site makes in some days."""
    aid = defaultdict[Any, dict[Any, float]](dict)
    for one in measures:
        if isinstance(one, Buffer):
            aid[one.node, one.product][one] = one.units
            continue
        for item in (item for item in risk.program.makes if item[0] == one.site):
            aid["made", item][one] = one.share * risk.flows[item] * days
    return aid


@ranged
def rehearse(
    found: Protection, replications: Count = 30, seed: Whole = 0, start: Whole = 20
) -> Any:
    """Live through every harmful event with every plan by simulation; rank by cost and loss.

    A buffer raises the stock of the first morning and the base-stock level; a standby leaves a
    closed site its share of the mean flow. Events strike on day ``start``, and stop what they stop
    in ``expected_loss``; a plan costs measures and Σ rate × loss [USD/year] against calm, paired.

    Raises:
        ScenarioError: an event is not over by the last day, or an item keeps no base stock.

    >>> hasty = Demand("shop", "unit", Normal(5, 1), backorders=False, lost_sale_cost=40)
    >>> chain = serial(["mine", "shop"], demand=hasty, on_hand={"shop": 15})
    >>> quake = RiskEvent("quake", ["mine"], days=10, rate=0.5)
    >>> risk = expected_loss(Scenario(chain, BaseStock(15), days=60), [quake])
    >>> rehearse(protect(risk, [Buffer("shop", "unit", 25, cost=50)], budget=100)).choices[0].name
    '25 unit at shop'
    """
    risk, ships, totals = found.risk, found.risk.program.ships, {}
    last = max(risk.harmful, key=lambda event: event.days, default=None)
    if last and start + last.days > (days := risk.scenario.days):
        raise ScenarioError(f"rehearse: {last.name!r} ends after day {days}: give more days")
    for plan in found.plans:
        here, loss = risk.scenario, defaultdict[str, float](lambda: 1.0)
        for one in plan.measures:
            if isinstance(one, Buffer):
                for path in (f"{one.node}/{one.product}.{name}" for name in ("up_to", "on_hand")):
                    here = here.set(path, here.value(path) + one.units)
                continue
            made = sum(risk.flows[item] for item in risk.program.makes if item[0] == one.site)
            if np.isinf(here.network.node(one.site).capacity):
                here = here.set(f"{one.site}.capacity", 1e3 * made)  # no limit to speak of
            whole = made / (here.network.node(one.site).mean_output or 1.0)
            loss[one.site] = max(0.0, 1 - whole, loss[one.site] - one.share * whole)
        hit = [here]
        for e in risk.harmful:
            how: Any = {"start": start, "days": Constant(e.days)}
            shut = (Outage(s, loss=loss[s], stock_ships=s in ships, **how) for s in e.sites)
            hit.append(here.disrupt(*shut))
        batches = replicate_many(hit, replications, seed)
        calm, *lost = (np.asarray(total_shortage_cost(b, risk.shortage_cost)) for b in batches)
        worth = (e.rate * (x - calm) for e, x in zip(risk.harmful, lost, strict=True))
        totals[plan.bought] = plan.cost + np.sum([0 * calm, *worth], axis=0)
    return rank(totals, "nothing")


@ranged
def supplier_costs(cost: Amount, loss: Amount, own: Share, common: Share = 0.0) -> list[float]:
    """Expected cost of having 1, 2, … 8 suppliers of one thing [USD, of the period of ``cost``].

    C n + L (P + (1 − P) Uⁿ) [C: ``cost`` of having a supplier, L: ``loss`` if all are down, U:
    each one's ``own`` probability of being down, P: of a ``common`` cause that stops all].
    Source: Berger, Gerstenfeld & Zeng (2004), Omega 32(1): 9–15.

    >>> [round(x / 1000, 1) for x in supplier_costs(10_000, 2e6, own=0.1, common=0.02)[:4]]
    [246.0, 79.6, 72.0, 80.2]
    """
    return [cost * n + loss * (common + (1 - common) * own**n) for n in range(1, 9)]
