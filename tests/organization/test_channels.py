"""What others tell comes late, as a mean, and with errors; one's own books do not."""

import json

import numpy as np
import pytest

import twinlab as tl
from tests.organization.test_sharing import seen
from twinlab.modeling.simulation.random_streams import draw_streams
from twinlab.modeling.simulation.vector_engine import replay
from twinlab.organization import Channel, FullSharing, OwnOrders, PointOfSale
from twinlab.people import ForecastBaseStock, ScalarRule
from twinlab.scope.snapshot import pack, unpack

ASKED = (6, 2, 9, 5, 8, 1, 4)
CHAIN = tl.serial(["mine", "depot", "shop"], demand=tl.Trace(ASKED), on_hand=40)
DEPOT = ("depot", "unit")


def told(what="point_of_sale", network=CHAIN, days=7, **how):
    """What the depot sees through a channel, the same in both engines."""
    return seen(network, DEPOT, what, days=days, sharing={"depot": Channel(**how)})


@pytest.mark.parametrize(
    ("how", "wanted"),
    [
        ({}, [6, 2, 9, 5, 8, 1, 4]),
        ({"delay": 2}, [6, 6, 6, 2, 9, 5, 8]),
        ({"every": 3}, [6, 6, (6 + 2 + 9) / 3] + [17 / 3] * 2 + [(5 + 8 + 1) / 3] * 2),
        ({"delay": 2, "every": 3}, [6, 6, 6, 6, 17 / 3, 17 / 3, 17 / 3]),
        ({"delay": 1, "every": 2, "sees": PointOfSale()}, [6, 6, 4, 4, 7, 7, 4.5]),
        ({"delay": 99}, [6] * 7),
    ],
)
def test_reports_by_hand(how, wanted):
    assert told(**how) == wanted


def test_only_what_lies_downstream_is_told_late():
    """Each night the shop (40 units at first) orders what it was asked, and gets it a day later.

    Nobody fills up the depot: it sees its own position as it is (40, less what the shop orders).
    """
    asked = np.array(ASKED)
    downstream = 40.0 - asked  # at the depot's decision the shop has ordered what it sold
    shop = downstream + asked
    own = 40.0 - np.cumsum(asked)
    whole = seen(CHAIN, DEPOT, "echelon_position", days=7)
    assert whole == (own + shop).tolist()
    empties = CHAIN.change(tl.Stock("depot", "unit", 10))  # it owes, from the third day on
    assert told("echelon_position", empties, delay=2) == pytest.approx(
        [own_ + late for own_, late in zip(own - 30, [40.0] * 7, strict=True)]
    )


def test_the_downstream_part_is_as_old_as_the_channel_says():
    """The shop orders nothing: what lies downstream of the depot falls by what customers take."""
    rules = {"shop": tl.BaseStock(0), "depot": tl.BaseStock(0)}
    lists = {}
    for delay in (0, 2):
        lists[delay] = []

        def watched(view, noted=lists[delay]):
            noted.append(view.echelon_position)
            return 5.0

        sharing = {"depot": Channel(delay=delay)}
        tl.simulate(tl.Scenario(CHAIN, rules | {"depot": watched}, days=5, sharing=sharing))
    stocks = 40.0 - np.cumsum(ASKED[:5])
    own = 40.0 + 5.0 * np.arange(5)
    assert lists[0] == (own + stocks).tolist()
    assert lists[2] == (own + stocks[[0, 0, 0, 1, 2]]).tolist()


def test_it_is_fed_on_days_of_rest_as_well():
    """The depot decides every third day, on days 0, 3 and 6; the mean is of all days."""
    resting = CHAIN.change(tl.Node("depot", review_period=3))
    assert told(network=resting, delay=1) == [6, 9, 1]
    assert told(network=resting, every=3) == [6, 17 / 3, 14 / 3]
    evening = CHAIN.change(tl.Node("depot", review_period=3, evening_review=True))
    assert told(network=evening, every=3, delay=1) == [6, 17 / 3, 14 / 3]


SHOP = ("shop", "unit")
LATE_SHOP = {"shop": Channel(delay=2, every=3, noise=0.5)}


def test_what_one_s_own_customers_ask_is_seen_at_once():
    """The shop sees today's demand as it is; a depot with customers, those and late ones."""
    for sharing in (LATE_SHOP, {"shop": Channel(PointOfSale(), noise=2)}):
        assert seen(CHAIN, SHOP, "point_of_sale", days=7, sharing=sharing) == list(ASKED)
    here = CHAIN.change(tl.Demand("depot", "unit", tl.Trace((100, 200, 300, 400, 500))))
    assert told(network=here, days=5, delay=2) == [106, 206, 306, 402, 509]
    assert told(network=here, days=5) == [106, 202, 309, 405, 508]


