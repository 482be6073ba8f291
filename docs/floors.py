"""The seven floors of the library as a picture, for the README and the first lesson.

``python docs/floors.py > docs/floors.svg`` writes it anew.
"""

import sys

from twinlab.lab.charts.drawing import BLUE, GREY, INK

# Name, what it is about, and the words of a first encounter; the ground floor first.
FLOORS = (
    ("scope", "what is twinned", "nodes, lanes, recipes, demand, events, state"),
    ("organization", "who sees what and decides what", "views, sharing, roles, contracts"),
    ("modeling", "how we compute", "two engines, one answer; formulas, factory line"),
    ("technology", "how data comes and stays in step", "messages, store, sync, drift"),
    ("people", "who decides, and how well", "rules, biases, games, advice"),
    ("management", "what we want, and whether we get it", "KPIs, resilience, value"),
    ("task", "what is to be done", "inventory, sourcing, production, logistics"),
)
_WIDTH, _HIGH, _LEFT, _MIDDLE = 900, 62, 70, 465


def floors() -> str:
    """Draw the seven floors as SVG text, the same bytes every time."""
    height = 110 + _HIGH * len(FLOORS) + 30
    words = "the seven floors of twinlab: " + ", ".join(name for name, _, _ in FLOORS)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" role="img" '
        f'aria-label="{words}" font-family="sans-serif" font-size="18" fill="{INK}">',
        f'<title>{words}</title><path d="M0 0H{_WIDTH}V{height}H0z" fill="#fff"/>',
        f'<path d="M{_LEFT - 20} 96L{_MIDDLE} 10L{_WIDTH - 20} 96z" fill="#fff" '
        f'stroke="{BLUE}" stroke-width="3"/>',
        _text(_MIDDLE, 62, "twin · cases · lab", "middle", 22),
        _text(_MIDDLE, 86, "everything comes together", "middle", 16),
    ]
    for at, (name, about, words) in enumerate(reversed(FLOORS)):
        y = 100 + _HIGH * at
        parts += [
            f'<rect x="{_LEFT}" y="{y}" width="{_WIDTH - _LEFT - 40}" height="{_HIGH - 6}" '
            f'fill="#fff" stroke="{BLUE}" stroke-width="2"/>',
            _text(_LEFT + 16, y + 36, str(len(FLOORS) - at), "start", 24),
            _text(_LEFT + 52, y + 36, name, "start", 22),
            _text(_LEFT + 216, y + 25, about, "start", 18),
            _text(_LEFT + 216, y + 46, words, "start", 15),
        ]
    foot = 100 + _HIGH * len(FLOORS)
    parts += [
        f'<path d="M34 110V{foot - 14}m-9 -14l9 16l9 -16" stroke="{GREY}" stroke-width="3" '
        'fill="none"/>',
        f'<path d="M{_LEFT - 20} {foot}H{_WIDTH - 20}" stroke="{INK}" stroke-width="3"/>',
        _text(_LEFT, foot + 24, "a floor imports only from the floors below it", "start", 16),
    ]
    return "\n".join([*parts, "</svg>", ""])


def _text(x: float, y: float, words: str, anchor: str, size: int) -> str:
    return f'<text x="{x:g}" y="{y}" text-anchor="{anchor}" font-size="{size}">{words}</text>'


if __name__ == "__main__":
    sys.stdout.write(floors())
