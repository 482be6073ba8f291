"""Modeling, floor 3: how we compute: one history event by event, and what it amounts to."""

from twinlab.modeling.batch import Batch
from twinlab.modeling.event_engine import Game, simulate
from twinlab.modeling.experiments import Comparison, compare, sweep
from twinlab.modeling.output import Estimate, WarmUp, estimate, mser5
from twinlab.modeling.replicate import Precision, replicate
from twinlab.modeling.run import Run
from twinlab.modeling.search import Tuning, tune
from twinlab.modeling.sensitivity import Sobol, sobol, tornado

__all__ = [
    "Batch",
    "Comparison",
    "Estimate",
    "Game",
    "Precision",
    "Run",
    "Sobol",
    "Tuning",
    "WarmUp",
    "compare",
    "estimate",
    "mser5",
    "replicate",
    "simulate",
    "sobol",
    "sweep",
    "tornado",
    "tune",
]
