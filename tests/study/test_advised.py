"""The advised person: effects planted in simulated classes are found, as often as in the trials.

The page's shares come from 400 classes (2,000 for trust, 1,000 for competence), ours from as many;
both have luck, so a share is met to four standard errors of their difference.
"""

from dataclasses import replace

import numpy as np
import pytest

import twinlab as tl
from tests.study.beside import FULL, beside
from twinlab import people
from twinlab.organization.view import ask
from twinlab.people.experiment import _compared, _pairs
from twinlab.scope.base import stats

MANY = 400 if FULL else 80
LABELS = people.design(10, labels=people.LABELS)
ARMS = people.design(10, arms=people.ARMS)
FAILURE = people.design(12, labels=people.LABELS, failure=7)
ALONE = people.design(30, arms=["alone"])
# Persons of whom every round tells the weight, and who heed but the one scripted failure.
STEADY = people.Students(
    weight=0.5, rise=0, fall=0, forgets=0.15, pull=1, pull_spread=0, mood=0, advice_spread=0
)
DEAR = people.Students(problem=people.NewsvendorProblem(cost=9), weight=0.5, whim=0.1)


def error(share, page_classes, classes=MANY):
    """Standard error of the difference of the given share and ours."""
    return np.sqrt(max(share * (1 - share), 0.002) * (1 / page_classes + 1 / classes))


def find(title, design, effect, page, of_page=400, **how):
    """Plant an effect: the mean found and the power must be those given (found, power)."""
    got = people.power(design, effect, **{"classes": MANY, "seed": 5} | how)
    found, power = page
    beside(title, {"found": got.found.mean, "power": got.power.mean}, {})
    print(f"  page: found {found}, power {power}")
    if found is not None:
        half = (got.found.high - got.found.low) / 2 / 1.96 * np.sqrt(1 + got.found.count / of_page)
        assert abs(got.found.mean - found) <= 4 * half + 0.0006, "rounded to three digits"
    classes = how.get("classes", MANY)
    assert abs(got.power.mean - power) <= 4 * error(power, of_page, classes) + 0.005
    return got


@pytest.mark.parametrize(
    ("planted", "found", "power"),
    [(-0.05, -0.045, 0.93), (-0.04, -0.036, 0.80), (-0.02, -0.017, 0.24), (0.0, 0.0, 0.05)],
)
def test_a_label(planted, found, power):
    find(f"label {planted}", LABELS, {"label": planted}, (found, power), of_page=300)


def test_a_default():
    within = find("default, 4 × 10", ARMS, {"default": 0.2}, (0.188, 1.0))
    apart = people.design(10, arms=people.ARMS, between=True)
    between = find("default, 15 persons per arm", apart, {"default": 0.2}, (None, 0.76))
    assert between.power.mean < within.power.mean


@pytest.mark.parametrize(
    ("planted", "students", "found", "power"),
    [
        (0.05, 60, 0.040, 0.63),
        (0.10, 60, 0.081, 0.99),
        (0.15, 60, 0.119, 1.0),
        (0.10, 20, 0.081, 0.71),
    ],
)
def test_trust_after_one_scripted_failure(planted, students, found, power):
    size = {"classes": 2000 if FULL else MANY, "students": students, "people": STEADY}
    title = f"extra fall {planted}, {students} students"
    find(title, FAILURE, {"trust": planted}, (found, power), 2000, **size)


def test_ordinary_rounds_do_not_tell_how_trust_reacts_to_errors():
    """Of 0.07 more distrust of an AI that erred, a third is found, one time in ten."""
    got = find("reaction", LABELS, {"reaction": 0.07, "label": -0.05}, (0.017, 0.11))
    assert abs(got.found.mean) < 0.07 / 2
    assert got.power.mean < 0.3
    scripted = people.power(FAILURE, {"trust": 0.1}, classes=MANY, people=STEADY)
    assert scripted.power.low > got.power.high


