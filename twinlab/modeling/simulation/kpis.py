"""Key performance indicators: each is one function of a history, with its formula.

``history`` is a ``Run`` (then a KPI is a number) or a ``Replications`` (then it is an array, one
number per replication); ``node`` and ``product`` narrow the question, empty means all. A ratio with
a denominator of 0 (no demand, say) is NaN: not a number, and not a perfect score.
"""

from collections.abc import Iterable
from dataclasses import fields
from typing import Any, Protocol

import numpy as np

from twinlab.modeling.simulation.measures import COSTS
from twinlab.scope.base import Result, ScenarioError, check_known, column, did_you_mean, schema

__all__ = ["KPIs", "bullwhip", "cost", "cycle_service_level", "days_of_cover", "emissions"]
__all__ += ["end_to_end_bullwhip", "fill_rate", "lead_time", "lost_sales", "mean_backlog"]
__all__ += ["mean_stock", "on_time_in_full"]

Value = Any  # a float where the history is one, an array where there are many


class Measured(Protocol):
    """Anything that knows the totals of its measures over its days."""

    @property
    def days(self) -> range:
        """The days lived through."""

    def total(self, name: str, node: str = "", product: str = "") -> Value:
        """A measure (or a count of the records), summed over days and items."""

    def variance(self, name: str, node: str = "", product: str = "") -> Value:
        """The variance over days of a measure, summed over items."""


def ratio(above: Value, below: Value) -> Value:
    """What is above the line over what is below; NaN where that is nothing."""
    with np.errstate(divide="ignore", invalid="ignore"):
        found = np.where(np.asarray(below) > 0, np.divide(above, below), np.nan)
    return found if found.ndim else float(found)


def fill_rate(history: Measured, node: str = "", product: str = "") -> Value:
    """Share of customers' demand that is served on the day it is asked (type-2 service).

    fill rate = Σ on time / Σ demand. Source: Snyder & Shen (2019) section 4.3.3.

    >>> shop = serial(["mine", "shop"], demand=Trace((3, 6)), on_hand={"shop": 5})
    >>> round(fill_rate(simulate(Scenario(shop, BaseStock(5), days=2))), 4)
    0.8889
    """
    return ratio(history.total("on_time", node, product), history.total("demand", node, product))


def cycle_service_level(history: Measured, node: str = "", product: str = "") -> Value:
    """Share of replenishment cycles without a stock-out (type-1 service).

    A cycle runs from one receipt of an item (included) to the next (excluded); it has a stock-out
    if on any of its days units are owed or lost at night. Counted for items that customers ask.
    Source: Snyder & Shen (2019) section 4.3.3.

    >>> shop = serial(["mine", "shop"], demand=Trace((3, 6, 1)), on_hand={"shop": 5})
    >>> cycle_service_level(simulate(Scenario(shop, BaseStock(5), days=3)))
    0.6666666666666666
    """
    cycles = history.total("cycles", node, product)
    return ratio(cycles - history.total("cycles_spoilt", node, product), cycles)


def on_time_in_full(history: Measured, node: str = "", product: str = "") -> Value:
    """Share of customers' daily orders that are served wholly on the day they are placed.

    OTIF = orders on time in full / orders, an order being one day's demand for one item.

    >>> shop = serial(["mine", "shop"], demand=Trace((3, 6)), on_hand={"shop": 5})
    >>> on_time_in_full(simulate(Scenario(shop, BaseStock(5), days=2)))
    0.5
    """
    in_full = history.total("lines_in_full", node, product)
    return ratio(in_full, history.total("lines", node, product))


def mean_stock(history: Measured, node: str = "", product: str = "") -> Value:
    """Units on hand at night, averaged over days [units].

    >>> shop = serial(["mine", "shop"], demand=Trace((3, 4)), on_hand={"shop": 5})
    >>> mean_stock(simulate(Scenario(shop, BaseStock(5), days=2)))
    1.5
    """
    return ratio(history.total("on_hand", node, product), len(history.days))


def mean_backlog(history: Measured, node: str = "", product: str = "") -> Value:
    """Units owed to customers and other nodes at night, averaged over days [units].

    >>> shop = serial(["mine", "shop"], demand=Trace((3, 6)), on_hand={"shop": 5})
    >>> mean_backlog(simulate(Scenario(shop, BaseStock(5), days=2)))
    0.5
    """
    return ratio(history.total("backlog", node, product), len(history.days))


def days_of_cover(history: Measured, node: str = "", product: str = "") -> Value:
    """How many days the mean stock lasts: mean on hand / mean daily outflow [days].

    Outflow counts what customers, other nodes and own production took out of stock.

    >>> shop = serial(["mine", "shop"], demand=Trace((3, 4)), on_hand={"shop": 10})
    >>> days_of_cover(simulate(Scenario(shop, BaseStock(10), days=2)), "shop")
    1.8571428571428572
    """
    return ratio(history.total("on_hand", node, product), history.total("outflow", node, product))


def lost_sales(history: Measured, node: str = "", product: str = "") -> Value:
    """Units that customers asked for and did not get, over the whole history [units].

    >>> impatient = Demand("shop", "unit", Trace((3, 6)), backorders=False)
    >>> shop = serial(["mine", "shop"], demand=impatient, on_hand={"shop": 5})
    >>> lost_sales(simulate(Scenario(shop, BaseStock(5), days=2)))
    1.0
    """
    return history.total("lost", node, product)


