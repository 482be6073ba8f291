"""What a day amounts to: stocks, flows, costs, emissions; functions of the nights' records."""

import math
from collections.abc import Iterable, Mapping

import numpy as np

from twinlab.modeling.simulation.plan import Plan
from twinlab.scope.base import DUST, Array, EventRow
from twinlab.scope.state import State, asked_by

# The flows since the night before that engines record beside the stocks: ``shipped`` and ``sent``
# (1 if anything was shipped) by lane, all else by item.
_FLOWS = """asked_today demanded ordered received started finished consumed scrapped scrap shipped
sent served lost on_time lines lines_in_full cycles cycles_spoilt"""
FLOWS = tuple(_FLOWS.split())

IN_FULL = 1 - 1e-12  # the part of a customers' order that is all of it: the rest is rounding

# Name → (unit, meaning); the columns of ``Run.daily``, in this order.
MEASURES: dict[str, tuple[str, str]] = {
    "on_hand": ("units", "stock at night"),
    "backlog": ("units", "owed to other nodes and to customers at night"),
    "on_order": ("units", "ordered or to be made, and not yet in stock, at night"),
    "in_transit": ("units", "sent from here and under way at night"),
    "in_process": ("units", "in production at night"),
    "demand": ("units/day", "asked by customers"),
    "on_time": ("units/day", "served to customers on the day they asked"),
    "served": ("units/day", "served to customers"),
    "lost": ("units/day", "not sold: customers went away"),
    "asked": ("units/day", "asked by customers, other nodes and own production"),
    "ordered": ("units/day", "ordered, or told to be made"),
    "received": ("units/day", "arrived from other nodes"),
    "started": ("units/day", "put into production"),
    "finished": ("units/day", "good units out of production"),
    "scrap": ("units/day", "bad units out of production"),
    "consumed": ("units/day", "used up by production"),
    "scrapped": ("units/day", "destroyed in stock"),
    "shipped": ("units/day", "sent to other nodes"),
    "outflow": ("units/day", "taken out of stock: served, shipped and consumed"),
    "shipments": ("shipments/day", "lanes on which something was sent"),
    "holding": ("USD/day", "cost of stock on hand and in production"),
    "transit": ("USD/day", "cost of stock under way, at the sender's holding rate"),
    "owing": ("USD/day", "cost of backlog to other nodes and to customers"),
    "lost_sales": ("USD/day", "cost of units not sold"),
    "transport": ("USD/day", "cost of moving goods, per unit and per shipment"),
    "production": ("USD/day", "cost of making goods"),
    "revenue": ("USD/day", "paid by customers for what they got"),
    "emissions": ("kg CO2e/day", "emitted by what was sent today, for its whole way"),
}

# Measures that the nights hold as they are, by item and by lane, and under which name.
_SAME = "on_hand on_order served lost on_time ordered received started finished scrap consumed"
BY_ITEM = {"demand": "demanded", "asked": "asked_today"}
BY_ITEM |= {name: name for name in (*_SAME.split(), "scrapped")}
BY_LANE = {"in_transit": "in_transit", "shipped": "shipped", "shipments": "sent"}

COSTS = ("holding", "transit", "owing", "lost_sales", "transport", "production")


def nights_of(
    plan: Plan, start: State, log: Iterable[EventRow], stocks: Mapping[str, list[list[float]]]
) -> dict[str, Array]:
    """What the nights of a history recorded: stocks as they stood, and the events, added up."""
    nights = {
        name: np.array(stocks[name], dtype=np.float64).reshape(len(stocks[name]), len(keys))
        for name, keys in plan.stock_keys.items()
    }
    nights |= _flows(plan, range(start.day, start.day + len(nights["on_hand"])), log)
    return nights | service(plan, start, nights)


def _flows(plan: Plan, days: range, log: Iterable[EventRow]) -> dict[str, Array]:
    """What some days amounted to: the quantities of events by kind, added up one by one.

    Item by item, and what was shipped lane by lane.
    """
    told: dict[str, list[EventRow]] = {name: [] for name in (*FLOWS, "accepted")}
    for event in log:
        if event[1] in told and event[0] < days.stop:
            told[event[1]].append(event)
    items = {item.key: item.number for item in plan.items}
    lanes = {lane.key: at for at, lane in enumerate(plan.lanes)}
    recipes, first, wide = {r.key: r.row for r in plan.recipes}, days.start, len(items)
    # Cells of a table of days and columns, counted row by row, and what is added there.
    cells = {name: [(e[0] - first) * wide + items[e[2:4]] for e in told[name]] for name in FLOWS}
    units = {name: [event[4] for event in told[name]] for name in FLOWS}
    ways = [(e[0] - first, lanes[e[2], e[5], e[3], e[6]]) for e in told["shipped"]]
    cells["shipped"] = [day * len(lanes) + column for day, column in ways]
    cells["scrap"], units["scrap"] = cells["finished"], [e[8] - e[4] for e in told["finished"]]
    for event in (e for kind in ("accepted", "demanded", "ordered") for e in told[kind]):
        for item, quantity in asked_by(event, recipes):
            cells["asked_today"].append((event[0] - first) * wide + items[item])
            units["asked_today"].append(quantity)
    found = {}
    for name in FLOWS:
        shape = (len(days), len(lanes) if name in BY_LANE.values() else wide)
        found[name] = np.bincount(cells[name], units[name], math.prod(shape)).reshape(shape) + 0.0
    return found | {"sent": np.sign(found["shipped"])}


