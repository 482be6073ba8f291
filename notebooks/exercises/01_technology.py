"""Exercises of notebook 01: how a twin keeps in step."""

import twinlab as tl
from twinlab.modeling.simulation.random_streams import draw_streams
from twinlab.scope.state import Shipment


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


def days_to_go():
    """The mean of many arrivals of goods that are three days old, lead times 1 to 6 days."""
    network = tl.serial(
        ["mine", "shop"], demand=tl.Constant(1), lead_time=tl.Empirical((1, 2, 3, 4, 5, 6))
    )
    start, key = tl.State.initial(network), network.lanes[0].key
    start.day, start.tracked = 10, False
    start.under_way[key] = [Shipment(10, 1.0, 7)]
    streams = draw_streams(tl.Scenario(network, tl.BaseStock(5), days=11), 1, 0, 64_000, start)
    return float((streams.arrivals[key][0] - 10).mean())


def first_belief(*usual):
    """The first morning from day 62 on with a belief, after the farm has closed on day 60."""
    closed = tl.Outage("farm", start=60, days=40)
    secret = tl.Sensors(reporting=False)
    plant, twin = coffee().twin(*usual, closed, seed=1, sensors=secret)
    plant.advance(61)
    twin.sync()
    while plant.day < 62 or not len(twin.outages):
        plant.advance()
        twin.sync()
    return plant.day


EXERCISES = {
    "1.1": tl.course.Exercise(
        goal="01/1",
        solve=days_to_go,
        unit="days",
        tolerance=0.04,
        hints=(
            "which lead times are still possible, now that the goods are three days old?",
            "lead times of 3, 4, 5 and 6 days are equally likely; how many days are left of each?",
        ),
        slips={
            "that is the mean lead time less the age; but short lead times are ruled out by now.": (
                lambda: 0.5
            ),
            "that is the mean of a whole lead time; the goods have been travelling for three "
            "days.": lambda: 3.5,
        },
    ),
    "1.2": tl.course.Exercise(
        goal="01/2",
        solve=lambda: first_belief(tl.Outage("farm", rate=0.05, days=2)),
        unit="(day)",
        tolerance=0.0001,
        hints=(
            "lived(…) takes several outages: give it the pauses, and `closed`, and days=61.",
            "then call morning(plant, twin) until it is not 0; the answer is plant.day.",
        ),
        slips={"that is the day of a farm that never rests.": first_belief},
    ),
}
