"""The order of the day, the start, the restart and the game: short traces worked out by hand."""

from itertools import permutations

import pytest

import twinlab as tl
from twinlab.scope.state import fold


def chain(demand, on_hand=0, shop=None, **lane):
    """An unlimited mine that feeds a shop by one lane."""
    return tl.Network(
        products=[tl.Product("unit")],
        nodes=[tl.Node("mine"), shop or tl.Node("shop")],
        lanes=[tl.Lane("mine", "shop", "unit", **lane)],
        demands=[tl.Demand("shop", "unit", tl.Trace(demand))],
        stocks=[tl.Stock("shop", "unit", on_hand)],
    )


def live(network, rule, days, **others):
    return tl.simulate(tl.Scenario(network, rule, days=days, **others))


def planned(*quantities):
    """A rule that orders what was planned for the day."""
    return lambda view: quantities[view.day] if view.day < len(quantities) else 0.0


def watched(rule, seen):
    """A rule that notes what it saw: day, on hand, on order, backlog, demand."""

    def watch(view):
        books = (view.on_hand, view.on_order, view.backlog, view.demand)
        seen.append((view.day, *(float(number) for number in books)))
        return rule(view)

    return watch


def series(run, name, node="shop", product=""):
    return run.series(name, node, product).tolist()


# -- the order of the day --


def test_a_day_goes_up_with_orders_and_down_with_goods():
    """Demand, then decisions downstream first, then turns upstream first, then the books close."""
    network = tl.serial(["mine", "plant", "shop"], demand=tl.Trace((5,)), lead_time=0)
    run = live(network, tl.LotForLot(), 1)
    assert [(event.kind, event.node) for event in run.log] == [
        ("demanded", "shop"),
        ("decided", "shop"), ("ordered", "shop"), ("decided", "plant"), ("ordered", "plant"),
        ("shipped", "mine"), ("received", "plant"), ("shipped", "plant"), ("received", "shop"),
        ("served", "shop"),
        ("closed", ""),
    ]  # fmt: skip


def test_lead_time_zero_arrives_the_same_afternoon():
    """With no lead time an empty shop serves today what it ordered this morning."""
    run = live(chain((5, 3), lead_time=0), tl.BaseStock(0), 2)
    assert series(run, "ordered") == [5, 3]
    assert series(run, "on_time") == [5, 3]
    assert series(run, "on_hand") == [0, 0]


def test_lead_time_one_arrives_the_next_afternoon():
    """Stock at night is the level minus the demand of the last day."""
    run = live(chain((5, 3, 0), on_hand=5), tl.BaseStock(5), 3)
    assert series(run, "ordered") == [5, 3, 0]
    assert series(run, "received") == [0, 5, 3]
    assert series(run, "on_hand") == [0, 2, 5]


def test_an_order_delay_comes_before_the_lead_time():
    """Ordered on day 0, seen on day 2, arriving on day 3; on order all the while."""
    run = live(chain((0,) * 5, order_delay=2), planned(4), 5)
    assert [(e.day, e.node, e.partner) for e in run.log.of("accepted")] == [(2, "mine", "shop")]
    assert series(run, "asked", "mine") == [0, 0, 4, 0, 0]
    assert series(run, "received") == [0, 0, 0, 4, 0]
    assert series(run, "on_order") == [4, 4, 4, 0, 0]


def test_the_morning_sees_todays_demand_before_goods_move():
    """Today's demand is in the morning's backlog, goods due today are still on order."""
    seen = []
    live(chain((5, 2), on_hand=8), watched(planned(4), seen), 2)
    assert seen == [(0, 8.0, 0.0, 5.0, 5.0), (1, 3.0, 4.0, 2.0, 2.0)]


def test_the_evening_sees_the_days_goods_moved():
    """An evening's view comes after serving; its order reaches the supplier the next morning."""
    seen = []
    network = chain((5, 2, 0), on_hand=8, shop=tl.Node("shop", evening_review=True))
    run = live(network, watched(planned(4), seen), 3)
    assert seen == [(0, 3.0, 0.0, 0.0, 5.0), (1, 1.0, 4.0, 0.0, 2.0), (2, 5.0, 0.0, 0.0, 0.0)]
    assert series(run, "received") == [0, 0, 4]


