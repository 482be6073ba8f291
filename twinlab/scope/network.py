"""A network: products, nodes, lanes, recipes, demands, stocks; checked by laws when it is made."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields, replace
from functools import cached_property
from operator import attrgetter
from typing import Annotated, Any

from twinlab.scope.calendar import upstream_items
from twinlab.scope.dialect import Dialect
from twinlab.scope.entities import Demand, ItemKey, Lane, Node, Product, Recipe, Stock
from twinlab.scope.errors import NetworkError, brief, check_known, did_you_mean
from twinlab.scope.later import nx, pd
from twinlab.scope.reading import Names, Report
from twinlab.scope.result import Page
from twinlab.scope.sources import Source

__all__ = ["Network"]

TABLES = {f"{row.__name__.lower()}s": row for row in (Product, Node, Lane, Recipe, Demand, Stock)}
AnyRow = Annotated[
    Product | Node | Lane | Recipe | Demand | Stock,
    "a row such as Node(…) or network.lanes[0] (change adds or replaces it, without takes it away)",
]


@dataclass(frozen=True, repr=False)
class Tables(Page):
    """The tables of a network, and what is found in them by name (when it is first asked for)."""

    products: Sequence[Product]
    nodes: Sequence[Node]
    lanes: Sequence[Lane] = ()
    recipes: Sequence[Recipe] = ()
    demands: Sequence[Demand] = ()
    stocks: Sequence[Stock] = ()

    @cached_property
    def items(self) -> tuple[ItemKey, ...]:
        """Every (node, product) that the tables speak of, in table order."""
        rows: list[Any] = [*self.demands, *self.stocks, *self.recipes]
        spoken = {(row.node, row.product) for row in rows}
        spoken |= {(r.node, c) for r in self.recipes for c in r.components}
        spoken |= {(end, v.product) for v in self.lanes for end in (v.source, v.destination)}
        nodes = {name: at for at, name in enumerate(self.named)}
        products = {p.name: at for at, p in enumerate(self.products)}
        return tuple(sorted(spoken, key=lambda item: (nodes[item[0]], products[item[1]])))

    @cached_property
    def named(self) -> dict[str, Node]:
        """The nodes by name."""
        return {node.name: node for node in self.nodes}

    @cached_property
    def held(self) -> dict[str, list[str]]:
        """The products that the tables speak of at each node."""
        return grouped(self.items)

    @cached_property
    def decided(self) -> tuple[ItemKey, ...]:
        """Every (node, product) that somebody must order or make, in table order."""
        return tuple(item for item in self.items if item in self.brought)

    @cached_property
    def circles(self) -> dict[str, int]:
        """The nodes in cycles of lanes, by the number of their cycle."""
        groups = nx.strongly_connected_components(nx.DiGraph([*self.between]))
        return {name: at for at, group in enumerate(groups) if len(group) > 1 for name in group}

    @cached_property
    def into(self) -> dict[ItemKey, list[Lane]]:
        """The lanes that bring each (node, product), in table order."""
        return grouped(((v.destination, v.product), v) for v in self.lanes)

    @cached_property
    def between(self) -> dict[tuple[str, str], list[Lane]]:
        """The lanes from each node to another, in table order."""
        return grouped(((v.source, v.destination), v) for v in self.lanes)

    @cached_property
    def made(self) -> dict[ItemKey, Recipe]:
        """The recipe of each (node, product) that is made."""
        return {(r.node, r.product): r for r in self.recipes}

    @cached_property
    def brought(self) -> set[ItemKey]:
        """Each (node, product) that a lane or recipe brings; others are unlimited sources."""
        return {*self.made, *self.into}

    @property
    def table(self) -> "pd.DataFrame":
        """One row per node: its tier, who supplies it, what it makes and what customers ask."""
        rows, into, makes = [], grouped(way[::-1] for way in self.between), grouped(self.made)
        asked = grouped((d.node, d.pattern.average) for d in self.demands)
        for node in self.nodes:
            capacity = None if node.capacity == float("inf") else node.capacity
            names = (", ".join(table.get(node.name, ())) for table in (into, makes))
            units = sum(asked.get(node.name, ())) or None
            rows.append((node.name, node.tier, *names, capacity, units))
        head = ["node", "tier", "supplied by", "makes"]
        head += ["capacity [units/day]", "demand [units/day]"]
        return pd.DataFrame(rows, columns=head).set_index("node")

    def users(self, item: ItemKey) -> list[Recipe]:
        """The recipes that take a (node, product) as a component."""
        return [r for r in self.recipes if r.node == item[0] and item[1] in r.components]


@dataclass(frozen=True)
class Network(Tables):
    """A supply chain as a handful of tables.

    Raises:
        NetworkError: rows that do not fit together, by name, place and remedy.

    >>> shop = Network(
    ...     products=[Product("bike")],
    ...     nodes=[Node("plant"), Node("shop")],
    ...     lanes=[Lane("plant", "shop", "bike", lead_time=2)],
    ...     demands=[Demand("shop", "bike", 4)],
    ... )
    >>> shop
    Network(1 product, 2 nodes, 1 lane, 0 recipes, 1 demand, 0 stocks)
    """

    def __post_init__(self) -> None:
        for f in fields(self):
            object.__setattr__(self, f.name, tuple(getattr(self, f.name)))
        check_network(self)

    def __repr__(self) -> str:
        counts = {f.name: len(getattr(self, f.name)) for f in fields(self)}
        words = (f"{n} {name[:-1] if n == 1 else name}" for name, n in counts.items())
        return f"Network({', '.join(words)})"

    @cached_property
    def upstream(self) -> tuple[ItemKey, ...]:
        """Every (node, product), upstream first."""
        return tuple(upstream_items(self))

    @classmethod
    def from_tables(
        cls,
        source: Source,
        columns: Names | None = None,
        *,
        tables: Names | None = None,
        dialect: Dialect | None = None,
    ) -> "Network":
        """Read a network: a folder of CSV, a workbook, a dict of frames, an SQLAlchemy connection.

        ``columns`` maps foreign headers to ours, ``{"Ship from": "source", "Remark": None}`` (of
        one table: inside of its name; ``"*": None``: all others), ``tables`` our tables to theirs.
        Tables ``columns`` (theirs, ours, table), ``units`` (product, unit, pieces) and ``rates``
        (currency, rate in USD) say it in the source; see ``report``, and ``docs/own_data.md``.

        Raises:
            NetworkError: an unknown column or a bad value, with file, row and column.

        >>> ways = {"Source": ["mine"], "Destination": ["shop"], "Product": ["ore"]}
        >>> Network.from_tables({"lanes": {**ways, "Lead time [weeks]": [2]}}).lanes[0].lead_time
        Constant(value=14.0)
        """
        from twinlab.scope.tables import read_network

        return read_network(source, columns, tables, dialect)

    @property
    def report(self) -> Report:
        """What was read from tables, assumed, converted and left out; empty if it was not read."""
        report: Report = vars(self).get("_report", Report(()))
        return report

    def to_tables(self, target: Source) -> None:
        """Write tables as ``from_tables`` reads them; a workbook is a template, with units."""
        from twinlab.scope.tables import write_network

        write_network(self, target)

    def graph(self) -> "nx.MultiDiGraph[str]":
        """Give the network as a networkx graph, as GraphML and GEXF take it.

        Laws are the texts of their table cells; a lane's key is its path in a scenario.
        """
        from twinlab.scope.graphs import graph_of

        return graph_of(self)

    def node(self, name: str) -> Node:
        """Find a node by its name; a NetworkError if there is none."""
        if name not in self.named:
            raise NetworkError(f"no node {name!r}: {did_you_mean(name, self.named)}")
        return self.named[name]

    def change(self, *rows: AnyRow) -> "Network":
        """Return a network in which each given row replaces its namesake, or is added.

        To take a row away, see ``without``. Rows that replace others are checked alone.

        >>> chain = serial(["plant", "shop"], demand=Normal(5, 1))
        >>> chain.change(Node("plant", capacity=6)).node("plant").capacity
        6.0
        """
        tables = {n: {_key(r): r for r in getattr(self, n)} for n in set(map(_table, rows))}
        alike = True
        for row in rows:
            table, key = tables[_table(row)], _key(row)
            parts = (getattr(each, "components", {}).keys() for each in (row, table.get(key)))
            alike &= key in table and next(parts) == next(parts)
            table[key] = row
        changed = {name: tuple(table.values()) for name, table in tables.items()}
        if not alike:
            return replace(self, **changed)
        twin = object.__new__(Network)  # it shares what names decide
        kept = {name: value for name, value in vars(self).items() if _READ.get(name) not in changed}
        vars(twin).update(kept | changed)
        _unlimited_sources_hold_no_stock(twin)
        _zero_lead_time_makes_no_cycle(twin)
        return twin

    def without(self, *rows: AnyRow) -> "Network":
        """Return a network without some of its rows; what refers to them must go as well."""
        tables = {name: {_key(row): row for row in now} for name, now in rows_of(self)}
        for row in rows:
            table = tables[_table(row)]
            if table.pop(_key(row), None) != row:
                here = ", ".join(other.title for other in getattr(self, _table(row))[:8])
                raise NetworkError(f"without: no such row {brief(row)}; there are {here or 'none'}")
        return replace(self, **{name: tuple(table.values()) for name, table in tables.items()})


def grouped(pairs: Iterable[tuple[Any, Any]]) -> dict[Any, list[Any]]:
    """Lists of values by key, in the order in which they come."""
    found: dict[Any, list[Any]] = {}
    for key, value in pairs:
        found.setdefault(key, []).append(value)
    return found


# What a network keeps that reads the rows of a table, and not only their names.
_READ = {"into": "lanes", "between": "lanes", "made": "recipes", "named": "nodes"}


def _table(row: Any) -> str:
    return f"{type(row).__name__.lower()}s"


_NAME, _ITEM = attrgetter("name"), attrgetter("node", "product")
_KEYS: dict[type, Any] = {Lane: attrgetter("key"), Product: _NAME, Node: _NAME}


def _key(row: Any) -> Any:
    """What tells a row from the others of its table."""
    return _KEYS.get(type(row), _ITEM)(row)


def rows_of(network: Network) -> Iterable[tuple[str, tuple[Any, ...]]]:
    """Each table's name and rows, in the order in which tables are written."""
    return [(f.name, getattr(network, f.name)) for f in fields(network)]


