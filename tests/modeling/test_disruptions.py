"""What each disruption does to the flows, day by day, worked out by hand."""

import pytest

import twinlab as tl
from twinlab.modeling.simulation.plan import make_plan


def chain(*nodes, **lane):
    """A mine that feeds a shop, whose customers ask nothing."""
    return tl.Network(
        products=[tl.Product("unit")],
        nodes=nodes or [tl.Node("mine"), tl.Node("shop")],
        lanes=[tl.Lane("mine", "shop", "unit", **lane)],
        demands=[tl.Demand("shop", "unit", 0)],
    )


def always(quantity):
    return lambda view: float(quantity)


def planned(*quantities):
    """A rule that orders what was planned for the day."""
    return lambda view: float(quantities[view.day]) if view.day < len(quantities) else 0.0


def live(network, rules, days, *disruptions):
    return tl.simulate(tl.Scenario(network, rules, days=days, disruptions=disruptions))


def series(run, name, node="", product=""):
    return run.series(name, node, product).tolist()


# -- outages of nodes --


def test_a_closed_source_ships_nothing_and_catches_up():
    run = live(chain(), always(4), 5, tl.Outage("mine", start=1, days=2))
    assert series(run, "shipped", "mine") == [4, 0, 0, 12, 4]
    assert series(run, "backlog", "mine") == [0, 4, 8, 0, 0]


def test_half_an_unlimited_source_ships_half_of_what_it_owes():
    run = live(chain(), always(4), 4, tl.Outage("mine", loss=0.5, start=1, days=2))
    assert series(run, "shipped", "mine") == [4, 2, 3, 7]


def test_a_source_with_a_capacity_loses_part_of_it():
    network = chain(tl.Node("mine", capacity=10), tl.Node("shop"))
    run = live(network, always(5), 5, tl.Outage("mine", loss=0.75, start=1, days=2))
    assert series(run, "shipped", "mine") == pytest.approx([5, 2.5, 2.5, 10, 5])


def plant(stock, demand=4, capacity=float("inf"), also=()):
    """A plant that makes what its customers ask for."""
    return tl.Network(
        products=[tl.Product("unit"), *(tl.Product(name) for name in also)],
        nodes=[tl.Node("plant", capacity=capacity)],
        recipes=[tl.Recipe("plant", product) for product in ("unit", *also)],
        demands=[tl.Demand("plant", product, demand) for product in ("unit", *also)],
        stocks=[tl.Stock("plant", "unit", stock)],
    )


def test_nothing_is_made_at_a_closed_plant_and_nothing_leaves_it():
    """It goes on ordering: all that was asked meanwhile is made when it reopens."""
    run = live(plant(6), tl.BaseStock(6), 3, tl.Outage("plant", days=2))
    assert series(run, "ordered") == [4, 4, 4]
    assert series(run, "started") == [0, 0, 12]
    assert series(run, "served") == [0, 0, 12]


def test_finished_stock_still_leaves_where_the_outage_says_so():
    run = live(plant(6), tl.BaseStock(6), 3, tl.Outage("plant", days=2, stock_ships=True))
    assert series(run, "started") == [0, 0, 12]
    assert series(run, "served") == [4, 2, 6]


def test_half_a_plant_makes_half_and_its_stock_leaves_freely():
    outage = tl.Outage("plant", loss=0.5, days=2)
    run = live(plant(6), tl.BaseStock(6), 3, outage)
    assert series(run, "started") == [2, 3, 7]
    assert series(run, "served") == [4, 4, 4]
    run = live(plant(6, capacity=6), tl.BaseStock(6), 3, outage)
    assert series(run, "started") == [3, 3, 6]


def test_an_outage_of_one_product_leaves_the_others_alone():
    network = plant(0, also=["other"])
    run = live(network, tl.LotForLot(), 2, tl.Outage("plant", "unit", days=1))
    assert series(run, "served", product="unit") == [0, 8]
    assert series(run, "served", product="other") == [4, 4]


