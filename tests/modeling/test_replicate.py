"""Laws of many replications at once: prefix, pieces, distinct luck, KPIs, bands, precision."""

import gc
import sys
import weakref
from dataclasses import dataclass

import numpy as np
import pytest

import twinlab as tl
from twinlab.modeling.simulation.kpis import KPIs
from twinlab.scope.columns import schema


def shop(level=8, days=40, **changes):
    chain = tl.serial(
        ["mine", "plant", "shop"],
        demand=tl.Demand("shop", "unit", tl.Normal(5, 2), backorder_cost=9),
        holding_cost={"plant": 1, "shop": 2},
        on_hand={"plant": 6, "shop": level},
    )
    lane = tl.Lane("plant", "shop", "unit", lead_time=tl.Empirical((0.0, 1.0, 2.0)))
    rules = {"plant": tl.BaseStock(8), "shop": tl.BaseStock(level)}
    return tl.Scenario(chain.change(lane), rules, days=days, **changes)


HIT = shop().disrupt(tl.Outage("mine", start=10, days=tl.Gamma(4, 4), rate=0.05))


def test_a_hundred_are_the_first_of_a_thousand():
    few, many = tl.replicate(HIT, 100, seed=3), tl.replicate(HIT, 1000, seed=3)
    assert np.array_equal(few.totals, many.totals[:, :100])
    assert all(
        np.array_equal(few.variances[k], many.variances[k][..., :100]) for k in few.variances
    )


@pytest.mark.parametrize("piece", [1, 2_000, 10**9])
def test_the_size_of_the_pieces_changes_nothing(monkeypatch, piece):
    usual = tl.replicate(HIT, 300, seed=3)
    monkeypatch.setattr(sys.modules["twinlab.modeling.simulation.replicate"], "_CHUNK", piece)
    assert np.array_equal(usual.totals, tl.replicate(HIT, 300, seed=3).totals)


@pytest.mark.parametrize("backend", ["threading", "loky"])
def test_who_does_the_work_changes_nothing(backend):
    joblib = pytest.importorskip("joblib")
    alone = tl.replicate(HIT, 3000, seed=3)
    with joblib.parallel_config(backend=backend, n_jobs=2):
        together = tl.replicate(HIT, 3000, seed=3)
    assert np.array_equal(alone.totals, together.totals)


def test_an_engine_goes_with_its_last_day_not_when_rubbish_is_collected(monkeypatch):
    module, seen = sys.modules["twinlab.modeling.simulation.replicate"], []
    opened = module.open_engine

    def look_on(*given):
        engine = opened(*given)
        seen.extend(map(weakref.ref, (engine, engine.state, engine.morning)))
        return engine

    monkeypatch.setattr(module, "open_engine", look_on)
    gc.disable()
    try:
        tl.replicate(HIT, 64, seed=3)
        assert [ref() for ref in seen] == [None, None, None]
    finally:
        gc.enable()


def test_a_thousand_replications_are_a_thousand_demand_paths():
    batch = tl.replicate(shop(days=10), 1000, seed=1, daily=["demand"])
    assert len(np.unique(batch.series("demand"), axis=1).T) == 1000


def test_every_kpi_of_every_history_is_that_of_its_run():
    batch = tl.replicate(HIT, 70, seed=5)
    for replication in (0, 63, 64, 69):
        run = tl.simulate(HIT, 5, replication)
        for column in schema(KPIs):
            many = getattr(batch.kpis, column.name)[replication]
            assert many == pytest.approx(getattr(run.kpis, column.name), rel=1e-9, nan_ok=True)
        for measure in (tl.bullwhip, tl.end_to_end_bullwhip):
            for node in ("plant", "shop"):
                assert measure(batch, node, "unit")[replication] == measure(run, node, "unit")


