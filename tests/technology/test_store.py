"""The store on SQLite and on PostgreSQL: everything once, all of a delivery or nothing."""

import json
import random
from threading import Thread

import pytest

import twinlab as tl
from tests.technology import postgres
from twinlab.technology import EventStore, Intake, Letter, Message
from twinlab.technology.messages import DAY, Refused, read

WHERE = {
    "sqlite": lambda folder: str(folder / "events.db"),
    "postgresql": lambda folder: postgres.fresh(),
}


@pytest.fixture(params=WHERE)
def where(request, tmp_path):
    return WHERE[request.param](tmp_path)


@pytest.fixture
def store(where):
    opened = EventStore(where)
    yield opened
    opened.close()


def told(number, source="/shop/crm", time=None, **data):
    time = number if time is None else time
    return Message(source, number, "crm.demanded.v1", time, {"day": 0} | data)


def named(name, time=0, **data):
    return Message("/erp", None, "erp.ordered.v1", time, data, name)


def raws(numbers, **data):
    return [told(number, **data).encode() for number in numbers]


def everything(store):
    """All that a store holds, to be compared."""
    return list(store.messages()), store.sequences(), store.dead_letters().values.tolist()


# -- what comes in --


def test_new_ones_copies_dead_ones_and_ignored_ones_are_counted(store):
    batch = b"[" + b",".join(raws(range(3, 6))) + b"]"
    first = store.take([*raws(range(3)), batch, b"{", raws([1])[0]], arrived=2.5)
    assert first == Intake(new=6, copies=1, dead=1, ignored=0)
    assert first.fresh == tuple(told(n) for n in range(6))
    again = store.take([batch, raws([6])[0], b"{"])
    assert again == Intake(1, 4, 0, 0)
    assert again.fresh == (told(6),)
    assert "fresh" not in repr(again)
    assert store.take([b"1", b"2"], door=lambda letter, feed: [None, None]).ignored == 4
    assert store.sequences() == {"/shop/crm": (7, 6)}
    assert store.dead_letters()[["arrived", "raw"]].values.tolist() == [[2.5, b"{"]]


def test_copies_are_found_in_every_lot_of_a_long_delivery(store):
    """Among new ones, in one delivery and in the next, also where a statement ends between them."""
    mixed = [n % 700 for n in range(1500)]
    random.Random(1).shuffle(mixed)
    intake = store.take(raws(mixed))
    assert intake == Intake(700, 800, 0)
    assert list(intake.fresh) == [told(n) for n in dict.fromkeys(mixed)]
    assert store.take(raws(range(650, 1200))) == Intake(500, 50, 0)
    assert [message.sequence for message in store.messages()] == list(range(1200))


@pytest.mark.parametrize(
    ("first", "second", "words"),
    [
        (told(7), told(7, quantity=2), "number 7 of '/shop/crm' was another message: has the plant "
         "begun anew? then give the twin a new store"),
        (told(7), Message("/shop/crm", 7, "crm.demanded.v1", 7, {"day": 0}, "x"), "number 7"),
        (named("a"), named("a", quantity=2), "id 'a' of '/erp' was another message"),
    ],
    ids=["content", "number", "unnumbered"],
)  # fmt: skip
@pytest.mark.parametrize("together", [True, False])
def test_who_claims_the_place_of_another_is_refused(store, first, second, words, together):
    letters = [first.encode(), second.encode()]
    parts = [store.take(part) for part in ([letters] if together else [[each] for each in letters])]
    assert sum(part.new for part in parts) == sum(part.dead for part in parts) == 1
    assert list(store.messages()) == [first]
    assert store.dead_letters()["reason"][0].startswith(words)
    assert store.take(letters) == Intake(0, 2, 0)


def test_the_same_content_in_other_bytes_is_a_copy(store):
    raw = told(1, quantity=2.0).encode()
    store.take([raw])
    found = json.loads(raw)
    other = json.dumps(dict(reversed(found.items())) | {"seal": "x"}, indent=1).encode()
    assert store.take([other, b"[" + raw.replace(b"2.0", b"2") + b"]"]) == Intake(0, 2, 0)


def test_messages_come_in_the_order_of_time_source_number_and_id_by_their_bytes(store):
    """Whatever the database thinks of capitals, hyphens and umlauts."""
    sources = ["/a", "/B", "/b", "/ä", "/a-b", "/ab", "/Ab", "/雪"]
    mixed = [told(n, source, time=n % 3) for source in sources for n in range(4)]
    mixed += [named(name, time) for name in ("é", "e", "E", "-e", "f") for time in (1, 2)][::-1]
    mixed = [m for m in {(m.source, m.id): m for m in mixed}.values()]
    random.Random(3).shuffle(mixed)
    store.take(message.encode() for message in mixed)
    expected = sorted(mixed, key=lambda message: message.place)
    assert list(store.messages()) == expected
    assert list(store.messages(since=2)) == [m for m in expected if m.time >= 2]


