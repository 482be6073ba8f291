"""Lots, reorder points and order-up-to levels."""

from tests.known.answers import Row
from twinlab import Normal, Poisson
from twinlab.task import inventory


def lot(given, **more):
    return inventory.EconomicLot(
        given["fixed_cost"], given["holding_cost"], given["demand_rate"], **more
    )


def waiting(given):
    return lot(given, backorder_cost=given["stockout_cost"])


def made(given, at):
    one = given["instances"][at]
    return lot(one, production_rate=one["production_rate"])


def discounted(given, at):
    prices = dict(zip(given["breakpoints"][at], given["unit_costs"][at], strict=True))
    numbers = (given[name][at] for name in ("fixed_cost", "holding_cost_rate", "demand_rate"))
    return inventory.EconomicLot(*numbers, prices=prices, incremental=given["incremental"][at])


def disrupted(given):
    return inventory.DisruptedLot(
        given["K"], given["h"], given["demand_rate"], given["p_per_lost_unit"],
        given["disruption_rate"], given["recovery_rate"],
    )  # fmt: skip


def power(given):
    """The best power of two: base periods, cost, and cost beside the best."""
    one, base = lot(given), given["base_period_years"]
    periods = inventory.power_of_two(one, base)
    cost = one.cost(periods * base * one.demand)
    return periods, cost, cost / one.cost()


def review(given):
    """An (r, Q)."""
    return inventory.ContinuousReview(
        given["demand_mean_per_year"], given["demand_sd_per_year"], given["lead_time_years"],
        given["K"], given["h"], given["p"],
    )  # fmt: skip


def min_max(given, at):
    one = given["instances"][at]
    return inventory.PeriodicReview(Poisson(one["mean"]), one["K"], one["h"], one["p"])


def planned(given, at):
    one = given["instances"][at]
    return inventory.wagner_whitin(one["demand"], one["setup"], one["holding"], one["unit_cost"])


def explicit(given):
    """The newsvendor stated by prices: demand, level, price, cost and salvage."""
    cost, demand = given["purchase_cost"], Normal(given["mean"], given["sd"])
    found = inventory.newsvendor(demand, cost - given["salvage"], given["revenue"] - cost)
    return demand, found.level, given["revenue"], cost, given["salvage"]


def newsvendor(given, periods=1):
    demand = Normal(given["mean"], given["sd"])
    return inventory.newsvendor(demand, given["h"], given["p"], periods)


def newsvendor_at(given, level, periods=1):
    demand = Normal(given["mean"], given["sd"])
    return inventory.newsvendor_cost(demand, level, given["h"], given["p"], periods)


def exposed(given):
    """The periods that an order must cover: lead time and one more."""
    return given["lead_time_ex4_4"] + given["review_period"]


def discrete(one):
    """Demand, costs and periods of a newsvendor in whole units."""
    mean = one.get("poisson_mean", one.get("poisson_mean_per_period"))
    chances = {float(units): chance for units, chance in one.get("pmf", {}).items()}
    return chances or Poisson(mean), one["h"], one["p"], one.get("lead_time", 0) + 1


def discrete_at(given, at, level):
    demand, *rest = discrete(given["instances"][at])
    return inventory.newsvendor_cost(demand, level, *rest)


