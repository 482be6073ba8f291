"""Foreign data is read: the same 60 days as own messages and as five other systems would tell them.

What they tell is stock that moves: shipped, received, served, production. They know nothing of
rules and orders, nor when what left will arrive.
"""

import csv
import datetime as dt
import json
from itertools import count

import pytest

from tests.technology.chains import factory, shop
from tests.technology.postgres import fresh
from tests.technology.test_feeds import needed
from twinlab.technology import Bus, Folder, Mapping, Message, Plant, SqlFeed
from twinlab.technology.messages import DAY, DAY_ZERO, SYSTEMS
from twinlab.technology.tracker import Tracker

DAYS = 60
TOLD = {"shipped", "received", "served", "started", "finished", "consumed"}
FIELDS = ("kind", "node", "product", "quantity", "partner")
CHAINS = {"shop": shop, "factory": factory}


@pytest.fixture(scope="module", params=CHAINS)
def lived(request):
    """A scenario, a plant after 60 days of it, and what it told, as plain records."""
    truth, bus = CHAINS[request.param](), Bus()
    plant = Plant(truth, bus, seed=3)
    plant.advance(DAYS)
    own = [Message.decode(raw) for raw in bus.receive("test", most=10**6)]
    return truth, plant, [record(n, m) for n, m in enumerate(own) if m.kind in TOLD]


def record(number, message):
    """A message as a record; its day's events are seconds apart, as clocks of offices are."""
    second = message.time // DAY * 86_400 + message.time % DAY
    at = DAY_ZERO + dt.timedelta(seconds=second)
    told = {name: message.data.get(name, "") for name in FIELDS[1:]}
    return {"number": number, "kind": message.kind, "at": at, **told}


def plain_table(**words):
    """A mapping of the records as they are; ``words`` come after the path of a field."""
    row = {name: f"{name}{words.get(name, '')}" for name in FIELDS[1:]} | {
        "time": f"at{words.get('time', '')}"
    }
    events = [{"kind": kind, "when": {"kind": kind}} | row for kind in sorted(TOLD)]
    return {"id": "number | text", "events": events}


def read(letters, mapping):
    """All messages in letters: nothing is refused, nothing ignored."""
    found = [each for letter in letters for each in mapping.messages(letter)]
    assert all(isinstance(each, Message) for each in found), found
    assert all(Message.decode(each.encode()) == each for each in found)
    return found


# -- the ways --


def as_own(records, tmp_path):
    told = [
        Message(
            f"/{r['node']}", None, f"{SYSTEMS[r['kind']]}.{r['kind']}.v1",
            (r["at"] - DAY_ZERO) // dt.timedelta(microseconds=1),
            {"day": (r["at"] - DAY_ZERO).days} | {n: r[n] for n in FIELDS[1:] if r[n] != ""},
            str(r["number"]),
        )
        for r in records
    ]  # fmt: skip
    return read([message.encode() for message in told], Mapping(plain_table(), "own"))


def as_cloud_events(records, tmp_path):
    """A batch of another firm's types, one order of several lines among them."""
    told = [
        {"specversion": "1.0", "id": str(r["number"]), "source": "https://erp.example",
         "type": f"com.example.{r['kind']}", "time": r["at"].isoformat(),
         "data": {n: r[n] for n in FIELDS[1:]}}
        for r in records
    ]  # fmt: skip
    row = {name: f"data.{name}" for name in FIELDS[1:]} | {"time": "time"}
    events = [{"kind": kind, "when": {"type": f"com.example.{kind}"}} | row for kind in TOLD]
    table = {"id": "id", "source": "source", "events": events}
    batches = [told[at : at + 500] for at in range(0, len(told), 500)]
    return read([json.dumps(batch).encode() for batch in batches], Mapping(table, "cloud"))


