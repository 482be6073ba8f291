"""A picture as data, the figure that is kept while it changes, and the page that reads it out.

Only ``matplotlib.figure.Figure`` is used, never pyplot: a widget's callback runs on another thread
than the cells, and pyplot's "current figure" is shared by all of them.
"""

import io
import json
import threading
from base64 import b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import anywidget
import numpy as np
import traitlets
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import PathCollection
from matplotlib.figure import Figure
from matplotlib.legend_handler import HandlerPathCollection
from matplotlib.text import Annotation
from PIL import Image

from twinlab.lab.charts import drawing as pen
from twinlab.scope.base import pd, shown

__all__ = ["Chart"]

Range = tuple[float, float]
Limits = list[tuple[Range, Range]]  # of x and y, panel by panel

_PAGE, _DPI = 96, 192  # pixels per inch: of a page, and of a picture that is sharp on it
_TITLE: pen.Style = {"loc": "left", "fontsize": pen.FONT, "fontweight": "bold"}
_CUT: pen.Style = {"ha": "right", "va": "top", "fontsize": pen.FONT - 1}
THEME = Path(__file__).parents[1] / "theme.js"  # what every page's script begins with
_COLOURS, _OCTREE = 128, Image.Quantize.FASTOCTREE  # of what stands still, and of what moves
_drawing = threading.Lock()


@dataclass(frozen=True)
class Panel:
    """One plot of a picture: its marks and its words.

    Limits are those of the marks, unless given. ``names`` stand at 0, 1, 2 … instead of numbers.
    ``unit`` is that of its values, else what their axis says. ``along`` says where places run: x,
    y (lying bars), or xy (a map). ``finish`` does what only this plot needs, once, with its axes
    and whether the page is dark.
    """

    marks: Sequence[pen.Mark]
    title: str = ""
    x: str = ""
    y: str = ""
    xlim: Range | None = None
    ylim: Range | None = None
    names: Sequence[str] = ()
    along: str = "x"
    grid: Any = "y"
    unit: str = ""
    finish: Callable[[Axes, bool], Any] = lambda axes, dark: None

    @property
    def limits(self) -> tuple[Range, Range]:
        """From where to where its axes go."""
        ylim = (len(self.names) - 0.5, -0.5) if self.along == "y" else self.ylim
        x, y = [m.x for m in self.marks], [m.y for m in self.marks]
        return self.xlim or _around(x), ylim or _around(y)

    @property
    def told(self) -> list[tuple[Any, ...]]:
        """Its series with their marks: name and unit, places, values."""
        label = self.unit or {"x": self.y, "y": self.x, "xy": ""}[self.along]
        unit = label[label.rfind("[") + 1 : -1] if label.endswith("]") else label
        every = ((*told, mark) for mark in self.marks for told in mark.told)
        return [(n if "[" in n or not unit else f"{n} [{unit}]", *more) for n, *more in every]

    def beyond(self, limits: tuple[Range, Range]) -> str:
        """Which of its values lie outside, in words."""
        (low, high), said = sorted(limits[self.along != "y"]), []
        for mark in self.marks if self.along != "xy" else ():
            reach = np.ravel(mark.x if self.along == "y" else mark.y)
            out = reach[(reach > high + 1e-6 * (high - low)) | (reach < low - 1e-6 * (high - low))]
            if mark.name and len(out):
                said.append(f"{mark.name} {shown(float(out[np.abs(out).argmax()]))}")
        return ", ".join(said)

    def place(self, mark: pen.Mark, x: Any, calendar: Any = None) -> list[Any]:
        """What stands at places of a mark: dates or names, where there are some."""
        if calendar and calendar.start:
            return list(calendar.dates(x))
        names = [name.replace("\n", " ") for name in self.names]
        return list(mark.names) or [names[int(at)] if names else at for at in x]


def _around(numbers: Sequence[Any]) -> Range:
    row = np.hstack([(), *numbers])
    known = row[np.isfinite(row)].tolist() or [0.0]
    low, high = min(known), max(known)
    room = 0.04 * (high - low) or abs(high) / 2 or 0.5
    return low - room, high + room


