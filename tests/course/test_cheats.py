"""Clumsy and cheating students: each gets a right mark or a reason, and nobody else pays for it.

One run of the grader for all that a student's code may do, one for all that a file may be.
"""

import csv
import json
import os
import sys

import pytest

from tests.course import room
from twinlab import __main__ as terminal
from twinlab.course import hand_in, students
from twinlab.scope import ScenarioError

ALL = dict.fromkeys(room.DRAWS, "1")
UP = "from pathlib import Path\nhere = Path.cwd().parent\n"
FORGED = """
import json
told = {"answers": {"2.1": 1}, "judged": {"2.3": ["PASS", ""]}, "troubles": [], "ran": 7}
"""


def code(name, first, cell=0):
    """An honest hand-in with code before one of its cells."""
    made = room.honest(name)
    cells = made["cells"]
    cells[cell] = f"{first}\n{cells[cell]}"
    return room.body(name, cells, made["answers"])


def rule(name, first):
    """Somebody whose rule is wrong, and who does something about it."""
    cells = room.solved(name)
    cells[3] = f'{first}\nrule = lambda week: 0\ntl.course.check("2.3", rule)'
    return room.body(name, cells, room.right(name) | {"2.3": "def rule"})


CODE = {  # what the code does, in which cell; the flag, and the exercises without a mark
    "says PASS": (f"import sys\nprint({FORGED!r}, file=sys.stderr)", 0, "", ""),
    "exits": ("import sys; sys.exit()", 2, "crash in code cell 3: SystemExit", "2.2"),
    "is gone": ("import os; os._exit(0)", 2, "the process died in code cell 3", "2.2 2.3 2.4 2.5"),
    "writes results": (UP + FORGED + "(here / 'told.json').write_text(json.dumps(told))\n"
                       "import os; os._exit(0)", 0, "2.1: file says", "2.1 2.2 2.3 2.4 2.5"),
    "leaves a pipe": (UP + "import os; (here / 'told.json').unlink(True)\n"
                      "os.mkfifo(here / 'told.json'); os._exit(0)", 1, "died in code cell 1",
                      "2.1 2.2 2.3 2.4 2.5"),
    "leaves a folder": (UP + "(here / 'told.json').mkdir()", 0, "died in code cell 1",
                        "2.1 2.2 2.3 2.4 2.5"),
    "leaves no end": (UP + "(here / 'told.json').symlink_to('/dev/zero')\nimport os; os._exit(0)",
                      0, "died in code cell 1", "2.1 2.2 2.3 2.4 2.5"),
    "digs deep": ("import os\nstart = os.getcwd()\nfor _ in range(1500):\n    os.mkdir('a')\n"
                  "    os.chdir('a')\nos.chdir(start)", 0, "", ""),
    "kills": ("import os, signal\ntry:\n    os.kill(os.getppid() or -1, signal.SIGKILL)\n"
              "except OSError:\n    pass", 0, "", ""),
    "lives on": ("import subprocess, sys\nsubprocess.Popen([sys.executable, '-c', "
                 "'import time; time.sleep(99999)', 'TWINLAB-LIVES-ON'], start_new_session=True)",
                 0, "", ""),
    "asks": ("try:\n    input()\nexcept Exception:\n    pass", 0, "", ""),
    "counts high": ("import twinlab as tl\ntl.course.check('2.1', 10**400)", 6,
                    "2.1: cannot be marked", "2.1"),
    "is in words": ("import twinlab as tl\ntl.course.check('2.4', 'a \\ud800 b c d')", 6,
                    "2.4: file says", ""),
    "plays another's": ("import twinlab as tl\ntl.course.enrol('is honest', 'SCOM-26')", 0,
                        "2.1", "2.1 2.2"),
    "is honest": ("", 0, "", ""),
    "is-honest": ("", 0, "no such name", ""),
}  # fmt: skip
SEES = (
    UP
    + """
import os, sys
said = " ".join(sys.argv) + str(dict(os.environ)) + str(sorted(here.rglob("*")))
assert "class" not in said and "hand-ins" not in said
assert not [f for f in here.rglob("*.py") if "SOLU" + "TIONS" in f.read_text()]
"""
)


