"""What is drawn is what was computed: the points of the lines, the places of the words."""

from dataclasses import dataclass

import numpy as np
import pytest

from tests.lab.chains import CALM, CLOSED, NETWORK
from twinlab import (
    BaseStock,
    Bus,
    Demand,
    Lane,
    Network,
    Node,
    Normal,
    Plant,
    Product,
    Scenario,
    ScenarioError,
    Twin,
    lab,
    replicate,
    serial,
    simulate,
)
from twinlab.lab.widgets.levers import lever
from twinlab.lab.widgets.network_widget import still_network
from twinlab.lab.widgets.node_status import node_layout
from twinlab.scope.result import gist
from twinlab.task.quality import Cusum
from twinlab.technology import Faults

CLOSED_RUN = simulate(CLOSED, seed=1)
CHAIN = Scenario(serial(["mine", "shop"], demand=Normal(5, 1)), BaseStock(9), days=90)


def named(axes):
    return {line.get_label(): line for line in axes.lines}


def test_a_fan_stands_on_its_days():
    batch = replicate(CHAIN.change(days=8), 64, seed=1, daily=[("on_hand", "shop")])
    low, high = batch.quantiles("on_hand", "shop", levels=(0.05, 0.95))
    truth = [low[0], high[1], high[2] + 1, low[3] - 1]
    chart = lab.fan(batch, "on_hand", "shop", truth=truth)
    axes = chart.figure.axes[0]
    lines = named(axes)
    assert lines["median"].get_xdata().tolist() == list(range(8))
    assert lines["median"].get_ydata() == pytest.approx(
        np.median(batch.series("on_hand", "shop"), axis=1)
    )
    assert lines["what came"].get_xdata().tolist() == [0, 1, 2, 3]
    assert "2 of 4 nights came inside" in chart.words
    batch = replicate(CALM, 4, seed=1, daily=[("on_hand", "shop", "unit")])
    assert lab.fan(batch, "on_hand", "shop", "unit").words.startswith("shop, unit: stock at night")
    assert axes.get_ylim()[0] <= 0


def test_a_twin_that_does_not_ask_again_misses_messages():
    missing = []
    for again in ({}, {"ask_again": False}, {"ask_again": True}):
        bus = Bus(Faults(loss=0.1), seed=2)
        twin = Twin(CHAIN, bus)
        chart = lab.follow(Plant(CHAIN, bus, seed=2), twin, "shop", days=20, **again)
        missing.append(len(twin.gaps()))
        assert f"{missing[-1]} messages missing" in chart.words
        assert len(named(chart.figure.axes[0])["true"].get_xdata()) == 20
    assert missing[0] == missing[2] < missing[1]


def test_links_of_several_qualities_are_drawn_with_their_intervals():
    links = {"cable": Faults(), "radio": Faults(loss=0.2)}
    asked, deaf = (lab.follow_links(CHAIN, links, 15, 4, again) for again in (True, False))
    for chart in (asked, deaf):
        drawn = chart.table()
        assert (drawn["cable [fidelity]"] == 1).all()
        assert (drawn["radio [fidelity]"] < 1).any()
        assert "cable: 1.000 [1.000, 1.000], 0.0 days stale" in chart.words
        assert chart.limits == deaf.limits
    assert deaf.table()["radio [fidelity]"].mean() < asked.table()["radio [fidelity]"].mean()


def test_the_beer_game_shows_all_that_was_ordered():
    table = lab.beer_game()
    table.order(55)
    table.order(7)
    orders, stock = table.picture.chart.figure.axes
    assert named(orders)["you order"].get_ydata().tolist()[-2:] == [55, 7]
    assert orders.get_ylim()[1] > 55
    assert stock.get_ylim()[1] >= 12


def test_lines_are_named_above_and_have_room():
    names = [f"n{at}" for at in range(5)]
    chain = serial(names, demand=Normal(5, 1), on_hand=20)
    run = simulate(Scenario(chain, BaseStock(20), days=12), seed=3)
    figure = lab.chart(run, "on_hand", by="node").figure
    (legend,), (axes,) = figure.legends, figure.axes
    assert [text.get_text() for text in legend.get_texts()] == names
    looks = [(line.get_color(), line._dash_pattern) for line in legend.get_lines()]
    assert looks == [(line.get_color(), line._dash_pattern) for line in axes.lines]
    assert legend.get_window_extent().y0 > axes.bbox.y1
    assert axes.get_xlim() == (0, 11)
    assert axes.get_ylim()[1] >= max(line.get_ydata().max() for line in axes.lines)


def test_a_flat_line_is_said_to_be_flat():
    assert gist(range(3), np.array([5.0, 5.0, 5.0])) == "5 throughout"


