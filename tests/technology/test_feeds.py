"""Feeds: files as offices write them, a database whose clerks commit late, a machine."""

import datetime as dt
import importlib.util
import json
import os
import sys
import threading
from contextlib import nullcontext, suppress

import pytest

from tests.technology.chains import shop
from tests.technology.postgres import fresh
from twinlab import SyncError, TwinError
from twinlab.technology import Bus, Mapping, Message
from twinlab.technology.mapping import Folder, OpcUaFeed, SqlFeed
from twinlab.technology.messages import Refused
from twinlab.twin import Twin

ORDERS = Mapping({
    "id": "Beleg | text", "names": {"node": {"Köln": "shop"}, "product": {"1001": "bike"}},
    "events": [{"kind": "demanded", "node": "Lager | name node", "quantity": "Menge | number",
                "product": "Artikel | name product", "time": "Datum | zone Europe/Berlin"}],
}, "orders")  # fmt: skip
HEAD = "Beleg;Lager;Artikel;Menge;Datum\n"


def needed(*modules):
    """Skip on a student's machine; fail where everything is required."""
    missing = [name for name in modules if not importlib.util.find_spec(name)]
    reason = f"{missing} not installed: pip install 'twinlab-scom[link,opcua]'"
    if missing and os.environ.get("TWINLAB_REQUIRE_ALL"):
        pytest.fail(reason)
    if missing:
        pytest.skip(reason)


def told(letters, mapping=ORDERS):
    """The messages and the refusals in letters."""
    found = [each for letter in letters for each in mapping.messages(letter)]
    return [m for m in found if isinstance(m, Message)], [
        m for m in found if isinstance(m, Refused)
    ]


# -- folders --


