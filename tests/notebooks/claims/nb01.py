"""What notebook 01 claims: how a twin keeps in step with its plant."""

import tempfile
from functools import cache

import numpy as np
import pandas as pd

import twinlab as tl
from tests.notebooks.claims import SEEDS, Claims, above, agrees, holds
from twinlab.modeling.formulas.run_length import cusum_limit

claims = Claims("01")


@cache
def mornings(name, ask_again):
    """The mean fidelity of sixty mornings on a link, in a life of each seed."""
    made, found = claims.cells(1, "belief", "links"), []
    for seed in SEEDS:
        bus = tl.Bus(made.links[name], seed=seed)
        plant, twin = tl.Plant(made.belief, bus, seed=seed), tl.Twin(made.belief, bus)
        scores = []
        for _ in range(60):
            plant.advance()
            twin.sync(ask_again)
            scores.append(tl.fidelity(twin.state, plant.state).score)
        found.append(np.mean(scores))
    return np.array(found)


def changed(seed, factor, until):
    """A plant whose customers change on day 60, and the twin that has listened until a day."""
    belief = claims.cells(1, "belief").belief
    truth = belief.disrupt(tl.DemandShift("shop", start=60, days=300, factor=factor))
    plant, twin = tl.Plant(truth, bus := tl.Bus(), seed=seed), tl.Twin(belief, bus)
    plant.advance(until)
    twin.sync()
    return twin, twin.alarms()


@claims.says(
    "By radio, where one message in twenty gets lost, about a third of all units stand in the "
    "wrong place on an average morning; by satellite, where it is one in five, about two thirds.",
    "about one unit in ten by radio, nearly three in ten by satellite.",
)
def lost_messages():
    radio, satellite = mornings("radio", False), mornings("satellite", False)
    asked = mornings("radio", True), mornings("satellite", True)
    return [
        agrees(0.65, radio, 0.05),
        agrees(0.31, satellite, 0.05),
        agrees(0.9, asked[0], 0.03),
        agrees(0.71, asked[1], 0.03),
        above(0, radio - satellite),
        above(0, asked[0] - radio),
        above(0, asked[1] - satellite),
        above(0, asked[0] - asked[1]),
    ]


@claims.says("more loss need not look worse, because which messages get lost counts as much")
def luck():
    """On one plant, a worse line of one luck is truer than a better line of another."""
    belief, found = claims.cells(1, "belief").belief, []
    for seed in SEEDS:
        for loss in (0.05, 0.1):
            bus = tl.Bus(tl.Faults(loss=loss), seed=seed)
            plant, twin = tl.Plant(belief, bus, seed=1), tl.Twin(belief, bus)
            plant.advance(60)
            twin.sync(ask_again=False)
            found.append(tl.fidelity(twin.state, plant.state).score)
    return [holds(min(found[::2]) < max(found[1::2]), found)]


@claims.says("Copies and disorder do no harm")
def copies(seed):
    belief = claims.cells(1, "belief").belief
    bus = tl.Bus(tl.Faults(duplicates=0.5, disorder=0.5), seed=seed)
    plant, twin = tl.Plant(belief, bus, seed=seed), tl.Twin(belief, bus)
    plant.advance(30)
    bus.now += 1  # what takes a day longer
    found = twin.sync(ask_again=False)
    return [holds(found.copies > 100, found), holds(twin.state.on_hand == plant.state.on_hand)]


@claims.says(
    "What was missing was asked for and has come",
    "it is silent, and the twin no longer waits for it.",
)
def silent(seed):
    """The notebook's own cells, by hand: a meter that speaks once."""
    made = claims.cells(seed, "belief", "line", "meter")
    bus = tl.Bus(made.line, seed=seed)
    plant, twin = tl.Plant(made.belief, bus, seed=seed), tl.Twin(made.belief, bus)
    plant.advance(30)
    twin.sync()
    missing, bus.faults = len(twin.gaps()), tl.Faults()
    bus.carry(tl.Message(*made.meter).encode())
    twin.sync()
    plant.advance(6)
    twin.sync()
    twin.sync()
    told = twin.sources.set_index("source")
    return [
        holds(missing > 0),
        holds(twin.gaps() == [] and twin.staleness == 0 and not told["lost"].any(), told),
        holds(list(told.index[told["silent"]]) == ["/shop/iot"], told),
    ]


