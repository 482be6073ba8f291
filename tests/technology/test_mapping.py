"""Mapping: golden records of every kind of producer, taught refusals, and 600 malformed letters."""

import json
import os
import random
from base64 import b64encode
from pathlib import Path

import pytest

from tests.technology.chains import factory
from twinlab import SyncError
from twinlab.technology import EventStore, Letter, Message
from twinlab.technology.mapping import Mapping
from twinlab.technology.message_check import MessageCheck
from twinlab.technology.messages import DAY, Refused

EXAMPLES = os.environ.get("TWINLAB_EPCIS_EXAMPLES")
NAMES = {
    "node": {"WH/*": "plant", "SHOP/*": "shop", "WH": "plant", "Ore & Co": "mine",
             "Stores - A": "plant", "Shop - A": "shop", "urn:epc:id:sgln:4012345.00001.0": "plant",
             "urn:epc:id:sgln:4012345.00002.0": "shop"},
    "product": {"BIKE-01": "bike", "ORE": "ore", "1001": "bike",
                "urn:epc:class:lgtin:4012345.012345.*": "bike",
                "urn:epc:id:sgtin:4012345.012345.*": "bike",
                "urn:epc:class:lgtin:4012345.099999.*": "ore"},
    "zone": {"site": "Europe/Berlin"},
}  # fmt: skip
MOVE = {
    "id": 4711, "state": "done", "from_usage": "internal", "to_usage": "transit",
    "from_name": "WH/Stock", "to_name": "Transit", "dest_name": "SHOP/Stock", "origin_name": None,
    "partner_name": None, "default_code": "BIKE-01", "quantity": 5.0, "is_inventory": False,
    "date": "2026-03-02 10:33:31", "reference": "WH/OUT/00042",
}  # fmt: skip
EPC = {
    "type": "ObjectEvent", "eventID": "urn:uuid:1", "action": "OBSERVE", "bizStep": "shipping",
    "eventTime": "2026-03-02T10:33:31.116-06:00", "eventTimeZoneOffset": "-06:00",
    "readPoint": {"id": "urn:epc:id:sgln:4012345.00001.0"},
    "quantityList": [{"epcClass": "urn:epc:class:lgtin:4012345.012345.998877", "quantity": 200.0}],
    "destinationList": [{"type": "location", "destination": "urn:epc:id:sgln:4012345.00002.0"}],
    "bizTransactionList": [{"type": "po", "bizTransaction": "http://transaction.acme.com/po/77"}],
}  # fmt: skip
ORDER = {
    "specversion": "1.0", "id": "A-1", "source": "https://shop.example",
    "type": "com.example.shop.order.created", "time": "2026-03-02T10:33:31Z",
    "data": {"store": "berlin",
             "lines": [{"sku": "BIKE-01", "qty": 2}, {"sku": "BIKE-01", "qty": 1}]},
}  # fmt: skip
SHOP = {
    "id": "id", "source": "source", "each": "data.lines",
    "names": {"node": {"berlin": "shop"}, "product": {"BIKE-01": "bike"}},
    "events": [{
        "when": {"type": "com.example.shop.order.created"}, "kind": "demanded",
        "node": "data.store | name node", "product": "each.sku | name product",
        "quantity": "each.qty | number", "time": "time", "due": ["data.wanted", "time"],
    }],
}  # fmt: skip
MQTT = {
    "id": "payload.ts | text", "source": "origin", "names": {"node": {"line1": "plant"}},
    "events": [
        {"when": {"topic.3": "temperature"}, "kind": "sensed", "node": "topic.1 | name node",
         "asset": "topic.2", "signal": "topic.3", "value": "payload.v", "unit": "=CEL",
         "time": "payload.ts"},
        {"when": {"topic.3": "state"}, "kind": "state", "node": "topic.1 | name node",
         "asset": "topic.2", "note": "payload.v", "time": "payload.ts"},
    ],
}  # fmt: skip
SLE = {
    "entry": "MAT-1/d1/Stores - A", "item_code": "1001", "warehouse": "Stores - A",
    "actual_qty": -4.0, "voucher_type": "Stock Entry", "voucher_no": "MAT-1", "way": "out",
    "purpose": "Material Transfer", "s_warehouse": "Stores - A", "t_warehouse": "Shop - A",
    "supplier": None, "posted": "2026-03-02T08:00:00",
}  # fmt: skip


def one(mapping, record, origin=""):
    """The only thing in a letter with this record."""
    [found] = mapping.messages(Letter(json.dumps(record).encode(), origin))
    return found