def test_a_review_period_adds_up_what_was_asked_meanwhile():
    """A node that decides every three days sees the demand of three days."""
    network = chain((2,) * 7, on_hand=20, shop=tl.Node("shop", review_period=3))
    assert series(live(network, tl.LotForLot(), 7), "ordered") == [2, 0, 0, 6, 0, 0, 6]


def test_a_letter_that_arrives_is_seen_by_the_same_mornings_decision():
    """The plant sees on day 1 what the shop ordered on day 0 with an order delay of one day."""
    seen = []
    network = tl.serial(["mine", "plant", "shop"], demand=tl.Trace((4, 0, 0)))
    network = network.change(tl.Lane("plant", "shop", "unit", order_delay=1))
    rules = {"shop": tl.LotForLot(), "plant": watched(tl.LotForLot(), seen)}
    run = live(network, rules, 3)
    assert [row[-1] for row in seen] == [0, 4, 0]
    assert series(run, "ordered", "plant") == [0, 4, 0]


def test_the_oldest_order_is_served_first():
    """Four units meet two of yesterday and four of today: two of today's stay open."""
    run = live(chain((5, 4), on_hand=3), planned(4), 2)
    assert series(run, "served") == [3, 4]
    assert series(run, "on_time") == [3, 2]
    assert run.state.owed_since["shop", "unit"] == [[1, 2.0]]


def test_season_and_trend_scale_demand():
    """Demand on day t is pattern × season of its part × (1 + trend × t)."""
    row = tl.Demand("shop", "unit", 10, season=(1, 0.5), season_days=4, trend=0.1)
    run = live(chain((0,)).change(row), tl.LotForLot(), 5)
    assert series(run, "demand") == pytest.approx([10, 11, 6, 6.5, 14])


def test_orders_may_cross():
    """What left later may arrive earlier; a lead time is the one of the day of shipping."""
    run = live(chain((0,) * 5, lead_time=tl.Trace((3, 1, 1, 1, 1))), planned(5, 2), 5)
    assert series(run, "received") == [0, 0, 2, 5, 0]
    assert series(run, "on_order") == [5, 7, 5, 0, 0]


def test_a_lead_time_is_rounded_to_whole_days():
    run = live(chain((0,) * 4, lead_time=tl.Trace((1.4, 1.6, 1, 1))), planned(5, 2), 4)
    assert series(run, "received") == [0, 5, 0, 2]


# -- the start --


def test_the_first_lead_time_and_order_delay_are_filled():
    """Pipeline units arrive on each day of the lead time; then what open orders asked for."""
    seen = []
    network = chain((0,) * 6, lead_time=2, order_delay=3, initial_pipeline=4, initial_orders=5)
    run = live(network, watched(planned(), seen), 6)
    assert series(run, "received") == [4, 4, 5, 5, 5, 0]
    assert seen[0] == (0, 0.0, 23.0, 0.0, 0.0)
    assert series(run, "on_order") == [19, 15, 10, 5, 0, 0]


def test_an_evening_reviewer_starts_with_last_nights_order():
    """One more order is open where the order of last night leaves this morning."""
    network = chain((0,) * 3, shop=tl.Node("shop", evening_review=True), initial_orders=5)
    assert series(live(network, planned(), 3), "received") == [0, 5, 0]


def test_production_in_process_at_the_start_comes_out():
    """Started units are due on each day of the production time; the average share is good."""
    network = chain((0,) * 3).change(
        tl.Product("part"),
        tl.Recipe("mine", "part", production_time=2, good_share=0.5, initial_in_process=3),
    )
    run = live(network, planned(), 3)
    assert series(run, "finished", "mine") == [1.5, 1.5, 0]
    assert series(run, "scrap", "mine") == [1.5, 1.5, 0]
    assert series(run, "on_order", "mine") == [3, 0, 0]


# -- circles --


