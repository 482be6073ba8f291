"""The games at the table: the beer game against rules, and the newsvendor, alone or advised.

They share a form for the keyboard, a status line, a picture and a lock.
"""

import html
import re
import threading
from functools import partial
from pathlib import Path
from typing import Any

import anywidget
import numpy as np
import traitlets

from twinlab.course.plays import Kind, Seat
from twinlab.course.students import enrolled
from twinlab.lab.charts import drawing as pen
from twinlab.lab.charts.pictures import Chart, Panel
from twinlab.lab.widgets.views import BIG, LiveView
from twinlab.people import AdvisedGame, games
from twinlab.scope import TwinError
from twinlab.scope.distributions import Distribution

__all__ = ["BeerTable", "NewsvendorTable", "advised_game", "beer_game", "newsvendor_game"]


class OrderForm(anywidget.AnyWidget):
    """A box and its buttons; each order is one message, so none overtakes another."""

    _esm = Path(__file__).with_name("order_form.js")
    _css = Path(__file__).with_name("order_form.css")
    label = traitlets.Unicode().tag(sync=True)
    own, advice = (traitlets.Unicode().tag(sync=True) for _ in range(2))  # to be had at a button
    asks: Any = traitlets.List().tag(sync=True)  # what else is asked: low and high, or a reason
    acts: Any = traitlets.List().tag(sync=True)  # what else can be done: undo, new
    over = traitlets.Bool().tag(sync=True)


class GameTable(LiveView):
    """A game played with the keyboard; its orders are kept, and played again in a new kernel.

    Subclasses say how it stands (``words``), how it begins in Python (``_opening``), and ``draw``.
    """

    fitted = ""  # what the player's parameters are those of
    _seen, _rests = "Last played", 0.0

    def __init__(self, seat: Seat) -> None:
        self._turn = threading.RLock()  # callbacks may run on several threads
        self._seat, self.advised, self.form = seat, seat.advised, OrderForm()
        super().__init__()
        self.children = [self.status, self.form, self.picture, self.table]
        self.form.on_msg(self._heard)
        self.problem = seat.problem
        self._show()

    @property
    def game(self) -> Any:
        """The game once it is over; until then it is false, and answers "play first"."""
        return self._seat.result

    @property
    def results(self) -> Any:
        """What is told when the game is over, in words."""
        told = (f"{head}:\n{text}" for head, text in self._told().items())
        return self.game and "\n".join(told)

    @property
    def code(self) -> Any:
        """The Python that plays the same game, once it is over."""
        orders = ", ".join(map(str, self._seat.orders))
        return self.game and f"{self._opening}\nfor units in [{orders}]:\n    game.order(units)"

    def order(self, quantity: Any, **more: Any) -> None:
        """Place an order, as the form does; of an advised game the own one, then the final one."""
        with self._turn:
            self._attempt(lambda: self._seat.order(quantity, **more))

    def act(self, name: str) -> None:
        """``undo`` the last order, or begin a ``new`` game, where that can be done."""
        with self._turn:
            if name in self._seat.acts:
                self._attempt(getattr(self._seat, name))

    def _heard(self, _: Any, message: Any, __: Any) -> None:
        with self._turn:
            if "act" in message:
                self.act(message["act"])
            elif not self._seat.game.over:
                self.order(message.pop("order"), **message)

    def _show(self) -> None:
        game, asks = self.advised, ["low", "high"] if self.advised else []
        stated, advice = (game.own, game.advice) if game else (None, None)
        if game and stated is not None:
            asks = ["reason"] * (game.block.arm == "default")
        # Each once: a field that is hidden for a moment loses the focus, and what is being typed.
        kind = "final " if stated is not None else "own " if game else ""
        self.form.label, self.form.asks = f"Your {kind}order [{self._seat.kind.unit}]", asks
        self.form.own, self.form.advice = ("" if n is None else f"{n:g}" for n in (stated, advice))
        self.form.over, self.form.acts = self._seat.game.over, self._seat.acts
        self.picture.show(self.draw())
        above, below = "margin:8px 0 2px", f"{BIG};margin:0;white-space:pre-wrap"
        self.table.value = "".join(
            f"<h4 style='{above}'>{html.escape(h)}</h4><pre style='{below}'>{html.escape(t)}</pre>"
            for h, t in self._told().items()
        )
        self._say(f"{self.problem} · {self.words}" if self.problem else self.words)

    def _told(self) -> dict[str, str]:
        """What is told when the game is over."""
        if not self._seat.game.over:
            return {}
        try:
            fit = repr(self._seat.game.fit)
        except TwinError as problem:  # a game of too few decisions
            fit = str(problem)
        told = self._ended() | {f"Your ordering{self.fitted}": fit}
        if self.advised is None:
            return told | {"The same game in Python": self.code}
        said = "One and the same adviser stood behind every label: AI and model were only words."
        return told | {"About the advice": said}

    def _ended(self) -> dict[str, str]:
        """What is told at the end beside the player's parameters: headings and texts."""
        return {}

    def _advice(self) -> str:
        """What the arm of an advised game shows and asks for."""
        game = self.advised
        if game is None or game.advice is None:
            return ""
        what = {"default": ", and that is ordered unless you say why not"}
        what["approve-only"] = ": take it, or your own"
        says = f"the {game.block.label} advises {game.advice:g}{what.get(game.block.arm, '')}"
        return f"; you wrote {game.own:g}; {says}"

    def __repr__(self) -> str:
        return "\n".join(filter(None, (self.words, self.results)))


