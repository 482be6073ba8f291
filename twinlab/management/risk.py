"""Risk with rates: what closures and common causes cost in a year, and what to buy against them.

An event closes sites together for some days, so many times a year. Its loss is that of the exposure
program: the least that customers miss. Expected loss is exact, Σ rate × loss; years are sampled
for the tail alone. One mixed-integer program chooses protections under a budget; fresh years and
the simulation judge them. All rates and durations are assumed, so that arguments hold them.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field
from typing import Any

import numpy as np

from twinlab.management.flows import ShortageCost, shortage_costs
from twinlab.management.stress_test import Program
from twinlab.modeling import estimate
from twinlab.scope import Estimate, Listing, Network, Result, Scenario, State
from twinlab.scope.base import Array, ScenarioError, check_known, shown
from twinlab.scope.columns import Row, column
from twinlab.scope.kinds import Amount, Count, Level, Share, Whole, ranged

__all__ = ["RiskEvent", "closures", "common_causes", "cvar", "expected_loss"]

Weighed = Sequence[tuple[float, float]]  # what may come, and its probability
SPELLS: Weighed = ((0.5, 0.3), (1.0, 0.5), (2.0, 0.2))  # of the time to recover; assumed
STRIKES: Weighed = ((28.0, 0.7), (84.0, 0.3))  # days; assumed


class RiskEvent(Row, frozen=True):
    """Sites that are closed together, for how long and how often.

    >>> RiskEvent("quake", ("fab", "foundry"), days=28, rate=0.02).rate
    0.02
    """

    name: str = column("name", meaning="what happens")
    sites: tuple[str, ...] = column("nodes", meaning="which are closed together")
    days: float = column("days", meaning="how long", low=0)
    rate: float = column("1/year", meaning="how often, on average", low=0)


@ranged
def closures(
    network: Network,
    rate: Amount = 0.03,
    rates: Mapping[str, Amount] | None = None,
    spells: Weighed = SPELLS,
) -> list[RiskEvent]:
    """List the closures of every single site that has a time to recover.

    A site closes ``rate`` times a year, or as ``rates`` say by site or role; it is down for a
    factor of its time to recover, each with a probability (``spells``). The defaults are assumed.

    Raises:
        ScenarioError: a name in ``rates`` is no site and no role.

    >>> chain = serial(["mine", "shop"], demand=Normal(5, 1))
    >>> chain = chain.change(Node("mine", time_to_recover=10))
    >>> [(event.name, round(event.rate, 3)) for event in closures(chain, rate=0.1)]
    [('mine 5 d', 0.03), ('mine 10 d', 0.05), ('mine 20 d', 0.02)]
    """
    own, sites = dict(rates or {}), [n for n in network.nodes if n.time_to_recover > 0]
    for name in own:
        check_known(name, [*(n.name for n in sites), *(n.role for n in sites)], f"rates: {name!r}")
    found = []
    for site in sites:
        often = own.get(site.name, own.get(site.role, rate))
        for factor, chance in spells:
            days = factor * site.time_to_recover
            found.append(RiskEvent(f"{site.name} {days:g} d", (site.name,), days, often * chance))
    return found


@ranged
def common_causes(
    network: Network,
    rates: Mapping[str, Amount],
    hit: Share = 0.6,
    spells: Weighed = STRIKES,
    draws: Count = 4,
    seed: Whole = 0,
) -> list[RiskEvent]:
    """List regional events: in a country, each site that has a time to recover is hit by chance.

    ``rates`` are events a year by country. A site is hit with probability ``hit`` (if none is, all
    are); ``draws`` such sets stand for all, and each lasts for days with a probability
    (``spells``). The defaults are assumed.

    Raises:
        ScenarioError: no such site in a country.

    >>> nodes = [Node(site, country="Chile", time_to_recover=9) for site in ("mine", "plant")]
    >>> chain = serial(["mine", "plant", "shop"], demand=Normal(5, 1)).change(*nodes)
    >>> [(e.sites, round(e.rate, 3)) for e in common_causes(chain, {"Chile": 0.1}, hit=1, draws=1)]
    [(('mine', 'plant'), 0.07), (('mine', 'plant'), 0.03)]
    """
    luck, found = np.random.default_rng(seed), []
    places = defaultdict[str, list[str]](list)
    for node in network.nodes:
        if node.time_to_recover > 0:
            places[node.country].append(node.name)
    for country, rate in rates.items():
        check_known(country, places, f"rates: no site to close in {country!r}")
        for draw in range(draws):
            struck = luck.random(len(here := places[country])) < hit
            down = tuple(s for s, one in zip(here, struck, strict=True) if one) or tuple(here)
            for days, chance in spells:
                name = f"{country} {draw + 1}, {days:g} d"
                found.append(RiskEvent(name, down, days, rate / draws * chance))
    return found


class EventLoss(Result, frozen=True):
    """What an event costs at best."""

    name: str = column("name", meaning="which event")
    sites: int = column("sites", meaning="closed together")
    days: float = column("days", meaning="how long")
    rate: float = column("1/year", meaning="how often")
    loss: float = column("USD", meaning="least loss of one such event")
    expected: float = column("USD/year", meaning="rate × loss")


class Losses(Listing, frozen=True):
    """What all events cost at best, dearest first, and the year that they make.

    >>> chain = serial(["mine", "shop"], demand=Normal(5, 1), on_hand={"shop": 10})
    >>> quake = RiskEvent("quake", ("mine",), days=4, rate=0.02)
    >>> found = expected_loss(Scenario(chain, BaseStock(15)), [quake], shortage_cost={"unit": 40})
    >>> float(found.loss_of(found.years(50_000, seed=1)).mean().round())
    8.0
    """

    rows: tuple[EventLoss, ...]
    events: tuple[RiskEvent, ...] = ()
    scenario: Any = field(default=None, compare=False)
    shortage_cost: Any = field(default=None, compare=False)
    program: Any = field(default=None, compare=False)
    caption = "Events, dearest first"

    @property
    def losses(self) -> Array:
        """The least loss of each event [USD]."""
        return np.array([row.loss for row in self.rows])

    @property
    def expected(self) -> float:
        """Expected loss in a year, exactly: Σ rate × loss [USD/year]."""
        return float(sum(row.expected for row in self.rows))

    @property
    def harmful(self) -> int:
        """How many events cost anything: the first ones."""
        return sum(row.loss > 0 for row in self.rows)

    @property
    def bad_years(self) -> float:
        """The share of years in which anything is lost: 1 − exp(−Σ rate of the harmful)."""
        return float(-np.expm1(-sum(row.rate for row in self.rows if row.loss > 0)))

    def years(self, count: Count, seed: Whole = 0) -> Array:
        """How often each event comes in each year, years × events: Poisson with its rate."""
        rates = [event.rate for event in self.events]
        return np.random.default_rng(seed).poisson(rates, (count, len(rates))).astype(np.float64)

    def loss_of(self, years: Array, losses: Array | None = None) -> Array:
        """The loss of each year [USD]: what its events cost at best, or with other ``losses``."""
        return years @ (self.losses if losses is None else losses)

    def tail(self, level: Level = 0.95, count: Count = 20_000, seed: Whole = 0) -> Estimate:
        """Mean loss of the worst years beyond a level [USD/year]; see ``cvar``."""
        return cvar(self.loss_of(self.years(count, seed)), level)

    def _sentence(self) -> str:
        harm = f"{self.harmful} of {len(self.rows)} events cost anything"
        said = f"expected loss {shown(self.expected)} USD/year: {harm}, in {self.bad_years:.1%}"
        few = "; the worst 5 % of years cost 20 times the mean, so both ask for the same plan"
        return f"{said} of the years{few if self.bad_years < 0.05 else ''}"

    __repr__ = Result.sentence


@ranged
def expected_loss(
    scenario: Scenario,
    events: Iterable[RiskEvent],
    *,
    shortage_cost: ShortageCost | None = None,
    state: State | None = None,
) -> Losses:
    """Find the least loss of every event, and the expected loss of a year: Σ rate × loss.

    Losses are those of the program of ``risk_exposure`` with all sites of an event down together;
    finished stock of a closed site still ships. Stocks are those of ``state``, else those that the
    scenario starts with. Events are taken one by one: what two of them in a year cost is added up.
    Where losses come in less than 5 % of the years, CVaR at 95 % is the mean over 0.05, and says
    nothing that the mean does not.

    Raises:
        ScenarioError: no event, no such site, or no customer with a shortage cost.

    >>> chain = serial(["mine", "shop"], demand=Normal(5, 1), on_hand={"shop": 10})
    >>> shop = Scenario(chain, BaseStock(15), days=365)
    >>> events = [RiskEvent("quake", ["mine"], 4, rate=0.02), RiskEvent("flood", ["mine"], 2, 1)]
    >>> expected_loss(shop, events, shortage_cost={"unit": 40})
    expected loss 8 USD/year: 1 of 2 events cost anything, in 2.0% of the years; \
