"""Links: how letters travel between a plant and its twins, in one shape whatever carries them.

What was received comes again until it is acknowledged. Numbered events stay in an outbox until
every twin has said what it has *heard* and misses; what it misses in vain is told to be *gone*.
So it is with MQTT, too, for a broker that is killed forgets what it has acknowledged.
"""

import asyncio
import json
import logging
import os
import secrets
import sys
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from heapq import heappop, heappush
from pathlib import Path
from socket import create_server
from tempfile import TemporaryDirectory
from threading import Event, Thread
from time import monotonic, sleep, time
from typing import Any
from urllib.parse import SplitResult, quote, unquote, urlsplit

import numpy as np

from twinlab.scope.base import Constant, Distribution, Row, SyncError, column, needs
from twinlab.technology.messages import DAY, DAY_ZERO, Letter, Message
from twinlab.technology.seals import read_keys
from twinlab.technology.store import Database

__all__ = ["Bus", "Faults", "FileLink", "MqttLink", "local_broker"]

Told = Mapping[str, tuple[int, Sequence[int]]]  # by source: the first number not heard, the missing
Notes = Mapping[str, Any] | None
Keys = Mapping[str, bytes] | None  # by name
FORGOTTEN = 30 * 86_400  # seconds after which nobody waits for a reader that says nothing

_TABLES = """CREATE TABLE IF NOT EXISTS letters (
    number INTEGER PRIMARY KEY AUTOINCREMENT, channel, source, sequence, time, raw);
CREATE INDEX IF NOT EXISTS by_channel ON letters (channel, number);
CREATE INDEX IF NOT EXISTS by_source ON letters (source, sequence, time)
    WHERE sequence IS NOT NULL;
CREATE TABLE IF NOT EXISTS readers (name, channel, place, at, PRIMARY KEY (name, channel));
CREATE TABLE IF NOT EXISTS heard (reader, source, first, PRIMARY KEY (reader, source))"""
_PUT = "INSERT INTO letters (channel, source, sequence, time, raw) VALUES (?, ?, ?, ?, ?)"
_READS = "INSERT INTO readers VALUES (?, ?, 0, ?) ON CONFLICT DO UPDATE SET at = excluded.at"
_AFTER = """SELECT number, raw FROM letters WHERE channel = ? AND number > COALESCE(
    (SELECT place FROM readers WHERE name = ? AND channel = ?), 0) ORDER BY number LIMIT ?"""
_MOVE = "UPDATE readers SET place = MAX(place, ?) WHERE name = ? AND channel = ?"
_DROP_READ = """DELETE FROM letters WHERE channel = ? AND sequence IS NULL
    AND number <= (SELECT MIN(place) FROM readers WHERE channel = ?)"""
_DROP_HEARD = """DELETE FROM letters WHERE source = ? AND sequence < MIN(
    (SELECT MAX(sequence) FROM letters WHERE source = ? AND sequence IS NOT NULL),
    (SELECT MIN(COALESCE(first, 0)) FROM readers
        LEFT JOIN heard ON reader = name AND source = ? WHERE channel = 'events'))"""
_KEPT = """SELECT MIN(sequence), MAX(sequence), MAX(time) FROM letters
    WHERE source = ? AND sequence IS NOT NULL"""
_TAKE_OUT = """DELETE FROM letters WHERE source = ? AND sequence = ?
    RETURNING 'events', source, sequence, time, raw"""


class Faults(Row, frozen=True):
    """How letters fare on their way: late, lost, doubled, out of order.

    >>> Faults(loss=0.02, duplicates=0.05)
    Faults(delay=Constant(value=0.0), loss=0.02, duplicates=0.05, disorder=0.0)
    """

    delay: Distribution = column("days", Constant(0), "each message is under way", low=0)
    loss: float = column("share", 0.0, "messages that never arrive", low=0, high=1)
    duplicates: float = column("share", 0.0, "messages that arrive twice", low=0, high=1)
    disorder: float = column("share", 0.0, "messages that take up to a day longer", low=0, high=1)


_PERFECT = Faults()


