"""Known answers of the demand task."""

from tests.known.answers import Row
from twinlab.task.demand import (
    SBA,
    TSB,
    Croston,
    HoltWinters,
    Smoothing,
    accuracy,
    describe,
)

RARE, ERRORS, CLASS, OIL = (
    "fc_croston_sba_tsb", "fc_error_metrics", "fc_sbc_classification", "fc_ses_oil",
)  # fmt: skip


def errors(name, season=1):
    return lambda i: getattr(
        accuracy(i["actual"], i["forecast"], i["insample"], season), name
    )  # fmt: skip


def tsb(inputs):
    method = TSB(inputs["tsb_alpha_demand"], inputs["tsb_alpha_probability"])
    return method(inputs["series"], 1)[0]


ROWS = [
    Row(RARE, "croston", lambda i: Croston(i["alpha"])(i["series"], 1)[0]),
    Row(RARE, "sba", lambda i: SBA(i["alpha"])(i["series"], 1)[0]),
    Row(RARE, "tsb", tsb),
    *(Row(ERRORS, name, errors(name.lower())) for name in ("MAE", "RMSE", "MAPE", "bias", "WAPE")),
    Row(ERRORS, "sMAPE_M4", errors("smape")),
    Row(ERRORS, "MASE_m1", errors("mase")),
    Row(ERRORS, "MASE_m4", errors("mase", 4)),
    Row(ERRORS, "tracking_signal", errors("tracking_signal")),
    Row(CLASS, "ADI", lambda i: describe(i["series"]).interval),
    Row(CLASS, "CV2_sample", lambda i: describe(i["series"]).variation),
    Row(CLASS, "class_", lambda i: describe(i["series"]).name),
    Row(OIL, "forecast_alpha_0_2", lambda i: Smoothing(0.2)(i["series"], 1)[0]),
    Row(OIL, "estimated.forecast", lambda i: HoltWinters()(i["series"], 1)[0]),
    Row(OIL, "forecast_alpha_0_6", lambda i: Smoothing(0.6)(i["series"], 1)[0]),
]
