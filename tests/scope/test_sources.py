"""Workbooks, frames and databases are read and written alike; nothing is lost without a word."""

import datetime
import io
import re
import tempfile
import zipfile
from decimal import Decimal
from pathlib import Path

import openpyxl
import pandas as pd
import pyarrow as pa
import pytest
import sqlalchemy as sa
from hypothesis import Phase, given, settings
from sqlalchemy.orm import Session
from sqlalchemy.pool import StaticPool

import twinlab as tl
from tests.strategies import networks
from tests.technology.postgres import fresh

HEAD = ["source", "destination", "product", "lead_time"]
LANE = ["mine", "shop", "ore", 2]
FRAME = pd.DataFrame([LANE], columns=HEAD)
CHAIN = tl.serial(["mine", "shop"], demand=tl.Normal(5, 1))
TRACED = CHAIN.change(tl.Demand("shop", "unit", tl.Trace((1, 0, 2.5))))


def sqlite():
    return sa.create_engine("sqlite://", poolclass=StaticPool)


def book(path, **sheets):
    made = openpyxl.Workbook()
    made.remove(made.active)
    for name, rows in sheets.items():
        sheet = made.create_sheet(name)
        for row in rows:
            sheet.append(row)
    made.save(path)
    return path


def lanes(source, **how):
    """The lanes of a source, as plain values."""
    network = tl.Network.from_tables(source, **how)
    return [(v.source, v.destination, v.product, v.lead_time.average) for v in network.lanes]


def refused(source, words, **how):
    with pytest.raises(tl.NetworkError, match=words):
        tl.Network.from_tables(source, **how)


# -- workbooks --


def test_a_sheet_is_a_table_wherever_it_begins(tmp_path):
    rows = [[], [None, None, "Our chain"], [None, None, *HEAD], [], [None, None, *LANE]]
    path = book(tmp_path / "a.xlsx", Lanes=rows, Notes=[["call Ann"]])
    assert lanes(path) == [("mine", "shop", "ore", 2)]
    told = [repr(note) for note in tl.Network.from_tables(path).report.notes]
    assert "left out: a.xlsx sheet Lanes: 1 rows above the header" in told
    assert "left out: notes: no table of a network has this name" in told


@pytest.mark.parametrize(
    ("cells", "row"),
    [(["mine", "shop", 4711, "2,5"], ("mine", "shop", "4711", 2.5)),
     (["mine", "shop", "007", "2"], ("mine", "shop", "007", 2)),
     (["mine", "shop", 4006381333931, 2.0], ("mine", "shop", "4006381333931", 2))],
)  # fmt: skip
def test_numbers_and_texts_are_what_they_look_like(tmp_path, cells, row):
    assert lanes(book(tmp_path / "a.xlsx", lanes=[HEAD, cells])) == [row]


@pytest.mark.parametrize(
    ("cell", "words"),
    [("=1+1", "cell D2 holds a formula that was never calculated"),
     ("#N/A", "cell D2 holds the error #N/A"), ("#DIV/0!", "the error #DIV/0!"),
     (datetime.datetime(2026, 3, 1), "got '2026-03-01'"), (True, "got 'True'"),
     (datetime.time(3), "got '03:00:00'"), ("soon", "lead_time is a distribution")],
)  # fmt: skip
def test_a_cell_without_a_number_is_refused(tmp_path, cell, words):
    refused(book(tmp_path / "a.xlsx", lanes=[HEAD, [*LANE[:3], cell]]), words)


def test_only_the_sheet_that_is_read_must_be_calculated(tmp_path):
    path = book(tmp_path / "a.xlsx", x=[["=1+1"]], lanes=[HEAD, LANE], zz=[["#N/A"]])
    made = openpyxl.load_workbook(path)
    made.move_sheet("lanes", -1)
    made["x"].title = "first"
    made.save(path)
    assert lanes(path) == [("mine", "shop", "ore", 2)]
    made["lanes"]["D2"], made["first"]["A1"] = "=1+1", 3
    made.move_sheet("zz", -2)
    made.save(path)
    refused(path, "sheet lanes, cell D2 holds a formula")


