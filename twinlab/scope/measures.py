"""Units of measure and currencies: what a planner's figure is in the unit of our column."""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from twinlab.scope.distributions import Constant, Listed, MeanAndSpread, NegativeBinomial, Uniform

# Each kind of unit, as multiples of one of them.
_TIME = {"day": 1, "d": 1, "h": 1 / 24, "hour": 1 / 24, "week": 7, "wk": 7, "w": 7}
_TIME |= {"month": 365 / 12, "quarter": 365 / 4, "year": 365, "yr": 365, "a": 365}
_TIME |= {"tag": 1, "tage": 1, "jour": 1, "woche": 7, "wochen": 7, "semaine": 7, "jahr": 365}
_TIME |= dict.fromkeys(("monat", "monate", "moi"), 365 / 12)  # of mois, as of boxes
MASS = {"kg": 1.0, "g": 0.001, "t": 1000.0, "tonne": 1000.0, "lb": 0.45359237, "oz": 0.028349523125}
_LENGTH = {"km": 1, "m": 0.001, "mi": 1.609344, "mile": 1.609344, "nmi": 1.852}
_SHARE = {"share": 1, "%": 0.01, "percent": 0.01}
_PIECE = dict.fromkeys(("unit", "piece", "pc", "pce", "ea", "each", "st", "stk", "stück"), 1.0)

_SIGNS = {"€": "eur", "$": "usd", "£": "gbp"}

Factors = Mapping[str, float]


def factor(ours: str, theirs: str, money: Factors, pieces: Factors) -> float:
    """Give what a figure in their unit is multiplied by to be in ours; ValueError if it has none.

    ``money``: USD for one of each currency; ``pieces``: units of a product in one of each measure.
    """
    mine, other = _parted(ours), _parted(theirs)
    other += mine[len(other) :]
    kinds = (_TIME, MASS, _LENGTH, _SHARE, {"usd": 1.0} | _small(money), _PIECE | _small(pieces))
    found = 1.0
    for at, (one, their) in enumerate(zip(mine, other, strict=False)):
        mark = one if one == their else next((k for k in kinds if one in k and their in k), None)
        if mark is None or len(mine) != len(other):
            raise ValueError(f"the unit {theirs!r} is not known where {ours!r} is wanted")
        if not isinstance(mark, str):
            found *= (mark[their] / mark[one]) ** (1 if at == 0 else -1)
    return found


def _small(factors: Factors) -> dict[str, float]:
    return {_singular(name): value for name, value in factors.items()}


def _singular(word: str) -> str:
    word = _SIGNS.get(word.strip(), word.strip().lower())
    return re.sub(r"(?<=[xs])es$|(?<=[a-z]{2})s$", "", word)


def _parted(unit: str) -> list[str]:
    return [_singular(part) for part in re.split(r"/| per ", unit)]


def scaled(value: Any, by: float) -> Any:
    """A number or a law, so many times as large; ValueError for a law that counts units."""
    if by == 1:
        return value
    if isinstance(value, int | float):
        return value * by
    if isinstance(value, Listed):
        return type(value)(value.values * by)
    grows = isinstance(value, Constant | Uniform | MeanAndSpread)
    if not grows or isinstance(value, NegativeBinomial):
        raise ValueError(f"is {value}, which cannot be converted: write it in the column's unit")
    return replace(value, **{name: by * each for name, each in vars(value).items()})


def unit_of(header: str) -> tuple[str, str]:
    """A header without its unit in brackets, and the unit: "Cost (EUR/unit)", "Time [weeks]"."""
    short = header if len(header) < 999 else ""  # so that no header takes long
    found = re.fullmatch(r"(.*?)\s*[\[(]([^\[\]()]+)[\])]\s*", short, re.DOTALL)
    return (found[1].strip(), found[2].strip()) if found and found[1].strip() else (header, "")


def in_their_unit(ours: str, unit: str, currency: str) -> str:
    """The unit of a column in a row that counts in measures and money of its own."""
    said = re.sub(r"\bunits?\b", unit.replace("\\", ""), ours) if unit else ours
    return re.sub(r"\bUSD\b", currency.replace("\\", ""), said) if currency else said