def refused(mapping, record, origin=""):
    found = one(mapping, record, origin)
    assert isinstance(found, Refused), found
    assert json.loads(found.raw) == record
    return found.reason


def checked(mapping):
    """A door as a twin has it: what is mapped is checked."""
    check = MessageCheck(factory())

    def door(letter, feed=""):
        for found in mapping.messages(letter, feed):
            try:
                if isinstance(found, Message):
                    check.check(found, mapped=True)
                yield found
            except SyncError as problem:
                yield Refused(str(problem), bytes(letter))

    return door


def small(**more):
    """A mapping of orders, of which a test changes what it is about."""
    row = {"kind": "demanded", "node": "=shop", "product": "=bike", "quantity": "qty | number",
           "time": "at"}  # fmt: skip
    fields = more.pop("row", {})
    return Mapping({"id": "id | text", "events": [row | fields]} | more, "orders")


def sold(mapping=None, **record):
    """The message of an order."""
    return one(mapping or small(), {"id": 1, "qty": 2, "at": "2026-01-03T06:00:00Z"} | record)


# -- golden records --


def test_a_move_of_odoo():
    told = one(Mapping.shipped("odoo_move", NAMES), MOVE)
    assert (told.source, told.sequence, told.type) == ("/odoo_move", None, "wms.shipped.v1")
    assert told.id == "4711#shipped"
    assert told.time == 60 * DAY + ((10 * 60 + 33) * 60 + 31) * 1_000_000
    assert told.data == {"day": 60, "node": "plant", "partner": "shop", "product": "bike",
                         "quantity": 5.0, "ref": "WH/OUT/00042"}  # fmt: skip
    assert Message.decode(told.encode()) == told


@pytest.mark.parametrize(
    ("changes", "kind", "node", "partner"),
    [
        ({"from_usage": "transit", "to_usage": "internal", "to_name": "SHOP/Stock",
          "origin_name": "WH/Stock"}, "received", "shop", "plant"),
        ({"from_usage": "supplier", "to_usage": "internal", "to_name": "WH/Stock",
          "partner_name": "Ore & Co"}, "received", "plant", "mine"),
        ({"to_usage": "customer", "from_name": "SHOP/Stock"}, "served", "shop", None),
        ({"to_usage": "production"}, "consumed", "plant", None),
        ({"from_usage": "production", "to_usage": "internal", "to_name": "WH/Stock"},
         "finished", "plant", None),
        ({"to_usage": "inventory", "is_inventory": 0}, "scrapped", "plant", None),
    ],
)  # fmt: skip
def test_every_kind_of_move_of_odoo(changes, kind, node, partner):
    told = one(Mapping.shipped("odoo_move", NAMES), MOVE | changes)
    assert (told.kind, told.data["node"], told.data.get("partner")) == (kind, node, partner)


@pytest.mark.parametrize(
    "changes",
    [{"state": "assigned"}, {"to_usage": "internal"}, {"to_usage": "inventory", "is_inventory": 1}],
)
def test_what_no_row_speaks_of_is_ignored(changes):
    assert one(Mapping.shipped("odoo_move", NAMES), MOVE | changes) is None


def test_orders_and_production_of_odoo():
    line = {"id": 1, "product_uom_qty": 3, "state": "sale", "name": "S1", "warehouse": "WH",
            "date_order": "2026-01-02 08:00:00", "commitment_date": "2026-01-09 00:00:00",
            "default_code": "BIKE-01"}  # fmt: skip
    sale = one(Mapping.shipped("odoo_sale", NAMES), line)
    assert (sale.kind, sale.data["day"], sale.data["due"]) == ("demanded", 1, 8)
    soon = one(Mapping.shipped("odoo_sale", NAMES), line | {"commitment_date": None})
    assert soon.data["due"] == 1
    bought = one(Mapping.shipped("odoo_purchase", NAMES), {
        "id": 1, "product_qty": 3, "state": "purchase", "name": "P1", "warehouse": "WH",
        "date_approve": "2026-01-02 08:00:00", "vendor": "Ore & Co", "default_code": "ORE",
    })  # fmt: skip
    assert (bought.kind, bought.data["partner"], bought.data["due"]) == ("ordered", "mine", 1)
    made = one(Mapping.shipped("odoo_production", NAMES), {
        "id": 1, "product_qty": 3, "state": "progress", "name": "MO1", "from_name": "WH/Stock",
        "date_start": "2026-01-02 08:00:00", "default_code": "BIKE-01",
    })  # fmt: skip
    assert (made.kind, made.data["quantity"]) == ("started", 3.0)


