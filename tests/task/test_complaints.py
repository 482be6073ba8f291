"""Complaints: who complains of what and when, how often that will be, and what weighs most."""

import numpy as np
import pytest

import twinlab as tl
from tests.known.test_known_lines import near
from twinlab import Event, ScenarioError
from twinlab.modeling import Fault, Inspection, Line, Station, run_line
from twinlab.scope import Log, fold
from twinlab.task.quality import complaint_rates, complaints, house_of_quality, pareto
from twinlab.technology.messages import DAY, Message

LINE = Line([
    Station("press", 1, faults=(Fault("dent", 0.1), Fault("crack", 0.02))),
    Station("coat", 1, faults=(Fault("stain", 0.05),), inspection=Inspection(detects=0.5)),
])  # fmt: skip
MINDED = {"dent": 0.5, "crack": 1.0, "stain": 0.1}
DAYS = 12
LATE = 1000  # by then everybody has complained


def of(line, replication=0, minded=MINDED):
    """All complaints of a line that are ever heard."""
    return heard(run_line(line, DAYS, 1, replication=replication, log=False), minded, replication)


def heard(run, minded=MINDED, replication=0):
    return complaint_rates(complaints(run, minded, 1, replication), until=LATE)


def test_as_many_come_back_as_escape_and_are_minded():
    """A fault of 0.1, half found and scrapped: 0.05 of 0.95 escape, 0.4 of those come back."""
    line = Line([Station("press", 1, faults=Fault("dent", 0.1), inspection=Inspection(0.5))])
    near([of(line, n, {"dent": 0.4})["dent"].rate for n in range(30)], 1000 * 0.4 * 0.05 / 0.95)


def test_only_parts_of_the_measured_days_are_counted():
    run = run_line(LINE, days=5, seed=1, warm_up=3, log=False)
    served = complaints(run, MINDED, 1).of("served")
    assert sum(event.quantity for event in served) == round(run.throughput * 2)
    assert [event.day for event in served] == [0, 1]


def test_nobody_complains_about_what_nobody_minds():
    assert of(LINE, minded=dict.fromkeys(MINDED, 0.0)).counts == {}


def test_a_part_comes_back_once():
    everything = dict.fromkeys(MINDED, 1.0)
    run = run_line(LINE, DAYS, 1, log=False)
    faulty = sum(bool(p.faults) for p in run.parts
                 if p.fate == "delivered" and p.left >= run.start)  # fmt: skip
    assert sum(heard(run, everything).counts.values()) == faulty


def test_two_designs_meet_the_same_customers():
    """With a lower rate of one fault, no customer complains who did not before."""
    before, after = of(LINE).counts, of(LINE.set("press.crack", 0.0)).counts
    assert "crack" in before
    assert "crack" not in after
    assert abs(after["dent"] - before["dent"]) < 0.1 * before["dent"]


def test_customers_complain_as_late_as_the_delay_says():
    """Gamma of mean 40 and shape 2, in whole days of waiting, of which half a day is lost."""
    told = [
        log
        for n in range(4)
        for log in complaints(run_line(LINE, DAYS, 1, replication=n, log=False), MINDED, 1, n).of(
            "complained"
        )
    ]
    waits = np.array([event.day - event.due for event in told])
    assert abs(waits.mean() + 0.5 - 40) < 4 * 40 / 2**0.5 / len(waits) ** 0.5
    assert abs(waits.std() - 40 / 2**0.5) < 4 * waits.std() / len(waits) ** 0.5


# -- rates --------------------------------------------------------------------------------------


def test_the_delay_is_corrected_and_the_interval_covers():
    """The trap: after 60 days a third of the complaints are heard, and the naive rate is as low."""
    luck, true, inside, rates, naive = np.random.default_rng(4), 3.0, 0, [], []
    for _ in range(400):
        day = np.repeat(np.arange(60), luck.poisson(140 * true / 1000, 60))
        told = (day + luck.gamma(2, 20, len(day))).astype(int)
        log = [Event(int(t), "complained", "shop", "bike", 1.0, due=int(d), note="dent")
               for t, d in zip(told, day, strict=True) if t < 60]  # fmt: skip
        found = complaint_rates(log, [140] * 60)["dent"]
        rates.append(found.rate)
        naive.append(complaint_rates(log, [140] * 60, delay=None)["dent"].rate)
        inside += found.low <= true <= found.high
    near(rates, true)
    assert np.mean(naive) < 0.5 * true
    assert inside / 400 > 0.95 - 4 * (0.05 * 0.95 / 400) ** 0.5


def test_only_what_is_known_by_then_counts():
    """By hand: two parts a day for ten days, one complaint of each of three days."""
    log = [Event(t, "complained", "shop", "bike", 1.0, due=d, note="dent")
           for d, t in ((0, 3), (4, 9), (5, 30))]  # fmt: skip
    assert complaint_rates(log, [2] * 10, None)["dent"].rate == 1000 * 2 / 20
    assert complaint_rates(log, [2] * 10, None, until=5)["dent"].rate == 1000 * 1 / 10
    assert complaint_rates(log, [2] * 10, None, since=4)["dent"].rate == 1000 * 1 / 12
    assert complaint_rates(log, [2] * 10, None, since={"dent": 5})["dent"].heard == 0
    assert complaint_rates(log, [2] * 10, None, until=40)["dent"].rate == 1000 * 3 / 20
    found = complaint_rates(log, [2] * 10, None)["dent"]
    assert (found.low, found.high) == pytest.approx((12.11, 361.2), rel=1e-3)  # Garwood: 2 of 20


