"""Claims of notebook 10: what does the factory know before we do?"""

from functools import cache

import numpy as np

import twinlab as tl
from tests.notebooks.claims import Claims, above, agrees, below, holds
from twinlab.cases.factory import Factory, factory, fit_tools, heat_watch
from twinlab.modeling import feed, replicate_line, run_line
from twinlab.modeling.line.results import LineReplications

claims = Claims("10")
PLACES = ("machining.buffer", "coating.buffer", "testing.buffer")


@cache
def case() -> Factory:
    return factory()


@cache
def line(seed: int, places: int = 4, repair: float = 30.0, age: float = np.inf) -> LineReplications:
    """The line with other buffers, other repairs, another age of tools: 18 days in all."""
    changed = case().line.set("machining.maintain", tl.modeling.AtAge(age))
    for place in PLACES:
        changed = changed.set(place, places)
    if repair != 30:
        changed = changed.set("machining.time_to_repair", repair)
    return replicate_line(changed, days=8, replications=3, seed=seed)


def gain(better: LineReplications, worse: LineReplications) -> np.ndarray:
    """What one line delivers more than another, history by history [units/day]."""
    return better.values("throughput") - worse.values("throughput")


@claims.says(
    "Machining works or is down nearly all the time: it is the bottleneck.",
    "Cutting, before it, is blocked for a third of its time; coating and testing, after it, "
    "starve.",
    "| a department stands still | the log of the line | the bottleneck is machining |",
)
def bottleneck(seed):
    run = run_line(case().line, days=12, seed=seed, log=False)
    busy = run["machining"].working + run["machining"].down
    starved = [run[station].starved for station in ("coating", "testing")]
    return [
        holds(busy > 0.97, busy),
        agrees(1 / 3, run["cutting"].blocked, rounding=0.06),
        holds(min(starved) > 0.15, starved),
    ]


@claims.says(
    "The first two places are worth much more than all the others: they absorb the small "
    "differences between parts.",
    "two places in place of none: 13 parts a day |",
)
def two_places(seed):
    none, two, eight = line(seed, 0), line(seed, 2), line(seed, 8)
    return [
        agrees(13, gain(two, none), rounding=1),
        above(0, gain(two, none) - 2 * gain(eight, two)),
    ]


@claims.says("None of them makes up for a long repair.")
def long_repair(seed):
    return below(0, gain(line(seed, 12, repair=60), line(seed, 4)))


@claims.says("a high one warns half the time, a low one comes too late.")
def limits():
    high, low = (heat_watch(case().readings, limit) for limit in (10.0, 8.0))
    return [agrees(0.5, high.warned_share, 0.06), holds(low.first_warning > low.first_failure, low)]


@claims.says(
    "All 115 heat failures happened under a warning, and the first warning came 399 parts before "
    "the first failure.",
    "The price: more than a fifth of these parts were made under a warning.",
    "There no warning came, and no heat failure either:",
    "| 399 parts before the first failure of the one hot spell |",
)
def heat():
    chosen, held = case().readings[:7000], case().readings[7000:]
    watch, unseen = heat_watch(chosen, 9.0), heat_watch(held, 9.0)
    struck = [part.part for part in case().readings if "HDF" in part.failure]
    return [
        holds(len(struck) == 115 and max(struck) <= 7000, struck),
        holds(watch.caught_share == 1 and watch.first_warning == min(struck) - 399, watch),
        holds(0.2 < watch.warned_share < 0.25, watch.warned_share),
        holds(unseen.warned_share == 0 and unseen.first_failure is None, unseen),
    ]


@claims.says("All 115 failures belong to one hot spell.")
def one_spell():
    struck = np.array([p.part for p in case().readings if "HDF" in p.failure])
    return holds(np.diff(struck).max() < 600 and np.ptp(struck) < 2000, struck.min(), struck.max())


@claims.says(
    "| material runs out | stock and lanes | 8 to 9 days ahead | to know that nothing need be "
    "ordered today |",
)
def sheets(seed):
    item = ("factory", "sheet")
    chain = case().scenario.set("factory.capacity", 142.2)  # what the line was measured to make
    silent = tl.task.inventory.stop_ordering(chain, item)
    now = tl.State.initial(silent.network)
    out = tl.task.inventory.predict(silent, item, now, seed=seed, days=30, replications=200)
    early, half = out.quantile(0.1), out.quantile(0.5)
    today = tl.task.inventory.order_today(chain, item, now, seed=seed)
    return [holds(8 <= early <= half <= 9, early, half), holds(today.quantity == 0, today)]


@claims.says("so about five of 2,000 should signal although nothing is wrong.")
def false_alarms():
    return agrees(5, 2000 / tl.task.quality.Shewhart(limit=3).run_length(0), rounding=0.5)


@claims.says("The torque is in order: no more signals than chance alone would give.")
def torque(seed):
    """A healthy process of the same length: 95 % of them signal less than 11 times."""
    drawn = np.random.default_rng(seed).normal(0, 1, (2000, 5))
    found = tl.task.quality.describe(drawn, baseline=400).means.signals
    seen = np.array([r.torque for r in case().readings]).reshape(-1, 5)
    signals = tl.task.quality.describe(seen, baseline=400).means.signals
    return holds(len(signals) <= len(found) + 4, len(signals), len(found))


