"""One engine in a process of its own: a question a line in, its answer a line out (see engines.py).

A question is the name of a function below and what it takes; ``number`` is another one in every
round, so that nothing which was drawn or laid out for the last round can be used again. Answers are
CPU seconds if nothing else is said. Older versions of the library understand the questions too.
"""

import gc
import json
import sys
import tempfile
import time
from functools import cache
from pathlib import Path

import numpy as np
from chains import CHAINS, bare_model, m5_sales, m5_tables, mesh

import twinlab as tl
from twinlab.modeling.simulation.plan import make_plan
from twinlab.modeling.simulation.random_streams import draw_streams

LOOP = 1024  # replications in the C loop: a multiple of 64


@cache
def chain(name, days):
    return CHAINS[name](days)


def timed(work, *given, **named):
    """CPU seconds of a piece of work that begins without rubbish of an earlier one; its result."""
    gc.collect()
    begun = time.process_time()
    found = work(*given, **named)
    return time.process_time() - begun, found


def lived(scenario, width, seed):
    """Everything that a user waits for: plan, draws, days, KPIs."""
    return timed(lambda: tl.replicate(scenario, width, seed=seed).kpis)[0]


def replicate(name, days, width, number):
    """A batch of a chain that was lived through before, with draws of its own."""
    return lived(chain(name, days), width, number)


def replicate_anew(name, days, width, number):
    """A batch of a network that nobody has seen before: one with another idle site."""
    known = chain(name, days)
    network = known.network.change(tl.Node(f"idle {number}"))
    return lived(known.change(network=network), width, number)


def simulate(name, days, number):
    return timed(lambda: tl.simulate(chain(name, days), number).kpis)[0]


def draws(name, days, width, number):
    """Random numbers alone."""
    return timed(draw_streams, chain(name, days), number, 0, width)[0]


def bare(name, days, number):
    """Bare SimPy, which is handed ready demands."""
    scenario = chain(name, days)
    drawn = draw_streams(scenario, number)
    demands = {key: demand[:, 0].tolist() for key, demand in drawn.demand.items()}
    return timed(lambda: bare_model(scenario, demands)[0].run(until=days))[0]


def loop(name, days, wide):
    """The C loop; a difference between its stock and that of both engines ends everything."""
    from limit import compiler, run_loop

    if compiler() is None:
        return None
    scenario = chain(name, days)
    run, batch = tl.simulate(scenario, 1, replication=70), tl.replicate(scenario, LOOP, seed=1)
    with tempfile.TemporaryDirectory() as folder:
        found = run_loop(scenario, 1, LOOP, wide, Path(folder), rounds=20)
    for item, last, total in zip(run.plan.items, found.last, found.total, strict=True):
        if not item.unlimited:
            night = run.series("on_hand", *item.key)[-1]
            nights = batch.total("on_hand", *item.key)
            np.testing.assert_allclose(last[70], night, rtol=1e-9, atol=1e-9)
            np.testing.assert_allclose(total, nights, rtol=1e-9, atol=1e-9)
    return found.seconds / LOOP


def move(number):
    """A move of a slider of notebook 08's first explorer, without its picture."""
    from twinlab.management.by_tier import by_tier

    shut = shut_chain().set("disruptions[0].days", 1 + number % 180)
    return timed(by_tier, shut, 1, 20)[0]


@cache
def shut_chain():
    return chain("automotive", 365).disrupt(tl.Outage("Germany resin", start=60, days=28))


def stress(width, number):
    """Every site of the automotive chain that others buy from is closed in turn."""
    calm = chain("automotive", 240)
    seconds, found = timed(tl.management.stress_test, calm, width, number)
    return seconds, len(found.sites)


def large(nodes, number):
    """What a mesh with ten lanes for each node costs, step by step, for ten days."""
    network, rules = mesh(nodes, nodes // 10)
    rows = [network.products, network.nodes, network.lanes, (), network.demands]
    found = {"Network": timed(tl.Network, *rows)[0]}
    found["Scenario"], scenario = timed(tl.Scenario, network, rules, days=10)
    found["set"] = timed(scenario.set, "site 4-0/product 0.up_to", 30 + number)[0]
    shut = tl.Outage("site 0-0", start=3, days=2 + number)
    found["disrupt"] = timed(scenario.disrupt, shut)[0]
    found["plan"] = timed(make_plan, scenario)[0]
    found["streams"] = timed(draw_streams, scenario, number, 0, 64)[0]
    found["64 histories"] = lived(scenario, 64, number + 1)
    found["simulate"] = timed(lambda: tl.simulate(scenario, number).kpis)[0]
    return found


def long_chain(nodes, days, width, number):
    """A batch of so many stages behind a source, a day apart."""
    return lived(stages(nodes, days), width, number)


@cache
def stages(nodes, days):
    names = ["source", *(f"stage {at}" for at in range(nodes))]
    chain = tl.serial(names, demand=tl.Normal(5, 1), lead_time=1)
    return tl.Scenario(chain, tl.BaseStock(6), days=days)


def assortment(products, stores, days):
    """From arrays of recorded sales to KPIs, in one history: seconds, and the peak in MB."""
    sales = m5_sales(products * stores, days)
    return timed(lambda: tl.replicate(m5_tables(sales, stores), 1, seed=1).kpis)[0], peak()


def batch_peak(name, days, width):
    """Peak memory of a batch, in MB: ask it of a process that has done nothing else."""
    lived(chain(name, days), width, 1)
    return peak()


def peak():
    """The most memory that this process has held, in MB."""
    import resource

    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / (1e6 if sys.platform == "darwin" else 1e3)


def main():
    for line in sys.stdin:
        name, *given = json.loads(line)
        print(json.dumps(globals()[name](*given)), flush=True)


if __name__ == "__main__":
    main()
