"""Stock as it stands: how long it lasts, when it runs out, what to order, how high to fill up.

The base-stock level that serves as asked is found, where no formula is exact, by simulation. A day
on which an item fails to serve tells how much more its level had to be, and one on which it serves
how much was left. So the replications of one level name the next, which is tried, with the level a
step below it, on the same random numbers; other seeds judge what was chosen.
"""

import math
from typing import Any, NamedTuple

import numpy as np

from twinlab.management.control_tower import Limits, Morning
from twinlab.management.flows import asked_lanes, feeders, mean_flows, use_on_order, wait
from twinlab.modeling import Change, Replications, estimate, replicate
from twinlab.modeling.simulation.measures import IN_FULL
from twinlab.modeling.simulation.random_streams import Days, draw_streams
from twinlab.people import BaseStock
from twinlab.scope import Constant, Normal, Scenario, ScenarioError, State
from twinlab.scope.base import Amount, ItemKey, Level, column, did_you_mean, pd, special
from twinlab.scope.calendar import DUST, upstream_items
from twinlab.scope.distributions import Array, NegativeBinomial, Poisson, sd_of
from twinlab.scope.result import Estimate, Listing, Result, shown

__all__ = ["Order", "RunOut", "describe", "first_levels", "order_today", "predict", "prescribe"]
__all__ += ["reorder_point", "stop_ordering"]

FUTURES = 2048  # simulated before an order: a quantile at 95 % to half a point


class Cover(Result, frozen=True):
    """What an item has and owes, and for how many days that is enough."""

    node: str = column("name", meaning="where")
    product: str = column("name", meaning="of what")
    on_hand: float = column("units", meaning="in stock")
    on_order: float = column("units", meaning="ordered and not yet come")
    backlog: float = column("units", meaning="owed to customers, other nodes and own production")
    demand: float = column("units/day", meaning="in the mean of the days to come")
    cover: float = column("days", meaning="on hand / demand")
    position_cover: float = column("days", meaning="(on hand + on order − backlog) / demand")


class Covers(Listing, frozen=True):
    """The stock of every item that keeps some."""

    caption, keys = "Stock and its cover", 2
    items: tuple[Cover, ...]


def describe(scenario: Scenario, state: State | None = None) -> Covers:
    """Show stock, inventory position and days of cover of every item that keeps stock.

    days of cover = on hand / average demand; position cover = (on hand + on order − backlog) /
    average demand, without what a closed supplier or lane has not sent. Average demand is that of
    all days from the state on (none given: the first morning); of an upstream item, what it takes.

    >>> shop = serial(["mine", "shop"], demand=Normal(5, 1), on_hand={"shop": 20})
    >>> describe(Scenario(shop, BaseStock(30)))["shop", "unit"].cover
    4.0
    """
    now = State.initial(scenario.network) if state is None else state
    rates = mean_flows(scenario, range(now.day, max(scenario.days, now.day + 1)))
    rows, shut = [], Morning(scenario, now, None, Limits(), None).shut
    for item, on_hand in now.on_hand.items():
        ordered, owed = now.on_order.get(item, 0.0), _backlog(scenario, now, item)
        rate = rates[item] if rates[item] > 0 else math.nan
        lanes = [v.key for v in scenario.network.into.get(item, ()) if v.key in shut]
        stuck = math.fsum(now.owed.get(key, 0.0) for key in lanes)
        stuck += math.fsum(o.quantity for key in lanes for o in now.open_orders.get(key, ()))
        days = on_hand / rate, (on_hand + ordered - stuck - owed) / rate
        rows.append(Cover(*item, on_hand, ordered, owed, rates[item], *days))
    return Covers(tuple(rows))


def _backlog(scenario: Scenario, state: State, item: ItemKey) -> float:
    """Units owed to customers, to other nodes and to the node's own production."""
    lanes = [v.key for v in scenario.network.lanes if (v.source, v.product) == item]
    owed = math.fsum(state.owed.get(claim, 0.0) for claim in [*lanes, item])
    users = scenario.network.users(item)
    return owed + math.fsum(state.to_make[r.node, r.product] * r.components[item[1]] for r in users)


