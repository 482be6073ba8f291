"""A memo: a choice on one printable page, for somebody to approve, reject or send back."""

import sys
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import fields, is_dataclass
from functools import cache
from hashlib import sha256
from html import escape
from itertools import pairwise
from pathlib import Path
from textwrap import shorten
from types import FunctionType, ModuleType
from typing import Any

import numpy as np

from twinlab.management.goals import BestResponses
from twinlab.management.risk import Protection
from twinlab.modeling import Comparison
from twinlab.modeling.doubt import Ranked, Ranking
from twinlab.scope import Estimate, Result, Scenario, ScenarioError
from twinlab.scope.base import check_known, column, optimize, shown

__all__ = ["break_even", "memo"]

MOST, LETTERS = 8, 140  # options, and assumptions, that fit on a page; letters of a text there
PLACES, NAMED = 9, 3  # of a range, where a break-even is looked for; rivals told by name
_HELD = """__name__ __code__ __closure__ __defaults__ __kwdefaults__ co_code co_names co_consts
cell_contents __func__ __self__ func args keywords""".split()  # by functions, and what is like them
_PAGE = "<style>@page{size:A4;margin:13mm}body{font-family:sans-serif;max-width:178mm}</style>"
_LOOK = """<style>.memo{font-size:12px}.memo h1{font-size:18px;margin:0}.memo h2{font-size:14px;
margin:9px 0 3px}.memo table{border-collapse:collapse;table-layout:auto;width:100%;font-size:11px}
.memo td{padding:2px 5px;text-align:right;white-space:nowrap}.memo td:first-child{text-align:left;
white-space:normal}.memo ul{margin:0}.memo .best{font-weight:bold;outline:1px solid}.memo footer{
display:flex;gap:24px;margin:30px 0;white-space:nowrap}.memo span{flex:1;border-top:1px solid}
.memo svg{max-width:none}</style>"""

Gain = Callable[[float], Estimate]  # of a choice, by the value of an assumption


class BreakEven(Result, frozen=True):
    """From where on an assumption changes a choice; between low and high that is in doubt."""

    name: str = column("words", meaning="the assumption, with its unit")
    at: float = column("", meaning="where both choices are as good; nan: nowhere in the range")
    low: float = column("", meaning="from here on it is not established which is better; or nan")
    high: float = column("", meaning="up to here")
    pays: str = column("words", meaning="where the choice pays; empty: it is established nowhere")

    def _sentence(self) -> str:
        where = f"the choice pays {self.pays}" + f" {shown(self.at)}" * (self.at == self.at)
        doubt = f"not established from {shown(self.low)} to {shown(self.high)}"
        said = [where] * bool(self.pays) + [doubt] * (self.low == self.low)
        return f"{self.name}: {'; '.join(said)}"


