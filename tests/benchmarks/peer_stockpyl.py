"""Time stockpyl on a chain (``3-stage`` or ``30-node``), with its own Python: see ``peers.py``.

It has its own order of events; every node keeps its raw materials and one product, buys from all
its predecessors, and makes one unit from one of each.
"""

import json
import sys
import time

from stockpyl.sim import simulation
from stockpyl.supply_chain_network import network_from_edges

ROUNDS = 5


def serial():
    """Three stages; stockpyl's own outside supplier stands before the first."""
    levels = {1: 11, 2: 6, 3: 6.5}
    return network([(1, 2), (2, 3)], levels, {1: 2, 2: 1, 3: 1})


def wide():
    """The 30 nodes of ``chains.wide_network`` without the second choices."""
    makers, assemblies, plant = range(8), range(8, 12), 12
    centers, shops = range(13, 16), range(16, 30)
    edges = [(2 * i + k, assemblies[i]) for i in range(4) for k in (0, 1)]
    edges += [((2 * i + 2) % 8, assemblies[i]) for i in range(2)]
    edges += [(i, plant) for i in assemblies] + [(plant, i) for i in centers]
    edges += [(centers[i % 3], shop) for i, shop in enumerate(shops)]
    tiers = ((makers, 150, 1), (assemblies, 220, 2), ([plant], 150, 1), (centers, 85, 2),
             (shops, 12, 1))  # fmt: skip
    levels = {node: level for tier, level, _ in tiers for node in tier}
    return network(edges, levels, {node: days for tier, _, days in tiers for node in tier})


def network(edges, levels, lead_times):
    """A base-stock network in which the nodes without successor face N(5, 1)."""
    last = set(levels) - {a for a, _ in edges}
    return network_from_edges(
        edges,
        demand_type={node: "N" if node in last else None for node in levels},
        mean={node: 5 if node in last else None for node in levels},
        standard_deviation={node: 1 if node in last else None for node in levels},
        local_holding_cost=1,
        stockout_cost={node: 10 if node in last else 0 for node in levels},
        shipment_lead_time=lead_times,
        policy_type="BS",
        base_stock_level=levels,
    )


def main():
    """Print nodes, periods and CPU seconds of the fastest round as JSON."""
    make, nodes, periods = {"3-stage": (serial, 3, 200), "30-node": (wide, 30, 40)}[sys.argv[1]]
    times = []
    for seed in range(ROUNDS):
        chain = make()
        begun = time.process_time()
        simulation(chain, periods, seed, progress_bar=False, consistency_checks="N")
        times.append(time.process_time() - begun)
    print(json.dumps({"nodes": nodes, "periods": periods, "seconds": min(times)}))


main()
