"""How far everything is known: by source, on a clock that no message turns."""

from itertools import count

import pytest

import twinlab as tl
from tests.technology.chains import shop
from twinlab.technology import Bus, Faults, Plant
from twinlab.technology.known import AHEAD, PATIENCE, Known
from twinlab.technology.messages import DAY, Message
from twinlab.twin import Twin

CLOCK = count(100)  # askings count when time has passed


def said(source, number, day, kind="demanded", system="crm", **data):
    return Message(source, number, f"{system}.{kind}.v1", round(day * DAY), data)


def closing(source, number, day, count=None):
    count = number + 1 if count is None else count
    return said(source, number, day + 1 - 1 / DAY, "closed", "sys", count=count)


def lived(days, sources=("/shop/crm", "/mine/wms"), without=(), silent=None):
    """Two messages a day of every source, the second one closes it; some never come."""
    known = Known()
    for day in range(days):
        for source in sources:
            if silent is not None and source == silent[0] and day >= silent[1]:
                continue
            for message in (said(source, 2 * day, day), closing(source, 2 * day + 1, day)):
                if (source, message.sequence) not in without:
                    known.take(message, now=day + 1)
    return known


def test_all_is_known_until_the_last_closing():
    known = lived(10)
    assert known.until_now(10) == 10 * DAY
    assert (known.gaps(), known.silent(10)) == ([], [])


def test_a_hole_holds_its_source_and_filled_it_frees_it():
    known = lived(10, without=[("/shop/crm", 8)])
    assert known.gaps() == [("/shop/crm", 8)]
    assert known.until_now(10) == 4 * DAY
    known.take(said("/shop/crm", 8, 4), now=10)
    assert known.until_now(10) == 10 * DAY


def test_a_hole_that_is_asked_for_in_vain_is_written_off_and_still_welcome():
    known = lived(10, without=[("/shop/crm", 8)])
    for _ in range(PATIENCE):
        assert known.report(next(CLOCK))["/shop/crm"] == (8, [8])
        assert known.until_now(10) == 4 * DAY
    # Written off: no longer waited for, but the sender does not forget it either.
    assert known.report(next(CLOCK))["/shop/crm"] == (8, [8])
    assert known.until_now(10) == 10 * DAY
    assert known.gaps() == []
    assert known.sources["/shop/crm"].lost == 1
    known.take(said("/shop/crm", 8, 4), now=10)
    assert known.sources["/shop/crm"].lost == 0
    assert known.report(next(CLOCK))["/shop/crm"] == (20, [])


def test_who_can_no_longer_send_it_says_so_and_it_is_lost_at_once():
    known = lived(10, without=[("/shop/crm", 8), ("/shop/crm", 11)])
    known.take(Message("/shop/crm", None, "sys.gone.v1", DAY, {"upto": 10}, "gone"), now=10)
    assert known.gaps() == [("/shop/crm", 11)]
    assert known.sources["/shop/crm"].lost == 1
    with pytest.raises(tl.SyncError, match="nobody has spoken of that many"):
        known.take(Message("/shop/crm", None, "sys.gone.v1", DAY, {"upto": 99}, "g2"), now=10)


def test_a_silent_source_is_named_and_left_out():
    known = lived(20, silent=("/mine/wms", 12))
    assert known.silent(20) == ["/mine/wms"]
    assert known.until_now(20) == 20 * DAY
    assert known.until_now(14) == 12 * DAY  # not yet three days
    assert known.until_now(40) == 20 * DAY  # nobody talks: as far as was known
    known.take(said("/mine/wms", 24, 12), now=20)
    assert known.silent(20) == []
    assert known.until_now(20) == 12 * DAY


@pytest.mark.parametrize(
    ("message", "words"),
    [
        (closing("/shop/crm", 20, 999), "990.0 days ahead of the twin's clock"),
        (said("/shop/crm", 10**14, 9), "is far ahead"),
        (said("/shop/crm", 20 + AHEAD + 1, 9), "is far ahead"),
        (closing("/shop/crm", 20, 9.4, count=10**9), "closes 1,000,000,000 messages, more than"),
    ],
)
def test_what_cannot_be_is_refused_and_turns_nothing(message, words):
    known = lived(10)
    with pytest.raises(tl.SyncError, match=words):
        known.take(message, now=10)
    assert known.until_now(10) == 10 * DAY
    assert known.gaps() == []


