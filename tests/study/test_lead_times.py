"""Real shipments of medicine: no learning foresees lead times, but who is late can be foreseen.

Learned from what was known at the end of 2013, judged on orders (or deliveries due) after it.
"""

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

import twinlab as tl
from tests.study.beside import FULL, beside
from twinlab.cases import relief
from twinlab.task import logistics
from twinlab.task.learning import Examples, judge

CUT = pd.Timestamp("2014-01-01")
LEVELS = (0.05, 0.5, 0.95)
NAMES = ["country", "mode", "group", "vendor", "incoterm"]
BOOSTING = {"max_iter": 150 if FULL else 60, "learning_rate": 0.06 if FULL else 0.1,
            "max_leaf_nodes": 12, "l2_regularization": 1.0, "random_state": 0,
            "categorical_features": "from_dtype"}  # fmt: skip


def days(dates):
    return (dates - pd.Timestamp(2006, 1, 1)).dt.days


def features(table, when):
    """What is known when it is asked; rare names are put together, as they were before the cut."""
    found = pd.DataFrame(index=table.index)
    for name in NAMES:
        count = table[name][table[when] < CUT].value_counts()
        known = table[name].where(table[name].isin(count.index[count >= 10]), "(other)")
        found[name] = known.astype("category")
    told = table[when]
    found["month"], found["year"] = told.dt.month, told.dt.year + told.dt.day_of_year / 365
    for name in ("quantity", "value"):
        found[name] = np.log1p(table[name])
    return found.assign(lines=table.lines)


class Boosted(BaseEstimator):
    """One boosting model for each quantile [rows × levels]."""

    def fit(self, rows, y):
        self.models = [
            HistGradientBoostingRegressor(loss="quantile", quantile=level, **BOOSTING).fit(rows, y)
            for level in LEVELS
        ]
        return self

    def predict(self, rows):
        return np.column_stack([model.predict(rows) for model in self.models])


def by_mode(known):
    """The rule in force: what was usual for each means of transport."""
    usual, all_of_them = known.groupby("mode").lead.quantile(LEVELS).unstack(), known.lead
    return lambda rows: usual.reindex(rows["mode"]).fillna(all_of_them.quantile(LEVELS)).to_numpy()


@pytest.fixture(scope="module")
def orders():
    """Shipments that were bought for their receiver: days from order to delivery."""
    table = relief.shipments().dropna(subset="ordered").query("delivered > ordered")
    return table.assign(lead=days(table.delivered).astype(float) - days(table.ordered))


@pytest.fixture(scope="module")
def known(orders):
    """What was known at the cut of deliveries of the last two years."""
    return orders[(orders.delivered < CUT) & (orders.delivered >= CUT - pd.Timedelta(days=730))]


def tried(orders, known, rows):
    """Rule and boosting on features of some orders."""
    seen = Examples(rows, orders.lead, orders.delivered, asked_at=orders.ordered)
    return judge({"law by mode": by_mode(known), "boosting": Boosted()}, seen, CUT, levels=LEVELS)


@pytest.fixture(scope="module")
def old(orders):
    """Without the youngest fifth of what had come: of these orders only the quick ones had."""
    young = orders.ordered > orders.ordered[orders.delivered < CUT].quantile(0.8)
    return orders[~young | (orders.ordered >= CUT)]


@pytest.fixture(scope="module")
def judged(old, known):
    return tried(old, known, features(old, "ordered"))


def test_learning_foresees_lead_times_no_better_than_the_law_by_mode(orders, old, judged):
    law, boosting = judged["law by mode"], judged["boosting"]
    assert (len(orders), len(judged.rows)) == (3390, 650)
    y = old.lead.to_numpy()[judged.rows]
    bias = {name: (y - told[:, 1]).mean() for name, told in judged.predictions.items()}
    found = {"law: days off": law.mae.mean, "boosting: days off": boosting.mae.mean,
             "law: bias": bias["law by mode"], "boosting: bias": bias["boosting"],
             "boosting: coverage of 90 %": boosting.coverage.mean}  # fmt: skip
    page = {"law: days off": 56.2, "boosting: days off": 56.6, "boosting: coverage of 90 %": 0.777}
    beside("days from order to delivery", found, page if FULL else {})
    print(f"  law [{law.mae.low:.1f}, {law.mae.high:.1f}]; it covers {law.coverage.mean:.3f}")
    print("  quantile loss, boosting minus law:", judged.difference("boosting", "law by mode"))
    assert law.mae.low < boosting.mae.mean < law.mae.high
    off = [np.abs(y - judged.predictions[name][:, 1]) for name in ("boosting", "law by mode")]
    half = 1.96 * (off[0] - off[1]).std() / len(y) ** 0.5
    print(f"  days off, boosting minus law: {(off[0] - off[1]).mean():+.2f} ± {half:.2f}")
    assert (off[0] - off[1]).mean() + half > 0  # undecided: the law, which is simpler, stays
    assert bias["law by mode"] > 15  # lead times grew
    assert bias["boosting"] > 15
    assert boosting.coverage.mean < law.coverage.mean < 0.9


