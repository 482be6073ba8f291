"""How the time of ``replicate`` grows: with the nodes, and with replications once they are many.

Up to about a thousand replications the calls of a day cost more than the numbers in its rows.
"""

from itertools import pairwise

from chains import serial_chain
from matplotlib.figure import Figure
from stopwatch import fastest

import twinlab as tl

NODES, DAYS, WIDTH = (10, 30, 100, 300, 1_000, 2_000), 10, 256
REPLICATIONS, STAGES, YEAR = (100, 300, 1_000, 3_000, 10_000), 3, 365


def long_chain(nodes):
    """A serial chain of so many stages behind a source, a day apart."""
    names = ["source", *(f"stage {i}" for i in range(nodes))]
    lanes = [tl.Lane(a, b, "unit", lead_time=1) for a, b in pairwise(names)]
    demand = tl.Demand(names[-1], "unit", tl.Normal(5, 1))
    sites = [tl.Node(name) for name in names]
    network = tl.Network([tl.Product("unit")], sites, lanes, demands=[demand])
    return tl.Scenario(network, tl.BaseStock(6), days=DAYS)


def growing(picture):
    """Print two small tables, and draw them log-log."""
    scenario = serial_chain(YEAR)
    by_nodes = [(n, time_batch(long_chain(n), WIDTH)) for n in NODES]
    by_count = [(r, time_batch(scenario, r)) for r in REPLICATIONS]
    units = (DAYS * WIDTH, STAGES * YEAR)
    print(f"\n{'':<24}{'seconds':>12}{'µs per node-day-replication':>32}")
    for word, rows, unit in (("nodes", by_nodes, units[0]), ("replications", by_count, units[1])):
        for size, seconds in rows:
            each = 1e6 * seconds / (size * unit)
            print(f"{f'{size:,} {word}':<24}{seconds:>12.3f}{each:>32.3f}")
    draw(picture, by_nodes, by_count)


def time_batch(scenario, replications):
    """Seconds of a batch, KPIs included."""
    return fastest(lambda seed: tl.replicate(scenario, replications, seed=seed).kpis, rounds=4)


def draw(picture, by_nodes, by_count):
    """Both curves beside a straight proportion."""
    figure = Figure(figsize=(9, 4), layout="constrained")
    figure.suptitle("CPU time of replicate on one core")
    titles = (
        ("nodes", f"Serial chains, {DAYS} days × {WIDTH} replications", by_nodes),
        ("replications", f"Chain of {STAGES} nodes, {YEAR} days", by_count),
    )
    for axes, (label, title, rows) in zip(figure.subplots(1, 2), titles, strict=True):
        sizes, seconds = zip(*rows, strict=True)
        axes.loglog(sizes, seconds, marker="o", label="measured")
        straight = [seconds[-1] * size / sizes[-1] for size in sizes]
        axes.loglog(sizes, straight, linestyle=":", color="grey", label="in proportion")
        axes.set(title=title, xlabel=label, ylabel="seconds")
        axes.legend()
    figure.savefig(picture)