def check_network(network: Network) -> None:
    """Check every law; the first one broken is raised as a NetworkError."""
    for law in (
        _rows_are_there_once,
        _names_are_known,
        _one_way_to_get_a_product,
        _customers_can_be_served,
        _unlimited_sources_hold_no_stock,
        _zero_lead_time_makes_no_cycle,
        _recipes_make_no_cycle,
    ):
        law(network)


def _rows_are_there_once(network: Network) -> None:
    for table, rows in rows_of(network):
        if not rows and table in ("products", "nodes"):
            raise NetworkError(f"{table} is empty: a network needs at least one of them")
        for key, count in Counter(map(_key, rows)).items():
            if count > 1:
                hint = "give parallel lanes different modes" if table == "lanes" else "keep one"
                raise NetworkError(f"{table}: {key!r} stands {count} times: {hint}")


def _names_are_known(network: Network) -> None:
    names: dict[str, Any] = {"node": network.named, "product": {p.name for p in network.products}}
    for table in ("lanes", "recipes", "demands", "stocks"):
        ends = ("source", "destination") if table == "lanes" else ("node",)
        for at, row in enumerate(getattr(network, table), 1):
            said = [(column, getattr(row, column), "node") for column in ends]
            said.append(("product", row.product, "product"))
            said += [("component", name, "product") for name in getattr(row, "components", ())]
            for column, name, kind in said:
                if name not in names[kind]:
                    wrong = f"{table}.csv row {at}: {column} {name!r} is not a {kind}"
                    check_known(name, names[kind], wrong, NetworkError)


