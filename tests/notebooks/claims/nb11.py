"""What notebook 11 claims of the shipped chain: its sales, and a rule that knows the week."""

from functools import cache

import numpy as np

import twinlab as tl
from tests.notebooks.claims import Claims, above, agrees, below, holds

claims = Claims("11")


@cache
def rules(seed):
    """Both rules with some safeties, two hundred replications each."""
    with_rule = claims.cells(seed, "with_rule").with_rule
    tried = {"same level": (1, 2.25, 2.5, 2.75), "week ahead": (1, 1.5, 1.75, 2)}
    return {
        (rule, safety): tl.replicate(with_rule(rule, safety), 200, seed=seed)
        for rule, safeties in tried.items()
        for safety in safeties
    }


@cache
def nights(seed):
    """What the city shop has on hand, by rule, weekday and night."""
    made = claims.cells(seed, "with_rule", "item")
    found = {}
    for rule in ("same level", "week ahead"):
        chain, bands = made.with_rule(rule, 1).change(days=182), [("on_hand", *made.item)]
        stock = tl.replicate(chain, 20, seed=seed, daily=bands).series(*bands[0])
        found[rule] = stock.reshape(26, 7, 20)
    return found


@cache
def swept(seed):
    """Cost and fill rate by levels of cartridges and housings, history by history."""
    with_rule = claims.cells(seed, "with_rule").with_rule
    found = {}
    for cartridges, housings in ((1140, 246), (1430, 246), (1720, 246), (1430, 197)):
        chain = with_rule("same level", 2.75).set("plant/cartridge.up_to", cartridges)
        batch = tl.replicate(chain.set("plant/housing.up_to", housings), 150, seed=seed)
        found[cartridges, housings] = (tl.cost(batch), batch.kpis.fill_rate)
    return found


@claims.says("two shops sell more than half of their week from Thursday to Saturday.")
def end_of_the_week():
    usual = claims.cells(1, "usual").usual
    share = usual.loc[3:5].sum() / usual.sum()
    return holds(share.min() > 0.5, share.round(2).to_dict())


@claims.says("the shipped city shop is closed on Sundays and on three holidays.")
def closed():
    history = claims.cells(1, "history").history
    gone = history.table.isna()
    city, coast = (gone[shop, "filter"] for shop in ("city shop", "coast shop"))
    sundays = history.table.index.day_of_week == 6
    return holds(city[sundays].all() and city[~sundays].sum() == 3 == coast.sum())


@claims.says(
    "In the shipped chain Holt–Winters, which knows the weekdays, is best; a plain mean is a poor "
    "second, and better than none."
)
def forecasts():
    table = claims.cells(1, "judged").judged.table["MASE"]
    order = list(table.sort_values().index)
    poor = table["mean"] > 1.3 * table["Holt–Winters"]
    return holds(order[:2] == ["Holt–Winters", "mean"] and order[-1] == "as before" and poor)


@claims.says(
    "a unit short costs 19 times as much as a unit kept for a day, which is fair to a service of "
    "95 %."
)
def newsvendor():
    return agrees(0.95, [19 / (19 + 1)], 0)


@claims.says(
    "With the same level the shipped shop drowns in stock early in the week and runs dry on "
    "Saturday. Choose week ahead in the menu: the stock at night is nearly the same on all open "
    "days, and more customers are served."
)
def by_weekday(seed):
    level, week = (np.median(stock, axis=(0, 2)) for stock in nights(seed).values())
    found = rules(seed)
    more = found["week ahead", 1].kpis.fill_rate - found["same level", 1].kpis.fill_rate
    return [
        holds(level.argmin() == 5 and level[5] < 5 and level[0] > 50, level),
        holds(np.ptp(week[:6]) < 0.25 * week.mean(), week),
        above(0.03, more),
    ]


@claims.says(
    "Each at its best, the two serve nearly the same: 99.5 and 99.6 % of the shipped customers. "
    "But the rule that knows the week needs 2 margins where the same level every day needs 2.75, "
    "and the whole chain holds 32 units less. It costs some 920 USD a year less"
)
def best_against_best(seed):
    found = rules(seed)
    one, other = found["same level", 2.75], found["week ahead", 2]
    return [
        agrees(0.995, one.kpis.fill_rate, 0.0007),
        agrees(0.996, other.kpis.fill_rate, 0.0007),
        agrees(32, one.kpis.mean_stock - other.kpis.mean_stock, 1),
        agrees(920, 365 * (tl.cost(one) - tl.cost(other)), 30),
    ]


@claims.says(
    "Against the levels that we began with, it would have seemed to be 6,600 USD: most of that is "
    "no merit of the rule, but a margin that was too small"
)
def untuned(seed):
    found = rules(seed)
    seemed = tl.cost(found["same level", 1]) - tl.cost(found["week ahead", 2])
    return agrees(6600, 365 * seemed, 200)


@claims.says(
    "With the same level every day, 1,430 cartridges cost least. With 1,140 the ship's slow trips "
    "are felt: the fill rate falls to 95.0 %. The housings come by road within four days: fewer "
    "are cheaper, and nobody notices.",
    "with the rule that knows the week, the fewer housings cost some 560 USD a year more",
)
def upstream(seed):
    low, usual, more, fewer = swept(seed).values()
    week = rules(seed)["week ahead", 2]
    lean = tl.replicate(week.scenario.set("plant/housing.up_to", 197), 200, seed=seed)
    return [
        agrees(0.950, low[1], 0.001),
        above(5, low[0] - usual[0]),
        above(0.5, more[0] - usual[0]),
        above(0, usual[0] - fewer[0]),
        below(0.002, usual[1] - fewer[1]),
        agrees(560, 365 * (tl.cost(lean) - tl.cost(week)), 30),
    ]


claims.given(
    "Can I twin my own chain in half an hour, and is my own rule any better",
    "the model half of it.",
    "those who are still lost go home from somewhere else.",
    "So yes: in half an hour you have a chain",
    "week ahead with 2 margins",
    "all of the interval of what it saves must be above 0.",
)