@dataclass(frozen=True, eq=False, repr=False)
class Chart:
    """A picture as data, with the words that say the same.

    Panels stand row by row; ``columns``: their widths; ``legend``: whether looks are named. Where
    places are days of a ``calendar``, such as a scenario, their dates are told, if it has a start.
    ``figure`` is a matplotlib figure of it, to style and save at will; ``table()`` its numbers.

    >>> seen = Chart([Panel([pen.line([0, 9], [5, 3], "shop")], y="stock [units]")], "few")
    >>> seen
    few
    >>> seen.table()["shop [units]"].to_list()
    [5, 3]
    """

    panels: Sequence[Panel]
    words: str
    size: Range = (pen.WIDTH, 4.2)
    columns: Sequence[float] = (1,)
    legend: bool = True
    calendar: Any = None

    def __post_init__(self) -> None:
        if self.calendar:
            object.__setattr__(self, "words", self.calendar.dated(self.words))

    def __repr__(self) -> str:
        return self.words

    @cached_property
    def figure(self) -> Figure:
        """The picture by matplotlib, to go on with."""
        return Sheet(self, dpi=100).figure

    @property
    def limits(self) -> Limits:
        """From where to where each panel's axes go, x and y."""
        return [panel.limits for panel in self.panels]

    @property
    def parts(self) -> Any:
        """What cannot be moved, only drawn anew."""
        words = [(p.x, p.y, tuple(p.names), len(p.marks)) for p in self.panels]
        marks = [mark for panel in self.panels for mark in panel.marks]
        many = [len(m.at[0]) for m in marks if m.put in (Axes.bar, Axes.barh)]
        since = self.calendar and self.calendar.start
        return self.size, since, words, many, [(m.put, m.name, repr(m.looks)) for m in marks]

    def table(self) -> Any:
        """The numbers that it is drawn from, a column for each series."""
        columns = {}
        for panel in self.panels:
            head = f"{panel.title}: " if len(self.panels) > 1 else ""
            for name, x, told, mark in panel.told:
                series = pd.Series(told, index=panel.place(mark, x, self.calendar))
                columns[head + name] = series.groupby(level=0, sort=False).last()
        return pd.DataFrame(columns)

    def _repr_mimebundle_(self, **options: Any) -> dict[str, Any]:
        picture = Picture(self)
        view: Any = picture._repr_mimebundle_(**options)
        return dict(view[0]) | {"text/plain": self.words, "image/png": picture.still}


