"""What the notebooks' prose claims, recomputed on luck that did not choose it.

A claim is a sentence that stands in a notebook, and a function of a seed that works it out anew.
``nb05.py`` holds those of notebook 05::

    claims = Claims("05")

    @claims.says("A strike of a whole week costs 200 in both.")
    def whole_week(seed):
        lost = claims.cells(seed, "lost").lost  # the notebook's own code, on this seed
        return [agrees(200, [lost("car plant", 7)], rounding=5)]

    claims.given("On 17 April more than 200 managers met near Detroit")  # from a source

- The sentence must stand in one markdown cell as it is (marks of emphasis and line breaks aside).
- The function returns one thing or a list of things that must be true. It runs on five seeds;
  without a parameter it is deterministic and runs once. `functools.cache` what claims share.
- ``agrees(said, values)``: the number said is the mean of these values, give or take 4 standard
  errors of both. ``above(limit, values)``, ``below(limit, values)``: the whole 95 % interval of
  the mean lies there. ``holds(condition, *found)``: anything else, and what to show if it fails.
- ``claims.cells(seed, "name", …)`` runs only what these names need of the notebook's code. Every
  ``seed=1`` in it becomes ``seed=1000 * seed + 1``, and ``default_rng(1)`` likewise.
- ``claims.given`` marks what is not computed here: history, sources, what is only proposed.

Every number in the prose must be in a claim, be given, or be seen in the code cells beside it
(`test_claims.py`, `prose.py`). Choose sizes so that a true claim holds by a wide margin: all
notebooks together have 90 seconds. A claim that fails is decided by more replications, and then the
text changes, not the seeds.
"""

import inspect
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple

import numpy as np

from tests.notebooks.claims.slices import ran

FOLDER = Path(__file__).parents[3] / "notebooks"
SEEDS = (11, 12, 13, 14, 15)


class Verdict(NamedTuple):
    """Whether something is so, and what was found."""

    so: bool
    words: str

    def __bool__(self) -> bool:
        return bool(self.so)


def mean_error(values: Any) -> tuple[float, float]:
    """Mean and standard error; one value has none."""
    numbers = np.asarray(values, dtype=float).ravel()
    numbers = numbers[~np.isnan(numbers)]
    error = numbers.std(ddof=1) / np.sqrt(len(numbers)) if len(numbers) > 1 else 0.0
    return float(numbers.mean()), float(error)


def agrees(said: float, values: Any, rounding: float = 0.5) -> Verdict:
    """The number said and the mean of these values differ by luck and rounding only."""
    mean, error = mean_error(values)
    room = 4 * np.sqrt(2) * error + rounding  # the number said has luck of its own
    return Verdict(abs(mean - said) <= room, f"{said:g} said, {mean:.6g} ± {room:.3g} found")


def above(limit: float, values: Any) -> Verdict:
    """The mean of these values is larger, and so is the whole of its 95 % interval."""
    mean, error = mean_error(values)
    return Verdict(mean - 1.96 * error > limit, f"{mean:.6g} ± {1.96 * error:.3g} > {limit:g}")


def below(limit: float, values: Any) -> Verdict:
    """The mean of these values is smaller, and so is the whole of its 95 % interval."""
    mean, error = mean_error(values)
    return Verdict(mean + 1.96 * error < limit, f"{mean:.6g} ± {1.96 * error:.3g} < {limit:g}")


def holds(condition: Any, *found: Any) -> Verdict:
    """Anything else that is so, with what was found."""
    return Verdict(bool(condition), "found " + ", ".join(map(str, found)))


class Claim(NamedTuple):
    """Sentences and how to work them out anew."""

    sentences: tuple[str, ...]
    work_out: Callable[..., Any]

    def verdicts(self) -> Iterator[tuple[str, Any]]:
        """What every seed says."""
        seeded = bool(inspect.signature(self.work_out).parameters)
        for seed in SEEDS if seeded else [None]:
            found = self.work_out(seed) if seeded else self.work_out()
            for one in found if type(found) is list else [found]:
                yield f"seed {seed}: {getattr(one, 'words', one)}", one


class Claims:
    """The claims of one notebook."""

    def __init__(self, number: str):
        self.path = next(FOLDER.glob(f"{number}_*.ipynb"))
        self.made: list[Claim] = []
        self.facts: list[str] = []

    def says(self, *sentences: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """Mark the function below as what works these sentences out."""

        def keep(work_out: Callable[..., Any]) -> Callable[..., Any]:
            self.made.append(Claim(sentences, work_out))
            return work_out

        return keep

    def given(self, *sentences: str) -> None:
        """Mark sentences that say what is not computed here."""
        self.facts += sentences

    @property
    def marks(self) -> list[str]:
        """All sentences that somebody answers for."""
        return [*(sentence for claim in self.made for sentence in claim.sentences), *self.facts]

    def cells(self, seed: int, *names: str, upto: str = "") -> SimpleNamespace:
        """What the notebook's own code makes of these names with other luck.

        ``upto``: words in the last cell to be looked at, where a name is used twice.
        """
        return ran(self.path, seed, names, upto)
