"""Lives of machines: fitted, predicted, and ended in good time; against simulation."""

import numpy as np
import pytest

from twinlab import ScenarioError
from twinlab.modeling import Station
from twinlab.modeling.line.stations import Hazard, Jobs, MachineView, RunToFailure
from twinlab.task import maintenance

# NIST/SEMATECH e-Handbook section 8.4.1.2: ten failures, ten units still running at 500 hours.
NIST = [54, 187, 216, 240, 244, 335, 361, 373, 375, 386] + [500] * 10
NIST_FAILED = [True] * 10 + [False] * 10
WEAR = maintenance.Weibull(3, 150)


def lives(law, size, seed):
    return law.scale * np.random.default_rng(seed).weibull(law.shape, size)


def test_nists_censored_sample():
    fit = maintenance.fit_weibull(NIST, NIST_FAILED)
    assert fit.law.shape == pytest.approx(1.7208, abs=5e-5)
    assert fit.law.scale == pytest.approx(606.5280, abs=5e-4)
    assert fit.log_likelihood == pytest.approx(-75.135, abs=5e-4)
    assert fit.law.average == pytest.approx(540.737, abs=5e-3)


def test_forgetting_what_still_runs_makes_lives_look_short():
    assert maintenance.fit_weibull(NIST[:10]).law.average < 300


def test_standard_errors_cover_the_truth():
    """300 samples of 60 lives, watched for 150 days: 95 % intervals hold in about 95 %."""
    held = np.zeros(2)
    for seed in range(300):
        true = lives(WEAR, 60, seed)
        fit = maintenance.fit_weibull(np.minimum(true, 150), true <= 150)
        held += [abs(fit.law.shape - 3) < 1.96 * fit.shape_error,
                 abs(fit.law.scale - 150) < 1.96 * fit.scale_error]  # fmt: skip
    assert (np.abs(held / 300 - 0.95) < 4 * np.sqrt(0.95 * 0.05 / 300)).all()


def test_remaining_life_counts_the_age():
    """Weibull(2, 10) at age 7: 4.66 days; and as simulated, for mean and interval."""
    law = maintenance.Weibull(2, 10)
    left = maintenance.predict(law, 7)
    assert left.mean == pytest.approx(4.66, abs=0.005)
    all_lives = lives(law, 400_000, 1)
    rest = all_lives[all_lives > 7] - 7
    assert abs(rest.mean() - left.mean) < 4 * rest.std() / np.sqrt(len(rest))
    share = ((rest >= left.low) & (rest <= left.high)).mean()
    assert abs(share - 0.9) < 4 * np.sqrt(0.09 / len(rest))


def test_what_does_not_wear_has_no_age():
    law = maintenance.Weibull(1, 20)
    for age in (0, 500):
        assert maintenance.predict(law, age).mean == pytest.approx(20)


@pytest.mark.parametrize(
    ("shape", "scale", "costs", "age", "rate", "failing"),
    [(3, 150, (2, 8), 83.123, 0.03685, 0.05973), (2, 1, (1, 5), 0.5107, 4.085, 5.642)],
)
def test_published_replacement_ages(shape, scale, costs, age, rate, failing):
    law = maintenance.Weibull(shape, scale)
    advice = maintenance.prescribe(law, *costs)
    best = advice.values["replacement_age"]
    assert best == pytest.approx(age, rel=1e-4)
    assert maintenance.replacement_cost(law, best, *costs) == pytest.approx(rate, rel=2e-4)
    assert advice.gain.mean == pytest.approx(failing - rate, rel=1e-3)
    assert costs[1] / law.average == pytest.approx(failing, rel=1e-4)


@pytest.mark.parametrize("age", [60.0, 83.123, 120.0, 1e4])
def test_the_cost_of_an_age_is_what_a_simulated_machine_costs(age):
    """Renewal-reward: cost over days of 200,000 machines, one after the other."""
    true = lives(WEAR, 200_000, 7)
    days, cost = np.minimum(true, age), np.where(true <= age, 8.0, 2.0)
    rate = cost.sum() / days.sum()
    error = np.std(cost - rate * days) / days.mean() / np.sqrt(len(days))
    assert abs(maintenance.replacement_cost(WEAR, age, 2, 8) - rate) < 4 * error + 1e-12


def test_no_other_age_is_cheaper():
    best = maintenance.prescribe(WEAR, 2, 8).values["replacement_age"]
    others = [maintenance.replacement_cost(WEAR, age, 2, 8) for age in np.linspace(20, 400, 500)]
    assert maintenance.replacement_cost(WEAR, best, 2, 8) <= min(others) + 1e-12


