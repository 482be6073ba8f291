"""The last mile after hurricane Ike (2008): Holguín and thirteen towns; all but need is assumed."""

import math
from collections.abc import Mapping
from itertools import product

from twinlab.cases.relief.goods import figures, rows
from twinlab.cases.relief.season import points
from twinlab.management.flows import CALIBRATED_HOURS, deprivation_cost
from twinlab.scope.base import Amount, Count, check_known
from twinlab.task.logistics.rounds import Deprivation, LastMile, Load, Road, Truck
from twinlab.task.logistics.routing import great_circle

__all__ = ["last_mile"]

DEPOT = "Holguin"
TRUCKS = {"four-wheel": 2, "ten-tonner": 2}


def last_mile(
    trucks: Mapping[str, Count] = TRUCKS, closed: Mapping[tuple[str, str], Amount] | None = None
) -> LastMile:
    """Set up the last mile: how many trucks of which kind, and until which hour roads are closed.

    A town's people are served in equal groups: a first load (water, health, food), food in each
    later round, which may leave a day before it is due, and shelter. A loss is the price times the
    shortage multiple; of water, what people said of 120 h. People of Holguín come to the depot.

    Raises:
        ScenarioError: there is no truck, or not such a truck or road.

    >>> case = last_mile(closed={("Cueto", "Mayari"): 60})
    >>> len(case.loads), round(sum(load.weight for load in case.loads) / 1000)
    (60, 112)
    """
    figure, goods = figures(), {row["name"]: row for row in rows("commodities")}
    fleet, every = _fleet(trucks), figure["round_hours"]
    part = dict.fromkeys(goods, 1.0) | {"food": figure["first_days"] / goods["food"]["days"]}
    loss = {name: part[name] * figure["shortage_multiple"] * goods[name]["price"] for name in goods}
    loss["water"] = float(deprivation_cost(CALIBRATED_HOURS))
    bundles = [("water+health+food", 0), ("shelter", 0)]
    bundles += [("food", turn) for turn in range(1, int(figure["rounds"]))]
    kilos = {b: sum(part[g] * goods[g]["weight"] for g in b.split("+")) for b, _ in bundles}
    strongest = max((truck.capacity for truck in fleet), default=math.inf)
    most = min(figure["group_people"], strongest / max(kilos.values()))
    loads = []
    for town in (row for row in rows("towns") if row["name"] != DEPOT):
        need = town["need"] * figure["agency_share"]
        groups = math.ceil(need / most)
        for group, (bundle, turn) in product(range(groups), bundles):
            who = town["name"], str(group + 1), bundle, need / groups
            loads.append(Load(*who, kilos[bundle] * who[-1], turn, max(0.0, every * turn - 24)))
    lasts = {"food": every}
    lacks = [Deprivation(good, usd, lasts.get(good, math.inf)) for good, usd in loss.items()]
    light, horizon = (figure["dawn"], figure["dusk"]), figure["rounds"] * every
    return LastMile(DEPOT, _roads(closed or {}), fleet, loads, lacks, light, horizon)


def _roads(closed: Mapping[tuple[str, str], float]) -> list[Road]:
    where, bend = points("towns"), figures()["town_circuity"]
    main = {(row["source"], row["destination"]): row["main"] for row in rows("assumed/roads")}
    closed = {ends if ends in main else ends[::-1]: hour for ends, hour in closed.items()}
    for ends in closed:
        check_known(ends, main, f"last_mile: no road {ends!r}")
    far = {ends: bend * great_circle(where[ends[0]], where[ends[1]]) for ends in main}
    return [Road(*ends, far[ends], main[ends], closed.get(ends, 0.0)) for ends in main]


def _fleet(trucks: Mapping[str, int]) -> list[Truck]:
    kinds = {row["kind"]: row for row in rows("assumed/trucks")}
    hours = {"start": figures()["start_hours"], "unloading": figures()["stop_hours"]}
    for kind in trucks:
        check_known(kind, kinds, f"last_mile: no truck {kind!r}")
    told = [{**kinds[kind], **hours, "count": count} for kind, count in trucks.items()]
    return [Truck(**{k: v for k, v in row.items() if k != "why"}) for row in told]
