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

RARE, ERRORS, CLASS, OIL, YEAR = (
    "fc_croston_sba_tsb", "fc_error_metrics", "fc_sbc_classification", "fc_ses_oil",
    "fc_holt_winters",
)  # fmt: skip


def errors(name, season=1):
    return lambda i: getattr(
        accuracy(i["actual"], i["forecast"], i["insample"], season), name
    )  # fmt: skip


def tsb(inputs):
    method = TSB(inputs["tsb_alpha_demand"], inputs["tsb_alpha_probability"])
    return method(inputs["series"], 1)[0]


def winters(inputs, weights, season, start=(), **more):
    numbers = dict(zip(("alpha", "beta", "gamma"), inputs[weights], strict=True))
    return HoltWinters(season, trend=True, start=inputs.get(start, ()), **numbers, **more)


def salt(inputs, known, horizon=1):
    method = winters(inputs, "salt_weights", 4, "salt_start", multiplicative=True)
    return method(inputs["salt"][:known], horizon)


def passengers(inputs, kind):
    method = winters(inputs, f"weights_{kind}", 12, multiplicative=kind == "factors")
    return method(inputs["passengers"], 12)


ROWS = [
    Row(YEAR, "salt_one_ahead", lambda i: [salt(i, at)[0] for at in range(1, 12)], abs=0.5),
    Row(YEAR, "salt_next_year", lambda i: salt(i, 12, 4), abs=0.5),
    Row(YEAR, "passengers_factors", lambda i: passengers(i, "factors"), rel=1e-6),
    Row(YEAR, "passengers_addends", lambda i: passengers(i, "addends"), rel=3e-6),
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
