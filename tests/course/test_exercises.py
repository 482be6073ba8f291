"""Every exercise answers kindly: right, not yet with the hint that helps, or not begun."""

import math
import re
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from random import Random

import nbformat
import numpy as np
import pandas as pd
import pytest

import twinlab as tl
from twinlab.course import Student, exercises, students
from twinlab.course.exercises import call
from twinlab.course.plays import PlayFirst

NOTEBOOKS = sorted((Path(__file__).parents[2] / "notebooks").glob("*.ipynb"))
ASKED = re.compile(r'tl\.course\.check\(\s*"(\d+\.\d+)"')
PEOPLE = [Student(), Student("Ann Lee", "SCOM"), Student("Bo Ek", "SCOM")]

BY_NOTEBOOK = {int(path.name[:2]): exercises(int(path.name[:2])) for path in NOTEBOOKS}
EXERCISES = {number: made for found in BY_NOTEBOOK.values() for number, made in found.items()}
OWN = [number for number, made in EXERCISES.items() if made.draw]
WHO = [(n, who) for n, made in EXERCISES.items() for who in PEOPLE[: 3 if made.draw else 1]]
SOLVED = [(number, who) for number, who in WHO if EXERCISES[number].solve]
SLIPS = [(number, who, hint) for number, who in WHO for hint in EXERCISES[number].slips]


class Evil:
    """Answers every question about itself with an error."""

    def __getattr__(self, name):
        raise RuntimeError(name)

    def __eq__(self, other):
        raise RuntimeError("no")

    __hash__ = None
    __lt__ = __gt__ = __float__ = __repr__ = __str__ = __eq__


LOOP = [1]
LOOP.append(LOOP)
NASTY = [
    "", "seven", "nan", -77, 10**400, 1e308, math.nan, math.inf, -math.inf, 2j, b"x", True, False,
    [], (), {}, set(), [[]], [-7, -2], (-1, "a", None), {"a": 1}, LOOP, object(), Evil(), Evil, len,
    lambda: 1, lambda *given: Evil(), range(3), iter([1]), Fraction(-1, 3), Decimal("NaN"),
    Decimal("-1.57"), np.array([]), np.array([[-3.7]]), np.array(["a", "b"]), np.float32("nan"),
    np.datetime64("2026-01-01"), pd.Series([-1.0, -2.0]), pd.DataFrame({"a": [-1]}), pd.NA, pd.NaT,
    pd.Timestamp("2026-01-01"), ValueError("x"), NotImplemented, type, tl, "x" * 100_000,
]  # fmt: skip


def wrong(number):
    """An answer of the right kind that is neither right nor a known slip."""
    kind = EXERCISES[number].such_as
    if isinstance(kind, bool):
        return not EXERCISES[number].solve()
    if isinstance(kind, str):
        return f"not {kind}"
    if isinstance(kind, tuple | list):
        return tuple(f"not {part}" if isinstance(part, str) else -98765.4 for part in kind)
    return -98765.4


@pytest.fixture(autouse=True)
def nobody_yet():
    students.forget()
    yield
    students.forget()


def test_exercises_are_numbered_by_notebook():
    for at, found in BY_NOTEBOOK.items():
        assert list(found) == [f"{at}.{number}" for number in range(1, len(found) + 1)]
        assert len(found) >= 2, f"{at}: at least two exercises"


def test_a_file_of_exercises_is_called_like_its_notebook():
    folder = NOTEBOOKS[0].parent / "exercises"
    assert [path.stem for path in sorted(folder.glob("*.py"))] == [p.stem for p in NOTEBOOKS]
    solved = {p.stem for p in folder.glob("teacher/*.py")} - {"course"}  # which makes the folders
    assert solved <= {p.stem for p in NOTEBOOKS}


@pytest.mark.parametrize("folder", [".", "notebooks"])
def test_exercises_are_found_from_the_project_and_from_the_notebook(folder, monkeypatch):
    monkeypatch.chdir(NOTEBOOKS[0].parents[1] / folder)
    assert tl.course.check("9.1").status == "TODO"


def test_without_the_folder_of_exercises_one_is_told_where_it_belongs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(tl.ScenarioError, match="keep the folder 'exercises'"):
        tl.course.check("0.1", 18)


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("EXERCISES = {'0.1': 18}", "00_mine.py: '0.1' must be made by Exercise"),
        ("exercises = {}", "00_mine.py: AttributeError: .* 'EXERCISES'"),
        ("EXERCISES = {", "00_mine.py: SyntaxError: "),
        ("1 / 0", "00_mine.py: ZeroDivisionError: division by zero"),
    ],
)
def test_a_file_that_is_none_of_exercises_says_why(written, told, tmp_path, monkeypatch):
    (tmp_path / "exercises").mkdir()
    (tmp_path / "exercises" / "00_mine.py").write_text(written)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(tl.ScenarioError, match=told):
        tl.course.check("0.1", 18)


