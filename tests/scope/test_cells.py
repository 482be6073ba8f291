"""No cell is silently one of two things, and what is written is read back."""

import tempfile

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import twinlab as tl
from twinlab.scope.dialect import read_number, write_number


@pytest.mark.parametrize("text", ["1.950", "1,950", "12.345", "-7.000", "999,999"])
def test_a_number_that_two_countries_read_differently_is_refused(text):
    with pytest.raises(ValueError, match=r"in some countries and .* in others: write"):
        read_number(text)


@pytest.mark.parametrize("text", ["1.95", "19.5", "1950", "0.125", "1.1250", "1e3", "inf"])
def test_a_number_that_all_read_alike_is_exact(text):
    assert read_number(text) == float(text)


@given(st.floats(allow_nan=False))
def test_a_number_that_is_written_is_read_back(value):
    assert read_number(write_number(value)) == value


NAMES = st.text(min_size=1, max_size=6)
LAWS = st.one_of(
    st.builds(tl.Constant, st.floats(0, 1e6)),
    st.builds(tl.Normal, st.floats(0.001, 1e4), st.floats(0.001, 1e3)),
    st.builds(tl.Empirical, st.lists(st.floats(0, 1e5), min_size=1, max_size=5)),
    st.builds(tl.Trace, st.lists(st.floats(0, 1e5), max_size=5)),
)


@given(st.lists(NAMES, min_size=2, max_size=3), NAMES, LAWS, st.floats(0, 1e7), LAWS)
@settings(max_examples=40, deadline=None)
def test_every_network_that_can_be_made_is_written_and_read_back(names, unit, law, cost, time):
    try:
        network = tl.serial(names, demand=law, lead_time=time, holding_cost=cost, product=unit)
    except tl.NetworkError:
        return  # no network, by name
    with tempfile.TemporaryDirectory() as folder:
        network.to_tables(folder)
        assert tl.Network.from_tables(folder) == network


class Mixture:
    """A student's own law."""

    average = lowest = 1.0

    def draw(self, generator, scale, width):
        return scale[:, None]


def test_a_law_of_ones_own_is_refused_before_anything_is_written(tmp_path):
    network = tl.serial(["mine", "shop"], demand=Mixture())
    with pytest.raises(tl.NetworkError, match=r"pattern .*Mixture.* cannot be read back"):
        network.to_tables(tmp_path / "chain")
    assert not (tmp_path / "chain").exists()


FILES = [
    ("products.csv", "name,value,value\nu,1,2\n", "two columns are called 'value'"),
    ("products.csv", "name;worth\nu;1\n", "products.csv: unknown column 'worth'"),
    ("lanes.csv", "source,destination,product,lead_time\nmine,shop,u,\n",
     "lanes.csv row 1: lead_time is blank"),
    ("stocks.csv", "node,product,on_hand\nshop,u,\n", "stocks.csv row 1: on_hand is blank"),
    ("stocks.csv", "node,product,on_hand\nshop,u,1.950\n",
     "'1.950' is 1.95 in some countries and 1950 in others: write 1.95 or 1950.0"),
    ("demands.csv", "node,product,pattern\nshop,u,\"1,950\"\n", "is 1.95 in some countries"),
    ("recipes.csv", "node,product,components\nshop,u,a: 1; b: 1; a: 1\n", "names 'a' 2 times"),
    ("recipes.csv", "node,product,components\nshop,u,wheel\n", "is written 'frame: 1; wheel: 2'"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "text", "words"), FILES)
def test_a_cell_that_could_mean_two_things_is_refused(tmp_path, name, text, words):
    tl.serial(["mine", "shop"], demand=5, product="u").to_tables(tmp_path)
    (tmp_path / name).write_text(text)
    with pytest.raises(tl.NetworkError) as caught:
        tl.Network.from_tables(tmp_path)
    assert words in str(caught.value)


@given(st.integers(1, 1500))
def test_every_day_of_a_year_gets_its_own_factor(parts):
    row = tl.Demand("shop", "rose", 1, season=range(parts), season_days=parts)
    assert row.scales(np.arange(parts)).tolist() == list(range(parts))
    assert row.scale(parts - 1) == parts - 1
