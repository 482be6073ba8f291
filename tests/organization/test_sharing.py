"""Who sees what: own orders, point of sale, everything."""

import pytest

import twinlab as tl
from twinlab.organization import FullSharing, OwnOrders, PointOfSale

CHAIN = tl.serial(["mine", "plant", "depot", "shop"], demand=tl.Trace((6, 2, 9)), on_hand=20)


def seen(network, item, what, days=3, **given):
    """What one decision maker sees on each day; in both engines, or not at all."""
    lists = []

    def watched(view):
        answer = getattr(view, what)
        lists[-1].append(float(answer if isinstance(answer, float) else answer[0]))
        return 0.0 * view.demand

    rules = dict.fromkeys(list(network.decided),
                          tl.LotForLot())  # fmt: skip
    scenario = tl.Scenario(network, rules | {item: watched}, days=days, **given)
    for engine in (tl.simulate, tl.replicate):
        lists.append([])
        engine(scenario)
    assert lists[0] == lists[1]
    return lists[0]


@pytest.mark.parametrize("node", ["plant", "depot", "shop"])
def test_point_of_sale_is_what_customers_ask_today_however_late_orders_are(node):
    late = CHAIN.change(tl.Lane("depot", "shop", "unit", order_delay=2))
    assert seen(late, (node, "unit"), "point_of_sale") == [6, 2, 9]


def test_point_of_sale_counts_products_by_what_is_in_them():
    """Customers of 3 bikes ask for 6 wheels, and for 1 wheel more as a spare part."""
    bike = tl.assembly("plant", {"wheel": 2}, demand=tl.Trace((3, 0)))
    bike = bike.change(tl.Demand("plant", "wheel", tl.Trace((1, 5))))
    assert seen(bike, ("plant", "wheel"), "point_of_sale", days=2) == [7, 5]
    assert seen(bike, ("plant", "unit"), "point_of_sale", days=2) == [3, 0]


def test_what_reaches_customers_on_two_ways_counts_on_both():
    """A bike takes 2 wheels of 3 kg of steel each and a frame of 4 kg: 10 kg all in all."""
    made = [tl.Recipe("plant", "wheel", {"steel": 3}), tl.Recipe("plant", "frame", {"steel": 4}),
            tl.Recipe("plant", "bike", {"wheel": 2, "frame": 1})]  # fmt: skip
    held = {"steel": 100, "wheel": 20, "frame": 5, "bike": 7}
    network = tl.Network(
        products=[tl.Product(name) for name in held],
        nodes=[tl.Node("mine"), tl.Node("plant")],
        lanes=[tl.Lane("mine", "plant", "steel", lead_time=1)],
        recipes=made,
        demands=[tl.Demand("plant", "bike", tl.Trace((2, 0)))],
        stocks=[tl.Stock("plant", name, units) for name, units in held.items()],
    )
    in_all = 100 + 3 * 20 + 4 * 5 + (2 * 3 + 4) * (7 - 2)
    assert seen(network, ("plant", "steel"), "echelon_position", days=1) == [in_all]
    assert seen(network, ("plant", "steel"), "point_of_sale", days=2) == [20, 0]


def test_point_of_sale_counts_the_share_that_comes_from_here():
    """A shop that buys three quarters from the north; a second shop that buys only from there."""
    network = tl.Network(
        products=[tl.Product("unit")],
        nodes=[tl.Node(n) for n in ("mine", "north", "south", "shop", "kiosk")],
        lanes=[tl.Lane("mine", "north", "unit"), tl.Lane("mine", "south", "unit"),
               tl.Lane("north", "shop", "unit", sourcing_share=0.75),
               tl.Lane("south", "shop", "unit", sourcing_share=0.25),
               tl.Lane("north", "kiosk", "unit")],
        demands=[tl.Demand("shop", "unit", tl.Trace((8, 4))),
                 tl.Demand("kiosk", "unit", tl.Trace((1, 2)))],
    )  # fmt: skip
    shared = {"sourcing": {"shop": tl.Shares()}}
    for node, asked in {"north": [7, 5], "south": [2, 1]}.items():
        assert seen(network, (node, "unit"), "point_of_sale", days=2, **shared) == asked