def _stamp(raw: bytes) -> tuple[str, int | None, int]:
    """Source, number and time that a letter bears, if it is a message."""
    if isinstance(raw, Letter) and raw.stamp:
        return raw.stamp
    with suppress(SyncError):
        found = Message.decode(raw)
        return found.source, found.sequence, found.time
    return "", None, 0


class FileLink(Database):
    """A post box in one SQLite file, for processes on one machine: no server, no thread.

    A new reader begins with the oldest letter kept; nobody waits for one that is silent for 30
    days. What goes wrong with the file is a SyncError.

    >>> link = FileLink(":memory:")
    >>> link.send([b"{}", b"[]"], notes={"day": 3})
    >>> link.receive("twin"), link.acknowledge("twin"), link.receive("twin"), link.recall("day")
    ([b'{}', b'[]'], None, [], 3)
    """

    now: float | None = None  # days, where time is simulated
    spacing = 1.0  # seconds between two askings

    def __init__(self, path: str, keys: Keys = None) -> None:
        """Open a post box, or make it; orders need the keys of those who seal them."""
        super().__init__(path, _TABLES)
        self.path, self._keys = path, read_keys() if keys is None else keys
        self._given: dict[tuple[str, str], int] = {}

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.path!r})"

    def key_of(self, name: str) -> bytes | None:
        """The key with which somebody seals, if it is known here."""
        return self._keys.get(name)

    def send(self, raws: Iterable[bytes], channel: str = "events", notes: Notes = None) -> None:
        """Send letters and keep notes (JSON values), in one transaction."""
        stamps = _stamp if channel == "events" else lambda _: ("", None, 0)
        self._put([(channel, *stamps(raw), bytes(raw)) for raw in raws], notes)

    def _put(self, rows: Iterable[Any], notes: Notes = None) -> None:
        """Write letters (channel, source, number, time, bytes) and notes, or nothing."""
        with self._work():
            self._base.executemany(_PUT, rows)
            self._note(notes or {})

    def receive(self, reader: str, channel: str = "events", most: int = 5_000) -> Sequence[bytes]:
        """Give the letters after a reader's place; the same again until it acknowledges."""
        self._arrive()
        if (reader, channel) not in self._given:
            self._rows(_READS, reader, channel, time())
        found = self._rows(_AFTER, channel, reader, channel, most)
        self._given[reader, channel] = found[-1][0] if found else 0
        return [raw for _, raw in found]

    def acknowledge(self, reader: str, channel: str = "events") -> None:
        """Move a reader's place behind what it was given; that need not be given again."""
        if given := self._given.pop((reader, channel), 0):
            with self._work():
                self._run(_MOVE, given, reader, channel)
                self._run(_DROP_READ, channel, channel)  # without a number nobody asks again

    def heard(self, reader: str, told: Told) -> None:
        """Take the word of a twin: forget what all have heard, send again what it misses."""
        with self._work():
            self._run("DELETE FROM readers WHERE at < ?", time() - FORGOTTEN)
            self._run(_READS, reader, "events", time())
            for source, (first, missing) in told.items():
                self._run("REPLACE INTO heard VALUES (?, ?, ?)", reader, source, first)
                self._run(_DROP_HEARD, source, source, source)
                self._repeat(source, first, missing)

    def _repeat(self, source: str, first: int, missing: Sequence[int]) -> None:
        """Send again what is kept of the missing, and say what is gone."""
        [[lowest, last, moment]] = self._rows(_KEPT, source)
        if last is None:
            return
        # Nobody misses a last message of which he has not heard.
        wanted = missing or [last] * (first <= last)
        if wanted:
            self._put([row for n in wanted for row in self._rows(_TAKE_OUT, source, n)])
        if min(missing, default=lowest) < lowest:
            data, name = {"day": moment // DAY, "upto": lowest}, f"gone-{lowest}-{moment}"
            gone = Message(source, None, "sys.gone.v1", moment, data, name).encode()
            self._put([("events", source, None, moment, gone)], {"": "gone"})

    def answer(self) -> bool:
        """Say whether something was gone that somebody has asked for since the last call."""
        self._arrive()
        return bool(self._rows("DELETE FROM notes WHERE name = '' RETURNING name"))

    def _arrive(self) -> None:
        """Nothing is under way: what was sent is there."""


class Bus(FileLink):
    """A link in this process, on simulated time; deterministic by its seed.

    ``now`` is the time in days: events that are sent move it on. Faults hit both ways. Who shares
    it shares a key that is made by chance, unless others are given.

    >>> bus = Bus()
    >>> bus.send([Message("/shop/crm", 0, "crm.demanded.v1", 0, {}).encode()])
    >>> len(bus.receive("twin")), bus.acknowledge("twin"), len(bus.receive("twin"))
    (1, None, 0)
    """

    now: float
    spacing = 0.0

    def __init__(self, faults: Faults | None = None, seed: int = 0, keys: Keys = None) -> None:
        """Open a bus with its faults, or none."""
        super().__init__(":memory:", keys or {})
        self._shared = secrets.token_bytes(32) if keys is None else None
        self.faults, self.now, self._count = faults or _PERFECT, 0.0, 0
        # The way back has luck of its own: which events are lost does not depend on it.
        self._luck = np.random.default_rng(seed), np.random.default_rng([seed, 1])
        self._under_way: list[tuple[float, int, str, Any]] = []

    def __repr__(self) -> str:
        return f"Bus(day {self.now:g}, {self._count:,} letters carried, {self.faults})"

    def key_of(self, name: str) -> bytes | None:
        """The key with which somebody seals: the one that all share, or his own."""
        return self._shared or super().key_of(name)

    def _put(self, rows: Iterable[Any], notes: Notes = None) -> None:
        """Keep what has a number in the outbox, and put all on its way, each at its own time."""
        rows = list(rows)
        if self.faults == _PERFECT:  # what is kept is there at once
            super()._put(rows, notes)
            self._count += len(rows)
            self.now = max([self.now, *(moment / DAY for *_, moment, _ in rows)])
            return
        super()._put([("sent", *row[1:]) for row in rows if row[2] is not None], notes)
        for channel, _, _, moment, raw in rows:
            self.now = max(self.now, moment / DAY)
            self.carry(raw, channel)

    def carry(self, raw: Any, channel: str = "events") -> None:
        """Put bytes on their way as they are, or lose them, as the faults have it."""
        faults, luck, times = self.faults, self._luck[channel != "events"], [0.0]
        if faults != _PERFECT:
            lost, twice, late, much = luck.random(4)
            extra = much if late < faults.disorder else 0.0
            times = [max(d, 0.0) + extra for d in faults.delay.draw(luck, np.ones(2), 1).ravel()]
            times = times[: 0 if lost < faults.loss else 2 if twice < faults.duplicates else 1]
        for days in times:
            self._count += 1
            heappush(self._under_way, (self.now + days, self._count, channel, raw))

    def heard(self, reader: str, told: Told) -> None:
        """Send the word of a twin back; what it misses comes with a later ``receive``."""
        if self.faults == _PERFECT:
            super().heard(reader, told)
        else:
            self.carry((reader, told), "heard")

    def _arrive(self) -> None:
        """Put what has come where it is read; the sender's end answers the words of twins."""
        way = self._under_way
        with self._work():
            while way and way[0][0] <= self.now:
                come = list[Any]()
                while way and way[0][0] <= self.now:
                    come.append(heappop(way)[2:])
                super()._put((to, "", None, 0, raw) for to, raw in come if to != "heard")
                for to, word in come:
                    if to == "heard":
                        super().heard(*word)


PATIENCE = 5.0  # seconds to wait for a broker
_MALFORMED = ValueError, TypeError, LookupError, AttributeError, ArithmeticError, RecursionError
_WAITING = "SELECT number, channel, source, raw FROM letters WHERE number > ? ORDER BY number"
_DROP_TAKEN = "DELETE FROM letters WHERE sequence IS NULL AND number <= ?"


class _Line:
    """One connection; the network's thread only lists what comes on it."""

    def __init__(self, url: SplitResult, name: str, topics: str) -> None:
        paho, safe, self.topics = needs("paho.mqtt.client", "link"), url.scheme == "mqtts", topics
        port, version = url.port or (8883 if safe else 1883), paho.CallbackAPIVersion.VERSION2
        self.here, self.tried = f"{url.username!r} at {url.hostname}:{port}", Event()
        self.trouble = f"no broker for {self.here}: start mosquitto, or use local_broker()"
        self.come, self.given = list[Any](), list[Any]()
        self.client = client = paho.Client(version, name, not name, manual_ack=True)
        password = unquote(url.password or "") or os.environ.get("TWINLAB_MQTT_PASSWORD")
        client.username_pw_set(unquote(url.username or ""), password)
        if safe:
            client.tls_set()
        client.max_inflight_messages_set(1000)
        client.reconnect_delay_set(0.2, 5)
        client.on_connect = self._connected
        client.on_subscribe = lambda *its: self._let_in(its[3][0])
        client.on_message = lambda *its: self.come.append(its[2])
        client.connect_async(url.hostname or "", port, keepalive=20)
        client.loop_start()

    def _connected(self, *its: Any) -> None:
        if its[3].is_failure or its[2].session_present or not self.topics:
            self._let_in(its[3])
        else:
            self.client.subscribe(self.topics, qos=1)

    def _let_in(self, code: Any) -> None:
        refused = f"{self.here} is refused {self.topics} ({code}): look at user and password"
        self.trouble = refused if code.is_failure else ""
        self.tried.set()


class MqttLink(FileLink):
    """A link over an MQTT broker: quality 1, and a session that lasts for each reader.

    Topics are ``<topic>/events<source>``, ``<topic>/commands`` and ``<topic>/heard``; a letter's
    origin is the one it came on. With ``topics``, such as ``"factory/#"``, it only reads those.
    ``outbox`` is the file that keeps what is sent; without one, only this process does.

    >>> MqttLink("http://127.0.0.1")
    Traceback (most recent call last):
    twinlab.scope.errors.SyncError: a broker is mqtt://name:password@host:1883, got ...
    """

    spacing = 2.0

    def __init__(
        self,
        url: str,
        outbox: str | None = None,
        topic: str = "twinlab",
        topics: str = "",
        keys: Keys = None,
    ) -> None:
        """Link to a broker, which is sought at the first call."""
        if sys.platform == "emscripten":
            raise SyncError("a browser has no threads, which MQTT needs: use a Bus")
        self._url, self._topic, self._topics = urlsplit(url), topic, topics
        if self._url.scheme not in ("mqtt", "mqtts") or not self._url.hostname:
            raise SyncError(f"a broker is mqtt://name:password@host:1883, got {url!r}")
        super().__init__(outbox or ":memory:", keys)
        self.path = f"{self._url.username}@{self._url.hostname}"  # no password
        self._lines: dict[tuple[str, str], _Line] = {}
        self._taken = self._handed = self.recall("taken") or 0  # the last number of the outbox
        self._flying = deque[tuple[int, Any]]()  # on their way: the number, and MQTT's word

    def send(self, raws: Iterable[bytes], channel: str = "events", notes: Notes = None) -> None:
        """Keep letters and notes in the outbox, in one transaction, and hand them to the broker."""
        self._hand_over()
        with self._work():
            self._run(_DROP_TAKEN, self._taken)
            super().send(raws, channel, {**(notes or {}), "taken": self._taken})
        self._hand_over()

    def receive(self, reader: str, channel: str = "events", most: int = 5_000) -> list[Letter]:
        """Give what has come; the same again until it is acknowledged."""
        line = self._line(reader, channel)
        line.given = line.come[:most]
        return [Letter(one.payload, unquote(one.topic)) for one in line.given]

    def acknowledge(self, reader: str, channel: str = "events") -> None:
        """Tell the broker that what was received need not be given again."""
        line = self._line(reader, channel)
        for one in line.given:
            line.client.ack(one.mid, one.qos)
        del line.come[: len(line.given)]
        line.given = []

    def heard(self, reader: str, told: Told) -> None:
        """Send the word of a twin to the senders; if it is lost, the next one says the same."""
        now, data = round((time() - DAY_ZERO.timestamp()) * 1e6), {"reader": reader, "heard": told}
        word = Message(f"/{reader}", None, "sys.heard.v1", now, data, f"heard-{now}")
        self._line().client.publish(f"{self._topic}/heard", word.encode())

    def answer(self) -> bool:
        """Read the words of twins, and say whether something was gone that they asked for."""
        self._hand_over()
        if len(self._flying) < 1_000:  # else much of what is missed is on its way
            words = dict[str, Any]()  # the newest of each reader; what is none is soon said again
            for word in self.receive("", "heard"):
                with suppress(*_MALFORMED):
                    data = json.loads(word)["data"]
                    words[str(data["reader"])] = data["heard"].items()
            self.acknowledge("", "heard")
            for reader, told in words.items():
                with suppress(*_MALFORMED):
                    told = {s: (int(n), [*map(int, missed)]) for s, (n, missed) in told}
                    super().heard(reader, told)
            self._hand_over()
        return super().answer()

    def close(self) -> None:
        """Wait a little for the broker to take all; what it has not taken, an outbox keeps."""
        until = monotonic() + PATIENCE
        while self._flying and not self._flying[-1][1].is_published() and monotonic() < until:
            sleep(0.01)
        while self._lines:
            _, line = self._lines.popitem()
            line.client.disconnect()
            line.client.loop_stop()
            del line.client  # so it closes its sockets
        super().close()

    def _line(self, reader: str = "", channel: str = "") -> _Line:
        if (reader, channel) not in self._lines:
            name = reader and f"{self._topic}/{reader}/{channel}"  # without it no session lasts
            topics = channel and (self._topics or f"{self._topic}/{channel}/#")
            self._lines[reader, channel] = _Line(self._url, name, topics)
        line = self._lines[reader, channel]
        line.tried.wait(PATIENCE)
        if line.trouble:
            raise SyncError(line.trouble)
        return line

    def _hand_over(self) -> None:
        """Hand what stands in the outbox to the broker."""
        line = self._line()
        while self._flying and self._flying[0][1].is_published():  # the broker takes in order
            self._taken, _ = self._flying.popleft()
        for number, channel, source, raw in self._rows(_WAITING, self._handed):
            path = f"{self._topic}/{channel}/{quote(source.lstrip('/'))}".rstrip("/")
            sent = line.client.publish(path, raw, qos=1)
            sent.rc, self._handed = 0, number  # without a connection it goes later
            self._flying.append((number, sent))


@contextmanager
def local_broker(users: Mapping[str, str]) -> Iterator[str]:
    """Run a broker for a lesson, for users with their passwords, and give its place.

    It has no access list, and forgets all when it ends.

    >>> with local_broker({"plant": "p", "twin": "t"}) as place:  # doctest: +SKIP
    ...     MqttLink(f"mqtt://plant:p@{place}").send([b"{}"])
    """
    amqtt, loop = needs("amqtt.broker", "broker"), asyncio.new_event_loop()
    amqtt._BROADCAST_SHUTDOWN_TIMEOUT = 0.1  # else it ends five seconds later
    hashed = needs("argon2", "broker").PasswordHasher().hash
    logging.getLogger("amqtt").setLevel(logging.CRITICAL)
    Thread(target=loop.run_forever, daemon=True).start()
    with create_server(("127.0.0.1", 0)) as free:
        place = f"127.0.0.1:{free.getsockname()[1]}"
    with TemporaryDirectory() as folder:
        path = Path(folder, "users")
        path.write_text("".join(f"{user}:{hashed(word)}\n" for user, word in users.items()))
        plugins = {"amqtt.plugins.authentication.FileAuthPlugin": {"password_file": str(path)}}
        made = amqtt.Broker({"listeners": {"default": {"bind": place}}, "plugins": plugins}, loop)
        asyncio.run_coroutine_threadsafe(made.start(), loop).result(PATIENCE)
        try:
            yield place
        finally:
            asyncio.run_coroutine_threadsafe(made.shutdown(), loop).result(PATIENCE)
            loop.call_soon_threadsafe(loop.stop)
