"""What messages tell of yields, capacities, sourcing shares and handling delays."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

import twinlab as tl
from tests.technology.chains import factory, linked, shop, told
from twinlab.modeling.inference.bottlenecks import Account
from twinlab.modeling.inference.drift import update_law, watch
from twinlab.organization import Shares
from twinlab.scope.log import Event
from twinlab.scope.state import OpenOrder
from twinlab.technology import Bus, Message
from twinlab.technology.messages import DAY
from twinlab.technology.tracker import observe
from twinlab.twin import Twin

GOOD, LESS = tl.Uniform(0.95, 1), tl.Uniform(0.92, 1)
CERTAIN = ("capacity", "order_delay", "sourcing_share")


def works(good=GOOD, capacity=40.0, ore=200):
    """A mine, a plant with scrap, a shop that asks for 18 a day."""
    network = tl.Network(
        [tl.Product("ore"), tl.Product("bike")],
        [tl.Node("mine"), tl.Node("plant", capacity=capacity), tl.Node("shop")],
        [tl.Lane("mine", "plant", "ore", lead_time=tl.Gamma(4, 1)),
         tl.Lane("plant", "shop", "bike", lead_time=tl.Poisson(2))],
        [tl.Recipe("plant", "bike", {"ore": 1}, production_time=1, good_share=good)],
        [tl.Demand("shop", "bike", tl.Poisson(18), backorder_cost=10)],
        [tl.Stock("plant", "ore", 150), tl.Stock("plant", "bike", 60),
         tl.Stock("shop", "bike", 90)],
    )  # fmt: skip
    rules = {("plant", "ore"): tl.BaseStock(ore), ("plant", "bike"): tl.BaseStock(80),
             ("shop", "bike"): tl.BaseStock(90)}  # fmt: skip
    return tl.Scenario(network, rules, days=300)


def shared(part=0.75, lots=None):
    """A plant whose orders two suppliers share; ``lots``: whole orders, to one at a time."""
    network = tl.Network(
        [tl.Product("chip"), tl.Product("car")],
        [tl.Node("A"), tl.Node("B"), tl.Node("plant"), tl.Node("shop")],
        [tl.Lane("A", "plant", "chip", lead_time=tl.Gamma(4, 1), sourcing_share=part),
         tl.Lane("B", "plant", "chip", lead_time=tl.Gamma(6, 1), sourcing_share=1 - part),
         tl.Lane("plant", "shop", "car", lead_time=1)],
        [tl.Recipe("plant", "car", {"chip": 2})],
        [tl.Demand("shop", "car", tl.Poisson(20))],
        [tl.Stock("plant", "chip", 200), tl.Stock("plant", "car", 50),
         tl.Stock("shop", "car", 50)],
    )  # fmt: skip
    rules = {("plant", "chip"): tl.BaseStock(420), ("plant", "car"): tl.BaseStock(60),
             ("shop", "car"): tl.BaseStock(60)}  # fmt: skip
    sourcing = {("plant", "chip"): Shares() if lots is None else lots}
    return tl.Scenario(network, rules, days=400, sourcing=sourcing)


def alarms(truth, model, days, seed=1, **sensors):
    return watch(observe(told(truth, days, seed, **sensors)[0], model))


def stream(path, messages, model):
    """What was observed of one path."""
    [found] = [seen for seen in observe(messages, model) if seen.path == path]
    return found


def paths(found):
    return {alarm.path for alarm in found}


# -- yield --


def test_a_yield_that_falls_from_975_to_960_thousandths_is_found_within_days():
    days = []
    for seed in range(20):
        found = [a for a in alarms(works(LESS), works(), 60, seed) if "good_share" in a.path]
        days += [alarm.day for alarm in found]
    assert len(days) == 20
    assert np.median(days) <= 7


def test_a_yield_without_scatter_in_the_model_is_watched_too():
    assert "plant/bike.good_share" in paths(alarms(works(0.9), works(1.0), 20))
    assert alarms(works(0.9), works(0.9), 60) == []


def test_shares_above_one_are_cut_in_the_model_as_they_are_in_a_plant():
    """A law of yields that reaches above 1 raises no alarm about a plant that is just so."""
    law = tl.Normal(0.97, 0.05)
    yields = [stream("plant/bike.good_share", told(works(law), 100, seed)[0], works(law))
              for seed in range(4)]  # fmt: skip
    assert max(max(seen.values) for seen in yields) == 1.0
    assert watch(yields, run_length=10_000) == []


# -- capacity --


def test_a_capacity_that_shrinks_is_seen_the_same_day_and_followed():
    tight = works(capacity=19)
    cut = tight.disrupt(tl.Outage("plant", start=50, days=100, loss=0.4))
    messages, _ = told(cut, 90, reporting=False)
    found = [a for a in watch(observe(messages, tight)) if a.path == "plant.capacity"]
    assert [(alarm.day, alarm.since) for alarm in found] == [(50, 50)]
    followed = update_law(tight, found[0])
    assert followed.value("plant.capacity") == pytest.approx(0.6 * 19)
    later = stream("plant.capacity", messages, followed).since(50)
    assert len(later.values) > 20
    assert watch([later]) == []


def test_who_makes_more_than_its_capacity_has_more():
    """A capacity that was lacking for a while, and was followed, is no more believed after it."""
    truth = works().disrupt(tl.Outage("plant", start=20, days=40, loss=0.5))
    plant, twin = linked(truth, works(), reporting=False)
    seen = []
    for _ in range(26):
        plant.advance(5)
        twin.sync()
        for alarm in (one for one in twin.alarms() if one.path == "plant.capacity"):
            twin.update_model(alarm)
        seen.append(twin.model.network.node("plant").capacity)
    assert min(seen) == 20
    assert seen[-1] > 22


def test_a_source_shows_its_capacity_while_it_owes():
    bound = shop().set("mine.capacity", 19)
    found = alarms(bound.set("mine.capacity", 12), bound, 60)
    assert [a.observed for a in found if a.path == "mine.capacity"] == [pytest.approx(12)]
    assert "mine.capacity" not in paths(alarms(bound, bound, 100))
    assert stream("mine.capacity", told(bound, 100)[0], bound).values


def test_a_plant_that_lacks_work_or_components_says_nothing_of_its_capacity():
    starved = works(capacity=30, ore=40)  # far less ore than the lead time needs
    seen = stream("plant.capacity", told(starved, 100)[0], starved)
    assert all(units == pytest.approx(30) for units in seen.values)
    assert stream("plant.capacity", told(works(), 100, 2)[0], works()).values in ((), (40.0,))


def test_an_outage_that_is_told_explains_itself():
    tight = works(capacity=19)
    cut = tight.disrupt(tl.Outage("plant", start=50, days=20, loss=0.4))
    assert "plant.capacity" not in paths(alarms(cut, tight, 90))
    assert "plant.capacity" in paths(alarms(cut, tight, 90, reporting=False))


# -- sourcing shares --


def test_a_buyer_who_favours_another_supplier_is_found_within_days():
    found = alarms(shared(0.6), shared(), 60)
    assert paths(found) == {"A->plant.sourcing_share", "B->plant.sourcing_share"}
    assert all(alarm.day <= 7 for alarm in found)
    followed = update_law(shared(), found[0])
    parts = [followed.value(f"{name}->plant.sourcing_share") for name in "AB"]
    assert parts == [pytest.approx(0.6), pytest.approx(0.4)]


def test_who_follows_one_share_follows_the_others():
    plant, twin = linked(shared(0.6), shared())
    plant.advance(30)
    twin.sync()
    twin.update_model(twin.alarms()[0])
    assert twin.alarms() == []
    plant.advance(30)
    twin.sync()
    assert twin.alarms() == []


def test_shares_before_an_order_changed_them_are_forgotten():
    """A changed message sets new shares for plant and twin: the old orders are no drift."""
    changes = {"A->plant.sourcing_share": 0.5, "B->plant.sourcing_share": 0.5}
    before, after = (told(shared(part), 60)[0] for part in (0.75, 0.5))
    turn = Message("/plant/sys", 1, "sys.changed.v1", 30 * DAY, {"changes": changes})
    some = [m for m in before if m.time < 30 * DAY] + [turn]
    some += [m for m in after if m.time >= 30 * DAY and m.source != "/plant/sys"]
    assert watch([stream("A->plant.sourcing_share", some, shared(0.5))]) == []
    assert watch([stream("A->plant.sourcing_share", before, shared(0.5))])


def test_whole_orders_to_one_supplier_at_a_time_are_drawn_with_its_share():
    def every(n):
        return lambda view, units: [units, 0.0] if view.day % n else [0.0, units]

    assert alarms(shared(lots=every(4)), shared(), 120) == []
    found = paths(alarms(shared(lots=every(20)), shared(), 120))
    assert found
    assert found <= {"A->plant.sourcing_share", "B->plant.sourcing_share"}


@pytest.mark.parametrize("reporting", [True, False])
def test_orders_that_move_on_by_rule_from_a_closed_supplier_are_no_drift(reporting):
    closed = shared().disrupt(tl.Outage("A", start=40, days=30))
    for sourcing in (Shares(), tl.organization.PriorityFailover()):
        model = closed.change(sourcing={("plant", "chip"): sourcing})
        calm = shared().change(sourcing={("plant", "chip"): sourcing})
        found = alarms(model, calm, 120, reporting=reporting)
        assert not [path for path in paths(found) if path.endswith(CERTAIN)]


# -- handling delays --


def foreign(messages):
    """The same as another firm's systems tell it: no word on when an order is seen."""
    number = Counter()
    for message in messages:
        data = {name: value for name, value in message.data.items()
                if message.kind != "ordered" or name != "due"}  # fmt: skip
        if message.kind == "accepted":
            continue
        if message.kind == "closed":
            data["count"] = number[message.source] + 1
        yield replace(message, data=data, sequence=number[message.source], id="")
        number[message.source] += 1