def test_an_outage_of_the_node_takes_part_of_the_capacity_its_products_share():
    """Half of ten is five for both products together; half of one product is five for that one."""
    network = plant(0, demand=7, capacity=10, also=["other"])
    run = live(network, tl.LotForLot(), 1, tl.Outage("plant", loss=0.5))
    assert series(run, "started", product="unit") == [5]
    assert series(run, "started", product="other") == [0]
    run = live(network, tl.LotForLot(), 1, tl.Outage("plant", "unit", loss=0.5))
    assert series(run, "started", product="unit") == [5]
    assert series(run, "started", product="other") == [5]


@pytest.mark.parametrize(("loss", "served"), [(1, [4, 0, 0, 12]), (0.5, [4, 2, 3, 7])])
def test_a_store_ships_less_receives_and_goes_on_ordering(loss, served):
    """A closed store takes in what arrives and still orders what was asked."""
    network = tl.serial(["mine", "shop"], demand=tl.Constant(4), on_hand={"shop": 8})
    outage = tl.Outage("shop", loss=loss, start=1, days=2)
    run = live(network, tl.LotForLot(), 4, outage)
    assert series(run, "served") == served
    assert series(run, "ordered") == [4] * 4
    assert series(run, "received") == [0, 4, 4, 4]


# -- lanes --


def test_goods_under_way_arrive_while_their_lane_is_closed():
    run = live(chain(lead_time=2), always(4), 7, tl.LaneOutage("mine", "shop", start=2, days=2))
    assert series(run, "shipped", "mine") == [4, 4, 0, 0, 12, 4, 4]
    assert series(run, "received", "shop") == [0, 0, 4, 4, 0, 0, 12]


def test_goods_under_way_may_stand_still_while_their_lane_is_closed():
    """Two closed days make every shipment under way two days late."""
    stop = tl.LaneOutage("mine", "shop", start=2, days=2, holds_transit=True)
    run = live(chain(lead_time=2), always(4), 7, stop)
    assert series(run, "received", "shop") == [0, 0, 0, 0, 4, 4, 12]


def test_a_half_closed_lane_holds_no_goods():
    stop = tl.LaneOutage("mine", "shop", loss=0.5, start=2, days=2, holds_transit=True)
    run = live(chain(lead_time=2, capacity=4), always(4), 5, stop)
    assert series(run, "shipped", "mine") == [4, 4, 2, 2, 4]
    assert series(run, "received", "shop") == [0, 0, 4, 4, 2]


def test_what_stands_still_does_not_depend_on_the_horizon():
    """Goods sent on day 7 stand still on days 8 to 15, however many days are simulated."""
    scenario = tl.Scenario(
        chain(lead_time=5), always(4), days=10,
        disruptions=[tl.LaneOutage("mine", "shop", start=8, days=8, holds_transit=True)],
    )  # fmt: skip
    assert tl.simulate(scenario).log == tl.simulate(scenario.change(days=30)).log.before(10)


def test_goods_under_way_at_the_start_stand_still_too():
    stop = tl.LaneOutage("mine", "shop", days=2, holds_transit=True)
    run = live(chain(lead_time=2, initial_pipeline=4), always(0), 5, stop)
    assert series(run, "received", "shop") == [0, 0, 4, 4, 0]


def test_a_lane_outage_strikes_one_mode():
    """Sourcing turns to the other mode while the first is closed."""
    network = chain().change(tl.Lane("mine", "shop", "unit", "air", sourcing_rank=2))
    run = live(network, always(4), 3, tl.LaneOutage("mine", "shop", mode="road", start=1, days=1))
    modes = [(event.day, event.mode) for event in run.log.of("shipped")]
    assert modes == [(0, "road"), (1, "air"), (2, "road")]


def test_a_delay_concerns_what_is_shipped_meanwhile():
    """Sent on days 1 and 2 takes three days in place of one; before and after takes one."""
    run = live(chain(), planned(1, 2, 3, 4), 6, tl.Delay("mine", "shop", extra=2, start=1, days=2))
    assert series(run, "received", "shop") == [0, 1, 0, 0, 2 + 4, 3]


# -- stock --


