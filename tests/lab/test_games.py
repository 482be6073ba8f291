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


def test_advice_is_shown_and_followed():
    adviser = people.benchmark_team()["retailer"]
    table = lab.BeerTable(people.BeerGame(adviser=adviser, chain=people.beer_chain(weeks=14)))
    assert table.form.advice == "12"
    assert "advice: order 12" in table.words
    for _ in range(10):
        table.form._handle_custom_msg({"follow": True}, [])
    assert table.form.over
    assert "0 of 10 pieces of advice overridden" in table.table.value


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