@pytest.mark.parametrize(
    "band",
    ["on_hand", ("backlog", "plant"), ("shipped", ("mine", "plant")), ("in_transit", "plant"),
     ("demand", "shop", "unit"), ("in_process",), ("shipments", "mine")],
)  # fmt: skip
def test_a_band_is_the_series_of_each_history(band):
    batch = tl.replicate(HIT, 66, seed=5, daily=[band])
    name, nodes, product = (*((band,) if isinstance(band, str) else band), "", "")[:3]
    for replication in (0, 65):
        run = tl.simulate(HIT, 5, replication)
        names = [nodes] if isinstance(nodes, str) else nodes
        series = sum(run.series(name, node, product) for node in names)
        assert np.array_equal(batch.series(name, nodes, product)[:, replication], series)
    low, middle, high = batch.quantiles(name, nodes, product)
    assert (low <= middle).all()
    assert (middle <= high).all()


def test_bands_do_not_change_the_totals():
    plain, banded = tl.replicate(HIT, 64, seed=5), tl.replicate(HIT, 64, seed=5, daily=["on_hand"])
    np.testing.assert_allclose(plain.totals, banded.totals, rtol=1e-12)


def test_histories_start_from_any_state():
    start = tl.simulate(HIT, 5, 3).state_on(17)
    batch = tl.replicate(HIT, 10, seed=5, start=start)
    run = tl.simulate(HIT, 5, 4, start=start)
    assert batch.history(4).equals(run.daily)
    assert batch.kpis.total_cost[4] == pytest.approx(run.kpis.total_cost)


def test_intervals_cover_the_mean_as_often_as_they_say():
    """400 seeds: the hits of a 95 % interval lie in their binomial band (4 standard errors)."""
    scenario = shop(days=15)
    truth = tl.replicate(scenario, 40_000, seed=999).estimate("mean_stock").mean
    hits = 0
    for seed in range(400):
        found = tl.replicate(scenario, 25, seed=seed).estimate("mean_stock")
        hits += found.low <= truth <= found.high
    assert abs(hits - 380) <= 4 * np.sqrt(400 * 0.95 * 0.05)


def test_replications_are_added_until_the_precision_holds():
    until = tl.Precision(relative=0.004, kpi="total_cost")
    batch = tl.replicate(shop(), until, seed=1)
    found = batch.estimate("total_cost")
    assert (found.high - found.low) / 2 <= 0.004 * found.mean
    assert batch.replications % 64 == 0
    fixed = tl.replicate(shop(), batch.replications, seed=1)
    assert np.array_equal(fixed.totals, batch.totals)


def test_a_precision_that_costs_too_much_is_said():
    until = tl.Precision(relative=0.0001, kpi="total_cost", most=128)
    with pytest.warns(UserWarning, match="not reached after 128 replications: raise Precision"):
        assert tl.replicate(shop(), until, seed=1).replications == 128


def careful(view):
    """A student's rule with an if: not array-friendly."""
    if view.inventory_position < 6:
        return 8 - view.inventory_position
    return 0


def counting(view):
    """A rule with memory that decides for one history."""
    view.memory["days"] = view.memory.get("days", 0) + 1
    return max(0.0, 8 + view.memory["days"] % 3 - view.inventory_position)


def test_a_rule_with_an_if_is_told_what_to_do():
    scenario = shop().decide({"shop": careful})
    with pytest.raises(tl.ScenarioError, match=r"cannot decide for many replications.*ScalarRule"):
        tl.replicate(scenario, 10)


@pytest.mark.parametrize("rule", [careful, counting])
def test_one_by_one_any_rule_decides(rule):
    one_by_one = tl.replicate(shop().decide({"shop": tl.ScalarRule(rule)}), 10, seed=2)
    alone = tl.simulate(shop().decide({"shop": rule}), 2, 7)
    assert one_by_one.history(7).equals(alone.daily)
    assert tl.simulate(shop().decide({"shop": tl.ScalarRule(rule)}), 2, 7).daily.equals(alone.daily)


