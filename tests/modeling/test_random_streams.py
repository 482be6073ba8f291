"""RandomStreams: named streams, blocks of replications, and how often random disruptions strike."""

import numpy as np
import pytest

import twinlab as tl
from twinlab.modeling.simulation import random_streams
from twinlab.modeling.simulation.random_streams import BLOCK, draw_streams, stream

SHOP = tl.serial(["mine", "shop"], demand=tl.Normal(50, 8), lead_time=tl.Gamma(4, 2))
LONG = tl.Scenario(SHOP, tl.LotForLot(), days=3000)
STRIKE = tl.Outage("mine", rate=0.05, days=4)


def mean_and_error(columns):
    """Mean of the replications' means, and its standard error."""
    means = columns.mean(axis=0)
    return means.mean(), means.std(ddof=1) / np.sqrt(len(means))


# -- streams --


def test_a_stream_is_told_by_seed_block_and_name():
    """The same three give the same numbers; any other seed, block or name gives others."""
    first = stream(1, 0, "demand", "shop", "bike").random(4)
    assert np.array_equal(first, stream(1, 0, "demand", "shop", "bike").random(4))
    for other in ((2, 0, "demand", "shop", "bike"), (1, 1, "demand", "shop", "bike"),
                  (1, 0, "yield", "shop", "bike"), (1, 0, "demand", "shopb", "ike"),
                  (1, 0, "demand", "shop", "bikes")):  # fmt: skip
        assert not np.isin(first, stream(*other).random(4)).any()


def test_a_replication_is_a_column_of_its_block():
    """Replication 70 is column 6 of block 1, and so in every horizon."""
    run = tl.simulate(LONG.change(days=40), seed=3, replication=70)
    block = draw_streams(LONG, 3, block=1)
    assert BLOCK == 64
    assert np.array_equal(run.series("demand"), block.demand["shop", "unit"][:40, 6])
    leads = [event.due - event.day for event in run.log.of("shipped")]
    assert leads == block.lead_time["mine", "shop", "unit", "road"][:40, 6].tolist()


def test_shops_alike_have_luck_of_their_own():
    twins = tl.distribution("DC", ["north", "south"], demand=tl.Normal(50, 8))
    luck = draw_streams(tl.Scenario(twins, tl.LotForLot(), days=2000), 5)
    north, south = (luck.demand[name, "unit"].ravel() for name in ("north", "south"))
    assert abs(np.corrcoef(north, south)[0, 1]) < 4 / np.sqrt(north.size)


def test_what_is_added_to_a_network_leaves_the_rest_its_luck():
    """Another node, product and customer change no draw of those that were there."""
    more = SHOP.change(
        tl.Node("kiosk"), tl.Product("tea"), tl.Lane("mine", "kiosk", "tea", lead_time=2),
        tl.Demand("kiosk", "tea", tl.Poisson(3)),
    )  # fmt: skip
    one, two = draw_streams(LONG, 8), draw_streams(tl.Scenario(more, tl.LotForLot(), days=3000), 8)
    assert np.array_equal(one.demand["shop", "unit"], two.demand["shop", "unit"])
    key = ("mine", "shop", "unit", "road")
    assert np.array_equal(one.lead_time[key], two.lead_time[key])


def test_a_draw_is_used_or_not_but_always_made():
    """A lane that is closed for some days has the lead times it had on all others."""
    closed = tl.LaneOutage("mine", "shop", days=5, start=10)
    plain, other = (tl.simulate(s.change(days=40), seed=2) for s in (LONG, LONG.disrupt(closed)))

    def leads(run):
        return {e.day: e.due - e.day for e in run.log.of("shipped")}

    assert leads(other).keys() == leads(plain).keys() - set(range(10, 15))
    assert leads(other).items() <= leads(plain).items()


@pytest.mark.parametrize(("back", "least"), [(False, 0), (True, 1)], ids=["on", "in a circle"])
def test_no_goods_arrive_before_they_left(back, least):
    """A law that reaches below zero is cut there; in a circle of lanes, at a day."""
    network = SHOP.change(tl.Lane("mine", "shop", "unit", lead_time=tl.Normal(1, 2)))
    if back:
        network = network.change(tl.Lane("shop", "mine", "unit", lead_time=2))
    days = draw_streams(tl.Scenario(network, tl.LotForLot(), days=300), 4).lead_time
    drawn = days["mine", "shop", "unit", "road"]
    assert drawn.min() == least
    assert 0.2 < (drawn == least).mean() < 0.7
    assert drawn.max() > 5