def test_a_part_is_told_late_what_lies_beyond_its_node():
    """A plant makes bikes of 2 wheels: its customers, and its bikes, are its own; the shop's not.

    Nobody moves anything: the plant's echelon falls by what both customers ask.
    """
    network = tl.Network(
        products=[tl.Product("wheel"), tl.Product("bike")],
        nodes=[tl.Node("mine"), tl.Node("plant"), tl.Node("shop")],
        lanes=[tl.Lane("mine", "plant", "wheel", lead_time=9),
               tl.Lane("plant", "shop", "bike", lead_time=9)],
        recipes=[tl.Recipe("plant", "bike", {"wheel": 2})],
        demands=[tl.Demand("plant", "bike", tl.Trace((3, 1, 2))),
                 tl.Demand("shop", "bike", tl.Trace((10, 20, 30)))],
        stocks=[tl.Stock("plant", "wheel", 500), tl.Stock("plant", "bike", 90),
                tl.Stock("shop", "bike", 70)],
    )  # fmt: skip
    sharing, item = {"plant": Channel(delay=1)}, ("plant", "wheel")
    sold = seen(network, item, "point_of_sale", sharing=sharing)
    assert sold == [2 * (3 + 10), 2 * (1 + 10), 2 * (2 + 20)]
    idle = {("shop", "bike"): tl.BaseStock(0), ("plant", "bike"): tl.BaseStock(0)}
    found = []

    def watched(view):
        found.append(float(np.ravel(view.echelon_position)[0]))
        return 0.0 * view.demand

    scenario = tl.Scenario(network, idle | {item: watched}, days=3, sharing=sharing)
    tl.simulate(scenario)
    tl.replicate(scenario, 1)
    own, shop = 500 + 2 * (90 - np.cumsum((3, 1, 2))), 2 * (70 - np.cumsum((10, 20, 30)))
    assert found == [own[0] + shop[0], own[1] + shop[0], own[2] + shop[1]] * 2


@pytest.mark.parametrize("how", ["replaces", "clears", "drops"])
def test_a_rule_that_forgets_is_told_late_all_the_same(how):
    """Both engines, and from a state of any day; the log keeps what the channel is to tell."""
    found = []

    def rule(view):
        found.append((view.day, float(np.ravel(view.point_of_sale)[0])))
        assert "channel" not in view.memory
        if how == "replaces":
            view.memory = {"day": view.day}
        elif how == "clears":
            view.memory.clear()
        return 5.0 + 0.0 * view.demand

    rules = {"depot": rule, "shop": tl.BaseStock(40)}
    scenario = tl.Scenario(CHAIN, rules, days=7, sharing={"depot": Channel(delay=2)})
    wanted = [*enumerate([6, 6, 6, 2, 9, 5, 8])]
    run = tl.simulate(scenario)
    replay(scenario, 0, 0)
    assert found == wanted * 2
    for day in (1, 4):
        found.clear()
        start = run.state_on(day)
        assert ("day" in start.memory[DEPOT]) == (how == "replaces")
        tl.simulate(scenario, start=start)
        replay(scenario, 0, 0, start)
        assert found == wanted[day:] * 2


@pytest.mark.parametrize("regime", [None, PointOfSale, 3])
def test_a_channel_shows_what_a_regime_shares(regime):
    with pytest.raises(tl.TwinError, match="Channel: sees must be a function, got"):
        Channel(regime, delay=1)


def test_what_the_regime_hides_stays_hidden():
    with pytest.raises(tl.ScenarioError, match=r"OwnOrders\(\) does not show 'depot'"):
        told(sees=OwnOrders(), delay=1)
    with pytest.raises(tl.ScenarioError, match=r"PointOfSale\(\) does not show 'depot'"):
        told("echelon_position", sees=PointOfSale(), delay=1)
    with pytest.raises(tl.ScenarioError, match="a channel sees no channel"):
        Channel(Channel(delay=1), delay=2)


def chain(sharing, period=1, rule=None, days=60):
    """A chain in which the depot forecasts from what it is told."""
    network = tl.serial(["mine", "depot", "shop"], demand=tl.Normal(20, 6), on_hand=90,
                        lead_time={"depot": 4, "shop": 2})  # fmt: skip
    network = network.change(tl.Node("depot", review_period=period))
    rules = {"depot": rule or ForecastBaseStock(4, 6, 20, True, 20), "shop": tl.BaseStock(90)}
    return tl.Scenario(network, rules, days=days, sharing={"depot": sharing})


def test_a_channel_that_changes_nothing_changes_nothing():
    for regime in (PointOfSale(), FullSharing()):
        plain, wrapped = chain(regime), chain(Channel(regime))
        assert tl.simulate(plain, 3).log == tl.simulate(wrapped, 3).log
        batches = [tl.replicate(one, 70, seed=3).kpis.total_cost for one in (plain, wrapped)]
        assert (batches[0] == batches[1]).all()


