"""The games at the table, played from Python as the form plays them."""

import html
import json

import numpy as np
import pytest

import twinlab
import twinlab as tl
from twinlab import ScenarioError, lab, people
from twinlab.course.students import enrol, forget

ORDERS = [8, 12, 4, 0, 16, 9] + [8] * 26


def play(table, orders):
    for order in orders:
        table.form._handle_custom_msg({"order": order}, [])  # what the page sends
    return table


@pytest.fixture
def undrawn(monkeypatch):
    """Whole games go by without a picture: other tests look at some."""
    monkeypatch.setattr("twinlab.lab.charts.pictures.Sheet.png", lambda self: b"picture")


@pytest.mark.usefixtures("undrawn")
def test_the_table_plays_the_game_of_the_library():
    table = play(lab.beer_game("wholesaler", demand=people.CLASSIC), ORDERS)
    game = people.BeerGame("wholesaler")
    for cases in ORDERS:
        game.order(cases)
    assert table.game.run.log == game.run.log
    assert table.form.over
    assert f"The team paid {game.score.total:,.0f} USD" in table.status.value
    for line in str(game.fit).splitlines():
        assert line in table.table.value
        assert line in repr(table)
    for each in (table, play(lab.beer_game("wholesaler"), ORDERS)):
        names = {"tl": twinlab}
        exec(each.code, names)  # what the page tells a student to do
        assert names["game"].run.log == each.game.run.log


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


@pytest.mark.parametrize(
    "wrong", ["-3", "eight", "8.5", "9999", "501", "", " ", "1e2", "nan", "٣x", None, [8], {}]
)
def test_a_mistake_is_said_in_words_and_costs_no_week(wrong):
    for table, unit in ((lab.beer_game(), "cases"), (lab.newsvendor_game(), "units")):
        before = table.words
        play(table, [wrong])
        assert table.words == before
        said = html.unescape(table.status.value)
        assert f"type a whole number of {unit} from 0 to 500 · {before}" in said
        assert ("the box is empty" in said) == (str(wrong).strip() == "")
        play(table, ["500"])
        assert "type a whole number" not in table.status.value


# -- what is told, and when -------------------------------------------------------------------


def test_demand_is_told_nowhere_before_the_end(monkeypatch):
    """The retailer's customers step up in week 9: until then nothing knows of it."""
    steps = [tl.Trace((4,) * 8 + (cases,) * 28) for cases in (11, 7)]
    shown = []
    for demand in steps:
        monkeypatch.setattr(people.games, "drawn_demand", lambda seed, demand=demand: demand)
        table = lab.beer_game("retailer")
        seen = []
        for _ in range(4):  # weeks 5 to 8
            seen += [repr(table), str(table.code), str(table.results), str(table.game.run.log)]
            seen += [table.status.value, table.table.value, table.picture.data, table.picture.alt]
            seen += [table.picture.png, table.record, repr(table.game), repr(table.game.scenario)]
            play(table, ["4"])
        shown.append(seen)
        assert "11 were asked" in table.words or demand is steps[1]
    assert shown[0] == shown[1]


@pytest.mark.usefixtures("undrawn")
def test_demand_is_told_at_the_end_and_people_only_beside_the_classic_one():
    drawn = play(lab.beer_game("wholesaler"), ["8"] * 32)
    classic = play(lab.beer_game("wholesaler", demand=people.CLASSIC), ["8"] * 32)
    asked = drawn._seat.game.asked.values
    week = int(np.flatnonzero(asked != 4)[0]) + 1
    assert f"4 cases a week; from week {week} on {asked[-1]:g}" in drawn.results
    assert "4 cases a week; from week 5 on 8" in classic.results
    assert "people on average" in classic.results
    assert "people on average" not in drawn.results
    assert f"benchmark team pays {drawn.game.score.benchmark:,.0f} USD" in drawn.words


def test_demands_differ_from_game_to_game_and_student_to_student():
    games = [people.drawn_demand(seed).values.tolist() for seed in range(200)]
    firsts = {next(w for w, cases in enumerate(g, start=1) if cases != 4) for g in games}
    assert (firsts, {g[-1] for g in games}) == ({*range(6, 14)}, {*range(6, 13)})
    seeds = set()
    for name in ("Ann Lee", "Bo Berg", "Cy Young"):
        enrol(name)
        table = lab.beer_game("wholesaler")
        for _ in range(3):
            seeds.add(table._seat.play.settings["seed"])
            table.act("new")
    forget()
    assert len(seeds) == 9


@pytest.mark.usefixtures("undrawn")
def test_cells_below_a_game_answer_kindly_until_it_is_over():
    table = lab.beer_game("wholesaler")
    asked = [table.game, table.game.fit, table.game.score.total, table.game.run.series("x"),
             table.results, table.code, table.game.fit["beta"]]  # fmt: skip
    assert {str(each) for each in asked} == {"play first: week 5 of 36"}
    assert f"{table.game.score.total:,.0f} USD" == "play first: week 5 of 36 USD"
    assert list(table.game.run.log) == []
    assert (table.game or "a simulated one") == "a simulated one"
    play(table, ["8"] * 32)
    assert (table.game or "a simulated one") is table._seat.game
    assert "Your ordering" in table.results


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


