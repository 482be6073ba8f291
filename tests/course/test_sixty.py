"""Sixty students hand in, with every trouble that is known: each is found, and no honest one pays.

One run of the grader for all; each test asks the table that it writes.
"""

import csv
import sys

import pytest

from tests.course import room
from twinlab import __main__ as terminal
from twinlab.course import Student

NAMES = [f"Student {chr(65 + at % 26)}{at:02}" for at in range(60)]
ALL = {"2.1": "1", "2.2": "1", "2.3": "1", "2.4": "1", "2.5": "1"}
LONG = "\n".join(f"step_{at} = [{at} * each for each in range({at}, {at + 9})]" for at in range(12))


def changed(name, cell, old, new, **said):
    """An honest hand-in in which a cell differs, and what is said of it."""
    made = room.honest(name)
    assert old in made["cells"][cell]
    made["cells"][cell] = made["cells"][cell].replace(old, new)
    return room.body(name, made["cells"], made["answers"] | said, made["plays"])


def rule(name, code):
    cells = room.solved(name)
    cells[3] = f'{code}\ntl.course.check("2.3", rule)'
    return room.body(name, cells, room.right(name))


def typed(name, other):
    """The answers of somebody else, typed in."""
    cells, said = list(room.CELLS), room.right(other)
    cells[1] = f'tl.course.check("2.1", {said["2.1"]})'
    cells[2] = f'tl.course.check("2.2", {said["2.2"]})'
    return room.body(name, cells, said)


def alike(name):
    made = room.honest(name)
    return room.body(name, [made["cells"][0] + "\n" + LONG, *made["cells"][1:]], made["answers"])


TROUBLES = {  # what is handed in; the flag; the exercises without a mark
    3: (lambda n: changed(n, 1, "300 *", "299 / 2 *", **{"2.1": 1.0}), "2.1: file says 1", "2.1"),
    7: (lambda n: changed(n, 2, "answer_2 = m.mean", "answer_2 = 2 * m.mean"), "2.2: file", "2.2"),
    11: (lambda n: typed(n, NAMES[40]), f"2.2: right for {NAMES[40]}", "2.1 2.2 2.3 2.4 2.5"),
    12: (lambda n: changed(n, 0, "import", f"import twinlab as tl\n"
                           f"tl.course.enrol({NAMES[43]!r}, {room.COURSE!r}) #"),
         f"right for {NAMES[43]}", "2.1 2.2"),
    17: (lambda n: changed(n, 1, "share =", "raise ValueError('x')\nshare ="), "crash in code cell "
         "2: ValueError", "2.1"),
    18: (lambda n: changed(n, 0, "import", "import time\nwhile True: time.sleep(1)\nimport"),
         "time limit", "2.1 2.2 2.3 2.4 2.5"),
    19: (lambda n: changed(n, 0, "import", "import twinlab as tl; hog = [0] * 10**10 #"), "memory "
         "limit in code cell 1", ""),
    20: (lambda n: changed(n, 0, "import", "import os; os._exit(3)\nimport"), "the process died",
         "2.1 2.2 2.3 2.4 2.5"),
    21: (lambda n: rule(n, "rule = 5"), "", "2.3"),
    22: (lambda n: rule(n, "class rule:\n    def __init__(self, week): ...\n"
                           "    __lt__ = __gt__ = lambda self, other: False"), "", "2.3"),
    23: (lambda n: rule(n, "rule = lambda week: 0"), "", "2.3"),
    24: (lambda n: rule(n, "rule = lambda week: 1 / 0"), "", "2.3"),
    25: (lambda n: rule(n, "def rule(week):\n    while True: pass"), "time limit", "2.3"),
    26: (lambda n: room.body(n, room.solved(n), room.right(n), [room.played(n, 5)]),
         "is not over", "2.5"),
    27: (lambda n: room.body(n, room.solved(n), room.right(n), [room.played(n, 7)]),
         "cannot be played again", "2.5"),
    28: (lambda n: room.body(n, room.solved(n), room.right(n), [room.played(NAMES[1])]),
         f"of '{NAMES[1]}'", ""),
    29: (lambda n: room.body(n, room.solved(n), room.right(n), []), "", "2.5"),
    30: (lambda n: changed(n, 0, "import", "import twinlab as tl, socket\n"
                           "socket.create_connection(('127.0.0.1', 9), 1) #"), "crash", ""),
    32: (lambda n: changed(n, 0, "import", "import twinlab as tl, os\n"
                           "assert 'MY_TOKEN' not in os.environ\n"
                           "assert sorted(os.listdir()) == ['course.json', 'exercises']\n"
                           "assert os.listdir('exercises') == ['02_people.py'] #"), "", ""),
    31: (lambda n: room.honest(n) | {"course": "SCOM-25"}, "course 'SCOM-25', not 'SCOM-26'", ""),
}  # fmt: skip
WRONG, NOTHING, EDITED, REHASHED, EXCHANGED, COPIED, TWICE = 45, 46, 47, 48, 49, (50, 51), 52
MISSPELT, DAMAGED, PRACTICE = 53, 54, 55
SPECIAL = {WRONG, NOTHING, EDITED, REHASHED, EXCHANGED, *COPIED, TWICE, MISSPELT, DAMAGED, PRACTICE}
HONEST = [at for at in range(60) if at not in TROUBLES and at not in SPECIAL]


