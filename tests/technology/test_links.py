"""Links: whatever carries the letters, each reader gets all of them, until it has heard them."""

import sqlite3
import sys
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import twinlab as tl
from tests.technology.broker import Mosquitto, unavailable
from twinlab.technology import Bus, FileLink, Message, MqttLink, links, local_broker
from twinlab.technology.messages import DAY

PATIENCE = 120.0
SOURCE = "/plant/wms"


def raw(number, source=SOURCE, day=0):
    return Message(source, number, "wms.served.v1", day * DAY, {"day": day}).encode()


def numbers(letters):
    return [Message.decode(letter).sequence for letter in letters]


def outbox(link):
    """The numbers that a link keeps."""
    asked = "SELECT sequence FROM letters WHERE sequence IS NOT NULL ORDER BY sequence"
    return [n for (n,) in link._rows(asked)]


def known(link):
    """Who has said what they have heard."""
    asked = "SELECT reader FROM heard WHERE source = ?"
    return {name for (name,) in link._rows(asked, SOURCE)}


def until(look):
    """Look until it is so, and give what was seen."""
    end = time.monotonic() + PATIENCE
    while not (seen := look()):
        assert time.monotonic() < end, "it did not become so"
        time.sleep(0.005)
    return seen


def said(pair, link, told, reader="anna"):
    """What the sender answers to a word, which a twin says again and again."""
    link.heard(reader, told)
    return pair.sender.answer()


def received(link, count, reader="anna", channel="events"):
    """What a reader is given, once there is so much of it."""
    return until(lambda: len(got := link.receive(reader, channel)) >= count and got)


@pytest.fixture
def broker(tmp_path, monkeypatch):
    """A broker; the threads and sockets of what a test opens there end with it."""
    made, begin = [], MqttLink.__init__

    def noted(self, *given, **named):
        begin(self, *given, **named)
        made.append(self)

    monkeypatch.setattr(MqttLink, "__init__", noted)
    with Mosquitto(tmp_path / "broker") as running:
        yield running
        for link in made:
            link.close()


class Pair:
    """A sender, and readers on links of their own; the topic is this test's alone."""

    def __init__(self, kind, folder, broker):
        self.kind, self.box, self.broker, self.made = kind, str(folder / "box.db"), broker, []
        self.sender = Bus() if kind == "bus" else self.link("plant", self.box)
        self.sender.answer()  # from here on it listens to words

    def link(self, user, box=None):
        if self.kind == "bus":
            return self.sender
        link = MqttLink(self.broker.url(user), box) if self.kind == "mqtt" else FileLink(self.box)
        self.made.append(link)
        return link

    def reader(self, name="anna"):
        link = self.link("twin")
        link.receive(name)
        return link


@pytest.fixture(params=["bus", "file", "mqtt"])
def pair(request, tmp_path):
    broker = request.getfixturevalue("broker") if request.param == "mqtt" else None
    pair = Pair(request.param, tmp_path, broker)
    yield pair
    for link in pair.made:
        link.close()


def test_each_reader_gets_all_again_until_it_acknowledges(pair):
    anna, ben = pair.reader("anna"), pair.reader("ben")
    pair.sender.send([raw(n) for n in range(5)])
    assert numbers(received(anna, 5)) == numbers(anna.receive("anna")) == [0, 1, 2, 3, 4]
    assert numbers(anna.receive("anna", most=2)) == [0, 1]
    anna.acknowledge("anna")
    assert numbers(anna.receive("anna")) == [2, 3, 4]
    anna.acknowledge("anna")
    anna.acknowledge("anna")
    assert anna.receive("anna") == []
    assert numbers(received(ben, 5, "ben")) == [0, 1, 2, 3, 4]


def test_what_was_not_acknowledged_comes_again_to_the_same_reader_in_another_life(pair):
    anna = pair.reader()
    pair.sender.send([raw(0), raw(1)])
    received(anna, 2)
    if pair.kind != "bus":
        anna.close()
    assert numbers(received(pair.link("twin"), 2)) == [0, 1]


