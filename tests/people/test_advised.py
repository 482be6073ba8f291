"""The advised game: what each arm lets a person do, what is kept, and who may advise."""

import json
from dataclasses import replace

import numpy as np
import pytest

import twinlab as tl
from twinlab import people
from twinlab.people.experiment import played as played_by_all

GOOD = people.AnchorAndAdjust(0, 1, 1, 28, starts=4)


def newsvendor(*blocks, seed=1, code="k7"):
    rounds = sum(block.rounds for block in blocks)
    game = people.NewsvendorGame(rounds=rounds, seed=seed)
    return people.AdvisedGame(game, lambda game: 225 - game.round, blocks, code)


def test_alone_the_own_order_is_final_and_the_advice_is_kept_unseen():
    game = newsvendor(people.Block("alone", rounds=2))
    game.state_own(150)
    assert (game.round, game.advice) == (2, None)
    row = game.decided["k7", 1]
    assert (row.own, row.final, row.advice, row.demand) == (150, 150, 224, game.game.demands[0])


def test_advice_is_not_seen_before_the_own_order_is_stated():
    game = newsvendor(people.Block("shown", "AI", rounds=2))
    assert game.advice is None
    with pytest.raises(tl.ScenarioError, match="state_own"):
        game.decide(150)
    game.state_own(150, low=20, high=280)
    assert game.advice == 224
    with pytest.raises(tl.ScenarioError, match="stated already"):
        game.state_own(100)
    game.decide(180)
    row = game.decided["k7", 1]
    assert (row.label, row.final, row.low, row.high) == ("AI", 180, 20, 280)


def test_a_changed_default_needs_a_reason():
    game = newsvendor(people.Block("default", rounds=2))
    game.state_own(150)
    with pytest.raises(tl.ScenarioError, match="order 180 is not the advice 224: say why"):
        game.decide(180, reason="  ")
    game.decide(180, reason="rain")
    game.state_own(150)
    game.decide(game.advice)
    assert [row.reason for row in game.decided] == ["rain", ""]


def test_approve_only_takes_one_of_two():
    game = newsvendor(people.Block("approve-only", rounds=2))
    game.state_own(150)
    with pytest.raises(tl.ScenarioError, match="not the advice 224, nor your own 150"):
        game.decide(180)
    game.decide(150)
    game.state_own(150)
    game.decide(223)
    assert game.over
    with pytest.raises(tl.ScenarioError, match="the game is over"):
        game.state_own(3)


def test_a_wrong_interval_is_said_before_it_counts():
    game = newsvendor(people.Block(rounds=2))
    for ends in ({"low": 200, "high": 100}, {"low": 5}):
        with pytest.raises(tl.ScenarioError, match="stated interval"):
            game.state_own(150, **ends)
    assert game.own is None


def test_one_failure_at_the_same_round_of_each_block_whoever_plays():
    (one, two), paper = people.design(7, labels=["model", "AI"], failure=4), None
    for blocks, seed in ((one, 1), (two, 2)):
        game = newsvendor(*blocks, seed=seed)
        paper = game.game.problem
        while not game.over:
            game.state_own(150)
            game.decide(200)
        assert [row.round for row in game.decided if row.failed] == [4, 11]
        assert {row.demand for row in game.decided if row.failed} == {paper.worst}
    beer = people.BeerGame("wholesaler")
    with pytest.raises(tl.ScenarioError, match="beer game demand cannot be scripted"):
        people.AdvisedGame(beer, people.by_rule(GOOD), [people.Block(rounds=32, failure=5)])


def test_following_the_advice_of_a_rule_plays_the_rule():
    """In the beer game, week by week; what was asked is what the person saw."""
    beer = people.BeerGame("wholesaler")
    game = people.AdvisedGame(beer, people.by_rule(GOOD), [people.Block(rounds=32)])
    seen = []
    while not game.over:
        seen.append(beer.view.demand)
        game.state_own(8)
        game.decide(game.advice)
    alone = people.BeerGame("wholesaler")
    alone.follow(lambda view: round(GOOD(view)))
    assert beer.run.series("ordered").tolist() == alone.run.series("ordered").tolist()
    assert [row.demand for row in game.decided] == seen


class LookingAhead:
    """An adviser: a twin of the plant in which the person's orders are carried out.

    Each week it hears what the plant tells, and proposes what its best parameters would order.
    """

    def __init__(self, chain, station, model, options):
        self.ordered, self.station, self.options = [], station, options
        plays, bus = chain.decide({station: lambda view: self.ordered[view.day]}), tl.Bus()
        self.plant, self.twin = tl.Plant(plays, bus), tl.Twin(model, bus, seed=1)

    def __call__(self, game):
        self.ordered[:] = game.run.series("ordered", self.station)
        self.plant.advance(game.view.day - self.plant.day)
        self.twin.sync()
        best = self.twin.recommend(self.options, days=12, replications=30, goal=people.beer_cost)
        return people.by_rule(self.twin.model.set(best.values).rules[self.station, "case"])(game)