OWN_FILE = """
import twinlab as tl

EXERCISES = {
    "12.1": tl.course.Exercise("12/1", solve=lambda: (2, "shop"), such_as=(0, "a name")),
    "12.2": tl.course.Exercise(
        "12/1",
        solve=lambda cost, price: 300 * (1 - cost / price),
        draw=lambda luck: {"cost": luck.uniform(2, 6), "price": luck.uniform(8, 20), "more": 1},
        slips={"that is the chance to run out.": lambda cost, price: 300 * cost / price},
    ),
    "12.3": tl.course.Exercise("12/2", draw=lambda luck: {"rate": luck.uniform(1, 2)}),
    "12.4": tl.course.Exercise("12/2", judge=tl.course.sentence(words=3), such_as="words"),
    "12.5": tl.course.Exercise("12/2", judge=lambda rule: rule(2) == 4, such_as=len),
    "12.6": tl.course.Exercise("12/2", judge=tl.course.played("beer"), such_as=True),
}
"""
TEACHER = """
import twinlab as tl

SOLUTIONS = {"12.3": tl.course.Solution(lambda rate: 10 * rate, slips={"ten times": lambda: 10})}
"""


@pytest.fixture
def teacher(tmp_path, monkeypatch):
    (tmp_path / "exercises" / "teacher").mkdir(parents=True)
    (tmp_path / "exercises" / "12_mine.py").write_text(OWN_FILE)
    (tmp_path / "exercises" / "teacher" / "12_mine.py").write_text(TEACHER)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_teacher_s_own_exercises_are_checked_alike(teacher):
    assert tl.course.check("12.1", (2, "Shop")).status == "PASS"
    with pytest.raises(tl.ScenarioError, match="no exercise '7"):
        tl.course.check("7.1", 1)


def test_everybody_has_numbers_of_their_own(teacher):
    practice = tl.course.numbers("12.2")
    assert tl.course.numbers(12.2) == practice
    tl.course.enrol("Ann Lee", course="SCOM")
    ann = tl.course.numbers("12.2")
    tl.course.enrol(" ann  LEE ", course="SCOM")
    assert tl.course.numbers("12.2") == ann == {**ann}
    assert ann != practice
    assert repr(ann) == f"cost = {ann.cost}, price = {ann.price}, more = 1"
    right = 300 * (1 - ann["cost"] / ann.price)
    assert tl.course.check("12.2", right).status == "PASS"
    assert "run out" in tl.course.check("12.2", 300 - right).words
    tl.course.enrol("Bo Ek", course="SCOM")
    assert tl.course.check("12.2", right).status == "NOT YET"


def test_without_the_teacher_s_folder_an_answer_is_taken_down(teacher):
    rate = tl.course.numbers("12.3").rate
    assert tl.course.check("12.3", 10 * rate).status == "PASS"
    assert "ten times" in tl.course.check("12.3", 10).words
    (teacher / "exercises" / "12_mine.py").rename(teacher / "exercises" / "12_hers.py")
    assert repr(tl.course.check("12.3", 3.0)) == "[NOTED] 12.3: 3 is taken down."
    assert "a number" in tl.course.check("12.3", "three").words


def test_a_sentence_a_rule_and_a_game(teacher):
    assert "3 words" in tl.course.check("12.4", "too short").words
    assert tl.course.check("12.4", "this is enough").status == "NOTED"
    assert tl.course.check("12.5", lambda x: x * x).status == "PASS"
    assert "function" in tl.course.check("12.5", 4).words
    assert "TypeError" in tl.course.check("12.5", lambda: 4).words
    assert "to its end" in tl.course.check("12.6", True).words


def test_a_game_that_is_not_over_is_no_answer_yet(teacher):
    told = tl.course.check("12.2", PlayFirst("play first: week 5 of 36").score)
    assert repr(told) == "[TODO] 12.2: play first: week 5 of 36"


