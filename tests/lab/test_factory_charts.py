"""Pictures of the factory: what they say agrees with what they draw."""

import numpy as np
import pytest
from matplotlib.colors import to_rgb

import twinlab as tl
from twinlab.cases.factory import factory
from twinlab.lab.charts.pictures import Sheet
from twinlab.modeling import Line, Station
from twinlab.modeling.line.results import run_line
from twinlab.task.quality import pareto


@pytest.fixture(scope="module")
def case():
    return factory()


def test_bars_of_a_station_fill_its_time(case):
    run = run_line(case.line, days=4, seed=1, log=False)
    axes = tl.lab.line_states(run).figure.axes[0]
    assert axes.get_xlabel() == "share of the machines' time"
    for at, station in enumerate(run.stations):
        widths = [bars[at].get_width() for bars in axes.containers]
        assert sum(widths) == pytest.approx(1.0)
        assert widths[0] == pytest.approx(station.working)


def test_pareto_marks_the_vital_few():
    found = pareto({"a": 50, "b": 30, "c": 15, "d": 5})
    drawn = tl.lab.pareto_chart(found)
    colours = [bar.get_facecolor() for bar in drawn.figure.axes[0].patches]
    assert len(set(colours[:2])) == 1
    assert len(set(colours)) == 2
    with pytest.raises(tl.ScenarioError, match="no causes"):
        tl.lab.pareto_chart(pareto({}))


def test_machines_that_a_state_knows_are_drawn_with_their_effectiveness():
    state = tl.State(day=3)
    told = {"working": 900.0, "starved": 500.0, "down": 40.0, "worked": 300.0, "good": 285.0}
    state.machines["plant", "press"] = told | {"energy": 84.0}
    state.machines["other", "press"] = dict(told)
    chart = tl.lab.line_states(state, "plant")
    assert str(chart).splitlines() == [
        "day 3: 84 kWh; OEE press 0.91",
        "press: working 62 %, down 3 %, blocked 0 %, starved 35 %",
    ]
    with pytest.raises(tl.ScenarioError, match="no machine at 'mill' has told"):
        tl.lab.line_states(state, "mill")


def test_shares_are_read_on_their_colours_by_day_and_night():
    """Words on bright colours are black in both; on white and blue they turn with the page."""
    chart = tl.lab.line_states(run_line(Line([Station("cut", 2), Station("weld", 4)]), days=3))
    for dark in (False, True):
        inside = [t for t in Sheet(chart, dark).axes[0].texts if t.get_text()]
        for text in inside:
            ground = text.get_bbox_patch().get_facecolor()
            shades = [
                np.dot([0.3, 0.6, 0.1], to_rgb(colour)) for colour in (text.get_color(), ground)
            ]
            assert abs(shades[0] - shades[1]) > 0.35, (dark, text.get_text())
