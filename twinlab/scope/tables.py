"""Networks as tables: CSV files, a workbook, frames or a database; what is written reads back.

A cell holds a number, a text, or a distribution as it prints: ``Normal(mean=5.0, sd=1.0)``. One
table each, a blank cell for a default, ``traces`` for recorded demand. The header, the check of
every cell and the data package all come from the columns of the row types.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from twinlab.scope.cells import as_text, format_cell, read_back
from twinlab.scope.columns import Column, schema
from twinlab.scope.dialect import Dialect, write_number
from twinlab.scope.distributions import Trace
from twinlab.scope.entities import KINDS, Demand, Disruption, ItemKey, Node, Product, Stock
from twinlab.scope.errors import NetworkError, TwinError, brief, did_you_mean
from twinlab.scope.histories import History, history_of
from twinlab.scope.network import TABLES, Network, rows_of
from twinlab.scope.reading import TOTALS, Names, Reader, Table, recognise, value_of
from twinlab.scope.sources import TEXTS, Lines, Source, is_book, put_tables, put_text, tables_of

__all__ = ["read_disruptions", "read_history", "write_disruptions"]

_TRACE = ("node", "product", "day", "quantity")
_PART = ("component", "quantity")  # of a bill of materials with a row for each component


def read_network(
    source: Source, columns: Names | None, tables: Names | None, dialect: Dialect | None
) -> Network:
    """Read a network from the tables of a source; see ``Network.from_tables``."""
    reader = Reader(source, columns, tables, dialect)
    recognise(reader)
    rows = {name: _rows(reader, name) for name in TABLES if reader.has(name)}
    if not rows:
        named = source if isinstance(source, str | Path) else brief(source)
        there = ", ".join(reader.loaders) or "nothing"
        remedy = "a network needs nodes and lanes; tables={'lanes': 'their name'} says which"
        raise NetworkError(f"{named} has no {', '.join(TABLES)}, but {there}: {remedy} is which")
    found = {name: [row for _, row in pairs] for name, pairs in rows.items()}
    if reader.has("traces"):
        found["demands"] = _with_traces(reader, found.get("demands", []))
    _add_named(reader, found)
    try:
        network = Network(**found)
    except NetworkError as problem:  # a network knows tables by our names only
        said = str(problem)
        place = re.match(r"(\w+)\.csv row (\d+)", said)
        if place and place[1] in rows:
            said = rows[place[1]][int(place[2]) - 1][0] + said[place.end() :]
        raise NetworkError(said) from None
    for table, what in [*_oddities(network), *_odd_prices(network, reader)]:
        reader.note("odd", table, what)
    for name in reader.pieces.keys() - {"", *(p.name for p in network.products)}:
        reader.note("odd", "units", f"{name!r} is no product")
    vars(network)["_report"] = reader.report
    return network


def write_network(network: Network, target: Source) -> None:
    """Write a network's tables; to a folder with a data package that describes their columns."""
    columns = {name: schema(row_type) for name, row_type in TABLES.items()}
    lines = {
        name: _lines(columns[name], [[read_back(row, c) for c in columns[name]] for row in rows])
        for name, rows in rows_of(network)
    }
    traces: Any = (d for d in network.demands if isinstance(d.pattern, Trace))
    days = ((d, *each) for d in traces for each in enumerate(d.pattern.values.tolist()))
    values = [(d.node, d.product, str(day), write_number(value)) for d, day, value in days]
    lines["traces"] = Lines(_TRACE, values, frozenset(_TRACE[2:]), always=False)
    about = [(f"{name}.{c.name}", c) for name, some in columns.items() for c in some]
    put_tables(target, lines, {place: f"{col.meaning} [{col.unit}]" for place, col in about})
    if isinstance(target, str | Path) and Path(target).is_dir():
        folder = Path(target)
        resources = [_describe(name) for name, each in lines.items() if each.rows or each.always]
        package = {"name": folder.resolve().name.lower(), "resources": resources}
        text = json.dumps(package, indent=1, ensure_ascii=False) + "\n"
        (folder / "datapackage.json").write_text(text, encoding="utf-8")


def _lines(columns: Sequence[Column], rows: Sequence[Sequence[str]]) -> Lines:
    numbers = frozenset(c.name for c in columns if c.type not in (str, bool))
    return Lines([c.name for c in columns], rows, numbers)


