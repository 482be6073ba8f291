"""Revisions: designers who see complaints alone, and effects that are measured, never typed in."""

from dataclasses import replace

import numpy as np
import pytest

from tests.known.test_known_lines import near
from twinlab import ScenarioError, TwinError
from twinlab.modeling import Fault, Inspection, Line, Station
from twinlab.task import quality
from twinlab.task.quality import ProductLife, keep_design, live_generations, worth_it

PRESS = Station("press", 1, faults=(Fault("dent", 0.08), Fault("crack", 0.01, wear=0.0001)))
LINE = Line([PRESS, Station("look", 1, inspection=Inspection(0.8))])
WORLD = ProductLife(LINE, {"dent": 0.25, "crack": 0.5})


def test_what_is_found_and_what_comes_back():
    assert WORLD.shares["dent"] == pytest.approx((0.064, 0.004))
    assert WORLD.shares["crack"] == pytest.approx((0.8 * 0.0185, 0.2 * 0.0185 * 0.5))


def test_an_untouched_design_costs_what_its_rates_say():
    expected = 960 * 140 * sum(share for _, share in WORLD.shares.values()) * 120
    near([live_generations(keep_design, WORLD, seed).cost for seed in range(40)], expected)


def test_all_designers_meet_the_same_customers_and_secrets():
    """Until the first revision works, everybody hears the same; the n-th effect is the fault's."""
    first = live_generations(keep_design, WORLD, 3)
    always = live_generations(lambda view: view.revisions[0], WORLD, 3)
    again = live_generations(quality.most_complaints, WORLD, 3)
    before = [e for e in first.events if e.due < 140]
    assert before == [e for e in always.events if e.due < 140]
    dents = [factor for _, revision, factor in again.revised if revision.fault == "dent"]
    assert dents == [factor for *_, factor in always.revised][: len(dents)]
    cracks = [e for e in first.events if e.note == "crack"]
    assert cracks == [e for e in always.events if e.note == "crack"]


def test_no_designer_sees_an_effect_or_the_future():
    def nosy(view):
        seen.append(view)
        assert all(event.day < view.day for event in view.events)
        assert len(view.deliveries) == view.day
        return view.revisions[0]

    seen = []
    life = live_generations(nosy, WORLD, 1)
    assert [view.day for view in seen] == [120 * n for n in range(1, 8)]
    secrets = {factor for *_, factor in life.revised}
    for view in seen:
        told = {value for value in vars(view).values() if isinstance(value, float)}
        assert not secrets & told


def test_a_revision_works_after_its_lag_and_by_its_factor():
    """Sum over lives: dents of parts from day 140 on, against the factors that struck."""

    def once(view):
        return view.revisions[0] if view.day == 120 else None

    share, seen = WORLD.shares["dent"][1], []
    for seed in range(60):
        life = live_generations(once, WORLD, seed)
        after = sum(e.note == "dent" and e.due >= 140 for e in life.events)
        seen.append(after - (960 - 140) * 140 * share * life.revised[0][2])
    near(seen, 0.0)


def test_worth_it_weighs_what_is_left_against_the_cost():
    """Dear revisions and the last generations are not worth it; the most frequent comes first."""
    life = live_generations(worth_it, replace(WORLD, cost=1000), 2)
    assert life.revised[0][1].fault == "dent"
    assert live_generations(worth_it, replace(WORLD, cost=200_000), 2).revised == ()
    # At 0.004 · 140 a day and 120 USD the last 100 days save 0.55 · 6,720 USD at the most.
    assert all(day < 840 for day, *_ in live_generations(worth_it, WORLD, 2).revised)


def test_designers_look_where_they_say():
    view = captured(WORLD)
    assert view.found["dent"] > view.found["crack"] > 0
    assert quality.most_complaints(view).fault == "dent"
    # Nothing that the revised design has made is heard of: the other one has more complaints.
    assert (
        quality.most_complaints(replace(view, works={"dent": [view.day], "crack": []})).fault
        == "crack"
    )


def captured(world):
    views = []
    live_generations(lambda view: views.append(view), world, 5)
    return views[2]


def test_effects_are_measured_with_the_delay():
    """A revision that does nothing: with the delay 1 is covered, without it looks like progress."""
    ratios, naive = [], []
    for seed in range(60):
        life = live_generations(keep_design, WORLD, seed)
        seen = (life.events, "dent", 360, life.deliveries)
        ratios.append(np.log(quality.revision_effect(*seen, until=480).ratio))
        naive.append(np.log(quality.revision_effect(*seen, delay=None, until=480).ratio))
    assert abs(np.mean(ratios)) < 4 * np.std(ratios) / 60**0.5 + 0.01  # a log of a ratio: bias
    assert np.mean(naive) < -0.3


def test_paired_differences_are_narrower_than_the_costs():
    ways = {"nothing": keep_design, "worth it": worth_it}
    found = quality.compare_designers(ways, WORLD, lives=20, seed=7)
    assert found["nothing"].difference.mean == 0
    costs = [live_generations(worth_it, WORLD, 7 + n).cost for n in range(20)]
    assert found["worth it"].cost.mean == pytest.approx(np.mean(costs))
    width = [one.high - one.low for one in (found["worth it"].difference, found["worth it"].cost)]
    assert width[0] < width[1]
    with pytest.raises(ScenarioError, match="at least 2 replications"):
        quality.compare_designers(ways, WORLD, lives=1)


MISTAKES = [
    (lambda: ProductLife(LINE, {"dent": 0.2}), "returned says nothing of 'crack'"),
    (
        lambda: live_generations(lambda view: quality.Revision("press", "dent", 0, 0), WORLD),
        "returns one of view.revisions, got Revision",
    ),
    (lambda: effect(since=0), "since 0: something is delivered after"),
    (lambda: effect(since=960), "since 960: something is delivered after"),
    (lambda: effect("dnet"), "did you mean 'dent'"),
    (lambda: ProductLife(Line([Station("press", 1)]), {}), "nothing to revise"),
    (lambda: quality.compare_designers({}, WORLD), "designers by name"),
]


def effect(fault="dent", since=100):
    life = live_generations(keep_design, WORLD, 1)
    return quality.revision_effect(life.events, fault, since, life.deliveries)


@pytest.mark.parametrize(("mistake", "words"), MISTAKES)
def test_mistakes_are_explained(mistake, words):
    with pytest.raises(ScenarioError, match=words):
        mistake()


def test_a_designer_cannot_touch_what_others_see():
    view = captured(WORLD)
    for spoil in (lambda: view.found.clear(), lambda: view.works.update(dent=(0,))):
        with pytest.raises(TwinError, match="part of a frozen value"):
            spoil()
    assert view.works["dent"] == ()
