"""Measure what docs/scale.md says and print its tables: ``python docs/scale.py``.

``--days 5 --rounds 1`` does the same with replications of five days. What does not depend on the
machine, such as the number of chunks, is compared with the page by a test.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib.util
import math
import os
import sys
import time
import tracemalloc
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np

import twinlab as tl
from twinlab.cases import automotive

GOAL = 10**9  # node-days
TASKS = 40  # chunks that carry what a real chunk carries, and do nothing
BACKENDS = {"processes (loky)": "loky", "Dask workers": "dask"}

Table = list[list[str]]


def three_in_a_row(days: int) -> tl.Scenario:
    """A plant, a center and a shop behind an unlimited source."""
    chain = tl.serial(["source", "plant", "center", "shop"], demand=tl.Normal(5, 1))
    return tl.Scenario(chain, tl.BaseStock(12), days=days)


def thirty_as_a_tree(days: int) -> tl.Scenario:
    """A supplier, a center and 28 shops with demand and lead times of their own."""
    shops = [f"shop {at}" for at in range(28)]
    times: dict[str, Any] = dict.fromkeys(shops, tl.Empirical((1.0, 2.0, 3.0)))
    tree = tl.distribution("center", shops, demand=tl.Normal(5, 1), lead_time=times)
    return tl.Scenario(tree, {"center": tl.BaseStock(300)} | dict.fromkeys(shops, tl.BaseStock(20)),
                       days=days)  # fmt: skip


CHAINS: dict[str, Callable[[int], tl.Scenario]] = {
    "3 in a row": three_in_a_row,
    "30 as a tree": thirty_as_a_tree,
    "automotive": automotive,
}


# -- one chunk --------------------------------------------------------------------------------


class Enough(Exception):
    """As many chunks as were asked for have been lived through."""


class Chunk(NamedTuple):
    """What one chunk of work was, and what it took."""

    task: tuple[Any, ...]
    replications: int
    seconds: float
    result: int  # bytes


@contextlib.contextmanager
def watched(most: int, living: bool = True) -> Iterator[list[Chunk]]:
    """Look on while ``replicate`` lives through its chunks, and end it after some.

    Without ``living`` only look at what the chunks are.
    """
    module = sys.modules["twinlab.modeling.simulation.replicate"]
    live, seen = module.live_through, list[Chunk]()

    def look_on(*task: Any) -> Any:
        began = time.process_time()
        result = live(*task)[0].nbytes if living else 0  # totals
        seen.append(Chunk(task, task[-1], time.process_time() - began, result))
        if len(seen) == most:
            raise Enough

    module.live_through = look_on
    try:
        with contextlib.suppress(Enough):
            yield seen
    finally:
        module.live_through = live


class Measured(NamedTuple):
    """A chain and its chunks."""

    name: str
    scenario: tl.Scenario
    chunk: Chunk
    megabytes: float

    @property
    def nodes(self) -> int:
        """How many nodes the network has."""
        return len(self.scenario.network.nodes)

    @property
    def node_days(self) -> int:
        """What one chunk lives through."""
        return self.nodes * self.scenario.days * self.chunk.replications


def measure(name: str, days: int) -> Measured:
    """Live through a few chunks for their time, and through two more for their memory."""
    scenario = CHAINS[name](days)
    with watched(3) as timed:
        tl.replicate(scenario, 10**6, seed=1)
    tracemalloc.start()
    with watched(2):
        tl.replicate(scenario, 10**6, seed=2)
    peak = tracemalloc.get_traced_memory()[1] / 1e6
    tracemalloc.stop()
    quickest = min(timed, key=lambda chunk: chunk.seconds)
    return Measured(name, scenario, quickest, peak)


def chunks(chains: list[Measured]) -> Table:
    """What a chunk of work is."""
    rows = [["chain", "nodes", "items", "replications per chunk", "result per replication [kB]",
             "memory at work [MB]", "CPU per chunk [s]", "million node-days per s"]]  # fmt: skip
    for chain in chains:
        chunk = chain.chunk
        rows.append([
            chain.name, str(chain.nodes), str(len(chain.scenario.network.items)),
            f"{chunk.replications:,}", f"{chunk.result / chunk.replications / 1000:.2f}",
            f"{chain.megabytes:.0f}", f"{chunk.seconds:.2f}",
            f"{chain.node_days / chunk.seconds / 1e6:.1f}",
        ])  # fmt: skip
    return rows


def plan(chains: list[Measured]) -> Table:
    """What a thousand million node-days take, worked out from one chunk."""
    rows = [["chain", "replications", "chunks", "results in all [GB]", "one core [min]",
             "8 cores [min]", "64 cores [min]"]]  # fmt: skip
    for chain in chains:
        replications = math.ceil(GOAL / chain.nodes / chain.scenario.days)
        count = math.ceil(replications / chain.chunk.replications)
        gigabytes = replications * chain.chunk.result / chain.chunk.replications / 1e9
        # Whole rounds: with fewer chunks than cores, more cores do not help.
        minutes = [math.ceil(count / cores) * chain.chunk.seconds / 60 for cores in (1, 8, 64)]
        rows.append([chain.name, f"{replications:,}", f"{count:,}", f"{gigabytes:.1f}",
                     *(f"{m:.1f}" for m in minutes)])  # fmt: skip
    return rows


# -- who does the work ------------------------------------------------------------------------


@contextlib.contextmanager
def workers(backend: str) -> Iterator[None]:
    """Two workers on this machine, ready for work."""
    import joblib

    with contextlib.ExitStack() as stack:
        if backend == "dask":
            from dask.distributed import Client, LocalCluster

            cluster = LocalCluster(
                n_workers=2, threads_per_worker=1, host="127.0.0.1",
                dashboard_address="127.0.0.1:0", scheduler_kwargs={"dashboard": False},
            )  # fmt: skip
            stack.enter_context(Client(stack.enter_context(cluster)))
            stack.enter_context(joblib.parallel_config(backend="dask"))
        else:
            stack.enter_context(joblib.parallel_config(backend=backend, n_jobs=2))
        carry_all((tl.Normal(5, 1), 0, 1), 1, 8)
        yield


def carry(task: tuple[Any, ...], rows: int) -> Any:
    """Take what a chunk takes and bring back as much as it brings, without doing anything."""
    return np.arange(float(rows * task[-1])).reshape(rows, task[-1])


def carry_all(task: tuple[Any, ...], rows: int, count: int) -> float:
    """Seconds that so many chunks take, each sent by itself as real chunks are."""
    import joblib

    began = time.perf_counter()
    joblib.Parallel(batch_size=1)(joblib.delayed(carry)(task, rows) for _ in range(count))
    return time.perf_counter() - began


def who(chain: Measured, rounds: int) -> Table:
    """The same replications by one process, by two, and by a Dask cluster."""
    count = 8 * rounds * chain.chunk.replications
    rows = [["who works", "start [s]", "cost per chunk [ms]", "time [s]", "speed-up",
             "same numbers"]]  # fmt: skip
    began = time.perf_counter()
    alone = tl.replicate(chain.scenario, count, seed=1)
    once = time.perf_counter() - began
    rows.append(["one core", "–", "–", f"{once:.1f}", "1.0", "yes"])
    floats = chain.chunk.result // 8 // chain.chunk.replications
    for name, backend in BACKENDS.items():
        if backend == "dask" and not importlib.util.find_spec("distributed"):
            rows.append([f"2 {name}", *["not installed"] * 5])
            continue
        began = time.perf_counter()
        with workers(backend):
            started = time.perf_counter() - began
            cost = carry_all(chain.chunk.task, floats, TASKS) / TASKS
            began = time.perf_counter()
            found = tl.replicate(chain.scenario, count, seed=1)
            took = time.perf_counter() - began
        same = "yes" if np.array_equal(found.totals, alone.totals) else "NO"
        rows.append([f"2 {name}", f"{started:.1f}", f"{1000 * cost:.0f}", f"{took:.1f}",
                     f"{once / took:.1f}", same])  # fmt: skip
    return rows


# -- what else is shared ----------------------------------------------------------------------


def calls(chain: Measured, rounds: int) -> dict[str, Callable[[], Any]]:
    """Calls that workers share, on a chain with a twin of its own."""
    scenario, shops = chain.scenario, [f"shop {at}" for at in range(12)]
    ranges = {f"{shop}.up_to": (15.0, 25.0) for shop in shops}
    many = 500 * rounds

    def forecast() -> Any:
        return tl.Twin(scenario, tl.Bus(), seed=1).forecast(scenario.days, many).totals.tolist()

    return {
        "stress_test": lambda: tl.management.stress_test(
            scenario, 100 * rounds, 1, sites=dict.fromkeys(["center", *shops], 20),
            closure=tl.management.Closure(start=1), shortage_cost={"unit": 40.0},
        ),
        "sweep": lambda: tl.sweep(scenario, {"center.up_to": range(200, 400, 10)}, many).to_csv(),
        "tornado": lambda: tl.modeling.tornado(scenario, ranges, "fill_rate", many).to_csv(),
        "tune": lambda: tl.tune(
            scenario, {"center.up_to": (200.0, 400.0)}, tl.mean_stock, 4 * many, evaluations=8
        ).values,
        "Twin.forecast": forecast,
    }  # fmt: skip


def shared(chain: Measured, rounds: int) -> Table:
    """Each call by one core and by two processes."""
    rows = [["call", "one core [s]", "2 processes [s]", "same result"]]
    found: dict[str, list[Any]] = {name: [] for name in calls(chain, rounds)}
    for backend in ("sequential", "loky"):
        with workers(backend):
            for name, call in calls(chain, rounds).items():
                began = time.perf_counter()
                result = call()
                found[name] += [time.perf_counter() - began, result]
    for name, (alone, first, together, second) in found.items():
        same = "yes" if first == second else "NO"
        rows.append([f"`{name}`", f"{alone:.1f}", f"{together:.1f}", same])
    return rows


# -- printing ---------------------------------------------------------------------------------


def markdown(table: Table) -> str:
    """A table as Markdown; the first column to the left, numbers to the right."""
    head, *rows = ("| " + " | ".join(row) + " |" for row in table)
    return "\n".join([head, "|---" + "|--:" * (len(table[0]) - 1) + "|", *rows])


def main() -> None:
    """Print the four tables of the page."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument(
        "--days", type=int, default=365, help="of each replication (default: a year)"
    )
    parser.add_argument(
        "--rounds", type=int, default=8, help="how much work the last two tables share out"
    )
    asked = parser.parse_args()
    chains = [measure(name, asked.days) for name in CHAINS]
    print(f"{time.strftime('%d %B %Y')}, {os.cpu_count()} cores, replications of {asked.days} days")
    for table in (
        chunks(chains), plan(chains), who(chains[1], asked.rounds), shared(chains[1], asked.rounds)
    ):  # fmt: skip
        print("\n" + markdown(table), flush=True)


if __name__ == "__main__":
    main()
