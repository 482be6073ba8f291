"""A slider moved from Python, as the browser moves it: words, picture, table and code follow."""

import math
import threading
import time

import pytest

from tests.lab.chains import CALM, CLOSED, CLOSURE
from twinlab import BaseStock, Scenario, ScenarioError, StockLoss, Trace, lab, replicate, serial
from twinlab.lab.charts.pictures import Picture
from twinlab.lab.widgets import explorer as explorer_module
from twinlab.lab.widgets.explorer import by_tier, small_multiples


def test_a_flow_is_the_mean_of_the_week_up_to_each_day():
    """Ten days of 7 units, then none: it falls by 1 a day; the first week has as many as it has."""
    asked = (0, 14, *[7] * 8, *[0] * 10)
    network = serial(["mine", "shop"], demand=Trace(asked), on_hand=500)
    seen = by_tier(Scenario(network, BaseStock(0), days=20), seed=1, replications=2)
    flow = next(series.flow for series in seen.groups if series.label.endswith("shop"))
    weeks = [asked[max(0, day - 6) : day + 1] for day in range(20)]
    assert flow.tolist() == pytest.approx([sum(week) / len(week) for week in weeks])
    assert flow[[0, 1, 9, 12, 16]].tolist() == pytest.approx([0, 7, 7, 4, 0])


@pytest.fixture
def closure():
    return lab.explore(CLOSED, CLOSURE)


def test_a_move_changes_picture_words_and_table(closure):
    before = [closure.picture.png, closure.status.value, closure.table.value]
    closure.rows[0].value = 15
    after = [closure.picture.png, closure.status.value, closure.table.value]
    assert all(old != new for old, new in zip(before, after, strict=True))
    assert 'role="status"' in closure.status.value
    assert "customers short on 8 days from day 29" in closure.summary
    assert closure.summary in closure.status.value


def test_the_picture_says_what_it_shows(closure):
    closure.rows[0].value = 15
    assert closure.picture.alt == f"{closure.summary}\n{closure.picture.chart.words}"
    assert "tier 0: shop: stock first 10, lowest 0 (day 28), highest 15 (day 1), last 15" in (
        closure.picture.alt
    )


def test_what_the_page_sends_is_where_the_lever_stands(closure):
    row = closure.rows[0]
    row.set_state({"value": 9})
    assert (row.value, closure.scenario.value("disruptions[0].days").average) == (9, 9)


def test_the_line_of_code_gives_the_same_result(closure):
    closure.rows[0].value = 15
    assert closure.code == (
        'tl.replicate(CLOSED.set("disruptions[0].days", 15), 200, seed=1).table'
    )
    table = replicate(CLOSED.set("disruptions[0].days", 15), 200, seed=1).table
    assert closure.summary.startswith(f"Fill rate {100 * table.loc['fill_rate', 'mean']:.1f} %")
    assert "mean of 200 replications, 95 % interval" in str(closure)
    assert "Mean of 200 replications, 95 % interval" in closure.table.value


def test_reset_puts_everything_back(closure):
    at_first = str(closure), closure.picture.png
    closure.rows[0].value = 15
    reset = closure.children[len(closure.rows)].children[0]
    assert reset.description == "Reset"
    reset.click()
    assert (str(closure), closure.picture.png) == at_first


