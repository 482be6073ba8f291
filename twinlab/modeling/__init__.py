"""Modeling, floor 3: how we compute: one history event by event, and what it amounts to."""

from twinlab.modeling.batch import Batch
from twinlab.modeling.deals import (
    Deal,
    best_wholesale,
    chain_quantity,
    deal,
    expected_sales,
    retailer_quantity,
)
from twinlab.modeling.event_engine import Game, simulate
from twinlab.modeling.experiments import Comparison, compare, sweep
from twinlab.modeling.guaranteed_service import ServicePlan, ServiceStage, guaranteed_service
from twinlab.modeling.horizon import Horizon, horizon_of, run_longer
from twinlab.modeling.line import LineBatch, LineRun, StationRun, feed, replicate_line, run_line
from twinlab.modeling.newsvendor import (
    LearningLevel,
    Newsvendor,
    critical_ratio,
    newsvendor,
    newsvendor_cost,
    newsvendor_profit,
    newsvendor_sampled,
    probabilities,
)
from twinlab.modeling.output import Estimate, Seeds, WarmUp, estimate, mser5, other_luck
from twinlab.modeling.queues import (
    LineBounds,
    Queue,
    RepairShop,
    StockedQueue,
    erlang_queue,
    machine_repair,
    make_to_stock,
    priority_waits,
    two_station_throughput,
    variable_queue,
)
from twinlab.modeling.replicate import Precision, replicate
from twinlab.modeling.run import Run
from twinlab.modeling.run_length import (
    cusum_limit,
    cusum_run_length,
    ewma_limit,
    ewma_run_length,
    shewhart_limit,
    shewhart_run_length,
)
from twinlab.modeling.search import Tuning, tune
from twinlab.modeling.sensitivity import Sobol, sobol, tornado
from twinlab.modeling.serial_chain import (
    SerialBounds,
    SerialChain,
    SerialPlan,
    Stage,
    clark_scarf,
    serial_cost,
    shang_song,
)
from twinlab.modeling.stations import (
    Arrivals,
    Conwip,
    Fault,
    Inspection,
    Line,
    Never,
    Saturated,
    Station,
    Weibull,
)

__all__ = [
    "Arrivals", "Batch", "Comparison", "Conwip", "Deal", "Estimate", "Fault", "Game", "Horizon",
    "Inspection", "LearningLevel", "Line", "LineBatch", "LineBounds", "LineRun", "Never",
    "Newsvendor", "Precision", "Queue", "RepairShop", "Run", "Saturated", "Seeds",
    "SerialBounds", "SerialChain", "SerialPlan", "ServicePlan", "ServiceStage", "Sobol",
    "Stage", "Station", "StationRun", "StockedQueue", "Tuning", "WarmUp", "Weibull",
    "best_wholesale", "chain_quantity", "clark_scarf", "compare", "critical_ratio",
    "cusum_limit", "cusum_run_length", "deal", "erlang_queue", "estimate", "ewma_limit",
    "ewma_run_length", "expected_sales", "feed", "guaranteed_service", "horizon_of",
    "machine_repair", "make_to_stock", "mser5", "newsvendor", "newsvendor_cost",
    "newsvendor_profit", "newsvendor_sampled", "other_luck", "priority_waits", "probabilities",
    "replicate", "replicate_line", "retailer_quantity", "run_line", "run_longer", "serial_cost",
    "shang_song", "shewhart_limit", "shewhart_run_length", "simulate", "sobol", "sweep",
    "tornado", "tune", "two_station_throughput", "variable_queue",
]  # fmt: skip