@pytest.mark.parametrize("code", ["cp1252", "utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("separator", [";", ",", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_csv_of_every_office(tmp_path, code, separator, end):
    text = HEAD + "1;Köln;1001;2.5;2026-03-02T08:00:00\n\n2;Köln;1001;3;2026-03-02 09:00\n"
    text = text.replace(";", separator).replace("\n", end)
    (tmp_path / "orders.csv").write_bytes(text.encode(code))
    letters, _ = Folder(tmp_path).poll()
    assert [letter.origin for letter in letters] == ["orders.csv row 1", "orders.csv row 3"]
    fine, bad = told(letters)
    assert [m.data["quantity"] for m in fine] == [2.5, 3.0]
    assert not bad


def test_a_decimal_comma_and_quoted_separators(tmp_path):
    text = (
        'Beleg;Lager;Artikel;Menge;Datum;"Be;merkung"\n1;Köln;1001;1.234,5;2026-03-02;"a;\n""b"""\n'
    )
    (tmp_path / "orders.csv").write_bytes(text.encode("cp1252"))
    [letter], _ = Folder(tmp_path).poll()
    assert json.loads(letter)["Be;merkung"] == 'a;\n"b"'
    assert told([letter])[0][0].data["quantity"] == 1234.5


def test_a_workbook(tmp_path):
    needed("openpyxl")
    import openpyxl

    book = openpyxl.Workbook()
    book.active.append(HEAD.strip().split(";"))
    book.active.append([1, "Köln", 1001, 2.5, dt.datetime(2026, 3, 2, 8)])
    book.active.append([None, None, None, None, None])
    book.active.append([2, " Köln", 1001.0, "2,5", "2026-03-02"])
    book.active.append([3, "Köln", "1001", 2.5, dt.datetime(2026, 3, 2)])
    book.save(tmp_path / "orders.xlsx")
    (tmp_path / "~$orders.xlsx").write_bytes(b"Excel is open")
    letters, place = Folder(tmp_path).poll()
    fine, bad = told(letters)
    assert [letter.origin for letter in letters] == [f"orders.xlsx row {n}" for n in (1, 3, 4)]
    said = {"day": 60, "node": "shop", "quantity": 2.5, "product": "bike"}
    assert [m.data for m in fine] == [said] * 3
    assert not bad
    assert Folder(tmp_path).poll(place) == ([], place)


def test_a_file_is_read_once_and_again_when_it_changes(tmp_path):
    feed, path, row = Folder(tmp_path, "*.csv"), tmp_path / "a.csv", "1;Köln;1001;1;2026-03-02\n"
    (tmp_path / "b.txt").write_text("no table")
    path.write_text(HEAD + row, "utf-8")
    letters, place = feed.poll(None)
    assert len(letters) == 1
    assert json.loads(json.dumps(place)) == place
    assert feed.poll(place)[0] == []
    path.rename(tmp_path / "c.csv")
    letters, place = feed.poll(place)
    assert letters == []
    (tmp_path / "c.csv").write_text(HEAD + row + row.replace("1;", "2;", 1), "utf-8")
    assert len(feed.poll(place)[0]) == 2


def test_a_half_written_table_is_told_and_read_when_it_is_whole(tmp_path):
    feed, path = Folder(tmp_path), tmp_path / "a.csv"
    whole = (HEAD + "1;Köln;1001;125;2026-03-02\n2;Köln;1001;125;2026-03-02\n").encode()
    place, seen = None, {}
    for end in range(1, len(whole) + 1):
        path.write_bytes(whole[:end])
        letters, place = feed.poll(place)
        fine, bad = told(letters)
        seen |= {m.id: m.data["quantity"] for m in fine}
        assert all("a.csv" in letter.origin for letter in letters)
        assert all("a.csv cannot be read" in b.reason for b in bad), bad
        assert set(seen.values()) <= {125.0}  # never a part of a number
        assert bool(bad) == (whole[end - 1 : end] != b"\n")
    assert seen == {"1#demanded": 125.0, "2#demanded": 125.0}


def test_a_broken_workbook_is_told_once_and_read_when_it_is_whole(tmp_path):
    needed("openpyxl")
    import openpyxl

    book, path, feed = openpyxl.Workbook(), tmp_path / "a.xlsx", Folder(tmp_path)
    book.active.append(HEAD.strip().split(";"))
    book.active.append([1, "Köln", 1001, 2.5, "2026-03-02"])
    book.save(path)
    raw = path.read_bytes()
    (tmp_path / "b.csv").write_text(HEAD + "2;Köln;1001;1;2026-03-02\n", "utf-8")
    path.write_bytes(raw[: len(raw) // 2])
    letters, place = feed.poll(None)
    fine, [bad] = told(letters)
    assert [m.id for m in fine] == ["2#demanded"]
    assert "a.xlsx cannot be read" in bad.reason
    assert feed.poll(place)[0] == []
    path.write_bytes(raw)
    assert [m.id for m in told(feed.poll(place)[0])[0]] == ["1#demanded"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"a;b;a\n1;2;3\n", "two columns are called 'a'"),
        (b"a;b\n1;2;3\n", "row 1 has more than 2 cells"),
        (b'a;b\n1;"2\n', "cannot be read"),
        (b"a;b\n1;\0\0\0", "no line end"),
        (b"a;b\n1;\x01\n", "it is no text"),
    ],
)
def test_what_is_no_table_is_told(tmp_path, text, said):
    (tmp_path / "a.csv").write_bytes(text)
    _, [bad] = told(Folder(tmp_path).poll()[0])
    assert said in bad.reason
    assert "a.csv" in Folder(tmp_path).poll()[0][0].origin


def test_a_folder_that_is_not_there(tmp_path):
    with pytest.raises(SyncError, match="no folder"):
        Folder(tmp_path / "none").poll()
    (tmp_path / "empty.csv").write_bytes(b"")
    assert Folder(tmp_path).poll()[0] == []


def test_a_twin_listens_to_a_folder(tmp_path):
    names = {"product": {"1001": "unit"}}
    row = {"kind": "served", "node": "=shop", "product": "Artikel | name product",
           "quantity": "Menge | number", "time": "Datum | utc"}  # fmt: skip
    bus, path = Bus(), tmp_path / "sales.csv"
    bus.now = 5.0
    twin = Twin(shop(), bus)
    twin.listen(Folder(tmp_path), Mapping({"id": "Nr | text", "names": names, "events": [row]}))
    head = "Nr;Artikel;Menge;Datum\n1;1001;2,5;3.1.2026\n2;1002;2,5;3.1.2026\n"
    path.write_text(head + "3;1001;1", "utf-8")
    took = twin.sync()
    assert (took.new, took.copies, took.dead) == (0, 0, 1)  # half written
    path.write_text(head + "3;1001;10;4.1.2026\n", "utf-8")
    took = twin.sync()
    assert (took.new, took.copies, took.dead) == (2, 0, 1)
    assert twin.state.on_hand["shop", "unit"] == 107.5
    path.write_text(head + "3;1001;10;4.1.2026\n4;1001;1;4.1.2026\n", "utf-8")
    took = twin.sync()
    assert (took.new, took.copies, took.dead) == (1, 3, 0)
    told = twin.store.dead_letters()  # what is refused again is there once
    assert [*told["origin"]] == ["sales.csv", "sales.csv row 2"]


# -- databases --

MOVES = Mapping({
    "id": "id | text",
    "events": [{"kind": "served", "node": "=shop", "product": "=bike", "quantity": "quantity",
                "time": "date | utc"}],
}, "moves")  # fmt: skip
QUERY = "SELECT id, quantity, date, write_date FROM stock_move WHERE write_date >= :since"
START = dt.datetime(2026, 3, 2, 8)


@pytest.fixture(params=["sqlite", "postgresql"])
def base(request, tmp_path):
    """The address of a database with an empty table of moves, an engine, and the table."""
    needed("sqlalchemy")
    import sqlalchemy as sql

    url = f"sqlite:///{tmp_path / 'erp.db'}" if request.param == "sqlite" else fresh()
    engine = sql.create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    move = sql.Table(
        "stock_move", sql.MetaData(), sql.Column("id", sql.Integer, primary_key=True),
        sql.Column("quantity", sql.Numeric(12, 3)), sql.Column("date", sql.DateTime),
        sql.Column("write_date", sql.DateTime),
    )  # fmt: skip
    move.create(engine)
    yield url, engine, move
    engine.dispose()


def row(number, seconds, quantity=1):
    written = START + dt.timedelta(seconds=seconds)
    return {"id": number, "quantity": quantity, "date": START, "write_date": written}


def ids(letters):
    return [json.loads(letter)["id"] for letter in letters]


@pytest.mark.filterwarnings("ignore:Dialect sqlite.* does \\*not\\* support Decimal")
def test_rows_are_polled_once_and_again_when_they_change(base):
    url, engine, move = base
    feed, place = SqlFeed(url, QUERY, overlap=60), None
    assert feed.poll(None) == ([], None)
    with engine.begin() as link:
        link.execute(move.insert(), [row(1, 0), row(2, 0.25), row(3, 30)])
    letters, place = feed.poll(None)
    assert ids(letters) == [1, 2, 3]
    assert letters[0].origin == "id 1"
    [first, *_], bad = told(letters, MOVES)
    assert (first.data["day"], first.data["quantity"], bad) == (60, 1.0, [])
    place = json.loads(json.dumps(place))
    assert len(place["seen"]) == 3
    assert feed.poll(place) == ([], place)
    with engine.begin() as link:
        link.execute(move.update().where(move.c.id == 2).values(**row(2, 40, quantity=5)))
        link.execute(move.insert(), [row(4, 3600)])
    letters, place = feed.poll(place)
    assert sorted(ids(letters)) == [2, 4]
    assert len(place["seen"]) == 1  # what is older than the overlap is not kept
    other = SqlFeed(url, QUERY, overlap=60)  # another process goes on from the place
    assert other.poll(place) == ([], place)
    assert other.name == feed.name


@pytest.mark.filterwarnings("ignore:Dialect sqlite.* does \\*not\\* support Decimal")
@pytest.mark.parametrize(("overlap", "missing"), [(0, 1), (60, 0)])
def test_a_row_that_is_committed_late(base, overlap, missing):
    url, engine, move = base
    feed = SqlFeed(url, QUERY, overlap=overlap)
    slow = engine.connect()  # a clerk begins, and writes down when
    if url.startswith("postgresql"):
        slow.execute(move.insert(), [row(1, 0)])
    with engine.begin() as quick:  # another is done sooner
        quick.execute(move.insert(), [row(2, 5)])
    letters, place = feed.poll(None)
    assert ids(letters) == [2]
    if url.startswith("sqlite"):  # where only one may write at a time
        slow.execute(move.insert(), [row(1, 0)])
    slow.commit()
    slow.close()
    assert 1 - len(feed.poll(place)[0]) == missing


def test_three_clerks_who_commit_late():
    """On PostgreSQL: each row carries the start of its transaction, as in Odoo."""
    needed("sqlalchemy", "psycopg")
    import psycopg

    url, query = fresh(), QUERY.replace("quantity, date", "1 AS quantity, write_date AS date")
    with psycopg.connect(url) as link:
        link.execute("CREATE TABLE stock_move (id INTEGER PRIMARY KEY, write_date TIMESTAMP)")
    starts, turns = ([threading.Event() for _ in range(30)] for _ in range(2))

    def clerk(number):
        """Every third move: begun in the order of the clerks, and committed when its turn comes."""
        for turn in range(number, len(turns), 3):
            with psycopg.connect(url) as link:
                assert starts[turn].wait(60)
                link.execute("INSERT INTO stock_move VALUES (%s, now())", [turn])
                begun.release()
                assert turns[turn].wait(60)
            done.release()

    begun, done = threading.Semaphore(0), threading.Semaphore(0)
    clerks = [threading.Thread(target=clerk, args=(n,), daemon=True) for n in range(3)]
    for each in clerks:
        each.start()
    (feed, place, got), (bare, alone, found) = (
        (SqlFeed(url, query, overlap=seconds), None, []) for seconds in (60, 0)
    )
    for turn in (n for first in range(0, 30, 3) for n in (first + 2, first + 1, first)):
        if turn % 3 == 2:
            for start in starts[turn - 2 : turn + 1]:
                start.set()
                assert begun.acquire(timeout=60)
        turns[turn].set()
        assert done.acquire(timeout=60)
        letters, place = feed.poll(place)
        got += ids(letters)
        letters, alone = bare.poll(alone)
        found += ids(letters)
    for each in clerks:
        each.join(60)
    # The watermark alone misses all that were begun before and committed after.
    assert (sorted(got), sorted(found)) == ([*range(30)], [*range(2, 30, 3)])


ERP = {
    "product_product": {"id": 7, "default_code": "BIKE-01"},
    "stock_warehouse": {"id": 8, "code": "WH"},
    "stock_picking_type": {"id": 9, "warehouse_id": 8},
    "res_partner": {"id": 6, "name": "Ore & Co"},
    "sale_order": {"id": 1, "state": "draft", "name": "S1", "warehouse_id": 8, "date_order": START,
                   "commitment_date": START + dt.timedelta(3), "write_date": START},
    "sale_order_line": {"id": 11, "order_id": 1, "product_id": 7, "product_uom_qty": 2.5,
                        "write_date": START},
    "purchase_order": {"id": 2, "state": "draft", "name": "P1", "partner_id": 6,
                       "picking_type_id": 9, "date_approve": START, "write_date": START},
    "purchase_order_line": {"id": 12, "order_id": 2, "product_id": 7, "product_qty": 4.0,
                            "write_date": START},
}  # fmt: skip


@pytest.mark.parametrize("name", ["sale", "purchase"])
def test_orders_of_odoo_are_told_when_they_are_confirmed(base, name):
    import sqlalchemy as sql

    url, engine, _ = base
    types, meta = {int: sql.Integer, float: sql.Float, dt.datetime: sql.DateTime}, sql.MetaData()
    tables = {
        table: sql.Table(
            table, meta, *(sql.Column(c, types.get(type(v), sql.Text)) for c, v in cells.items())
        )
        for table, cells in ERP.items()
    }
    with engine.begin() as link:
        meta.create_all(link)
        for table, cells in ERP.items():
            link.execute(tables[table].insert(), [cells])
    mapping = Mapping.shipped(f"odoo_{name}", {
        "node": {"WH": "shop", "Ore & Co": "mine"}, "product": {"BIKE-01": "bike"},
    })  # fmt: skip
    feed = SqlFeed(url, **mapping.feed)
    letters, place = feed.poll(None)
    assert [list(mapping.messages(letter)) for letter in letters] == [[None]]  # a draft
    order, confirmed = tables[f"{name}_order"], START + dt.timedelta(hours=1)
    with engine.begin() as link:  # only the order is written, not its line
        link.execute(order.update().values(state=name, write_date=confirmed))
    letters, place = feed.poll(place)
    [message], bad = told(letters, mapping)
    assert letters[0].origin == f"id {message.id.partition('#')[0]}"
    assert (message.data["product"], message.data["node"], bad) == ("bike", "shop", [])
    assert (message.kind, message.data["due"]) in [("demanded", 63), ("ordered", 60)]


@pytest.mark.parametrize(
    ("url", "query", "said"),
    [
        ("sqlite://", "SELECT 1 AS id", "lacks WHERE"),
        ("sqlite://", "SELECT 1 AS since WHERE 1::since", "lacks WHERE"),
        ("nosuch://", QUERY, "no database"),
        ("what", QUERY, "no database"),
    ],
)
def test_a_feed_that_cannot_work_is_refused(url, query, said):
    needed("sqlalchemy")
    with pytest.raises(SyncError, match=said):
        SqlFeed(url, query)


@pytest.mark.parametrize(
    ("query", "said"),
    [
        (QUERY, "no such table"),
        ("SELECT 7 AS id WHERE 0 < :since", "'write_date' give moments"),
        ("SELECT 7 AS id, 'now' AS write_date WHERE 0 < :since", "'write_date' give moments"),
        ("SELECT 7 AS id, 5 AS write_date WHERE 0 < :since", "'write_date' give moments"),
        ("SELECT 7 AS id, NULL AS write_date WHERE 0 < :since", "'write_date' give moments"),
    ],
)
def test_a_query_that_does_not_fit_is_told(query, said):
    needed("sqlalchemy")
    with pytest.raises(SyncError, match=said):
        SqlFeed("sqlite://", query).poll(None)


def test_a_database_that_is_away_is_told_without_its_password():
    needed("sqlalchemy", "psycopg")
    feed = SqlFeed("postgresql://odoo:geheim@127.0.0.1:1/erp", QUERY)
    with pytest.raises(SyncError, match="does the database run") as away:
        feed.poll(None)
    assert "geheim" not in str(away.value) + feed.name


# -- machines --

PRESS = Mapping({
    "id": "source_time | text", "source": "origin",
    "events": [{"when": {"signal": "Temperature", "good": True}, "kind": "sensed", "node": "=plant",
                "asset": "asset", "signal": "signal", "value": "value", "time": "source_time"}],
}, "press")  # fmt: skip


class Machine:
    """An OPC UA server in a thread, with one press."""

    def __init__(self):
        from asyncua.sync import ThreadLoop

        self.loop = ThreadLoop()
        self.loop.start()
        self.wait = self.loop.post
        self.wait(self.make())

    async def make(self):
        from asyncua import Server

        self.server = Server()
        await self.server.init()
        self.server.set_endpoint("opc.tcp://127.0.0.1:0/plc")
        space = await self.server.register_namespace("plc")
        press = await self.server.nodes.objects.add_object(space, "press7")
        self.temperature = await press.add_variable(space, "Temperature", 20.0)
        await self.server.start()
        port = self.server.bserver._server.sockets[0].getsockname()[1]
        self.url = f"opc.tcp://127.0.0.1:{port}/plc"
        self.server.set_endpoint(self.url)


@pytest.fixture(scope="module")
def machine():
    needed("asyncua")
    made = Machine()
    yield made
    made.wait(made.server.stop())
    made.loop.stop()


def polled(feed, place, count, away=False):
    """What a feed gives, polled until there is so much of it; it may be ``away`` for a while."""
    letters = []
    for _ in range(3000):
        with suppress(SyncError) if away else nullcontext():
            letters, after = feed.poll(place)
        if len(letters) >= count:
            return letters, after
        threading.Event().wait(0.01)
    raise AssertionError(f"{len(letters)} of {count} came")


def test_a_machine(machine):
    machine.wait(machine.temperature.write_value(20.0))
    feed = OpcUaFeed(machine.url, "press7")
    try:
        polled(feed, None, 1)  # the value that stands there
        for number in range(50):
            machine.wait(machine.temperature.write_value(60 + number / 100))
        letters, place = polled(feed, None, 51)
        fine, bad = told(letters, PRESS)
        assert [m.data["value"] for m in fine] == [20.0, *(60 + n / 100 for n in range(50))]
        assert not bad
        assert letters[0].origin == "press7/Temperature"
        # What was polled stays until somebody goes on from the place after it.
        assert feed.poll(None)[0] == letters
        assert feed.poll(json.loads(json.dumps(place)))[0] == []
        assert feed.poll(None)[0] == []
        with pytest.raises(SyncError, match="did you mean 'press7'"):
            OpcUaFeed(machine.url, "press8")
    finally:
        feed.close()


def test_a_machine_that_goes_away_is_told_and_comes_back(machine):
    machine.wait(machine.temperature.write_value(70.0))
    feed = OpcUaFeed(machine.url, "press7")
    try:
        _, place = polled(feed, None, 1)
        machine.wait(machine.server.stop())
        with pytest.raises(SyncError, match="press7"):
            polled(feed, place, 1)
        machine.wait(machine.server.start())
        letters, _ = polled(feed, place, 1, away=True)
        assert json.loads(letters[0])["value"] == 70.0
    finally:
        feed.close()


def test_no_machine():
    needed("asyncua")
    with pytest.raises(SyncError, match=r"127\.0\.0\.1:1/"):
        OpcUaFeed("opc.tcp://127.0.0.1:1/plc", "press7")


def test_a_workbook_waits_for_the_library_that_reads_it(monkeypatch, tmp_path):
    """It is no dead letter, and not taken for read: it comes when the library is installed."""
    needed("python_calamine")
    import openpyxl

    book, feed = openpyxl.Workbook(), Folder(tmp_path)
    for row in (["no"], [1]):
        book.active.append(row)
    book.save(tmp_path / "orders.xlsx")
    with monkeypatch.context() as without:
        without.setitem(sys.modules, "python_calamine", None)
        with pytest.raises(
            TwinError, match=r"needs python_calamine: pip install 'twinlab-scom\[tables\]'"
        ):
            feed.poll(None)
    assert len(feed.poll(None)[0]) == 1
