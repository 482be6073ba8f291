"""twinlab: the notebook-first laboratory for supply-chain digital twins.

Tables in, log out. The seven elements of a twin are the seven floors of the library:

===============  ==========================================================================
scope            Product Node Lane Recipe Demand Stock Network Scenario Outage LaneOutage
                 Delay DemandShift serial assembly distribution Constant Trace Normal Poisson
                 NegativeBinomial LogNormal Gamma Uniform Empirical Event Log State fold
                 read_disruptions write_disruptions TwinError NetworkError ScenarioError
organization     View PriorityFailover Shares
modeling         simulate Run Game replicate Batch
people           BaseStock MinMax FixedLot EchelonBaseStock PassThrough
management       KPIs fill_rate cycle_service_level on_time_in_full days_of_cover mean_stock
                 mean_backlog lost_sales cost emissions lead_time bullwhip end_to_end_bullwhip
===============  ==========================================================================

``twinlab.cases`` loads the case studies, ``twinlab.lab`` shows things in a notebook.
"""

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
from twinlab.modeling import Batch, Game, Run, replicate, simulate
from twinlab.organization import PriorityFailover, Shares, View
from twinlab.people import BaseStock, EchelonBaseStock, FixedLot, MinMax, PassThrough
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
    State,
    Stock,
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

__all__ = [
    "BaseStock",
    "Batch",
    "Constant",
    "Delay",
    "Demand",
    "DemandShift",
    "EchelonBaseStock",
    "Empirical",
    "Event",
    "FixedLot",
    "Game",
    "Gamma",
    "KPIs",
    "Lane",
    "LaneOutage",
    "Log",
    "LogNormal",
    "MinMax",
    "NegativeBinomial",
    "Network",
    "NetworkError",
    "Node",
    "Normal",
    "Outage",
    "PassThrough",
    "Poisson",
    "PriorityFailover",
    "Product",
    "Recipe",
    "Run",
    "Scenario",
    "ScenarioError",
    "Shares",
    "State",
    "Stock",
    "Trace",
    "TwinError",
    "Uniform",
    "View",
    "assembly",
    "bullwhip",
    "cost",
    "cycle_service_level",
    "days_of_cover",
    "distribution",
    "emissions",
    "end_to_end_bullwhip",
    "fill_rate",
    "fold",
    "lead_time",
    "lost_sales",
    "mean_backlog",
    "mean_stock",
    "on_time_in_full",
    "read_disruptions",
    "replicate",
    "serial",
    "simulate",
    "write_disruptions",
]
