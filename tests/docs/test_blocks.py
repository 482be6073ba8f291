"""The picture of the vector engine's blocks is what its script draws."""

import runpy
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs"


def test_the_picture_is_drawn_from_the_blocks():
    script = runpy.run_path(str(DOCS / "blocks.py"))
    drawn = (DOCS / "blocks.svg").read_text(encoding="utf-8")
    assert script["picture"]() == drawn, "write it anew: python docs/blocks.py > docs/blocks.svg"
    named, parts = script["blocks"]()
    assert named == [[f"shop {at}" for at in range(1, 6)], ["depot A", "depot B"], ["plant"]]
    # One band for each block, in stock; the first claims of both depots before the second ones.
    assert parts["on_hand"] == [0] * 5 + [1] * 2 + [2]
    assert parts["owed"].count(1) == 5