def cost(history: Measured, kind: str = "", node: str = "", product: str = "") -> Value:
    """Cost of a kind per day, or of all kinds together [USD/day].

    Kinds: holding, transit, owing, lost_sales, transport, production (see ``measures``).

    >>> shop = serial(["mine", "shop"], demand=Trace((3, 4)), holding_cost={"shop": 2},
    ...               on_hand={"shop": 5})
    >>> cost(simulate(Scenario(shop, BaseStock(5), days=2)), "holding")
    3.0
    """
    if kind and kind not in COSTS:
        raise ScenarioError(f"no kind of cost {kind!r}; {did_you_mean(kind, COSTS)}")
    total = sum(history.total(each, node, product) for each in ([kind] if kind else COSTS))
    return ratio(total, len(history.days))


def emissions(history: Measured, node: str = "", product: str = "") -> Value:
    """Greenhouse gases of transport per day [kg CO2e/day].

    units × weight / 1000 × distance × emission factor, counted on the day of shipping.

    >>> truck = Lane("mine", "shop", "unit", distance=100, emission_factor=0.1)
    >>> shop = serial(["mine", "shop"], demand=Trace((3, 4))).change(Product("unit", 1000), truck)
    >>> emissions(simulate(Scenario(shop, BaseStock(0), days=2)))
    35.0
    """
    return ratio(history.total("emissions", node, product), len(history.days))


def lead_time(history: Measured, node: str = "", product: str = "") -> Value:
    """Mean time from ordering to having it in stock, by Little's law [days].

    W = L / λ = mean units on order at night / mean units received or finished a day (Little 1961).

    >>> chain = serial(["mine", "shop"], demand=Constant(4), lead_time=3, on_hand={"shop": 12})
    >>> lead_time(simulate(Scenario(chain, BaseStock(12), days=1000)), "shop")
    3.0
    """
    arrived = sum(history.total(name, node, product) for name in ("received", "finished", "scrap"))
    return ratio(history.total("on_order", node, product), arrived)


def bullwhip(history: Measured, node: str, product: str = "") -> Value:
    """How much a node amplifies: variance of its orders / variance of what it was asked.

    NaN if what it was asked does not vary beyond rounding (sd below 10⁻⁹ of its mean).
    Source: Lee, Padmanabhan & Whang (1997); Chen et al. (2000) equation 1.

    >>> chain = serial(["mine", "shop"], demand=Normal(5, 1), on_hand={"shop": 20})
    >>> round(bullwhip(simulate(Scenario(chain, MinMax(9, 20), days=500), seed=1), "shop"), 2)
    45.62
    """
    return _amplified(history, ("ordered", node, product), ("asked", node, product))


def end_to_end_bullwhip(history: Measured, node: str, product: str = "") -> Value:
    """How much a chain amplifies up to a node: variance of its orders / of customers' demand.

    >>> chain = serial(["mine", "plant", "shop"], demand=Normal(5, 1), on_hand={"shop": 9, "plant": 9})
    >>> run = simulate(Scenario(chain, BaseStock(9), days=500), seed=1)
    >>> round(end_to_end_bullwhip(run, "plant"), 6)
    1.0
    """  # noqa: E501 (a doctest line)
    return _amplified(history, ("ordered", node, product), ("demand",))


def _amplified(history: Measured, above: tuple[str, ...], below: tuple[str, ...]) -> Value:
    """A ratio of variances over days, where what stands below varies beyond rounding."""
    noise = (1e-9 / len(history.days) * history.total(*below)) ** 2
    varies = history.variance(*below)
    return ratio(history.variance(*above), np.where(varies > noise, varies, 0.0))


class KPIs(Result, frozen=True):
    """How well a whole chain did, with units.

    >>> shop = serial(["mine", "shop"], demand=Trace((3, 6)), on_hand={"shop": 5})
    >>> simulate(Scenario(shop, BaseStock(5), days=2)).kpis.on_time_in_full
    0.5
    """

    caption = "KPIs"
    fill_rate: float = column("share", meaning="demand served on the day it was asked")
    cycle_service_level: float = column("share", meaning="replenishment cycles without stock-out")
    on_time_in_full: float = column("share", meaning="customers' orders served wholly on the day")
    days_of_cover: float = column("days", meaning="how long the mean stock lasts")
    mean_stock: float = column("units", meaning="on hand at night")
    mean_backlog: float = column("units", meaning="owed at night")
    lost_sales: float = column("units", meaning="asked and not served, in all")
    lead_time: float = column("days", meaning="from ordering to stock")
    holding_cost: float = column("USD/day", meaning="stock on hand and in production")
    transit_cost: float = column("USD/day", meaning="stock under way")
    owing_cost: float = column("USD/day", meaning="backlog")
    lost_sales_cost: float = column("USD/day", meaning="units not sold")
    transport_cost: float = column("USD/day", meaning="moving goods")
    production_cost: float = column("USD/day", meaning="making goods")
    total_cost: float = column("USD/day", meaning="all costs together")
    emissions: float = column("kg CO2e/day", meaning="transport")

    def __repr__(self) -> str:
        return self.sentence().replace(" · ", "\n")


def check_kpis(kpis: Iterable[str]) -> None:
    """Every name is a KPI's, or a ScenarioError says which is meant."""
    known = [c.name for c in schema(KPIs)]
    for kpi in kpis:
        check_known(kpi, known, f"no KPI {kpi!r}")


def evaluate(history: Measured) -> KPIs:
    """Compute every KPI of a history."""
    plain = [fill_rate, cycle_service_level, on_time_in_full, days_of_cover]
    plain += [mean_stock, mean_backlog, lost_sales, lead_time, emissions]
    found = {function.__name__: function(history) for function in plain}
    found |= {f"{kind}_cost": cost(history, kind) for kind in COSTS}
    found["total_cost"] = cost(history)
    return KPIs(**{f.name: found[f.name] for f in fields(KPIs)})
