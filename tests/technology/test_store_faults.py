"""A store whose disk is full, file held, server gone or process killed: nothing is half done."""

import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

import twinlab as tl
from tests.technology import postgres
from tests.technology.test_store import WHERE, everything, raws
from twinlab.technology import EventStore, Intake


@pytest.fixture(params=WHERE)
def where(request, tmp_path):
    return WHERE[request.param](tmp_path)


def refused(store, words, letters):
    """A delivery fails with a taught error, and nothing of it is there."""
    before = everything(store)
    with pytest.raises(tl.SyncError, match=words) as caught:
        store.take(letters, notes=lambda: {"place": 1})
    assert "nothing was lost" in str(caught.value)
    assert everything(store) == before
    assert store.recall("place") is None


def test_a_file_that_another_program_holds(tmp_path):
    path = str(tmp_path / "events.db")
    store, other = EventStore(path), sqlite3.connect(path, isolation_level=None)
    store._run("PRAGMA busy_timeout=50")
    other.execute("BEGIN IMMEDIATE")
    refused(store, r"another program holds '.*events\.db': close it, then sync", raws(range(9)))
    other.execute("ROLLBACK")
    other.close()
    assert store.take(raws(range(9))).new == 9


def test_a_table_that_another_program_holds():
    psycopg = pytest.importorskip("psycopg")
    where = postgres.fresh()
    store = EventStore(where)
    with store._work():
        store._run("SET lock_timeout = '50ms'")
    with psycopg.connect(where) as other:
        other.execute("LOCK TABLE dead_letters IN SHARE MODE")
        refused(store, "another program holds '.*test.*close it", [*raws(range(9)), b"{"])
    assert store.take([*raws(range(9)), b"{"]) == Intake(9, 0, 1)


def test_a_full_disk(tmp_path):
    store = EventStore(str(tmp_path / "events.db"))
    store.take(raws(range(50)))
    [[pages]] = store._rows("PRAGMA page_count")
    store._run(f"PRAGMA max_page_count={pages + 3}")
    refused(store, "no room is left .*: make some", [*raws(range(50, 5000)), b"{" * 100])
    store._run("PRAGMA max_page_count=1000000")
    assert store.take([*raws(range(5000)), b"{" * 100]) == Intake(4950, 50, 1)


FULL = """
import resource, signal, sys
from tests.technology.test_store_faults import *
store = EventStore(sys.argv[1])
store.take(raws(range(10)))
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (150_000, -1))
refused(store, "no room is left", raws(range(10, 5000)))
resource.setrlimit(resource.RLIMIT_FSIZE, (-1, -1))
assert store.take(raws(range(5000))) == Intake(4990, 10, 0)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="only Unix limits the size of files")
def test_a_file_that_cannot_grow(tmp_path):
    run = [sys.executable, "-c", FULL, str(tmp_path / "events.db")]
    subprocess.run(run, check=True, cwd=Path(__file__).parents[2])


def test_ctrl_c_while_a_failure_is_undone_leaves_nothing_half_done(where):
    store = EventStore(where)

    class Interrupted:
        def __getattr__(self, name):
            return getattr(base, name)

        def rollback(self):
            store._base = base
            raise KeyboardInterrupt

    base = store._base
    store._base = Interrupted()
    with pytest.raises(KeyboardInterrupt):
        store.take(raws(range(5)), notes=lambda: 1 / 0)
    assert store.take(raws(range(3, 5))) == Intake(2, 0, 0)
    assert store.sequences() == {"/shop/crm": (2, 4)}


def test_a_database_that_may_only_be_read(where):
    store = EventStore(where)
    far = where.startswith("postgresql")
    with store._work():
        store._run("SET default_transaction_read_only = on" if far else "PRAGMA query_only=1")
    refused(store, "cannot be written", raws(range(9)))


@pytest.mark.parametrize(
    ("where", "words"),
    [
        ("no/such/folder/events.db", "cannot be written: is its folder there"),
        (__file__, "is no store, or damaged: take another path"),
        ("postgresql://me:secret@127.0.0.1:1/plant", "'127.0.0.1:1/plant' cannot be reached"),
        ("postgresql://me:sec@ret@127.0.0.1:1/plant", "%40 for @"),
        ("postgresql://me:sec/ret@127.0.0.1:1/plant", "%2F for /"),
    ],
)
def test_where_no_store_can_be(where, words):
    if where.startswith("postgresql"):
        pytest.importorskip("psycopg")
    with pytest.raises(tl.SyncError, match=words) as caught:
        EventStore(where)
    assert "sec" not in str(caught.value).replace("second", "")
    assert "ret@" not in str(caught.value)


def test_a_server_without_the_database():
    where = postgres.fresh()
    with pytest.raises(tl.SyncError, match="lets nobody in: make it"):
        EventStore(where.replace("/test", "/other"))


OLD = """CREATE TABLE events (id TEXT PRIMARY KEY, source TEXT, sequence INTEGER, time INTEGER);
    CREATE TABLE dead_letters (number INTEGER PRIMARY KEY, arrived REAL, reason TEXT, raw BLOB)"""


def test_a_store_of_another_form_is_left_as_it_is(tmp_path):
    path = str(tmp_path / "events.db")
    with sqlite3.connect(path) as old:
        old.executescript(OLD)
    old.close()
    with pytest.raises(tl.SyncError, match="give the twin a new store"):
        EventStore(path)
    with sqlite3.connect(path) as old:
        assert {name for (name,) in old.execute("SELECT name FROM sqlite_master")} <= {
            "events", "dead_letters", "sqlite_autoindex_events_1"}  # fmt: skip
    old.close()


def hang_up(where):
    """End every connection to a database but one's own."""
    import psycopg

    with psycopg.connect(where, autocommit=True) as base:
        base.execute("""SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
            WHERE datname = current_database() AND pid <> pg_backend_pid()""")


def test_a_connection_that_was_cut_is_made_anew():
    where = postgres.fresh()
    store = EventStore(where)
    store.take(raws(range(5)))
    hang_up(where)
    assert store.sequences() == {"/shop/crm": (5, 4)}
    hang_up(where)
    assert store.take(raws(range(8))) == Intake(3, 5, 0)
    with pytest.raises(tl.SyncError, match="cannot be reached: see that its server runs"):
        store.take(raws(range(12)), notes=lambda: hang_up(where) or {"place": 1})
    assert store.recall("place") is None
    assert store.take(raws(range(12))) == Intake(4, 8, 0)


WRITER = """
import sys
from twinlab.technology import EventStore, Message
store, at = EventStore(sys.argv[1]), 0
while True:
    batch = [Message("/shop/crm", n, "crm.demanded.v1", n, {"day": 0}).encode()
             for n in range(at, at + 450)]
    store.take([*batch, b"{%d" % at], notes=lambda: {"upto": at + 450})
    at += 450
    print(at, flush=True)
"""


def test_a_store_whose_process_is_killed_has_whole_deliveries_and_all_that_was_promised(where):
    for _ in range(3):
        writer = subprocess.Popen([sys.executable, "-c", WRITER, where], stdout=subprocess.PIPE)
        for _ in range(8):
            line = writer.stdout.readline()
        os.kill(writer.pid, signal.SIGKILL)
        said = int((writer.stdout.read().split() or [line])[-1])
        writer.wait()
        writer.stdout.close()
        store = EventStore(where)
        count, last = store.sequences()["/shop/crm"]
        assert count == last + 1 == store.recall("upto") >= said >= 3600
        assert len(store.dead_letters()) == count / 450
        store.close()
