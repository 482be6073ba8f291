"""The picture of the floors in the README is the one that the code draws."""

from pathlib import Path

from tests.test_floors import ELEMENTS
from twinlab.lab.building import FLOORS, floors

PICTURE = Path(__file__).parents[2] / "docs" / "floors.svg"


def test_the_committed_picture_is_up_to_date():
    assert PICTURE.read_text("utf-8") == floors(), (
        "write it anew: python -m twinlab.lab.building > docs/floors.svg"
    )


def test_it_shows_the_seven_elements_in_order():
    assert [name for name, _, _ in FLOORS] == ELEMENTS
