"""Work in pieces, done here or on the workers of the ``joblib.parallel_config`` in force."""

import os
import sys
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import BrokenExecutor
from typing import Any

from twinlab.modeling.simulation.random_streams import BLOCK

_PATIENCE = 3  # losses of processes, one after the other, between which no piece was finished


def progress(work: Any, doing: str, pieces: int | None = None) -> Any:
    """Show a bar over work that has a name and takes more than two seconds, if tqdm is installed.

    The environment variable ``TQDM_DISABLE=1`` silences it.
    """
    if not doing or os.environ.get("TQDM_DISABLE", "0") != "0":  # not every bar of tqdm looks
        return work
    try:
        from tqdm.auto import tqdm  # an extra
    except ModuleNotFoundError:
        return work
    return tqdm(work, desc=doing, delay=2, leave=False, total=pieces)


def workers() -> int:
    """How many workers the ``joblib.parallel_config`` in force has; inside of shared work one."""
    joblib: Any = sys.modules.get("joblib")  # whoever has set a parallel_config has imported it
    return max(1, joblib.effective_n_jobs(None)) if joblib else 1


def pieces_of(begin: int, end: int, most: int) -> list[tuple[int, int]]:
    """Cut replications into whole blocks for all workers: the first of each piece, and how many."""
    width = min(most, -(-(end - begin) // (BLOCK * workers())) * BLOCK)
    return [(first, min(width, end - first)) for first in range(begin, end, width)]


def share(
    function: Callable[..., Any], work: Iterable[Any], doing: str = "", inside: bool = False
) -> list[Any]:
    """Do pieces of work here, or on the workers of the ``joblib.parallel_config`` in force.

    Results are in the order of the pieces. A piece runs whole where it runs: what it would share
    itself it does alone (``inside``: it shares, and the pieces stay here). What was lost with a
    process that died is done again, unless processes die time after time and nothing gets done.
    """
    pieces = list(work)
    if inside or len(pieces) < 2 or workers() == 1:
        return [function(*piece) for piece in progress(pieces, doing)]
    found = dict(progress(_share(function, pieces), doing, len(pieces)))
    return [found[at] for at in range(len(pieces))]


def _share(function: Callable[..., Any], pieces: list[Any]) -> Iterator[tuple[int, Any]]:
    """Each piece's number and result, as they come in."""
    from joblib import Parallel, delayed, parallel_config, wrap_non_picklable_objects
    from joblib.parallel import get_active_backend

    early = get_active_backend()[0].supports_return_generator  # others bring all at the end
    order = "generator_unordered" if early else "list"

    def whole(at: int, piece: tuple[Any, ...]) -> tuple[int, Any]:
        with parallel_config(backend="sequential"):
            return at, function(*piece)

    sent = delayed(wrap_non_picklable_objects(whole))
    missing, patience = dict(enumerate(pieces)), _PATIENCE
    while missing:
        todo = [sent(*each) for each in missing.items()]
        try:
            for at, result in Parallel(return_as=order)(todo):
                del missing[at]
                patience = _PATIENCE
                yield at, result
        except BrokenExecutor:  # joblib's processes are not replaced in mid-run, only anew
            patience -= 1
            if not patience:
                raise
