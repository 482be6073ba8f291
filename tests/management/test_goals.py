"""Goals: probabilities with honest intervals, direction from the KPI, money per unit missed."""

import numpy as np
import pytest

import twinlab as tl
from twinlab.management import Goal, judge

SHOP = tl.Scenario(tl.serial(["mine", "shop"], demand=tl.Normal(5, 1)), tl.BaseStock(6), days=50)


def test_goals_are_judged_history_by_history():
    batch = tl.replicate(SHOP, 100, seed=1)
    goals = [Goal("fill_rate", 0.96, weight=10_000), Goal("mean_stock", 1.2, weight=7)]
    card = judge(goals, batch)
    rates, stocks = batch.kpis.fill_rate, batch.kpis.mean_stock
    assert [v.met.mean for v in card.judgements] == [(rates >= 0.96).mean(), (stocks <= 1.2).mean()]
    assert 0 < card.together.mean < min(v.met.mean for v in card.judgements)
    assert card.together.mean == ((rates >= 0.96) & (stocks <= 1.2)).mean()
    missed = [np.maximum(0, 0.96 - rates).mean(), np.maximum(0, stocks - 1.2).mean()]
    assert card.penalty == pytest.approx(10_000 * missed[0] + 7 * missed[1])
    assert card.table["met [share]"].tolist() == [v.met.mean for v in card.judgements]


def test_more_service_and_less_of_the_rest_is_better():
    assert Goal("on_time_in_full", 0.9).direction == "at least"
    for kpi in ("total_cost", "emissions", "lead_time", "mean_backlog", "lost_sales"):
        assert Goal(kpi, 1).direction == "at most"


def test_a_history_without_the_kpi_meets_no_goal():
    quiet = SHOP.change(network=tl.serial(["mine", "shop"], demand=tl.Constant(0)))
    card = judge([Goal("fill_rate", 0.5, weight=9)], tl.replicate(quiet, 4, seed=1))
    assert (card.judgements[0].met.mean, card.penalty) == (0.0, 0.0)


def test_goals_name_known_kpis():
    with pytest.raises(tl.ScenarioError, match="did you mean 'fill_rate'"):
        Goal("fil_rate", 0.9)
    with pytest.raises(tl.ScenarioError, match="at least one goal"):
        judge([], tl.replicate(SHOP, 4, seed=1))


def test_goals_of_a_chain_that_still_moves_say_so():
    chain = tl.serial(["mine", "shop"], demand=tl.Normal(5, 1), on_hand={"shop": 9})
    shop = tl.Scenario(chain, tl.BaseStock(9), days=60)
    batches = [tl.replicate(s, 20, seed=1) for s in (shop, shop.set("mine.capacity", 4))]
    settled, moving = (repr(judge([Goal("fill_rate", 0.9)], batch)) for batch in batches)
    assert "still moving" not in settled
    assert "still moving on day 60: backlog of shop/unit by" in moving
