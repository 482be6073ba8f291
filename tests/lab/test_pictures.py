"""A picture that is kept: what moves, what stays, what lies beyond, and what the page is told."""

import base64
import io
import json
import threading

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Annotation
from PIL import Image

from twinlab.lab import Words, bars, lines, play, route_map
from twinlab.lab.charts import drawing as pen
from twinlab.lab.charts.pictures import Chart, Panel, Picture, Sheet


def steep(slope, kind="straight"):
    bend = 2 if kind == "bent" else 1
    return lines(
        range(11), {"y": [slope * x**bend for x in range(11)]}, Words("A line", "x", "y [m]")
    )


def pixels(picture):
    return np.asarray(Image.open(io.BytesIO(picture.png)).convert("RGBA"))


def shut(first, last, height):
    marks = [
        *pen.closed([(first, last)]),
        pen.line(range(9), [height] * 9, "stock", color=pen.BLUE),
    ]
    return Chart([Panel(marks, "shop", "day", "units", ylim=(0, 10))], "stock")


def test_a_move_keeps_figure_axes_and_artists():
    picture = Picture(shut(2, 4, 5))
    sheet = picture._sheet
    artists = [sheet.figure, *sheet.axes, *sheet.axes[0].lines, *sheet.axes[0].patches]
    picture.show(shut(3, 7, 6))
    assert picture._sheet is sheet
    kept = [sheet.figure, *sheet.axes, *sheet.axes[0].lines, *sheet.axes[0].patches]
    assert all(one is two for one, two in zip(artists, kept, strict=True))
    assert list(sheet.axes[0].lines[0].get_ydata()) == [6] * 9
    assert (sheet.axes[0].patches[0].get_x(), sheet.axes[0].patches[0].get_width()) == (3, 5)


MARKS = {
    "line": lambda k: pen.line([0, 1, 2], [k, 1, 2], "a"),
    "band": lambda k: pen.band([0, 1, 2], [0, 1, k], [3, 4, 5], "a", where=[True, True, k > 1]),
    "bars": lambda k: pen.bars([0, 1], [k, 2], "a"),
    "lying": lambda k: pen.lying([0, 1], [k, 2], "a", [0.5, k]),
    "dots": lambda k: pen.dots([0, k], [1, 2], [90, 90 * k], ["p", "q"], [k, 2], label="a"),
    "span": lambda k: pen.span(k, 3),
    "rule": lambda k: pen.rule(k),
    "post": lambda k: pen.post(k),
    "note": lambda k: pen.note(f"note {k}", (1, k), (4, 4 * k)),
}


@pytest.mark.parametrize("kind", MARKS)
def test_what_was_moved_looks_as_if_drawn_there(kind):
    def chart(k):
        return Chart([Panel([MARKS[kind](k)], f"at {k}", xlim=(-1, 4), ylim=(-1, 9))], "words")

    moved = Picture(chart(1))
    before = moved.png
    moved.show(chart(2))
    assert before != moved.png == Picture(chart(2)).png


def worded(height, text="here"):
    marks = [pen.line(range(1, 8), [height] * 7, "stock", color=pen.BLUE)]
    marks += [
        pen.note(text, (4, 5), bbox={"facecolor": pen.PAPER, "alpha": 0.6}),
        pen.note("", (1, 1)),
    ]
    return Chart([Panel(marks, "shop", "day", "units", xlim=(0, 8), ylim=(0, 10))], "stock")


def test_words_are_drawn_anew_only_where_they_change(monkeypatch):
    drawn, draw = [], Annotation.draw
    picture = Picture(worded(5))
    monkeypatch.setattr(
        Annotation, "draw", lambda self, pen: (drawn.append(self.get_text()), draw(self, pen))
    )
    picture.show(worded(6))
    assert drawn == []
    picture.show(worded(6, "there"))
    assert drawn == ["there"]
    assert picture.png == Picture(worded(6, "there")).png