def test_the_outbox_waits_for_the_slowest_reader(pair):
    anna, ben = pair.reader("anna"), pair.reader("ben")
    pair.sender.send([raw(n) for n in range(6)])
    until(lambda: said(pair, ben, {SOURCE: (2, [])}, "ben") or "ben" in known(pair.sender))
    until(lambda: said(pair, anna, {SOURCE: (6, [])}) or outbox(pair.sender) == [2, 3, 4, 5])
    until(lambda: said(pair, anna, {SOURCE: (6, [])}) or known(pair.sender) == {"anna", "ben"})
    assert outbox(pair.sender) == [2, 3, 4, 5]
    until(lambda: said(pair, ben, {SOURCE: (6, [])}, "ben") or outbox(pair.sender) == [5])


def test_what_is_missed_comes_again(pair):
    anna = pair.reader()
    pair.sender.send([raw(n) for n in range(6)])
    received(anna, 6)
    anna.acknowledge("anna")
    word = {SOURCE: (2, [2, 4, 99]), "/elsewhere": (0, [0])}
    until(lambda: said(pair, anna, word) or set(numbers(anna.receive("anna"))) == {2, 4})
    assert set(outbox(pair.sender)) == {2, 3, 4, 5}


def test_who_asks_for_what_all_have_heard_is_told_that_it_is_gone(pair):
    anna = pair.reader()
    pair.sender.send([raw(n, day=3) for n in range(6)])
    received(anna, 6)
    anna.acknowledge("anna")
    until(lambda: said(pair, anna, {SOURCE: (4, [])}) or outbox(pair.sender) == [4, 5])
    until(lambda: said(pair, anna, {SOURCE: (0, [0, 1, 2, 3])}))
    until(lambda: not pair.sender.answer())

    def gone():
        told = map(Message.decode, anna.receive("anna"))
        return [(m.source, m.sequence, m.data) for m in told if m.kind == "gone"]

    assert until(gone)[0] == (SOURCE, None, {"day": 3, "upto": 4})


def test_commands_go_the_other_way_and_are_forgotten_when_read(tmp_path, broker):
    access = [("bus", "", ""), ("file", "twin", "plant"), ("mqtt", "approver", "plant")]
    for kind, upper, lower in access:
        pair = Pair(kind, tmp_path / kind, broker) if kind == "bus" else None
        (tmp_path / kind).mkdir()
        pair = pair or Pair(kind, tmp_path / kind, broker)
        twin, plant = pair.link(upper), pair.link(lower)
        plant.receive("plant", "commands")
        plant.acknowledge("plant", "commands")
        twin.send([b'{"id": 1}'], "commands")
        assert received(plant, 1, "plant", "commands") == [b'{"id": 1}']
        plant.acknowledge("plant", "commands")
        assert plant.receive("plant", "commands") == []
        assert outbox(twin) == []
        for link in pair.made:
            link.close()


def test_notes_are_kept_with_the_letters(pair):
    pair.sender.send([raw(0)], notes={"day": 3, "orders": {"a": [1]}})
    assert (pair.sender.recall("day"), pair.sender.recall("orders")) == (3, {"a": [1]})
    assert pair.sender.recall("week") is None
    with pytest.raises(ValueError, match="JSON"):
        pair.sender.send([], notes={"day": float("nan")})
    assert pair.sender.recall("day") == 3


# -- a file -----------------------------------------------------------------------------------


class Tale:
    """Two readers of one file, whose stores may lose what they were given."""

    def __init__(self, path):
        self.path, self.link, self.sent = path, FileLink(path), 0
        self.there = {"anna": set(), "ben": set()}
        for name in self.there:
            self.link.receive(name)

    def send(self, _, many):
        self.link.send([raw(n) for n in range(self.sent, self.sent + many)])
        self.sent += many

    def give(self, name, many):
        self.there[name] |= set(numbers(self.link.receive(name, most=many)[::2]))

    def keep(self, name, _):
        self.link.acknowledge(name)

    def anew(self, *_):
        self.link.close()
        self.link = FileLink(self.path)

    def hear(self, name, _):
        missing = [n for n in range(self.sent) if n not in self.there[name]]
        self.link.heard(name, {SOURCE: (min(missing, default=self.sent), missing)})

    def end(self, name):
        while len(self.there[name]) < self.sent:
            self.there[name] |= set(numbers(self.link.receive(name)))
            self.keep(name, 0)
            self.hear(name, 0)
        self.hear(name, 0)


