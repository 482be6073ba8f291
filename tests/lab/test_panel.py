"""The panel of a running twin, worked from Python as the page works it."""

import json

import pytest

import twinlab as tl
from twinlab import lab
from twinlab.cases import Case
from twinlab.lab.widgets.node_status import COLOURS
from twinlab.management.node_status import Status, cover_boxes

NETWORK = tl.serial(["mine", "plant", "shop"], demand=tl.Normal(5, 1), on_hand=20)
CHAIN = Case(NETWORK, tl.BaseStock(20), days=90)
CLOSED = tl.Outage("mine", start=3, days=20)
HIGHER = tl.Change({"shop.up_to": 25})
ANNA = {"by": "Anna", "role": "supply planner", "reason": "the mine is closed"}


@pytest.fixture
def shown():
    plant, twin = CHAIN.twin(CLOSED, seed=1)
    return lab.twin_panel(twin, plant)


def press(panel, days):
    panel.knowledge._handle_custom_msg({"days": days}, [])  # what the page sends


def decide(panel, what, id, **typed):
    panel.orders._handle_custom_msg({"what": what, "id": id, **ANNA, **typed}, [])
    return panel.orders.form


def facts(panel):
    return {name: (words, fine) for name, words, fine in panel.knowledge.shown["facts"]}


def table(panel, title):
    found = next(t for t in panel.orders.shown["tables"] if t["title"] == title)
    return [dict(zip(found["heads"], row, strict=True)) for row in found["rows"]]


def box(panel, name):
    return next(node for node in panel.picture.nodes if node["id"] == name)


def test_days_pass_and_an_outage_appears(shown):
    assert "no outage is believed" in repr(shown)
    assert box(shown, "mine")["label"] == "mine\n● ok"
    press(shown, 7)
    assert (shown.plant.day, shown.twin.day) == (7, 7)
    (outage,) = shown.twin.outages
    assert str(outage) in shown.knowledge.shown["said"]
    (row,) = table(shown, "Outages believed")
    assert (row["where"], row["since [day]"], row["told"]) == ("mine", "3", "heard")
    assert float(row["days left [days]"]) == pytest.approx(outage.days_left, rel=1e-3)
    assert box(shown, "mine")["color"]["border"] == COLOURS[Status.CLOSED][0]
    assert box(shown, "mine")["label"].startswith("mine\n✕ closed")
    assert facts(shown)["Seen from the laboratory"][0].startswith("fidelity 1.000")


def test_a_lane_that_is_closed_is_marked():
    plant, twin = CHAIN.twin(tl.LaneOutage("mine", "plant", start=3, days=20), seed=1)
    panel = lab.twin_panel(twin, plant)
    press(panel, 7)
    edge = next(edge for edge in panel.picture.edges if edge["id"] == "mine→plant")
    assert (edge["label"], edge["dashes"]) == ("✕ closed", True)


def test_cover_is_stock_over_mean_use():
    state = tl.State(on_hand={("plant", "unit"): 12.0, ("shop", "unit"): 49.75})
    found = cover_boxes(CHAIN, state, {("plant", "unit"): 100.0})
    assert found["plant"] == (Status.LOW, "▲ low stock, 2.4 days")
    assert found["shop"] == (Status.OK, "● 10 days")
    assert found["mine"] == (Status.OK, "● ok")


def test_an_order_is_approved_obeyed_and_told(shown):
    press(shown, 1)
    order = shown.twin.propose(HIGHER, "the mine may close")
    shown.refresh()
    assert "1 order waits for approval" in repr(shown)
    form = decide(shown, "approve", order.id)
    assert form["said"] == f"order {order.id} is sent"
    assert (form["by"], form["reason"]) == ("Anna", "")
    press(shown, 1)
    (row,) = table(shown, "Orders")
    assert (row["id"], row["order"], row["step"]) == (
        order.id,
        "rule: values shop.up_to 25",
        "done",
    )
    steps = row["what happened"].split("\n")
    assert steps[0] == "day 1, proposed: twin, the mine may close"
    assert steps[1] == "day 1, approved: Anna, supply planner, the mine is closed"
    assert shown.plant.truth.value("shop.up_to") == 25


