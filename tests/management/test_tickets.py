"""Tickets: one for each cause, due in time, acknowledged, decided, closed, and kept as rows."""

import json

import pytest

import twinlab as tl
from tests.management.chain import CALM
from twinlab.management import Tickets, control_tower
from twinlab.management.tickets import Alert, Tower

CLOSED = CALM.disrupt(tl.Outage("frames", start=40, days=25))
RUN = tl.simulate(CLOSED, seed=1)


def morning(day, scenario=CLOSED):
    return control_tower(scenario, RUN.state_on(day))


def alert(node="shop", money=100.0, kind="run-out", owner="planner", **more):
    return Alert(kind, node, "unit", money, owner, "", **more)


def heard(*mornings):
    tickets = Tickets()
    for day, alerts in mornings:
        tickets.hear(Tower(tuple(sorted(alerts, key=lambda a: -a.money)), day))
    return tickets


def test_a_closed_site_and_all_that_follows_is_one_ticket():
    tickets = Tickets()
    for day in (39, 40, 50, 60, 64):
        tickets.hear(morning(day))
    assert len(morning(60).alerts) > 2
    (ticket,) = tickets.open
    assert (ticket.id, ticket.opened, ticket.owner) == ("T1", 40, "supply-risk manager")
    assert ticket.cause == "closed site, frames"
    assert {"plant (frame)", "north (bike)", "frames"} <= {*ticket.places}
    assert ticket.money == morning(64).alerts[0].money


def test_what_is_left_of_a_closure_stays_with_its_ticket_and_goes_to_who_acts_now():
    tickets = Tickets()
    tickets.hear(morning(64))
    tickets.acknowledge("T1", "anna")
    tickets.hear(morning(66))  # the site is open again, and the plant has no frames
    (ticket,) = tickets.open
    assert ticket.id == "T1"
    assert ticket.owner != "supply-risk manager"
    assert ticket.acknowledged == ""
    tickets.hear(Tower((), 80))
    assert len(tickets.open) == 0
    assert tickets.every["T1"].closed


@pytest.mark.parametrize("day", [45, 50, 52])
def test_a_closure_is_due_on_the_same_day_whenever_one_looks(day):
    """When stocks end less the way that goods have: stocks are used up, and pipelines empty."""
    first, later = (next(a for a in morning(at) if a.kind == "closed site") for at in (41, day))
    assert abs(first.due - later.due) <= 1


def test_goods_that_are_ordered_by_the_last_day_are_in_time_and_later_ones_are_not():
    """By hand: 10 + 10 days of stock survive, and what is ordered then comes as pipelines end.

    A site that is open again on that day is as good as another from which one orders then.
    """
    hasty = tl.Demand("shop", "unit", tl.Constant(5), backorders=False, lost_sale_cost=40)
    chain = tl.serial(["mine", "depot", "shop"], demand=hasty, lead_time={"depot": 3, "shop": 2},
                      on_hand={"depot": 30, "shop": 20})  # fmt: skip
    levels = {("depot", "unit"): tl.BaseStock(45), ("shop", "unit"): tl.BaseStock(30)}
    calm = tl.Scenario(chain, levels, days=90)
    shut = [calm.disrupt(tl.Outage("mine", start=20, days=days)) for days in (60, 10, 11)]
    due = {day: control_tower(shut[0], tl.simulate(shut[0]).state_on(day)).alerts[0].due
           for day in (20, 22, 25)}  # fmt: skip
    assert due == {20: 30, 22: 30, 25: 30}
    assert [tl.simulate(each).kpis.lost_sales > 0 for each in shut] == [True, False, True]


def test_hearing_the_same_morning_again_changes_nothing():
    tickets = Tickets()
    tickets.hear(morning(50))
    tickets.acknowledge("T1", "anna")
    before = list(tickets.rows)
    tickets.hear(morning(50))
    assert tickets.rows == before


def test_rows_are_plain_and_a_ledger_goes_on_where_they_end():
    tickets = Tickets()
    tickets.hear(morning(50))
    tickets.decide("T1", "anna", tl.Change({"plant/frame.up_to": 200}), "we order more")
    kept = Tickets(json.loads(json.dumps(tickets.rows)))
    assert kept.every == tickets.every
    assert repr(kept) == repr(tickets)
    for ledger in (kept, tickets):
        ledger.hear(morning(52))  # the same places, about the same money
        ledger.close("T1", "ben", "nothing else to do")
    assert kept.rows == tickets.rows
    assert [row["step"] for row in kept.rows if row["id"]] == [
        "opened", "decided", "closed"]  # fmt: skip


def test_overdue_tickets_that_nobody_has_seen_come_first():
    rich, poor, seen = alert("a", 900), alert("b", 5, due=3), alert("c", 50, due=3)
    tickets = heard((2, [rich, poor, seen]))
    assert [t.cause for t in tickets.open] == ["run-out, a (unit)", "run-out, c (unit)",
                                               "run-out, b (unit)"]  # fmt: skip
    tickets.acknowledge("T2", "anna")
    tickets.hear(Tower((rich, seen, poor), 4))
    assert [t.id for t in tickets.open] == ["T3", "T2", "T1"]
    tickets.decide("T3", "ben", "twin-4", "another road")
    assert [t.id for t in tickets.open] == ["T2", "T1", "T3"]
    assert tickets.every["T3"].acknowledged == "ben"
    assert "1 overdue" in repr(tickets)


