"""Nothing is lost: processes and a broker are killed while 20,000 numbered messages pass."""

import multiprocessing
import sqlite3
import sys
import time

from tests.technology.broker import Mosquitto
from twinlab.technology import EventStore, FileLink, Message, MqttLink

TOTAL, PATIENCE = 20_000, 120.0
# Processes that have imported everything before they begin: each is killed six times.
PLAYERS = multiprocessing.get_context("spawn" if sys.platform == "win32" else "forkserver")


def link_to(where, box=""):
    return MqttLink(where, box or None) if where.startswith("mqtt") else FileLink(where)


def write(where, box):
    """A plant that goes on where its outbox ends."""
    link = link_to(where, box)
    n = link.recall("next") or 0
    while True:
        if n < TOTAL:
            data = {"day": 0, "note": "x" * 150}
            told = (Message("/plant/wms", i, "wms.shipped.v1", i, data) for i in range(n, n + 50))
            n += 50
            link.send([message.encode() for message in told], notes={"next": n})
        else:
            time.sleep(0.05)
        if n % 500 == 0:
            link.answer()


def read(where, box, name, path, ready):
    """A twin that stores, acknowledges, and says now and then what it has heard."""
    link, store, said = link_to(where), EventStore(path), 0.0
    link.receive(name)
    ready.set()
    while True:
        if letters := link.receive(name):
            store.take(letters)
            link.acknowledge(name)
        else:
            time.sleep(0.01)
        if time.monotonic() - said > link.spacing:
            told = {}
            for source, (_, last) in store.sequences().items():
                came = {m.sequence for m in store.messages() if m.source == source}
                missing = [n for n in range(last + 1) if n not in came][:1000]
                told[source] = (missing[0] if missing else last + 1, missing)
            link.heard(name, told)
            said = time.monotonic()


def number(path, asked):
    """A number in a file that another process writes; 0 before there is one."""
    if not path.exists():
        return 0
    base = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=30)
    try:
        return int(base.execute(asked).fetchone()[0] or 0)
    except (sqlite3.OperationalError, TypeError):
        return 0
    finally:
        base.close()


class Cast:
    """A writer and two readers as processes, which can be killed and started again."""

    def __init__(self, folder, box, urls):
        self.folder, self.box, self.urls, self.playing = folder, box, urls, {}
        self.kills, self.ready = {}, {}

    def start(self, *names):
        for name in names:
            given = (self.urls.get(name) or str(self.box), str(self.box))
            if name != "writer":
                self.ready[name] = PLAYERS.Event()
                given += (name, self.store(name), self.ready[name])
            act = write if name == "writer" else read
            self.playing[name] = PLAYERS.Process(target=act, args=given, daemon=True)
            self.playing[name].start()

    def store(self, name):
        return str(self.folder / f"{name}.db")

    def kill(self, name):
        self.playing[name].kill()
        self.playing[name].join()
        self.kills[name] = self.kills.get(name, 0) + 1

    def done(self, name):
        """How many messages the writer has sent, or a reader has stored."""
        if name == "writer":
            return number(self.box, "SELECT value FROM notes WHERE name = 'next'")
        return number(self.folder / f"{name}.db", "SELECT COUNT(*) FROM events")

    def interrupt(self, plan, broker=None):
        """Kill each one whenever it has done so much, and start it again; then wait for the end."""
        until = time.monotonic() + PATIENCE
        while any(plan.values()):
            for name, when in plan.items():
                assert time.monotonic() < until, f"{name} has {self.done(name)} of {when}"
                assert self.playing[name].is_alive(), f"{name} has ended"
                if when and self.done(name) >= when[0] and when.pop(0) < TOTAL:
                    self.kill(name)
                    if broker and name == "ben" and len(when) == 4:
                        broker.kill()  # while ben is away
                        broker.start()
                    self.start(name)
            time.sleep(0.02)


def everything_is_there(folder, box, urls, broker=None):
    PLAYERS.set_forkserver_preload([__name__])
    cast = Cast(folder, box, urls)
    try:
        cast.start("anna", "ben")
        for name in ("anna", "ben"):
            assert cast.ready[name].wait(PATIENCE)
        cast.start("writer")
        often = range(1_000, 18_000, 3_000)
        plan = {name: [*often, TOTAL] for name in ("writer", "anna", "ben")}
        cast.interrupt(plan, broker)
        assert min(cast.kills.values()) >= 6
        until = time.monotonic() + PATIENCE  # the outbox is told that all was heard
        while number(box, "SELECT COUNT(*) FROM letters WHERE sequence IS NOT NULL") > 1:
            assert time.monotonic() < until
            time.sleep(0.02)
    finally:
        for name in cast.playing:
            cast.kill(name)
    for name in ("anna", "ben"):
        base = sqlite3.connect(cast.store(name))
        numbers = [n for (n,) in base.execute("SELECT sequence FROM events ORDER BY sequence")]
        base.close()
        assert numbers == list(range(TOTAL))


def test_a_file_loses_nothing_when_its_readers_and_its_writer_are_killed(tmp_path):
    everything_is_there(tmp_path, tmp_path / "mail.db", {})
    link = FileLink(str(tmp_path / "mail.db"))
    assert len(link.receive("anna")) == 0
    link.close()


def test_a_broker_loses_nothing_when_all_are_killed_and_so_is_the_broker(tmp_path):
    with Mosquitto(tmp_path / "broker") as broker:
        urls = {"writer": broker.url("plant"), **dict.fromkeys(["anna", "ben"], broker.url("twin"))}
        everything_is_there(tmp_path, tmp_path / "outbox.db", urls, broker)
