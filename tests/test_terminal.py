"""The case that is told in a terminal."""

import sys

import pytest

from tests.lab.chains import CALM, CLOSED
from twinlab import __main__ as terminal
from twinlab import simulate


def test_a_case_that_is_not_there_is_refused(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["twinlab", "bicycles"])
    monkeypatch.setattr(terminal, "tell_automotive", lambda: pytest.fail("it told another case"))
    with pytest.raises(SystemExit):
        terminal.main()
    assert "invalid choice: 'bicycles'" in capsys.readouterr().err


def test_the_case_that_is_asked_for_is_told(monkeypatch):
    told = []
    monkeypatch.setattr(sys, "argv", ["twinlab", "automotive"])
    monkeypatch.setattr(terminal, "tell_automotive", lambda: told.append("automotive"))
    terminal.main()
    assert told == ["automotive"]


def test_what_a_tier_misses_is_told_by_its_output():
    """5 units a day; the mine is closed on 15 days from day 20, and the shop has 9 days of stock.

    It sells nothing on 6 of the days 28 to 34, and later what is owed: no day is missing for good.
    """
    calm, hit = simulate(CALM, seed=1), simulate(CLOSED.set("disruptions[0].days", 15), seed=1)
    assert terminal.ripple(calm, hit, 0) == (29, pytest.approx(6 / 7), pytest.approx(0))
    assert terminal.ripple(calm, calm, 0) == (0, 0.0, 0.0)