def test_the_scheduled_date_is_a_leak(old, known):
    """It was revised to the delivery: who sees it is off by two days, and has foreseen nothing."""
    later = old[old.ordered >= CUT]
    exactly = (later.scheduled == later.delivered).mean()
    promised = days(old.scheduled) - days(old.ordered)
    rows = features(old, "ordered").assign(promised=promised)
    leaky = tried(old, known, rows)["boosting"]
    page = {"delivered exactly then": 0.92} | ({"days off": 2.0} if FULL else {})
    beside("with the scheduled date", {"delivered exactly then": exactly,
                                       "days off": leaky.mae.mean}, page, 0.2)  # fmt: skip
    assert leaky.mae.high < 8
    assert "scheduled" not in features(old, "ordered")


def test_orders_open_at_the_cut_are_censored(orders, known, judged):
    """Of the orders of 2013, those that have come are quicker than all will have been.

    Boosting that learns from them too believes that lead times have become short.
    """
    placed = orders[(orders.ordered < CUT) & (orders.ordered >= CUT - pd.Timedelta(days=365))]
    still = placed.delivered >= CUT
    assert ((orders.ordered < CUT) & (orders.delivered >= CUT)).sum() == 150
    age = days(pd.Series([CUT])).item() - days(placed.ordered)
    law = logistics.transit_time(placed.lead[~still].tolist(), age[still].tolist())
    come, truth = placed.lead[~still].mean(), placed.lead.mean()
    misled = tried(orders, known, features(orders, "ordered"))["boosting"]
    beside("orders of 2013", {"still open": still.sum(), "mean of what has come": come,
                              "mean by the product limit": law.mean, "mean known later": truth,
                              "boosting with them: days off": misled.mae.mean,
                              "boosting with them: covers": misled.coverage.mean}, {})  # fmt: skip
    assert come < truth - 10
    assert come < law.mean
    assert abs(law.mean - truth) < 0.5 * (truth - come)
    assert misled.coverage.high < judged["boosting"].coverage.mean


def test_a_law_that_learns_from_its_misses_holds_again(orders):
    """Learned anew each month, by mode; as it is, and widened by what it missed."""
    first = days(pd.Series([CUT])).item() - 1
    later = orders[orders.ordered >= CUT]
    plain, wide, widths = [], [], []
    for (mode, month), group in later.groupby(["mode", (days(later.ordered) - first - 1) // 30]):
        if month % (1 if FULL else 4) or mode not in ("Air", "Ocean", "Truck"):
            continue
        mine, today = orders[orders["mode"] == mode], first + 30 * month
        o, d = days(mine.ordered).to_numpy(float), days(mine.delivered).to_numpy(float)
        seen = (d - o)[(d <= today) & (d > today - 730)]
        law = logistics.lead_time_law(o, d, today)
        for values, held in ((seen, plain), (law.values, wide)):
            low, high = np.quantile(values, (0.05, 0.95))
            held += ((low <= group.lead) & (group.lead <= high)).tolist()
        widths.append((high - low) / np.diff(np.quantile(seen, (0.05, 0.95))).item())
    beside("90 % of the law by mode", {"as it is": np.mean(plain), "widened": np.mean(wide),
                                       "times as wide": np.mean(widths)}, {})  # fmt: skip
    assert np.mean(plain) < 0.88 < np.mean(wide) < 0.96
    lane = "maker->hub/water/sea.lead_time"
    chain = tl.cases.humanitarian(days=100).set(lane, law)
    assert chain.value(lane) == law


def test_who_will_be_late_can_be_foreseen():
    table = relief.shipments()
    table["late"] = table.delivered > table.scheduled
    rows = features(table, "scheduled")
    recent = table[(table.scheduled < CUT) & (table.scheduled >= CUT - pd.Timedelta(days=365))]
    usual = recent.groupby("mode").late.mean()
    rules = {
        "by mode, last year": lambda rows: usual.reindex(rows["mode"]).fillna(0.1).to_numpy(),
        "boosting": HistGradientBoostingClassifier(**BOOSTING),
    }
    judged = judge(rules, Examples(rows, table.late, table.scheduled), CUT)
    rule, boosting = judged["by mode, last year"], judged["boosting"]
    assert (len(judged.rows), rule.seen) == (1479, 232)
    found = {"AUC by mode": rule.auc.mean, "AUC of boosting": boosting.auc.mean,
             "Brier by mode": rule.brier.mean, "Brier of boosting": boosting.brier.mean,
             "expected late": boosting.expected}  # fmt: skip
    page = {"AUC by mode": 0.678, "AUC of boosting": 0.775, "Brier by mode": 0.1251,
            "Brier of boosting": 0.1184, "expected late": 248}  # fmt: skip
    beside("deliveries that are late", found, page if FULL else {})
    print(f"  boosting [{boosting.auc.low:.3f}, {boosting.auc.high:.3f}]")
    print("  Brier, boosting minus rule:", judged.difference("boosting", "by mode, last year"))
    assert boosting.auc.low > rule.auc.mean
    assert judged.best == "boosting"
    assert abs(boosting.expected - boosting.seen) < 0.15 * boosting.seen
