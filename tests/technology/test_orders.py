"""Orders: only what is allowed is obeyed, whatever comes; and the life of each is told."""

import json
import os
from contextlib import suppress
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import twinlab as tl
from tests.loops import look_after
from tests.technology import postgres
from tests.technology.chains import factory, linked, shop
from twinlab.modeling import Change
from twinlab.technology import EventStore, FileLink, Message, Plant, read_keys
from twinlab.technology.desk import NEXT, Desk
from twinlab.technology.messages import DAY
from twinlab.technology.seals import seal
from twinlab.twin import Mode, Twin

KEYS = {"twin": b"k" * 32, "ben": b"b" * 32}


def pair(scenario=None, mode=Mode.TWIN, rights=None):
    link = tl.Bus(keys=KEYS)
    plant = Plant(scenario or shop(), link, 1, rights=rights)
    twin = Twin(scenario or shop(), link)
    twin.mode = mode
    return plant, twin


def letter(order, by="twin", key=KEYS["twin"], **changed):
    """An order as it travels, with some fields changed before it is sealed."""
    return seal(key, by, json.dumps(json.loads(order.text) | changed))


def answers(twin):
    kinds = ("changed", "refused", "done", "failed")
    return [(m.kind, m.data.get("note", "")) for m in twin.store.messages() if m.kind in kinds]


GOOD = tl.SetRules(
    {"shop.up_to": 200}, id="twin-7", until=9, now={"shop.up_to": 170}, seen={"shop.up_to": 0}
)


def altered(raw):
    return raw.replace(b"200", b"900")


FORGERIES = {
    # what comes: the order or bytes; words of the refusal
    "no JSON": (b"{", "no sealed order"),
    "a list": (b"[]", "no sealed order"),
    "no letters at all": (b"\xff", "no sealed order"),
    "five thousand brackets": (b"[" * 5000, "no sealed order"),
    "a seal that is no text": (b'{"by": "twin", "order": "{}", "hmac": 7}', "no sealed order"),
    "unsigned, as once": (b'{"id": 99, "changes": {"shop.up_to": -5}, "until": 99}', "no sealed"),
    "of 70,000 bytes": (letter(GOOD, more="x" * 70_000), "no sealed order"),
    "sealed with another key": (letter(GOOD, key=b"x" * 32), "the seal is not that of 'twin'"),
    "sealed by another": (letter(GOOD, key=KEYS["ben"]), "the seal is not that of 'twin'"),
    "by a stranger": (letter(GOOD, by="eve", key=b"x" * 32), "no key of 'eve'"),
    "changed on its way": (altered(letter(GOOD)), "the seal is not that"),
    "a seal of odd letters": (b'{"by": "twin", "order": "{}", "hmac": "\xc3\xa9\\ud800"}', "seal"),
    "of no kind": (letter(GOOD, kind="explode"), "no order"),
    "with what it has not": (letter(GOOD, units=5), "no order"),
    "of a text": (seal(KEYS["twin"], "twin", '"hello"'), "no order"),
    "without an id": (letter(GOOD, id=5), "no order"),
    "of an endless id": (letter(GOOD, id="x" * 300), "no order"),
    "of a value of 400 digits": (letter(GOOD, values={"shop.up_to": 10**400}), "is a number"),
    "of a value that is a text": (letter(GOOD, values={"shop.up_to": "NaN"}), "is a number"),
    "of a list": (letter(GOOD, values={"shop.up_to": [1, 2]}), "is a number"),
    "of yes": (letter(GOOD, values={"shop.up_to": True}), "is a number"),
    "of less than nothing": (letter(GOOD, values={"shop.up_to": -5}), "too far"),
    "of a trillion": (letter(GOOD, values={"shop.up_to": 1e12}), "too far"),
    "of a step too long": (letter(GOOD, values={"shop.up_to": 900}), "at most 340 at once"),
    "of a path that is none": (letter(GOOD, values={"shpo.up_to": 5}), "leads nowhere"),
    "of a capacity": (letter(GOOD, values={"mine.capacity": 0}), "is no decision"),
    "of a lead time": (letter(GOOD, values={"mine->shop.lead_time": 60}), "is no decision"),
    "of sourcing, as a rule": (
        letter(GOOD, values={"mine->shop.sourcing_rank": 2}), "that is a sourcing order"),
    "expired": (letter(GOOD, until=-1), "it was valid until day -1"),
    "valid until some day": (letter(GOOD, until="soon"), "is a number in day"),
    "decided on something else": (letter(GOOD, seen={"shop.up_to": 2}), "decided on versions"),
    "decided by another path": (
        letter(GOOD, values={"shop/unit.up_to": 200}, seen={"shop/unit.up_to": 0}),
        "decided on {'shop.up_to': 170.0}: the plant has {'shop/unit.up_to': 170.0}"),
    "decided on another value": (letter(GOOD, now={"shop.up_to": 190}), "the plant has {'shop.up"),
    "decided on nothing": (letter(GOOD, seen={}), "decided on versions"),
    "of a kind that is another's": (letter(GOOD, by="ben", key=KEYS["ben"]), "'ben' may not order"),
    "to make what it cannot": (
        letter(tl.Produce("shop", "unit", 5, id="p"), seen={}), "does not make 'unit'"),
    "to make less than nothing": (
        letter(tl.Produce("shop", "unit", 5, id="p"), units=-5), "at least 0"),
    "of a share above one": (
        letter(tl.SetSourcing({"mine->shop.sourcing_share": 2}, id="s")), "must be 0 to 1"),
    "of half a rank": (
        letter(tl.SetSourcing({"mine->shop.sourcing_rank": 1.5}, id="s")), "a whole number"),
    "along no lane": (letter(tl.Transfer("shop", "mine", "unit", 5, id="p")), "names one lane"),
    "a trillion along a lane": (
        letter(tl.Transfer("mine", "shop", "unit", 1e12, id="p"),
               seen={"shop/unit.inventory_position": 0}), "too far"),
    "by no mode": (letter(tl.Expedite("shop", "unit", "air", id="p")), "names one lane"),
    "to maintain a shop": (letter(tl.Maintain("shop", id="p")), "supplies nothing"),
    "to maintain after the end": (letter(tl.Maintain("mine", 400, id="p")), "last one, day 399"),
    "to make after the end": (
        letter(tl.Transfer("mine", "shop", "unit", 5, day=400, id="p")), "after the last one"),
}  # fmt: skip
RIGHTS = tl.Rights((tl.Right("rule", "supply planner", True, share=2, signers="twin, anna"),))


