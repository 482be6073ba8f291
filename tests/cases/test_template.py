"""The template that a reader copies: it runs, it is described, and derive.py made its sales."""

import csv
import json
import runpy
from pathlib import Path

import pytest

import twinlab as tl
from twinlab.cases.folders import dataset
from twinlab.scope.columns import schema
from twinlab.scope.tables import TABLES

FOLDER = Path(__file__).parents[2] / "datasets" / "template"


def header(name):
    with (FOLDER / f"{name}.csv").open(newline="", encoding="utf-8") as file:
        return next(csv.reader(file))


def test_it_is_the_folder_that_the_notebook_copies():
    assert dataset("template") == FOLDER


def test_it_lives_for_a_year_and_serves_somebody():
    network = tl.Network.from_tables(FOLDER)
    levels = {("plant", "cartridge"): 1750, ("plant", "housing"): 400, ("plant", "filter"): 200}
    levels |= {("city shop", "filter"): 75, ("coast shop", "filter"): 70}
    rules = {item: tl.BaseStock(level) for item, level in levels.items()}
    run = tl.simulate(tl.Scenario(network, rules, days=364), seed=1)
    assert 0.95 < run.kpis.fill_rate < 1


def test_its_sales_have_dates_and_closed_days_that_are_no_zeros():
    history = tl.read_history(FOLDER)
    assert (history.step, f"{history.start}", f"{history.end}") == (
        "day",
        "2025-01-06",
        "2026-01-05",
    )
    city, coast = (history.series((shop, "filter")) for shop in ("city shop", "coast shop"))
    assert (len(city), len(coast)) == (364 - 52 - 3, 364 - 3)
    assert 6 not in city.index.day_of_week
    assert (city > 0).all()
    network = tl.Network.from_tables(FOLDER)
    law = history.demand(network.demands[0])
    assert law.season[6] == 0
    assert law.pattern.average == pytest.approx(6 / 7 * city.mean(), rel=0.01)
    assert (
        tl.Scenario(network.change(law), tl.LotForLot(), start=history.end).date(6).weekday() == 6
    )


def test_the_sales_are_made_by_derive(tmp_path):
    runpy.run_path(str(FOLDER / "derive.py"))["main"](tmp_path)
    assert (tmp_path / "sales.csv").read_bytes() == (FOLDER / "sales.csv").read_bytes()


@pytest.mark.parametrize("name", TABLES)
def test_the_data_package_describes_what_a_table_may_have(name):
    package = json.loads((FOLDER / "datapackage.json").read_text("utf-8"))
    described = {r["name"]: r["schema"]["fields"] for r in package["resources"]}
    columns = schema(TABLES[name])
    assert [(f["name"], f["unit"], f["description"]) for f in described[name]] == [
        (c.name, c.unit, c.meaning) for c in columns
    ]
    assert set(header(name)) <= {c.name for c in columns}


def test_the_data_package_describes_the_sales():
    package = json.loads((FOLDER / "datapackage.json").read_text("utf-8"))
    (sales,) = [r for r in package["resources"] if r["name"] == "sales"]
    assert [field["name"] for field in sales["schema"]["fields"]] == header("sales")


def test_it_is_read_as_a_spreadsheet_writes_it_back(tmp_path):
    """Whole tables with every column, written by twinlab, give the same network."""
    network = tl.Network.from_tables(FOLDER)
    network.to_tables(tmp_path)
    assert tl.Network.from_tables(tmp_path) == network
