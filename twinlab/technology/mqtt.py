"""MQTT: a link between machines, over a broker.

A broker that is killed forgets what it has acknowledged. So what is sent stays in an outbox, which
is a ``FileLink``, until the twins have heard it. What is received is acknowledged after it is kept.
"""

import asyncio
import json
import logging
import os
import socket
import sys
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from queue import Empty, SimpleQueue
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

_AS_TEXT = str.maketrans({"\0": "%00", "#": "%23", "%": "%25", "+": "%2B"})  # no signs of a topic
_MOST = 20_000  # letters on their way at once


class _Line:
    """One connection; the network's thread only queues what comes on it."""

    def __init__(self, url: SplitResult, name: str, topics: str) -> None:
        paho = needs("paho.mqtt.client", "link")
        self.topics, self.turn, self.trouble, self.given = topics, 0, "", 0
        self.tried, self.began = Event(), monotonic()
        self.come: SimpleQueue[tuple[int, int, str, bytes]] = SimpleQueue()
        self.taken: SimpleQueue[int] = SimpleQueue()  # what the broker has taken
        self.held: list[tuple[int, int, str, bytes]] = []  # connection, number, topic, letter
        self.where = f"{url.hostname}:{url.port or (8883 if url.scheme == 'mqtts' else 1883)}"
        self.user = unquote(url.username or "")
        made = paho.CallbackAPIVersion.VERSION2
        client = self.client = paho.Client(made, name, clean_session=not name, manual_ack=True)
        word = unquote(url.password or "") or os.environ.get("TWINLAB_MQTT_PASSWORD")
        client.username_pw_set(self.user, word)
        if url.scheme == "mqtts":
            client.tls_set()
        client.max_inflight_messages_set(1000)
        client.reconnect_delay_set(0.2, 5)
        client.on_connect, client.on_connect_fail = self._connected, self._absent
        client.on_subscribe = self._subscribed
        client.on_publish = lambda _c, _u, number, *_: self.taken.put(number)
        client.on_message = lambda _c, _u, m: self.come.put((self.turn, m.mid, m.topic, m.payload))
        client.connect_async(url.hostname, int(self.where.rpartition(":")[2]), keepalive=20)
        client.loop_start()

    def _connected(self, client: Any, _u: Any, _f: Any, code: Any, _p: Any) -> None:
        self.trouble = ""
        if code.is_failure:
            self.trouble = f"the broker at {self.where} refuses {self.user!r} ({code}): give name "
            self.trouble += "and password as mqtt://name:password@…, or in TWINLAB_MQTT_PASSWORD"
        else:
            self.turn += 1
            if self.topics:
                client.subscribe(self.topics, qos=1)
                return
        self.tried.set()

    def _absent(self, _c: Any, _u: Any) -> None:
        if not self.turn and monotonic() > self.began + 3:  # else it may come, or come back
            self.trouble = (
                f"no broker at {self.where}: start one, such as mosquitto or local_broker()"
            )
            self.tried.set()

    def _subscribed(self, _c: Any, _u: Any, _n: Any, codes: Any, _p: Any) -> None:
        if codes[0].is_failure:
            what = f"the broker lets {self.user!r} not read {self.topics!r}"
            self.trouble = f"{what}: its access list says who may"
        self.tried.set()

    def check(self) -> "_Line":
        """Wait for the first answer; raise what is wrong."""
        if not self.tried.wait(PATIENCE):
            raise SyncError(f"the broker at {self.where} does not answer: is it one of MQTT?")
        if self.trouble:
            raise SyncError(self.trouble)
        return self

    def give(self, most: int) -> list[Letter]:
        """Give what has come; the broker repeats what an earlier connection left open."""
        self.held = [one for one in self.held if one[0] == self.turn or not one[1]]
        with suppress(Empty):
            while len(self.held) < most:
                one = self.come.get_nowait()
                self.held += [one] if one[0] == self.turn or not one[1] else []
        self.given = min(most, len(self.held))
        return [Letter(raw, unquote(topic)) for _, _, topic, raw in self.held[:most]]

    def take(self) -> None:
        """Acknowledge what was given."""
        for turn, number, *_ in self.held[: self.given]:
            if number and turn == self.turn:
                self.client.ack(number, 1)
        del self.held[: self.given]
        self.given = 0


