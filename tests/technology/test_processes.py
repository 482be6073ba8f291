"""A plant in one process, a twin in another: killed, started again, and nothing is missing."""

import subprocess
import sys
import time

import pytest

import twinlab as tl
from tests.technology.chains import factory, shop
from twinlab import cases
from twinlab.modeling import Change
from twinlab.technology import Bus, EventStore, FileLink, Plant, read_keys
from twinlab.twin import Mode, Twin

DAYS = 60
PATIENCE = 120  # seconds, on a busy machine


def start(*words):
    return subprocess.Popen(
        [sys.executable, "-m", "twinlab", *map(str, words)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def wait_for(state, what):
    until = time.monotonic() + PATIENCE
    while not state():
        assert time.monotonic() < until, f"in vain: {what}"
        time.sleep(0.05)


def lived(scenario, days, seed=1):
    """A plant that was never killed."""
    plant = Plant(scenario, Bus(), seed)
    plant.advance(days)
    return plant


def test_plant_and_twin_are_killed_and_nothing_is_missing(tmp_path):
    link, store = str(tmp_path / "link.db"), str(tmp_path / "twin.db")
    plant_line = ("plant", "factory", "--link", link, "--pace", 0.05, "--days", DAYS)
    twin_line = ("twin", "factory", "--link", link, "--store", store, "--until", DAYS)
    plant, twin = start(*plant_line), start(*twin_line)
    post = FileLink(link)

    def day():
        return (post.recall("plant") or {"day": 0})["day"]

    for kill in (10, 25, 40):
        wait_for(lambda kill=kill: day() >= kill, f"day {kill}")
        plant.kill()
        twin.kill()
        plant.communicate()
        twin.communicate()
        plant, twin = start(*plant_line), start(*twin_line)
    said, _ = plant.communicate(timeout=PATIENCE)
    told, _ = twin.communicate(timeout=PATIENCE)
    assert "lived again in" in said
    assert f"the story ends on day {DAYS}" in said
    assert told.splitlines()[-1].startswith(f"day   {DAYS}:")
    true = lived(cases.factory(DAYS).scenario, DAYS)
    here = Twin(true.truth, post, EventStore(store))
    here.sync()
    assert here.state.on_hand == true.state.on_hand
    assert here.state.owed == true.state.owed
    assert (here.gaps(), len(here.store.dead_letters())) == ([], 0)


def test_a_twin_that_is_told_nothing_says_what_is_closed_and_what_needs_somebody_first(tmp_path):
    link, closed, until = str(tmp_path / "link.db"), 40, 50
    closing = ("--close", "steel mill", "--on", closed, "--untold")
    plant = start("plant", "factory", "--link", link, "--pace", 0.05, "--days", until, *closing)
    twin = start("twin", "factory", "--link", link, "--until", until)
    plant.communicate(timeout=PATIENCE)
    told, _ = twin.communicate(timeout=PATIENCE)
    *_, last, outage = told.splitlines()
    assert last.startswith(f"day   {until}:"), told
    assert outage.startswith(f"  steel mill: closed since day {closed} (inferred, "), told
    assert outage.endswith(" days left")
    assert "USD, closed site, steel mill: closed " in told
    assert "what to do: " in told


@pytest.mark.parametrize("chain", [shop, factory])
def test_a_plant_that_is_opened_again_goes_on_as_if_nothing_had_been(chain, tmp_path):
    path, true = str(tmp_path / "link.db"), lived(chain(), 40)
    for until in (7, 8, 30, 40):
        plant = Plant(chain(), FileLink(path), seed=1)
        plant.advance(until - plant.day)
    assert plant.state == true.state
    twin = Twin(chain(), FileLink(path))
    assert twin.sync().copies == 0
    assert twin.state.on_hand == true.state.on_hand
    with pytest.raises(tl.SyncError, match="has seen another plant, of seed 1"):
        Plant(chain(), FileLink(path), seed=2)


KEYS = {"twin": b"0123456789abcdef"}


def test_orders_are_obeyed_once_and_relived_even_without_the_key(tmp_path):
    path = str(tmp_path / "link.db")
    plant = Plant(shop(), FileLink(path, KEYS), seed=1)
    twin = Twin(shop(), FileLink(path, KEYS))
    twin.mode = Mode.TWIN
    plant.advance(10)
    twin.sync()
    order = twin.propose(Change({"shop.up_to": 260}))
    twin._gate.desk.send(order.id)  # once more
    plant.advance(5)
    twin.sync()
    assert twin.orders[order.id].step == "done"
    assert twin.model.value("shop.up_to") == plant.truth.value("shop.up_to") == 260
    kinds = [m.kind for m in twin.store.messages() if m.kind in ("changed", "refused", "done")]
    assert kinds == ["changed", "changed", "done"]
    again = Plant(shop(), FileLink(path, {}), seed=1)
    assert again.truth.value("shop.up_to") == 260
    assert again.state == plant.state
    again.advance(5)
    twin.sync()
    assert twin.state.on_hand == again.state.on_hand
    assert (twin.gaps(), len(twin.store.dead_letters())) == ([], 0)


def test_a_plant_in_a_terminal_obeys_who_has_a_key_in_its_file(tmp_path):
    link, keys = str(tmp_path / "link.db"), tmp_path / "keys"
    keys.write_text("twin = 0123456789abcdef")
    keys.chmod(0o600)
    twin = Twin(cases.factory(9).scenario, FileLink(link, read_keys(str(keys))))
    twin.mode = Mode.TWIN
    twin.propose(Change({"warehouse.up_to": 300}))
    said, _ = start("plant", "factory", "--link", link, "--pace", 0.01, "--days", 9, "--keys",
                    keys).communicate(timeout=PATIENCE)  # fmt: skip
    twin.sync()
    assert "the story ends on day 9" in said
    assert [order.step for order in twin.orders] == ["done"]
    assert twin.model.value("warehouse.up_to") == 300
    keys.chmod(0o644)
    said, _ = start("plant", "factory", "--link", link, "--keys", keys).communicate()
    assert "twinlab: keys: others may read" in said


def test_who_comes_when_much_is_forgotten_is_told_the_state_anew(tmp_path):
    path = str(tmp_path / "link.db")
    plant, first = Plant(factory(), FileLink(path), seed=1), Twin(factory(), FileLink(path))
    for _ in range(4):
        plant.advance(10)
        first.sync()
        first._asked_at = -1e9  # time to ask has come
    late = Twin(factory(), FileLink(path), name="late")
    for _ in range(4):
        late.sync()
        late._asked_at = -1e9
        plant.advance(1)
    late.sync()
    assert late.state.on_hand == plant.state.on_hand
    assert late.state.in_transit == plant.state.in_transit
    assert late.gaps() == []
    first.sync()
    assert first.state.on_hand == plant.state.on_hand


def test_the_clock_is_told_once_and_no_message_turns_it(tmp_path):
    path = str(tmp_path / "link.db")
    Plant(shop(), FileLink(path), seed=1, pace=1e6).advance(0)
    twin = Twin(shop(), FileLink(path))
    twin.sync()
    now = twin._gate.now
    assert 0 <= now < 0.01
    assert twin.staleness < 0.01
    again = Twin(shop(), FileLink(path), twin.store)
    again.sync()
    assert again._gate.clock == twin._gate.clock
