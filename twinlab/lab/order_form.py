"""What the games at the table share: a form for the keyboard, a status line, a picture, a lock."""

from __future__ import annotations

import html
import threading
from pathlib import Path
from typing import Any, Protocol

import anywidget
import ipywidgets
import traitlets

from twinlab.lab.drawing import Chart, as_png
from twinlab.scope import TwinError

BIG = "font-size:15px;line-height:1.5"


class OrderForm(anywidget.AnyWidget):
    """A number box and its buttons; each order is one message, so none overtakes another.

    >>> OrderForm(label="Your order [cases]").over
    False
    """

    _esm = Path(__file__).with_name("order_form.js")
    _css = """
    .twinlab-order { font-size: 15px; display: flex; flex-wrap: wrap; gap: 8px; padding: 6px 0; }
    .twinlab-order input { width: 110px; margin-left: 4px; font-size: 16px; padding: 3px 6px; }
    .twinlab-order button { font-size: 15px; padding: 3px 12px; }
    .twinlab-order :focus-visible { outline: 3px solid #0072B2; outline-offset: 1px; }
    .twinlab-order.over button { color: #767676; }"""
    label = traitlets.Unicode().tag(sync=True)
    advice = traitlets.Unicode().tag(sync=True)
    over = traitlets.Bool().tag(sync=True)


class Played(Protocol):
    """A game that can be played at a table."""

    @property
    def over(self) -> bool:
        """Whether it has ended."""

    @property
    def advice(self) -> float | None:
        """What the adviser says, if there is one."""

    def order(self, quantity: float, /) -> None:
        """Decide, and live on to the next decision."""


class GameTable(ipywidgets.VBox):
    """A game played with the keyboard; subclasses say how it stands and draw it."""

    def __init__(self, game: Played, label: str) -> None:
        """Show how the game stands."""
        self._turn = threading.RLock()  # callbacks may run on several threads
        self.game: Any = game
        self.form = OrderForm(label=label)
        self.status, self.frame, self.report = (ipywidgets.HTML() for _ in range(3))
        self.frame.layout = ipywidgets.Layout(max_width="930px")
        super().__init__([self.status, self.form, self.frame, self.report])
        self.form.on_msg(self._heard)
        self._show()

    @property
    def words(self) -> str:
        """How the game stands, in a line."""
        raise NotImplementedError

    @property
    def code(self) -> str:
        """The Python that plays the same game."""
        raise NotImplementedError

    def draw(self) -> Chart:
        """The picture of the game so far."""
        raise NotImplementedError

    def results(self) -> dict[str, str]:
        """What is told at the end: heading and text, which may have several lines."""
        raise NotImplementedError

    def order(self, quantity: float) -> None:
        """Place an order, as the form does."""
        with self._turn:
            try:
                self.game.order(quantity)
            except TwinError as problem:
                self._say(f"{problem} · {self.words}")
                return
            self._show()

    def _heard(self, _: Any, message: Any, __: Any) -> None:
        with self._turn:
            if not self.game.over:
                self.order(self.game.advice if "follow" in message else message["order"])

    def _show(self) -> None:
        over, advice = self.game.over, self.game.advice
        self.form.over = over
        self.form.advice = "" if advice is None else f"{advice:g}"
        self.chart = self.draw()
        self.frame.value = self.chart.svg
        self.report.value = "".join(
            f"<h4 style='margin:8px 0 2px'>{html.escape(head)}</h4>"
            f"<pre style='{BIG};margin:0;white-space:pre-wrap'>{html.escape(text)}</pre>"
            for head, text in (self._told() if over else {}).items()
        )
        self._say(self.words)

    def _told(self) -> dict[str, str]:
        return self.results() | {"The same game in Python": self.code}

    def _say(self, words: str) -> None:
        self.status.value = f'<span role="status" style="{BIG}">{html.escape(words)}</span>'

    def __repr__(self) -> str:
        """Say how the game stands and, when it is over, what came out."""
        told = [f"{h}:\n{text}" for h, text in self._told().items()] if self.game.over else []
        return "\n".join([self.words, *told])

    def _repr_mimebundle_(self, **options: Any) -> dict[str, Any]:
        bundle = dict(super()._repr_mimebundle_(**options) or {})
        return bundle | {"text/plain": repr(self), "image/png": as_png(self.chart.figure)}


def best_effort(fit: Any) -> str:
    """The words of a fit, or why there is none (a game of too few decisions)."""
    try:
        return repr(fit())
    except TwinError as problem:
        return str(problem)