def test_returnable_containers_are_never_lost():
    """Filled, sent, emptied by use and sent back: on hand + under way + in use stays twelve."""
    network = tl.Network(
        products=[tl.Product("full"), tl.Product("empty")],
        nodes=[tl.Node("plant"), tl.Node("customer")],
        lanes=[
            tl.Lane("plant", "customer", "full", lead_time=2),
            tl.Lane("customer", "plant", "empty", lead_time=1),
        ],
        recipes=[
            tl.Recipe("plant", "full", {"empty": 1}),
            tl.Recipe("customer", "empty", {"full": 1}, production_time=1),
        ],
        stocks=[
            tl.Stock("plant", "full", 2), tl.Stock("plant", "empty", 6),
            tl.Stock("customer", "full", 4),
        ],
    )  # fmt: skip
    rules = {
        "plant": tl.LotForLot(),
        ("customer", "full"): tl.LotForLot(),
        ("customer", "empty"): lambda view: 3.0,
    }
    run = live(network, rules, 60)
    everywhere = sum(run.series(name) for name in ("on_hand", "in_transit", "in_process"))
    assert everywhere.tolist() == [12] * 60
    assert run.series("finished", "customer", "empty").sum() > 12 * 5


def test_a_circle_of_random_lead_times_has_an_order():
    """Lanes both ways with drawn lead times take at least a day, so somebody can act first."""
    times = tl.Normal(2, 1)
    network = tl.serial(["mine", "a", "b"], demand=tl.Trace((4,) * 50), lead_time=times)
    network = network.change(tl.Lane("b", "a", "unit", lead_time=times, sourcing_rank=2))
    run = live(network, tl.BaseStock(20), 50)
    loop = [event for event in run.log.of("shipped") if event.node != "mine"]
    assert min(event.due - event.day for event in loop) == 1


def test_neighbours_help_each_other_out():
    """While the centre is shut, the neighbour's stock is sent; then the centre is asked again."""
    lanes = [
        tl.Lane("centre", "north", "unit"), tl.Lane("centre", "south", "unit"),
        tl.Lane("north", "south", "unit", sourcing_rank=2),
        tl.Lane("south", "north", "unit", sourcing_rank=2),
    ]  # fmt: skip
    network = tl.Network(
        products=[tl.Product("unit")],
        nodes=[tl.Node("centre"), tl.Node("north"), tl.Node("south")],
        lanes=lanes,
        demands=[tl.Demand("south", "unit", 3)],
        stocks=[tl.Stock("north", "unit", 10)],
    )
    rules = {"north": planned(), "south": tl.LotForLot()}
    run = live(network, rules, 4, disruptions=[tl.Outage("centre", days=2)])
    assert series(run, "shipped", "north") == [3, 3, 0, 0]
    assert series(run, "shipped", "centre") == [0, 0, 3, 3]
    assert series(run, "received", "south") == [0, 3, 3, 3]


# -- the restart and the game --


def counting(view):
    """A rule with a memory: its n-th decision is n units."""
    view.memory["calls"] = view.memory.get("calls", 0) + 1
    return float(view.memory["calls"])


def test_a_rule_remembers_over_a_restart():
    """A state carries memories; going on from it changes neither the state nor the future."""
    scenario = tl.Scenario(chain((1,) * 6), counting, days=6)
    whole = tl.simulate(scenario)
    start = whole.state_on(3)
    assert start.memory == {("shop", "unit"): {"calls": 3}}
    before = start.copy()
    rest = tl.simulate(scenario, start=start)
    assert series(rest, "ordered") == [4, 5, 6]
    assert start == before
    assert rest.state == whole.state


def test_a_rule_may_forget():
    """A memory that was cleared is empty after a restart too."""

    def every_other_day(view):
        if view.memory:
            view.memory.clear()
            return 8.0
        view.memory["waiting"] = True
        return 0.0

    scenario = tl.Scenario(chain((4,) * 8), every_other_day, days=8)
    whole = tl.simulate(scenario)
    rest = tl.simulate(scenario, start=whole.state_on(4))
    assert series(whole, "ordered")[4:] == series(rest, "ordered")


