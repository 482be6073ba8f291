"""What a person types first in a notebook: Tab, ``?``, a bare object, a wrong name or number."""

import inspect
import re
import subprocess
import sys
import tomllib
import warnings
from pathlib import Path

import pytest

import twinlab as tl

ROOT = Path(__file__).parents[1]
CHAIN = tl.serial(["mine", "shop"], demand=tl.Normal(5, 1), holding_cost=1)
SHOP = tl.Scenario(CHAIN, tl.BaseStock(8), days=50)


def shadow():
    bus = tl.Bus()
    plant = tl.Plant(SHOP, bus, seed=1)
    twin = tl.Twin(SHOP, bus)
    plant.advance(5)
    twin.sync()
    return plant, twin


PLANT, TWIN = shadow()
BARE = {
    "network": CHAIN,
    "scenario": SHOP.disrupt(tl.Outage("mine", start=5, days=2)),
    "case": tl.cases.automotive(),
    "run": tl.simulate(SHOP),
    "kpis": tl.simulate(SHOP).kpis,
    "replications": tl.replicate(SHOP, 20),
    "estimate": tl.replicate(SHOP, 20).estimate("fill_rate"),
    "state": PLANT.state,
    "twin": TWIN,
    "fidelity": tl.fidelity(TWIN.state, PLANT.state),
    "change": tl.Change.of(SHOP, {"shop.up_to": 9}),
}
OTHERS = [PLANT, PLANT.link, TWIN.store, tl.Game(SHOP, ["shop"]), PLANT.run.log, TWIN.mode]


def test_tab_shows_what_there_is_and_nothing_else():
    shown = dir(tl)
    assert {"lab", "cases", "scope", "task", "Scenario", "simulate", "Change"} <= set(shown)
    assert not {"Any", "importlib", "import_module", "door"} & set(shown)
    assert all(getattr(tl, name) is not None for name in shown)
    assert {"Network", "serial"} <= set(dir(tl.scope))
    assert "door" not in dir(tl.scope)


def test_the_version_is_that_of_the_package():
    package = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert tl.__version__ == package["project"]["version"]


@pytest.mark.parametrize("name", BARE)
def test_a_bare_object_is_short_and_has_a_page(name):
    thing, page = BARE[name], BARE[name]._repr_html_()
    assert len(repr(thing)) < 700
    assert " at 0x" not in repr(thing)
    assert page.startswith(("<table", "<p>"))
    assert "<caption>" in page or page.startswith("<p>")


@pytest.mark.parametrize("thing", OTHERS, ids=lambda thing: type(thing).__name__)
def test_nothing_prints_its_address(thing):
    assert " at 0x" not in repr(thing)
    assert len(repr(thing)) < 300


def test_a_network_and_a_scenario_have_a_table():
    assert CHAIN.table.loc["shop", "supplied by"] == "mine"
    assert CHAIN.table.loc["shop", "demand [units/day]"] == 5
    assert SHOP.table.loc["shop", "rule"] == tl.BaseStock(8)
    assert PLANT.state.table.loc[("shop", "unit"), "on hand [units]"] >= 0


@pytest.mark.parametrize("kind", [tl.Lane, tl.Node, tl.BaseStock, tl.KPIs, tl.Outage])
def test_help_shows_unit_meaning_and_range_of_each_column(kind):
    told = inspect.getdoc(kind)
    for name in inspect.signature(kind).parameters:
        assert re.search(rf"^    {name}( = .+)?( \[.+\])?: ", told, re.M), name
    assert told.count("Columns:") == 1


def test_help_of_a_lane_says_what_a_lead_time_is():
    told = inspect.getdoc(tl.Lane)
    assert "    lead_time = Constant(value=1.0) [days]: from shipping to arrival" in told
    assert "sourcing_share = 0.0 [share]: part of the orders it gets where" in told
    assert "shared out; 0 to 1" in told


def test_a_warning_points_at_the_line_that_was_written_here():
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        tl.tune(SHOP, {"shop.up_to": (5, 6)}, tl.cost, 20, evaluations=40)
        tl.replicate(SHOP, tl.Precision(1e-6, "total_cost", most=128))
    assert [Path(each.filename).name for each in caught] == [Path(__file__).name] * len(caught)
    assert len(caught) >= 2


@pytest.mark.parametrize(("call", "words"), [
    (lambda: tl.replicate(SHOP, 20, warm_up=3.5),
     r"warm_up must be a whole number or a text, got 3\.5$"),
    (lambda: tl.modeling.SerialChain((tl.modeling.Stage("shop", 1, 1),), tl.Normal(5, 1),
                                     float("inf")), "backorder_cost"),
    (lambda: tl.fill_rate(tl.simulate(SHOP), "harbour"), "known are: mine, shop"),
])  # fmt: skip
def test_a_wrong_value_is_named_with_a_remedy_that_helps(call, words):
    with pytest.raises(tl.TwinError, match=words):
        call()


def test_a_notebook_shows_message_and_own_line_only(tmp_path):
    script = tmp_path / "own.py"
    script.write_text("import twinlab as tl\ntl.Node('plant', capacity=-1)\n", encoding="utf-8")
    code = (
        f"import runpy\ntry:\n    runpy.run_path({str(script)!r})\n"
        "except Exception as error:\n    print(*error._render_traceback_(), sep='\\n')\n"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT,
                          check=True).stdout.splitlines()  # fmt: skip
    assert told[0] == "NetworkError: Node 'plant': capacity must be at least 0 units/day, got -1"
    assert "tl.Node('plant', capacity=-1)" in told[-1]
    assert len(told) <= 4