def test_a_last_day_does_not_move_away_nor_lie_before_the_ticket():
    tickets = heard((5, [alert(due=2)]), (6, [alert(due=9)]))
    assert tickets.every["T1"].due == 5
    tickets.hear(Tower((alert(owner="buyer", due=4),), 8))
    assert tickets.every["T1"].due == 8


def test_a_last_day_comes_nearer_with_the_tower_and_with_what_joins():
    tickets = heard((5, [alert(due=9)]), (6, [alert(due=6)]))
    assert tickets.every["T1"].due == 6
    tickets = heard(
        (1, [alert(due=9)]), (2, [alert(due=12, root="R"), alert("b", 5.0, due=4, root="R")])
    )
    assert [(t.id, t.due) for t in tickets.open] == [("T1", 4)]


def closed(ticket, tickets):
    tickets.close(ticket, "ben", "we wait")


def decided(ticket, tickets):
    tickets.decide(ticket, "ben", "order 1", "it is enough")


@pytest.mark.parametrize("answer", [closed, decided])
@pytest.mark.parametrize(
    "more", [[alert("q", 30.0, root="run-out, shop (unit)")], [alert(money=201.0)],
             [alert(owner="other")]],
    ids=["a new place", "twice the money", "a new owner"])  # fmt: skip
def test_an_answer_holds_for_its_places_its_owner_and_about_its_money(answer, more):
    tickets = heard((1, [alert(due=9)]))
    answer("T1", tickets)
    before = tickets.every["T1"]
    for day, money in ((2, 140.0), (3, 199.0)):  # little by little it is no more than twice
        tickets.hear(Tower((alert(money=money, due=day + 1),), day))
        assert tickets.every["T1"] == before
    rest = () if more[0].node == "shop" else (alert(money=140.0),)
    for day in (4, 4, 8):
        tickets.hear(Tower((*rest, *more), day))
    (ticket,) = tickets.open
    assert (ticket.id, ticket.decision, ticket.acknowledged) == ("T1", "", "")
    assert [row["step"] for row in tickets.rows if row["id"]][2:] == ["asked again"]
    assert len(ticket.places) == len(rest) + len(more)


def test_what_is_asked_again_can_be_overdue():
    tickets = heard((1, [alert(money=10.0, due=5)]))
    decided("T1", tickets)
    both = (alert("z", 1e6, due=3, root="R"), alert(money=10.0, due=5, root="R"))
    tickets.hear(Tower(both, 2))
    assert (tickets.open[0].due, tickets.open[0].overdue) == (3, False)
    tickets.hear(Tower(both, 30))
    assert (tickets.open[0].money, tickets.open[0].overdue) == (1e6, True)


def test_a_closure_closed_by_hand_is_asked_again_when_stocks_below_it_end():
    tickets = Tickets()
    tickets.hear(morning(40))
    closed("T1", tickets)
    tickets.hear(morning(41))
    assert len(tickets.open) == 0
    for day in (50, 60, 64):
        tickets.hear(morning(day))
        (ticket,) = tickets.open
        assert {alert.where for alert in morning(day)} == {*ticket.places}


def test_two_causes_at_one_place_are_two_tickets_as_long_as_they_last():
    both = [alert(root="R1", owner="x"), alert(money=90.0, root="R2", owner="y")]
    tickets = heard(
        (1, both), (2, both), (3, both[::-1]), (4, [both[0], alert(root="R2", owner="y")])
    )
    assert [(t.id, t.cause, t.owner) for t in tickets.open] == [
        ("T1", "R1", "x"),
        ("T2", "R2", "y"),
    ]
    tickets.hear(Tower((both[1],), 5))
    assert {t.id: t.closed for t in tickets.every.values()} == {"T1": "gone", "T2": ""}
    later = heard((1, both[:1]), (2, [both[1], both[0]]))
    assert [t.cause for t in later.open] == ["R1", "R2"]


def test_one_cause_that_becomes_two_is_two_tickets():
    tickets = heard((1, [alert("a", 10.0, root="R"), alert("b", 20.0, root="R")]),
                    (2, [alert("a", 10.0), alert("b", 20.0, owner="other", due=4)]))  # fmt: skip
    assert [(t.id, t.owner, t.places, t.after) for t in tickets.open] == [
        ("T1", "other", ["b (unit)"], ""), ("T2", "planner", ["a (unit)"], "T1")]  # fmt: skip


def test_of_two_tickets_that_become_one_the_other_is_part_of_it():
    root = alert("mine", 500.0, "closed site", "risk manager")
    below = [alert(node, root=root.title) for node in "ab"]
    tickets = heard((1, [alert("a"), alert("b")]), (2, [*below, root]))
    assert [t.id for t in tickets.open] == ["T1"]
    assert tickets.every["T2"].closed == "part of T1"
    tickets.hear(Tower((alert("b"),), 3))
    assert [t.id for t in tickets.open] == ["T1"]


