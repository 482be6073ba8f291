"""Who works here: the seed of one's own numbers, and the answers that were given."""

import hashlib
import json
import linecache
import sys
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from random import Random
from threading import Lock
from typing import Any
from unicodedata import normalize

from twinlab.course.plays import folder, now, read, write
from twinlab.scope.errors import HOME, ScenarioError, brief

__all__ = ["Numbers", "Student", "enrol"]

FORM, ANSWERS, COURSE = "twinlab student 1", "twinlab answers 1", "twinlab course 1"
TRIES = 50  # of an exercise are kept
_lock = Lock()
_who = dict[str, "Student"]()  # where there is no folder
_kept = dict[str, dict[str, Any]]()  # where there is no folder: answers by student
given = dict[str, Any]()  # the last answer to every exercise of this kernel, as it was given


def clean(name: str) -> str:
    """A name however it is typed: capitals, spaces and ways to write an accent do not count."""
    return " ".join(normalize("NFKC", name).casefold().split())


class Numbers(Mapping[str, Any]):
    """The numbers of an exercise: ``n.cost`` or ``n["cost"]``; ``dict(n)`` has them all.

    >>> Numbers({"cost": 4, "price": 12})
    cost = 4, price = 12
    """

    def __init__(self, drawn: Mapping[str, Any]) -> None:
        self.__dict__.update(drawn)

    def __getitem__(self, name: str) -> Any:
        return self.__dict__[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.__dict__)

    def __len__(self) -> int:
        return len(self.__dict__)

    def __repr__(self) -> str:
        return ", ".join(f"{n} = {value}" for n, value in self.__dict__.items()) or "no numbers"


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
        words = "".join(c if c.isalnum() else " " for c in clean(self.name)).split()
        return "-".join(words)

    def seed(self, number: str) -> int:
        """The seed of an exercise: the same on every machine and Python."""
        text = f"{self.course}|{clean(self.name)}|{number}"
        return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")

    def draw(self, number: str, draw: Any) -> Numbers:
        """One's own numbers of an exercise (``draw`` makes them from chance)."""
        return Numbers(draw(Random(self.seed(number))) if draw else {})


def enrol(name: str, course: str = "") -> Student:
    """Say who you are: from now on all notebooks here give you numbers of your own.

    ``course`` is the one of this folder, if it says so.

    Raises:
        ScenarioError: the name has no letters.

    >>> enrol("Ann Lee", course="SCOM")
    Student(name='Ann Lee', course='SCOM')
    >>> forget()
    """
    student = Student(" ".join(name.split()), course.strip() or course_here())
    if not student.slug:
        raise ScenarioError(f"enrol: the name must have letters, got {brief(name)}")
    _who["student"], place = student, folder()
    if place:
        write(place / "student.json", {"format": FORM} | asdict(student))
    return student


def course_here() -> str:
    """The name of the course whose folder this is."""
    places = (Path("course.json"), Path("..", "course.json"))
    found = next((place for place in places if place.is_file()), None)
    return str(read(found, COURSE)["course"]) if found else Student.course


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
    return dict(read(file, ANSWERS)["answers"]) if file.is_file() else {}


def wrong_tries(number: str) -> int:
    """How many tries were wrong since the last right one."""
    return int(answers().get(number, {}).get("wrong", 0))


def remember(number: str, answer: Any, status: str) -> None:
    """Take an answer down, with the cell that gave it."""
    given[number], student, place = answer, enrolled(), folder()
    with _lock:
        known = answers()
        before = known.get(number, {"wrong": 0, "tries": []})
        plain, at = written(answer), now()
        wrong = before["wrong"] + 1 if status == "NOT YET" else 0
        tries = [*before["tries"], {"answer": plain, "status": status, "at": at}][-TRIES:]
        entry = {"answer": plain, "status": status, "wrong": wrong, "cell": cell(), "at": at}
        known[number] = entry | {"tries": tries}
        if place and student.name:
            body = {"format": ANSWERS, "answers": known}
            write(place / f"answers-{student.slug}.json", body)


def written(answer: Any) -> Any:
    """An answer as JSON can hold it: a function by its name, what is none of these in short."""
    if callable(answer):
        return f"def {getattr(answer, '__name__', type(answer).__name__)}"
    try:
        return json.loads(json.dumps(answer, allow_nan=False))
    except (TypeError, ValueError, RecursionError):
        return brief(answer)


def cell() -> str:
    """The code of the notebook's cell that called the library, or nothing."""
    frame = sys._getframe()
    while frame.f_back and frame.f_code.co_filename.startswith(HOME):
        frame = frame.f_back
    return "".join(linecache.getlines(frame.f_code.co_filename, frame.f_globals))