ROWS = [
    Row("inv_eoq_ex3_1", "Q", lambda i: lot(i).quantity),
    Row("inv_eoq_ex3_1", "cost", lambda i: lot(i).cost()),
    Row("inv_eoq_ex3_1", "cost_at_Q_250", lambda i: lot(i).cost(i["evaluate_at_Q"])),
    Row("inv_eoqb_ex3_8", "Q", lambda i: waiting(i).quantity),
    Row("inv_eoqb_ex3_8", "stockout_fraction", lambda i: waiting(i).backordered_share),
    Row("inv_eoqb_ex3_8", "cost", lambda i: waiting(i).cost()),
    Row("inv_epq", "Q", lambda i: [made(i, at).quantity for at in (0, 1)]),
    Row("inv_epq", "cost", lambda i: [made(i, at).cost() for at in (0, 1)]),
    Row("inv_quantity_discounts", "Q", lambda i: [discounted(i, at).quantity for at in range(4)]),
    Row("inv_quantity_discounts", "cost", lambda i: [discounted(i, at).cost() for at in range(4)]),
    Row("inv_eoq_disruptions_ex9_1", "Q", lambda i: disrupted(i).quantity),
    Row("inv_eoq_disruptions_ex9_1", "cost", lambda i: disrupted(i).cost()),
    Row("inv_eoq_disruptions_ex9_1", "cost_at",
        lambda i: [disrupted(i).cost(q) for q in i["evaluate_Q"]]),
    Row("inv_power_of_two", "T_star", lambda i: lot(i).cycle),
    Row("inv_power_of_two", "T_po2_weeks", lambda i: power(i)[0]),
    Row("inv_power_of_two", "cost_po2", lambda i: power(i)[1]),
    Row("inv_power_of_two", "ratio", lambda i: power(i)[2]),
    Row("inv_rQ_normal_exact_ex5_1", "r_star", lambda i: review(i).best().reorder_point),
    Row("inv_rQ_normal_exact_ex5_1", "Q_star", lambda i: review(i).best().lot),
    Row("inv_rQ_normal_exact_ex5_1", "cost_star", lambda i: review(i).best().cost),
    Row("inv_rQ_normal_exact_ex5_1", "cost_at_evaluate",
        lambda i: [review(i).cost(*at) for at in i["evaluate"]]),
    Row("inv_rQ_normal_exact_ex5_1", "r_of_Q",
        lambda i: [review(i).point(q) for q in i["r_for_Q"]]),
    Row("inv_sS_poisson_ex4_7", "sS",
        lambda i: [(best.reorder_point, best.up_to)
                   for best in (min_max(i, at).best() for at in (0, 1))]),
    Row("inv_sS_poisson_ex4_7", "cost", lambda i: [min_max(i, at).best().cost for at in (0, 1)]),
    Row("inv_sS_poisson_ex4_7", "cost_instance0_at_s6_S18", lambda i: min_max(i, 0).cost(6, 18)),
    *(Row("inv_wagner_whitin_small", f"cost.{at}", lambda i, at=at: planned(i, at).cost)
      for at in range(4)),
    *(Row("inv_wagner_whitin_small", f"order_quantities.{at}",
          lambda i, at=at: planned(i, at).orders) for at in range(4)),
    Row("inv_newsvendor_explicit", "S", lambda i: explicit(i)[1]),
    Row("inv_newsvendor_explicit", "expected_profit",
        lambda i: inventory.newsvendor_profit(*explicit(i))),
    Row("inv_newsvendor_normal", "S_ex4_3", lambda i: newsvendor(i).level),
    Row("inv_newsvendor_normal", "cost_ex4_3", lambda i: newsvendor(i).cost),
    Row("inv_newsvendor_normal", "cost_ex4_3_at_S40", lambda i: newsvendor_at(i, 40)),
    Row("inv_newsvendor_normal", "S_ex4_4", lambda i: newsvendor(i, exposed(i)).level),
    Row("inv_newsvendor_normal", "cost_ex4_4", lambda i: newsvendor(i, exposed(i)).cost),
    Row("inv_newsvendor_normal", "cost_ex4_4_at_S180", lambda i: newsvendor_at(i, 180, exposed(i))),
    Row("inv_newsvendor_poisson", "S",
        lambda i: [inventory.newsvendor(*discrete(one)).level for one in i["instances"]]),
    Row("inv_newsvendor_poisson", "cost",
        lambda i: [inventory.newsvendor(*discrete(one)).cost for one in i["instances"]]),
    Row("inv_newsvendor_poisson", "cost_instance0_at_S5", lambda i: discrete_at(i, 0, 5)),
    Row("inv_newsvendor_poisson", "cost_instance1_at_S13", lambda i: discrete_at(i, 1, 13)),
]  # fmt: skip
