"""The explorer's picture, read as data: lines, areas, numbers and words."""

import json
from itertools import pairwise

import numpy as np
import pytest

from tests.lab.chains import CALM, CLOSED, CLOSURE
from twinlab import lab
from twinlab.lab.widgets.explorer import by_tier, small_multiples

WAS = by_tier(CALM, 1)
NOW = by_tier(CLOSED.set("disruptions[0].days", 15), 1)
CHART = small_multiples(WAS, NOW)
ROWS = list(zip(CHART.panels[::2], CHART.panels[1::2], strict=True))


def told(panel):
    return {name: np.asarray(values) for name, _, values, _ in panel.told}


def test_every_group_has_a_line_of_stock_and_a_line_of_flow():
    for (stock, flow), series, before in zip(ROWS, NOW.groups, WAS.groups, strict=True):
        assert told(stock)["all stock [units]"].tolist() == series.stock.tolist()
        assert told(stock)["before [units]"].tolist() == before.stock.tolist()
        assert told(flow)["going out [units/day]"].tolist() == series.flow.tolist()
    for one, two in pairwise(NOW.groups):
        assert one.label != two.label


def test_areas_are_told_as_they_are_and_what_is_owed_without_its_sign():
    for (stock, _), series in zip(ROWS, NOW.groups, strict=True):
        assert told(stock)["owed, or lost so far [units]"].tolist() == series.short.tolist()
        assert (
            told(stock)["9 in 10 replications, from [units]"].tolist() == series.spread[0].tolist()
        )
        assert told(stock)["ready to send [units]"].tolist() == series.ready.tolist()
    assert any(series.short.any() for series in NOW.groups)


@pytest.mark.parametrize(("was", "now"), [(WAS, NOW), (NOW, WAS)], ids=["worse", "better"])
def test_a_panel_has_room_for_what_was_and_what_is(was, now):
    for panel in small_multiples(was, now).panels:
        _, (low, high) = panel.limits
        for mark in panel.marks:
            reach = np.ravel(mark.y)
            assert (low <= reach).all()
            assert (reach <= high).all()


def test_it_says_what_is_what():
    figure = CHART.figure
    names = [text.get_text() for text in figure.legends[0].get_texts()]
    assert names == ["closed", "ready to send", "9 in 10 replications", "owed, or lost so far", "before", "all stock"]  # noqa: E501  # fmt: skip
    titles = [axes.get_title(loc="left") for axes in figure.axes]
    assert titles[::2] == [f"{series.label} [units]" for series in NOW.groups]
    assert titles[1] == "going out [units/day, 7-day mean]"
    assert [axes.get_xlabel() for axes in figure.axes] == ["", "", "", "", "day", "day"]


def test_closed_days_are_grey_from_the_first_to_the_last():
    for axes in CHART.figure.axes:
        (span,) = axes.patches
        assert (span.get_x(), span.get_x() + span.get_width()) == (20, 35)


def test_axes_stay_under_the_lever_and_hold_its_ends():
    view = lab.explore(CLOSED, CLOSURE)
    ends = [panel["y"] for panel in json.loads(view.picture.data)["panels"]]
    for days in (9, 30, 0.5, 2):
        view.rows[0].value = days
        assert [panel["y"] for panel in json.loads(view.picture.data)["panels"]] == ends
        assert "cut" not in view.status.value
