"""The line, simulated, against what queueing theory and books know (4 standard errors)."""

import math

import numpy as np
import pytest

from tests.known.answers import known
from twinlab import Constant, Gamma
from twinlab.modeling import (
    Arrivals,
    Conwip,
    Line,
    Station,
    replicate_line,
    run_line,
)
from twinlab.modeling.line import places

HISTORIES = 40  # enough that four standard errors mean what they do of a normal mean


def random(mean):
    """Exponential times."""
    return Gamma(mean, mean)


def near(values, expected):
    """The mean of independent replications lies within four standard errors."""
    values = np.asarray(values)
    error = values.std(ddof=1) / math.sqrt(len(values))
    assert abs(values.mean() - expected) < 4 * error, (values.mean(), expected, error)


def hour(*stations, **settings):
    """A line whose day has one minute, so that days are the units of time."""
    return Line(stations, minutes_per_day=1.0, **settings)


@pytest.mark.parametrize("at", range(6))
def test_two_random_stations_with_a_buffer(at):
    given, expected = known("line_two_station_exponential")
    time = random(1 / given["service_rate"])
    line = hour(Station("first", time), Station("last", time, buffer=given["buffer_sizes"][at]))
    batch = replicate_line(line, days=450, replications=HISTORIES, seed=at, warm_up=50)
    near(batch.values("throughput"), expected["throughput"][at])


@pytest.mark.parametrize("at", range(4))
def test_random_servers_side_by_side(at):
    given, expected = known("q_mmc")
    case, answer = given["cases"][at], expected["results"][at]
    station = Station("counter", random(1 / case["service_rate"]), machines=case["servers"])
    line = hour(station, source=Arrivals(random(1 / case["arrival_rate"])))
    batch = replicate_line(line, days=800, replications=HISTORIES, seed=at, warm_up=150)
    near(batch.values("counter.working"), answer["rho"])
    near(batch.values("counter.wait"), answer["Wq"])
    near(batch.values("work_in_process"), answer["L"])
    near(batch.values("cycle_time"), answer["W"])


@pytest.mark.parametrize("at", range(4))
def test_one_server_with_any_times(at):
    given, expected = known("q_mg1")
    case, answer = given["cases"][at], expected["results"][at]
    mean, cv = case["mean_service"], case["service_cv"]
    time = Gamma(mean, mean * cv) if cv else Constant(mean)
    line = hour(Station("counter", time), source=Arrivals(random(1 / case["arrival_rate"])))
    batch = replicate_line(line, days=2500, replications=HISTORIES, seed=at, warm_up=500)
    near(batch.values("counter.wait"), answer["Wq"])


def test_who_goes_first_waits_less():
    given, expected = known("q_priority_cobham")
    source = tuple(
        Arrivals(random(1 / rate), rank, f"class {rank}")
        for rank, rate in enumerate(given["arrival_rates"], 1)
    )
    line = hour(Station("counter", random(1 / given["service_rate"])), source=source)
    runs = replicate_line(line, days=900, replications=HISTORIES, seed=1, warm_up=0).runs
    for rank, wait in enumerate(expected["Wq"], 1):
        # Time in the line less its mean service is the mean wait.
        stays = [
            np.mean([p.left - p.entered for p in run.parts
                     if p.kind == f"class {rank}" and p.entered > 200 and p.fate == "delivered"])
            for run in runs
        ]  # fmt: skip
        near(np.array(stays) - 1 / given["service_rate"], wait)


@pytest.mark.parametrize("at", range(2))
def test_machines_that_wait_for_repair(at):
    given, expected = known("q_machine_repair")
    case, answer = given["cases"][at], expected["results"][at]
    station = Station(
        "machines", 1, machines=case["machines"],
        time_to_failure=random(1 / case["failure_rate"]),
        time_to_repair=random(1 / case["repair_rate"]),
    )  # fmt: skip
    line = hour(station, crews=case["crews"])
    batch = replicate_line(line, days=450, replications=HISTORIES, seed=at, warm_up=50)
    near(batch.values("machines.working"), answer["availability"])
    near(batch.values("machines.down") * case["machines"], answer["mean_down"])