@pytest.mark.parametrize("name", FORGERIES)
def test_a_forgery_or_mistake_is_refused_with_a_reason_and_the_next_order_is_obeyed(name):
    raw, words = FORGERIES[name]
    plant, twin = pair(rights=RIGHTS)
    state = plant.truth
    plant.link.send([raw], "commands")
    order = twin.propose(tl.SetRules({"shop.up_to": 180}))
    plant.advance()
    assert twin.sync().dead == 0
    [(kind, note), *rest] = answers(twin)
    assert kind == "refused"
    assert words in note
    assert [kind for kind, _ in rest] == ["changed", "done"]
    assert twin.orders[order.id].step == "done"
    assert plant.truth == state.set("shop.up_to", 180)


def test_who_has_no_key_cannot_have_a_good_order_refused():
    """A refusal names an order only if its seal is right."""
    plant, twin = pair()
    order = twin.propose(tl.SetRules({"shop.up_to": 180}))
    forged = seal(b"x" * 32, "twin", twin.orders[order.id].text)
    plant.link.send([forged], "commands")
    plant.advance()
    twin.sync()
    assert sorted(kind for kind, _ in answers(twin)) == ["changed", "done", "refused"]
    assert twin.orders[order.id].step == "done"


def test_the_same_order_again_is_answered_again_and_obeyed_once():
    plant, twin = pair()
    order = twin.propose(tl.SetRules({"shop.up_to": 180}))
    raw = seal(KEYS["twin"], "twin", twin.orders[order.id].text)
    for _ in range(3):
        plant.advance()
        plant.link.send([raw], "commands")
    other = replace(order, values={"shop.up_to": 185})
    plant.link.send([seal(KEYS["twin"], "twin", other.text)], "commands")
    plant.advance()
    twin.sync()
    kinds = [kind for kind, _ in answers(twin)]
    assert kinds == ["changed", "done", "changed", "changed", "changed", "refused"]
    assert "was another order" in answers(twin)[-1][1]
    assert plant.truth.value("shop.up_to") == 180
    assert len(twin.orders.trail) == 5


def test_ten_orders_a_day_are_obeyed():
    plant, twin = pair()
    for n in range(12):
        one = replace(GOOD, values={"shop.up_to": 171.0 + n}, id=f"twin-{n}")
        at = min(n, 10)
        tied = {"seen": {"shop.up_to": at}, "now": {"shop.up_to": 170 + at}}
        plant.link.send([letter(one, **tied)], "commands")
    plant.advance()
    again = replace(GOOD, id="twin-99")
    plant.link.send([letter(again, **tied)], "commands")
    plant.advance()
    twin.sync()
    notes = [note for kind, note in answers(twin) if kind == "refused"]
    assert notes == ["'twin' has had 10 orders obeyed today: wait a day"] * 2
    assert plant.truth.value("shop.up_to") == 200


