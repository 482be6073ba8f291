"""The factory case: a line of four departments, its sensors, its tools, and what customers mind."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from twinlab.cases.folders import Case, Pair, base_stock_chain, dataset, figures, rows
from twinlab.modeling.line.stations import Fault, Hazard, Inspection, Jobs, Line, Station
from twinlab.scope import Constant, Empirical, Gamma, Network, Result
from twinlab.scope.base import pd
from twinlab.task.learning import Examples
from twinlab.task.maintenance import WeibullFit, fit_weibull

__all__ = ["factory"]


class Reading(NamedTuple):
    """What the sensors said of one part, in the order in which the tool saw the parts."""

    part: int
    quality: str
    air: float
    process: float
    speed: float
    torque: float
    wear: float
    failure: str


class Tool(NamedTuple):
    """A tool: parts worked on, minutes of work, and whether it failed before it was replaced."""

    tool: int
    parts: int
    life: float
    failed: bool


class FaultClass(NamedTuple):
    """A class of fault: how many plates had it, and which share of such parts comes back."""

    name: str
    station: str
    plates: int
    fault: Fault
    returned: float


class Factory(Result, frozen=True, eq=False):
    """The case: a chain around the factory, its line, and the tables that sensors left."""

    scenario: Case
    line: Line
    readings: tuple[Reading, ...]
    tools: tuple[Tool, ...]
    fault_classes: tuple[FaultClass, ...]
    figures: dict[str, float]

    @property
    def twin(self) -> Callable[..., Pair]:
        """Link a plant that lives the scenario and a twin, as a ``Case`` does."""
        return self.scenario.twin

    @property
    def returned(self) -> dict[str, float]:
        """The share of delivered parts with a fault that customers send back."""
        return {c.name: c.returned for c in self.fault_classes if c.station}

    @property
    def departments(self) -> dict[str, str]:
        """The station that makes each fault."""
        return {c.name: c.station for c in self.fault_classes if c.station}

    def _sentence(self) -> str:
        names = " → ".join(s.name for s in self.line.stations)
        plates = sum(c.plates for c in self.fault_classes)
        told = f"{len(self.readings):,} readings, {len(self.tools)} tools, {plates:,} faulty plates"
        return f"Factory({names}; {told})"


def factory(days: int = 120) -> Factory:
    """Load a make-believe factory that two public tables feed: a milling machine and steel plates.

    Machining takes as long, and its tools live as long, as the table says of them; faults have the
    shares of the plates' classes. The chain does not know the line's capacity: measure the line
    and ``feed`` it. Source: ``datasets/factory/README.md`` says what is measured, derived, assumed.

    >>> factory()
    Factory(cutting → machining → coating → testing; 10,000 readings, 120 tools, 1,941 faulty plates)
    """  # noqa: E501 (one line of output)
    chain = base_stock_chain(Network.from_tables(dataset("factory")), days)
    known = figures("factory")
    readings = tuple(Reading(**row) for row in rows("factory", "readings"))
    tools = tuple(Tool(**row) for row in rows("factory", "tools"))
    classes = tuple(
        FaultClass(name, station, plates, Fault(name, rate, wear), returned)
        for name, station, plates, rate, wear, returned in _cells("fault_classes")
    )
    return Factory(chain, _line(known, tools, classes), readings, tools, classes, known)


def _cells(table: str) -> list[tuple[Any, ...]]:
    return [tuple(row.values()) for row in rows("factory", table)]


def _line(known: dict[str, float], tools: Sequence[Tool], classes: Sequence[FaultClass]) -> Line:
    """The four departments; the tools of machining live as the first ones were seen to live."""
    stations = {}
    for name, minutes, sd, machines, buffer in _cells("stations"):
        time = Gamma(minutes, sd) if sd else Constant(minutes or 0.0)
        faults = tuple(c.fault for c in classes if c.station == name)
        stations[name] = Station(name, time, machines, buffer, faults=faults)
    work, stop = _work(known["restart_minutes"])
    stations["machining"] = replace(
        stations["machining"],
        time=work,
        stop=stop,
        time_to_failure=fit_tools(tools[: int(known["training_tools"])]).law,
        time_to_repair=Gamma(known["repair_minutes"], known["repair_sd"]),
        time_to_replace=Constant(known["replace_minutes"]),
    )
    look = Inspection(known["detects"], "machining", known["rework_share"])
    stations["testing"] = replace(stations["testing"], inspection=look)
    return Line(tuple(stations.values()), known["minutes_per_day"])


def _work(restart: float) -> tuple[Empirical, Empirical]:
    """Minutes of work on a part, and minutes of a stop (mostly none), as often as they were seen.

    Shares are rounded to tenths of the work, and to one stop in a whole number of parts.
    """
    _, minutes, parts, stops, _ = zip(*_cells("qualities"), strict=True)
    tenths = [round(10 * count / sum(parts)) for count in parts]
    apart = round(sum(parts) / sum(stops))
    work = np.repeat(minutes, tenths).astype(float).tolist()
    return Empirical(tuple(work)), Empirical((restart, *(0.0,) * (apart - 1)))


def fit_tools(tools: Sequence[Tool]) -> WeibullFit:
    """Fit Weibull's law to tools, of which some were replaced before they failed (censored)."""
    return fit_weibull([t.life for t in tools], [t.failed for t in tools])


