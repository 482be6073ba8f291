"""How every picture of the lab looks, by day and by night, and the marks that it is made of.

A mark is data: where something stands, under which name, and how it looks. It is put on axes once;
from then on what was put there is moved.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np
from matplotlib.axes import Axes

Style = dict[str, Any]  # how matplotlib is told what something looks like
Point = tuple[float, float]

FONT = 12  # points; nothing in a picture is smaller than FONT - 1
WIDTH = 9.5  # inches
INK, GREY, PALE, PAPER = "#222222", "#767676", "#E5E5E5", "#FFFFFF"
CLOSED = "#E3E3E3"  # the days on which something is closed

# Okabe & Ito's palette, which the colour-blind can tell apart; yellow is too pale for lines.
BLUE, VERMILLION, GREEN = "#0072B2", "#D55E00", "#009E73"
ORANGE, PURPLE, SKY = "#E69F00", "#CC79A7", "#56B4E9"
FAINT, LAND, SEA, COAST = "#C4E6D8", "#E9E4D8", "#F6FAFC", "#B9B2A0"
LOW, SHORT = "#FBE3B0", "#F2A571"  # grounds that INK can be read on, in trouble's colours

# What stands for a colour on a dark page.
_DAY: tuple[str, ...] = INK, GREY, PALE, PAPER, CLOSED, BLUE, VERMILLION, GREEN, "#000000"
_DAY += FAINT, LAND, SEA, COAST, LOW, SHORT
_NIGHT = """#E8E8E8 #A0A0A0 #3D3D3D #111111 #454545 #4FA8E0 #FF8A3D #2FC79A #FFFFFF #1E4A3C
    #3A3830 #16222A #6E6858 #57430F #7C3A12""".split()
NIGHT = dict(zip(_DAY, _NIGHT, strict=True))

LEGEND: Style = {"fontsize": FONT - 1, "frameon": False, "columnspacing": 1.2}
LEGEND |= {"handlelength": 1.6, "labelcolor": INK, "loc": "outside upper left"}
NEAR: Style = {"textcoords": "offset points", "fontsize": FONT - 1, "color": INK}
DASHED: Style = {"color": INK, "linestyle": (0, (5, 2)), "linewidth": 1.5}
THIN: Style = {"color": INK, "linewidth": 1}
MARK: Style = {"color": INK, "marker": "o", "markersize": 9, "linestyle": "", "zorder": 5}
HATCHED: Style = {"hatch": "//", "edgecolor": PAPER, "linewidth": 0}
# Colour and dashes together, so that a line is known without its colour.
_ON = (), (5, 1.5), (1, 1), (6, 1.5, 1, 1.5), (3, 1), (), (4, 1, 1, 1, 1, 1), (2, 2)  # and off
_PENS = zip((BLUE, VERMILLION, GREEN, PURPLE, ORANGE, "#000000", SKY, GREY), _ON, strict=True)
LOOKS: list[Style] = [
    {"color": one, "linestyle": (0, on) if on else "-", "linewidth": 2.5} for one, on in _PENS
]


def tinted(look: Any, dark: bool) -> Any:
    """The same look for the page it is on."""
    if isinstance(look, dict):
        return {name: tinted(value, dark) for name, value in look.items()}
    if isinstance(look, list):
        return [tinted(value, dark) for value in look]
    return NIGHT.get(look, look) if dark and isinstance(look, str) else look


def area(colour: str, alpha: float = 0.18) -> Style:
    """A band or an area of a colour through which lines can be seen."""
    return {"color": colour, "alpha": alpha, "linewidth": 0}


class Mark(NamedTuple):
    """Something to draw: by which method of axes, with what, and how it looks.

    ``x`` and ``y`` are all that it needs room for; ``told`` are the names, places and values that
    can be read. ``names`` are those of places, on a map.
    """

    put: Callable[..., Any]
    at: tuple[Any, ...]
    looks: Style
    x: Any = ()
    y: Any = ()
    name: str = ""
    told: Sequence[tuple[str, Any, Any]] = ()
    names: Sequence[str] = ()


def line(x: Any, y: Any, name: str = "", **looks: Any) -> Mark:
    """A line, or the dots of one."""
    return Mark(Axes.plot, (x, y), looks, x, y, name, [(name, x, y)] * bool(name))


def band(x: Any, low: Any, high: Any, name: str = "", where: Any = None, **looks: Any) -> Mark:
    """The area between two lines; read from its lower one too, where that is no axis."""
    told = [(f"{name}, from", x, low), (f"{name}, to", x, high)]
    told = told if np.ndim(low) else [(name, x, np.abs(high))]
    at, reach = (x, low, high, where), np.append(low, high)
    return Mark(Axes.fill_between, at, looks, x, reach, name, told * bool(name))


