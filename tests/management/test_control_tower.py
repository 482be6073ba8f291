"""The control tower: each kind of exception on a state made for it, its money by hand."""

from dataclasses import replace

import pytest

import twinlab as tl
from tests.management.chain import CALM, NETWORK
from twinlab.management import Limits, control_tower
from twinlab.management.control_tower import Situation
from twinlab.management.flows import stopped_costs
from twinlab.scope.state import OpenOrder, Shipment

MORNING = tl.simulate(CALM, seed=1).state_on(40)


def tower(change=lambda state: None, scenario=CALM, **more):
    """What the tower says of the calm morning of day 40 after a change of its state."""
    state = MORNING.copy()
    change(state)
    return control_tower(scenario, state, **more)


def put(table, key, value):
    def change(state):
        getattr(state, table)[key] = value

    return change


def test_a_calm_morning_has_no_exception():
    assert tower().alerts == ()


def test_a_missing_part_stops_what_is_made_of_it():
    """A bike not sold loses 100; a wheel is half a bike."""
    stopped = stopped_costs(NETWORK)
    assert stopped["wheels B", "wheel"] == 50
    assert stopped["frames", "frame"] == stopped["plant", "frame"] == 100
    assert stopped_costs(NETWORK, {"bike": 300})["plant", "wheel"] == 150


def no_wheels_come(state):
    state.on_hand["plant", "wheel"] = 16.0
    state.under_way["wheels A", "plant", "wheel", "road"] = []


def test_a_run_out_counts_what_is_missing_until_an_order_of_today_arrives():
    """16 wheels last for 16 of 80 in the four days from A."""
    (alert,) = tower(no_wheels_come).of("run-out")
    assert (alert.node, alert.product, alert.owner) == ("plant", "wheel", "inventory planner")
    assert alert.money == pytest.approx(64 * 50)
    assert "nothing is under way" in alert.reason
    assert alert.action is None  # wheels B is quicker, but cannot make 20 a day


def test_receipts_in_time_are_no_exception():
    def change(state):
        no_wheels_come(state)
        state.under_way["wheels A", "plant", "wheel", "road"] = [Shipment(40, 64.0, 36)]

    assert tower(change).of("run-out") == ()


def test_a_late_shipment_is_an_exception_where_somebody_misses_it():
    lane = ("wheels A", "plant", "wheel", "road")
    late = put("under_way", lane, [Shipment(47, 20.0, 36)])  # 11 days where 4 are usual
    assert tower(late).of("late shipment") == ()  # stock is enough, and 20 wheels bind little

    def both(state):
        no_wheels_come(state)
        late(state)

    (alert,) = tower(both).of("late shipment")
    assert alert.money == pytest.approx(20 * 50)  # of the 64 that are missing
    assert "up to 7 days late" in alert.reason
    assert tower(both, limits=Limits(late_days=7)).of("late shipment") == ()


def a_shipment_saves_the_plant(state):
    """40 wheels last for two days; 64 more come on the third, just in time."""
    state.on_hand["plant", "wheel"] = 40.0
    state.under_way["wheels A", "plant", "wheel", "road"] = [Shipment(42, 64.0, 38)]


def test_a_shipment_that_may_be_late_is_ranked_by_its_chance_and_what_it_saves():
    """Without it 40 of the 80 wheels are missing until an order of today arrives."""
    key = ("wheels A", "plant", "wheel", "road", 38)
    (alert,) = tower(a_shipment_saves_the_plant, late={key: 0.3}).of("may be late")
    assert alert.money == pytest.approx(0.3 * 40 * 50)
    assert alert.reason == "64 units from wheels A by road are late with chance 0.30"
    assert tower(a_shipment_saves_the_plant).alerts == ()
    assert tower(a_shipment_saves_the_plant, late={key: 0.09}).alerts == ()  # limits.probability
    assert tower(lambda state: None, late={(*key[:4], 36): 0.9}).of("may be late") == ()  # stock


