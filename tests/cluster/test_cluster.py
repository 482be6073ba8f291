"""Who does the work changes no number: processes, a Dask cluster, a cluster that loses a worker."""

import contextlib
import importlib.util
import math
import os
import signal
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

import twinlab as tl

pytestmark = pytest.mark.slow

SECONDS = 120  # for anything that the workers do; a slow machine needs a good part of it
COUNT, PIECE = 9_216, 768  # replications


def long_chain(plants=60, days=50):
    """Many plants in a row: a piece of work that keeps a worker busy for a good while."""
    names = [f"plant {at}" for at in range(plants)]
    chain = tl.serial(
        ["mine", *names],
        demand=tl.Demand(names[-1], "unit", tl.Normal(20, 6), backorder_cost=9),
        lead_time=dict.fromkeys(names, tl.Empirical((1.0, 2.0, 3.0))),
        holding_cost=dict.fromkeys(names, 1),
        on_hand=dict.fromkeys(names, 30),
    )
    calm = tl.Scenario(chain, dict.fromkeys(names, tl.BaseStock(75)), days=days)
    return calm.disrupt(tl.Outage("mine", start=10, days=tl.Gamma(4, 4), rate=0.05))


CHAIN = long_chain()


def replications():
    return tl.replicate(CHAIN, COUNT, seed=3, daily=["backlog"])


@pytest.fixture(autouse=True)
def small_pieces(monkeypatch):
    """Pieces of a size of which there are several for each worker, whatever is usual."""
    size = PIECE * math.sqrt(len(CHAIN.network.items))
    monkeypatch.setattr(sys.modules["twinlab.modeling.simulation.replicate"], "_CHUNK", size)


@pytest.fixture(scope="module")
def alone():
    """What one process finds by itself."""
    return replications()


def assert_same(found, alone):
    """Every total, variance and daily value is the same to the last bit."""
    assert found.replications == alone.replications == COUNT
    assert np.array_equal(found.totals, alone.totals)
    assert all(np.array_equal(v, alone.variances[k]) for k, v in found.variances.items())
    assert np.array_equal(found.series("backlog"), alone.series("backlog"))


def needed(*modules):
    """Skip on a student's machine; fail where everything is required."""
    missing = [name for name in modules if not importlib.util.find_spec(name)]
    reason = f"{missing} not installed: pip install 'twinlab-scom[cluster]'"
    if missing and os.environ.get("TWINLAB_REQUIRE_ALL"):
        pytest.fail(reason)
    if missing:
        pytest.skip(reason)


@pytest.fixture
def client():
    """A Dask cluster of two worker processes, which nobody outside this machine can reach."""
    needed("joblib", "distributed")
    from distributed import Client, LocalCluster

    with (
        LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, host="127.0.0.1",
            # Without an address of its own Dask would open its usual port, dashboard or not.
            dashboard_address="127.0.0.1:0", scheduler_kwargs={"dashboard": False},
        ) as cluster,
        Client(cluster) as found,
    ):  # fmt: skip
        yield found


def on_dask():
    import joblib

    with joblib.parallel_config(backend="dask"):
        return replications()


def lost_workers(client):
    """What the scheduler wrote down about workers that went without a word."""
    said = [event for _, event in client.get_events("all")]
    return [e for e in said if e["action"] == "remove-worker" and not e["expected"]]


def test_a_dask_cluster_changes_no_number(client, alone):
    assert_same(on_dask(), alone)
    done = client.run(lambda dask_worker: dask_worker.state.executed_count)
    assert min(done.values()) > 0, f"pieces done by each worker: {done}"
    assert not lost_workers(client)