the worst 5 % of years cost 20 times the mean, so both ask for the same plan
    """
    network, listed = scenario.network, list(events)
    known = list(dict.fromkeys(site for site, _ in network.items))
    for site in (site for event in listed for site in event.sites):
        check_known(site, known, f"events: no site {site!r}")
    if not listed:
        raise ScenarioError("expected_loss: no event: give some, such as closures(network)")
    stock = (state or State.initial(network)).on_hand
    program = Program(network, stock, shortage_costs(network, shortage_cost), stock_ships=True)
    found = [(event, program.least_loss(event.sites, event.days)[0]) for event in listed]
    found.sort(key=lambda each: -each[0].rate * each[1])
    rows = (
        EventLoss(e.name, len(e.sites), e.days, e.rate, loss, e.rate * loss) for e, loss in found
    )
    ordered = tuple(event for event, _ in found)
    return Losses(tuple(rows), ordered, scenario, shortage_cost, program)


@ranged
def cvar(losses: Array, level: Level = 0.95) -> Estimate:
    """Mean of the worst losses beyond a level (conditional value at risk), with an interval.

    CVaR = η + E[max(0, loss − η)] / (1 − level) [η: the ``level`` quantile of the losses].
    Source: Rockafellar & Uryasev (2000), Journal of Risk 2(3): 21–41.

    >>> cvar(np.arange(1, 101), 0.95).mean  # of 96 to 100
    98.0
    """
    worst = np.asarray(losses, dtype=np.float64)
    least = np.quantile(worst, level, method="inverted_cdf")
    return estimate(least + np.maximum(0.0, worst - least) / (1 - level))
