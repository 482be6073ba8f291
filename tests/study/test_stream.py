"""Quality on the stream: charts in the twin, message by message, and what an alarm is worth.

What an alarm sets off is compared with doing nothing, on a line that has changed and on one that
has not (a false alarm), history by history.
"""

from dataclasses import replace

import numpy as np
import pytest

import twinlab as tl
from tests.study.beside import FULL, beside
from twinlab.cases.factory import factory
from twinlab.modeling import AtAge, Change, Fault, Inspection, Line, Station
from twinlab.task import quality

BASELINE = 40  # days that set the limits
DAYS = 120 if FULL else 70
CASE = factory(days=DAYS)
LINE = CASE.line.set("machining.maintain", AtAge(170))
RATE = {c.name: c.fault.rate for c in CASE.fault_classes}


def nested(line):
    demand = replace(CASE.scenario.network.demands[0], pattern=tl.Normal(125, 10))
    chain = CASE.scenario.change(network=CASE.scenario.network.change(demand))
    return chain.set("factory/panel.production_time", 1).nest({"factory": line})


def flawed(events):
    """Works of cutting by day, and how many of them were without a fault."""
    works = ((e.quantity, e.note) for e in events if (e.kind, e.partner) == ("worked", "cutting"))
    return [(done, done - good) for done, good in works if done]


def score(done, bad, share):
    """A share of works with a fault, in standard deviations [σ]: sizes differ from day to day."""
    return (bad / done - share) / (share * (1 - share) / done) ** 0.5


def test_a_monitor_in_the_twin_draws_the_chart_of_the_plants_own_log():
    """Message by message, as they come; the batch chart of all works has the same points."""
    bus = tl.Bus()
    plant, twin = tl.Plant(nested(LINE), bus, seed=1), tl.Twin(nested(LINE), bus)
    share, monitor, seen = 0.0, quality.Monitor(quality.Ewma(), 0, 1), []
    for day in range(DAYS):
        plant.advance(1)
        fresh = [twin._tracker.check.event(m) for m in twin.sync().fresh if m.kind == "worked"]
        for done, bad in flawed(fresh):
            seen.append((done, bad))
            if len(seen) == BASELINE:
                share = sum(b for _, b in seen) / sum(d for d, _ in seen)
            elif len(seen) > BASELINE:
                monitor.update(score(done, bad, share))
        assert twin.day == day + 1
    told = flawed(plant.run.log)
    assert seen == told == flawed(twin.heard("worked"))
    batch = quality.describe_counts([b for _, b in told], [d for d, _ in told], BASELINE)
    assert monitor.chart.standard == pytest.approx(batch.standard[BASELINE:])
    assert monitor.chart.signals == quality.Ewma().chart(monitor.chart.standard, 0, 1).signals


def test_a_change_of_the_line_is_seen_in_days_and_dated():
    """Cutting scratches three times as many blanks from day 40 on: 2.7 % become 6.4 %."""
    worse = LINE.set("cutting.K scratch", 3 * RATE["K scratch"])
    share = 1 - (1 - RATE["K scratch"]) * (1 - RATE["Z scratch"])
    delays, dates, lives = [], [], 30 if FULL else 4
    for seed in range(lives):
        calm = tl.simulate(nested(LINE), seed=seed)
        state = calm.state_on(BASELINE)
        before = flawed(calm.log.before(BASELINE))
        after = flawed(tl.simulate(nested(worse), seed=seed, start=state).log)
        monitor = quality.Monitor(quality.Cusum(), 0, 1)
        for day, one in enumerate(before + after, start=1 - len(before)):
            if monitor.update(score(*one, share)):
                if day > 0:
                    break
                monitor = quality.Monitor(quality.Cusum(), 0, 1)  # a false alarm is forgotten
        delays.append(day)
        dates.append(day - monitor.chart.signals[0] + monitor.chart.change_point)
    shift = 2 * RATE["K scratch"] / (share * (1 - share) / 125) ** 0.5
    wanted = quality.predict(quality.Cusum(), shift).detection
    print(f"\ndays to the alarm {np.mean(delays):.2f}, by the run length {wanted:.2f}")
    error = np.std(delays, ddof=1) / lives**0.5
    assert abs(np.mean(delays) - wanted) < 4 * error + 1  # a share is not quite normal
    assert abs(np.median(dates)) <= 2


