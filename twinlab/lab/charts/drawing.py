"""How every picture of the lab looks, and how it becomes SVG or PNG.

Only ``matplotlib.figure.Figure`` is used, never pyplot: a widget's callback runs on another thread
than the cells, and pyplot's "current figure" is shared by all of them.
"""

import html
import io
import re
import threading
from base64 import b64encode
from collections.abc import Iterable
from typing import Any, NamedTuple

import matplotlib
import numpy as np
from IPython.display import display
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

__all__ = ["Chart"]

Style = dict[str, Any]  # how matplotlib is told what something looks like

FONT = 12  # points; nothing in a picture is smaller than FONT - 1
WIDTH = 9.5  # inches
INK, GREY, PALE = "#222222", "#767676", "#E5E5E5"
CLOSED = "#E3E3E3"  # the days on which something is closed

# Okabe & Ito's palette, which the colour-blind can tell apart; yellow is too pale for lines.
BLUE, VERMILLION, GREEN = "#0072B2", "#D55E00", "#009E73"
ORANGE, PURPLE, SKY = "#E69F00", "#CC79A7", "#56B4E9"

LEGEND: Style = {"fontsize": FONT - 1, "frameon": False}
ABOVE: Style = LEGEND | {"loc": "lower right", "bbox_to_anchor": (1.0, 1.0)}
NEAR: Style = {"textcoords": "offset points", "fontsize": FONT - 1}
DASHED: Style = {"color": INK, "linestyle": (0, (5, 2)), "linewidth": 1.5}
MARK: Style = {"color": INK, "marker": "o", "markersize": 9, "linestyle": "", "zorder": 5}
HATCHED: Style = {"hatch": "//", "edgecolor": "white", "linewidth": 0}


class Look(NamedTuple):
    """Colour and dashes together, so that a line is known without its colour."""

    colour: str
    dashes: Any = "-"

    @property
    def line(self) -> Style:
        """A line of this look."""
        return {"color": self.colour, "linestyle": self.dashes, "linewidth": 2.5}


LOOKS = (
    Look(BLUE),
    Look(VERMILLION, (0, (5, 1.5))),
    Look(GREEN, (0, (1, 1))),
    Look(PURPLE, (0, (6, 1.5, 1, 1.5))),
    Look(ORANGE, (0, (3, 1))),
    Look("#000000"),
    Look(SKY, (0, (4, 1, 1, 1, 1, 1))),
    Look(GREY, (0, (2, 2))),
)

_COLOURS = 64  # of a PNG picture
_saving = threading.Lock()


def blank(width: float, height: float) -> Figure:
    """A new figure of this size in inches; its parts make room for one another."""
    return Figure(figsize=(width, height), layout="constrained")


def dress(axes: Axes, title: str = "", xlabel: str = "", ylabel: str = "", grid: str = "y") -> None:
    """Give axes their words, in letters that can be read from the last row.

    ``grid`` names the axis whose values have lines across: y, x, or none of them.
    """
    axes.set_title(title, loc="left", fontsize=FONT, fontweight="bold")
    axes.set_xlabel(xlabel, fontsize=FONT)
    axes.set_ylabel(ylabel, fontsize=FONT)
    axes.tick_params(labelsize=FONT - 1)
    axes.spines[["top", "right"]].set_visible(False)
    if grid:
        axes.grid(axis=grid, color=PALE, linewidth=0.8)  # type: ignore[arg-type]
    axes.set_axisbelow(True)


def plot(
    height: float, title: str, xlabel: str = "", ylabel: str = "", grid: str = "y"
) -> tuple[Figure, Axes]:
    """A new figure of a notebook's width with one plot in it, and its axes."""
    figure = blank(WIDTH, height)
    axes = figure.subplots()
    dress(axes, title, xlabel, ylabel, grid)
    return figure, axes


def shade(axes: Axes, spans: Iterable[tuple[int, int]]) -> None:
    """Grey the days on which something is closed: first and last day of each closure."""
    for first, last in spans:
        axes.axvspan(first, last + 1, color=CLOSED, linewidth=0, zorder=0)


def area(colour: str, alpha: float = 0.18) -> Style:
    """A band or an area of a colour through which lines can be seen."""
    return {"color": colour, "alpha": alpha, "linewidth": 0}


def settle(figure: Figure) -> None:
    """Let the parts make room for one another now, once: drawing again moves nothing."""
    with _saving:
        figure.draw_without_rendering()
    figure.set_layout_engine("none")


def as_svg(figure: Figure, words: str) -> str:
    """The figure as an inline ``<svg>`` that says what it shows; the same bytes every time."""
    written = io.StringIO()
    with _saving, matplotlib.rc_context({"svg.hashsalt": "twinlab"}):
        figure.savefig(written, format="svg", metadata={"Date": None, "Creator": None})
    text = written.getvalue()
    text = re.sub(r"<metadata>.*?</metadata>", "", text[text.index("<svg") :], flags=re.S)
    width = figure.get_figwidth() * 96
    shape = f'role="img" aria-label="{html.escape(words, quote=True)}" style="width:100%;'
    shape += f'max-width:{width:.0f}px;height:auto" '
    return text.replace("<svg ", f"<svg {shape}", 1)


def as_png(figure: Figure) -> str:
    """The figure as a PNG picture in base64, for readers without a kernel."""
    written = io.BytesIO()
    with _saving:
        canvas = FigureCanvasAgg(figure)
        canvas.draw()  # type: ignore[no-untyped-call]
    pixels = np.asarray(canvas.buffer_rgba())  # type: ignore[no-untyped-call]
    picture = Image.fromarray(pixels).convert("RGB")
    # A palette makes a third of the size: notebooks are committed with their pictures.
    picture.quantize(_COLOURS, dither=Image.Dither.NONE).save(written, "png", optimize=True)
    return b64encode(written.getvalue()).decode()


class Chart:
    """A picture with the words that say the same: shown as a picture and its caption.

    >>> from matplotlib.figure import Figure
    >>> Chart(Figure(), "stock of the shop: 5 units on day 0, 3 on day 9")
    stock of the shop: 5 units on day 0, 3 on day 9
    """

    def __init__(self, figure: Figure, words: str) -> None:
        """Keep both."""
        settle(figure)
        self.figure = figure
        self.words = words

    def __repr__(self) -> str:
        """Say what the picture shows."""
        return self.words

    @property
    def svg(self) -> str:
        """The picture as inline SVG, for a web page or slides."""
        return as_svg(self.figure, self.words)

    def _ipython_display_(self) -> None:
        # The caption comes as an output of its own: JupyterLab gives a PNG no alternative text.
        # PNG because notebooks are compared word by word, and SVG differs between versions.
        show_picture(self.figure, self.words)
        print(self.words)  # noqa: T201 (printing is how a notebook answers)


def show_picture(figure: Figure, words: str) -> None:
    """Show a figure in the notebook; without a screen, its words."""
    picture = {"image/png": as_png(figure), "text/plain": words}
    display(picture, raw=True, metadata={"image/png": {"alt": words}})  # type: ignore[no-untyped-call]