def test_a_supplier_that_takes_two_days_is_found_and_forecasts_are_right_again():
    slow = shop().set("mine->shop.order_delay", 2)
    messages, plant = told(slow, 110)
    bus = Bus()
    twin = Twin(shop(), bus)
    bus.send([m.encode() for m in foreign(messages) if m.time < 60 * DAY])
    bus.now = 60.0
    twin.sync()
    assert (twin.day, twin.staleness) == (60, 0.0)
    [alarm] = twin.alarms()
    assert (alarm.path, alarm.expected, alarm.observed) == ("mine->shop.order_delay", 0, 2)
    assert alarm.day <= 10
    wrong = twin.forecast(28, 64).series("on_hand", "shop", "unit").mean(axis=1)[14:]
    twin.update_model(alarm)
    assert twin.model.value("mine->shop.order_delay") == 2
    assert twin.alarms() == []
    right = twin.forecast(28, 64).series("on_hand", "shop", "unit").mean(axis=1)[14:]
    true = plant.run.series("on_hand", "shop")[60:110].mean()
    assert abs(right.mean() - true) < 10 < wrong.mean() - true


def test_a_plant_that_tells_when_orders_are_seen_is_found_slow_too():
    slow = factory().set("plant->shop.order_delay", 3)
    found = alarms(slow, factory(), 60)
    assert [(a.path, a.observed) for a in found] == [("plant->shop.order_delay", 3)]
    assert alarms(slow, slow, 100) == []


