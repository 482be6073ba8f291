"""Known answers of the logistics task: location, transport and routing."""

import json
from functools import cache
from math import acos, cos, hypot
from pathlib import Path

import networkx as nx

import twinlab as tl
from tests.known.answers import Row, known
from twinlab.task.logistics import (
    Arc,
    Choice,
    Fleet,
    Limits,
    Site,
    centres,
    design_network,
    facilities,
    gravity_location,
    network_flow,
    route,
)

WEBER, CAP, MEDIAN, PMED, CLASSICS, WILLIAMS, DEPOTS, TSP, VRP, CITY = (
    "loc_gravity_steel_appliances", "loc_orlib_cap_set1", "loc_pyomo_warehouse", "loc_orlib_pmed1",
    "lp_transport_classics", "net_williams_distribution_1", "net_williams_distribution_2",
    "tsp_tsplib_set1",
    "vrp_cvrplib_small", "vrp_ortools_city_cvrp",
)  # fmt: skip
# Instances that are here; cap101 to cap104, bays29 and dantzig42 are too large to carry.
CAPS = ["cap61", "cap62", "cap63", "cap64", "cap71", "cap72", "cap73", "cap74"]
TOURS = ["burma14", "ulysses16", "gr17", "gr21", "gr24", "eil51", "berlin52"]


@cache
def instances(name):
    path = Path(__file__).parents[1] / "instances" / f"{name}.json"
    return json.loads(path.read_text(encoding="utf-8"))


# -- location ---------------------------------------------------------------------------------


def weber(inputs):
    rates = zip(inputs["cost_per_ton_mile"], inputs["tons"], strict=True)
    return gravity_location(inputs["points"], [cost * tons for cost, tons in rates])


@cache
def warehouses(name, capacity):
    data = instances("warehouses")
    fixed = data["fixed_cost"][name]
    sites = {i: Site(0 if i == data["free_site"] else fixed, capacity) for i in range(1, 17)}
    demand = dict(enumerate(data["demand"]))
    cost = {(i, j): data["cost"][j][i - 1] / demand[j] for i in sites for j in demand}
    return facilities(sites, demand, cost)


def cap(name):
    return lambda i: warehouses(name, i["instances"][name]["capacity"]).cost


def opened(name):
    return lambda i: list(warehouses(name, i["instances"][name]["capacity"]).open)


def medians(inputs):
    distance = {tuple(pair.split("|")): far for pair, far in inputs["distance"].items()}
    sites = {site: Site() for site, _ in distance}
    customers = {customer: 1.0 for _, customer in distance}
    return [facilities(sites, customers, distance, count) for count in inputs["P"]]


@cache
def shortest():
    """pmed1's shortest paths; of two edges between the same ends the last one counts."""
    graph = nx.Graph()
    graph.add_weighted_edges_from(known("loc_orlib_pmed1")[0]["edges"])
    paths = dict(nx.all_pairs_dijkstra_path_length(graph))
    return {(str(a), str(b)): far for a, row in paths.items() for b, far in row.items()}


def median(inputs):
    free = {str(at): Site() for at in range(1, inputs["nodes"] + 1)}
    return facilities(free, dict.fromkeys(free, 1), shortest(), inputs["count"]).cost


# -- flows ------------------------------------------------------------------------------------


def classic(name):
    def compute(inputs):
        case = inputs[name]
        table = case.get("cost") or [
            [case["freight_per_case_per_kmile"] * far / 1000 for far in row]
            for row in case["distance_kmiles"]
        ]
        ways = [Arc(f"s{i}", f"d{j}", c) for i, row in enumerate(table) for j, c in enumerate(row)]
        supply = {f"s{i}": amount for i, amount in enumerate(case["supply"])}
        demand = {f"d{j}": amount for j, amount in enumerate(case["demand"])}
        return network_flow(ways, supply, demand).cost

    return compute


def williams(inputs):
    ways = [Arc(*arc.split("->"), cost=cost) for arc, cost in inputs["cost"].items()]
    return network_flow(
        ways, inputs["factories"], inputs["demand"], inputs["depot_throughput"]
    ).cost


