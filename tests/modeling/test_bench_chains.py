"""The timings of ``make bench`` compare like with like: every engine ends with the same stock."""

import numpy as np
import pytest

import twinlab as tl
from tests.benchmarks.chains import bare_model, serial_chain, wide_network
from tests.benchmarks.limit import compiler, run_loop
from twinlab.modeling.simulation.random_streams import draw_streams

CHAINS = [serial_chain(120), wide_network(60)]
NAMES = ["3-stage", "30-node"]
SEED, REPLICATION = 4, 70

both_chains = pytest.mark.parametrize("scenario", CHAINS, ids=NAMES)
widths = pytest.mark.parametrize("wide", [1, 64])


def followed(run):
    """The items that have a stock, with their numbers."""
    return [(item.number, item.key) for item in run.plan.items if not item.unlimited]


@both_chains
def test_the_bare_simpy_model_ends_with_the_same_stock(scenario):
    run = tl.simulate(scenario, SEED, REPLICATION)
    block, column = divmod(REPLICATION, 64)
    drawn = draw_streams(scenario, SEED, block).demand
    demands = {key: table[:, column].tolist() for key, table in drawn.items()}
    env, nodes = bare_model(scenario, demands)
    env.run(until=scenario.days)
    for number, (node, product) in followed(run):
        stock = run.nights["on_hand"][-1][number]
        assert nodes[node].stock[product] == pytest.approx(stock, rel=1e-9, abs=1e-9)


@pytest.mark.skipif(compiler() is None, reason="there is no gcc here")
@both_chains
@widths
def test_the_c_loop_ends_with_the_same_stock(scenario, wide, tmp_path):
    loop = run_loop(scenario, SEED, 128, wide, tmp_path)
    run = tl.simulate(scenario, SEED, REPLICATION)
    batch = tl.replicate(scenario, 128, seed=SEED)
    for number, key in followed(run):
        stock = run.nights["on_hand"][-1][number]
        assert loop.last[number, REPLICATION] == pytest.approx(stock, rel=1e-9, abs=1e-9)
        sums = batch.total("on_hand", *key)
        np.testing.assert_allclose(loop.total[number], sums, rtol=1e-9, atol=1e-9)


def test_the_chains_are_as_large_as_their_names_say():
    sizes = [(len(chain.network.nodes), len(chain.network.lanes)) for chain in CHAINS]
    assert sizes == [(4, 3), (30, 36)]
    assert len(CHAINS[1].network.demands) == 14