@pytest.mark.parametrize("dark", [False, True])
def test_a_kept_picture_looks_as_matplotlib_draws_it(dark):
    """To a few steps of 256: colours are few, and words lie on what is under them."""
    picture = Picture(worded(2))
    picture.dark = dark
    picture.show(worded(5))  # the line goes through the words' box
    canvas = FigureCanvasAgg(Sheet(worded(5), dark).figure)
    canvas.draw()
    seen, asked = (
        each[..., :3] * (each[..., 3:] / 255.0)
        for each in (pixels(picture), np.asarray(canvas.buffer_rgba()))
    )
    assert abs(seen - asked).max() < 40
    assert abs(seen - asked).mean() < 0.5


def test_another_picture_is_drawn_anew():
    picture = Picture(steep(1))
    sheet = picture._sheet
    picture.show(bars({"a": 1, "b": 2}, Words("Bars", "x [m]")))
    assert picture._sheet is not sheet
    assert picture.png == Picture(bars({"a": 1, "b": 2}, Words("Bars", "x [m]"))).png


# -- axes -------------------------------------------------------------------------------------


def test_axes_are_those_of_the_levers_ends_and_stay():
    view = play(steep, {"slope": (0, 10, 2)})
    low, high = json.loads(view.picture.data)["panels"][0]["y"]
    assert low < 0
    assert high > 100
    view.rows[0].value = 9
    assert json.loads(view.picture.data)["panels"][0]["y"] == [low, high]


def test_what_lies_beyond_is_cut_marked_and_said():
    view = play(steep, {"slope": (0, 10, 2), "kind": ["straight", "bent"]})
    assert "cut" not in view.status.value
    view.rows[1].value = "bent"
    assert "cut" not in view.status.value  # 200 at the end, as far as the axes go
    view.rows[0].value = 9
    assert "cut at the edge of the picture: y 900" in view.status.value
    assert view.picture.alt.endswith("cut at the edge of the picture: y 900")
    (mark,) = view.picture._sheet._cuts
    assert mark.get_text() == "▲ cut: y 900"
    view.rows[0].value = 1
    assert not mark.get_text()


def test_an_end_that_cannot_be_drawn_needs_no_room():
    def fragile(slope):
        return steep(1 / (5 - slope))

    view = play(fragile, {"slope": (0, 5, 4)})
    assert json.loads(view.picture.data)["panels"][0]["y"][1] < 20


# -- the page ---------------------------------------------------------------------------------


def test_the_page_is_told_what_is_drawn_and_where():
    picture = Picture(shut(2, 4, 5))
    (panel,) = json.loads(picture.data)["panels"]
    assert panel["series"] == [
        {"name": "stock [units]", "x": [*range(9)], "y": [], "told": [5] * 9, "at": []}
    ]
    assert (panel["spans"], panel["place"], panel["title"]) == ([["closed", 2, 5]], "day", "shop")
    # The line stands where the page will look for it: halfway up, from 2 pixels per pixel.
    left, top, right, bottom = (2 * side for side in panel["box"])
    x, y = round((left + right) / 2), round((top + bottom) / 2)
    seen = pixels(picture)[y - 3 : y + 4, x]
    assert (abs(seen[:, :3].astype(int) - [0x00, 0x72, 0xB2]).max(axis=1) < 12).any()
    assert json.loads(picture.data)["size"] == [912, 403]
    assert pixels(picture).shape[:2] == (806, 1824)


def test_dark_pages_get_light_ink_on_a_clear_ground():
    picture = Picture(shut(2, 4, 5))
    count, light = picture.count, pixels(picture)
    picture.dark = True
    dark = pixels(picture)
    assert picture.count == count + 1
    assert (light[0, 0, 3], dark[0, 0, 3]) == (0, 0)
    for seen, ink in ((light, 0x22), (dark, 0xE8)):
        solid = seen[seen[..., 3] > 240][:, :3].astype(int)
        assert (abs(solid - ink).max(axis=1) < 12).any()
    assert (pixels_of_still(picture)[0, 0] > 252).all()