def test_a_stock_behind_a_random_machine():
    """Each customer sets one unit going, so units owed or in process are those in the queue."""
    given, expected = known("line_make_to_stock_mm1")
    line = hour(
        Station("machine", random(1 / given["service_rate"])),
        source=Arrivals(random(1 / given["arrival_rate"])),
    )
    runs = replicate_line(line, days=2500, replications=HISTORIES, seed=3, warm_up=300).runs
    for stock, answer in zip(given["S"], expected["results"], strict=True):
        held = [sum(max(stock - n, 0) * share for n, share in run.levels) for run in runs]
        owed = [sum(max(n - stock, 0) * share for n, share in run.levels) for run in runs]
        # Random arrivals see time averages: served at once if fewer than S are in process.
        served = [sum(share for n, share in run.levels if n < stock) for run in runs]
        near(owed, answer["E_backorder"])
        if stock:
            near(held, answer["E_inventory"])
            near(served, answer["fill_rate"])


@pytest.mark.parametrize("at", range(6))
def test_the_penny_fab(at):
    given, expected = known("line_penny_fab_one")
    names = [f"station {n}" for n in range(given["stations"])]

    def fab(time):
        return hour(*(Station(name, time) for name in names), source=Conwip(given["wip"][at]))

    steady = run_line(fab(given["process_time"]), days=1000 + 160, warm_up=160)
    assert steady.throughput == pytest.approx(expected["best_case_TH"][at], abs=2 / 1000)
    assert steady.cycle_time == pytest.approx(expected["best_case_CT"][at])
    random_fab = fab(random(given["process_time"]))
    batch = replicate_line(random_fab, days=1200, replications=HISTORIES, seed=at, warm_up=200)
    near(batch.values("throughput"), expected["pwc_TH"][at])


class BookNumbers:
    """The book's generator, dealt in the book's order whichever law asks."""

    def __init__(self, seed):
        self.state, self.dealt = seed, []

    def uniform(self):
        for factor in (24112, 26143):
            self.state = self.state * factor % 2147483647
        self.dealt.append((self.state >> 7 | 1) / 2**24)
        return self.dealt[-1]

    def law(self, mean):
        """An exponential law that takes its numbers from here."""

        class Law:
            average, lowest = mean, 0.0

            @staticmethod
            def draw(generator, scale, width):
                assert len(scale) == width == 1
                return np.array([[-mean * math.log(self.uniform())]])

        return Law()


def test_the_program_of_the_book_prints_its_numbers(monkeypatch):
    """Law's M/M/1 program: a part draws when it needs to, so both draw in the same order."""
    monkeypatch.setattr(places, "LOT", 1)
    given, expected = known("sim_law_mm1_program")
    book = BookNumbers(given["seed"])
    line = hour(
        Station("server", book.law(given["mean_service"])),
        source=Arrivals(book.law(given["mean_interarrival"])),
    )
    events = run_line(line, days=1100, warm_up=0).events
    assert book.dealt[:5] == pytest.approx(given["first_uniforms"])
    minutes = {kind: np.array([e.minute for e in events if e.kind == kind])
               for kind in ("arrived", "started", "finished")}  # fmt: skip
    count = given["delays_required"]
    end = minutes["started"][count - 1]
    arrived, started, finished = (np.minimum(minutes[k], end) for k in minutes)
    waited = (minutes["started"] - minutes["arrived"][: len(minutes["started"])])[:count]
    queue = started[:count].sum() - arrived[:count].sum() + (end - arrived[count:]).sum()
    work = np.append(finished, np.full(len(started) - len(finished), end)).sum() - started.sum()
    assert end == pytest.approx(expected["end_time"], abs=5e-4)
    assert waited.mean() == pytest.approx(expected["avg_delay"], abs=5e-4)
    assert queue / end == pytest.approx(expected["avg_number_in_queue"], abs=5e-4)
    assert work / end == pytest.approx(expected["utilization"], abs=5e-4)
