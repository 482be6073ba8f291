"""Which column is which, what is converted, and what a planner is told of it."""

import pandas as pd
import pytest

import twinlab as tl

LANES = "source,destination,product\nmine,shop,ore\nmine,shop,coal\n"


def read(folder, columns=None, tables=None, **files):
    for name, text in {"lanes": LANES, **files}.items():
        (folder / f"{name}.csv").write_text(text, "utf-8")
    return tl.Network.from_tables(folder, columns, tables=tables)


def told(network, kind):
    return [f"{note.where}: {note.what}" for note in network.report.notes if note.kind == kind]


FOREIGN = "Ship from;Ship to;Item;Transit;Remark\nmine;shop;ore;1,5;x\n"
OURS = {"Ship from": "source", "ship TO": "destination", "Item": "product"}


@pytest.mark.parametrize(
    ("columns", "days"),
    [({**OURS, "Transit": "lead_time", "Remark": None}, 1.5),
     ({**OURS, "Transit": "lead_time [weeks]", "*": None}, 10.5),
     ({"lanes": {**OURS, "*": None}}, 1),
     ({**OURS, "lanes": {"Transit": "lead_time", "*": None}}, 1.5)],
)  # fmt: skip
def test_a_mapping_says_which_column_is_which(tmp_path, columns, days):
    network = read(tmp_path, columns, lanes=FOREIGN)
    assert network.lanes[0].lead_time.average == days
    left = "Remark" if days > 1 else "Transit, Remark"
    assert told(network, "left out") == [f"lanes.csv: {left}"]


def test_a_table_of_the_source_maps_as_well(tmp_path):
    said = "theirs,ours,table\nShip from,source,\nShip to,destination,lanes\nItem,product,\n"
    (tmp_path / "columns.csv").write_text(said + "Transit,lead_time [weeks],\n*,,\n")
    network = read(tmp_path, lanes=FOREIGN)
    assert network.lanes[0].lead_time.average == 10.5
    assert not told(network, "odd")


@pytest.mark.parametrize(
    ("columns", "words"),
    [(OURS, "unknown column 'Remark'"),
     ({**OURS, "Transit": "led_time", "*": None}, "unknown column 'led_time'; did you mean 'lead"),
     ({**OURS, "Transit": "product", "*": None}, "two columns are called 'product'"),
     ({**OURS, "Transit": 3}, r"columns=\{'transit': 3\}: give our name of a column, or None"),
     ({**OURS, "*": "mode"}, "give our name of a column")],
)  # fmt: skip
def test_a_wrong_mapping_is_taught(tmp_path, columns, words):
    with pytest.raises(tl.NetworkError, match=words):
        read(tmp_path, columns, lanes=FOREIGN)


def test_what_fits_nothing_is_odd(tmp_path):
    columns = {"Werk": "source", "nodes": {"Ort": "name"}}
    odd = told(read(tmp_path, columns, units="product,unit,pieces\nor,box,2\n"), "odd")
    assert odd == [
        "units: 'or' is no product",
        "columns: 'werk' is mapped, but no header is called so",
        "columns of nodes: 'ort' is mapped, but no header is called so",
    ]
    with pytest.raises(tl.NetworkError, match="the source has no 'wege'; known are"):
        read(tmp_path, None, {"lanes": "wege"})
    with pytest.raises(tl.NetworkError, match="tables: 'lane' is none of ours; did you mean"):
        read(tmp_path, None, {"lane": "lanes"})


WAYS = {"source": ["mine"], "destination": ["shop"], "product": ["ore"]}
ASKED = {"node": ["shop"], "product": ["ore"], "pattern": [4]}


