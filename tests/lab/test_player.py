"""Levers on any picture."""

import pytest

import twinlab as tl
from twinlab.lab import Words, lines, play


def doubled(size, shape):
    """Two lines; some sizes cannot be drawn."""
    if size > 8:
        raise tl.ScenarioError(f"size {size} is more than 8: take less")
    return lines([0, 1], {shape: [size, 2 * size]}, Words("Twice", "x", "y", f"size {size}"))


@pytest.fixture
def lab():
    return play(doubled, {"size": (0, 10, 2, "units"), "shape": ["round", "square"]})


def test_a_moved_lever_changes_picture_words_and_code(lab):
    before = lab.picture.png
    lab.rows[0].value = 5
    lab.rows[1].value = "square"
    assert lab.values == {"size": 5, "shape": "square"}
    assert lab.code == "doubled(size=5, shape='square')"
    assert lab.picture.png != before
    assert "size 5" in lab.status.value
    assert "square: first 5" in lab.table.value
    assert repr(lab).startswith("size 5\nsquare: first 5")


def test_what_cannot_be_drawn_says_so_and_pales_the_old_picture(lab):
    lab.rows[0].value = 9
    assert "size 9 is more than 8: take less" in lab.status.value
    assert lab.picture.old
    lab.rows[0].value = 3
    assert "size 3" in lab.status.value
    assert not lab.picture.old


@pytest.mark.parametrize(
    ("lever", "said"),
    [
        ((5, 1, 2), "starts at 2, outside 5 to 1"),
        ((0, 10, 11), "starts at 11, outside"),
        ((0, 10), r"give \(low, high, start\)"),
        (("one", 2, 3), r"give \(low, high, start\)"),
    ],
)
def test_a_lever_that_is_none_is_refused(lever, said):
    with pytest.raises(tl.ScenarioError, match=said):
        play(doubled, {"size": lever, "shape": ["round"]})
