"""Two games: the beer game, and the newsvendor.

The beer game has four stations, one product, orders that travel two weeks and goods two more.
A day of the engine is a week of the game. Stations decide in the evening, so the order of week t
is seen upstream in week t + 2; goods shipped in week t arrive in week t + 2; the factory makes a
case in two weeks, beginning in the week after its order. Source: Sterman (1989).

The newsvendor orders once a round, demand is 1 to 300, and nothing lasts until tomorrow.
"""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np

from twinlab.modeling import Game, Replications, Run, simulate
from twinlab.people.fitting import Fit, fit_newsvendor, fit_ordering
from twinlab.people.rules import AnchorAndAdjust, NoisyRule, Rule
from twinlab.scope import Demand, Lane, Network, Node, Product, Recipe, Result, Scenario, Stock
from twinlab.scope.base import Amount, Row, ScenarioError, check_known, column, frozen, ranged
from twinlab.scope.distributions import Constant, Distribution, Trace
from twinlab.scope.kinds import Count, Numbers, Whole

__all__ = ["CLASSIC", "HUMAN_COSTS", "HUMAN_ORDERS", "STATIONS", "BeerGame", "BeerScore"]
__all__ += ["NewsvendorGame", "NewsvendorProblem", "average_person", "beer_chain", "beer_cost"]
__all__ += ["benchmark_team", "drawn_demand"]

Team = Rule | Mapping[str, Rule]  # a rule for all, or one for each station
STATIONS = ("retailer", "wholesaler", "distributor", "factory")
WEEKS, START_UP = 36, 4  # weeks in all; weeks in which everybody orders 4
CLASSIC = Trace((4,) * START_UP + (8,) * (WEEKS - START_UP))  # what customers ask: Sterman (1989)
HOLDING, BACKLOG = 0.5, 1.0  # USD per case and week

# What eleven teams of people paid on average, in USD: Sterman (1989), table 2. Measured with
# people, so nothing that a model could give.
HUMAN_COSTS: Mapping[str, float] = frozen(
    {"retailer": 383.0, "wholesaler": 635.0, "distributor": 630.0, "factory": 380.0}
)


def average_person() -> AnchorAndAdjust:
    """Order as people did on average: θ 0.36, α 0.26, β 0.34, desired stock 17 (Sterman 1989).

    >>> average_person().beta
    0.34
    """
    return AnchorAndAdjust(starts=START_UP)


def drawn_demand(seed: Whole) -> Trace:
    """Draw what customers ask: 4 cases a week; from one of the weeks 6 to 13 on, 6 to 12.

    >>> drawn_demand(1).values[6:11].tolist()
    [4.0, 4.0, 9.0, 9.0, 9.0]
    """
    week, cases = np.random.default_rng(seed).integers((6, 6), (13, 12), endpoint=True).tolist()
    return Trace((4,) * (week - 1) + (cases,) * (WEEKS - week + 1))


def benchmark_team(cases: Amount = 8) -> dict[str, Rule]:
    """Give every station the benchmark rule: θ 0, α = β = 1, desired stock 28 (factory 20).

    So much that it holds nothing, and owes nothing, once so many ``cases`` are asked each week.
    Source: Sterman (1989), the benchmark of table 2.

    >>> beer_cost(simulate(beer_chain(benchmark_team())))
    204.0
    """
    rule = AnchorAndAdjust(0.0, 1.0, 1.0, 4.0 * cases - START_UP, starts=START_UP)
    team: dict[str, Rule] = dict.fromkeys(STATIONS, rule)
    return team | {"factory": replace(rule, desired_stock=3.0 * cases - START_UP)}


def beer_chain(
    team: Team | None = None, weeks: int = WEEKS, demand: Distribution | None = None
) -> Scenario:
    """Build the beer game as a scenario: twelve cases at each station, four in every box.

    ``team`` is a rule for everybody, or one per station (who is missing is an average person).
    Customers ask for 4 cases a week, from week 5 (day 4) on for 8, unless ``demand`` says other.

    >>> chain = beer_chain(benchmark_team())
    >>> chain.days, chain.set("retailer.beta", 0.3).value("retailer.beta")
    (36, 0.3)
    """
    given = dict.fromkeys(STATIONS, team) if callable(team) else dict(team or {})
    for name in given:
        check_known(name, STATIONS, f"team: {name!r} is no station")
    rules = dict.fromkeys(STATIONS, average_person()) | given
    asked = demand or Trace((4,) * START_UP + (8,) * (max(weeks, WEEKS) - START_UP))
    station = partial(Node, holding_cost=HOLDING, backlog_cost=BACKLOG, evening_review=True)
    way = partial(Lane, lead_time=Constant(2), order_delay=1, initial_pipeline=4, initial_orders=4)
    network = Network(
        products=[Product("case")],
        nodes=[station(name, "station", tier=at) for at, name in enumerate(STATIONS)],
        lanes=[way(up, down, "case") for down, up in pairwise(STATIONS)],
        recipes=[Recipe("factory", "case", production_time=2, initial_in_process=4)],
        demands=[Demand("retailer", "case", asked, backorder_cost=BACKLOG)],
        stocks=[Stock(name, "case", on_hand=12) for name in STATIONS],
    )
    return Scenario(network, rules, days=weeks)