def test_a_shipment_that_is_late_already_is_no_risk():
    def change(state):
        no_wheels_come(state)
        state.under_way["wheels A", "plant", "wheel", "road"] = [Shipment(47, 20.0, 36)]

    found = tower(change, late={("wheels A", "plant", "wheel", "road", 36): 0.9})
    assert found.of("late shipment")
    assert found.of("may be late") == ()


@pytest.mark.parametrize(("day", "chance"), [(1, 0.5), (36, 1.5), (36, float("nan"))])
def test_chances_are_of_shipments_under_way(day, chance):
    with pytest.raises(tl.ScenarioError, match=r"late: \('wheels A', 'plant', .* no chance"):
        tower(late={("wheels A", "plant", "wheel", "road", day): chance})


def test_customers_who_wait_are_a_backlog():
    patient = NETWORK.change(
        *(replace(d, backorders=True, backorder_cost=3.0) for d in NETWORK.demands)
    )
    calm = CALM.change(network=patient)

    def change(state):
        state.owed["north", "bike"] = 7.0
        state.owed_since["north", "bike"] = [[38, 7.0]]

    (alert,) = tower(change, calm).of("backlog")
    assert (alert.money, alert.owner) == (700.0, "customer service")
    assert "since day 38" in alert.reason
    assert alert.action is None  # a shop has no capacity to raise


def test_a_maker_that_owes_may_work_longer():
    claim = ("plant", "north", "bike", "road")

    def change(state):
        state.owed[claim], state.owed_since[claim] = 14.0, [[39, 14.0]]

    assert tower(change).alerts == ()  # the shop has stock enough
    (alert,) = tower(change, limits=Limits(turnover=0)).of("backlog")
    assert alert.money == 0
    assert alert.action.values == {"plant.capacity": 15 + 14 / 7}


def test_too_much_stock_costs_until_it_is_used():
    """At 6 a day, 600 bikes last 100 days: 60 too many lie 5 days on average for 0.2 a day."""
    much = put("on_hand", ("north", "bike"), 600.0)
    (alert,) = tower(much).of("overstock")
    assert alert.money == pytest.approx(60 * 0.2 * 60 / (2 * 6))
    assert alert.action is None  # its level of 42 is not the cause
    (alert,) = tower(much, CALM.set("north.up_to", 700)).of("overstock")
    assert alert.action.values == {"north/bike.up_to": 6 * (90 + 2 + 1)}


def test_a_closed_site_is_priced_by_the_exposure_program():
    """Frames at the plant on day 40 and all bikes below serve until they end; then 1,000 a day."""
    closed = CALM.disrupt(tl.Outage("frames", start=40, days=25))
    (alert,) = tower(scenario=closed).of("closed site")
    below = [("plant", "frame"), ("plant", "bike"), ("north", "bike"), ("south", "bike")]
    stock = sum(MORNING.on_hand[item] for item in below)
    assert alert.money == pytest.approx(1000 * (25 - stock / 10), rel=0.02)
    assert alert.owner == "supply-risk manager"


def test_empty_pipelines_count_as_days_of_a_closure():
    """Ten days into the closure, the best response loses at most what the simulation lost."""
    closed = CALM.disrupt(tl.Outage("frames", start=30, days=25))
    run, calm = tl.simulate(closed, seed=1), tl.simulate(CALM, seed=1)
    (alert,) = control_tower(closed, run.state_on(40)).of("closed site")
    lost = 100 * (run.kpis.lost_sales - calm.kpis.lost_sales)
    assert "pipelines below empty for 3." in alert.reason
    assert 0.75 * lost < alert.money < lost


def test_a_forecast_adds_shortages_with_their_probability():
    closed = CALM.disrupt(tl.Outage("frames", start=40, days=25))
    forecast = tl.replicate(closed, 64, seed=3, start=MORNING)
    alerts = tower(scenario=closed, forecast=forecast).of("shortage ahead")
    assert [a.node for a in alerts] == ["north", "south"]
    late = forecast.total("demand", "north") - forecast.total("on_time", "north")
    assert alerts[0].money == pytest.approx(100 * late.mean())
    assert "short in 1.00" in alerts[0].reason
    with pytest.raises(tl.ScenarioError, match="starts on day 0"):
        tower(scenario=closed, forecast=tl.replicate(closed, 4, seed=3))