def test_a_plant_without_keys_refuses_all_and_says_what_to_do(tmp_path):
    where = str(tmp_path / "link.db")
    plant, twin = Plant(shop(), FileLink(where, keys={})), Twin(shop(), FileLink(where, keys=KEYS))
    twin.mode = Mode.TWIN
    order = twin.propose(tl.SetRules({"shop.up_to": 180}))
    plant.advance()
    twin.sync()
    [(kind, note)] = answers(twin)
    assert (kind, plant.truth.value("shop.up_to")) == ("refused", 170)
    assert "no key of 'twin'" in note
    assert "TWINLAB_KEYS" in note
    assert twin.orders[order.id].step == "sent"
    mute = Twin(shop(), FileLink(where, keys={}))
    order = mute.propose(tl.SetRules({"shop.up_to": 180}))
    with pytest.raises(tl.SyncError, match="'twin' has no key to seal orders: FileLink"):
        mute.approve(order.id, "anna", "supply planner", "why not")
    assert mute.orders[order.id].step == "proposed"
    lone = Twin(shop())
    order = lone.propose(tl.SetRules({"shop.up_to": 180}))
    with pytest.raises(tl.SyncError, match="no link leads to the plant"):
        lone.approve(order.id, "anna", "supply planner", "why not")


def test_keys_come_from_a_file_or_the_environment(tmp_path, monkeypatch):
    path = tmp_path / "keys"
    path.write_text("twin = 0123456789abcdef\n\nanna=fedcba98765432100\n")
    path.chmod(0o600)
    assert read_keys(str(path)) == {"twin": b"0123456789abcdef", "anna": b"fedcba98765432100"}
    monkeypatch.setenv("TWINLAB_KEYS", "twin=0123456789abcdef;ben=fedcba98765432100")
    assert sorted(read_keys()) == ["ben", "twin"]
    assert FileLink(":memory:").key_of("twin") == b"0123456789abcdef"
    if os.name == "posix":
        path.chmod(0o644)
        with pytest.raises(tl.SyncError, match="chmod 600"):
            read_keys(str(path))
    path.write_text("twin = secret1")
    path.chmod(0o600)
    with pytest.raises(tl.SyncError, match=r"line 1 .* 16 signs") as problem:
        read_keys(str(path))
    assert "secret1" not in str(problem.value)
    with pytest.raises(tl.SyncError, match="cannot be read"):
        read_keys(str(tmp_path / "nowhere"))


def test_each_bus_has_a_key_of_its_own_and_whoever_shares_it_orders():
    one, other = linked(shop()), linked(shop())
    order = one[1].propose(tl.SetRules({"shop.up_to": 180}))
    raw = seal(other[0].link.key_of("twin"), "twin", order.text)
    one[0].link.send([raw], "commands")
    one[0].advance()
    one[1].sync()
    assert answers(one[1])[0][0] == "refused"


# -- who approves, and why --


def proposed(mode=Mode.SHADOW, by="twin"):
    plant, twin = pair(mode=mode)
    return plant, twin, twin.propose(tl.SetRules({"shop.up_to": 180}), "cheaper", by)


def test_a_shadow_proposes_and_a_person_decides():
    plant, twin, order = proposed()
    assert order.step == "proposed"
    for by, role, reason, words in (
        ("eve", "intern", "looks fine", "role 'intern' does not judge rule orders: ask"),
        ("eve", "automatic", "looks fine", "does not judge"),
        ("eve", "", "looks fine", "role '' does not judge"),
        ("anna", "supply planner", " ", "give a reason"),
        (" ", "supply planner", "fine", "say who it is"),
        ("twin", "supply planner", "mine", "another person judges"),
    ):
        for judge in (twin.approve, twin.reject):
            with pytest.raises(tl.SyncError, match=words):
                judge(order.id, by, role, reason)
    assert twin.approve(order.id, "anna", "supply planner", "the\nmine \0is late").step == "sent"
    plant.advance()
    twin.sync()
    assert twin.orders[order.id].step == "done"
    assert twin.model.value("shop.up_to") == plant.truth.value("shop.up_to") == 180
    trail = twin.orders.trail
    assert list(trail["step"]) == ["proposed", "approved", "sent", "acknowledged", "done"]
    assert list(trail["by"]) == ["twin", "anna", "twin", "plant", "plant"]
    assert trail["reason"].tolist()[:2] == ["cheaper", "the mine is late"]
    with pytest.raises(tl.SyncError, match="is done: it cannot become rejected"):
        twin.reject(order.id, "anna", "supply planner", "too late")
    with pytest.raises(tl.SyncError, match="no order 'twin-9'"):
        twin.approve("twin-9", "anna", "supply planner", "why not")


def test_a_twin_approves_what_is_automatic_and_the_trail_says_so():
    _, twin, order = proposed(Mode.TWIN)
    assert order.step == "sent"
    assert "automatic" in list(twin.orders.trail["role"])
    waits = twin.propose(tl.SetSourcing({"mine->shop.sourcing_rank": 2}))
    assert waits.step == "proposed"
    assert twin.approve(waits.id, "ben", "sourcing manager", "as agreed").step == "sent"


