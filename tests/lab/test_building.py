"""The picture of the floors in the README is the one that the code draws."""

import runpy
from pathlib import Path

from tests.test_floors import ELEMENTS

PICTURE = Path(__file__).parents[2] / "docs" / "floors.svg"
DRAWING = runpy.run_path(str(PICTURE.with_suffix(".py")))


def test_the_committed_picture_is_up_to_date():
    assert PICTURE.read_text("utf-8") == DRAWING["floors"](), (
        "write it anew: python docs/floors.py > docs/floors.svg"
    )


def test_it_shows_the_seven_elements_in_order():
    assert [name for name, _, _ in DRAWING["FLOORS"]] == ELEMENTS
