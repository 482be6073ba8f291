"""Numbers and distributions as text, as a table's cell holds them: ``Normal(mean=5.0, sd=1.0)``."""

import re
from dataclasses import fields
from typing import Any

from twinlab.scope import chance
from twinlab.scope.chance import Constant, Trace
from twinlab.scope.errors import did_you_mean, shown

FAMILIES: dict[str, Any] = {
    law.__name__: law
    for law in (Constant, Trace, chance.Normal, chance.Poisson, chance.NegativeBinomial,
                chance.LogNormal, chance.Gamma, chance.Uniform, chance.Empirical)
}  # fmt: skip

# Each text is read in one way only, from left to right: what cannot be read costs no more time.
_CALL = re.compile(r"\s*(\w+)\s*\((.*)\)\s*", re.DOTALL)
_NUMBER = r"[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?"
_ARGUMENT = re.compile(rf"\s*(?:(\w+)\s*=\s*)?(\([^()]*\)|{_NUMBER})\s*(?:,|$)", re.ASCII)
_PLAIN = re.compile(rf"{_NUMBER}|[-+]?inf|nan", re.ASCII)
_GROUPED = re.compile(r"[-+]?[1-9]\d{0,2}[.,]\d{3}", re.ASCII)


def write_number(value: float) -> str:
    """Write a number so that every country reads the same: 1.125 could be taken for 1125.

    >>> write_number(1.125), write_number(0.125), write_number(1125.0)
    ('1.1250', '0.125', '1125.0')
    """
    text = repr(value)
    return text + "0" if _GROUPED.fullmatch(text) else text


def read_number(text: str) -> float:
    """Read a number that all countries read alike.

    >>> read_number("1.95"), read_number("1950")
    (1.95, 1950.0)

    Raises:
        ValueError: it is no number, or 1.95 in one country and 1950 in another.
    """
    text = text.strip()
    if _GROUPED.fullmatch(text):
        one, other = float(text.replace(",", ".")), float(re.sub("[.,]", "", text))
        raise ValueError(
            f"{text!r} is {one:g} in some countries and {other:g} in others: write "
            f"{write_number(one)} or {write_number(other)}"
        )
    if not _PLAIN.fullmatch(text):
        comma = "; write a decimal point, not a comma" if "," in text else ""
        raise ValueError(f"{shown(text)}{comma}")
    return float(text)


def parse_distribution(text: str) -> Any:
    """Read a distribution from the text of a table cell; a bare number is a constant.

    >>> parse_distribution("Normal(mean=5, sd=1)")
    Normal(mean=5.0, sd=1.0)
    >>> parse_distribution("Empirical(values=(2, 3))")
    Empirical(values=(2.0, 3.0))
    >>> parse_distribution("2")
    Constant(value=2.0)
    """
    if text.strip()[:1] in "-+.0123456789":
        try:
            return Constant(read_number(text))
        except ValueError as problem:
            raise ValueError(
                f"is a distribution such as Normal(mean=5, sd=1), got {problem}"
            ) from None
    call = _CALL.fullmatch(text)
    if not call:
        raise ValueError(f"is a distribution such as Normal(mean=5, sd=1), got {shown(text)}")
    name, inside = call.groups()
    if name not in FAMILIES:
        raise ValueError(f"has no distribution {name!r}; {did_you_mean(name, FAMILIES)}")
    return FAMILIES[name](**_arguments(FAMILIES[name], inside))


def _arguments(law: Any, inside: str) -> dict[str, Any]:
    """The named parameters in the text between the brackets of a distribution."""
    known = [f.name for f in fields(law)]
    found: dict[str, Any] = {}
    at = position = 0
    while match := _ARGUMENT.match(inside, at):
        at = match.end()
        name = match[1] or (known[position] if position < len(known) else f"#{position + 1}")
        if name not in known:
            raise ValueError(f"{law.__name__} has no {name!r}; {did_you_mean(name, known)}")
        found[name] = _values(match[2])
        position += 1
    missing = [f.name for f in fields(law) if f.name not in found and law is not Trace]
    if at != len(inside) or missing:
        wanted = ", ".join(f"{k}=…" for k in known)
        got = shown(inside)[1:-1]
        raise ValueError(f"cannot read {law.__name__}({got}): write {law.__name__}({wanted})")
    return found


def _values(text: str) -> float | tuple[float, ...]:
    if text.startswith("("):
        return tuple(float(part) for part in text[1:-1].split(",") if part.strip())
    return float(text)
