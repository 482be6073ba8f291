"""Known answers of the maintenance task."""

from tests.known.answers import Row
from twinlab.task.maintenance import Weibull, fit_weibull, prescribe, replacement_cost

AGE, FIT = "mnt_age_replacement_weibull", "mnt_weibull_mle"


def age(inputs):
    costs = inputs["cost_PM"], inputs["cost_CM"]
    advice = prescribe(Weibull(inputs["beta"], inputs["alpha"]), *costs)
    return advice.values["replacement_age"], advice.gain.mean


def cost(inputs):
    law = Weibull(inputs["beta"], inputs["alpha"])
    return replacement_cost(law, age(inputs)[0], inputs["cost_PM"], inputs["cost_CM"])


# The case states one tolerance per answer, under names of its own: T_rel and cost_rel.
ROWS = [
    Row(AGE, "T_star", lambda i: age(i)[0], rel=1e-4),
    Row(AGE, "cost_rate", lambda i: cost(i), rel=1e-7),
    Row(AGE, "run_to_failure_cost_rate", lambda i: cost(i) + age(i)[1], rel=1e-7),
    Row(FIT, "mle.beta", lambda i: fit_weibull(i["times"]).law.shape),
    Row(FIT, "mle.eta", lambda i: fit_weibull(i["times"]).law.scale),
]
