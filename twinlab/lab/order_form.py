"""What the games at the table share: a form for the keyboard, a status line, a picture, a lock."""

import html
import threading
from pathlib import Path
from typing import Any

import anywidget
import ipywidgets
import traitlets

from twinlab.lab.drawing import Chart, as_png
from twinlab.scope import TwinError

BIG = "font-size:15px;line-height:1.5"


class OrderForm(anywidget.AnyWidget):
    """A number box and its buttons; each order is one message, so none overtakes another."""

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


class GameTable(ipywidgets.VBox):
    """A game played with the keyboard; subclasses say how it stands and draw it."""

    def __init__(self, game: Any, label: str) -> None:
        self._turn = threading.RLock()  # callbacks may run on several threads
        self.game = game
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
        self.form.over, advice = self.game.over, self.game.advice
        self.form.advice = "" if advice is None else f"{advice:g}"
        self.chart = self.draw()
        self.frame.value = self.chart.svg
        self.report.value = "".join(
            f"<h4 style='margin:8px 0 2px'>{html.escape(head)}</h4>"
            f"<pre style='{BIG};margin:0;white-space:pre-wrap'>{html.escape(text)}</pre>"
            for head, text in self._told().items()
        )
        self._say(self.words)

    def _told(self) -> dict[str, str]:
        """What is told when the game is over."""
        if not self.game.over:
            return {}
        told = self.results()
        if self.game.adviser is not None:
            told["Your overrides"] = repr(self.game.override_value())
        return told | {"The same game in Python": self.code}

    def _say(self, words: str) -> None:
        self.status.value = f'<span role="status" style="{BIG}">{html.escape(words)}</span>'

    def _advice(self) -> str:
        return "" if self.game.advice is None else f"; advice: order {self.game.advice:g}"

    def _fit(self) -> str:
        try:
            return repr(self.game.fit)
        except TwinError as problem:  # a game of too few decisions
            return str(problem)

    def __repr__(self) -> str:
        return "\n".join([self.words, *(f"{h}:\n{text}" for h, text in self._told().items())])

    def _repr_mimebundle_(self, **options: Any) -> dict[str, Any]:
        bundle = dict(super()._repr_mimebundle_(**options) or {})
        return bundle | {"text/plain": repr(self), "image/png": as_png(self.chart.figure)}
