"""Production: what limits the line, and what must each department do for a required throughput?

=========  ===================================================================================
describe   ``describe``: how well the machines of a station are used (OEE)
predict    ``predict``: what each station can deliver, and which one limits the line
prescribe  ``plan_departments``: what each does by day, and its proof; ``prescribe``: a line
           changed for a throughput; ``takt``, ``kanban``
=========  ===================================================================================
"""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from twinlab.modeling import AtAge, Change, Line, LineRun, RunToFailure, Saturated, Station
from twinlab.modeling.formulas.queues import mmc
from twinlab.modeling.line.engine import STATES
from twinlab.modeling.line.results import run_line
from twinlab.modeling.simulation.history import simulate
from twinlab.modeling.simulation.output_analysis import estimate
from twinlab.people import LotForLot
from twinlab.scope import Constant, Result, Scenario, ScenarioError, SolverError, State, assembly
from twinlab.scope.base import Array, Estimate, ItemKey, Listing, check_known, column, mean_of
from twinlab.scope.kinds import Amount, Count, Level, Positive, Share, Whole
from twinlab.scope.state import go_on
from twinlab.task.requirements import Department, Explosion, expected, told

SHIFT = 480.0  # minutes
KNOWN = AtAge | RunToFailure


class Oee(Result, frozen=True):
    """Overall equipment effectiveness: availability × performance × quality.

    Source: Nakajima (1988).
    """

    availability: float = column("share", meaning="time up of the time with work and room for it")
    performance: float = column("share", meaning="ideal time of time up: small stops are lost")
    quality: float = column("share", meaning="of its own works, those without a new fault")
    loading: float = column("share", meaning="of planned time, with work and room for it")
    oee: float = column("share", meaning="the product of the first three")


def describe(seen: LineRun | State, station: str | ItemKey) -> Oee:
    """Read the effectiveness of a station's machines from a run of its line, or from a state.

    In a state (of a plant, or what its twin believes) a station is ``(node, name)``.

    What a machine waits for others (starved or blocked) is no loss of its own and stands apart:
    OEE × loading is the share of planned time in good work. Terms as in ISO 22400-2: set-ups,
    repairs and replacements are lost to availability, small stops to performance.

    >>> run = run_line(Line([Station("cut", 2), Station("weld", 4, buffer=2)]), days=3, warm_up=1)
    >>> describe(run, "cut")
    availability 1 · performance 1 · quality 1 · loading 0.5
    · oee 1
    """
    if isinstance(seen, State):
        check_known(station, seen.machines, f"nobody has told of a station {station!r}")
        told = seen.machines[station]  # type: ignore[index]
        minutes = {state: told.get(state, 0.0) for state in STATES}
        total, works = sum(minutes.values()) or 1.0, told.get("worked", 0.0)
        good = told.get("good", 0.0) / works if works else math.nan
    else:
        run = seen[str(station)]
        minutes, total, good = {name: getattr(run, name) for name in STATES}, 1.0, run.good_share
    up = minutes["working"] + minutes["stopped"]
    loading = up + minutes["down"] + minutes["setup"]
    three = (up / (loading or 1.0), minutes["working"] / (up or 1.0), good)
    return Oee(*three, loading / total, math.prod(three))


class Load(Result, frozen=True):
    """What one delivered unit takes of a station, and how many the station allows."""

    station: str = column("name")
    visits: float = column("works/unit", meaning="begun per delivered unit: scrap and rework")
    minutes: float = column("minutes/work", meaning="with the time lost to failures")
    capacity: float = column("units/day", meaning="delivered, if no other station limits")


class Loads(Listing, frozen=True):
    """What one delivered unit takes of every station."""

    caption = "What one delivered unit takes of every station"
    stations: tuple[Load, ...]
    good_share: float  # delivered of what enters

    @property
    def bottleneck(self) -> Load:
        """The station that limits the line, with scrap, rework and failures counted."""
        return min(self.stations, key=lambda found: found.capacity)


