"""The ripple of a closure, group by group, by hand."""

import pytest

import twinlab as tl
from tests.management.chain import CALM, NETWORK
from twinlab.management import hits

CLOSED = CALM.disrupt(tl.Outage("frames", start=30, days=25))


def test_a_closure_runs_down_the_chain():
    """The shop is short last, and its depth is what it sells less than in the calm."""
    found = {hit.group: hit for hit in hits(tl.simulate(CLOSED, 1), tl.simulate(CALM, 1), "node")}
    assert found["frames"].short_from < found["plant"].short_from < found["north"].short_from
    assert found["plant"].absorbed_days == found["plant"].short_from - found["plant"].depleted_from
    assert found["wheels B"].short_from is None
    lost = [tl.simulate(each, 1).series("lost", "north").sum() for each in (CLOSED, CALM)]
    assert found["north"].worst_shortage == pytest.approx(lost[0] - lost[1])


def test_histories_of_other_seeds_or_networks_are_no_pair():
    calm = tl.simulate(CALM, 1)
    less = CALM.change(network=NETWORK.change(tl.Stock("plant", "bike", 3)), days=40)
    for other in (tl.simulate(CLOSED, 2), tl.simulate(less, 1)):
        with pytest.raises(tl.ScenarioError, match="same network, seed and days"):
            hits(other, calm)
