"""A picture on a page: drawn by matplotlib, read out by pointer and keys, its numbers beside."""

import threading
from pathlib import Path
from typing import Any

import anywidget
import traitlets

from twinlab.lab.charts.pictures import Chart, Limits, Sheet, still


class Picture(anywidget.AnyWidget):
    """A picture whose figure is kept; the page tells it whether it is dark there.

    ``limits``: those of the axes, once for all that it will show; without them each picture's own.
    ``count`` grows with each new picture; ``busy`` pales the old one while the next is made, and
    ``old`` as long as it is no answer to what was asked.
    """

    _esm = Path(__file__).with_name("live.js")
    _css = Path(__file__).with_name("live.css")
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
            kept = self._sheet and (self._sheet.dark, self._sheet.parts)
            if kept != (self.dark, chart.parts):
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
        return still(Sheet(chart, limits=self._ends(chart), dpi=100).figure)

    def _ends(self, chart: Chart) -> Limits:
        """The limits kept, for a picture of so many panels; rows of bars need their own."""
        own = chart.limits
        if len(self.limits or ()) != len(own):
            return own
        rows = zip(chart.panels, self.limits or (), own, strict=True)
        return [(x, mine if panel.along == "y" else y) for panel, (x, y), (_, mine) in rows]
