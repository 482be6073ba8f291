"""A panel of a running twin: what it knows and how well, what is wrong, and orders to approve.

Its state is the kernel's: a page loaded again shows it again. What takes long is done once a day.
"""

import threading
from pathlib import Path
from typing import Any

import anywidget
import numpy as np
import traitlets

from twinlab.lab.widgets.network_widget import KEY, NetworkWidget
from twinlab.lab.widgets.node_status import node_layout
from twinlab.lab.widgets.views import LiveView, told
from twinlab.management.node_status import cover_boxes
from twinlab.modeling import fidelity, simulate, wilson
from twinlab.scope import LaneOutage, Outage
from twinlab.scope.base import pd, words
from twinlab.technology import Plant
from twinlab.twin import Twin

__all__ = ["TwinPanel", "twin_panel"]

AHEAD, FUTURES = 28, 100  # days and replications of each day's forecast
USUAL, ROWS, LATE = 60, 40, 1.5  # calm days whose median stock is usual; rows shown; days stale
_BUTTONS = [[1, "Let a day pass"], [7, "Let a week pass"], [0, "Sync"]]


def twin_panel(twin: Twin, plant: Plant | None = None) -> "TwinPanel":
    """Show a running twin: its network by days of cover, what it knows, and the orders that wait.

    With the make-believe ``plant`` at the other end, buttons let days pass there, and its true
    fidelity is shown. On each new day the twin forecasts four weeks, and is judged by what came.

    >>> chain = Scenario(serial(["mine", "shop"], demand=Normal(5, 1)), BaseStock(12), days=90)
    >>> plant, twin = Plant(chain, bus := Bus(), seed=1), Twin(chain, bus)
    >>> panel = twin_panel(twin, plant)
    >>> panel.live(7)
    >>> panel
    shadow, day 7: known until day 7.0; no outage is believed; no order waits for approval
    """
    return TwinPanel(twin, plant)


class PanelPart(anywidget.AnyWidget):
    """A part of the page: ``knowledge`` with its buttons, or ``orders`` with their form."""

    _esm = Path(__file__).with_suffix(".js")
    _css = Path(__file__).with_suffix(".css")
    part = traitlets.Unicode().tag(sync=True)
    shown: Any = traitlets.Dict().tag(sync=True)
    busy = traitlets.Unicode().tag(sync=True)  # what is being done, in words
    form: Any = traitlets.Dict().tag(sync=True)  # what was typed, and what was said of it