class RunOut(Result, frozen=True, eq=False):
    """The chance that an item has run out by the end of each day from now on, today first."""

    chance: Array

    def quantile(self, share: float) -> float:
        """The day by which it has run out in this share of all futures (inf: later, or never)."""
        reached = np.flatnonzero(self.chance >= share)
        return float(reached[0] + 1) if len(reached) else math.inf

    @property
    def table(self) -> "pd.DataFrame":
        """One row per day from now on: the chance that it has run out."""
        days = pd.RangeIndex(1, 1 + len(self.chance), name="day")
        return pd.DataFrame({"chance [share]": self.chance}, days)

    def _sentence(self) -> str:
        half, early = self.quantile(0.5), self.quantile(0.1)
        return f"out after {half:g} days (half of all futures), after {early:g} days in one of ten"


def predict(
    scenario: Scenario,
    item: ItemKey,
    state: State | None = None,
    seed: int = 0,
    *,
    days: int = 60,
    replications: int = 1000,
) -> RunOut:
    """Simulate many futures from a state, and count on which day an item first runs out.

    Out is who owes or loses units at night; a component also when nothing is left for production.
    Everybody goes on deciding by the scenario's rules; see also ``stop_ordering``.

    >>> shop = serial(["mine", "shop"], demand=Normal(5, 1), on_hand={"shop": 22})
    >>> nothing = stop_ordering(Scenario(shop, BaseStock(30)), ("shop", "unit"))
    >>> predict(nothing, ("shop", "unit"), days=10, replications=200)
    out after 5 days (half of all futures), after 4 days in one of ten
    """
    now = State.initial(scenario.network) if state is None else state
    batch, _ = _nights(scenario.change(days=now.day + days), item, (replications, seed), now)
    short = batch.series("backlog", *item) + batch.series("lost", *item) > DUST
    if scenario.network.users(item):
        short |= batch.series("on_hand", *item) <= DUST
    return RunOut(np.asarray(np.logical_or.accumulate(short, axis=0).mean(axis=1)))


def stop_ordering(scenario: Scenario, item: ItemKey) -> Scenario:
    """Give the scenario in which nobody orders any more of an item; what is under way arrives.

    >>> chain = Scenario(serial(["mine", "shop"], demand=Normal(5, 1)), BaseStock(30))
    >>> stop_ordering(chain, ("shop", "unit")).rules["shop", "unit"](View("shop", "unit"))
    0.0
    """
    return scenario.decide({item: _nothing})


def _nothing(view: Any) -> Any:
    return 0.0 * view.on_hand


def _nights(
    scenario: Scenario, item: ItemKey, draws: tuple[int, int], start: State, *more: Any
) -> tuple[Replications, Array]:
    """Simulate an item on some draws (replications, seed), and what it owes at night."""
    (node, product), users = item, scenario.network.users(item)
    daily = [(name, *item) for name in ("on_hand", "backlog", "lost")]
    daily += [(name, node, r.product) for r in users for name in ("on_order", "in_process")]
    batch = replicate(scenario, *draws, start=start, daily=[*daily, *more])
    owed = batch.series("backlog", *item)
    for r in users:  # what is to be made has not begun yet
        posted, begun = (batch.series(s, node, r.product) for s in ("on_order", "in_process"))
        owed = owed + r.components[product] * (posted - begun)
    return batch, owed


def reorder_point(
    demand: Amount,
    demand_sd: Amount,
    lead_time: Amount,
    lead_time_sd: Amount = 0.0,
    service: Level = 0.95,
) -> float:
    """Set the stock that is enough for the lead time in a given share of cases [units].

    ROP = d L + z √(L σ_d² + d² σ_L²), z = Φ⁻¹(service) [demand d ± σ_d per day, lead time L ± σ_L].
    Demand and lead time independent. Source: Silver, Pyke & Thomas (2017) chapter 6.

    >>> round(reorder_point(20, 4, lead_time=9, lead_time_sd=1, service=0.95), 2)
    218.36
    """
    spread = math.sqrt(lead_time * demand_sd**2 + demand**2 * lead_time_sd**2)
    return float(demand * lead_time + special.ndtri(service) * spread)


