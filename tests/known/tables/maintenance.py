"""Known answers of the maintenance task."""

from tests.known.answers import Row
from twinlab.task.maintenance import Weibull, age_replacement, fit_weibull

AGE, FIT = "mnt_age_replacement_weibull", "mnt_weibull_mle"


def policy(inputs):
    law = Weibull(inputs["beta"], inputs["alpha"])
    return age_replacement(law, inputs["cost_PM"], inputs["cost_CM"])


# The case states one tolerance per answer, under names of its own: T_rel and cost_rel.
ROWS = [
    Row(AGE, "T_star", lambda i: policy(i).age, rel=1e-4),
    Row(AGE, "cost_rate", lambda i: policy(i).cost_rate, rel=1e-7),
    Row(AGE, "run_to_failure_cost_rate", lambda i: policy(i).run_to_failure, rel=1e-7),
    Row(FIT, "mle.beta", lambda i: fit_weibull(i["times"]).law.shape),
    Row(FIT, "mle.eta", lambda i: fit_weibull(i["times"]).law.scale),
]