class TwinPanel(LiveView):
    """What a twin knows, its network, and its orders, one below the other."""

    def __init__(self, twin: Twin, plant: Plant | None) -> None:
        super().__init__()
        self.twin, self.plant, self._turn = twin, plant, threading.RLock()
        self.picture = NetworkWidget(twin.model.network, node_layout(twin.model.network))
        self.knowledge, self.orders = PanelPart(part="knowledge"), PanelPart(part="orders")
        traitlets.link((self.knowledge, "busy"), (self.orders, "busy"))
        self.knowledge.on_msg(lambda _, said, __: self.live(int(said["days"])))
        self.orders.on_msg(lambda _, said, __: self.decide(**said))
        self.picture.key = [*KEY, ("d: days of cover",)]
        self.children = [self.knowledge, self.picture, self.orders]
        calm = simulate(twin.model.change(days=USUAL, disruptions=()), twin.seed).daily
        self._usual: Any = calm.groupby(["node", "product"])["on_hand"].median().to_dict()
        self._looked: Any = None
        self.refresh()

    def live(self, days: int = 0) -> None:
        """Sync, and let so many days pass at the plant, if there is one here, with a sync each."""
        with self._turn:
            self.problem = ""
            try:
                for day in range(days + 1):
                    self.knowledge.busy = f"day {day} of {days} …" if day else "syncing …"
                    if day and self.plant:
                        self.plant.advance()
                    self.twin.sync()
            except Exception as problem:  # a rule or a source of the user's own may raise anything
                self.problem = told(problem)
            self.refresh()

    def decide(self, what: str, id: str, by: str, role: str, reason: str) -> None:
        """Approve or reject an order, as the form does; a refusal leaves all that was typed."""
        typed = {"by": by.strip(), "role": role.strip(), "reason": reason.strip()}
        act = {"approve": self.twin.approve, "reject": self.twin.reject}[what]
        with self._turn:
            try:
                said = {"said": f"order {id} is {act(id, **typed).step}", "reason": ""}
            except Exception as problem:
                said = {"problem": told(problem), "at": self._wrong_field(id, typed)}
            self._show()
            self.orders.form = typed | said | {"turn": self.orders.form.get("turn", 0) + 1}

    def _wrong_field(self, id: str, typed: dict[str, str]) -> str:
        order = self.twin.orders[id]
        fine = {"role": typed["role"] in self.twin.rights[order.kind].roles.split(", ")}
        fine |= {"by": typed["by"] not in ("", order.proposer), "reason": typed["reason"] > ""}
        return next((name for name, good in fine.items() if not good), "")

    def refresh(self) -> None:
        """Show how the twin stands, also after a cell has changed something."""
        with self._turn:
            try:
                if self._looked != (now := (self.twin.day, self.twin.model.network)):
                    self._looked = now
                    self._look()
                self._show()
            finally:
                self.knowledge.busy = ""

    def _look(self) -> None:
        """What takes long: drift, a forecast, and what came of earlier ones."""
        self._alarms, self._daily = list[Any](), dict[str, tuple[str, bool]]()
        try:
            self.knowledge.busy = "looking for drift …"
            self._alarms = self.twin.alarms()
            said = f"{len(self._alarms) or 'no'} changes of the model's laws"
            self._daily["Drift"] = said, not self._alarms
            self.knowledge.busy = "forecasting …"
            rates = self.twin.forecast(AHEAD, FUTURES).kpis.fill_rate
            low, middle, high = 100 * np.nanquantile(rates, (0.05, 0.5, 0.95))
            said = f"fill rate {middle:.1f} % (9 futures in 10: {low:.1f} to {high:.1f} %)"
            self._daily[f"Next {AHEAD} days"] = said, True
            seen = self.twin.verify()
            said = f"{seen.hits} of {seen.of} stocks came within their {seen.promised:.0%} interval"
            few = seen.hits // AHEAD, seen.of // AHEAD  # the nights of a forecast hang together
            fine = not few[1] or wilson(*few).high >= seen.promised
            self._daily["Forecasts so far"] = said, fine
        except Exception as problem:  # as above
            self._daily["What more could be said"] = told(problem), False

    def _show(self) -> None:
        """Bring every part of the page to how the twin stands."""
        twin, outages = self.twin, self.twin.outages
        struck = [one.disruption for one in outages]
        lanes = {f"{v.source}→{v.destination}" for v in struck if isinstance(v, LaneOutage)}
        nodes = {o.node for o in struck if isinstance(o, Outage) and not o.product}
        self.picture.colour(cover_boxes(twin.model, twin.state, self._usual, nodes), lanes)
        self.picture.alt = f"network of the twin: {self}"
        ill = twin.sources[twin.sources["silent"] | (twin.sources["missing"] > 0)]
        silent, missing = ill[["silent", "missing"]].sum()
        late = twin.model.dated(f"day {twin.known_until:.1f}, {twin.staleness:.1f} days stale")
        talk = f"{silent or 'none'} silent, {missing or 'no'} messages missing"
        facts = {"Known until": (late, twin.staleness < LATE), "Sources": (talk, ill.empty)}
        facts |= self._daily
        if self.plant:
            facts["Seen from the laboratory"] = str(fidelity(twin.state, self.plant.state)), True
        shown: dict[str, Any] = {"buttons": _BUTTONS if self.plant else _BUTTONS[2:]}
        shown["facts"] = [[name, *fact] for name, fact in facts.items()]
        self.knowledge.shown = shown | {"said": repr(self), "problem": self.problem}
        tables = [
            _plain("Orders", _history(twin.orders)),
            _plain("Outages believed", outages.table.reset_index().drop(columns="disruption")),
            _plain("Changes of the laws", pd.DataFrame({"": map(str, self._alarms)})),
            _plain("Sources that are silent or miss messages", ill),
        ]
        roles = sorted({role for each in twin.rights for role in each.roles.split(", ")})
        self.orders.shown = {"tables": tables, "roles": roles}
        self._keep()

    def __repr__(self) -> str:
        twin, waits = self.twin, sum(order.step == "proposed" for order in self.twin.orders)
        outages = "; ".join(map(str, twin.outages)) or "no outage is believed"
        known = f"{twin.mode.name.lower()}, day {twin.day}: known until day {twin.known_until:.1f}"
        asked = f"{waits or 'no'} order{'s' * (waits > 1)} wait{'s' * (waits < 2)} for approval"
        return str(twin.model.dated(f"{known}; {outages}; {asked}"))


def _history(orders: Any) -> Any:
    """Every order, the newest first: what it says, and who did what with it, and why."""
    steps = dict[str, list[str]]()
    for row in orders.trail.itertuples():
        who = ", ".join(filter(None, (row.by, row.role, row.reason)))
        steps.setdefault(row.id, []).append(f"day {row.day:.0f}, {row.step}: {who}")
    heads = ["id", "order", "now", "until [day]", "step", "what happened"]
    said = {o.id: (f"{o.kind}: {o.what}", o.now, o.until, o.step) for o in orders}
    rows = [(id, *said[id], "\n".join(steps.get(id, ()))) for id in reversed(said)]
    return pd.DataFrame(rows, columns=heads)


def _plain(title: str, frame: Any) -> dict[str, Any]:
    """A table as the page takes it: its first rows, in words."""
    rows = [list(map(words, row)) for row in frame[:ROWS].itertuples(index=False)]
    return {"title": title, "heads": list(frame.columns), "rows": rows, "more": len(frame) - ROWS}