def test_override_value_by_expected_profit():
    """In USD a round; what is realised is as large, but luck hides it."""
    made = people.classes_of(ARMS, size=60, classes=MANY, seed=3)
    paper = people.NewsvendorProblem()
    value = paper.expected_profit(made.final) - paper.expected_profit(made.advice)
    realised = paper.profit(made.final, made.demand) - paper.profit(made.advice, made.demand)
    found, luck = (
        {arm: each.mean(axis=-1) for arm, each in people.by_arm(made, values).items()}
        for values in (value, realised)
    )
    page = {"alone": -45.1, "shown": -18.8, "default": -9.8, "approve-only": -28.3}
    beside("override value", {arm: each.mean() for arm, each in found.items()}, {})
    for arm, said in page.items():
        room = 4 * found[arm].std() * np.sqrt(1 / MANY + 1 / 400) + 0.06
        assert abs(found[arm].mean() - said) <= room, (arm, said, found[arm].mean())
    spreads = {"expected": found["shown"].std(), "realised": luck["shown"].std()}
    page = {"expected": 2.0, "realised": 7.2}
    beside(
        "spread of a class's mean, shown",
        spreads,
        page,
        4 / np.sqrt(2) * np.sqrt(1 / MANY + 1 / 400),
    )


def test_competence():
    """Learning, repeats and stated widths of a class; a single person is nearly all noise."""
    planted = {"learning": 0.01, "pull": 0.65, "pull_spread": 0.2, "mood": 20}
    got = find("learning", ALONE, planted, (-0.0056, 1.0), 1000)
    assert got.found.high < 0
    student = people.Students(**planted, width=np.log(0.8))
    made = people.classes_of(ALONE, student, size=60, classes=MANY, seed=4)
    lazy = np.random.default_rng(1).random(made.own.shape) < 0.1
    for at in range(1, 30):
        made.own[..., at] = np.where(lazy[..., at], made.own[..., at - 1], made.own[..., at])
    noise = _pairs(made, student.problem)["learning"][0].std(axis=1, ddof=1)
    beside("spread of one person's slope", {"sd": noise.mean()}, {"sd": 0.0064}, 0.05)
    again = (np.diff(made.own, axis=-1) == 0).mean()
    assert abs(again - 0.1) <= 4 * np.sqrt(0.09 / made.own[..., 1:].size)
    one = people.analyse(made, student.problem)
    for name, true in (("repeats", 0.1), ("width", np.log(0.8))):
        value = one[name]
        assert abs(value.mean - true) <= 4 * (value.high - value.low) / 4
    assert people.power(ALONE, {"width": np.log(0.8)}, classes=MANY).power.mean > 0.99


def test_hit_rates_call_the_right_width_overconfident():
    """Intervals of the right width, whose centre is a guess, hold 85 %: 56 % of classes 'fail'."""
    made = people.classes_of(people.design(10, arms=["alone"]), size=60, classes=MANY, seed=6)
    hits = ((made.low <= made.demand) & (made.demand <= made.high)).mean(axis=-1)
    gap, half, _ = _compared(hits, np.full_like(hits, 0.9))
    found = {"hit rate": hits.mean(), "classes called overconfident": (gap + half < 0).mean()}
    beside("right width, noisy centre", found, {})
    assert abs(found["hit rate"] - 0.849) <= 0.01
    assert abs(found["classes called overconfident"] - 0.56) <= 4 * error(0.56, 1000)


@pytest.mark.parametrize(
    ("name", "design", "students"),
    [
        ("label", LABELS, people.Students()),
        ("default", people.design(10, arms=["shown", "default"]), people.Students()),
        ("default", people.design(10, arms=people.ARMS, between=True), people.Students()),
        ("trust", FAILURE, STEADY),
        ("trust", FAILURE, DEAR),
        ("reaction", LABELS, people.Students()),
        ("learning", people.design(15, labels=people.LABELS), DEAR),
        ("width", ALONE, people.Students()),
    ],
)
def test_false_alarms(name, design, students):
    """Where nothing is planted 3 to 7 % of classes find something (fewer classes: within luck)."""
    classes = 4000 if FULL else 400
    got = people.power(design, {name: 0.0}, classes=classes, seed=8, people=students)
    beside(f"false alarms, {name}", {"share": got.power.mean}, {})
    room = 0 if FULL else 4 * np.sqrt(0.05 * 0.95 / classes) - 0.02
    assert 0.03 - room <= got.power.mean <= 0.07 + room