def test_a_twin_that_is_linked_to_the_plant_may_advise():
    """It knows the plant as it is, with the person's own orders, and it saves the team money."""
    chain, model = people.beer_chain(weeks=20), people.beer_chain(demand=tl.Normal(8, 2))
    adviser = LookingAhead(chain, "wholesaler", model, {"wholesaler.beta": [0.34, 1.0, 1.4]})
    beer = people.BeerGame("wholesaler", chain=chain)
    game = people.AdvisedGame(beer, adviser, [people.Block(rounds=16)])
    while not game.over:
        assert adviser.twin.state.on_hand == adviser.plant.state.on_hand
        game.state_own(8)
        game.decide(game.advice)
    alone = people.BeerGame("wholesaler", chain=chain)
    alone.follow(people.average_person())
    assert beer.score.total < alone.score.total


def test_who_plays_as_a_simulated_student_leaves_the_same_rows():
    """The array of a simulated class and the game played by hand are one experiment."""
    arms = people.design(3, arms=["alone", "shown", "default", "approve-only"])
    made = people.classes_of(arms, size=4, seed=3)
    for person, blocks in enumerate(arms):
        game = people.NewsvendorGame(rounds=12, seed=9)
        game._drawn = tuple(made.demand[0][person])
        advice = made.advice[0][person]
        played = people.AdvisedGame(game, lambda game, a=advice: a[game.round - 1], blocks, "k1")
        for own, final in zip(made.own[0][person], made.final[0][person], strict=True):
            alone = played.block.arm == "alone"
            played.state_own(own)
            if not alone:
                played.decide(final, reason="I think so")
        again = played_by_all(played.decided)
        for mine, theirs in zip(again[:4], made[:4], strict=True):
            assert np.array_equal(mine[0], theirs[0][person])
        for mine, theirs in zip(again[6:9], made[6:9], strict=True):
            assert np.array_equal(mine[0], theirs[person])


@pytest.fixture
def decided():
    game = newsvendor(people.Block("default", "AI", rounds=2))
    game.state_own(150.5, low=20, high=280)
    game.decide(180.25, reason='"too much", I say; ähm')
    game.state_own(100)
    game.decide(game.advice)
    return game.decided


@pytest.mark.parametrize("kind", ["csv", "json"])
def test_what_was_decided_reads_back_exactly(decided, kind, tmp_path):
    decided.save(tmp_path / f"k7.{kind}")
    assert people.read_decisions(tmp_path / f"k7.{kind}") == decided
    with pytest.raises(tl.ScenarioError, match="'k7' has round 1 twice: give every person a code"):
        people.read_decisions(tmp_path / f"k7.{kind}", decided.table.reset_index())
    with pytest.raises(tl.ScenarioError, match=r"'k7.xml': decisions are kept in a .csv"):
        decided.save(tmp_path / "k7.xml")


@pytest.mark.parametrize(
    ("column", "cell", "said"),
    [
        ("arm", "shwn", "no arm 'shwn'; did you mean 'shown'?"),
        ("label", "robot", "no label 'robot'"),
        ("own", "many", "own is a number in units, got 'many'"),
        ("final", -3, "final must be at least 0 units, got -3"),
        ("low", 400, "stated interval from 400"),
        ("code", "", "code"),
        ("round", 1.5, "round is a whole number"),
    ],
)
def test_a_wrong_file_is_told_its_row_and_value(decided, column, cell, said, tmp_path):
    rows = [row | {column: cell} if at else row for at, row in enumerate(plain(decided))]
    (tmp_path / "wrong.json").write_text(json.dumps(rows))
    table = tl.scope.base.pd.DataFrame(rows)
    table.to_csv(tmp_path / "wrong.csv", index=False)
    for kind in ("csv", "json"):
        with pytest.raises(tl.ScenarioError) as told:
            people.read_decisions(tmp_path / f"wrong.{kind}")
        assert said in str(told.value)
        assert "row 2" in str(told.value), told.value


def plain(decided):
    return [
        {name: getattr(row, name) for name in row.__dataclass_fields__} | {"low": 20, "high": 280}
        for row in decided
    ]


def test_a_file_that_is_none_is_named(tmp_path):
    with pytest.raises(tl.ScenarioError, match=r"nowhere\.json"):
        people.read_decisions(tmp_path / "nowhere.json")
    (tmp_path / "half.json").write_text("[{")
    with pytest.raises(tl.ScenarioError, match=r"half\.json"):
        people.read_decisions(tmp_path / "half.json")


def test_a_small_class_is_told_what_it_can_tell(decided):
    """Two persons, one arm, rounds missing: no default to compare with, no scripted failure."""
    rows = [*decided, *(replace(row, code="k8", own=row.own + 9) for row in decided.rounds[:1])]
    found = people.analyse(people.Decisions(tuple(rows)))
    assert found["weight default"].count == 2
    assert not {"default", "label", "trust", "repeats", "reaction"} & found.keys()
    one = people.Decisions(tuple(replace(row, arm="shown", code="k9") for row in decided))
    mixed = people.analyse(people.Decisions((*rows, *one)))
    assert "weight shown" not in mixed, "one person has no interval"
    with pytest.raises(tl.ScenarioError, match="1 persons: an interval needs two"):
        people.analyse(decided)
