"""The folders of a course, or sources for nbgrader and Otter, from the notebooks that lie here.

``python notebooks/exercises/teacher/course.py FOLDER`` writes FOLDER/student, without this folder,
and FOLDER/teacher, with all that is right: in seconds. What takes minutes is done when asked for:
``--roster`` computes the answers of a class, ``--run`` runs the solved notebooks.
``… emit nbgrader|otter FOLDER`` writes the exercises.
"""

import argparse
import ast
import asyncio
import json
import os
import re
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from itertools import accumulate
from pathlib import Path
from typing import Any

import nbclient
import nbformat
import pandas as pd
from joblib import Parallel, delayed
from nbformat.v4 import new_code_cell as code_cell
from nbformat.v4 import new_raw_cell as raw

from twinlab.course import Exercise, Student, exercises
from twinlab.course.grading import read_roster
from twinlab.course.students import COURSE, write, written
from twinlab.scope import TwinError

NOTEBOOKS = Path(__file__).resolve().parents[2]
NEVER = ("played", "hand-in", ".ipynb_checkpoints", "__pycache__")
STAYS = "stays as it was"


def make_course(folder: Path, course: str) -> list[Path]:
    """Write ``folder/student`` and ``folder/teacher``: the notebooks with all that is right."""
    for who, hidden in (("student", ("teacher", *NEVER)), ("teacher", NEVER)):
        place = folder / who / "notebooks"
        if place.exists():
            raise TwinError(f"{place} is there already: give another folder")
        shutil.copytree(NOTEBOOKS, place, ignore=shutil.ignore_patterns(*hidden))
        write(place / "course.json", {"format": COURSE, "course": course})
        if (NOTEBOOKS.parent / "datasets").is_dir():
            shutil.copytree(NOTEBOOKS.parent / "datasets", folder / who / "datasets")
    solutions = folder / "teacher" / "solutions"
    solutions.mkdir()
    books = sorted(place.glob("[0-9][0-9]_*.ipynb"))
    return [solve(notebook, solutions / notebook.name) for notebook in books]


def write_answers(file: Path, people: list[Student]) -> None:
    """Write what is right for every student this year, computed by as many as there are cores."""
    rows = list[tuple[str, ...]]()
    shared = Parallel(n_jobs=min(len(people), os.cpu_count() or 1), return_as="generator")
    for count, found in enumerate(shared(delayed(answers_of)(who) for who in people), 1):
        rows += found
        if count % 10 == 0 or count == len(people):
            print(f"answers of {count} of {len(people)}", flush=True)
    table = pd.DataFrame(rows, columns=["exercise", "name", "numbers", "answer"])
    table.to_csv(file, index=False, encoding="utf-8-sig")


def answers_of(who: Student) -> list[tuple[str, ...]]:
    """The numbers of a student and what is right with them; who practises has all exercises."""
    rows = list[tuple[str, ...]]()
    for path in sorted(NOTEBOOKS.glob("exercises/[0-9][0-9]_*.py")):
        for number, made in exercises(int(path.name[:2]), NOTEBOOKS).items():
            if made.draw or not who.name:
                own = who.draw(number, made.draw)
                right = str(written(made.right(own)))
                rows.append((number, who.name or "practice", str(own), right))
    return rows


def solve(notebook: Path, out: Path) -> Path:
    """Write a notebook in which every exercise is answered; its other cells keep their outputs."""
    book, known = nbformat.read(notebook, 4), exercises(int(notebook.name[:2]), NOTEBOOKS)
    for each in book.cells:
        if each.cell_type == "code" and (source := answered(each.source, known)) != each.source:
            each.update(source=source, outputs=[], execution_count=None)
    nbformat.write(book, out)
    return out


async def run(solved: Path, turns: asyncio.Semaphore) -> str:
    """Run a solved notebook where the teacher's notebooks are; how it went, in words."""
    book = nbformat.read(solved, 4)
    here = {"metadata": {"path": str(solved.parents[1] / "notebooks")}}
    client = nbclient.NotebookClient(book, timeout=600, kernel_name="python3", resources=here)
    client.extra_arguments = ["--IPKernelApp.log_level=ERROR"]
    async with turns:
        began = time.monotonic()
        try:
            await client.async_execute()
        except Exception as problem:
            words = re.sub(r"\x1b\[[\d;]*m", "", str(problem)).strip()  # a traceback in colours
            return f"{solved.name} {STAYS}: {words.splitlines()[-1]}"
        nbformat.write(book, solved)
        return f"{solved.name} ran in {time.monotonic() - began:.0f} s"