def depots(inputs):
    """A month is a day of the scenario; what is saved by closing would be paid to open again."""
    nodes = [tl.Node(name, capacity=units) for name, units in inputs["capacity"].items()]
    network = tl.Network(
        [tl.Product("goods")],
        [*nodes, *map(tl.Node, inputs["demand"])],
        [tl.Lane(start, end, "goods", cost_per_unit=usd)
         for start, ends in inputs["cost"].items() for end, usd in ends.items()],
        demands=[tl.Demand(name, "goods", units) for name, units in inputs["demand"].items()],
    )  # fmt: skip
    ((larger, (step, usd)),) = inputs["expansion"].items()
    choices = {name: Choice(opening_cost=cost) for name, cost in inputs["opening"].items()}
    choices |= {name: Choice(True, opening_cost=cost, closing_cost=-cost)
                for name, cost in inputs["saving"].items()}  # fmt: skip
    choices |= {name: Choice(True) for name in inputs["stays"]}
    choices[larger] = Choice(True, step=step, step_cost=usd)
    scenario = tl.Scenario(network, tl.BaseStock(0), days=1)
    return design_network(scenario, choices, limits=Limits(most=inputs["most"]))


# -- routes -----------------------------------------------------------------------------------


def geographic(place):
    """TSPLIB's reading of degrees and minutes, with its own value of pi."""
    return [3.141592 * (int(d) + 5 * (d - int(d)) / 3) / 180 for d in place]


def far(a, b):
    """TSPLIB's geographic distance in whole km."""
    (lat, lon), (to_lat, to_lon) = geographic(a), geographic(b)
    q1, q2, q3 = cos(lon - to_lon), cos(lat - to_lat), cos(lat + to_lat)
    return int(6378.388 * acos(0.5 * ((1 + q1) * q2 - (1 - q1) * q3)) + 1)


def distances(name):
    data = instances("routing")
    if name in data["triangle"]:
        rows = data["triangle"][name]
        many = range(len(rows))
        return [[rows[max(i, j)][min(i, j)] for j in many] for i in many]
    if name in data["plane"]:
        places = data["plane"][name]
        return [[round(hypot(a - c, b - d)) for c, d in places] for a, b in places]
    places = data["geographic"][name]
    return [[far(a, b) if a != b else 0 for b in places] for a in places]


def tour(name):
    def compute(_):
        table = distances(name)
        names = [str(at) for at in range(len(table))]
        # A heuristic may stop one short: the better of two starts.
        return min(route(names, table, Fleet(1), seed=seed).distance for seed in (1, 2))

    return compute


def fleet(name):
    def compute(_):
        data, table = instances("routing"), distances(name)
        names = [str(at) for at in range(len(table))]
        demand = dict(zip(names[1:], data["demand"][name][1:], strict=True))
        vehicles, capacity = data["fleet"][name]
        return route(names, table, Fleet(vehicles, capacity), demand=demand).distance

    return compute


def city(inputs, vehicles, capacity):
    wide, high = inputs["block_size_m"]
    places = inputs["locations_blocks"]
    table = [[abs(a - c) * wide + abs(b - d) * high for c, d in places] for a, b in places]
    names = [str(at) for at in range(len(places))]
    demand = dict(zip(names[1:], inputs["demands"][1:], strict=True))
    return route(names, table, Fleet(vehicles, capacity), demand=demand).distance


ROWS = [
    # The case names xy_abs and cost_rel.
    Row(WEBER, "x", lambda i: weber(i).x, abs=0.05),
    Row(WEBER, "y", lambda i: weber(i).y, abs=0.05),
    Row(WEBER, "cost", lambda i: weber(i).cost, rel=1e-6),
    *(Row(CAP, f"optimum.{name}", cap(name)) for name in CAPS),
    *(Row(CAP, f"open_sites.{name}", opened(name)) for name in CAPS),
    Row(MEDIAN, "cost", lambda i: [plan.cost for plan in medians(i)]),
    Row(PMED, "median", median),
    Row(PMED, "centre", lambda i: centres(shortest(), i["count"]).distance),
    *(Row(CLASSICS, name, classic(name)) for name in ("dantzig", "powerco", "pt", "beer")),
    Row(WILLIAMS, "cost", williams),
    Row(DEPOTS, "cost", lambda i: depots(i).cost),
    Row(DEPOTS, "open", lambda i: ", ".join(sorted(n for n, (x,) in depots(i).open.items() if x))),
    Row(DEPOTS, "added", lambda i: depots(i).added["Birmingham"][0]),
    *(Row(TSP, f"optimum.{name}", tour(name)) for name in TOURS),
    *(Row(VRP, f"optimum.{name}", fleet(name)) for name in ("E-n22-k4", "A-n32-k5")),
    Row(CITY, "tsp", lambda i: city(i, 1, float("inf"))),
    Row(CITY, "cvrp_total", lambda i: city(i, i["vehicles"], i["capacity"])),
]
