"""Every exercise answers kindly: right, not yet with the hint that helps, or not begun."""

import re
from pathlib import Path

import nbformat
import pytest

import twinlab as tl
from twinlab.lab import checks

NOTEBOOKS = sorted((Path(__file__).parents[2] / "notebooks").glob("*.ipynb"))
ASKED = re.compile(r'tl\.lab\.check\(\s*"(\d+\.\d+)"')


BY_NOTEBOOK = {
    int(path.name[:2]): checks.read_exercises(int(path.name[:2])).EXERCISES for path in NOTEBOOKS
}
EXERCISES = {number: made for found in BY_NOTEBOOK.values() for number, made in found.items()}
SLIPS = [(number, hint) for number, made in EXERCISES.items() for hint in made.slips]


def wrong(number):
    """An answer of the right kind that is neither right nor a known slip."""
    answer = EXERCISES[number].answer()
    if isinstance(answer, bool):
        return not answer
    if isinstance(answer, str):
        return f"not {answer}"
    if isinstance(answer, tuple | list):
        return tuple(f"not {part}" if isinstance(part, str) else -98765.4 for part in answer)
    return -98765.4


@pytest.fixture(autouse=True)
def first_try(monkeypatch):
    monkeypatch.setattr(checks, "_tries", type(checks._tries)())


def test_exercises_are_numbered_by_notebook():
    for at, found in BY_NOTEBOOK.items():
        assert list(found) == [f"{at}.{number}" for number in range(1, len(found) + 1)]
        assert len(found) in (2, 3), f"{at}: two or three exercises"


def test_a_file_of_exercises_is_called_like_its_notebook():
    files = sorted((NOTEBOOKS[0].parent / "exercises").glob("*.py"))
    assert [path.stem for path in files] == [path.stem for path in NOTEBOOKS]


@pytest.mark.parametrize("folder", [".", "notebooks"])
def test_exercises_are_found_from_the_project_and_from_the_notebook(folder, monkeypatch):
    monkeypatch.chdir(NOTEBOOKS[0].parents[1] / folder)
    assert tl.lab.check("9.1").status == "TODO"


def test_without_the_folder_of_exercises_one_is_told_where_it_belongs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(tl.ScenarioError, match="keep the folder 'exercises'"):
        tl.lab.check("0.1", 18)


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("EXERCISES = {'0.1': 18}", "00_mine.py: '0.1' must be an Exercise"),
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
        tl.lab.check("0.1", 18)


def test_a_teacher_s_own_exercises_are_checked_alike(tmp_path, monkeypatch):
    (tmp_path / "exercises").mkdir()
    (tmp_path / "exercises" / "12_mine.py").write_text(
        "import twinlab as tl\nEXERCISES = {'12.1': tl.lab.Exercise(lambda: (2, 'shop'))}"
    )
    monkeypatch.chdir(tmp_path)
    assert tl.lab.check("12.1", (2, "Shop")).status == "PASS"
    with pytest.raises(tl.ScenarioError, match="no exercise '7"):
        tl.lab.check("7.1", 1)


@pytest.mark.parametrize("number", EXERCISES)
def test_the_exercise_s_own_answer_passes(number):
    verdict = tl.lab.check(number, EXERCISES[number].answer())
    assert verdict.status == "PASS", verdict


@pytest.mark.parametrize("number", EXERCISES)
def test_nothing_typed_yet_is_no_mistake(number):
    assert repr(tl.lab.check(number, None)).startswith(f"[TODO] {number}: ")


@pytest.mark.parametrize("number", EXERCISES)
def test_hints_come_in_steps_and_the_last_one_stays(number):
    hints = EXERCISES[number].hints
    assert len(hints) >= 2, "a first hint and one that goes further"
    answer = wrong(number)
    if isinstance(EXERCISES[number].answer(), bool):
        pytest.skip("the only wrong answer to a yes-or-no question may be a slip")
    said = [tl.lab.check(number, answer) for _ in range(len(hints) + 1)]
    assert {verdict.status for verdict in said} == {"NOT YET"}
    shown = [verdict.words.partition("Hint: ")[2] for verdict in said]
    assert shown == [*hints, hints[-1]]


@pytest.mark.parametrize(("number", "hint"), SLIPS)
def test_a_known_slip_gets_its_own_hint(number, hint):
    verdict = tl.lab.check(number, EXERCISES[number].slips[hint]())
    assert verdict.status == "NOT YET", verdict
    assert verdict.words.endswith(f"Hint: {hint}")


@pytest.mark.parametrize("number", EXERCISES)
def test_another_kind_of_answer_is_named(number):
    answer = EXERCISES[number].answer()
    other = 7 if isinstance(answer, str | tuple | list) else "seven"
    words = tl.lab.check(number, other).words
    kinds = {bool: "True or False", str: "in quotes", tuple: "parts", list: "parts"}
    assert kinds.get(type(answer), "a number, without quotes and units") in words


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
    assert made(checks.read_exercises(notebook)) == built[name]
