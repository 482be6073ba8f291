"""Known answers of the quality task."""

from tests.known.answers import Row
from twinlab.modeling.formulas.run_length import shewhart_run_length
from twinlab.task.quality import Capability, chart_constants

ARL, PPM, CONSTANTS = "spc_shewhart_arl", "spc_capability_ppm", "spc_chart_constants"


def run_lengths(size):
    return lambda i: [shewhart_run_length(d, i["L"], size) for d in i["shift_sigma"]]


def ppm(shift):
    return lambda i: [Capability(shift, 1.0, -3 * cp, 3 * cp).ppm for cp in i["Cp"]]


def constant(size, name):
    return lambda _: getattr(chart_constants(size), name)


NAMES = ["d2", "d3", "c4", "A2", "A3", "D3", "D4", "B3", "B4"]
ROWS = [
    Row(ARL, "ARL_n1", run_lengths(1)),
    Row(ARL, "ARL_n4", run_lengths(4)),
    Row(PPM, "ppm_centred", ppm(0.0)),
    Row(PPM, "ppm_shift_1_5", ppm(1.5)),
    *(Row(CONSTANTS, f"{n}.{k}", constant(n, k)) for n in (2, 3, 5, 8, 10) for k in NAMES),
]
