"""Reading known answers, and the statistics that simulated answers are compared with."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

STAGES = ["stage1", "stage2", "stage3"]  # downstream first, as the known answers list them


def case(name):
    """Everything that is known of a case."""
    return json.loads((Path(__file__).parent / f"{name}.json").read_text(encoding="utf-8"))


def known(name):
    """A known answer: its inputs and what is expected."""
    found = case(name)
    return found["inputs"], found["expected"]


@dataclass(frozen=True)
class Row:
    """One known answer and the library's way to it.

    ``answer`` is the path to what is expected, such as "results.0.Lq". Where the case itself names
    no tolerance, ``rel`` or ``abs`` do.
    """

    case: str
    answer: str
    compute: Callable[[Any], Any]
    rel: float | None = None
    abs: float | None = None

    @property
    def id(self):
        return f"{self.case}: {self.answer}"

    def tolerance(self):
        """The case's own tolerance, else the row's; one of them must be there."""
        said = case(self.case).get("tolerance", {})
        numbers = {k: v for k, v in said.items() if k in ("rel", "abs") and not isinstance(v, str)}
        own = {k: v for k in ("rel", "abs") if (v := getattr(self, k)) is not None}
        assert own or numbers, f"{self.id}: nobody says how near is near enough"
        return own or numbers

    def expected(self):
        value = case(self.case)["expected"]
        for step in self.answer.split("."):
            value = value[int(step)] if isinstance(value, list) else value[step]
        return value


def batch_means(values, batches=40):
    """Mean of a long series and its standard error from the means of consecutive batches."""
    means = np.array([part.mean() for part in np.array_split(values, batches)])
    return means.mean(), means.std(ddof=1) / np.sqrt(batches)


def cost_per_day(run):
    """Total cost of every day."""
    return sum(run.series(kind) for kind in ("holding", "transit", "owing"))