STEPS = st.tuples(st.sampled_from("send give keep hear anew".split()),
                  st.sampled_from(["anna", "ben"]), st.integers(1, 7))  # fmt: skip


@settings(max_examples=40, deadline=None, derandomize=True)
@given(st.lists(STEPS, max_size=40))
def test_whatever_happens_each_reader_has_all_in_the_end(tmp_path_factory, steps):
    tale = Tale(str(tmp_path_factory.mktemp("links") / "box.db"))
    for what, name, many in steps:
        getattr(tale, what)(name, many)
    tale.end("anna")
    tale.end("ben")
    assert outbox(tale.link) == ([tale.sent - 1] if tale.sent else [])
    tale.link.close()


def test_a_new_reader_begins_with_the_oldest_letter_kept(tmp_path):
    link = FileLink(str(tmp_path / "box.db"))
    link.send([b"no message", *(raw(n) for n in range(4))])
    link.receive("anna")
    link.acknowledge("anna")
    link.heard("anna", {SOURCE: (3, [])})
    assert numbers(link.receive("carl")) == [3]


def test_a_reader_that_says_nothing_for_thirty_days_is_not_waited_for(tmp_path, monkeypatch):
    link = FileLink(str(tmp_path / "box.db"))
    link.receive("ben")
    link.send([raw(n) for n in range(4)])
    link.heard("anna", {SOURCE: (4, [])})
    assert outbox(link) == [0, 1, 2, 3]
    later = time.time() + 31 * 86_400
    monkeypatch.setattr(links, "time", lambda: later)
    link.heard("anna", {SOURCE: (4, [])})
    assert outbox(link) == [3]
    link.heard("ben", {SOURCE: (0, [0, 1])})
    assert link.answer()
    assert [Message.decode(letter).kind for letter in link.receive("ben")] == ["served", "gone"]


def test_a_file_that_is_locked_or_full_is_a_taught_error_and_later_all_is_well(tmp_path):
    path = str(tmp_path / "box.db")
    link, other = FileLink(path), sqlite3.connect(path, isolation_level=None)
    link.send([raw(0)])
    link._run("PRAGMA busy_timeout=50")
    other.execute("BEGIN IMMEDIATE")
    for call in (lambda: link.send([raw(1)]), lambda: link.heard("anna", {SOURCE: (1, [])}),
                 lambda: link.receive("anna")):  # fmt: skip
        with pytest.raises(tl.SyncError, match=r"another program holds .*close it"):
            call()
    other.execute("ROLLBACK")
    other.close()
    assert numbers(link.receive("anna")) == [0]
    [[pages]] = link._rows("PRAGMA page_count")
    link._run(f"PRAGMA max_page_count={pages + 1}")
    many = [raw(n) for n in range(1, 500)]
    with pytest.raises(tl.SyncError, match=r"no room is left for .*make some"):
        link.send(many, notes={"sent": 500})
    assert (outbox(link), link.recall("sent")) == ([0], None)
    link._run("PRAGMA max_page_count=100000")
    link.send(many, notes={"sent": 500})
    assert outbox(link) == list(range(500))
    link.close()


def test_a_file_that_is_none_is_a_taught_error(tmp_path):
    (tmp_path / "words.txt").write_text("no table at all" * 100)
    with pytest.raises(tl.SyncError, match="take another path"):
        FileLink(str(tmp_path / "words.txt"))
    with pytest.raises(tl.SyncError, match="is its folder there"):
        FileLink(str(tmp_path / "nowhere" / "box.db"))


# -- a bus ------------------------------------------------------------------------------------


def test_a_letter_begins_its_way_at_its_own_time():
    bus = Bus(tl.Faults(delay=tl.Constant(2)))
    bus.send([raw(0, day=1), raw(1, day=4)])
    assert bus.now == 4
    assert numbers(bus.receive("anna")) == [0]
    bus.now = 6
    assert numbers(bus.receive("anna")) == [0, 1]


