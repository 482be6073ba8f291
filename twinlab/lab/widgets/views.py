"""What live views share: redrawing, what is said, and the record that stays when they are gone.

A view is redrawn for the newest move only; whatever goes wrong is told in its status line. Its cell
has a second, plain output: the last words and picture, for readers without a kernel.
"""

import html
import sys
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Any, cast

import ipywidgets
from IPython.display import display

from twinlab.course.students import folder
from twinlab.lab.charts.pictures import Chart, Picture, common
from twinlab.scope import TwinError

BIG = "font-size:15px;line-height:1.5"
Texts = Sequence[str]

# Of the two outputs one is seen: the live view if it lives, else its record. Without its kernel a
# view is a line that says "model not found".
_ONE = (
    "<style>.jp-OutputArea-child:has(.twinlab-live)+.jp-OutputArea-child:has(.twinlab-record),"
    ".jp-OutputArea-child:not(:has(.twinlab-live)):has(+.jp-OutputArea-child .twinlab-record)"
    "{display:none}</style>"
)


class Latest:
    """Does work for the newest request; requests that come meanwhile are answered by one more turn.

    Callbacks of widgets run on several threads. Whoever finds the work under way leaves a note and
    goes; whoever does it looks at the note before it goes.
    """

    def __init__(self, work: Callable[[], None]) -> None:
        """Know the work; it must look up for itself what is wanted now."""
        self._work, self._asked, self._turn = work, threading.Event(), threading.Lock()

    def ask(self) -> None:
        """Do the work, or leave it to the thread that is at it."""
        self._asked.set()
        while self._asked.is_set() and self._turn.acquire(blocking=False):
            try:
                self._asked.clear()
                self._work()
            finally:
                self._turn.release()


def told(problem: Exception, where: str = "") -> str:
    """What went wrong, in words: the library's own errors are words already."""
    kind = "" if isinstance(problem, TwinError) else f"{type(problem).__name__}{where}: "
    return f"{kind}{problem}"


class LiveView(ipywidgets.VBox):
    """A status line that is read aloud, a picture, a table; without a kernel, a record of them.

    Subclasses show themselves (``_show``) and say how they stand (``repr``).
    """

    _where = ""  # something went wrong, in words, where it was not foreseen
    _seen = "Last seen"
    # Seconds without a move, after which the record follows; a browser's Python has no threads.
    _rests = 0.0 if sys.platform == "emscripten" else 1.0

    def __init__(self) -> None:
        self.problem = ""
        self._kept: Any = None  # the record on the page, once there is one
        self._timer = threading.Timer(self._rests, self._update)
        self.status, self.table, self._line = (ipywidgets.HTML() for _ in range(3))
        self.picture: Any = Picture()
        super().__init__()
        self.add_class("twinlab-live")

    def _reach(self, chart: Chart, rows: Mapping[str, Any], draw: Callable[..., Chart]) -> None:
        """Let axes hold this picture, and that at each end of each lever, the others as here."""
        far = [chart]
        for name, row in rows.items():
            for end in row.ends:
                with suppress(Exception):  # what cannot be drawn needs no room
                    far.append(draw(name, end))
        self.picture.limits = common(far)

    def _attempt(self, work: Callable[[], None]) -> None:
        """Do some work and show what came of it, be it a problem."""
        self.picture.busy = True
        try:
            work()
            self.problem = ""
        except Exception as problem:  # a rule or a picture of the student's own may raise anything
            self.problem = told(problem, self._where)
        self._show()
        # An old picture must not be taken for the answer to what was asked.
        self.picture.set_trait("busy", False)
        self.picture.set_trait("old", bool(self.problem))

    def _say(self, words: str, code: str = "") -> None:
        """Bring the record, the status line, and the line of code, to these words."""
        self._keep()
        self.status.value = f'<span role="status" style="{BIG}">{html.escape(words)}</span>'
        self._line.value = f"<code>{html.escape(code)}</code>"

    def _tabulate(self, caption: str, heads: Texts, rows: Iterable[Texts], looks: Texts) -> None:
        """Show a table: the first text of a row is its name, ``looks`` are the others' styles."""
        top = "".join(f"<th scope='col' style='text-align:right'>{head}</th>" for head in heads)
        name_look = "text-align:left;font-weight:normal;white-space:nowrap"
        parts = [f"<tr><td></td>{top}</tr>" if heads else ""]
        for name, *texts in (map(html.escape, row) for row in rows):
            cells = zip(looks, texts, strict=True)
            shown = "".join(f"<td style='{look}'>{text}</td>" for look, text in cells)
            head = f"<th scope='row' style='{name_look}'>{name}</th>"
            parts.append(f"<tr>{head}{shown}</tr>")
        style = f"{BIG};border-spacing:10px {4 if heads else 2}px"
        said = f"<caption style='text-align:left'>{html.escape(caption)}</caption>"
        self.table.value = f"<table style='{style}'>{said}{''.join(parts)}</table>"

    @property
    def record(self) -> dict[str, str]:
        """The last words and picture for readers without a kernel, as a plain output."""
        picture, words = self.picture.still, repr(self)
        lines, alt = html.escape(words).replace("\n", "<br>"), html.escape(words.split("\n")[0])
        image = f'<img alt="{alt}" src="data:image/png;base64,{picture}">'
        said = f'{_ONE}<div class="twinlab-record"><p><b>{self._seen}:</b> {lines}</p>{image}</div>'
        return {"text/plain": words, "text/html": said, "image/png": picture}

    def _ipython_display_(self) -> None:
        view, show = dict(super()._repr_mimebundle_() or {}), cast(Any, display)
        show(view | {"text/plain": ""}, raw=True)
        kept = show(self.record, raw=True, display_id=True)
        self._kept = kept if folder() else None  # where nothing is kept, it stays as it began

    def _keep(self) -> None:
        """Let the record follow, once nothing has moved for a moment: a picture takes its time."""
        self._timer.cancel()
        if self._kept:
            self._timer = threading.Timer(self._rests, self._update)
            self._timer.daemon = True
            (self._timer.start if self._rests else self._update)()

    def _update(self) -> None:
        self._kept.update(self.record, raw=True)
