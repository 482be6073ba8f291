"""Tables: what is written is read back exactly, and what is left out is the default."""

import json

import pytest

import twinlab as tl
from twinlab.scope.cells import format_cell
from twinlab.scope.tables import TABLES


def everything():
    """A network in which every column of every table differs from its default."""
    return tl.Network(
        products=[tl.Product("bike", 12.5, 300), tl.Product("frame", 4), tl.Product("wheel")],
        nodes=[
            tl.Node("smith, Ltd.", "maker", 2, "DE", -48.1, 11.5, 0.1, 0.2, 0.3, True, True, 7, 30,
                    tl.Uniform(0.5, 1)),
            tl.Node("plant"),
            tl.Node('the "Berlin" shop'),
        ],
        lanes=[
            tl.Lane(
                "smith, Ltd.", "plant", "frame", "rail", tl.LogNormal(14, 4), 2, 1 / 3, 0.1, 5, 800,
                0.02, 2, 0.75, 3, 1.5, 2.5,
            ),
            tl.Lane("smith, Ltd.", "plant", "wheel"),
            tl.Lane("plant", 'the "Berlin" shop', "bike"),
        ],
        recipes=[
            tl.Recipe("plant", "bike", {"frame": 1, "wheel": 2.25}, 3, tl.Uniform(0.9, 1), 7, 0.5)
        ],
        demands=[
            tl.Demand(
                'the "Berlin" shop', "bike", tl.Empirical((0, 0, 12.5)), (1, 0.5, 1e-9), 364.25,
                -0.001, False, 1, 2, 3, 4,
            ),
            tl.Demand("plant", "bike", tl.Trace((1 / 3, 0, 1e300))),
        ],
        stocks=[tl.Stock("plant", "wheel", 0.1 + 0.2, 0.7)],
    )  # fmt: skip


def test_every_column_comes_back_exactly(tmp_path):
    everything().to_tables(tmp_path)
    assert tl.Network.from_tables(tmp_path) == everything()


def test_no_column_of_the_test_is_a_default():
    """The round trip above is of use only if it would notice a column that is dropped."""
    for name, row_type in TABLES.items():
        row, plain = getattr(everything(), name)[0], row_type.__dataclass_fields__
        for column, field in plain.items():
            assert getattr(row, column) != field.default, f"{name}.{column}"


def test_writing_twice_writes_the_same(tmp_path):
    for folder in ("one", "two"):
        everything().to_tables(tmp_path / folder)
    tl.Network.from_tables(tmp_path / "one").to_tables(tmp_path / "two")
    once, twice = (
        {path.name: path.read_bytes() for path in (tmp_path / folder).glob("*.csv")}
        for folder in ("one", "two")
    )
    assert once == twice
    assert once.keys() >= {f"{name}.csv" for name in TABLES}


def test_a_trace_that_is_gone_leaves_no_file(tmp_path):
    everything().to_tables(tmp_path)
    assert (tmp_path / "traces.csv").exists()
    plain = tl.serial(["mine", "shop"], demand=tl.Constant(4))
    plain.to_tables(tmp_path)
    assert not (tmp_path / "traces.csv").exists()
    assert tl.Network.from_tables(tmp_path) == plain


def test_a_hand_written_table_needs_only_what_it_says(tmp_path):
    """Blank cells and missing columns are defaults; Excel's mark and blank lines do no harm."""
    (tmp_path / "products.csv").write_text("name\nbike\n", encoding="utf-8-sig")
    (tmp_path / "nodes.csv").write_text("name, capacity \nplant, 120 \n\nshop,\n")
    (tmp_path / "lanes.csv").write_text(
        'product,source,destination,lead_time\nbike,plant,shop,"Normal(5, 1)"\n'
    )
    (tmp_path / "demands.csv").write_text("node,product,pattern,backorders\nshop,bike,4,FALSE\n")
    assert tl.Network.from_tables(tmp_path) == tl.Network(
        products=[tl.Product("bike")],
        nodes=[tl.Node("plant", capacity=120), tl.Node("shop")],
        lanes=[tl.Lane("plant", "shop", "bike", lead_time=tl.Normal(5, 1))],
        demands=[tl.Demand("shop", "bike", 4, backorders=False)],
    )


def test_the_data_package_describes_every_column(tmp_path):
    everything().to_tables(tmp_path)
    package = json.loads((tmp_path / "datapackage.json").read_text())
    tables = {resource["name"]: resource for resource in package["resources"]}
    assert list(tables) == [*TABLES, "traces"]
    nodes = {field["name"]: field for field in tables["nodes"]["schema"]["fields"]}
    assert nodes["latitude"]["constraints"] == {"required": False, "minimum": -90, "maximum": 90}
    assert nodes["name"]["constraints"] == {"required": True}
    assert nodes["holding_cost"]["unit"] == "USD/unit/day"
    for name, resource in tables.items():
        header = (tmp_path / resource["path"]).read_text().splitlines()[0].split(",")
        if name != "traces":
            assert header == [field["name"] for field in resource["schema"]["fields"]]


def test_disruptions_come_back_exactly(tmp_path):
    """One table for all kinds; a column that a kind does not have stays blank."""
    trouble = [
        tl.Outage("plant", "bike", loss=0.3, stock_ships=True, start=5, days=2.5, recovery=3),
        tl.LaneOutage("plant", "shop", mode="air", holds_transit=True, days=tl.Gamma(4, 2)),
        tl.Delay("plant", "shop", extra=3, rate=0.01),
        tl.DemandShift("shop", factor=1 / 3, product="bike"),
        tl.StockLoss("shop", share=1 / 3, start=4),
    ]
    tl.write_disruptions(trouble, tmp_path / "trouble.csv")
    assert tl.read_disruptions(tmp_path / "trouble.csv") == trouble


@pytest.mark.parametrize(
    ("value", "text"),
    [(1 / 3, "0.3333333333333333"), (float("inf"), "inf"), ((), ""), ({}, ""), (False, "false")],
)
def test_a_cell_is_written_in_full(value, text):
    assert format_cell(value) == text


def one_lane(**lane):
    return tl.Network(
        [tl.Product("a")], [tl.Node("x"), tl.Node("y")], [tl.Lane("x", "y", "a", **lane)]
    )


@pytest.mark.parametrize(
    "network",
    [
        one_lane(lead_time=tl.Trace((1, 2, 3))),
        tl.Network([tl.Product(" a")], [tl.Node("x")]),
    ],
    ids=["a trace of lead times", "a name that begins with a space"],
)
def test_what_is_written_is_read_back(tmp_path, network):
    network.to_tables(tmp_path)
    assert tl.Network.from_tables(tmp_path) == network


def test_what_a_table_cannot_hold_is_refused():
    """An empty mode would read back as the default, a semicolon as two components."""
    with pytest.raises(tl.NetworkError, match="mode is empty: name it"):
        one_lane(mode="")
    with pytest.raises(tl.NetworkError, match="which parts components: drop it"):
        tl.Product("bolt; M8")
