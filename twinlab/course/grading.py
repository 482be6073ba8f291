"""Give marks: every hand-in is run again, and a row says what it is worth and what is odd.

No file is trusted: the name comes from the roster, the answers come from the run, and what is
right from the teacher's folder. A flag asks for a look, and takes no mark by itself.

The code of a hand-in runs in a process of its own, ``python -m twinlab.course.grading FOLDER``,
with the rights of whoever gives the marks: give them on a machine or in a container that holds
nothing else. Code with functions runs once more: they are judged where they are.
"""

import argparse
import csv
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from twinlab.course import students
from twinlab.course.exercises import Exercise, Verdict, exercises, same
from twinlab.course.hand_ins import FORMAT, code_cells, digest
from twinlab.course.plays import Play, replay
from twinlab.course.students import Student, clean, course_of, read, write
from twinlab.scope.dialect import decoded, parted
from twinlab.scope.errors import HOME, ScenarioError, brief, did_you_mean

PARTS = {"name": str, "course": str, "notebook": str, "cells": list, "answers": dict, "plays": list}
OWN_CODE = 300  # characters of a cell that nobody writes twice by chance
SAME = 5e-5  # share of an answer; whoever copies it rounds it
NAMES = [("name",), ("first name", "surname"), ("first name", "last name"), ("vorname", "nachname")]
FORMULA = ("=", "+", "-", "@")  # what a spreadsheet would compute
FEW = 3  # students for whom somebody else's answer may be right by chance
ISOLATED = ("unshare", "-r", "-n", "-p", "-f", "--kill-child")
UNLIMITED: dict[str, list[str]] = {"linux": [], "darwin": ["memory"]}  # by system; else more
TOLD = {"answers": dict, "judged": dict, "troubles": list, "ran": int}
THREADS = ("OMP", "OPENBLAS", "MKL", "NUMEXPR", "NUMBA", "VECLIB_MAXIMUM")