@pytest.mark.parametrize(
    ("changes", "kind", "quantity"),
    [
        ({}, "shipped", 4.0),
        ({"way": "in", "actual_qty": 4, "warehouse": "Shop - A"}, "received", 4.0),
        ({"voucher_type": "Delivery Note", "purpose": None}, "served", 4.0),
        ({"purpose": "Manufacture"}, "consumed", 4.0),
        ({"purpose": "Manufacture", "way": "in", "actual_qty": 9}, "finished", 9.0),
    ],
)
def test_the_stock_ledger_of_erpnext(changes, kind, quantity):
    told = one(Mapping.shipped("erpnext_stock", NAMES), SLE | changes)
    assert (told.kind, told.data["quantity"], told.data["product"]) == (kind, quantity, "bike")
    assert told.time == 60 * DAY + 7 * 3600 * 1_000_000  # eight in Berlin


def test_a_sales_order_of_erpnext():
    told = one(Mapping.shipped("erpnext_sale", NAMES), {
        "name": "x", "parent": "SO-1", "item_code": 1001, "warehouse": "Shop - A", "stock_qty": 2,
        "delivery_date": "2026-03-09", "transaction_date": "2026-03-02", "docstatus": 1,
    })  # fmt: skip
    # A day is that day, though it begins in Berlin when the day before has not ended in UTC.
    assert (told.kind, told.data["day"], told.data["due"]) == ("demanded", 60, 67)


def test_the_day_begins_where_the_mapping_says():
    row, night = {"time": "at | zone Europe/Berlin"}, "2026-01-03T00:30"
    berlin = small(day_zero="2026-01-01T00:00:00+01:00", row=row)
    assert sold(berlin, at=night).data["day"] == 2
    assert sold(small(row=row), at=night).data["day"] == 1


def wrapped(*events):
    return {"type": "EPCISDocument", "schemaVersion": "2.0", "epcisBody": {"eventList": [*events]}}


def test_epcis_plain_in_a_document_and_in_a_cloud_event():
    mapping = Mapping.shipped("epcis", NAMES)
    document = wrapped(EPC)
    sent = {"specversion": "1.0", "id": "1", "source": "x", "type": "epcis", "data": document}
    told = one(mapping, EPC)
    assert told == one(mapping, document) == one(mapping, sent)
    assert (told.id, told.data["ref"]) == ("urn:uuid:1#shipped/quantityList.0", "77")
    assert told.time == 60 * DAY + ((16 * 60 + 33) * 60 + 31) * 1_000_000 + 116_000


def test_the_answer_to_an_epcis_query_is_its_events():
    answer = {"queryName": "SimpleEventQuery", "resultsBody": {"eventList": [EPC]}}
    asked = {"type": "EPCISQueryDocument", "epcisBody": {"queryResults": answer}}
    mapping = Mapping.shipped("epcis", NAMES)
    assert one(mapping, asked) == one(mapping, EPC)


@pytest.mark.parametrize(
    "kind", ["location", "urn:epcglobal:cbv:sdt:location", "https://ref.gs1.org/cbv/SDT-location"]
)
def test_of_parties_to_an_epcis_event_the_location_is_the_partner(kind):
    owner = {"type": "owning_party", "destination": "urn:epc:id:pgln:4012345.00000"}
    place = {"type": kind, "destination": "urn:epc:id:sgln:4012345.00002.0"}
    mapping = Mapping.shipped("epcis", NAMES)
    both = one(mapping, EPC | {"destinationList": [owner, place]})
    assert both.data["partner"] == "shop"
    assert "names.node (add it there)" in refused(mapping, EPC | {"destinationList": [owner]})


def test_what_declares_an_event_wrong_moves_no_goods():
    wrong = {"declarationTime": "2026-03-03T00:00:00Z", "reason": "incorrect_data"}
    anew = {name: value for name, value in EPC.items() if name != "eventID"}
    mapping = Mapping.shipped("epcis", NAMES)
    assert one(mapping, anew).kind == "shipped"
    for event in (EPC, anew):
        assert one(mapping, event | {"errorDeclaration": wrong}) is None


def test_an_element_of_a_type_is_looked_for_among_a_hundred():
    row = {
        "kind": "demanded",
        "node": "=shop",
        "product": "parts.main.sku",
        "quantity": 1,
        "time": "at",
    }
    mapping = Mapping({"id": "at", "events": [row]})
    order = {
        "at": "2026-01-03T09:00:00Z",
        "parts": [{"type": "x"}] * 99 + [{"type": "main", "sku": "a"}],
    }
    assert one(mapping, order).data["product"] == "a"
    assert "product (parts.main.sku) is missing" in refused(
        mapping, order | {"parts": [{}] + order["parts"]}
    )


