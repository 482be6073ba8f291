"""What is kept beside the notebook, and the file that is handed in."""

import json
import linecache
import os
from argparse import Namespace
from pathlib import Path

import nbformat
import numpy as np
import pandas as pd
import pytest
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell

import twinlab as tl
from tests.course import room
from twinlab.course import Play, students
from twinlab.course.grading import grade
from twinlab.course.hand_ins import digest
from twinlab.course.plays import FORMAT, replay
from twinlab.course.students import read


@pytest.fixture
def desk(tmp_path, monkeypatch):
    """A student's folder: the notebook beside its exercises, and no solutions."""
    room.furnish(tmp_path)
    (tmp_path / "exercises" / "teacher" / "02_people.py").unlink()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TWINLAB_PLAYED", "played")
    monkeypatch.setenv("JPY_SESSION_NAME", str(tmp_path / room.BOOK))
    students.forget()
    yield tmp_path
    students.forget()


def run(cells):
    """Run cells as a kernel does, which remembers their code; the values of their last lines."""
    names, said = {}, []
    for at, cell in enumerate(cells):
        file = f"/tmp/ipykernel_1/{at}-{digest(cell)[:8]}.py"
        linecache.cache[file] = (len(cell), None, cell.splitlines(keepends=True), file)
        lines = cell.rstrip().rpartition("\n")
        exec(compile(lines[0], file, "exec"), names)
        if lines[2].startswith("tl."):
            blank = "\n" * (cell.count("\n") + 1)
            said.append(eval(compile(blank + lines[2], file, "eval"), names))
        else:
            exec(compile(lines[2], file, "exec"), names)
    return said


def save(cells, later=5):
    """Save the notebook, some seconds after the answers."""
    notebook = nbformat.read(room.BOOK, as_version=4)
    for cell, text in zip(notebook.cells[1:], cells, strict=True):
        cell.source = text
    nbformat.write(notebook, room.BOOK)
    when = os.stat(room.BOOK).st_mtime + later
    os.utime(room.BOOK, (when, when))


def test_all_is_in_one_file(desk):
    cells = [room.CELLS[0] + '\ntl.course.enrol("Ann Lee")', *room.solved("Ann Lee")[1:-1]]
    play = Play.begin("newsvendor", {"cost": 9.0, "rounds": 6, "seed": 1}).keep([150] * 5)
    said = [verdict.status for verdict in run(cells)[1:]]
    assert said == ["PASS", "NOTED", "NOTED", "NOTED", "NOT YET"], "the game is not over"
    play.keep([150] * 6, over=True)
    assert run(cells)[-1].status == "PASS", "played before one enrolled"
    save([*cells, room.CELLS[-1]])
    told = tl.course.hand_in()
    assert repr(told).startswith("[NOTED] hand-in/02-ann-lee.json holds 5 answers, all that there")
    made = json.loads((desk / "hand-in" / "02-ann-lee.json").read_text())
    assert made["cells"] == [*cells, room.CELLS[-1]]
    assert made["answers"] == {**room.right("Ann Lee"), "2.3": "def order", "2.5": True,
                               "2.4": "I, Ann Lee, would wait for it"}  # fmt: skip
    assert [play["orders"] for play in made["plays"]] == [[150] * 6]
    assert made.pop("digest") == digest(made)
    assert made["sha256"] == digest(made["cells"])


def test_in_a_real_kernel_and_graded(desk, monkeypatch):
    """Run in Jupyter, saved, handed in, and graded: all that is right has its mark."""
    monkeypatch.setenv("PYTHONPATH", str(Path(tl.__file__).parents[1]))
    enrolled = room.CELLS[0] + '\ntl.course.enrol("Ann Lee")\n%config Completer.use_jedi = False'
    saved = "import glob, os, time\nfor file in glob.glob('*.ipynb'):\n    "
    saved += "os.utime(file, (time.time() + 5,) * 2)"
    play = 'from twinlab.course import Play\nplay = Play.begin("newsvendor", {"cost": 9.0, '
    play += '"rounds": 6, "seed": 1}).keep([150] * 6, over=True)'
    book = nbformat.read(room.BOOK, as_version=4)
    cells = [enrolled, play, *room.solved("Ann Lee")[1:-1], saved, room.CELLS[-1]]
    book.cells = [new_code_cell(cell) for cell in cells]
    nbformat.write(book, room.BOOK)
    NotebookClient(book, timeout=60, resources={"metadata": {"path": str(desk)}}).execute()
    assert "holds 5 answers, all" in book.cells[-1].outputs[0].data["text/plain"]
    (desk / "exercises" / "teacher" / "02_people.py").write_text(room.SOLVED)
    (desk / "roster.csv").write_text("name\nAnn Lee\n")
    grade(Namespace(hand_ins=desk / "hand-in", roster=desk / "roster.csv", teacher=desk,
                    seconds=60, memory=4, workers=1, out=desk / "marks.csv"))  # fmt: skip
    (row,) = pd.read_csv(desk / "marks.csv").to_dict("records")
    assert [row[number] for number in ("2.1", "2.2", "2.3", "2.4", "2.5")] == [1] * 5, row
    assert np.isnan(row["flags"])


