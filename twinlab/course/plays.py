"""Games that were played, and the seat of who plays: the orders are the whole state.

The rules of a game are deterministic. Each play is a small file in ``played``, beside the notebook:
a new kernel plays its orders again and goes on. Of an advised game no order is taken back.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, fields, replace
from pathlib import Path
from typing import Any

from twinlab import people
from twinlab.course.students import clean, enrolled, folder, now, read, write
from twinlab.scope.columns import Sealed
from twinlab.scope.errors import ScenarioError

__all__ = ["Play", "played", "plays"]

FORMAT = "twinlab play 1"
MOST = 500  # of an order; more is a slip of the keyboard


class Play(Sealed, frozen=True):
    """A game that is or was played: which one, with which settings, and the orders until now.

    ``begin`` a new one, ``keep`` it after every order; to go on, play the orders again.

    >>> Play.begin("beer", {"station": "wholesaler"}).keep([8, 8, 11]).orders
    (8, 8, 11)
    """

    game: str
    settings: Mapping[str, Any]
    student: str = ""
    started: str = ""
    saved: str = ""
    orders: tuple[Any, ...] = ()  # numbers; of an advised game a row a round
    over: bool = False

    @classmethod
    def begin(cls, game: str, settings: Mapping[str, Any]) -> "Play":
        """Begin a new play; its file is written with the first order."""
        return cls(game, dict(settings), enrolled().name, now())

    def keep(self, orders: Sequence[Any], over: bool = False) -> "Play":
        """Write down the orders until now, all of them, and whether the game is over."""
        kept = replace(self, orders=tuple(orders), over=over, saved=now())
        if kept.file:
            write(kept.file, kept.as_json())
        return kept

    @property
    def file(self) -> Path | None:
        """Where it is kept, if it is: when it began tells it from others."""
        place, began = folder(), re.sub("[^0-9]", "", self.started)
        return place / f"{self.game}-{began}.json" if place else None

    def as_json(self) -> dict[str, Any]:
        """The play as a dict, as it is written."""
        return {"format": FORMAT} | asdict(self)

    @classmethod
    def of(cls, body: Mapping[str, Any]) -> "Play":
        """Make a play from the dict that ``as_json`` gives, or say what is wrong with it."""
        names = [each.name for each in fields(cls)]
        if lacking := [name for name in names if name not in body]:
            raise ScenarioError(f"a play lacks {lacking[0]!r}")
        settings, orders = body["settings"], body["orders"]
        plain = isinstance(settings, dict) and isinstance(orders, list)
        plain &= all(isinstance(body[n], str) for n in ("game", "student", "started", "saved"))
        if not plain or not all(type(order) in (int, float, dict) for order in orders):
            raise ScenarioError("of a play, settings must be a dict, orders a list, all else words")
        return cls(**{name: body[name] for name in names} | {"orders": tuple(orders)})


def plays(game: str = "") -> list[Play]:
    """List what was played here, the latest last; damaged files are left out.

    >>> plays("beer")
    []
    """
    found, place = [], folder()
    for file in sorted(place.glob(f"{game or '*'}-*.json")) if place else []:
        with suppress(ScenarioError):
            found.append(Play.of(read(file, FORMAT)))
    return sorted(found, key=lambda play: (play.saved, play.started))


def played(game: str) -> Callable[[Any], bool | str]:
    """Judge of an exercise that is a game: it is right when one play is over.

    >>> played("beer")(True)
    'play the game to its end first: no play of it is kept here.'
    """

    def judge(_: Any) -> bool | str:
        me = clean(enrolled().name)
        found = [p for p in plays(game) if not me or clean(p.student) in ("", me)]
        far = f"{len(found[-1].orders)} orders until now" if found else "no play of it is kept here"
        over = any(play.over for play in found)
        return over or f"play the game to its end first: {far}."

    return judge


def replay(play: Play) -> bool:
    """Play the orders again: whether the game is over then; of other games, what the play says."""
    of: Any = play.settings
    game: Any
    if play.game == "beer":
        game = people.BeerGame(of["station"])
    elif play.game == "newsvendor":
        game = people.NewsvendorGame(people.NewsvendorProblem(of["cost"]), min(of["rounds"], 999))
    else:
        return play.over
    for units in play.orders:
        game.order(units)
    return bool(game.over)


class PlayFirst:
    """Stands for a game that is not over: false, and it answers everything with how far it is."""

    def __init__(self, words: str) -> None:
        self._words = words

    def __repr__(self, _: str = "") -> str:
        return self._words

    __format__ = __repr__

    def __bool__(self) -> bool:
        return False

    def __iter__(self) -> Iterator[Any]:
        return iter(())

    def __getattr__(self, name: str) -> "PlayFirst":
        if name.startswith("_"):  # what libraries look for
            raise AttributeError(name)
        return self

    def __call__(self, *_: Any, **__: Any) -> "PlayFirst":
        """Answer a call, and brackets, with the same words."""
        return self

    __getitem__ = __call__


def as_order(said: Any, unit: str) -> int:
    """Read an order as people write it: a whole number up to 500."""
    text = str(said).strip()
    if re.fullmatch(r"\d+(\.0*)?", text) and float(text) <= MOST:
        return int(float(text))
    what = f"“{text[:20]}” is no order" if text else "the box is empty"
    raise ScenarioError(f"{what}: type a whole number of {unit} from 0 to {MOST}")


class Kind(Sealed, frozen=True):
    """Which game is played: its name and settings in the file, and how it is made from a seed."""

    name: str
    settings: Mapping[str, Any]
    seed: Callable[[int], int]  # of the first, second … play of it
    make: Callable[[int], Any]
    unit: str  # of an order
    time: str  # that an order is for


class Seat:
    """Somebody who plays, alone or ``advised``: the game as it stands, and what can be done."""

    def __init__(self, kind: Kind, advised: people.AdvisedGame | None = None) -> None:
        """Go on where the latest play was left, else begin one."""
        self.kind, self.advised = kind, advised
        me, own = clean(enrolled().name), dict(kind.settings)
        kept = [p for p in plays(kind.name) if clean(p.student) == me]
        kept = [p for p in kept if own == {k: v for k, v in p.settings.items() if k != "seed"}]
        self.number, self.problem = len(kept), ""
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
                self.advised.live_again(people.Decisions((people.Round(**order),)))
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
        if own := self.advised.stated:
            rounds.append({"units": own.own, "low": own.low, "high": own.high})
        return rounds

    @property
    def acts(self) -> list[str]:
        """What can be done beside an order: undo, new."""
        undo = ["undo"] if self.game.orders and not self.game.over else []
        return [] if self.advised else [*undo, "new"]

    def order(self, said: Any, **more: Any) -> None:
        """Place an order, of an advised game the own one, then the final one; and write it down."""
        game = self.advised
        self._look()
        if game is None or game.advice is None or str(said) != f"{game.advice:g}":
            said = as_order(said, self.kind.unit)
        step = self.game.order if not game else game.state_own if game.own is None else game.decide
        step(float(said), **more)
        self.play = self.play.keep(self.orders, self.game.over)

    def _look(self) -> None:
        """Refuse, and show how it stands now, if another kernel went on with this game."""
        kept = next((p for p in plays(self.kind.name) if p.file == self.play.file), self.play)
        if kept.orders != self.play.orders and not self.advised:
            self._sit(kept, kept.orders)
            raise ScenarioError("this game went on in another window: here it is as it stands now")

    def undo(self) -> None:
        """Take the last order back: play all but that one again."""
        self._look()
        self._sit(self.play, self.orders[:-1])
        self.play = self.play.keep(self.orders)
