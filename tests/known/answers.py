"""Reading known answers, and the statistics that simulated answers are compared with."""

import json
from pathlib import Path

import numpy as np

STAGES = ["stage1", "stage2", "stage3"]  # downstream first, as the known answers list them


def known(name):
    """A known answer: its inputs and what is expected."""
    case = json.loads((Path(__file__).parent / f"{name}.json").read_text(encoding="utf-8"))
    return case["inputs"], case["expected"]


def batch_means(values, batches=40):
    """Mean of a long series and its standard error from the means of consecutive batches."""
    means = np.array([part.mean() for part in np.array_split(values, batches)])
    return means.mean(), means.std(ddof=1) / np.sqrt(batches)


def cost_per_day(run):
    """Total cost of every day."""
    return sum(run.series(kind) for kind in ("holding", "transit", "owing"))