@pytest.mark.parametrize(
    ("field", "typed", "words"),
    [
        ("role", {"role": "buyer"}, "buyer"),
        ("reason", {"reason": " "}, "reason"),
        ("by", {"by": "twin"}, "another person"),
    ],
)
@pytest.mark.parametrize("what", ["approve", "reject"])
def test_a_refusal_is_taught_beside_its_field_and_nothing_is_lost(shown, what, field, typed, words):
    order = shown.twin.propose(HIGHER, "the mine may close")
    shown.refresh()
    form = decide(shown, what, order.id, **typed)
    assert form["at"] == field
    assert words in form["problem"]
    assert {name: form[name] for name in ANNA} == {n: t.strip() for n, t in (ANNA | typed).items()}
    assert shown.twin.orders[order.id].step == "proposed"
    assert decide(shown, what, order.id)["said"]  # mended, it is taken


def test_what_cannot_be_decided_any_more_is_told(shown):
    order = shown.twin.propose(HIGHER, "the mine may close")
    decide(shown, "reject", order.id)
    form = decide(shown, "approve", order.id)
    assert "rejected" in form["problem"]
    assert form["at"] == ""
    assert table(shown, "Orders")[0]["step"] == "rejected"


def test_the_end_of_the_story_is_told_and_the_panel_goes_on(shown):
    press(shown, 100)
    assert "story ends on day 90" in shown.knowledge.shown["problem"]
    assert shown.twin.day == 90
    assert shown.knowledge.busy == ""
    press(shown, 0)
    assert shown.knowledge.shown["problem"] == ""


def test_what_takes_long_is_done_once_a_day(shown, monkeypatch):
    done = []

    def noting(name, work):
        return lambda *given: (done.append(name), work(*given))[1]

    for name in ("alarms", "forecast", "verify"):
        monkeypatch.setattr(shown.twin, name, noting(name, getattr(shown.twin, name)))
    order = shown.twin.propose(HIGHER, "the mine may close")
    press(shown, 0)
    decide(shown, "approve", order.id)
    assert not done
    press(shown, 7)
    assert done == ["alarms", "forecast", "verify"]


def test_the_page_hears_what_is_being_done(shown):
    heard = []
    shown.orders.observe(lambda change: heard.append(change["new"]), "busy")
    press(shown, 2)
    assert heard[:3] == ["syncing …", "day 1 of 2 …", "day 2 of 2 …"]
    assert heard[-1] == ""


def test_trouble_in_what_takes_long_hides_nothing_else(shown, monkeypatch):
    def broken(*_):
        raise ValueError("no law fits")

    monkeypatch.setattr(shown.twin, "forecast", broken)
    press(shown, 1)
    assert facts(shown)["What more could be said"] == ("ValueError: no law fits", False)
    assert facts(shown)["Known until"] == ("day 1.0, 0.0 days stale", True)


def test_a_silent_source_is_shown_and_drift_too():
    quick = tl.Scenario(
        tl.serial(["mine", "shop"], demand=tl.Normal(9, 1), on_hand=40), tl.BaseStock(40), days=90
    )
    believed = Case(
        tl.serial(["mine", "shop"], demand=tl.Normal(5, 1), on_hand=40), tl.BaseStock(40), days=90
    )
    plant, twin = believed.twin(truth=quick, seed=1)
    panel = lab.twin_panel(twin, plant)
    press(panel, 7)
    assert not facts(panel)["Drift"][1]
    assert "shop/unit" in table(panel, "Changes of the laws")[0][""]
    assert facts(panel)["Sources"] == ("none silent, no messages missing", True)
    twin.link.now += 5  # five days on which nobody speaks
    later = lab.twin_panel(twin)
    assert facts(later)["Sources"][1] is False
    assert facts(later)["Known until"][1] is False
    assert table(later, "Sources that are silent or miss messages")


def test_without_a_plant_it_only_syncs():
    plant, twin = CHAIN.twin(CLOSED, seed=1)
    panel = lab.twin_panel(twin)
    assert [words for _, words in panel.knowledge.shown["buttons"]] == ["Sync"]
    assert "Seen from the laboratory" not in facts(panel)
    plant.advance(5)
    press(panel, 0)
    assert twin.day == 5


def test_readers_without_a_kernel_see_words_and_a_picture(shown):
    press(shown, 7)
    bundle = shown.record
    assert bundle["text/plain"] == repr(shown)
    assert bundle["image/png"]
    for part in (shown.knowledge, shown.orders):
        assert json.loads(json.dumps(part.shown)) == part.shown  # what JSON takes, a page takes
