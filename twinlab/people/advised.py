"""A person who is advised: own order, advice, final order, result; and what was decided is kept.

The own order comes first: it shows what the advice moved. An arm says what the advice may do, a
label who is said to give it: the advice is the same, so what differs is the label's doing. Persons
have codes, no names; they agree before, and are told afterwards that the label was only a label.
"""

import json
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from twinlab.organization.view import ask
from twinlab.people.games import BeerGame, NewsvendorGame
from twinlab.people.rules import Rule
from twinlab.scope import Listing, ScenarioError, TwinError
from twinlab.scope.base import Amount, Count, Row, Whole, check_known, column, pd, ranged, schema
from twinlab.scope.reading import Reader

__all__ = ["ARMS", "LABELS", "AdvisedGame", "Block", "Decisions", "Round", "by_rule", "design"]
__all__ += ["read_decisions"]

ARMS, LABELS = ("alone", "shown", "default", "approve-only"), ("model", "AI")
BESIDE = 3  # rounds before and after a scripted failure that are compared
Game = BeerGame | NewsvendorGame
Adviser = Callable[[Any], float]  # a game so far → an order


class Block(Row, frozen=True):
    """Some rounds in one arm, under one label; ``failure`` is the round in which the advice fails.

    alone: no advice is seen. shown: it is. default: it is ordered, unless the person changes it and
    says why. approve-only: the advice or the own order, nothing between.

    >>> Block("default", "AI", rounds=5)
    Block(arm='default', label='AI', rounds=5, failure=0)
    """

    arm: str = column("label", "shown", "what the advice may do")
    label: str = column("label", "model", "who is said to advise")
    rounds: int = column("rounds", 10, "how many", low=1)
    failure: int = column("round", 0, "of the block, from 1, with a scripted failure; 0: none")

    def check(self) -> None:
        """Arm and label are known, and a failure has rounds before and after it."""
        check_words(self)
        if self.failure and not BESIDE <= self.failure <= self.rounds - BESIDE:
            says = f"failure in round {self.failure} of {self.rounds}"
            raise ScenarioError(f"Block: {says}: leave {BESIDE} rounds to compare on both sides")


def check_words(row: Any) -> None:
    """Arm and label of a row are known."""
    check_known(row.arm, ARMS, f"{type(row).__name__}: no arm {row.arm!r}")
    check_known(row.label, LABELS, f"{type(row).__name__}: no label {row.label!r}")


Design = Sequence[Sequence[Block]]  # the blocks of each person in turn, then from the first again


