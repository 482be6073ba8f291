"""What advice did to a class: who is compared with whom, and what is said of too little."""

import numpy as np
import pytest

import twinlab as tl
from twinlab import people
from twinlab.people.experiment import _compared

LABELS = people.design(10, labels=people.LABELS)


def rows(code, label, *weights, first=1):
    """Rounds of a person with these weights of advice, from 100 towards 200."""
    return [
        people.Round(code, at, "shown", label, own=100, advice=200, final=100 + 100 * w, demand=100)
        for at, w in enumerate(weights, start=first)
    ]


def apart(crossed=0, persons=40):
    """Persons under one label each, of a weight of 0.6 or of 0.3; some change it half-way."""
    luck, made = np.random.default_rng(0), []
    for person in range(persons):
        for part in range(2):
            label = (person + (part and person < crossed)) % 2
            weights = np.clip((0.6, 0.3)[label] + luck.normal(0, 0.1, 5), 0, 1)
            made += rows(f"p{person}", people.LABELS[label], *weights, first=1 + 5 * part)
    return people.Decisions(tuple(made))


def test_nothing_in_usd_without_the_problem():
    """Rows do not tell the cost of a paper: what needs it is left out, not assumed."""
    made = people.classes_of(
        people.design(arms=people.ARMS),
        people.Students(problem=people.NewsvendorProblem(cost=9)),
        size=40,
    )
    own = people.analyse(made)
    assert own["override alone"].high < 0, "who deviates from good advice loses"
    assert own == people.analyse(made, made.problem)
    told = people.analyse(made._replace(problem=None))
    assert own.keys() - told.keys() == {
        "learning", "width", *(f"override {arm}" for arm in people.ARMS)
    }  # fmt: skip
    assert all(told[name] == own[name] for name in told)


def test_decisions_of_a_beer_game_are_not_judged_as_a_newsvendors():
    decided = []
    for k in range(3):
        game = people.AdvisedGame(
            people.BeerGame("wholesaler"),
            lambda game: 30.0,
            [people.Block("shown", "AI", 32)],
            f"k{k}",
        )
        while not game.over:
            game.state_own(4 + k)
            game.decide(6 + k)
        decided += game.decided
    found = people.analyse(people.Decisions(tuple(decided)))
    assert found.keys() == {"weight shown", "repeats"}


def test_two_who_played_both_labels_do_not_throw_the_others_away():
    pure = people.analyse(apart())["label"]
    assert pure.count == 40
    assert pure.low < -0.3 < pure.high < -0.25
    mixed = people.analyse(apart(crossed=2))["label"]
    assert mixed.count == 38
    assert mixed.high - mixed.low < 1.2 * (pure.high - pure.low)
    pairs = people.analyse(apart(crossed=30))["label"]
    assert pairs.count == 30
    assert pairs.low < -0.3 < pairs.high < -0.25


def test_each_class_is_compared_by_its_own_persons():
    """One class that has no pairs does not take them from the others."""
    luck = np.random.default_rng(1)
    first, second = luck.normal(0, 1, (2, 3, 12)) + luck.normal(0, 5, (3, 12))
    first[1, :6] = second[1, 6:] = np.nan
    gap, half, count = _compared(first, second)
    assert count.tolist() == [12, 12, 12]
    for at in range(3):
        alone = _compared(first[at], second[at])
        assert np.allclose([gap[at], half[at]], alone[:2])
    assert half[1] > 2 * max(half[0], half[2]), "persons differ more than they change"
    with np.errstate(all="raise"):
        assert np.isnan(_compared(first[0, :1], second[0, :1])[1])


@pytest.mark.parametrize("crossed", [0, 10, 30])
def test_false_alarms_whoever_played_both(crossed):
    """Where nothing differs 5 % of classes find something, of 30 in pairs or in groups."""
    luck, classes = np.random.default_rng([2, crossed]), 4000
    first, second = luck.normal(0, 1, (2, classes, 30)) + luck.normal(0, 1, (classes, 30))
    first[:, crossed::2] = second[:, crossed + 1 :: 2] = np.nan
    gap, half, _ = _compared(first, second)
    assert abs((np.abs(gap) > half).mean() - 0.05) <= 4 * np.sqrt(0.05 * 0.95 / classes)


def test_all_follow_one_label_and_nobody_the_other():
    """No spread at all, between groups: a difference of 1, not a missing row."""
    made = [row for k in range(6) for row in rows(f"k{k}", people.LABELS[k % 2], *[k % 2] * 4)]
    with np.errstate(all="raise"):
        found = people.analyse(people.Decisions(tuple(made)))["label"]
    assert (found.mean, found.low, found.high, found.count) == (1, 1, 1, 6)


def test_a_row_that_one_person_tells_is_left_out():
    many = [row for k in range(5) for row in rows(f"k{k}", "AI", 0.3, 0.5, 0.1 * k)]
    one = people.Round("k0", 4, "default", "AI", own=100, advice=200, final=160, demand=100)
    found = people.analyse(people.Decisions((*many, one)))
    assert found.keys() == {"weight shown", "repeats"}
    near = [people.Round(f"k{k}", 1, "shown", "AI", 195, 200, 198, 100) for k in range(5)]
    assert not people.analyse(people.Decisions(tuple(near)))
    gaps = [row for row in many if row.round != 2]
    assert people.analyse(people.Decisions(tuple(gaps))).keys() == {"weight shown"}


@pytest.mark.parametrize(
    ("plan", "effect", "students"),
    [
        (LABELS, "label", 1),
        (people.design(10, labels=people.LABELS, between=True), "label", 3),
        (LABELS, "default", 20),
        (LABELS, "trust", 20),
    ],
)
def test_no_power_of_a_class_that_cannot_tell(plan, effect, students):
    with pytest.raises(tl.ScenarioError, match=f"{students} students .* do not tell {effect}: let"):
        people.power(plan, {effect: 0.2}, students, classes=20)


@pytest.mark.parametrize(
    ("plan", "effect", "planted", "share"),
    [
        (LABELS, "label", -0.05, 0.9),
        (LABELS, "label", -0.3, 0.8),
        (people.design(10, labels=people.LABELS, failure=6), "trust", 0.15, 0.65),
    ],
)
def test_how_much_is_found_of_what_is_planted(plan, effect, planted, share):
    """As ``power`` says: weights are cut to 0 … 1."""
    found = people.power(plan, {effect: planted}, 60, classes=300, seed=31).found
    assert abs(found.mean / planted - share) <= 0.03 + 2 * (found.high - found.low) / abs(planted)
