"""MQTT: a link between machines, over a broker.

A broker that is killed forgets what it has acknowledged. So what is sent stays in an outbox until
twins have heard it; what is received is acknowledged when it has been stored.
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
from socket import create_server
from tempfile import TemporaryDirectory
from threading import Event, Thread
from time import monotonic, sleep, time
from typing import Any
from urllib.parse import SplitResult, quote, unquote, urlsplit

from twinlab.scope.base import SyncError, needs
from twinlab.technology.links import FileLink, Keys, Notes, Told
from twinlab.technology.messages import DAY_ZERO, Letter, Message

__all__ = ["MqttLink", "local_broker"]

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