def predict(line: Line, seed: Whole = 0) -> Loads:
    """Explode one delivered unit backwards through the line, yields and failures included.

    Visits: what leaves a station goes on, back to rework, or to scrap; these flows balance
    (linear equations), scaled to one delivered unit. Minutes: work, the expected repair and
    replacement per minute of work (lives that are cut short are drawn), and small stops.
    Capacity = machines × minutes per day / (visits × minutes).
    Source: Hopp & Spearman (2011) chapters 8 and 12.

    >>> scrap = Station("weld", 3, faults=(Fault("crack", 0.2),), inspection=Inspection())
    >>> found = predict(Line([Station("cut", 2), scrap]))
    >>> [round(each.capacity, 1) for each in found], found.bottleneck.station
    ([192.0, 128.0], 'weld')
    """
    found, (*works, good), mix = [], _visits(line.stations), line.mix
    for s, visits in zip(line.stations, works, strict=True):
        mix = mix or Counter(str(kind) for kind in (s.jobs.get("kind", ()) if s.jobs else ()))
        work = s.jobs.mean("minutes", mix) if s.jobs else mean_of(s.time)
        minutes = work * (1 + _lost_per_minute(s, mix, seed)) + mean_of(s.stop)
        capacity = s.machines * line.minutes_per_day / (visits * minutes) if minutes else math.inf
        found.append(Load(s.name, visits, minutes, capacity))
    return Loads(tuple(found), good)


def _visits(stations: Sequence[Station]) -> list[float]:
    """Works begun at each station per delivered unit; last, units delivered per one that enters."""
    names = [s.name for s in stations]
    flows = np.eye(len(stations) + 1)  # visits − what comes from others = what enters
    faulty = 0.0
    for at, station in enumerate(stations):
        for fault in station.faults:
            faulty = 1 - (1 - faulty) * (1 - fault.rate)
        passed = 1.0
        if look := station.inspection:
            found = faulty * look.detects
            passed = 1 - found
            faulty = (faulty - found) / passed if passed else 0.0
            if look.rework_to:
                flows[names.index(look.rework_to), at] -= found * look.rework_share
        flows[at + 1, at] -= passed  # after the last station: delivered
    if abs(np.linalg.det(flows)) < 1e-9:
        raise ScenarioError("no part is ever delivered: all are worked on again without end")
    visits = np.linalg.solve(flows, np.eye(len(stations) + 1)[0])
    if visits[-1] < 1e-9:
        raise ScenarioError("no part is ever delivered: all are scrapped")
    return [*(visits[:-1] / visits[-1]).tolist(), float(visits[-1])]


def _lost_per_minute(station: Station, mix: Mapping[str, float], seed: int) -> float:
    """Minutes of repair, replacement and set-up per minute of work, a renewal at a time."""
    if station.hazard or mean_of(station.setup) or not isinstance(station.maintain, KNOWN):
        alone = replace(station, machines=1, faults=(), inspection=None)
        seen = run_line(Line((alone,), mix=mix), days=60, seed=seed, log=False).stations[0]
        return (seen.down + seen.setup) / seen.working
    life = mean_of(station.time_to_failure)
    age = station.maintain.age if isinstance(station.maintain, AtAge) else math.inf
    if math.isinf(age):
        return mean_of(station.time_to_repair) / life
    drawn = station.time_to_failure.draw(np.random.default_rng(seed), np.ones(20_000), 1)
    fails = float((drawn < age).mean())
    lost = fails * mean_of(station.time_to_repair)
    lost += (1 - fails) * mean_of(station.time_to_replace)
    return lost / float(np.minimum(drawn, age).mean())


def takt(minutes: Positive, units: Positive) -> float:
    """The beat of customers: working time over units wanted in it [minutes/unit].

    >>> takt(minutes=450, units=90)
    5.0
    """
    return minutes / units


def kanban(rate: Amount, lead_time: Amount, container: Positive = 1.0, safety: Amount = 0.1) -> int:
    """How many cards a loop needs: demand during the lead time, with safety, in containers.

    ⌈d L (1 + α) / C⌉ [rate d, lead time L in the same time, safety α, container C].
    Source: Monden (1983).

    >>> kanban(rate=100, lead_time=0.5, container=10, safety=0.1)
    6
    """
    return max(1, math.ceil(rate * lead_time * (1 + safety) / container - 1e-9))


