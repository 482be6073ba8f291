"""A seat at a game: orders in words, kept beside the notebook, played again by a new kernel.

The rules of a game are deterministic, so its orders are all that must be kept. What is decided in
an experiment stays decided: of an advised game no order is taken back.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from twinlab.course.plays import Play, plays
from twinlab.course.students import enrolled
from twinlab.people import AdvisedGame, Decisions, Round
from twinlab.scope.errors import ScenarioError

MOST = 500  # of an order; more is a slip of the keyboard


class PlayFirst:
    """Stands in place of a game that is not over: whatever it is asked, it answers how far it is.

    It is false, so ``table.game or another`` is a game at any time.

    >>> PlayFirst("play first: week 5 of 36").score.benchmark
    play first: week 5 of 36
    """

    def __init__(self, words: str) -> None:
        self._words = words

    def __repr__(self) -> str:
        return self._words

    def __format__(self, _: str) -> str:
        return self._words

    def __bool__(self) -> bool:
        return False

    def __iter__(self) -> Iterator[Any]:
        return iter(())

    def __getattr__(self, name: str) -> "PlayFirst":
        if name.startswith("_"):  # what libraries look for
            raise AttributeError(name)
        return self

    def __getitem__(self, _: Any) -> "PlayFirst":
        return self

    def __call__(self, *_: Any, **__: Any) -> "PlayFirst":
        """Answer a call with the same words."""
        return self


def as_order(said: Any, unit: str) -> int:
    """Read an order as people write it: a whole number up to 500.

    >>> as_order(" 12 ", "cases")
    12
    """
    text = str(said).strip()
    if re.fullmatch(r"\d+(\.0*)?", text) and float(text) <= MOST:
        return int(float(text))
    what = f"“{text[:20]}” is no order" if text else "the box is empty"
    raise ScenarioError(f"{what}: type a whole number of {unit} from 0 to {MOST}")


@dataclass(frozen=True)
class Kind:
    """Which game is played: its name and settings in the file, and how it is made from a seed.

    ``seed`` gives the seed of the first, second … play of it; ``unit``: of an order; ``time``: what
    an order is for.
    """

    name: str
    settings: Mapping[str, Any]
    seed: Callable[[int], int]
    make: Callable[[int], Any]
    unit: str
    time: str

    def kept(self) -> list[Play]:
        """What this student has played of it here, the latest last."""
        me, mine = enrolled().name, dict(self.settings)
        every = (p for p in plays(self.name) if p.student == me)
        return [p for p in every if {k: v for k, v in p.settings.items() if k != "seed"} == mine]


class Seat:
    """Somebody who plays, alone or ``advised``: the game as it stands, and what can be done.

    >>> from twinlab.people import NewsvendorGame
    >>> made = lambda seed: NewsvendorGame(seed=seed)
    >>> seat = Seat(Kind("paper", {}, lambda number: number, made, "papers", "round"))
    >>> seat.order("120")
    >>> seat.undo()
    >>> seat.game.round, seat.result
    (1, play first: round 1 of 30)
    """

    def __init__(self, kind: Kind, advised: AdvisedGame | None = None) -> None:
        """Go on where the latest play was left, else begin one."""
        self.kind, self.advised = kind, advised
        self.number, self.problem = len(kept := kind.kept()), ""
        if kept and not (advised and (advised.round > 1 or advised.own is not None)):
            try:
                return self._sit(kept[-1], kept[-1].orders)
            except Exception as problem:  # a file that somebody has changed may hold anything
                self.problem = f"what was kept cannot be played again ({problem}): a new game"
        self.new()

    def new(self) -> None:
        """Begin another game; what was played is kept."""
        seed = self.kind.seed(self.number)
        self._sit(Play.begin(self.kind.name, dict(self.kind.settings) | {"seed": seed}), ())
        self.number += 1

    def _sit(self, play: Play, orders: Sequence[Any]) -> None:
        """Play these orders of a play again."""
        self.play, self.game = play, self.kind.make(play.settings["seed"])
        for order in orders:
            if not self.advised:
                self.game.order(order)
            elif "round" in order:
                self.advised.live_again(Decisions((Round(**order),)))
            else:  # an own order whose advice is seen
                self.advised.state_own(**order)

    @property
    def result(self) -> Any:
        """The game once it is over; until then whatever it is asked it answers "play first"."""
        now = f"{self.kind.time} {self.game.round} of {self.game.rounds}"
        return self.game if self.game.over else PlayFirst(f"play first: {now}")

    @property
    def orders(self) -> list[Any]:
        """All that was decided so far, as it is written down."""
        if self.advised is None:
            return [int(order) for order in self.game.orders]
        rounds: list[Any] = [asdict(row) for row in self.advised.decided]
        stated = self.advised.stated
        return rounds + (
            [{"units": stated.own, "low": stated.low, "high": stated.high}] if stated else []
        )

    @property
    def acts(self) -> list[str]:
        """What can be done beside an order: undo, new."""
        undo = ["undo"] if self.game.orders and not self.game.over else []
        return [] if self.advised else [*undo, "new"]

    def order(self, said: Any, **more: Any) -> None:
        """Place an order, of an advised game the own one, then the final one; and write it down.

        Raises:
            ScenarioError: it is no whole number up to 500, or the game refuses it.
        """
        game = self.advised
        if game is None or game.advice is None or str(said) != f"{game.advice:g}":
            said = as_order(said, self.kind.unit)
        step = self.game.order if not game else game.state_own if game.own is None else game.decide
        step(float(said), **more)
        self.play = self.play.keep(self.orders, self.game.over)

    def undo(self) -> None:
        """Take the last order back: play all but that one again."""
        self._sit(self.play, self.orders[:-1])
        self.play = self.play.keep(self.orders)