class MqttLink(FileLink):
    """A link over an MQTT broker, with quality 1 and a session that lasts for each reader.

    Topics are ``<topic>/events<source>``, ``<topic>/commands`` and ``<topic>/heard``; a letter's
    origin is the one it came on. With ``topics``, such as ``"factory/#"``, it only reads those.
    ``outbox`` is the file that keeps what is sent; without one, ``send`` waits for the broker.

    >>> MqttLink("http://127.0.0.1")
    Traceback (most recent call last):
    twinlab.scope.errors.SyncError: a broker is written mqtt://name:password@127.0.0.1:1883, got
    'http://127.0.0.1'
    """

    spacing = 2.0

    def __init__(
        self, url: str, outbox: str | None = None, topic: str = "twinlab", topics: str = ""
    ) -> None:
        """Link to a broker; it is sought at the first call."""
        if sys.platform == "emscripten":
            raise SyncError("a browser has no threads for MQTT: use a Bus")
        self._url, self._topic, self._topics = urlsplit(url), topic, topics
        if self._url.scheme not in ("mqtt", "mqtts") or not self._url.hostname:
            raise SyncError(f"a broker is written mqtt://name:password@127.0.0.1:1883, got {url!r}")
        self._lines: dict[tuple[str, str], _Line] = {}
        self._flying: set[int] = set()
        self._waiting: deque[Letter] = deque()
        super().__init__(outbox or ":memory:")

    def __repr__(self) -> str:
        where = self._url.netloc.rpartition("@")[2]
        return f"MqttLink({self._url.username}@{where}, {self._topics or self._topic!r})"

    def send(
        self, raws: Iterable[bytes], channel: str = "events", notes: Mapping[str, Any] | None = None
    ) -> None:
        """Keep letters and notes in the outbox, in one transaction, and hand them to the broker."""
        self._line()
        super().send(raws, channel, notes)
        if (
            not self._drained(PATIENCE if self.path == ":memory:" else 0.0)
            and self.path == ":memory:"
        ):
            raise SyncError("the broker has not taken it yet: wait, or give outbox='letters.db'")

    def receive(self, reader: str, channel: str = "events", most: int = 5_000) -> list[Letter]:
        """Give what has come; the same again until it is acknowledged."""
        if not self._topics:
            self._drained()
        return self._line(reader, channel, self._topics or f"{self._topic}/{channel}/#").give(most)

    def acknowledge(self, reader: str, channel: str = "events") -> None:
        """Tell the broker that what was received need not be given again."""
        if line := self._lines.get((reader, channel)):
            line.take()

    def heard(self, reader: str, told: Told) -> None:
        """Send the word of a twin to the senders; what is lost of it is said again next time."""
        line = self._line()
        if line.client.is_connected():
            line.client.publish(f"{self._topic}/heard", _word(reader, told), qos=1)

    def answer(self) -> bool:
        """Read the words of twins, and say whether something was gone that they asked for."""
        line = self._line("", "heard", f"{self._topic}/heard")
        words = line.give(_MOST)
        line.take()
        for reader, told in filter(None, map(_read_word, words)):
            super().heard(reader, told)
        self._drained()
        return super().answer()

    def close(self) -> None:
        """Wait a little for the broker to take what is in the outbox, then close."""
        with suppress(SyncError):
            self._drained(PATIENCE / 2)
        for line in self._lines.values():
            line.client.disconnect()
            line.client.loop_stop()
        super().close()

    def _line(self, reader: str = "", channel: str = "", topics: str = "") -> _Line:
        name = f"{self._topic}/{reader}/{channel}" if reader else ""  # only readers have a session
        if (reader, channel) not in self._lines:
            self._lines[reader, channel] = _Line(self._url, name, topics)
        return self._lines[reader, channel].check()

    def _drained(self, seconds: float = 0.0) -> bool:
        """Hand the outbox to the broker, and say whether it has taken everything."""
        line, until = self._line(), monotonic() + seconds
        while True:
            with suppress(Empty):
                while True:
                    self._flying.discard(line.taken.get_nowait())
            if not self._flying and not self._waiting:
                super().acknowledge("broker", "")
                self._waiting.extend(super().receive("broker", "", _MOST))
            done = not self._flying and not self._waiting
            while self._waiting:
                kind, _, source = self._waiting[0].origin.partition("/")
                path = (
                    f"{kind}/{source.translate(_AS_TEXT)}" if kind == "events" and source else kind
                )
                sent = line.client.publish(f"{self._topic}/{path}", bytes(self._waiting[0]), qos=1)
                self._flying.add(sent.mid)
                self._waiting.popleft()
            if done or monotonic() > until:
                return done
            sleep(0.005)


def _word(reader: str, told: Told) -> bytes:
    """What a twin has heard and misses, as it travels."""
    now = round(time() * 1e6) - round(DAY_ZERO.timestamp() * 1e6)
    heard = {source: [first, list(missing)[:1_000]] for source, (first, missing) in told.items()}
    data = {"day": now // DAY, "reader": reader, "heard": heard}
    return Message(f"/{reader}", None, "sys.heard.v1", now, data, f"heard-{now}").encode()


def _read_word(raw: bytes) -> tuple[str, Told] | None:
    """Read it; of other bytes nothing, for a word is soon said again."""
    with suppress(
        ValueError, TypeError, LookupError, AttributeError, OverflowError, RecursionError
    ):
        data = json.loads(raw)["data"]
        told = {
            str(source): (int(first), [int(n) for n in missing if 0 <= n < 2**53])
            for source, (first, missing) in data["heard"].items()
        }
        return str(data["reader"]), told
    return None


@contextmanager
def local_broker(users: Mapping[str, str]) -> Iterator[str]:
    """Run a broker in a thread, on 127.0.0.1, for names with passwords; its address is given.

    For lessons on a machine without one: it has no access list, and forgets when it ends.

    >>> with local_broker({"plant": "p", "twin": "t"}) as place:
    ...     MqttLink(f"mqtt://plant:p@{place}").send([b"{}"])
    """
    hashed = needs("argon2", "broker").PasswordHasher().hash
    broker, loop = needs("amqtt.broker", "broker").Broker, asyncio.new_event_loop()
    logging.getLogger("amqtt").setLevel(logging.CRITICAL)
    Thread(target=loop.run_forever, daemon=True).start()
    with TemporaryDirectory() as folder, socket.socket() as free:
        path = Path(folder, "users")
        path.write_text("".join(f"{user}:{hashed(word)}\n" for user, word in users.items()))
        free.bind(("127.0.0.1", 0))
        place = f"127.0.0.1:{free.getsockname()[1]}"
        free.close()
        plugin = {"amqtt.plugins.authentication.FileAuthPlugin": {"password_file": str(path)}}
        config = {"listeners": {"default": {"type": "tcp", "bind": place}}, "plugins": plugin}
        made = broker(config, loop)
        asyncio.run_coroutine_threadsafe(made.start(), loop).result(PATIENCE)
        try:
            yield place
        finally:
            asyncio.run_coroutine_threadsafe(made.shutdown(), loop).result(PATIENCE)
            loop.call_soon_threadsafe(loop.stop)
