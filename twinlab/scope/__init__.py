"""Scope, floor 1: what is twinned, the order of a day, the log and the state."""

from twinlab.scope.boundary import BlindSpot, Narrowed, cut, narrow, tiers
from twinlab.scope.builders import assembly, distribution, serial
from twinlab.scope.chance import (
    Constant,
    Empirical,
    Gamma,
    LogNormal,
    NegativeBinomial,
    Normal,
    Poisson,
    Trace,
    Uniform,
)
from twinlab.scope.disruption import Delay, DemandShift, LaneOutage, Outage
from twinlab.scope.entities import Demand, Lane, Node, Product, Recipe, Stock
from twinlab.scope.errors import NetworkError, ScenarioError, SolverError, SyncError, TwinError
from twinlab.scope.log import Event, Log
from twinlab.scope.network import Network
from twinlab.scope.periods import coarse_network
from twinlab.scope.scenario import Scenario
from twinlab.scope.state import State, fold
from twinlab.scope.tables import read_disruptions, write_disruptions

__all__ = [
    "BlindSpot", "Constant", "Delay", "Demand", "DemandShift", "Empirical", "Event", "Gamma",
    "Lane", "LaneOutage", "Log", "LogNormal", "Narrowed", "NegativeBinomial", "Network",
    "NetworkError", "Node", "Normal", "Outage", "Poisson", "Product", "Recipe", "Scenario",
    "ScenarioError", "SolverError", "State", "Stock", "SyncError", "Trace", "TwinError",
    "Uniform", "assembly", "coarse_network", "cut", "distribution", "fold", "narrow",
    "read_disruptions", "serial", "tiers", "write_disruptions",
]  # fmt: skip
