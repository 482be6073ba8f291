"""Small networks in one line: a serial chain, an assembly, a distribution system.

Every figure is given by the name of the node it belongs to, never by its place in a list; a single
number holds for all nodes. Missing columns are set afterwards with ``network.change(...)``.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

from twinlab.scope.distributions import Distribution
from twinlab.scope.entities import Demand, Lane, Node, Product, Recipe, Stock
from twinlab.scope.errors import NetworkError, check_known, did_you_mean
from twinlab.scope.network import Network

__all__ = ["assembly", "distribution", "serial"]

PerNode = float | Mapping[str, float]
_PRODUCT = "unit"
PerLane = Distribution | float | Mapping[str, Distribution | float]


def serial(
    nodes: Sequence[str],
    *,
    demand: Distribution | Demand,
    lead_time: PerLane = 1,
    holding_cost: PerNode = 0.0,
    on_hand: PerNode = 0.0,
    product: str = _PRODUCT,
) -> Network:
    """Build a serial chain from its nodes, upstream first.

    The first node is an unlimited source; customers ask the last one. ``lead_time`` (days) is that
    of the lane into the named node, ``holding_cost`` in USD/unit/day, ``on_hand`` in units.

    >>> chain = serial(["mine", "plant", "shop"], demand=Normal(5, 1), lead_time={"plant": 2})
    >>> [(v.source, v.destination, v.lead_time.average) for v in chain.lanes]
    [('mine', 'plant', 2.0), ('plant', 'shop', 1.0)]
    """
    if len(nodes) < 2:
        raise NetworkError(f"serial needs a source and at least one more node, got {list(nodes)!r}")
    _each_once("serial", nodes)
    ways = list(pairwise(nodes))
    return _network(ways, [nodes[-1]], demand, product, (lead_time, holding_cost, on_hand))


def distribution(
    center: str,
    retailers: Sequence[str],
    *,
    demand: Distribution | Demand | Mapping[str, Distribution],
    lead_time: PerLane = 1,
    holding_cost: PerNode = 0.0,
    on_hand: PerNode = 0.0,
) -> Network:
    """Build a distribution system: a supplier, a center that stores, and its retailers.

    The unlimited source is ``supplier``; customers ask every retailer. Figures as in ``serial``.

    >>> net = distribution("DC", ["north", "south"], demand={"north": Poisson(3), "south": Poisson(5)})
    >>> [d.pattern.average for d in net.demands]
    [3.0, 5.0]
    """  # noqa: E501 (a doctest line)
    _each_once("distribution", ["supplier", center, *retailers])
    ways = [("supplier", center), *((center, retailer) for retailer in retailers)]
    return _network(ways, list(retailers), demand, _PRODUCT, (lead_time, holding_cost, on_hand))


def assembly(
    plant: str,
    parts: Mapping[str, float],
    *,
    demand: Distribution | Demand,
    lead_time: PerLane = 1,
    holding_cost: PerNode = 0.0,
    on_hand: PerNode = 0.0,
) -> Network:
    """Build an assembly: each part comes from a supplier of its own to one plant.

    ``parts`` gives the units of each part in one product. The unlimited source of part p is called
    ``p supplier``: its lead time is given under that name. ``on_hand`` is that of the product.

    >>> bike = assembly("plant", {"frame": 1, "wheel": 2}, demand=Poisson(3))
    >>> bike.recipes[0].components
    {'frame': 1.0, 'wheel': 2.0}
    """
    suppliers = {part: f"{part} supplier" for part in parts}
    times, rates, units = _per_node([*suppliers.values(), plant], lead_time, holding_cost, on_hand)
    return Network(
        products=[*(Product(part) for part in parts), Product(_PRODUCT)],
        nodes=[
            *(Node(name, "supplier", 1, holding_cost=rates[name]) for name in suppliers.values()),
            Node(plant, "plant", 0, holding_cost=rates[plant]),
        ],
        lanes=[Lane(s, plant, part, lead_time=times[s]) for part, s in suppliers.items()],
        recipes=[Recipe(plant, _PRODUCT, parts)],
        demands=[_demand(demand, plant, _PRODUCT)],
        stocks=[Stock(plant, _PRODUCT, units[plant])] if units[plant] else [],
    )


def _each_once(builder: str, names: Sequence[str]) -> None:
    for name in names:
        if (times := list(names).count(name)) > 1:
            problem = f"{builder}: {name!r} stands {times} times in {list(names)!r}"
            raise NetworkError(f"{problem}: give each node a name of its own")


def _network(
    ways: list[tuple[str, str]], sellers: list[str], demand: Any, product: str, figures: Any
) -> Network:
    """One product that flows along a tree of lanes towards the sellers."""
    names = list(dict.fromkeys(name for way in ways for name in way))
    times, rates, units = _per_node(names, *figures)
    patterns = demand if isinstance(demand, Mapping) else dict.fromkeys(sellers, demand)
    for name in sorted(set(patterns) ^ set(sellers)):
        raise NetworkError(f"demand: give one pattern per retailer; {did_you_mean(name, sellers)}")
    below: dict[str, str] = dict(ways)
    tiers: dict[str, int] = {}
    for name in reversed(names):  # names stand upstream first
        tiers[name] = 1 + tiers[below[name]] if name in below else 0
    sources = {start for start, _ in ways} - {end for _, end in ways}
    return Network(
        products=[Product(product)],
        nodes=[
            Node(n, "source" if n in sources else "site", tiers[n], holding_cost=rates[n])
            for n in names
        ],
        lanes=[Lane(a, b, product, lead_time=times[b]) for a, b in ways],
        demands=[_demand(patterns[name], name, product) for name in sellers],
        stocks=[Stock(n, product, units[n]) for n in names if units[n] and n not in sources],
    )


def _per_node(names: Sequence[str], *figures: Any) -> Iterator[dict[str, Any]]:
    """Lead times, costs and stocks of all nodes: one for all, or by name and usual for the rest."""
    usual = {"lead_time": 1, "holding_cost": 0.0, "on_hand": 0.0}
    for (what, rest), given in zip(usual.items(), figures, strict=True):
        named = given if isinstance(given, Mapping) else dict.fromkeys(names, given)
        for name in named:
            check_known(name, names, f"{what}: {name!r} is not a node", NetworkError)
        yield {name: named.get(name, rest) for name in names}


def _demand(given: Any, node: str, product: str) -> Demand:
    """A demand row at a node, from a pattern or from a row whose node and product do not matter."""
    if not isinstance(given, Demand):
        return Demand(node, product, given)
    return replace(given, node=node, product=product)
