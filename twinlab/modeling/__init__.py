"""Modeling, floor 3: how we compute: one history event by event, and what it amounts to."""

from twinlab.modeling.batch import Batch, replicate
from twinlab.modeling.event_engine import Game, simulate
from twinlab.modeling.run import Run

__all__ = ["Batch", "Game", "Run", "replicate", "simulate"]