class Check(Result, frozen=True):
    """What was planned of one flow, and what came of it."""

    flow: str = column("name", meaning="served to customers or finished; what is owed or left")
    wanted: float | None = column("units", meaning="planned for a day")
    actual: Estimate = column("units", meaning="simulated on a day, or at its end")
    proved: bool | None = column("yes/no", meaning="not less and not more, within the tolerance")


class Proof(Listing, frozen=True):
    """What came of a plan that was obeyed; too much is as wrong as too little."""

    checks: tuple[Check, ...]
    within: float

    @property
    def holds(self) -> bool:
        """Whether the whole interval of every flow lies within the tolerance, on both sides."""
        return all(check.proved is not False for check in self)

    def _sentence(self) -> str:
        return f"{'proved' if self.holds else 'NOT proved'} within {100 * self.within:g} %"


class Instructions(Listing, frozen=True):
    """What every department must do; ``scenario`` obeys, ``flows`` are what it should give."""

    departments: tuple[Department, ...]
    scenario: Scenario
    start: State
    flows: dict[tuple[str, str, str], Array]

    def _sentence(self) -> str:
        sold = [units.mean() for (name, *_), units in self.flows.items() if name == "served"]
        late = sum(told.late or 0.0 for told in self)
        return f"{sum(sold):.4g} units/day wanted; {late:.4g} units should have begun before"

    def prove(
        self, replications: Count = 10, seed: Whole = 0, *, warm_up: Whole = 2, within: Share = 0.02
    ) -> Proof:
        """Simulate who obeys, and compare what is made and served after the first days."""
        lived = [simulate(self.scenario, seed, at, start=self.start) for at in range(replications)]
        runs, checks = [run.after(warm_up) for run in lived], []
        for (name, *item), units in self.flows.items():
            wanted, flow = float(units[warm_up:].mean()), f"{name} {'/'.join(item)}"
            actual = estimate(np.array([run.series(name, *item).mean() for run in runs]))
            off = max(wanted - actual.low, actual.high - wanted)
            checks.append(Check(flow, wanted, actual, bool(off <= within * wanted)))
        owed = [run.kpis.mean_backlog for run in runs]
        left = [run.series("on_hand")[-1] + run.series("in_process")[-1] for run in runs]
        for name, amount in (("owed to customers", owed), ("left in the end", left)):
            checks.append(Check(name, None, estimate(np.array(amount)), None))
        return Proof(tuple(checks), within)


def plan_departments(
    scenario: Scenario | Line,
    state: State | Whole | None = None,
    horizon: Count | None = None,
    *,
    wanted: Positive | None = None,
    safety_time: Whole = 0,
    most_busy: Level = 0.9,
) -> Instructions:
    """Tell every department what to do on each day of a horizon (else until the scenario's end).

    It begins in a ``state``, or on the morning of a day as one simulated history stands then.
    What customers want on average is netted against what the state holds, divided by yields, offset
    by mean lead times (and ``safety_time`` days, if bought outside), and begun earlier where a
    day's capacity × ``most_busy`` is used up. A node with a line begins what its bottleneck can do;
    stations work as parts visit them (``predict``). A line alone has customers who ask for
    ``wanted`` units a day, and is changed as by ``prescribe``. Source: Orlicky (1975).

    Raises:
        ScenarioError: goods flow in a circle; or ``wanted`` is missing, or given with a scenario.
        SolverError: even three shifts of a line alone are too short.

    >>> chain = serial(["mine", "shop"], demand=Constant(5), lead_time=2, on_hand=10)
    >>> plan_departments(Scenario(chain, BaseStock(9), days=8))["mine->shop"].by_day
    (5.0, 5.0, 5.0, 5.0, 5.0, 5.0, 0.0, 0.0)
    """
    if isinstance(scenario, Line) and wanted is not None:
        ahead = assembly("line", {}, demand=Constant(wanted), on_hand=wanted)
        works = Scenario(ahead, LotForLot(), horizon or 22).set("line/unit.production_time", 1)
        works = works.nest({"line": _staffed(scenario, wanted, most_busy)})
        return plan_departments(works, most_busy=most_busy)
    if isinstance(scenario, Line) or wanted is not None:
        which = "a line, and only a line, has units wanted a day"
        raise ScenarioError(f"plan_departments: {which}: wanted={wanted}")
    if isinstance(state, int):
        state = simulate(scenario).state_on(state)
    start, network, rows = go_on(state, scenario), scenario.network, list[Any]()
    end = start.day + (horizon or scenario.days - start.day)
    loads = {node: predict(line) for node, line in scenario.lines.items()}
    for node, load in loads.items():
        site, recipe = network.node(node), next(r for r in network.recipes if r.node == node)
        most = min(site.mean_output, load.bottleneck.capacity / load.good_share)
        rows.append(replace(site, capacity=most, output=Constant(1)))
        rows.append(replace(recipe, good_share=Constant(load.good_share)))
    usual = expected(scenario.change(network=network.change(*rows)), end)
    plan = Explosion(usual, start, most_busy, safety_time)
    departments = list(plan)
    for (node, _), begun in plan.begun.items():
        for load in loads.get(node, ()):
            s, good = scenario.lines[node].station(load.station), begun * loads[node].good_share
            staff = s.machines, s.machines + s.buffer, float(good.max()) / load.capacity
            departments.append(told(f"{node}.{s.name}", "work", good * load.visits, None, *staff))
    obeys = scenario.decide(plan.rules).change(days=end)
    return Instructions(tuple(departments), obeys, start, plan.flows)