async def run_all(books: list[Path]) -> None:
    """Run the solved notebooks, as many at once as there are cores; those that fail stay."""
    turns, said = asyncio.Semaphore(os.cpu_count() or 1), list[str]()
    for done in asyncio.as_completed([run(book, turns) for book in books]):
        said.append(await done)
        print(f"{len(said)} of {len(books)}: {said[-1]}", flush=True)
    if failed := sum(STAYS in words for words in said):
        raise TwinError(f"{failed} of {len(books)} notebooks did not run to their end")


def checks(source: str) -> Iterator[tuple[str, int, int]]:
    """Every exercise that a cell checks: its number, and where its answer stands [bytes]."""
    try:
        tree = ast.parse(source)
    except SyntaxError:  # magic
        return
    starts = [0, *accumulate(map(len, source.encode().splitlines(keepends=True)))]
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "tl.course.check":
            number, answer = (*node.args, None)[:2]
            if isinstance(number, ast.Constant) and answer:
                end = starts[(answer.end_lineno or 1) - 1] + (answer.end_col_offset or 0)
                yield str(number.value), starts[answer.lineno - 1] + answer.col_offset, end


def call_of(number: str, teacher: str = "") -> str:
    """The code that gives what is right; ``teacher`` is the folder with solutions, if not here."""
    there = f", {teacher!r}" if teacher else ""
    made = f'tl.course.exercises({number.partition(".")[0]}{there})["{number}"]'
    return f'{made}.right(tl.course.numbers("{number}"))'


def answered(source: str, known: Mapping[str, Exercise]) -> str:
    """A cell with what is right in place of the answer."""
    text = source.encode()
    for number, start, end in sorted(checks(source), key=lambda found: -found[1]):
        if number in known and known[number].solve:
            text = text[:start] + call_of(number).encode() + text[end:]
    return text.decode()


SCHEMA = {"schema_version": 3, "grade": False, "solution": True, "locked": False, "task": False}
CONFIG = "# ASSIGNMENT CONFIG\ngenerate: true\n"
CONFIG += "files:\n  - exercises\nautograder_files:\n  - teacher"


def emit(question: Callable[..., list[Any]], folder: Path) -> None:
    """Write a folder for each notebook, with its exercises, and beside it what is right."""
    otter, public = question is for_otter, shutil.ignore_patterns("teacher", *NEVER)
    for notebook in sorted(NOTEBOOKS.glob("[0-9][0-9]_*.ipynb")):
        place = folder / ("" if otter else "source") / notebook.stem
        teacher = place / "teacher" if otter else folder.resolve() / "teacher"
        shutil.copytree(NOTEBOOKS / "exercises", place / "exercises", ignore=public)
        shutil.copytree(NOTEBOOKS / "exercises", teacher / "exercises", dirs_exist_ok=True)
        book = json.loads(notebook.read_text("utf-8"))
        known = exercises(int(place.name[:2]), NOTEBOOKS)
        cells = [raw(CONFIG)] if otter else []
        for each in book["cells"]:
            source = "".join(each["source"])
            number, *at = next(checks(source), ("",)) if each["cell_type"] == "code" else ("",)
            if number in known:
                there = "teacher" if otter else str(teacher)
                source, name = with_solution(source, call_of(number, there), number, *at)
                cells += question(number, known[number], source, hidden_test(number, name, there))
            elif "tl.course.hand_in(" not in source:
                cells.append(each)
            if "import twinlab" in source and each["cell_type"] == "code":
                cells.append(code_cell('tl.course.enrol("your name")'))  # for own numbers
        cells = [each | {"id": f"cell-{at}"} for at, each in enumerate(cells)]
        write(place / notebook.name, book | {"cells": cells, "nbformat_minor": 5})


