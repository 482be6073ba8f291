"""Stock as it stands: how long it lasts, when it runs out, and what to order today."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from twinlab.management.flows import mean_flows
from twinlab.modeling.replicate import replicate
from twinlab.organization.view import View
from twinlab.people.rules import BaseStock
from twinlab.scope.chance import Array, Constant, Distribution, Empirical, Poisson, Trace, Uniform
from twinlab.scope.columns import Sealed, column
from twinlab.scope.entities import ItemKey
from twinlab.scope.errors import ScenarioError, did_you_mean
from twinlab.scope.network import Network
from twinlab.scope.scenario import Scenario
from twinlab.scope.state import State
from twinlab.task.recommendation import Answer, Recommendation, recommend, recommend_rules

if TYPE_CHECKING:
    import pandas as pd

# -- describe: what there is, and for how many days -------------------------------------------


def cover(scenario: Scenario, state: State | None = None) -> pd.DataFrame:
    """Show stock, inventory position and days of cover of every item that keeps stock.

    days of cover = on hand / average demand; position cover = (on hand + on order − backlog) /
    average demand. Demand of an upstream item is what customers' average demand takes of it
    (``mean_flows``). Without a state: the first morning.

    >>> from twinlab import Normal, serial
    >>> shop = serial(["mine", "shop"], demand=Normal(5, 1), on_hand={"shop": 20})
    >>> float(cover(Scenario(shop, BaseStock(30))).loc[("shop", "unit"), "cover [days]"])
    4.0
    """
    import pandas as pd  # half a second; `import twinlab` stays quick

    now = state if state is not None else State.initial(scenario.network)
    rates = mean_flows(scenario)
    rows = {}
    for item, on_hand in now.on_hand.items():
        owed, ordered = _backlog(scenario.network, now, item), now.on_order.get(item, 0.0)
        rate = rates[item] if rates[item] > 0 else math.nan
        rows[item] = {
            "on hand [units]": on_hand,
            "on order [units]": ordered,
            "backlog [units]": owed,
            "demand [units/day]": rates[item],
            "cover [days]": on_hand / rate,
            "position cover [days]": (on_hand + ordered - owed) / rate,
        }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis(["node", "product"])


def _backlog(network: Network, state: State, item: ItemKey) -> float:
    """Units that an item owes to customers, to other nodes and to its node's own production."""
    node, product = item
    lanes = [v.key for v in network.lanes if (v.source, v.product) == item]
    owed = math.fsum(state.owed.get(claim, 0.0) for claim in [*lanes, item])
    made = [r for r in network.recipes if r.node == node and product in r.components]
    return owed + math.fsum(state.to_make[node, r.product] * r.components[product] for r in made)


# -- predict: when does it run out ------------------------------------------------------------


@dataclass(frozen=True)
class RunOut(Sealed):
    """The chance that an item has run out by the end of each day from now on, today first.

    >>> print(RunOut(np.array([0.0, 0.2, 0.7, 1.0])))
    out after 3 days (half of all futures), after 2 days in one of ten
    """

    chance: Array = field(repr=False)

    def quantile(self, share: float) -> float:
        """The day by which it has run out in this share of all futures (inf: later, or never)."""
        reached = np.flatnonzero(self.chance >= share)
        return float(reached[0] + 1) if len(reached) else math.inf

    def __str__(self) -> str:
        half, early = self.quantile(0.5), self.quantile(0.1)
        return f"out after {half:g} days (half of all futures), after {early:g} days in one of ten"


def run_out(
    scenario: Scenario, state: State, item: ItemKey, days: int = 60, *,
    replications: int = 1000, seed: int = 0,
) -> RunOut:  # fmt: skip
    """Simulate many futures from a state, and count on which day an item first runs out.

    Out is who owes or loses units at night; a component also when nothing is left for production.
    Everybody goes on deciding by the scenario's rules; see also ``stop_ordering``.

    >>> from twinlab import Normal, serial
    >>> shop = serial(["mine", "shop"], demand=Normal(5, 1), on_hand={"shop": 22})
    >>> nothing = stop_ordering(Scenario(shop, BaseStock(30)), ("shop", "unit"))
    >>> print(run_out(nothing, State.initial(shop), ("shop", "unit"), 10, replications=200))
    out after 5 days (half of all futures), after 4 days in one of ten
    """
    future = scenario.change(days=state.day + days)
    wanted = [(name, *item) for name in ("backlog", "lost", "on_hand")]
    batch = replicate(future, replications, seed, start=state, bands=wanted)
    speck = 1e-9  # flows below this do not happen
    short = batch.band("backlog", *item) + batch.band("lost", *item) > speck
    if any(r.node == item[0] and item[1] in r.components for r in scenario.network.recipes):
        short |= batch.band("on_hand", *item) <= speck
    return RunOut(np.asarray(np.logical_or.accumulate(short, axis=0).mean(axis=1)))


def stop_ordering(scenario: Scenario, item: ItemKey) -> Scenario:
    """Give the scenario in which nobody orders any more of an item; what is under way arrives.

    >>> from twinlab import Normal, serial
    >>> chain = Scenario(serial(["mine", "shop"], demand=Normal(5, 1)), BaseStock(30))
    >>> stop_ordering(chain, ("shop", "unit")).rules["shop", "unit"](View("shop", "unit"))
    0.0
    """
    return scenario.decide({item: _nothing})


def _nothing(view: View) -> Any:
    """Order nothing."""
    return 0.0 * view.on_hand


# -- prescribe: reorder point, what to order today, base-stock level --------------------------