def test_a_model_has_no_way_back():
    _, twin, order = proposed()
    twin.mode = Mode.MODEL
    for call in (
        lambda: twin.propose(tl.SetRules({"shop.up_to": 180})),
        lambda: twin.approve(order.id, "anna", "supply planner", "fine"),
    ):
        with pytest.raises(tl.SyncError, match="a model has no way back to the plant"):
            call()


def test_proposals_are_rejected_withdrawn_and_expire():
    plant, twin, order = proposed(by="ben")
    assert twin.reject(order.id, "anna", "inventory planner", "no room").step == "rejected"
    order = twin.propose(tl.SetRules({"shop.up_to": 190}), by="ben")
    with pytest.raises(tl.SyncError, match="was proposed by 'ben': reject it"):
        twin.withdraw(order.id, "anna", "no")
    assert twin.withdraw(order.id, "ben", "a slip").step == "withdrawn"
    order = twin.propose(tl.SetRules({"shop.up_to": 190}), valid_days=2)
    for _ in range(3):
        assert twin.orders[order.id].step == "proposed"
        plant.advance()
        twin.sync()
    assert twin.orders[order.id].step == "expired"
    assert plant.truth.value("shop.up_to") == 170
    assert twin.orders.table["step"].tolist() == ["rejected", "withdrawn", "expired"]


def test_what_is_not_answered_is_sent_again_until_it_expires():
    lossy = tl.Bus(tl.Faults(loss=0.6), seed=3)
    plant, twin = Plant(shop(), lossy, 1), Twin(shop(), lossy)
    twin.mode = Mode.TWIN
    order = twin.propose(tl.SetRules({"shop.up_to": 180}), valid_days=20)
    for _ in range(25):
        plant.advance()
        twin.sync()
    assert twin.orders[order.id].step == "done"
    assert plant.truth.value("shop.up_to") == 180
    deaf = tl.Bus(keys=KEYS)
    plant, twin = Plant(shop(), deaf, 1), Twin(shop(), deaf)
    twin.mode = Mode.TWIN
    deaf.faults = tl.Faults(delay=30)
    order = twin.propose(tl.SetRules({"shop.up_to": 180}), valid_days=2)
    deaf.faults = tl.Faults()
    twin._gate.desk._sent[order.id] = 10**6
    for _ in range(3):
        plant.advance()
        twin.sync()
    assert twin.orders[order.id].step == "expired"


@pytest.mark.parametrize("base", ["sqlite", "postgresql"])
def test_a_twin_goes_on_where_it_was_and_an_edit_of_its_trail_is_found(base, tmp_path):
    path = str(tmp_path / "twin.db") if base == "sqlite" else postgres.fresh()
    plant = Plant(shop(), tl.Bus(keys=KEYS), 1)
    first = Twin(shop(), plant.link, EventStore(path))
    order = first.propose(tl.SetRules({"shop.up_to": 180}), "cheaper", "ben")
    first.approve(order.id, "anna", "supply planner", "fine")
    again = Twin(shop(), plant.link, EventStore(path))
    assert again.orders[order.id] == first.orders[order.id]
    plant.advance()
    again.sync()
    assert again.orders[order.id].step == first.orders[order.id].step == "done"
    assert again.propose(tl.SetRules({"shop.up_to": 185})).id != order.id
    assert again.orders.whole()
    store = again.store
    for edit in (
        "UPDATE trail SET line = replace(line, 'anna', 'eve') WHERE number = 2",
        "UPDATE trail SET number = 99 WHERE number = 4",
        "DELETE FROM trail WHERE number = 3",
        "UPDATE trail SET line = 'no step' WHERE number = 3",
    ):
        kept = store._rows("SELECT * FROM trail ORDER BY number")
        with store._work():
            store._run(edit)
        assert not again.orders.whole(), edit
        third = Twin(shop(), plant.link, store)
        third.sync()  # goes on
        assert len(third.orders) == 2
        assert len(third.orders.trail) in (5, 6)
        with store._work():
            store._run("DELETE FROM trail")
            for row in kept:
                store._run("INSERT INTO trail VALUES (?, ?, ?)", *row)
        assert again.orders.whole()


def test_a_twin_that_lost_its_store_does_not_take_numbers_twice():
    plant, twin = pair()
    for level in (180, 190):
        twin.propose(tl.SetRules({"shop.up_to": level}))
        plant.advance()
        twin.sync()
    fresh = Twin(shop(), plant.link)
    for message in twin.store.messages():
        if message.kind in ("changed", "done"):
            fresh._gate.desk.hear(message)
    fresh._whole = True
    order = fresh.propose(tl.SetRules({"shop.up_to": 200}))
    assert (order.id, dict(order.seen)) == ("twin-2", {"shop.up_to": 2})