def kill_when_all_are_busy(client):
    """Wait until every worker is at a piece, and end one of them without a word."""
    pids = client.run(os.getpid)
    until = time.monotonic() + SECONDS
    while time.monotonic() < until:
        if all(client.run(lambda dask_worker: len(dask_worker.state.executing)).values()):
            address, pid = next(iter(pids.items()))
            os.kill(pid, signal.SIGKILL)
            return address, pid
        time.sleep(0.01)
    raise TimeoutError(f"after {SECONDS} seconds the workers were still not busy")


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="this system has no SIGKILL")
@pytest.mark.parametrize("replaced", [True, False], ids=["replaced", "gone for good"])
def test_a_worker_killed_in_mid_run_loses_nothing(client, alone, replaced):
    if not replaced:
        for nanny in client.cluster.workers.values():
            nanny.close_gracefully()  # it will not start another process
    with ThreadPoolExecutor(1) as beside:
        killing = beside.submit(kill_when_all_are_busy, client)
        found = on_dask()
        address, pid = killing.result()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    (lost,) = lost_workers(client)
    assert lost["worker"] == address
    assert lost["processing-tasks"], lost
    client.wait_for_workers(1 + replaced, timeout=SECONDS)
    left = client.run(os.getpid)
    assert pid not in left.values()
    assert len(left) == 1 + replaced
    assert_same(found, alone)


def on_processes():
    import joblib

    with joblib.parallel_config(backend="loky", n_jobs=2):
        return replications()


def test_two_processes_change_no_number(alone):
    needed("joblib")
    assert_same(on_processes(), alone)


@dataclass(frozen=True)
class Deadly:
    """A base-stock rule that once ends its worker, without a word, in the middle of its work."""

    up_to: float
    mark: Path
    home: int

    def __call__(self, view):
        if view.day == 30 and os.getpid() != self.home:
            with contextlib.suppress(FileExistsError):
                self.mark.touch(exist_ok=False)
                os.kill(os.getpid(), signal.SIGKILL)
        return tl.BaseStock(self.up_to)(view)


def deadly_chain(mark):
    chain = tl.serial(
        ["mine", "plant", "shop"],
        demand=tl.Demand("shop", "unit", tl.Normal(20, 6), backorder_cost=9),
        lead_time=tl.Empirical((1.0, 2.0)),
        holding_cost={"plant": 1, "shop": 2},
        on_hand=60,
    )
    rules = {"plant": tl.BaseStock(60), "shop": Deadly(60, mark, os.getpid())}
    return tl.Scenario(chain, rules, days=60)


def look_ahead(chain):
    return tl.Twin(chain, tl.Bus(), seed=1)


RANGES = {"plant.up_to": (50, 80), "plant.holding_cost": (1, 2)}
GRID = {"plant.up_to": [50, 60, 70], "plant.holding_cost": [1, 2]}
CALLS = {
    "replicate": lambda c: tl.replicate(c, 300, seed=1).totals,
    "stress_test": lambda c: tl.management.stress_test(c, 200, seed=1, shortage_cost={"unit": 9}),
    "sweep": lambda c: tl.sweep(c, GRID, 100, seed=1),
    "tornado": lambda c: tl.modeling.tornado(c, RANGES, replications=100, seed=1),
    "sobol": lambda c: tl.modeling.sobol(c, RANGES, samples=4, replications=64, seed=1),
    "tune": lambda c: tl.tune(c, {"plant.up_to": (50, 80)}, tl.cost, seed=1, evaluations=5),
    "forecast": lambda c: look_ahead(c).forecast(40, 300).totals,
    "recommend": lambda c: look_ahead(c).recommend(GRID, 40, 100),
}  # fmt: skip


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="this system has no SIGKILL")
@pytest.mark.parametrize("backend", ["loky", "dask"])
@pytest.mark.parametrize("call", CALLS)
def test_whatever_is_shared_loses_nothing_with_a_worker(call, backend, tmp_path, request):
    needed("joblib", "distributed")
    import joblib

    chain = deadly_chain(tmp_path / "died")
    alone = CALLS[call](chain)
    if backend == "dask":
        request.getfixturevalue("client")
    with joblib.parallel_config(backend=backend, **({} if backend == "dask" else {"n_jobs": 2})):
        shared = CALLS[call](chain)
    assert (tmp_path / "died").exists()
    assert same(shared, alone)


def same(one, other):
    """Equal to the last bit."""
    if isinstance(one, np.ndarray):
        return np.array_equal(one, other)
    return one.equals(other) if hasattr(one, "equals") else one == other