def test_twenty_moves_at_once_end_in_the_last_value(closure, monkeypatch):
    drawn = []

    def slowly(scenario, seed, replications):
        drawn.append(scenario)
        time.sleep(0.02)
        return by_tier(scenario, seed, replications)

    monkeypatch.setattr(explorer_module, "by_tier", slowly)
    row = closure.rows[0]
    together = threading.Barrier(20)

    def move(value):
        together.wait()
        row.value = value

    threads = [threading.Thread(target=move, args=(value,)) for value in range(3, 23)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    last = row.value
    assert closure.scenario.value("disruptions[0].days").average == last
    now = by_tier(closure.scenario, 1)
    wanted = Picture(limits=closure.picture.limits)
    wanted.show(small_multiples(by_tier(CLOSED, 1), now))
    assert closure.picture.png == wanted.png
    assert not closure.picture.busy
    assert len(drawn) < 20, "moves that came too late to be seen were simulated all the same"


def test_a_scenario_that_cannot_be_is_explained_in_the_status_line(closure):
    picture = closure.picture.png
    closure.rows[0].value = 0
    assert "give a number above 0" in closure.status.value
    assert "Traceback" not in closure.status.value
    assert closure.picture.png == picture
    assert closure.picture.old
    closure.rows[0].value = 2
    assert "give a number above 0" not in closure.status.value
    assert not closure.picture.old


def test_a_rule_that_breaks_is_reported_not_raised():
    class Fragile(BaseStock):
        def __call__(self, view):
            return 1 / (0 if self.up_to < 10 else 1) + super().__call__(view)

    scenario = Scenario(serial(["mine", "shop"], demand=5.0), Fragile(20), days=10)
    shown = lab.explore(scenario, ["shop.up_to"])
    shown.rows[0].value = 5
    assert "ZeroDivisionError in the simulation" in shown.status.value


def test_default_levers_are_the_disruption_and_the_levels():
    paths = [row.lever.path for row in lab.explore(CLOSED).rows]
    assert paths == [
        "disruptions[0].days",
        "disruptions[0].start",
        "disruptions[0].loss",
        "plant.up_to",
        "shop.up_to",
    ]
    burnt = CALM.disrupt(StockLoss("shop", share=0.5, start=9, rate=0.1))
    paths = [row.lever.path for row in lab.explore(burnt).rows]
    assert paths[:3] == ["disruptions[0].start", "disruptions[0].share", "plant.up_to"]


def test_a_lever_takes_words_unit_and_range_from_the_column():
    rows = {row.lever.path: row.lever for row in lab.explore(CLOSED).rows}
    start, loss = rows["disruptions[0].start"], rows["disruptions[0].loss"]
    assert (start.low, start.high, start.whole) == (0, 59, True)
    assert (loss.low, loss.high, loss.whole) == (0, 1, False)
    assert rows["shop.up_to"].label == "shop: base-stock level S [units]"


@pytest.mark.parametrize("value", [18.75, 187.3, 0.0137, 100 / 3, 20.0])
def test_a_slider_has_few_round_stops_and_stands_exactly_where_it_starts(value):
    row = lab.explore(CALM.set("shop.up_to", value), ["shop.up_to"]).rows[0]
    assert 40 <= len(row.stops) <= 104
    assert row.value in row.stops
    assert not row.moved
    first = int(f"{row.step:e}"[0])
    assert row.step == pytest.approx(first * 10.0 ** round(math.log10(row.step / first)))
    assert first in (1, 2, 5)
    strange = {row.stops[0], row.stops[-1], value}
    assert all(abs(at / row.step - round(at / row.step)) < 1e-6 for at in {*row.stops} - strange)


def test_the_box_takes_decimals_between_the_stops():
    shown = lab.explore(CALM.set("shop.up_to", 18.75), ["shop.up_to"])
    row = shown.rows[0]
    row.set_state({"value": 18.87})
    assert 18.87 not in row.stops
    assert (row.value, shown.scenario.value("shop.up_to")) == (18.87, 18.87)
    assert shown.code == 'tl.replicate(scenario.set("shop.up_to", 18.87), 200, seed=1).table'


def test_what_the_page_may_not_say_is_told_to_it(closure):
    """A number beyond the range, or between whole days: the page hears where the lever stands."""
    row, sent = closure.rows[0], []
    row.send_state = lambda key=None: sent.append((key, row.value))
    row.set_state({"value": 99})
    assert row.value == 30
    row.set_state({"value": 8.4})
    assert row.value == 8
    assert isinstance(row.value, int)
    assert [value for _, value in sent][-1] == 8


def test_a_distribution_becomes_a_slider_on_a_number():
    shown = lab.explore(CALM, ["plant->shop.lead_time"])
    assert shown.rows[0].value == 1
    shown.rows[0].value = 3
    assert shown.scenario.value("plant->shop.lead_time").average == 3


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("shopp.up_to", "did you mean 'shop'"),
        ("shop.upto", "did you mean 'up_to'"),
        ("mine.capacity", "no number that a slider can move"),
        ("mine.role", "no number that a slider can move"),
    ],
)
def test_a_wrong_path_is_explained_at_once(path, words):
    with pytest.raises(ScenarioError, match=words):
        lab.explore(CALM, [path])


def test_a_range_must_be_one():
    with pytest.raises(ScenarioError, match="give \\(low, high\\)"):
        lab.explore(CALM, {"shop.up_to": (30, 10)})


def test_two_explorers_show_the_same_bytes(closure):
    other = lab.explore(CLOSED, CLOSURE)
    assert other.picture.png == closure.picture.png
    bundles = [each.record for each in (closure, other)]
    assert bundles[0]["text/plain"] == bundles[1]["text/plain"] == str(closure)
    assert bundles[0]["image/png"] == bundles[1]["image/png"]
    assert bundles[0]["image/png"] in bundles[0]["text/html"]
