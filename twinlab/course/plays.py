"""Games that were played: the rules are deterministic, so the orders are the whole state.

Each play is a small file in ``played``, beside the notebook: a new kernel plays its orders again
and goes on. The environment variable ``TWINLAB_PLAYED`` names another folder; where it is empty,
nothing is kept and nothing is read.
"""

import json
import os
import time
from collections.abc import Mapping, Sequence
from contextvars import ContextVar
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from twinlab.people import BeerGame, NewsvendorGame, NewsvendorProblem
from twinlab.scope.errors import ScenarioError, brief

__all__ = ["Play", "played", "plays"]

FORMAT = "twinlab play 1"
PLACE = ContextVar[Path | None]("PLACE", default=None)  # while somebody else's work is marked


def folder() -> Path | None:
    """Find the folder that keeps what is played; None where nothing is kept."""
    named = os.environ.get("TWINLAB_PLAYED", "played")
    return PLACE.get() or (Path.cwd() / named if named else None)


def now() -> str:
    """The time of the clock, UTC."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


def write(path: Path, body: Mapping[str, Any]) -> None:
    """Write a file of JSON at once or not at all: whoever pulls the plug leaves the old one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(f".{os.getpid()}.part")
    part.write_text(json.dumps(body, indent=1, ensure_ascii=False), "utf-8")
    part.replace(path)


def read(path: Path, form: str) -> dict[str, Any]:
    """Read a file of JSON that says of itself which form it has.

    Raises:
        ScenarioError: it is cut, damaged, or of another form.
    """
    try:
        body = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError, RecursionError) as problem:
        raise ScenarioError(f"{path.name} cannot be read: {problem}") from problem
    found = body.get("format") if isinstance(body, dict) else None
    if found != form:
        raise ScenarioError(f"{path.name} must have the format {form!r}, got {brief(found)}")
    return dict(body)


@dataclass(frozen=True)
class Play:
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
    file: Path | None = field(default=None, compare=False)

    @classmethod
    def begin(cls, game: str, settings: Mapping[str, Any]) -> "Play":
        """Begin a new play; its file is written with the first order."""
        from twinlab.course.students import enrolled

        return cls(game, dict(settings), enrolled().name, now())

    def keep(self, orders: Sequence[Any], over: bool = False) -> "Play":
        """Write down the orders until now, all of them, and whether the game is over."""
        place, file = folder(), self.file
        kept = replace(self, orders=tuple(orders), over=over, saved=now())
        if place is None:
            return kept
        if file is None:
            stem = f"{self.game}-{''.join(c for c in self.started if c.isdigit())}"
            count = len(list(place.glob(f"{stem}-*.json"))) + 1
            file = place / f"{stem}-{count}.json"
        write(file, kept.as_json())
        return replace(kept, file=file)

    def as_json(self) -> dict[str, Any]:
        """The play as a dict, as it is written."""
        return {"format": FORMAT} | {k: v for k, v in asdict(self).items() if k != "file"}

    @classmethod
    def read(cls, file: Path) -> "Play":
        """Read a play.

        Raises:
            ScenarioError: the file is damaged, or lacks something.
        """
        return cls.of(read(file, FORMAT), file)

    @classmethod
    def of(cls, body: Mapping[str, Any], file: Path | None = None) -> "Play":
        """A play from the dict that ``as_json`` gives."""
        where = file.name if file else "a play"
        try:
            parts = {k: body[k] for k in asdict(cls("", {})) if k != "file"}
        except KeyError as missing:
            raise ScenarioError(f"{where} lacks {missing}") from missing
        orders, fine = parts["orders"], isinstance(parts["settings"], dict)
        fine = fine and isinstance(orders, list)
        if not fine or not all(type(order) in (int, float, dict) for order in orders):
            raise ScenarioError(f"{where}: settings must be a dict, and orders a list")
        return cls(**parts | {"orders": tuple(orders), "file": file})


def plays(game: str = "") -> list[Play]:
    """List what was played here, the latest last; damaged files are left out.

    >>> plays("beer")
    []
    """
    found, place = [], folder()
    for file in sorted(place.glob(f"{game or '*'}-*.json")) if place else []:
        try:
            found.append(Play.read(file))
        except ScenarioError:
            continue
    return sorted(found, key=lambda play: (play.saved, play.started))


@dataclass(frozen=True)
class played:
    """Judge of an exercise that is a game: it is right when one play is over.

    >>> played("beer")(True)
    'play the game to its end first: no play of it is kept here.'
    """

    game: str

    def __call__(self, answer: Any) -> bool | str:
        """Tell whether the game was played to its end, or how far it is."""
        found = plays(self.game)
        if any(play.over for play in found):
            return True
        far = f"{len(found[-1].orders)} orders until now" if found else "no play of it is kept here"
        return f"play the game to its end first: {far}."


def replay(play: Play) -> bool:
    """Play the orders again: whether the game is over then; of other games, what the play says."""
    of: Any = play.settings
    game: Any = None
    if play.game == "beer":
        game = BeerGame(of["station"])
    elif play.game == "newsvendor":
        game = NewsvendorGame(NewsvendorProblem(of["cost"]), min(of["rounds"], 999))
    for units in play.orders if game else ():
        game.order(units)
    return bool(game.over) if game else play.over