@claims.says("Each is a dead letter: kept with its reason, and nothing else has changed.")
def attacks(seed):
    """The notebook's six, made from a message of another plant."""
    belief, edits = vars(claims.cells(1, "belief", "edits")).values()
    plant, twin = tl.Plant(belief, bus := tl.Bus(), seed=seed), tl.Twin(belief, bus)
    plant.advance(36)
    twin.sync()
    before = twin.state, twin.model
    raw = next(m for m in twin.store.messages() if m.kind == "shipped").encode()
    early = raw.replace(b"2026-01-01", b"2028-09-26").replace(b'"day": 0', b'"day": 999')
    closes = tl.Message("/plant/sys", 99, "sys.changed.v1", 0, {"changes": {"farm.capacity": 0}})
    forged = [raw[:40], early, closes.encode(), *(raw.replace(*edit) for edit in edits)]
    assert raw not in forged
    for attack in forged:
        bus.carry(attack)
    dead = twin.sync().dead
    return [holds(dead == 6, dead), holds((twin.state, twin.model) == before)]


@claims.says("and the stock is exactly that of a plant that was never killed.")
def crashes(seed):
    """Opened anew on the same file; that whole processes may die is tests/technology's."""
    made, rng = claims.cells(1, "made").made, np.random.default_rng(seed)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        for until in (*sorted(rng.integers(1, 40, 2)), 40):
            plant = tl.Plant(made, tl.FileLink(f"{folder}/mail.db"), seed=seed)
            plant.advance(int(until) - plant.day)
            store = tl.EventStore(f"{folder}/twin.db")
            twin = tl.Twin(made, tl.FileLink(f"{folder}/mail.db"), store)
            twin.sync()
    unharmed = tl.Plant(made, tl.Bus(), seed=seed)
    unharmed.advance(40)
    return [holds(twin.gaps() == []), holds(twin.state.on_hand == unharmed.state.on_hand)]


@claims.says(
    "We write such a file from what the plant of the coffee chain tells in 60 days.",
    "Stock and goods under way are right to the gram.",
)
def planner(seed):
    made = claims.cells(1, "belief", "words", "back", "german", "mapping")
    plant, twin = tl.Plant(made.belief, bus := tl.Bus(), seed=seed), tl.Twin(made.belief, bus)
    plant.advance(60)
    twin.sync()
    moves = [m for m in twin.store.messages() if m.kind in made.words]
    places = [(made.back[m.data["node"]], made.back.get(m.data.get("partner"))) for m in moves]
    sheet = pd.DataFrame(places, columns=["Ort", "Partner"])
    sheet.index.name = "Nr"
    sheet["Vorgang"] = [made.words[m.kind] for m in moves]
    dates = [pd.Timestamp("2026-01-01") + pd.Timedelta(m.data["day"], "D") for m in moves]
    sheet["Tag"], sheet["Menge"] = dates, [m.data["quantity"] for m in moves]
    with tempfile.TemporaryDirectory() as folder:
        sheet.to_csv(f"{folder}/Lager.csv", **made.german)
        (office := tl.Twin(made.belief)).listen(tl.Folder(folder), made.mapping)
        read, wrong = office.sync(), tl.fidelity(office.state, plant.state).table
    return [holds(read.new == len(sheet) > 200, read), holds(set(wrong["what"]) <= {"owed"}, wrong)]


@claims.says(
    "A band of nine in ten must hold nine nights in ten: fewer is bragging, more is hiding.",
    "(A little more than nine in ten is no surprise: where a band begins at 0, with the empty "
    "shelf, nothing can fall below it.",
)
def band():
    belief, inside, empty = claims.cells(1, "belief").belief, [], []
    for seed in SEEDS[:3]:
        plant, twin = tl.Plant(belief, bus := tl.Bus(), seed=seed), tl.Twin(belief, bus)
        for _ in range(11):
            plant.advance(15)
            twin.sync()
            twin.forecast(10, replications=128)
        found = twin.verify()
        inside.append(found.hits / found.of)
        empty.append(np.mean(plant.run.series("on_hand", "shop") < 1e-9))
    return [holds(0.87 < np.mean(inside) < 0.98, inside), holds(np.mean(empty) > 0.03, empty)]


