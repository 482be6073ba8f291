"""What goes wrong at desks and in offices is answered in words, and nothing is lost."""

import argparse
import json

import pytest

import twinlab as tl
from tests.course import room
from twinlab.course import Play, students
from twinlab.course.grading import add_grade, read_roster
from twinlab.course.plays import Kind, Seat
from twinlab.people import NewsvendorGame


@pytest.fixture
def desk(tmp_path, monkeypatch):
    """A student's folder."""
    room.furnish(tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TWINLAB_PLAYED", "played")
    students.forget()
    yield tmp_path
    students.forget()


def sit():
    made = Kind("newsvendor", {}, int, lambda seed: NewsvendorGame(seed=seed), "papers", "round")
    return Seat(made)


def test_two_windows_on_one_game_lose_nothing(desk):
    one = sit()
    one.order(100)
    other = sit()
    other.order(110)
    other.order(120)
    with pytest.raises(tl.ScenarioError, match="another window"):
        one.order(90)
    assert one.orders == [100, 110, 120]
    one.order(90)
    with pytest.raises(tl.ScenarioError, match="another window"):
        other.undo()
    assert sit().orders == other.orders == [100, 110, 120, 90]


def test_a_game_goes_on_however_the_name_is_typed(desk):
    tl.course.enrol("Ann Lee")
    sit().order(100)
    tl.course.enrol("ann  LEE")
    assert sit().orders == [100]
    tl.course.enrol("Bo Ek")
    assert sit().orders == []


def test_somebody_else_s_game_is_not_yours(desk):
    tl.course.enrol("Bo Ek")
    Play.begin("newsvendor", {}).keep([1], over=True)
    assert tl.course.played("newsvendor")(True) is True
    tl.course.enrol("Ann Lee")
    assert "to its end" in tl.course.played("newsvendor")(True)


def test_a_very_long_name_is_a_name(desk):
    tl.course.enrol("李" * 300)
    assert tl.course.check("2.1", 1e9).status == "NOT YET"
    assert tl.course.hand_in(room.BOOK).status in ("NOTED", "TODO")


def test_a_folder_that_cannot_be_written_is_named_with_a_remedy(desk):
    (desk / "played").write_text("a file where the folder should be")
    with pytest.raises(tl.ScenarioError, match=r"nothing can be kept here.*TWINLAB_PLAYED"):
        tl.course.enrol("Ann Lee")


@pytest.mark.parametrize("held", ['{"2.1": 5}', "[]", '{"2.1": {}}', "3"])
def test_a_damaged_file_of_answers_is_named_with_a_remedy(desk, held):
    tl.course.enrol("Ann Lee")
    text = f'{{"format": "twinlab answers 1", "answers": {held}}}'
    (desk / "played" / "answers-ann-lee.json").write_text(text)
    for ask in (lambda: tl.course.check("2.1", 3), lambda: tl.course.hand_in(room.BOOK)):
        with pytest.raises(tl.ScenarioError, match=r"answers-ann-lee\.json.*another name"):
            ask()


@pytest.mark.parametrize("part", ["saved", "started", "student", "game"])
def test_a_play_with_another_kind_of_part_is_left_out(desk, part):
    body = Play.begin("beer", {}).keep([8]).as_json()
    for name, more in {"beer-1": {}, "beer-2": {part: 7}}.items():
        (desk / "played" / f"{name}.json").write_text(json.dumps(body | more))
    assert len(tl.course.plays("beer")) == 2


@pytest.mark.parametrize(
    "table",
    [
        "name;mail\nJürgen Öz;a\nBo Ek;b\n",
        "Name\tMail\nJürgen Öz\ta\n\nBo Ek\tb\n",
        "mail,First name,Surname\na,Jürgen,Öz\nb,Bo,Ek\n",
        "Vorname;Nachname\nJürgen;Öz\nBo;Ek\n",
        "name\nJürgen Öz\nBo Ek\n",
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1252"])
def test_a_roster_as_spreadsheets_and_moodle_write_it(tmp_path, table, encoding):
    file = tmp_path / "roster.csv"
    file.write_bytes(table.encode(encoding))
    assert read_roster(file) == ["Jürgen Öz", "Bo Ek"]


def test_no_roster_is_said_in_words(tmp_path):
    with pytest.raises(tl.ScenarioError, match="cannot be read"):
        read_roster(tmp_path / "nobody.csv")
    (tmp_path / "mails.csv").write_text("mail\na@x\n")
    with pytest.raises(tl.ScenarioError, match="first name and surname"):
        read_roster(tmp_path / "mails.csv")


def marked(tmp_path):
    """Give marks for what lies in the folder of hand-ins: the table, a list of rows."""
    parser = argparse.ArgumentParser()
    add_grade(parser.add_subparsers())
    (tmp_path / "roster.csv").write_text("name\nAnn Lee\nBo Ek\n")
    words = ["grade", tmp_path / "hand-ins", tmp_path / "roster.csv"]
    words += ["--teacher", tmp_path / "teacher", "--out", tmp_path / "marks.csv"]
    given = parser.parse_args(list(map(str, words)))
    given.do(given)
    return (tmp_path / "marks.csv").read_text("utf-8-sig").splitlines()


def test_an_empty_folder_is_no_class_without_marks(tmp_path):
    room.furnish(tmp_path / "teacher")
    for _ in range(2):
        with pytest.raises(tl.ScenarioError, match="no hand-in"):
            marked(tmp_path)
        (tmp_path / "hand-ins").mkdir(exist_ok=True)


def test_folders_of_moodle_a_copy_of_the_notebook_and_a_mac_s_zip(tmp_path):
    room.furnish(tmp_path / "teacher")
    came = tmp_path / "hand-ins"
    came.mkdir()
    late = room.honest("Ann Lee")
    early = late | {"made": "2026-11-20T12:00:00Z", "cells": ["import nothing"]}
    room.put(came / "Ann Lee_9_file_", early)
    room.put(came / "Ann Lee_10_file_", late)
    room.put(came / "Bo Ek_5_file_", room.honest("Bo Ek") | {"notebook": "02_people-Copy1.ipynb"})
    (came / "__MACOSX").mkdir()
    (came / "__MACOSX" / "._02-ann-lee.json").write_bytes(b"\0\5\26")
    ann, bo, *others = marked(tmp_path)[1:]
    assert ann.startswith("Ann Lee,5,5,")
    assert "two files" in ann
    assert bo.startswith("Bo Ek,5,5,")
    assert not others