@pytest.mark.parametrize(
    ("name", "planted", "design"),
    [
        ("label", -0.08, people.design(15, labels=people.LABELS)),
        ("label", 0.06, LABELS),
        ("default", 0.12, people.design(8, arms=people.ARMS)),
        ("trust", 0.08, people.design(14, labels=people.LABELS, failure=6)),
    ],
)
def test_other_effects_on_another_paper_and_seed_are_recovered(name, planted, design):
    """The dear paper, other students, other luck: 95 % of intervals hold what is there.

    That is what a class of very many finds, for weights are cut to 0 … 1: nearly what was planted.
    """
    students = replace(STEADY, problem=DEAR.problem, forgets=0.05) if name == "trust" else DEAR
    there = people.power(design, {name: planted}, 1500, 20, 99, students).found
    assert there.high - there.low < 0.06 * abs(planted)
    assert 0.75 < there.mean / planted < 1.0, "a little is cut off at 0 and 1"
    room = 4 * np.sqrt(0.05 * 0.95 / (2 * MANY))
    who, held = replace(students, **{name: planted}), []
    for seed in (21, 22):
        gap, half, _ = _compared(
            *_pairs(people.classes_of(design, who, 40, MANY, seed), who.problem)[name]
        )
        held.append((np.abs(gap - there.mean) <= half).mean())
        error = np.hypot(gap.std() / np.sqrt(MANY), (there.high - there.low) / 4)
        assert abs(gap.mean() - there.mean) <= 4 * error
    beside(f"{name} {planted}", {"there": there.mean, "held": np.mean(held)}, {})
    assert abs(np.mean(held) - 0.95) <= room


def beer_costs(partners, persons, seed):
    """The wholesaler's own cost alone, and advised at a weight of half, by simulated persons."""
    luck = np.random.default_rng(seed)
    advice = people.AnchorAndAdjust(0.2, 1.0, 1.0, 40.0, starts=4)
    costs = []
    for _ in range(persons):
        theta, alpha, beta, stock = luck.normal([0.36, 0.26, 0.34, 17], [0.15, 0.12, 0.25, 6])
        own = people.AnchorAndAdjust(
            *np.clip([theta, alpha, beta, stock], [0, 0.02, 0, 0], [1, 1, 1.2, 99]), starts=4
        )
        weight = np.clip(luck.normal(0.5, 0.2), 0, 1)

        def heeds(view, own=own, weight=weight):
            return weight * ask(advice, view, "adviser") + (1 - weight) * ask(own, view, "own")

        rules = own, heeds
        runs = [tl.simulate(people.beer_chain({**partners, "wholesaler": r}), 1) for r in rules]
        costs.append([people.beer_cost(run, "wholesaler") for run in runs])
    return np.array(costs)


def rational():
    """Partners who count their whole pipeline."""
    rule = people.AnchorAndAdjust(0.2, 1.0, 1.0, 40.0, starts=4)
    return dict.fromkeys(people.STATIONS, rule) | {"factory": replace(rule, desired_stock=28)}


@pytest.mark.parametrize(
    ("partners", "costs", "power"),
    [({}, (690, 285), 1.00), (rational(), (274, 248), 0.30)],
    ids=["average partners", "rational partners"],
)
def test_the_advised_wholesaler(partners, costs, power):
    """30 alone and 30 advised: what advice is worth depends on the partners."""
    persons = 120 if FULL else 40
    found = beer_costs(partners, persons, seed=11)
    beside(
        "USD alone and advised",
        dict(zip(("alone", "advised"), found.mean(axis=0), strict=True)),
        {},
    )
    for mine, page, sd in zip(found.mean(axis=0), costs, found.std(axis=0), strict=True):
        assert abs(mine - page) <= 4 * sd * np.sqrt(1 / persons + 1 / 120) + 0.5
    share, error_of_it = redrawn_power(found)
    beside("power, 30 against 30", {"share": share, "its error": error_of_it}, {})
    assert abs(share - power) <= 4 * error_of_it * np.sqrt(1 + persons / 120) + 0.01
    assert (share > 0.95) == (power == 1.0)


def redrawn_power(costs, groups=1000):
    """How often 30 persons alone and 30 others advised differ, and how much that is luck."""
    luck, persons = np.random.default_rng(1), len(costs)

    def share(of, count):
        one, two = (of[luck.integers(0, persons, (count, 30)), at] for at in (0, 1))
        return (stats.ttest_ind(one, two, axis=1, equal_var=False).pvalue < 0.05).mean()

    again = [share(costs[luck.integers(0, persons, persons)], 200) for _ in range(100)]
    return share(costs, groups), np.std(again)