def test_a_table_of_another_name_is_known_by_its_columns():
    sold = {"date": ["2026-03-02"], "node": ["shop"], "product": ["ore"], "quantity": [4]}
    sites = {"Name": ["mine", "shop"], "Capacity": [9, 9]}
    book = {"Transport": WAYS, "Customers": ASKED, "Sites": sites, "Till 2026": sold}
    network = tl.Network.from_tables(book)
    assert network.node("mine").capacity == 9
    assert len(network.lanes) == len(network.demands) == 1
    assert told(network, "assumed")[:3] == [
        "transport: it is our table lanes, by its columns",
        "customers: it is our table demands, by its columns",
        "sites: it is our table nodes, by its columns",
    ]
    assert told(network, "left out") == ["sales: till_2026, for read_history"]
    assert tl.read_history(book).items == (("shop", "ore"),)
    which = {"ours": ["lanes", "demands"], "theirs": ["Transport", "Customers"]}
    chosen = tl.Network.from_tables({"tables": which, **book, "Old transport": WAYS})
    assert chosen.lanes == network.lanes
    with pytest.raises(tl.NetworkError, match=r"but x: a network needs .* tables=\{'lanes'"):
        tl.Network.from_tables({"x": {"a": [1]}})


def test_what_a_planner_would_not_believe_is_odd():
    ways = WAYS | {"lead_time": [3000], "cost_per_unit": [900]}
    odd = tl.Network.from_tables({"lanes": ways, "demands": ASKED | {"price": [20]}}).report.odd
    assert odd == ("mine → shop ore: costs 900, customers pay 20",
                   "mine → shop ore: 3000 days on the way")  # fmt: skip
    assert tl.Network.from_tables({"lanes": WAYS, "demands": ASKED}).report.odd == ()
    free = tl.Network.from_tables({"lanes": WAYS, "demands": ASKED | {"price": [0]}})
    assert free.report.odd == ("shop ore: price 0",)


def test_titles_above_foreign_headers_are_no_header():
    rows = [["Transport", None, None], ["Von", "Nach", "Was"], ["mine", "shop", "ore"]]
    with pytest.raises(tl.NetworkError, match="unknown column 'Von', nor is 'Nach', nor is 'Was'"):
        tl.Network.from_tables({"lanes": pd.DataFrame(rows, columns=["Export", "", " "])})


UNITS = "product;unit;pieces\nore;box;12\n;pallet;480\nore;Karton;2,5\n"
RATES = "currency;rate\nEUR;1,25\n"


@pytest.mark.parametrize(
    ("header", "cells", "value"),
    [("on_hand,unit", "4,box", 48), ("on_hand [Boxes]", "4", 48), ("on_hand,unit", "4,Karton", 10),
     ("on_hand,unit", "2,pallets", 960), ("on_hand [kg]", "4", 2), ("on_hand [t]", "1", 500),
     ("on_hand,unit", "4,Stück", 4), ("on_hand,unit", "4,", 4)],
)  # fmt: skip
def test_a_stock_is_counted_in_our_units(tmp_path, header, cells, value):
    files = {"units": UNITS, "products": "name,weight\nore,2\ncoal,1\n"}
    network = read(tmp_path, **files, stocks=f"node,product,{header}\nshop,ore,{cells}\n")
    assert network.stocks[0].on_hand == value
    assert bool(told(network, "converted")) == (cells != "4,")


@pytest.mark.parametrize(
    ("header", "cells", "column", "value"),
    [("cost_per_unit,currency", "4,EUR", "cost_per_unit", 5),
     ("cost_per_unit [€]", "4", "cost_per_unit", 5),
     ("cost_per_unit [EUR/box]", "12", "cost_per_unit", 1.25),
     ("cost_per_unit,currency,unit", "12,eur,box", "cost_per_unit", 1.25),
     ("capacity [boxes/week]", "70", "capacity", 120), ("capacity [t/week]", "7", "capacity", 500),
     ("distance [mi]", "100", "distance", 160.9344),
     ("sourcing_share [%]", "50", "sourcing_share", 0.5), ("sourcing_share", "50%",
      "sourcing_share", 0.5)],
)  # fmt: skip
def test_a_figure_of_a_lane_is_in_our_unit(tmp_path, header, cells, column, value):
    lanes = f"source,destination,product,{header}\nmine,shop,ore,{cells}\n"
    files = {"units": UNITS, "rates": RATES, "products": "name,weight\nore,2\n"}
    assert getattr(read(tmp_path, **files, lanes=lanes).lanes[0], column) == pytest.approx(value)


