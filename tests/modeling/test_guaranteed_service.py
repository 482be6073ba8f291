"""Safety stock where it costs least: HiGHS against trying every promise."""

import math
from collections import Counter
from dataclasses import replace
from itertools import combinations, product
from statistics import NormalDist

import numpy as np
import pytest

import twinlab as tl
from twinlab.modeling import ServiceStage, guaranteed_service

ARCS = [("a", "c"), ("b", "c"), ("c", "d"), ("c", "e"), ("b", "e")]  # with a loop: no tree


def stages(seed):
    """Five stages with drawn times, costs and promises."""
    draw = np.random.default_rng(seed)
    found = []
    for name in "abcde":
        last = name in "de"
        found.append(ServiceStage(
            name, int(draw.integers(0, 4)), float(draw.uniform(0.5, 3)),
            float(draw.uniform(1, 3)) if last else 0.0, int(draw.integers(0, 2)) if last else None,
            int(draw.integers(0, 3)) if name in "ab" else 0,
        ))  # fmt: skip
    return found


def ways(arcs, start, end):
    """Units of one stage in one of another, by every way from one to the other."""
    if start == end:
        return 1.0
    return sum((arc[2] if len(arc) > 2 else 1) * ways(arcs, arc[1], end)
               for arc in arcs if arc[0] == start)  # fmt: skip


def by_trying(rows, z, arcs=ARCS):
    """The least cost over all whole promises, written down without a solver."""
    rows = {row.name: row for row in rows}
    factor = {n: NormalDist().inv_cdf(row.service) if row.service else z
              for n, row in rows.items()}  # fmt: skip
    spread = {n: math.hypot(*(ways(arcs, n, end) * factor[end] * rows[end].demand_sd
                              for end in rows)) for n in rows}  # fmt: skip
    best = math.inf
    choices = [range(8) if rows[n].promise is None else range(int(rows[n].promise) + 1)
               for n in rows]  # fmt: skip
    for promised in product(*choices):
        said = dict(zip(rows, promised, strict=True))
        cost = 0.0
        for name, row in rows.items():
            waits = max([row.inbound, *(said[arc[0]] for arc in arcs if arc[1] == name)])
            net = waits + row.time - said[name]
            cost += row.holding_cost * spread[name] * math.sqrt(net) if net >= 0 else math.inf
        best = min(best, cost)
    return best


@pytest.mark.parametrize("seed", range(4))
def test_highs_finds_the_best_of_all_promises(seed):
    rows = stages(seed)
    plan = guaranteed_service(rows, ARCS, z=1.5)
    assert plan.cost == pytest.approx(by_trying(rows, 1.5), rel=1e-9)
    for row in rows:  # the plan's own promises give its net times
        waits = max([row.inbound, *(plan.promises[up] for up, d in ARCS if d == row.name)])
        assert plan.net_times[row.name] == waits + row.time - plan.promises[row.name]


DIAMOND = [("a", "b"), ("a", "c"), ("b", "d"), ("c", "d")]


def four(draw):
    """Four stages of which any may have customers; the last one has."""
    rows = []
    for name in "abcd":
        sold = name == "d" or draw.random() < 0.3
        rows.append(ServiceStage(
            name, int(draw.integers(0, 4)), float(draw.uniform(0.5, 3)),
            demand_sd=float(draw.uniform(1, 3)) if sold else 0.0,
            promise=int(draw.integers(0, 2)) if sold else None,
            inbound=int(draw.integers(0, 3)) if name == "a" else 0,
            service=float(draw.uniform(0.6, 0.99)) if sold and draw.random() < 0.5 else None,
        ))  # fmt: skip
    return rows


@pytest.mark.parametrize("seed", range(12))
def test_any_network_with_units_and_services_by_trying(seed):
    """Parts that reach an end item by several ways, some of them several to one."""
    draw = np.random.default_rng(seed)
    rows = four(draw)
    pairs = [pair for pair in combinations("abcd", 2) if pair in DIAMOND or draw.random() < 0.4]
    arcs = [(*pair, float(draw.choice([1, 1, 2, 0.5]))) for pair in pairs]
    assert guaranteed_service(rows, arcs, z=1.2).cost == pytest.approx(by_trying(rows, 1.2, arcs))


def test_a_part_that_is_needed_twice_is_planned_twice():
    """Raw goes into A and B, both into final: √2 would be right for two customers, 2 is for one."""
    rows = [ServiceStage("raw", 4, 1), ServiceStage("A", 1, 10), ServiceStage("B", 1, 10),
            ServiceStage("final", 1, 30, demand_sd=10, promise=0)]  # fmt: skip
    both = [("raw", "A"), ("raw", "B"), ("A", "final"), ("B", "final")]
    plan = guaranteed_service(rows, both, z=1)
    assert plan.cost == pytest.approx(464.26, abs=0.01)
    assert plan.safety_stock["raw"] == pytest.approx(40)
    one = [rows[0], rows[1], rows[3]]
    twice = guaranteed_service(one, [("raw", "A", 2), ("A", "final")], z=1)
    assert twice.safety_stock["raw"] == pytest.approx(40)


