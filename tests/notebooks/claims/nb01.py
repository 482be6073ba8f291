"""What notebook 01 claims: how a twin keeps in step with its plant."""

import contextlib
import tempfile
from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd

import twinlab as tl
from tests.notebooks.claims import SEEDS, Claims, above, agrees, below, holds
from twinlab.modeling.formulas.run_length import cusum_limit
from twinlab.technology.seals import seal

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


@claims.says(
    "By radio, where one message in twenty gets lost, about a third of all units stand in the "
    "wrong place on an average morning; by satellite, where it is one in five, more than half.",
    "about one unit in ten by radio, about a quarter by satellite.",
)
def lost_messages():
    radio, satellite = mornings("radio", False), mornings("satellite", False)
    asked = mornings("radio", True), mornings("satellite", True)
    return [
        agrees(0.65, radio, 0.05),
        holds(0.25 < satellite.mean() < 0.5, satellite),
        agrees(0.9, asked[0], 0.03),
        agrees(0.75, asked[1], 0.04),
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


@claims.says("Each is a dead letter: kept with its reason, and nothing else has changed.")
def attacks(seed):
    """The notebook's five, made from a message of another plant."""
    belief, edits = vars(claims.cells(1, "belief", "edits")).values()
    plant, twin = tl.Plant(belief, bus := tl.Bus(), seed=seed), tl.Twin(belief, bus)
    plant.advance(36)
    twin.sync()
    before = twin.state, twin.model
    raw = next(m for m in twin.store.messages() if m.kind == "shipped").encode()
    closes = tl.Message("/plant/sys", 99, "sys.changed.v1", 0, {"changes": {"farm.capacity": 0}})
    forged = [raw[:40], closes.encode(), *(raw.replace(*edit) for edit in edits)]
    assert raw not in forged
    for attack in forged:
        bus.carry(attack)
    dead = twin.sync().dead
    return [holds(dead == 5, dead), holds((twin.state, twin.model) == before)]


@claims.says("and the stock is exactly that of a plant that never died.")
def crashes(seed):
    """Opened anew on the same file; that whole processes may die is tests/technology's."""
    made, rng = claims.cells(1, "belief").belief, np.random.default_rng(seed)
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
    made = claims.cells(1, "belief", "words", "places", "german", "mapping")
    plant, twin = tl.Plant(made.belief, bus := tl.Bus(), seed=seed), tl.Twin(made.belief, bus)
    plant.advance(60)
    twin.sync()
    moves = [m for m in twin.store.messages() if m.kind in made.words]
    back = {ours: theirs for theirs, ours in made.places.items()}
    places = [(back[m.data["node"]], back.get(m.data.get("partner"))) for m in moves]
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


@cache
def watched(seed, *names, days=62, rests=False):
    """A twin of the notebook, some mornings after its farm closed on day 60, and nobody told."""
    made = claims.cells(1, "lived", "closed", *names)
    usual = [tl.Outage("farm", rate=0.05, days=2)] if rests else []
    return made, *made.lived(*usual, made.closed, days=days, seed=seed)


@claims.says(
    "Two days. Nobody told,",
    "One such night may be anything; after two, the farm is rather closed than open.",
)
def inferred(seed):
    _, plant, twin = watched(seed, days=61)
    first = len(twin.outages)
    plant.advance()
    twin.sync()
    (one,) = twin.outages
    return [
        holds(first == 0),
        holds((one.where, one.told, one.since) == ("farm", "inferred", 60), one),
        holds(0.5 < one.probability < 0.75, one.probability),
        agrees(28, [one.days_left], 0.5),
    ]


@claims.says(
    "What is at risk? The control tower prices it: units that will be missing, times what a "
    "missing kilo costs (here 20 USD), times the probability.",
)
def at_risk(seed):
    _, _, twin = watched(seed)
    once, double = (twin.tower(shortage_cost={"coffee": usd}).alerts[0] for usd in (20, 40))
    return [
        holds((once.kind, once.node) == ("closed site", "farm"), once),
        agrees(2, [double.money / once.money], 0.01),
    ]


@claims.says(
    "The twin would ask who is open for what is asked of who is closed (`reroute`), and weighs, "
    "over futures from today's state on, what that is worth.",
    "The order was refused twice before it left the twin: the wrong role, then the right role in "
    "the hands of the proposer. The plant changed nothing until a person in the right role had "
    "said why. (Once the farm ships again, `reroute` proposes to come back.)",
)
def order(seed):
    """It is worth it, refused, approved and obeyed; when the farm is open, the twin comes back."""
    _, plant, twin = watched(seed)
    proposal, path = twin.reroute(days=40), "farm->roaster.sourcing_share"
    order = twin.propose(proposal, reason=proposal.reason)
    refused = []
    for who, role in [("anna", "supply planner"), ("twin", "sourcing manager")]:
        with contextlib.suppress(tl.SyncError):
            twin.approve(order.id, who, role, "it is urgent")
            refused.append(who)
    before = plant.truth.value(path)
    twin.approve(order.id, "ben", "sourcing manager", "nobody answers")
    plant.advance()
    twin.sync()
    after = plant.truth.value(path)
    while plant.day < 110 and (plant.day < 100 or len(twin.outages)):
        plant.advance(max(1, 99 - plant.day))
        twin.sync()
    back = twin.reroute(days=40)
    return [
        holds(100 < plant.day < 110 and list(back.values.values()) == [0.95], plant.day, back),
        holds(proposal.worth, proposal),
        holds(not refused, refused),
        holds((before, after, twin.orders[order.id].step) == (0.95, 0, "done"), before, after),
    ]


@claims.says(
    "A twin in `Mode.TWIN` sends rule orders by itself, because the table lists them as automatic "
    "(and the trail then says so); sourcing orders always wait."
)
def automatic():
    belief = claims.cells(1, "belief").belief
    _, twin = belief.twin(seed=1)
    twin.mode = tl.Mode.TWIN
    rule = twin.propose(tl.SetRules({"shop.up_to": 130}))
    share = twin.propose(tl.SetSourcing({"farm->roaster.sourcing_share": 0.5}))
    trail = twin.orders.trail
    said = trail[(trail.id == rule.id) & (trail.step == "approved")].role.tolist()
    return [holds((rule.step, share.step, said) == ("sent", "proposed", ["automatic"]), said)]


@claims.says(
    "without the key nobody can make it, and one changed digit breaks it.",
    "We send it five letters past the desk:",
    "Whoever edits one breaks all that follow.",
)
def forged(seed):
    """The letters of the notebook to a plant of other luck; and any line of a trail, edited."""
    plant, twin = claims.cells(1, "belief").belief.twin(seed=seed)
    real = twin.propose(tl.SetRules({"shop.up_to": 130})).text
    low, high = (real.replace("130.0", kg).replace("twin-", kg) for kg in ("-5", "1e12"))
    key, another = plant.link.key_of("twin"), b"a key that a thief made up"
    letters = [seal(key, "twin", low), seal(key, "twin", high), real.encode()]
    letters += [seal(another, "twin", real), seal(key, "twin", real).replace(b"130", b"190")]
    plant.link.send(letters, "commands")
    before = plant.truth
    plant.advance()
    twin.sync()
    notes = [m.data["note"] for m in twin.store.messages() if m.kind == "refused"]
    words = ("too far", "too far", "no sealed order", "the seal is not", "the seal is not")
    for kg in (130, 135, 140):
        twin.propose(tl.SetRules({"shop.up_to": kg}))
    orders, at = twin.orders, seed % 3
    lines = orders.lines
    number, line, chain = lines[at]
    edited = [*lines[:at], (number, line.replace("shop", "moon"), chain), *lines[at + 1 :]]
    return [
        holds(all(word in note for word, note in zip(words, notes, strict=True)), notes),
        holds(plant.truth == before),
        holds(orders.whole() and not replace(orders, lines=edited).whole()),
        holds(replace(orders, lines=lines[:-1]).whole(), "an end that is cut off does not show"),
    ]


@cache
def looked():
    """Thirty closures of other luck: what was promised by the deaf, by the outlook, and came."""
    look, rng = claims.cells(1, "look").look, np.random.default_rng(77)
    lasts = 5 + rng.exponential(28, 30).astype(int)
    return np.array([look(seed, int(days)) for seed, days in enumerate(lasts, start=101)]).T


@claims.says(
    "The deaf twin promises what it always does, and is wrong by 0.29 on average. The outlook is "
    "wrong by about half of that;"
)
def deaf():
    without, outlook, came = looked()
    wrong, better = abs(without - came), abs(outlook - came)
    return [
        holds(without.min() > 0.9, without),
        agrees(0.29, wrong, 0.01),
        above(0, 0.75 * wrong - better),
        above(0, better - 0.25 * wrong),
    ]


@claims.says(
    "The filter learns while a flow is up how often, and for how long, it rests, and takes only "
    "what is longer for news.",
    "An alarm on every second night of silence would ring about once a month for nothing.",
)
def pauses():
    """Of all mornings, few are false alarms; every second silent night would be many."""
    lived, believed, second = claims.cells(1, "lived").lived, [], []
    for seed in SEEDS:
        plant, twin = lived(tl.Outage("farm", rate=0.05, days=2), days=0, seed=seed)
        for _ in range(150):
            plant.advance()
            twin.sync()
            believed.append(len(twin.outages) > 0)
        still = plant.run.series("shipped", "farm") < 1e-9
        second.append(np.mean(still[1:] & still[:-1]))
    return [
        holds(np.mean(believed) <= 0.01, sum(believed), len(believed)),
        agrees(1 / 30, second, 0.01),
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
    "Books alone drift: what vanishes adds up, and the books promise goods that are not there.",
    "Books and counts are better than either.",
)
def counts(seed):
    """Of the shop's stock, from day 40 on; a count alone is wrong by a tenth of it."""
    belief, wrong, alone, more = claims.cells(1, "belief").belief, {}, [], []
    for counting in (False, True):
        sensors = tl.Sensors(counting=counting, count_error=0.1, shrinkage=0.01)
        plant, twin = belief.twin(seed=seed, sensors=sensors)
        off = []
        for day in range(90):
            plant.advance()
            twin.sync()
            true = plant.state.on_hand["shop", "coffee"]
            off += [twin.state.on_hand["shop", "coffee"] - true] if day >= 40 else []
            alone += [0.1 * true] if day >= 40 else []
        more.append(np.mean(off[25:]) - np.mean(off[:25]))
        wrong[counting] = np.sqrt(np.mean(np.square(off)))
    count = np.sqrt(np.mean(np.square(alone)))
    return [
        holds(wrong[True] < min(count, wrong[False] / 5), wrong, count),
        holds(more[0] > 5, more),
    ]


@cache
def paid():
    """What a closure costs by the day of acting, in lives of other luck."""
    made = claims.cells(11, "paid", "acts")
    lives = range(2001, 2013)
    return {name: np.array([made.paid(s, day) for s in lives]) for name, day in made.acts.items()}


@claims.says(
    "Whoever never acts pays by far the most.",
    "to ask the port on the first morning buys dear coffee too early, and to ask it on day 79, "
    "when shelves are empty, costs more than twice as much.",
    "the twin's first word leaves some ten days to telephone",
)
def when_to_act():
    cost = paid()
    others = [each for name, each in cost.items() if name != "never"]
    best = np.minimum(cost["5 days later"], cost["10 days"])
    return [
        *(above(0, cost["never"] - 2 * each) for each in others),
        above(0, cost["as the twin says so"] - best),
        above(0, cost["17 days"] - 2 * cost["as the twin says so"]),
        below(0, cost["10 days"] - cost["as the twin says so"]),
    ]


claims.given(
    "how much of what the twin believes is still right: 99 %, 95 %, or less?",
    "The twin only hears what the plant's systems say: late, twice, or never.",
    "One kilo in twenty is bought at the port",
    "whoever has numbers 7 and 9 knows that 8 is missing.",
    "We send the twin half a sentence,",
    "First drag the loss from 0 to 10 %",
    "the farm closes for 40 days, and no system says so",
    "Never, two days, or twelve, when the goods fail to arrive?",
    "a level of −5 kg and one of 10¹² kg,",
    "at least five days, the rest exponential with a mean of 28. On day 64 two twins",
    "Now the farm pauses for two days, every twenty days by chance, and nobody tells.",
    "One per cent of the stock vanishes every night",
    "then the stock is counted every night, with an error of 10 %.",
    "The farm closes for 40 days from day 60 on, in twelve lives. Below is what a closure costs "
    "until day 130,",
    "All this if the farm stays closed for 40 days",
    "How true are books that are counted with an error of a tenth?",
    "What would it be worth to be told at once, rather than on day 79?",
    "numbered from 0 on.",
    "It is day 62.",
    "in 12 words or more.",
)
