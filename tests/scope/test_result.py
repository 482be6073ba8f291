"""What a function gives back prints, tabulates and shows in one way."""

from dataclasses import FrozenInstanceError, dataclass

import numpy as np
import pytest

import twinlab as tl
from twinlab.scope.columns import column
from twinlab.scope.result import Estimate, Listing, Result, html_of, shown, words


@dataclass(frozen=True)
class Loss(Result):
    site: str = column("name", meaning="where")
    days: int = column("days", meaning="closed")
    loss: Estimate | None = column("USD", None, "of the customers")
    insured: bool = column("yes/no", False, "whether somebody pays")


@dataclass(frozen=True)
class Losses(Listing):
    caption = "Losses & gains"
    sites: tuple[Loss, ...]
    by_day: dict


@dataclass(frozen=True)
class Told(Loss):
    def sentence(self):
        return f"{self.site} <lost>"


MANY = Estimate(1234.5, 1000.0, 1500.0, 200, 0.95)
MINE, SHOP = Loss("mine", 1400, MANY), Loss("shop", 3, insured=True)
BOTH = Losses((MINE, SHOP), {"mine": 1})


@pytest.mark.parametrize(("value", "text"), [
    (0, "0"), (-0.0, "0"), (0.1 + 0.2, "0.3"), (999.4, "999.4"), (999.96, "1,000"),
    (1e7, "10,000,000"),
    (-12345.6, "-12,346"), (1.5e-7, "1.5e-07"), (float("inf"), "inf"), (float("nan"), "–"),
    (None, "–"), (True, "yes"), (np.False_, "no"), (np.int64(2000), "2,000"), ("a", "a"),
    (np.array([1.0, np.nan, 2.0]), "1.5"), (np.array([np.nan]), "–"), ([1, 2.5], "1, 2.5"),
    ({"a": 1, "b": None}, "a 1, b –"), (MANY, "1,234 [1,000, 1,500]"),
    (tuple(range(20)), "0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, …"),
])  # fmt: skip
def test_a_value_is_written_in_one_way(value, text):
    assert words(value) == text


@pytest.mark.parametrize("number", [0.0, 1.0, 12.34, 123.44, 1234.0, 5e-5, 123456.0])
def test_what_is_shown_is_near_what_is_meant(number):
    assert float(shown(number).replace(",", "")) == pytest.approx(number, rel=5e-4)


def test_a_row_is_a_line_of_words_with_units():
    assert str(MINE) == repr(MINE) == (
        "site mine · days 1,400 days · loss 1,234 [1,000, 1,500] USD · insured no"
    )  # fmt: skip
    assert "loss – · insured yes" in str(SHOP)


def test_the_table_of_a_row_has_its_columns_with_intervals_and_units():
    table = MINE.table
    assert list(table.columns) == ["value", "low", "high", "unit", "meaning"]
    assert table.loc["loss", ["value", "low", "high", "unit"]].tolist() == [
        1234.5,
        1000,
        1500,
        "USD",
    ]
    assert list(SHOP.table.columns) == ["value", "unit", "meaning"]
    assert SHOP.table["value"].tolist() == ["shop", 3, "–", True]


def test_a_listing_is_a_caption_and_a_line_for_each_row():
    assert str(BOTH).splitlines() == ["Losses & gains", str(MINE), str(SHOP)]
    assert list(BOTH) == [MINE, SHOP]
    assert len(BOTH) == 2


def test_the_table_of_a_listing_has_its_units_and_intervals_in_the_headings():
    heads = ["days [days]", "loss [USD]", "loss low [USD]", "loss high [USD]", "insured"]
    assert list(BOTH.table.columns) == heads
    assert BOTH.table.index.tolist() == ["mine", "shop"]
    assert BOTH.table.loc["mine", "loss low [USD]"] == 1000
    assert BOTH.table.loc["shop", "loss [USD]"] == "–"
    assert Losses((), {}).table.empty


def test_a_row_is_found_by_its_name():
    assert BOTH["shop"] is SHOP
    with pytest.raises(tl.ScenarioError, match=r"Losses & gains: no 'mien'; did you mean 'mine'\?"):
        BOTH["mien"]


def test_html_has_caption_units_and_intervals_and_escapes_names():
    page = BOTH._repr_html_()
    assert "<caption>Losses &amp; gains</caption>" in page
    assert "<th>loss [USD]</th>" in page
    assert "<th>loss low [USD]</th>" in page
    assert "<td>1,234</td>\n      <td>1,000</td>\n      <td>1,500</td>" in page
    assert "&lt;b&gt;" in Loss("<b>", 1)._repr_html_()
    assert "<caption>mine &lt;lost&gt;</caption>" in Told("mine", 3)._repr_html_()
    assert "<td>1,000</td>\n      <td>1,500</td>\n      <td>USD</td>" in MINE._repr_html_()
    assert "<caption>a<br>b</caption>" in html_of(MINE.table, "a\nb")


def test_a_class_says_it_better_with_one_sentence():
    assert str(Told("mine", 3)) == repr(Told("mine", 3)) == "mine <lost>"


def test_a_result_is_never_written_over():
    with pytest.raises(FrozenInstanceError):
        MINE.days = 3
    with pytest.raises(tl.TwinError):
        BOTH.by_day["mine"] = 2


def test_an_estimate_says_what_it_is_made_of():
    assert str(MANY).startswith("1,234 [1,000, 1,500]: mean of 200 replications, 95 % interval")
    assert MANY.table.loc["count", "value"] == 200
