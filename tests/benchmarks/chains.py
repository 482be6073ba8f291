"""The chains that engines are timed on, and a bare SimPy model of the first two.

``serial_chain``: 3 stages behind a source. ``wide_network``: 30 nodes, 8 part makers → 4
sub-assemblies → 1 plant → 3 distribution centers → 14 retailers, 36 lanes, 14 demand streams.
Demand is N(5, 1) in both; base-stock rules; everything is backordered. ``m5_tables``: a planner's
assortment. ``mesh``: many nodes. All of them are written in words that older versions know.
"""

from collections import defaultdict
from itertools import pairwise

import numpy as np
import simpy

import twinlab as tl
from twinlab.cases import automotive


def serial_chain(days):
    """Three stages behind an unlimited source; lead times 2, 1, 1."""
    network = tl.serial(
        ["source", "plant", "center", "shop"],
        demand=tl.Normal(5, 1),
        lead_time={"plant": 2, "center": 1, "shop": 1},
    )
    rules = {"plant": tl.BaseStock(11), "center": tl.BaseStock(6), "shop": tl.BaseStock(6.5)}
    return tl.Scenario(network, rules, days=days)


def wide_network(days):
    """Thirty nodes in five tiers; the parts makers buy from nobody and make to stock."""
    products = [tl.Product(f"part{i}") for i in range(8)]
    products += [tl.Product(f"sub{i}") for i in range(4)] + [tl.Product("machine")]
    nodes = [tl.Node(f"maker{i}") for i in range(8)] + [tl.Node(f"assembly{i}") for i in range(4)]
    nodes += [tl.Node("plant")] + [tl.Node(f"center{i}") for i in range(3)]
    nodes += [tl.Node(f"shop{i}") for i in range(14)]
    lanes, recipes, rules = [], [], {}
    for i in range(8):
        recipes.append(tl.Recipe(f"maker{i}", f"part{i}", production_time=1))
        rules[f"maker{i}", f"part{i}"] = tl.BaseStock(150)
    for i in range(4):
        parts = [f"part{2 * i}", f"part{2 * i + 1}"]
        parts += [f"part{(2 * i + 2) % 8}"] if i < 2 else []
        lanes += [tl.Lane(f"maker{p[4:]}", f"assembly{i}", p, lead_time=2) for p in parts]
        recipes.append(tl.Recipe(f"assembly{i}", f"sub{i}", dict.fromkeys(parts, 1)))
        rules[f"assembly{i}"] = tl.BaseStock(220)
        lanes.append(tl.Lane(f"assembly{i}", "plant", f"sub{i}", lead_time=1))
    recipes.append(tl.Recipe("plant", "machine", {f"sub{i}": 1 for i in range(4)}))
    rules["plant"] = tl.BaseStock(150)
    for i in range(3):
        lanes.append(tl.Lane("plant", f"center{i}", "machine", lead_time=2))
        rules[f"center{i}"] = tl.BaseStock(85)
    for i in range(14):
        lanes.append(tl.Lane(f"center{i % 3}", f"shop{i}", "machine", lead_time=1))
        rules[f"shop{i}"] = tl.BaseStock(12)
    demands = [tl.Demand(f"shop{i}", "machine", tl.Normal(5, 1)) for i in range(14)]
    for i in range(5):  # five more lanes, so that some shops have a second choice
        lanes.append(tl.Lane(f"center{(i + 1) % 3}", f"shop{i}", "machine", "air", sourcing_rank=2))
    return tl.Scenario(tl.Network(products, nodes, lanes, recipes, demands), rules, days=days)


class BareNode:
    """A site in the bare model: numbers, and one process for its days."""

    def __init__(self, env, depth, up_to):
        self.env, self.depth, self.up_to = env, depth, up_to
        self.stock = defaultdict(float)
        self.on_order = defaultdict(float)
        self.owed = defaultdict(float)
        self.suppliers = {}  # part → (node, lead time)
        self.recipe = {}  # part → units; empty for a node that stores
        self.product = ""
        self.making = 0.0
        self.lead = 0
        self.demand = None

    def live(self, days, deepest):
        for day in range(days):
            yield self.env.timeout(self.depth * 0.01)
            self.morning(day)
            yield self.env.timeout(0.5 - self.depth * 0.01 + (deepest - self.depth) * 0.01)
            self.afternoon()
            yield self.env.timeout(0.5 - (deepest - self.depth) * 0.01)

    def morning(self, day):
        if self.demand is not None:
            self.owed["customers"] += self.demand[day]
        asked = sum(self.owed.values())
        if self.product:
            position = self.stock[self.product] + self.on_order[self.product] - asked
            wanted = max(0.0, self.up_to - position)
            self.on_order[self.product] += wanted
            self.making += wanted
            asked = self.making
        for part, (node, _) in self.suppliers.items():
            need = asked * self.recipe.get(part, 1)
            order = max(0.0, self.up_to - (self.stock[part] + self.on_order[part] - need))
            self.on_order[part] += order
            node.owed[self, part] += order

    def afternoon(self):
        if self.product and self.making:
            made = min([self.making, *(self.stock[p] / n for p, n in self.recipe.items())])
            for part, need in self.recipe.items():
                self.stock[part] -= made * need
            self.making -= made
            if self.lead:
                self.env.process(self.move(self, self.product, made, self.lead))
            else:
                self.stock[self.product] += made
                self.on_order[self.product] -= made
        for claim in self.owed:
            part = self.product or next(iter(self.stock), "unit")
            sent = min(self.owed[claim], self.stock[part]) if self.suppliers or self.product \
                else self.owed[claim]  # fmt: skip
            self.stock[part] -= sent
            self.owed[claim] -= sent
            if claim != "customers" and sent:
                self.env.process(self.move(*claim, sent, claim[0].suppliers[claim[1]][1]))

    def move(self, node, part, quantity, days):
        yield self.env.timeout(days - 0.005)
        node.stock[part] += quantity
        node.on_order[part] -= quantity