def test_any_number_is_a_number(teacher):
    right = 300 * (1 - tl.course.numbers("12.2").cost / tl.course.numbers("12.2").price)
    batch = tl.modeling.estimate([right - 0.1, right, right + 0.1])
    forms = [np.float64(right), np.array([right]), pd.Series([right]), pd.DataFrame([[right]])]
    for form in [*forms, Fraction(right), Decimal(right), [right], (right,), batch]:
        assert tl.course.check("12.2", form).status == "PASS", form


@pytest.mark.parametrize("number", EXERCISES)
def test_whatever_is_typed_there_is_an_answer_in_words(number):
    made = EXERCISES[number]
    for answer in NASTY:
        if isinstance(answer, bool) and isinstance(made.such_as, bool):
            continue  # one of them is right
        assert tl.course.check(number, answer).status in {"NOT YET", "NOTED"}, type(answer)


@pytest.mark.parametrize(("number", "student"), SOLVED, ids=str)
def test_the_exercise_s_own_answer_passes(number, student):
    made, own = EXERCISES[number], student.draw(number, EXERCISES[number].draw)
    assert made.assess(call(made.solve, own), own).status == "PASS"


@pytest.mark.parametrize("number", EXERCISES)
def test_nothing_typed_yet_is_no_mistake(number):
    assert repr(tl.course.check(number, None)).startswith(f"[TODO] {number}: ")


# A judge has hints of its own, and the wrong of yes and no may be a slip.
STEPS = [n for n, e in EXERCISES.items() if not e.judge and not isinstance(e.such_as, bool)]


@pytest.mark.parametrize("number", STEPS)
def test_hints_come_in_steps_and_the_last_one_stays(number):
    made, answer = EXERCISES[number], wrong(number)
    assert len(made.hints) >= 2, "a first hint and one that goes further"
    said = [tl.course.check(number, answer) for _ in range(len(made.hints) + 1)]
    assert {verdict.status for verdict in said} == {"NOT YET"}
    shown = [verdict.words.partition("Hint: ")[2] for verdict in said]
    assert shown == [*made.hints, made.hints[-1]]


@pytest.mark.parametrize(("number", "student", "hint"), SLIPS, ids=str)
def test_a_known_slip_gets_its_own_hint(number, student, hint):
    made, own = EXERCISES[number], student.draw(number, EXERCISES[number].draw)
    assert made.assess(call(made.slips[hint], own), own).words == hint


@pytest.mark.parametrize("number", EXERCISES)
def test_another_kind_of_answer_is_named(number):
    made = EXERCISES[number]
    other = 7 if isinstance(made.such_as, str | tuple | list) else "seven"
    words = tl.course.check(number, other).words
    kinds = {bool: "True or False", str: "in quotes", tuple: "parts", list: "parts"}
    usual = "a function" if callable(made.such_as) else "a number, without quotes and units"
    assert kinds.get(type(made.such_as), usual) in words


@pytest.mark.parametrize("number", OWN)
def test_nearly_everybody_has_other_numbers(number):
    people = [Student(f"Student {at}", "SCOM") for at in range(60)]
    sets = {repr(student.draw(number, EXERCISES[number].draw)) for student in people}
    assert len(sets) >= 59
    many = {repr(EXERCISES[number].draw(Random(seed))) for seed in range(3000)}
    assert len(many) >= 2520, "of 10,000 sets 3,000 draws meet 2,592 ± 18; fewer are too few"


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)
def test_the_notebook_asks_what_its_chapter_knows(path):
    cells = nbformat.read(path, as_version=4).cells
    asked = [number for cell in cells if cell.cell_type == "code"
             for number in ASKED.findall(cell.source)]  # fmt: skip
    chapter = int(path.name[:2])
    assert asked == [n for n in EXERCISES if n.startswith(f"{chapter}.")]


@pytest.mark.parametrize(
    ("notebook", "name", "made"),
    [
        (0, "calm", lambda module: module.calm()),
        (7, "chain", lambda module: module.chain()),
        (11, "twin", lambda module: module.first()),
    ],
)
def test_exercises_are_about_the_notebook_s_chain(notebook, name, made):
    """The chain stands in the notebook, for reading, and in the exercises: it is the same."""
    path = next(path for path in NOTEBOOKS if path.name.startswith(f"{notebook:02}_"))
    built = {"display": repr}
    for cell in nbformat.read(path, as_version=4).cells:
        aside = any(word in cell.source for word in ("tl.task", "tl.replicate"))
        if (
            cell.cell_type == "code"
            and name not in built
            and (not aside or f"{name} =" in cell.source)
        ):
            exec(cell.source, built)
    assert made(tl.course.read_exercises(notebook)) == built[name]
