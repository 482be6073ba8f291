"""Recorded demand: every shape of table, closed days, and the law that customers ask by."""

import numpy as np
import pandas as pd
import pytest

import twinlab as tl

DAYS = pd.date_range("2024-01-01", periods=7 * 104)
ROW = tl.Demand("shop", "bike", 1)


def history(text, **how):
    return tl.read_history({"sales": table(text)} if isinstance(text, str) else text, **how)


def table(text):
    head, *rows = (line.split(";") for line in text.strip().splitlines())
    return pd.DataFrame(rows, columns=head).replace("", None)


def long(dates, quantities):
    frame = pd.DataFrame({"date": dates, "node": "shop", "product": "bike", "quantity": quantities})
    return frame.dropna(subset=["quantity"])


def values(found):
    """Each item's quantities; None where they are not known."""
    return {item: [None if np.isnan(v) else v for v in found.table[item]] for item in found.items}


BIKE, CAR = ("shop", "bike"), ("shop", "car")
SHAPES = {
    "long": ("date;node;product;quantity\n2026-03-01;shop;bike;4,5\n2.3.2026;shop;bike;6\n", {}),
    "wide by days": ("node;product;1.3.2026;2.3.2026\nshop;bike;4.5;6\n", {}),
    "wide by items": ("date;bike\n1.3.2026;4.5\n2.3.2026;6\n", {"fixed": {"node": "shop"}}),
    "wide by both": ("date;shop/bike\n1.3.2026;4.5\n2.3.2026;6\n", {}),
    "items and a total": ("date;bike;Total\n1.3.2026;4.5;9\n2.3.2026;6;9\n",
                          {"fixed": {"node": "shop"}}),
    "American": ("node;product;03/01/2026;03/02/2026;03/25/2026\nshop;bike;4.5;6;1\n", {}),
    "Excel's days": ("date;node;product;quantity\n46082;shop;bike;4.5\n46083;shop;bike;6\n", {}),
    "hours": ("date;node;product;quantity\n2026-03-01 09:00;shop;bike;4\n"
              "2026-03-01 17:30;shop;bike;0.5\n2026-03-02 08:00;shop;bike;6\n", {}),
    "M5": ("id;item_id;store_id;d_1;d_2\nx;bike;shop;4.5;6\n",
           {"columns": {"item_id": "product", "store_id": "node", "*": None}}),
}  # fmt: skip


@pytest.mark.parametrize("shape", SHAPES)
def test_every_shape_tells_the_same(shape):
    text, how = SHAPES[shape]
    found = history(text, **how)
    assert found.items == (BIKE,)
    assert values(found)[BIKE][:2] == [4.5, 6]
    assert f"{found.start}" == ("None" if shape == "M5" else "2026-03-01")


@pytest.mark.parametrize(
    ("dates", "step", "end"),
    [(["2026-W09", "2026-W10", "2026-W12"], "week", "2026-03-23"), (["2026-W09"], "week",
      "2026-03-02"), (["2026-01", "2026-02"], "month", "2026-03-01"), (["Jan 26"], "month",
      "2026-02-01"), (["31.01.2026", "28.02.2026", "31.03.2026"], "month", "2026-04-01"),
     (["2026-03-02", "2026-03-09", "2026-03-16"], "week", "2026-03-23"),
     (["2026-03-01", "2026-03-22"], "day", "2026-03-23"), (["2026-03-01"], "day", "2026-03-02")],
)  # fmt: skip
def test_days_weeks_and_months_are_told_apart(dates, step, end):
    found = history(long(dates, 31.0))
    assert (found.step, f"{found.end}") == (step, end)
    assert sum(found.days()[BIKE]) == pytest.approx(31 * len(dates))