class Sheet:
    """A figure that is kept: a picture of the same parts only moves what was drawn."""

    def __init__(
        self, chart: Chart, dark: bool = False, limits: Limits | None = None, dpi: int = _DPI
    ) -> None:
        self.dark, self.parts, self._ink = dark, chart.parts, pen.tinted(pen.INK, dark)
        self.figure = Figure(figsize=chart.size, dpi=dpi, layout="constrained")
        self.figure.patch.set_alpha(0)
        shape = -(-len(chart.panels) // len(chart.columns)), len(chart.columns)
        grid = self.figure.subplots(*shape, sharex=True, squeeze=False, width_ratios=chart.columns)
        self.axes: list[Axes] = list(grid.flat)
        self._drawn = [self._fill(*pair) for pair in zip(self.axes, chart.panels, strict=True)]
        looks: pen.Style = _CUT | {"color": pen.tinted(pen.VERMILLION, dark)}
        self._cuts = [self.figure.text(1, 1, "", transform=a.transAxes, **looks) for a in self.axes]
        if chart.legend:
            self._name()
        self._ground: Any = None  # limits and titles
        self._canvas = FigureCanvasAgg(self.figure)
        self._paper: Any = None
        self._stamps: Any = {}  # words as pixels
        self.move(chart, limits)
        with _drawing:
            self.figure.draw_without_rendering()
        self.figure.set_layout_engine("none")

    def _fill(self, axes: Axes, panel: Panel) -> list[Any]:
        """Give a panel its words, in letters that can be read from the last row, and its marks."""
        for axis, label in ((axes.xaxis, panel.x), (axes.yaxis, panel.y)):
            axis.set_label_text(label, fontsize=pen.FONT, color=self._ink)
            axis.set_major_formatter("{x:,.6g}")
        axes.patch.set_alpha(0)
        axes.tick_params(labelsize=pen.FONT - 1, color=self._ink, labelcolor=self._ink)
        axes.spines[["top", "right"]].set_visible(False)
        axes.spines[:].set_color(self._ink)
        if panel.grid:
            axes.grid(axis=panel.grid, color=pen.tinted(pen.PALE, self.dark), linewidth=0.8)
        axes.set_axisbelow(True)
        drawn = []
        for mark in panel.marks:
            looks = {"label": mark.name or "_"} | pen.tinted(mark.looks, self.dark)
            put = mark.put(axes, *mark.at, **looks)
            drawn.append(put[0] if mark.put is Axes.plot else put)
        if panel.names:
            axis = axes.yaxis if panel.along == "y" else axes.xaxis
            axis.set_ticks(range(len(panel.names)), panel.names)
        panel.finish(axes, self.dark)
        return drawn

    def _name(self) -> None:
        """Say above all panels what is what, once: 11.6 letters find room on an inch."""
        found = [axes.get_legend_handles_labels() for axes in self.axes]
        pairs = (each for pair in found for each in zip(*pair, strict=True))
        named = {(name, type(handle)): handle for handle, name in pairs}
        names = [name for name, _ in named]
        rows = -(-sum(len(name) + 6 for name in names) // (11.6 * self.figure.get_figwidth()))
        if len(named) > 1:
            looks: pen.Style = pen.tinted(pen.LEGEND, self.dark)
            looks |= {"handler_map": {PathCollection: HandlerPathCollection(sizes=[60])}}
            self.figure.legend(named.values(), names, ncols=-(-len(named) // int(rows)), **looks)

    def move(self, chart: Chart, limits: Limits | None = None) -> str:
        """Bring all marks to where they stand now; say what lies beyond the axes."""
        limits, said = limits or chart.limits, []
        ground = limits, [panel.title for panel in chart.panels]
        if ground != self._ground:
            self._ground, self._paper = ground, None
        rows = zip(self.axes, chart.panels, limits, self._drawn, self._cuts, strict=True)
        for axes, panel, (xlim, ylim), drawn, cut in rows:
            if self._paper is None:
                axes.set(xlim=xlim, ylim=ylim)
                pen.write_dates(axes, chart.calendar)
                axes.set_title(panel.title or " ", color=self._ink, **_TITLE)
            for mark, artist in zip(panel.marks, drawn, strict=True):
                pen.MOVE[mark.put](artist, *mark.at)
            beyond = panel.beyond((xlim, ylim))
            cut.set_text(beyond and f"▲ cut: {beyond}")
            said += [f"{panel.title}: {beyond}" if len(limits) > 1 else beyond] if beyond else []
        return f"cut at the edge of the picture: {'; '.join(said)}" if said else ""

    def png(self) -> bytes:
        """The picture as it stands, on a clear ground; what never moves is drawn once."""
        drawn = [a for each in self._drawn for one in each for a in getattr(one, "patches", [one])]
        moving = [*sorted(drawn, key=lambda a: float(a.get_zorder())), *self._cuts]
        canvas: Any = self._canvas
        with _drawing:
            pixels = np.asarray(canvas.buffer_rgba()).view("u4")[..., 0]
            if self._paper is None:
                for artist in moving:
                    artist.set_animated(True)
                canvas.draw()
                self._paper, self._stamps = (pixels.copy(), *_few(pixels)), {}
            paper, numbers, colours = self._paper
            pixels[:] = paper
            for artist in moving:
                self._put(artist, pixels)
            new = pixels != paper
            new[0, 0] = True  # something, if nothing moves
            others, more = _few(pixels[new][None])
            numbers = numbers.copy()
            numbers[new] = others[0] + _COLOURS
        picture = Image.fromarray(numbers)
        picture.putpalette([*colours, *more], "RGBA")
        return as_png(picture)

    def _put(self, artist: Any, pixels: Any) -> None:
        """Draw what moves; words, which take longest, are kept as pixels while they stay."""
        canvas: Any = self._canvas
        if not isinstance(artist, Annotation) or artist.arrow_patch:
            artist.draw(canvas.get_renderer())
            return
        now = artist.get_text(), artist.xy, artist.xyann
        if self._stamps.get(artist, [()])[0] != now:
            blank = type(canvas.get_renderer())(*canvas.get_width_height(), self.figure.dpi)
            artist.draw(blank)
            seen = Image.fromarray(np.asarray(blank.buffer_rgba()))
            box = seen.getbbox() or (0, 0, 1, 1)
            self._stamps[artist] = now, box, seen.crop(box)
        _, (left, top, right, low), stamp = self._stamps[artist]
        under = pixels[top:low, left:right]
        both = Image.alpha_composite(Image.fromarray(_bytes(under)), stamp)
        under[:] = np.asarray(both).view("u4")[..., 0]

    def data(self, chart: Chart) -> str:
        """What a page tells, as JSON: series and spans, with the axes' places in pixels."""
        width, height = (round(inches * _PAGE) for inches in chart.size)
        panels, days = [], chart.calendar
        for panel, axes in zip(chart.panels, self.axes, strict=True):
            sides = np.array(axes.bbox.extents) * _PAGE / self.figure.dpi
            left, low, right, high = sides.tolist()
            named = panel.names or (days and days.start)
            told = [
                {"name": name, "x": np.asarray(x).tolist(), "told": _plain(told)}
                | {"y": _plain(mark.y) if panel.along == "xy" else []}
                | {"at": [*map(str, panel.place(mark, x, days))] if named or mark.names else []}
                for name, x, told, mark in panel.told
            ]
            spans = [[m.looks["label"], *m.at] for m in panel.marks if m.put is Axes.axvspan]
            across = axes.get_xlabel() or self.axes[-1].get_xlabel()
            place = {"x": across, "y": panel.y, "xy": ""}[panel.along]
            panels.append(
                {"title": panel.title, "place": place, "along": panel.along, "series": told}
                | {"box": [left, height - high, right, height - low], "spans": spans}
                | {"x": axes.get_xlim(), "y": axes.get_ylim()}
            )
        return json.dumps({"size": [width, height], "panels": panels}, default=float)


def _plain(numbers: Any) -> list[float | None]:
    """Numbers as JSON takes them, with no more digits than are read."""
    row = np.asarray(numbers, dtype=np.float64).ravel().tolist()
    return [float(f"{v:.6g}") if np.isfinite(v) else None for v in row]


def common(charts: Sequence[Chart]) -> Limits | None:
    """The limits that hold all these pictures, if they have as many panels."""
    every = [chart.limits for chart in charts]
    if len({len(limits) for limits in every}) != 1:
        return None
    ends = np.array(every)
    return np.stack([ends[..., 0].min(0), ends[..., 1].max(0)], -1).tolist()  # type: ignore[no-any-return]


def _bytes(pixels: Any) -> Any:
    return np.ascontiguousarray(pixels)[..., None].view(np.uint8)


def _few(pixels: Any) -> Any:
    """Pixels as numbers of few colours, and these: a palette makes a third of a picture's size."""
    drawn: Any = Image.fromarray(_bytes(pixels)).quantize(_COLOURS, _OCTREE)
    return np.asarray(drawn), np.resize(drawn.getpalette("RGBA"), 4 * _COLOURS)


def as_png(picture: Image.Image) -> bytes:
    """A picture in the format of notebooks and pages."""
    written = io.BytesIO()
    picture.save(written, "png", compress_level=3)
    return written.getvalue()


def still(figure: Figure) -> str:
    """A figure on paper, as PNG in base64, for readers without a kernel."""
    canvas: Any = FigureCanvasAgg(figure)
    with _drawing:
        canvas.draw()
    return _on_paper(Image.fromarray(np.asarray(canvas.buffer_rgba())))


def _on_paper(picture: Image.Image, shrunk: int = 1) -> str:
    paper = Image.new("RGBA", picture.size, pen.PAPER)
    flat = Image.alpha_composite(paper, picture).convert("RGB").reduce(shrunk)
    return b64encode(as_png(flat.quantize(_COLOURS, _OCTREE))).decode()


class Picture(anywidget.AnyWidget):
    """A picture whose figure is kept; the page tells it whether it is dark there.

    ``limits``: those of the axes, once for all that it will show; without them each picture's own.
    ``count`` grows with each new picture; ``busy`` pales the old one while the next is made, and
    ``old`` as long as it is no answer to what was asked.
    """

    _esm = THEME.read_text("utf-8") + THEME.with_name("live.js").read_text("utf-8")
    _css = THEME.with_name("live.css")
    png = traitlets.Bytes().tag(sync=True)
    data = traitlets.Unicode().tag(sync=True)  # what the page tells, as JSON
    alt = traitlets.Unicode().tag(sync=True)
    busy = traitlets.Bool().tag(sync=True)
    old = traitlets.Bool().tag(sync=True)
    dark = traitlets.Bool().tag(sync=True)
    count = traitlets.Int().tag(sync=True)

    def __init__(self, chart: Chart | None = None, limits: Limits | None = None) -> None:
        super().__init__()
        self.limits, self.chart = limits, chart
        self._sheet: Any = None
        self._turn = threading.RLock()  # a page may turn dark while a slider moves
        self.observe(lambda _: self.chart and self.show(self.chart), "dark")
        if chart:
            self.show(chart)

    def show(self, chart: Chart, said: str = "") -> str:
        """Bring the picture to this one, of which more may be ``said``; say what is cut."""
        with self._turn:
            self.chart, limits = chart, self._ends(chart)
            if (self._sheet and (self._sheet.dark, self._sheet.parts)) != (self.dark, chart.parts):
                self._sheet = Sheet(chart, self.dark, limits)
            cut: str = self._sheet.move(chart, limits)
            with self.hold_sync():
                self.png, self.data = self._sheet.png(), self._sheet.data(chart)
                self.alt = "\n".join(filter(None, [said, chart.words, cut]))
                self.count += 1
        return cut

    @property
    def still(self) -> str:
        """The picture by day as PNG in base64, for readers without a kernel."""
        chart: Any = self.chart
        if self.dark:
            return still(Sheet(chart, limits=self._ends(chart), dpi=_PAGE).figure)
        return _on_paper(Image.open(io.BytesIO(self.png)).convert("RGBA"), _DPI // _PAGE)

    def _ends(self, chart: Chart) -> Limits:
        """The limits kept, for a picture of so many panels; rows of bars need their own."""
        own = chart.limits
        if len(self.limits or ()) != len(own):
            return own
        rows = zip(chart.panels, self.limits or (), own, strict=True)
        return [(x, mine if panel.along == "y" else y) for panel, (x, y), (_, mine) in rows]
