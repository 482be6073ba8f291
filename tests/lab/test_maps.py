"""Maps and control charts: what they draw, and the words that say the same."""

import numpy as np
import pytest

import twinlab as tl
from twinlab.cases.relief.season import points, problem
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


def test_a_route_under_another_is_broader():
    tours = [("depot", "a", "depot"), ("depot", "a", "b"), ("depot", "c")]
    under, over, alone, _ = [
        line.get_linewidth() for line in lines_of(tl.lab.route_map(PLACES, tours))
    ]
    assert under > over == alone


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


# -- storms over a plan -----------------------------------------------------------------------

SPOTS = {"port": (0, 0), "town": (2, 1), "isle": (3, -1), "hill": (1, 2)}


def stormy(stock=60.0, **storm):
    """A town whose shops serve half, an isle beyond the sea, and a depot that keeps a part."""
    hit = logistics.Hit("storm", {"town": 30, "isle": 50}, shops={"town": 0.5}, **storm)
    ways = [logistics.Way("port", "town", "road"), logistics.Way("port", "isle", "sea", cost=1)]
    season = logistics.ReliefSeason("year", 1, [hit])
    goods, depots = [logistics.Good("food", 1, 2, cash=1)], [logistics.Depot("port", 80)]
    told = logistics.ReliefProblem(goods, depots, ways, [season])
    return logistics.judge(told, {"port": {"food": stock}})


def areas(chart):
    """Of each place by what its discs are called."""
    drawn = chart.panels[0].marks
    return {m.looks["label"]: dict(zip(m.names, m.at[2], strict=True)) for m in drawn if m.names}


def test_rings_are_as_large_as_what_is_sent_bought_and_missing():
    found = areas(tl.lab.storm_map(stormy(), "storm", SPOTS))
    core, cash, whole = (found[n] for n in ("from depots", "bought with cash", "missing"))
    assert core["isle"] / whole["isle"] == pytest.approx(45 / 50)
    assert cash["isle"] == core["isle"]
    assert core["town"] / whole["town"] == pytest.approx(1 / 2)
    assert cash["town"] == whole["town"]


def test_a_depot_is_filled_as_far_as_its_stock_can_be_used():
    chart = tl.lab.storm_map(stormy(surviving={"port": 0.25}), "storm", SPOTS)
    found = areas(chart)
    assert found["stock it can use"]["port"] == found["depot"]["port"] / 4
    assert "spoilt: 45 in port" in chart.words
    assert "port\nstock 15" in [text.get_text() for text in chart.figure.axes[0].texts]


def test_ways_are_drawn_by_mode():
    chart = tl.lab.storm_map(stormy(), "storm", SPOTS)
    looks = {line.get_label(): line.get_linestyle() for line in lines_of(chart)}
    assert looks == {"by road": "-", "by sea": "--"}
    assert "from port: 15 by road to town, 45 by sea to isle" in chart.words


def test_what_a_storm_map_lacks_is_named():
    with pytest.raises(tl.ScenarioError, match="no hit 'strom'; did you mean 'storm'"):
        tl.lab.storm_map(stormy(), "strom", SPOTS)
    with pytest.raises(tl.ScenarioError, match="no coordinates of 'isle'"):
        tl.lab.storm_map(stormy(), "storm", {"port": (0, 0), "town": (2, 1)})


@pytest.fixture(scope="module")
def season_2008():
    stocks = {"Camaguey": {"food": 9000, "water": 9000}, "Nassau": {"food": 4000, "shelter": 9000}}
    return logistics.judge(problem([2008]), stocks | {"Pinar del Rio": {"health": 9000}})


def labels(chart):
    """The boxes of all words on the map, and the picture's own."""
    figure = chart.figure
    figure.draw_without_rendering()
    texts = [text for text in figure.axes[0].texts if text.get_text()]
    return [text.get_window_extent() for text in texts], figure.bbox


def crowded(draw):
    boxes, page = labels(draw)
    assert len(boxes) > 3
    assert all(page.x0 <= box.x0 and box.x1 <= page.x1 for box in boxes)
    return [(a, b) for at, a in enumerate(boxes) for b in boxes[:at] if a.overlaps(b)]


@pytest.mark.parametrize("storm", ["Gustav 2008", "Ike 2008", "Paloma 2008"])
def test_no_name_lies_on_another_in_the_season_of_the_case(season_2008, storm):
    assert not crowded(tl.lab.storm_map(season_2008, storm))


def test_no_name_lies_on_another_among_towns():
    towns = points("towns")
    first, *others = towns
    tours = [(first, *others[at::2], first) for at in (0, 1)]
    hours = [[8 + at for at in range(len(tour))] for tour in tours]
    assert not crowded(tl.lab.route_map(towns, tours, arrivals=hours, unit="degrees"))


def test_the_last_mile_is_drawn_on_its_roads():
    """What the legs of a plan say, truck by truck: the far town is reached through the near one."""
    roads = [logistics.Road("depot", "a", 30), logistics.Road("a", "b", 40)]
    loads = [logistics.Load("b", "all", "water", 100, 500)]
    lacks = [logistics.Deprivation("water", 5e6)]
    case = logistics.LastMile("depot", roads, [logistics.Truck("van", 900, 30)], loads, lacks)
    plan = logistics.rounds(case, iterations=10)
    ways = [("depot", *(p for leg in legs for p in leg.way[1:])) for legs in plan.legs]
    chart = tl.lab.route_map(PLACES, ways, loads={"b": 500})
    assert chart.words.splitlines()[1] == "route 1: depot → a → b → a → depot"
