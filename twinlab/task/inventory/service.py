"""The base-stock level that serves as asked, found where no formula is exact: by simulation.

A day on which an item fails to serve tells how much more its level had to be, and one on which it
serves how much was left. So one batch of histories names a level, the next ones try it and the
level a step below, all on the same luck; other luck judges what was chosen.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twinlab.management.flows import asked_lanes, mean_flows, use_on_order, wait, ways_in
from twinlab.modeling.measures import IN_FULL
from twinlab.modeling.output import Estimate, estimate
from twinlab.people.rules import BaseStock
from twinlab.scope.calendar import DUST, upstream_items
from twinlab.scope.chance import Array, Constant, Normal
from twinlab.scope.columns import Sealed
from twinlab.scope.entities import ItemKey
from twinlab.scope.errors import ScenarioError
from twinlab.scope.laws import sd_of
from twinlab.scope.scenario import Scenario
from twinlab.scope.state import State
from twinlab.task.inventory.stock import check_item, nights, reorder_point
from twinlab.task.recommendation import Recommendation, recommend, recommend_rules

_TRIALS = 24  # a bracket is halved in each: more are of no use


def base_stock(
    scenario: Scenario, item: ItemKey, service: float = 0.95, replications: int = 256,
    seed: int = 0,
) -> Recommendation:  # fmt: skip
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
      shop/unit.up_to: 150 → 199.738
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
        return recommend(scenario, title, reason, {f"{item[0]}/{item[1]}.up_to": level})
    return recommend_rules(scenario, title, reason, {item: BaseStock(level)})


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
    counted: NDArray[np.bool_]  # days × histories
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
    """Simulate a level of an item on some luck (histories, seed); ``filled``: it stands already."""
    changed = scenario.decide({item: BaseStock(level)})
    start = State.initial(scenario.network)
    for one, rule in changed.rules.items() if filled else ():  # type: ignore[union-attr]
        if type(rule) is BaseStock:
            full = max(0.0, rule.up_to - start.on_order[one])
            start.on_hand[one] = full if one == item else max(full, start.on_hand[one])
    asks = any((d.node, d.product) == item for d in scenario.network.demands)
    more = ("demand", ("demand", *item), ("on_time", *item))
    batch, owed = nights(changed, item, luck, start, *more)
    on_hand, demand = batch.band("on_hand", *item), batch.band("demand")
    if asks:
        asked = batch.band("demand", *item)
        counted, met = asked > 0, batch.band("on_time", *item) >= asked * IN_FULL
    else:
        counted, met = np.ones(owed.shape, dtype=bool), (owed <= DUST) | (on_hand > DUST)
    counted[: first_receipt(scenario, item)] = False
    if not counted.any():
        raise ScenarioError(f"nobody asks {item[0]!r} for {item[1]!r}: no level to serve them")
    short = np.where(on_hand > DUST, np.inf, level + owed + batch.band("lost", *item))
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
        for title, most in (*((n.title, n.capacity) for n in scenario.network.nodes),
                            *((v.title, v.capacity) for v in scenario.network.lanes))
        if most < math.inf
    ]  # fmt: skip
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
    network, incoming = scenario.network, ways_in(scenario)
    made = {(r.node, r.product): r for r in network.recipes}
    found = dict.fromkeys(network.items, 0.0)
    for one in upstream_items(network):
        ways = asked_lanes(scenario, one, incoming.get(one, []))
        waits = [found[v.source, v.product] + wait(scenario, v) for v, _ in ways]
        if one in made:
            parts = [found[one[0], part] for part in made[one].components]
            waits.append(made[one].production_time + 1 + max(parts, default=0.0))
        found[one] = max(waits, default=0.0)
    return min(math.ceil(found[item]), scenario.days // 2)


def _tidy(level: float, whole: bool) -> float:
    """A level in whole units, or in six digits, rounded up."""
    if not 0 < level < math.inf:
        return level
    unit = 1.0 if whole else 10.0 ** (math.floor(math.log10(level)) - 5)
    return round(math.ceil(level / unit - 1e-6) * unit, 9)
