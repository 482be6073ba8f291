"""How many suppliers, which, and for how much: printed instances, enumeration, and simulation."""

from itertools import combinations, product
from math import inf, nan, prod

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import twinlab as tl
from twinlab.task import sourcing
from twinlab.task.sourcing import Offer, choose_sources, choose_suppliers

ITEM = ("shop", "unit")

# Heizer, Render & Munson, Operations Management, supplement 11, problems 2 and 3 (the decision tree
# of Berger, Gerstenfeld & Zeng 2004): a loss of 400,000 USD, a supplier is down in 5 % of years.
LOCAL, DISTANT = [15_000] * 3, [15_000, 25_000, 25_000]


@pytest.mark.parametrize(
    ("costs", "event", "printed", "best"),
    [(LOCAL, 0.03, [46_400, 42_970, 57_048.5], 2),
     (DISTANT, 0.005, [36_900, 42_995, 67_049.75], 1)],
)  # fmt: skip
def test_how_many_suppliers_by_the_decision_tree(costs, event, printed, best):
    offers = [Offer(f"s{at}", down=0.05, fixed_cost=cost) for at, cost in enumerate(costs)]
    found = [choose_suppliers(offers, 1, 400_000, event, n, n).cost for n in (1, 2, 3)]
    assert found == pytest.approx(printed, abs=0.01)
    choice = choose_suppliers(offers, 1, 400_000, event)
    assert len(choice.orders) == best
    assert choice.cost == pytest.approx(min(printed), abs=0.01)
    assert choice.lacking == pytest.approx(event + (1 - event) * 0.05**best, abs=1e-9)


def cheapest(offers, up, need, lost):
    """Buy from who is up, the cheapest first."""
    cost = 0.0
    for o in sorted((offers[at] for at in up), key=lambda o: o.price):
        if o.price < lost:
            units = min(o.capacity, need)
            cost, need = cost + units * o.price, need - units
    return cost + need * lost


def by_trying(offers, demand, lost, common, numbers):
    """The least expected cost over all sets of suppliers and all cases of who is down."""
    groups = [{at for at, o in enumerate(offers) if g in ("", o.group)} for g in common]
    best = inf
    for number in numbers:
        for chosen in combinations(range(len(offers)), number):
            total = sum(offers[at].fixed_cost for at in chosen)
            for own in product([True, False], repeat=number):
                for events in product([True, False], repeat=len(groups)):
                    chance = prod(1 - offers[at].down if up else offers[at].down
                                  for at, up in zip(chosen, own, strict=True))  # fmt: skip
                    struck = zip(events, common.values(), strict=True)
                    chance *= prod(p if e else 1 - p for e, p in struck)
                    hit = set().union(*(g for g, e in zip(groups, events, strict=True) if e))
                    up = [at for at, ok in zip(chosen, own, strict=True) if ok and at not in hit]
                    total += chance * cheapest(offers, up, demand, lost)
            best = min(best, total)
    return best


money = st.floats(0, 20).map(lambda x: round(x, 2))


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_no_set_of_suppliers_costs_less(data):
    draw = data.draw
    offers = [
        Offer(f"s{at}", draw(money), draw(st.sampled_from([20.0, 50.0, 80.0, inf])),
              draw(st.sampled_from([0.0, 0.05, 0.3])), draw(st.sampled_from([0.0, 40.0, 150.0])),
              group=draw(st.sampled_from(["", "north", "south"])))
        for at in range(draw(st.integers(1, 4)))
    ]  # fmt: skip
    groups = {"", *(o.group for o in offers)}
    common = {g: draw(st.sampled_from([0.0, 0.02, 0.2])) for g in groups}
    lost, low = draw(st.sampled_from([0.0, 15.0, 90.0])), draw(st.integers(0, len(offers)))
    high = draw(st.integers(max(low, 1), len(offers)))
    choice = choose_suppliers(offers, 100, lost, common, low, high)
    expected = by_trying(offers, 100, lost, common, range(low, high + 1))
    assert choice.cost == pytest.approx(expected, abs=1e-5)
    assert low <= len(choice.orders) <= high
    room = {o.name: o.capacity for o in offers}
    assert all(0 <= units <= room[name] + 1e-6 for name, units in choice.orders.items())
    assert sum(choice.orders.values()) <= 100 + 1e-6


def test_least_orders_by_hand():
    """The cheap one has 80; the dear one wants 30 or nothing, and is worth it while both are up."""
    cheap, dear = Offer("cheap", 5, 80), Offer("dear", 9, 100, least=30)
    assert choose_suppliers([cheap, dear], 100, 50).orders == {"cheap": 70, "dear": 30}
    assert choose_suppliers([cheap, dear], 100, 50).cost == pytest.approx(70 * 5 + 30 * 9)
    alone = choose_suppliers([cheap, dear], 100, 9.5)
    assert alone.orders == {"cheap": 80}  # 80 · 5 + 20 · 9.5 = 590 < 620
    assert alone.cost == pytest.approx(590)