def test_a_sheet_is_found_by_its_link_and_not_by_its_file(tmp_path):
    """Excel keeps a sheet's file when the sheet is moved: here the two have changed places."""
    path = book(tmp_path / "a.xlsx", x=[["=1+1"]], lanes=[HEAD, LANE])
    parts = {n: zipfile.ZipFile(path).read(n) for n in zipfile.ZipFile(path).namelist()}
    one, two = (f"xl/worksheets/sheet{n}.xml" for n in "12")
    parts[one], parts[two] = parts[two], parts[one]
    links = parts["xl/_rels/workbook.xml.rels"]
    swap = {b"sheet1.xml": b"sheet2.xml", b"sheet2.xml": b"sheet1.xml"}
    parts["xl/_rels/workbook.xml.rels"] = re.sub(rb"sheet\d.xml", lambda m: swap[m[0]], links)
    with zipfile.ZipFile(path, "w") as made:
        for name, part in parts.items():
            made.writestr(name, part)
    assert lanes(path) == [("mine", "shop", "ore", 2)]


def changed(path, old, new):
    """The first sheet's XML with some bytes changed."""
    parts = {n: zipfile.ZipFile(path).read(n) for n in zipfile.ZipFile(path).namelist()}
    assert old in parts["xl/worksheets/sheet1.xml"]
    parts["xl/worksheets/sheet1.xml"] = parts["xl/worksheets/sheet1.xml"].replace(old, new)
    with zipfile.ZipFile(path, "w") as made:
        for name, part in parts.items():
            made.writestr(name, part)
    return path


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [(b'r="D2"', b'r="XFD1048576"', "has cells up to XFD1048576: delete what stands so far out"),
     (b'r="D2" t="n"><v>2</v>', b't="e" r="D2"><v>#REF!</v>', "cell D2 holds the error #REF!"),
     (b'r="D2" t="n"><v>2</v>', b'r="D2"><f t="shared" si="0"/>', "never calculated"),
     (b'r="D2" t="n"><v>2</v>', b'r="D2"><f>1+1</f><v/>', "never calculated"),
     (b'<v>2</v>', b'<v>x2</v>', "cannot be read")],
)  # fmt: skip
def test_a_hostile_sheet_is_refused(tmp_path, old, new, words):
    refused(changed(book(tmp_path / "a.xlsx", lanes=[HEAD, LANE]), old, new), words)


@pytest.mark.parametrize("raw", [b"PK\x03\x04 no zip", bytes.fromhex("d0cf11e0a1b11ae1") * 99])
def test_a_broken_or_locked_workbook_is_refused(tmp_path, raw):
    for name in ("a.xlsx", "lanes.csv"):
        (tmp_path / name).write_bytes(raw)
        refused(tmp_path / name, f"{name} cannot be read as a workbook: .*; save it as .xlsx")


def test_a_text_that_is_called_a_workbook_is_a_text(tmp_path):
    """As SAP writes it."""
    (tmp_path / "lanes.xls").write_text("\t".join(HEAD) + "\nmine\tshop\tore\t2,5\n", "utf-16")
    assert lanes(tmp_path) == [("mine", "shop", "ore", 2.5)]


def test_one_table_is_never_two(tmp_path):
    refused({"lanes": FRAME, "Lanes": FRAME}, "two tables are called 'lanes'")
    refused({"lanes": FRAME, "lane": FRAME}, "the source has lanes and lane: keep one")
    refused(book(tmp_path / "a.xlsx", Lanes=[HEAD], **{"lanes ": [HEAD]}), "two tables")


# -- frames --


class Stream:
    def __arrow_c_stream__(self, requested_schema=None):
        return pa.Table.from_pandas(FRAME).__arrow_c_stream__(requested_schema)


class Interchange:
    def __dataframe__(self, *args, **kwargs):
        return pa.Table.from_pandas(FRAME).__dataframe__()


FRAMES = {
    "pandas": FRAME,
    "named index": FRAME.set_index(["source", "destination"]),
    "categories": FRAME.astype("category"),
    "nullable": FRAME.convert_dtypes().assign(capacity=pd.array([None], dtype="Int64")),
    "missing": FRAME.assign(capacity=[float("nan")], mode=[None], distance=[pd.NaT]),
    "decimal": FRAME.assign(lead_time=[Decimal("2.0")]),
    "arrow": pa.Table.from_pandas(FRAME),
    "stream": Stream(),
    "interchange": Interchange(),
    "dict": {name: [cell] for name, cell in zip(HEAD, LANE, strict=True)},
    "rows": [dict(zip(HEAD, LANE, strict=True))],
}


@pytest.mark.parametrize("kind", FRAMES)
def test_every_kind_of_frame_is_a_table(kind):
    assert lanes({"lanes": FRAMES[kind]}) == [("mine", "shop", "ore", 2)]