@dataclass
class Row:
    """What is said of a student: marks by exercise, flags and notes."""

    name: str
    marks: dict[str, float] = field(default_factory=dict)
    flags: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Grader:
    """A class, the teacher's folder of notebooks, and what a hand-in's code may take [s, GB]."""

    roster: list[str]
    teacher: Path
    scratch: Path
    seconds: float
    memory: float

    def grade(self, notebook: str, body: dict[str, Any], row: Row) -> None:
        """Mark one hand-in, and write into the row what is odd."""
        student = Student(row.name, body["course"])
        course = course_of(self.teacher) or student.course
        odd = {
            "the file was changed after it was written": body.pop("digest", "") != digest(body),
            "the notebook in it was exchanged": body.get("sha256") != digest(body["cells"]),
            f"course {student.course!r}, not {course!r}": student.course != course,
        }
        work = Path(mkdtemp(dir=self.scratch))
        self.prepare(work, student, body["plays"][-100:], row)
        second = shutil.copytree(work, Path(f"{work}-judge"))
        done = self.again(body["cells"], work, student)
        if any(str(answer).startswith("def ") for answer in done["answers"].values()):
            shutil.copytree(self.teacher / "exercises", second / "judge" / "exercises")
            done = self.again(body["cells"], second, student) | {"answers": done["answers"]}
        row.flags += [f"{notebook}: {w}"[:300] for w in (*filter(odd.get, odd), *done["troubles"])]
        students.PLACE.set(self.scratch / "plays" / work.name)
        for number, made in exercises(int(notebook[:2]), self.teacher).items():
            answer, said = done["answers"].get(number), body["answers"].get(number)
            try:
                if said != answer and not same(said, answer, 1e-6) and said is not None:
                    words = f"file says {brief(said)}, the run gives {brief(answer)}"
                    row.flags.append(f"{number}: {words}")
                told = made.assess(answer, student.draw(number, made.draw))
                if callable(made.such_as):  # functions are judged where they are
                    told = Verdict(*done["judged"].get(number, ("NOT YET", "it is no function")))
                if answer is not None:
                    self.mark(number, made, student, answer, told, row)
            except Exception as failed:
                row.flags.append(f"{number}: cannot be marked: {type(failed).__name__}: {failed}")

    def prepare(self, work: Path, student: Student, plays: Iterable[Any], row: Row) -> None:
        """Fill a folder with what a notebook needs, and with the plays, which are played again."""
        never = shutil.ignore_patterns("teacher", "*.ipynb", "__pycache__", "played", "hand-in")
        shutil.copytree(self.teacher, work / "notebooks", ignore=never)
        write(work / "played" / "student.json", {"format": students.FORM} | asdict(student))
        for at, each in enumerate(plays):
            try:
                play = Play.of(each)
                over = replay(play)
            except Exception as problem:
                row.flags.append(f"a play cannot be played again: {problem}")
                continue
            name = f"{re.sub('[^a-z_]', '', play.game)}-{at}.json"
            write(work / "played" / name, play.as_json())
            write(self.scratch / "plays" / work.name / name, play.as_json() | {"over": over})
            if over != play.over or clean(play.student) not in ("", clean(row.name)):
                words = f"of {play.student!r}; played again, it is {'' if over else 'not '}over"
                row.flags.append(f"a play of {play.game!r} is {words}")

    def again(self, cells: list[str], work: Path, who: Student) -> dict[str, Any]:
        """Run cells in a process that knows its folder only: answers, verdicts, and troubles."""
        write(work / "asked.json", {"cells": cells, "memory": self.memory} | asdict(who))
        env = {n: os.environ[n] for n in ("PATH", "SYSTEMROOT", "LANG") if n in os.environ}
        env |= {f"{name}_NUM_THREADS": "1" for name in THREADS} | {"MATPLOTLIBRC": os.devnull}
        env |= {"HOME": str(work), "IPYTHONDIR": str(work), "TWINLAB_PLAYED": str(work / "played")}
        env |= {"MPLBACKEND": "agg", "MPLCONFIGDIR": str(self.scratch / "mpl"), "TQDM_DISABLE": "1"}
        env |= {"PYTHONPATH": str(Path(HOME).parent), "PYTHONHASHSEED": "0"}
        command = [*isolation(), sys.executable, "-m", "twinlab.course.grading", str(work)]
        streams: Any = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.DEVNULL)
        streams |= {"cwd": work / "notebooks", "env": env, "start_new_session": True}
        with subprocess.Popen(command, **streams) as run:
            with suppress(subprocess.TimeoutExpired):
                run.wait(self.seconds)
            code = run.poll()
            with suppress(OSError):
                os.killpg(run.pid, signal.SIGKILL) if os.name == "posix" else run.kill()
        told, f = {name: kind() for name, kind in TOLD.items()}, work / "told.json"
        with suppress(OSError, KeyError, TypeError, ValueError, RecursionError):
            said = json.loads(f.read_bytes() if f.is_file() and f.stat().st_size < 2e6 else "{}")
            told = {name: kind(said[name]) for name, kind in TOLD.items()}
        if code is None:
            told["troubles"].append(f"time limit: more than {self.seconds:g} s")
        elif code or told["ran"] < len(cells):
            died = f"crash: the process died in code cell {told['ran'] + 1}"
            told["troubles"].append(f"{died} ({code}), perhaps of memory")
        return told

    def mark(self, n: str, made: Exercise, who: Student, got: Any, told: Verdict, row: Row) -> None:
        """Give the points; say for whom a wrong answer would be right, the sharpest sign."""
        if told.status in ("PASS", "NOTED"):
            row.marks[n] = made.points
            row.notes += [f"{n}: {str(got)[:2000]}"] if told.status == "NOTED" else []
            return
        row.notes += [f"{n}: {told.words}"] if told.words else []
        if not made.draw or not made.solve or made.judge:
            return
        all_own = {name: Student(name, who.course).draw(n, made.draw) for name in self.roster}
        right = {name: made.right(own) for name, own in all_own.items()}
        near = [name for name, wanted in right.items() if same(got, wanted, SAME)]
        if same(got, made.right(Student().draw(n, made.draw)), SAME):
            row.notes.append(f"{n}: right with the numbers for practice; enrolled too late?")
        elif near and len(near) <= FEW:
            telling = 2 * len({brief(wanted) for wanted in right.values()}) > len(right)
            (row.flags if telling else row.notes).append(f"{n}: right for {', '.join(near)}")


def read_roster(file: Path) -> list[str]:
    """The names of a class, from a CSV file as spreadsheets and Moodle write it."""
    try:
        (heads, *lines), _ = parted(decoded(file.read_bytes())[0])
    except (OSError, ValueError, csv.Error) as problem:
        raise ScenarioError(f"{file} cannot be read: {problem}") from problem
    rows = [dict(zip(map(clean, heads), line, strict=False)) for line in lines]
    wanted = next((told for told in NAMES if {*told} <= {*map(clean, heads)}), ())
    names = [" ".join(" ".join(row.get(n, "") for n in wanted).split()) for row in rows]
    if not any(names):
        raise ScenarioError(f"{file} must have a column 'name', or first name and surname")
    return [name for name in names if name]


