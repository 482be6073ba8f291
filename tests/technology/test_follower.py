"""Following several sources: one that fails, one that is corrected, and what is forgotten."""

import csv
import json

import pytest

import twinlab as tl
from tests.technology.chains import factory, linked, shop
from twinlab.technology import Bus, FileLink, Folder, Letter, Mapping, Message, Plant, sync
from twinlab.technology.messages import DAY
from twinlab.twin import Twin

SALES = {
    "id": "no | text",
    "events": [
        {
            "kind": "demanded",
            "node": "store | name node",
            "product": "=unit",
            "quantity": "units | number",
            "time": "at | utc",
        }
    ],
}


def sales(names):
    return Mapping(SALES | {"names": {"node": names}}, "sales")


class Broken:
    """A feed that cannot be read."""

    name, overlap = "broken", 0.0

    def poll(self, place):
        raise tl.SyncError("the database is away: start it, then sync again")


class Repeated:
    """A feed whose place is the count of its polls."""

    name, overlap = "counter", 3600.0

    def poll(self, place):
        count = (place or 0) + 1
        said = {"no": count, "store": "S1", "units": 2.0, "at": "2026-01-01 00:30:00"}
        return [Letter(json.dumps(said).encode(), f"poll {count}")], count


def test_a_feed_that_fails_does_not_stop_the_others():
    plant, twin = linked(shop())
    twin.listen(Broken())
    twin.listen(Repeated(), sales({"S1": "shop"}))
    plant.advance(3)
    with pytest.raises(tl.SyncError, match="the database is away"):
        twin.sync()
    assert twin.state.on_hand == plant.state.on_hand
    asked = [m for m in twin.store.messages() if m.source == "/sales"]
    assert len(asked) == 1
    assert twin.store.recall("place:counter") == 1


def test_a_feed_goes_on_from_its_place_in_another_life_and_is_unnumbered():
    plant, twin = linked(shop())
    twin.listen(Repeated(), sales({"S1": "shop"}))
    plant.advance(1)
    twin.sync()
    again = Twin(shop(), plant.link, twin.store)
    again.listen(Repeated(), sales({"S1": "shop"}))
    again.sync()
    assert [m.id for m in again.store.messages() if m.source == "/sales"] == [
        "1#demanded",
        "2#demanded",
    ]
    known = again.sources.set_index("source").loc["counter"]
    assert known["known until [day]"] == pytest.approx(1 - 3600 / 86_400)
    assert not known["numbered"]
    assert again.staleness == pytest.approx(3600 / 86_400)
    with pytest.raises(tl.SyncError, match="listens to 'counter' already"):
        again.listen(Repeated())


def test_dead_letters_are_read_after_the_mapping_was_corrected(tmp_path):
    with (tmp_path / "sales.csv").open("w", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerows([["no", "store", "units", "at"], [1, "S1", 2, "2026-01-01T08:00:00"],
                        [2, "S2", 3, "2026-01-01T09:00:00"]])  # fmt: skip
    bus = Bus()
    bus.now = 2.0
    twin = Twin(shop(), bus)
    twin.listen(Folder(tmp_path), sales({"S1": "shop"}))
    assert (twin.sync().new, twin.sync().new) == (1, 0)
    [letter] = twin.store.dead_letters().to_dict("records")
    assert "sales.csv row 2" in letter["origin"]
    assert "S2" in letter["reason"]
    corrected = Twin(shop(), bus, twin.store)
    corrected.listen(Folder(tmp_path), sales({"S1": "shop", "S2": "shop"}))
    assert corrected.replay_dead().new == 1
    assert corrected.store.dead_letters().empty
    assert corrected.state.owed["shop", "unit"] == 5.0


@pytest.mark.parametrize("chain", [shop, factory])
def test_what_is_pruned_is_still_known(chain, tmp_path):
    bus, path = Bus(), str(tmp_path / "twin.db")
    plant, twin = Plant(chain(), bus, seed=1), Twin(chain(), bus, tl.EventStore(path))
    for _ in range(60):
        plant.advance()
        twin.sync()
    assert twin.prune(50) > 100
    oldest = min(message.time for message in twin.store.messages())
    assert oldest >= 40 * DAY
    again = Twin(chain(), bus, tl.EventStore(path))
    for one in (twin, again):
        plant.advance()
        one.sync()
        assert one.state == tl.feasible(one.state)
        assert one.state.on_hand == plant.state.on_hand
        assert (one.gaps(), one.staleness) == ([], 0.0)
    old = Message("/shop/crm", None, "crm.demanded.v1", 5 * DAY,
                  {"node": "shop", "product": "unit" if chain is shop else "bike",
                   "quantity": 1.0}, "old")  # fmt: skip
    bus.carry(old.encode())
    assert again.sync().dead == 1
    assert "which is pruned" in again.store.dead_letters()["reason"].iloc[-1]


def test_a_long_life_is_not_folded_from_its_beginning(monkeypatch):
    monkeypatch.setattr(sync, "KEEP_EVERY", 500)
    plant, twin = linked(factory())
    for _ in range(60):
        plant.advance()
        twin.sync()
    again = Twin(factory(), plant.link, twin.store)
    again.sync()
    assert again.state == twin.state
    assert again._tracker._points[0].books is None  # what is late still finds the beginning
    assert again._tracker._points[1].time > 30 * DAY


def test_two_twins_on_one_link_do_not_take_each_others_letters(tmp_path):
    path = str(tmp_path / "link.db")
    plant = Plant(shop(), FileLink(path), seed=1)
    twins = [Twin(shop(), FileLink(path), name=name) for name in ("anna", "ben")]
    for _ in range(5):
        plant.advance(4)
        for twin in twins:
            assert twin.sync().copies == 0
            assert twin.state.on_hand == plant.state.on_hand


def test_where_no_thread_can_start_the_link_in_the_process_works(monkeypatch):
    """As in a browser: Python there has SQLite, and no threads."""

    def refuse(self):
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr("threading.Thread.start", refuse)
    monkeypatch.setattr("sys.platform", "emscripten")
    bus = Bus(tl.Faults(loss=0.05, duplicates=0.05), seed=2)
    plant, twin = Plant(shop(), bus, seed=1), Twin(shop(), bus)
    for _ in range(20):
        plant.advance()
        twin.sync()
    bus.faults = tl.Faults()
    for _ in range(4):
        plant.advance()
        twin.sync()
    assert twin.state.on_hand == plant.state.on_hand
    assert twin.forecast(10, 64).given.day == 24
