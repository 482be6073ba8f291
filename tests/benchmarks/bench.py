"""Speed, as ratios measured in one run: ``make bench``. It never fails a test.

Every time is CPU time of one core, the fastest of several rounds: the least disturbed one. The
numbers count only after the engines have been seen to live through the same days.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from chains import bare_model, serial_chain, wide_network
from growth import growing
from limit import compiler, run_loop
from peers import PEERS, NoPeerError, time_peer
from stopwatch import fastest

from twinlab import replicate, simulate
from twinlab.cases import automotive
from twinlab.modeling.simulation.random_streams import draw_streams

HERE = Path(__file__).parent
CHAINS = {"3-stage": (serial_chain(365), 3), "30-node": (wide_network(100), 30)}
MANY = (1, 100, 1_000, 10_000)
LOOP = 1024  # replications in the C loop: a multiple of 64
ONE, BLOCKED = "C loop, one by one", "C loop, 64 side by side"

NOTE = """\
A node-period is one day of one site; sources are not counted. Random numbers and KPIs are in the
time of `simulate` and `replicate`, and random numbers in that of the peers; bare SimPy and the C
loop are handed ready demands and report stock only.
The peers run their own semantics on an equivalent chain: stockpyl (consistency_checks='N') the
30-node network without its second choices; SupplyNetPy (logging=False) a distribution tree of 30
nodes and 14 demands, since it has no recipes over several levels."""


def main():
    """Print everything."""
    # First, while this process is small: a child's peak counts its parent's memory at the start.
    memory = {name: peak(name) for name in CHAINS}
    rates, notes = {}, []
    for name in CHAINS:
        for engine, rate in time_chain(name, notes):
            rates.setdefault(engine, {})[name] = rate
    print_table(rates)
    print(*notes, NOTE, sep="\n", flush=True)
    growing(HERE / "growth.svg")
    car = automotive().change(days=365)
    seconds = fastest(lambda seed: replicate(car, 500, seed=seed).kpis, rounds=1)
    print(f"\nautomotive case, 365 days × 500 replications: {seconds:.1f} s on one core")
    for name, megabytes in memory.items():
        print(f"peak memory of {name}, 10,000 replications: {megabytes:,.0f} MB")
    print_goals(rates, memory, seconds)


# -- measuring --------------------------------------------------------------------------------


def time_chain(name, notes):
    """Engine by engine, node-periods per second of CPU on a chain; None where there is nothing."""
    scenario, nodes = CHAINS[name]
    work = nodes * scenario.days
    for peer in PEERS:
        try:
            yield peer, time_peer(peer, name)
        except NoPeerError as why:
            notes.append(f"No {peer} on {name}: {why}.")
            yield peer, None
    drawn = draw_streams(scenario, 1)
    demands = {key: draws[:, 0].tolist() for key, draws in drawn.demand.items()}
    yield "bare SimPy", work / fastest(lambda _: live_bare(scenario, demands))
    yield "simulate", work / fastest(lambda seed: simulate(scenario, seed).kpis)
    for many in MANY:
        seconds = fastest(lambda seed, many=many: replicate(scenario, many, seed=seed).kpis)
        yield f"replicate, {many:,}", work * many / seconds
    seconds = fastest(lambda seed: draw_streams(scenario, seed, 0, 1000))
    yield "  of that, drawing luck", work * 1000 / seconds
    yield from time_loops(name, notes)


def live_bare(scenario, demands):
    """Live through the bare model's days."""
    env, _ = bare_model(scenario, demands)
    env.run(until=scenario.days)


def time_loops(name, notes):
    """Time the C loop both ways, having compared its stock with both engines'."""
    if compiler() is None:
        notes.append("No C loop: there is no gcc here.")
        yield from ((ONE, None), (BLOCKED, None))
        return
    scenario, nodes = CHAINS[name]
    run, batch = simulate(scenario, 1, replication=70), replicate(scenario, LOOP, seed=1)
    for engine, wide in ((ONE, 1), (BLOCKED, 64)):  # a difference ends everything
        with tempfile.TemporaryDirectory() as folder:
            loop = run_loop(scenario, 1, LOOP, wide, Path(folder), rounds=20)
        for item, last, total in zip(run.plan.items, loop.last, loop.total, strict=True):
            if not item.unlimited:
                night = run.series("on_hand", *item.key)[-1]
                nights = batch.total("on_hand", *item.key)
                np.testing.assert_allclose(last[70], night, rtol=1e-9, atol=1e-9)
                np.testing.assert_allclose(total, nights, rtol=1e-9, atol=1e-9)
        yield engine, nodes * scenario.days * LOOP / loop.seconds
    notes.append(f"On {name}, C, simulate and replicate agree on all stock to 1e-9.")


def peak(name):
    """Peak memory of 10,000 replications in a process of their own, in MB."""
    words = [sys.executable, str(HERE / "memory.py"), name]
    done = subprocess.run(words, check=True, capture_output=True, text=True)
    return float(done.stdout)


# -- printing ---------------------------------------------------------------------------------


def print_table(rates):
    """One row per engine: rates, and ratios to stockpyl and to the plain C loop."""
    print(f"{'':<26}{'node-periods/s':^20}{'× stockpyl':^20}{'÷ plain C':^20}")
    print(f"{'':<26}" + f"{'3-stage':>10}{'30-node':>10}" * 3)
    for engine, found in rates.items():
        cells = [short(found[name]) for name in CHAINS]
        cells += [spelt(ratio(rates, engine, "stockpyl", name), ",.1f") for name in CHAINS]
        cells += [spelt(ratio(rates, engine, ONE, name), ".4f") for name in CHAINS]
        print(f"{engine:<26}" + "".join(f"{cell:>10}" for cell in cells))
    print()


def print_goals(rates, memory, seconds):
    """What was to be reached, and whether it was."""
    print("\ngoals")
    for least, base, text in (
        (5_000, "stockpyl", "1,000"), (10_000, "stockpyl", "10,000"),
        (1 / 4, ONE, "1,000"), (1 / 2, ONE, "10,000"),
    ):  # fmt: skip
        for name in CHAINS:
            found = ratio(rates, f"replicate, {text}", base, name)
            met = None if found is None else found >= least
            say(met, f"{name}, {text} replications: ≥ {least:,} × {base}", spelt(found, ",.2f"))
    for name, megabytes in memory.items():
        say(megabytes < 1000, f"{name}, 10,000 replications: < 1 GB", f"{megabytes:,.0f} MB")
    say(seconds < 5, "automotive, 365 days × 500 replications: < 5 s", f"{seconds:.1f} s")


def say(met, goal, found):
    """One goal."""
    print(f"  {'?' if met is None else 'met' if met else 'NOT MET':<9}{goal:<62}{found:>12}")


def ratio(rates, engine, base, name):
    """How many times faster than a base; None where one of them is missing."""
    ours, theirs = rates[engine][name], rates[base][name]
    return ours / theirs if ours and theirs else None


def spelt(number, form):
    """A number, or a dash where there is none."""
    return "–" if number is None else format(number, form)


def short(rate):
    """A rate in thousands or millions."""
    if rate is None:
        return "–"
    return f"{rate / 1e6:,.1f} M" if rate >= 1e6 else f"{rate / 1e3:,.1f} k"


if __name__ == "__main__":
    main()
