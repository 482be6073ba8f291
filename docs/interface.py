"""Pages of the interface, floor by floor, from docstrings: every name once, on its own floor."""

import inspect
from importlib import import_module
from types import ModuleType

import twinlab as tl

ROOMS = {name: getattr(tl.task, name) for name in tl.task.__all__}
ORDER = "scope organization modeling technology people management".split()
PLACES: dict[str, ModuleType] = {
    **{name: getattr(tl, name) for name in ORDER},
    **{f"task.{name}": room for name, room in ROOMS.items()},
    "cases": tl.cases,
    "course": tl.course,
    "lab": tl.lab,
}


def names(module: ModuleType) -> list[str]:
    """What a floor or a room offers and defines itself: classes and functions."""
    own = getattr(module, "__all__", None) or [
        name for name, thing in vars(module).items() if thing_of(thing) == module.__name__
    ]
    return sorted(name for name in own if thing_of(getattr(module, name)))


def thing_of(thing: object) -> str:
    """The module in which a class or a function was written; nothing of other things."""
    return thing.__module__ if inspect.isclass(thing) or inspect.isfunction(thing) else ""


def page(place: str, module: ModuleType, seen: set[int]) -> str:
    """One floor or room: its docstring, then everything that it offers."""
    title = f"tl.{place}"
    parts = [title, "=" * len(title), "", f".. automodule:: twinlab.{place}", ""]
    offered = {name: getattr(module, name) for name in names(module) if name[0] != "_"}
    parts += [entry(f"twinlab.{place}.{n}", it) for n, it in offered.items() if new(it, seen)]
    return "\n".join(parts)


def new(thing: object, seen: set[int]) -> bool:
    """Whether this is the first floor that offers it; a room offers some things of a floor, too."""
    first = id(thing) not in seen
    seen.add(id(thing))
    return first


def entry(path: str, thing: object) -> str:
    """What Sphinx is to look up for one name."""
    kind = "class" if inspect.isclass(thing) else "function"
    return f".. auto{kind}:: {path}" + "\n   :members:" * (kind == "class") + "\n"


def pages() -> dict[str, str]:
    """Every page of the interface by its file's name, and a table of contents."""
    seen = set[int]()
    made = {f"api/{place}.rst": page(place, module, seen) for place, module in PLACES.items()}
    twin = import_module("twinlab.twin")
    heading = "tl.Twin\n=======\n\n.. automodule:: twinlab.twin\n\n"
    parts = [entry(f"twinlab.twin.{name}", getattr(twin, name)) for name in twin.__all__]
    made["api/twin.rst"] = heading + "\n".join(parts)
    listed = "\n".join(["   twin", *(f"   {place}" for place in PLACES)])
    made["api/index.rst"] = (
        "The interface\n=============\n\n.. automodule:: twinlab\n\n"
        f".. toctree::\n   :maxdepth: 1\n\n{listed}\n"
    )
    return made