def first_levels(scenario: Scenario, service: Level = 0.95) -> Change:
    """Give everybody a base-stock level to begin with: the ``reorder_point`` of what is on order.

    Customers ask independently; seasons, capacities and suppliers that are short themselves are
    left out, so a chain serves less than this: ``prescribe`` simulates one item's level.

    >>> chain = serial(["mine", "shop"], demand=Normal(20, 4), lead_time=9)
    >>> first_levels(Scenario(chain, LotForLot()))
    levels to begin with: by formula, 95 % where no supplier is short and no season passes
      shop/unit: LotForLot() → BaseStock(up_to=200.0)
    """
    network, use = scenario.network, mean_flows(scenario)
    variance = dict.fromkeys(network.items, 0.0)
    for row in network.demands:
        variance[row.node, row.product] += sd_of(row.pattern) ** 2
    pieces = all(isinstance(row.pattern, NegativeBinomial | Poisson) for row in network.demands)
    rules: dict[ItemKey, BaseStock] = {}
    for item in reversed(network.upstream):
        for feeder, units in feeders(scenario, item).items():
            variance[feeder] += units**2 * variance[item]
        days = max(1.0, use_on_order(scenario, item) + network.node(item[0]).review_period - 1)
        late = max((sd_of(v.lead_time) for v, _ in asked_lanes(scenario, item)), default=0.0)
        level = reorder_point(use[item], math.sqrt(variance[item]), days, late, service)
        if item in network.brought:
            rules[item] = BaseStock(_tidy(level, pieces or level >= 1))
    reason = f"by formula, {100 * service:g} % where no supplier is short and no season passes"
    return Change.of(scenario, rules, "levels to begin with", reason)


class Order(Result, frozen=True):
    """What to order today, and why that much."""

    quantity: float = column("units", meaning="to order now")
    level: float = column("units", meaning="what the position should be")
    position: float = column("units", meaning="on hand + on order − backlog, this morning")
    note: str = column("words", "", "what is closed, and who is asked")

    def _sentence(self) -> str:
        return super()._sentence().removesuffix(" · note ")


def order_today(
    scenario: Scenario,
    item: ItemKey,
    state: State | None = None,
    seed: int = 0,
    *,
    service: Level = 0.95,
    lot: Amount = 0.0,
) -> Order:
    """Decide what to order this morning, on the state as it is.

    2,000 futures are simulated from the state, in which nothing is ordered today, and from then on
    what was asked. The order is what a share ``service`` of them lacks at most on the night before
    the next look's order could come, in whole lots if a lot is given: lead time, order delay,
    review, yield and every source as the engines draw them; what is under way comes when it is due,
    and what comes later does not count in the position. Suppliers have what is ordered today. Who
    is closed today is asked as the sourcing rule says, and that order waits; the note names it.

    Raises:
        ScenarioError: nothing brings the item.

    >>> shop = serial(["mine", "shop"], demand=Constant(10), lead_time=5, on_hand={"shop": 50})
    >>> order_today(Scenario(shop, BaseStock(0)), ("shop", "unit"))
    quantity 10 units · level 60 units · position 50 units
    """
    _check_item(scenario, item)
    now = State.initial(scenario.network) if state is None else state
    comes, good, note = _arrival(scenario, now, item, seed)
    review = scenario.network.node(item[0]).review_period
    last = comes + review - now.day % review - 1
    asked: Any = {item: lambda view: view.demand * (view.day > now.day)}
    future = scenario.change(days=int(last.max()) + 1).decide(asked)
    batch, owed = _nights(future, item, (FUTURES, seed), now)
    lost = np.cumsum(np.vstack([np.zeros(FUTURES), batch.series("lost", *item)]), axis=0)
    night, each = last - now.day, np.arange(FUTURES)
    lacks = (owed - batch.series("on_hand", *item))[night, each]
    lacks += lost[night + 1, each] - lost[comes - now.day, each]
    need = float(np.quantile(lacks / good, service, method="inverted_cdf").round(9))
    goods = [g for v in scenario.network.into.get(item, ()) for g in now.under_way.get(v.key, ())]
    position = now.on_hand[item] + now.on_order[item] - _backlog(scenario, now, item)
    position -= sum(g.quantity for g in goods if g.due > last.max())
    short = max(0.0, need)
    units = math.ceil(short / lot) * lot if lot > 0 else short
    return Order(units, position + need, position, note)