def test_who_comes_late_asks_from_the_first_and_is_told_what_is_gone():
    known = Known()
    with pytest.raises(tl.SyncError, match="far ahead"):
        known.take(said("/shop/crm", 5000, 9), now=10)
    assert known.report(next(CLOCK))["/shop/crm"] == (0, list(range(AHEAD)))
    known.take(Message("/shop/crm", None, "sys.gone.v1", DAY, {"upto": 4990}, "gone"), now=10)
    assert known.report(next(CLOCK))["/shop/crm"] == (4990, list(range(4990, 5001)))
    for number in range(4990, 5001):
        known.take(said("/shop/crm", number, 9), now=10)
    assert known.report(next(CLOCK))["/shop/crm"] == (5001, [])
    assert known.gaps() == []


def test_a_claim_that_nobody_confirms_is_not_asked_for_ever():
    known = lived(3)
    with pytest.raises(tl.SyncError, match="far ahead"):
        known.take(said("/shop/crm", 10**14, 2), now=3)
    asked = [known.report(next(CLOCK))["/shop/crm"][1] for _ in range(PATIENCE + 2)]
    assert [bool(one) for one in asked] == [True] * PATIENCE + [False] * 2
    assert known.until_now(3) == 3 * DAY
    assert known.sources["/shop/crm"].lost == 0


def test_what_is_known_outlives_the_process():
    known = lived(10, without=[("/shop/crm", 8)])
    known.report(next(CLOCK))
    again = Known(known.plain())
    assert again.plain() == known.plain()
    assert again.gaps() == [("/shop/crm", 8)]


def test_unnumbered_sources_are_known_until_they_were_last_asked():
    known = lived(10)
    known.polled("folder:orders", 9 * DAY, now=10)
    assert known.until_now(10) == 9 * DAY
    table = known.table(10).set_index("source")
    assert not table.loc["folder:orders", "numbered"]
    assert table.loc["/shop/crm", "numbered"]


def test_a_lie_about_what_is_gone_is_found_out_by_the_next_message():
    known = lived(10)
    with pytest.raises(tl.SyncError, match="far ahead"):
        known.take(said("/shop/crm", 10**14, 9), now=10)
    known.take(Message("/shop/crm", None, "sys.gone.v1", DAY, {"upto": 10**14}, "gone"), now=10)
    assert known.sources["/shop/crm"].lost > 10**13
    known.take(closing("/shop/crm", 21, 10), now=11)
    assert known.gaps() == [("/shop/crm", 20)]
    known.take(said("/shop/crm", 20, 10), now=11)
    assert known.sources["/shop/crm"].until == 11 * DAY
    assert known.sources["/shop/crm"].lost == 0


def test_a_clock_that_is_a_little_ahead_is_borne_and_moves_nothing():
    known = lived(10)
    known.take(said("/shop/crm", 20, 10.4), now=10)
    assert known.until_now(10) == 10 * DAY
    with pytest.raises(tl.SyncError, match=r"0\.6 days ahead"):
        known.take(said("/shop/crm", 21, 10.6), now=10)
    assert known.until_now(10) == 10 * DAY


def test_a_twin_that_is_started_elsewhere_knows_as_much():
    bus = Bus(Faults(loss=0.05), seed=4)
    plant, first = Plant(shop(), bus, seed=1), Twin(shop(), bus)
    for _ in range(20):
        plant.advance()
        first.sync(ask_again=False)
    assert first.gaps()
    again = Twin(shop(), bus, first.store)
    again.sync(ask_again=False)
    for name in ("known_until", "staleness", "state", "day"):
        assert getattr(again, name) == getattr(first, name), name
    assert again.gaps() == first.gaps()
    assert again.sources.equals(first.sources)


def test_askings_in_one_moment_are_one():
    known = lived(10, without=[("/shop/crm", 8)])
    for _ in range(3 * PATIENCE):
        assert known.report(10.0)["/shop/crm"] == (8, [8])
    assert known.gaps() == [("/shop/crm", 8)]
