"""A small course for tests: a notebook of five exercises, and students who hand it in."""

import json

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from twinlab.course import Play, Student
from twinlab.course.hand_ins import FORMAT, digest

COURSE, BOOK = "SCOM-26", "02_people.ipynb"
ASKED = """
import twinlab as tl


def prices(luck):
    return {"cost": luck.randint(100, 400), "price": luck.randint(500, 1200)}


def weeks(luck):
    return {"mean": luck.randint(40, 900), "lead": luck.randint(2, 60)}


EXERCISES = {
    "2.1": tl.course.Exercise(
        "02/1",
        solve=lambda cost, price: 300 * (1 - cost / price),
        draw=prices,
        hints=("what does one more earn?",),
        slips={"that is what is left": lambda cost, price: 300 * cost / price},
    ),
    "2.2": tl.course.Exercise("02/2", draw=weeks, unit="units", hints=("count the weeks.",)),
    "2.3": tl.course.Exercise("02/2", draw=weeks, such_as=abs),
    "2.4": tl.course.Exercise("02/3", judge=tl.course.sentence(words=4), such_as="words"),
    "2.5": tl.course.Exercise("02/3", judge=tl.course.played("newsvendor"), such_as=True),
}
"""
SOLVED = '''
from random import Random

import twinlab as tl


def beats(rule, mean):
    """At most one in ten of hidden weeks is short."""
    luck, short = Random(7), 0
    for _ in range(500):
        short += float(rule(mean)) < luck.gauss(mean, mean / 10)
        short += float(rule(mean)) > 2 * mean
    return True if short < 50 else f"short in {short} weeks of 500"


SOLUTIONS = {
    "2.2": tl.course.Solution(lambda mean, lead: mean * (lead + 1)),
    "2.3": tl.course.Solution(lambda mean: lambda week: 1.2 * week, judge=beats),
}
'''
CELLS = [
    "import twinlab as tl",
    'n = tl.course.numbers("2.1")\nprint(n)\nanswer_1 = None\ntl.course.check("2.1", answer_1)',
    'm = tl.course.numbers("2.2")\nanswer_2 = None\ntl.course.check("2.2", answer_2)',
    'tl.course.check("2.3", None)',
    'tl.course.check("2.4", None)',
    'tl.course.check("2.5", None)',
    "tl.course.hand_in()",
]


def furnish(folder):
    """The teacher's folder of notebooks."""
    (folder / "exercises" / "teacher").mkdir(parents=True)
    (folder / "exercises" / "02_people.py").write_text(ASKED)
    (folder / "exercises" / "teacher" / "02_people.py").write_text(SOLVED)
    course = {"format": "twinlab course 1", "course": COURSE}
    (folder / "course.json").write_text(json.dumps(course))
    cells = [new_markdown_cell("# People"), *map(new_code_cell, CELLS)]
    nbformat.write(new_notebook(cells=cells), folder / BOOK)
    return folder


def draw(name, number):

    return Student(name, COURSE).draw(number, DRAWS[number])


def _draws():
    made = {}
    exec(ASKED, made)
    return {number: each.draw for number, each in made["EXERCISES"].items()}


DRAWS = _draws()


def right(name):
    """The right answers of 2.1 and 2.2."""
    n, m = draw(name, "2.1"), draw(name, "2.2")
    return {"2.1": 300 * (1 - n.cost / n.price), "2.2": m.mean * (m.lead + 1)}


def solved(name, spice=""):
    """The cells of an honest student, each in a style of its own."""
    one = f"share = 1 - n.cost / n.price{spice}\nanswer_1 = 300 * share"
    two = f"weeks = m.lead + 1{spice}\nanswer_2 = m.mean * weeks"
    cells = list(CELLS)
    cells[1] = cells[1].replace("answer_1 = None", one)
    cells[2] = cells[2].replace("answer_2 = None", two)
    cells[3] = 'def order(week):\n    return 1.2 * week\n\n\ntl.course.check("2.3", order)'
    cells[4] = f'tl.course.check("2.4", "I, {name}, would wait for it")'
    cells[5] = 'tl.course.check("2.5", True)'
    return cells


def played(name, rounds=6, over=True):
    settings = {"cost": 9.0, "rounds": 6, "first": 1, "seed": 1}
    play = Play.begin("newsvendor", settings).keep([150.0] * rounds, over=over)
    return play.as_json() | {"student": name}


def body(name, cells, answers, plays=None):
    """A hand-in as the library writes it."""
    made = {"format": FORMAT, "course": COURSE, "name": name, "made": "2026-11-27T12:00:00Z"}
    made |= {"notebook": BOOK, "cells": cells, "sha256": digest(cells), "answers": answers}
    return made | {"plays": [played(name)] if plays is None else plays, "tries": {}}


def honest(name, spice=""):
    said = right(name) | {"2.3": "def order", "2.5": True}
    said["2.4"] = f"I, {name}, would wait for it"
    return body(name, solved(name, spice), said)


def put(folder, made, file=None, seal=True):
    folder.mkdir(exist_ok=True, parents=True)
    sealed = made | ({"digest": digest(made)} if seal else {})
    name = file or f"02-{Student(made['name']).slug}.json"
    (folder / name).write_text(json.dumps(sealed))