def _arrival(scenario: Scenario, state: State, item: ItemKey, seed: int) -> tuple[Days, Any, str]:
    """When an order of today has come, by future, how much is good, and what is closed."""
    posted = state.day + scenario.network.node(item[0]).evening_review
    now = Morning(scenario, state, None, Limits(), None)
    asked = [v for v, _ in asked_lanes(scenario, item, now.open(item))]
    lanes = [(v, posted + v.order_delay) for v in asked]
    ends = {v.key: math.ceil(now.shut.get(v.key, (None, 0))[1]) for v in asked}
    latest = max([posted, *(leaves for _, leaves in lanes)])
    streams = draw_streams(scenario.change(days=latest + 1), seed, 0, FUTURES, state)
    comes = [max(ends[v.key], at) + streams.lead_time[v.key][at] for v, at in lanes]
    if recipe := scenario.network.made.get(item):
        comes.append(np.array([posted + recipe.production_time]))
    good = streams.good_share[item][posted] if item in streams.good_share else 1.0
    most = np.max([np.broadcast_to(days, FUTURES) for days in comes], axis=0)
    into = scenario.network.into.get(item, ())
    note = ", ".join(f"{v.source} is closed" for v in into if v.key in now.shut)
    names = ", ".join(v.source for v in asked)
    return most, np.maximum(good, DUST), f"{note}: {names} asked" if note else ""


def _check_item(scenario: Scenario, item: ItemKey) -> None:
    if item not in scenario.network.brought:
        names = [", ".join(known) for known in scenario.network.decided]
        raise ScenarioError(f"nothing brings {item!r}; {did_you_mean(', '.join(item), names)}")


def prescribe(
    scenario: Scenario,
    item: ItemKey,
    seed: int = 0,
    *,
    service: Level = 0.95,
    replications: int = 256,
) -> Change:
    """Recommend the base-stock level that serves in full on a given share of days.

    For an item that customers ask: the share of their days' orders that are served wholly on the
    day (``on_time_in_full``). For one that they do not: the share of nights on which nothing is
    owed to other nodes and to own production for want of it. Counted over the scenario's days, as
    if the level had stood before, without the days until the first orders have come.

    One certain lead time from an unlimited source, normal demand: S = d L + z σ √L over L = lead
    time + order delay (+ 1 for an evening review), as the twin decides after the day's demand. In
    all other chains the least level is searched by simulation, in whole units if customers ask in
    whole units. The reason says what the level serves on seeds that did not choose it.

    Raises:
        ScenarioError: nothing brings the item, or no level serves so much (capacity, closure).

    >>> shop = serial(["mine", "shop"], demand=Normal(20, 4), lead_time=9)
    >>> prescribe(Scenario(shop, BaseStock(150)), ("shop", "unit"))
    base stock for 95 %: on other seeds it serves 94.98 % [94.68, 95.29] of days in full
      shop/unit.up_to: 150 → 199.7
    """
    _check_item(scenario, item)
    search, lower = Search(scenario, item, service), ""
    level, exact = search.by_formula()
    for chosen_on in range(seed, seed + 6, 2):
        if not exact:
            chosen, below = search.find(level, (replications, chosen_on))
            level = chosen.level
            if below.level < level:
                lower = f"; {below.level:.6g} would serve {math.floor(1e4 * below.share) / 100:g} %"
        draws = replications, chosen_on + 1
        judged = search.try_level(level, draws)
        if exact or judged.served.high >= service:
            break
        replications *= 4  # the seed that chose was kind
    if (late := search.falls_behind(judged, draws)) is not None:
        raise search.refusal(late)
    served = (judged.served.mean, judged.served.low, judged.served.high)
    mean, low, high = (shown(100 * x) for x in served)
    reason = f"on other seeds it serves {mean} % [{low}, {high}] of days in full{lower}"
    values: Any = {item: BaseStock(level)}
    if isinstance(scenario.rules[item], BaseStock):  # type: ignore[index]
        values = {f"{item[0]}/{item[1]}.up_to": level}
    return Change.of(scenario, values, f"base stock for {100 * service:g} %", reason)