def test_who_is_never_up_waives_no_least_order_of_others():
    offers = [
        Offer("cheap", 1),
        Offer("dear", 9, least=4),
        Offer("closed", 1, down=1, fixed_cost=1),
    ]
    choice = choose_suppliers(offers, 10, lost=100, fewest=3)
    assert choice.cost == pytest.approx(6 * 1 + 4 * 9 + 1)
    assert choice.orders == {"cheap": 6, "closed": 0, "dear": 4}


def test_a_group_that_fails_together_is_worth_one():
    """Two of the north share its event, so the dearer one of the south stands by."""
    offers = [Offer("n1", 5, group="north"), Offer("n2", 5, group="north"),
              Offer("s", 6, fixed_cost=1, group="south")]  # fmt: skip
    choice = choose_suppliers(offers, 10, 100, {"north": 0.1})
    assert choice.orders["s"] == 0
    assert choice.lacking == pytest.approx(0, abs=1e-9)
    assert choice.cost == pytest.approx(0.9 * 50 + 0.1 * 60 + 1)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"offers": []}, "give each its own name"),
        ({"offers": [Offer("a"), Offer("a")]}, "give each its own name"),
        ({"demand": 0}, "demand must be a finite number above 0"),
        ({"demand": nan}, "demand must be"),
        ({"lost": -1}, "lost must be a finite number of at least 0"),
        ({"common": 1.5}, "common must be a share"),
        ({"common": {"north": nan}}, "common"),
        ({"common": {"east": 0.1}}, "no group 'east'"),
        ({"fewest": 3}, "no 3 to 2 of 2 suppliers: least"),
        ({"most": 0}, "most must be a whole number of at least 1"),
        ({"offers": [Offer(str(at), down=0.1) for at in range(13)]}, "8192 cases are too many"),
    ],
)
def test_mistakes_are_told(given, words):
    right = {"offers": [Offer("a", group="north"), Offer("b", 3)], "demand": 5, "lost": 9}
    with pytest.raises(tl.TwinError, match=words):
        choose_suppliers(**{**right, **given})
    with pytest.raises(tl.TwinError, match="down is a number"):
        Offer("a", down=nan)


# -- on a scenario ------------------------------------------------------------------------------


def chain(**more):
    """Two ways to the shop: the cheap mine and the dear pit, both with capacity for all."""
    nodes = [tl.Node(name) for name in ("ore", "mine", "pit", "shop")]
    lanes = [tl.Lane("mine", "shop", "unit", cost_per_unit=1, capacity=30),
             tl.Lane("pit", "shop", "unit", cost_per_unit=3, sourcing_rank=2)]  # fmt: skip
    asked = tl.Demand("shop", "unit", tl.Poisson(20), backorders=False, lost_sale_cost=40)
    network = tl.Network([tl.Product("unit"), tl.Product("ore")], nodes, lanes, (), [asked],
                         [tl.Stock("shop", "unit", 25)])  # fmt: skip
    return tl.Scenario(network, tl.BaseStock(25), days=400, **more)


def test_a_calm_chain_buys_where_it_is_cheap():
    advice = choose_sources(chain(), ITEM)
    assert list(advice.values.values()) == [1, 0]
    assert "1 of 2 sources" in advice.title
    narrow = choose_sources(chain().set("mine->shop.capacity", 0.5), ITEM, least=0.2)
    assert list(narrow.values.values()) == [0.025, 0.975]  # no more than it has
    full = choose_sources(chain().set("mine->shop.capacity", 15), ITEM)
    assert list(full.values.values()) == [0.75, 0.25]


def test_what_is_advised_costs_less_where_the_cheap_source_fails():
    """The second source pays for itself: judged on other seeds, with the rule that is advised."""
    risky = chain().disrupt(tl.Outage.two_state("mine", 0.02, 0.1))
    advice = choose_sources(risky, ITEM, seed=3)
    assert advice.values["pit->shop/unit/road.sourcing_share"] == pytest.approx(0.05)
    changed = advice.scenario
    assert changed == advice.apply(risky)
    alone = risky.set({"mine->shop.sourcing_share": 1}).change(sourcing={"shop": tl.Shares()})
    both, one = (tl.replicate(s, 200, seed=9) for s in (changed, alone))
    lost = [tl.total_shortage_cost(batch) for batch in (both, one)]
    assert lost[0].mean() < 0.5 * lost[1].mean()


