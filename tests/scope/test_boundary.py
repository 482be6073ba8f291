"""The same scenario in a narrower scope, and what that scope cannot answer."""

import math

import numpy as np
import pytest

import twinlab as tl
from twinlab.scope import restrict, restrict_network, tiers

RULE = tl.BaseStock(40)


def diamond(**changes):
    """A plant with two suppliers, each with a compounder of its own, and one maker of nylon."""
    lanes = [("nylon", "left resin", "nylon"), ("nylon", "right resin", "nylon"),
             ("left resin", "left", "resin"), ("right resin", "right", "resin"),
             ("left", "plant", "line"), ("right", "plant", "line")]  # fmt: skip
    depth = {"nylon": 3, "left resin": 2, "right resin": 2, "left": 1, "right": 1, "plant": 0}
    making = [tl.Recipe(f"{side} resin", "resin", {"nylon": 1}) for side in ("left", "right")]
    making += [tl.Recipe(side, "line", {"resin": 1}) for side in ("left", "right")]
    given = {
        "products": [tl.Product("nylon"), tl.Product("resin"), tl.Product("line")],
        "nodes": [tl.Node(n, tier=t, capacity=50 if t == 2 else math.inf)
                  for n, t in depth.items()],
        "lanes": [tl.Lane(*v, lead_time=2, sourcing_rank=1 + (v[0] == "right")) for v in lanes],
        "recipes": making,
        "demands": [tl.Demand("plant", "line", tl.Normal(10, 1))],
    }  # fmt: skip
    return tl.Network(**(given | changes))


def test_who_leads_to_no_customer_stands_on_the_highest_tier():
    """The lab and its supplier bring the shop nothing: they are as far from it as the farthest."""
    lanes = [("mine", "plant"), ("plant", "shop"), ("mine", "lab"), ("glass", "lab")]
    network = tl.Network(
        products=[tl.Product("unit")],
        nodes=[tl.Node(name) for name in ("mine", "plant", "shop", "lab", "glass")],
        lanes=[tl.Lane(*ends, "unit") for ends in lanes],
        demands=[tl.Demand("shop", "unit", tl.Constant(5))],
    )
    assert tiers(network) == {"mine": 2, "plant": 1, "shop": 0, "lab": 2, "glass": 2}


def test_a_cut_leaves_outside_suppliers_that_never_run_out():
    seen = restrict_network(diamond(), tier=1)
    assert [n.name for n in seen.nodes] == ["left resin", "right resin", "left", "right", "plant"]
    assert seen.node("left resin").capacity == math.inf
    assert [p.name for p in seen.products] == ["resin", "line"]
    assert [(v.source, v.lead_time.average) for v in seen.lanes][:1] == [("left resin", 2)]
    assert [r.node for r in seen.recipes] == ["left", "right"]


def test_a_cut_at_the_last_tier_changes_nothing():
    network = diamond()
    assert restrict_network(network, tier=3) == network
    scenario = tl.Scenario(network, RULE, days=30)
    assert restrict(scenario).scenario == scenario
    assert restrict(scenario, tier=3).blind_spots == ()


@pytest.mark.parametrize("tier", [0, 1, 2])
def test_upstream_of_the_cut_nothing_can_go_wrong(tier):
    """With the suppliers well stocked the cut chain lives exactly as the whole one does."""
    held = [("left", "resin"), ("left", "line"), ("left resin", "nylon"), ("left resin", "resin")]
    stocks = [tl.Stock(*item, on_hand=10_000) for item in held]
    full = tl.Scenario(diamond(stocks=stocks), tl.LotForLot(), days=40)
    runs = [tl.simulate(s, seed=4) for s in (full, restrict(full, tier).scenario)]
    for measure in ("on_hand", "backlog", "ordered", "received", "served"):
        assert np.array_equal(*(run.series(measure, "plant") for run in runs))