def read_disruptions(
    source: Source, columns: Names | None = None, *, dialect: Dialect | None = None
) -> list[Disruption]:
    """Read disruptions from a file, or the table ``disruptions`` of a source as a network's.

    A ``kind`` column, then those of the kinds; a start may be a date, if the scenario has one.

    Raises:
        NetworkError: names the row, the value, and what to do.

    >>> trouble = {"kind": ["Outage"], "node": ["mine"], "start": [5], "days": [3]}
    >>> read_disruptions({"disruptions": trouble})[0].start
    5
    """
    reader = Reader(source, columns, None, dialect)
    reader.want("disruptions")
    known: dict[str, Column | None] = dict.fromkeys(("kind", "unit", "currency"))
    known |= {c.name: c for kind in KINDS.values() for c in schema(kind)}
    table = reader.table("disruptions", known)
    found: list[Disruption] = []
    for where, cells in table.rows:
        kind = as_text(cells.pop("kind", ""))
        kind = {one.lower(): one for one in KINDS}.get(re.sub(r"\W|_", "", kind.lower()), kind)
        if kind not in KINDS:
            hint = did_you_mean(kind, KINDS)
            raise NetworkError(f"{where}: kind {kind!r} is no disruption; {hint}")
        found.append(_row(reader, table, KINDS[kind], where, cells))
    return found


def write_disruptions(disruptions: Iterable[Disruption], target: Source) -> None:
    """Write disruptions to a file, or a source as a network's; ``read_disruptions`` is exact.

    >>> import pathlib, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_disruptions([Outage("mine", start=5, days=3)], f"{folder}/trouble.csv")
    ...     print(pathlib.Path(folder, "trouble.csv").read_text()[:15])
    kind,start,days
    """
    columns = {c.name: c for kind in KINDS.values() for c in schema(kind)}
    rows = [
        [type(d).__name__, *(format_cell(getattr(d, name, None)) for name in columns)]
        for d in disruptions
    ]
    lines = _lines([*columns.values()], rows)._replace(header=["kind", *columns])
    if isinstance(target, str | Path) and Path(target).suffix.lower() in TEXTS:
        put_text(Path(target), lines)
    else:
        put_tables(target, {"disruptions": lines})


def _rows(reader: Reader, name: str) -> list[tuple[str, Any]]:
    """Where each row of a table stands, and the row; a bill of materials in rows is joined."""
    columns = schema(TABLES[name])
    words = ("unit", "currency", *(_PART if name == "recipes" else ()))
    table = reader.table(name, {c.name: c for c in columns} | dict.fromkeys(words))
    if name == "recipes":
        table.rows = list(_joined(reader, table))
    given = {word for _, cells in table.rows for word in cells}
    reader.given |= {(name, word) for word in given}
    if plain := [c.name for c in columns if not c.required and c.name not in given]:
        reader.note("assumed", table.title, f"the defaults of {', '.join(plain)}")
    rows = [(at, _row(reader, table, TABLES[name], at, cells)) for at, cells in table.rows]
    if name == "products":
        reader.weights = {row.name: row.weight for _, row in rows}
    return rows


def _joined(reader: Reader, table: Table) -> Iterable[tuple[str, dict[str, Any]]]:
    """Recipes of a table that may have a row for each component."""
    amount = replace(next(c for c in schema(Stock) if c.name == "on_hand"), name="quantity")
    joined: dict[Any, tuple[str, dict[str, Any]]] = {}
    for where, cells in table.rows:
        part, quantity = (cells.pop(name, None) for name in _PART)
        if part is None and quantity is None:
            yield where, cells
            continue
        if part is None or quantity is None:
            raise NetworkError(f"{where}: a component goes with its quantity: give both")
        key = tuple(as_text(cells.get(name, "")) for name in ("node", "product"))
        measured = {"product": part, "unit": cells.pop("unit", "")}
        units = value_of(reader, table, (where, measured), amount, quantity)
        first, row = joined.setdefault(key, (where, cells | {"components": {}}))
        if as_text(part) in row["components"]:
            raise NetworkError(f"{where}: {part!r} stands in {first} too: add its units up")
        if any(row.get(name) != cell for name, cell in cells.items()):
            raise NetworkError(f"{where} says otherwise than {first} of {key[1]!r}: write it alike")
        row["components"][as_text(part)] = units
    yield from joined.values()


