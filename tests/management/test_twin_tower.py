"""A twin's tower: quiet while all is well, and first of all it names the supplier that closed."""

import pytest

import twinlab as tl
from twinlab import cases
from twinlab.technology import Sensors

CHIPS = "Malaysia packaging"


@pytest.mark.parametrize("told", [True, False], ids=["told", "untold"])
def test_a_twin_ranks_the_closed_supplier_of_its_chips_first(told):
    """Car makers' stock outlasts it, so at best no sale is lost; yet nothing comes before it."""
    case = cases.automotive()
    hidden = tl.Outage(CHIPS, start=90, days=60)
    met = 88 if told else 70  # it takes some nights to learn what flows
    plant, twin = case.twin(hidden, seed=3, day=met, sensors=Sensors(reporting=told))
    if told:
        assert twin.tower().alerts == ()  # two days before
    plant.advance(114 - met)
    twin.sync()
    first, *others = twin.tower().alerts
    assert (first.kind, first.node, first.owner) == ("closed site", CHIPS, "supply-risk manager")
    assert "until about day" in first.reason  # 42 days are usual
    assert first.money >= max((alert.money for alert in others), default=0)


def test_a_twin_is_told_who_may_be_late():
    """Chances enter as numbers, by lane and day of departure; the surest comes first."""
    hasty = tl.Demand("shop", "unit", tl.Normal(10, 2), backorders=False, lost_sale_cost=40)
    chain = tl.Scenario(tl.serial(["mine", "shop"], demand=hasty, lead_time=4, on_hand=10),
                        tl.BaseStock(46), days=60)  # fmt: skip
    bus = tl.Bus()
    plant, twin = tl.Plant(chain, bus, seed=2), tl.Twin(chain, bus)
    plant.advance(30)
    twin.sync()
    ((lane, sent),) = twin.state.under_way.items()
    late = {(*lane, goods.left): 0.2 + 0.2 * at for at, goods in enumerate(sent[:2])}
    told = [alert for alert in twin.tower(late=late).alerts if alert.kind == "may be late"]
    assert len(told) == 2
    assert "chance 0.40" in told[0].reason
    assert 0 < told[1].money < told[0].money < 0.4 * sent[1].quantity * 40


@pytest.mark.parametrize("told", [True, False], ids=["told", "untold"])
def test_a_small_chain_has_its_money_at_risk_in_the_morning(told):
    hasty = tl.Demand("shop", "unit", tl.Normal(10, 2), backorders=False, lost_sale_cost=40)
    network = tl.serial(["mine", "mill", "shop"], demand=hasty, lead_time=2, on_hand=40)
    network = network.change(tl.Node("mine", time_to_recover=20))
    chain = tl.Scenario(network, tl.BaseStock(60), days=200)
    bus = tl.Bus()
    plant = tl.Plant(
        chain.disrupt(tl.Outage("mine", start=60, days=30)), bus, 4, Sensors(reporting=told)
    )
    twin = tl.Twin(chain, bus)
    plant.advance(59)
    twin.sync()
    assert len(twin.tower().alerts) <= 3
    plant.advance(6)
    twin.sync()
    first, *others = twin.tower().alerts
    assert (first.kind, first.node) == ("closed site", "mine")
    assert first.money > 40 * 10 * 10  # some 20 days more, of which stocks last a few
    assert any(alert.kind == "shortage ahead" for alert in others)