def test_two_suppliers_that_share_a_source_seem_independent():
    """Tier 1 and 2 see two ways; that both begin at one maker is what they cannot see."""
    shut = tl.Outage("nylon", start=10, days=30)
    full = tl.Scenario(diamond(), RULE, days=60)
    stocks = [tl.Stock(*item, on_hand=40) for item in full.network.decided]
    full = full.change(network=diamond(stocks=stocks), disruptions=[shut])
    spots = {tier: [(s.what, s.name) for s in restrict(full, tier).blind_spots] for tier in (1, 2)}
    assert ("common cause", "nylon") in spots[1]
    assert "left resin and right resin seem independent" in repr(restrict(full, 1))
    assert spots[2] == [("disruption", "Outage 'nylon'")]  # the maker's name is known, no more
    rates = [
        tl.simulate(restrict(full, tier).scenario, seed=1).kpis.fill_rate for tier in (1, 2, 3)
    ]
    assert rates[:2] == [1, 1]
    assert rates[2] < 0.9


def test_disruptions_inside_stay_and_those_beyond_are_named():
    kept = [tl.Outage("left", start=5, days=9), tl.LaneOutage("left resin", "left", start=3),
            tl.DemandShift("plant", factor=2)]  # fmt: skip
    gone = [tl.Outage("right resin"), tl.Delay("nylon", "left resin", extra=3)]
    seen = restrict(tl.Scenario(diamond(), RULE, days=30, disruptions=kept + gone), tier=1)
    assert list(seen.scenario.disruptions) == kept
    named = [s.name for s in seen.blind_spots if s.what == "disruption"]
    assert named == [d.title for d in gone]


def test_rules_sourcing_and_sharing_follow():
    from twinlab.organization import OwnOrders

    rules = {"left": tl.BaseStock(7), "right": RULE, "left resin": RULE, "right resin": RULE,
             "plant": tl.LotForLot()}  # fmt: skip
    full = tl.Scenario(diamond(), rules, days=30, sourcing={"plant": tl.Shares()},
                       sharing=OwnOrders())  # fmt: skip
    seen = restrict(full, tier=1).scenario
    assert seen.rules["left", "resin"] == tl.BaseStock(7)
    assert set(seen.sourcing) == {("plant", "line")}
    assert len(seen.sharing) == len(seen.rules) == 5


def test_tiers_are_counted_if_no_row_gives_them():
    bare = tl.Network(
        products=[tl.Product("unit")],
        nodes=[tl.Node(n) for n in "abcd"],
        lanes=[tl.Lane("a", "b", "unit"), tl.Lane("b", "d", "unit"), tl.Lane("a", "d", "unit"),
               tl.Lane("c", "a", "unit")],
        demands=[tl.Demand("d", "unit", 1)],
    )  # fmt: skip
    assert tiers(bare) == {"a": 1, "b": 1, "c": 2, "d": 0}
    assert len(restrict_network(bare, 0).lanes) == 2


def test_the_list_is_a_table_and_a_page():
    seen = restrict(tl.Scenario(diamond(), RULE, days=30), tier=1)
    assert len(seen.table) == len(seen.blind_spots) == 5
    assert "What this scope cannot answer" in seen._repr_html_()
    assert repr(seen).startswith("tiers 0 to 1, day by day; 5 blind spots")


MISTAKES = [
    (lambda: restrict_network(diamond(), -1), tl.NetworkError, "nobody sells there"),
    (lambda: restrict(tl.Scenario(diamond(), RULE, days=5), period=7), tl.ScenarioError,
     "period is a whole number of days from 1 to the scenario's 5, got 7"),
    (lambda: restrict(tl.Scenario(diamond(), RULE, days=5), period=0.5), tl.ScenarioError,
     "got 0.5"),
]  # fmt: skip


@pytest.mark.parametrize(("mistake", "error", "words"), MISTAKES)
def test_a_mistake_is_taught(mistake, error, words):
    with pytest.raises(error, match=words):
        mistake()


def test_who_decides_more_often_than_a_period_is_told_how_often():
    network = tl.serial(["mine", "depot", "shop"], demand=tl.Normal(5, 1))
    network = network.change(tl.Node("depot", review_period=2), tl.Node("shop", review_period=1))
    seen = restrict(tl.Scenario(network, RULE, days=70), period=7)
    why = {spot.name: spot.why for spot in seen.blind_spots if spot.what == "decisions"}
    assert why == {"depot": "looks every 2 days, here every 7 days",
                   "shop": "looks every day, here every 7 days"}  # fmt: skip