def test_a_reply_that_comes_late_does_not_undo_a_newer_one():
    def reply(day, level):
        said = {"day": day, "changes": {"shop.up_to": level}}
        return Message("/plant/sys", day, "sys.changed.v1", day * DAY, said)

    desk = Desk("twin", tl.Bus(), EventStore(), lambda: 0.0)
    desk.hear(reply(8, 300))
    for late in (reply(5, 200), reply(8, 300)):
        desk.hear(late)
    assert desk.decisions == {"shop.up_to": 300}


STEPS = sorted({step for steps in NEXT.values() for step in steps})


@settings(max_examples=100, deadline=None, derandomize=True)
@given(st.lists(st.sampled_from(STEPS), max_size=12))
def test_whatever_is_tried_an_order_lives_by_the_table(tried):
    desk = Desk("twin", tl.Bus(), EventStore(), lambda: 0.0)
    name = "twin-0"
    desk.take(name, "proposed", "twin", text=replace(GOOD, id=name).text)
    lived = ["proposed"]
    for step in tried:
        if step in NEXT.get(lived[-1], ()):
            assert desk.take(name, step, "anna").step == step
            lived.append(step)
        else:
            with pytest.raises(tl.SyncError, match="cannot become"):
                desk.take(name, step, "anna")
    listed = tl.Orders(tuple(desk.orders.values()), tuple(desk.store.trail()))
    assert list(listed.trail["step"]) == lived
    assert listed.whole()
    assert lived.count("sent") <= 1
    assert not (set(lived) & {"acknowledged", "refused"}) or "approved" in lived


# -- what is proposed --


def test_a_change_becomes_an_order_of_its_kind_or_is_taught():
    _, twin = pair(mode=Mode.SHADOW)
    assert twin.propose(Change({"shop.up_to": np.float64(180)})).kind == "rule"
    assert twin.propose(Change({"mine->shop.sourcing_share": 1})).kind == "sourcing"
    for values, words in (
        ({"shop.up_to": 180, "mine->shop.sourcing_rank": 2}, "rules and sourcing are two orders"),
        ({"mine.capacity": 5}, "no decision: .*expedite, produce, maintain, transfer, redirect"),
        ({"mine->shop.lead_time": 5}, "is no decision"),
        ({("shop", "unit"): tl.BaseStock(5)}, "more than numbers by path"),
        ({}, "more than numbers"),
        ({"shpo.up_to": 5}, "leads nowhere"),
        ({"shop.up_to": "many"}, "is a number"),
        ({"shop.up_to": 10**400}, "is a number"),
        ({"shop.up_to": -5}, "too far"),
        ({"shop.up_to": 1e12}, "too far"),
    ):
        with pytest.raises(tl.TwinError, match=words):
            twin.propose(Change(values))
    assert len(twin.orders) == 2


# -- the seven kinds --


def approved(twin, order, role):
    return twin.approve(twin.propose(order).id, "anna", role, "as agreed")


def lived(plant, twin, days):
    for _ in range(days):
        plant.advance()
        assert twin.sync().dead == 0


def same(plant, twin):
    """What a twin that hears everything knows is what is so."""
    for name in ("on_hand", "owed", "on_order", "in_transit", "to_make", "in_process"):
        assert getattr(twin.state, name) == getattr(plant.state, name), name
    assert twin.gaps() == []


def two_ways():
    """A shop that buys by sea, and by air where it must."""
    network = tl.Network(
        [tl.Product("bike")], [tl.Node("mine"), tl.Node("shop")],
        [tl.Lane("mine", "shop", "bike", "sea", lead_time=9, sourcing_share=0.8),
         tl.Lane("mine", "shop", "bike", "air", lead_time=2, sourcing_rank=2,
                 sourcing_share=0.2)],
        [], [tl.Demand("shop", "bike", tl.Poisson(9))], [tl.Stock("shop", "bike", 100)],
    )  # fmt: skip
    return tl.Scenario(network, tl.BaseStock(140), days=90)


def modes(plant):
    """By which modes was ordered, day by day."""
    by_day = {}
    for event in plant.run.log.of("ordered"):
        by_day.setdefault(event.day, set()).add(event.mode)
    return by_day


