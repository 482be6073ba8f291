"""A factory line run in continuous time: throughput, yield, cycle time, what each machine did."""

from dataclasses import replace
from typing import Any

import numpy as np

from twinlab.modeling.line.engine import STATES, LineEngine
from twinlab.modeling.line.places import LineEvent, Part, Place
from twinlab.modeling.line.stations import Line
from twinlab.modeling.simulation.kpis import ratio
from twinlab.modeling.simulation.output_analysis import estimate
from twinlab.scope import Constant, Empirical, Estimate, Listing, Result, Scenario, ScenarioError
from twinlab.scope.base import Array, check_known, column, parts, pd, schema, words
from twinlab.scope.kinds import Amount, Count, Positive, Whole

__all__ = ["LineReplications", "LineRun", "feed", "replicate_line", "run_line"]


class StationRun(Result, frozen=True):
    """What a station's machines did with their time, after the warm-up."""

    name: str = column("name", meaning="of the station")
    working: float = column("share", meaning="of the machines' minutes: utilisation")
    starved: float = column("share", meaning="no part to work on")
    blocked: float = column("share", meaning="holding a part that finds no room")
    down: float = column("share", meaning="under repair or replacement, or waiting for it")
    stopped: float = column("share", meaning="small stops after a part")
    setup: float = column("share", meaning="set-ups between kinds of parts")
    wait: float = column("minutes/unit", meaning="mean wait of a part before work begins")
    started: float = column("units", meaning="works begun, again after rework included")
    failures: float = column("machines", meaning="that failed")
    replacements: float = column("machines", meaning="renewed before they failed")
    good_share: float = column("share", meaning="of its own works, those without a new fault")
    energy: float = column("kWh/unit", meaning="of one work")
    idle_energy: float = column("kWh/unit", meaning="drawn without work, per work")


class LineRun(Listing, frozen=True):
    """One history of a line, measured after its warm-up.

    ``levels`` maps a number of parts to the share of time in which so many were in the line.

    >>> run = run_line(Line([Station("cut", 3), Station("weld", 2)]), days=3, warm_up=1)
    >>> run.throughput, run["weld"].wait, run.value("cut.blocked")
    (160.0, 0.0, 0.0)
    """

    stations: tuple[StationRun, ...]
    line: Line
    start: float = column("minutes", meaning="when measuring began: the warm-up's end")
    throughput: float = column("units/day", meaning="parts delivered")
    good_share: float = column("share", meaning="delivered of all that left: yield")
    escaped_share: float = column("share", meaning="of the delivered, with a fault nobody found")
    work_in_process: float = column("units", meaning="mean number of parts in the line")
    cycle_time: float = column("minutes", meaning="mean time of a delivered part in the line")
    energy: float = column("kWh/unit", meaning="of all stations per delivered part, idle draw too")
    levels: tuple[tuple[int, float], ...] = ()
    parts: tuple[Part, ...] = ()
    events: tuple[LineEvent, ...] = ()
    daily: tuple[int, ...] = ()  # parts delivered on each whole day after the warm-up

    def value(self, measure: str) -> float:
        """A measure by name, such as ``"throughput"`` or ``"weld.blocked"``."""
        name, _, detail = measure.rpartition(".")
        known = [c.name for c in schema(StationRun if name else LineRun)]
        check_known(detail, known, f"no measure {measure!r}")
        return float(getattr(self[self.line.station(name).name] if name else self, detail))

    def _sentence(self) -> str:
        made = f"{words(self.throughput)} units/day, yield {words(100 * self.good_share)} %"
        inside = f"{words(self.work_in_process)} units in process"
        return f"{made}, cycle time {words(self.cycle_time)} minutes, {inside}"