def _row(reader: Reader, table: Table, row_type: Any, where: str, cells: Mapping[str, Any]) -> Any:
    """One row object; every error says where its cell stands."""
    columns, values = {c.name: c for c in schema(row_type)}, {}
    for name, cell in cells.items():
        if name not in columns and name not in ("unit", "currency"):
            raise NetworkError(f"{where}: {row_type.__name__} has no {name}: leave the cell blank")
        col = columns.get(name)
        value = value_of(reader, table, (where, cells), col, cell) if col else None
        if value is not None:
            values[name] = value
    for name, col in columns.items():
        if col.required and name not in values:
            raise NetworkError(f"{where}: {name} is missing: {col.meaning} ({col.unit})")
    try:
        return row_type(**values)
    except TwinError as problem:
        raise NetworkError(f"{where}: {problem}") from None


def _with_traces(reader: Reader, demands: Sequence[Demand]) -> list[Demand]:
    """Demands with their recorded values; who has a trace and no row asks as it says."""
    history = history_of(reader, "traces", {}, "trace")
    recorded = {item: Trace(values) for item, values in history.days().items()}
    if history.start is None:
        recorded = {item: Trace(_every_day(history, item)) for item in history.items}
    rows = {(d.node, d.product): d for d in demands}
    for item in recorded:
        if item not in rows:
            reader.note("assumed", "demands", f"{' '.join(item)} asks as its trace, all else plain")
            rows[item] = Demand(*item, Trace(()))
        elif not isinstance(rows[item].pattern, Trace):
            problem = f"{item!r} has a trace, but pattern {rows[item].pattern} in its demand"
            raise NetworkError(f"{problem}: write Trace() there, or drop one of them")
    return [replace(d, pattern=recorded.get(item, d.pattern)) for item, d in rows.items()]


def _every_day(history: History, item: ItemKey) -> list[float]:
    """The recorded values of an item, none of which may be left out."""
    known = history.series(item)
    for at, day in enumerate(known.index):
        if day != at:
            after = f" follows day {at - 1}" if at else " is the first"
            place = f"traces: {' '.join(item)}: day {day}{after}"
            raise NetworkError(f"{place}: list every day in order, starting with day 0")
    return known.tolist()


def read_history(
    source: Source,
    columns: Names | None = None,
    *,
    table: str = "sales",
    fixed: Names | None = None,
    gaps: str = "",
    dialect: Dialect | None = None,
) -> History:
    """Read what was asked or sold of items: a file, or a table of a source as a network's.

    Long (node, product, date or day, quantity), or wide: a column for each day, or for each item
    beside a date. ``fixed`` gives what a table leaves unsaid ({"product": "bike"}). Days without
    rows are closed on weekdays that have none and where they are few; many are days of 0. Where
    zeros are written, they are not known. ``gaps`` says it instead: "closed" or "zero".

    Raises:
        NetworkError: no such table, or a cell that cannot be read, with row and column.

    >>> wide = {"sales": {"date": ["2026-03-02", "2026-03-03"], "bike": [4, 6]}}
    >>> read_history(wide, fixed={"node": "shop"}).series(("shop", "bike")).tolist()
    [4.0, 6.0]
    """
    reader = Reader(source, columns, {"sales": table} if table != "sales" else None, dialect)
    reader.want("sales")
    if reader.has("products"):
        _rows(reader, "products")  # their weights
    return history_of(reader, "sales", fixed or {}, gaps)


def _add_named(reader: Reader, rows: dict[str, list[Any]]) -> None:
    """Products and nodes that other tables name, where there is no table of them."""
    names = {"nodes": ("source", "node", "destination"), "products": ("product",)}
    others = [row for name, some in rows.items() if name not in names for row in some]
    for table, row_type in (("products", Product), ("nodes", Node)):
        if table in rows:
            continue
        said = [getattr(row, name, "") for row in others for name in names[table]]
        if table == "products":
            said += [part for row in others for part in getattr(row, "components", ())]
        found = dict.fromkeys(filter(None, said))
        rows[table] = [row_type(name) for name in found]
        reader.note("assumed", table, f"there is no such table: {', '.join(found)}")


def _oddities(network: Network) -> Iterable[tuple[str, str]]:
    """What a planner would look at twice: (table, what)."""
    used, named = _use(network), {product for _, product in network.items}
    for item, lanes in network.into.items():
        if used[item] > (most := sum(v.capacity for v in lanes)):
            yield "lanes", f"{' '.join(item)}: {used[item]:g} units a day, its lanes carry {most:g}"
    for node in network.nodes:
        held = [(node.name, p) for p in network.held.get(node.name, ())]
        needs = sum(used[item] for item in held if item not in network.into)
        if not held:
            yield "nodes", f"{node.name}: nothing comes, goes or is made there"
        elif needs > (most := node.mean_output):
            yield "nodes", f"{node.name}: {needs:g} units a day needed, it has {most:g}"
    yield from _odd_rows(network, used, named)