@pytest.mark.parametrize(
    ("law", "mean", "sd"),
    [("Normal(2, 1)", 14, 7), ("Gamma(2, 1)", 14, 7), ("Uniform(1, 3)", 14, None), ("2", 14, 0)],
)
def test_a_law_is_converted_as_a_whole(tmp_path, law, mean, sd):
    lanes = f'source,destination,product,lead_time [weeks]\nmine,shop,ore,"{law}"\n'
    time = read(tmp_path, lanes=lanes).lanes[0].lead_time
    assert (time.average, getattr(time, "sd", sd or sd)) == (mean, sd)


@pytest.mark.parametrize(
    ("files", "words"),
    [({"stocks": "node,product,on_hand [kg]\nshop,ore,4\n"}, "row 1: on_hand the unit 'kg' is not"),
     ({"stocks": "node,product,on_hand,unit\nshop,ore,4,crate\n"}, "'crate' is not known where"),
     ({"stocks": "node,product,on_hand [box],unit\nshop,ore,4,pallet\n", "units": UNITS},
      "in 'box' by its header, in 'pallet' by its row: write it once"),
     ({"lanes": "source,destination,product,lead_time [kg]\na,b,c,1\n"}, "where 'days' is wanted"),
     ({"lanes": "source,destination,product,cost_per_unit,currency\na,b,c,1,CHF\n"}, "'CHF/unit'"),
     ({"demands": "node,product,pattern,unit\nshop,ore,Poisson(4),box\n", "units": UNITS},
      "which cannot be converted: write it in the column's unit"),
     ({"rates": "currency,rate\nEUR,0\n"}, "rates.csv row 1: rate must be above 0"),
     ({"rates": "currency,rate\nEUR,1\neur,2\n"}, "row 2: eur stands there twice"),
     ({"rates": "currency,rate\nEUR,1.125\n"}, "'1.125' is 1.125 in some countries"),
     ({"units": "product,unit,pieces\nore,box,\n"}, "units.csv row 1: pieces is missing")],
)  # fmt: skip
def test_a_unit_that_is_not_known_is_refused(tmp_path, files, words):
    with pytest.raises(tl.NetworkError, match=words):
        read(tmp_path, **files)


def test_a_recipe_may_have_a_row_for_each_component(tmp_path):
    rows = "node;product;component;quantity;unit\nshop;steel;ore;1;box\nshop;steel;coal;0,5;\n"
    network = read(tmp_path, recipes=rows, units=UNITS)
    assert network.recipes[0].components == {"ore": 12, "coal": 0.5}


@pytest.mark.parametrize(
    ("row", "words"),
    [("steel;ore;2;;", "row 2: 'ore' stands in recipes.csv row 1 too: add its units up"),
     ("steel;coal;;;", "row 2: a component goes with its quantity"),
     ("steel;coal;-1;;", "must be at least 0"),
     ("steel;coal;1;9;", "row 2 says otherwise than recipes.csv row 1 of 'steel'"),
     ("steel;coal;1;;ore: 1", "says otherwise")],
)  # fmt: skip
def test_rows_of_a_recipe_that_differ_are_refused(tmp_path, row, words):
    head = "node;product;component;quantity;cost;components\nshop;steel;ore;1;;\n"
    with pytest.raises(tl.NetworkError, match=words):
        read(tmp_path, recipes=f"{head}shop;{row}\n")