def lost(scenario, state):
    return tl.replicate(scenario, 32, seed=1, start=state).kpis.lost_sales.mean()


def test_asking_the_quicker_source_loses_fewer_sales():
    """The suggestion is not believed but simulated: shops nearly empty, no wheels for days."""
    able = CALM.set("wheels B.capacity", 30)
    state = MORNING.copy()
    no_wheels_come(state)
    for item in (("plant", "bike"), ("north", "bike"), ("south", "bike")):
        state.on_hand[item] = 1.0
    state.on_order["plant", "wheel"] = 0.0
    (alert,) = (a for a in control_tower(able, state).of("run-out") if a.product == "wheel")
    assert alert.action.values == {"wheels A->plant.sourcing_rank": 3}
    assert lost(alert.action.apply(able), state) < lost(able, state)


def test_a_level_below_the_use_of_the_lead_time_is_lifted():
    """The south uses 4 a day for 3 + 1 days; with a level of 8 it runs dry again and again."""
    low = CALM.set("south.up_to", 8)
    state = tl.simulate(low, seed=1).state_on(60)
    found = [a for a in control_tower(low, state).of("run-out") if a.node == "south"]
    assert [a.action.values for a in found] == [{"south/bike.up_to": 16}]
    assert lost(found[0].action.apply(low), state) < 0.5 * lost(low, state)


def test_most_money_comes_first_and_little_can_be_left_out():
    def change(state):
        state.on_hand["north", "bike"] = 600.0
        no_wheels_come(state)

    found = tower(change)
    assert [a.kind for a in found.alerts] == ["run-out", "overstock"]
    assert found.table["money [USD]"].is_monotonic_decreasing
    assert [a.kind for a in tower(change, limits=Limits(money=100)).alerts] == ["run-out"]


def test_a_chain_without_prices_asks_for_them():
    chain = tl.Scenario(tl.serial(["mine", "shop"], demand=tl.Normal(5, 1)), tl.BaseStock(6))
    with pytest.raises(tl.ScenarioError, match="give shortage_cost"):
        control_tower(chain, tl.State.initial(chain.network))


@pytest.mark.parametrize("empty", ["north", "south"])
def test_a_pipeline_is_as_empty_as_the_longest_way_down(empty):
    """Nothing is under way to one of two shops, three days off; the other's pipeline is full."""
    network = tl.distribution("hub", ["north", "south"], demand=tl.Constant(5), lead_time=3)
    scenario = tl.Scenario(network, tl.BaseStock(40), days=20)
    state = tl.State.initial(network)
    for lane in network.lanes:
        state.in_transit[lane.key] = {empty: 0.0, "hub": 10.0 * 3}.get(lane.destination, 5.0 * 3)
    found = Situation(scenario, state, None, Limits(), None).empty_days
    days_empty = {item[0]: found[item] for item in network.items}
    assert days_empty == {"north": 0, "south": 0, "hub": 3, "supplier": 3}


def test_the_tower_sees_the_season_and_every_source_to_come():
    """From day 5 on 20 a day: 60 units end on day 6, and a half that takes 9 days counts half."""
    lanes = [tl.Lane("mine", "shop", "unit", lead_time=2.6, sourcing_share=0.5),
             tl.Lane("quarry", "shop", "unit", lead_time=9, sourcing_share=0.5)]  # fmt: skip
    asked = tl.Demand("shop", "unit", tl.Constant(10), season=(1.0, 2.0), season_days=10)
    network = tl.Network([tl.Product("unit")], [tl.Node(n) for n in ("mine", "quarry", "shop")],
                         lanes, demands=[asked], stocks=[tl.Stock("shop", "unit", 40)])  # fmt: skip
    chain = tl.Scenario(network, tl.BaseStock(10), days=40, sourcing={"shop": tl.Shares()})
    state = tl.State.initial(network)
    state.day = 4
    (alert,) = control_tower(chain, state, shortage_cost={"unit": 1}).of("run-out")
    assert "end on day 6" in alert.reason  # 10 + 20 + 20 until day 7, when an order of today comes
    assert alert.money == 10
    # (3 + 9)/2 days under way and one of review, of which day 4 asks 10 and six days 20.
    assert alert.action.values == {"shop/unit.up_to": 10 + 5 * 20 + 10}