def with_solution(source: str, right: str, number: str, start: int, end: int) -> tuple[str, str]:
    """A cell with a solution to cut out, and the name of its answer."""
    text = source.encode()
    given, line = text[start:end].decode(), text.rfind(b"\n", 0, start) + 1
    named = given.isidentifier() and given != "None"
    name = given if named else f"answer_{number.replace('.', '_')}"
    above = text[:line].decode() + ("" if named else f"{name} = None\n")
    solved = f"# BEGIN SOLUTION\n{name} = {right}\n# END SOLUTION\n"
    return above + solved + (text[line:start] + name.encode() + text[end:]).decode(), name


def hidden_test(number: str, name: str, teacher: str) -> str:
    """The code of a hidden test of an answer, by the solutions in the teacher's folder."""
    made = f'tl.course.exercises({number.partition(".")[0]}, {teacher!r})["{number}"]'
    return f'assert {made}.assess({name}, tl.course.numbers("{number}")).status != "NOT YET"'


def for_nbgrader(number: str, made: Exercise, source: str, test: str) -> list[Any]:
    """An exercise for nbgrader: a cell to solve and one of hidden tests, or one to read."""
    this = number.replace(".", "_")
    graded = SCHEMA | {"grade": True, "points": made.points}
    if not made.solve:
        bare = re.sub("# BEGIN SOLUTION\n.*?# END SOLUTION\n", "", source, flags=re.S)
        return [code_cell(bare, metadata={"nbgrader": graded | {"grade_id": f"read_{this}"}})]
    source = re.sub("^(# (BEGIN|END) SOLUTION)$", r"##\1", source, flags=re.M)
    hidden = f"### BEGIN HIDDEN TESTS\n{test}\n### END HIDDEN TESTS"
    graded |= {"grade_id": f"test_{this}", "solution": False, "locked": True}
    answer = code_cell(source, metadata={"nbgrader": SCHEMA | {"grade_id": f"answer_{this}"}})
    return [answer, code_cell(hidden, metadata={"nbgrader": graded})]


def for_otter(number: str, made: Exercise, source: str, test: str) -> list[Any]:
    """An exercise for Otter Assign, between its raw cells."""
    hidden = [raw("# BEGIN TESTS"), code_cell(f"# HIDDEN\n{test}"), raw("# END TESTS")]
    head = f"# BEGIN QUESTION\nname: q{number.replace('.', '_')}\npoints: {made.points:g}"
    solution = [raw("# BEGIN SOLUTION"), code_cell(source), raw("# END SOLUTION")]
    if made.solve:
        return [raw(head), *solution, *hidden, raw("# END QUESTION")]
    return [raw(f"{head}\nmanual: true"), *solution, raw("# END QUESTION")]


TOOLS = {"nbgrader": for_nbgrader, "otter": for_otter}


def read_words() -> argparse.Namespace:
    """What the terminal asks for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("words", nargs="+", help="FOLDER, or emit nbgrader|otter FOLDER")
    parser.add_argument("--course", default=Student.course, help="its name: numbers depend on it")
    parser.add_argument("--roster", type=Path, help="CSV with a column 'name': their answers")
    parser.add_argument("--run", action="store_true", help="run the solved notebooks, in minutes")
    given = parser.parse_args()
    *given.emit, given.folder = given.words
    if given.folder == "emit" or given.emit not in [[], *(["emit", name] for name in TOOLS)]:
        parser.error("write FOLDER, or emit nbgrader FOLDER, or emit otter FOLDER")
    return given


if __name__ == "__main__":
    asked = read_words()
    try:
        if asked.emit:
            emit(TOOLS[asked.emit[1]], Path(asked.folder))
        else:
            names = read_roster(asked.roster) if asked.roster else []
            place, solved = Path(asked.folder), make_course(Path(asked.folder), asked.course)
            print(f"{place / 'student'} and {place / 'teacher'} are written", flush=True)
            people = [Student(), *(Student(name, asked.course) for name in names)]
            if names:
                write_answers(place / "teacher" / "answers.csv", people)
            if asked.run:
                asyncio.run(run_all(solved))
    except TwinError as problem:
        raise SystemExit(f"course: {problem}") from problem