def test_faults_hit_the_way_back_too_and_a_twin_is_answered_while_the_plant_stands_still():
    bus = Bus(tl.Faults(loss=1.0))
    bus.send([raw(0), raw(1)])
    bus.receive("anna")
    bus.heard("anna", {SOURCE: (0, [0, 1])})
    bus.send([b"{}"], "commands")
    bus.faults = tl.Faults()
    assert (bus.receive("anna"), bus.receive("plant", "commands")) == ([], [])
    bus.faults = tl.Faults(delay=tl.Constant(1))
    bus.heard("anna", {SOURCE: (0, [0, 1])})
    for bus.now, there in ((0.5, []), (1.5, []), (2.0, []), (2.5, [0, 1])):
        assert numbers(bus.receive("anna")) == there  # a day there, and a day back


def test_which_events_are_lost_does_not_depend_on_what_twins_say():
    def live(says):
        bus = Bus(tl.Faults(loss=0.3, duplicates=0.2), seed=4)
        for n in range(200):
            bus.send([raw(n)])
            if says:
                bus.send([b"{}"], "commands")
        return bus.receive("anna")

    assert live(says=True) == live(says=False)


# -- a broker ---------------------------------------------------------------------------------


def test_a_broker_that_is_not_there_or_refuses_is_a_taught_error(broker, tmp_path, monkeypatch):
    calls = (lambda link: link.send([raw(0)]), lambda link: link.receive("anna"),
             lambda link: link.heard("anna", {}), lambda link: link.answer())  # fmt: skip
    bad = MqttLink(broker.url("plant", "wrong"), str(tmp_path / "box.db"))
    for call in calls:
        with pytest.raises(tl.SyncError, match=r"'plant' at 127.0.0.1.* is refused"):
            call(bad)
    assert outbox(bad) == []
    bad.close()
    monkeypatch.setattr(links, "PATIENCE", 0.1)
    none = MqttLink("mqtt://plant:plant@127.0.0.1:1")
    with pytest.raises(tl.SyncError, match=r"no broker for 'plant' at .*: start mosquitto"):
        none.receive("anna")
    none.close()
    monkeypatch.setattr(sys, "platform", "emscripten")
    with pytest.raises(tl.SyncError, match="use a Bus"):
        MqttLink(broker.url("plant"))


def test_a_password_may_come_from_the_environment_and_is_never_shown(broker, monkeypatch):
    monkeypatch.setenv("TWINLAB_MQTT_PASSWORD", "twin")
    link = MqttLink(f"mqtt://twin@127.0.0.1:{broker.port}")
    link.receive("anna")
    link.close()
    assert repr(MqttLink("mqtt://a:secret@b")) == "MqttLink('a@b')"


def test_only_who_may_writes_and_reads(broker, tmp_path):
    twin, plant = MqttLink(broker.url("twin")), MqttLink(broker.url("plant"), str(tmp_path / "p"))
    twin.receive("dora")
    for link, name in ((twin, "dora"), (plant, "plant2")):
        link.receive(name, "commands")
    mill = MqttLink(broker.url("mill"))
    mill.send([raw(0, "/plant/wms"), raw(1, "/mill/mes")])
    plant.send([raw(2, "/mill/mes"), raw(3)])
    twin.send([b"give me all"], "commands")
    MqttLink(broker.url("approver")).send([b"order"], "commands")
    got = received(twin, 2, "dora")
    assert sorted(numbers(got)) == [1, 3]
    assert {letter.origin for letter in got} == {
        "twinlab/events/mill/mes",
        "twinlab/events" + SOURCE,
    }
    assert received(plant, 1, "plant2", "commands") == [b"order"]
    assert twin.receive("dora", "commands") == []


def test_what_is_sent_just_before_closing_arrives(broker):
    plant, approver = MqttLink(broker.url("plant")), MqttLink(broker.url("approver"))
    plant.receive("plant3", "commands")
    approver.send([b"{}"] * 900, "commands")
    approver.close()
    assert len(received(plant, 900, "plant3", "commands")) == 900