def test_an_answer_for_two_places_holds_when_their_cause_falls_apart():
    tickets = heard((1, [alert("a", root="R"), alert("b", root="R")]))
    closed("T1", tickets)
    tickets.hear(Tower((alert("a"), alert("b")), 2))
    assert len(tickets.open) == 0
    tickets.hear(Tower((alert("a"), alert("b", owner="other")), 3))
    assert [(t.id, t.places, t.after) for t in tickets.open] == [("T2", ["b (unit)"], "T1")]


def test_a_reason_for_closing_may_be_any_word():
    tickets = heard((1, [alert()]))
    tickets.close("T1", "ben", "gone")
    tickets.hear(Tower((alert(),), 2))
    assert len(tickets.open) == 0


def test_what_comes_back_is_a_new_ticket_that_names_the_old_one():
    tickets = heard((1, [alert()]), (2, []), (3, [alert()]))
    assert tickets.every["T1"].closed
    assert [(t.id, t.after) for t in tickets.open] == [("T2", "T1")]


def test_what_was_closed_by_hand_comes_back_only_after_it_was_gone():
    tickets = heard((1, [alert()]))
    tickets.close("T1", "anna", "we let it run out: the product ends")
    tickets.hear(Tower((alert(money=150.0),), 2))
    assert len(tickets.open) == 0
    tickets.hear(Tower((), 3))
    tickets.hear(Tower((alert(),), 4))
    assert [(t.id, t.after) for t in tickets.open] == [("T2", "T1")]


def test_too_much_stock_is_no_part_of_what_is_missing_there():
    tickets = heard((1, [alert(), alert(kind="overstock", money=20.0)]))
    assert len(tickets.open) == 2


def test_a_run_out_seen_before_its_closure_becomes_part_of_it():
    root = alert("mine", 500.0, "closed site", "risk manager")
    tickets = heard((1, [alert()]), (2, [alert(root=root.title), root]))
    (ticket,) = tickets.open
    assert (ticket.id, ticket.cause, ticket.owner) == ("T1", "closed site, mine (unit)",
                                                       "risk manager")  # fmt: skip


WRONG = {
    "no ticket 'T9'": lambda t: t.acknowledge("T9", "anna"),
    "by whom": lambda t: t.acknowledge("T1", " "),
    "and why": lambda t: t.decide("T1", "anna", "twin-3", ""),
    "day 3 is over": lambda t: t.acknowledge("T1", "anna", day=3),
    "day 2 is over": lambda t: t.hear(Tower((), 2)),
    r"T2 cannot be decided: is closed \(gone\)": lambda t: t.decide("T2", "anna", "a", "b"),
}


@pytest.mark.parametrize("said", WRONG)
def test_what_cannot_be_is_refused_and_leaves_no_row(said):
    tickets = heard((1, [alert(), alert("b")]), (5, [alert()]))
    before = list(tickets.rows)
    with pytest.raises(tl.ScenarioError, match=said):
        WRONG[said](tickets)
    assert tickets.rows == before


ROWS = heard((1, [alert(due=3)]), (2, [alert(money=150.0, due=3)])).rows
FORGED = {
    "trimmed": ROWS[3:],
    "without a due day": [ROWS[0], {n: v for n, v in ROWS[1].items() if n != "due"}],
    "a word for a number": [ROWS[0], ROWS[1] | {"due": "3"}],
    "a day as a word": [ROWS[0] | {"day": "1"}],
    "another id": [ROWS[0], ROWS[1] | {"id": "ticket"}],
    "no id": [{"day": 1}],
    "back in time": [*ROWS[:2], {**ROWS[0], "day": 0}],
}


@pytest.mark.parametrize("rows", FORGED.values(), ids=FORGED)
def test_rows_that_are_no_ledger_are_refused(rows):
    at = len(rows) - 1
    with pytest.raises(tl.ScenarioError, match=rf"row {at} follows.*give all rows of a ledger"):
        Tickets(rows)


def test_a_new_ticket_has_a_number_of_its_own():
    tickets = Tickets([row | {"id": row["id"].replace("1", "2")} for row in ROWS])
    tickets.hear(Tower((alert(), alert("b")), 2))
    assert [*tickets.every] == ["T2", "T3"]


def test_alerts_below_a_closure_have_it_as_their_root_and_others_do_not():
    state = RUN.state_on(60)
    state.on_hand["plant", "wheel"] = 0.0
    for lane in CLOSED.network.into["plant", "wheel"]:
        state.under_way[lane.key] = []
    found = control_tower(CLOSED, state)
    roots = {(a.node, a.product): a.root for a in found if a.kind == "run-out"}
    assert roots["plant", "frame"] == roots["north", "bike"] == "closed site, frames"
    assert roots["plant", "wheel"] == "run-out, plant (wheel)"