def _staffed(line: Line, wanted: float, most_busy: float) -> Line:
    """With the fewest shifts, then machines, for it; cards by Little's law, half as many again."""
    needs, machines = predict(line).stations, [station.machines for station in line.stations]
    # Minutes of one machine a day, shared by those that there are.
    shares = [wanted * n.visits * n.minutes / m for n, m in zip(needs, machines, strict=True)]
    shifts = max(1, math.ceil(max(shares) / (SHIFT * most_busy) - 1e-9))
    if shifts > 3:
        worst = shares.index(max(shares))
        short = math.ceil(shares[worst] * machines[worst] / (3 * SHIFT * most_busy))
        busy = f"{needs[worst].station!r} busy for {max(shares) / SHIFT:.1f} shifts a day"
        told = f"plan_departments: {wanted:g} units/day would keep {busy}"
        raise SolverError(f"{told}: it needs {short} machines, or ask for less")
    minutes, built = shifts * SHIFT, []
    for need, station in zip(needs, line.stations, strict=True):
        rate = wanted * need.visits / minutes
        manned = max(1, math.ceil(rate * need.minutes / most_busy - 1e-9))
        wait = mmc(rate, 1 / need.minutes, manned).wait if need.minutes else 0.0
        cards = max(manned + 1, kanban(rate, wait + need.minutes, safety=0.5))
        built.append(replace(station, machines=manned, buffer=cards - manned))
    return replace(line, stations=tuple(built), minutes_per_day=minutes, source=Saturated())


def prescribe(line: Line, wanted: Positive, *, most_busy: Level = 0.9) -> Change:
    """Change a line so that it delivers what is wanted: shifts, machines and cards.

    Raises:
        SolverError: even three shifts are too short, with the department that lacks machines.

    >>> prescribe(Line([Station("cut", 2), Station("weld", 5, machines=4, buffer=9)]), wanted=200)
    200 units/day in 1 shift: nobody is busier than 90 % of the time
      cut.buffer: inf → 7
      weld.machines: 4 → 3
      weld.buffer: 9 → 2
    """
    staffed, names = _staffed(line, wanted, most_busy), ("machines", "buffer")
    both = staffed.stations, line.stations
    new, old = ({f"{s.name}.{n}": getattr(s, n) for s in each for n in names} for each in both)
    values = {path: value for path, value in new.items() if value != old[path]}
    shifts = round(staffed.minutes_per_day / SHIFT)
    title = f"{wanted:g} units/day in {shifts} shift{'s' * (shifts > 1)}"
    reason = f"nobody is busier than {100 * most_busy:g} % of the time"
    return Change(values, title, reason, staffed, {path: old[path] for path in values})