def test_an_alarm_of_the_yield_changes_the_outlook():
    """The plant makes 0.86 good ones in place of 0.95: what is seen since is what is expected."""
    chain = tl.assembly("plant", {"wheel": 2}, demand=tl.Normal(50, 5), on_hand=300)
    model = tl.Scenario(chain, tl.BaseStock(400), days=90).set("plant/unit.good_share", 0.95)
    truth, bus = model.set("plant/unit.good_share", tl.Normal(0.86, 0.02)), tl.Bus()
    plant, twin = tl.Plant(truth, bus, seed=2), tl.Twin(model, bus)
    monitor, alarms = quality.Monitor(quality.Cusum(), 0.95, 0.03), []
    while not alarms:
        plant.advance(1)
        for message in twin.sync().fresh:
            if message.kind == "finished" and message.data["note"]:
                told = monitor.update(message.data["quantity"] / message.data["note"])
                alarms += [told] if told else []
    assert plant.day < 20
    seen = 0.95 + 0.03 * monitor.chart.shift
    change = Change.of(twin.model, {"plant/unit.good_share": seen}, *[alarms[0].title])
    before = twin.forecast(20, replications=64).kpis.mean_stock.mean()
    twin.model = change.scenario
    assert twin.outlook.value("plant/unit.good_share").average == pytest.approx(0.86, abs=0.02)
    assert twin.forecast(20, replications=64).kpis.mean_stock.mean() < before


def test_an_alarm_sets_the_inspection_of_the_plant():
    """The level of inspection goes to the line by the path of orders, and fewer faults escape."""
    chain, bus = nested(LINE), tl.Bus()
    plant, twin = tl.Plant(chain, bus, seed=1), tl.Twin(chain, bus)
    plant.advance(5)
    twin.sync()
    order = twin.propose(Change({"factory.testing.inspection.detects": 0.98}), "p chart signals")
    twin.approve(order.id, "ann", "supply planner", "the chart of cutting signals")
    plant.advance(2)
    twin.sync()
    assert twin.orders.orders[0].step == "done"
    assert plant.truth.value("factory.testing.inspection.detects") == 0.98
    run = tl.simulate(plant.truth, seed=1)
    reworked = [e.quantity for e in run.log.of("worked") if e.partner == "machining"]
    calm = [e.quantity for e in tl.simulate(chain, seed=1).log.of("worked")
            if e.partner == "machining"]  # fmt: skip
    assert sum(reworked) > sum(calm)


# -- what an alarm is worth ---------------------------------------------------------------------

PRESS = Line([Station("press", 3, faults=Fault("dent", 0.02), inspection=Inspection(0.8)),
              Station("pack", 1)])  # fmt: skip
COARSE = PRESS.set("press.dent", 0.10)
SEARCH = 50 * 365  # USD/year: a person who searches
LOOK = 0.5 * 160 * 365  # 0.5 USD for each of 160 parts a day


def reactions(path, fault, rate):
    look = {f"{path}.inspection.detects": 0.98}
    return {
        "look harder": Change(look, cost=LOOK),
        "and hold what was made since": Change(look | {"hold": "since the change"}, cost=LOOK),
        "seek the cause": Change({fault: rate}, cost=SEARCH),
    }


def test_an_alarm_that_acts_is_worth_it_and_a_false_one_costs():
    ways = reactions("press", "press.dent", 0.02)
    found = {
        name: quality.compare_reactions(
            quality.ProductLife(line, {"dent": 0.8}, value=20),
            ways,
            before=5,
            after=10,
            replications=5,
        )
        for name, line in (("changed", COARSE), ("false alarm", PRESS))
    }
    print(*(f"\n{name}: {ways}" for name, ways in found.items()))
    for way in ways:
        assert found["changed"][way].difference.high < 0, way
    assert found["false alarm"]["seek the cause"].difference.mean == pytest.approx(50 * 10 / 15)
    assert all(found["false alarm"][way].difference.low > 0 for way in ways)
    held, look = (found["changed"][way].difference.mean for way in list(ways)[1::-1])
    assert held < look
    # By hand: 160 parts, 0.1 · 0.2 of them escape, 0.8 of those come back at 120 USD.
    expected = 160 * (1 - 0.08) * (0.02 / 0.92 * 0.8 * 120 - 20)
    nothing = found["changed"]["nothing"].cost
    assert abs(nothing.mean - expected) < 4 * (nothing.high - nothing.low) / 5.55


@pytest.mark.skipif(not FULL, reason="minutes: make study")
def test_at_the_bottleneck_looking_harder_costs_more_than_it_saves():
    """Rework goes back to machining, which has no time: only the cause is worth seeking."""
    worse = LINE.set("cutting.K scratch", 3 * RATE["K scratch"])
    ways = reactions("testing", "cutting.K scratch", RATE["K scratch"])
    found = {
        name: quality.compare_reactions(
            quality.ProductLife(line, CASE.returned), ways, before=5, replications=20
        )
        for name, line in (("changed", worse), ("false alarm", LINE))
    }
    for name, each in found.items():
        beside(f"{name}: against nothing [USD/day]", {w.way: w.difference.mean for w in each}, {})
    changed, false = found["changed"], found["false alarm"]
    assert changed["seek the cause"].difference.high < 0
    assert all(false[way].difference.low > 0 for way in ways)
    assert changed["look harder"].difference.high > changed["seek the cause"].difference.high