@claims.says(
    "In step with the plant but naive about what is under way, the twin forecasts hardly better "
    "than without any link: 10.0 kg against 11.1. Knowing the ages brings the loss down to 5.8 kg."
)
def ages():
    made = claims.cells(1, "loss", "ways")
    plants = [100 * seed + more for seed in SEEDS for more in range(4)]
    losses = [np.array([made.loss(plant, *way) for plant in plants]) for way in made.ways.values()]
    return [
        agrees(5.8, losses[0], 0.5),
        agrees(10, losses[1], 0.7),
        agrees(11.1, losses[2], 0.7),
        above(0, losses[1] - losses[0]),
    ]


@claims.says("which is set so that a false alarm comes once in 1,000 observations on average.")
def false_alarms():
    """Two-sided CUSUMs of pure noise, by a loop of their own."""
    limit, rng = cusum_limit(1000, 0.5), np.random.default_rng(4)
    scores = rng.standard_normal((6000, 400))
    up = down = np.zeros(400)
    first = np.full(400, 6000)
    for at, row in enumerate(scores):
        up, down = np.maximum(0, up + row - 0.5), np.maximum(0, down - row - 0.5)
        first = np.where((first == 6000) & (np.maximum(up, down) > limit), at + 1, first)
    ends = np.minimum(first, 6000)
    # Of an exponential law cut at 6,000 the mean is 1,000 × (1 − e⁻⁶).
    return agrees(1000, ends / (1 - np.exp(-6)), 50)


@claims.says(
    "on eight other plants the rise of 30 % rang after 3 to 13 days, that of 10 % after 19 to 101."
)
def first_alarms(seed):
    large, small = changed(seed, 1.3, 100)[1][0].day - 60, changed(seed, 1.1, 260)[1][0].day - 60
    return [holds(-5 <= large <= 20, large), holds(-30 <= small <= 200, small)]


@claims.says("The twin adopts the new demand, tries other levels from today's state on")
def proposals(seed):
    twin, alarms = changed(seed, 1.3, 85)
    twin.update_model(alarms[-1])
    options = claims.cells(1, "options").options
    proposal = twin.recommend(options, days=60, replications=64)
    return [holds(proposal.worth, proposal)]


@claims.says("The same luck twice: 160 days without a twin, and 160 days with one that looks every "
             "eight days")  # fmt: skip
def value():
    """Three lives of other luck, taken together."""
    made = claims.cells(1, "truth", "with_twin")
    saved = [
        tl.simulate(made.truth.change(days=160), seed).kpis.total_cost
        - made.with_twin(seed).kpis.total_cost
        for seed in (101, 102, 103)
    ]
    return [above(0, saved), agrees(126, saved, 10)]


@claims.says(
    "Lead times of 3, 4, 5 and 6 days are still possible, equally likely: 0, 1, 2 or 3 days to go, "
    "1.5 on average. The mean lead time, 3.5 days, would say half a day."
)
def days_to_go():
    possible = [days - 3 for days in range(1, 7) if days >= 3]
    return [agrees(1.5, [np.mean(possible)], 0), agrees(0.5, [np.mean(range(1, 7)) - 3], 0)]


claims.given(
    "how much of what the twin believes is still right: 99 %, 95 %, or less?",
    "The twin only hears what the plant's systems say: late, twice, or never.",
    "whoever has numbers 7 and 9 knows that 8 is missing.",
    "We send the twin half a sentence,",
    "We kill the plant in the middle of its life, twice, and start it again",
    "First drag the loss from 0 to 10 %",
    "The lead time is one that outlasts its age: P(L = l | L ≥ 9).",
    "The lead time of a lane is 1, 2, 3, 4, 5 or 6 days, equally likely.",
    "Customers begin to ask for only 10 % more on day 60 (`factor=1.1`, seed 1, look on day 200).",
    "here a 30 % rise took nine days.",
)