def test_a_chain_folds_complaints_and_nothing_changes():
    chain = tl.serial(["mine", "shop"], demand=tl.Normal(5, 1), on_hand={"shop": 8})
    event = Event(3, "complained", "shop", "unit", 1.0, due=0, note="dent")
    assert fold(Log([event]), chain) == fold(Log(), chain)


def test_what_a_twin_hears_feeds_the_rates():
    chain = tl.Scenario(tl.serial(["mine", "shop"], demand=tl.Normal(50, 5)), tl.BaseStock(80))
    chain = chain.change(days=60)
    bus = tl.Bus()
    plant, twin = tl.Plant(chain, bus, seed=1), tl.Twin(chain, bus)
    plant.advance(40)
    said = {"node": "shop", "product": "unit", "quantity": 1, "note": "dent"}
    for at, (day, delivered) in enumerate(((9, 2), (30, 3), (39, 38))):
        told = Message(
            "/shop/care", at, "crm.complained.v1", day * DAY, said | {"delivered": delivered}
        )
        bus.send(told.encode())
    odd = Message("/shop/care", 3, "crm.complained.v1", 39 * DAY, said | {"delivered": 40})
    bus.send(odd.encode())
    twin.sync()
    assert twin.state.on_hand == plant.state.on_hand
    assert "up to its own" in twin.store.dead_letters()["reason"][0]
    log = twin.heard("served", "complained")
    assert [(e.day, e.due, e.note) for e in log.of("complained")] == [
        (9, 2, "dent"),
        (30, 3, "dent"),
        (39, 38, "dent"),
    ]
    served = plant.run.series("served", "shop", "unit")
    found = complaint_rates(log)["dent"]
    assert found.heard == 3
    assert complaint_rates(log, delay=None)["dent"].exposure == pytest.approx(served.sum())
    assert found.exposure == pytest.approx(complaint_rates(log, served)["dent"].exposure)


# -- what weighs most ---------------------------------------------------------------------------


def test_the_vital_few():
    chart = pareto({"a": 50, "b": 30, "c": 15, "d": 5})
    assert chart.vital_few(0.8) == ("a", "b")
    assert chart.vital_few(0.81) == ("a", "b", "c")
    assert chart.vital_few(1.0) == ("a", "b", "c", "d")
    assert pareto({}).cumulative == ()


NEEDS = {
    "scratch": "no scratches",
    "scrape": "no scratches",
    "bump": "flat",
    "stain": "even colour",
}
HOUSE = {
    "no scratches": {"padded rack": 9, "tool age": 3},
    "flat": {"tool age": 9, "bath filter": 1},
    "even colour": {"bath filter": 9, "padded rack": 3},
}


def test_a_house_of_quality_in_whole_numbers():
    """Three needs, three features: 5·9 + 2·3 = 51, 5·3 + 3·9 = 42, 3·1 + 2·9 = 21."""
    faults = {"scratch": 4, "scrape": 1, "bump": 3, "stain": 2}
    house = house_of_quality(weights(pareto(faults, NEEDS)), HOUSE)
    assert weights(house) == {"padded rack": 51, "tool age": 42, "bath filter": 21}
    assert house.causes[0] == "padded rack"


def weights(house):
    return dict(zip(house.causes, house.counts, strict=True))


def test_weights_come_from_complaints():
    """Rates by fault are importance: no complaint of a need, no weight of it."""
    log = [Event(3, "complained", "shop", "bike", 4.0, note=fault) for fault in ("bump", "stain")]
    house = house_of_quality(weights(pareto(complaint_rates(log, [100] * 9).counts, NEEDS)), HOUSE)
    assert weights(house) == {"bath filter": 40, "tool age": 36, "padded rack": 12}


MISTAKES = [
    (lambda: of(LINE, minded={"dent": 0.5}), r"returned\['crack'\]"),
    (lambda: of(LINE, minded=MINDED | {"dent": 2}), "0 to 1, got 2"),
    (lambda: of(LINE, minded=MINDED | {"dnet": 0.1}), "did you mean 'dent'"),
    (
        lambda: pareto({"dent": -1}),
        r"counts\[\'dent\'\] must be a finite number of at least 0, got -1",
    ),
    (lambda: pareto({"dent": 1}, {"stain": "coat"}), "in no group"),
    (lambda: house_of_quality({"flta": 3}, HOUSE), "did you mean .flat."),
    (lambda: house_of_quality({"flat": 3}, {"flat": {"tool": 5}}), "related 9, 3 or 1"),
    (lambda: house_of_quality({"flat": 3}, {"flat": {}}), "nothing is related"),
    (lambda: complaint_rates([], [0, 0]), "nothing was delivered by then"),
    (lambda: complaint_rates([]), "nothing was delivered by then"),
    (
        lambda: complaint_rates([Event(5, "complained", note="dent")], [9] * 9, since=3),
        "due is the day of the delivery, which is missing",
    ),
]


@pytest.mark.parametrize(("mistake", "words"), MISTAKES)
def test_mistakes_are_named_with_their_remedy(mistake, words):
    with pytest.raises(ScenarioError, match=words):
        mistake()