def test_readers_without_a_kernel_have_words_and_a_picture():
    for table in (lab.beer_game(), lab.newsvendor_game()):
        record = table.record
        assert record["text/plain"] == table.words
        assert f'src="data:image/png;base64,{record["image/png"]}"' in record["text/html"]
        assert f"<b>Last played:</b> {html.escape(table.words)}" in record["text/html"]
        assert record == table.record


# -- what is kept -----------------------------------------------------------------------------


@pytest.fixture
def kept(tmp_path, monkeypatch):
    """A folder in which plays are kept."""
    monkeypatch.setenv("TWINLAB_PLAYED", str(tmp_path))
    return tmp_path


MAKERS = {
    "beer": lambda: lab.beer_game("wholesaler", {"factory": people.benchmark_team()["factory"]}),
    "newsvendor": lambda: lab.newsvendor_game(cost=9, rounds=12),
}


@pytest.mark.usefixtures("undrawn")
@pytest.mark.parametrize("name", MAKERS)
def test_a_new_kernel_goes_on_where_the_old_one_was_left(name, kept):
    through, left = MAKERS[name](), MAKERS[name]()
    (play(left, ["8", "12", "40"]), play(through, ["8", "12", "40"]))
    resumed = MAKERS[name]()
    assert (resumed.words, resumed.picture.png) == (through.words, through.picture.png)
    play(through, ORDERS)
    play(resumed, ORDERS)
    assert resumed.form.over
    assert repr(resumed) == repr(through)
    again = MAKERS[name]()
    assert repr(again) == repr(through), "a game that is over is shown as it ended"


def test_the_file_is_as_it_is_written_down(kept):
    play(lab.beer_game("wholesaler"), ["8", "eight", "11"])
    (file,) = kept.glob("beer-*.json")
    body = json.loads(file.read_text())
    assert body.pop("started") <= body.pop("saved")
    seed = body["settings"].pop("seed")
    assert body == {
        "format": "twinlab play 1",
        "game": "beer",
        "settings": {"station": "wholesaler", "team": "None", "demand": "None"},
        "student": "",
        "orders": [8, 11],
        "over": False,
    }
    assert seed == lab.beer_game("wholesaler")._seat.play.settings["seed"]
    assert lab.beer_game("retailer")._seat.play.orders == (), "another game begins anew"


@pytest.mark.usefixtures("undrawn")
@pytest.mark.parametrize("name", MAKERS)
def test_undo_takes_back_the_last_order_and_nothing_else(name, kept):
    table = play(MAKERS[name](), ["8", "12"])
    before = [table.words, table.picture.png, table._seat.orders]
    play(table, ["40"])
    table.form._handle_custom_msg({"act": "undo"}, [])
    assert [table.words, table.picture.png, table._seat.orders] == before
    assert MAKERS[name]().words == table.words, "a new kernel knows of it"
    for _ in range(4):  # more than there are
        table.form._handle_custom_msg({"act": "undo"}, [])
    assert table._seat.orders == []
    assert table.form.acts == ["new"]
    play(table, ORDERS)
    ended = repr(table)
    table.form._handle_custom_msg({"act": "undo"}, [])
    assert repr(table) == ended, "who knows the end cannot take it back"


def test_a_new_game_is_a_new_file_and_the_old_one_stays(kept):
    table = play(lab.beer_game(), ["8", "12"])
    old = {file: file.read_bytes() for file in kept.glob("beer-*.json")}
    table.form._handle_custom_msg({"act": "new"}, [])
    assert table.words.startswith("Week 5 of 36")
    play(table, ["20"])
    assert len(list(kept.glob("beer-*.json"))) == 2
    assert all(file.read_bytes() == body for file, body in old.items())
    assert lab.beer_game()._seat.orders == [20]


def test_a_damaged_file_is_a_new_game_and_is_said(kept):
    play(lab.newsvendor_game(rounds=5), ["8", "12"])
    (file,) = kept.glob("newsvendor-*.json")
    file.write_text(file.read_text().replace("12", "1, 1, 1, 1, 1, 1"))
    table = lab.newsvendor_game(rounds=5)
    assert table.words.startswith("Round 1 of 5")
    assert "cannot be played again" in table.status.value
    file.write_text("{")
    assert lab.newsvendor_game(rounds=5).words.startswith("Round 1 of 5")


def test_an_experiment_goes_on_and_nothing_in_it_is_taken_back(kept):
    table = play(advised("shown"), ["150", "160", "140"])  # the advice of round 2 is seen
    assert table.form.acts == []
    table.form._handle_custom_msg({"act": "undo"}, [])
    table.form._handle_custom_msg({"act": "new"}, [])
    again = advised("shown")
    assert (again.words, again.form.advice) == (table.words, "225")
    assert again.advised.decided == table.advised.decided
    play(again, ["150"])
    assert [row.final for row in again.advised.decided] == [160, 150]
    assert advised("alone").words.startswith("Round 1 of 6"), "another design begins anew"


def test_nothing_is_kept_where_nothing_may_be(tmp_path, monkeypatch):
    monkeypatch.setenv("TWINLAB_PLAYED", "")
    monkeypatch.chdir(tmp_path)
    play(lab.beer_game(), ["8", "12"])
    assert list(tmp_path.iterdir()) == []
    assert lab.beer_game().words.startswith("Week 5")


def test_mistakes_are_named():
    with pytest.raises(ScenarioError, match="no station 'brewer'"):
        lab.beer_game("brewer")
