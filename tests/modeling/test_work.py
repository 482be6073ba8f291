"""Work in pieces: in order, whole where it runs, done again where a process died."""

import os
import signal
import sys
from concurrent.futures import BrokenExecutor

import pytest

import twinlab as tl
from twinlab.modeling.simulation.replicate import pieces_of, share, workers

joblib = pytest.importorskip("joblib")

SHOP = tl.Scenario(
    tl.serial(["mine", "shop"], demand=tl.Normal(5, 1), holding_cost={"shop": 1}),
    tl.BaseStock(8),
    days=20,
)
THREADS = {"backend": "threading", "n_jobs": 3}


def inside(number):
    return number, workers(), share(pow, [(number, 2), (number, 3)])


@pytest.mark.parametrize("count", [0, 1, 2, 9])
def test_results_come_in_order_and_a_piece_shares_nothing_once_more(count):
    alone = share(inside, [(n,) for n in range(count)])
    with joblib.parallel_config(**THREADS):
        shared = share(inside, [(n,) for n in range(count)])
    assert [n for n, _, _ in shared] == list(range(count))
    assert [powers for *_, powers in shared] == [powers for *_, powers in alone]
    # A piece by itself stays here, and may share what is in it.
    assert {free for _, free, _ in shared} == ({3} if count == 1 else {1} if count else set())


def test_any_backend_will_do():
    """That of multiprocessing brings all results together, at the end."""
    with joblib.parallel_config(backend="multiprocessing", n_jobs=2):
        assert share(lambda a, b: a**b, [(2, 3), (3, 2), (1, 5)]) == [8, 9, 1]


def test_replications_are_cut_into_whole_blocks_for_all_workers():
    assert pieces_of(0, 300, most=4096) == [(0, 300)]
    with joblib.parallel_config(**THREADS):
        assert pieces_of(0, 300, most=4096) == [(0, 128), (128, 128), (256, 44)]
        assert pieces_of(64, 100, most=4096) == [(64, 36)]
        assert pieces_of(0, 300, most=64) == [(n, min(64, 300 - n)) for n in range(0, 300, 64)]


def test_an_error_in_a_piece_is_the_error_of_the_call():
    with (
        joblib.parallel_config(**THREADS),
        pytest.raises(tl.ScenarioError, match="nowhere"),
    ):
        tl.sweep(SHOP, {"nowhere.up_to": [1, 2, 3]}, 10)


@pytest.mark.parametrize(("replications", "widest"), [(64, 64), (1000, 1000), (2100, 704)])
def test_workers_share_the_finer_cut(monkeypatch, replications, widest):
    """Combinations, or the replications of each where those make more pieces."""
    module, seen = sys.modules["twinlab.modeling.simulation.replicate"], []
    live = module.live_through

    def look_on(*task):
        seen.append(task[-1])
        return live(*task)

    monkeypatch.setattr(module, "live_through", look_on)
    with joblib.parallel_config(**THREADS):
        shared = tl.sweep(SHOP, {"shop.up_to": [7, 9]}, replications)
    assert max(seen) == widest
    assert sum(seen) == 2 * replications
    assert shared.equals(tl.sweep(SHOP, {"shop.up_to": [7, 9]}, replications))


def dying(number, once):
    """The square of a number, or the end of its process; once, or time after time."""
    if number == 3 and not (once and once.exists()):
        if once:
            once.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return number**2


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="this system has no SIGKILL")
def test_what_a_dead_process_took_along_is_done_again(tmp_path):
    with joblib.parallel_config(backend="loky", n_jobs=2):
        found = share(dying, [(n, tmp_path / "died") for n in range(8)])
        assert (tmp_path / "died").exists()
        assert found == [n**2 for n in range(8)]
        with pytest.raises(BrokenExecutor):  # rather than for ever
            share(dying, [(n, None) for n in range(8)])
