"""Suppliers that fail."""

from tests.known.answers import Row
from twinlab.task import maintenance, sourcing


def up(given):
    return maintenance.describe([given["MTBF"]], [given["MTTR"]]).availability


ROWS = [
    Row("res_supplier_availability", "availability", up),
    Row("res_supplier_availability", "dual_source", lambda i: sourcing.k_out_of_n(1, 2 * [up(i)])),
    Row("res_supplier_availability", "two_out_of_three",
        lambda i: sourcing.k_out_of_n(2, 3 * [up(i)])),
    Row("res_supplier_availability", "series_of_three",
        lambda i: sourcing.k_out_of_n(3, 3 * [up(i)])),
]  # fmt: skip