def test_customers_who_share_a_part_pool_their_risk():
    rows = [ServiceStage("raw", 4, 1), ServiceStage("A", 0, 10, demand_sd=3, promise=0),
            ServiceStage("B", 0, 10, demand_sd=4, promise=0)]  # fmt: skip
    plan = guaranteed_service(rows, [("raw", "A"), ("raw", "B")], z=2)
    assert plan.safety_stock["raw"] == pytest.approx(2 * 5 * 2)
    sure = [replace(row, service=NormalDist().cdf(k)) for row, k in zip(rows[1:], (1, 2), strict=1)]
    plan = guaranteed_service([rows[0], *sure], [("raw", "A"), ("raw", "B")])
    assert plan.safety_stock["raw"] == pytest.approx(math.hypot(3, 8) * 2)


@pytest.mark.parametrize("z", [-1, math.nan, math.inf, "2"])
def test_a_safety_factor_is_a_number(z):
    with pytest.raises(tl.TwinError, match="z must be a finite number of at least 0"):
        guaranteed_service(stages(0), ARCS, z)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"service": 0.3}, "service must be 0.5 to 1 share"),
        ({"service": math.nan}, "service is a number"),
        ({"service": 1.0}, "service must be"),
        ({"demand_sd": -1}, "demand_sd must be at least 0"),
    ],
)
def test_a_stage_of_no_sense_is_told(change, words):
    with pytest.raises(tl.TwinError, match=words):
        replace(stages(0)[3], **change)


def test_customers_need_a_service_or_z():
    with pytest.raises(tl.NetworkError, match=r"'[de]'.* give its service"):
        guaranteed_service(stages(0), ARCS)
    assert guaranteed_service(stages(0), ARCS, z=0).cost == 0


def test_two_stages_of_one_name_are_told():
    with pytest.raises(tl.NetworkError, match="no stages"):
        guaranteed_service([], [], z=1)
    with pytest.raises(tl.NetworkError, match=r"'a'.*: its name stands twice"):
        guaranteed_service([*stages(0), stages(0)[0]], ARCS, z=1)


@pytest.mark.parametrize(
    ("arcs", "words"),
    [
        ([*ARCS, ("a", "c")], "a → c: write it once"),
        ([*ARCS[1:], ("a", "c", 0)], "a → c: .* above 0, got 0"),
        ([*ARCS[1:], ("a", "c", math.nan)], "a → c: .* above 0, got nan"),
        ([("a", "x")], "'x' is not a stage"),
        ([*ARCS, ("e", "a")], "in a circle"),
        (ARCS[:2], "give its promise in days"),
    ],
)
def test_mistakes_are_explained(arcs, words):
    with pytest.raises(tl.NetworkError, match=words):
        guaranteed_service(stages(0), arcs, z=1)


# -- read from a network, and simulated ---------------------------------------------------------

ASKED = tl.Empirical((0, 2, 4, 10))  # 4 on average, 10 at most


def drawn(seed):
    """A network of two levels with a recipe between them; and what its customers are promised."""
    luck = np.random.default_rng(seed)

    def days(low, high):
        return int(luck.integers(low, high))

    def node(name, cost=0.0):
        return tl.Node(name, holding_cost=cost and luck.uniform(0.5, cost),
                       evening_review=bool(cost) and luck.random() < 0.5)  # fmt: skip

    share = 0.5 * days(0, 2)  # by rank, or shared out
    lanes = [
        tl.Lane("mine", "depot", "raw", lead_time=days(0, 5), order_delay=days(0, 2)),
        tl.Lane("depot", "plant", "raw", lead_time=days(1, 4), sourcing_share=share),
        tl.Lane("spare", "plant", "raw", lead_time=days(1, 6), sourcing_share=share,
                sourcing_rank=2),
        tl.Lane("mine", "plant", "part", lead_time=days(0, 4)),
        tl.Lane("plant", "east", "good", lead_time=days(0, 4), order_delay=days(0, 2)),
        tl.Lane("plant", "west", "good", lead_time=days(0, 4)),
    ]  # fmt: skip
    sold = [("east", "good"), ("west", "good")]
    sold += [("plant", "good"), ("depot", "raw")] if luck.random() < 0.5 else []
    network = tl.Network(
        [tl.Product(name) for name in ("raw", "part", "good")],
        [tl.Node("mine"), tl.Node("spare"), node("depot", 2), node("plant", 3), node("east", 9),
         node("west", 9)],
        lanes,
        [tl.Recipe("plant", "good", {"raw": 2, "part": 1}, production_time=days(0, 4))],
        [tl.Demand(*item, ASKED, service_rank=2) for item in sold],
        [tl.Stock("plant", "part", holding_cost=luck.uniform(0.5, 3))],
    )  # fmt: skip
    return network, {"plant": tl.Shares()} if share else {}, {item: days(0, 4) for item in sold}