def reorder_point(
    demand: float, demand_sd: float, lead_time: float, lead_time_sd: float = 0.0,
    service: float = 0.95,
) -> float:  # fmt: skip
    """Set the stock that is enough for the lead time in a given share of cases [units].

    ROP = d L + z √(L σ_d² + d² σ_L²), z = Φ⁻¹(service) [demand d ± σ_d per day, lead time L ± σ_L].
    Demand and lead time independent, their product near normal. Source: Silver, Pyke & Thomas
    (2017) chapter 6.

    Raises:
        ScenarioError: a service outside 0 to 1, or a negative number.

    >>> round(reorder_point(20, 4, lead_time=9, lead_time_sd=1, service=0.95), 2)
    218.36
    """
    from scipy.special import ndtri  # a fifth of a second

    if not 0 < service < 1 or min(demand, demand_sd, lead_time, lead_time_sd) < 0:
        raise ScenarioError(
            f"reorder_point: service {service:g} lies between 0 and 1, all else is at least 0"
        )
    spread = math.sqrt(lead_time * demand_sd**2 + demand**2 * lead_time_sd**2)
    return float(demand * lead_time + ndtri(service) * spread)


@dataclass(frozen=True)
class Order(Answer):
    """What to order today, and why that much."""

    quantity: float = column("units", meaning="to order now")
    level: float = column("units", meaning="what the position should be")
    position: float = column("units", meaning="on hand + on order − backlog, this morning")


def order_today(
    scenario: Scenario, state: State, item: ItemKey, service: float = 0.95, lot: float = 0.0
) -> Order:
    """Decide what to order this morning, on the state as it is.

    quantity = max(0, level − position), in whole lots if a lot is given. The level is a reorder
    point over the days until the order *after* this one arrives, today included: order delay +
    lead time + review period.

    Raises:
        ScenarioError: nothing brings the item.

    >>> from twinlab import Normal, serial
    >>> shop = serial(["mine", "shop"], demand=Normal(20, 4), lead_time=8, on_hand={"shop": 100})
    >>> print(order_today(Scenario(shop, BaseStock(0)), State.initial(shop), ("shop", "unit")))
    quantity 99.74 units · level 199.7 units · position 100 units
    """
    demand, sd, days, days_sd = _protected(scenario, item)
    level = max(0.0, reorder_point(demand, sd, days + 1, days_sd, service))
    owed = _backlog(scenario.network, state, item)
    position = state.on_hand[item] + state.on_order[item] - owed
    short = max(0.0, level - position)
    return Order(math.ceil(short / lot) * lot if lot > 0 else short, level, position)


def base_stock(scenario: Scenario, item: ItemKey, service: float = 0.95) -> Recommendation:
    """Recommend the base-stock level that keeps an item in stock in a given share of days.

    The twin decides after the day's demand, and an order is there in time for the day on which it
    is due: the level covers order delay + lead time + review period − 1 days.

    Raises:
        ScenarioError: nothing brings the item.

    >>> from twinlab import Normal, serial
    >>> shop = serial(["mine", "shop"], demand=Normal(20, 4), lead_time=9)
    >>> print(base_stock(Scenario(shop, BaseStock(150)), ("shop", "unit")))
    base stock for 95 %: 9 days of demand at 'shop' are 180 ± 12 units
      shop/unit.up_to: 150 → 199.738
    """
    demand, sd, days, days_sd = _protected(scenario, item)
    spread = math.hypot(math.sqrt(days) * sd, demand * days_sd)
    title = f"base stock for {100 * service:g} %"
    asked = f"{days * demand:,.0f} ± {spread:,.0f} units"
    reason = f"{days:g} days of demand at {item[0]!r} are {asked}"
    level = max(0.0, reorder_point(demand, sd, days, days_sd, service))
    rules: dict[ItemKey, object] = dict(scenario.rules)  # type: ignore[arg-type]
    if isinstance(rules[item], BaseStock):
        return recommend(scenario, title, reason, {f"{item[0]}/{item[1]}.up_to": level})
    return recommend_rules(scenario, title, reason, {item: BaseStock(level)})


def _protected(scenario: Scenario, item: ItemKey) -> tuple[float, float, float, float]:
    """Demand a day and its sd; days to cover and their sd."""
    network = scenario.network
    if item not in scenario.decided_items():
        names = [", ".join(known) for known in scenario.decided_items()]
        raise ScenarioError(f"nothing brings {item!r}; {did_you_mean(', '.join(item), names)}")
    made = [r.production_time for r in network.recipes if (r.node, r.product) == item]
    ways = [v for v in network.lanes if (v.destination, v.product) == item]
    if made:
        days, days_sd = float(made[0]), 0.0
    else:
        lane = min(ways, key=lambda v: v.sourcing_rank)
        days, days_sd = lane.lead_time.average + lane.order_delay, _sd(lane.lead_time)
    site = network.node(item[0])
    days += site.review_period - 1 + site.evening_review
    mean, variance = 0.0, 0.0
    for customer in network.demands:
        # How much of this item one unit asked by these customers takes.
        share = mean_flows(scenario, wanted={(customer.node, customer.product): 1.0})[item]
        mean += share * customer.pattern.average
        variance += (share * _sd(customer.pattern)) ** 2
    return mean, math.sqrt(variance), days, days_sd


def _sd(law: Distribution) -> float:
    """The standard deviation of a distribution."""
    match law:
        case Constant():
            return 0.0
        case Poisson():
            return math.sqrt(law.mean)
        case Empirical() | Trace():
            return float(np.std(law.values))
        case Uniform():
            return (law.high - law.low) / math.sqrt(12)
    return float(law.sd)  # type: ignore[attr-defined]