def test_a_control_chart_rings_what_is_outside_on_either_side():
    values = [10.0] * 4 + [13.0] * 5
    for sign in (1, -1):
        chart = Cusum().chart([10 + sign * (v - 10) for v in values], target=10, sigma=1)
        axes = lab.control_chart(chart, title="Weights", ylabel="g").figure.axes[0]
        assert (axes.get_title(loc="left"), axes.get_ylabel()) == ("Weights", "g")
        rings = [line for line in axes.lines if line.get_markersize() == 12]
        outside = sum(
            int(((series > chart.upper) | (series < chart.lower)).sum())
            for series in chart.series.values()
        )
        assert sum(len(line.get_xdata()) for line in rings) == outside > 0
    few, many = (
        lab.control_chart(Cusum().chart([10.0] * n, target=10, sigma=1)).figure.axes[0].lines[0]
        for n in (120, 121)
    )
    assert (few.get_markersize(), many.get_markersize()) == (5, 0)


def test_a_network_without_a_run_shows_its_nodes_and_lanes():
    for thing in (NETWORK, CALM):
        picture = lab.network(thing).picture
        assert {"mine", "plant", "shop"} <= {node["id"] for node in picture.nodes}
        ends = {(edge["from"], edge["to"]) for edge in picture.edges}
        assert ends == {("mine", "plant"), ("plant", "shop")}


def test_a_map_draws_every_place_once():
    """Starts are squares, all others dots."""
    places = {"depot": (0, 0), "a": (0, 30), "b": (40, 30), "c": (40, 0)}
    tours = [("depot", "a", "depot"), ("depot", "b", "c", "depot")]
    figure = lab.route_map(places, tours).figure
    (legend,), (axes,) = figure.legends, figure.axes
    (dots,) = axes.collections
    assert dots.get_offsets().tolist() == [[0, 30], [40, 30], [40, 0]]
    assert [line.get_xydata().tolist() for line in axes.lines if line.get_marker() == "s"] == [
        [[0, 0]]
    ]
    assert [text.get_text() for text in legend.get_texts()] == ["route 1", "route 2"]
    for name, text in zip(places, axes.texts, strict=True):
        assert (text.get_text(), text.xy) == (name, places[name])


def test_a_name_stands_on_the_side_away_from_its_neighbours():
    near = {"depot": (0, 0), "a": (50, 50), "b": (60, 51), "c": (100, 100)}
    axes = lab.route_map(near, [("depot", "a", "b", "c", "depot")]).figure.axes[0]
    sides = {text.get_text(): text.get_ha() for text in axes.texts}
    assert sides == {"depot": "right", "a": "right", "b": "left", "c": "left"}


def test_a_flow_map_tells_what_is_open_and_full_by_shape_and_colour():
    """Sites are squares, customers rounds; ways that are not taken are drawn too, thinly."""
    places = {"a": (0, 0), "b": (0, 4), "c": (0, 8), "x": (5, 0), "y": (5, 8)}
    flows = {("a", "x"): 6.0, ("b", "x"): 2.0, ("b", "y"): 0.0, ("c", "y"): 0.0}
    chart = lab.flow_map(places, flows, {"a": 6, "b": 9, "c": 1})
    (legend,), (axes,) = chart.figure.legends, chart.figure.axes
    drawn = {each.get_label(): each.get_offsets().tolist() for each in axes.collections}
    assert drawn == {
        "customer": [[5, 0]],
        "open": [[0, 4]],
        "open and full": [[0, 0]],
        "closed": [[0, 8]],
    }
    ways = {line.get_linewidth(): line.get_xydata()[:-1].tolist() for line in axes.lines}
    assert ways[4.5] == [[0, 0], [5, 0]]
    assert len(ways[0.7]) == 5
    assert "not taken" in [text.get_text() for text in legend.get_texts()]
    assert chart.words.splitlines()[1:] == ["a (full): 6 to x", "b: 2 to x"]


def test_the_still_picture_of_a_network_shows_every_box():
    layout = node_layout(NETWORK)
    figure = still_network(NETWORK, layout, {}).figure
    figure.draw_without_rendering()
    (axes,) = figure.axes
    words = {text.get_text(): text for text in axes.texts if text.get_text()}
    assert {*layout.points} < {*words}
    for name, at in layout.points.items():
        assert words[name].xy == at
        box = words[name].get_bbox_patch().get_window_extent()
        assert figure.bbox.x0 < box.x0 < box.x1 < figure.bbox.x1
        assert figure.bbox.y0 < box.y0 < box.y1 < figure.bbox.y1
    lanes = [text for text in axes.texts if not text.get_text()]
    assert len(lanes) == 2
    assert all(lane.xy[0] > lane.xyann[0] for lane in lanes), "arrows go downstream"