def test_goods_that_wait_for_stock_are_not_handled_slowly():
    """The plant makes less than is asked: orders wait for bikes, and leave with the first."""
    short = works(capacity=17)
    messages, plant = told(short, 150)
    assert plant.state.owed["plant", "shop", "bike", "road"] > 50
    assert set(stream("plant->shop.order_delay", messages, short).values) == {0.0}


@pytest.mark.parametrize("proportional", [False, True])
def test_what_a_source_keeps_for_a_full_lane_is_neither_slow_nor_lacking(proportional):
    """A source that shares out fairly gives a lane less than it could while another is full."""
    nodes = [tl.Node("mine", capacity=32, proportional=proportional)]
    nodes += [tl.Node("east"), tl.Node("west", review_period=7)]
    lanes = [tl.Lane("mine", "east", "unit", lead_time=2, capacity=22)]
    lanes += [tl.Lane("mine", "west", "unit", lead_time=2)]
    asked = [tl.Demand("east", "unit", tl.Poisson(20)), tl.Demand("west", "unit", tl.Poisson(8))]
    held = [tl.Stock("east", "unit", 60), tl.Stock("west", "unit", 60)]
    network = tl.Network([tl.Product("unit")], nodes, lanes, demands=asked, stocks=held)
    rules = {"east": tl.MinMax(60, 400), "west": tl.FixedLot(60, 64)}
    calm = tl.Scenario(network, rules, days=150)
    assert not [one for one in alarms(calm, calm, 150) if one.path.startswith("mine")]