def kitchen(**more):
    """Bread of flour and salt, made in two days; a shop next door with a lead time of one."""
    return tl.Network(
        products=[tl.Product(name) for name in ("flour", "salt", "bread")],
        nodes=[tl.Node("mill"), tl.Node("bakery"), tl.Node("shop")],
        lanes=[tl.Lane("mill", "bakery", "flour"), tl.Lane("mill", "bakery", "salt"),
               tl.Lane("bakery", "shop", "bread")],
        recipes=[tl.Recipe("bakery", "bread", {"flour": 1, "salt": 0.5}, production_time=2)],
        demands=[tl.Demand("shop", "bread", tl.Constant(2), backorders=False)],
        stocks=[tl.Stock("bakery", "flour", 9), tl.Stock("bakery", "salt", 8),
                tl.Stock("bakery", "bread", 3), tl.Stock("shop", "bread", 10)],
        **more,
    )  # fmt: skip


def test_stock_is_lost_in_the_morning_and_nothing_else_is():
    """10 - 2 are there on the morning of day 1: 6 are lost, and 2 left are sold that day."""
    run = live(kitchen(), always(0), 4, tl.StockLoss("shop", share=0.75, start=1))
    assert series(run, "scrapped", "shop") == [0, 6, 0, 0]
    assert series(run, "on_hand", "shop") == [8, 0, 0, 0]
    assert series(run, "lost", "shop") == [0, 0, 2, 2]
    kinds = [(e.day, e.kind, e.quantity) for e in run.log.of("disrupted", "scrapped", "recovered")]
    assert kinds == [(1, "disrupted", 0), (1, "scrapped", 6), (2, "recovered", 0)]
    all_of_it = run.scenario.set("disruptions[0].share", 1)
    assert tl.simulate(all_of_it).total("scrapped", "shop", "bread") == 8


def test_a_loss_spares_what_is_under_way_and_strikes_once_however_long_it_lasts():
    """The rule orders again on the day of the loss what its books no longer have."""
    flood = tl.StockLoss("bakery", "flour", start=2, days=3, recovery=2)
    run = live(kitchen(), tl.BaseStock(9), 6, flood)
    assert run.total("scrapped") == series(run, "scrapped", "bakery", "flour")[2] > 0
    before = run.state_on(2)
    assert series(run, "received", "bakery", "flour")[2] == sum(
        goods.quantity for goods in before.under_way["mill", "bakery", "flour", "road"]
        if goods.due == 2)  # fmt: skip
    ordered = series(run, "ordered", "bakery", "flour")
    assert ordered[2] == before.on_hand["bakery", "flour"] + ordered[1]


def test_losses_of_one_morning_multiply_and_take_all_products():
    half, most = tl.StockLoss("bakery", share=0.5), tl.StockLoss("bakery", "salt", share=0.75)
    run = live(kitchen(), always(0), 1, half, most)
    lost = {event.product: event.quantity for event in run.log.of("scrapped")}
    assert lost == {"flour": 4.5, "salt": 7, "bread": 1.5}


def test_a_loss_with_a_rate_strikes_again_once_it_is_over():
    """Certain on every day, for two days with a pause of one: on each third morning."""
    loss = tl.StockLoss("shop", share=0.5, rate=1, days=2, pause=1, start=1)
    run = live(kitchen().change(tl.Stock("shop", "bread", 20)), always(0), 8, loss)
    assert [(event.day, event.quantity) for event in run.log.of("scrapped")] == [(1, 9), (4, 1.5)]
    assert [event.day for event in run.log.of("disrupted")] == [1, 4, 7]
    luck = run.scenario.set("disruptions[0].rate", 0.3).set("disruptions[0].days", tl.Gamma(2, 1))
    lost = tl.replicate(luck, 70, seed=1).total("scrapped", "shop")
    assert [tl.simulate(luck, 1, at).total("scrapped") for at in range(70)] == lost.tolist()
    assert len(set(lost.tolist())) > 5


# -- customers --


