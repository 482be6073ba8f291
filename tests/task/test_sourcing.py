"""Suppliers: shares, availabilities, allocations and a second source, against enumeration."""

from itertools import product
from math import prod

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import twinlab as tl
from twinlab.task import sourcing

ITEM = ("shop", "unit")


def shop(level=75):
    network = tl.serial(["mine", "shop"], demand=tl.Demand("shop", "unit", tl.Poisson(20)),
                        lead_time=3, on_hand={"shop": 60})  # fmt: skip
    return tl.Scenario(network, tl.BaseStock(level), days=150)


SPARE = tl.Lane("quarry", "shop", "unit", lead_time=5, cost_per_unit=2)


def test_shares_of_orders_are_shares_of_units():
    split = sourcing.prescribe(shop(), SPARE, share=0.25).scenario
    run = tl.simulate(split, seed=1)
    found = sourcing.describe(run, ITEM)
    assert found["quarry"].share == pytest.approx(0.25, abs=0.01)
    assert found["quarry"].freight == 2 * found["quarry"].sent
    assert found.table["lead time [days]"].tolist() == [3, 5]
    sent = found.table["sent [units]"]
    assert sent.sum() == pytest.approx(run.total("shipped"))


def test_simulated_availability_is_that_of_the_formulas():
    """Two independent sources that fail and recover: each, both, and one of the two."""
    two = sourcing.prescribe(shop().change(days=1500), SPARE).scenario
    struck = two.disrupt(
        tl.Outage.two_state("mine", 0.02, 0.1), tl.Outage.two_state("quarry", 0.05, 0.2)
    )
    a = [0.1 / (0.02 + 0.1), 0.2 / (0.05 + 0.2)]
    for needed in (1, 2):
        seen = sourcing.predict(struck, ITEM, seed=1, needed=needed)
        error = (seen.enough.high - seen.enough.mean) / 1.96
        # The first days are up: of 1,500 days that is worth less than 0.003.
        assert abs(seen.enough.mean - sourcing.k_out_of_n(needed, a)) < 4 * error + 0.003
        for up, said in zip(seen.suppliers.values(), a, strict=True):
            assert abs(up.mean - said) < 4 * (up.high - up.mean) / 1.96 + 0.003
    late = tl.State.initial(struck.network)
    late.day = 1499
    shut = shop().disrupt(tl.LaneOutage("mine", "shop", start=100))
    assert sourcing.predict(shut, ITEM).enough.mean == pytest.approx(149 / 150)
    assert sourcing.predict(struck, ITEM, late).enough.count == 256
    assert sourcing.predict(shop(), ITEM).enough.mean == 1


@settings(deadline=None)
@given(st.lists(st.floats(0, 1), min_size=1, max_size=5), st.integers(0, 6))
def test_at_least_so_many_by_trying_all_cases(chances, needed):
    total = sum(
        prod(c if up else 1 - c for c, up in zip(chances, case, strict=True))
        for case in product([0, 1], repeat=len(chances))
        if sum(case) >= needed
    )
    assert sourcing.k_out_of_n(needed, chances) == pytest.approx(total, abs=1e-12)


@pytest.mark.parametrize(("share", "least"), [(0.0, 0.03), (0.3, 0.004)])
def test_a_second_source_helps_while_the_first_is_shut(share, least):
    """With a level that covers the longer way, more customers are served at once.

    A fixed share helps less: the rest of the orders goes on waiting at the closed source.
    """
    closed = shop(130).disrupt(tl.Outage("mine", start=60, days=21))
    advice = sourcing.prescribe(closed, SPARE, share=share)
    found = advice.compare(closed, 100, seed=1)
    assert found.difference(advice.title, "fill_rate").low > least


def test_a_standby_source_changes_nothing_in_calm_times():
    calm = shop()
    advice = sourcing.prescribe(calm, SPARE)
    assert advice.compare(calm, 50).difference(advice.title, "mean_stock").mean == 0


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: sourcing.prescribe(shop(), tl.Lane("a", "mine", "unit")), "first source"),
        (lambda: sourcing.prescribe(shop(), SPARE, share=30), "share from 0 to 1"),
        (lambda: sourcing.k_out_of_n(1, [0.9, 9]), "a share from 0 to 1"),
        (lambda: sourcing.predict(shop(), ("mine", "unit")), "no lane brings 'unit' to 'mine'"),
    ],
)
def test_mistakes_are_told(call, words):
    with pytest.raises(tl.TwinError, match=words):
        call()