def test_a_silent_closure_is_no_handling_delay():
    closed = shop().disrupt(tl.Outage("mine", start=40, days=30))
    assert not [a for a in alarms(closed, shop(), 120, reporting=False) if "delay" in a.path]


# -- what is missing --


def test_a_node_of_which_a_message_is_missing_says_nothing_until_it_comes():
    tight = works(capacity=19)
    messages, _ = told(tight, 60)
    lost = next(m for m in messages if m.kind == "started" and m.time // DAY == 30)
    whole, holed = (stream("plant.capacity", some, tight)
                    for some in (messages, [m for m in messages if m is not lost]))  # fmt: skip
    assert len(whole.since(30).values) > 20
    assert whole.days[: len(holed.days)] == holed.days
    assert all(day < 30 for day in holed.days)


@pytest.mark.parametrize("kind", ["ordered", "shipped", "started", "finished", "closed"])
def test_lost_messages_raise_no_alarm(kind):
    """Every tenth message of a kind is lost for ever."""
    for chain in (factory().set("plant->shop.order_delay", 2), works(capacity=19)):
        messages, _ = told(chain, 120)
        some = [m for n, m in enumerate(messages) if m.kind != kind or n % 10]
        found = paths(watch(observe(some, chain), run_length=10_000))
        assert not [path for path in found if path.endswith(CERTAIN)]


def test_ordinary_operation_raises_no_alarm_of_what_is_certain():
    counted = {"counting": True, "count_error": 0.05, "shrinkage": 0.02}
    for chain in (shop(), factory(), shared(), works(capacity=19), shop().set("mine.capacity", 19)):
        for seed, sensors in enumerate(({}, {}, counted)):
            found = paths(alarms(chain, chain, 150, seed, **sensors))
            assert not [path for path in found if path.endswith(CERTAIN)]


def test_what_was_pruned_is_not_needed():
    bus, tight = Bus(), works(capacity=19)
    plant, twin = tl.Plant(tight, bus, seed=1), Twin(tight, bus)
    for _ in range(60):
        plant.advance()
        twin.sync()
    assert twin.prune(50) > 100
    seen = observe(twin.store.messages(), tight, twin._tracker.first)
    [capacity] = [one for one in seen if one.path == "plant.capacity"]
    assert len(capacity.values) > 5
    assert set(np.round(capacity.values, 6)) == {19.0}


# -- the account by itself --

WAY, KNOWN = ("mine", "plant", "ore", "road"), {"mine", "plant", "shop"}


def account(*days, start=None, closed=()):
    """An account after some days of events: kind, node, product, units, partner, due."""
    chain = works(capacity=19)
    book = Account(chain.network, start or tl.State.initial(chain.network))
    for day, events in enumerate(days):
        for kind, node, product, units, partner, *due in events:
            mode = "road" if partner not in ("", node) else ""
            book.read(Event(day, kind, node, product, units, partner, mode, *due))
        book.end_day(day, KNOWN, set(closed))
    return book


def test_the_rest_of_an_order_waits_on():
    order, part, rest = (("ordered", "plant", "ore", 10.0, "mine"),
                         ("shipped", "mine", "ore", 6.0, "plant"),
                         ("shipped", "mine", "ore", 4.0, "plant"))  # fmt: skip
    again = ("ordered", "plant", "ore", 10.0, "mine")
    book = account([order, part], [again], [rest])
    assert book.rows["order_delay", WAY] == [(0, 0.0), (2, 2.0)]


def test_what_was_ordered_before_all_messages_leaves_first_and_says_nothing():
    start = tl.State.initial(works().network)
    start.open_orders[WAY] = [OpenOrder(1, 10.0)]
    start.owed[WAY] = 5.0
    goods = ("shipped", "mine", "ore", 15.0, "plant")
    book = account([("ordered", "plant", "ore", 8.0, "mine"), goods],
                   [("shipped", "mine", "ore", 8.0, "plant")], start=start)  # fmt: skip
    assert book.rows["order_delay", WAY] == [(1, 1.0)]


def test_an_order_that_may_have_come_after_the_work_is_no_work_left():
    told, late = (("ordered", "plant", "bike", 30.0, "plant", *due) for due in ([0], []))
    begun = ("started", "plant", "bike", 12.0, "")
    assert account([told, begun]).rows["capacity", "plant"] == [(0, 12.0)]
    assert not account([late, begun]).rows["capacity", "plant"]
    assert account([late, begun], [begun]).rows["capacity", "plant"] == [(1, 12.0)]


def test_scrapped_stock_is_not_at_hand():
    begun = [("ordered", "plant", "bike", 30.0, "plant", 0), ("started", "plant", "bike", 12.0, "")]
    assert account(begun).rows["capacity", "plant"]
    assert not account([*begun, ("scrapped", "plant", "ore", 140.0, "")]).rows["capacity", "plant"]


def test_orders_that_were_withdrawn_are_not_waited_for_and_are_no_shares():
    """Goods that leave on day 9 were ordered on day 8, not on day 0."""
    ways = (
        [("ordered", "plant", "ore", 10.0, "mine")],
        [],
        [("ordered", "plant", "ore", 4.0, "mine")],
    )
    back, gone = (
        ("withdrawn", "plant", "ore", 10.0, "mine"),
        ("shipped", "mine", "ore", 4.0, "plant"),
    )
    book = account(*ways, [gone])
    assert book.rows["order_delay", WAY] == [(3, 3.0)]
    book = account(ways[0], [back], ways[2], [gone])
    assert book.rows["order_delay", WAY] == [(3, 1.0)]
    assert len(book.rows["sourcing_share", WAY]) == 2
    again = account([*ways[0], back, *ways[2]])
    assert not again.rows["sourcing_share", WAY]


def test_orders_to_others_while_a_supplier_is_told_closed_are_no_shares():
    order = [("ordered", "plant", "ore", 10.0, "mine")]
    assert account(order).rows["sourcing_share", WAY] == [(0, 1.0)]
    assert not account(order, closed={"mine"}).rows["sourcing_share", WAY]


def test_who_has_lost_its_first_message_says_nothing():
    tight = works(capacity=19)
    messages, _ = told(tight, 20)
    lost = next(m for m in messages if m.source == "/plant/mes")
    assert lost.sequence == 0
    assert not stream("plant.capacity", [m for m in messages if m is not lost], tight).values


def test_what_is_counted_is_at_hand_and_nothing_else():
    tight = works(capacity=19)
    messages, _ = told(tight, 8)
    empty = {"node": "plant", "product": "ore", "quantity": 0.0}
    count = Message("/count", None, "wms.counted.v1", 5 * DAY - 2, empty, "c")
    before = stream("plant.capacity", messages, tight)
    after = stream("plant.capacity", sorted([*messages, count], key=lambda m: m.place), tight)
    assert 4 in before.days
    assert 4 not in after.days


def test_a_plant_that_opens_anew_is_believed_again():
    tight, bus = works(capacity=19), Bus()
    plant = tl.Plant(tight, bus, seed=1)
    plant.advance(10)
    plant.advance(2, untold=True)
    plant.advance(10)
    messages = [Message.decode(raw) for raw in bus.receive("reader", most=10**6)]
    lost = next(m for m in messages if m.kind == "started" and m.time // DAY == 3)
    seen = stream("plant.capacity", [m for m in messages if m is not lost], tight)
    assert min(seen.days, default=99) < 3
    assert not {3, 9} & {*seen.days}
    assert max(seen.days) > 15