@pytest.mark.parametrize("rule", [tl.PriorityFailover(), tl.Shares()])
def test_an_expedited_item_goes_by_air_for_some_days_and_then_as_before(rule):
    chain = two_ways().change(sourcing={"shop": rule})
    plant, twin = pair(chain, Mode.SHADOW)
    lived(plant, twin, 5)
    order = approved(twin, tl.Expedite("shop", "bike", "air", days=6), "logistics manager")
    lived(plant, twin, 6)
    assert twin.orders[order.id].step == "acknowledged"
    assert twin.model.value("mine->shop/bike/air.sourcing_rank") == 1
    assert twin.model == plant.truth
    lived(plant, twin, 9)
    usual = modes(plant)[0]
    assert usual == ({"sea"} if rule == tl.PriorityFailover() else {"sea", "air"})
    assert [modes(plant).get(day, {"air"}) for day in range(5, 11)] == [{"air"}] * 6
    assert [modes(plant).get(day, usual) for day in range(11, 20)] == [usual] * 9
    assert twin.orders[order.id].step == "done"
    assert twin.model == plant.truth == chain
    same(plant, twin)


def test_an_expedited_item_whose_lanes_were_changed_meanwhile_does_not_go_back():
    plant, twin = pair(two_ways(), Mode.SHADOW)
    order = approved(twin, tl.Expedite("shop", "bike", "air", days=4), "logistics manager")
    lived(plant, twin, 1)
    change = tl.SetSourcing({"mine->shop/bike/sea.sourcing_rank": 3})
    other = approved(twin, change, "sourcing manager")
    lived(plant, twin, 5)
    assert twin.orders[other.id].step == "done"
    assert twin.orders[order.id].step == "failed"
    assert "another order has changed" in twin.orders[order.id].reason
    own = two_ways().change(sourcing={"shop": lambda view, units: [units, 0]})
    _, twin = pair(own, Mode.SHADOW)
    with pytest.raises(tl.SyncError, match="no order changes it"):
        twin.propose(tl.Expedite("shop", "bike", "air"))


def test_sourcing_ranks_and_shares_are_changed_by_product_and_mode():
    plant, twin = pair(two_ways().change(sourcing={"shop": tl.Shares()}), Mode.SHADOW)
    values = {"mine->shop/bike/sea.sourcing_share": 0, "mine->shop/bike/air.sourcing_share": 1}
    order = approved(twin, Change(values), "sourcing manager")
    lived(plant, twin, 6)
    assert twin.orders[order.id].step == "done"
    assert set().union(*modes(plant).values()) == {"air"}
    assert twin.model == plant.truth
    same(plant, twin)


@pytest.mark.parametrize("order", [
    tl.Produce("plant", "bike", 60, day=12), tl.Transfer("plant", "shop", "bike", 60, day=12),
])  # fmt: skip
def test_more_is_ordered_on_its_day_and_all_other_luck_is_the_same(order):
    plant, twin = pair(factory(), Mode.SHADOW)
    lived(plant, twin, 8)
    role = {"produce": "production planner", "transfer": "inventory planner"}[order.kind]
    sent = approved(twin, order, role)
    lived(plant, twin, 3)
    assert twin.orders[sent.id].step == "acknowledged"
    lived(plant, twin, 20)
    assert twin.orders[sent.id].step == "done"
    same(plant, twin)
    alone = tl.simulate(factory().change(days=31), 1)
    rows = [tuple(e) for e in plant.run.log.of("ordered") if e.day == 12]
    usual = [tuple(e) for e in alone.log.of("ordered") if e.day == 12]
    item = ("plant" if order.kind == "produce" else "shop", "bike")
    [extra] = [row for row in rows if row[2:4] == item and row[4] == 60]
    assert rows.index(extra) == 0
    assert extra not in usual
    for measure in ("demand", "lost"):
        assert (plant.run.series(measure, "shop") == alone.series(measure, "shop")).all()
    assert plant.run.total("ordered", *item) >= alone.total("ordered", *item)


def test_what_is_closed_on_its_day_fails_and_says_why():
    chain = factory().disrupt(tl.Outage("plant", start=3, days=4))
    plant, twin = pair(chain, Mode.SHADOW)
    made = approved(twin, tl.Produce("plant", "bike", 50, day=4), "production planner")
    brought = approved(twin, tl.Transfer("plant", "shop", "bike", 50, day=5), "supply planner")
    lived(plant, twin, 8)
    for order in (made, brought):
        assert twin.orders[order.id].step == "failed"
        assert "'plant' is closed on day" in twin.orders[order.id].reason
    usual = tl.simulate(chain.change(days=8), 1).log.of("ordered")
    assert list(plant.run.log.of("ordered")) == list(usual)


WEST, EAST = ("west", "shop", "bike", "road"), ("east", "shop", "bike", "road")


