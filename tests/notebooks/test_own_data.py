"""Notebook 11 runs from top to bottom with other people's tables: only its ``source`` changes."""

import ast
import re
from datetime import date, timedelta
from pathlib import Path

import nbformat
import numpy as np
import openpyxl
import pandas as pd
import pytest
import sqlalchemy

NOTEBOOK = Path(__file__).parents[2] / "notebooks/11_your_own_twin.ipynb"

pytestmark = pytest.mark.slow


def semicolons(folder):
    """CSV files of a German Excel: cp1252, decimal commas, dates by points, a table ``columns``."""
    draw, days = np.random.default_rng(1), [date(2025, 3, 3) + timedelta(n) for n in range(126)]

    def means(day):
        return ("Süd", 18 + 3 * day.weekday()), ("Nord", 14)

    lines = {
        "columns": ["theirs;ours", "Von;source", "Nach;destination", "Artikel;product",
                    "Ort;node", "Datum;date", "Menge;quantity", "Bedarf;pattern",
                    "Laufzeit;lead_time", "Fracht;cost_per_unit [EUR]"],
        "rates": ["currency;rate", "EUR;1,08"],
        "lanes": ["Von;Nach;Artikel;Laufzeit;Fracht", "Mühle;Lager Köln;Mehl;2,5;0,80",
                  "Lager Köln;Bäckerei Süd;Mehl;1;1,25", "Lager Köln;Bäckerei Nord;Mehl;2;1,5"],
        "demands": ["Ort;Artikel;Bedarf", "Bäckerei Süd;Mehl;22,5", "Bäckerei Nord;Mehl;14,25"],
        "sales": ["Datum;Ort;Artikel;Menge",
                  *(f"{day:%d.%m.%Y};Bäckerei {name};Mehl;{draw.poisson(mean)},5" for day in days
                    if day.weekday() < 6 for name, mean in means(day))],
    }  # fmt: skip
    for name, rows in lines.items():
        (folder / f"{name}.csv").write_text("\n".join(rows), encoding="cp1252")
    return str(folder)


def saved(sheets, path):
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    book.save(path)
    return str(path)


def workbook(folder):
    """A workbook of four nodes, with sheets of lanes, demands and stocks and no other."""
    sheets = {
        "Lanes": [["Source", "Destination", "Product", "Lead time [weeks]"],
                  ["Port", "Depot", "Pump", 3], ["Depot", "Shop 1", "Pump", 0.4],
                  ["Depot", "Shop 2", "Pump", 1]],
        "Demands": [["Node", "Product", "Pattern"], ["Shop 1", "Pump", "Poisson(mean=3)"],
                    ["Shop 2", "Pump", 0.2]],
        "Stocks": [["Node", "Product", "On hand"], ["Depot", "Pump", 90], ["Shop 1", "Pump", 12]],
    }  # fmt: skip
    return saved(sheets, folder / "mine.xlsx")


def database(folder):
    """A database of two products, one of which is made, with sales by week."""
    lanes = [("farm", "dairy", "milk", 1), ("dairy", "store", "cheese", 2),
             ("farm", "store", "milk", 1)]  # fmt: skip
    draw, weeks = np.random.default_rng(2), pd.date_range("2024-01-01", periods=60, freq="7D")
    sales = [
        (week, "store", product, int(draw.poisson(mean)))
        for week in weeks
        for product, mean in (("cheese", 40), ("milk", 300))
    ]
    tables = {
        "lanes": pd.DataFrame(lanes, columns=["source", "destination", "product", "lead_time"]),
        "recipes": pd.DataFrame({"node": ["dairy"], "product": ["cheese"],
                                 "components": ["milk: 8"], "production_time": [5]}),
        "demands": pd.DataFrame({"node": "store", "product": ["cheese", "milk"],
                                 "pattern": [6, 43], "backorders": [False, False],
                                 "price": [9.5, 1.2], "lost_sale_cost": [4.0, 0.4]}),
        "sales": pd.DataFrame(sales, columns=["date", "node", "product", "quantity"]),
    }  # fmt: skip
    connection = sqlalchemy.create_engine(f"sqlite:///{folder / 'mine.db'}").connect()
    for name, frame in tables.items():
        frame.to_sql(name, connection, index=False)
    return connection


