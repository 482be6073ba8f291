"""A simulated person who takes advice: own idea and advice side by side in one head."""

import pytest

import twinlab as tl
from twinlab import people

GOOD = people.AnchorAndAdjust(0, 1, 1, 28, starts=4)
STUBBORN = people.TakesAdvice(own=people.average_person(), advice=GOOD, weight=0.4)


def test_the_log_keeps_advice_and_decision():
    chain = people.beer_chain({"retailer": STUBBORN})
    run = tl.simulate(chain)
    notes = [e.note for e in run.log.of("remembered") if e.node == "retailer"]
    assert len(notes) == 36
    for ordered, note in zip(run.series("ordered", "retailer"), notes, strict=True):
        assert ordered == pytest.approx(0.4 * note["advised"] + 0.6 * note["own idea"])


def test_two_rules_in_one_head_do_not_mix_their_memories():
    """Weight 1 is the adviser alone, weight 0 the own rule alone, although both remember."""
    for weight, alone in ((1.0, GOOD), (0.0, people.average_person())):
        mixed = people.TakesAdvice(own=people.average_person(), advice=GOOD, weight=weight)
        runs = [tl.simulate(people.beer_chain({"retailer": rule})) for rule in (mixed, alone)]
        assert runs[0].daily.equals(runs[1].daily)