def as_epcis(records, tmp_path):
    """A document a day; production as transformations, whose beginning nobody tells."""
    steps = {"shipped": "shipping", "received": "receiving", "served": "retail_selling"}
    places = dict(
        zip(
            ("mine", "plant", "shop"),
            map("urn:epc:id:sgln:4012345.{:05}.0".format, count(1)),
            strict=False,
        )
    )
    goods = {
        n: f"urn:epc:class:lgtin:4012345.{k:06}." for k, n in enumerate(("unit", "ore", "bike"))
    }
    days = {}
    for r in records:
        each = [{"epcClass": f"{goods[r['product']]}{r['number']}", "quantity": r["quantity"]}]
        event = {
            "eventID": f"urn:uuid:{r['number']}", "eventTime": r["at"].isoformat(),
            "eventTimeZoneOffset": "+00:00", "readPoint": {"id": places[r["node"]]},
        }  # fmt: skip
        if r["kind"] in steps:
            event |= {"type": "ObjectEvent", "action": "OBSERVE", "bizStep": steps[r["kind"]],
                      "quantityList": each}  # fmt: skip
        elif r["kind"] != "started":
            end = "inputQuantityList" if r["kind"] == "consumed" else "outputQuantityList"
            event |= {"type": "TransformationEvent", end: each}
        if r["kind"] == "shipped":
            event["destinationList"] = [{"type": "location", "destination": places[r["partner"]]}]
        if r["kind"] == "received":
            event["sourceList"] = [{"type": "location", "source": places[r["partner"]]}]
        if "type" in event:
            days.setdefault(r["at"].date(), []).append(event)
    documents = [
        {"@context": ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"],
         "type": "EPCISDocument", "schemaVersion": "2.0", "creationDate": f"{day}T23:59:00Z",
         "epcisBody": {"eventList": events}}
        for day, events in days.items()
    ]  # fmt: skip
    names = {"node": {theirs: ours for ours, theirs in places.items()},
             "product": {f"{theirs}*": ours for ours, theirs in goods.items()}}  # fmt: skip
    return read([json.dumps(d).encode() for d in documents], Mapping.shipped("epcis", names))


def as_csv(records, tmp_path):
    """A file a day, as Excel in Germany writes it."""
    for day in range(DAYS):
        with (tmp_path / f"day {day:02}.csv").open("w", newline="", encoding="cp1252") as file:
            sheet = csv.writer(file, delimiter=";")
            sheet.writerow(["Nr.", "Straße", "kind", "at", *FIELDS[1:]])
            sheet.writerows(
                [r["number"], "Königsweg", r["kind"], f"{r['at']:%Y-%m-%d %H:%M:%S}", r["node"],
                 r["product"], repr(r["quantity"]).replace(".", ","), r["partner"]]
                for r in records if (r["at"] - DAY_ZERO).days == day
            )  # fmt: skip
    table = plain_table(quantity=" | number ,", time=" | utc") | {"id": "Nr. | text"}
    return read(Folder(tmp_path).poll()[0], Mapping(table, "csv"))


def as_excel(records, tmp_path):
    """A workbook with moments and numbers in its cells."""
    needed("openpyxl")
    import openpyxl

    book = openpyxl.Workbook()
    book.active.append(["number", "kind", "at", *FIELDS[1:]])
    for r in records:
        book.active.append([v.replace(tzinfo=None) if n == "at" else v for n, v in r.items()])
    book.save(tmp_path / "all.xlsx")
    return read(Folder(tmp_path).poll()[0], Mapping(plain_table(time=" | utc"), "excel"))


def as_odoo_on_sqlite(records, tmp_path):
    return odoo(records, f"sqlite:///{tmp_path / 'odoo.db'}")


def as_odoo_on_postgresql(records, tmp_path):
    return odoo(records, fresh())


NODES, GOODS = ("mine", "plant", "shop"), ("unit", "ore", "bike")
ELSEWHERE = {"transit": 10, "customer": 11, "production": 12, "inventory": 13}
ENDS = {
    "shipped": ("here", "transit"), "received": ("transit", "here"), "served": ("here", "customer"),
    "consumed": ("here", "production"), "finished": ("production", "here"),
}  # fmt: skip


def odoo(records, url):
    """The tables of Odoo that the shipped queries read; then what is polled of them."""
    needed("sqlalchemy")
    import sqlalchemy as sql

    engine = sql.create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    meta = sql.MetaData()
    for name, columns in {
        "stock_move": "id state date write_date reference is_inventory quantity product_qty "
        "product_uom_qty product_id location_id location_dest_id picking_id",
        "stock_move_move_rel": "move_orig_id move_dest_id",
        "stock_location": "id complete_name usage",
        "product_product": "id default_code",
        "mrp_production": "id name state product_qty date_start write_date product_id "
        "location_src_id",
        "stock_picking": "id partner_id",
        "res_partner": "id name",
    }.items():
        sql.Table(name, meta, *(sql.Column(c, odoo_type(sql, c)) for c in columns.split()))
    with engine.begin() as link:
        meta.create_all(link)
        for name, rows in odoo_rows(records).items():
            if rows:
                link.execute(meta.tables[name].insert(), rows)
    engine.dispose()
    names = {"node": {f"{n.upper()}/*": n for n in NODES}, "product": {g: g for g in GOODS}}
    return [*odoo_polled("odoo_move", names, url), *odoo_polled("odoo_production", names, url)]