def run_line(
    line: Line,
    days: Positive = 20,
    seed: Whole = 0,
    warm_up: Amount = 2,
    *,
    replication: Whole = 0,
    log: bool = True,
) -> LineRun:
    """Let a line work for some days, and measure it after the first ones (the warm-up).

    ``replication`` counts those of a seed. Each station has random numbers of its own, and so has
    each part, so changing one station leaves everything else as it was; ``log``: events are kept.

    Raises:
        ScenarioError: nothing is left to measure after the warm-up.

    >>> line = Line([Station("cut", 2), Station("weld", 3, buffer=4)])
    >>> print(run_line(line, days=3, warm_up=1).sentence())
    160 units/day, yield 100 %, cycle time 18 minutes, 6 units in process
    """
    if not 0 <= warm_up < days:
        problem = f"days {days:g} must be above warm_up {warm_up:g}, which is at least 0"
        raise ScenarioError(f"{problem}: run longer")
    engine = LineEngine(line, seed, replication, warm_up * line.minutes_per_day, log)
    engine.step(days * line.minutes_per_day)
    engine.close()
    out = [p for p in engine.parts if p.left >= engine.warm]
    delivered = [p for p in out if p.fate == "delivered"]
    minutes = (days - warm_up) * line.minutes_per_day
    stations = tuple(_station(place, minutes) for place in engine.places)
    spent = sum(s.started * (s.energy + s.idle_energy) for s in stations if s.started)
    whole, levels = int(days - warm_up), sorted(engine.levels.items())
    when = np.array([(p.left - engine.warm) // line.minutes_per_day for p in delivered], np.intp)
    return LineRun(
        line=line,
        start=engine.warm,
        throughput=len(delivered) / (days - warm_up),
        good_share=ratio(len(delivered), len(out)),
        escaped_share=ratio(sum(bool(p.faults) for p in delivered), len(delivered)),
        work_in_process=sum(number * minute for number, minute in levels) / minutes,
        cycle_time=ratio(sum(p.left - p.entered for p in delivered), len(delivered)),
        energy=ratio(spent, len(delivered)),
        stations=stations,
        levels=tuple((number, minute / minutes) for number, minute in levels if minute),
        parts=tuple(engine.parts),
        events=tuple(engine.events or ()),
        daily=tuple(np.bincount(when, minlength=whole)[:whole].tolist()),
    )


def _station(place: Place, minutes: float) -> StationRun:
    counts, machines = place.counts, place.station.machines
    shares = {state: place.minutes[state] / (minutes * machines) for state in STATES}
    works, idle = counts["started"], sum(place.minutes.values()) - place.minutes["working"]
    return StationRun(
        place.name,
        **shares,
        wait=ratio(place.waited, works),
        started=works,
        failures=counts["failed"],
        replacements=counts["replaced"],
        good_share=ratio(counts["finished"] - counts["flawed"], counts["finished"]),
        energy=ratio(place.energy, works),
        idle_energy=ratio(place.station.idle_power * idle / 60, works),
    )


class LineReplications(Result, frozen=True):
    """Many replications of a line; a number has the same random numbers for any line of a seed.

    >>> line = Line([Station("cut", Gamma(3, 3)), Station("weld", Gamma(3, 3), buffer=0)])
    >>> few, many = (replicate_line(each, 5, 8) for each in (line, line.set("weld.buffer", 9)))
    >>> many.difference(few, "throughput").low > 0
    True
    """

    runs: tuple[LineRun, ...]

    def values(self, measure: str) -> Array:
        """A measure in every replication, such as ``"throughput"`` or ``"weld.blocked"``."""
        return np.array([run.value(measure) for run in self.runs])

    @property
    def table(self) -> "pd.DataFrame":
        """Every measure of the line that has a value in two runs or more, with its interval."""
        known = [c for c in schema(LineRun) if np.isfinite(self.values(c.name)).sum() > 1]
        rows = [parts(self.estimate(c.name), "mean", "low", "high") for c in known]
        index = pd.Index([c.name for c in known], name="measure")
        return pd.DataFrame(rows, index).assign(unit=[c.unit for c in known])

    def _sentence(self) -> str:
        names = " → ".join(station.name for station in self.runs[0].stations)
        return f"{len(self.runs)} replications of {names}"

    def estimate(self, measure: str) -> Estimate:
        """The mean of a measure over the replications, with its interval."""
        return estimate(self.values(measure))

    def difference(self, other: "LineReplications", measure: str) -> Estimate:
        """How much more than another batch this one measures, paired by replication."""
        if len(self.runs) != len(other.runs):
            problem = "pairs need equally many replications"
            raise ScenarioError(f"{problem}, got {len(self.runs)} and {len(other.runs)}")
        return estimate(self.values(measure) - other.values(measure))


def replicate_line(
    line: Line, days: Positive = 20, replications: Count = 10, seed: Whole = 0, warm_up: Amount = 2
) -> LineReplications:
    """Let a line work through many independent replications.

    >>> line = Line([Station("cut", 2), Station("weld", 3, buffer=4)])
    >>> replicate_line(line, days=3, replications=2).estimate("weld.working").mean
    1.0
    """
    each = range(replications)
    runs = (run_line(line, days, seed, warm_up, replication=at, log=False) for at in each)
    return LineReplications(tuple(runs))


def feed(scenario: Scenario, node: str, measured: LineRun | LineReplications) -> Scenario:
    """Return a scenario in which a node makes what its line was measured to make, day by day.

    What was delivered on each day becomes a law: the node's capacity is that of the best day, in
    units started (delivered / yield [units/day]), its ``output`` each day's share of the best; the
    yield becomes the ``good_share`` of its recipes. Where one history is simulated, a line that
    works inside goes on to do so; ``replicate`` takes the law. (With the mean day as its capacity
    a node would lose what good days make more, for nobody makes more than a capacity.)

    Raises:
        ScenarioError: the node makes nothing, or the line delivered nothing on a whole day.

    >>> chain = Scenario(assembly("plant", {"wheel": 2}, demand=Constant(100)), BaseStock(300))
    >>> line = Line([Station("weld", 4)])
    >>> feed(chain, "plant", run_line(line, days=3, warm_up=1)).network.node("plant").capacity
    120.0
    """
    makers = dict.fromkeys(r.node for r in scenario.network.recipes)
    check_known(node, makers, f"{node!r} makes nothing")
    recipes = [r for r in scenario.network.recipes if r.node == node]
    batch = measured if isinstance(measured, LineReplications) else LineReplications((measured,))
    made = np.array([units for run in batch.runs for units in run.daily], dtype=np.float64)
    if not (best := made.max(initial=0.0)) > 0:
        raise ScenarioError("the line delivered nothing on a whole day: run it longer")
    share = float(np.nanmean(batch.values("good_share")))  # of histories in which a part has left
    law = Empirical(made / best) if np.ptp(made) else Constant(1)
    changed: list[Any] = [replace(r, good_share=Constant(share)) for r in recipes]
    changed.append(replace(scenario.network.node(node), capacity=float(best) / share, output=law))
    return scenario.change(network=scenario.network.change(*changed))
