"""Mitigation under a budget: which options to buy, and what the chosen ones really save.

And what a twin is worth: what decisions with it saved, on the same random numbers as without it.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import accumulate, chain, combinations

import numpy as np

from twinlab.management.flows import ShortageCost, total_shortage_cost
from twinlab.modeling import Change, Replications, Run, Seeds, estimate
from twinlab.modeling.doubt import Ranking, rank
from twinlab.modeling.simulation.replicate import beyond, progress, replicate, share
from twinlab.scope import Estimate, Listing, Result, Scenario, ScenarioError
from twinlab.scope.base import Array, column, shown

__all__ = ["Frontier", "Portfolio", "frontier", "value_of_twin"]

Chosen = tuple[int, ...]  # which options, by their places in the list
MOST = 64  # portfolios to simulate: beyond, the search is no longer a lesson


class Portfolio(Result, frozen=True):
    """Some options together: what they cost, what adding up promises, what simulation finds.

    >>> loss, none = estimate([900.0, 1100.0]), estimate([0.0, 0.0])
    >>> Portfolio("nothing", 0.0, 1000.0, loss, none, True, none)
    0 USD/year: nothing: loss 1,000 [-270.6, 2,271] USD/year, promised 1,000
    """

    options: str = column("words", meaning="what is bought")
    cost: float = column("USD/year", meaning="of the options")
    promised: float = column("USD/year", meaning="loss, if the single savings simply add up")
    loss: Estimate = column("USD/year", meaning="as simulated")
    interaction: Estimate = column("USD/year", meaning="simulated less promised loss, paired")
    efficient: bool = column("yes/no", meaning="no cheaper one loses as little, when chosen")
    saved: Estimate = column("USD/year", meaning="against the next cheaper efficient one, paired")
    note: str = column("words", "", "what still moves on the last day")

    def _sentence(self) -> str:
        doubt = ", which chance could explain" if self.saved.low <= 0 < self.cost else ""
        said = f"{shown(self.cost)} USD/year: {self.options}: loss {self.loss.short} USD/year"
        return f"{said}, promised {shown(self.promised)}{doubt}{self.note and '; ' + self.note}"


class Frontier(Listing, frozen=True):
    """All portfolios that were simulated, cheapest first: chosen on one seed, judged on another.

    >>> none = estimate([0.0, 0.0])
    >>> line = Frontier((Portfolio("nothing", 0.0, 0.0, none, none, True, none),), Seeds.of(1))
    >>> line.best(budget=100).options
    'nothing'
    """

    portfolios: tuple[Portfolio, ...]
    seeds: Seeds
    ranking: Ranking | None = None  # by loss and cost: who came second, what other luck chooses
    caption = "Portfolios, cheapest first"

    @property
    def efficient(self) -> tuple[Portfolio, ...]:
        """The portfolios that no cheaper one beats: the efficient frontier."""
        return tuple(each for each in self.portfolios if each.efficient)

    def best(self, budget: float) -> Portfolio:
        """The portfolio with the least simulated loss within a budget [USD/year].

        Raises:
            ScenarioError: the budget is below zero.
        """
        if budget < 0:
            raise ScenarioError(f"a budget is at least 0 USD/year, got {budget!r}")
        return next(each for each in reversed(self.efficient) if each.cost <= budget)

    def __repr__(self) -> str:
        return "\n".join([*map(str, self.efficient), str(self.seeds)])


def frontier(
    scenario: Scenario,
    options: Sequence[Change],
    replications: int = 200,
    seed: int = 0,
    *,
    shortage_cost: ShortageCost | None = None,
    every_portfolio: bool = False,
) -> Frontier:
    """Find which options to buy at every budget, and check every such portfolio by simulation.

    An option is a ``Change`` with a title and a yearly cost. Each alone is simulated on common
    random numbers; its saving is the paired fall of the shortage cost per year (see
    ``total_shortage_cost``). Adding savings up gives the portfolios that no cheaper one beats (a
    knapsack for all budgets at once, by dominance after Nemhauser & Ullmann 1969); each of them is
    then simulated, because options help each other or overlap. ``every_portfolio`` simulates all
    combinations instead. Options apply in the order of the list. Efficient portfolios are chosen on
    one seed, and what they lose is told from another.

    Raises:
        ScenarioError: no option, one without a title of its own or with a cost below zero, or more
            than 64 portfolios to simulate.

    >>> hasty = Demand("shop", "unit", Normal(5, 1), backorders=False, lost_sale_cost=40)
    >>> chain = serial(["mine", "shop"], demand=hasty, on_hand={"shop": 10})
    >>> risky = Scenario(chain, BaseStock(10), days=365).disrupt(Outage("mine", rate=0.01, days=5))
    >>> frontier(risky, [Change({"shop.up_to": 20}, "more stock", cost=500)], 64, seed=1)
    0 USD/year: nothing: loss 3,055 [2,681, 3,429] USD/year, promised 3,055
    500 USD/year: more stock: loss 1,542 [1,347, 1,736] USD/year, promised 1,542
    chosen on seed 1, judged on seed 8416231834
    """
    seeds, listed = Seeds.of(seed), _checked(options)
    places = range(len(listed))
    losses, judged = dict[Chosen, Array](), dict[Chosen, Array]()
    notes: dict[Chosen, str] = {}

    def yearly(batch: Replications) -> Array:
        return np.asarray(total_shortage_cost(batch, shortage_cost)) * (365.0 / len(batch.days))

    def live(portfolios: Iterable[Chosen]) -> None:
        """Find the loss per year of those portfolios that were not simulated yet."""
        new = [each for each in portfolios if each not in losses]
        if len(new) > MOST:
            count = f"{len(new)} portfolios to simulate, at most {MOST}"
            raise ScenarioError(f"{count}: drop some options")
        for chosen in progress(new, "simulating portfolios"):
            changed = scenario
            for at in chosen:
                changed = listed[at].apply(changed)
            losses[chosen] = yearly(replicate(changed, replications, seeds.chosen))
            batch = replicate(changed, replications, seeds.judged)
            judged[chosen], notes[chosen] = yearly(batch), beyond(batch, yearly)

    live([(), *((at,) for at in places)])
    gains = [float((losses[()] - losses[(at,)]).mean()) for at in places]
    everything = chain(*(combinations(places, size) for size in range(len(listed) + 1)))
    live(everything if every_portfolio else undominated([o.cost for o in listed], gains))
    means = {chosen: float(loss.mean()) for chosen, loss in losses.items()}
    totals = {}
    for chosen, loss in judged.items():
        bought = [listed[at] for at in chosen]
        name = " + ".join(option.title for option in bought) or "nothing"
        totals[name] = loss + sum(option.cost for option in bought)
    return Frontier(_judged(means, judged, listed, notes), seeds, rank(totals))


def _checked(options: Sequence[Change]) -> tuple[Change, ...]:
    """Options that can be told apart and paid for."""
    titles = [option.title for option in options]
    if not titles or not all(titles) or len(set(titles)) < len(titles):
        raise ScenarioError(f"frontier needs options with a title of their own each, got {titles}")
    for option in options:
        if not option.cost >= 0:
            wrong = f"cost must be at least 0 USD/year, got {option.cost!r}"
            raise ScenarioError(f"option {option.title!r}: {wrong}")
    return tuple(options)


def undominated(costs: Sequence[float], gains: Sequence[float]) -> list[Chosen]:
    """List the combinations that no cheaper (or as cheap) one beats, if gains simply add up.

    >>> undominated([3, 2, 2], [30, 15, 16])
    [(), (2,), (0,), (1, 2), (0, 2), (0, 1, 2)]
    """
    found: list[tuple[float, float, Chosen]] = [(0.0, 0.0, ())]
    for at, (cost, gain) in enumerate(zip(costs, gains, strict=True)):
        found += [(c + cost, g + gain, (*chosen, at)) for c, g, chosen in found]
        found.sort(key=lambda each: (each[0], -each[1]))
        best = accumulate((gain for _, gain, _ in found), max, initial=-np.inf)
        found = [each for each, before in zip(found, best, strict=False) if each[1] > before]
    return [chosen for _, _, chosen in found]


def _judged(
    means: Mapping[Chosen, float],
    losses: Mapping[Chosen, Array],
    options: Sequence[Change],
    notes: Mapping[Chosen, str],
) -> tuple[Portfolio, ...]:
    """Every simulated portfolio, cheapest first: efficient as chosen, with losses as judged."""
    cost = {chosen: float(sum(options[at].cost for at in chosen)) for chosen in losses}
    found: list[Portfolio] = []
    best, before, nothing = np.inf, losses[()], losses[()]
    for chosen in sorted(cost, key=lambda chosen: (cost[chosen], means[chosen])):
        own, efficient = losses[chosen], means[chosen] < best
        promised = nothing - sum(nothing - losses[(at,)] for at in chosen)
        titles = " + ".join(options[at].title for at in chosen) or "nothing"
        money = cost[chosen], float(promised.mean()), estimate(own), estimate(own - promised)
        found.append(Portfolio(titles, *money, efficient, estimate(before - own), notes[chosen]))
        if efficient:
            best, before = means[chosen], own
    return tuple(found)


Life = Callable[[int], Run]


class TwinValue(Result, frozen=True):
    """Daily cost without and with the twin, and the difference, paired by history.

    >>> TwinValue(estimate([5.0, 7.0]), estimate([4.0, 5.5]), estimate([1.0, 1.5]))
    the twin saves 1.25 [-1.927, 4.427] USD/day of 6
    """

    without: Estimate = column("USD/day", meaning="cost without the twin")
    with_twin: Estimate = column("USD/day", meaning="cost with it")
    saved: Estimate = column("USD/day", meaning="difference, paired by history")

    def _sentence(self) -> str:
        return f"the twin saves {self.saved.short} USD/day of {shown(self.without.mean)}"


def value_of_twin(
    without: Life,
    with_twin: Life,
    seeds: Sequence[int] = range(20),
    cost: Callable[[Run], float] | None = None,
) -> TwinValue:
    """Live through the same seeds without and with a twin, and compare what it cost.

    ``without`` and ``with_twin`` live through one history for a seed and give its run. ``cost`` is
    what such a history cost [USD], as a default all costs. Where customers do not wait, who loses
    sales also makes less: there ``total_shortage_cost``, for example, says more. Workers of
    the ``joblib.parallel_config`` in force share the seeds; that changes no number.

    Raises:
        ScenarioError: fewer than two seeds, or the two lives are not of the same days.

    >>> net = serial(["mine", "shop"], demand=Normal(5, 1), holding_cost={"shop": 1})
    >>> shop = Scenario(net, BaseStock(20), days=50)
    >>> found = value_of_twin(lambda seed: simulate(shop, seed),
    ...                       lambda seed: simulate(shop.set("shop.up_to", 15), seed), range(4))
    >>> round(found.saved.mean, 2)
    5.0
    """
    if len(seeds) < 2:
        raise ScenarioError(f"value_of_twin needs at least two seeds, got {list(seeds)}")

    def lived(seed: int) -> tuple[float, float]:
        one, other = without(seed), with_twin(seed)
        if one.days != other.days:
            raise ScenarioError(f"the lives have other days: {one.days} and {other.days}")
        if cost is None:
            return one.kpis.total_cost, other.kpis.total_cost
        return cost(one) / len(one.days), cost(other) / len(other.days)

    without_twin, with_it = np.array(share(lived, [(seed,) for seed in seeds], "living")).T
    return TwinValue(*map(estimate, (without_twin, with_it, without_twin - with_it)))
