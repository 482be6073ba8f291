"""Exercises of notebook 08: a closure behind the cars Americans buy, with numbers of one's own."""

from functools import cache
from itertools import compress, product

import numpy as np

import twinlab as tl

SITES = ("Germany resin", "Mexico wiring", "US bodies", "US aluminium")
SITES += ("US engines", "US seats", "US transmissions", "US steel")
DAYS = 60  # whatever closes by day 25 is felt by then; the first days do not know how many follow


def months(rng):
    """Cars built in four months of three years, and what a model says of the middle one."""
    before = [rng.randint(180, 260) for _ in range(4)]
    after = [cars + rng.randint(5, 60) for cars in before]
    usual = [(b + a) / 2 for b, a in zip(before, after, strict=True)]
    then = [round(cars * rng.uniform(0.8, 1.05)) for cars in usual]
    misses = [rng.uniform(*ends) for ends in ((0.02, 0.06), (0.12, 0.2), (0.02, 0.2), (0.02, 0.2))]
    model = [round(t / u + m, 2) for t, u, m in zip(then, usual, misses, strict=True)]
    found = {"before": before, "then": then, "after": after, "model": model}
    return {name: tuple(each) for name, each in found.items()}


def measured(before, then, after):
    """What a month has of the mean of the same month a year before and after."""
    return 2 * np.array(then) / (np.array(before) + after)


def missed(before, then, after, model):
    """Root mean square of what the model misses."""
    return float(((measured(before, then, after) - model) ** 2).mean() ** 0.5)


@cache
def run(site="", start=0, days=0):
    """The first days, with a site closed or in calm."""
    closed = [tl.Outage(site, start=start, days=days)] if site else []
    return tl.simulate(tl.cases.automotive(DAYS).disrupt(*closed), seed=1)


@cache
def first_short(site, start, days):
    """The day on which a first assembly plant owes more than in calm."""
    return tl.lab.ripple(run(site, start, days), run())["tier 1"].short_from


def foreseen(answer, site, start, days):
    """Was the second number seen in the model? The first one is a guess: it may be any."""
    if abs(answer[1] - first_short(site, start, days)) < 0.5:
        return True
    if abs(answer[1] + start - first_short(site, start, days)) < 0.5:
        return "count the days from day 0, not from the closure."
    return ""


def offers(rng):
    """Four sites: how often they close, what that costs, and what a stand-by costs a year."""
    closures = [rng.randint(10, 60) / 10 for _ in range(4)]  # in 100 years
    losses = [rng.randint(500, 4000) for _ in range(4)]  # thousand USD
    part = [0.4, *(rng.uniform(0.3, 1.2) for _ in range(3))]
    costs = [max(1, round(c * x / 100 * p)) for c, x, p in zip(closures, losses, part, strict=True)]
    found = {"closures": tuple(closures), "losses": tuple(losses), "costs": tuple(costs)}
    return found | {"budget": max(round(sum(costs) / 2), costs[0])}


def expected(closures, losses):
    """Loss of each site [thousand USD a year]."""
    return [rate * loss / 100 for rate, loss in zip(closures, losses, strict=True)]


def plans(closures, losses, costs):
    """What each plan costs, and what measures and losses cost together [thousand USD a year]."""
    for bought in product((0, 1), repeat=len(costs)):
        left = [not each for each in bought]
        spent = sum(compress(costs, bought))
        yield spent, spent + sum(compress(expected(closures, losses), left))


EXERCISES = {
    "8.1": tl.course.Exercise(
        goal="08/1",
        draw=months,
        solve=missed,
        such_as=0.0,
        unit="(share of the usual)",
        tolerance=0.01,
        hints=(
            "first what is measured: each month over the mean of the same month a year before "
            "and a year after.",
            "`2 * np.array(n.then) / (np.array(n.before) + n.after)`, less `n.model`.",
            "square the four misses, take the mean, and the root of that.",
        ),
        slips={
            "the year before alone is no fair measure: production grows. Take both years.": (
                lambda before, then, model: missed(before, then, np.array(before), model)
            ),
            "that is the mean of the misses; large ones should count more: squares.": (
                lambda before, then, after, model: float(
                    abs(measured(before, then, after) - model).mean()
                )
            ),
            "that is the mean of the squares: take its root.": (
                lambda before, then, after, model: missed(before, then, after, model) ** 2
            ),
        },
    ),
    "8.2": tl.course.Exercise(
        goal="08/2",
        draw=lambda rng: {
            "site": rng.choice(SITES),
            "start": rng.randint(5, 25),
            "days": rng.randint(40, 110),
        },
        solve=lambda site, start, days: (0.0, first_short(site, start, days)),
        judge=foreseen,
        such_as=(40, 50),
        unit="(day)",
        hints=(
            "the guess may be wrong; the second number is what the model says.",
            "close `n.site` from day `n.start` on for `n.days` days, with seed 1.",
            'read `tl.lab.ripple(hit, calm_run)["tier 1"].short_from`.',
        ),
    ),
    "8.3": tl.course.Exercise(
        goal="08/3",
        draw=offers,
        such_as=0.0,
        unit="thousand USD a year",
        tolerance=0.005,
        hints=(
            "the loss to expect of a site is its closures in 100 years × its loss / 100.",
            "a measure saves the whole loss of its site; which sets of measures can you pay for?",
            "there are 16 sets: for each, what it costs and the losses of the sites without one.",
        ),
        points=3,
    ),
}
