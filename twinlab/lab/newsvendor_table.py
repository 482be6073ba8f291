"""The newsvendor game at the table: order, hear the demand, order again."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from matplotlib.ticker import MaxNLocator

from twinlab.lab.drawing import FONT, GREY, LOOKS, Chart, blank, dress
from twinlab.lab.order_form import GameTable, best_effort
from twinlab.people import NewsvendorGame, NewsvendorProblem


def newsvendor_game(
    cost: float = 3.0,
    rounds: int = 20,
    seed: int = 1,
    adviser: Callable[[NewsvendorGame], float] | None = None,
) -> NewsvendorTable:
    """Play the newsvendor: type an order, press Enter, and hear what was asked.

    Demand is any whole number from 1 to 300, each as likely; a unit sells at 12 USD. ``adviser`` is
    a function of the game that gives an order. At the end the profit stands beside that of the best
    order, and your orders beside the model of pull to centre and chasing.

    >>> table = newsvendor_game(cost=9)
    >>> table.order(150)
    >>> print(table)
    Round 2 of 20: buy at 9, sell at 12 USD; last round you ordered 150, 142 were asked, profit 354 USD; profit so far 354 USD
    """  # noqa: E501 (a doctest line)
    return NewsvendorTable(NewsvendorGame(NewsvendorProblem(cost), rounds, seed, adviser), seed)


class NewsvendorTable(GameTable):
    """A newsvendor game, its form and its picture.

    >>> newsvendor_game(rounds=5).game.over
    False
    """

    def __init__(self, game: NewsvendorGame, seed: int) -> None:
        """Sit down at a game that was made with this seed."""
        self._seed = seed
        super().__init__(game, "Your order [units]")

    @property
    def words(self) -> str:
        """How the game stands, or how it ended."""
        game, problem = self.game, self.game.problem
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
            last = (
                f"; last round you ordered {order:g}, {demand} were asked, profit "
                f"{problem.profit(order, demand):,.0f} USD"
            )
        advice = "" if game.advice is None else f"; advice: order {game.advice:g}"
        return (
            f"Round {game.round} of {game.rounds}: buy at {problem.cost:g}, sell at "
            f"{problem.price:g} USD{last}; profit so far {game.profit:,.0f} USD{advice}"
        )

    @property
    def code(self) -> str:
        """The Python that plays the same game."""
        game = self.game
        units = ", ".join(f"{order:g}" for order in game.orders)
        return (
            f"problem = tl.people.NewsvendorProblem(cost={game.problem.cost:g})\n"
            f"game = tl.people.NewsvendorGame(problem, rounds={game.rounds}, seed={self._seed})\n"
            f"for units in [{units}]:\n    game.order(units)"
        )

    def results(self) -> dict[str, str]:
        """The player's parameters, and what overriding was worth."""
        game = self.game
        told = {"Your ordering: pull to centre and chasing": best_effort(lambda: game.fit)}
        if game.adviser is not None:
            told["Your overrides"] = repr(game.override_value())
        return told

    def draw(self) -> Chart:
        """Orders and demands by round, and at the end the best order."""
        game = self.game
        figure = blank(9.5, 3.6)
        axes = figure.subplots()
        dress(axes, "Your orders, and what was asked afterwards", "round", "units")
        rounds = np.arange(1, len(game.orders) + 1)
        axes.plot(rounds, game.orders, "o-", color=LOOKS[0].colour, linewidth=2.5, label="order")
        axes.plot(rounds, game.demands, "s", color=LOOKS[1].colour, label="demand")
        axes.axhline(game.problem.mean, color=GREY, linewidth=1.5, linestyle=":")
        axes.annotate("mean demand", (0.6, game.problem.mean + 4), color=GREY, fontsize=FONT - 1)
        if game.over:
            axes.axhline(game.problem.optimum, color=LOOKS[2].colour, linewidth=2)
            axes.annotate("best order", (0.6, game.problem.optimum + 4), color=LOOKS[2].colour,
                          fontsize=FONT - 1)  # fmt: skip
        axes.set(xlim=(0.5, game.rounds + 0.5), ylim=(0, 1.05 * game.problem.highest))
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.legend(fontsize=FONT - 1, frameon=False, loc="lower right", ncols=2)
        played = f"{len(game.orders)} of {game.rounds} rounds played"
        return Chart(figure, f"orders and demands by round; {played}")
