"""Give marks: every hand-in is run again, and a row says what it is worth and what is odd.

No file is trusted: the name comes from the roster, the answers come from the run, and what is
right from the teacher's folder. A flag asks for a look, and takes no mark by itself.
"""

import csv
import re
import shutil
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from difflib import SequenceMatcher
from itertools import combinations
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from twinlab.course.exercises import Exercise, Verdict, exercises, same
from twinlab.course.hand_ins import FORMAT, code_cells, digest
from twinlab.course.plays import PLACE, Play, read, replay, write
from twinlab.course.running import Limits, Outcome, again
from twinlab.course.students import COURSE, FORM, Student, clean
from twinlab.scope.errors import ScenarioError, brief, did_you_mean

OWN_CODE, ALIKE = 300, 0.97  # characters that are enough to compare, and how like is odd
SAME = 5e-5  # share of an answer; whoever copies it rounds it
FEW = 3  # students for whom somebody else's answer may be right by chance


@dataclass
class Row:
    """What is said of a student: marks by exercise, flags and notes."""

    name: str
    marks: dict[str, float] = field(default_factory=dict)
    flags: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    code: dict[str, str] = field(default_factory=dict)  # own lines, by notebook
    of: float = 0.0


@dataclass(frozen=True)
class Grader:
    """A class, the teacher's folder of notebooks, and what a hand-in's code may take."""

    roster: tuple[str, ...]
    teacher: Path
    course: str
    scratch: Path
    limits: Limits

    def exercises(self, notebook: str) -> dict[str, Exercise]:
        """The exercises of a notebook, each with what is right."""
        found = exercises(int(notebook[:2]), self.teacher)
        if bare := [n for n, made in found.items() if not (made.solve or made.judge)]:
            raise ScenarioError(f"grade: {self.teacher / 'exercises/teacher'} lacks {bare[0]}")
        return found

    def grade(self, body: Mapping[str, Any], row: Row) -> None:
        """Mark one hand-in, and write into the row what is odd."""
        student, notebook = Student(row.name, body["course"]), body["notebook"]
        plain = {key: value for key, value in body.items() if key != "digest"}
        if body.get("digest") != digest(plain):
            row.flags.append(f"{notebook}: the file was changed after it was written")
        if body.get("sha256") != digest(body["cells"]):
            row.flags.append(f"{notebook}: the notebook in it was exchanged")
        if self.course and student.course != self.course:
            row.flags.append(f"{notebook}: course {student.course!r}, not {self.course!r}")
        work = self.scratch / f"{student.slug}-{notebook}"
        self.prepare(work, student, body["plays"], row)
        done = again(body["cells"], work, self.teacher, self.limits)
        for at, words in done.errors:
            kind = "memory limit" if words.startswith("MemoryError") else "crash"
            row.flags.append(f"{notebook}: {kind} in code cell {at}: {words}")
        if done.stopped:
            row.flags.append(f"{notebook}: {done.stopped}")
        PLACE.set(work / "marked")
        for number, made in self.exercises(notebook).items():
            try:
                row.marks[number] = self.mark(number, made, (student, body["answers"], done), row)
            except Exception as failed:
                row.flags.append(f"{number}: cannot be marked: {type(failed).__name__}: {failed}")
        shutil.rmtree(work, ignore_errors=True)
        template = self.teacher / notebook
        known = set("\n".join(code_cells(template)).splitlines()) if template.is_file() else set()
        own = (line for cell in body["cells"] for line in cell.splitlines() if line not in known)
        row.code[notebook] = re.sub(r"#.*|\s+", "", "\n".join(own))

    def prepare(self, work: Path, student: Student, plays: Iterable[Any], row: Row) -> None:
        """Fill a folder with what a notebook needs, and with the plays, which are played again."""
        shutil.copytree(
            self.teacher,
            work / "notebooks",
            ignore=shutil.ignore_patterns("teacher", "*.ipynb", "__pycache__", "played", "hand-in"),
        )
        write(work / "played" / "student.json", {"format": FORM} | asdict(student))
        for at, each in enumerate(plays):
            try:
                play = Play.of(each)
                over = replay(play)
            except Exception as problem:
                row.flags.append(f"a play cannot be played again: {problem}")
                continue
            name = f"{re.sub('[^a-z_]', '', play.game)}-{at}.json"
            write(work / "played" / name, play.as_json())
            write(work / "marked" / name, play.as_json() | {"over": over})
            if over != play.over or clean(play.student) not in ("", clean(row.name)):
                words = f"of {play.student!r}; played again, it is {'' if over else 'not '}over"
                row.flags.append(f"a play of {play.game!r} is {words}")

    def mark(
        self, number: str, made: Exercise, found: tuple[Student, Any, Outcome], row: Row
    ) -> float:
        """The points of one exercise."""
        student, said, done = found
        own, answer = student.draw(number, made.draw), done.answers.get(number)
        if number in said and not alike(said[number], answer):
            words = f"file says {brief(said[number])}, the run gives {brief(answer)}"
            row.flags.append(f"{number}: {words}")
        if answer is None:
            return 0.0
        if callable(made.such_as):
            told = Verdict(*done.judged.get(number, ("NOT YET", "it is no function")))
        else:
            told = made.assess(answer, own)
        if told.status == "NOTED":
            row.notes.append(f"{number}: {answer}")
        elif told.status == "NOT YET":
            row.notes += [f"{number}: {told.words}"] if told.words else []
            self.whose(number, made, student, answer, row)
        return made.points if told.status in ("PASS", "NOTED") else 0.0

    def whose(self, number: str, made: Exercise, student: Student, answer: Any, row: Row) -> None:
        """Say for whom a wrong answer would be right: the sharp sign of somebody else's work."""
        if not made.draw or not made.solve or made.judge:
            return
        others = [Student(name, student.course) for name in self.roster]
        right = {who.name: made.right(who.draw(number, made.draw)) for who in others}
        near = [name for name, wanted in right.items() if same(answer, wanted, SAME)]
        if same(answer, made.right(Student().draw(number, made.draw)), SAME):
            row.notes.append(f"{number}: right with the numbers for practice; enrolled too late?")
        elif near and len(near) <= FEW:
            telling = 2 * len({brief(wanted) for wanted in right.values()}) > len(right)
            where = row.flags if telling else row.notes
            where.append(f"{number}: right for {', '.join(near)}")