def odoo_type(sql, column):
    kinds = {"qty": sql.Float, "quantity": sql.Float, "id": sql.Integer, "inventory": sql.Boolean}
    return sql.DateTime if "date" in column else kinds.get(column.split("_")[-1], sql.Text)


def odoo_polled(name, names, url):
    mapping = Mapping.shipped(name, names)
    feed = SqlFeed(url, **mapping.feed)
    letters, after = feed.poll(None)
    assert feed.poll(after)[0] == []
    return read(letters, mapping)


def odoo_rows(records):
    """What Odoo would have written; a move that goes on, or came from somewhere, has a partner."""
    homes = [{"id": n, "complete_name": f"{name.upper()}/Stock", "usage": "internal"}
             for n, name in enumerate(NODES)]  # fmt: skip
    ways = [{"id": n, "complete_name": usage, "usage": usage} for usage, n in ELSEWHERE.items()]
    products = [{"id": n, "default_code": name} for n, name in enumerate(GOODS)]
    orders, moves, chained = [], [], []
    for r, other in zip(records, count(100_000), strict=False):
        here, at, units = NODES.index(r["node"]), r["at"].replace(tzinfo=None), r["quantity"]
        made = {"id": r["number"], "write_date": at, "product_qty": units}
        made["product_id"] = GOODS.index(r["product"])
        if r["kind"] == "started":
            orders.append(made | {"name": "MO/1", "state": "progress", "date_start": at,
                                  "location_src_id": here})  # fmt: skip
            continue
        made |= {"state": "done", "date": at, "reference": "WH/1", "is_inventory": False,
                 "quantity": units, "product_uom_qty": units, "picking_id": None}  # fmt: skip
        ends = [ELSEWHERE.get(end, here) for end in ENDS[r["kind"]]]
        moves.append(made | dict(zip(("location_id", "location_dest_id"), ends, strict=True)))
        if r["partner"]:  # the other half of the journey, still to come or long past
            there = NODES.index(r["partner"])
            half = {"id": other, "state": "assigned", "location_id": there,
                    "location_dest_id": there}  # fmt: skip
            moves.append(made | half)
            pair = sorted((r["number"], other), reverse=r["kind"] == "received")
            chained.append({"move_orig_id": pair[0], "move_dest_id": pair[1]})
    return {"stock_location": homes + ways, "product_product": products, "stock_move": moves,
            "stock_move_move_rel": chained, "mrp_production": orders}  # fmt: skip


WAYS = [
    as_own,
    as_cloud_events,
    as_epcis,
    as_csv,
    as_excel,
    as_odoo_on_sqlite,
    as_odoo_on_postgresql,
]


@pytest.fixture(scope="module", params=WAYS, ids=lambda way: way.__name__)
def way(request):
    return request.param


@pytest.fixture(scope="module")
def found(lived, way, tmp_path_factory):
    """What a way tells of these days."""
    return way(lived[2], tmp_path_factory.mktemp(way.__name__))


def test_every_way_tells_the_same(lived, way, found):
    _, _, records = lived
    found = sorted(found, key=lambda m: (m.time, m.kind, m.data["product"]))
    told = [r for r in records if way is not as_epcis or r["kind"] != "started"]
    told.sort(key=lambda r: (r["at"], r["kind"], r["product"]))
    for message, r in zip(found, told, strict=True):
        assert message.time == (r["at"] - DAY_ZERO) // dt.timedelta(microseconds=1)
        assert [message.kind, message.data["node"]] == [r["kind"], r["node"]]
        assert [message.data["product"], message.data.get("partner", "")] == [
            r["product"],
            r["partner"],
        ]
        assert message.data["quantity"] == pytest.approx(r["quantity"], rel=1e-12)
    assert all(m.sequence is None and m.data["day"] == m.time // DAY for m in found)
    assert len({(m.source, m.id) for m in found}) == len(found)


def test_every_way_folds_to_the_same_stock(lived, found):
    truth, plant, _ = lived
    tracker = Tracker(truth)
    tracker.fold(found, until=DAYS * DAY)
    assert tracker.state.day == DAYS
    assert tracker.state.on_hand == pytest.approx(plant.state.on_hand)
    assert tracker.state.in_transit == pytest.approx(plant.state.in_transit)
    rows = tracker.state.under_way.items()
    units = {lane: sum(shipment.quantity for shipment in goods) for lane, goods in rows}
    assert units == pytest.approx(plant.state.in_transit)
