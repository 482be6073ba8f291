"""The KPI tree: parents are what their children add up to, and are the library's KPIs."""

import numpy as np
import pytest

import twinlab as tl
from tests.management.chain import CALM
from twinlab.management import kpi_tree

CLOSED = CALM.disrupt(
    tl.Outage("frames", start=30, days=25), tl.Outage("wheels A", start=30, days=40)
)
RUN, BATCH = tl.simulate(CLOSED, seed=1), tl.replicate(CLOSED, 5, seed=1)
SAME = {"Perfect Order Fulfillment": "on_time_in_full", "fill rate": "fill_rate",
        "cycle service level": "cycle_service_level", "replenishment lead time": "lead_time",
        "Inventory Days of Supply": "days_of_cover", "mean stock": "mean_stock",
        "transport emissions": "emissions",
        "Total Supply Chain Management Costs": "total_cost"}  # fmt: skip


def explained(figure):
    """Σ weight × value of the children that have one."""
    held = [c for c in figure.children if np.any(np.asarray(c.weight) != 0)]
    return sum(np.where(c.weight == 0, 0.0, c.weight * np.nan_to_num(c.value)) for c in held)


@pytest.mark.parametrize("history", [RUN, BATCH], ids=["run", "batch"])
@pytest.mark.parametrize("by", [("tier",), ("node",), ("product",), ("country",), ("tier", "node")])
def test_children_explain_their_parent(history, by):
    tree = kpi_tree(history)
    for metric in tree.metrics:
        figure = tree.drill(metric.name, *by)
        assert len(figure.children) >= 1
        np.testing.assert_allclose(explained(figure), figure.value, rtol=1e-12, err_msg=metric.name)
        for child in figure.children if len(by) > 1 else ():
            known = ~np.isnan(child.value)
            found = np.broadcast_to(explained(child), np.shape(child.value))
            np.testing.assert_allclose(found[known], np.asarray(child.value)[known], rtol=1e-12)


@pytest.mark.parametrize("history", [RUN, BATCH], ids=["run", "batch"])
def test_the_figures_are_the_kpis(history):
    tree = kpi_tree(history)
    for name, kpi in SAME.items():
        np.testing.assert_allclose(tree[name].value, getattr(history.kpis, kpi), rtol=1e-12)


def test_kinds_of_cost_add_up():
    tree = kpi_tree(RUN)
    kinds = [m.name for m in tree.metrics if m.attribute == "cost" and not m.code]
    assert sum(tree[kind].value for kind in kinds) == pytest.approx(tree["CO.1.1"].value)


def test_profit_falls_in_a_closure_though_costs_fall_too():
    """The reason for a profit figure: with lost sales, fewer goods cost less."""
    calm, hit = kpi_tree(tl.simulate(CALM, seed=1)), kpi_tree(RUN)
    assert hit["profit"].value < calm["profit"].value
    assert hit["production cost"].value < calm["production cost"].value
    run = RUN.total("revenue") / 120 - RUN.kpis.total_cost
    assert hit["profit"].value == pytest.approx(run)


def test_spare_capacity_is_what_sites_do_not_use():
    tree = kpi_tree(tl.simulate(CALM, seed=1))
    made = tl.simulate(CALM, seed=1).total("started", "plant", "bike")
    figure = tree.drill("spare capacity", "node")
    plant = next(child for child in figure.children if child.name == "plant")
    assert plant.value == pytest.approx(1 - made / (15 * 120))
    assert {c.name for c in figure.children} == {"wheels A", "wheels B", "frames", "plant"}


def test_the_wait_of_customers_is_that_of_littles_law():
    """Two units wait one night, of nine served: 2/9 of a day each on average."""
    patient = tl.serial(["mine", "shop"], demand=tl.Trace((3, 6, 0)), on_hand={"shop": 7})
    run = tl.simulate(tl.Scenario(patient, tl.BaseStock(7), days=3))
    assert kpi_tree(run)["RS.1.1"].value == pytest.approx(run.total("backlog", "shop") / 9)


def test_unknown_figures_and_splits_are_named():
    tree = kpi_tree(RUN)
    with pytest.raises(tl.ScenarioError, match="no figure"):
        tree["RL.1.2"]
    with pytest.raises(tl.ScenarioError, match="did you mean 'tier'"):
        tree.drill("RL.1.1", "tiers")
