"""The explorer's picture, read back from its SVG: lines, areas, numbers and words."""

import re
from itertools import pairwise
from xml.etree import ElementTree

import numpy as np
import pytest

from tests.lab.chains import CALM, CLOSED
from twinlab.lab.charts.drawing import BLUE, VERMILLION
from twinlab.lab.widgets.explorer_results import (
    _HIGH,
    _ROW,
    _SIDES,
    _TOP,
    explorer_results,
    small_multiples,
    still_multiples,
)

WAS = explorer_results(CALM, 1)
NOW = explorer_results(CLOSED.set("disruptions[0].days", 15), 1)
PICTURE = ElementTree.fromstring(small_multiples(WAS, NOW, "what happens"))
(STOCK_LEFT, STOCK_RIGHT), (FLOW_LEFT, FLOW_RIGHT) = _SIDES


def paths(picture=PICTURE, **wanted):
    """The points of all paths that look so, one array each."""
    looks = {name.replace("_", "-"): value for name, value in wanted.items()}
    found = [p for p in picture.iter("path") if looks.items() <= p.attrib.items()]
    return [np.array(re.findall(r"(-?[\d.]+) (-?[\d.]+)", p.get("d")), dtype=float) for p in found]


def texts():
    return [(float(t.get("x")), float(t.get("y")), t.text) for t in PICTURE.iter("text")]


def scale(line, values):
    """What a value is on the page: slope and height of zero, if all points agree."""
    slope, zero = np.polyfit(values, line[:, 1], 1)
    assert line[:, 1] == pytest.approx(slope * values + zero, abs=0.11)
    return slope, zero


LINES = paths(stroke=BLUE, stroke_width="2.5")


def test_every_group_has_a_line_of_stock_and_a_line_of_flow():
    assert len(LINES) == 2 * len(NOW.groups) == 6
    for number, series in enumerate(NOW.groups):
        for line, values, left, right in (
            (LINES[2 * number], series.stock, STOCK_LEFT, STOCK_RIGHT),
            (LINES[2 * number + 1], series.flow, FLOW_LEFT, FLOW_RIGHT),
        ):
            assert (line[0, 0], line[-1, 0]) == (left, right)
            assert np.diff(line[:, 0]) == pytest.approx((right - left) / 59, abs=0.11)
            if np.ptp(values):
                slope, _ = scale(line, values)
                assert slope < 0, "more stands higher"
    assert any(np.ptp(series.stock) for series in NOW.groups)


@pytest.mark.parametrize(("was", "now"), [(WAS, NOW), (NOW, WAS)], ids=["worse", "better"])
def test_a_panel_has_room_for_what_was_and_what_is(was, now):
    """Nothing that is drawn leaves its panel, be it old or new."""
    picture = ElementTree.fromstring(small_multiples(was, now, "what happens"))
    owed = paths(picture, fill=VERMILLION)[1:]  # the first is the sign in the key
    spread = paths(picture, fill=BLUE, fill_opacity=".3")[1:]
    lines = paths(picture, stroke=BLUE, stroke_width="2.5")
    lines += [line for line in paths(picture, stroke_dasharray="6 4") if len(line) == 60]
    rows = set()
    for points in (*owed, *spread, *lines):
        row = int((points[:, 1].min() - _TOP - 26 + 1) // _ROW)
        rows.add(row)
        top = _TOP + _ROW * row + 26
        assert top - 0.1 <= points[:, 1].min()
        assert points[:, 1].max() <= top + _HIGH + 0.1
        assert points[:, 0].min() >= STOCK_LEFT
        assert points[:, 0].max() <= FLOW_RIGHT
    assert rows == {0, 1, 2}


def test_areas_lie_on_the_scale_of_the_lines():
    owed, spread = paths(fill=VERMILLION)[1:], paths(fill=BLUE, fill_opacity=".3")[1:]
    seen = 0
    for number, series in enumerate(NOW.groups):
        if np.ptp(series.stock):
            slope, zero = scale(LINES[2 * number], series.stock)
            assert owed[number][:60, 1] == pytest.approx(zero - slope * series.short, abs=0.15)
            assert spread[number][:60, 1] == pytest.approx(
                zero + slope * series.spread[0], abs=0.15
            )
            seen += bool(series.short.any())
    assert seen


def test_it_says_what_is_what():
    words = [text for *_, text in texts()]
    for wanted in ("9 in 10 replications", "ready to send", "owed, or lost so far", "before", "closed",  # noqa: E501
                   "going out [units/day, 7-day mean]"):  # fmt: skip
        assert words.count(wanted) == 1, wanted
    assert words.count("day") == 2
    assert [word for word in words if word.endswith("[units]")] == [
        f"{series.label} [units]" for series in NOW.groups
    ]


def test_days_stand_under_their_places():
    low = max(y for _, y, text in texts() if text.isdigit())
    days = [(x, int(text)) for x, y, text in texts() if y == low]
    for left, right, found in (
        (STOCK_LEFT, STOCK_RIGHT, [day for day in days if day[0] <= STOCK_RIGHT]),
        (FLOW_LEFT, FLOW_RIGHT, [day for day in days if day[0] > STOCK_RIGHT]),
    ):
        assert [day for _, day in found] == [0, 10, 20, 30, 40, 50]
        for x, day in found:
            assert x == pytest.approx(left + (right - left) * day / 59, abs=0.06)


def test_closed_days_are_grey_from_the_first_to_the_last():
    spans = re.findall(r"M([\d.]+) [\d.]+H([\d.]+)v", ElementTree.tostring(PICTURE, "unicode"))
    places = {(float(a), float(b)) for a, b in spans}
    wide = (STOCK_RIGHT - STOCK_LEFT) / 59
    assert any(
        a == pytest.approx(STOCK_LEFT + 20 * wide, abs=0.06)
        and b == pytest.approx(STOCK_LEFT + 35 * wide, abs=0.06)
        for a, b in places
    )


def test_the_still_picture_has_the_same_lines():
    for row, series in zip(
        np.reshape(still_multiples(WAS, NOW).axes, (3, 2)), NOW.groups, strict=True
    ):
        for axes, values in zip(row, (series.stock, series.flow), strict=True):
            lines = {line.get_label(): line for line in axes.lines}
            assert lines["all stock"].get_ydata().tolist() == values.tolist()
            assert lines["all stock"].get_xdata().tolist() == list(NOW.days)
        assert row[1].get_ylim()[0] == 0
    for one, two in pairwise(NOW.groups):
        assert one.label != two.label