def students_of(place):
    """Everybody in one class; what the code of some does is told by their names."""
    folder = place / "hand-ins"
    for name, (first, cell, _, _) in CODE.items():
        room.put(folder, code(name, first, cell), f"{name}.json")
    room.put(folder, code("looks", SEES, 0), "looks.json")
    other = "is honest"
    mine = f"tl.course.enrol({other!r}, {room.COURSE!r})\n"
    room.put(folder, rule("is another", mine), "is another.json")
    return folder


def grade(place, folder, roster, monkeypatch, *more):
    (place / "roster.csv").write_bytes(roster)
    words = ["twinlab", "grade", folder, place / "roster.csv", "--teacher", place / "class"]
    words += ["--seconds", 60, "--out", place / "marks.csv", *more]
    monkeypatch.setattr(sys, "argv", list(map(str, words)))
    terminal.main()
    with (place / "marks.csv").open(encoding="utf-8-sig", newline="") as file:
        return {row["name"]: row for row in csv.DictReader(file)}


@pytest.fixture(scope="module")
def marks(tmp_path_factory):
    place = tmp_path_factory.mktemp("cheats")
    room.furnish(place / "class" / "notebooks")
    names = [name for name in CODE if name != "is-honest"]
    roster = "\n".join(["name", *names, "looks", "is another"]).encode()
    with pytest.MonkeyPatch.context() as patch:
        return grade(place, students_of(place), roster, patch)


@pytest.mark.parametrize("name", CODE)
def test_what_code_does_is_marked_or_told(marks, name):
    _, _, flag, lost = CODE[name]
    row = marks[name]
    assert [number for number in ALL if row[number] != "1"] == lost.split(), row
    assert flag in row["flags"], row
    assert bool(flag) == bool(row["flags"]), row


def test_nothing_lives_on(marks):
    if not sys.platform.startswith("linux"):
        pytest.skip("processes are found in /proc")
    alive = []
    for one in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{one}/cmdline", "rb") as file:
                alive += [one] if b"TWINLAB-LIVES-ON" in file.read().split(b"\0") else []
        except OSError:
            continue
    assert not alive


def test_code_that_looks_for_what_is_right_is_not_told_where(marks):
    assert [marks["looks"][number] for number in ("2.1", "2.2", "2.4", "2.5")] == ["1"] * 4


def test_a_rule_is_judged_with_the_numbers_of_the_roster(marks):
    assert marks["is another"]["2.3"] == "0"


# -- files ------------------------------------------------------------------------------------


@pytest.fixture
def place(tmp_path):
    room.furnish(tmp_path / "class" / "notebooks")
    return tmp_path


def test_files_of_every_kind(place, monkeypatch, capsys):
    folder = place / "hand-ins"
    text = json.dumps(room.honest("Ann Lee")).encode()
    room.put(folder, room.honest("Zoë Ek"), "zoe.json")
    sealed = room.honest("Bo Ek")
    sealed |= {"digest": room.digest(sealed)}
    files = {
        "bom.json": b"\xef\xbb\xbf" + json.dumps(sealed).encode(), "empty.json": b"",
        "cut.json": text[:-9], "latin.json": '{"name": "Zoë"}'.encode("latin-1"),
        "zip.json": b"PK\3\4\0\0\xff", "list.json": b"[1, 2]", "deep.json": b"[" * 99_999,
        "big.json": b" " * 20_000_001 + text, "number.json": b'{"name": ' + b"9" * 9999 + b"}",
    }  # fmt: skip
    for name, held in files.items():
        (folder / name).write_bytes(held)
    (folder / "folder.json").mkdir()
    (folder / "more").mkdir()
    (folder / "more" / "cut.json").write_bytes(text[:-9])
    rows = grade(place, folder, "name\nZoë Ek\nBo Ek\n".encode(), monkeypatch)
    for name in [*files, "folder.json", "more/cut.json"]:
        if name != "bom.json":
            assert "cannot be read" in rows[name]["flags"] or "must have" in rows[name]["flags"]
    assert "20 MB" in rows["big.json"]["flags"]
    assert {name: rows[name]["points"] for name in ("Zoë Ek", "Bo Ek")} == {
        "Zoë Ek": "5", "Bo Ek": "5"}  # fmt: skip
    assert not rows["Bo Ek"]["flags"] + rows["Zoë Ek"]["flags"]
    assert "Traceback" not in capsys.readouterr().err