def stores(**east):
    """A shop that buys from west, which sees its orders two days later, or else from east."""
    network = tl.Network(
        [tl.Product("bike")],
        [tl.Node("mine"), tl.Node("west"), tl.Node("east"), tl.Node("shop")],
        [tl.Lane("mine", "west", "bike"), tl.Lane("mine", "east", "bike"),
         tl.Lane(*WEST, order_delay=2), tl.Lane(*WEST[:3], "rail", sourcing_rank=3),
         tl.Lane(*EAST, lead_time=2, sourcing_rank=2, **east)],
        [], [tl.Demand("shop", "bike", tl.Poisson(9))],
        [tl.Stock("west", "bike", 60), tl.Stock("east", "bike", 90), tl.Stock("shop", "bike", 30)],
    )  # fmt: skip
    chain = tl.Scenario(network, {"shop": tl.BaseStock(40), "west": tl.BaseStock(60),
                                  "east": tl.BaseStock(90)}, days=60)  # fmt: skip
    return chain.disrupt(tl.LaneOutage("west", "shop", mode="road", start=10, days=40))


@pytest.mark.parametrize("units", [0, 12])
def test_what_is_owed_on_a_shut_lane_goes_by_another_oldest_units_first(units):
    plant, twin = pair(stores(), Mode.SHADOW)
    lived(plant, twin, 14)
    before, owed = plant.state.copy(), plant.state.owed[WEST]
    assert len(before.owed_since[WEST]) == 2
    [_, first], [since, _] = before.owed_since[WEST]
    assert first < 12 < owed
    order = tl.Redirect("west", "shop", "bike", units, mode="road", to_source="east")
    sent = approved(twin, order, "sourcing manager")
    assert sent.now == {"west->shop/bike/road.owed": owed}
    lived(plant, twin, 1)
    assert twin.orders[sent.id].step == "done"
    same(plant, twin)
    moved = units or owed
    rows = [event for event in plant.run.log if event.day == 14][:2]
    assert rows == [tl.Event(14, "withdrawn", "shop", "bike", moved, "west", "road"),
                    tl.Event(14, "ordered", "shop", "bike", moved, "east", "road", 14)]  # fmt: skip
    assert plant.state.owed_since[WEST] == ([[since, owed - 12]] * bool(units))
    after = tl.fold(rows, stores().network, before)
    assert after.on_order["shop", "bike"] == pytest.approx(before.on_order["shop", "bike"])
    assert after.owed[WEST] == owed - moved
    lived(plant, twin, 2)
    alone = tl.simulate(stores().change(days=17), 1)
    gain = plant.run.series("received", "shop") - alone.series("received", "shop")
    assert gain.tolist() == [0] * 16 + [moved]
    for day in range(14):
        assert plant.run.log.before(day) == alone.log.before(day)


def test_what_cannot_be_redirected_is_refused_in_words_and_what_is_shut_fails():
    plant, twin = pair(stores(capacity=0), Mode.SHADOW)
    lived(plant, twin, 14)
    road = {"source": "west", "destination": "shop", "product": "bike", "mode": "road"}
    for changed, words in (
        ({"mode": "rail", "to_mode": "road"}, r"road/?.*: 0 units are owed there|rail: 0 units"),
        ({"units": 1e6, "to_mode": "rail"}, "units are owed there: no more can be redirected"),
        ({"mode": ""}, "names one lane: 2 of .* are meant"),
        ({"source": "mine"}, "names one lane: 0 of"),
        ({"product": "boat"}, "names one lane: 0 of"),
        ({"to_mode": "road"}, "are owed there already: name another source or mode"),
        ({"to_source": "west", "to_mode": "road"}, "are owed there already"),
        ({"to_source": "mine"}, "names one lane: 0 of"),
        ({}, "owed there already"),
        ({"units": -1}, "at least 0"),
    ):
        with pytest.raises(tl.TwinError, match=words):
            twin.propose(tl.Redirect(**road | changed))
    order = twin.propose(tl.Redirect(**road, to_source="east"))
    for role in ("supply planner", "logistics manager"):
        with pytest.raises(tl.SyncError, match="does not judge redirect orders: ask sourcing man"):
            twin.approve(order.id, "anna", role, "hurry")
    twin.rights = tl.Rights((tl.Right("redirect", "sourcing manager", share=0.5),))
    with pytest.raises(tl.SyncError, match="is too far: at least 0, and by at most"):
        twin.propose(tl.Redirect(**road, to_mode="rail"))
    twin.approve(order.id, "anna", "sourcing manager", "hurry")
    lived(plant, twin, 1)
    assert twin.orders[order.id].step == "failed"
    assert "'east' is closed on day 14" in twin.orders[order.id].reason
    assert not plant.run.log.of("withdrawn")


def test_a_day_of_maintenance_stands_still_and_all_other_luck_is_the_same():
    plant, twin = pair(factory(), Mode.SHADOW)
    lived(plant, twin, 4)
    order = approved(twin, tl.Maintain("plant", day=9), "maintenance manager")
    lived(plant, twin, 5)
    assert twin.orders[order.id].step == "acknowledged"
    [still] = twin.outlook.disruptions
    assert (still.node, still.start) == ("plant", 9)
    lived(plant, twin, 15)
    assert twin.outlook.disruptions == ()
    assert twin.orders[order.id].step == "done"
    [told] = [m for m in twin.store.messages() if m.kind == "maintained"]
    assert (told.data["asset"], told.data["day"]) == ("plant", 9)
    planned = factory().disrupt(tl.Outage("plant", start=9, stock_ships=True)).change(days=24)
    assert plant.run.log == tl.simulate(planned, 1).log
    assert plant.run.series("started", "plant")[9] == 0
    same(plant, twin)


