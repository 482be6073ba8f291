"""What a terminal knows of a course: ``python -m twinlab grade``, ``course`` and ``emit``."""

import argparse
from pathlib import Path
from typing import Any

from twinlab.course.emit import emit, for_nbgrader, for_otter
from twinlab.course.folders import make_course
from twinlab.course.grading import grade, write_marks
from twinlab.course.running import Limits, unlimited

_TOOLS = {"nbgrader": for_nbgrader, "otter": for_otter}


def add_course(commands: Any) -> Any:
    """Add the commands of a course to those of ``python -m twinlab``."""
    marks = commands.add_parser("grade", help="run every hand-in again, and write marks.csv")
    marks.set_defaults(do=_grade)
    marks.add_argument("hand_ins", type=Path, help="the folder of hand-ins")
    marks.add_argument("roster", type=Path, help="CSV with a column 'name'")
    marks.add_argument("--teacher", type=Path, default=Path(), help="folder with the solutions")
    marks.add_argument("--out", type=Path, default=Path("marks.csv"))
    marks.add_argument("--seconds", type=float, default=600, help="for a hand-in")
    marks.add_argument("--memory", type=float, default=4, help="for a hand-in [GB]")
    marks.add_argument("--workers", type=int, default=2)
    course = commands.add_parser("course", help="folders for students and for the teacher")
    course.set_defaults(do=lambda given: make_course(given.folder, given.course, given.roster))
    course.add_argument("--course", default="twinlab", help="its name: numbers depend on it")
    course.add_argument("--roster", type=Path, help="CSV with a column 'name': answers of all")
    tools = commands.add_parser("emit", help="sources for another grader")
    tools.set_defaults(do=lambda given: emit(_TOOLS[given.tool], given.folder))
    tools.add_argument("tool", choices=_TOOLS)
    for one in (course, tools):
        one.add_argument("folder", type=Path)
    return commands


def _grade(given: argparse.Namespace) -> str:
    limits = Limits(given.seconds, given.memory)
    rows = grade(given.hand_ins, given.roster, given.teacher, limits, given.workers)
    write_marks(rows, given.out)
    told = f"{given.out}: {len(rows)} rows, {sum(bool(row.flags) for row in rows)} with flags\n"
    free = " and ".join(unlimited())
    return told + (f"not limited here: {free}; use a container for code of others\n" * bool(free))