def test_no_more_is_good_than_was_started():
    """A yield whose law reaches above 1 is cut there, day by day; below 1 it stays as drawn."""
    network = tl.assembly("plant", {"wheel": 2}, demand=tl.Constant(5), on_hand=9)
    network = network.change(tl.Recipe("plant", "unit", {"wheel": 2}, good_share=tl.Normal(1, 0.2)))
    share = draw_streams(tl.Scenario(network, tl.BaseStock(20), days=400), 7).good_share[
        "plant", "unit"
    ]
    assert share.max() == 1.0
    assert (share == 1.0).mean() == pytest.approx(0.5, abs=0.02)
    below = 1 - 0.2 * np.sqrt(2 / np.pi)  # the mean of a normal law below its mean
    assert share[share < 1].mean() == pytest.approx(below, abs=0.01)


def test_what_is_certain_takes_no_room_and_a_trace_is_shared():
    """One number stands for all days, of whole days as of units; a trace is its own table."""
    network = tl.assembly("plant", {"wheel": 2}, demand=tl.Trace(range(50)), lead_time=3)
    network = network.change(tl.Recipe("plant", "unit", {"wheel": 2}, good_share=1.5 - 0.6))
    sure = draw_streams(tl.Scenario(network, tl.BaseStock(20), days=40), 7)
    times, shares = sure.lead_time.popitem()[1], sure.good_share["plant", "unit"]
    for table, value in ((times, 3), (shares, 0.9)):
        assert table.shape == (40, 1)
        assert table.strides[0] == 0
        assert (table == value).all()
    assert times.dtype == np.intp
    asked = sure.demand["plant", "unit"]
    assert np.shares_memory(asked, network.demands[0].pattern.values)
    assert asked[:, 0].tolist() == list(range(40))
    for table in (times, shares, asked):
        assert not table.flags.writeable


def test_a_season_scales_what_is_certain_day_by_day():
    row = tl.Demand("shop", "unit", tl.Constant(4), season=(1, 0.5), season_days=4, trend=-0.25)
    trace = tl.Demand("shop", "unit", tl.Trace((4,) * 6), (1, 0.5), 4, -0.25)
    for demand in (row, trace):
        drawn = draw_streams(LONG.change(network=SHOP.change(demand), days=6), 1).demand
        asked = drawn["shop", "unit"]
        assert asked[:, 0].tolist() == [4, 3, 1, 0.5, 0, 0]
        assert not np.signbit(asked).any()
        assert asked[:, 0].tolist() == [4 * demand.scale(day) for day in range(6)]


def test_a_loss_moves_without_another_draw_of_when_it_strikes(monkeypatch):
    """What decides when and how long is kept; a user's own law of days is drawn each time."""
    made = []
    felt = random_streams._felt
    monkeypatch.setattr(random_streams, "_felt", lambda *given: made.append(1) or felt(*given))
    for loss in (0.2, 0.7):
        struck = tl.Outage("mine", rate=0.0517, days=4, loss=loss)
        left = draw_streams(LONG.disrupt(struck), 91).making["mine", "unit"]
        assert left.min() == pytest.approx(1 - loss)
    assert len(made) == 1


# -- random disruptions --


def test_a_random_disruption_is_active_as_often_as_its_rate_says():
    """Up (1 - r) / r days on average, then down D days: active D / (D + (1 - r) / r)."""
    active = draw_streams(LONG.disrupt(STRIKE), 4).active[0]
    mean, error = mean_and_error(active)
    assert error < 0.005
    assert abs(mean - 4 / (4 + 0.95 / 0.05)) < 4 * error


def test_a_recovery_belongs_to_the_disruption():
    """While it fades out it does not strike again: three more active days each time."""
    active = draw_streams(LONG.disrupt(tl.Outage("mine", rate=0.05, days=4, recovery=3)), 4).active[
        0
    ]
    mean, error = mean_and_error(active)
    assert abs(mean - 7 / (7 + 0.95 / 0.05)) < 4 * error


def test_a_random_disruption_waits_for_its_first_day():
    active = draw_streams(LONG.disrupt(tl.Outage("mine", rate=0.5, days=4, start=20)), 4).active[0]
    assert not active[:20].any()
    assert active[20].any()


def test_random_lengths_have_their_mean():
    """A certain strike each time it can: Uniform(1, 5) rounded up lasts 3.5 days on average."""
    scenario = LONG.disrupt(tl.Outage("mine", days=tl.Uniform(1, 5), rate=1, recovery=1))
    half = draw_streams(scenario, 6).making["mine", "unit"] == 0.5
    starts, ends = half[:-1].sum(), half[1:].sum()
    days = half.size / ((starts + ends) / 2) - 1
    assert days == pytest.approx(3.5, rel=0.01)