def bars(at: Any, values: Any, name: str, **looks: Any) -> Mark:
    """A bar upright at each place."""
    told, reach = [(name, at, np.abs(values))], np.append(0.0, values)
    return Mark(Axes.bar, (at, values, 0.7, 0.0), looks, at, reach, name, told)


def lying(at: Any, values: Any, name: str, left: Any = 0.0, **looks: Any) -> Mark:
    """A bar from left to right at each place."""
    told, reach = [(name, at, values)], np.append(left, np.add(left, values))
    return Mark(Axes.barh, (at, values, 0.65, left), looks, reach, at, name, told)


def dots(x: Any, y: Any, sizes: Any, names: Sequence[str], told: Any, **looks: Any) -> Mark:
    """Dots as large as they count [square points], and what is told of each place."""
    read = [(looks.get("label", ""), x, told)]
    return Mark(Axes.scatter, (x, y, sizes), looks, x, y, "", read, names)


def span(first: float, last: float, name: str = "closed", **looks: Any) -> Mark:
    """Grey between two places, while something is so."""
    grey = {"color": CLOSED, "linewidth": 0, "zorder": 0, "label": name}
    return Mark(Axes.axvspan, (first, last), grey | looks)


def closed(spans: Iterable[tuple[int, int]]) -> list[Mark]:
    """Grey for the days on which something is closed: first and last day of each closure."""
    return [span(first, last + 1) for first, last in spans]


def whole(axes: Axes, _: bool) -> None:
    """Nothing between whole numbers is written on these axes."""
    axes.locator_params(integer=True)


def write_dates(axes: Axes, calendar: Any) -> None:
    """Write dates where places are days: Mondays, or where months or years begin, as room is."""
    if not calendar or not calendar.start:
        return
    (low, high), width = calendar.dates(axes.get_xlim()), axes.bbox.width / axes.figure.dpi
    for step in "D1 D2 W1 W2 M1 M2 M3 M6 Y1 Y2 Y5 Y10 Y50 Y100 Y1000".split():
        unit, many = f"M8[{step[0]}]", int(step[1:])
        first, last = (at.astype(unit).astype(int) // many for at in (low, high))
        if last - first < 10 * width / len(str(low.astype(unit))):
            break
    ticks = (np.arange(first, last + 2) * many).astype(unit).astype("M8[D]") + 4 * (step[0] == "W")
    ticks = ticks[(low <= ticks) & (ticks <= high)]
    words = ticks.astype(unit.replace("W", "D")).astype(str)
    axes.set_xticks((ticks - calendar.dates(0)).astype(int) / calendar.period, words)
    axes.set_xlabel(axes.get_xlabel() and "date")


def rule(y: float, **looks: Any) -> Mark:
    """A line right across at a value."""
    return Mark(Axes.axhline, (y,), THIN | looks, y=(y,))


def post(x: float, **looks: Any) -> Mark:
    """An upright line at a place."""
    return Mark(Axes.axvline, (x,), THIN | looks, x=(x,))


def note(text: str, xy: Point, to: Point = (8, 8), **looks: Any) -> Mark:
    """Words at a place, moved by some points."""
    return Mark(Axes.annotate, (text, xy, to), NEAR | looks)


def _stretch(drawn: Any, **ends: Any) -> None:
    """Bring each of some bars to its ends."""
    for bar, *each in zip(drawn, *np.broadcast_arrays(*ends.values()), strict=True):
        bar.update(dict(zip(ends, each, strict=True)))


def _restate(drawn: Any, text: str, xy: Point, to: Point) -> None:
    drawn.set(text=text, position=to)
    drawn.xy = xy


# How what was put on axes is brought to where its mark stands now.
MOVE: dict[Any, Callable[..., Any]] = {
    Axes.plot: lambda drawn, x, y: drawn.set_data(x, y),
    Axes.fill_between: lambda drawn, *ends: drawn.set_data(*ends[:3], where=ends[3]),
    Axes.bar: lambda drawn, _, values, __, base: _stretch(drawn, height=values, y=base),
    Axes.barh: lambda drawn, _, values, __, left: _stretch(drawn, width=values, x=left),
    Axes.scatter: lambda drawn, x, y, s: drawn.set(
        offsets=np.column_stack([x, y]), sizes=np.ravel(s)
    ),
    Axes.axvspan: lambda drawn, first, last: drawn.set(x=first, width=last - first),
    Axes.axhline: lambda drawn, y: drawn.set_ydata([y, y]),
    Axes.axvline: lambda drawn, x: drawn.set_xdata([x, x]),
    Axes.annotate: _restate,
}