def test_what_stands_in_a_file_harms_nobody_else(place, monkeypatch):
    """Parts of another kind, a play without end, words that no file can hold, a name as long."""
    folder = place / "hand-ins"
    room.put(folder, room.honest("Ann Lee"))
    long = room.honest("y" * 70)
    room.put(folder, long, "long.json")
    room.put(folder, room.honest("y" * 69 + "z"), "also-long.json")
    odd = room.honest("Odd One")
    nested = eval("[" * 90 + "]" * 90)
    odd |= {"answers": {"2.1": nested, "2.2": 10**400}, "plays": [nested, 5, room.played("x")] * 99}
    room.put(folder, odd)
    room.put(folder, room.honest("Sam") | {"name": "S \ud800 t"}, "surrogate.json")
    room.put(folder, room.honest("=cmd"), "formula.json")
    rows = grade(place, folder, b"name\nAnn Lee\nOdd One\n", monkeypatch)
    assert (rows["Ann Lee"]["points"], rows["Ann Lee"]["flags"]) == ("5", "")
    assert [rows[name]["points"] for name in rows if name.startswith("yyy")] == ["5", "5"]
    assert "no such name on the roster" in rows["'=cmd"]["flags"]
    assert "cannot be played again" in rows["Odd One"]["flags"]


@pytest.mark.parametrize(
    "roster",
    ["name;mail\nJosé Núñez;a@b\n", "\ufeffname\nJosé Núñez\n", "NAME \n  jose\u0301  NÚÑEZ \n",
     "Vorname,Nachname\nJosé,Núñez\n"],
    ids=["semicolon", "bom", "accents", "two columns"],
)  # fmt: skip
@pytest.mark.parametrize("encoding", ["utf-8", "cp1252"])
def test_a_roster_as_schools_write_it(place, monkeypatch, roster, encoding):
    if encoding == "cp1252":
        roster = roster.replace("\ufeff", "").replace("e\u0301", "é")
    room.put(place / "hand-ins", room.honest("JOSE\u0301 Núñez"))
    (row,) = grade(place, place / "hand-ins", roster.encode(encoding), monkeypatch).values()
    assert (row["points"], row["flags"]) == ("5", "")


def test_a_name_twice_and_a_name_of_two_students(place, monkeypatch):
    folder = place / "hand-ins"
    room.put(folder / "a", room.honest("Ann Lee"))
    room.put(folder / "b", room.body("ann lee", room.CELLS, {}) | {"made": "2099"})
    rows = grade(place, folder, b"name\nAnn Lee\nBo Ek\nANN  LEE\n", monkeypatch)
    flags = rows["ANN LEE"]["flags"]
    assert "stands on the roster more than once" in flags
    assert f"two files of one name, also b{os.sep}02-ann-lee.json" in flags


@pytest.mark.parametrize(
    ("roster", "more", "told"),
    [
        (b"", (), "roster.csv"),
        (b"mail\na@b\n", (), "must have a column 'name'"),
        (b"name\n\n", (), "must have a column 'name'"),
        (b"name\nAnn Lee\n", ("--teacher", "nowhere"), "no exercises in .*nowhere"),
        (b"name\nAnn Lee\n", ("--out", "no/where/marks.csv"), "no/where/marks.csv"),
    ],
)
def test_what_hinders_is_one_line_before_it_begins(place, monkeypatch, roster, more, told):
    monkeypatch.chdir(place)
    room.put(place / "hand-ins", room.honest("Ann Lee"))
    with pytest.raises(SystemExit, match=f"^twinlab: .*{told}[^\n]*$"):
        grade(place, place / "hand-ins", roster, monkeypatch, *more)


@pytest.mark.parametrize("held", ["", "{", "[]", '{"cells": 3}', '{"cells": [{}]}', "\xff"])
def test_a_broken_notebook_is_named_with_a_remedy(tmp_path, monkeypatch, held):
    room.furnish(tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TWINLAB_PLAYED", "played")
    (tmp_path / room.BOOK).write_text(held, "latin-1")
    students.enrol("Ann Lee")
    with pytest.raises(ScenarioError, match=r"02_people\.ipynb is damaged: .*save it in Jupyter"):
        hand_in(room.BOOK)
    students.forget()