@pytest.mark.parametrize("least", [0.05, 0.0])
def test_what_is_promised_is_what_the_advised_rule_costs(least):
    """Two of three sources fail: the cheapest that is open takes what the others cannot."""
    prices = {"a": 1, "b": 2, "c": 20}
    lanes = [tl.Lane(s, "shop", "unit", cost_per_unit=usd) for s, usd in prices.items()]
    network = tl.Network([tl.Product("unit", value=50)], [tl.Node(n) for n in [*"abc", "shop"]],
                         lanes, (), [tl.Demand("shop", "unit", 10)],
                         [tl.Stock("shop", "unit", 400)])  # fmt: skip
    risky = tl.Scenario(network, tl.BaseStock(400), days=600).disrupt(
        tl.Outage.two_state("a", 0.02, 0.1), tl.Outage.two_state("b", 0.01, 0.1)
    )
    advice = choose_sources(risky, ITEM, lost=300, least=least)
    promised = float(advice.reason.split()[1])
    batch = tl.replicate(advice.scenario, 200, seed=11)
    found = tl.estimate(tl.cost(batch))
    assert abs(found.mean - promised) < 4 * (found.high - found.low) / 3.92 + 0.02 * promised
    assert batch.kpis.fill_rate.mean() > 0.999


def test_the_expected_cost_is_that_of_the_days_as_drawn():
    """By hand from the streams: cheap while the mine is open, dear while it is shut."""
    risky = chain().disrupt(tl.Outage.two_state("mine", 0.02, 0.1))
    open_days = sourcing.predict(risky, ITEM, seed=3).suppliers["mine, road"].mean
    found = choose_sources(risky, ITEM, seed=3, least=0)
    cost = 20 * (open_days * 1 + (1 - open_days) * 3)
    assert f"expected {tl.scope.base.shown(cost)} USD/day, 0 units/day" in found.reason


def upstream(shared):
    """Mine and pit are fed by one ore, or by one each; each feeder closes now and then."""
    calm = chain()
    feeders = ["ore", "ore" if shared else "sand"]
    lanes = [tl.Lane(f, to, "unit") for f, to in zip(feeders, ["mine", "pit"], strict=True)]
    network = calm.network.change(tl.Node("sand"), *lanes)
    outages = [tl.Outage.two_state(name, 0.02, 0.1) for name in dict.fromkeys(feeders)]
    return calm.change(network=network).disrupt(*outages)


def test_a_shared_place_upstream_makes_a_second_source_worthless():
    assert list(choose_sources(upstream(True), ITEM).values.values()) == [1, 0]
    assert list(choose_sources(upstream(False), ITEM).values.values()) == [0.95, 0.05]


def test_who_is_always_down_is_not_chosen():
    shut = choose_sources(chain().disrupt(tl.Outage("mine", days=900)), ITEM)
    assert list(shut.values.values()) == [0, 1]
    everybody = choose_suppliers([Offer("a"), Offer("b")], 5, 9, common=1)
    assert everybody.cost == pytest.approx(45)


def test_components_of_the_source_count():
    """The mine makes the unit of ore, which closes; the pit does not need it."""
    calm = chain()
    network = calm.network.change(
        tl.Lane("ore", "mine", "ore"), tl.Recipe("mine", "unit", {"ore": 1}, cost=0.5)
    )
    shut = calm.change(network=network).disrupt(tl.Outage("ore", start=10, days=100))
    found = choose_sources(shut, ITEM, least=0.1)
    assert list(found.values.values()) == [0.9, 0.1]
    assert f"expected {20 * (0.75 * (0.9 * 1.5 + 0.1 * 3) + 0.25 * 3):.4g} USD/day" in found.reason


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: choose_sources(chain(), ("mine", "unit")), "no lane brings 'unit' to 'mine'"),
        (lambda: choose_sources(chain(), "shop"), "item must be a tuple"),
        (lambda: choose_sources(chain(), ITEM, lost=nan), "lost must be"),
        (lambda: choose_sources(chain(), ITEM, least=2), "least must be a share"),
        (lambda: choose_sources(chain(), ITEM, most=0), "most must be"),
        (lambda: choose_sources(chain(), ITEM, lost=0), "costs too little: give lost"),
        (lambda: choose_sources(chain().set("shop/unit.pattern", 0), ITEM), "nobody asks"),
        (lambda: choose_sources(
            chain().set({"mine->shop.capacity": 0, "pit->shop.capacity": 0}), ITEM), "can deliver"),
        (lambda: choose_sources(chain(), ITEM, least=0.8, most=2), None),
    ],
)  # fmt: skip
def test_mistakes_on_a_scenario_are_told(call, words):
    if words is None:
        assert list(call().values.values()) == [1, 0]
        return
    with pytest.raises(tl.TwinError, match=words):
        call()
