"""Queues and lines by formula."""

import numpy as np

from tests.known.answers import Row
from twinlab.modeling.formulas.queues import (
    LineBounds,
    machine_repair,
    make_to_stock,
    mg1,
    mmc,
    priority_waits,
    two_station_throughput,
)

FIELDS = {
    "rho": "utilisation", "P0": "empty", "P_wait": "must_wait", "Lq": "queue_length",
    "Wq": "wait", "L": "present", "W": "time_present",
}  # fmt: skip
STOCKED = {"E_inventory": "inventory", "E_backorder": "backorders", "fill_rate": "fill_rate"}


def of_case(formula, at, field):
    """The field of what a formula gives for the case of that number."""
    return lambda inputs: getattr(formula(inputs["cases"][at]), field)


def bounds(inputs, at):
    """The bounds of the penny fab with the at-th work in process."""
    time, stations = inputs["process_time"], inputs["stations"]
    return LineBounds(1 / time, time * stations, inputs["wip"][at])


def erlang(case):
    return mmc(case["arrival_rate"], case["service_rate"], case["servers"])


def variable(case):
    return mg1(case["arrival_rate"], case["mean_service"], case["service_cv"])


def repair(case):
    given = (case[name] for name in ("machines", "failure_rate", "repair_rate", "crews"))
    return machine_repair(*given)


def waits(inputs):
    return priority_waits(inputs["arrival_rates"], inputs["service_rate"])


def stocked(at, field):
    return lambda given: getattr(
        make_to_stock(given["arrival_rate"], given["service_rate"], given["S"][at]), field
    )


def penny(kind, at):
    """Throughput, or cycle time by Little's law, of one of the three cases."""
    case, measure = kind.split("_")[0], kind.split("_")[-1]
    name = {"best": "best", "worst": "worst", "pwc": "practical"}[case] + "_throughput"

    def compute(inputs):
        line = bounds(inputs, at)
        rate = getattr(line, name)
        return rate if measure == "TH" else line.cycle_time(rate)

    return compute


ROWS = [
    *(
        Row("q_mmc", f"results.{at}.{short}", of_case(erlang, at, field))
        for at in range(4)
        for short, field in FIELDS.items()
    ),
    *(
        Row("q_mg1", f"results.{at}.{short}", of_case(variable, at, FIELDS[short]))
        for at in range(4)
        for short in ("rho", "Wq", "Lq")
    ),
    *(Row("q_priority_cobham", f"Wq.{at}", lambda i, at=at: waits(i)[at]) for at in range(2)),
    Row(
        "q_priority_cobham",
        "weighted_average",
        lambda i: float(np.average(waits(i), weights=i["arrival_rates"])),
    ),
    *(
        Row("q_machine_repair", f"results.{at}.{short}", of_case(repair, at, field))
        for at in range(2)
        for short, field in (
            ("P0", "all_up"),
            ("mean_down", "mean_down"),
            ("availability", "availability"),
        )
    ),
    *(
        Row("line_make_to_stock_mm1", f"results.{at}.{short}", stocked(at, field))
        for at in range(4)
        for short, field in STOCKED.items()
    ),
    *(
        Row(
            "line_two_station_exponential",
            f"throughput.{at}",
            lambda i, at=at: two_station_throughput(i["buffer_sizes"][at]),
        )
        for at in range(6)
    ),
    *(
        Row("line_penny_fab_one", f"{kind}.{at}", penny(kind, at))
        for kind in ("best_case_TH", "best_case_CT", "worst_case_TH", "worst_case_CT",
                     "pwc_TH", "pwc_CT")
        for at in range(6)
    ),
]  # fmt: skip