def test_what_has_no_number_is_counted_too(store):
    store.take([named(f"x{n}").encode() for n in range(3)])
    store.take(raws([0, 1, 2, 5, 9]))
    assert store.sequences() == {"/erp": (3, -1), "/shop/crm": (5, 9)}


def test_a_delivery_is_read_by_another_store(where):
    first = EventStore(where)
    first.take([*raws(range(10)), b"{"], 1.0, notes=lambda: {"place": [1, None]})
    known = everything(first)
    first.close()
    second = EventStore(where)
    assert everything(second) == known
    assert second.recall("place") == [1, None]
    second.close()


# -- what a door refuses --


def stumbling(letter, feed):
    yield from read(letter, feed)
    raise {b"m": MemoryError, b"r": RecursionError, b"k": KeyError}[feed[:1].encode()]("no such")


@pytest.mark.parametrize("kind", ["memory", "recursion", "key"])
def test_a_letter_over_which_the_door_stumbles_is_dead_as_a_whole(store, kind):
    letter = Letter(raws([1])[0], "orders.csv row 17")
    assert store.take([letter], 3.0, stumbling, kind) == Intake(0, 0, 1)
    [[day, feed, origin, reason, raw]] = store.dead_letters().values.tolist()
    assert (day, feed, origin, raw) == (3.0, kind, "orders.csv row 17", letter)
    assert reason.startswith(f"{kind.capitalize()}Error: ")
    assert store.sequences() == {}


def test_a_reason_that_cannot_be_written_down_stops_nothing(store):
    def door(letter, feed):
        return {}[10**5000]

    assert store.take([b"1"], door=door) == Intake(0, 0, 1)
    assert store.dead_letters()["reason"][0].startswith("KeyError: ")


def test_whoever_presses_ctrl_c_is_heard_and_nothing_is_half_done(store):
    def door(letter, feed):
        raise KeyboardInterrupt

    def notes():
        raise KeyboardInterrupt

    for given in ({"door": door}, {"notes": notes}):
        with pytest.raises(KeyboardInterrupt):
            store.take(raws(range(5)), **given)
    assert store.sequences() == {}
    assert store.take(raws(range(5))).new == 5


def mapped(message):
    return lambda letter, feed: [message]


@pytest.mark.parametrize(
    ("message", "words"),
    [
        (told(1, quantity=float("inf")), "JSON compliant"),
        (told(1, text="\ud800" * 170_000), "at most 1,000,000"),
        (told(1, source="/\0"), "no file can hold"),
        (named("\ud800"), "no file can hold"),
        (told(-1), "whole number"),
        (told(10**16), "whole number"),
        (told(1, time=10**30), ""),
        (Message("/x", 1, "acme.moved.v1", 0, {}), "no message has type"),
        (Message("/" + "é" * 900, 1, "crm.demanded.v1", 0, {}, "ü" * 900), "up to 1,000 bytes"),
        (told(1, thing=object()), "cannot carry"),
        ("no message", "AttributeError"),
    ],
    ids=[
        "inf", "too long", "nothing in a source", "half a character", "below zero", "number",
        "time", "type", "key", "object", "text",
    ],
)  # fmt: skip
def test_what_could_not_be_read_again_is_not_stored(store, message, words):
    """A mapping makes messages that no message's own reader has checked."""
    intake = store.take([b"row 1", *raws([5])], door=lambda letter, feed: (
        [message] if letter == b"row 1" else read(letter)))  # fmt: skip
    assert intake == Intake(1, 0, 1)
    assert words in store.dead_letters()["reason"][0]
    assert list(store.messages()) == [told(5)]


def test_strange_bytes_reasons_and_origins_are_kept(store):
    strange = bytes(range(256))

    def door(letter, feed):
        yield Refused("half \ud800 and \0 nothing " + "x" * 5000, strange)

    store.take([Letter(b"1", "\udce4\0.csv")], door=door, feed="\0\ud800")
    [[_, feed, origin, reason, raw]] = store.dead_letters().values.tolist()
    assert raw == strange
    assert (feed, origin) == ("\\x00\\ud800", "\\udce4\\x00.csv")
    assert reason.startswith("half \\ud800 and \\x00 nothing x")
    store.keep("\0\ud800", "\0\ud800")
    assert store.recall("\0\ud800") == "\0\ud800"


