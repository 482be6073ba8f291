"""MQTT: a link between machines, over a broker.

A broker that is killed forgets what it has acknowledged. So what is sent stays in an outbox, a
``FileLink``, until twins have heard it; what is received is acknowledged when it has been stored.
"""

import asyncio
import json
import logging
import os
import sys
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from queue import SimpleQueue
from socket import socket
from tempfile import TemporaryDirectory
from threading import Event, Thread
from time import monotonic, sleep, time
from typing import Any
from urllib.parse import SplitResult, unquote, urlsplit

from twinlab.scope.errors import SyncError
from twinlab.scope.later import needs
from twinlab.technology.links import PATIENCE, FileLink, Told
from twinlab.technology.messages import DAY, DAY_ZERO, Letter, Message

__all__ = ["MqttLink", "local_broker"]

_NO_SIGNS = str.maketrans({"\0": "%00", "#": "%23", "%": "%25", "+": "%2B"})
_ABSENT = 3.0  # seconds after which a broker that does not answer is said to be none
_MOST = 20_000  # letters on their way at once


class _Line:
    """One connection; the network's thread only queues what comes on it."""

    def __init__(self, url: SplitResult, name: str, topics: str) -> None:
        paho, safe = needs("paho.mqtt.client", "link"), url.scheme == "mqtts"
        port, user = url.port or (8883 if safe else 1883), unquote(url.username or "")
        self.here, self.topics, self.turn = f"{user!r} at {url.hostname}:{port}", topics, 0
        self.trouble, self.tried, self.absent = "no answer", Event(), monotonic() + _ABSENT
        self.come, self.taken = SimpleQueue[Any](), SimpleQueue[int]()
        self.held: list[tuple[int, int, Letter]] = []  # connection, number, letter
        self.given = 0
        self.client = paho.Client(
            paho.CallbackAPIVersion.VERSION2, name, clean_session=not name, manual_ack=True
        )
        password = unquote(url.password or "") or os.environ.get("TWINLAB_MQTT_PASSWORD")
        self.client.username_pw_set(user, password)
        if safe:
            self.client.tls_set()
        self.client.max_inflight_messages_set(1000)
        self.client.reconnect_delay_set(0.2, 5)
        self.client.on_connect, self.client.on_connect_fail = self._connected, self._failed
        self.client.on_subscribe = lambda *its: self._is(its[3][0], f"may not read {topics!r}")
        self.client.on_publish = lambda *its: self.taken.put(its[2])
        self.client.on_message = lambda *its: self.come.put((self.turn, its[2]))
        self.client.connect_async(url.hostname or "", port, keepalive=20)
        self.client.loop_start()

    def _connected(self, *its: Any) -> None:
        self.turn += not its[3].is_failure
        if its[3].is_failure or not self.topics or its[2].session_present:
            self._is(its[3], "is refused: write mqtt://name:password@…, or TWINLAB_MQTT_PASSWORD")
        if self.topics:
            self.client.subscribe(self.topics, qos=1)

    def _is(self, code: Any, trouble: str) -> None:
        self.trouble = f"{self.here} {trouble} ({code})" if code.is_failure else ""
        self.tried.set()

    def _failed(self, *_: Any) -> None:
        if not self.turn and monotonic() > self.absent:  # else it may come, or come back
            self.trouble = f"no broker for {self.here}: start mosquitto, or use local_broker()"
            self.tried.set()

    def give(self, most: int) -> list[Letter]:
        """Give what has come; what an earlier connection has left open, the broker repeats."""
        while len(self.held) < most and not self.come.empty():
            turn, one = self.come.get()
            self.held.append((turn, one.mid, Letter(one.payload, unquote(one.topic))))
        self.held = [one for one in self.held if one[0] == self.turn or not one[1]]
        self.given = len(self.held[:most])
        return [letter for *_, letter in self.held[:most]]

    def take(self) -> None:
        """Acknowledge what was given."""
        for turn, number, _ in self.held[: self.given]:
            if number and turn == self.turn:
                self.client.ack(number, 1)
        del self.held[: self.given]
        self.given = 0


