"""The folders of a course, for students and for the teacher, and its words in a terminal."""

import argparse
from pathlib import Path
from typing import Any

from twinlab.course.grading import grade, write_marks
from twinlab.course.running import Limits, unlimited


def add_course(commands: Any) -> Any:
    """Add ``grade``, ``course`` and ``emit`` to the commands of ``python -m twinlab``."""
    marks = commands.add_parser("grade", help="run every hand-in again, and write marks.csv")
    marks.set_defaults(do=give_marks)
    marks.add_argument("hand_ins", type=Path, help="the folder of hand-ins")
    marks.add_argument("roster", type=Path, help="CSV with a column 'name'")
    marks.add_argument("--teacher", type=Path, default=Path(), help="folder with the solutions")
    marks.add_argument("--out", type=Path, default=Path("marks.csv"))
    marks.add_argument("--seconds", type=float, default=600, help="for a hand-in")
    marks.add_argument("--memory", type=float, default=4, help="for a hand-in [GB]")
    marks.add_argument("--workers", type=int, default=2)
    return commands


def give_marks(given: argparse.Namespace) -> str:
    """Mark a class, and say what was not limited."""
    limits = Limits(given.seconds, given.memory)
    rows = grade(given.hand_ins, given.roster, given.teacher, limits, given.workers)
    write_marks(rows, given.out)
    told = f"{given.out}: {len(rows)} rows, {sum(bool(row.flags) for row in rows)} with flags\n"
    free = " and ".join(unlimited())
    return told + (f"not limited here: {free}; use a container for code of others\n" * bool(free))