@pytest.mark.parametrize(
    ("table", "words"),
    [(None, "is no table"), (5, "is no table"), ("lanes.csv", "is no table"),
     (FRAME.assign(lead_time=[None]), "lead_time is blank"),
     (FRAME.assign(product=[b"ore"]), "product is one value, got b'ore'"),
     (FRAME.assign(product=[["ore"]]), "product is one value"),
     (FRAME.assign(lead_time=[1j]), "lead_time is a distribution"),
     (FRAME.set_index(pd.Index(["first"])), "unknown column 'index'"),
     (pd.concat([FRAME, FRAME], axis=1), "two columns are called 'source'")],
)  # fmt: skip
def test_what_is_no_table_is_refused(table, words):
    refused({"lanes": table}, words)


# -- databases --


def psycopg():
    return sa.create_engine(fresh().replace("postgresql:", "postgresql+psycopg:"))


@pytest.mark.parametrize("make", [sqlite, psycopg])
def test_a_database_is_a_source_and_a_target(make):
    engine = make()
    TRACED.to_tables(engine)
    assert tl.Network.from_tables(engine) == TRACED
    with engine.connect() as connection:
        CHAIN.to_tables(connection)
    with engine.connect() as connection:
        assert tl.Network.from_tables(connection) == CHAIN  # its trace has gone
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE VIEW wege AS SELECT * FROM lanes")
    assert len(lanes(engine, tables={"lanes": "wege"})) == 1
    engine.dispose()


def test_a_table_may_lie_in_another_schema():
    engine = psycopg()
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE SCHEMA erp")
        connection.exec_driver_sql('CREATE TABLE erp."Ship Lanes" (von text, nach text, was text,'
                                   ' "Lead time" numeric, seen date, more jsonb)')  # fmt: skip
        connection.exec_driver_sql(
            'INSERT INTO erp."Ship Lanes" VALUES '
            "('mine', 'shop', 'ore', 2.5, '2026-03-01', '{\"a\": 1}')"
        )
    names = {"von": "source", "nach": "destination", "was": "product", "*": None}
    tables = {"lanes": "erp.Ship Lanes"}
    assert lanes(engine, tables=tables, columns=names) == [("mine", "shop", "ore", 2.5)]
    names = {"nach": "node", "was": "product", "Lead time": "quantity", "seen": "date", "*": None}
    history = tl.read_history(engine, names, table="erp.Ship Lanes")
    assert history.table.iloc[0, 0] == 2.5
    refused(engine, "does not answer: nowhere", tables={"lanes": "erp.nowhere"})
    engine.dispose()


def test_a_name_that_attacks_is_a_name():
    engine, name = sqlite(), 'x"; DROP TABLE lanes; --'
    FRAME.to_sql(name, engine, index=False)
    assert lanes(engine, tables={"lanes": name}) == [("mine", "shop", "ore", 2)]


def test_a_database_that_does_not_answer_is_told():
    refused(sa.create_engine("postgresql+psycopg://localhost:1/x"), "does not answer")
    refused(Session(sqlite()), "give an engine or a connection")


# -- writing --

NAMES = ["007", "=1+1", "@x", "NA", "-", "true", "1e5", "2026-03-01", "żółć", "倉庫", "nan", "null",
         "inf", "1.950", "1,5", "a,b", 'q"q', "'t", "#N/A", "Total", "50%", "name", "\\N",
         "_x000D_", "a/b", "4711.0"]  # fmt: skip


def targets(tmp_path):
    return [tmp_path / "folder", tmp_path / "book.xlsx", {}, sqlite()]


def test_odd_names_come_back_from_everywhere(tmp_path):
    named = tl.Network(
        products=[tl.Product(name, value=0.0) for name in NAMES],
        nodes=[tl.Node(name) for name in NAMES],
        lanes=[tl.Lane(a, b, p, mode=p, lead_time=0)
               for a, b, p in zip(NAMES, NAMES[1:], NAMES[2:], strict=False)],
        demands=[tl.Demand(NAMES[1], NAMES[2], tl.Trace((0, 1.125, 1e300)))],
        stocks=[tl.Stock(NAMES[1], NAMES[2], 0.0)],
    )  # fmt: skip
    for target in targets(tmp_path):
        named.to_tables(target)
        assert tl.Network.from_tables(target) == named


@given(network=networks())
@settings(max_examples=8, deadline=None, phases=[Phase.generate])
def test_every_network_comes_back_from_everywhere(network):
    with tempfile.TemporaryDirectory() as folder:
        for target in targets(Path(folder)):
            network.to_tables(target)
            assert tl.Network.from_tables(target) == network


