"""Every public call, spoilt in every parameter: hardly any mistake ends in a bare traceback."""

import math

import pytest

import twinlab as tl
from tests.mistakes import calls

SPOILT = [None, "x", -1, math.nan, [1, 2], {"a": 1}, object(), calls.NETWORK, 10**400, tl.BaseStock]
CHEAP = [calls.of_scope, calls.of_organization_and_people, calls.of_management, calls.of_task]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("floor", CHEAP)
def test_at_most_two_in_a_hundred_mistakes_are_bare(floor, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # where a spoilt path leads
    tried, bare = 0, []
    for function, right in floor():
        for name in right:
            for wrong in SPOILT:
                given = {**right, name: wrong}
                tried += 1
                try:
                    function(given["*"]) if "*" in given else function(**given)
                except tl.TwinError:
                    pass
                except Exception as problem:
                    bare.append((function.__qualname__, name, wrong, problem))
    assert len(bare) <= 0.02 * tried, bare