def test_data_of_a_cloud_event_may_be_bytes_in_base64():
    packed = {name: value for name, value in ORDER.items() if name != "data"}
    packed["data_base64"] = b64encode(json.dumps(ORDER["data"]).encode()).decode()
    mapping = Mapping(SHOP)
    told = list(mapping.messages(json.dumps(packed).encode()))
    assert told == list(mapping.messages(json.dumps(ORDER).encode()))
    assert len(told) == 2
    own = json.loads(Message("/shop/wms", 3, "wms.served.v1", 5, {"day": 0}).encode())
    sent = own | {"data_base64": b64encode(json.dumps(own.pop("data")).encode()).decode()}
    assert Message.of(sent).data == {"day": 0}
    for broken in ("?", "e30", b64encode(b"[1").decode(), 5):
        with pytest.raises(SyncError, match="data is a table"):
            Message.of(sent | {"data_base64": broken})


@pytest.mark.parametrize("written", ["2026-01-03t09:00:00z", "2026-01-03T09:00:00Z"])
def test_a_moment_may_have_small_letters(written):
    own = json.loads(Message("/shop/wms", 3, "wms.served.v1", 5, {}).encode())
    assert Message.of(own | {"time": written}).time == 2 * DAY + 9 * DAY // 24
    first, _ = Mapping(SHOP).messages(json.dumps(ORDER | {"time": written}).encode())
    assert first.time == 2 * DAY + 9 * DAY // 24


def test_every_kind_of_epcis_event():
    shop = {"id": "urn:epc:id:sgln:4012345.00002.0"}
    source = [{"source": "urn:epc:id:sgln:4012345.00001.0"}]
    pieces = ["urn:epc:id:sgtin:4012345.012345.1", "urn:epc:id:sgtin:4012345.012345.2"]
    ore = {"epcClass": "urn:epc:class:lgtin:4012345.099999.1", "quantity": 8}
    events = [
        EPC | {"bizStep": "https://ref.gs1.org/cbv/BizStep-departing"},
        EPC | {"bizStep": "urn:epcglobal:cbv:bizstep:receiving", "readPoint": shop,
               "sourceList": source},
        EPC | {"action": "ADD", "bizStep": "commissioning", "eventID": None},
        EPC | {"action": "DELETE", "bizStep": "destroying", "epcList": pieces},
        EPC | {"bizStep": "packing"},
        {"type": "TransformationEvent", "eventID": "t", "eventTime": "2026-03-02T10:33:31Z",
         "readPoint": EPC["readPoint"], "inputQuantityList": [ore], "outputEPCList": pieces},
    ]  # fmt: skip
    raw = json.dumps(wrapped(*events)).encode()
    told = list(Mapping.shipped("epcis", NAMES).messages(raw))
    kinds = [message and message.kind for message in told]
    assert kinds == ["shipped", "received", "finished", "scrapped", "scrapped", "scrapped", None,
                     "consumed", "finished", "finished"]  # fmt: skip
    named = [message for message in told if message]
    assert len({message.id for message in named}) == len(named)
    assert sum(m.data["quantity"] for m in named if m.kind == "scrapped") == 202
    assert [m.data["product"] for m in named][-3:] == ["ore", "bike", "bike"]


@pytest.mark.skipif(not EXAMPLES, reason="TWINLAB_EPCIS_EXAMPLES names no folder of EPCIS examples")
def test_the_examples_of_the_standard():
    """Every event is told, ignored or refused for a name; with the names added none is refused."""
    names = {"node": {"urn:*": "plant", "http*": "plant"}, "product": {"urn:*": "x", "http*": "x"}}
    mapping = Mapping.shipped("epcis", names, day_zero="2000-01-01")
    files = sorted(p for p in Path(EXAMPLES).rglob("*.json*") if p.is_file())
    assert len(files) >= 40
    found = [each for path in files for each in mapping.messages(path.read_bytes())]
    told = [each for each in found if isinstance(each, Message)]
    assert len({message.id for message in told}) >= 20
    for bad in (each for each in found if isinstance(each, Refused)):
        assert "missing" in bad.reason or "nothing in" in bad.reason, bad.reason


def test_lines_of_an_order_are_messages_of_their_own():
    told = list(Mapping(SHOP, "shop").messages(json.dumps([ORDER]).encode()))
    assert [m.id for m in told] == ["A-1#demanded/data.lines.0", "A-1#demanded/data.lines.1"]
    assert [m.data["quantity"] for m in told] == [2.0, 1.0]
    assert {m.source for m in told} == {"https://shop.example"}