def grade(given: argparse.Namespace) -> str:
    """Mark all files of a folder: a row for everybody on the roster, and for unknown names."""
    beside, rows, roster = look(given)
    todo = collect(given.hand_ins, beside, rows)
    books = sorted({notebook for _, notebook in todo})
    asked = {n: made for book in books for n, made in exercises(int(book[:2]), beside).items()}
    if bare := [n for n, made in asked.items() if not (made.solve or made.judge)]:
        raise ScenarioError(f"grade: {beside / 'exercises/teacher'} lacks {bare[0]}")
    for key, row in rows.items():
        row.marks = dict.fromkeys(asked, 0.0)
        missing = [book for book in books if row.name in roster and (key, book) not in todo]
        row.flags += [f"{book}: nothing handed in" for book in missing]
    scratch = Path(mkdtemp())
    with ThreadPoolExecutor(max(1, given.workers)) as pool:
        grader = Grader(roster, beside, scratch, given.seconds, given.memory)
        run = {one: pool.submit(grader.grade, one[1], todo[one], rows[one[0]]) for one in todo}
        for (key, book), done in run.items():
            if bad := done.exception():  # it harms no other
                rows[key].flags += [f"{book}: cannot be marked: {type(bad).__name__}: {bad}"[:300]]
    with suppress(RecursionError):  # of folders in folders in folders
        shutil.rmtree(scratch, ignore_errors=True)
    compare(todo, beside, rows)
    most, table = sum(made.points for made in asked.values()), list[list[str]]()
    for row in rows.values():
        points = [f"{n:g}" for n in (sum(row.marks.values()), most, *row.marks.values())]
        cells = [row.name, *points, " | ".join(row.flags), " | ".join(row.notes)]
        table.append([f"'{cell}" if cell.startswith(FORMULA) else cell for cell in cells])
    with given.out.open("w", encoding="utf-8-sig", errors=students.ODD, newline="") as file:
        csv.writer(file).writerows([["name", "points", "of", *asked, "flags", "notes"], *table])
    free = ["network"] * (not isolation()) + UNLIMITED.get(
        sys.platform, ["memory", "its processes"]
    )
    told = f"{given.out}: {len(rows)} rows, {sum(bool(r.flags) for r in rows.values())} with flags"
    return told + f"\nnot limited here: {', '.join(free)}; use a container" * bool(free) + "\n"


def look(given: argparse.Namespace) -> tuple[Path, dict[str, Row], list[str]]:
    """The folder with exercises, rows, and names; or say what hinders, before it begins."""
    names, folder = read_roster(given.roster), given.teacher / "notebooks"
    beside = (folder if folder.is_dir() else given.teacher).resolve()
    rows = {clean(name): Row(name) for name in names}
    for key in (k for k, count in Counter(map(clean, names)).items() if count > 1):
        rows[key].flags.append("this name stands on the roster more than once")
    if not any(given.hand_ins.rglob("*.json")):
        raise ScenarioError(f"grade: no hand-in, a file of JSON, was found in {given.hand_ins}")
    if not any(beside.glob("exercises/[0-9][0-9]_*.py")):
        raise ScenarioError(f"grade: no exercises in {beside}: give the folder by --teacher")
    given.out.open("ab").close()  # an error now, not after an hour
    return beside, rows, [row.name for row in rows.values()]


def collect(hand_ins: Path, beside: Path, rows: dict[str, Row]) -> dict[tuple[str, str], Any]:
    """Read the files, by student and notebook; what cannot be read has a row of its own."""
    found = dict[tuple[str, str], Any]()
    for file in sorted(hand_ins.rglob("[!.]*.json")):  # a Mac's zip has hidden twins
        name = str(file.relative_to(hand_ins))
        try:
            body = read(file, FORMAT)
            if bad := [p for p, kind in PARTS.items() if not isinstance(body.get(p), kind)]:
                raise ScenarioError(f"{file.name}: {bad[0]!r} is missing or damaged")
            key, notebook = clean(body["name"]), body["notebook"]
            if not Student(key).slug or not re.match(r"\d\d_", notebook):
                raise ScenarioError(f"{file.name}: no name {brief(key)}, or file {brief(notebook)}")
            exercises(int(notebook[:2]), beside)  # a copy, "-Copy1", is the same notebook
            notebook = next(beside.glob(f"exercises/{notebook[:2]}_*.py")).stem + ".ipynb"
        except ScenarioError as problem:
            rows[name] = Row(name, flags=[str(problem)])
            continue
        if key not in rows:
            meant = did_you_mean(body["name"][:80], [row.name for row in rows.values()])
            rows[key] = Row(body["name"][:80], flags=[f"no such name on the roster; {meant}"])
        if earlier := found.get((key, notebook)):
            rows[key].flags += [f"{notebook}: two files of one name, also {name}; the later counts"]
            body = max(earlier, body, key=lambda one: str(one.get("made")))
        found[key, notebook] = body | {"cells": list(map(str, body["cells"]))}
    return found


