"""Answers as people type them: rounded, by another way, the other way round. Right is right."""

import math
from random import Random

import pytest

from twinlab.course import Student, exercises, read_exercises

NAMES = ("Ann Lee", "Bo Ek", "Cy Oh", "Jürgen Öz", "李 明")


def sheet(number):
    """An exercise, and the numbers of five students."""
    made = exercises(int(number.partition(".")[0]))[number]
    return made, [dict(Student(name, "SCOM").draw(number, made.draw)) for name in NAMES]


def typed(answer, form):
    """A number, or each of several, as it is typed."""
    if isinstance(answer, str):
        return answer
    return tuple(typed(a, form) for a in answer) if isinstance(answer, tuple) else form(answer)


@pytest.mark.parametrize(
    "number", "0.1 1.2 2.2 3.1 5.3 6.1 8.1 8.3 9.3 10.1 10.2 10.4 10.5 11.1 11.2".split()
)
def test_three_digits_are_enough(number):
    made, people = sheet(number)
    luck = [made.draw(Random(seed)) for seed in range(200 * (number not in ("0.1", "3.1")))]
    for own in people + luck:
        said = typed(made.right(own), lambda x: float(f"{x:.3g}"))
        assert made.assess(said, own).status == "PASS", (own, said, made.right(own))


@pytest.mark.parametrize("number", ["2.2", "10.1", "11.2"])
def test_a_share_may_be_typed_in_percent_of_two_digits(number):
    made, people = sheet(number)
    for own in people + [made.draw(Random(seed)) for seed in range(200)]:
        assert made.assess(round(made.right(own), 2), own).status == "PASS", own


def test_money_in_whole_thousands():
    made, people = sheet("9.3")
    for own in people + [made.draw(Random(seed)) for seed in range(200)]:
        assert made.assess(round(made.right(own)), own).status == "PASS", own


def test_nobody_begins_a_part_of_a_sheet():
    made, people = sheet("10.4")
    for own in people + [made.draw(Random(seed)) for seed in range(200)]:
        right = made.right(own)
        assert made.assess(math.ceil(right), own).status == "PASS", own
        assert made.assess(math.ceil(right) + 1, own).status == "NOT YET", own


def test_the_pull_is_one_and_not_its_opposite():
    """Orders lie between the best one and the mean: a way by hand has one sign only."""
    made, people = sheet("2.2")
    for own in people + [made.draw(Random(seed)) for seed in range(500)]:
        best, mean = 300 * (1 - own["cost"] / 12), 150.5
        by_hand = abs(own["order"] - best) / abs(mean - best)
        assert made.assess(by_hand, own).status == "PASS"
        assert 0.25 < by_hand < 0.95


def test_the_ends_of_an_interval_may_be_turned_round():
    seven, (own, *_) = read_exercises(7), sheet("7.2")[1]
    low, high = seven.nine(**own)
    assert seven.holds((low, high), **own) == seven.holds((high, low), **own) == True  # noqa: E712


def test_a_mean_is_no_root_mean_square():
    """The wrong way leads elsewhere, whatever numbers are drawn."""
    made, people = sheet("8.1")
    eight = read_exercises(8)
    for own in people + [made.draw(Random(seed)) for seed in range(500)]:
        measured = eight.measured(own["before"], own["then"], own["after"])
        assert made.assess(float(abs(measured - own["model"]).mean()), own).status == "NOT YET"


def test_a_day_that_costs_next_to_nothing():
    made, _ = sheet("9.2")
    nearly = {"seed": 10, "day": 100}  # the same day: nothing
    assert made.assess(0.004, nearly).status == "PASS"
    assert made.assess(0.02, nearly).status == "NOT YET"
