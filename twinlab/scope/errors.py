"""Errors that teach: what is wrong, where it stands, what to do, and the nearest right call."""

import inspect
import sys
import warnings
from collections.abc import Collection, Iterable
from difflib import get_close_matches
from pathlib import Path
from reprlib import Repr
from traceback import extract_tb
from typing import Any

__all__ = ["NetworkError", "ScenarioError", "SolverError", "SyncError", "TwinError"]

HOME = str(Path(__file__).parents[1])  # where the library lies
PUBLIC: dict[str, Any] = {}  # every class that a floor offers, by its name

# How to get what is wanted, from what was given (or else "") where a constructor does not say it.
_SCENARIO = "Scenario(network, rules)"
_NEAREST = {
    "Scenario": {"Run": "run.scenario", "Replications": "batch.scenario", "": _SCENARIO},
    "Network": {"Scenario": "scenario.network", "Run": "run.scenario.network"},
    "Run": {"Network": f"simulate({_SCENARIO})", "": "simulate(scenario)"},
    "Replications": {"Network": f"replicate({_SCENARIO})", "": "replicate(scenario)"},
    "Measured": {"Network": f"simulate({_SCENARIO})", "": "simulate(scenario)"},
    "State": {"Run": "run.state", "": "simulate(scenario).state"},
    "Log": {"": "run.log"},
    "LineRun": {"": "run_line(line)"},
    "Pareto": {"": "pareto(counts)"},
    "ControlChart": {"": "Shewhart().chart(values, target, sigma)"},
    "Curve": {"": "performance(hit, calm)"},
    "Losses": {"": "expected_loss(scenario, events)"},
    "Protection": {"": "protect(risk, measures, budget)"},
    "ReliefPlan": {"": "preposition(problem)"},
    "TransitTime": {"": "describe(log, source, destination)"},
    "Estimate": {"": "estimate(values)"},
}
NAMES = {"Distribution": "distribution such as Normal(mean=5, sd=1)"}
NAMES["Measured"] = "Run or Replications"


def way_to(cls: Any, given: str) -> str:
    """Write the expression that gives an object of a class, from an object of another."""
    ways = _NEAREST.get(cls.__name__, {})
    if given in ways or "" in ways:
        return ways.get(given) or ways[""]
    if cls.__name__ not in PUBLIC:
        return " or ".join(f"{n}(…)" for n, c in PUBLIC.items() if issubclass(c, cls))
    needed = [p for p in inspect.signature(cls).parameters.values() if p.default is p.empty]
    return f"{cls.__name__}({', '.join(p.name for p in needed)})"


_SHORT = Repr()
_SHORT.maxstring = _SHORT.maxother = 100


class TwinError(Exception):
    """Something in a twin is wrong, and the message says how to mend it.

    >>> issubclass(NetworkError, TwinError)
    True
    """

    def _render_traceback_(self) -> list[str]:
        """What a notebook shows: the message, then the user's own lines."""
        library = (HOME, sys.prefix, sys.base_prefix)
        lines = [f"{type(self).__name__}: {self}"]
        for step in extract_tb(self.__traceback__):
            if step.line and not step.filename.startswith(library):
                lines.append(f"  line {step.lineno}: {step.line}")
        return lines


class NetworkError(TwinError):
    """The tables of a network do not describe a chain that can run.

    >>> Node("plant", capacity=-1)
    Traceback (most recent call last):
    twinlab.scope.errors.NetworkError: Node 'plant': capacity must be at least 0 units/day, got -1
    """


class ScenarioError(TwinError):
    """The decisions, disruptions, days or start state do not fit the network.

    >>> Scenario(serial(["mine", "shop"], demand=Normal(5, 1)), {"shpo": BaseStock(8)})
    Traceback (most recent call last):
    twinlab.scope.errors.ScenarioError: rules: 'shpo' is not a node; did you mean 'shop'?
    """


class NoSuchName(ScenarioError, AttributeError):
    """Something was asked for a name that it does not have."""


class SyncError(TwinError):
    """A twin and its stream of events do not fit together.

    >>> issubclass(SyncError, TwinError)
    True
    """


class SolverError(TwinError):
    """An optimisation has no answer: it is infeasible, unbounded, or was not finished.

    >>> issubclass(SolverError, TwinError)
    True
    """


def brief(value: Any) -> str:
    """Show a value in one short line, however large it is."""
    try:
        return " ".join(_SHORT.repr(value).split())
    except ValueError:  # Python refuses to write a number of more than 4,300 digits
        return "a number of thousands of digits"


def warn(text: str) -> None:
    """Warn at the line of the user's own that led here, not at one of the library."""
    level, frame = 2, sys._getframe(1)
    while frame.f_back and frame.f_code.co_filename.startswith(HOME):
        level, frame = level + 1, frame.f_back
    warnings.warn(text, stacklevel=level)


def check_known(
    name: Any, known: Collection[Any], complaint: str, error: type[TwinError] = ScenarioError
) -> None:
    """Complain of a name that is not among those that are known, and say which was meant."""
    if name not in known:
        raise error(f"{complaint}; {did_you_mean(name, known)}")


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Say which known word was probably meant, or which words there are."""
    names = [str(name) for name in (sorted(known) if isinstance(known, set) else known)]
    same = [name for name in names if name.lower() == str(word).lower()]
    close = get_close_matches(str(word), names, n=1) or same
    if close:
        return f"did you mean {close[0]!r}?"
    said = ", ".join(names[:8]) + (", …" if len(names) > 8 else "")
    return f"known are: {said}" if said else "none is known yet"