def test_a_copy_of_a_foreign_event_is_a_copy():
    """By its source and its producer's own id: those of two producers are two events."""
    store, door = EventStore(), Mapping(SHOP, "shop").messages
    single, batch = json.dumps(ORDER), json.dumps([ORDER, ORDER | {"source": "https://other"}])
    took = store.take([single.encode(), batch.encode()], door=door)
    assert (took.new, took.copies, took.dead, took.ignored) == (4, 2, 0, 0)
    took = store.take([json.dumps(ORDER | {"type": "another"}).encode(), b"{"], door=door)
    assert (took.new, took.copies, took.dead, took.ignored) == (0, 0, 1, 1)
    assert [m.data["quantity"] for m in store.messages()] == [2, 1, 2, 1]


def test_a_corrected_mapping_reads_dead_letters_once_more():
    store = EventStore()
    line = {"sku": "BIKE-1", "qty": 7}
    order = ORDER | {"data": {"store": "berlin", "lines": [*ORDER["data"]["lines"], line]}}
    topic = Letter(json.dumps(order).encode(), "shop/berlin")
    took = store.take([topic], door=Mapping(SHOP, "shop").messages, feed="shop")
    assert (took.new, took.dead) == (2, 1)
    assert store.dead_letters()["origin"][0] == "shop/berlin"
    names = SHOP["names"] | {"product": {"BIKE-01": "bike", "BIKE-1": "bike"}}
    took = store.replay_dead(Mapping(SHOP | {"names": names}, "shop").messages, arrived=1.0)
    assert (took.new, took.copies, took.dead) == (1, 2, 0)
    assert store.dead_letters().empty


def test_json_of_a_topic():
    mapping, topic = Mapping(MQTT, "mqtt"), "factory/line1/press7/"
    told = one(mapping, {"v": 61.5, "ts": 1772447611116}, topic + "temperature")
    assert (told.source, told.kind) == (topic + "temperature", "sensed")
    assert told.data == {"day": 60, "node": "plant", "asset": "press7", "signal": "temperature",
                         "value": 61.5, "unit": "CEL"}  # fmt: skip
    assert (
        one(mapping, {"v": "runs", "ts": "2026-03-02T10:00:00Z"}, topic + "state").kind == "state"
    )
    assert one(mapping, {"v": 1, "ts": 1}, topic + "humidity") is None
    # A payload cannot pretend to have come on another topic.
    lie = {"v": 1, "ts": 1772447611116, "topic": ["x", "line1", "p", "state"]}
    assert one(mapping, lie, topic + "temperature").kind == "sensed"


def test_a_bare_number_on_a_topic():
    mapping = Mapping({"id": "payload | digest", "events": [
        {"kind": "energy", "node": "=plant", "asset": "topic.0", "kwh": "payload",
         "time": "=2026-01-01T00:00:00Z"}]}, "meter")  # fmt: skip
    assert one(mapping, 61.5, "meter").data["kwh"] == 61.5
    assert "table of names" in refused(mapping, 61.5)


def test_own_messages_pass_as_they_are():
    own = Message("/shop/wms", 3, "wms.served.v1", 5, {"day": 0, "quantity": 4.0})
    assert list(small().messages(own.encode())) == [own]
    broken = json.loads(own.encode()) | {"time": "yesterday"}
    assert "moment" in refused(small(), broken)
    v2 = json.loads(own.encode()) | {"type": "wms.served.v2"}
    assert "v2" in refused(small(), v2)


def test_a_record_with_a_bad_part_gives_its_good_parts():
    order = json.loads(json.dumps(ORDER))
    order["data"]["lines"][0]["sku"] = "BIKE-1"
    told, bad = Mapping(SHOP, "shop").messages(json.dumps(order).encode())
    assert told.id == "A-1#demanded/data.lines.1"
    assert "'BIKE-1'" in bad.reason
    assert "names.product" in bad.reason
    # The corrected mapping reads the whole record once more: what was told already is a copy.
    names = SHOP["names"] | {"product": {"BIKE-01": "bike", "BIKE-1": "bike"}}
    again = list(Mapping(SHOP | {"names": names}, "shop").messages(bad.raw))
    assert [m.id for m in again] == ["A-1#demanded/data.lines.0", "A-1#demanded/data.lines.1"]
    assert again[1] == told


def test_many_bad_parts_are_one_refusal():
    order = ORDER | {"data": {"store": "berlin", "lines": [{"sku": "?", "qty": 1}] * 500}}
    [bad] = Mapping(SHOP, "shop").messages(json.dumps(order).encode())
    assert "499 more" in bad.reason


# -- values --