@pytest.mark.parametrize(
    ("path", "value", "wanted"),
    [
        ("shop.up_to", 20, (0, 20, 60, 1)),  # three times today's value
        ("shop.up_to", 0, (0, 0, 3, 1)),  # of at least one unit
        ("shop.up_to", 7.5, (0, 7.5, 22.5, 0.5)),  # steps that meet it
        ("disruptions[0].start", 20, (0, 20, 59, 1)),  # a day of the story
        ("disruptions[0].loss", 0.5, (0, 0.5, 1, 0.02)),  # a share
    ],
)
def test_a_lever_moves_in_its_column_s_range_by_steps_that_meet_today(path, value, wanted):
    found = lever(CLOSED.set(path, value), path)
    assert (found.low, found.value, found.high) == wanted[:3]
    assert found.step <= max(wanted[3], 1.0 if found.whole else 0)
    steps = (found.value - found.low) / found.step
    assert steps == pytest.approx(round(steps))
    assert (found.high - found.low) / found.step >= 3


def test_a_lever_that_is_no_finite_number_is_refused():
    for path in ("plant.capacity", "shop/unit.backorders"):
        with pytest.raises(ScenarioError, match="no number that a slider can move"):
            lever(CALM, path)
    with pytest.raises(ScenarioError, match="has the range 9 to 3"):
        lever(CALM, "shop.up_to", (9, 3))


def test_neighbours_stand_level_so_that_lanes_do_not_cross():
    """Two mills in the order a, b feed two shops in the other order: the shops change places."""
    ends = [("a", "shop of a"), ("b", "shop of b")]
    network = Network(
        products=[Product("unit")],
        nodes=[Node("a", tier=1), Node("b", tier=1), Node("shop of b"), Node("shop of a"),
               Node("alone", tier=1)],
        lanes=[Lane(*pair, "unit") for pair in ends],
        demands=[Demand(shop, "unit", 5.0) for _, shop in ends],
    )  # fmt: skip
    layout = node_layout(network)
    up = {name: y for name, (_, y) in layout.points.items()}
    assert (up["a"] < up["b"]) == (up["shop of a"] < up["shop of b"])
    assert up["a"] != up["b"]
    ys = sorted(up.values())
    assert layout.height == ys[-1] - ys[0] + 2 * layout.row
    assert [words for words, *_ in layout.heads] == ["tier 1", "tier 0"]
    assert all(y < ys[0] for *_, y in layout.heads)


def test_all_that_is_said_and_drawn_is_on_the_page():
    def picture(size):
        return lab.lines([0, 1], {"y": [0, size]}, lab.Words("A line", "x", "y"))

    player, view = lab.play(picture, {"size": (0, 9, 3)}), lab.network(CLOSED_RUN, day=30)
    assert {*player.rows, player.status, player.picture, player.table} <= everything_in(player)
    parts = {view.picture, view.status, view.course, view.table, view.row}
    assert parts <= everything_in(view)
    explorer = lab.explore(CLOSED)
    parts = {*explorer.rows, explorer.status, explorer.picture, explorer.table}
    assert parts <= everything_in(explorer)
    for table in (lab.beer_game(), lab.newsvendor_game()):
        assert {table.status, table.form, table.picture, table.table} <= everything_in(table)


def everything_in(widget):
    """A widget and all that is inside it."""
    return {widget}.union(*(everything_in(child) for child in getattr(widget, "children", ())))


def test_an_interval_stands_where_it_is_said_even_if_it_leaves_its_value_out():
    given = {"low": 3.0, "high": 9.0, "within": 5.0}
    words = lab.Words("Loss", "USD/day")
    chart = lab.bars(given, words, intervals=dict.fromkeys(given, (4.0, 6.0)))
    (reach,) = chart.figure.axes[0].lines
    at = reach.get_xydata()[~np.isnan(reach.get_xdata())].tolist()
    assert at == [[4, 0], [6, 0], [4, 1], [6, 1], [4, 2], [6, 2]]
    assert "low: 3 [4, 6]; high: 9 [4, 6]; within: 5 [4, 6]" in chart.words


@dataclass(frozen=True)
class Own:
    """A student's rule, whose number no column describes."""

    level: float = 20.0

    def __call__(self, view):
        return np.maximum(0, self.level - view.inventory_position)


def test_a_lever_on_a_rule_of_one_s_own_counts_in_units():
    found = lever(CALM.change(rules=dict.fromkeys(CALM.rules, Own())), "shop.level")
    assert (found.label, found.low, found.high) == ("shop: level [units]", 0, 60)
    assert found.whole
    assert lever(CALM, "mine->plant.sourcing_rank", (1, 3)).whole
    assert not lever(CLOSED, "disruptions[0].loss", (0, 1)).whole