LATE = Channel(FullSharing(), delay=3, every=4, noise=0.3)
RULES = [
    ForecastBaseStock(4, 6, 20, True, 20),
    tl.EchelonBaseStock(200),
    ScalarRule(lambda view: max(0.0, 150 + view.point_of_sale - view.echelon_position)),
]


@pytest.mark.parametrize("rule", RULES, ids=["sales", "echelon", "one by one"])
@pytest.mark.parametrize("period", [1, 3])
def test_both_engines_agree_and_a_run_goes_on_in_mid_queue(rule, period):
    """From every state, on days of decision and of rest, also after a message has carried it."""
    scenario = chain(LATE, period, rule)
    run = tl.simulate(scenario, 5, 2)
    nights = replay(scenario, 5, 2)
    assert all((nights[name] == run.nights[name]).all() for name in nights)
    for day in (1, 7, 8, 9, 30, 31):
        start = run.state_on(day)
        start.memory = {
            item: unpack(json.loads(json.dumps(pack(memory))))
            for item, memory in start.memory.items()
        }
        assert set(start.memory[DEPOT]["channel"]) == {"sales", "echelon"}
        rest = tl.simulate(scenario, 5, 2, start=start)
        again = replay(scenario, 5, 2, start)
        for name, numbers in run.nights.items():
            if name not in {"cycles", "cycles_spoilt"}:  # a start begins a cycle
                assert (rest.nights[name] == numbers[day:]).all(), name
            assert (rest.nights[name] == again[name]).all(), name


def test_the_log_says_what_was_told_on_days_of_rest():
    run = tl.simulate(chain(LATE, period=3, days=9))
    days = [event.day for event in run.log.of("remembered") if event.node == "depot"]
    assert days == list(range(9))
    assert [e.day for e in run.log.of("decided") if e.node == "depot"] == [0, 3, 6]


def test_errors_have_luck_of_their_own():
    """The same errors whatever the delay; none else is drawn, and no demand changes."""
    noisy, later = chain(Channel(noise=0.2)), chain(Channel(delay=4, noise=0.2), days=90)
    luck, other = draw_streams(noisy, 1), draw_streams(later, 1)
    assert list(luck.noise) == [DEPOT]
    assert (luck.noise[DEPOT] == other.noise[DEPOT][:60]).all()
    assert not draw_streams(chain(Channel(delay=4)), 1).noise
    assert (luck.demand["shop", "unit"] == other.demand["shop", "unit"][:60]).all()
    z = luck.noise[DEPOT]
    error = 4 / z.size**0.5
    assert abs(z.mean()) < error
    assert abs(z.var() - 1) < error * 2**0.5
    assert (draw_streams(noisy, 2).noise[DEPOT] != z).all()
    whole = draw_streams(noisy, 1, columns=100).noise[DEPOT]
    assert whole.shape == (60, 100)
    assert (whole[:, :64] == z).all()


def test_an_error_multiplies_what_a_day_tells():
    """Up to four times as much as was asked, never less than nothing."""
    network = CHAIN.change(tl.Demand("shop", "unit", tl.Constant(10)))
    scenario = tl.Scenario(network, tl.LotForLot(), days=7, sharing={"depot": Channel(noise=1)})
    z = draw_streams(scenario, 0).noise[DEPOT][:, 0]
    wanted = 10 * np.maximum(0.0, 1 + z)
    assert told(network=network, noise=1) == wanted.tolist()
    assert (wanted == 0).any()


def test_a_channel_that_comes_later_in_a_history_has_its_luck():
    """A plant changes who sees what from some morning on."""
    from twinlab.modeling.simulation.history import History

    lives = History(chain(FullSharing(), days=20), seed=4)
    lives.live(until=10)
    lives.change_rules(chain(Channel(delay=1, noise=0.2), days=20))
    lives.live()
    days = [event.day for event in lives.run().log.of("remembered") if event.node == "depot"]
    assert days == list(range(20))
    assert "channel" in lives.state.memory[DEPOT]


def test_a_game_shows_what_the_channel_tells():
    scenario = tl.Scenario(CHAIN, tl.LotForLot(), days=5, sharing={"depot": Channel(delay=2)})
    game, shown = tl.Game(scenario, players=["depot"]), []
    while game.view:
        shown.append(game.view.point_of_sale)
        game.order(game.view.demand)
    assert shown == [6, 6, 6, 2, 9]


def test_worlds_side_by_side_and_coarse_steps_have_channels_too():
    scenario = chain(LATE)
    assert "Channel(sees=FullSharing(), delay=3" in str(scenario.table["sees"].to_list())
    seen_from = tl.restrict(scenario, period=2).scenario
    assert seen_from.sharing[DEPOT] == LATE
    assert tl.replicate(seen_from, 3).replications == 3
