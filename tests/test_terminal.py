"""The case that is told in a terminal."""

import sys

import pytest

from twinlab import __main__ as terminal
from twinlab import simulate
from twinlab.technology import FileLink, Message
from twinlab.technology.messages import DAY


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


def said(monkeypatch, capsys, *words):
    """What a line in a terminal prints."""
    monkeypatch.setattr(sys, "argv", ["twinlab", *map(str, words)])
    terminal.main()
    return capsys.readouterr().out


def test_a_plant_lives_is_closed_and_a_twin_follows(monkeypatch, capsys, tmp_path):
    link = ("--link", tmp_path / "link.db")
    plant = ("plant", "factory", *link, "--pace", 0.001)
    first = said(monkeypatch, capsys, *plant, "--days", 5)
    assert "the story ends on day 5" in first
    closed = ("--close", "steel mill", "--length", 20)
    second = said(monkeypatch, capsys, *plant, "--days", 20, *closed)
    assert "Plant(day 5 of 20)" in second
    assert "lived again in" in second
    twin = said(monkeypatch, capsys, "twin", "factory", *link, "--until", 20)
    days = [line for line in twin.splitlines() if line.startswith("day")]
    assert days[-1].startswith("day   20:")
    assert "steel mill: closed since day 5 (heard)" in twin
    open_all_the_time = simulate(terminal.CASES["factory"](20), seed=1)
    shipped = open_all_the_time.log.of("shipped")
    post = FileLink(str(tmp_path / "link.db"))
    told = [Message.decode(raw) for raw in post.receive("reader")]
    left = [m.time // DAY for m in told if m.kind == "shipped" and m.data["node"] == "steel mill"]
    assert all(day < 5 for day in left)
    assert any(event.day >= 5 for event in shipped if event.node == "steel mill")
    with pytest.raises(SystemExit, match="day 2 is over, the plant has lived until day 20"):
        said(monkeypatch, capsys, *plant, *closed, "--on", 2)
