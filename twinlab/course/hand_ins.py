"""Hand in: one file of a student and a notebook, with the answers, the plays and the code."""

import hashlib
import json
import os
import re
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from twinlab.course.exercises import Verdict, exercises
from twinlab.course.plays import plays
from twinlab.course.students import answers, clean, enrolled, folder, now, write
from twinlab.scope.errors import ScenarioError

__all__ = ["hand_in"]

FORMAT = "twinlab hand-in 1"


def digest(body: Any) -> str:
    """The SHA-256 of what JSON holds: it finds cut and edited files, and no clever forger."""
    text = json.dumps(body, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def code_cells(notebook: Path) -> list[str]:
    """The code of a notebook, cell by cell."""
    try:
        cells = json.loads(notebook.read_text("utf-8-sig"))["cells"]
        return ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as problem:
        raise ScenarioError(f"{notebook} is damaged: {problem!r}; save it in Jupyter") from None


def hand_in(notebook: str = "") -> Verdict:
    """Write the file to hand in, ``hand-in/02-ann-lee.json``, and say what is missing.

    ``notebook`` is found by itself in JupyterLab; elsewhere, give the name of its file.

    >>> hand_in()
    [TODO] nobody is enrolled: run tl.course.enrol("your name"), then your answers once more.
    """
    student = enrolled()
    if not student.name or not folder():
        remedy = 'run tl.course.enrol("your name"), then your answers once more.'
        return Verdict("TODO", f"nobody is enrolled: {remedy}")
    file = _notebook(notebook)
    if file is None:
        return Verdict("TODO", 'give the name of this notebook: tl.course.hand_in("02_….ipynb").')
    asked = exercises(int(file.name[:2]))
    given = {number: answer for number, answer in answers().items() if number in asked}
    sources = code_cells(file)
    saved = datetime.fromtimestamp(file.stat().st_mtime, UTC).isoformat()
    if any(answer["at"] > saved for answer in given.values()):
        return Verdict("TODO", "save the notebook (Ctrl-S), then run this cell once more.")
    played = [p.as_json() for p in plays() if clean(p.student) in ("", clean(student.name))]
    body: dict[str, Any] = {"format": FORMAT, "made": now()} | asdict(student)
    body |= {"notebook": file.name, "cells": sources, "sha256": digest(sources)}
    body |= {"answers": {n: a["answer"] for n, a in given.items()}, "plays": played}
    body |= {"tries": {n: a["tries"] for n, a in given.items()}}
    out = file.parent / "hand-in" / f"{file.name[:2]}-{student.slug}.json"
    write(out, body | {"digest": digest(body)})
    missing = ", ".join(number for number in asked if number not in given)
    rest = f"; not answered yet: {missing}" if missing else ", all that there are"
    told = f"hand-in/{out.name} holds {len(given)} answers{rest}. Give this file to your teacher."
    return Verdict("NOTED", told)


def _notebook(name: str) -> Path | None:
    """The notebook's file: as it is named, as Jupyter names it, or that of the last answer."""
    here, given = Path.cwd(), answers()
    places = [here / (name or Path(os.environ.get("JPY_SESSION_NAME", "")).name)]
    if given and not name:
        last = max(given, key=lambda number: str(given[number]["at"]))
        places += sorted(here.glob(f"{int(last.partition('.')[0]):02}_*.ipynb"))
    fine = (p for p in places if p.is_file() and re.fullmatch(r"\d\d.*\.ipynb", p.name))
    return next(fine, None)