def test_what_is_closed_is_not_zero():
    """Weekdays without rows and rare days are closed; many days without rows are zeros."""
    week = np.where(DAYS.day_of_week < 5, 5.0, np.nan)
    holidays = np.where(DAYS.day_of_year == 5, np.nan, week)
    assert history(long(DAYS, holidays)).table[BIKE].dropna().eq(5).all()
    sparse = np.where(np.arange(len(DAYS)) % 3, np.nan, 5.0)
    assert history(long(DAYS, sparse)).table[BIKE].mean() == pytest.approx(5 / 3, rel=0.01)
    zeros = np.where(np.arange(len(DAYS)) % 2, 0.0, week)
    found = history(long(DAYS, zeros))
    assert found.table[BIKE].isna().sum() == np.isnan(zeros)[: len(found.table)].sum()
    for gaps, mean in (("closed", 5), ("zero", 5 / 3)):
        assert history(long(DAYS, sparse), gaps=gaps).table[BIKE].mean() == pytest.approx(
            mean, rel=0.01
        )
    told = [note.what for note in history(long(DAYS, sparse), gaps="zero").report.notes]
    assert any("days without rows are days of 0" in what for what in told)


def test_a_blank_cell_is_not_known():
    found = history("date;bike;car\n1.3.2026;1;-\n2.3.2026;;4\n", fixed={"node": "shop"})
    assert values(found) == {BIKE: [1, 0], CAR: [None, 4]}
    told = [note.what for note in found.report.notes]
    assert "1 blank cells are not known, and no 0" in told
    assert "shop: 1 items are not told of on an open day: 0" in told


def test_rows_of_a_day_are_added_and_it_is_told():
    found = history(long(["2026-03-01", "2026-03-01"], [1.0, 2.0]))
    assert values(found) == {BIKE: [3]}
    assert any("1 rows of a day and item add to others" in n.what for n in found.report.notes)


TOLD = "date;node;product;quantity\n"
WRONG = [
    (TOLD + "2026-03-01;shop;bike;-4\n", {}, "row 1: quantity is a number of at least 0, got '-4'"),
    (TOLD + "2026-03-01;shop;bike;inf\n", {}, "quantity is a number of at least 0"),
    (TOLD + "2026-03-01;shop;bike;many\n", {}, "row 1: quantity is a number"),
    (TOLD + "2026-03-01;shop;bike;1.950\n", {}, "row 1: quantity .* 1.95 in some countries"),
    (TOLD + "2026-03-01;shop;bike;1\n3/4/2026;shop;bike;1\n", {}, "row 2: date .*03 April in some"),
    (TOLD + "31.02.2026;shop;bike;1\n", {}, "row 1: date '31.02.2026' is no date"),
    (TOLD + ";shop;bike;1\n", {}, "row 1: date is missing"),
    (TOLD + "2024;shop;bike;1\n2025;shop;bike;1\n", {}, "2024 is a year"),
    (TOLD + "1.1.1900;shop;bike;1\n1.1.2026;shop;bike;1\n", {}, "46,021 days apart: mend or drop"),
    (TOLD + "2026-Q1;shop;bike;1\n", {}, "is a date such as 2026-03-01"),
    (TOLD + "2026-03-01;;bike;1\n", {}, "row 1: node is missing: fixed="),
    (TOLD + "2026-03-01;mine;bike;1\n", {"fixed": {"node": "shop"}}, "node 'mine', but fixed says"),
    (TOLD + "2026-03-01;shop;bike;1\n", {"fixed": {"noed": "x"}}, "did you mean 'node'"),
    (TOLD + "2026-03-01;shop;bike;1\n", {"gaps": "open"}, "gaps are 'closed' or 'zero'"),
    (TOLD + "2026-03-01;shop;bike;1\n", {"table": "umsatz"}, "has no 'umsatz'; known are: sales"),
    ("date;bike;bike\n1.3.2026;1;2\n", {"fixed": {"node": "shop"}}, "two columns are called"),
    ("date;bike\n1.3.2026;1\n", {}, "column 'bike' is of which node and product"),
    ("id;item_id;d_1\nx;bike;4\n", {}, "unknown column 'id', nor is 'item_id'"),
]