ODD = {
    "x: nothing comes": ("nodes", "name\nmine\nshop\nx\n", "name\nmine\nshop\n"),
    "gold: no table names it": ("products", "name\nore\ncoal\ngold\n", "name\nore\ncoal\n"),
    "Total reads like totals": ("products", "name\nore\ncoal\nTotal\n", "name\nore\ncoal\n"),
    "its lanes carry 4": ("lanes", "source,destination,product,capacity\nmine,shop,ore,4\n",
                          "source,destination,product,capacity\nmine,shop,ore,5\n"),
    "mine: 5 units a day needed, it has 4": ("nodes", "name,capacity\nmine,4\nshop,\n",
                                             "name,capacity\nmine,5\nshop,\n"),
    "900 days of use": ("stocks", "node,product,on_hand\nshop,ore,4500\n",
                        "node,product,on_hand\nshop,ore,450\n"),
    "and nobody uses it": ("stocks", "node,product,on_hand\nshop,coal,4\n",
                           "node,product,on_hand\nshop,coal,0\n"),
    "shop coal: price 0": ("demands", "node,product,pattern,price\nshop,ore,5,2\nshop,coal,1,0\n",
                           "node,product,pattern,price\nshop,ore,5,2\nshop,coal,1,2\n"),
}  # fmt: skip


@pytest.mark.parametrize("words", ODD)
def test_what_looks_odd_is_told_and_nothing_else(tmp_path, words):
    name, odd, fine = ODD[words]
    demands = {"demands": "node,product,pattern\nshop,ore,5\n"}
    assert words in "\n".join(read(tmp_path, **{**demands, name: odd}).report.odd)
    assert read(tmp_path, **{**demands, name: fine}).report.odd == ()


def test_rows_of_totals_are_left_out(tmp_path):
    stocks = "node;product;on_hand\nshop;ore;1\nshop;coal;2\nSumme;;3\n"
    network = read(tmp_path, stocks=stocks)
    assert [s.on_hand for s in network.stocks] == [1, 2]
    assert told(network, "left out") == ["stocks.csv: row 3, of totals"]


def test_what_is_not_said_is_told_as_assumed(tmp_path):
    assumed = told(read(tmp_path), "assumed")
    assert assumed[0].startswith("lanes.csv: the defaults of mode, lead_time, order_delay")
    assert assumed[1:] == [
        "products: there is no such table: ore, coal",
        "nodes: there is no such table: mine, shop",
    ]


def test_what_others_usually_call_a_column_is_known_and_told():
    book = {
        "Transport": {"From": ["A", "B"], "To": ["B", "C"], "Item": ["x", "x"],
                      "Transit (weeks)": [2, 1], "Freight [USD]": [3, 4]},
        "Customers": {"Customer": ["C"], "SKU": ["x"], "Demand per day": [4]},
        "Warehouses": {"Site": ["A", "B", "C"], "Capacity": [9, 9, 9]},
        "Inventory": {"Location": ["B"], "Item": ["x"], "Stock": [30]},
        "Invoices": {"Date": ["2026-03-02"], "Store": ["C"], "Item": ["x"], "Qty": [5]},
    }  # fmt: skip
    network = tl.Network.from_tables(book)
    lane = network.lanes[0]
    assert (lane.key[:3], lane.lead_time.average, lane.cost_per_unit) == (("A", "B", "x"), 14, 3)
    assert (network.stocks[0].on_hand, network.demands[0].pattern.average) == (30, 4)
    assert network.node("A").capacity == 9
    said = "table Transport: 'From' is source, 'To' is destination, 'Item' is product, "
    assert any(note.startswith(said) for note in told(network, "assumed"))
    history = tl.read_history(book)
    assert history.series(("C", "x")).tolist() == [5.0]
    both = {**book["Customers"], "Pattern": [7]}  # our own word goes before
    with pytest.raises(tl.NetworkError, match="unknown column 'Demand per day'"):
        tl.Network.from_tables({**book, "demands": both})