def service(plan: Plan, start: State, nights: dict[str, Array]) -> dict[str, Array]:
    """What customers got on time, and which replenishment cycles had a stock-out, night by night.

    What exceeds last night's backlog is on time. A cycle begins on each night with a receipt.
    """
    sold = list(dict.fromkeys(plan.sellers))
    demanded, served, lost = (nights[name][:, sold] for name in ("demanded", "served", "lost"))
    waiting = nights["owed"][:, len(plan.lanes) :][:, sold]
    first = [start.owed.get(plan.items[at].key, 0.0) for at in sold]
    on_time = np.maximum(0.0, served - np.vstack([first, waiting])[:-1])
    cycles = (nights["received"] + nights["finished"])[:, sold] > 0.0
    cycles[:1] = True
    short = waiting + lost >= DUST
    seen = np.cumsum(short, axis=0)
    before = np.maximum.accumulate(np.where(cycles, seen - short, 0), axis=0)
    counted = {
        "on_time": on_time,
        "lines": demanded > 0.0,
        "lines_in_full": (demanded > 0.0) & (on_time >= demanded * IN_FULL),
        "cycles": cycles,
        "cycles_spoilt": short & (seen - before == 1),  # the first stock-out of its cycle
    }
    found = {name: np.zeros_like(nights["demanded"]) for name in counted}
    for name, numbers in counted.items():
        found[name][:, sold] = numbers
    return found


def measure(plan: Plan, nights: dict[str, Array]) -> dict[str, Array]:
    """Turn the nights' records (days × numbers) into measures (days × items).

    Measures are linear in the records: sums over days (of replications, say) have sums of measures.
    """
    rows, sources = [lane.row for lane in plan.lanes], [lane.source for lane in plan.lanes]
    owed, customers = nights["owed"][:, : len(rows)], nights["owed"][:, len(rows) :]
    found = {name: nights[flow] for name, flow in BY_ITEM.items()}
    found["in_process"] = _by_item(plan, nights["in_process"], [r.item for r in plan.recipes])
    found |= {name: _by_item(plan, nights[flow], sources) for name, flow in BY_LANE.items()}
    stocked = np.array([not item.unlimited for item in plan.items])
    found["outflow"] = (found["served"] + found["shipped"] + found["consumed"]) * stocked
    weight = {p.name: p.weight for p in plan.scenario.network.products}
    per_unit = np.array([v.cost_per_unit for v in rows])
    per_shipment = np.array([v.cost_per_shipment for v in rows])
    tonne_km = np.array([weight[v.product] / 1000 * v.distance * v.emission_factor for v in rows])
    internal = np.array([plan.items[at].node.backlog_cost for at in sources])
    moved = nights["shipped"] * per_unit + nights["sent"] * per_shipment
    rates = np.array([item.holding_cost for item in plan.items])
    wait, lose, pay, make = np.zeros((4, len(plan.items)))
    for item, row in zip(plan.sellers, plan.demands, strict=True):
        wait[item], lose[item], pay[item] = row.backorder_cost, row.lost_sale_cost, row.price
    for recipe in plan.recipes:
        make[recipe.item] = recipe.row.cost
    found |= {
        "backlog": _by_item(plan, owed, sources) + customers,
        "transport": _by_item(plan, moved, sources),
        "emissions": _by_item(plan, nights["shipped"] * tonne_km, sources),
        "holding": (found["on_hand"] + found["in_process"]) * rates,
        "transit": found["in_transit"] * rates,
        "owing": _by_item(plan, owed * internal, sources) + customers * wait,
        "lost_sales": found["lost"] * lose,
        "production": found["started"] * make,
        "revenue": found["served"] * pay,
    }
    return {name: found[name] for name in MEASURES}


def _by_item(plan: Plan, numbers: Array, items: list[int]) -> Array:
    """Columns by lane, recipe or demand row, added up by the item they belong to."""
    summed = np.zeros((len(numbers), len(plan.items)))
    for column, item in enumerate(items):
        summed[:, item] += numbers[:, column]
    return summed
