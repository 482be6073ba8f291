"""People, floor 5: decision makers and their rules."""

from twinlab.people.one_by_one import OneByOne
from twinlab.people.rules import BaseStock, EchelonBaseStock, FixedLot, MinMax, PassThrough

__all__ = [
    "BaseStock",
    "EchelonBaseStock",
    "FixedLot",
    "MinMax",
    "OneByOne",
    "PassThrough",
]
