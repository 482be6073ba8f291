"""Stock as it stands: how long it lasts, and when it runs out."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twinlab.management.flows import asked_lanes, mean_flows, ways_in
from twinlab.modeling.batch import Batch
from twinlab.modeling.luck import draw_luck
from twinlab.modeling.replicate import replicate
from twinlab.organization.view import View
from twinlab.scope.calendar import DUST
from twinlab.scope.chance import Array
from twinlab.scope.columns import Sealed, column
from twinlab.scope.entities import ItemKey
from twinlab.scope.errors import ScenarioError, did_you_mean
from twinlab.scope.later import pd, special
from twinlab.scope.network import Network
from twinlab.scope.scenario import Scenario
from twinlab.scope.state import State
from twinlab.task.recommendation import Answer

FUTURES = 2048  # simulated before an order: a quantile at 95 % to half a point

# -- describe: what there is, and for how many days -------------------------------------------


def cover(scenario: Scenario, state: State | None = None) -> pd.DataFrame:
    """Show stock, inventory position and days of cover of every item that keeps stock.

    days of cover = on hand / average demand; position cover = (on hand + on order − backlog) /
    average demand. Average demand is that of all days of the scenario from the state on, season and
    trend included; of an upstream item, what it takes of it (``mean_flows``). Without a state: the
    first morning.

    >>> shop = serial(["mine", "shop"], demand=Normal(5, 1), on_hand={"shop": 20})
    >>> float(cover(Scenario(shop, BaseStock(30))).loc[("shop", "unit"), "cover [days]"])
    4.0
    """
    now = state if state is not None else State.initial(scenario.network)
    to_come = range(now.day, max(scenario.days, now.day + 1))
    rates = mean_flows(scenario, to_come)
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

    >>> chain = Scenario(serial(["mine", "shop"], demand=Normal(5, 1)), BaseStock(30))
    >>> stop_ordering(chain, ("shop", "unit")).rules["shop", "unit"](View("shop", "unit"))
    0.0
    """
    return scenario.decide({item: _nothing})


def _nothing(view: View) -> Any:
    """Order nothing."""
    return 0.0 * view.on_hand


# -- prescribe: reorder point, and what to order today ------------------------------------------


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
    if not 0 < service < 1 or min(demand, demand_sd, lead_time, lead_time_sd) < 0:
        raise ScenarioError(
            f"reorder_point: service {service:g} lies between 0 and 1, all else is at least 0"
        )
    spread = math.sqrt(lead_time * demand_sd**2 + demand**2 * lead_time_sd**2)
    return float(demand * lead_time + special.ndtri(service) * spread)


@dataclass(frozen=True)
class Order(Answer):
    """What to order today, and why that much."""

    quantity: float = column("units", meaning="to order now")
    level: float = column("units", meaning="what the position should be")
    position: float = column("units", meaning="on hand + on order − backlog, this morning")


def order_today(
    scenario: Scenario, state: State, item: ItemKey, service: float = 0.95, lot: float = 0.0,
    seed: int = 0,
) -> Order:  # fmt: skip
    """Decide what to order this morning, on the state as it is.

    2,000 futures are simulated from the state, in which nothing is ordered today, and from then on
    what was asked. The order is what a share ``service`` of them lacks at most on the night before
    the next look's order could come, in whole lots if a lot is given: lead time, order delay,
    review, yield and every source as the engines draw them; what is under way comes when it is due,
    and what comes later does not count in the position. Suppliers are taken to have what is
    ordered today.

    Raises:
        ScenarioError: nothing brings the item.

    >>> shop = serial(["mine", "shop"], demand=Constant(10), lead_time=5, on_hand={"shop": 50})
    >>> print(order_today(Scenario(shop, BaseStock(0)), State.initial(shop), ("shop", "unit")))
    quantity 10 units · level 60 units · position 50 units
    """
    check_item(scenario, item, service)
    comes, good = _arrival(scenario, state, item, seed)
    review = scenario.network.node(item[0]).review_period
    last = comes + review - state.day % review - 1
    future = scenario.change(days=int(last.max()) + 1).decide(
        {item: lambda view: view.demand * (view.day > state.day)}
    )
    batch, owed = nights(future, item, (FUTURES, seed), state)
    lost = np.cumsum(np.vstack([np.zeros(FUTURES), batch.band("lost", *item)]), axis=0)
    at, histories = last - state.day, np.arange(FUTURES)
    lacks = (owed - batch.band("on_hand", *item))[at, histories]
    lacks += lost[at + 1, histories] - lost[comes - state.day, histories]
    need = float(np.quantile(lacks / good, service, method="inverted_cdf").round(9))
    goods = [g for v in ways_in(scenario).get(item, ()) for g in state.under_way.get(v.key, ())]
    position = state.on_hand[item] + state.on_order[item] - _backlog(scenario.network, state, item)
    position -= sum(g.quantity for g in goods if g.due > last.max())
    short = max(0.0, need)
    return Order(math.ceil(short / lot) * lot if lot > 0 else short, position + need, position)


def _arrival(
    scenario: Scenario, state: State, item: ItemKey, seed: int
) -> tuple[NDArray[np.int64], Any]:
    """When an order of today has come, by future, and how much of it is good."""
    network, today = scenario.network, state.day
    posted = today + network.node(item[0]).evening_review
    ways = asked_lanes(scenario, item, ways_in(scenario).get(item, []))
    latest = max([posted, *(posted + v.order_delay for v, _ in ways)])
    luck = draw_luck(scenario.change(days=latest + 1), seed, 0, FUTURES, state)
    comes = [(left := posted + v.order_delay) + luck.lead_time[v.key][left] for v, _ in ways]
    good = luck.good_share[item][posted] if item in luck.good_share else 1.0
    comes += [np.array([posted + r.production_time]) for r in network.recipes
              if (r.node, r.product) == item]  # fmt: skip
    most = np.max([np.broadcast_to(days, FUTURES) for days in comes], axis=0)
    return most, np.maximum(good, DUST)


def nights(
    scenario: Scenario, item: ItemKey, luck: tuple[int, int], start: State, *more: Any
) -> tuple[Batch, Array]:
    """Simulate an item on some luck (histories, seed), and what it owes at night."""
    node, product = item
    users = [r for r in scenario.network.recipes if r.node == node and product in r.components]
    bands = [(name, *item) for name in ("on_hand", "backlog", "lost")]
    bands += [(name, node, r.product) for r in users for name in ("on_order", "in_process")]
    batch = replicate(scenario, *luck, start=start, bands=[*bands, *more])
    owed = batch.band("backlog", *item)
    for r in users:  # what is to be made has not begun yet
        waits = batch.band("on_order", node, r.product) - batch.band("in_process", node, r.product)
        owed = owed + r.components[product] * waits
    return batch, owed


def check_item(scenario: Scenario, item: ItemKey, service: float) -> None:
    """See that something brings an item, and that a service is a share."""
    if item not in scenario.decided_items():
        names = [", ".join(known) for known in scenario.decided_items()]
        raise ScenarioError(f"nothing brings {item!r}; {did_you_mean(', '.join(item), names)}")
    if not 0 < service < 1:
        raise ScenarioError(f"service {service:g} lies between 0 and 1: 0.95 for 95 %")