def beer_cost(history: Run | Replications, station: str = "") -> Any:
    """Add up what the game charges a station, or the team: stock and backlog, nothing in between.

    0.50 USD per case in stock and 1.00 USD per case owed, each week. (The KPIs of a run charge
    goods under way as well.) A number for a run, an array for a batch.

    >>> beer_cost(simulate(beer_chain(benchmark_team())), "retailer")
    46.0
    """
    network, total = history.scenario.network, history.total
    nodes = [network.node(station)] if station else network.nodes
    return sum(n.holding_cost * total("on_hand", n.name) + total("owing", n.name) for n in nodes)


class BeerScore(Result, frozen=True):
    """What a game cost, by station, beside the benchmark team and, of the classic demand, people.

    >>> BeerScore(dict.fromkeys(STATIONS, 100.0), benchmark=204.0).total
    400.0
    """

    costs: Mapping[str, float] = column("USD", meaning="of each station")
    benchmark: float = column("USD", meaning="of the benchmark team")
    people: float | None = column("USD", None, "of teams of people on average, if they played it")

    @property
    def total(self) -> float:
        """The team's cost [USD]."""
        return sum(self.costs.values())

    def _sentence(self) -> str:
        by_station = ", ".join(f"{name} {cost:,.0f}" for name, cost in self.costs.items())
        said = (
            f"team cost {self.total:,.0f} USD ({by_station}); benchmark {self.benchmark:,.0f} USD"
        )
        return f"{said}, people on average {self.people:,.0f} USD" if self.people else said


class BeerGame(Game):
    """The beer game with one station played by a person; rules play the others.

    Rules order whole cases, as on the board, unless a ``chain`` of one's own is given. Without
    ``demand`` customers ask what they asked in Sterman's experiment.

    >>> game = BeerGame("wholesaler", team=benchmark_team())
    >>> game.week, game.view.on_hand, game.view.demand
    (5, 12.0, 4.0)
    >>> while not game.over:
    ...     game.order(4)
    >>> print(game.score)
    team cost 3,582 USD (retailer 1,438, wholesaler 1,662, distributor 272, factory 210); benchmark 204 USD, people on average 2,028 USD
    """  # noqa: E501 (a doctest line)

    def __init__(
        self,
        station: str = "retailer",
        team: Team | None = None,
        chain: Scenario | None = None,
        demand: Distribution | None = None,
    ) -> None:
        check_known(station, STATIONS, f"BeerGame: no station {station!r}")
        if chain is None:
            chain = beer_chain(team, demand=demand)
            rules: Any = chain.rules
            chain = chain.change(rules={at: NoisyRule(rules[at], spread=0.0) for at in rules})
        self.station, self.scenario, self.rounds = station, chain, chain.days
        super().__init__(chain, [station])
        for _ in range(START_UP):
            self.order(4.0)

    @property
    def over(self) -> bool:
        """Whether the last week is over."""
        return self.view is None

    @property
    def week(self) -> int:
        """The week to order in, from 1; when the game is over, the last one."""
        return self.view.day + 1 if self.view else self.scenario.days

    round = week

    @property
    def orders(self) -> list[float]:
        """The player's own orders so far [cases]."""
        ordered: list[float] = self.run.series("ordered", self.station)[START_UP:].tolist()
        return ordered

    @property
    def asked(self) -> Distribution:
        """What customers ask: nothing that a player may see before the game is over."""
        return self.scenario.network.demands[0].pattern

    def follow(self, rule: Rule) -> None:
        """Let a rule play the rest of the game in the player's seat."""
        while (view := self.view) is not None:
            self.order(float(rule(view)))

    @property
    def score(self) -> BeerScore:
        """What the weeks so far cost each station; the benchmark is for all weeks."""
        costs = {name: float(beer_cost(self.run, name)) for name in STATIONS}
        cases = self.asked.values[-1] if isinstance(self.asked, Trace) else 8.0
        best = self.scenario.decide(benchmark_team(cases))
        people = sum(HUMAN_COSTS.values()) if self.asked == CLASSIC else None
        return BeerScore(costs, float(beer_cost(simulate(best))), people)

    @property
    def fit(self) -> Fit:
        """The player's own parameters, from the weeks in which the player decided."""
        return fit_ordering(self.run, self.station, first=START_UP)


# Mean orders of people for a high- and a low-profit product, whose optima are 225 and 75:
# Schweitzer & Cachon (2000), experiment 1. Measured with people, no result of a model.
HUMAN_ORDERS = (176.68, 134.06)


