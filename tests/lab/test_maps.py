"""Maps and control charts: what they draw, and the words that say the same."""

import os
import runpy
from pathlib import Path

import numpy as np
import pytest

import twinlab as tl
from twinlab.cases.folders import dataset, outlines
from twinlab.cases.relief.season import points, problem
from twinlab.lab.charts.pictures import Picture
from twinlab.management.node_status import Status
from twinlab.task import logistics, quality

FACTS = os.environ.get("TWINLAB_FACTS")
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
    named = [m for m in drawn if m.names]
    sizes = (np.broadcast_to(m.at[2], len(m.names)) for m in named)
    return {
        m.looks["label"]: dict(zip(m.names, s, strict=True))
        for m, s in zip(named, sizes, strict=True)
    }


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
    chart = tl.lab.route_map(PLACES, ways)
    assert chart.words.splitlines()[1] == "route 1: depot → a → b → a → depot"


# -- the world --------------------------------------------------------------------------------

PORTS = {"mine": (-23.0, 170.0), "port": (-18.0, -170.0), "shop": (-20.0, -170.0)}


def voyage(places=PORTS, **strike):
    """From a mine over the date line to a port, and to a shop beside it, eight days each."""
    chain = tl.serial(
        list(places), demand=tl.Constant(5), lead_time=8, on_hand=dict.fromkeys(places, 60)
    )
    nodes = (tl.Node(name, latitude=up, longitude=east) for name, (up, east) in places.items())
    story = tl.Scenario(chain.change(*nodes), tl.BaseStock(70), days=60)
    return tl.simulate(story.disrupt(tl.Outage("mine", **strike)) if strike else story, seed=1)


def layers(view, day):
    """What is drawn on a day, by name."""
    view.row.value = day
    return {m.looks["label"]: m for m in view.picture.chart.panels[0].marks if "label" in m.looks}


def test_goods_move_a_day_s_way_every_day_and_a_closure_is_a_gap():
    view, calm = (tl.lab.world_map(voyage(**strike)) for strike in ({"start": 20, "days": 4}, {}))
    at = {day: layers(calm, day)["goods under way"].at[0] for day in (19, 20, 25)}
    east = [x for x in at[20] if x < 188.5]  # not yet near the port
    assert np.allclose(np.diff(sorted(east)), 20 / 8, rtol=0.05)
    assert len(at[19]) == len(at[25]) == 16
    gap = layers(view, 25)["goods under way"].at[0]
    assert len(gap) == 16 - 4
    assert not [x for x in gap if 174 < x < 182]
    assert [x for x in at[25] if 174 < x < 182]


def test_nodes_are_told_by_shape_colour_and_words():
    view = tl.lab.world_map(voyage(start=20, days=14), day=30)
    seen = layers(view, 30)
    shut = seen["closed"]
    assert (shut.names, shut.looks["marker"]) == (["mine"], "X")
    assert "mine: closed" in view.picture.alt
    assert "mine\nclosed" in [
        m.at[0].split(",")[0]
        for m in view.picture.chart.panels[0].marks
        if isinstance(m.at[0], str)
    ]
    looks = [m.looks for m in seen.values() if m.looks.get("marker")]
    assert len({one["marker"] for one in looks}) == len({one["edgecolor"] for one in looks}) == 4


def test_a_map_over_the_date_line_holds_its_places_and_stays_where_it_is():
    view = tl.lab.world_map(voyage(start=20, days=14))
    (panel,) = view.picture.chart.panels
    (west, east), (south, north) = panel.limits
    assert 160 < west < 170
    assert 190 < east < 200
    assert south < -23 < -18 < north
    layers(view, 3)
    assert view.picture.chart.panels[0].limits == panel.limits


def test_many_nodes_of_a_country_send_together():
    chain = tl.cases.automotive(days=20)
    view = tl.lab.world_map(tl.simulate(chain, seed=1), day=10)
    marks = view.picture.chart.panels[0].marks
    drawn = sum(len(m.names) for m in marks)
    assert drawn == len(chain.network.nodes)
    named = {m.at[0].partition("\n")[0] for m in marks if isinstance(m.at[0], str)}
    assert named == {n.country for n in chain.network.nodes} | {"day 10"}


def test_nodes_without_a_place_are_left_out_or_refused():
    view = tl.lab.world_map(voyage({"mine": (None, None)} | PORTS | {"mine": (None, None)}))
    assert "mine:" not in view.picture.alt
    with pytest.raises(tl.ScenarioError, match="no node has a place: give latitude and longitude"):
        tl.lab.world_map(voyage(dict.fromkeys(PORTS, (None, None))))


def test_coasts_are_where_they_are():
    """Havana and Cape Town lie near a coast, and no outline leaves the world."""
    corners = np.vstack(outlines())
    assert (np.abs(corners) <= [180, 90]).all()
    for place in ((-82.38, 23.13), (18.4, -33.9)):
        assert np.hypot(*(corners - place).T).min() < 0.6


@pytest.mark.skipif(not FACTS, reason="TWINLAB_FACTS does not name the folder of raw data")
def test_the_outlines_are_derived_again_to_the_last_bit(tmp_path):
    folder = dataset("world")
    runpy.run_path(str(folder / "derive.py"))["main"](Path(FACTS), tmp_path)
    for made in tmp_path.iterdir():
        assert made.read_bytes() == (folder / made.name).read_bytes(), made.name
    assert (folder / "land.csv").stat().st_size < 60_000


def test_a_map_s_legend_marks_are_of_one_size_however_large_the_dots():
    (legend,) = tl.lab.storm_map(stormy(), "storm", SPOTS).figure.legends
    assert {
        float(s) for h in legend.legend_handles if hasattr(h, "get_sizes") for s in h.get_sizes()
    } == {60.0}


def test_the_map_s_view_says_its_looks_in_its_legend_and_the_network_s_beside_it():
    run = voyage(start=20, days=14)
    near, wide = tl.lab.network(run), tl.lab.world_map(run)
    assert [words for words, *_ in near.picture.key] == [f"{s.sign} {s.words}" for s in Status]
    assert {s.words for s in Status} <= layers(wide, 30).keys()
    assert not tl.lab.network(run.scenario).picture.key