def test_a_belief_weighs_as_much_as_it_is_probable():
    """A twin believes with .6 that frames have closed: 25 days more if so, else none."""
    sure = tower(scenario=CALM.disrupt(tl.Outage("frames", start=40, days=25))).alerts[0]
    perhaps = tl.Empirical([25.0] * 6 + [0.0] * 4)
    (alert,) = tower(scenario=CALM.disrupt(tl.Outage("frames", start=40, days=perhaps))).alerts
    assert alert.money == pytest.approx(0.6 * sure.money)
    assert "closed with probability 0.60, then until day 65" in alert.reason
    hardly = tl.Empirical([25.0] + [0.0] * 19)
    assert tower(scenario=CALM.disrupt(tl.Outage("frames", start=40, days=hardly))).alerts == ()


def test_an_unknown_end_counts_with_its_mean_given_that_it_lasts():
    """Of 5, 15 and 45 days from day 30 on, two last until day 40: 5 and 35 days more."""
    law = tl.Empirical((5, 15, 45))
    (alert,) = tower(scenario=CALM.disrupt(tl.Outage("frames", start=30, days=law))).alerts
    sure = tower(scenario=CALM.disrupt(tl.Outage("frames", start=40, days=20))).alerts[0]
    assert alert.money == pytest.approx(2 / 3 * sure.money)
    assert "probability 0.67, then until day 60" in alert.reason


def test_a_closed_lane_is_priced_like_the_site_behind_it():
    site = tower(scenario=CALM.disrupt(tl.Outage("frames", start=40, days=25))).alerts[0]
    shut = tl.LaneOutage("frames", "plant", start=40, days=25)
    (alert,) = tower(scenario=CALM.disrupt(shut)).alerts
    assert (alert.kind, alert.node) == ("closed lane", "frames->plant")
    assert alert.money == pytest.approx(site.money)


def test_some_of_a_flow_is_missing_where_spare_capacity_does_not_make_up_for_it():
    """Frames come from 20 a day, and 10 are used: of three quarters, 5 a day are missing."""
    half, more = (tl.Outage("frames", start=40, days=40, loss=loss) for loss in (0.5, 0.75))
    (alert,) = tower(scenario=CALM.disrupt(half)).alerts
    assert alert.money == pytest.approx(0, abs=1e-6)  # it is shown all the same
    (alert,) = tower(scenario=CALM.disrupt(more)).alerts
    below = [("plant", "frame"), ("plant", "bike"), ("north", "bike"), ("south", "bike")]
    stock = sum(MORNING.on_hand[item] for item in below)
    assert alert.money == pytest.approx(100 * (40 * 5 - stock), rel=0.02)
    assert "75% of its flow lost until day 80" in alert.reason


def test_orders_at_a_closed_lane_are_no_receipts():
    def change(state):
        no_wheels_come(state)
        state.open_orders["wheels A", "plant", "wheel", "road"] = [OpenOrder(40, 64.0)]

    late = CALM.set("wheels A->plant.order_delay", 3)
    assert "next receipt on day 44" in tower(change, late).of("run-out")[0].reason
    shut = late.disrupt(tl.LaneOutage("wheels A", "plant", start=38, days=10))
    (alert,) = tower(change, shut).of("run-out")
    assert "nothing is under way" in alert.reason