class NewsvendorProblem(Row, frozen=True):
    """Buy before demand is known; what is left over is worth nothing.

    Demand is a whole number from 1 to ``highest``, each as likely. Source: Schweitzer & Cachon
    (2000), experiment 1: with cost 3 the profit is high, with cost 9 it is low.

    >>> high, low = NewsvendorProblem(cost=3), NewsvendorProblem(cost=9)
    >>> high.optimum, low.optimum, high.mean, high.expected_profit(225), low.expected_profit(75)
    (225, 75, 150.5, 1017.0, 114.0)
    """

    cost: float = column("USD/unit", 3.0, "paid for each unit ordered", low=0)
    price: float = column("USD/unit", 12.0, "got for each unit sold", low=0)
    highest: int = column("units", 300, "the largest demand", low=1)

    def check(self) -> None:
        """A sale brings more than a unit costs."""
        if self.cost >= self.price:
            raise ScenarioError(f"cost {self.cost:g} must be below price {self.price:g}")

    @property
    def mean(self) -> float:
        """The mean demand [units]."""
        return (1 + self.highest) / 2

    @property
    def optimum(self) -> int:
        """The order with the highest expected profit: the least q with F(q) ≥ (p − c) / p."""
        return max(1, int(np.ceil(self.highest * (self.price - self.cost) / self.price - 1e-9)))

    @property
    def worst(self) -> int:
        """The demand that makes the best order look worst, beside orders nearer to the mean."""
        return 1 if self.optimum > self.mean else self.highest

    def profit(self, order: Numbers, demand: Numbers) -> Any:
        """What a round brings: p × min(q, d) − c × q [USD], of one order or of an array."""
        profit = self.price * np.minimum(order, demand) - self.cost * np.asarray(order)
        return profit if np.ndim(profit) else float(profit)

    def expected_profit(self, order: Numbers) -> Any:
        """What a round brings on average [USD], of one order or of an array.

        Of the demands d ≤ q all is sold, of the others q: E min(q, D) = (⌊q⌋ (⌊q⌋ + 1) / 2 +
        (h − ⌊q⌋) q) / h, h being the highest.
        """
        served, highest = np.clip(np.floor(order), 0, self.highest), self.highest
        sold = (served * (served + 1) / 2 + (highest - served) * order) / highest
        profit = self.price * sold - self.cost * np.asarray(order)
        return profit if np.ndim(profit) else float(profit)

    def adjustment(self, order: float) -> float:
        """How far an order has come from the mean towards the optimum; the pull is the rest."""
        return (order - self.mean) / (self.optimum - self.mean)

    def demands(self, rounds: int, seed: int = 0) -> tuple[int, ...]:
        """Draw the demand of each round."""
        drawn = np.random.default_rng(seed).integers(1, self.highest, rounds, endpoint=True)
        return tuple(drawn.tolist())


class NewsvendorGame:
    """Rounds of the newsvendor: decide, hear the demand, decide again.

    >>> game = NewsvendorGame(NewsvendorProblem(cost=9), rounds=5, seed=1)
    >>> while not game.over:
    ...     game.order(150)
    >>> game.demands, game.profit
    ((142, 154, 227, 286, 11), 486.0)
    """

    view = None  # of a chain: there is none

    def __init__(
        self, problem: NewsvendorProblem | None = None, rounds: int = 30, seed: int = 0
    ) -> None:
        self.problem, self.rounds, self.seed = problem or NewsvendorProblem(), rounds, seed
        self._drawn = self.problem.demands(rounds, seed)
        self.orders: list[float] = []

    @property
    def round(self) -> int:
        """The round to order in, from 1; when the game is over, the last one."""
        return min(len(self.orders) + 1, self.rounds)

    @property
    def over(self) -> bool:
        """Whether the last round is over."""
        return len(self.orders) == self.rounds

    @property
    def demands(self) -> tuple[int, ...]:
        """The demands so far [units]."""
        return self._drawn[: len(self.orders)]

    @property
    def profit(self) -> float:
        """The profit so far [USD]."""
        return float(sum(map(self.problem.profit, self.orders, self.demands)))

    @ranged
    def order(self, units: Amount) -> None:
        """Order for this round, and hear its demand."""
        if self.over:
            raise ScenarioError("the game is over: start another one with NewsvendorGame()")
        self.orders.append(float(units))

    def script(self, round: Count) -> None:
        """Let a later round, from 1, ask what makes the best order look worst."""
        at, drawn = round - 1, self._drawn
        self._drawn = (*drawn[:at], self.problem.worst, *drawn[at + 1 :])

    @property
    def fit(self) -> Fit:
        """The player's own pull to the centre and demand chasing."""
        problem = self.problem
        return fit_newsvendor(self.orders, self.demands, problem.optimum, problem.mean)
