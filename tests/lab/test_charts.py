"""Static pictures: the right numbers in their words, the same bytes every time."""

import re

import pytest

from tests.lab.chains import CALM, CLOSED
from twinlab import Constant, Outage, Scenario, ScenarioError, lab, serial, simulate
from twinlab.lab.charts.pictures import Picture
from twinlab.modeling.simulation.measures import MEASURES

CALM_RUN = simulate(CALM, seed=1)
HIT_RUN = simulate(CLOSED.set("disruptions[0].days", 15), seed=1)


def words_of(chart):
    return [text.get_text() for text in chart.figure.legends[0].get_texts()]


def test_a_run_has_one_line_per_tier_named_above():
    chart = lab.chart(HIT_RUN, "on_hand")
    assert len(chart.figure.axes) == 1
    assert words_of(chart) == ["closed", "tier 2: mine", "tier 1: plant", "tier 0: shop"]


def test_several_runs_have_one_panel_per_tier():
    chart = lab.chart({"calm": CALM_RUN, "closed": HIT_RUN}, "backlog")
    assert [axes.get_title(loc="left") for axes in chart.figure.axes] == [
        "owed to other nodes and to customers at night [units] – tier 2: mine",
        "tier 1: plant",
        "tier 0: shop",
    ]
    assert words_of(chart) == ["closed", "calm", "closed"]  # days, and the run of this name
    assert "tier 2: mine, closed: first 0, lowest 0 (day 0), highest 75 (day 34), last 0" in str(
        chart
    )


@pytest.mark.parametrize("measure", ["on_hand", "served", "holding", "emissions"])
def test_axes_name_what_they_measure_and_its_unit(measure):
    chart = lab.chart(HIT_RUN, measure)
    unit, meaning = MEASURES[measure]
    axes = chart.figure.axes[0]
    assert axes.get_title(loc="left") == f"{meaning} [{unit}]"
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("day", unit)


def test_every_letter_can_be_read_from_the_last_row():
    chart = lab.chart({"calm": CALM_RUN, "closed": HIT_RUN})
    for axes in chart.figure.axes:
        letters = [
            *chart.figure.legends[0].get_texts(),
            *axes.get_xticklabels(),
            *axes.get_yticklabels(),
            axes.xaxis.label,
        ]
        assert min(text.get_fontsize() for text in letters) >= 11


def test_lines_differ_in_dashes_not_only_in_colour():
    lines = lab.chart(HIT_RUN).figure.axes[0].lines
    assert len({line.get_linestyle() + str(line._dash_pattern) for line in lines}) == len(lines)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: lab.chart(HIT_RUN, "onhand"), "did you mean 'on_hand'"),
        (lambda: lab.chart(HIT_RUN, by="tiers"), "did you mean 'tier'"),
        (lambda: lab.chart(HIT_RUN, nodes=["shopp"]), "did you mean 'shop'"),
        (lambda: lab.chart(HIT_RUN, days=(50, 90)), "between 0 and 59"),
        (lambda: lab.chart({}), "there is no run to draw"),
    ],
)
def test_what_cannot_be_drawn_is_explained(call, words):
    with pytest.raises(ScenarioError, match=words):
        call()


def test_too_many_lines_are_refused():
    names = [f"n{at}" for at in range(10)]
    run = simulate(Scenario(serial(names, demand=Constant(5)), CALM.rules["shop", "unit"], days=5))
    with pytest.raises(ScenarioError, match="cannot be told apart"):
        lab.chart(run, by="node")


def test_a_chart_is_the_same_bytes_every_time_and_says_what_it_shows():
    first, second = lab.chart(HIT_RUN), lab.chart(HIT_RUN)
    assert Picture(first).png == Picture(second).png
    assert Picture(first).alt == str(first)
    assert str(first).startswith("stock at night [units], days 0 to 59")


def test_a_notebook_gets_a_live_picture_words_and_a_still():
    bundle = lab.chart(HIT_RUN)._repr_mimebundle_()
    assert bundle["text/plain"] == str(lab.chart(HIT_RUN))
    assert set(bundle) == {"text/plain", "image/png", "application/vnd.jupyter.widget-view+json"}


# -- the ripple ---------------------------------------------------------------------------------


def test_the_ripple_comes_later_and_flatter_downstream():
    ripple = lab.ripple(HIT_RUN, CALM_RUN)
    hits = [ripple["tier 2"], ripple["tier 1"], ripple["tier 0"]]
    assert [hit.short_from for hit in hits] == [20, 25, 29]
    assert [hit.worst_shortage for hit in hits] == sorted(
        [hit.worst_shortage for hit in hits], reverse=True
    )
    # Four days of stock at the plant, three in the shop, after a day on each lane.
    assert [hit.absorbed_days for hit in hits] == [None, 4, 3]


def test_the_table_has_a_row_per_tier_with_units():
    table = lab.ripple(HIT_RUN, CALM_RUN).table
    assert list(table.index) == ["tier 2: mine", "tier 1: plant", "tier 0: shop"]
    assert list(table["short from [day]"]) == [20, 25, 29]


def test_luck_must_be_the_same():
    with pytest.raises(ScenarioError, match="the same seed"):
        lab.ripple(HIT_RUN, simulate(CALM, seed=2))


def test_a_ripple_can_be_read_by_node_and_by_role():
    assert lab.ripple(HIT_RUN, CALM_RUN, by="node")["shop"].short_from == 29
    with pytest.raises(ScenarioError, match="no group 'market'"):
        lab.ripple(HIT_RUN, CALM_RUN, by="role")["market"]


def test_two_closures_are_both_shaded():
    twice = simulate(CLOSED.disrupt(Outage("plant", start=40, days=3)), seed=1)
    assert len(lab.chart(twice).figure.axes[0].patches) == 2


# -- everything ---------------------------------------------------------------------------------

REMOTE = re.compile(r"(?:src|href)\s*=\s*[\"']?(?:https?:)?//|url\(\s*[\"']?https?:|@import")


def test_nothing_that_is_shown_comes_from_another_machine():
    view, explorer = lab.network(HIT_RUN), lab.explore(CLOSED)
    shown = [view.status.value, view.table.value, view.picture._css, str(view.picture.nodes)]
    shown += [str(Picture._esm), str(Picture._css)]
    shown += [explorer.table.value, explorer.status.value]
    assert not [found for text in shown for found in REMOTE.findall(text)]