def signals(readings: Sequence[Reading]) -> "pd.DataFrame":
    """Tabulate readings with what physics makes of them.

    ``dissipation``: process less air temperature [K], ``smoothed`` by z ← z + 0.1 (x − z);
    ``power`` = torque · 2πn/60 [kW]; ``strain`` = wear · torque, which breaks a tool above the
    ``limit`` of the quality; ``failed``: by wear, heat, power or overstrain.
    """
    known = pd.DataFrame(rows("factory", "qualities")).set_index("quality")[["minutes", "limit"]]
    seen = pd.DataFrame(readings, columns=Reading._fields).join(known, on="quality")
    heat = seen["process"] - seen["air"]
    return seen.assign(
        tool=(seen["wear"].diff() < 0).cumsum(),
        dissipation=heat,
        smoothed=heat.ewm(alpha=0.1, adjust=False).mean(),
        power=seen["torque"] * seen["speed"] * (2 * np.pi / 60_000),
        strain=seen["wear"] * seen["torque"],
        low=(seen["quality"] == "L") * 1.0,
        medium=(seen["quality"] == "M") * 1.0,
        failed=seen["failure"].str.contains("TWF|HDF|PWF|OSF"),
    )


def jobs_of(seen: "pd.DataFrame") -> tuple[Jobs, Hazard]:
    """Take signals as jobs, with the case's truth of what breaks tools: strain, or 200 minutes."""
    loads = {name: seen[name].to_numpy() for name in ("torque", "limit", "low", "medium")}
    jobs = Jobs(seen["minutes"].tolist(), seen["power"].tolist(), seen["quality"].tolist(), loads)
    ages, worn = np.arange(300), figures("factory")["wear_hazard"]
    over = jobs["torque"][:, None] * ages > jobs["limit"][:, None]
    return jobs, Hazard(np.maximum(over, worn * (ages >= 200)))


def learned_hazard(jobs: Jobs) -> Hazard:
    """Look up how likely jobs break a tool, as boosting learned it from the first 7,000 readings.

    A table holds, by quality and torque, the age at which the chance reaches a level.
    """
    table = pd.DataFrame(rows("factory", "hazards")).set_index(["quality", "torque"])
    levels = table.columns.to_numpy(dtype=np.float64)
    ages = table.loc[list(zip(jobs["kind"], np.rint(jobs["torque"]), strict=True))].to_numpy()
    between = np.sqrt(levels * np.append(levels[1:], levels[-1]))
    return Hazard(np.append(0.0, between)[(ages[:, :, None] <= np.arange(300)).sum(axis=1)])


def plates() -> Examples:
    """Load the 1,941 faulty plates: what a camera measured, and which class of fault it was.

    Plates of one batch (conveyor, thickness, steel) are a group. Rows are sorted by class: shuffle.
    """
    table = pd.read_csv(dataset("factory") / "plates.csv")
    batch = table.groupby(["Length_of_Conveyer", "Steel_Plate_Thickness", "TypeOfSteel_A300"])
    return Examples(table.drop(columns="fault"), table["fault"], table.index, batch.ngroup())
