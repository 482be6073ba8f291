"""Resilience: areas lost, and what a triangle keeps."""

from tests.known.answers import Row
from twinlab.management import Curve


def area(given, at):
    return Curve(given["curves"][at]["t"], given["curves"][at]["Q"]).loss


def kept(given, at):
    one = given["cases"][at]
    curve = Curve([0, 0, one["T"]], [100, 100 * (1 - one["X"]), 100])
    return curve.predicted_resilience(one["T_star"])


ROWS = [
    *(Row("res_triangle_bruneau", f"loss.{i}", lambda g, i=i: area(g, i)) for i in range(3)),
    *(Row("res_zobel_predicted", f"R.{i}", lambda g, i=i: kept(g, i)) for i in range(3)),
]