def test_writing_anew_leaves_no_old_table(tmp_path):
    for target in targets(tmp_path):
        TRACED.to_tables(target)
        CHAIN.to_tables(target)
        assert tl.Network.from_tables(target) == CHAIN


def test_other_sheets_are_kept_and_tables_of_ours_replaced(tmp_path):
    path = book(tmp_path / "a.xlsx", Notes=[["call Ann"], ["=A1"]], Nodes=[["name"], ["old"]])
    CHAIN.to_tables(path)
    assert tl.Network.from_tables(path) == CHAIN
    kept = openpyxl.load_workbook(path)
    assert [cell.value for cell in kept["Notes"]["A"]] == ["call Ann", "=A1"]
    assert "Nodes" not in kept.sheetnames
    comments = {cell.value: cell.comment.text for cell in kept["nodes"][1]}
    assert comments["capacity"].endswith("[units/day]")


def test_what_others_wrote_is_not_lost(tmp_path):
    folder, engine, frames = tmp_path / "folder", sqlite(), {"Nodes": pd.DataFrame({"note": ["x"]})}
    folder.mkdir()
    (folder / "Nodes.csv").write_text("name;remark\na;b\n")
    frames["Nodes"].to_sql("nodes", engine, index=False)
    for target in (folder, book(tmp_path / "a.xlsx", nodes=[["note"], ["x"]]), engine, frames):
        with pytest.raises(tl.NetworkError, match="which would be lost: write elsewhere"):
            CHAIN.to_tables(target)
    assert (folder / "Nodes.csv").read_text() == "name;remark\na;b\n"
    assert pd.read_sql_table("nodes", engine)["note"].tolist() == ["x"]


def test_a_picture_is_not_lost(tmp_path):
    chart = openpyxl.chart.BarChart()
    made = openpyxl.Workbook()
    made.active.add_chart(chart)
    made.save(tmp_path / "a.xlsx")
    with pytest.raises(tl.NetworkError, match=r"xl/(charts|drawings).*would be lost"):
        CHAIN.to_tables(tmp_path / "a.xlsx")


@pytest.mark.parametrize("name", ["a.csv", "a.xls", "a.xlsm", "no/a.xlsx", "taken"])
def test_where_nothing_can_be_written_it_is_said(tmp_path, name):
    (tmp_path / "taken").write_text("x")
    with pytest.raises(tl.NetworkError, match=r"one table|cannot be"):
        CHAIN.to_tables(tmp_path / name)


def test_a_broken_workbook_is_not_written_over(tmp_path):
    (tmp_path / "a.xlsx").write_bytes(b"nonsense")
    with pytest.raises(tl.NetworkError, match="cannot be read as a workbook"):
        CHAIN.to_tables(tmp_path / "a.xlsx")


def test_a_cell_that_a_workbook_would_cut_is_refused(tmp_path):
    long = CHAIN.change(tl.Demand("shop", "unit", tl.Empirical(range(9000))))
    with pytest.raises(tl.NetworkError, match="too long for a cell of a workbook"):
        long.to_tables(tmp_path / "a.xlsx")


def test_disruptions_come_back_from_everywhere(tmp_path):
    trouble = [tl.Outage("mine", start=5, days=3), tl.DemandShift("shop", factor=1 / 3),
               tl.Outage("mine", start="2026-03-01", days=tl.Gamma(4, 2))]  # fmt: skip
    for target in [*targets(tmp_path), tmp_path / "trouble.csv"]:
        tl.write_disruptions(trouble, target)
        assert tl.read_disruptions(target) == trouble


def test_disruptions_have_dates_and_kinds_as_people_write_them():
    rows = {"kind": ["outage", "Lane Outage"], "node": ["mine", None], "source": [None, "mine"],
            "destination": [None, "shop"], "start": ["1.3.2026", "2026-03-09"],
            "days": ["2,5", 3]}  # fmt: skip
    one, two = tl.read_disruptions({"disruptions": rows})
    dated = tl.Scenario(CHAIN, tl.BaseStock(9), 60, start="2026-02-27").disrupt(one, two)
    assert [d.start for d in dated.disruptions] == [2, 10]
    assert one.days.average == 2.5
    rows["start"] = ["3/4/2026", "2026-03-09"]
    with pytest.raises(tl.NetworkError, match=r"row 1: start .* in some countries"):
        tl.read_disruptions({"disruptions": rows})


def test_a_file_in_memory_is_no_source():
    refused(io.BytesIO(b"name"), "a source of tables is a folder")