def exact(network, promises):
    """The plan, its levels those of the largest demand that can be: 10 is 2.5 times the mean."""
    plan = guaranteed_service(network, z=1, promises=promises)
    over = {item: plan.safety_stock["/".join(item)] for item in plan.levels}
    return replace(plan, levels={i: 2.5 * (level - over[i]) for i, level in plan.levels.items()})


def late(network, sourcing, plan, seed, days=200):
    """The most that any customers are owed from before the days that they were promised."""
    full = network.change(*(
        tl.Stock(*item, level, {(s.node, s.product): s.holding_cost for s in network.stocks}
                 .get(item)) for item, level in plan.levels.items()
    ))  # fmt: skip
    rules = {item: tl.BaseStock(level) for item, level in plan.levels.items()}
    run = tl.simulate(tl.Scenario(full, rules, days, sourcing=sourcing), seed)
    most = -math.inf
    for d in network.demands:
        item, wait = (d.node, d.product), plan.promises[f"{d.node}/{d.product}"]
        asked = run.series("demand", *item).cumsum()
        due = np.concatenate([np.zeros(wait), asked])[:days]  # asked up to so many days ago
        most = max(most, (run.series("backlog", *item) - (asked - due)).max())
    return most


def by_rank(network, plan):
    """Items that promise later than at once to several, whom the twin serves by rank."""
    claims = Counter((v.source, v.product) for v in network.lanes)
    claims.update((d.node, d.product) for d in network.demands)
    return [item for item in plan.levels if claims[item] > 1 and plan.promises["/".join(item)]]


def test_promises_are_kept_to_the_day_within_the_bounds():
    """Whatever is drawn; and in the worst case, where one unit less anywhere is too few.

    Where two sources share the orders, the plan's time is that of the slower one.
    """
    kept, tried = 0, 0
    for seed in range(24):
        network, sourcing, promises = drawn(seed)
        plan = exact(network, promises)
        if by_rank(network, plan):
            continue
        kept += 1
        assert late(network, sourcing, plan, seed) <= 1e-6
        worst = network.change(*(replace(d, pattern=10) for d in network.demands))
        assert late(worst, sourcing, plan, 0) <= 1e-6
        for item in () if sourcing else filter(plan.levels.get, plan.levels):
            less = replace(plan, levels={**plan.levels, item: plan.levels[item] - 1})
            tried += 1
            assert late(worst, sourcing, less, 0, 60) > 0.4
    assert kept >= 8
    assert tried >= 8


def test_a_network_gives_the_plan_of_its_stages():
    """Example 6.5, tree: outside of stage 1 one day; stage 3 feeds 2 and 4."""
    lanes = [tl.Lane("out", "1", "u", lead_time=2, order_delay=1), tl.Lane("1", "3", "u"),
             tl.Lane("3", "2", "u"), tl.Lane("3", "4", "u")]  # fmt: skip
    costs = {"out": 0, "1": 1, "2": 3, "3": 2, "4": 3}
    sold = [tl.Demand(name, "u", tl.Normal(9, 1)) for name in "24"]
    network = tl.Network([tl.Product("u")], [tl.Node(n, holding_cost=h) for n, h in costs.items()],
                         lanes, demands=sold)  # fmt: skip
    plan = guaranteed_service(network, z=1, promises={("4", "u"): 1})
    assert plan.cost == pytest.approx(2 * math.sqrt(2) + math.sqrt(6) + 3)
    assert plan.promises == {"1/u": 0, "3/u": 0, "2/u": 0, "4/u": 1}
    nets = plan.net_times
    assert plan.levels[("2", "u")] == pytest.approx(9 * nets["2/u"] + math.sqrt(nets["2/u"]))
    assert plan.levels[("1", "u")] == pytest.approx(18 * 3 + math.sqrt(2) * math.sqrt(3))


def shop(**lane):
    return tl.serial(["mine", "shop"], demand=tl.Normal(9, 1)).change(
        tl.Lane("mine", "shop", "unit", **lane)
    )


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: guaranteed_service(shop(lead_time=tl.Uniform(1, 3)), z=1), "sure times"),
        (lambda: guaranteed_service(shop(), [("a", "b")], 1), "a network has its own arcs"),
        (lambda: guaranteed_service(stages(0), ARCS, 1, {("a", "u"): 1}), "its own promise"),
        (lambda: guaranteed_service(shop()), "or all customers a z"),
        (lambda: guaranteed_service(shop(), z=1, promises={("shop", "x"): 1}), "no customer asks"),
        (lambda: guaranteed_service(shop(), z=1, promises={("shop", "unit"): -1}), "promises"),
        (lambda: guaranteed_service(shop(), z=1, promises={("shop", "unit"): math.nan}), "promise"),
        (lambda: guaranteed_service(shop().change(tl.Node("shop", review_period=7)), z=1), "every"),
        (lambda: guaranteed_service(
            shop().change(tl.Demand("shop", "unit", 3, season=(1, 2))), z=1), "without season"),
    ],
)  # fmt: skip
def test_networks_of_which_nothing_can_be_guaranteed_are_told(call, words):
    with pytest.raises(tl.TwinError, match=words):
        call()