def special(folder):
    """Troubles of files rather than of answers."""
    name = NAMES[WRONG]
    made = changed(name, 2, "answer_2 = m.mean", "answer_2 = 2.5 * m.mean")
    room.put(folder, made | {"answers": made["answers"] | {"2.2": 2.5 * room.right(name)["2.2"]}})
    made = room.honest(NAMES[EDITED])
    sealed = made | {"digest": room.digest(made), "answers": made["answers"] | {"2.1": 1.5}}
    room.put(folder, sealed, seal=False)
    made = room.honest(NAMES[REHASHED])
    room.put(folder, made | {"answers": made["answers"] | {"2.2": 77}})
    room.put(folder, room.honest(NAMES[EXCHANGED]) | {"cells": room.solved(NAMES[EXCHANGED], " ")})
    for at in COPIED:
        room.put(folder, alike(NAMES[at]))
    room.put(folder, room.body(NAMES[TWICE], room.CELLS, {}) | {"made": "2025"}, "02-first.json")
    room.put(folder, room.honest(NAMES[TWICE]))
    room.put(folder, room.honest(f"{NAMES[MISSPELT]}x"))
    (folder / "02-damaged.json").write_text('{"format": "twinlab hand-in 1", "name"')
    n = Student().draw("2.1", room.DRAWS["2.1"])
    cells = [*room.CELLS, f'tl.course.check("2.1", {300 * (1 - n.cost / n.price)})']
    room.put(folder, room.body(NAMES[PRACTICE], cells, {}))


@pytest.fixture(scope="module")
def marks(tmp_path_factory):
    """The rows that the command writes, by name."""
    place = tmp_path_factory.mktemp("class")
    teacher, folder = room.furnish(place / "notebooks"), place / "hand-ins"
    for at in HONEST:
        room.put(folder, room.honest(NAMES[at], " * 1" if at % 2 else ""))
    for at, (make, _, _) in TROUBLES.items():
        room.put(folder, make(NAMES[at]))
    special(folder)
    roster = place / "roster.csv"
    roster.write_text("\n".join(["name", *NAMES]), "utf-8")
    words = ["twinlab", "grade", folder, roster, "--teacher", teacher.parent, "--seconds", 25]
    words += ["--out", place / "marks.csv", "--workers", 4]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", list(map(str, words)))
        patch.setenv("MY_TOKEN", "secret")
        terminal.main()
    with (place / "marks.csv").open(encoding="utf-8-sig", newline="") as file:
        return {row["name"]: row for row in csv.DictReader(file)}


def points(row):
    return {number: row[number] for number in ALL}


def test_no_honest_student_loses_a_mark_or_is_flagged(marks):
    assert len(HONEST) == 29
    for at in HONEST:
        row = marks[NAMES[at]]
        assert points(row) == ALL, row
        assert (row["points"], row["of"], row["flags"]) == ("5", "5", "")


def test_what_is_written_for_the_teacher_is_in_the_table(marks):
    name = NAMES[HONEST[0]]
    assert f"2.4: I, {name}, would wait for it" in marks[name]["notes"]


@pytest.mark.parametrize("at", TROUBLES)
def test_a_planted_trouble_is_found(marks, at):
    _, flag, lost = TROUBLES[at]
    row = marks[NAMES[at]]
    assert flag in row["flags"], row
    assert [number for number in ALL if row[number] == "0"] == lost.split(), row
    if not flag:
        assert row["flags"] == "", row


def test_wrong_is_wrong_and_no_offence(marks):
    row = marks[NAMES[WRONG]]
    assert points(row) == ALL | {"2.2": "0"}
    assert row["flags"] == ""


def test_nothing_handed_in(marks):
    row = marks[NAMES[NOTHING]]
    assert (row["points"], row["flags"]) == ("0", "02_people.ipynb: nothing handed in")


def test_an_edited_file_and_one_that_is_hashed_again(marks):
    row = marks[NAMES[EDITED]]
    assert "changed after it was written" in row["flags"]
    assert "2.1: file says 1.5, the run gives" in row["flags"]
    row = marks[NAMES[REHASHED]]
    assert "changed after" not in row["flags"]
    assert "2.2: file says 77, the run gives" in row["flags"]
    assert points(row) == ALL, "the run counts, not the file"


def test_an_exchanged_notebook(marks):
    assert "the notebook in it was exchanged" in marks[NAMES[EXCHANGED]]["flags"]


def test_copied_cells_are_a_note_and_take_no_mark(marks):
    for at, other in (COPIED, COPIED[::-1]):
        row = marks[NAMES[at]]
        assert f"code like that of {NAMES[other]}" in row["notes"]
        assert (row["points"], row["flags"]) == ("5", "")
    noted = [name for name, row in marks.items() if "code like" in row["notes"]]
    assert noted == [NAMES[at] for at in COPIED]


def test_files_of_one_name_unknown_names_and_damaged_files(marks):
    assert "two files of one name" in marks[NAMES[TWICE]]["flags"]
    assert marks[NAMES[TWICE]]["points"] == "5"
    row = marks[f"{NAMES[MISSPELT]}x"]
    assert f"no such name on the roster; did you mean '{NAMES[MISSPELT]}'?" in row["flags"]
    assert row["points"] == "5"
    assert "cannot be read" in marks["02-damaged.json"]["flags"]
    assert "nothing handed in" in marks[NAMES[DAMAGED]]["flags"]


def test_whoever_enrolled_too_late_is_told_apart(marks):
    row = marks[NAMES[PRACTICE]]
    assert "numbers for practice" in row["notes"]
    assert "right for" not in row["flags"]