def test_a_person_who_follows_the_rule_lives_the_same_history():
    """A game answered by the rule writes the log that the rule writes."""
    network = tl.serial(["mine", "plant", "shop"], demand=tl.Normal(5, 1), lead_time=2)
    rules = {"plant": tl.EchelonBaseStock(40), "shop": tl.BaseStock(15)}
    scenario = tl.Scenario(network, rules, days=30)
    game = tl.Game(scenario, players=["shop", "plant"], seed=7)
    asked = []
    while game.view:
        asked.append((game.view.day, game.view.node))
        game.order(float(rules[game.view.node](game.view)))
    assert asked == [(day, node) for day in range(30) for node in ("shop", "plant")]
    assert game.run.log == tl.simulate(scenario, seed=7).log
    with pytest.raises(tl.ScenarioError, match="the game is over"):
        game.order(5)


def test_a_game_refuses_what_is_no_quantity_and_goes_on():
    game = tl.Game(tl.Scenario(chain((4,)), tl.BaseStock(8), days=1), players=["shop"])
    with pytest.raises(tl.ScenarioError, match="returned -3 on day 0"):
        game.order(-3)
    game.order(3)
    assert series(game.run, "ordered") == [3]


def test_a_memory_that_is_emptied_is_logged_as_empty():
    """Else whoever folds the log would keep what the rule has forgotten."""

    def forgetful(view):
        view.memory.clear()
        if view.day in (1, 2, 4):
            view.memory["day"] = view.day
        return 0.0

    run = live(chain((1,) * 6, on_hand=9), forgetful, 6)
    notes = [(event.day, event.note) for event in run.log.of("remembered")]
    assert notes == [(1, {"day": 1}), (2, {"day": 2}), (3, {}), (4, {"day": 4}), (5, {})]
    assert fold(run.log, run.scenario.network).memory["shop", "unit"] == {}


def test_no_speck_below_zero_is_left_in_process_or_under_way():
    """0.2 + 0.5 − 0.2 − 0.5 is below 0 in floating point: books cut it, and so does the fold."""
    assert 0.2 + 0.5 - 0.2 - 0.5 < 0
    network = tl.assembly("plant", {"wheel": 1}, demand=tl.Constant(0), on_hand={"plant": 0})
    network = network.change(
        tl.Recipe("plant", "unit", {"wheel": 1}, production_time=3), tl.Stock("plant", "wheel", 9)
    )
    rules = {("plant", "unit"): planned(0.2, 0.5), ("plant", "wheel"): planned(0.2, 0.5)}
    run = live(network, rules, 12)
    assert run.total("finished", "plant") == pytest.approx(0.7)
    for state in (run.state, fold(run.log, network)):
        for name in ("in_process", "in_transit", "on_order", "on_hand"):
            assert min(getattr(state, name).values()) >= 0, name
        assert state.in_process["plant", "unit"] == 0


def test_a_node_makes_parts_before_what_they_go_into():
    """Whatever the order of the table: wheel and bike, both without delay, on the same day."""
    recipes = [tl.Recipe("plant", "bike", {"wheel": 2}), tl.Recipe("plant", "wheel", {"steel": 1}),
               tl.Recipe("plant", "bell", {"steel": 1})]  # fmt: skip
    for made in permutations(recipes):
        network = tl.Network(
            products=[tl.Product(name) for name in ("bike", "wheel", "bell", "steel")],
            nodes=[tl.Node("mine"), tl.Node("plant")],
            lanes=[tl.Lane("mine", "plant", "steel")],
            recipes=made,
            demands=[tl.Demand("plant", "bike", tl.Constant(0))],
            stocks=[tl.Stock("plant", "steel", 9)],
        )
        rules = {("plant", "bike"): planned(3), ("plant", "wheel"): planned(6),
                 ("plant", "bell"): planned(1), ("plant", "steel"): planned()}  # fmt: skip
        run = live(network, rules, 2)
        assert series(run, "finished", "plant", "bike") == [3, 0]
        assert tl.replicate(run.scenario, 1, daily=[("finished", "plant", "bike")]).series(
            "finished", "plant", "bike"
        )[:, 0].tolist() == [3, 0]