def _one_way_to_get_a_product(network: Network) -> None:
    for item in network.made:
        for lane in network.into.get(item, ()):
            both = f"makes {lane.product!r} (recipe) and orders it from {lane.source!r} (lane)"
            remedy = "keep one, or split the node in two"
            raise NetworkError(f"{lane.destination!r} both {both}: {remedy}")


def _customers_can_be_served(network: Network) -> None:
    for at, demand in enumerate(network.demands, 1):
        if (demand.node, demand.product) not in network.brought:
            asked = f"demands.csv row {at}: customers ask {demand.node!r} for {demand.product!r}"
            remedy = "add a lane from a supplier, or a recipe"
            raise NetworkError(f"{asked}, which no lane or recipe brings there: {remedy}")
    for at, recipe in enumerate(network.recipes, 1):
        for component in recipe.components:
            if (recipe.node, component) not in network.brought:
                need = f"{recipe.node!r} needs {component!r} for {recipe.product!r}"
                remedy = f"has no supplier of it: add a lane to {recipe.node!r}, or a recipe there"
                raise NetworkError(f"recipes.csv row {at}: {need}, but {remedy}")


def _unlimited_sources_hold_no_stock(network: Network) -> None:
    for at, stock in enumerate(network.stocks, 1):
        if (stock.node, stock.product) not in network.brought and stock.on_hand > 0:
            source = f"{stock.node!r} is an unlimited outside source of {stock.product!r}"
            why = "(no lane or recipe brings it), so it holds no stock"
            remedy = "drop the row, or give it a recipe without components and a rule"
            raise NetworkError(f"stocks.csv row {at}: {source} {why}: {remedy}")


def _zero_lead_time_makes_no_cycle(network: Network) -> None:
    ways = [(v.source, v.destination) for v in network.lanes if v.lead_time.average == 0]
    if cycle := _find_cycle(ways):
        problem = f"lanes {' → '.join(cycle)} form a cycle without lead time"
        remedy = "give one of them lead_time=1 or more"
        raise NetworkError(f"{problem}, so nobody can act first: {remedy}")


def _recipes_make_no_cycle(network: Network) -> None:
    ways = [((r.node, c), (r.node, r.product)) for r in network.recipes for c in r.components]
    if cycle := _find_cycle(ways):
        circle = f"recipes of {cycle[0][0]!r}: {' → '.join(name for _, name in cycle)}"
        remedy = "break the circle, or make one of them at another node"
        raise NetworkError(f"{circle} need each other: {remedy}")


def _find_cycle(ways: list[tuple[Any, Any]]) -> list[Any]:
    """The names along one closed walk, its first name again at the end; empty if there is none."""
    try:
        edges = nx.find_cycle(nx.DiGraph(ways))
    except nx.NetworkXNoCycle:
        return []
    return [edge[0] for edge in edges] + [edges[0][0]]
