"""How long a tool still lives, and how early one is warned: what learning does not add to age."""

import numpy as np
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier

from tests.study.beside import beside
from tests.study.test_detection import logit, on
from twinlab.cases.factory import factory, fit_tools, jobs_of, learned_hazard, signals
from twinlab.task.learning import Examples, judge, learn
from twinlab.task.maintenance import predict

AHEAD = 40  # minutes of work that a warning looks ahead
PAST = ["wear", "near", "low", "medium"]
BOOSTING = HistGradientBoostingClassifier(
    max_iter=80,
    learning_rate=0.05,
    max_leaf_nodes=6,
    min_samples_leaf=40,
    random_state=0,
    monotonic_cst=[1, 0, 0, 0],
)
MODELS = {"wear alone": logit(["wear"]), "logistic": logit(PAST), "boosting": on(PAST, BOOSTING)}


@pytest.fixture(scope="module")
def case():
    return factory()


@pytest.fixture(scope="module")
def seen(case):
    """Readings until a tool's first failure, the wear at it, and how near to its limit it was."""
    parts = signals(case.readings)
    broke = parts["failure"].str.contains("TWF|OSF")
    parts["broke"] = broke
    parts["end"] = parts["tool"].map(parts[broke].groupby("tool")["wear"].min())
    load = (parts["strain"] / parts["limit"]).groupby(parts["tool"]).shift(1)
    parts["near"] = load.groupby(parts["tool"]).cummax().fillna(0.0)
    parts["unseen"] = parts["tool"] > parts.loc[6999, "tool"]
    return parts[~(parts["wear"] > parts["end"])]


@pytest.fixture(scope="module")
def cases(seen):
    """Fails within 40 minutes? Known when the tool ends; never, if it was changed before that."""
    tool = seen.groupby("tool")
    told = seen["end"].notna() | (tool["wear"].transform("max") - seen["wear"] >= AHEAD)
    rows = seen[told & (seen["unseen"] | (seen["part"] <= 7000))]
    soon, known = rows["end"] - rows["wear"] <= AHEAD, tool["part"].transform("max")[rows.index]
    return Examples(rows, soon, known, rows["tool"], asked_at=rows["part"])


def test_wear_alone_warns_as_well(cases):
    judged = judge(MODELS, cases, 7001)
    areas = {name: judged[name].auc.mean for name in MODELS}
    beside("fails soon, area under ROC", areas, dict.fromkeys(MODELS, 0.987))
    assert areas["wear alone"] + 0.005 > max(areas.values())
    assert judged.best == "wear alone"


def test_lead_time_of_a_warning(seen, cases):
    """Above 0.2 all 28 that fail are warned; nearly all that were changed in time are, too."""
    parts = seen[seen["unseen"]]
    told = parts.assign(p=learn(MODELS["logistic"], cases, 7001).predict(parts))
    first = told[told["p"] > 0.2].groupby("tool")["wear"].min()
    ends = told.groupby("tool")["end"].first()
    lead = (ends - first).dropna()
    changed = ends[ends.isna()].index
    low, middle, high = np.quantile(lead, [0.05, 0.5, 0.95])
    found = {"failed and warned": len(lead), "failed": ends.notna().sum(), "median lead": middle}
    found |= {"changed and warned": changed.isin(first.index).sum(), "changed": len(changed)}
    page = {"failed and warned": 28, "failed": 28, "changed and warned": 8, "changed": 9}
    beside("warnings of unseen tools", found, page | {"median lead": 47})
    beside("lead time [minutes]", {"low": low, "high": high}, {"low": 16, "high": 64})


def test_an_own_reading_among_those_before_it_would_leak(seen):
    """The trap: what a tool went through is shifted before it is summed up."""
    load = seen["strain"] / seen["limit"]
    after = load.groupby(seen["tool"]).cummax()
    broke = seen["broke"] & seen["failure"].str.contains("OSF")
    assert (after[broke] > 1).all()  # with the failing part itself, nothing is left to predict
    assert (seen.loc[broke, "near"] < 1).all()


def test_remaining_life_needs_no_learning(case, seen):
    """At 150 minutes: the learned hazard and Weibull's law give intervals that hold alike."""
    few = signals(case.readings[:7000]).sample(1500, random_state=0)
    jobs, _ = jobs_of(few)
    rate = learned_hazard(jobs).chances.mean(axis=0) / jobs.mean("minutes")
    left = np.exp(-np.cumsum(rate))[150:] / np.exp(-rate[:151].sum())
    low, middle, high = (int(np.searchsorted(-left, -share)) for share in (0.95, 0.5, 0.05))
    page = {"low": 34, "median": 61, "high": 85}
    beside("learned, left at 150", {"low": low, "median": middle, "high": high}, page)
    law = predict(fit_tools(case.tools[: seen.loc[6999, "tool"]]).law, age=150)
    ends = seen[seen["broke"] & seen["unseen"]]
    lived = ends["wear"] + ends["minutes"] - 150
    lived = lived[lived > 0]
    inside = {"learned": ((lived >= low) & (lived <= high)).sum()}
    inside["Weibull"] = ((lived >= law.low) & (lived <= law.high)).sum()
    print(law)
    beside("unseen failures inside", inside | {"of": len(lived)}, {"learned": 26, "of": 28})
    assert inside["Weibull"] >= inside["learned"] - 1