def test_a_demand_shift_multiplies():
    network = tl.serial(["mine", "shop"], demand=tl.Constant(3))
    run = live(network, tl.LotForLot(), 4, tl.DemandShift("shop", factor=2, start=1, days=2))
    assert series(run, "demand") == [3, 6, 6, 3]


# -- when --


def test_a_disruption_fades_out_in_a_straight_line():
    """With three days of recovery, 3/4, 2/4 and 1/4 of it are left on these days."""
    network = tl.serial(["mine", "shop"], demand=tl.Constant(4))
    shift = tl.DemandShift("shop", factor=2, start=2, days=1, recovery=3)
    assert series(live(network, tl.LotForLot(), 7, shift), "demand") == [4, 4, 8, 7, 6, 5, 4]


def test_a_delay_is_rounded_while_it_fades_out():
    """Two extra days are rint(2 × 3/4) = 2, 1 and rint(2 × 1/4) = 0 in three days of recovery."""
    delay = tl.Delay("mine", "shop", extra=2, start=2, days=1, recovery=3)
    run = live(chain(), always(1), 7, delay)
    times = [event.due - event.day for event in run.log.of("shipped")]
    assert times == [1, 1, 3, 3, 2, 1, 1]


@pytest.mark.parametrize("start", [0, 1])
def test_a_disruption_may_start_at_once_whatever_its_recovery(start):
    network = tl.serial(["mine", "shop"], demand=tl.Constant(4))
    shift = tl.DemandShift("shop", factor=2, start=start, days=2, recovery=3)
    demand = series(live(network, tl.LotForLot(), 7, shift), "demand")
    assert demand == [4] * start + [8, 8, 7, 6, 5] + [4] * (2 - start)


def test_a_length_is_rounded_up():
    network = tl.serial(["mine", "shop"], demand=tl.Constant(3))
    run = live(network, tl.LotForLot(), 4, tl.DemandShift("shop", factor=2, days=1.5))
    assert series(run, "demand") == [6, 6, 3, 3]


def test_two_disruptions_of_one_target_multiply():
    """A quarter of a capacity is half of its half; a demand shift of 2 on one of 3 is 6."""
    network = chain(tl.Node("mine", capacity=8), tl.Node("shop")).change(
        tl.Demand("shop", "unit", 1)
    )
    both = (tl.Outage("mine", loss=0.5, days=2), tl.Outage("mine", loss=0.5, start=1, days=2),
            tl.DemandShift("shop", factor=2, days=2),
            tl.DemandShift("shop", factor=3, start=1, days=2))  # fmt: skip
    run = live(network, always(20), 4, *both)
    assert series(run, "shipped", "mine") == [4, 2, 4, 8]
    assert series(run, "demand") == [2, 6, 3, 1]


def test_the_log_tells_when_a_disruption_begins_and_when_it_is_over():
    """It is over after its recovery."""
    outage = tl.Outage("mine", start=1, days=2, recovery=2)
    delay = tl.Delay("mine", "shop", extra=1, start=5, days=9)
    run = live(chain(), always(1), 7, outage, delay)
    noted = [(e.day, e.kind, e.note, e.partner) for e in run.log.of("disrupted", "recovered")]
    assert noted == [
        (1, "disrupted", "Outage", ""),
        (5, "recovered", "Outage", ""),
        (5, "disrupted", "Delay", "shop"),
    ]


# -- suppliers that can bring nothing, ever --


def two_ways(first=None, second=None, depot=None, days=40):
    """A shop that buys from a mine, and from a depot that stands by."""
    network = tl.Network(
        products=[tl.Product("unit")],
        nodes=[tl.Node("mine"), depot or tl.Node("depot"), tl.Node("shop")],
        lanes=[tl.Lane("mine", "shop", "unit", lead_time=0, **(first or {})),
               tl.Lane("depot", "shop", "unit", lead_time=0, sourcing_rank=2,
                       **(second or {}))],
        demands=[tl.Demand("shop", "unit", 4)],
    )  # fmt: skip
    return tl.Scenario(network, tl.LotForLot(), days=days)


OUT = tl.LaneOutage("mine", "shop", start=8, days=6)


