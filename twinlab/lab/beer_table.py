"""The beer game at the table: one station is yours, rules play the others."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from twinlab.lab.drawing import FONT, GREY, LOOKS, SKY, VERMILLION, Chart, blank, dress
from twinlab.lab.order_form import GameTable, best_effort
from twinlab.people import HUMAN_COSTS, STATIONS, BeerGame, beer_cost
from twinlab.people.beer_game import START_UP
from twinlab.people.biases import Rule


def beer_game(
    station: str = "retailer",
    team: Rule | Mapping[str, Rule] | None = None,
    adviser: Rule | None = None,
) -> BeerTable:
    """Play the beer game: type an order, press Enter, and live on to the next week.

    You see your own station's books only. ``team`` is a rule for the others, or one per station;
    ``adviser`` a rule that advises you. At the end the team's cost stands beside the benchmark, and
    your own ordering beside the model of anchoring and adjustment.

    Raises:
        ScenarioError: no such station.

    >>> table = beer_game("wholesaler")
    >>> table.order(12)
    >>> print(table)
    Week 6 of 36, wholesaler: 12 in stock, 0 owed; this week 4 arrived, 4 were asked; 20 under way to you; cost up to last week 30.00 USD
    """  # noqa: E501 (a doctest line)
    return BeerTable(BeerGame(station, team, adviser))


class BeerTable(GameTable):
    """A beer game, its form and its picture.

    >>> beer_game("factory").game.week
    5
    """

    def __init__(self, game: BeerGame) -> None:
        """Sit down at a game."""
        super().__init__(game, "Your order [cases]")

    @property
    def words(self) -> str:
        """The player's own books, or the end of the game."""
        game = self.game
        own = float(beer_cost(game.run, game.station))
        if game.over:
            score = game.score
            return (
                f"The game is over. The team paid {score.total:,.0f} USD, your {game.station} "
                f"{own:,.0f} USD of it; the benchmark team pays {score.benchmark:,.0f} USD"
            )
        view = game.view
        arrived = sum(e.quantity for e in game.run.log.of("received", "finished")
                      if e.node == game.station and e.day == view.day)  # fmt: skip
        advice = "" if game.advice is None else f"; advice: order {game.advice:g}"
        return (
            f"Week {game.week} of {game.scenario.days}, {game.station}: {view.on_hand:g} in stock, "
            f"{view.backlog:g} owed; this week {arrived:g} arrived, {view.demand:g} were asked; "
            f"{view.on_order:g} under way to you; cost up to last week {own:,.2f} USD{advice}"
        )

    @property
    def code(self) -> str:
        """The Python that plays the same game (with the team that you chose)."""
        orders = self.game.run.series("ordered", self.game.station)[START_UP:]
        cases = ", ".join(f"{order:g}" for order in orders)
        return (
            f'game = tl.people.BeerGame("{self.game.station}")\n'
            f"for cases in [{cases}]:\n    game.order(cases)"
        )

    def results(self) -> dict[str, str]:
        """What each station paid, the player's parameters, and what overriding was worth."""
        game = self.game
        costs = "\n".join(
            f"{name:12}{cost:8,.0f} USD   (people on average {HUMAN_COSTS[name]:,.0f})"
            for name, cost in game.score.costs.items()
        )
        told = {
            "What each station paid": costs,
            "Your ordering, as anchoring and adjustment": best_effort(lambda: game.fit),
        }
        if game.adviser is not None:
            told["Your overrides"] = repr(game.override_value())
        return told

    def draw(self) -> Chart:
        """The player's orders and stock; at the end, everybody's orders."""
        game, run = self.game, self.game.run
        figure = blank(9.5, 5.2)
        orders, stock = figure.subplots(2, 1, sharex=True)
        shown = {name: run.series("ordered", name) for name in STATIONS if game.over}
        mine = run.series("ordered", game.station)
        asked = run.series("asked", game.station)
        _orders(orders, shown or {"you order": mine, "asked of you": asked})
        net = run.series("on_hand", game.station), -run.series("backlog", game.station)
        _stock(stock, *net)
        stock.set_xlim(0.5, game.scenario.days + 0.5)
        last = f"last order {mine[-1]:g}" if len(mine) else "no order yet"
        return Chart(figure, f"orders and stock of the {game.station} by week; {last}")


def _orders(axes: Axes, series: Mapping[str, Any]) -> None:
    """Orders by week, as steps."""
    dress(axes, "Orders", "", "cases/week")
    for look, (name, values) in zip(LOOKS, series.items(), strict=False):
        weeks = np.arange(1, len(values) + 1)
        axes.step(weeks, values, where="mid", color=look.colour, linestyle=look.dashes,
                  linewidth=2.5, label=name)  # fmt: skip
    axes.axvspan(0.5, START_UP + 0.5, color="#F2F2F2", zorder=0)
    axes.set_ylim(0, max(20.0, 1.3 * max(max(v, default=0.0) for v in series.values())))
    axes.legend(fontsize=FONT - 1, frameon=False, loc="upper left", ncols=len(series))


def _stock(axes: Axes, on_hand: Any, backlog: Any) -> None:
    """Stock above zero, backlog below."""
    dress(axes, "Your stock, and below zero what you owe", "week", "cases")
    weeks = np.arange(1, len(on_hand) + 1)
    axes.bar(weeks, on_hand, color=SKY, width=0.8)
    axes.bar(weeks, backlog, color=VERMILLION, width=0.8, hatch="//", edgecolor="white")
    axes.axhline(0, color=GREY, linewidth=1)
    low, high = min(backlog, default=0.0), max(on_hand, default=0.0)
    axes.set_ylim(min(-5.0, 1.1 * low), max(20.0, 1.1 * high))
