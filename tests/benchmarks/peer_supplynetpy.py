"""Time SupplyNetPy on a chain (``3-stage`` or ``30-node``), with its own Python: see ``peers.py``.

It has no recipes over several levels, so the 30 nodes are a distribution tree with as many streams
of demand: 1 warehouse → 3 centers → 12 depots → 14 shops.
"""

import json
import random
import sys
import time

import SupplyNetPy.Components as scm

ROUNDS = 5


def stage(name, up_to):
    """A node that orders up to a level."""
    return {
        "ID": name, "name": name, "node_type": "distributor", "capacity": 1e6,
        "initial_level": up_to, "inventory_holding_cost": 1,
        "replenishment_policy": scm.SSReplenishment, "policy_param": {"s": up_to, "S": up_to},
        "product_buy_price": 1, "product_sell_price": 2,
    }  # fmt: skip


def tree(parents, levels):
    """Links, nodes and demands of a tree behind a source: node → its supplier."""
    nodes = [{"ID": "source", "name": "source", "node_type": "infinite_supplier"}]
    nodes += [stage(name, levels[name]) for name in parents]
    links = [
        {"ID": f"to {name}", "source": parent, "sink": name, "cost": 0, "lead_time": 1}
        for name, parent in parents.items()
    ]
    demands = [
        {
            "ID": f"customers of {name}", "name": name, "order_arrival_model": lambda: 1,
            "order_quantity_model": lambda: max(0.1, random.gauss(5, 1)), "demand_node": name,
            "tolerance": float("inf"),
        }
        for name in parents if name not in parents.values()
    ]  # fmt: skip
    return scm.create_sc_net(nodes=nodes, links=links, demands=demands)


def serial():
    """Three stages behind a source."""
    return tree({"plant": "source", "center": "plant", "shop": "center"},
                {"plant": 11, "center": 6, "shop": 6.5})  # fmt: skip


def wide():
    """Thirty nodes behind a source."""
    parents, levels = {"warehouse": "source"}, {"warehouse": 150}
    for tier, above, count, split, level in (
        ("center", "warehouse", 3, 1, 85),
        ("depot", "center", 12, 3, 30),
        ("shop", "depot", 14, 12, 12),
    ):
        for i in range(count):
            parents[f"{tier}{i}"] = above if split == 1 else f"{above}{i % split}"
            levels[f"{tier}{i}"] = level
    return tree(parents, levels)


def main():
    """Print nodes, periods and CPU seconds of the fastest round as JSON."""
    make, nodes, periods = {"3-stage": (serial, 3, 500), "30-node": (wide, 30, 100)}[sys.argv[1]]
    times = []
    for seed in range(ROUNDS):
        random.seed(seed)
        chain = make()
        begun = time.process_time()
        scm.simulate_sc_net(chain, sim_time=periods, logging=False)
        times.append(time.process_time() - begun)
    print(json.dumps({"nodes": nodes, "periods": periods, "seconds": min(times)}))


main()