ROLES = {"rule": "supply planner", "sourcing": "sourcing manager", "expedite": "logistics manager",
         "produce": "production planner", "maintain": "maintenance manager",
         "transfer": "supply planner", "redirect": "sourcing manager"}  # fmt: skip
EVERY = [
    tl.SetRules({"shop/bike.up_to": 190}), tl.SetSourcing({"plant->shop.sourcing_share": 1}),
    tl.Produce("plant", "bike", 30, day=7), tl.Transfer("mine", "plant", "ore", 30),
    tl.Maintain("plant", day=8), tl.Maintain("mine", day=6),
]  # fmt: skip


def test_a_plant_that_was_killed_relives_what_it_was_ordered(tmp_path):
    """Restarted twice, one that obeys all kinds is where one is that was never stopped."""
    chains = {"one": tl.Bus(keys=KEYS), "other": FileLink(str(tmp_path / "link.db"), KEYS)}
    plants = {}
    for name, link in chains.items():
        plant, twin = Plant(factory(), link, 1), Twin(factory(), link)
        lived(plant, twin, 3)
        for order in EVERY:
            approved(twin, order, ROLES[order.kind])
        for until in (5, 8, 20):
            if name == "other":
                plant = Plant(factory(), FileLink(str(tmp_path / "link.db"), KEYS), 1)
            lived(plant, twin, until - plant.day)
        assert {order.step for order in twin.orders} == {"done"}
        table = twin.orders.table
        assert table["value"].tolist() == [
            {"shop/bike.up_to": 190}, {"plant->shop.sourcing_share": 1}, 30, 30, 8, 6]  # fmt: skip
        assert table["now"].iloc[0] == {"shop/bike.up_to": 170}
        assert "plant, product bike, units 30, day 7" in str(twin.orders)
        same(plant, twin)
        plants[name] = plant
    assert plants["one"].run.log == plants["other"].run.log
    assert plants["one"].truth == plants["other"].truth


@settings(max_examples=8, deadline=None, derandomize=True)
@given(st.data())
def test_whatever_is_proposed_the_twin_knows_what_the_plant_is(data):
    """Orders of all kinds on any day, good and bad: nothing raises, twin and plant agree."""
    plant, twin = pair(factory(), Mode.SHADOW)
    nodes, days = st.sampled_from(["mine", "plant", "shop"]), st.integers(0, 30)
    units = st.floats(0, 300)
    kinds = st.one_of(
        st.builds(lambda v: tl.SetRules({"shop/bike.up_to": v}), units),
        st.builds(lambda v: tl.SetSourcing({"plant->shop.sourcing_rank": v}), st.integers(1, 4)),
        st.builds(tl.Produce, nodes, st.just("bike"), units, days),
        st.builds(lambda a, b, *w: tl.Transfer(a, b, "bike", *w), nodes, nodes, units, st.just(""),
                  days),
        st.builds(tl.Maintain, nodes, days),
        st.builds(lambda a, b, *w: tl.Redirect(a, b, "bike", *w), nodes, nodes, units),
    )  # fmt: skip
    for _ in range(8):
        for order in data.draw(st.lists(kinds, max_size=3)):
            with suppress(tl.TwinError):
                approved(twin, order, ROLES[order.kind])
        lived(plant, twin, data.draw(st.integers(1, 4)))
    lived(plant, twin, 31)
    same(plant, twin)
    assert twin.model.rules == plant.truth.rules
    assert twin.model.network == plant.truth.network
    assert {order.step for order in twin.orders} <= {
        "proposed",
        "expired",
        "refused",
        "done",
        "failed",
    }
    assert twin.orders.whole()


def test_a_twin_looks_after_its_plant_by_orders_that_it_approves_itself():
    def chain(mean):
        return shop(tl.Demand("shop", "unit", tl.Normal(mean, 4), backorder_cost=9))

    link = tl.Bus()
    plant, twin = Plant(chain(30), link, 1), Twin(chain(20), link)
    twin.mode = Mode.TWIN
    look_after(plant, twin, 48, 12, {"shop.up_to": [170, 230]})
    assert [order.step for order in twin.orders] == ["done"]
    assert set(twin.orders.trail["role"]) == {"", "automatic"}
    assert plant.truth.value("shop.up_to") == twin.model.value("shop.up_to") == 230
    twin.mode = Mode.MODEL
    assert len(twin.orders) == 1
