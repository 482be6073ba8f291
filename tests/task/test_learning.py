"""Learning: fitted on what was known, judged on what came; intervals that learn from misses."""

import sys

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score, brier_score_loss, roc_auc_score
from sklearn.model_selection import KFold, StratifiedGroupKFold
from sklearn.tree import DecisionTreeClassifier

from twinlab import ScenarioError, TwinError
from twinlab.task.learning import Examples, adaptive, decide, judge, learn

STOP = [[0, 300], [15, 15]]  # a failure costs 300 USD, a stop to check 15


def examples(many=600, seed=1, groups=60):
    """Cases whose chance of failure grows with x, in groups."""
    rng = np.random.default_rng(seed)
    x, noise = rng.normal(size=(2, many))
    fails = rng.random(many) < 1 / (1 + np.exp(3 - 2 * x))
    seen = pd.DataFrame({"x": x, "noise": noise})
    return Examples(seen, fails, np.arange(many), np.arange(many) * groups // many)


def rule(seen):
    return (seen["x"] > 1.5) * 0.5


def test_scores_are_those_of_the_textbook():
    cases = examples()
    found = judge({"rule": rule, "logit": LogisticRegression()}, cases, 300, STOP)
    true = cases.target[found.rows]
    for name in ("rule", "logit"):
        told, said = found.predictions[name], found[name]
        assert said.auc.mean == pytest.approx(roc_auc_score(true, told))
        assert said.ap.mean == pytest.approx(average_precision_score(true, told))
        assert said.brier.mean == pytest.approx(brier_score_loss(true, told))
        assert said.expected == pytest.approx(told.sum())
        stop = told > 15 / 300
        assert said.cost.mean == pytest.approx(np.where(stop, 15, 300 * true).mean())
        assert (said.acted, said.caught) == (stop.mean(), (stop & true).sum())
        assert said.auc.low <= said.auc.mean <= said.auc.high
    assert found["base rate"].auc.mean == 0.5
    assert len(found.rows) == 300
    assert "mae" not in found.table


def test_only_what_was_known_before_the_cut_is_learned():
    cases = examples()
    late = Examples(cases.features, cases.target, cases.known_at + 100, asked_at=cases.known_at)
    assert learn(LogisticRegression(), late, until=300).rows == 200
    found = judge({"rule": rule}, late, cut=300)
    assert found.rows.min() == 300
    assert found.predictions["base rate"][0] == cases.target[:200].mean()
    with pytest.raises(ScenarioError, match="row 0 was known at 0, but asked for at 5: a leak"):
        Examples(cases.features, cases.target, cases.known_at, asked_at=cases.known_at + 5)


def test_cross_validation_keeps_groups_together():
    """What a group hides in its number is of no use for another group."""
    rng = np.random.default_rng(2)
    group = np.repeat(np.arange(50), 20)
    fails = np.repeat(rng.random(50) < 0.3, 20)
    cases = Examples(pd.DataFrame({"id": np.repeat(rng.random(50), 20)}), fails, range(1000), group)
    tree = {"tree": DecisionTreeClassifier(random_state=0)}
    alone = judge(tree, cases, KFold(5, shuffle=True, random_state=0))
    apart = judge(tree, cases, StratifiedGroupKFold(5, shuffle=True, random_state=0))
    assert alone["tree"].auc.mean == 1
    assert apart["tree"].auc.mean < 0.8
    assert apart.best == "base rate"


def test_dates_are_times_too():
    days = pd.date_range("2013-01-01", periods=600)
    cases = examples()
    dated = Examples(cases.features, cases.target, days)
    assert learn(LogisticRegression(), dated, until="2013-04-11").rows == 100


def test_the_simplest_stays_unless_the_data_say_otherwise():
    cases = examples(4000, groups=4000)
    found = judge({"rule": rule, "logit": LogisticRegression(C=1)}, cases, 2000, STOP)
    assert found.best == "logit"
    again = judge({"logit": LogisticRegression(), "same": LogisticRegression(C=2)}, cases, 2000)
    assert again.best == "logit"
    assert again.difference("same", "logit").high >= 0
    assert judge({"luck": lambda seen: (seen["noise"] > 0) * 0.5}, cases, 2000).best == "base rate"


def test_an_interval_is_wider_where_cases_of_a_group_are_alike():
    rng = np.random.default_rng(1)
    fails = np.repeat(rng.random(40) < 0.3, 25)
    seen = pd.DataFrame({"x": rng.normal(size=1000)})

    def span(group):
        cases = Examples(seen, fails, range(1000), group)
        brier = judge({"rule": lambda rows: 0.3 + 0 * rows["x"]}, cases, 200)["rule"].brier
        return brier.high - brier.low

    assert span(np.arange(1000) // 25) > 3 * span(None)


def test_values_and_their_quantiles():
    y = np.arange(100.0)
    cases = Examples(pd.DataFrame({"x": y}), y, range(100))

    def ends(seen):
        return np.column_stack([seen["x"] - 4, seen["x"] - 1, seen["x"] + 4])

    found = judge({"ends": ends}, cases, 50, levels=(0.1, 0.5, 0.9))["ends"]
    assert (found.mae.mean, found.coverage.mean) == (1, 1)
    assert found.pinball.mean == pytest.approx((0.4 + 0.5 + 0.4) / 3)
    with pytest.raises(ScenarioError, match="1 levels, but 3 quantiles"):
        judge({"ends": ends}, cases, 50, levels=[0.5])


@pytest.mark.parametrize(("wrong", "told"), [
    (lambda: judge({}, examples(), 300), "a model, 2 classes, outcomes before 300"),
    (lambda: judge({"rule": rule}, examples(), 900), ": 0 are after"),
    (lambda: judge({"rule": rule}, examples(), 300, [[1, 2, 3]]), "actions × 2 classes"),
    (lambda: judge({"rule": lambda seen: seen["x"]}, examples(), 300), "chance: 0 to 1"),
    (lambda: learn(LogisticRegression(), examples(), 0), "0 outcomes known"),
    (lambda: learn(rule, examples(), "2013-01-01"), "a time such as 0, not '2013-01-01'"),
    (lambda: Examples(pd.DataFrame({"x": [1]}), [1.0, 2.0], [1]), "2 of target for 1 rows"),
    (lambda: adaptive([1, 2], times=([0, 1], [0, 0])), "known after it"),
    (lambda: adaptive([1, 2], times=([0, 1], [0, 1])), "known after it"),
    (lambda: judge({"base rate": rule}, examples(), 300), "a model, 2 classes"),
    (lambda: judge({"r": rule}, Examples(pd.DataFrame({"x": range(9)}), [0] * 9, range(9)), 5),
     "2 classes"),
    (lambda: decide([np.nan], [[0, 1], [1, 0]]), "no NaN"),
    (lambda: decide([20, 90], [[0, 1], [1, 0]]), "chances from 0 to 1"),
    (lambda: decide([0.2, None], [[0, 1], [1, 0]]), "no NaN"),
    (lambda: decide(["a"], [[0, 1], [1, 0]]), "decide: chances must be an array of numbers"),
])  # fmt: skip
def test_mistakes_are_taught(wrong, told):
    with pytest.raises(ScenarioError, match=told):
        wrong()


def test_rules_are_judged_without_scikit_learn(monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn.base", None)
    assert judge({"rule": rule}, examples(), 300, STOP)["rule"].caught > 0
    with pytest.raises(TwinError, match=r"pip install 'twinlab-scom\[methods\]'"):
        learn(LogisticRegression(), examples(), 300)


def test_what_is_not_known_is_no_class_and_one_class_is_judged_too():
    """Dates may be texts; groups of no name are one; all that came may be of one class."""
    x, days = pd.DataFrame({"x": range(20)}), pd.date_range("2020-01-01", periods=20).astype(str)
    cases = Examples(x, [None, *[False] * 19], days, group=["a", None] * 10)
    assert cases.classes.tolist() == [False, True]
    found = judge({"rule": lambda seen: 0 * seen["x"] + 0.3}, cases, "2020-01-11")["rule"]
    assert (found.brier.mean, found.auc) == (pytest.approx(0.09), None)
    learned = learn(LogisticRegression(), Examples(x, [None, True, *[False] * 18], range(20)))
    assert learned.rows == 19


def test_equal_costs_choose_the_first_action():
    assert decide([0.05], STOP).tolist() == [0]


def test_intervals_follow_a_law_that_changes():
    """Errors grow threefold: quantiles of the past fall behind, adaptive ones cover as promised."""
    rng = np.random.default_rng(3)
    e = rng.normal(size=1000) * np.repeat([1, 3, 1, 3], 250)
    fixed, moved = (adaptive(e, 0.9, gamma, 60) for gamma in (0, 0.03))
    cover = [((e >= low) & (e <= high))[60:].mean() for low, high in (fixed[:-1].T, moved[:-1].T)]
    assert abs(cover[1] - 0.9) < 0.015
    assert cover[1] > cover[0]


def test_an_interval_knows_only_errors_that_were_known():
    e = np.arange(40.0)
    lead = 3
    ends = adaptive(e, 0.5, 0.0, 1000, times=(np.arange(40), np.arange(40) + lead))
    for row in range(40):
        known = e[: max(0, row - lead + 1)]
        wanted = np.quantile(known, [0.25, 0.75], method="weibull") if len(known) >= 10 else np.nan
        np.testing.assert_allclose(ends[row], wanted)
    np.testing.assert_allclose(ends[-1], np.quantile(e, [0.25, 0.75], method="weibull"))