def advised_game(game: AdvisedGame) -> "GameTable":
    """Play an advised game: type your own order, see the advice, type the final one.

    With your own order you may state an interval that holds demand nine times in ten. What you
    decided is in ``game.decided``, under a code and no name.

    The file of the play keeps rows of ``game.decided``; a new kernel goes on where it was left, and
    another code, or other blocks, begin anew. What is decided in an experiment is not taken back.

    >>> game, blocks = games.NewsvendorGame(rounds=20), [Block("default", "AI", rounds=20)]
    >>> table = advised_game(AdvisedGame(game, lambda game: 225, blocks))
    >>> table.order(150)
    >>> print(table)
    Round 1 of 20: buy at 3, sell at 12 USD; profit so far 0 USD; you wrote 150; the AI advises 225,
        and that is ordered unless you say why not
    """
    beer = isinstance(game.game, games.BeerGame)
    settings = {"code": game.code, "blocks": [repr(block) for block, _ in game._plan]}
    settings |= {"game": f"beer, {game.game.station}" if beer else repr(game.game.problem)}
    words = ("cases", "week") if beer else ("units", "round")
    kind = Kind("advised", settings, lambda _: 0, lambda _: game.game, *words)
    return (BeerTable if beer else NewsvendorTable)(Seat(kind, game))


def beer_game(
    station: str = "retailer",
    team: games.Team | None = None,
    demand: Distribution | None = None,
) -> "BeerTable":
    """Play the beer game: type an order, press Enter, and live on to the next week.

    You see your own station's books only. ``team`` is a rule for the others, or one per station.
    Without ``demand`` customers change their mind once, and you are told at the end when and how
    far; every student, and every new game, has another one. With ``tl.people.CLASSIC`` they do as
    in Sterman's experiments, and people's costs stand beside yours. At the end you are told what a
    benchmark team pays, and how you ordered, as a model of anchoring and adjustment.

    Orders are whole cases, 0 to 500. They are kept in ``played``: a new kernel goes on in the same
    week. ``table.game`` is the game once it is over; until then it says "play first", and is false.
    The seed lies in that file, and the code is open: who wants to cheat can reckon the demand. It
    is hidden from a glance only, so marks are for playing to the end, never for a low cost.

    >>> table = beer_game("wholesaler")
    >>> table.order(12)
    >>> print(table)
    Week 6 of 36, wholesaler: 12 in stock, 0 owed; this week 4 arrived, 4 were asked;
        20 under way to you; cost up to last week 30.00 USD
    >>> table.game.score
    play first: week 6 of 36
    """
    games.BeerGame(station, team, demand=demand)  # refuses at once what cannot be played
    others = re.sub(r" at 0x\w+", "", repr(team))  # a function is named, not where it lies
    settings = {"station": station, "team": others, "demand": repr(demand)}

    def make(seed: int) -> games.BeerGame:
        return games.BeerGame(station, team, demand=demand or games.drawn_demand(seed))

    def seed(number: int) -> int:
        return enrolled().seed(f"beer {station} {number}") % 10**6

    return BeerTable(Seat(Kind("beer", settings, seed, make, "cases", "week")))