def _odd_rows(network: Network, used: Any, named: set[str]) -> Iterable[tuple[str, str]]:
    names = [p.name for p in network.products]
    for name in (name for name in names if name not in named):
        yield "products", f"{name}: no table names it"
    for name in (name for name in (*network.named, *names) if name.lower() in TOTALS):
        yield "names", f"{name} reads like totals"
    for stock in (s for s in network.stocks if s.on_hand > 365 * used[s.node, s.product]):
        use = used[stock.node, stock.product]
        days = f"{stock.on_hand / use:,.0f} days of use" if use else "and nobody uses it"
        yield "stocks", f"{stock.node} {stock.product}: {stock.on_hand:g} on hand, {days}"


def _odd_prices(network: Network, reader: Reader) -> Iterable[tuple[str, str]]:
    """Prices of 0, freight that customers would not pay, and ways that take years."""
    prices: dict[str, float] = {}
    for d in network.demands:
        prices[d.product] = max(d.price, prices.get(d.product, 0.0))
        if not d.price and ("demands", "price") in reader.given:
            yield "demands", f"{d.node} {d.product}: price 0"
    for v in network.lanes:
        way = f"{v.source} → {v.destination} {v.product}"
        if 0 < prices.get(v.product, 0.0) < v.cost_per_unit:
            yield "lanes", f"{way}: costs {v.cost_per_unit:g}, customers pay {prices[v.product]:g}"
        if v.lead_time.average > 365:
            yield "lanes", f"{way}: {v.lead_time.average:g} days on the way"


def _use(network: Network) -> dict[ItemKey, float]:
    """Units of each item a day at mean demand, from the sources that are asked first."""
    used = dict.fromkeys(network.items, 0.0)
    for d in network.demands:
        used[d.node, d.product] += d.pattern.average
    for item in reversed(network.upstream):
        recipe, lanes = network.made.get(item), network.into.get(item, [])
        if recipe:
            started = used[item] / (recipe.good_share.average or 1.0)
            for part, units in recipe.components.items():
                used[item[0], part] += started * units
        rank = min((v.sourcing_rank for v in lanes), default=0)
        first = [v for v in lanes if v.sourcing_rank == rank]
        for lane in first:
            used[lane.source, lane.product] += used[item] / len(first)
    return used


def _describe(name: str) -> dict[str, Any]:
    """The data-package entry of a table: each column's type, unit, meaning and range."""
    if name not in TABLES:
        return {"name": name, "path": f"{name}.csv"}
    words = {int: "integer", float: "number", float | None: "number", bool: "boolean"}
    described = []
    for col in schema(TABLES[name]):
        bounds = {"minimum": col.low, "maximum": col.high}
        limits = {k: v for k, v in bounds.items() if abs(v) < float("inf") and col.type in words}
        about = {"name": col.name, "type": words.get(col.type, "string"), "unit": col.unit}
        demanded = {"required": col.required, **limits}
        described.append(about | {"description": col.meaning, "constraints": demanded})
    return {"name": name, "path": f"{name}.csv", "schema": {"fields": described}}


def records_of(raw: bytes) -> dict[str, dict[str, Any]]:
    """The rows of a workbook or text that others wrote, below the first, which names the columns.

    ValueError or NetworkError: it is not whole, or a row is none of its table.
    """
    if not is_book(raw) and raw.rstrip(b"\0")[-1:] not in (b"", b"\r", b"\n"):
        raise ValueError("its last row has no line end")
    cells = tables_of(raw, "it", Dialect())[0][1]().rows
    head, *rows = [[c.strip() if isinstance(c, str) else c for c in row] for row in cells] or [[]]
    if twice := [name for name in head if name and head.count(name) > 1]:
        raise ValueError(f"two columns are called {twice[0]!r}: drop one of them")
    found = {}
    for n, row in enumerate(rows, 1):
        if any(row[len(head) :]):
            why = f"more than {len(head)} cells: put text with separators in quotes"
            raise ValueError(f"row {n} has {why}")
        if {*row} - {None, ""}:
            found[f"row {n}"] = dict(zip(map(str, head), row, strict=False))
    return found