def break_even(
    difference: Gain, low: float, high: float, name: str = "the assumption", fine: float = 0.001
) -> BreakEven:
    """Find the value of an assumption, from low to high, at which a choice stops to pay.

    ``difference`` simulates with a value, on common random numbers, by how much the choice is
    better than the other, in pairs. It is looked at in 9 places of the range; between two of them
    it may cross zero once. That is found within a ``fine`` share of the range (Brent 1973), and so
    are the first and the last value for which its interval holds 0: between them is doubt.

    Raises:
        ScenarioError: the ends are no range, a difference is no Estimate, or its sign is
            established to change more than once.

    >>> break_even(lambda rate: estimate(np.array([8.0, 12.0, 10.0]) * rate - 5), 0, 2, "rate")
    rate: the choice pays above 0.5; not established from 0.334 to 0.9937
    """

    @cache
    def ends(value: float) -> tuple[float, ...]:
        found = difference(value)
        if not (isinstance(found, Estimate) and low < high):
            raise ScenarioError(f"break_even: from {low} to {high}: {found!r:.60} is no Estimate")
        return found.mean, found.low, found.high

    def cross(which: int, points: list[float]) -> list[float]:
        """Where the mean, or an end of its interval, is zero."""
        pairs = [sorted(two) for two in pairwise(points)]
        over = [two for two in pairs if len({ends(x)[which] > 0 for x in two}) == 2]
        near = fine * (high - low)
        return [float(optimize.brentq(lambda x: ends(x)[which], *two, xtol=near)) for two in over]

    points: list[float] = np.linspace(low, high, PLACES).tolist()
    sure = {x: ends(x)[0] > 0 for x in points if not ends(x)[1] <= 0 <= ends(x)[2]}
    even, turns = cross(0, points), sum(a != b for a, b in pairwise(sure.values()))
    if turns > 1 or (turns and len(even) % 2 == 0):
        where = ", ".join(map(shown, even))
        raise ScenarioError(f"{name}: both are as good at {where}: give a range with one of them")
    doubt = [  # where it begins, seen from either end
        [*cross(2 - sure[way[0]], way), np.nan][0] if way[0] in sure else way[0]
        for way in (points, points[::-1])
    ]
    at = even[len(even) // 2] if len(even) % 2 else np.nan
    pays = "above" if ends(high)[0] > 0 else "below"
    if not len(even) % 2:
        how = "anywhere" if any(sure.values()) else "nowhere"
        pays = f"{how} from {shown(low)} to {shown(high)}"
    return BreakEven(name, at, doubt[0], doubt[1], "" if doubt == [low, high] else pays)


class Memo(Result, frozen=True):
    """One page about a choice, from ``memo``: a notebook shows it, ``save`` writes it."""

    question: str
    whose: str
    ranking: Ranking
    assumptions: tuple[Any, ...]
    provenance: str

    @property
    def advice(self) -> tuple[str, str]:
        """What to choose, and how sure that is; nothing, where chance could explain the lead."""
        best, second, *_ = (shorten(one.name, LETTERS // 2) for one in self.ranking)
        unit = self.ranking.unit
        costs = {one.name: one.behind for one in self.ranking.rivals}
        if not costs:
            even = f"Break-even: {best} may cost so much more than reckoned before both are as good"
            by = self.ranking.choices[1].behind.short
            return f"Choose {best}.", f"The runner-up, {second}, costs {by} {unit} more. {even}."
        told = [(shorten(name, LETTERS // 2), by.short) for name, by in costs.items()][:NAMED]
        *some, last = [best, *dict(told)] + [f"{len(costs) - NAMED} more"] * (len(costs) > NAMED)
        times = max((1 - by.low / by.mean) ** 2 if by.mean else np.inf for by in costs.values())
        more = f", or live about {times:.1f} times as many histories" * bool(1.05 <= times < 1000)
        why = ", ".join(f"{name} costs {by}" for name, by in told)
        why = f"{why} {unit} more, which chance could do: take any{more}."
        return f"Not established: {', '.join(some)} or {last}.", why

    @property
    def shown(self) -> list[Ranked]:
        """The best options that fit on a page, and the one with which all are compared."""
        first, last = self.ranking.choices[:MOST], self.ranking.choices[MOST:]
        base = [one for one in last if one.gain.low == one.gain.high == 0][:1]
        return [*first[: MOST - len(base)], *base]

    def save(self, path: str | Path) -> Path:
        """Write the page as HTML that needs nothing else, ready to be printed on A4."""
        head = f"<meta charset=utf-8><title>{escape(self.question)}</title>{_PAGE}"
        text = f"<!doctype html><html lang=en>{head}{self._repr_html_()}</html>"
        Path(path).write_text(text, encoding="utf-8")
        return Path(path)

    def _sentence(self) -> str:
        costs = [f"  {one.name}: {one.cost.short} {self.ranking.unit}" for one in self.shown]
        said = [*map(str, self.assumptions), self.provenance]
        return "\n".join([f"{self.question} {self.whose}", *self.advice, *costs, *said])

    def _repr_html_(self) -> str:
        words = (self.question, *self.assumptions)
        asked, *said = (escape(shorten(str(one), LETTERS)) for one in words)
        (choose, why), held = map(escape, self.advice), "".join(f"<li>{one}" for one in said)
        parts = [f"{_LOOK}<h1>{asked}</h1>{escape(self.whose)}<h2>Recommendation</h2>"]
        parts += [f"<b>{choose}</b> {why}<h2>Options</h2>{self._options}"]
        parts += [f"<h2>Assumptions, and what would change the choice</h2><ul>{held}</ul>"]
        sign = ("☐ approved ☐ rejected ☐ sent back", "name, date", "reason")
        parts += [f"<footer>{''.join(f'<span>{one}</span>' for one in sign)}</footer>"]
        return f"<div class=memo>{''.join(parts)}<small>{escape(self.provenance)}</small></div>"

    @property
    def _options(self) -> str:
        ends = [(one.behind.low, one.behind.high) for one in self.shown]
        low, high = min(0.0, *(x for x, _ in ends)), sorted(x for _, x in ends)[1:][-2:][0]
        scale = f"{shown(low)} … {shown(high)}"
        rows = [["option", "costs", "saves", "behind the best", scale, "best in"]]
        for one in self.shown:
            name, bar = escape(shorten(one.name, LETTERS // 2)), _bar(one.behind, low, high)
            told = (each.short.replace(" [", "<br>[") for each in (one.gain, one.behind))
            rows.append([name, shown(one.cost.mean), *told, bar, f"{one.again:.0%}"])
        head, *lines = ("".join(f"<td>{cell}" for cell in row) for row in rows)
        left = len(self.ranking.choices) - len(self.shown)
        base = next(one.name for one in self.shown if one.gain.low == one.gain.high == 0)
        note = f"{self.ranking.unit or 'Costs'}; saves: against {shorten(base, LETTERS // 2)}; "
        note += "95 % intervals, in pairs; best in: of redraws"
        note += f"; {left} options more are further behind" * bool(left)
        table = f"<table><tr>{head}<tr class=best>{'<tr>'.join(lines)}</table>"
        return f"{table}<small>{escape(note)}</small>"


def _bar(by: Estimate, low: float, high: float) -> str:
    """An interval and zero as a small picture in the page's ink; one far off is cut at the edge."""
    wide, ends = (high - low) or 1.0, (0.0, by.low, by.high, by.mean)
    at = [f"{3 + 104 * min(1.0, (value - low) / wide):.1f}" for value in ends]
    dot = f"<circle cx={at[3]} cy=6 r=2.5 />" if by.mean <= high else '<path d="M97 1l10 5-10 5z"/>'
    return (
        f'<svg role=img aria-label="{by.short}" width=110 height=12 stroke=currentColor '
        f'fill=currentColor><path d="M{at[0]} 0V12" stroke-dasharray=2 /><path stroke-width=2 '
        f'd="M{at[1]} 6H{at[2]}"/>{dot}</svg>'
    )


def memo(
    result: Any,
    question: str,
    owner: str = "",
    due: str = "",
    assumptions: Sequence[str | BreakEven] = (),
    basis: Sequence[Any] = (),
) -> Memo:
    """Put a result on a page: what to choose, how sure that is, and what would change it.

    ``result`` ranks options by money: a ``Comparison``, a ``Protection``, ``BestResponses`` (those
    of the role that is the owner), a ``Ranking`` or what has one. ``basis`` is what it does not say
    of itself: scenarios, of which the page shows a fingerprint, ``Seeds``, or words.

    Raises:
        ScenarioError: the result ranks nothing, or more is assumed than fits on a page.

    >>> shop = Scenario(serial(["mine", "shop"], demand=Normal(5, 1)), BaseStock(6), days=50)
    >>> found = compare({"lean": shop, "safe": shop.set("shop.up_to", 8)}, 200, seed=1)
    >>> memo(found.rank("mean_stock"), "How much stock?", "head of supply").advice[0]
    'Choose lean.'
    """
    if len(assumptions) > MOST:
        raise ScenarioError(f"memo: {len(assumptions)} assumptions, {MOST} fit on a page")
    unit, told = getattr(result, "unit", ""), list(basis)
    ranking = getattr(result, "ranking", result)
    if isinstance(result, Comparison):
        units = result.table[["kpi", "unit"]].to_numpy().tolist()
        kpi, unit = next((pair for pair in units if "USD" in pair[1]), ("", ""))
        ranking, batch = result.rank(kpi), next(iter(result.batches.values()))
        told += [each.scenario for each in result.batches.values()]
        told += [f"{batch.replications:,} replications"]
        told += [] if result.seeds else [f"seed {batch.seed}"]
    elif isinstance(result, BestResponses):
        check_known(owner, result.rankings, f"memo: {owner!r} is no role")
        ranking, told = result.rankings[owner], [*told, result.scenario]
    elif isinstance(result, Protection):
        unit, told = "USD/year", [*told, result.risk.scenario]
    if not isinstance(ranking, Ranking) or len(ranking) < 2:
        kind = type(result).__name__
        raise ScenarioError(f"memo: this {kind} ranks no options: give a Ranking of two or more")
    told += [result.seeds] if getattr(result, "seeds", None) else []
    made = ["twinlab " + sys.modules["twinlab"].__version__, *map(_fingerprint, told)]
    whose = f"For {owner or 'whom it concerns'}; decide by {due or 'no set day'}."
    ranking = Ranking(ranking.choices, unit or ranking.unit)
    return Memo(question, whose, ranking, tuple(assumptions), "; ".join(dict.fromkeys(made)))


def _fingerprint(told: Any) -> str:
    """Of a scenario the start of a hash of all that it holds, of anything else its words."""
    if not isinstance(told, Scenario):
        return str(told)
    try:
        return f"scenario {sha256(_text(told).encode()).hexdigest()[:12]}"
    except (TypeError, ValueError, RecursionError):
        return "scenario with rules of one's own: not fingerprinted"


def _text(value: Any) -> str:
    """All that a value holds, the same in every process; an error, where nobody can tell."""
    if isinstance(value, np.ndarray | np.generic):
        value = value.tolist()
    if isinstance(value, type | ModuleType):
        return value.__name__
    if isinstance(value, Mapping):
        return f"{{{','.join(sorted(f'{_text(k)}:{_text(v)}' for k, v in value.items()))}}}"
    if isinstance(value, list | tuple | Set):
        told = [*map(_text, value)]
        return f"[{','.join(sorted(told) if isinstance(value, Set) else told)}]"
    row, names = is_dataclass(value), [*_HELD, *getattr(value, "__dict__", ())]
    names = [f.name for f in fields(value)] if row else names
    own = {name: getattr(value, name) for name in names if hasattr(value, name)}
    if own or hasattr(value, "__dict__"):
        reads = value.__code__.co_names if isinstance(value, FunctionType) else ()
        known = [value.__globals__.get(name) for name in reads]
        own["globals"] = [each for each in known if isinstance(each, str | int | float)]
        kind, call = type(value), vars(type(value)).get("__call__")
        if isinstance(call, FunctionType) and not kind.__module__.startswith("twinlab."):
            own["()"] = call  # what the library's own do is told by its version
        return _text(own | {"": kind})
    if " at 0x" in (words := repr(value)):
        raise TypeError(words)
    return words
