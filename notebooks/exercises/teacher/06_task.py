"""What is right of notebook 06's exercise that counts."""

import twinlab as tl
from twinlab.task.production import predict


def line(mount, test, loose, machines=3):
    """The notebook's line with other minutes and faults."""
    look = tl.Inspection(detects=0.95, rework_to="mount", rework_share=0.8)
    wear = {"time_to_failure": tl.Weibull(3, 600), "time_to_repair": tl.Constant(45)}
    faults = (tl.Fault("loose", loose),)
    return tl.Line(
        (
            tl.Station("solder", tl.Gamma(3.0, 1.5), machines, **wear),
            tl.Station("mount", tl.Gamma(mount, 2.2), 3, faults=faults),
            tl.Station("test", tl.Gamma(test, 0.5), inspection=look),
        )
    )


def most(mount, test, loose):
    """What the line can deliver with a third solder machine, and who limits it then."""
    found = predict(line(mount, test, loose)).bottleneck
    return found.capacity, found.station


def two(mount, test, loose):
    """The same with two solder machines."""
    found = predict(line(mount, test, loose, 2)).bottleneck
    return found.capacity, found.station


SOLUTIONS = {
    "6.2": tl.course.Solution(solve=most, slips={"that is the line with two solder machines.": two})
}
