"""What is on its way in a state: orders in the mail, shipments, production."""

from typing import NamedTuple


class Posted(NamedTuple):
    """An order in the mail: the day its receiver sees it, and its units."""

    due: int
    quantity: float


class Shipment(NamedTuple):
    """Goods under way: arrival day, units, and the day they left."""

    due: int
    quantity: float
    left: int


class Batch(NamedTuple):
    """Production in process: finishing day, units started, units that will be good, start day."""

    due: int
    started: float
    good: float
    begun: int