class BeerTable(GameTable):
    """A beer game, its form and its picture."""

    fitted = ", as anchoring and adjustment"

    @property
    def words(self) -> str:
        """The player's own books, or the end of the game."""
        game = self._seat.game
        own = float(games.beer_cost(game.run, game.station))
        if game.over:
            score = game.score
            return (
                f"The game is over. The team paid {score.total:,.0f} USD, your {game.station} "
                f"{own:,.0f} USD of it; the benchmark team pays {score.benchmark:,.0f} USD"
            )
        view = game.view
        came = [e for e in game.run.log.of("received", "finished") if e.node == game.station]
        arrived = sum(e.quantity for e in came if e.day == view.day)
        return (
            f"Week {game.week} of {game.scenario.days}, {game.station}: {view.on_hand:g} in stock, "
            f"{view.backlog:g} owed; this week {arrived:g} arrived, {view.demand:g} were asked; "
            f"{view.on_order:g} under way to you; cost up to last week {own:,.2f} USD"
            + self._advice()
        )

    @property
    def _opening(self) -> str:
        """The Python that begins the same game (with the team that you chose)."""
        demand = self._seat.kind.settings["demand"]
        if demand == "None":
            demand = f"tl.people.drawn_demand({self._seat.play.settings['seed']})"
        elif self._seat.game.score.people:
            demand = "tl.people.CLASSIC"
        return f'game = tl.people.BeerGame("{self._seat.game.station}", demand={demand})'

    def _ended(self) -> dict[str, str]:
        """What customers asked, and what each station paid."""
        asked, score = self._seat.game.run.series("asked", "retailer"), self._seat.game.score
        said = f"{asked.min():g} to {asked.max():g} cases a week"
        if len(turns := np.flatnonzero(np.diff(asked)) + 1) == 1:
            said = f"{asked[0]:g} cases a week; from week {turns[0] + 1} on {asked[-1]:g}"
        people = {n: f"   (people on average {usd:,.0f})" for n, usd in games.HUMAN_COSTS.items()}
        paid = score.costs.items()
        costs = (f"{n:12}{usd:8,.0f} USD{people[n] * bool(score.people)}" for n, usd in paid)
        return {"What customers asked": said, "What each station paid": "\n".join(costs)}

    def draw(self) -> Chart:
        """The player's orders and stock; at the end, everybody's orders."""
        game, run = self._seat.game, self._seat.game.run
        mine = run.series("ordered", game.station)
        series = {"you order": mine, "asked of you": run.series("asked", game.station)}
        if game.over:
            series = {name: run.series("ordered", name) for name in games.STATIONS}
        own = (run.series(measure, game.station) for measure in ("on_hand", "backlog"))
        last = f"last order {mine[-1]:g}" if len(mine) else "no order yet"
        words = f"orders and stock of the {game.station} by week; {last}"
        marks = [pen.span(0.5, games.START_UP + 0.5, "before the game", color=pen.PALE)]
        for look, (name, values) in zip(pen.LOOKS, series.items(), strict=False):
            steps: pen.Style = look | {"drawstyle": "steps-mid"}
            marks.append(pen.line(np.arange(1, len(values) + 1), values, name, **steps))
        top = max(20.0, 1.3 * max(max(v, default=0.0) for v in series.values()))
        orders = Panel(marks, "Orders", y="cases/week", ylim=(0, top))
        return Chart([orders, _stock(game.scenario.days, *own)], words, (pen.WIDTH, 5.2))