def design(
    rounds: Count = 10,
    arms: Sequence[str] = ("shown",),
    labels: Sequence[str] = ("model",),
    failure: Whole = 0,
    between: bool = False,
) -> Design:
    """Give every person a block of every arm and label, each after each other one as often.

    ``between``: one of them only, in as many blocks. Source: Williams (1949), Latin squares.

    >>> [" ".join(block.arm[:2] for block in blocks) for blocks in design(arms=ARMS)]
    ['al sh ap de', 'sh de al ap', 'de ap sh al', 'ap al de sh']
    """
    each = [Block(arm, label, rounds, failure) for arm in arms for label in labels]
    many = len(each)
    steps = [(at + 1) // 2 * (1 if at % 2 else -1) for at in range(many)]
    square = [[each[(step + first) % many] for step in steps] for first in range(many)]
    square += [row[::-1] for row in square] * (many % 2)
    return [[block] * many for block in each] if between else square


class Round(Row, frozen=True):
    """One decision of a person, with what was advised and what came of it.

    >>> Round("k7", 1, "shown", "AI", own=150, advice=225, final=180, demand=142).final
    180.0
    """

    code: str = column("label", meaning="whose: a code, no name")
    round: int = column("round", meaning="from 1", low=1)
    arm: str = column("label", meaning="what the advice could do")
    label: str = column("label", meaning="who was said to advise")
    own: float = column("units", meaning="ordered before the advice was seen", low=0)
    advice: float = column("units", meaning="advised; kept in the arm alone too", low=0)
    final: float = column("units", meaning="ordered in the end", low=0)
    demand: float = column("units", meaning="asked in this round", low=0)
    reason: str = column("words", "", "why the default was changed")
    seconds: float = column("s", 0.0, "that the decision took", low=0)
    low: float | None = column("units", None, "of the stated 90 % interval of demand")
    high: float | None = column("units", None, "of the stated 90 % interval of demand")
    failed: bool = column("yes/no", False, "the failure was scripted")

    def check(self) -> None:
        """Arm and label are known, and an interval has two ends in order."""
        check_words(self)
        low, high = self.low, self.high
        if (low is None) != (high is None) or (low or 0) > (high or 0):
            problem = f"{self.title}: stated interval from {low} to {high}"
            raise ScenarioError(f"{problem}: give both ends, the lower one first, or none")


class Decisions(Listing, frozen=True):
    """What persons decided, round by round; ``save`` and ``read_decisions`` are exact.

    >>> row = Round("k7", 1, "shown", "AI", own=150, advice=225, final=180, demand=142)
    >>> Decisions((row,)).table["final [units]"].tolist()
    [180.0]
    """

    caption, keys = "Decisions", 2
    rounds: tuple[Round, ...]

    def save(self, path: str | Path) -> None:
        """Write a .csv or a .json file, in which nothing names a person."""
        file, rows = Path(path), [asdict(each) for each in self.rounds]
        if file.suffix not in (".csv", ".json"):
            raise ScenarioError(f"{file.name!r}: decisions are kept in a .csv or a .json file")
        text = json.dumps(rows, indent=1) if file.suffix == ".json" else ""
        file.write_text(text or pd.DataFrame(rows).to_csv(index=False), "utf-8")


def read_decisions(*sources: Any) -> Decisions:
    """Read what persons decided, from .csv and .json files or frames, into one log.

    Raises:
        ScenarioError: names the file, the row, the value, and what to do.

    >>> row = Round("k7", 1, "shown", "AI", own=150, advice=225, final=180, demand=142)
    >>> read_decisions(pd.DataFrame([asdict(row)])) == Decisions((row,))
    True
    """
    known, rounds = {c.name: c for c in schema(Round)}, dict[tuple[str, int], Round]()
    for source in sources:
        where = "the frame" if hasattr(source, "columns") else str(source)
        try:
            if where.endswith(".json"):
                source = pd.DataFrame(json.loads(Path(source).read_text("utf-8")))
            one = {"decisions": source} if hasattr(source, "columns") else source
            (reader := Reader(one, {}, {}, None)).want("decisions")
            table = reader.table("decisions", known)
            for where, cells in table.rows:
                row = Round(**{n: table.value(where, known[n], v) for n, v in cells.items()})
                if rounds.setdefault((row.code, row.round), row) is not row:
                    twice = f"{row.code!r} has round {row.round} twice"
                    raise ScenarioError(f"{twice}: give every person a code of their own")
        except (TwinError, ValueError, TypeError, OSError) as problem:
            said = str(problem)
            raise ScenarioError(said if where in said else f"{where}: {said}") from None
    return Decisions(tuple(rounds.values()))


def by_rule(rule: Rule) -> Adviser:
    """Let a rule of a view advise in the beer game, in whole units, from the first round on.

    >>> by_rule(lambda view: 16 - view.on_hand)(BeerGame("wholesaler"))
    4.0
    """
    return lambda game: float(round(max(0.0, float(ask(rule, game.view, "adviser")))))


class AdvisedGame:
    """A ``NewsvendorGame`` or a ``BeerGame`` in rounds of: own order, advice, final order, result.

    ``adviser`` is a function of the game that gives an order: a rule (``by_rule``), or what a twin
    proposes. A failure is a demand that makes the best order look worst, the same for everybody.

    Raises:
        ScenarioError: the blocks do not fill the game, or what cannot be scripted fails.

    >>> game = AdvisedGame(NewsvendorGame(rounds=2, seed=1), lambda game: 225, [Block(rounds=2)])
    >>> game.state_own(150)
    >>> game.advice
    225.0
    >>> game.decide(180)
    >>> game.decided["p1", 1].demand, game.round, game.advice
    (142.0, 2, None)
    """

    def __init__(
        self, game: Game, adviser: Adviser, blocks: Sequence[Block], code: str = "p1"
    ) -> None:
        if not re.fullmatch(r"(?=.*\d)[\w-]{1,12}", code):
            raise ScenarioError(f"AdvisedGame: code {code!r}: give one such as 'k7', never a name")
        self.game: Any = game
        self.adviser, self.code = adviser, code
        self._plan = [(b, at == b.failure) for b in blocks for at in range(1, b.rounds + 1)]
        self._rounds: list[Round] = []
        if len(self._plan) != (left := game.rounds - game.round + 1):
            problem = f"AdvisedGame: blocks of {len(self._plan)} rounds for a game of {left}"
            raise ScenarioError(f"{problem}: make them as long as each other")
        for number, (_, fails) in enumerate(self._plan, start=game.round):
            if not fails:
                continue
            if isinstance(game, BeerGame):
                problem = "AdvisedGame: in the beer game demand cannot be scripted"
                raise ScenarioError(f"{problem}: leave failure out, or play a NewsvendorGame")
            game.script(number)
        self._begin()

    def _begin(self) -> None:
        self._row: Round | None = None  # the own order, once it is stated
        self._since = time.monotonic()
        self._advised = 0.0 if self.over else float(self.adviser(self.game))

    @property
    def over(self) -> bool:
        """Whether the last round is over."""
        return len(self._rounds) == len(self._plan)

    @property
    def round(self) -> int:
        """The round to order in, from 1; when the game is over, the last one."""
        return min(len(self._rounds) + 1, len(self._plan))

    @property
    def block(self) -> Block:
        """The block of this round."""
        return self._plan[self.round - 1][0]

    @property
    def own(self) -> float | None:
        """The own order of this round, once it is stated."""
        return self._row.own if self._row else None

    @property
    def stated(self) -> Round | None:
        """The round as it was stated, while the final order is not given."""
        return self._row

    @property
    def advice(self) -> float | None:
        """The advice, once the own order is stated and if the arm shows it."""
        return self._row.advice if self._row else None

    @property
    def decided(self) -> Decisions:
        """What was decided so far."""
        return Decisions(tuple(self._rounds))

    @ranged
    def state_own(self, units: Amount, low: float | None = None, high: float | None = None) -> None:
        """State the own order, and if one likes a 90 % interval of demand; alone it is final."""
        if self.over or self._row:
            says = "the game is over: start another" if self.over else "stated already: now decide"
            raise ScenarioError(f"AdvisedGame: {says}")
        (block, failed), view = self._plan[self.round - 1], self.game.view
        orders = units, self._advised, units, view.demand if view else 0.0
        told: Any = {"low": low, "high": high, "failed": failed}
        self._row = Round(self.code, self.round, block.arm, block.label, *orders, **told)
        if block.arm == "alone":
            self.decide(units)

    @ranged
    def decide(self, units: Amount, reason: str = "") -> None:
        """Order in the end, and hear what was asked; a changed default needs a reason."""
        row, view = self._row, self.game.view
        if row is None:
            raise ScenarioError("AdvisedGame: state_own(units) first, then decide")
        order = f"AdvisedGame: order {units:g} is not the advice {row.advice:g}"
        if row.arm == "default" and units != row.advice and not reason.strip():
            raise ScenarioError(f"{order}: say why, decide({units:g}, reason='…')")
        if row.arm == "approve-only" and units not in (row.own, row.advice):
            raise ScenarioError(f"{order}, nor your own {row.own:g}: take one of the two")
        self.game.order(units)
        took = round(time.monotonic() - self._since, 1)
        demand = row.demand if view else self.game.demands[-1]
        row = replace(row, final=units, demand=demand, reason=reason, seconds=took)
        self._rounds.append(row)
        self._begin()

    def live_again(self, decided: Decisions) -> None:
        """Live once more through rounds that were decided before, as they are kept."""
        for row in decided.rounds:
            self.game.order(row.final)
            self._rounds.append(row)
            self._begin()
