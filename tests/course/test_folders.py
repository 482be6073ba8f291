"""The folders of a course: students cannot read what is right, teachers have it all."""

import csv
import re
import runpy
import shutil
import sys
from pathlib import Path

import nbformat
import pytest

import twinlab as tl
from tests.course import room
from twinlab.course import students

# The properties of nbgrader's schema 3 of a cell (its nbgraderformat/v3.json), by their kinds.
NBGRADER = {"schema_version": int, "grade": bool, "locked": bool, "solution": bool, "task": bool,
            "grade_id": str, "points": (int, float)}  # fmt: skip
HARD = "SOLVED_ONLY_HERE"
HERE = "notebooks/exercises/teacher"
SCRIPT = Path(__file__).parents[2] / HERE / "course.py"


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A folder with notebooks, as in the project."""
    folder = room.furnish(tmp_path / "notebooks")
    teacher = folder / "exercises" / "teacher" / "02_people.py"
    teacher.write_text(teacher.read_text() + f"\n{HARD} = 1\n")
    shutil.copy(SCRIPT, teacher.parent)
    commit(folder)
    (tmp_path / "datasets").mkdir()
    (tmp_path / "datasets" / "data.csv").write_text("a\n1\n")
    (folder / "played").mkdir()
    (tmp_path / "roster.csv").write_text("name\nAnn Lee\nBo Ek\n")
    monkeypatch.chdir(tmp_path)
    students.forget()
    yield tmp_path
    students.forget()


def do(monkeypatch, *words):
    monkeypatch.setattr(sys, "argv", ["course.py", *words])
    runpy.run_path(f"{HERE}/course.py", run_name="__main__")


def test_the_folders_of_a_course(place, monkeypatch):
    do(monkeypatch, "out", "--course", "SCOM-30", "--roster", "roster.csv")
    student, teacher = place / "out" / "student", place / "out" / "teacher"
    texts = {path: path.read_text() for path in student.rglob("*") if path.is_file()}
    assert not [path for path, text in texts.items() if HARD in text or "SOLUTIONS" in text]
    assert not list(student.rglob("teacher")) + list(student.rglob("played"))
    assert {path.name for path in texts} == {
        "02_people.ipynb", "02_people.py", "course.json", "data.csv"}  # fmt: skip
    # the student's: numbers of this course, and no way to what is right of 2.2
    monkeypatch.chdir(student / "notebooks")
    assert tl.course.enrol("Ann Lee").course == "SCOM-30"
    m = tl.course.numbers("2.2")
    assert tl.course.check("2.2", m.mean * (m.lead + 1)).status == "NOTED"
    assert tl.course.check("2.2", 1).status == "NOTED"
    assert tl.course.exercises(2)["2.2"].right(m) is None
    # the teacher's: answers of everybody, and the notebook with all of them
    monkeypatch.chdir(teacher / "notebooks")
    assert tl.course.check("2.2", m.mean * (m.lead + 1)).status == "PASS"
    with (teacher / "answers.csv").open(encoding="utf-8-sig") as file:
        rows = {(row["exercise"], row["name"]): row for row in csv.DictReader(file)}
    assert rows["2.2", "Ann Lee"]["answer"] == str(m.mean * (m.lead + 1))
    assert rows["2.2", "Ann Lee"]["numbers"] == str(m)
    assert {name for _, name in rows} == {"practice", "Ann Lee", "Bo Ek"}
    assert verdicts(teacher) == ["", "", "", "[TODO]", "[TODO]", "[TODO]"], "as it was committed"
    monkeypatch.chdir(place)
    with pytest.raises(SystemExit, match="is there already"):
        do(monkeypatch, "out")


def verdicts(teacher):
    """What the cells of the solved notebook show, but for the import."""
    solved = nbformat.read(teacher / "solutions" / room.BOOK, as_version=4)
    assert "right(" in solved.cells[2].source
    said = [[o.data["text/plain"][:6] for o in cell.outputs if "data" in o]
            for cell in solved.cells if cell.cell_type == "code"][1:]  # fmt: skip
    return ["".join(each) for each in said]


def commit(folder, cells=room.CELLS):
    """The notebook with its outputs, as the project keeps it."""
    said = {"text/plain": "[TODO] as it was committed"}
    shown = nbformat.v4.new_output("execute_result", said, execution_count=1)
    made = [nbformat.v4.new_code_cell(c, outputs=[shown], execution_count=1) for c in cells]
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("# People"), *made])
    nbformat.write(book, folder / room.BOOK)


def test_solved_notebooks_are_run_where_that_is_asked_for(place, monkeypatch, capfd):
    do(monkeypatch, "out", "--run")
    teacher = place / "out" / "teacher"
    assert verdicts(teacher) == ["[PASS]", "[PASS]", "[PASS]", "[TODO]", "[TODO]", "[TODO]"]
    assert "1 of 1: 02_people.ipynb ran in " in capfd.readouterr().out
    assert not (teacher / "answers.csv").exists(), "there is no roster"


def test_a_notebook_that_does_not_run_is_told_and_stays(place, monkeypatch, capfd):
    commit(place / "notebooks", [*room.CELLS[:-1], "1 / 0"])
    with pytest.raises(SystemExit, match="course: 1 of 1 notebooks did not run to their end"):
        do(monkeypatch, "out", "--run")
    said = capfd.readouterr().out
    assert "02_people.ipynb stays as it was: ZeroDivisionError: division by zero\n" in said
    assert verdicts(place / "out" / "teacher") == ["", "", "", "[TODO]", "[TODO]", "[TODO]"]


@pytest.mark.parametrize("words", ["emit", "emit moodle hub", "emit nbgrader", "make out"])
def test_what_the_script_does_not_know_it_says(place, monkeypatch, capsys, words):
    with pytest.raises(SystemExit):
        do(monkeypatch, *words.split())
    assert "write FOLDER, or emit nbgrader FOLDER" in capsys.readouterr().err


def test_sources_for_nbgrader(place, monkeypatch):
    do(monkeypatch, "emit", "nbgrader", "hub")
    source = place / "hub" / "source" / "02_people"
    assert not [path for path in source.rglob("*.py") if HARD in path.read_text()]
    book = nbformat.read(source / "02_people.ipynb", as_version=4)
    nbformat.validate(book)
    marked = [cell for cell in book.cells if "nbgrader" in cell.metadata]
    ids = [cell.metadata.nbgrader.grade_id for cell in marked]
    assert ids == ["answer_2_1", "test_2_1", "answer_2_2", "test_2_2", "answer_2_3", "test_2_3",
                   "read_2_4", "read_2_5"]  # fmt: skip
    for cell in marked:
        found = cell.metadata.nbgrader
        assert all(isinstance(value, NBGRADER[key]) for key, value in found.items())
        assert {"schema_version", "grade", "locked", "solution"} <= found.keys()
        assert re.fullmatch(r"[a-zA-Z0-9_\-]*", found.grade_id)
        assert ("points" in found) == found.grade
    released = [
        re.sub(r"### BEGIN (\w+).*?### END \1[^\n]*", "", c.source, flags=re.S) for c in marked
    ]
    assert not any("right" in text for text in released), "what nbgrader cuts out"
    assert not any("hand_in" in cell.source for cell in book.cells)
    # as solved by the teacher, and as by somebody who is wrong
    for wrong in (False, True):
        names = {}
        monkeypatch.chdir(source)
        for cell in book.cells:
            if cell.cell_type == "code" and not cell.source.startswith("### BEGIN HIDDEN"):
                exec(released_to(cell.source) if wrong else cell.source, names)
        tests = [c.source for c in marked if c.source.startswith("### BEGIN HIDDEN")]
        for test in tests:
            if wrong:
                with pytest.raises(AssertionError):
                    exec(test, names)
            else:
                exec(test, names)


def released_to(source):
    return re.sub(r"### BEGIN SOLUTION.*?### END SOLUTION", "", source, flags=re.S)


def test_sources_for_otter(place, monkeypatch):
    do(monkeypatch, "emit", "otter", "otter")
    source = place / "otter" / "02_people"
    book = nbformat.read(source / "02_people.ipynb", as_version=4)
    nbformat.validate(book)
    raw = [cell.source.partition("\n")[0] for cell in book.cells if cell.cell_type == "raw"]
    question = ["# BEGIN QUESTION", "# BEGIN SOLUTION", "# END SOLUTION", "# END QUESTION"]
    tested = [*question[:3], "# BEGIN TESTS", "# END TESTS", question[3]]
    assert raw == ["# ASSIGNMENT CONFIG", *tested * 3, *question * 2]
    config = book.cells[0].source
    assert "files:\n  - exercises\nautograder_files:\n  - teacher" in config
    assert HARD in (source / "teacher" / "exercises" / "teacher" / "02_people.py").read_text()
    assert not (source / "exercises" / "teacher").exists()
    heads = [cell.source for cell in book.cells if cell.source.startswith("# BEGIN QUESTION")]
    assert heads[0] == "# BEGIN QUESTION\nname: q2_1\npoints: 1"
    assert heads[3].endswith("manual: true")
    tests = [cell.source for cell in book.cells if cell.source.startswith("# HIDDEN")]
    names = {}
    monkeypatch.chdir(source)  # Otter runs the solved notebook here, and its tests
    for cell in book.cells:
        if cell.cell_type == "code" and not cell.source.startswith("# HIDDEN"):
            exec(cell.source, names)
    for test in tests:
        exec(test, names)
    names["answer_1"] = -5
    with pytest.raises(AssertionError):
        exec(tests[0], names)
