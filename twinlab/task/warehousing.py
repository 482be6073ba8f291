"""Warehousing: where do goods stand, how far do pickers walk, and how many docks are enough?"""

import math
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from twinlab.modeling import Change, Queue, estimate, mg1
from twinlab.scope import Estimate, Listing, Result, ScenarioError
from twinlab.scope.base import Amount, Array, Count, Positive, Row, column, did_you_mean, shown


class Sku(Row, frozen=True):
    """A stock keeping unit: how often it is picked, and the room it takes."""

    name: str = column("name", meaning="what it is called")
    picks: float = column("lines/day", meaning="order lines that ask for it", low=0)
    slots: int = column("slots", 1, "slots that it is given", low=1)


class Activity(Result, frozen=True):
    """How busy an item is, and what room it takes for that."""

    name: str = column("name", meaning="which item")
    picks: float = column("lines/day", meaning="order lines that ask for it")
    share: float = column("", meaning="of all lines")
    slots: int = column("", meaning="slots that it is given")
    cube_per_order: float = column("slots/line", meaning="slots for each line a day")


class Activities(Listing, frozen=True):
    """How busy the items of a warehouse are."""

    skus: tuple[Activity, ...]


def describe(skus: Sequence[Sku]) -> Activities:
    """Show lines, their share, and the cube-per-order index of every item, busiest first.

    >>> describe([Sku("pipes", 10, slots=2), Sku("screws", 30)]).table.index.tolist()
    ['screws', 'pipes']
    """
    total, busiest = sum(s.picks for s in skus) or math.nan, sorted(skus, key=lambda s: -s.picks)
    rows = [(s.name, s.picks, s.picks / total, s.slots, cube_per_order(s)) for s in busiest]
    return Activities(tuple(Activity(*row) for row in rows))


def cube_per_order(sku: Sku) -> float:
    """The room that an item takes for each of its picks a day: COI [slots/line].

    Source: Heskett (1963).

    >>> cube_per_order(Sku("pipes", picks=10, slots=2))
    0.2
    """
    return sku.slots / sku.picks if sku.picks else math.inf


def dock(arrivals: Positive, minutes: Positive, docks: Count = 1, variation: Amount = 1.0) -> Queue:
    """Predict the queue of trucks at the docks; rates per hour, waits in hours.

    ``minutes`` to unload a truck, ``variation`` their sd / mean (cv): ``mg1`` says how exact.

    Raises:
        ScenarioError: trucks come faster than they are unloaded.

    >>> round(60 * dock(arrivals=1.6, minutes=30, variation=0).wait, 6)  # M/D/1
    60.0
    >>> round(60 * dock(arrivals=8, minutes=20, docks=4).wait, 3)
    5.676
    """
    return mg1(arrivals, minutes / 60, variation, docks)


Layout = Mapping[str, Sequence[Amount]]
Index = Callable[[Sku], float]


class Walk(Result, frozen=True):
    """How far a picker walks for a pick, there and back, one item a trip."""

    ways: Array  # of each pick that was drawn
    expected: float = column("m", meaning="by the shares of the lines")
    simulated: Estimate = column("m", meaning="of the picks that were drawn")


def predict(skus: Sequence[Sku], layout: Layout, seed: int = 0, *, picks: Count = 5000) -> Walk:
    """Predict the way of a pick, there and back: by formula, and by walking drawn picks.

    Σ share of lines × 2 × mean distance of the item's slots. ``layout`` gives each item the
    distances of its slots from the door. Each drawn pick asks for an item by its lines and takes
    one of its slots at random; on one seed all layouts walk the same picks.

    >>> predict([Sku("screws", 30), Sku("pipes", 10)], {"screws": [5], "pipes": [15]})
    expected 15 m · simulated 15.08 [14.84, 15.32] m
    """
    for sku in skus:
        if (given := len(layout.get(sku.name, ()))) != sku.slots:
            lacks = f"{sku.name!r} has {given} slots and needs {sku.slots}"
            raise ScenarioError(f"layout: {lacks}; {did_you_mean(sku.name, layout)}")
    total, generator = sum(s.picks for s in skus), np.random.default_rng(seed)
    if total <= 0:
        raise ScenarioError("nobody picks anything: give some Sku picks above 0")
    weights = [s.picks / total for s in skus]
    slots = [np.asarray(layout[s.name], dtype=np.float64) for s in skus]
    expected = sum(w * 2 * float(np.mean(own)) for w, own in zip(weights, slots, strict=True))
    asked, where = generator.choice(len(skus), picks, p=weights), generator.random(picks)
    ways = [2 * slots[i][int(u * len(slots[i]))] for i, u in zip(asked, where, strict=True)]
    return Walk(np.array(ways), expected, estimate(ways))


def prescribe(skus: Sequence[Sku], layout: Layout, seed: int = 0) -> Change:
    """Recommend who takes which slots of a layout (see ``slotting``), and what way that saves.

    Free slots stand in the layout under any other name. The gain is walked in both layouts.

    >>> now = {"pipes": [5], "screws": [15]}
    >>> prescribe([Sku("screws", 30), Sku("pipes", 10)], now)
    nearest slots to the least index: way of a pick 24.92 → 15.08 m
      screws: 15 → 5
      pipes: 5 → 15
    gain 9.84 [9.357, 10.32], worth it
    """
    then = slotting(skus, [d for slots in layout.values() for d in slots])
    before, after = (predict(skus, one, seed) for one in (layout, then))
    reason = f"way of a pick {shown(before.simulated.mean)} → {shown(after.simulated.mean)} m"
    now, gain = {name: layout[name] for name in then}, estimate(before.ways - after.ways)
    return Change(then, "nearest slots to the least index", reason, before=now, gain=gain)


def slotting(
    skus: Sequence[Sku], distances: Sequence[Amount], index: Index = cube_per_order
) -> dict[str, list[float]]:
    """Give the nearest slots to the items with the least cube-per-order index.

    Best of all layouts where each trip picks one item and all slots of an item are used alike.
    ``index`` may be another order, lowest first. Source: Heskett (1963), Kallina & Lynn (1976).

    Raises:
        ScenarioError: there are fewer slots than are needed.

    >>> slotting([Sku("pipes", 20, slots=4), Sku("screws", 30)], [5, 10, 15, 20, 25])
    {'screws': [5], 'pipes': [10, 15, 20, 25]}
    """
    needed = sum(s.slots for s in skus)
    if needed > len(distances):
        raise ScenarioError(f"slotting: {needed} slots are needed, there are {len(distances)}")
    free = iter(sorted(distances))
    return {s.name: [next(free) for _ in range(s.slots)] for s in sorted(skus, key=index)}