@pytest.mark.parametrize(
    "scenario",
    [
        two_ways(second={"capacity": 0}).disrupt(OUT),
        two_ways(depot=tl.Node("depot", capacity=0)).disrupt(OUT),
        two_ways(second={"capacity": 0}).disrupt(tl.Outage("mine", start=8, days=6)),
        two_ways().disrupt(OUT, tl.LaneOutage("depot", "shop", days=400)),
    ],
)
def test_nobody_orders_from_a_stand_in_without_capacity(scenario):
    """The orders wait with the first choice, and come when it is open again."""
    for backlog in (
        series(tl.simulate(scenario), "backlog", "shop"),
        tl.replicate(scenario, 2, daily=[("backlog", "shop")]).series("backlog", "shop")[:, 1],
    ):
        assert list(backlog[:16]) == [0] * 8 + [4, 8, 12, 16, 20, 24, 0, 0]
        assert backlog[-1] == 0


BACKUP_OUT = tl.LaneOutage("depot", "shop", start=8, days=6)


@pytest.mark.parametrize(
    "scenario",
    [
        two_ways(first={"capacity": 0}).disrupt(BACKUP_OUT),
        two_ways(first={"capacity": 0}).disrupt(tl.Outage("depot", start=8, days=6)),
        two_ways({"capacity": 0, "sourcing_share": 0.5}, {"sourcing_share": 0.5})
        .disrupt(BACKUP_OUT).change(sourcing={"shop": tl.Shares()}),
    ],
)  # fmt: skip
def test_nobody_orders_where_nothing_ever_comes_from_while_the_only_way_is_shut(scenario):
    """The orders of six days wait with the second choice, and come when it is open again."""
    for backlog in (
        series(tl.simulate(scenario), "backlog", "shop"),
        tl.replicate(scenario, 2, daily=[("backlog", "shop")]).series("backlog", "shop")[:, 1],
    ):
        assert list(backlog[:16]) == [0] * 8 + [4, 8, 12, 16, 20, 24, 0, 0]
        assert backlog[-1] == 0


def test_where_no_way_has_a_capacity_shares_are_kept():
    """All that was ordered waits, half of it with each."""
    both = {"capacity": 0, "sourcing_share": 0.5}
    shut = two_ways(both, both).change(sourcing={"shop": tl.Shares()})
    assert series(tl.simulate(shut), "backlog", "mine")[-1] == 80
    assert tl.replicate(shut, 2).total("ordered", "shop").tolist() == [160, 160]


@pytest.mark.parametrize(
    "scenario", [two_ways(first={"capacity": 0}), two_ways(first={"capacity": 0}).disrupt(OUT)]
)
def test_a_first_choice_without_capacity_is_never_asked(scenario):
    assert tl.simulate(scenario).total("served") == 160
    assert tl.replicate(scenario, 2).total("served").tolist() == [160, 160]


def test_a_maker_without_capacity_is_not_asked_and_one_with_stock_to_pass_on_is():
    """What is bought and kept at a site leaves it, whatever the site can make."""
    makes = two_ways(depot=tl.Node("depot", capacity=0)).disrupt(OUT)
    network = makes.network.change(tl.Recipe("depot", "unit"))
    closed = tl.Scenario(network, tl.LotForLot(), days=40, disruptions=[OUT])
    assert series(tl.simulate(closed), "backlog", "shop")[-1] == 0
    network = makes.network.change(
        tl.Lane("mine", "depot", "unit"), tl.Stock("depot", "unit", on_hand=30)
    )
    passes = tl.Scenario(network, tl.LotForLot(), days=40, disruptions=[OUT])
    assert series(tl.simulate(passes), "shipped", "depot")[8:14] == [4] * 6


def test_the_echelon_counts_the_way_that_goods_come():
    """A first choice without capacity brings nothing: its source does not feed the shop."""
    plan = make_plan(two_ways(first={"capacity": 0}))
    assert [plan.echelon(at) for at in (0, 1)] == [((0, 1.0),), ((1, 1.0), (2, 1.0))]