def bare_model(scenario, demands):
    """The bare SimPy model of a scenario; first-rank suppliers only."""
    env = simpy.Environment()
    network = scenario.network
    tiers = {}
    for name in reversed(tl.scope.calendar.turns(network)):
        below = [tiers[v.destination] for v in network.lanes if v.source == name]
        tiers[name] = 1 + max(below, default=-1)
    deepest = max(tiers.values())
    levels = {key[0]: rule.up_to for key, rule in scenario.rules.items()}
    nodes = {n.name: BareNode(env, tiers[n.name], levels.get(n.name, 0)) for n in network.nodes}
    for lane in network.lanes:
        if lane.sourcing_rank == 1:
            way = (nodes[lane.source], lane.lead_time.average)
            nodes[lane.destination].suppliers[lane.product] = way
    for recipe in network.recipes:
        node = nodes[recipe.node]
        node.product, node.recipe = recipe.product, dict(recipe.components)
        node.lead = recipe.production_time
    for (name, _), trace in demands.items():
        nodes[name].demand = trace
    for node in nodes.values():
        env.process(node.live(scenario.days, deepest))
    return env, nodes


def m5_sales(items, days, seed=3):
    """Units sold, item × day: Poisson, with means that differ from item to item as in a shop.

    The M5 data (Makridakis et al. 2022) are 3,049 products × 10 stores × 1,941 days: 30,490 items.
    """
    generator = np.random.default_rng(seed)
    sales = np.empty((items, days))
    for row, mean in zip(sales, generator.gamma(1.0, 2.0, items) + 0.05, strict=True):
        row[:] = generator.poisson(mean, days)
    return sales


def m5_tables(sales, stores):
    """The scenario of an array of sales; items of one store stand together, and lose what lacks."""
    products = [f"p{at:05d}" for at in range(len(sales) // stores)]
    items = [(f"store{at}", product) for at in range(stores) for product in products]
    network = tl.Network(
        [tl.Product(name) for name in products],
        [tl.Node("supplier"), *(tl.Node(f"store{at}") for at in range(stores))],
        [tl.Lane("supplier", *item, lead_time=3) for item in items],
        demands=[
            tl.Demand(*item, tl.Trace(sold), backorders=False)
            for item, sold in zip(items, sales, strict=True)
        ],
        stocks=[tl.Stock(*item, on_hand=10.0) for item in items],
    )
    rules = {item: tl.BaseStock(5.0 + at % 17) for at, item in enumerate(items)}
    return tl.Scenario(network, rules, days=sales.shape[1])


def mesh(nodes=2_000, products=200):
    """A network of five tiers with a hundred lanes per product, and a rule for each lane's buyer.

    Every product passes through 25 sites of each tier; each has one supplier of it.
    """
    wide, lanes, demands, rules = nodes // 5, [], [], {}
    for at in range(products):
        product = f"product {at}"
        tiers = [[f"site {t}-{(25 * at + k) % wide}" for k in range(25)] for t in range(5)]
        for sources, sites in pairwise(tiers):
            for k, site in enumerate(sites):
                lanes.append(tl.Lane(sources[(k + 1) % 25], site, product, lead_time=1 + k % 3))
                rules[site, product] = tl.BaseStock(10 + k)
        demands += [tl.Demand(site, product, tl.Normal(5, 1)) for site in tiers[-1]]
    sites = [tl.Node(f"site {tier}-{at}") for tier in range(5) for at in range(wide)]
    goods = [tl.Product(f"product {at}") for at in range(products)]
    return tl.Network(goods, sites, lanes, demands=demands), rules


CHAINS = {
    "3-stage": serial_chain,
    "30-node": wide_network,
    "automotive": automotive,
    "M5-like": lambda days: m5_tables(m5_sales(300, days), 1),
}
PLACES = {"3-stage": 3, "30-node": 30, "automotive": 68, "M5-like": 300}  # nodes, of M5 items