class MqttLink(FileLink):
    """A link over an MQTT broker: quality 1, and a session that lasts for each reader.

    Topics are ``<topic>/events<source>``, ``<topic>/commands`` and ``<topic>/heard``; a letter's
    origin is the one it came on. With ``topics``, such as ``"factory/#"``, it only reads those.
    ``outbox`` is the file that keeps what is sent; without one, ``send`` waits for the broker.

    >>> MqttLink("http://127.0.0.1")
    Traceback (most recent call last):
    twinlab.scope.errors.SyncError: a broker is mqtt://name:password@host:1883, got ...
    """

    spacing = 2.0

    def __init__(
        self, url: str, outbox: str | None = None, topic: str = "twinlab", topics: str = ""
    ) -> None:
        """Link to a broker, which is sought at the first call."""
        if sys.platform == "emscripten":
            raise SyncError("a browser has no threads, which MQTT needs: use a Bus")
        self._url, self._topic, self._topics = urlsplit(url), topic, topics
        if self._url.scheme not in ("mqtt", "mqtts") or not self._url.hostname:
            raise SyncError(f"a broker is mqtt://name:password@host:1883, got {url!r}")
        self._lines: dict[tuple[str, str], _Line] = {}
        self._flying: deque[tuple[int, int]] = deque()  # handed over: MQTT's number and the box's
        self._landed: set[int] = set()
        super().__init__(outbox or ":memory:")
        super().receive("broker", "", 0)
        self._handed = self._place("broker", "")

    def __repr__(self) -> str:
        place = f"{self._url.username}@{self._url.netloc.rpartition('@')[2]}"
        return f"MqttLink({place}, {self._topics or self._topic!r})"

    def send(
        self, raws: Iterable[bytes], channel: str = "events", notes: Mapping[str, Any] | None = None
    ) -> None:
        """Keep letters and notes in the outbox, in one transaction, and hand them to the broker."""
        self._line()
        super().send(raws, channel, notes)
        kept = self.path != ":memory:"
        if not (self._is_drained(0.0 if kept else PATIENCE) or kept):
            raise SyncError("the broker has not taken all yet: wait, or give outbox='letters.db'")

    def receive(self, reader: str, channel: str = "events", most: int = 5_000) -> list[Letter]:
        """Give what has come; the same again until it is acknowledged."""
        if not self._topics:
            self._is_drained()
        return self._line(reader, channel, self._topics or f"{self._topic}/{channel}/#").give(most)

    def acknowledge(self, reader: str, channel: str = "events") -> None:
        """Tell the broker that what was received need not be given again."""
        if line := self._lines.get((reader, channel)):
            line.take()

    def heard(self, reader: str, told: Told) -> None:
        """Send the word of a twin to the senders; if it is lost, the next one says the same."""
        if (line := self._line()).client.is_connected():
            line.client.publish(f"{self._topic}/heard", _word(reader, told), qos=1)

    def answer(self) -> bool:
        """Read the words of twins, and say whether something was gone that they asked for."""
        self._is_drained()
        line = self._line("", "heard", f"{self._topic}/heard")
        words = [_read_word(letter) for letter in line.give(_MOST)]
        line.take()
        for reader, told in filter(None, words):
            super().heard(reader, told)
        return super().answer()

    def close(self) -> None:
        """Wait a little for the broker to take what is in the outbox, then close."""
        if self._flying and self._lines:
            with suppress(SyncError):
                self._is_drained(PATIENCE / 2)
        for line in self._lines.values():
            line.client.disconnect()
            line.client.loop_stop()
            del line.client  # so it closes its sockets
        self._lines.clear()
        super().close()

    def _line(self, reader: str = "", channel: str = "", topics: str = "") -> _Line:
        if (reader, channel) not in self._lines:
            name = f"{self._topic}/{reader}/{channel}" if reader else ""  # else no session lasts
            self._lines[reader, channel] = _Line(self._url, name, topics)
        line = self._lines[reader, channel]
        line.tried.wait(PATIENCE)
        if line.trouble:
            raise SyncError(line.trouble)
        return line

    def _is_drained(self, seconds: float = 0.0) -> bool:
        """Hand the outbox to the broker; whether it has taken everything, after some seconds."""
        line, until = self._line(), monotonic() + seconds
        while True:
            while not line.taken.empty():
                self._landed.add(line.taken.get())
            while self._flying and self._flying[0][0] in self._landed:
                landed, self._given["broker", ""] = self._flying.popleft()
                self._landed.discard(landed)
            if len(self._flying) < 100:  # each time it is written down takes a while
                super().acknowledge("broker", "")
            for number, raw, origin in self._after(self._handed, "", _MOST - len(self._flying)):
                sent = line.client.publish(self._path(origin), raw, qos=1).mid
                self._landed.discard(sent)  # of an older word
                self._flying.append((sent, number))
                self._handed = number
            if not self._flying or monotonic() >= until:
                return not self._flying
            sleep(0.005)

    def _path(self, origin: str) -> str:
        where = origin if origin.startswith("events") else origin.partition("/")[0]
        return f"{self._topic}/{where.translate(_NO_SIGNS)}"


def _word(reader: str, told: Told) -> bytes:
    """What a twin has heard and misses, as it travels."""
    now = round((time() - DAY_ZERO.timestamp()) * 1e6)
    heard = {source: [first, list(missing)[:1_000]] for source, (first, missing) in told.items()}
    data = {"day": now // DAY, "reader": reader, "heard": heard}
    return Message(f"/{reader}", None, "sys.heard.v1", now, data, f"heard-{now}").encode()


def _read_word(raw: bytes) -> tuple[str, Told] | None:
    """Read a word; other bytes are None, for a word is soon said again."""
    with suppress(
        ValueError, TypeError, LookupError, AttributeError, OverflowError, RecursionError
    ):
        data = json.loads(raw)["data"]
        return str(data["reader"]), {
            str(source): (int(first), [int(n) for n in missing if 0 <= n < 2**53])
            for source, (first, missing) in data["heard"].items()
        }
    return None


@contextmanager
def local_broker(users: Mapping[str, str]) -> Iterator[str]:
    """Run a broker in a thread, for users with their passwords; gives its place on this machine.

    For lessons where none is installed: it has no access list, and forgets all when it ends.

    >>> with local_broker({"plant": "p", "twin": "t"}) as place:  # doctest: +SKIP
    ...     MqttLink(f"mqtt://plant:p@{place}").send([b"{}"])
    """
    amqtt, loop = needs("amqtt.broker", "broker"), asyncio.new_event_loop()
    amqtt._BROADCAST_SHUTDOWN_TIMEOUT = 0.1  # else it ends five seconds later
    hashed = needs("argon2", "broker").PasswordHasher().hash
    logging.getLogger("amqtt").setLevel(logging.CRITICAL)
    Thread(target=loop.run_forever, daemon=True).start()
    with TemporaryDirectory() as folder:
        with socket() as free:
            free.bind(("127.0.0.1", 0))
            place = f"127.0.0.1:{free.getsockname()[1]}"
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
