"""Agencies alone, sharing stocks, with one plan: what that saves, and how to split it.

The page's figures leave out storms that hit nobody whom an agency looks after. Such a storm still
spoils what that agency keeps in its way, so by default it counts; the figures are met without it.
"""

from dataclasses import replace
from functools import partial
from math import inf

import numpy as np
import pytest

import twinlab as tl
from tests.study.beside import FULL, beside
from twinlab.cases.relief.agencies import agencies
from twinlab.cases.relief.season import problem
from twinlab.task.logistics import judge, preposition

YEARS = range(2004, 2009)
PARTS = {"A": {"Camaguey": 0.03, "Havana": 0.01}, "B": {"Camaguey": 0.03, "Pinar del Rio": 0.02}}


def felt(share):
    """The problem of a share without the storms that hit nobody in it."""
    whole = problem(share=share)
    seasons = tuple(
        replace(season, hits=tuple(hit for hit in season.hits if any(hit.need.values())))
        for season in whole.seasons
    )
    return replace(whole, seasons=seasons)


@pytest.fixture(scope="module")
def few():
    return agencies(PARTS, partial(problem, YEARS))


def test_a_coalition_pays_what_the_plan_for_all_its_people_costs(few):
    both = {"Camaguey": 0.06, "Havana": 0.01, "Pinar del Rio": 0.02}
    for who, share in ((("A",), PARTS["A"]), (("B",), PARTS["B"]), (("A", "B"), both)):
        alone = preposition(problem(YEARS, share=share))
        assert few.game.costs[who] == pytest.approx(alone.cost, rel=2e-3)
    assert few.alone == pytest.approx(few.game.costs["A",] + few.game.costs["B",])
    assert few.joint.mean == pytest.approx(few.alone - few.game.costs["A", "B"])


def test_shared_stock_serves_whoever_needs_it_and_every_depot_is_paid_for(few):
    """The same by hand: own depots side by side, and what the seasons cost with all their stock."""
    whole = problem(YEARS, share={"Camaguey": 0.06, "Havana": 0.01, "Pinar del Rio": 0.02})
    wide = replace(whole, depots=tuple(replace(d, capacity=1e9) for d in whole.depots))
    own, goods = [few.plans["A",], few.plans["B",]], [good.name for good in whole.goods]
    stocks = {
        d.name: {g: sum(plan.stocks.get(d.name, {}).get(g, 0.0) for plan in own) for g in goods}
        for d in whole.depots
    }
    after = judge(wide, stocks).second_stage + sum(plan.first_stage for plan in own)
    assert few.sharing.mean == pytest.approx(few.alone - after)
    assert few.sharing.mean > -1e-6 * few.alone
    assert few.sharing.low <= few.sharing.mean <= few.sharing.high


@pytest.mark.parametrize(
    ("shares", "words"),
    [
        ({}, "two members or more"),
        ({"A": {"Havana": 0.1}}, "two members or more"),
        ({"A": {"Havana": 0.7}, "B": {"Havana": 0.4}}, "'Havana' is looked after 1.1 times"),
        ({"A": {"Havanna": 0.1}, "B": {"Havana": 0.1}}, "did you mean 'Havana'"),
        ({"A": {"Havana": -0.1}, "B": {"Havana": 0.1}}, "share from 0 to 1, got -0.1"),
        ({"A": {"Havana": inf}, "B": {"Havana": 0.1}}, "share from 0 to 1, got inf"),
    ],
)
def test_shares_that_cannot_be(shares, words):
    with pytest.raises(tl.ScenarioError, match=words):
        tl.cases.relief.agencies(shares, partial(problem, [2008]))


@pytest.mark.skipif(not FULL, reason="seven plans for fifty seasons take half a minute")
def test_three_agencies_over_fifty_seasons():
    found = agencies(setup=felt)
    coalitions = {"".join(who): cost / 1000 for who, cost in found.game.costs.items()}
    page = {"A": 371, "B": 438, "C": 297, "AB": 776, "AC": 630, "BC": 602, "ABC": 963}
    beside("Cost of coalitions [1,000 USD/season]", coalitions, page, rel=0.02)
    joint, sharing = (each.times(1e-3) for each in (found.joint, found.sharing))
    saved = {"one plan": joint.mean, "stocks shared": sharing.mean}
    beside("Saved [1,000 USD/season]", saved, {"one plan": 143, "stocks shared": 90}, rel=0.02)
    ends = {"one plan, low": joint.low, "one plan, high": joint.high, "shared, high": sharing.high}
    page = {"one plan, low": 71, "one plan, high": 259, "shared, high": 250}
    beside("Ends of 95 % intervals [1,000 USD/season]", ends, page, rel=0.06)
    assert sharing.low < 0 < joint.low
    shapley, equal = found.game.shapley(), found.game.equal_saving()
    for split, want in ((shapley, (4.0, 14.0, 22.0)), (equal, (2.7, 18.1, 18.1))):
        saving = {row.member: row.saving for row in split}
        beside(f"{split.way} [%]", saving, dict(zip("ABC", want, strict=True)), rel=0.03)
    assert [*shapley.objections] == ["B + C"]
    assert not equal.objections
    with_all = agencies()
    both = {"one plan": with_all.joint.mean / 1000, "stocks shared": with_all.sharing.mean / 1000}
    beside("With storms that only spoil stock [1,000 USD/season]", both, {})
    assert with_all.game.costs["B",] > found.game.costs["B",]
    assert np.isclose(with_all.game.costs[tuple("ABC")], found.game.costs[tuple("ABC")], rtol=1e-3)
    assert [*with_all.game.shapley().objections] == ["B + C"]