class Trial(NamedTuple):
    """How a level served an item: on which days, and what level each day would have needed."""

    level: float
    counted: np.ndarray  # yes or no, days × replications
    met: np.ndarray
    needed: Array  # units; inf: no level helps
    whole: bool  # customers ask in whole units

    @property
    def share(self) -> float:
        """Share of the counted days that were served."""
        return float(self.met[self.counted].mean())

    @property
    def served(self) -> Estimate:
        """The share by replication, with its interval."""
        with np.errstate(invalid="ignore"):  # nobody asked: no share
            return estimate((self.met & self.counted).sum(axis=0) / self.counted.sum(axis=0))

    def wanted(self, service: float) -> float:
        """The level that would have served a share of the counted days, as far as it tells."""
        needed = np.sort(self.needed[self.counted])
        level = float(needed[max(0, math.ceil(service * len(needed) - 1e-9) - 1)])
        return max(0.0, _tidy(level, self.whole))


class Search(NamedTuple):
    """A base-stock level that serves a share of days; ``draws`` are (replications, seed)."""

    scenario: Scenario
    item: ItemKey
    service: float

    def by_formula(self) -> tuple[float, bool]:
        """A level by averages and spreads, and whether it is exact: one lane, one demand."""
        network, mean = self.scenario.network, mean_flows(self.scenario)[self.item]
        review = network.node(self.item[0]).review_period
        days = use_on_order(self.scenario, self.item) + review - 1
        if len(network.lanes) != 1 or len(network.demands) != 1 or network.recipes:
            return reorder_point(mean, mean / 2, days, 0.0, self.service), False
        lane, row = network.lanes[0], network.demands[0]
        steady = isinstance(row.pattern, Normal) and row.pattern.mean >= 3 * row.pattern.sd
        steady = steady and row.backorders and not row.season and not row.trend and review == 1
        certain = isinstance(lane.lead_time, Constant) and not self.scenario.disruptions
        limits = (lane.capacity, network.node(lane.source).capacity)
        exact = steady and certain and min(limits) == math.inf
        return reorder_point(mean, sd_of(row.pattern), days, 0.0, self.service), exact

    def try_level(self, level: float, draws: tuple[int, int], *, filled: bool = True) -> Trial:
        """Simulate a level; ``filled``: it stands already."""
        network, item = self.scenario.network, self.item
        changed, start = self.scenario.decide({item: BaseStock(level)}), State.initial(network)
        for one, rule in changed.rules.items() if filled else ():  # type: ignore[union-attr]
            if type(rule) is BaseStock:
                full = max(0.0, rule.up_to - start.on_order[one])
                start.on_hand[one] = full if one == item else max(full, start.on_hand[one])
        more = ("demand", ("demand", *item), ("on_time", *item))
        batch, owed = _nights(changed, item, draws, start, *more)
        on_hand, asked = batch.series("on_hand", *item), batch.series("demand", *item)
        if any((d.node, d.product) == item for d in network.demands):
            counted, met = asked > 0, batch.series("on_time", *item) >= asked * IN_FULL
        else:
            counted, met = np.ones(owed.shape, dtype=bool), (owed <= DUST) | (on_hand > DUST)
        counted[: first_receipt(self.scenario, item)] = False
        if not counted.any():
            raise ScenarioError(f"nobody asks {item[0]!r} for {item[1]!r}: no level to serve them")
        short = np.where(on_hand > DUST, np.inf, level + owed + batch.series("lost", *item))
        needed = np.asarray(np.where(met, level - on_hand, short).round(9), dtype=np.float64)
        return Trial(level, counted, met, needed, not (batch.series("demand") % 1).any())

    def find(self, guess: float, draws: tuple[int, int]) -> tuple[Trial, Trial]:
        """The least level that serves so well and the next lower one; else a ScenarioError."""
        trial = below = self.try_level(guess, draws)
        spread = float(np.std(trial.needed, where=np.isfinite(trial.needed)))
        step = 1.0 if trial.whole else max(spread / 20, 1e-6 * (1 + guess))
        low, best, raised, idle = -step, None, 0, 0
        for _ in range(24):  # a bracket is halved in each, more are of no use
            level, want = trial.level, trial.wanted(self.service)
            if trial.share >= self.service:
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
            trial = self.try_level(_tidy(aim, trial.whole), draws)
        if best is None:
            raise self.refusal(trial)
        return best, below

    def refusal(self, trial: Trial) -> ScenarioError:
        """Say why no level serves as asked: what is limited or closed."""
        network, (node, product) = self.scenario.network, self.item
        asked = f"units a day, and {shown(mean_flows(self.scenario)[self.item])} are asked"
        rows: list[Any] = [*network.nodes, *network.lanes]
        limited = [row for row in rows if row.capacity < math.inf]
        limits = [f"{row.title} has a capacity of {row.capacity:g} {asked}" for row in limited]
        limits += [disruption.title for disruption in self.scenario.disruptions]
        why = "; ".join(limits) or "what its suppliers' rules send does not keep up with demand"
        wanted = f"of {product!r} at {node!r} serves {100 * self.service:g} % of days"
        most = f"{trial.level:.6g} units serve {100 * trial.share:.3g} % ({why})"
        remedy = "Ask for less, or change what limits it"
        return ScenarioError(f"no base-stock level {wanted}: {most}. {remedy}")

    def falls_behind(self, trial: Trial, draws: tuple[int, int]) -> Trial | None:
        """The same level from the stocks of the tables, if it never comes to serve as well."""
        own = self.try_level(trial.level, draws, filled=False)
        sixth = max(1, len(own.met) // 6)
        late, before = own.needed[-sixth:], own.needed[-2 * sixth : -sixth]
        counted = own.counted[-2 * sixth :]
        if not counted.any() or not before.size:
            return None
        served, ought = (float(one.met[-2 * sixth :][counted].mean()) for one in (own, trial))
        return None if served >= ought - 0.05 or late.mean() < before.mean() - DUST else own


def first_receipt(scenario: Scenario, item: ItemKey) -> int:
    """Days until an item's first order has come, those of its suppliers before it; half at most."""
    days = dict.fromkeys(scenario.network.items, 0.0)
    for one in upstream_items(scenario.network):
        lanes = asked_lanes(scenario, one)
        waits = [days[v.source, v.product] + wait(scenario, v) for v, _ in lanes]
        if recipe := scenario.network.made.get(one):
            parts = [days[one[0], part] for part in recipe.components]
            waits.append(recipe.production_time + 1 + max(parts, default=0.0))
        days[one] = max(waits, default=0.0)
    return min(math.ceil(days[item]), scenario.days // 2)


def _tidy(level: float, whole: bool) -> float:
    """A level in whole units, or in six digits, rounded up."""
    if not 0 < level < math.inf:
        return level
    unit = 1.0 if whole else 10.0 ** (math.floor(math.log10(level)) - 5)
    return round(math.ceil(level / unit - 1e-6) * unit, 9)