def alike(said: Any, answer: Any) -> bool:
    """Whether the file and the run say the same."""
    return bool(said == answer) or same(said, answer, 1e-6)


def grade(
    hand_ins: Path, roster: Path, teacher: Path, limits: Limits, workers: int = 2
) -> list[Row]:
    """Mark all files of a folder: a row for everybody on the roster, and for unknown names."""
    with roster.open(encoding="utf-8-sig", newline="") as file:
        names = [row["name"].strip() for row in csv.DictReader(file) if row.get("name")]
    if not names:
        raise ScenarioError(f"grade: {roster} must have a column 'name', and names in it")
    beside = (teacher / "notebooks" if (teacher / "notebooks").is_dir() else teacher).resolve()
    told = beside / "course.json"
    course = read(told, COURSE)["course"] if told.is_file() else ""
    rows = {clean(name): Row(name) for name in names}
    todo = collect(hand_ins, beside, rows)
    with TemporaryDirectory() as scratch, ThreadPoolExecutor(workers) as pool:
        grader = Grader(tuple(names), beside, str(course), Path(scratch), limits)
        for row in rows.values():
            for notebook in sorted({notebook for _, notebook in todo}):
                row.marks |= dict.fromkeys(grader.exercises(notebook), 0.0)
                row.of = sum(made.points for made in grader.exercises(notebook).values()) + row.of
        list(pool.map(lambda one: grader.grade(todo[one], rows[one[0]]), todo))
    for key, row in rows.items():
        books = sorted({notebook for _, notebook in todo if (key, notebook) not in todo})
        row.flags += [f"{b}: nothing handed in" for b in books if row.name in names]
    compare(list(rows.values()))
    return list(rows.values())


def collect(hand_ins: Path, beside: Path, rows: dict[str, Row]) -> dict[tuple[str, str], Any]:
    """Read the files, by student and notebook; what cannot be read has a row of its own."""
    found = dict[tuple[str, str], Any]()
    for file in sorted(hand_ins.rglob("*.json")):
        try:
            body = fitting(read(file, FORMAT), file.name, beside)
        except ScenarioError as problem:
            rows[file.name] = Row(file.name, flags=[str(problem)])
            continue
        key, notebook = clean(body["name"]), body["notebook"]
        if key not in rows:
            meant = did_you_mean(body["name"], [row.name for row in rows.values()])
            rows[key] = Row(body["name"], flags=[f"no such name on the roster; {meant}"])
        if earlier := found.get((key, notebook)):
            rows[key].flags.append(f"{notebook}: two files of one name; the later one counts")
            body = max(earlier, body, key=lambda one: str(one.get("made")))
        found[key, notebook] = body
    return found


def fitting(body: dict[str, Any], name: str, beside: Path) -> dict[str, Any]:
    """A hand-in with all its parts, each of its kind."""
    kinds = {"name": str, "course": str, "notebook": str, "cells": list, "answers": dict}
    for part, kind in (kinds | {"plays": list}).items():
        if not isinstance(body.get(part), kind):
            raise ScenarioError(f"{name}: {part!r} is missing or damaged")
    notebook = body["notebook"]
    if not re.fullmatch(r"\d\d_\w+\.ipynb", notebook) or not Student(body["name"]).slug:
        raise ScenarioError(f"{name}: no notebook {brief(notebook)} or name {brief(body['name'])}")
    if not list(beside.glob(f"exercises/{notebook[:2]}_*.py")):
        raise ScenarioError(f"{name}: no exercises of {notebook} in {beside}")
    return body | {"cells": list(map(str, body["cells"]))}


def compare(rows: list[Row]) -> None:
    """Note whose own code is alike; short code is alike by itself."""
    for one, other in combinations(rows, 2):
        for notebook in one.code.keys() & other.code.keys():
            mine, hers = one.code[notebook], other.code[notebook]
            if min(len(mine), len(hers)) < OWN_CODE:
                continue
            match = SequenceMatcher(None, mine, hers, autojunk=False)
            if match.real_quick_ratio() > ALIKE and match.quick_ratio() > ALIKE < match.ratio():
                one.notes.append(f"{notebook}: code like that of {other.name}")
                other.notes.append(f"{notebook}: code like that of {one.name}")


def write_marks(rows: list[Row], file: Path) -> None:
    """Write the marks as CSV: points, a column for each exercise, flags and notes."""
    asked = list(dict.fromkeys(number for row in rows for number in row.marks))
    with file.open("w", encoding="utf-8-sig", newline="") as out:
        table = csv.writer(out)
        table.writerow(["name", "points", "of", *asked, "flags", "notes"])
        for row in rows:
            marks = [f"{row.marks.get(number, 0):g}" for number in asked]
            words = [safe(" | ".join(texts)) for texts in (row.flags, row.notes)]
            points = f"{sum(row.marks.values()):g}"
            table.writerow([safe(row.name), points, f"{row.of:g}", *marks, *words])


def safe(text: str) -> str:
    """A text that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@")) else text
