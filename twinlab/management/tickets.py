"""Tickets: what towers ask of somebody, from the morning on which it is seen until it is closed.

Alerts of one cause are one ticket; a ledger made from rows that were kept goes on where they end.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from twinlab.modeling import Change
from twinlab.scope import Listing, Result, ScenarioError
from twinlab.scope.base import check_known, column, pd, schema, shown
from twinlab.scope.result import Page

__all__ = ["Tickets"]

TOWER, GONE = "tower", "gone"  # who opens and closes tickets unless people do, and why
WORSE = 2  # times the money of an answer, from where on it is asked again
_STEP, _TOLD = {"day", "id", "step", "by", "why"}, {"cause", "owner", "due", "money", "places"}
_KINDS = {"day": int, "opened": int, "due": int | None, "money": float | int, "places": list}


class Alert(Result, frozen=True):
    """One exception: what, where, how much money is at risk, whose it is, why, and what to do."""

    kind: str = column("words", meaning="what is wrong")
    node: str = column("name", meaning="where")
    product: str = column("name", meaning="of what; empty: of all")
    money: float = column("USD", meaning="at risk; alerts overlap, so never add it up")
    owner: str = column("words", meaning="the role that acts")
    reason: str = column("words", meaning="why it is shown")
    action: Change | None = column("words", None, "suggested change of the scenario, if any")
    due: int | None = column("day", None, "last to act on: a stock's end less the lead time")
    root: str = column("words", "", "title of the alert from which it follows, if from another")

    @property
    def where(self) -> str:
        """The node, and the product."""
        return self.node + (f" ({self.product})" if self.product else "")

    @property
    def title(self) -> str:
        """What is wrong, and where."""
        return f"{self.kind}, {self.where}"

    def _sentence(self) -> str:
        who = self.owner + (f": {self.action}" if self.action else "")
        return f"{shown(self.money)} USD, {self.title}: {self.reason} → {who}"


class Tower(Listing, frozen=True):
    """The exceptions of one morning, most money first."""

    alerts: tuple[Alert, ...]
    day: int

    def of(self, kind: str) -> tuple[Alert, ...]:
        """The alerts of one kind, such as ``"run-out"``."""
        return tuple(alert for alert in self.alerts if alert.kind == kind)

    def _sentence(self) -> str:
        return f"morning of day {self.day}: {len(self.alerts)} exceptions"


class Ticket(Result, frozen=True):
    """One trouble: what it follows from, whose it is, until when to act, and what was done."""

    id: str = column("name", meaning="given when it is opened")
    cause: str = column("words", meaning="from which all that belongs to it follows")
    owner: str = column("words", meaning="the role that acts")
    due: int | None = column("day", meaning="last to act on: a stock's end less the lead time")
    money: float = column("USD", meaning="at risk: the most of its alerts, which overlap")
    places: Sequence[str] = column("words", meaning="where its alerts are")
    opened: int = column("day", meaning="on whose morning")
    after: str = column("name", "", "the ticket that was there before")
    acknowledged: str = column("name", "", "by whom")
    decision: str = column("words", "", "a change, or the id of an order")
    closed: str = column("words", "", "why")
    overdue: bool = column("yes/no", False, "its last day to act is over, nothing is decided")

    def answers(self, now: Mapping[str, Any]) -> bool:
        """Whether what was decided, or why it was closed, says it of what is told now as well."""
        same = now["owner"] == self.owner and {*now["places"]} <= {*self.places}
        return bool(self.decision or self.closed) and same and now["money"] <= WORSE * self.money

    def _sentence(self) -> str:
        more = f" and {len(self.places) - 1} more" * (len(self.places) > 1)
        until = "no last day" if self.due is None else f"act by day {self.due}"
        what = f"{shown(self.money)} USD, {self.cause}{more}; {until}{', OVERDUE' * self.overdue}"
        seen = f"seen by {self.acknowledged}" if self.acknowledged else "not acknowledged"
        done = f"closed: {self.closed}" if self.closed else self.decision or seen
        return f"{self.id}: {what} → {self.owner}: {done}"


class Tickets(Page):
    """A ledger of tickets over the mornings.

    A ticket goes on with its cause, or else where it had an alert: a closure that is over leaves
    empty stocks. Its last day only comes nearer, unless it goes to a new owner, who has to
    acknowledge it. A decision, or closing by hand, holds for the owner, the places and up to twice
    the money of then. What comes back once its alerts were gone is a new ticket that names the old.

    >>> chain = serial(["mine", "shop"], demand=Constant(5), on_hand={"shop": 20}, lead_time=3)
    >>> shut = Scenario(chain, BaseStock(20), days=40).disrupt(Outage("mine", start=4, days=6))
    >>> run, tickets = simulate(shut), Tickets()
    >>> for day in (3, 6):
    ...     tickets.hear(control_tower(shut, run.state_on(day), shortage_cost={"unit": 40}))
    >>> tickets.acknowledge("T1", "anna")
    >>> tickets
    tickets of day 6: 1 open, 0 overdue
    T1: 1,000 USD, closed site, mine and 1 more; act by day 6 → supply-risk manager: seen by anna
    """

    def __init__(self, rows: Iterable[Mapping[str, Any]] = ()) -> None:
        """Begin anew, or go on after all ``rows`` of a ledger, as JSON gives them back."""
        self.rows: list[Mapping[str, Any]] = list(rows)
        begun, last = {""}, -1
        for at, row in enumerate(self.rows):
            need = _STEP if row.get("id") in begun else _STEP | _TOLD | {"opened"}
            fits = need <= row.keys() and all(isinstance(row[n], _KINDS.get(n, str)) for n in row)
            if not (fits and row["day"] >= last and re.fullmatch(r"(T\d+)?", row["id"])):
                wrong = f"row {at} follows from none before it: {row!r:.200}"
                raise ScenarioError(f"{wrong}: give all rows of a ledger, unchanged")
            begun, last = begun | {row["id"]}, row["day"]

    @property
    def day(self) -> int:
        """The day of what has happened last."""
        return int(self.rows[-1]["day"]) if self.rows else -1

    @property
    def every(self) -> dict[str, Ticket]:
        """All tickets by id, open or closed, as their rows leave them."""
        names, found = {c.name for c in schema(Ticket)}, defaultdict[str, dict[str, Any]](dict)
        for row in self.rows:
            found[row["id"]] |= {name: row[name] for name in names & row.keys()}
        found.pop("", None)
        for told in found.values():
            over = told["due"] is not None and told["due"] < self.day
            told["overdue"] = over and not (told.get("closed") or told.get("decision"))
        return {name: Ticket(**told) for name, told in found.items()}

    @property
    def open(self) -> list[Ticket]:
        """Those that are not closed: overdue and not acknowledged first, then overdue, by money."""
        found = [ticket for ticket in self.every.values() if not ticket.closed]
        found.sort(key=lambda t: (not t.overdue, t.overdue and bool(t.acknowledged), -t.money))
        return found

    @property
    def table(self) -> "pd.DataFrame":
        """One row for each open ticket, in that order."""
        heads = [c.name for c in schema(Ticket)]
        return pd.DataFrame(map(vars, self.open), columns=heads).set_index("id")

    def hear(self, tower: Tower) -> None:
        """Open, update, close tickets by what the newest tower says; the same changes nothing."""
        if tower.day != self.day:
            self._write("", "heard", TOWER, day=tower.day)
        groups, taken = defaultdict[str, list[Alert]](list), dict[str, str]()
        for alert in tower:
            groups[alert.root or alert.title].append(alert)
        left = {cause: _told(cause, alerts, tower.day) for cause, alerts in groups.items()}
        every = [*self.every.values()]
        over = {row["id"] for row in self.rows if row["by"] == TOWER and row.get("closed")}
        lasting = [ticket for ticket in every if ticket.id not in over]
        for ticket in sorted(lasting, key=lambda ticket: ticket.cause not in left):
            found = [now for now in left.values() if {*now["places"]} & {*ticket.places}]
            found = [now for now in found if ticket.answers(now)] or found[:1]
            found = [left[ticket.cause]] if ticket.cause in left else found
            for now in found:
                places = {*left.pop(now["cause"])["places"]} - {*ticket.places}
                taken |= dict.fromkeys(places, f"part of {ticket.id}")
            if not found:
                whose = [taken[place] for place in ticket.places if place in taken]
                self._write(ticket.id, "closed", TOWER, closed=[*whose, GONE][0])
            elif not ticket.answers(found[0]):
                self._update(ticket, found[0])
        for at, now in enumerate(left.values(), 1 + max([int(t.id[1:]) for t in every], default=0)):
            like = [ticket.id for ticket in every if {*now["places"]} & {*ticket.places}]
            self._write(f"T{at}", "opened", TOWER, **now, opened=tower.day, after=["", *like][-1])

    def _update(self, ticket: Ticket, now: dict[str, Any]) -> None:
        step = "asked again" if ticket.decision or ticket.closed else "updated"
        if step == "updated" and now["owner"] == ticket.owner:
            now["due"] = min({ticket.due, now["due"]} - {None}, default=None)
        else:
            now |= dict.fromkeys(("acknowledged", "decision", "closed"), "")
        if new := {name: value for name, value in now.items() if value != getattr(ticket, name)}:
            self._write(ticket.id, step, TOWER, **new)

    def acknowledge(self, id: str, by: str, day: int | None = None) -> None:
        """Note who cares for an open ticket, today or on a later day; else a ScenarioError."""
        self._step(id, "acknowledged", by, "seen", day, acknowledged=by)

    def decide(self, id: str, by: str, what: Any, why: str, day: int | None = None) -> None:
        """Note a decision, a change or the id of an order; it counts as acknowledged as well."""
        self._step(id, "decided", by, why, day, acknowledged=by, decision=str(what))

    def close(self, id: str, by: str, why: str, day: int | None = None) -> None:
        """Close a ticket by hand, though its cause may last."""
        self._step(id, "closed", by, why, day, closed=why)

    def _step(self, id: str, step: str, by: str, why: str, day: int | None, **now: Any) -> None:
        check_known(id, every := self.every, f"no ticket {id!r}")
        if every[id].closed or not by.strip() or not why.strip():
            wrong = f"is closed ({every[id].closed})" if every[id].closed else "by whom, and why?"
            raise ScenarioError(f"{id} cannot be {step}: {wrong}")
        self._write(id, step, by, why, day=day, **now)

    def _write(self, id: str, *step: str, day: Any = None, **now: Any) -> None:
        if (day := self.day if day is None else day) < self.day:
            raise ScenarioError(f"day {day} is over: the last row is of day {self.day}")
        said = zip(("step", "by", "why"), (*step, ""), strict=False)
        self.rows.append({"day": day, "id": id, **dict(said), **now})

    def __repr__(self) -> str:
        late = sum(ticket.overdue for ticket in self.open)
        head = f"tickets of day {self.day}: {len(self.open)} open, {late} overdue"
        return "\n".join([head, *map(str, self.open)])


def _told(cause: str, alerts: list[Alert], day: int) -> dict[str, Any]:
    """What alerts say of their ticket: due as its cause is, and no earlier than it is seen."""
    first = max(alerts, key=lambda alert: (alert.title == cause, alert.money))
    dues = [(alert.title != cause, alert.due) for alert in alerts if alert.due is not None]
    where = (a.title if a.kind == "overstock" else a.where for a in alerts)
    return {
        "cause": cause,
        "owner": first.owner,
        "due": max(day, min(dues)[1]) if dues else None,
        "money": max(alert.money for alert in alerts),
        "places": list(dict.fromkeys(where)),
    }