def test_nobody_and_half_done(desk):
    assert "nobody is enrolled" in repr(tl.course.hand_in())
    tl.course.enrol("Ann Lee")
    run([room.CELLS[0], 'tl.course.check("2.1", 1)'])
    save([room.CELLS[0], 'tl.course.check("2.1", 1)', *room.CELLS[2:]])
    assert "not answered yet: 2.2, 2.3, 2.4, 2.5" in tl.course.hand_in(room.BOOK).words
    assert not list(desk.rglob("*.part"))


def test_the_notebook_must_be_saved_first(desk):
    tl.course.enrol("Ann Lee")
    save(room.CELLS, later=-60)
    run([room.CELLS[0], 'tl.course.check("2.1", 100)'])
    assert "save the notebook" in tl.course.hand_in().words, "it is older than the answer"
    save([room.CELLS[0], 'tl.course.check("2.1", 100)', *room.CELLS[2:]])
    assert tl.course.hand_in().status == "NOTED"


def test_without_a_name_of_the_notebook_it_is_found_or_asked_for(desk, monkeypatch):
    monkeypatch.delenv("JPY_SESSION_NAME")
    tl.course.enrol("Ann Lee")
    assert "give the name" in tl.course.hand_in().words
    run([room.CELLS[0], 'tl.course.check("2.1", 1)'])
    save([room.CELLS[0], 'tl.course.check("2.1", 1)', *room.CELLS[2:]])
    assert tl.course.hand_in().status == "NOTED"


def test_who_it_is_outlives_the_kernel_and_tries_do_too(desk):
    assert tl.course.numbers("2.1") == tl.course.numbers("2.1")
    tl.course.check("2.1", 1)
    assert not (desk / "played").exists(), "practice leaves no trace"
    ann = tl.course.enrol("Ann Lee")
    assert ann.course == room.COURSE
    first = tl.course.check("2.1", 1).words
    students.forget()
    assert students.enrolled() == ann
    assert tl.course.numbers("2.1") == room.draw("Ann Lee", "2.1")
    assert tl.course.check("2.1", 2).words != first
    tries = json.loads((desk / "played" / "answers-ann-lee.json").read_text())["answers"]["2.1"]
    assert [each["answer"] for each in tries["tries"]] == [1, 2]


def test_nothing_is_kept_where_nothing_shall_be(desk, monkeypatch):
    monkeypatch.setenv("TWINLAB_PLAYED", "")
    tl.course.enrol("Ann Lee")
    tl.course.check("2.1", 1)
    Play.begin("beer", {"station": "retailer"}).keep([4])
    assert "nobody is enrolled" in repr(tl.course.hand_in())
    assert not (desk / "played").exists()


def test_a_play_is_one_file_that_is_read_again(desk):
    play = Play.begin("beer", {"station": "retailer", "seed": 3})
    assert not (desk / "played").exists(), "nothing is ordered yet"
    play = play.keep([8]).keep([8, 11])
    other = Play.begin("beer", {"station": "retailer", "seed": 3}).keep([5])
    assert other.file != play.file
    assert {each.orders for each in tl.course.plays("beer")} == {(8, 11), (5,)}
    assert Play.of(read(play.file, FORMAT)) == play
    assert tl.course.plays("newsvendor") == []
    assert json.loads(play.file.read_text())["format"] == "twinlab play 1"


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("{", "beer-1.json cannot be read"),
        ("[1]", "must have the format 'twinlab play 1', got None"),
        ('{"format": "twinlab play 2"}', "got 'twinlab play 2'"),
        ('{"format": "twinlab play 1"}', "a play lacks 'game'"),
        (json.dumps(Play("beer", {}).as_json() | {"orders": ["8"]}), "orders a list"),
        (json.dumps(Play("beer", {}).as_json() | {"settings": 1}), "settings must be a dict"),
    ],
)
def test_a_damaged_play_says_so_and_hinders_nobody(desk, written, told):
    (desk / "played").mkdir()
    (desk / "played" / "beer-1.json").write_text(written)
    with pytest.raises(tl.ScenarioError, match=told):
        Play.of(read(desk / "played" / "beer-1.json", FORMAT))
    assert tl.course.plays() == []


def test_orders_are_the_whole_state():
    settings = {"station": "wholesaler", "seed": 5}
    assert replay(Play("beer", settings, orders=(4.0,) * 32)) is True
    assert replay(Play("beer", settings, orders=(4.0,) * 31)) is False
    assert replay(Play("chess", {}, over=True)) is True
    with pytest.raises(tl.ScenarioError):
        replay(Play("beer", {"station": "pub"}))


def test_a_folder_without_a_hand_in_is_told(tmp_path):
    (tmp_path / "roster.csv").write_text("name\nAnn Lee\n")
    for place in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(tl.ScenarioError, match=f"no hand-in.* found in {place}"):
            grade(Namespace(hand_ins=place, roster=tmp_path / "roster.csv", teacher=place))
