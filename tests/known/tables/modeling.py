"""Serial chains and safety-stock placement against published answers."""

import math
from itertools import accumulate, pairwise

import pytest
from scipy.special import ndtri

import twinlab as tl
from tests.known.answers import STAGES, Row
from twinlab.modeling import SerialChain, ServiceStage, Stage


def serial(inputs, demand):
    """The chain of a case; its figures are listed downstream first."""
    local = list(accumulate(inputs["echelon_holding_downstream_first"][::-1]))
    times = inputs.get("lead_times_downstream_first") or inputs["lead_times"]
    names = STAGES if len(times) == 3 else [str(at + 1) for at in range(len(times))]
    stages = [Stage(*row) for row in zip(names[::-1], times[::-1], local, strict=True)]
    return SerialChain(tuple(stages), demand, inputs["stockout_cost"])


def normal(inputs):
    chain = serial(inputs, tl.Normal(inputs["demand_mean"], inputs["demand_sd"]))
    return tl.modeling.clark_scarf(chain)


def poisson(inputs):
    return tl.modeling.clark_scarf(serial(inputs, tl.Poisson(inputs["poisson_rate"])))


def levels(plan):
    return list(plan.echelon.values())[::-1]


def bounds(row):
    def compute(inputs):
        chain = serial(inputs | inputs["rows"][row], tl.Poisson(inputs["poisson_rate"]))
        rounded = {"down": math.floor, "up": math.ceil}[inputs["rounding"][row]]
        middle = tl.modeling.shang_song(chain).middle
        return [rounded(level) for level in middle.values()][::-1]

    return Row("me_shang_song_newsvendor_heuristic", row, compute, abs=0.0)  # "S: exact"


# -- guaranteed service -----------------------------------------------------------------------


def line(times, holding, sd, z, promise=0, inbound=0):
    """A serial system, upstream first, and its plan."""
    last = len(times) - 1
    stages = [
        ServiceStage(str(at), time, cost, demand_sd=sd if at == last else 0,
                     promise=promise if at == last else None, inbound=inbound if at == 0 else 0)
        for at, (time, cost) in enumerate(zip(times, holding, strict=True))
    ]  # fmt: skip
    return plan(stages, pairwise(str(at) for at in range(len(times))), z)


def plan(stages, arcs, z):
    """The plan of the stages; that of a network of these stages must cost the same."""
    arcs = list(arcs)
    found = tl.modeling.guaranteed_service(stages, arcs, z)
    read = tl.modeling.guaranteed_service(
        network_of(stages, arcs), z=z,
        promises={(s.name, s.name): s.promise for s in stages if s.promise is not None},
    )  # fmt: skip
    assert read.cost == pytest.approx(found.cost, rel=1e-9)
    return found


def network_of(stages, arcs):
    """A node and product for each stage: made of what the stages before it send, or bought."""
    into = {s.name: [up for up, down in arcs if down == s.name] for s in stages}
    lanes, recipes, stocks = [], [], []
    for s in stages:
        if into[s.name]:
            recipes.append(tl.Recipe(s.name, s.name, dict.fromkeys(into[s.name], 1), s.time))
            lanes += [tl.Lane(up, s.name, up, lead_time=0) for up in into[s.name]]
            stocks += [tl.Stock(s.name, up, holding_cost=1e3) for up in into[s.name]]
        else:  # what is waited for outside is part of the lead time
            lanes.append(tl.Lane("outside", s.name, s.name, lead_time=s.time + s.inbound))
    return tl.Network(
        [tl.Product(s.name) for s in stages],
        [tl.Node("outside"), *(tl.Node(s.name, holding_cost=s.holding_cost) for s in stages)],
        lanes, recipes,
        [tl.Demand(s.name, s.name, tl.Normal(9 * s.demand_sd, s.demand_sd))
         for s in stages if s.demand_sd],
        stocks,
    )  # fmt: skip


def book_line(name):
    def compute(inputs):
        one = inputs[name]
        z = one.get("z") or ndtri(one["service_level"])
        return line(one["processing_time_downstream_first"][::-1], one["holding"][::-1], one["sd"],
                    z, one["external_out"], one["external_in"]).cost  # fmt: skip

    return Row("me_gsm_serial", f"cost_{name}", compute)


def tree(inputs, promises, inbound=None):
    stages = [
        ServiceStage(name, time, inputs["holding"][name], inputs["demand_sd"].get(name, 0),
                     promises.get(name), (inbound or {}).get(name, 0))
        for name, time in inputs["processing_time"].items()
    ]  # fmt: skip
    return plan(stages, [(str(up), str(down)) for up, down in inputs["arcs"]], inputs["z"])


def book_tree(inputs):
    return tree(inputs, inputs["external_outbound_service_time"],
                inputs["external_inbound_service_time"])  # fmt: skip


def promise(name):
    return Row("me_gsm_tree_ex6_5", f"service_times.{name}", lambda i: book_tree(i).promises[name])


def book_problem(setting):
    promises = {part[1]: int(part.split("=")[1]) for part in setting.split(",")}
    return Row("me_gsm_tree_prob6_9", f"cost.{setting}", lambda inputs: tree(inputs, promises).cost)


def battery(inputs):
    stages, rate = inputs["stages"], inputs["holding_rate"]

    def value(name):
        return stages[name]["added_cost"] + sum(value(up) for up in stages[name]["upstream"])

    rows = [
        ServiceStage(name, row["lead_time"], rate * value(name), row["demand_sd"] or 0,
                     row["max_service_time"])
        for name, row in stages.items()
    ]  # fmt: skip
    arcs = [(up, name) for name, row in stages.items() for up in row["upstream"]]
    (z,) = {row["z"] for row in stages.values()} - {None}
    return plan(rows, arcs, z).cost


def table4(answer):
    costs, times = answer.split("|")

    def compute(inputs):
        added = inputs["added_cost_profiles_upstream_first"][costs]
        return line(inputs["lead_time_profiles_upstream_first"][times], list(accumulate(added)),
                    inputs["demand_sd"], inputs["z"]).cost  # fmt: skip

    return Row("me_gsm_schoenmeyr_graves_table4", f"cost.{answer}", compute)


PROFILES = ["upstream_heavy", "constant", "downstream_heavy"]
ECHELON = "S_echelon_downstream_first"

# The cases name their tolerances by answer ("S_abs", "cost_rel", "exact"): copied here.
ROWS = [
    Row("me_clark_scarf_ex6_1", "cost", lambda i: normal(i).cost, rel=0.0005),
    Row("me_clark_scarf_ex6_1", ECHELON, lambda i: levels(normal(i)), abs=0.03),
    Row("me_clark_scarf_ex6_1_poisson", "cost", lambda i: poisson(i).cost, rel=0.0001),
    Row("me_clark_scarf_ex6_1_poisson", ECHELON, lambda i: levels(poisson(i)), abs=0.0),
    *[bounds(row) for row in ("1", "9", "17", "25")],
    *[book_line(name) for name in ("ex6_3", "prob6_7", "prob6_8")],
    Row("me_gsm_tree_ex6_5", "cost", lambda i: book_tree(i).cost),
    *[promise(name) for name in "1234"],
    *[book_problem(setting) for setting in ("s1=3,s2=3", "s1=0,s2=7", "s1=21,s2=5")],
    Row("me_gsm_battery", "total_cost", battery),
    *[table4(f"{costs}|{times}") for costs in PROFILES for times in PROFILES],
]  # fmt: skip