def compare(todo: Mapping[tuple[str, str], Any], beside: Path, rows: Mapping[str, Row]) -> None:
    """Note who wrote the same long cell, but for spaces and comments."""
    alike = defaultdict[tuple[str, str], set[str]](set)
    for (key, notebook), body in todo.items():
        template = beside / notebook
        common = set("\n".join(code_cells(template)).splitlines() if template.is_file() else ())
        for cell in body["cells"]:
            own = "\n".join(line for line in cell.splitlines() if line not in common)
            alike[notebook, re.sub(r"#.*|\s+", "", own)].add(key)
    for (notebook, code), keys in alike.items():
        for key in keys if len(code) >= OWN_CODE else ():
            others = ", ".join(sorted(rows[other].name for other in keys - {key}))
            rows[key].notes += [f"{notebook}: code like that of {others}"] if others else []


@cache
def isolation() -> tuple[str, ...]:
    """The words before a command that take its network away, or none."""
    with suppress(OSError, subprocess.SubprocessError):
        if not subprocess.run([*ISOLATED, "true"], capture_output=True, timeout=20).returncode:
            return ISOLATED
    return ()


def add_grade(commands: Any) -> Any:
    """Add ``grade`` to the commands of ``python -m twinlab``."""
    marks = commands.add_parser("grade", help="run every hand-in again, and write marks.csv")
    marks.set_defaults(do=grade)
    marks.add_argument("hand_ins", type=Path, help="the folder of hand-ins")
    marks.add_argument("roster", type=Path, help="CSV with a column 'name'")
    marks.add_argument("--teacher", type=Path, default=Path(), help="folder with the solutions")
    marks.add_argument("--out", type=Path, default=Path("marks.csv"))
    marks.add_argument("--seconds", type=float, default=600, help="for a hand-in")
    marks.add_argument("--memory", type=float, default=4, help="for a hand-in [GB]")
    marks.add_argument("--workers", type=int, default=2)
    return commands


# -- in the process of a hand-in ------------------------------------------------------------------


def main(work: Path) -> None:
    """Run cells, and write down their answers, troubles, and verdicts on functions."""
    asked, given = json.loads((work / "asked.json").read_text("utf-8")), students.given
    with suppress(ImportError):
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (int(asked["memory"] * 2**30),) * 2)
    told: dict[str, Any] = {"judged": {}}
    for told["ran"], told["troubles"] in enumerate(run(asked["cells"]), 1):
        told["answers"] = {number: students.written(given[number]) for number in given}
        write(work / "told.json", told)
    for number in [n for n in given if callable(given[n]) and (work / "judge").exists()]:
        made = exercises(int(number.partition(".")[0]), work / "judge")[number]
        own = Student(asked["name"], asked["course"]).draw(number, made.draw)
        verdict = made.assess(given[number], own)
        told["judged"][number] = (verdict.status, verdict.words)
    write(work / "told.json", told)
    os._exit(0)  # whatever still runs


def run(cells: list[str]) -> Iterator[list[str]]:
    """Run the cells one after the other, those behind an error, too; all errors so far in words."""
    from IPython.core.interactiveshell import InteractiveShell

    shell: Any = InteractiveShell.instance()
    shell.enable_gui, troubles = lambda gui=None: None, list[str]()  # there is no screen
    for at, cell in enumerate(cells, 1):
        done = shell.run_cell(cell)
        if problem := done.error_before_exec or done.error_in_exec:
            kind = "memory limit" if isinstance(problem, MemoryError) else "crash"
            words = f"{type(problem).__name__}: {brief(str(problem))}"
            troubles.append(f"{kind} in code cell {at}: {words}")
        yield troubles


if __name__ == "__main__":
    main(Path(sys.argv[1]))