def pixels_of_still(picture):
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(picture.still))).convert("RGBA"))


def contrast(one, two):
    def light(colour):
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        parts = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]

    low, high = sorted([light(one), light(two)])
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize(("dark", "paper"), [(False, "#FFFFFF"), (True, "#111111")])
def test_words_and_lines_can_be_seen_on_either_page(dark, paper):
    assert contrast(pen.tinted(pen.INK, dark), paper) > 7
    assert contrast(pen.tinted(pen.GREY, dark), paper) >= 4.5
    for colour in (pen.BLUE, pen.VERMILLION, pen.GREEN):
        assert contrast(pen.tinted(colour, dark), paper) > 3


def test_the_picture_is_busy_while_the_work_is_done():
    seen = []

    def watched(slope):
        seen.append(view.picture.busy if view else None)
        return steep(slope)

    view = None
    view = play(watched, {"slope": (0, 10, 2)})
    seen.clear()
    view.rows[0].value = 5
    assert seen == [True]
    assert not view.picture.busy


def test_moves_and_a_theme_at_once_leave_one_whole_picture():
    picture = Picture(steep(1))
    turns = [threading.Thread(target=picture.show, args=(steep(k),)) for k in range(8)]
    turns.append(threading.Thread(target=picture.set_trait, args=("dark", True)))
    for turn in turns:
        turn.start()
    for turn in turns:
        turn.join()
    picture.show(steep(3))
    fresh = Picture(steep(3))
    fresh.dark = True
    assert picture.png == fresh.png


# -- the exits --------------------------------------------------------------------------------


def test_a_chart_is_a_figure_and_a_table():
    chart = bars({"plan": 3.0, "none": 5.0}, Words("Loss", "loss [EUR/day]"))
    assert chart.table()["loss [EUR/day]"].to_dict() == {"plan": 3.0, "none": 5.0}
    chart.figure.axes[0].set_title("mine")
    written = io.BytesIO()
    chart.figure.savefig(written)
    assert written.getvalue().startswith(b"\x89PNG")


def test_a_place_that_comes_twice_has_its_last_value_in_the_table():
    chart = Chart([Panel([pen.line([0, 5, 5, 9], [4, 4, 1, 2], "served")])], "fall")
    assert chart.table()["served"].to_dict() == {0: 4, 5: 1, 9: 2}
    assert json.loads(Sheet(chart).data(chart))["panels"][0]["series"][0]["told"] == [4, 4, 1, 2]


def test_a_lever_that_changes_how_many_bars_there_are_keeps_their_scale():
    def few(many):
        return bars({f"site {at}": 1.0 + at for at in range(many)}, Words("Loss", "loss [EUR]"))

    view = play(few, {"many": (1, 6, 2)})
    (panel,) = json.loads(view.picture.data)["panels"]
    assert panel["y"] == [1.5, -0.5]
    assert panel["x"][1] > 6
    view.rows[0].value = 4
    (after,) = json.loads(view.picture.data)["panels"]
    assert (after["y"], after["x"]) == ([3.5, -0.5], panel["x"])
    assert after["series"][0]["at"] == ["site 0", "site 1", "site 2", "site 3"]


def test_a_map_tells_its_places_by_name():
    corners = {"depot": (0, 0), "a": (0, 3), "b": (4, 3)}
    chart = route_map(corners, [("depot", "a", "b", "depot")])
    (panel,) = json.loads(Picture(chart).data)["panels"]
    (stops,) = panel["series"]
    assert (stops["at"], stops["told"], stops["x"], stops["y"]) == (
        ["a", "b"],
        [1, 2],
        [0, 4],
        [3, 3],
    )
    assert (panel["along"], panel["place"]) == ("xy", "")