@pytest.mark.parametrize("engine", [tl.simulate, tl.replicate])
@pytest.mark.parametrize(
    ("regime", "hidden"),
    [(OwnOrders(), ["point_of_sale", "echelon_position"]), (PointOfSale(), ["echelon_position"]),
     (FullSharing(), [])],
)  # fmt: skip
def test_a_regime_hides_what_it_does_not_share(engine, regime, hidden):
    for what in ("point_of_sale", "echelon_position"):
        scenario = tl.Scenario(
            CHAIN, lambda view, what=what: 0.0 * getattr(view, what), days=3, sharing=regime
        )
        if what not in hidden:
            engine(scenario)
            continue
        with pytest.raises(tl.ScenarioError, match=f"does not show '.*' the {what} of 'unit'"):
            engine(scenario)


def test_own_books_are_never_hidden():
    """Regimes change what a view shows, not what happens: rules of own books order the same."""
    scenario = tl.Scenario(CHAIN, tl.BaseStock(30), days=3)
    logs = [tl.simulate(scenario.change(sharing=s)).log for s in (OwnOrders(), FullSharing())]
    assert logs[0] == logs[1] == tl.simulate(scenario).log


def test_a_scenario_that_says_nothing_shares_everything():
    assert seen(CHAIN, ("depot", "unit"), "echelon_position")[0] == 20 + 20 - 6


def test_sharing_is_given_for_all_by_node_or_by_product_of_a_node():
    rule, own, sold = tl.LotForLot(), OwnOrders(), PointOfSale()
    everybody = tl.Scenario(CHAIN, rule, days=3, sharing=own)
    assert set(everybody.sharing.values()) == {own}
    assert len(everybody.sharing) == 3
    one = tl.Scenario(CHAIN, rule, days=3, sharing={"plant": own, ("shop", "unit"): sold})
    assert one.sharing == {("plant", "unit"): own, ("shop", "unit"): sold}
    assert one.share({"shop": own}).sharing == {("plant", "unit"): own, ("shop", "unit"): own}
    assert one.change(sharing={}).sharing == {}
    assert one.change(days=2).sharing == one.sharing


def test_whoever_a_new_network_brings_sees_as_much_as_everybody():
    scenario = tl.Scenario(CHAIN, tl.LotForLot(), days=3, sharing=OwnOrders())
    longer = tl.serial(["mine", "plant", "depot", "shop", "kiosk"], demand=tl.Trace((6, 2, 9)))
    assert scenario.change(network=longer).sharing["kiosk", "unit"] == OwnOrders()


def test_a_player_sees_no_more_than_the_regime_shares():
    scenario = tl.Scenario(CHAIN, tl.LotForLot(), days=3, sharing=OwnOrders())
    game = tl.Game(scenario, players=["plant"])
    assert game.view.demand == 6.0
    with pytest.raises(tl.ScenarioError, match="does not show"):
        _ = game.view.point_of_sale


@pytest.mark.parametrize("what", ["echelon_position", "point_of_sale"])
def test_a_rule_asked_one_by_one_sees_what_others_share_too(what):
    """With 64 replications of random demand, and as many as the event engine lives one by one."""
    network = tl.serial(["mine", "plant", "shop"], demand=tl.Normal(9, 2), on_hand=30)
    rule = tl.ScalarRule(lambda view: max(0.0, 60.0 - 0.5 * getattr(view, what)))
    scenario = tl.Scenario(network, rule, days=20)
    batch = tl.replicate(scenario, 64, seed=2)
    assert batch.history(7).equals(tl.simulate(scenario, 2, 7).daily)
    with pytest.raises(tl.ScenarioError, match="does not show"):
        tl.replicate(scenario.change(sharing=OwnOrders()), 64)