@pytest.mark.parametrize("wrong", [-1.0, np.nan, np.inf])
def test_a_rule_that_returns_no_quantity_is_named_with_its_day(wrong):
    def late(view):
        return np.where(view.day < 3, 1.0, wrong) + 0 * view.on_hand

    with pytest.raises(tl.ScenarioError, match=r"returned .* on day 3: a rule returns numbers"):
        tl.replicate(shop().decide({"shop": late}), 10)


def test_a_rule_cannot_spoil_the_books():
    """What a view shows are copies: a rule that changes them changes nothing."""

    def rude(view):
        answer = np.maximum(0.0, 8 - view.inventory_position)
        view.on_hand = view.on_hand * 0
        view.demand *= 0
        return answer

    polite, rude_too = shop(), shop().decide({"shop": rude})
    assert np.array_equal(tl.replicate(polite, 10).totals, tl.replicate(rude_too, 10).totals)


@dataclass(frozen=True)
class Lagging(tl.BaseStock):
    """Decides on what it saw the day before; it keeps the very arrays that it was shown."""

    keeps_nothing = True  # whatever it says of itself

    def __call__(self, view):
        """Yesterday's books."""
        before = view.memory.get("before", (0.0, 0.0, 0.0, 0.0))
        view.memory["before"] = (view.on_hand, view.on_order, view.backlog, view.demand)
        on_hand, on_order, backlog, demand = before
        return np.maximum(0.0, self.up_to + 0.1 * demand - (on_hand + on_order - backlog))


def test_what_a_rule_keeps_of_a_view_stays_as_it_was():
    scenario = shop().decide({"shop": Lagging(12), "plant": Lagging(15)})
    batch = tl.replicate(scenario, 10, seed=4)
    for at in (0, 7):
        assert batch.history(at).equals(tl.simulate(scenario, 4, at).daily)


MISTAKES = [
    (lambda: tl.replicate(shop(), 0), "a whole number of at least 1, or a Precision, got 0"),
    (lambda: tl.replicate(shop(), 10, daily=["stock"]), "no measure 'stock'"),
    (lambda: tl.replicate(shop(), 10, daily=["holding"]), "is money or emissions"),
    (lambda: tl.replicate(shop(), 10, daily=[("on_hand", "shp")]), "did you mean 'shop'"),
    (lambda: tl.replicate(shop(), 10).series("on_hand"), r"no daily values of .*daily="),
    (lambda: tl.replicate(shop(), 10).estimate("fillrate"), "did you mean 'fill_rate'"),
    (lambda: tl.replicate(shop(), 10).history(10), "this batch has 0 to 9"),
    (lambda: tl.replicate(shop(), 10).total("stock"), "no measure 'stock'"),
    (lambda: tl.bullwhip(tl.replicate(shop(), 10), ""), "is kept for one product at one node"),
    (lambda: tl.replicate(shop(), 1).estimate("fill_rate"), "at least 2 replications"),
    (lambda: tl.Precision(relative=0.1, kpi="fil_rate"), "did you mean 'fill_rate'"),
]  # fmt: skip


@pytest.mark.parametrize(("mistake", "words"), MISTAKES)
def test_a_mistake_is_taught(mistake, words):
    with pytest.raises(tl.ScenarioError, match=words):
        mistake()


def keeping(view):
    """Order up to three days of the mean of the last three demands, which it keeps in a list."""
    seen = view.memory.setdefault("seen", [])
    seen.append(view.demand)
    last = seen[-3:]
    return max(0.0, 3 * sum(last) / len(last) + 12 - view.inventory_position)


def test_every_history_owns_what_its_rule_remembers():
    scenario = shop().decide({"shop": tl.ScalarRule(keeping)})
    start = tl.simulate(scenario, 1, 2).state_on(11)
    kept = start.copy()
    batch = tl.replicate(scenario, 5, 1, start=start)
    alone = [tl.simulate(scenario, 1, at, start=start) for at in range(5)]
    assert all(batch.history(at).equals(run.daily) for at, run in enumerate(alone))
    assert start == kept
    assert len(start.memory["shop", "unit"]["seen"]) == 11
    for run in alone:
        assert len(run.state.memory["shop", "unit"]["seen"]) == 40