@pytest.mark.parametrize(("text", "how", "words"), WRONG)
def test_what_cannot_be_read_is_taught(text, how, words):
    with pytest.raises(tl.NetworkError, match=words):
        history(text, **how)


def test_more_days_and_items_than_a_computer_holds_are_refused():
    days = pd.date_range("1980-01-01", "2026-01-01", periods=20_000).strftime("%Y-%m-%d")
    frame = long(days, 1.0).assign(product=[f"p{n}" for n in range(20_000)])
    with pytest.raises(tl.NetworkError, match="20,000 items in 16,803 days are too many"):
        history(frame)


def test_a_header_may_be_long(tmp_path):
    names = [f"HOBBIES_1_{n:05}_CA_1_evaluation" for n in range(5000)]
    text = "\n".join([",".join(["date", *names]), ",".join(["2026-03-01", *["2"] * 5000])])
    (tmp_path / "sales.csv").write_text(text)
    found = tl.read_history(tmp_path / "sales.csv", fixed={"node": "shop"})
    assert found.table.to_numpy().sum() == 10_000


def test_units_are_converted():
    tables = {
        "sales": table("date;node;product;quantity;unit\n1.3.2026;shop;bike;4;box\n"
                       "2.3.2026;shop;bike;4;kg\n"),
        "units": table("product;unit;pieces\nbike;box;12\n"),
        "products": table("name;weight\nbike;2\n"),
    }  # fmt: skip
    assert values(history(tables)) == {BIKE: [48, 2]}


RNG = np.random.default_rng(7)
WEEKDAYS = DAYS.day_of_week.to_numpy()
RECORDED = {
    "whole, Saturdays only": np.where(WEEKDAYS == 5, RNG.poisson(20, len(DAYS)), 0.0),
    "clumps, Saturdays only": np.where(
        WEEKDAYS == 5, RNG.negative_binomial(5, 0.2, len(DAYS)), 0.0
    ),
    "closed at weekends": np.where(WEEKDAYS < 5, RNG.normal(10, 1, len(DAYS)), np.nan),
    "every day otherwise": RNG.poisson(2.0 * (1 + WEEKDAYS)).astype(float),
    "weight, often none": RNG.gamma(0.3, 10, len(DAYS)),
}


@pytest.mark.parametrize("kind", RECORDED)
@pytest.mark.parametrize("start", ["2026-03-04", "2027-01-01", None])
def test_customers_ask_as_they_did(kind, start):
    """Mean of each weekday and sd of all within 4 standard errors, whatever day 0 is."""
    found = history(long(DAYS, RECORDED[kind]))
    demand = found.demand(ROW, start)
    days = 7 * 1500
    scales = np.asarray(demand.scales(np.arange(days)), float)
    asked = np.broadcast_to(demand.pattern.draw(np.random.default_rng(3), scales, 1), (days, 1))
    asked = asked[:, 0]
    weekdays = pd.date_range(start or found.end, periods=days).day_of_week
    squares = [0.0, 0.0, 0.0]
    for day in range(7):
        known, own = RECORDED[kind][day == WEEKDAYS], asked[weekdays == day]
        known = known[~np.isnan(known)]
        if not known.sum():
            assert not own.any()
            continue
        error = own.std() / np.sqrt(len(own))
        assert abs(own.mean() - known.mean()) <= 4 * error
        squares[0] += known.var() * len(known) / (len(known) - 1)
        squares[1] += own.var()
        squares[2] += ((own - own.mean()) ** 2).var() / len(own)
        squares[2] += ((known - known.mean()) ** 2).var() / len(known)
    assert abs(squares[0] - squares[1]) <= 4 * np.sqrt(squares[2])