WORDS = [b"{", b"[" * 100_000, b'{"data": 3}', b'{"data": {"reader": {}, "heard": [1]}}',
         b'{"data": {"reader": "x", "heard": {"/plant/wms": [%d, [1e999]]}}}' % 10**30]  # fmt: skip


def test_a_word_that_is_none_changes_nothing(broker, tmp_path):
    plant, twin = MqttLink(broker.url("plant"), str(tmp_path / "p")), MqttLink(broker.url("twin"))
    plant.answer()
    plant.send([raw(0), raw(1)])
    for word in WORDS:
        twin._line().client.publish("twinlab/heard", word)
    twin.heard("anna", {SOURCE: (1, [])})
    until(lambda: plant.answer() or outbox(plant) == [1])
    assert known(plant) == {"anna"}


def test_a_source_may_have_any_sign_in_its_name(broker, tmp_path):
    twin, plant = MqttLink(broker.url("twin")), MqttLink(broker.url("plant"), str(tmp_path / "p"))
    twin.receive("emil")
    names = ["/plant/hall #2/wms", "/plant/50%+/Köln", "plant/bare"]
    plant.send([raw(0, name) for name in names])
    got = received(twin, 3, "emil")
    assert [letter.origin for letter in got] == [f"twinlab/events/{n.lstrip('/')}" for n in names]


def test_machines_that_speak_plain_json_are_read_on_their_topics(broker):
    factory = MqttLink(broker.url("twin"), topics="factory/#")
    factory.receive("twin")
    machine = links._Line(links.urlsplit(broker.url("twin")), "", "")
    until(machine.client.is_connected)
    for quality in (0, 1):
        machine.client.publish(f"factory/press{quality}/heat", b'{"degrees": 70}', quality)
    got = received(factory, 2, "twin")
    assert [letter.origin for letter in got] == ["factory/press0/heat", "factory/press1/heat"]
    assert got[0] == b'{"degrees": 70}'
    factory.acknowledge("twin")
    assert factory.receive("twin") == []


def test_what_a_killed_broker_has_forgotten_is_sent_again(tmp_path):
    with Mosquitto(tmp_path / "broker") as broker:
        twin = MqttLink(broker.url("twin"))
        twin.receive("anna")
        twin.close()
        plant = MqttLink(broker.url("plant"), str(tmp_path / "plant.db"))
        plant.send([raw(n) for n in range(2_000)])
        until(
            lambda: plant._hand_over() or not plant._flying
        )  # the broker has acknowledged everything
        broker.kill()
        broker.start()
        plant.send([raw(2_000)])
        twin, there = MqttLink(broker.url("twin")), set()

        def all_there():
            there.update(numbers(twin.receive("anna")))
            twin.acknowledge("anna")
            first = next(n for n in range(2_002) if n not in there)
            missing = [n for n in range(first, max(there, default=0)) if n not in there]
            twin.heard("anna", {SOURCE: (first, missing)})
            plant.answer()
            return len(there) == 2_001

        until(all_there)
        until(lambda: plant.answer() or outbox(plant) == [2_000])
        twin.close()
        plant.close()


def test_a_broker_in_a_thread_is_enough_for_a_lesson(tmp_path):
    try:
        import amqtt  # noqa: F401
    except ImportError:
        unavailable("amqtt is not installed: pip install 'twinlab-scom[broker]'")
    with local_broker({"plant": "p", "twin": "t"}) as place:
        twin = MqttLink(f"mqtt://twin:t@{place}")
        twin.receive("anna")
        twin.close()
        plant = MqttLink(f"mqtt://plant:p@{place}", str(tmp_path / "box.db"))
        plant.send([raw(n) for n in range(100)])
        twin = MqttLink(f"mqtt://twin:t@{place}")
        until(lambda: set(numbers(twin.receive("anna"))) == set(range(100)))
        bad = MqttLink(f"mqtt://plant:wrong@{place}")
        with pytest.raises(tl.SyncError, match="refused"):
            bad.send([raw(0)])
        for link in (twin, plant, bad):
            link.close()