@pytest.mark.parametrize(
    ("written", "meant"),
    [(2, 2), (2.5, 2.5), ("2", 2), ("2,5", 2.5), ("1.234,5", 1234.5), ("1,234.5", 1234.5),
     ("1.234.567,25", 1234567.25), ("0,125", 0.125), ("1 234,50", 1234.5), ("1e3", 1000)],
)  # fmt: skip
def test_numbers(written, meant):
    assert sold(qty=written).data["quantity"] == meant


def test_a_number_that_countries_read_differently_needs_a_word():
    assert "number ." in refused(small(), {"id": 1, "qty": "1.234", "at": "2026-01-03T06:00:00Z"})
    assert sold(small(row={"quantity": "qty | number ,"}), qty="1.234").data["quantity"] == 1234
    assert sold(small(row={"quantity": "qty | number ."}), qty="1.234").data["quantity"] == 1.234


@pytest.mark.parametrize(
    "written", [True, None, "", "two", "2x", 1e16, 10**400, [1], {"a": 1}, "NaN", "inf", "--1"]
)
def test_what_is_no_quantity_is_refused(written):
    reason = refused(small(), {"id": 1, "qty": written, "at": "2026-01-03T06:00:00Z"})
    assert "quantity (qty | number)" in reason


@pytest.mark.parametrize(
    ("written", "words", "hour"),
    [("2026-01-03T06:00:00Z", "", 6), ("2026-01-03T06:00:00+02:00", "", 4),
     ("2026-01-03 06:00:00", " | utc", 6), ("2026-01-03 06:00", " | zone Europe/Berlin", 5),
     ("2026-01-03T06:00:00Z", " | zone Europe/Berlin", 6), (1767420000, "", 6),
     (1767420000000, "", 6), (1767420000.25, "", 6), (1767420000_000_001, "", 6),
     (1767420000_000_000_001, "", 6), ("1767420000 ", " | number", 6),
     ("03.01.2026 06:00", " | utc", 6), ("3.1.2026", " | utc", 12),
     ("2026-01-03", " | zone Europe/Berlin", 11)],
)  # fmt: skip
def test_times(written, words, hour):
    time = sold(small(row={"time": f"at{words}"}), at=written).time
    assert (time // DAY, time % DAY // 3_600_000_000) == (2, hour)


@pytest.mark.parametrize(
    ("written", "wanted"),
    [("2026-01-03 06:00:00", "path | utc"), ("3.1.2026", "path | utc"),
     ("3/1/2026", "moment such as"), ("1.1.2026 6:00", "moment such as"), (None, "missing"),
     (True, "moment such as"), (1e22, "moment such as"), ([], "moment such as")],
)  # fmt: skip
def test_what_is_no_moment_is_refused(written, wanted):
    reason = refused(small(), {"id": 1, "qty": 2, "at": written})
    assert "time (at)" in reason
    assert wanted in reason


def test_names():
    wild = {"A-*": "all", "A-1*": "ones", "A-12": "exact", "7": "number"}
    mapping = small(names={"product": wild}, row={"product": "sku | name product"})
    found = [sold(mapping, sku=s).data["product"] for s in ("A-9", "A-17", "A-12", 7, 7.0)]
    assert found == ["all", "ones", "exact", "number", "number"]
    reason = refused(mapping, {"id": 1, "qty": 2, "at": "2026-01-03T06:00:00Z", "sku": "B"})
    assert "names.product" in reason
    assert "'B'" in reason


def test_the_other_words():
    row = {"ref": "a.b.1 | last", "quantity": "pieces | count", "partner": "n | text"}
    told = sold(small(row=row), a={"b": [0, "x:y/po/77/"]}, pieces=[1, 2, 3], n=7)
    assert (told.data["ref"], told.data["quantity"], told.data["partner"]) == ("77", 3, "7")
    assert sold(small(row={"quantity": "qty | abs"}), qty="-2,5").data["quantity"] == 2.5


def test_a_header_with_dots_and_blanks_is_one_name():
    mapping = small(row={"product": "Art. Nr.", "quantity": "Menge (Stk.) | number"})
    told = sold(mapping, **{"Art. Nr.": "bike", "Menge (Stk.)": "3"})
    assert (told.data["product"], told.data["quantity"]) == ("bike", 3)


def test_conditions():
    mapping = small(row={"when": {"on": True, "kind": [1, "two"], "gone": ""}})
    assert sold(mapping, on=True, kind="1")
    assert sold(mapping, on=1, kind="two", gone=None)
    assert sold(mapping, on=True, kind=3) is None
    assert sold(mapping, on=True, kind=1, gone="x") is None
    assert sold(small(row={"when": {"a.b": "c"}}), a={"b": "c"})


def test_two_rows_need_ids_of_their_own():
    row = {"kind": "consumed", "node": "=plant", "time": "at", "quantity": "b"}
    table = {"id": "id | text", "events": [row | {"product": "=x"}, row | {"product": "=y"}]}
    raw, store = b'{"id": 1, "other": 2, "b": 2, "at": "2026-01-03T06:00:00Z"}', EventStore()
    took = store.take([raw], door=Mapping(table).messages)
    assert (took.new, took.dead) == (1, 1)
    assert "was another message" in store.dead_letters()["reason"][0]
    table["events"][1]["id"] = "other | text"
    assert [m.id for m in Mapping(table).messages(raw)] == ["1#consumed", "2#consumed"]


@pytest.mark.parametrize(
    ("told", "said"),
    [({"qty": -1}, "quantity is a number of at least 0"), ({"qty": None}, "quantity"),
     ({"at": "2025-12-31T23:59:59Z"}, "of day -1, not of 0 to 999999"),
     ({"at": "9999-12-31T00:00:00Z"}, "day 2912442"), ({"due": "2026-01-02T06:00:00Z"}, "due"),
     ({"shop": "shpo"}, "'shpo'"), ({"ref": 7}, "ref is a text")],
)  # fmt: skip
def test_what_a_twin_cannot_believe_is_refused_by_its_check(told, said):
    """After mapping, so a mapping does not do it again."""
    table = SHOP | {"events": [SHOP["events"][0] | {
        "node": "shop", "quantity": "qty | number", "time": "at", "due": "due", "ref": "ref",
        "product": "=bike"}], "each": ""}  # fmt: skip
    record = {"type": "com.example.shop.order.created", "id": "1", "source": "x", "shop": "shop"}
    record |= {"qty": 2, "at": "2026-01-03T06:00:00Z"}
    door = checked(Mapping(table, "shop"))
    assert [type(each) for each in door(json.dumps(record).encode())] == [Message]
    [bad] = door(json.dumps(record | told).encode())
    assert said in bad.reason


# -- mistakes in the table --


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ({"events": None}, "needs id"),
        ({"id": "id", "events": [1]}, "needs id"),
        ({"id": "id", "evnts": []}, "did you mean 'events'"),
        ({"row": {"kind": "demandd"}}, "did you mean 'demanded'"),
        ({"row": {"kind": "closed"}}, "no mapping makes this kind"),
        ({"row": {"quantty": "x"}}, "did you mean 'quantity'"),
        ({"row": {"quantity": "qty | nmber"}}, "did you mean 'number'"),
        ({"row": {"quantity": "qty | number ;"}}, "did you mean 'number"),
        ({"row": {"node": "x | name node"}}, "names.node"),
        ({"row": {"time": "x | zone Berlin"}}, "zone Europe/Berlin"),
        ({"row": {"each": ["a", "b"]}}, "each = 'path'"),
        ({"row": {"when": "x"}}, "when = "),
        ({"day_zero": "today"}, "moment"),
        ({"row": {"when": {"a": {"b": "x"}}}}, "'a.b' = value"),
        ({"names": "x", "row": {"node": "x | name node"}}, "names.node"),
        ({"names": {"node": "x"}, "row": {"node": "x | name node"}}, "names.node"),
    ],
)
def test_a_mistake_in_the_table_is_told_when_it_is_made(table, said):
    with pytest.raises(SyncError) as told:
        small(**table)
    assert said in str(told.value), told.value
    if "row" in table:
        assert "row 1" in str(told.value)