def test_a_shop_that_sells_on_saturdays_sells_on_saturdays():
    """In the log of a simulation that begins on any weekday."""
    found = history(long(DAYS, RECORDED["whole, Saturdays only"]))
    for start in ("2026-03-02", "2026-03-05", "2026-03-07"):
        demand = found.demand(ROW, start)
        chain = tl.Network([tl.Product("bike")], [tl.Node("mine"), tl.Node("shop")],
                           [tl.Lane("mine", "shop", "bike")], demands=[demand])  # fmt: skip
        run = tl.simulate(tl.Scenario(chain, tl.BaseStock(50), 28, start=start))
        asked = run.log.table.query("kind == 'demanded' and quantity > 0")["day"]
        weekdays = pd.date_range(start, periods=28).day_of_week
        assert [*asked] == [*np.flatnonzero(weekdays == 5)]


def test_a_short_history_knows_closed_weekdays():
    found = history(long(DAYS[:14], np.where(WEEKDAYS < 5, 5.0, np.nan)[:14]))
    demand = found.demand(ROW, "2024-01-15")
    asked = [demand.pattern.average * demand.scale(day) for day in range(7)]
    assert asked == pytest.approx([5, 5, 5, 5, 5, 0, 0])


def test_weeks_and_months_become_days():
    weeks = pd.date_range("2024-01-01", periods=104, freq="7D")
    for law, mean, sd in (
        (RNG.poisson(70, 104), 10, 10**0.5),
        (RNG.normal(70, 7, 104), 10, 7**0.5),
    ):
        demand = history(long(weeks, law.astype(float))).demand(ROW)
        assert demand.pattern.average == pytest.approx(mean, rel=4 * sd / mean / np.sqrt(728))
        own = getattr(demand.pattern, "sd", demand.pattern.average**0.5)
        assert own == pytest.approx(sd, rel=4 / np.sqrt(2 * 104))


def test_a_trace_asks_day_by_day():
    found = history(long(["2026-01", "2026-02"], [31.0, 56.0]))
    assert found.days()[BIKE] == [1] * 31 + [2] * 28


def test_nothing_known_is_taught():
    found = history("date;bike;car\n1.3.2026;1;0\n", fixed={"node": "shop"})
    with pytest.raises(tl.NetworkError, match="the history tells nothing of"):
        found.demand(tl.Demand("shop", "boat", 1))
    with pytest.raises(tl.NetworkError, match="shop car: the history has no demand"):
        found.demand(tl.Demand("shop", "car", 1))
    numbered = history("day;node;product;quantity\n0;shop;bike;1\n1;shop;bike;2\n")
    with pytest.raises(tl.NetworkError, match="the history's days are numbers"):
        numbered.demand(ROW, "2026-03-01")


def test_days_as_americans_write_them_with_hyphens_are_refused_where_nothing_tells():
    dates = [f"03-{day:02d}-2026" for day in range(4, 10)]
    sold = {"date": dates, "node": "shop", "product": "ore", "quantity": [4] * 6}
    with pytest.raises(tl.NetworkError, match="03 April in some countries, 04 March in others"):
        tl.read_history({"sales": sold})
    told = tl.read_history({"sales": {**sold, "date": [*dates[:5], "03-14-2026"]}})
    assert (told.step, f"{told.start}") == ("day", "2026-03-04")


def test_a_day_far_above_or_far_behind_all_others_is_odd():
    dates = [f"2026-03-{day:02d}" for day in range(1, 29)]
    calm = {"date": dates, "node": "shop", "product": "ore", "quantity": [40] * 28}
    assert tl.read_history({"sales": calm}).report.odd == ()
    high = {**calm, "quantity": [40] * 8 + [4000] + [40] * 19}
    assert "4000 on 2026-03-09" in tl.read_history({"sales": high}).report.odd[0]
    far = {**calm, "date": [*dates[:-1], "2062-03-29"]}
    assert "2062-03-29 lies far behind 2026-03-27" in tl.read_history({"sales": far}).report.odd[0]


def test_a_row_of_totals_in_a_wide_table_is_left_out():
    wide = {"date": ["2026-03-02", "2026-03-03", "Grand Total"], "ore": [4, 6, 10]}
    history = tl.read_history({"sales": wide}, fixed={"node": "shop"})
    assert history.series(("shop", "ore")).tolist() == [4.0, 6.0]
