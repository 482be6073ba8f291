"""Who works here, and what is kept of them: files of JSON in ``played``, beside the notebook.

The environment variable ``TWINLAB_PLAYED`` names another folder; if it is empty, nothing is kept.
"""

import hashlib
import json
import os
from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any
from unicodedata import normalize

from twinlab.scope.errors import ScenarioError, brief

__all__ = ["Numbers", "Student", "enrol"]

FORM, ANSWERS, COURSE = "twinlab student 1", "twinlab answers 1", "twinlab course 1"
TRIES, ODD = 50, "backslashreplace"  # of an exercise are kept; half a letter is as JSON has it
_REMEDY = "give the file another name, and go on without it"
PLACE = ContextVar[Path | None]("PLACE", default=None)  # while somebody else's work is marked
_who = dict[str, "Student"]()  # where there is no folder
_kept = dict[str, dict[str, Any]]()  # there: answers by student
given = dict[str, Any]()  # the last answer to every exercise of this kernel, as it was given


def folder() -> Path | None:
    """Find the folder that keeps what is played; None where nothing is kept."""
    named = os.environ.get("TWINLAB_PLAYED", "played")
    return PLACE.get() or (Path.cwd() / named if named else None)


def now() -> str:
    """The time of the clock, UTC."""
    return datetime.now(UTC).isoformat()


def write(path: Path, body: Mapping[str, Any]) -> None:
    """Write a file of JSON at once or not at all: whoever pulls the plug leaves the old one."""
    part = path.with_suffix(f".{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_text(json.dumps(body, indent=1, ensure_ascii=False), "utf-8", ODD)
        part.replace(path)
    except OSError as problem:
        remedy = "TWINLAB_PLAYED can name another folder"
        raise ScenarioError(f"nothing can be kept here: {problem}; {remedy}") from problem


def read(path: Path, form: str) -> dict[str, Any]:
    """Read a file of JSON that says of itself which form it has, or say what is wrong with it."""
    try:
        if path.stat().st_size > 2e7:
            raise ValueError("it is larger than 20 MB")
        body = json.loads(path.read_text("utf-8-sig"))
    except (OSError, ValueError, RecursionError) as problem:
        raise ScenarioError(f"{path} cannot be read: {problem}: {_REMEDY}") from problem
    found = body.get("format") if isinstance(body, dict) else None
    if found != form:
        raise ScenarioError(f"{path} must have the format {form!r}, got {brief(found)}; {_REMEDY}")
    return dict(body)


def clean(name: str) -> str:
    """A name however it is typed: capitals, spaces and ways to write an accent do not count."""
    return " ".join(normalize("NFKC", name).casefold().split())


class Numbers(dict[str, Any]):
    """The numbers of an exercise: ``n.cost`` or ``n["cost"]``; ``dict(n)`` has them all.

    >>> Numbers({"cost": 4, "price": 12})
    cost = 4, price = 12
    """

    def __init__(self, drawn: Mapping[str, Any]) -> None:
        super().__init__(drawn)
        self.__dict__ = self

    def __repr__(self) -> str:
        return ", ".join(f"{n} = {value}" for n, value in self.items()) or "no numbers"


@dataclass(frozen=True)
class Student:
    """Somebody in a course; without a name, whoever practises.

    >>> Student("Ann Lee", "SCOM").seed("2.1") == Student(" ann  lee", "SCOM").seed("2.1")
    True
    """

    name: str = ""
    course: str = "twinlab"

    @property
    def slug(self) -> str:
        """The name in a file's name."""
        return "-".join("".join(c if c.isalnum() else " " for c in clean(self.name)).split())[:60]

    def seed(self, number: str) -> int:
        """The seed of an exercise: the same on every machine and Python."""
        text = f"{self.course}|{clean(self.name)}|{number}"
        return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")

    def draw(self, number: str, draw: Any) -> Numbers:
        """One's own numbers of an exercise (``draw`` makes them from chance)."""
        return Numbers(draw(Random(self.seed(number))) if draw else {})


def enrol(name: str, course: str = "") -> Student:
    """Say who you are: from now on all notebooks here give you numbers of your own.

    The name must have letters; ``course`` is the one of this folder, if it says so.

    >>> enrol("Ann Lee", course="SCOM")
    Student(name='Ann Lee', course='SCOM')
    >>> forget()
    """
    course = course.strip() or course_of(Path.cwd()) or Student.course
    student = Student(" ".join(name.split()), course)
    if not student.slug:
        raise ScenarioError(f"enrol: the name must have letters, got {brief(name)}")
    _who["student"], place = student, folder()
    if place:
        write(place / "student.json", {"format": FORM} | asdict(student))
    return student


def course_of(notebooks: Path) -> str:
    """The name of the course whose notebooks these are, or nothing."""
    file = notebooks / "course.json"
    return str(read(file, COURSE)["course"]) if file.is_file() else ""


def enrolled() -> Student:
    """Who works here; the student without a name, if nobody has said so."""
    place = folder()
    if not place:
        return _who.get("student", Student())
    if not (place / "student.json").is_file():
        return Student()
    body = read(place / "student.json", FORM)
    return Student(str(body.get("name", "")), str(body.get("course", "")))


def forget() -> None:
    """Forget who works here and what was answered, where it is not kept in a folder."""
    _who.clear()
    _kept.clear()
    given.clear()


def answers() -> dict[str, Any]:
    """What the student has answered: by exercise, the last answer, its status, and all tries."""
    student, place = enrolled(), folder()
    if not place or not student.name:
        return _kept.setdefault(student.slug, {})
    file = place / f"answers-{student.slug}.json"
    found: Any = read(file, ANSWERS).get("answers") if file.is_file() else {}
    kept, parts = found.values() if isinstance(found, dict) else [None], {"answer", "at", "tries"}
    if not all(isinstance(a, dict) and parts | {"wrong"} <= a.keys() for a in kept):
        raise ScenarioError(f"{file} is damaged: {_REMEDY}")
    return dict(found)


def remember(number: str, answer: Any, status: str) -> int:
    """Take an answer down; how many before it were wrong in a row."""
    given[number], student, place, known = answer, enrolled(), folder(), answers()
    before = known.get(number, {"wrong": 0, "tries": []})
    this = {"answer": written(answer), "status": status, "at": now()}
    wrong = before["wrong"] + 1 if status == "NOT YET" else 0
    tries = [*before["tries"], this][-TRIES:]
    known[number] = this | {"wrong": wrong, "tries": tries}
    if place and student.name:
        write(place / f"answers-{student.slug}.json", {"format": ANSWERS, "answers": known})
    return int(before["wrong"])


def written(answer: Any) -> Any:
    """An answer as JSON can hold it: a function by its name, what is none of these in short."""
    if callable(answer):
        return f"def {getattr(answer, '__name__', type(answer).__name__)}"
    try:
        return json.loads(json.dumps(answer, allow_nan=False))
    except (TypeError, ValueError, RecursionError):
        return brief(answer)
