"""Maps and control charts: what they draw, and the words that say the same."""

import numpy as np
import pytest

import twinlab as tl
from twinlab.lab.charts.pictures import Picture
from twinlab.task import logistics, quality

PLACES = {"depot": (0, 0), "a": (0, 30), "b": (40, 30), "c": (40, 0)}
SUMS = quality.Cusum().chart([10, 10, 13, 13, 13], target=10, sigma=1)


def lines_of(chart):
    return chart.figure.axes[0].get_lines()


def test_a_route_map_draws_the_plan():
    names, xy = list(PLACES), np.array(list(PLACES.values()))
    table = np.hypot(*(xy[:, None] - xy[None]).transpose(2, 0, 1))
    plan = logistics.route(names, table, logistics.Fleet(1), iterations=50)
    chart = tl.lab.route_map(PLACES, plan.tours)
    assert chart.words.splitlines()[1] == "route 1: depot → a → b → c → depot"
    assert list(lines_of(chart)[0].get_xdata()) == [0, 0, 40, 40, 0]
    assert [label.get_text() for label in chart.figure.axes[0].texts] == names


def test_a_route_map_tells_arrivals_by_the_clock():
    tours, times = [("depot", "a", "b", "depot")], [(7.999, 8.5, 12.25, 13)]
    chart = tl.lab.route_map(PLACES, tours, arrivals=times)
    assert chart.words.splitlines()[1] == "route 1: depot 8:00 → a 8:30 → b 12:15 → depot 13:00"
    labels = [label.get_text() for label in chart.figure.axes[0].texts]
    assert labels == ["depot", "a 8:30", "b 12:15", "c"]
    with pytest.raises(tl.ScenarioError, match="an arrival for each place of each route"):
        tl.lab.route_map(PLACES, tours, arrivals=[times[0][1:]])


def test_a_control_chart_rings_its_signals():
    chart = tl.lab.control_chart(SUMS)
    assert chart.words.splitlines() == [repr(SUMS), "estimated change: after sample 2"]
    rings = [line for line in lines_of(chart) if line.get_markersize() == 12]
    assert [line.get_xdata().tolist() for line in rings] == [[5], []]
    calm = quality.Shewhart().chart([1, 2, 1], target=1, sigma=1)
    assert "change" not in tl.lab.control_chart(calm).words


def test_pictures_are_the_same_twice():
    for draw in (
        lambda: tl.lab.control_chart(SUMS),
        lambda: tl.lab.route_map(PLACES, [("depot", "a", "depot")]),
    ):
        assert Picture(draw()).png == Picture(draw()).png


def test_a_place_without_coordinates_is_named():
    with pytest.raises(tl.ScenarioError, match="no coordinates of 'd'"):
        tl.lab.route_map(PLACES, [("depot", "d", "depot")])
