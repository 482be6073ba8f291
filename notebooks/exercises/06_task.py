"""The exercises of notebook 06: lots when orders get cheaper, and a line with one more machine."""

import twinlab as tl
from twinlab.task.inventory import EconomicLot
from twinlab.task.production import predict


def _line(machines):
    """The line of the notebook, with so many solder machines."""
    solder = tl.Station(
        "solder",
        tl.Gamma(3.0, 1.5),
        machines,
        time_to_failure=tl.Weibull(3, 600),
        time_to_repair=tl.Constant(45),
    )
    mount = tl.Station("mount", tl.Gamma(4.4, 2.2), 3, faults=(tl.Fault("loose", 0.06),))
    look = tl.Inspection(detects=0.95, rework_to="mount", rework_share=0.8)
    return tl.Line((solder, mount, tl.Station("test", tl.Gamma(1.5, 0.5), inspection=look)))


EXERCISES = {
    "6.1": tl.course.Exercise(
        goal="06/1",
        solve=lambda: EconomicLot(50, 0.02, 200).quantity,
        unit="boards",
        tolerance=0.005,
        hints=(
            "the lot of least cost is √(2KD/h); only K changes.",
            "task.inventory.EconomicLot(fixed_cost, holding_cost, demand).quantity gives it.",
        ),
        slips={
            "a third of the cost is not a third of the lot: K stands under the root.": (
                lambda: EconomicLot(150, 0.02, 200).quantity / 3
            ),
            "that is the old lot, for 150 USD an order.": (
                lambda: EconomicLot(150, 0.02, 200).quantity
            ),
        },
    ),
    "6.2": tl.course.Exercise(
        goal="06/2",
        solve=lambda: predict(_line(3)).bottleneck.capacity,
        unit="lamps a day",
        tolerance=0.01,
        hints=(
            "the least capacity of the three stations counts, not only that of the soldering.",
            'set "solder.machines" to 3 in the line, and ask for the loads again.',
        ),
        slips={
            "that is what three solder machines could feed: who limits the line now?": (
                lambda: predict(_line(3))["solder"].capacity
            ),
            "that is the line with two solder machines.": (
                lambda: predict(_line(2)).bottleneck.capacity
            ),
        },
    ),
}