def _stock(weeks: int, on_hand: Any, backlog: Any) -> Panel:
    """Stock above zero, backlog below; weeks to come have no bar."""
    at, to_come = np.arange(1, weeks + 1), np.full(weeks - len(on_hand), np.nan)
    owed: pen.Style = {"color": pen.VERMILLION, "hatch": "//", "edgecolor": pen.PAPER}
    marks = [
        pen.bars(at, np.append(on_hand, to_come), "your stock", color=pen.SKY),
        pen.bars(at, np.append(-backlog, to_come), "what you owe", **owed),
        pen.rule(0),
    ]
    ylim = min(-5.0, 1.1 * -max(backlog, default=0.0)), max(20.0, 1.1 * max(on_hand, default=0.0))
    title, xlim = "Your stock, and below zero what you owe", (0.5, weeks + 0.5)
    return Panel(marks, title, "week", "cases", xlim, ylim)


def newsvendor_game(cost: float = 3.0, rounds: int = 20, seed: int = 1) -> "NewsvendorTable":
    """Play the newsvendor: type an order, press Enter, and hear what was asked.

    Demand is any whole number from 1 to 300, each as likely; a unit sells at 12 USD. At the end the
    profit stands beside that of the best order, and your orders beside the model of pull to centre
    and chasing.

    >>> table = newsvendor_game(cost=9)
    >>> table.order(150)
    >>> print(table)
    Round 2 of 20: buy at 9, sell at 12 USD; last round you ordered 150, 142 were asked,
        profit 354 USD; profit so far 354 USD
    """
    problem = games.NewsvendorProblem(cost)
    settings = {"cost": cost, "rounds": rounds, "first": seed}
    make = partial(games.NewsvendorGame, problem, rounds)
    make(seed)  # refuses at once what cannot be played
    kind = Kind("newsvendor", settings, lambda n: seed + 1000 * n, make, "units", "round")
    return NewsvendorTable(Seat(kind))


class NewsvendorTable(GameTable):
    """A newsvendor game, its form and its picture."""

    fitted = ": pull to centre and chasing"

    @property
    def words(self) -> str:
        """How the game stands, or how it ended."""
        game = self._seat.game
        problem = game.problem
        if game.over:
            best = sum(problem.profit(problem.optimum, demand) for demand in game.demands)
            return (
                f"The game is over. Your profit is {game.profit:,.0f} USD with "
                f"{np.mean(game.orders):.0f} units on average; the best order, {problem.optimum} "
                f"units every round, earns {best:,.0f} USD"
            )
        last = ""
        if game.orders:
            order, demand = game.orders[-1], game.demands[-1]
            last = f"; last round you ordered {order:g}, {demand} were asked, "
            last += f"profit {problem.profit(order, demand):,.0f} USD"
        return (
            f"Round {game.round} of {game.rounds}: buy at {problem.cost:g}, sell at "
            f"{problem.price:g} USD{last}; profit so far {game.profit:,.0f} USD{self._advice()}"
        )

    @property
    def _opening(self) -> str:
        """The Python that begins the same game."""
        game = self._seat.game
        paper = f"tl.people.NewsvendorProblem(cost={game.problem.cost:g})"
        return f"game = tl.people.NewsvendorGame({paper}, {game.rounds}, {game.seed})"

    def draw(self) -> Chart:
        """Orders and demands by round, and at the end the best order."""
        game, best = self._seat.game, self._seat.game.problem.optimum
        rounds = np.arange(1, len(game.orders) + 1)
        square: pen.Style = {"color": pen.VERMILLION, "marker": "s", "linestyle": ""}
        marks = [
            pen.line(rounds, game.orders, "order", marker="o", **pen.LOOKS[0]),
            pen.line(rounds, game.demands, "demand", **square),
        ]
        dotted: pen.Style = {"color": pen.GREY, "linestyle": ":"}
        levels = [("mean demand", game.problem.mean, dotted)]
        levels += [("best order", best, {"color": pen.GREEN, "linewidth": 2})] if game.over else []
        for name, level, looks in levels:
            marks.append(pen.rule(level, **looks))
            marks.append(pen.note(name, (0.6, level), (0, 4), color=looks["color"]))
        ends = (0.5, game.rounds + 0.5), (0, 1.05 * game.problem.highest)
        title = "Your orders, and what was asked afterwards"
        panel = Panel(marks, title, "round", "units", *ends, finish=pen.whole)
        played = f"{len(game.orders)} of {game.rounds} rounds played"
        return Chart([panel], f"orders and demands by round; {played}", (pen.WIDTH, 3.6))
