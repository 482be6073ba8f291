"""The beer game: its clock, what a player sees, and a person's seat among rules."""

import numpy as np
import pytest

import twinlab as tl
from twinlab import people
from twinlab.people.games import HOLDING, START_UP

ORDERS = [8, 12, 4, 0, 16, 9] + [8] * 26


def played(station="wholesaler", **options):
    game = people.BeerGame(station, **options)
    for cases in ORDERS:
        game.order(cases)
    return game


def test_an_order_takes_two_weeks_up_and_goods_take_two_weeks_down():
    """The wholesaler's extra order of week 5 is asked in week 7 and arrives in week 9."""
    calm = tl.Constant(4)
    run = tl.simulate(people.beer_chain(people.average_person(), demand=calm))
    spike = people.BeerGame("wholesaler", chain=people.beer_chain(demand=calm))
    spike.order(spike.view.demand + 10)
    spike.follow(people.average_person())
    more = {
        name: spike.run.series(*name) - run.series(*name)
        for name in (("asked", "distributor"), ("received", "wholesaler"))
    }
    weeks = {name: int(np.flatnonzero(np.abs(gap) > 1e-9)[0]) + 1 for name, gap in more.items()}
    assert weeks == {("asked", "distributor"): 7, ("received", "wholesaler"): 9}


def test_the_factory_makes_a_case_in_the_third_week():
    game = people.BeerGame("factory", chain=people.beer_chain(demand=tl.Constant(4)))
    game.order(50)
    while not game.over:
        game.order(0)
    made = game.run.series("finished", "factory")
    assert [week + 1 for week in np.flatnonzero(made == 50)] == [5 + 3]


def test_the_batch_engine_pays_the_same_benchmark():
    batch = tl.replicate(people.beer_chain(people.benchmark_team()), 64, seed=1)
    assert (people.beer_cost(batch) == 204).all()
    assert sum(people.beer_cost(batch, name)[0] for name in people.STATIONS) == 204


def test_the_game_charges_stock_and_backlog_and_nothing_under_way():
    run = played().run
    owed = sum(run.series("backlog", name).sum() for name in people.STATIONS)
    stock = sum(run.series("on_hand", name).sum() for name in people.STATIONS)
    assert people.beer_cost(run) == pytest.approx(HOLDING * stock + owed)
    assert people.beer_cost(run) < run.kpis.total_cost * len(run.days)


def test_a_game_is_the_scenario_with_the_players_orders():
    """What a person plays is what a rule with the same orders gives, event by event."""
    game = played()
    orders = iter([4.0] * START_UP + [float(cases) for cases in ORDERS])
    scripted = game.scenario.decide({"wholesaler": lambda view: next(orders)})
    assert tl.simulate(scripted).log == game.run.log


def test_the_player_sees_its_own_books_only():
    game = people.BeerGame("distributor")
    shown = game.view
    assert (shown.node, shown.on_hand, shown.backlog, shown.demand) == ("distributor", 12, 0, 4)
    assert shown.on_order == 12  # a letter and two boxes of four are under way
    assert [supplier.node for supplier in shown.suppliers] == ["factory"]


def test_playing_the_teams_rule_gives_the_teams_game():
    game = people.BeerGame("retailer", chain=people.beer_chain())
    game.follow(people.average_person())
    assert game.run.daily.equals(tl.simulate(people.beer_chain()).daily)
    assert game.score.benchmark == 204


def test_rules_order_whole_cases_at_the_table():
    orders = played().run.series("ordered")
    assert (orders == orders.round()).all()


def test_a_game_that_is_over_says_so():
    game = played()
    assert (game.over, game.view, game.week) == (True, None, 36)
    with pytest.raises(tl.ScenarioError, match="the game is over"):
        game.order(4)


def test_mistakes_are_named():
    with pytest.raises(tl.ScenarioError, match=r"'brewer' is no station|no station 'brewer'"):
        people.BeerGame("brewer")
    with pytest.raises(tl.ScenarioError, match="team: 'brewer' is no station"):
        people.beer_chain({"brewer": people.average_person()})
    with pytest.raises(tl.ScenarioError, match="quantity must be a number, got 'many'"):
        people.BeerGame("retailer").order("many")