@pytest.mark.parametrize("share", [tl.Empirical((1.0, 0.5)), tl.Normal(1.0, 0.2)], ids=repr)
def test_a_yield_that_is_whole_on_some_days_counts_on_the_others(share):
    network = tl.assembly("plant", {"wheel": 2}, demand=tl.Constant(5), on_hand={"plant": 9})
    network = network.change(tl.Recipe("plant", "unit", {"wheel": 2}, good_share=share))
    scenario = tl.Scenario(network, tl.BaseStock(12), days=40)
    batch, run = tl.replicate(scenario, 3, seed=2), tl.simulate(scenario, seed=2, replication=2)
    for name in ("started", "finished", "on_hand", "served"):
        assert batch.total(name)[2] == pytest.approx(run.total(name), rel=1e-12)
    assert 0.6 < run.total("finished") / run.total("started") < 0.95


def test_the_smallest_flow_is_a_billionth_of_a_unit():
    """Exactly that much is ordered, sent and arrives in both engines; a speck less is nothing."""
    network = tl.serial(["mine", "shop"], demand=tl.Constant(0), on_hand=0)
    orders = np.array([1e-9, 0.999e-9, 2e-9, 0.0])
    scenario = tl.Scenario(network, lambda view: orders[view.day] + 0 * view.demand, days=4)
    wanted = {"ordered": [1e-9, 0, 2e-9, 0], "shipped": [1e-9, 0, 2e-9, 0],
              "received": [0, 1e-9, 0, 2e-9]}  # fmt: skip
    places = [(name, "mine" if name == "shipped" else "shop") for name in wanted]
    batch, run = tl.replicate(scenario, 1, daily=places), tl.simulate(scenario)
    for (name, node), series in zip(places, wanted.values(), strict=True):
        assert run.series(name, node).tolist() == series, name
        assert batch.series(name, node)[:, 0].tolist() == series, name


@pytest.mark.parametrize(
    ("low", "high", "verdict"),
    [
        (0.1, 0.3, "worth it"),
        (0.0, 0.3, "its interval includes 0: luck could explain it"),
        (-0.1, 0.3, "its interval includes 0: luck could explain it"),
        (-0.3, 0.0, "its interval includes 0: luck could explain it"),
        (-0.3, -0.1, "a loss"),
    ],
)
def test_a_gain_is_worth_it_only_if_its_interval_lies_above_zero(low, high, verdict):
    mean = (low + high) / 2
    assert tl.Estimate(mean, low, high, 64, 0.95).verdict == verdict


def test_shares_split_orders_in_both_engines_while_all_is_open():
    """Three quarters from the north, a quarter from the south, on every day."""
    network = tl.Network(
        products=[tl.Product("unit")],
        nodes=[tl.Node("north"), tl.Node("south"), tl.Node("shop")],
        lanes=[tl.Lane("north", "shop", "unit", sourcing_share=0.75),
               tl.Lane("south", "shop", "unit", sourcing_share=0.25)],
        demands=[tl.Demand("shop", "unit", tl.Trace((8, 4, 16)))],
    )  # fmt: skip
    scenario = tl.Scenario(network, tl.LotForLot(), days=3, sourcing={"shop": tl.Shares()})
    batch = tl.replicate(scenario, 2, daily=[("shipped", "north"), ("shipped", "south")])
    run = tl.simulate(scenario)
    for node, sent in {"north": [6, 3, 12], "south": [2, 1, 4]}.items():
        assert run.series("shipped", node).tolist() == sent
        assert batch.series("shipped", node).T.tolist() == [sent, sent]
