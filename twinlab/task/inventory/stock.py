"""Stock as it stands: how long it lasts, and when it runs out.

The base-stock level that serves as asked, found where no formula is exact: by simulation.

A day on which an item fails to serve tells how much more its level had to be, and one on which it
serves how much was left. So one batch of replications names a level, the next ones try it and the
level a step below, all on the same luck; other luck judges what was chosen.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twinlab.management.flows import asked_lanes, mean_flows, use_on_order, wait
from twinlab.modeling.compare import Change
from twinlab.modeling.simulation.measures import IN_FULL
from twinlab.modeling.simulation.output_analysis import estimate
from twinlab.modeling.simulation.random_streams import Days, draw_streams
from twinlab.modeling.simulation.replicate import replicate
from twinlab.modeling.simulation.replications import Replications
from twinlab.organization.view import View
from twinlab.people.rules import BaseStock
from twinlab.scope.calendar import DUST, upstream_items
from twinlab.scope.columns import Sealed, column
from twinlab.scope.distributions import Array, Constant, Normal, sd_of
from twinlab.scope.entities import ItemKey
from twinlab.scope.errors import ScenarioError, did_you_mean
from twinlab.scope.later import pd, special
from twinlab.scope.network import Network
from twinlab.scope.result import Estimate, Result
from twinlab.scope.scenario import Scenario
from twinlab.scope.state import State

__all__ = [
    "Order",
    "RunOut",
    "base_stock",
    "cover",
    "order_today",
    "reorder_point",
    "run_out",
    "stop_ordering",
]


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
    scenario: Scenario,
    state: State,
    item: ItemKey,
    days: int = 60,
    *,
    replications: int = 1000,
    seed: int = 0,
) -> RunOut:
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
    batch = replicate(future, replications, seed, start=state, daily=wanted)
    speck = 1e-9  # flows below this do not happen
    short = batch.series("backlog", *item) + batch.series("lost", *item) > speck
    if any(r.node == item[0] and item[1] in r.components for r in scenario.network.recipes):
        short |= batch.series("on_hand", *item) <= speck
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
    demand: float,
    demand_sd: float,
    lead_time: float,
    lead_time_sd: float = 0.0,
    service: float = 0.95,
) -> float:
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
class Order(Result):
    """What to order today, and why that much."""

    quantity: float = column("units", meaning="to order now")
    level: float = column("units", meaning="what the position should be")
    position: float = column("units", meaning="on hand + on order − backlog, this morning")


def order_today(
    scenario: Scenario,
    state: State,
    item: ItemKey,
    service: float = 0.95,
    lot: float = 0.0,
    seed: int = 0,
) -> Order:
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
    lost = np.cumsum(np.vstack([np.zeros(FUTURES), batch.series("lost", *item)]), axis=0)
    at, replications = last - state.day, np.arange(FUTURES)
    lacks = (owed - batch.series("on_hand", *item))[at, replications]
    lacks += lost[at + 1, replications] - lost[comes - state.day, replications]
    need = float(np.quantile(lacks / good, service, method="inverted_cdf").round(9))
    goods = [g for v in scenario.network.into.get(item, ()) for g in state.under_way.get(v.key, ())]
    position = state.on_hand[item] + state.on_order[item] - _backlog(scenario.network, state, item)
    position -= sum(g.quantity for g in goods if g.due > last.max())
    short = max(0.0, need)
    return Order(math.ceil(short / lot) * lot if lot > 0 else short, position + need, position)


def _arrival(scenario: Scenario, state: State, item: ItemKey, seed: int) -> tuple[Days, Any]:
    """When an order of today has come, by future, and how much of it is good."""
    network, today = scenario.network, state.day
    posted = today + network.node(item[0]).evening_review
    ways = asked_lanes(scenario, item)
    latest = max([posted, *(posted + v.order_delay for v, _ in ways)])
    luck = draw_streams(scenario.change(days=latest + 1), seed, 0, FUTURES, state)
    comes = [(left := posted + v.order_delay) + luck.lead_time[v.key][left] for v, _ in ways]
    good = luck.good_share[item][posted] if item in luck.good_share else 1.0
    if recipe := network.made.get(item):
        comes.append(np.array([posted + recipe.production_time]))
    most = np.max([np.broadcast_to(days, FUTURES) for days in comes], axis=0)
    return most, np.maximum(good, DUST)


def nights(
    scenario: Scenario, item: ItemKey, luck: tuple[int, int], start: State, *more: Any
) -> tuple[Replications, Array]:
    """Simulate an item on some luck (replications, seed), and what it owes at night."""
    node, product = item
    users = [r for r in scenario.network.recipes if r.node == node and product in r.components]
    bands = [(name, *item) for name in ("on_hand", "backlog", "lost")]
    bands += [(name, node, r.product) for r in users for name in ("on_order", "in_process")]
    batch = replicate(scenario, *luck, start=start, daily=[*bands, *more])
    owed = batch.series("backlog", *item)
    for r in users:  # what is to be made has not begun yet
        waits = batch.series("on_order", node, r.product) - batch.series(
            "in_process", node, r.product
        )
        owed = owed + r.components[product] * waits
    return batch, owed


def check_item(scenario: Scenario, item: ItemKey, service: float) -> None:
    """See that something brings an item, and that a service is a share."""
    if item not in scenario.decided_items():
        names = [", ".join(known) for known in scenario.decided_items()]
        raise ScenarioError(f"nothing brings {item!r}; {did_you_mean(', '.join(item), names)}")
    if not 0 < service < 1:
        raise ScenarioError(f"service {service:g} lies between 0 and 1: 0.95 for 95 %")


_TRIALS = 24  # a bracket is halved in each: more are of no use


def base_stock(
    scenario: Scenario,
    item: ItemKey,
    service: float = 0.95,
    replications: int = 256,
    seed: int = 0,
) -> Change:
    """Recommend the base-stock level that serves in full on a given share of days.

    For an item that customers ask: the share of their days' orders that are served wholly on the
    day (``on_time_in_full``). For one that they do not: the share of nights on which nothing is
    owed to other nodes and to own production for want of it. Counted over the scenario's days, as
    if the level had stood before, without the days until the first orders have come.

    One certain lead time from an unlimited source, normal demand: S = d L + z σ √L over L = lead
    time + order delay (+ 1 for an evening review), as the twin decides after the day's demand. In
    all other chains the least level is searched by simulation, in whole units if customers ask in
    whole units. The reason says what the level serves on luck that did not choose it.

    Raises:
        ScenarioError: nothing brings the item, or no level serves so much (capacity, closure).

    >>> shop = serial(["mine", "shop"], demand=Normal(20, 4), lead_time=9)
    >>> print(base_stock(Scenario(shop, BaseStock(150)), ("shop", "unit")))
    base stock for 95 %: on other luck it serves 94.98 % [94.68, 95.29] of days in full
      shop/unit.up_to: 150 → 199.7
    """
    check_item(scenario, item, service)
    level, exact = _by_formula(scenario, item, service)
    lower = ""
    for luck in range(seed, seed + 6, 2):
        if not exact:
            chosen, below = find_level(scenario, item, service, level, (replications, luck))
            level = chosen.level
            if below.level < level:
                lower = f"; {below.level:.6g} would serve {math.floor(1e4 * below.share) / 100:g} %"
        judged = try_level(scenario, item, level, (replications, luck + 1))
        if exact or judged.served.high >= service:
            break
        replications *= 4  # the luck that chose was kind
    if (late := _falls_behind(scenario, item, judged, (replications, luck + 1))) is not None:
        raise ScenarioError(_refusal(scenario, item, service, late))
    mean, low, high = (100 * x for x in (judged.served.mean, judged.served.low, judged.served.high))
    reason = f"on other luck it serves {mean:.4g} % [{low:.4g}, {high:.4g}] of days in full{lower}"
    title = f"base stock for {100 * service:g} %"
    if isinstance(scenario.rules[item], BaseStock):  # type: ignore[index]
        return Change.of(scenario, {f"{item[0]}/{item[1]}.up_to": level}, title, reason)
    return Change.of(scenario, {item: BaseStock(level)}, title, reason)


def _by_formula(scenario: Scenario, item: ItemKey, service: float) -> tuple[float, bool]:
    """A level by averages and spreads, and whether it is exact: one lane, one row of customers."""
    network, review = scenario.network, scenario.network.node(item[0]).review_period
    days, mean = use_on_order(scenario, item) + review - 1, mean_flows(scenario)[item]
    if len(network.lanes) != 1 or len(network.demands) != 1 or network.recipes:
        return reorder_point(mean, mean / 2, days, 0.0, service), False
    lane, row = network.lanes[0], network.demands[0]
    steady = isinstance(row.pattern, Normal) and row.pattern.mean >= 3 * row.pattern.sd
    steady = steady and row.backorders and not row.season and not row.trend and review == 1
    certain = isinstance(lane.lead_time, Constant) and not scenario.disruptions
    limits = (lane.capacity, network.node(lane.source).capacity)
    exact = steady and certain and min(limits) == math.inf
    return reorder_point(mean, sd_of(row.pattern), days, 0.0, service), exact


@dataclass(frozen=True)
class Trial(Sealed):
    """How a level served an item: on which days, and what level each day would have needed."""

    level: float
    counted: NDArray[np.bool_]  # days × replications
    met: NDArray[np.bool_]
    needed: Array  # units; inf: no level helps
    whole: bool  # customers ask in whole units

    @property
    def share(self) -> float:
        """Share of the counted days that were served."""
        return float(self.met[self.counted].mean())

    @property
    def served(self) -> Estimate:
        """The share by history, with its interval."""
        with np.errstate(invalid="ignore"):  # nobody asked: no share
            return estimate((self.met & self.counted).sum(axis=0) / self.counted.sum(axis=0))

    def wanted(self, service: float) -> float:
        """The level that would have served a share of the counted days, as far as it tells."""
        needed = np.sort(self.needed[self.counted])
        found = float(needed[max(0, math.ceil(service * len(needed) - 1e-9) - 1)])
        return max(0.0, _tidy(found, self.whole))


def try_level(
    scenario: Scenario, item: ItemKey, level: float, luck: tuple[int, int], *, filled: bool = True
) -> Trial:
    """Simulate a level of an item (replications, seed); ``filled``: it stands already."""
    changed = scenario.decide({item: BaseStock(level)})
    start = State.initial(scenario.network)
    for one, rule in changed.rules.items() if filled else ():  # type: ignore[union-attr]
        if type(rule) is BaseStock:
            full = max(0.0, rule.up_to - start.on_order[one])
            start.on_hand[one] = full if one == item else max(full, start.on_hand[one])
    asks = any((d.node, d.product) == item for d in scenario.network.demands)
    more = ("demand", ("demand", *item), ("on_time", *item))
    batch, owed = nights(changed, item, luck, start, *more)
    on_hand, demand = batch.series("on_hand", *item), batch.series("demand")
    if asks:
        asked = batch.series("demand", *item)
        counted, met = asked > 0, batch.series("on_time", *item) >= asked * IN_FULL
    else:
        counted, met = np.ones(owed.shape, dtype=bool), (owed <= DUST) | (on_hand > DUST)
    counted[: first_receipt(scenario, item)] = False
    if not counted.any():
        raise ScenarioError(f"nobody asks {item[0]!r} for {item[1]!r}: no level to serve them")
    short = np.where(on_hand > DUST, np.inf, level + owed + batch.series("lost", *item))
    needed = np.asarray(np.where(met, level - on_hand, short).round(9), dtype=np.float64)
    return Trial(level, counted, met, needed, bool((demand == np.rint(demand)).all()))


def find_level(
    scenario: Scenario, item: ItemKey, service: float, guess: float, luck: tuple[int, int]
) -> tuple[Trial, Trial]:
    """The least level that serves a share of days, and the next lower one that was tried.

    Raises:
        ScenarioError: no level serves so much.
    """
    trial = below = try_level(scenario, item, guess, luck)
    spread = float(np.std(trial.needed, where=np.isfinite(trial.needed)))
    step = 1.0 if trial.whole else max(spread / 20, 1e-6 * (1 + guess))
    low, best, raised, idle = -step, None, 0, 0
    for _ in range(_TRIALS):
        level, want = trial.level, trial.wanted(service)
        if trial.share >= service:
            aim = want if want < level else level - step
            if best is not None and (want < level or best.level - level <= 1.01 * step):
                aim = min(aim, (low + level) / 2)
            best = trial
        else:
            idle = idle + 1 if raised and trial.share <= below.share else 0
            if math.isinf(want) or idle > 1:
                break
            low, below, aim = level, trial, level + (want - level) * 2**raised
            aim, raised = aim if best is None else max(want, (low + best.level) / 2), raised + 1
        high = math.inf if best is None else best.level
        if high - low <= 1.01 * step:
            break
        aim = aim if low < aim < high else (low + high) / 2 if best else low + step
        trial = try_level(scenario, item, _tidy(aim, trial.whole), luck)
    if best is None:
        raise ScenarioError(_refusal(scenario, item, service, trial))
    return best, below


def _refusal(scenario: Scenario, item: ItemKey, service: float, trial: Trial) -> str:
    """Say why no level serves as asked: what is limited or closed."""
    asked = mean_flows(scenario)[item]
    limits = [
        f"{title} has a capacity of {most:g} units a day, and {asked:.4g} are asked"
        for title, most in (
            *((n.title, n.capacity) for n in scenario.network.nodes),
            *((v.title, v.capacity) for v in scenario.network.lanes),
        )
        if most < math.inf
    ]
    limits += [disruption.title for disruption in scenario.disruptions]
    why = "; ".join(limits) or "what its suppliers' rules send does not keep up with demand"
    return (
        f"no base-stock level of {item[1]!r} at {item[0]!r} serves {100 * service:g} % of days: "
        f"{trial.level:.6g} units serve {100 * trial.share:.3g} % ({why}). Ask for less, or change "
        "what limits it"
    )


def _falls_behind(
    scenario: Scenario, item: ItemKey, trial: Trial, luck: tuple[int, int]
) -> Trial | None:
    """The same level from the stocks of the tables, if the chain never comes to serve as well."""
    own = try_level(scenario, item, trial.level, luck, filled=False)
    sixth = max(1, len(own.met) // 6)
    late, before = own.needed[-sixth:], own.needed[-2 * sixth : -sixth]
    end = own.counted & (np.arange(len(own.met)) >= len(own.met) - 2 * sixth)[:, None]
    if not end.any() or not before.size:
        return None
    served = [float(one.met[end].mean()) for one in (own, trial)]
    recovers = late.mean() < before.mean() - DUST
    return None if served[0] >= served[1] - 0.05 or recovers else own


def first_receipt(scenario: Scenario, item: ItemKey) -> int:
    """Days until an item's first order has come, those of its suppliers before it; half at most."""
    network = scenario.network
    found = dict.fromkeys(network.items, 0.0)
    for one in upstream_items(network):
        lanes = asked_lanes(scenario, one)
        waits = [found[v.source, v.product] + wait(scenario, v) for v, _ in lanes]
        if recipe := network.made.get(one):
            parts = [found[one[0], part] for part in recipe.components]
            waits.append(recipe.production_time + 1 + max(parts, default=0.0))
        found[one] = max(waits, default=0.0)
    return min(math.ceil(found[item]), scenario.days // 2)


def _tidy(level: float, whole: bool) -> float:
    """A level in whole units, or in six digits, rounded up."""
    if not 0 < level < math.inf:
        return level
    unit = 1.0 if whole else 10.0 ** (math.floor(math.log10(level)) - 5)
    return round(math.ceil(level / unit - 1e-6) * unit, 9)
