"""How people decide: the newsvendor of Schweitzer and Cachon, the beer game of Sterman.

``published`` answers are measured with people: the library carries them as reference data.
"""

from tests.known.answers import Row
from twinlab import people, simulate


def problem(given, profit):
    return people.NewsvendorProblem(cost=given[f"cost_{profit}"], price=given["price"])


OPTIMA = "beh_schweitzer_cachon_optimum"
PULLS = "beh_pull_to_centre_weights"
COSTS = {"high": 3, "low": 9}


def pull(given, profit):
    found = people.NewsvendorProblem(cost=COSTS[profit])
    assert (found.mean, found.optimum) == (given["mean_demand"], given["optimal"][profit])
    return found, given["observed"][profit]


def adjustment(profit):
    def compute(given):
        found, order = pull(given, profit)
        return found.adjustment(order)

    return compute


def loss(profit):
    """Share of the best expected profit lost by the order that people place on average."""

    def compute(given):
        found, order = pull(given, profit)
        best = found.expected_profit(found.optimum)
        return 100 * (1 - found.expected_profit(order) / best)

    return compute


def benchmark(given):
    rules = {
        station: people.AnchorAndAdjust(
            given["theta"], given["alpha"], given["beta"], goal, starts=4
        )
        for station, goal in given["S_prime"].items()
    }
    chain = people.beer_chain(rules, weeks=given["protocol"]["weeks"])
    return people.beer_cost(simulate(chain))


HUMAN = "beer_human_average_costs"

ROWS = [
    Row(OPTIMA, "q_high", lambda i: problem(i, "high").optimum),
    Row(OPTIMA, "q_low", lambda i: problem(i, "low").optimum),
    Row(OPTIMA, "profit_high", lambda i: problem(i, "high").expected_profit(225)),
    Row(OPTIMA, "profit_low", lambda i: problem(i, "low").expected_profit(75)),
    Row(OPTIMA, "profit_at_mean_order_150.high", lambda i: problem(i, "high").expected_profit(150)),
    Row(OPTIMA, "profit_at_mean_order_150.low", lambda i: problem(i, "low").expected_profit(150)),
    Row(PULLS, "adjustment_from_mean_150_5.high", adjustment("high")),
    Row(PULLS, "adjustment_from_mean_150_5.low", adjustment("low")),
    Row(PULLS, "expected_profit_loss_pct.high", loss("high")),
    Row(PULLS, "expected_profit_loss_pct.low", loss("low")),
    Row("beer_benchmark_total", "total_cost", benchmark),
    *(
        Row(HUMAN, f"mean_cost.{station}", lambda _, at=station: people.HUMAN_COSTS[at])
        for station in people.STATIONS
    ),
    Row(HUMAN, "team_total", lambda _: sum(people.HUMAN_COSTS.values())),
    Row(HUMAN, "team_ratio_to_benchmark",
        lambda _: sum(people.HUMAN_COSTS.values())
        / people.beer_cost(simulate(people.beer_chain(people.benchmark_team())))),
]  # fmt: skip