def test_a_row_without_what_its_kind_needs():
    row = {"kind": "served", "node": "=shop", "product": "=bike", "time": "at", "quantity": 1}
    for name in ("id", "time", "node", "product", "quantity"):
        table = {"id": "id", "events": [{n: f for n, f in row.items() if n != name}]}
        with pytest.raises(SyncError, match=f"row 1 .*{name} = 'path'"):
            Mapping({n: f for n, f in table.items() if n != name})


def test_reading_a_file(tmp_path):
    path = tmp_path / "mine.toml"
    head = '[shop]\nid = "id"\nnames.node = {b = "shop"}\n[[shop.events]]\nkind = "served"\n'
    path.write_text(
        head + 'node = "x | name node"\nproduct = "=bike"\nquantity = 1\ntime = "at | utc"\n'
    )
    told = one(Mapping.read(path, "shop"), {"id": "1", "x": "b", "at": "2026-01-02"})
    assert (told.kind, told.data["node"]) == ("served", "shop")
    with pytest.raises(SyncError, match="did you mean 'shop'"):
        Mapping.read(path, "shp")
    path.write_text("[shop")
    with pytest.raises(SyncError, match="TOML"):
        Mapping.read(path, "shop")
    with pytest.raises(SyncError, match=r"mine2\.toml"):
        Mapping.read(tmp_path / "mine2.toml", "shop")
    with pytest.raises(SyncError, match="did you mean 'odoo_move'"):
        Mapping.shipped("odoo_moves", NAMES)
    with pytest.raises(SyncError, match=r"no mapping 'sap' .* known are: .*odoo"):
        Mapping.shipped("sap", NAMES)
    with pytest.raises(SyncError, match=r"names\.product"):
        Mapping.shipped("odoo_move", {"node": {}})


