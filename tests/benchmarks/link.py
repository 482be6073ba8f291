"""Speed of the twin's link: stored and folded, with a hole, late; a broker, a plant relived."""

import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.technology.broker import Mosquitto
from tests.technology.chains import factory
from twinlab import cases
from twinlab.technology import Bus, EventStore, FileLink, Message, MqttLink, Plant
from twinlab.twin import Twin

DAYS = 180


def timed(work):
    """CPU seconds of this process."""
    begun = time.process_time()
    work()
    return time.process_time() - begun


def daily(late=0, lose=False):
    """Seconds in which a twin syncs day by day; one message is lost, or comes days later."""
    bus, seconds, held = Bus(), 0.0, None
    plant, twin = Plant(factory(), Bus(), seed=1), Twin(factory(), bus)
    for day in range(DAYS):
        plant.advance()
        letters = plant.link.receive("bench")
        plant.link.acknowledge("bench")
        if (lose or late) and day == 5:
            held = next(raw for raw in letters if b".served." in raw)
            letters.remove(held)
        letters += [held] * (bool(late) and day == 5 + late)
        bus.now = day + 1.0
        for raw in letters:
            bus.carry(raw)
        seconds += timed(twin.sync)
    assert lose or twin.state.on_hand == plant.state.on_hand
    return seconds


def stored_and_folded(where=":memory:"):
    """Messages a second, from a link into a store and folded, 1,000 days at once."""
    truth = factory().change(days=1_000)
    bus = Bus()
    Plant(truth, bus, seed=1).advance(1_000)
    twin = Twin(truth, bus, EventStore(where))
    begun = time.process_time()
    new = twin.sync().new
    return new / (time.process_time() - begun)


def relived():
    """Seconds in which a plant of the automotive chain goes on after 60 days."""
    with tempfile.TemporaryDirectory() as folder:
        path, truth = str(Path(folder) / "link.db"), cases.automotive()
        Plant(truth, FileLink(path), seed=1).advance(60)
        return timed(lambda: Plant(truth, FileLink(path), seed=1))


def lived():
    """Days a second that the automotive chain is lived and followed by its twin."""
    plant, twin = cases.automotive().twin(seed=1)

    def days():
        for _ in range(20):
            plant.advance()
            twin.sync()

    return 20 / timed(days)


def carried(count=5_000):
    """Letters a second by mosquitto, stored and acknowledged (clock time)."""
    told = Message("/plant/wms", 0, "wms.served.v1", 5, {"node": "shop", "quantity": 4.0})
    raws = [replace(told, sequence=number, id="").encode() for number in range(count)]
    with tempfile.TemporaryDirectory() as folder, Mosquitto(Path(folder)) as broker:
        place, store = f"127.0.0.1:{broker.port}", EventStore(str(Path(folder) / "twin.db"))
        outbox = str(Path(folder) / "outbox.db")
        plant = MqttLink(f"mqtt://plant:plant@{place}", outbox=outbox)
        twin = MqttLink(f"mqtt://twin:twin@{place}")
        twin.receive("twin")
        begun, there = time.perf_counter(), 0
        plant.send(raws)
        while there < count:
            plant.answer()
            there += store.take(twin.receive("twin")).new
            twin.acknowledge("twin")
        seconds = time.perf_counter() - begun
        plant.close()
        twin.close()
    return count / seconds


def measure():
    """Everything, by name."""
    straight, hole, late = daily(), daily(lose=True), daily(late=150)
    with tempfile.TemporaryDirectory() as folder:
        on_disk = stored_and_folded(str(Path(folder) / "twin.db"))
    return {
        "stored and folded": on_disk,
        "with a hole": hole / straight,
        "one 150 days late": late / straight,
        "relived": relived(),
        "lived with a twin": lived(),
        "by mosquitto": carried(),
    }
