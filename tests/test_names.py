"""Every public name stands on one floor and at the top, and says in a sentence what it is."""

import inspect
import re
from importlib import import_module
from itertools import chain
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import twinlab

ROOT = Path(__file__).parents[1]
ELEMENTS = ["scope", "organization", "modeling", "technology", "people", "management", "task"]


def elements(docstring: str) -> list[str]:
    """The first word of each row in the table of a docstring."""
    _, _, below = inspect.cleandoc(docstring).partition("\n====")
    return re.findall(r"^\w+", below.partition("\n====")[0], re.MULTILINE)


def sentence(docstring: str | None) -> str | None:
    """What is wrong with the first line, or None when it is one sentence."""
    first = inspect.cleandoc(docstring or "").partition("\n")[0]
    if not first:
        return "has no docstring"
    if not first.endswith((".", "?", "!")):
        return f"first line does not end as a sentence: {first!r}"
    # "e.g." and "(s, S)" are no ends; an end is followed by a space and a capital letter.
    if re.search(r"[a-z)][.?!] [A-Z]", first):
        return f"first line holds more than one sentence: {first!r}"
    return None


def takes_anything(thing: Any) -> list[str]:
    """The public functions in `thing` (itself, or its methods) that accept **kwargs."""
    functions = [thing] if inspect.isfunction(thing) else []
    if inspect.isclass(thing):
        members = [getattr(m, "__func__", m) for name, m in vars(thing).items() if public(name)]
        functions = [m for m in members if inspect.isfunction(m)]
    behind = (inspect.unwrap(f) for f in functions)  # a door takes anything, and looks at it
    return [f.__qualname__ for f in behind if inspect.getfullargspec(f).varkw]


def public(name: str) -> bool:
    return name == "__init__" or not name.startswith("_")


def complaints(name: str, thing: Any) -> list[str]:
    called = inspect.isfunction(thing) or inspect.isclass(thing)
    if not called and not isinstance(thing, ModuleType):
        return []  # a constant has no docstring of its own
    found = [wrong] if (wrong := sentence(thing.__doc__)) else []
    if called and ">>>" not in (thing.__doc__ or ""):
        found.append("docstring has no doctest")
    if re.search(r"\n *Raises [A-Z]\w+Error:|\S\n *Raises:\n", thing.__doc__ or ""):
        found.append("what it raises stands in a section of its own, after a blank line: Raises:")
    found += [f"{function} takes **kwargs" for function in takes_anything(thing)]
    return [f"{name}: {text}" for text in found]


def floor(element: str) -> ModuleType:
    return import_module(f"twinlab.{element}")


def test_the_table_of_contents_lists_the_floors():
    assert elements(twinlab.__doc__ or "") == ELEMENTS


@pytest.mark.parametrize("element", ELEMENTS)
def test_what_a_floor_offers_is_offered_at_the_top(element):
    for name in floor(element).__all__:
        assert getattr(floor(element), name) is getattr(twinlab, name)


def test_the_top_offers_the_floors_what_they_offer_and_the_twin():
    above = [*ELEMENTS, "twin"]
    names = list(chain.from_iterable(floor(element).__all__ for element in above))
    assert len(names) == len(set(names)), "a name stands on two floors"
    rooms = [name for name in names if inspect.ismodule(getattr(twinlab, name))]
    assert sorted(twinlab.__all__) == sorted(set(names) - set(rooms))


@pytest.mark.parametrize("name", sorted(twinlab.__all__))
def test_a_public_name_is_documented(name):
    found = complaints(name, getattr(twinlab, name))
    assert not found, "\n".join(found)


def test_the_package_lists_its_names_to_dir():
    assert set(twinlab.__all__) <= set(dir(twinlab))


# -- the checks themselves --------------------------------------------------------------------


def good(units: float) -> float:
    """Return what was given.

    >>> good(1)
    1
    """
    return units


def bare(units: float) -> float:
    return units


def bag(**options: object) -> None:
    """Take anything, say nothing. Twice."""


class Bag:
    """Take anything.

    >>> Bag(colour="red") is None
    False
    """

    def __init__(self, **options: object) -> None: ...


def test_the_checks_pass_and_complain_where_they_should():
    assert complaints("good", good) == []
    assert complaints("bare", bare) == ["bare: has no docstring", "bare: docstring has no doctest"]
    assert [text.partition(":")[2].split("'")[0] for text in complaints("bag", bag)] == [
        " first line holds more than one sentence: ",
        " docstring has no doctest",
        " bag takes **kwargs",
    ]
    assert complaints("Bag", Bag) == ["Bag: Bag.__init__ takes **kwargs"]
    assert sentence("Set S, e.g. (s, S) of Scarf.") is None
    assert sentence("No end") is not None


def test_the_table_is_read_as_it_is_written():
    table = """Say.

    =====  ============
    scope  Product Node
           Lane
    task   plan
    =====  ============

    Words below it.
    """
    assert elements(table) == ["scope", "task"]
