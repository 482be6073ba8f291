"""What is right of notebook 05's exercise that counts."""

import twinlab as tl


def both(own, plant):
    """How likely both suppliers are closed: for whom they are independent, and in truth."""
    p, q = own / 100, plant / 100
    return (1 - (1 - p) * (1 - q)) ** 2, q + (1 - q) * p**2


SOLUTIONS = {
    "5.3": tl.course.Solution(
        solve=both,
        slips={
            "the other way round: first what the narrow twin believes.": (
                lambda own, plant: both(own, plant)[::-1]
            ),
            "the narrow twin also lives the plant's closures: it takes them for the supplier's.": (
                lambda own, plant: ((own / 100) ** 2, both(own, plant)[1])
            ),
        },
    )
}
