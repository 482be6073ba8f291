"""The nearest right call: how to get what is wanted, from what was given."""

import inspect
from typing import Any

PUBLIC: dict[str, Any] = {}  # every class that a floor offers, by its name

# How to get what is wanted, from what was given (or else "") where a constructor does not say it.
_NEAREST = {
    "Scenario": {"Run": "run.scenario", "Batch": "batch.scenario", "": "Scenario(network, rules)"},
    "Network": {"Scenario": "scenario.network", "Run": "run.scenario.network"},
    "Run": {"Network": "simulate(Scenario(network, rules))", "": "simulate(scenario)"},
    "Batch": {"Network": "replicate(Scenario(network, rules))", "": "replicate(scenario)"},
    "History": {"Network": "simulate(Scenario(network, rules))", "": "simulate(scenario)"},
    "State": {"Run": "run.state", "": "simulate(scenario).state"},
    "Log": {"": "run.log"}, "LineRun": {"": "run_line(line)"}, "Pareto": {"": "pareto(counts)"},
    "ControlChart": {"": "Shewhart().chart(values, target, sigma)"},
    "Curve": {"": "performance(hit, calm)"}, "Frontier": {"": "frontier(scenario, measures)"},
    "StormPlan": {"": "preposition(season)"}, "Estimate": {"": "estimate(values)"},
}  # fmt: skip
NAMES = {"Distribution": "distribution such as Normal(mean=5, sd=1)", "History": "Run or Batch"}


def way_to(cls: Any, given: str) -> str:
    """Write the expression that gives an object of a class, from an object of another.

    >>> from twinlab import Scenario
    >>> way_to(Scenario, "Network")
    'Scenario(network, rules)'
    """
    ways = _NEAREST.get(cls.__name__, {})
    if given in ways or "" in ways:
        return ways.get(given) or ways[""]
    if cls.__name__ not in PUBLIC:
        return " or ".join(f"{n}(…)" for n, c in PUBLIC.items() if issubclass(c, cls))
    needed = [p for p in inspect.signature(cls).parameters.values() if p.default is p.empty]
    return f"{cls.__name__}({', '.join(p.name for p in needed)})"
