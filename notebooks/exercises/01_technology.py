"""Exercises of notebook 01: how a twin keeps in step."""

import twinlab as tl
from twinlab.modeling.simulation.random_streams import draw_streams
from twinlab.scope.state import Shipment


def coffee():
    """What the notebook's company believes of its chain."""
    network = tl.serial(
        ["farm", "roaster", "shop"],
        demand=tl.Demand("shop", "unit", tl.Normal(20, 4), backorder_cost=8),
        lead_time={"roaster": tl.Gamma(12, 4), "shop": tl.Gamma(4, 1.5)},
        holding_cost={"roaster": 0.2, "shop": 0.5},
        on_hand={"roaster": 30, "shop": 35},
    )
    belief = tl.Scenario(
        network, {"roaster": tl.BaseStock(270), "shop": tl.BaseStock(115)}, days=400
    )
    for lane in ["farm->roaster", "roaster->shop"]:
        belief = belief.set(f"{lane}.initial_pipeline", 20)
    return belief


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


def alarm_day(factor):
    """The day of the first alarm after a shift of demand on day 60."""
    truth = coffee().disrupt(tl.DemandShift("shop", start=60, days=300, factor=factor))
    bus = tl.Bus()
    plant, twin = tl.Plant(truth, bus, seed=1), tl.Twin(coffee(), bus)
    plant.advance(200)
    twin.sync()
    return twin.alarms()[0].day


EXERCISES = {
    "1.1": tl.lab.Exercise(
        days_to_go,
        "days",
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
    "1.2": tl.lab.Exercise(
        lambda: alarm_day(1.1),
        "(day)",
        tolerance=0.0001,
        hints=(
            "change only factor=1.1 in the cell that made `truth`, and advance to day 200.",
            "the first alarm is twin.alarms()[0]; its day is twin.alarms()[0].day.",
        ),
        slips={"that is the day for a rise of 30 %.": lambda: alarm_day(1.3)},
    ),
}
