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
    split = sourcing.second_source(shop(), SPARE, share=0.25).scenario
    run = tl.simulate(split, seed=1)
    table = sourcing.suppliers(run, ITEM)
    assert table.loc["quarry", "share"] == pytest.approx(0.25, abs=0.01)
    assert table.loc["quarry", "freight [USD]"] == 2 * table.loc["quarry", "units"]
    assert table["lead time [days]"].tolist() == [3, 5]
    assert table["units"].sum() == pytest.approx(run.total("shipped"))
    assert sourcing.concentration(dict(table["units"])) == pytest.approx(0.625, abs=0.01)


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
    """Same luck, and a level that covers the longer way: more customers are served at once.

    A fixed share helps less: the rest of the orders goes on waiting at the closed source.
    """
    closed = shop(130).disrupt(tl.Outage("mine", start=60, days=21))
    advice = sourcing.second_source(closed, SPARE, share)
    found = advice.compare(closed, 100, seed=1)
    assert found.difference(advice.title, "fill_rate").low > least


def test_a_standby_source_changes_nothing_in_calm_times():
    calm = shop()
    advice = sourcing.second_source(calm, SPARE)
    assert advice.compare(calm, 50).difference(advice.title, "mean_stock").mean == 0


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: sourcing.second_source(shop(), tl.Lane("a", "mine", "unit")), "first source"),
        (lambda: sourcing.second_source(shop(), SPARE, share=30), "share of 0 to 1"),
        (lambda: sourcing.k_out_of_n(1, [0.9, 9]), "lie in 0 to 1"),
        (lambda: sourcing.concentration({"a": 0}), "not all 0"),
        (lambda: sourcing.availability(0, 5), "above 0"),
    ],
)
def test_mistakes_are_told(call, words):
    with pytest.raises(tl.TwinError, match=words):
        call()