@pytest.mark.parametrize(("shape", "costs"), [(1, (1, 5)), (0.7, (1, 5)), (3, (5, 5))])
def test_some_machines_are_left_to_run(shape, costs):
    advice = maintenance.prescribe(maintenance.Weibull(shape, 10), *costs)
    assert advice.values == {"replacement_age": np.inf}
    assert advice.gain is None
    assert str(advice).startswith("never replace early")


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: maintenance.describe([], [1]), "at least one number of days"),
        (lambda: maintenance.fit_weibull([3, 3]), "2 different ages"),
        (lambda: maintenance.fit_weibull([0, 3]), r"ages\[0\] must be a finite number above 0"),
        (lambda: maintenance.fit_weibull([3, 4], [True]), "each of 2 ages"),
        (
            lambda: maintenance.predict(WEAR, -1),
            "age must be a finite number of at least 0, got -1",
        ),
        (
            lambda: maintenance.prescribe(WEAR, 0, 8),
            "planned_cost must be a finite number above 0, got 0",
        ),
    ],
)
def test_mistakes_are_explained(call, words):
    with pytest.raises(ScenarioError, match=words):
        call()


# -- replace before this job? -----------------------------------------------------------------


def test_with_jobs_all_alike_the_control_limit_is_the_best_age():
    """Weibull(3, 150), replaced for 2, failed for 8: at 83 days for 0.03685 a day (by formula)."""
    survived = np.exp(-((np.arange(600) / 150) ** 3))
    hazard = Hazard(1 - survived[None, 1:] / np.maximum(survived[None, :-1], 1e-300))
    press = Station("press", jobs=Jobs([1.0]))
    rule = maintenance.control_limit(press, hazard, 2, 8).values["press.maintain"]
    best = maintenance.prescribe(WEAR, 2, 8).values["replacement_age"]
    ages = [age for age in range(599) if rule(view(age)) == "replace"]
    assert ages == list(range(ages[0], 599))
    spans = maintenance.cost_rate(rule, hazard, press.jobs, (2, 8), seed=5)
    error = spans.std(ddof=1) / 20**0.5
    wanted = maintenance.replacement_cost(WEAR, best, 2, 8)
    assert abs(spans.mean() - wanted) < 4 * error
    assert maintenance.replacement_cost(WEAR, ages[0], 2, 8) < 1.01 * wanted


def view(age, job=0, minutes=1.0):
    return MachineView("press", age, job, "", minutes, 0)


def test_a_heavy_job_gets_a_new_tool_and_a_light_one_does_not():
    """The rate is a fixed point: what the rule costs by the hazard's own law."""
    jobs = Jobs([2.0, 2.0])
    hazard = Hazard(np.vstack([np.where(np.arange(200) < limit, 0.0, 1.0) for limit in (60, 160)]))
    press = Station("press", jobs=jobs)
    change = maintenance.control_limit(press, hazard, 60, 300)
    rule = change.values["press.maintain"]
    assert [rule(view(100, job, 2.0)) for job in (0, 1)] == ["replace", "continue"]
    spans = maintenance.cost_rate(rule, hazard, jobs, (60, 300))
    assert rule.rate == pytest.approx(spans.mean(), rel=1e-3)
    assert change.gain.mean == pytest.approx(
        (maintenance.cost_rate(RunToFailure(), hazard, jobs, (60, 300)) - spans).mean()
    )
    cheap = maintenance.control_limit(press, hazard, 60, 50).values["press.maintain"]
    assert cheap(view(199)) == "continue"  # a failure that costs no more is waited for


@pytest.mark.parametrize("chance", [0.0, 1.0])
def test_what_no_tool_can_help_is_not_replaced_before(chance):
    """A job that never breaks a tool, or any tool; the rule in force is not made worse."""
    press, hazard = Station("press", jobs=Jobs([2.0, 3.0])), Hazard(np.full((2, 5), chance))
    change = maintenance.control_limit(press, hazard, 60, 300)
    rule = change.values["press.maintain"]
    assert rule(view(100, 0, 2.0)) == "continue"
    assert change.gain.mean == 0


def test_a_hazard_belongs_to_the_jobs():
    hazard = Hazard(np.array([[0.0]]))
    for jobs in (None, Jobs([1.0, 2.0])):
        with pytest.raises(ScenarioError, match="needs a hazard of its jobs"):
            maintenance.control_limit(Station("press", 1, jobs=jobs), hazard, 60, 300)
