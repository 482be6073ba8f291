"""Exercises of notebook 01: how a twin keeps in step."""

from random import Random

import twinlab as tl


def coffee():
    """What the notebook's company believes of its chain."""
    far, near, out = tl.Gamma(12, 4), tl.Gamma(4, 1), tl.Gamma(4, 1.5)
    lanes = [
        tl.Lane("farm", "roaster", "coffee", "road", far, sourcing_share=0.95, initial_pipeline=19),
        tl.Lane("port", "roaster", "coffee", "road", near, sourcing_share=0.05, cost_per_unit=2),
        tl.Lane("roaster", "shop", "coffee", "road", out, initial_pipeline=20),
    ]
    sales = tl.Demand("shop", "coffee", tl.Normal(20, 4), backorder_cost=8)
    stocks = [tl.Stock("roaster", "coffee", 60, 0.2), tl.Stock("shop", "coffee", 45, 0.5)]
    nodes = [tl.Node("farm", time_to_recover=28), *map(tl.Node, ["port", "roaster", "shop"])]
    network = tl.Network([tl.Product("coffee")], nodes, lanes, (), [sales], stocks)
    levels = {"roaster": tl.BaseStock(300), "shop": tl.BaseStock(125)}
    return tl.cases.Case(network, levels, days=400, sourcing={"roaster": tl.Shares()})


def came(luck: Random):
    """The numbers of a source's messages as they came: some are lost, some come twice."""
    said = luck.randint(25, 40)
    lost = luck.sample(range(said), luck.randint(2, 5))
    once = [number for number in range(said) if number not in lost]
    numbers = once + luck.sample(once, luck.randint(1, 4))
    luck.shuffle(numbers)
    return {"said": said, "came": numbers}


def missing(said, came):
    """How many messages are missing, and how many were copies."""
    return said - len(set(came)), len(came) - len(set(came))


def lead_times(luck: Random):
    """Six lead times, and an age that the longest two of them exceed."""
    days = sorted(luck.sample(range(1, 19), 6))
    return {"days": days, "age": luck.randint(days[1], days[3])}


def to_go(days, age):
    """The mean of what is left of those lead times that are still possible."""
    left = [time - age for time in days if time >= age]
    return sum(left) / len(left)


EXERCISES = {
    "1.1": tl.course.Exercise(
        goal="01/1",
        draw=came,
        solve=missing,
        such_as=(1, 2),
        hints=(
            "sort them: between which numbers is a gap? The last ones may be missing, too.",
            "`set(mine.came)` holds every number once.",
        ),
        slips={
            "copies are no other messages: they fill no gap.": lambda said, came: (
                said - len(came),
                len(came) - len(set(came)),
            ),
        },
    ),
    "1.2": tl.course.Exercise(
        goal="01/2",
        draw=lead_times,
        solve=to_go,
        unit="days",
        tolerance=0.005,
        hints=(
            "which lead times are still possible, given the age of the goods?",
            "those of at least that age are equally likely; how many days are left of each?",
        ),
        slips={
            "that is the mean lead time less the age; but short lead times are ruled out by now.": (
                lambda days, age: sum(days) / 6 - age
            ),
            "that is the mean of whole lead times; the goods have been travelling for a while.": (
                lambda days, age: to_go(days, age) + age
            ),
        },
    ),
    "1.3": tl.course.Exercise(
        goal="01/3",
        draw=lambda luck: {
            "sure": luck.randint(30, 95) / 100,
            "dearer": 10 * luck.randint(2, 30),
            "lost": 100 * luck.randint(5, 60),
        },
        judge=tl.course.sentence(words=12),
        such_as="I wait, because …",
    ),
    "1.4": tl.course.Exercise(
        goal="01/4",
        draw=lambda luck: {
            "place": luck.choice(["Hof", "Hafen", "Rösterei", "Laden"]),
            "seed": luck.randint(1, 999),
            "days": luck.randint(20, 60),
        },
        unit="records",
        tolerance=1e-4,
        hints=(
            "`places` without your place, and a new Mapping with it; `lived(days=…, seed=…)`.",
            "a record names two places, Ort and Partner: it waits if either is not known.",
            "what `office.sync()` says under dead.",
        ),
    ),
}
