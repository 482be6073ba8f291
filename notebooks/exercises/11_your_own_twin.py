"""Exercises of notebook 11: a twin from tables. They work beside whatever tables were read."""

from functools import cache

import twinlab as tl
from twinlab.cases.folders import dataset


@cache
def first():
    """The chain of the template with its sales as demand, and levels to begin with."""
    network, history = (
        tl.Network.from_tables(dataset("template")),
        tl.read_history(dataset("template")),
    )
    network = network.change(*[history.demand(row) for row in network.demands])
    plain = tl.Scenario(network, tl.LotForLot(), days=364, start=history.end)
    return tl.task.inventory.first_levels(plain).scenario


def asked(boxes, pieces):
    """Units a day."""
    return boxes * pieces / 7


def weeks(rng):
    """Two weeks of sales of a shop that is closed on Sundays."""
    shape = (0.8, 0.7, 0.9, 1.1, 1.6, 2.1)
    last = tuple(rng.randint(20, 40) * 2 for _ in range(1)) * 6
    last = tuple(round(last[0] * part + rng.randint(-4, 4)) for part in shape)
    return {"last": last, "this": tuple(sold + rng.randint(-9, 9) or 1 for sold in last)}


def errors(last, this):
    """Mean absolute errors of "as a season ago" and of "as before"."""
    before = (last[-1], *this[:-1])
    miss = [[abs(x - y) for x, y in zip(this, told, strict=True)] for told in (last, before)]
    return tuple(sum(each) / 6 for each in miss)


def saved(last, this):
    """The share of the error of "as before" that the season saves."""
    season, before = errors(last, this)
    return 1 - season / before


EXERCISES = {
    "11.1": tl.course.Exercise(
        goal="11/1",
        draw=lambda rng: {
            "boxes": rng.randint(20, 199),
            "pieces": rng.randint(6, 60),
            "weeks": rng.randint(2, 9),
        },
        solve=lambda boxes, pieces, weeks: asked(boxes, pieces) * 7 * weeks,
        such_as=0.0,
        unit="units",
        tolerance=0.005,
        hints=(
            "the twin counts days and pieces: what does it read for weeks and boxes?",
            "units on the way are units a day × days on the way.",
            "`read.demands[0].pattern.average * read.lanes[0].lead_time.average`",
        ),
        slips={
            "the lead time is in weeks, and the twin counts days.": (
                lambda boxes, pieces, weeks: asked(boxes, pieces) * weeks
            ),
            "a box holds more than one piece: see the table of units.": (
                lambda boxes, weeks: boxes * weeks
            ),
            "that is what is asked for in a day.": asked,
        },
    ),
    "11.2": tl.course.Exercise(
        goal="11/2",
        draw=weeks,
        solve=saved,
        such_as=0.0,
        unit="(share)",
        tolerance=0.01,
        hints=(
            "*as a season ago* foretells each day of this week by the same day of the last one.",
            "*as before* foretells each day by the day before: Monday by last Saturday.",
            "`1 - season / before`, of the mean absolute errors of the two.",
        ),
        slips={
            "that is the share of the error that is left: asked is the share that is saved.": (
                lambda last, this: 1 - saved(last, this)
            ),
            "that is the error that is saved, in units: divide by that of *as before*.": (
                lambda last, this: errors(last, this)[1] - errors(last, this)[0]
            ),
        },
    ),
    "11.3": tl.course.Exercise(
        goal="11/3",
        draw=lambda rng: {"times": rng.randint(2000, 14000) / 1000},
        such_as=lambda view: 0.0,
        hints=(
            "what a unit short costs decides how much safety pays: 2 margins were the best before "
            "it cost more.",
            "compare safeties in `dear`, as above: `tl.cost(tl.replicate(chain, 100, seed=1))`.",
            "and does the safety have to be the same on all days? `coming` knows what is near.",
        ),
        points=3,
    ),
}