@claims.says(
    "The chart of heat dissipation signals almost always",
    "temperatures drift slowly, and within a sample they hardly differ.",
)
def dissipation():
    seen = np.array([r.dissipation for r in case().readings]).reshape(-1, 5)
    signals = tl.task.quality.describe(seen, baseline=400).means.signals
    return [
        holds(len(signals) > 0.95 * 2000, len(signals)),
        holds(seen.std(axis=1).mean() < 0.1 * seen.std(), seen.std(axis=1).mean(), seen.std()),
    ]


@claims.says("Of 120 tools 90 failed; 30 were changed before they could")
def tools():
    failed = sum(tool.failed for tool in case().tools)
    return holds((len(case().tools), failed) == (120, 90), failed)


@claims.says("by which 63 % have failed")
def scale():
    return agrees(0.63, 1 - np.exp(-1), 0.005)


@claims.says(
    "It is fitted to the first 60 tools, with those 30 in mind, and then has to prove itself on "
    "the 60 that it never saw",
    "| tools break | the lives of earlier tools | 45.8 failures expected, 45 seen | 13 parts a "
    "day |",
)
def held_out():
    first, later = case().tools[:60], case().tools[60:]
    law = fit_tools(first).law
    expected = sum((tool.life / law.scale) ** law.shape for tool in later)
    seen = sum(tool.failed for tool in later)
    return [agrees(45.8, expected, 0.05), holds(seen == 45, seen)]


@claims.says("Thirteen parts a day more, out of the same machines: almost one in ten.")
def planned_age(seed):
    more = gain(line(seed, age=170), line(seed))
    share = more / line(seed).values("throughput")
    return [agrees(13.2, more, 1), agrees(0.095, share, 0.01)]


@claims.says(
    "it grows, and the share served on the day falls for as long as we look.",
    "With planned changes everybody is served on the day, however long we look.",
)
def queue(seed):
    runs = line(seed, age=170)
    kept = feed(case().scenario, "factory", runs)
    poor = kept.set("factory.capacity", 140 / runs.values("good_share").mean())  # what is asked
    served = {
        days: [tl.replicate(c.change(days=days), 100, seed).kpis.fill_rate for c in (poor, kept)]
        for days in (120, 240, 480)
    }
    return [
        above(0.02, served[120][0] - served[240][0]),
        above(0.02, served[240][0] - served[480][0]),
        *(above(0.999, found[1]) for found in served.values()),
    ]


@claims.says(
    "scratches, and cutting, which makes most of what comes back.",
    "(After forty days bumps might as well have come first: a few dozen complaints rank nothing.)",
)
def returns():
    """By hand: of 1,000 parts a fifth of the faulty ones passes the test, and some come back."""
    half_life = fit_tools(case().tools[:60]).law.average / 2  # a tool's mean age while it works
    back = {
        kind.name: 200 * (kind.fault.rate + kind.fault.wear * half_life) * kind.returned
        for kind in case().fault_classes
    }
    cutting = back["K scratch"] + back["Z scratch"]
    few = 5.6 * back["K scratch"], 5.6 * back["bump"]  # in forty days of 140
    return [
        holds(cutting > 0.5 * sum(back.values()), back),
        holds(few[0] - few[1] < 1.5 * sum(few) ** 0.5, few),
    ]


@claims.says(
    "Who revises only what is worth it saves more than a fifth of the cost, and the interval "
    "excludes zero.",
    "| complaints | parts that came back | scratches from cutting | more than a fifth of their "
    "cost |",
)
def worth_it(seed):
    quality = tl.task.quality
    life = quality.ProductLife(case().line, case().returned)
    ways = {"nothing": quality.keep_design, "worth it": quality.worth_it}
    found = quality.compare_designers(ways, life, lives=40, seed=1000 * seed)
    saved = -found["worth it"].difference.high / found["nothing"].cost.mean
    return [
        holds(saved > 0.18, saved),
        agrees(0.23, -found["worth it"].difference.mean / found["nothing"].cost.mean, 0.03),
    ]


@claims.says(
    "185 minutes: the less a failure hurts, the longer one may wait.",
    "Suppose a broken tool costs 120 USD in place of 300.",
)
def cheaper_failure():
    law = fit_tools(case().tools[:60]).law
    ages = np.arange(100.0, 260.0, 0.25)
    costs = [tl.task.maintenance.replacement_cost(law, age, 60, 120) for age in ages]
    return agrees(185, ages[int(np.argmin(costs))], 0.6)


@claims.says(
    "A new customer weighs an even coat 8 in place of 2.",
    "The bath filter, with 3 · 1 + 8 · 9 = 75 against 69 for the padded rack.",
)
def even_coat():
    return holds((3 * 1 + 8 * 9, 5 * 9 + 8 * 3, 5 * 1 + 3 * 9) == (75, 69, 32))


claims.given(
    "Eight months of deliveries (160 days)",
    "If it breaks, the machine stands still for half an hour; changing it in time takes six",
    "One month of 20 days, after two days of warm-up.",
    "sheets come from the steel mill in 5 ± 1.5 days",
    "(such as the 9 K above)",
)
