"""Pictures for decisions say what they show, and follow what is given."""

import pytest

import twinlab as tl
from twinlab import lab
from twinlab.management import Curve, Frontier, Portfolio
from twinlab.modeling import Seeds


def portfolio(options, cost, promised, loss, saved, efficient):
    low = {value: tl.Estimate(value, value - 100, value + 100, 9, 0.95) for value in (loss, saved)}
    return Portfolio(options, cost, promised, low[loss], low[saved], efficient, low[saved])


PORTFOLIOS = Frontier(
    (
        portfolio("nothing", 0.0, 900.0, 900.0, 0.0, True),
        portfolio("stock", 100.0, 500.0, 500.0, 0.0, True),
        portfolio("dear stock", 150.0, 500.0, 500.0, 0.0, False),
        portfolio("stock + source", 300.0, 100.0, 300.0, 200.0, True),
    ),
    Seeds.of(1),
)


def test_a_triangle_says_its_curve():
    curve = Curve([0, 5, 5, 15], [100, 100, 40, 100])
    chart = lab.triangle(curve)
    assert chart.words == str(curve)
    assert "300" in "".join(text.get_text() for text in chart.figure.axes[0].texts)
    assert not list(lab.triangle(Curve([0, 5], [100, 100])).figure.axes[0].texts)


@pytest.mark.parametrize(
    ("available", "bought"), [(0, "nothing"), (299, "stock"), (1000, "stock + source")]
)
def test_a_budget_buys_the_best_portfolio_within_it(available, bought):
    chart = lab.budget(PORTFOLIOS, available)
    assert f"buy: {bought}, for" in chart.words
    (point,) = [line for line in chart.figure.axes[0].lines if line.get_label() == "bought"]
    assert point.get_xdata()[0] == PORTFOLIOS.best(available).cost / 1000
    assert chart.table().equals(lab.budget(PORTFOLIOS, available).table())