def test_fresh_is_what_is_read_later(store):
    """Tuples and numbers of NumPy's become what JSON makes of them, at once."""
    import numpy as np

    odd = told(1, left=(1, 2), quantity=np.float32(0.1))
    [fresh] = store.take([b"x"], door=mapped(odd)).fresh
    [read_again] = store.messages()
    assert fresh == read_again
    assert fresh.data == {"day": 0, "left": [1, 2], "quantity": float(np.float32(0.1))}


# -- dead letters --


def test_dead_letters_are_shown_to_a_corrected_door(store):
    def first(letter, feed):
        raise KeyError("qty")

    def corrected(letter, feed):
        seen.append((letter.origin, feed))
        number, good = json.loads(letter)
        return [told(number), told(number + 100)] if good else [
            told(number), Refused("no quantity", letter)]  # fmt: skip

    seen = []
    letters = [Letter(json.dumps([n, n != 2]).encode(), f"row {n}") for n in range(4)]
    store.take(letters, 1.0, first, "orders")
    store.take(raws([100]), 1.0)
    intake = store.replay_dead(corrected, 5.0, lambda: {"version": 2})
    assert intake == Intake(new=6, copies=1, dead=1)
    assert [message.sequence for message in intake.fresh] == [0, 1, 101, 2, 3, 103]
    assert seen == [(f"row {n}", "orders") for n in range(4)]
    left = store.dead_letters().values.tolist()
    assert left == [[1.0, "orders", "row 2", "no quantity", b"[2, false]"]]
    assert store.recall("version") == 2
    assert store.take(letters, 6.0, corrected, "orders") == Intake(0, 8, 0)
    assert store.replay_dead(lambda letter, feed: [None], 7.0) == Intake(0, 0, 0, 1)
    assert len(store.dead_letters()) == 0


def test_a_replay_that_fails_changes_nothing(store):
    store.take([b"{", b"}"], 1.0)
    before = everything(store)
    with pytest.raises(ZeroDivisionError):
        store.replay_dead(mapped(told(1)), 2.0, lambda: 1 / 0)
    assert everything(store) == before


def test_a_condemned_message_is_a_dead_letter_until_the_door_lets_it_in_again(store):
    store.take(raws(range(3)), 4.0)
    store.condemn(told(1), "no stock is left")
    store.condemn(told(9), "it was never here")
    assert [message.sequence for message in store.messages()] == [0, 2]
    rows = store.dead_letters().values.tolist()
    assert rows[0] == [4.0, "", "", "no stock is left", told(1).encode()]
    assert store.replay_dead(read, 5.0) == Intake(2, 0, 0)
    assert [message.sequence for message in store.messages()] == [0, 1, 2, 9]


def test_what_is_pruned_is_neither_told_nor_missing_nor_new_again(store):
    store.take([told(n, time=n * DAY).encode() for n in range(10)])
    assert store.prune(6 * DAY, {"checkpoint": {"day": 6}}) == 6
    assert [message.sequence for message in store.messages()] == [6, 7, 8, 9]
    assert store.recall("checkpoint") == {"day": 6}
    assert store.sequences() == {"/shop/crm": (10, 9)}
    assert store.take([told(n, time=n * DAY).encode() for n in range(11)]) == Intake(1, 10, 0)
    assert store.prune(6 * DAY, {}) == 0
    assert store.take([told(2, time=2 * DAY + 1).encode()]) == Intake(0, 0, 1)


# -- notes --


def test_notes_know_the_events_of_their_transaction(store):
    def notes():
        return {"known": store.sequences()["/shop/crm"][0], "old": store.recall("known")}

    store.take(raws(range(3)), notes=notes)
    store.take(raws(range(5)), notes=notes)
    assert (store.recall("known"), store.recall("old")) == (5, 3)
    assert store.recall("nothing", 7) == 7


@pytest.mark.parametrize("value", [object(), {"a": {1, 2}}])
def test_a_note_that_json_cannot_hold_undoes_its_delivery(store, value):
    with pytest.raises(tl.SyncError, match="JSON cannot carry"):
        store.take(raws(range(3)), notes=lambda: {"good": 1, "place": value})
    assert store.sequences() == {}
    assert store.recall("good") is None


# -- users --


def test_threads_do_not_get_in_each_others_way(store):
    def take(source):
        for at in range(25):
            store.take([told(at, source).encode(), b"{" + source.encode()])
            list(store.messages())
            store.recall("place")

    threads = [Thread(target=take, args=(f"/{n}/crm",)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert store.sequences() == {f"/{n}/crm": (25, 24) for n in range(4)}
    assert len(store.dead_letters()) == 4


def test_it_says_little_of_itself():
    store = EventStore()
    store.take([*raws(range(1200)), named("a").encode()])
    assert repr(store) == "EventStore(1,201 messages of 2 sources)"
