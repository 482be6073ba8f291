"""The games at the table, played from Python as the form plays them."""

import json

import pytest

import twinlab
from twinlab import ScenarioError, lab, people

ORDERS = [8, 12, 4, 0, 16, 9] + [8] * 26


def play(table, orders):
    for order in orders:
        table.form._handle_custom_msg({"order": order}, [])  # what the page sends
    return table


def test_the_table_plays_the_game_of_the_library():
    table = play(lab.beer_game("wholesaler"), ORDERS)
    game = people.BeerGame("wholesaler")
    for cases in ORDERS:
        game.order(cases)
    assert table.game.run.log == game.run.log
    assert table.form.over
    assert f"The team paid {game.score.total:,.0f} USD" in table.status.value
    for line in str(game.fit).splitlines():
        assert line in table.table.value
        assert line in repr(table)
    names = {"tl": twinlab}
    exec(table.code, names)  # what the page tells a student to do
    assert names["game"].run.log == table.game.run.log


def test_the_code_of_a_newsvendor_plays_the_same_game():
    table = play(lab.newsvendor_game(rounds=6, seed=3), [100, 150, 225, 75, 300, 10])
    names = {"tl": twinlab}
    exec(table.code, names)
    assert names["game"].profit == table.game.profit


def test_the_status_tells_the_players_own_books():
    table = lab.beer_game("wholesaler")
    assert 'role="status"' in table.status.value
    assert "12 in stock, 0 owed; this week 4 arrived, 4 were asked; 12 under way" in table.words
    before = table.picture.png
    table.order(7)
    assert "Week 6 of 36" in table.status.value
    assert table.picture.png != before
    assert table.picture.alt.startswith("orders and stock of the wholesaler by week; last order 7")


@pytest.mark.parametrize("wrong", [-3, None, "many"])
def test_a_mistake_is_said_and_costs_no_week(wrong):
    for table in (lab.beer_game(), lab.newsvendor_game()):
        before = table.words
        play(table, [wrong])
        assert table.words == before
        assert before in table.status.value.replace("&#x27;", "'")
        assert repr(wrong) in table.status.value.replace("&#x27;", "'")


def advised(arm, label="AI", rounds=6):
    game, blocks = people.NewsvendorGame(rounds=rounds), [people.Block(arm, label, rounds)]
    return lab.advised_game(people.AdvisedGame(game, lambda game: 225, blocks))


def test_own_order_advice_final_order():
    table = advised("shown")
    assert (table.form.label, table.form.advice) == ("Your own order [units]", "")
    assert "225" not in table.status.value
    table.form._handle_custom_msg({"order": 150, "low": 20, "high": 280}, [])
    assert (table.form.label, table.form.advice) == ("Your final order [units]", "225")
    assert (table.form.own, table.form.asks) == ("150", [])
    assert "you wrote 150; the AI advises 225" in table.status.value
    table.form._handle_custom_msg({"order": 225}, [])  # what the button sends
    (row,) = table.advised.decided
    assert (row.own, row.advice, row.final, row.low, row.high) == (150, 225, 225, 20, 280)
    play(table, [150, 160] * 5)
    assert table.form.over
    assert "AI and model were only words" in table.table.value, "the label is debriefed"


def test_a_default_asks_for_a_reason_and_alone_there_is_nothing_to_see():
    table = play(advised("default"), [150, 160])
    assert table.form.asks == ["reason"]
    assert "say why, decide(160, reason=" in table.problem
    table.form._handle_custom_msg({"order": 160, "reason": "rain"}, [])
    assert table.advised.decided["p1", 1].reason == "rain"
    table = play(advised("alone"), [150, 160])
    assert [row.final for row in table.advised.decided] == [150, 160]
    assert "225" not in table.status.value


def test_the_beer_game_is_advised_at_the_same_table():
    adviser = people.by_rule(people.benchmark_team()["retailer"])
    game = people.BeerGame(chain=people.beer_chain(weeks=14))
    table = lab.advised_game(people.AdvisedGame(game, adviser, [people.Block("approve-only")]))
    for _ in range(10):
        play(table, [8])
        play(table, [float(table.form.advice)])
    assert table.form.over
    assert [row.final for row in table.advised.decided] == [r.advice for r in table.advised.decided]


def test_a_message_after_the_end_changes_nothing():
    table = play(lab.newsvendor_game(rounds=5), [150] * 5)
    before = repr(table)
    play(table, [150, 150])
    table.form._handle_custom_msg({"follow": True}, [])
    assert repr(table) == before
    assert "225 units every round" in before
    assert "pull to centre" in before


def test_readers_without_a_kernel_see_words_and_a_picture():
    for table in (lab.beer_game(), lab.newsvendor_game()):
        bundle = table._repr_mimebundle_()
        assert bundle["text/plain"] == table.words
        assert json.dumps(bundle["image/png"])
        assert bundle == type(table)._repr_mimebundle_(table)


def test_mistakes_are_named():
    with pytest.raises(ScenarioError, match="no station 'brewer'"):
        lab.beer_game("brewer")