def test_a_shipped_mapping_brings_its_query():
    feed = Mapping.shipped("odoo_move", NAMES).feed
    assert (feed["watermark"], feed["overlap"]) == ("write_date", 60)
    assert ":since" in feed["query"]


# -- malformed letters --

BAD = [None, True, -5, 1e999, 10**400, "NaN", [], {}, "x" * 2000, "2026-03-02 10:33:31", "\ud800",
       "\0", 1e13, 999999, [[]] * 50, {"a": {"a": {"a": 1}}}]  # fmt: skip
RAW = [b"[" * 100_000, b"\xff\xfe", b"null", b"[null, 3, null]", b"[1,2]", b'{"a":' * 5_000, b'"x"',
       b"", b"{}{}", b"3", b"{}", b"[" + b"9," * 5000 + b"9]", b"1" * 5000, b"{" + b"\0" + b"}",
       b" " * 1_100_000]  # fmt: skip
SPOTS = {
    "shop": (SHOP, ORDER, ["id", "source", "type", "time", "data", "data.store", "data.lines",
                           "data.lines.0", "data.lines.0.sku", "data.lines.0.qty", "specversion"]),
    "epcis": (None, wrapped(EPC), ["type", "epcisBody", "epcisBody.eventList",
              "epcisBody.eventList.0", "epcisBody.eventList.0.eventTime",
              "epcisBody.eventList.0.quantityList", "epcisBody.eventList.0.readPoint",
              "epcisBody.eventList.0.quantityList.0.quantity",
              "epcisBody.eventList.0.destinationList.0"]),
    "odoo_move": (None, MOVE, [*MOVE]),
}  # fmt: skip


def spoilt(record, spot, value):
    record = json.loads(json.dumps(record))
    inside, *path = record, *spot.split(".")
    for part in path[:-1]:
        inside = inside[int(part) if part.isdecimal() else part]
    inside[int(path[-1]) if path[-1].isdecimal() else path[-1]] = value
    return json.dumps(record).encode()


def malformed():
    """Some 1,200 letters: values of other kinds in every place, cut off, a bit turned, no JSON."""
    chance = random.Random(1)
    for name, (table, record, spots) in SPOTS.items():
        mapping = Mapping(table, name) if table else Mapping.shipped(name, NAMES)
        raw = json.dumps(record).encode()
        for spot in spots:
            yield from ((mapping, spoilt(record, spot, value)) for value in BAD)
        for _ in range(100):
            cut = bytearray(raw)
            cut[chance.randrange(len(raw))] ^= 1 << chance.randrange(8)
            yield mapping, bytes(cut)
            yield mapping, raw[: chance.randrange(len(raw))]
        yield from ((mapping, letter) for letter in RAW)


def test_no_letter_stops_the_door():
    """Each gives messages that can be stored, refusals with a reason, or a taught error."""
    letters, counts = list(malformed()), {"told": 0, "refused": 0, "ignored": 0}
    assert len(letters) >= 1_000
    doors = {mapping: checked(mapping) for mapping, _ in letters}
    for mapping, raw in letters:
        try:
            found = list(doors[mapping](Letter(raw)))
        except SyncError:
            counts["refused"] += 1
            continue
        for each in found:
            if isinstance(each, Message):
                assert Message.decode(each.encode()) == each
                assert 0 <= each.data.get("quantity", 0) <= 1e15
                counts["told"] += 1
            elif each is None:
                counts["ignored"] += 1
            else:
                assert each.reason.strip()
                counts["refused"] += 1
    assert counts["refused"] > 500, counts


def test_a_list_of_a_hundred_thousand_elements_costs_no_more_than_its_length():
    order = ORDER | {"data": {"store": "berlin", "lines": [0] * 100_000}}
    [bad] = Mapping(SHOP, "shop").messages(json.dumps(order).encode())
    assert "99999 more" in bad.reason
