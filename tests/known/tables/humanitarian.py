"""What people need, and what waiting costs them."""

from itertools import pairwise

from tests.known.answers import Row
from twinlab.cases.relief import needs
from twinlab.management import deprivation_cost, waiting_cost


def sphere(read):
    return lambda given: read(needs(given["population"], days=1))


def waited(*moments):
    """Deprivation over the intervals between moments, the last of which is the horizon."""
    assert all(a < b for a, b in pairwise(moments))
    return lambda _: waiting_cost(moments[:-1], moments[-1])


SPHERE, WATER = "hum_sphere_requirements", "hum_deprivation_cost_water"

ROWS = [
    Row(SPHERE, "water_m3_per_day", sphere(lambda n: n.water)),
    Row(SPHERE, "taps", sphere(lambda n: n.taps)),
    Row(SPHERE, "toilets", sphere(lambda n: n.toilets)),
    Row(SPHERE, "covered_m2", sphere(lambda n: n.covered_space)),
    Row(SPHERE, "site_ha", sphere(lambda n: n.site)),
    Row(SPHERE, "kcal_per_day", sphere(lambda n: n.energy)),
    Row(SPHERE, "survival_water_m3_per_day", sphere(lambda n: n.survival_water)),
    Row(WATER, "cost", lambda given: deprivation_cost(given["hours"])),
    Row(WATER, "two_intervals_24_24", waited(24, 48)),
    Row(WATER, "two_intervals_12_36", waited(12, 48)),
    Row(WATER, "ratio_48_to_24", lambda _: deprivation_cost(48) / deprivation_cost(24)),
]
