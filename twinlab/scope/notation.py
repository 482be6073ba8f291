"""Distributions as text, as a table's cell holds them: ``Normal(mean=5.0, sd=1.0)``."""

import re
from dataclasses import fields
from typing import Any

from twinlab.scope import chance
from twinlab.scope.chance import Constant, Trace
from twinlab.scope.errors import did_you_mean

FAMILIES: dict[str, Any] = {
    law.__name__: law
    for law in (Constant, Trace, chance.Normal, chance.Poisson, chance.NegativeBinomial,
                chance.LogNormal, chance.Gamma, chance.Uniform, chance.Empirical)
}  # fmt: skip

_CALL = re.compile(r"\s*(\w+)\s*\((.*)\)\s*", re.DOTALL)
_NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
_ARGUMENT = re.compile(rf"\s*(?:(\w+)\s*=\s*)?(\([^()]*\)|{_NUMBER})\s*(?:,|$)")


def parse_distribution(text: str) -> Any:
    """Read a distribution from the text of a table cell; a bare number is a constant.

    >>> parse_distribution("Normal(mean=5, sd=1)")
    Normal(mean=5.0, sd=1.0)
    >>> parse_distribution("Empirical(values=(2, 3))")
    Empirical(values=(2.0, 3.0))
    >>> parse_distribution("2")
    Constant(value=2.0)
    """
    if re.fullmatch(rf"\s*{_NUMBER}\s*", text):
        return Constant(float(text))
    call = _CALL.fullmatch(text)
    if not call:
        raise ValueError(f"is a distribution such as Normal(mean=5, sd=1), got {text!r}")
    name, inside = call.groups()
    if name not in FAMILIES:
        raise ValueError(f"has no distribution {name!r}; {did_you_mean(name, FAMILIES)}")
    return FAMILIES[name](**_arguments(FAMILIES[name], inside))


def _arguments(law: Any, inside: str) -> dict[str, Any]:
    """The named parameters in the text between the brackets of a distribution."""
    known = [f.name for f in fields(law)]
    found: dict[str, Any] = {}
    at = 0
    for position, match in enumerate(_ARGUMENT.finditer(inside)):
        if match.start() != at:
            break
        at = match.end()
        name = match[1] or (known[position] if position < len(known) else f"#{position + 1}")
        if name not in known:
            raise ValueError(f"{law.__name__} has no {name!r}; {did_you_mean(name, known)}")
        found[name] = _values(match[2])
    missing = [f.name for f in fields(law) if f.name not in found and law is not Trace]
    if at != len(inside) or missing:
        wanted = ", ".join(f"{k}=…" for k in known)
        raise ValueError(f"cannot read {law.__name__}({inside}): write {law.__name__}({wanted})")
    return found


def _values(text: str) -> float | tuple[float, ...]:
    if text.startswith("("):
        return tuple(float(part) for part in text[1:-1].split(",") if part.strip())
    return float(text)
