"""Risk exposure: a published example, a chain with a bill of materials by hand, and laws."""

import math
from dataclasses import replace

import pytest

import twinlab as tl
from tests.management.chain import CALM, NETWORK
from twinlab.management import risk_exposure
from twinlab.management.flows import mean_flows

SUPPLIERS = {"S1": 30, "S2": 45, "S3": 60}  # units a period
PARTS = ("P1", "P2")
COSTS = {"P1": 5000, "P2": 6500}
FORD = tl.Network(
    [tl.Product(p) for p in PARTS],
    [*(tl.Node(s, capacity=c, time_to_recover=2) for s, c in SUPPLIERS.items()), tl.Node("plant")],
    [tl.Lane(s, "plant", p) for s in SUPPLIERS for p in PARTS],
    demands=[tl.Demand("plant", "P1", 75), tl.Demand("plant", "P2", 50)],
    stocks=[tl.Stock("plant", "P1", 20), tl.Stock("plant", "P2", 25)],
)


def test_the_single_tier_example_of_a_car_maker():
    """Exercise after Simchi-Levi et al. (2015): losses, times to survive, indices."""
    found = risk_exposure(FORD, SUPPLIERS, shortage_cost=COSTS)
    assert found.calm_loss == 0
    wanted = {"S1": (0, 2.25, 0), "S2": (125_000, 9 / 7, 125 / 275), "S3": (275_000, 0.9, 1)}
    for site, (loss, survive, index) in wanted.items():
        risk = found[site]
        assert (risk.loss, risk.index) == pytest.approx((loss, index))
        assert risk.time_to_survive == pytest.approx(survive)
    # The cheaper loss is shed: 25 and 55 units of P1.
    assert found["S2"].lost_units == pytest.approx(25)
    assert [r.site for r in found.risks] == ["S3", "S2", "S1"]


def test_a_bill_of_materials_by_hand():
    """10 bikes a day. Without wheels A: 12 wheels a day make 6 bikes, stocks are 80 wheels = 40
    bikes and 70 bikes made: 110 / 4 = 27.5 days. Without frames: (60 + 70) / 10 = 13 days, and
    2 days of 15 are lost. Without wheels B nobody is: wheels A makes 30. Without the plant only
    the shops' 50 bikes are left, because nothing leaves it."""
    found = risk_exposure(NETWORK, recover={"plant": 6})
    survive = {r.site: r.time_to_survive for r in found.risks}
    assert survive["wheels A"] == pytest.approx(27.5)
    assert survive["frames"] == pytest.approx(13)
    assert survive["wheels B"] == math.inf
    assert survive["north"] == 0
    assert found["frames"].loss == pytest.approx(2 * 10 * 100)
    # Shares of stock and demand differ: the south runs out first (20 / 4 = 5, 30 / 6 = 5 days).
    assert survive["plant"] == pytest.approx(5)
    assert found["plant"].loss == pytest.approx(1 * 10 * 100)


def test_finished_stock_of_a_closed_site_can_ship():
    """Then the plant's 20 bikes count too: 70 / 10 days."""
    found = risk_exposure(NETWORK, ["plant"], recover={"plant": 6}, stock_ships=True)
    assert found["plant"].time_to_survive == pytest.approx(7)


def test_a_lane_limits_what_can_be_redirected():
    narrow = NETWORK.change(tl.Lane("wheels B", "plant", "wheel", capacity=4, sourcing_rank=2))
    # 4 wheels a day make 2 bikes: 110 / 8 days.
    assert risk_exposure(narrow, ["wheels A"])["wheels A"].time_to_survive == pytest.approx(13.75)


def test_scrap_needs_more_components():
    """With a yield of 0.5 a bike takes 4 wheels and 2 frames: (30 + 70) / 10 days of frames."""
    half = NETWORK.change(tl.Recipe("plant", "bike", {"wheel": 2, "frame": 1}, good_share=0.5))
    assert risk_exposure(half, ["frames"])["frames"].time_to_survive == (pytest.approx(10))


def test_loss_begins_where_survival_ends():
    for recover in (13, 13.5, 20):
        loss = risk_exposure(NETWORK, ["frames"], recover={"frames": recover})["frames"].loss
        assert loss == pytest.approx(max(0, recover - 13) * 1000, abs=1e-6)


def test_a_simulated_closure_never_loses_less_than_the_best_response():
    """The program is a bound: orders by rule, and lead times, cost more. (Constant demand.)"""
    steady = CALM.change(
        network=NETWORK.change(*(replace(d, pattern=d.pattern.average) for d in NETWORK.demands))
    )
    calm = tl.replicate(steady, 2, seed=1)
    for site in ("wheels A", "frames", "plant"):
        days = 30
        hit = tl.replicate(steady.disrupt(tl.Outage(site, start=20, days=days)), 2, seed=1)
        simulated = tl.lost_sales(hit)[0] - tl.lost_sales(calm)[0]
        state = tl.simulate(steady, seed=1).state_on(20)
        found = risk_exposure(steady.network, [site], state=state, recover={site: days})
        bound = found[site].lost_units
        assert simulated >= bound - 1e-6, site
        assert bound > 1, "a bound that says something"


def test_mean_flows_go_up_the_bill_of_materials():
    flows = mean_flows(CALM, 0)
    assert flows["plant", "bike"] == 10
    assert flows["plant", "wheel"] == flows["wheels A", "wheel"] == 20
    assert flows["wheels B", "wheel"] == 0
    shared = CALM.change(
        network=NETWORK.change(
            tl.Lane("wheels A", "plant", "wheel", sourcing_share=0.75),
            tl.Lane("wheels B", "plant", "wheel", sourcing_share=0.25),
        ),
        sourcing={("plant", "wheel"): tl.Shares()},
    )
    assert mean_flows(shared, 0)["wheels B", "wheel"] == 5


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"recover": {"S1": -1}}, "finite number of at least 0, got -1"),
        ({"recover": {"S9": 1}}, "no site 'S9'; known are: S1"),
        ({"shortage_cost": {"P3": 1}}, "no customer asks for 'P3'"),
        ({"shortage_cost": {"P1": -1}}, "finite number of at least 0, got -1"),
    ],
)
def test_numbers_that_cannot_be_meant(more, words):
    with pytest.raises(tl.ScenarioError, match=words):
        risk_exposure(FORD, **more)


def test_an_unknown_site_is_named():
    with pytest.raises(tl.ScenarioError, match="no site 'S7'"):
        risk_exposure(FORD, ["S7"])
    with pytest.raises(tl.ScenarioError, match="no 'plant'"):
        risk_exposure(FORD, ["S1"])["plant"]
