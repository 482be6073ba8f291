"""The door itself: who is checked, what it costs nothing, and what it never hides."""

import inspect
import pickle

import pytest

import twinlab as tl
from tests.mistakes.calls import NETWORK, SCENARIO
from twinlab.scope.cells import parse_distribution


def test_a_function_behind_its_door_is_found_by_its_name_and_keeps_its_signature():
    assert pickle.loads(pickle.dumps(tl.simulate)) is tl.simulate
    assert [*inspect.signature(tl.simulate).parameters] == [
        "scenario", "seed", "replication", "start",
    ]  # fmt: skip
    assert pickle.loads(pickle.dumps(SCENARIO)) == SCENARIO


def test_a_bug_behind_the_door_is_no_mistake_of_the_user():
    def broken(view):
        return {}["bug"]

    with pytest.raises(KeyError, match="bug"):
        tl.simulate(tl.Scenario(NETWORK, broken))


def test_a_name_that_there_is_and_that_fails_says_why_it_fails():
    run = tl.simulate(SCENARIO)
    object.__setattr__(run, "plan", None)
    with pytest.raises(AttributeError, match="'NoneType' object has no attribute 'scenario'"):
        _ = run.scenario


def test_hasattr_still_tells():
    assert not hasattr(NETWORK, "shops")
    assert not hasattr(tl, "shops")


def test_what_cannot_be_read_costs_no_more_time_than_what_can():
    for text in ("1" * 100_000 + "x", "Normal(" + "1" * 100_000 + "x)", " " * 100_000 + "x"):
        with pytest.raises(ValueError, match=r"is a distribution|cannot read") as caught:
            parse_distribution(text)
        assert len(str(caught.value)) < 300


def test_in_a_notebook_the_message_stands_first_and_then_the_users_line():
    try:
        tl.simulate(NETWORK)
    except tl.TwinError as error:
        first, *lines = error._render_traceback_()
    assert first.startswith("ScenarioError: simulate: scenario must be a Scenario")
    assert len(lines) == 1
    assert lines[0].endswith(": tl.simulate(NETWORK)")


@pytest.mark.parametrize("name", ["Berlin/Ost", "a->b", "St. Pölten", "x/unit", "disruptions[0]"])
def test_any_name_has_a_path(name):
    chain = tl.serial(["mine", name], demand=5, on_hand={name: 3})
    scenario = tl.Scenario(chain, tl.BaseStock(9), days=5)
    assert scenario.set(f"{name}.up_to", 4).value(f"{name}.up_to") == 4
    assert scenario.set(f"mine->{name}.lead_time", 2).network.lanes[0].lead_time.average == 2
    assert scenario.value(f"{name}/unit.on_hand") == 3
