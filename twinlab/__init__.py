"""twinlab: the notebook-first laboratory for supply-chain digital twins.

Tables in, log out. The seven elements of a twin are the seven floors of the library:

===============  ==========================================================================
scope            Product Node Lane Recipe Demand Stock Network Scenario Outage LaneOutage
                 Delay DemandShift serial assembly distribution Constant Trace Normal Poisson
                 NegativeBinomial LogNormal Gamma Uniform Empirical Event Log State fold
                 read_disruptions write_disruptions TwinError NetworkError ScenarioError
                 SyncError SolverError
organization     View PriorityFailover Shares OwnOrders PointOfSale FullSharing
modeling         simulate Run Game replicate Batch Precision Estimate estimate mser5 WarmUp
                 compare Comparison sweep tornado sobol Sobol tune Tuning
technology       Plant Sensors Bus Link EventStore Alarm Fidelity fidelity
people           BaseStock MinMax FixedLot EchelonBaseStock ForecastBaseStock PassThrough OneByOne
management       KPIs fill_rate cycle_service_level on_time_in_full days_of_cover mean_stock
                 mean_backlog lost_sales cost emissions lead_time bullwhip end_to_end_bullwhip
task             Recommendation
twin             Twin Mode Proposal tend
===============  ==========================================================================

More methods stand on their floors: ``twinlab.people.BeerGame``, ``twinlab.management.stress_test``,
``twinlab.task.inventory.EconomicLot`` and so on. ``twinlab.cases`` loads the case studies,
``twinlab.lab`` shows things in a notebook.
"""

from importlib import import_module
from typing import Any

from twinlab import management, modeling, organization, people, scope, task, technology
from twinlab.management import (
    KPIs,
    bullwhip,
    cost,
    cycle_service_level,
    days_of_cover,
    emissions,
    end_to_end_bullwhip,
    fill_rate,
    lead_time,
    lost_sales,
    mean_backlog,
    mean_stock,
    on_time_in_full,
)
from twinlab.modeling import (
    Batch,
    Comparison,
    Estimate,
    Game,
    Precision,
    Run,
    Sobol,
    Tuning,
    WarmUp,
    compare,
    estimate,
    mser5,
    replicate,
    simulate,
    sobol,
    sweep,
    tornado,
    tune,
)
from twinlab.organization import (
    FullSharing,
    OwnOrders,
    PointOfSale,
    PriorityFailover,
    Shares,
    View,
)
from twinlab.people import (
    BaseStock,
    EchelonBaseStock,
    FixedLot,
    ForecastBaseStock,
    MinMax,
    OneByOne,
    PassThrough,
)
from twinlab.scope import (
    Constant,
    Delay,
    Demand,
    DemandShift,
    Empirical,
    Event,
    Gamma,
    Lane,
    LaneOutage,
    Log,
    LogNormal,
    NegativeBinomial,
    Network,
    NetworkError,
    Node,
    Normal,
    Outage,
    Poisson,
    Product,
    Recipe,
    Scenario,
    ScenarioError,
    SolverError,
    State,
    Stock,
    SyncError,
    Trace,
    TwinError,
    Uniform,
    assembly,
    distribution,
    fold,
    read_disruptions,
    serial,
    write_disruptions,
)
from twinlab.scope.door import guard, not_offered
from twinlab.task.recommendation import Recommendation
from twinlab.technology import Alarm, Bus, EventStore, Fidelity, Link, Plant, Sensors, fidelity
from twinlab.twin import Mode, Proposal, Twin, tend

__all__ = [
    "Alarm", "BaseStock", "Batch", "Bus", "Comparison", "Constant", "Delay", "Demand",
    "DemandShift", "EchelonBaseStock", "Empirical", "Estimate", "Event", "EventStore",
    "Fidelity", "FixedLot", "ForecastBaseStock", "FullSharing", "Game", "Gamma", "KPIs", "Lane",
    "LaneOutage", "Link", "Log", "LogNormal", "MinMax", "Mode", "NegativeBinomial", "Network",
    "NetworkError", "Node", "Normal", "OneByOne", "Outage", "OwnOrders", "PassThrough", "Plant",
    "PointOfSale", "Poisson", "Precision", "PriorityFailover", "Product", "Proposal", "Recipe",
    "Recommendation", "Run", "Scenario", "ScenarioError", "Sensors", "Shares", "Sobol",
    "SolverError", "State", "Stock", "SyncError", "Trace", "Tuning", "Twin", "TwinError",
    "Uniform", "View", "WarmUp", "assembly", "bullwhip", "compare", "cost",
    "cycle_service_level", "days_of_cover", "distribution", "emissions", "end_to_end_bullwhip",
    "estimate", "fidelity", "fill_rate", "fold", "lead_time", "lost_sales", "mean_backlog",
    "mean_stock", "mser5", "on_time_in_full", "read_disruptions", "replicate", "serial",
    "simulate", "sobol", "sweep", "tend", "tornado", "tune", "write_disruptions",
]  # fmt: skip

for _floor in (scope, organization, modeling, technology, people, management, task):
    guard(vars(_floor))
guard(globals())


def __getattr__(name: str) -> Any:
    """Import ``twinlab.lab`` and ``twinlab.cases`` when somebody first asks for them."""
    if name in ("cases", "lab"):
        return import_module(f"twinlab.{name}")
    return not_offered(globals(), name)
