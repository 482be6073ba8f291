"""The laws of a network: each is one function that names value, place and remedy."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable
from typing import TYPE_CHECKING, Any

from twinlab.scope.errors import NetworkError, did_you_mean

if TYPE_CHECKING:
    from twinlab.scope.network import Network

# Which columns name a node or a product, per table.
_NODE_COLUMNS = {"lanes": ("source", "destination"), "recipes": ("node",), "demands": ("node",),
                 "stocks": ("node",)}  # fmt: skip


def check_network(network: Network) -> None:
    """Check every law; the first one broken is raised as a NetworkError."""
    for law in (_tables_are_there, _rows_are_unique, _names_are_known, _one_way_to_get_a_product,
                _customers_can_be_served, _unlimited_sources_hold_no_stock,
                _zero_lead_time_makes_no_cycle, _recipes_make_no_cycle):  # fmt: skip
        law(network)


def _tables(network: Network) -> Iterable[tuple[str, tuple[Any, ...]]]:
    names = ("products", "nodes", "lanes", "recipes", "demands", "stocks")
    return [(name, getattr(network, name)) for name in names]


def _tables_are_there(network: Network) -> None:
    for table in ("products", "nodes"):
        if not getattr(network, table):
            raise NetworkError(f"{table} is empty: a network needs at least one of them")


def _rows_are_unique(network: Network) -> None:
    for table, rows in _tables(network):
        keys: Counter[Hashable] = Counter(
            row.key if table == "lanes"
            else row.name if table in ("products", "nodes")
            else (row.node, row.product)
            for row in rows
        )  # fmt: skip
        for key, count in keys.items():
            if count > 1:
                hint = "give parallel lanes different modes" if table == "lanes" else "keep one"
                raise NetworkError(f"{table}: {key!r} stands {count} times: {hint}")


def _names_are_known(network: Network) -> None:
    nodes = [n.name for n in network.nodes]
    products = [p.name for p in network.products]
    for table, columns in _NODE_COLUMNS.items():
        for at, row in enumerate(getattr(network, table), 1):
            where = f"{table}.csv row {at}"
            for column in columns:
                _known(getattr(row, column), nodes, f"{where}: {column}", "node")
            _known(row.product, products, f"{where}: product", "product")
            for component in getattr(row, "components", ()):
                _known(component, products, f"{where}: component", "product")


def _known(name: str, names: list[str], where: str, kind: str) -> None:
    if name not in names:
        raise NetworkError(f"{where} {name!r} is not a {kind}; {did_you_mean(name, names)}")


def _one_way_to_get_a_product(network: Network) -> None:
    made = {(r.node, r.product) for r in network.recipes}
    for lane in network.lanes:
        item = (lane.destination, lane.product)
        if item in made:
            raise NetworkError(
                f"{lane.destination!r} both makes {lane.product!r} (recipe) and orders it from "
                f"{lane.source!r} (lane): keep one, or split the node in two"
            )


def _brought(network: Network) -> set[tuple[str, str]]:
    """Items that a lane or a recipe brings; all others are unlimited outside sources."""
    made = {(r.node, r.product) for r in network.recipes}
    return made | {(v.destination, v.product) for v in network.lanes}


def _customers_can_be_served(network: Network) -> None:
    brought = _brought(network)
    for at, demand in enumerate(network.demands, 1):
        if (demand.node, demand.product) not in brought:
            raise NetworkError(
                f"demands.csv row {at}: customers ask {demand.node!r} for {demand.product!r}, "
                "which no lane or recipe brings there: add a lane from a supplier, or a recipe"
            )
    for at, recipe in enumerate(network.recipes, 1):
        for component in recipe.components:
            if (recipe.node, component) not in brought:
                raise NetworkError(
                    f"recipes.csv row {at}: {recipe.node!r} needs {component!r} for "
                    f"{recipe.product!r}, but has no supplier of it: add a lane to "
                    f"{recipe.node!r}, or a recipe there"
                )


def _unlimited_sources_hold_no_stock(network: Network) -> None:
    brought = _brought(network)
    for at, stock in enumerate(network.stocks, 1):
        if (stock.node, stock.product) not in brought and stock.on_hand > 0:
            raise NetworkError(
                f"stocks.csv row {at}: {stock.node!r} is an unlimited outside source of "
                f"{stock.product!r} (no lane or recipe brings it), so it holds no stock: drop the "
                "row, or give it a recipe without components and a rule"
            )


def _zero_lead_time_makes_no_cycle(network: Network) -> None:
    ways = [(v.source, v.destination) for v in network.lanes if v.lead_time.average == 0]
    cycle = _find_cycle(ways)
    if cycle:
        raise NetworkError(
            f"lanes {' → '.join(cycle)} form a cycle without lead time, so nobody can act first: "
            "give one of them lead_time=1 or more"
        )


def _recipes_make_no_cycle(network: Network) -> None:
    for node in dict.fromkeys(r.node for r in network.recipes):
        here = [r for r in network.recipes if r.node == node]
        cycle = _find_cycle([(c, r.product) for r in here for c in r.components])
        if cycle:
            raise NetworkError(
                f"recipes of {node!r}: {' → '.join(cycle)} need each other: break the circle, "
                "or make one of them at another node"
            )


def _find_cycle(ways: list[tuple[str, str]]) -> list[str]:
    """The names along one closed walk, its first name again at the end; empty if there is none."""
    import networkx

    try:
        edges = networkx.find_cycle(networkx.DiGraph(ways))
    except networkx.NetworkXNoCycle:
        return []
    return [edge[0] for edge in edges] + [edges[0][0]]
