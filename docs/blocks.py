"""How the vector engine cuts a chain into blocks, as a picture: drawn from the blocks themselves.

``python docs/blocks.py > docs/blocks.svg`` writes it anew.
"""

import sys

import twinlab as tl
from twinlab.lab.charts.drawing import BLUE, GREY, INK
from twinlab.modeling.simulation.vector_engine import open_engine

COLOURS = ("#56b4e9", "#e69f00", "#009e73")  # of blocks, first to decide first
PARTS = {
    "demanded": "customers ask",
    "owed": "owed",
    "on_hand": "on hand",
    "on_order": "on order",
    "in_transit": "in transit",
    "given": "handed over",
}
_ROW, _TOP, _TABLE, _WIDE = 11, 80, 580, 308


def chain():
    """A plant, two depots and five shops; the mine that feeds the plant has no end."""
    ways = [("mine", "plant"), ("plant", "depot A"), ("plant", "depot B")]
    ways += [("depot A", "shop 1"), ("depot A", "shop 2"), ("depot A", "shop 3")]
    ways += [("depot B", "shop 4"), ("depot B", "shop 5")]
    network = tl.Network(
        [tl.Product("unit")],
        [tl.Node(name) for name in dict.fromkeys(name for way in ways for name in way)],
        [tl.Lane(*way, "unit", lead_time=2) for way in ways],
        demands=[tl.Demand(f"shop {at}", "unit", tl.Normal(5, 1)) for at in range(1, 6)],
    )
    levels = {"plant": 90, "depot A": 50, "depot B": 40}
    rules = {name: tl.BaseStock(levels.get(name, 20)) for _, name in ways}
    return tl.Scenario(network, rules, days=10)


def blocks():
    """The blocks of a morning, in order, and of each part of the table whose rows they are."""
    engine = open_engine(tl.modeling.simulation.plan.make_plan(chain()), 1, None, 0, 64)
    layout, plan = engine.layout, engine.plan
    block = {item.number: at for at, d in enumerate(layout.decisions) for item in d.items}
    named = [[item.key[0] for item in decision.items] for decision in layout.decisions]
    sources = [lane.source for lane in plan.lanes]
    claimants = [*sources, *range(len(plan.items))]
    owed = [claimants[claim] for claim in layout.claims]
    deciding = layout.order[: layout.deciding]
    owners = {"demanded": layout.sellers, "owed": owed, "given": owed}
    owners |= {"on_hand": deciding, "on_order": deciding}
    owners["in_transit"] = [plan.lanes[at].destination for at in layout.lanes]
    return named, {part: [block.get(owner) for owner in owners[part]] for part in PARTS}


def picture():
    """Draw the blocks as SVG text, the same bytes every time."""
    named, parts = blocks()
    height = _TOP + sum(_ROW * len(rows) + 14 for rows in parts.values()) + 40
    words = "; ".join(f"block {at + 1}: {', '.join(names)}" for at, names in enumerate(named))
    found = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 900 {height}" role="img" '
        f'aria-label="{words}" font-family="sans-serif" font-size="16" fill="{INK}">',
        f'<title>{words}</title><path d="M0 0H900V{height}H0z" fill="#fff"/>',
        _text(20, 30, "Morning: orders flow up", 20),
        _text(20, 54, "one colour: one block, whose rule is asked once", 15),
        _text(_TABLE - 116, 30, "One table: every number of today is a row", 20),
        _text(_TABLE, 54, "columns: histories 0, 1, 2, …", 15),
    ]
    for at, names in enumerate(named):
        y = height - 130 - 130 * at
        found.append(_text(20, y - 8, f"block {at + 1}", 16))
        for k, name in enumerate(names):
            x = 20 + 76 * k
            found += [
                f'<rect x="{x}" y="{y}" width="70" height="40" fill="{COLOURS[at]}"/>',
                _text(x + 7, y + 26, name, 14),
            ]
        arrow = f'<path d="M55 {y - 30}V{y - 80}m-7 12l7 -14l7 14" stroke="{GREY}" fill="none"/>'
        found += [arrow, _text(70, y - 48, "orders", 14)]
    found.append(_text(20, height - 104 - 130 * len(named), "mine: outside, without end", 16))
    y = _TOP
    for part, rows in parts.items():
        found.append(_text(_TABLE - 116, y + _ROW * len(rows) // 2 + 5, PARTS[part], 15))
        for at, row in enumerate(rows):
            colour = GREY if row is None else COLOURS[row]
            top = y + _ROW * at
            found.append(
                f'<path d="M{_TABLE} {top}h{_WIDE}v{_ROW - 2}h-{_WIDE}z" fill="{colour}"/>'
            )
        y += _ROW * len(rows) + 14
    for at in range(1, 14):
        x = _TABLE + _WIDE * at // 14
        found.append(f'<path d="M{x} {_TOP}V{y - 14}" stroke="#fff" stroke-width="1"/>')
    found.append(f'<path d="M{_TABLE} {_TOP - 8}h{_WIDE}" stroke="{BLUE}" stroke-width="2"/>')
    found.append(_text(_TABLE - 116, y + 8, "one operation on arrays moves one band of colour", 15))
    return "\n".join([*found, "</svg>", ""])


def _text(x, y, words, size):
    return f'<text x="{x}" y="{y}" font-size="{size}">{words}</text>'


if __name__ == "__main__":
    sys.stdout.write(picture())
