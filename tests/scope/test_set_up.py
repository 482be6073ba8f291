"""Setting up grows with the rows, and a changed value checks no more than itself."""

import pickle
import sys
from pathlib import Path

import pytest

import twinlab as tl
from twinlab.scope import network as tables
from twinlab.scope import scenario as scenarios

HOME = str(Path(tl.__file__).parent)


def pairs(count):
    """So many plants that each make a product of a bought part, for a shop of their own."""
    names = [f"{at:03d}" for at in range(count)]
    products = [tl.Product(word + n) for n in names for word in ("part", "bike")]
    nodes = [tl.Node(word + n) for n in names for word in ("mine", "plant", "shop")]
    lanes = [tl.Lane("mine" + n, "plant" + n, "part" + n) for n in names]
    lanes += [tl.Lane("plant" + n, "shop" + n, "bike" + n) for n in names]
    recipes = [tl.Recipe("plant" + n, "bike" + n, {"part" + n: 2}) for n in names]
    demands = [tl.Demand("shop" + n, "bike" + n, tl.Trace((4, 5, 6))) for n in names]
    stocks = [tl.Stock("shop" + n, "bike" + n, 5) for n in names]
    stocks += [tl.Stock("mine" + n, "part" + n) for n in names]
    return products, nodes, lanes, recipes, demands, stocks


def steps(call):
    """How many bytecodes of the library a call runs."""
    taken = 0

    def watch(frame, event, _):
        nonlocal taken
        frame.f_trace_opcodes = frame.f_code.co_filename.startswith(HOME)
        frame.f_trace_lines = False
        taken += event == "opcode"
        return watch

    before = sys.gettrace()
    sys.settrace(watch)
    try:
        call()
    finally:
        sys.settrace(before)
    return taken


def set_up(tables_of):
    """A network, who decides there (by node), and what goes wrong at every other shop."""
    network = tl.Network(*tables_of)
    rules = {node.name: tl.BaseStock(9) for node in network.nodes if node.name[0] != "m"}
    shut = [tl.Outage(node.name) for node in network.nodes if node.name[-1] in "02468"]
    shut += [tl.LaneOutage(v.source, v.destination) for v in network.lanes[::3]]
    return tl.Scenario(network, rules, days=3, disruptions=shut)


def test_a_scenario_of_twice_the_rows_takes_twice_the_steps():
    rows = {count: pairs(count) for count in (20, 40, 80)}
    set_up(rows[20])  # what is read once for all
    small, middle, large = (steps(lambda n=n: set_up(rows[n])) for n in rows)
    assert middle > 1000
    assert (large - middle) / (middle - small) == pytest.approx(2, rel=0.1)


def counted(monkeypatch, module, name):
    calls, plain = [], getattr(module, name)
    monkeypatch.setattr(module, name, lambda *given: calls.append(given) or plain(*given))
    return calls


@pytest.mark.parametrize(
    ("path", "value"),
    [("mine001->plant001.lead_time", 3), ("plant001.capacity", 50), ("shop002/bike002.price", 4),
     ("plant001/bike001.production_time", 2), ("shop001.on_hand", 7), ("shop001.up_to", 12)],
)  # fmt: skip
def test_a_changed_value_checks_no_more_than_itself(path, value, monkeypatch):
    """It is as if everything had been made anew, and shares what names decide."""
    calm = set_up(pairs(4))
    if path == "shop001.on_hand":
        path = "shop001/bike001.on_hand"
    laws = counted(monkeypatch, tables, "check_network")
    fitted = counted(monkeypatch, scenarios, "_by_item")
    moved = calm.set(path, value)
    assert not laws
    assert sum(len(given) for *_, given in fitted) <= 1
    assert moved.network.items is calm.network.items
    assert moved.network.decided is calm.network.decided
    assert calm.value(path) != moved.value(path)
    now = moved.network
    anew = tl.Network(now.products, now.nodes, now.lanes, now.recipes, now.demands, now.stocks)
    assert len(laws) == 1
    assert (now, moved) == (anew, tl.Scenario(anew, dict(moved.rules), 3, moved.disruptions))
    for name in ("items", "into", "made", "brought", "upstream", "named", "held", "between",
                 "circles", "decided"):  # fmt: skip
        assert getattr(now, name) == getattr(anew, name), name


def test_a_disruption_is_looked_at_and_no_rule(monkeypatch):
    calm = set_up(pairs(4))
    fitted = counted(monkeypatch, scenarios, "_by_item")
    shaken = calm.disrupt(tl.Outage("shop001"))
    assert not fitted
    assert shaken.rules is calm.rules
    with pytest.raises(tl.ScenarioError, match="'shop9' is not a node"):
        shaken.disrupt(tl.Outage("shop9"))


def test_what_a_changed_row_breaks_is_still_refused():
    """Cycles without lead time, stock at an outside source, unknown components, short traces."""
    calm = set_up(pairs(2))
    loop = tl.Network([tl.Product("a")], [tl.Node("x"), tl.Node("y")],
                      [tl.Lane("x", "y", "a"), tl.Lane("y", "x", "a", lead_time=0)])  # fmt: skip
    for network, row, words in (
        (loop, tl.Lane("x", "y", "a", lead_time=0), "form a cycle without lead time"),
        (calm.network, tl.Stock("mine000", "part000", 3), "is an unlimited outside source"),
        (calm.network, tl.Recipe("plant000", "bike000", {"prat000": 2}), "is not a product"),
        (calm.network, tl.Lane("mine000", "plant009", "part000"), "is not a node"),
    ):
        with pytest.raises(tl.NetworkError, match=words):
            network.change(row)
    with pytest.raises(tl.ScenarioError, match="has 2 days, the scenario 3"):
        calm.set("shop000/bike000.pattern", tl.Trace((1, 2)))
    grown = calm.network.change(tl.Node("kiosk"), tl.Lane("plant000", "kiosk", "bike000"))
    with pytest.raises(tl.ScenarioError, match="no one decides for 'kiosk' \\('bike000'\\)"):
        calm.change(network=grown)


def test_a_scenario_that_was_sent_elsewhere_is_changed_as_at_home():
    calm = set_up(pairs(3))
    sent = pickle.loads(pickle.dumps(calm))
    for path, value in (("shop001.up_to", 4), ("plant001.capacity", 5)):
        assert sent.set(path, value) == calm.set(path, value)
    assert list(sent.set("shop001.up_to", 4).rules) == list(calm.rules)


def test_sharing_keeps_the_order_of_the_tables_whoever_is_named_first():
    calm = set_up(pairs(3))
    late = calm.share({"shop001": tl.OwnOrders()}).share({"plant000": tl.OwnOrders()})
    assert list(late.sharing) == [i for i in calm.network.items if i in late.sharing]
    assert {node for node, _ in late.sharing} == {"plant000", "shop001"}
