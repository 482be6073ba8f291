"""The folders of a course: for students, for the teacher, and for nbgrader or Otter."""

import ast
import csv
import shutil
from collections.abc import Iterator, Mapping
from importlib import import_module
from pathlib import Path

from twinlab.course.exercises import Exercise, exercises
from twinlab.course.plays import write
from twinlab.course.students import COURSE, Student, written
from twinlab.scope.errors import ScenarioError

NEVER = ("played", "hand-in", ".ipynb_checkpoints", "__pycache__")


def make_course(folder: Path, course: str, roster: Path | None) -> None:
    """Write ``folder/student`` and ``folder/teacher``, the latter with all that is right."""
    beside = notebooks_here()
    for who, hidden in (("student", ("teacher", *NEVER)), ("teacher", NEVER)):
        place = folder / who / "notebooks"
        if place.exists():
            raise ScenarioError(f"course: {place} is there already: give another folder")
        shutil.copytree(beside, place, ignore=shutil.ignore_patterns(*hidden))
        write(place / "course.json", {"format": COURSE, "course": course})
        if (beside.parent / "datasets").is_dir():
            shutil.copytree(beside.parent / "datasets", folder / who / "datasets")
    write_answers(folder / "teacher" / "answers.csv", place, course, roster)
    for notebook in sorted(place.glob("[0-9][0-9]_*.ipynb")):
        solve(notebook, folder / "teacher" / "solutions" / notebook.name)


def notebooks_here() -> Path:
    """The folder of notebooks: the one below, or this one."""
    places = [p for p in (Path("notebooks"), Path()) if list(p.glob("exercises/[0-9][0-9]_*.py"))]
    if not places:
        raise ScenarioError(f"no folder 'notebooks' with 'exercises' in {Path.cwd()}")
    return places[0].resolve()


def write_answers(file: Path, beside: Path, course: str, roster: Path | None) -> None:
    """Write what is right for every student this year."""
    names = [""]
    if roster:
        with roster.open(encoding="utf-8-sig", newline="") as rows:
            names += [row["name"] for row in csv.DictReader(rows)]
    with file.open("w", encoding="utf-8-sig", newline="") as out:
        table = csv.writer(out)
        table.writerow(["exercise", "name", "numbers", "answer"])
        for path in sorted(beside.glob("exercises/[0-9][0-9]_*.py")):
            for number, made in exercises(int(path.name[:2]), beside).items():
                for name in names if made.draw else names[:1]:
                    student = Student(name, course) if name else Student()
                    own = student.draw(number, made.draw)
                    table.writerow([number, name or "practice", own, written(made.right(own))])


def solve(notebook: Path, out: Path) -> None:
    """Write a notebook in which every exercise is answered, and run."""
    nbformat, nbclient = import_module("nbformat"), import_module("nbclient")
    book = nbformat.read(notebook, as_version=4)
    known = exercises(int(notebook.name[:2]), notebook.parent)
    for cell in book.cells:
        if cell.cell_type == "code":
            cell.source = answered(cell.source, known)
    place = {"metadata": {"path": str(notebook.parent)}}
    nbclient.NotebookClient(book, timeout=600, kernel_name="python3", resources=place).execute()
    out.parent.mkdir(exist_ok=True)
    nbformat.write(book, out)


def checks(source: str) -> Iterator[tuple[str, int, int]]:
    """Every exercise that a cell checks: its number, and where its answer stands [bytes]."""
    try:
        tree = ast.parse(source)
    except SyntaxError:  # magic
        return
    starts, lines = [0], source.encode().splitlines(keepends=True)
    for line in lines:
        starts.append(starts[-1] + len(line))
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "tl.course.check":
            number, answer = (*node.args, None)[:2]
            if isinstance(number, ast.Constant) and answer:
                end = starts[(answer.end_lineno or 1) - 1] + (answer.end_col_offset or 0)
                yield str(number.value), starts[answer.lineno - 1] + answer.col_offset, end


def call_of(number: str) -> str:
    """The code that gives what is right."""
    book = number.partition(".")[0]
    return f'tl.course.exercises({book})["{number}"].right(tl.course.numbers("{number}"))'


def answered(source: str, known: Mapping[str, Exercise]) -> str:
    """A cell with what is right in place of the answer."""
    text = source.encode()
    for number, start, end in sorted(checks(source), key=lambda found: -found[1]):
        if number in known and known[number].solve:
            text = text[:start] + call_of(number).encode() + text[end:]
    return text.decode()