def test_one_disruption_strikes_whatever_others_do():
    """Adding a disruption, even of the same kind and node, leaves the first its days."""
    first = draw_streams(LONG.disrupt(STRIKE), 4).active[0]
    others = [STRIKE, tl.Outage("shop", rate=0.1), tl.DemandShift("shop", factor=2, rate=0.1)]
    luck = draw_streams(LONG.disrupt(STRIKE, *others), 4)
    assert np.array_equal(first, luck.active[0])
    for active in luck.active[1:]:
        both = (first & active).mean()
        assert both == pytest.approx(first.mean() * active.mean(), abs=0.01)


@pytest.mark.parametrize(
    ("mild", "hard"),
    [
        (tl.DemandShift("shop", factor=1, rate=0.1), tl.DemandShift("shop", factor=2, rate=0.1)),
        (tl.Delay("mine", "shop", extra=1, rate=0.1), tl.Delay("mine", "shop", extra=9, rate=0.1)),
    ],
)  # fmt: skip
def test_how_hard_it_strikes_does_not_change_when(mild, hard):
    """Common random numbers: a slider of the severity moves nothing else."""
    one, two = (draw_streams(LONG.disrupt(each), 4).active[0] for each in (mild, hard))
    assert np.array_equal(one, two)


@pytest.mark.parametrize("replication", [0, 65])
def test_each_replication_has_disruptions_of_its_own(replication):
    """A random disruption's days in a run are those of its column in its block."""
    run = tl.simulate(LONG.change(days=200).disrupt(STRIKE), seed=9, replication=replication)
    block, column = divmod(replication, BLOCK)
    active = draw_streams(LONG.disrupt(STRIKE), 9, block).active[0][:200, column]
    begun = [event.day for event in run.log.of("disrupted")]
    before = np.concatenate([[False], active[:-1]])
    assert begun == np.flatnonzero(active & ~before).tolist()
    assert begun


def test_a_random_disruption_may_strike_again_on_the_first_day_on_which_it_is_not_felt():
    """A certain strike each time it can: two days and one of recovery, then at once, or a pause."""
    severity = {}
    for pause in (0, 1, 3):
        outage = tl.Outage("mine", rate=1, days=2, recovery=1, start=1, pause=pause)
        severity[pause] = (
            1 - draw_streams(LONG.change(days=13).disrupt(outage), 4).making["mine", "unit"][:, 0]
        )
    assert severity[0].tolist() == [0, 1, 1, 0.5, 1, 1, 0.5, 1, 1, 0.5, 1, 1, 0.5]
    assert severity[1].tolist() == [0, 1, 1, 0.5, 0, 1, 1, 0.5, 0, 1, 1, 0.5, 0]
    assert severity[3].tolist() == [0, 1, 1, 0.5, 0, 0, 0, 1, 1, 0.5, 0, 0, 0]


@pytest.mark.parametrize(("fail", "recover"), [(0.05, 0.2), (0.6, 0.9), (0.3, 1)])
def test_two_states_change_with_their_probabilities_whatever_was_before(fail, recover):
    """A Markov chain: the day before decides, and not the day before that."""
    up = ~draw_streams(LONG.disrupt(tl.Outage.two_state("mine", fail, recover)), 12).active[0]
    mean, error = mean_and_error(up[50:])
    assert abs(mean - recover / (fail + recover)) <= 4 * error
    two, one, today = up[:-2], up[1:-1], up[2:]
    for older in (True, False):
        for before, answer in ((True, 1 - fail), (False, recover)):
            found = today[(two == older) & (one == before)]
            if answer == 1:
                assert found.all()
            else:
                bound = 4 * np.sqrt(answer * (1 - answer) / len(found))
                assert abs(found.mean() - answer) <= bound, (older, before)
    first = draw_streams(LONG.disrupt(tl.Outage.two_state("mine", fail, recover)), 13, 0, 4096)
    share = first.active[0][0].mean()
    assert abs(share - fail) <= 4 * np.sqrt(fail * (1 - fail) / 4096)


@pytest.mark.parametrize(("fail", "recover"), [(0, 0.5), (0.5, 0), (1.5, 0.5), (0.5, -1)])
def test_a_probability_of_two_states_that_is_none_is_taught(fail, recover):
    with pytest.raises(tl.ScenarioError, match="is a probability above 0, at most 1, got"):
        tl.Outage.two_state("mine", fail, recover)