def bare(folder):
    """Three nodes in a row and one number of demand."""
    lanes = {
        "source": ["S", "W"],
        "destination": ["W", "R"],
        "product": "1001",
        "lead_time": [4, 1],
    }
    return {"lanes": lanes, "demands": {"node": ["R"], "product": ["1001"], "pattern": [7]}}


def sold_only(folder):
    """One shop, whose sales by month stand in columns, and a supplier; nothing else is told."""
    months = pd.date_range("2025-01-31", periods=7, freq="ME")
    sales = {"date": months, "node": "kiosk", "pen": np.random.default_rng(3).poisson(60, 7)}
    lanes = {"source": ["works"], "destination": ["kiosk"], "product": ["pen"], "lead_time": [7]}
    return {"lanes": pd.DataFrame(lanes), "sales": pd.DataFrame(sales)}


def export(folder):
    """Four nodes as a planner's system exports them: a title, its own names, no Sundays."""
    draw, days = np.random.default_rng(4), [date(2025, 6, 2) + timedelta(n) for n in range(90)]
    sheets = {
        "Transport": [["Transport lanes", "", "", ""], ["From", "To", "Item", "Transit (weeks)"],
                      ["Factory", "Depot", "Lamp", 1], ["Depot", "Shop A", "Lamp", 0.3],
                      ["Depot", "Shop B", "Lamp", 0.4]],
        "Customers": [["Customer", "SKU", "Demand per day", "Price"], ["Shop A", "Lamp", 12, 30],
                      ["Shop B", "Lamp", 8, 30]],
        "Inventory": [["Location", "SKU", "Stock"], ["Depot", "Lamp", 150], ["Shop A", "Lamp", 40]],
        "Invoices": [["Date", "Store", "SKU", "Qty"],
                     *([day, shop, "Lamp", int(draw.poisson(mean))] for day in days
                       if day.weekday() < 6 for shop, mean in (("Shop A", 14), ("Shop B", 9)))],
    }  # fmt: skip
    return saved(sheets, folder / "export.xlsx")


def code():
    """The notebook's cells, of which only the line of the source is another."""
    cells = [c.source for c in nbformat.read(NOTEBOOK, as_version=4).cells if c.cell_type == "code"]
    line = re.compile(r"^source = .*$", re.M)
    assert sum(len(line.findall(cell)) for cell in cells) == 1
    assert sum(cell.count("many = 200") for cell in cells) == 1  # else this takes minutes
    return [line.sub("source = given", cell).replace("many = 200", "many = 12") for cell in cells]


def run(cell, names):
    """Run a cell, and print what it would show."""
    tree = ast.parse(cell)
    last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, "cell", "exec"), names)
    if last:
        print(repr(eval(compile(ast.Expression(last.value), "cell", "eval"), names)))


@pytest.mark.parametrize("made", [semicolons, workbook, export, database, bare, sold_only])
def test_every_cell_runs_with_other_tables(made, tmp_path, capsys):
    given = made(tmp_path)
    names = {"given": given, "display": print}
    for cell in code():
        run(cell, names)
    twin = names["twin"]
    ours = {node.name for node in names["tl"].Network.from_tables(given).nodes}
    assert {node.name for node in twin.network.nodes} == ours
    said = capsys.readouterr().out
    for stranger in ("city shop", "coast shop", "filter", "cartridge", "housing"):
        assert stranger not in said
    fill = {name: batch.kpis.fill_rate.mean() for name, batch in names["lived"].items()}
    assert min(fill.values()) > 0.5, fill
    if hasattr(given, "engine"):
        given.close()
