"""What the pages say is so: their code runs, their quotes are claims, and nothing is left out."""

import argparse
import doctest
import importlib.util
import re
import runpy
import shlex
import sys
from importlib import import_module
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
GUIDE = sorted((DOCS / "guide").glob("[0-9]*.md"))
HOW_TO = "write_a_rule own_data write_a_case write_a_connector exercises law_of_a_day tour".split()
SHAPE = ["Goals and exercises", "Say before the play", "Say after the play"]
SHAPE += ["Three questions for the room", "Misconceptions, and what refutes them"]
SHAPE += ["When it breaks", "Grading"]


def load(name):
    spec = importlib.util.spec_from_file_location(name, DOCS / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


collect = load("collect")


def plain(text):
    """Words as claims have them: without emphasis and line breaks."""
    return re.sub(r"\s+", " ", text.replace("*", "")).strip()


@pytest.mark.parametrize("name", HOW_TO)
def test_the_code_of_a_page_runs(name):
    path = DOCS / f"{name}.md"
    text = path.read_text(encoding="utf-8")
    text = text.replace("```python", "").replace("```", "")
    examples = doctest.DocTestParser().get_doctest(text, {}, path.name, str(path), 0)
    assert len(examples.examples) >= 8
    said: list[str] = []
    runner = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS)
    failed = runner.run(examples, out=said.append)
    assert not failed.failed, "".join(said)


def test_every_page_with_python_is_run():
    with_code = {path.stem for path in DOCS.glob("*.md") if ">>>" in path.read_text("utf-8")}
    assert with_code == set(HOW_TO)


# -- the teacher's guide ----------------------------------------------------------------------


def test_every_notebook_has_its_page_in_one_shape():
    assert [path.stem for path in GUIDE] == [path.name[:2] for path in collect.NOTEBOOKS]
    for path in GUIDE:
        text = path.read_text(encoding="utf-8")
        assert re.findall(r"^## (.*)", text, re.M) == SHAPE, path.name
        assert text.count("\n1. ") == text.count("\n3. ") == 1, path.name
        assert f"{{{{goals {path.stem}}}}}" in text, path.name


@pytest.mark.parametrize("path", GUIDE, ids=lambda path: path.stem)
def test_what_refutes_a_misconception_is_a_claim_that_is_tested(path):
    text = path.read_text(encoding="utf-8")
    quotes = re.findall(r"^> (.*(?:\n> .*)*)", text, re.M)
    wrong = re.findall(r"^\*\*“.*”\*\*$", text, re.M)
    assert len(quotes) == len(wrong) >= 3
    claims = import_module(f"tests.notebooks.claims.nb{path.stem}").claims
    tested = [plain(sentence) for claim in claims.made for sentence in claim.sentences]
    missing = [q for q in quotes if not any(plain(q.replace("\n> ", " ")) in c for c in tested)]
    assert not missing, f"no claim of notebook {path.stem} says so: write what it says now"
    numbers = re.compile(r"\d|hal[fv]|third|three|tenth|quarter")
    assert sum(bool(numbers.search(quote)) for quote in quotes) >= 2


def test_the_table_of_goals_names_every_goal_and_every_exercise():
    for path in collect.NOTEBOOKS:
        table = collect.goals_table(path.name[:2])
        assert table.count("\n") == 1 + len(collect.goals(path)) >= 4, path.name
        assert all(f"{at} " in table for at in collect.exercises(path)), path.name
        assert collect.minutes(path) != "?", path.name


def test_a_syllabus_names_only_notebooks_that_exist_and_leaves_none_out():
    text = (DOCS / "guide" / "syllabi.md").read_text(encoding="utf-8")
    semester = text.partition("## A semester")[2]
    assert set(re.findall(r"\[(\d\d)\]\(\1\.md\)", semester)) == {path.stem for path in GUIDE}


# -- what is collected ------------------------------------------------------------------------


def test_the_bibliography_has_every_work_that_a_notebook_names():
    works = collect.bibliography()
    assert len(works) >= 140
    for path in collect.NOTEBOOKS:
        at, said = f"notebook {path.name[:2]}", collect.sources(path)
        named = [key for key, (_, places) in works.items() if at in "".join(places)]
        years = re.findall(r"\((?:[^()]*, )?((?:18|19|20)\d\d)\)", said)
        assert said, path.name
        assert not set(years) - {key[-4:] for key in named}, path.name


@pytest.mark.parametrize(
    ("text", "works"),
    [
        ("Harris (1913), lot; Hadley & Whitin (1963)", ["Harris 1913", "Hadley 1963"]),
        ("C. Rawls and M. Turnquist (2010), *TR B* 44", ["Rawls 2010"]),
        ("Lee, H., Padmanabhan, V. & Whang, S. (1997). Information", ["Lee 1997"]),
        ("The name: Ivanov, Sokolov & Dolgui (2014)", ["Ivanov 2014"]),
        ("CloudEvents 1.0 (CNCF, 2019).", []),
        ("Kerr (1975), *AMJ* 18(4); GS1 (2022), EPCIS 2.0.", ["Kerr 1975", "GS1 2022"]),
    ],
)  # fmt: skip
def test_works_are_found_by_first_author_and_year(text, works):
    assert list(collect.cited(text)) == works


def test_a_notebook_asks_all_five_readers():
    wanted = set(collect.READERS)
    lacking = {path.name[:2] for path in collect.NOTEBOOKS if set(collect.eyes(path)) != wanted}
    assert not lacking, f"five bullets and five printed lines: {lacking}"


def test_eyes_are_read_from_a_notebook(monkeypatch):
    bullets = "\n".join(f"- **{who}.** Why so,\n  and how? (Book 2019)" for who in collect.READERS)
    words = {"cell_type": "markdown", "source": f"{collect.EYES}\n\n{bullets}"}
    lines = "\n".join(f"{at} USD" for at in range(5))
    code = {"cell_type": "code", "source": "ask()", "outputs": [{"text": [lines]}]}
    monkeypatch.setattr(collect, "cells", lambda path: [words, code])
    found = collect.eyes(Path("x"))
    assert list(found) == list(collect.READERS)
    assert found["Data engineer"] == ("Why so, and how? (Book 2019)", "4 USD")
    shuffled = "".join(f"{who.upper()}: {len(who)} days\n" for who in reversed(collect.READERS))
    words["source"] = f"The end.\n\n{words['source']}\n\nMore."
    code["outputs"] = [{"text": [shuffled]}]
    assert collect.eyes(Path("x"))["Manager"][1] == "MANAGER: 7 days"


# -- commands ---------------------------------------------------------------------------------


SCRIPT = "notebooks/exercises/teacher/course.py"
COMMANDS = [
    (path.name, program, line)
    for path in [*sorted(DOCS.glob("*.md")), ROOT / "README.md"]
    for program, line in re.findall(
        rf"^(?:\S+/)?python (-m twinlab|{SCRIPT}) (.*)$", path.read_text("utf-8"), re.M
    )
]


@pytest.mark.parametrize(("page", "program", "line"), COMMANDS, ids=lambda value: value[:20])
def test_a_command_that_a_page_shows_is_understood(page, program, line, monkeypatch):
    asked = []
    if program == SCRIPT:
        monkeypatch.setattr(sys, "argv", [program, *shlex.split(line)])
        assert runpy.run_path(str(ROOT / program))["read_words"](), page
        return
    read = argparse.ArgumentParser.parse_args

    def parse(parser, args=None, namespace=None):
        given = read(parser, shlex.split(line), namespace)
        asked.append(given)
        given.do = lambda given: ""
        return given

    monkeypatch.setattr(argparse.ArgumentParser, "parse_args", parse)
    import_module("twinlab.__main__").main()
    assert asked, page


def test_the_commands_of_a_class_are_shown():
    shown = [line.split()[0] for _, program, line in COMMANDS if program != SCRIPT]
    assert {*shown} >= {"grade", "plant", "twin"}
    lines = [line for _, program, line in COMMANDS if program == SCRIPT]
    words = [line.split() for line in lines]
    assert {tuple(each[:-1]) for each in words} >= {("emit", "nbgrader"), ("emit", "otter")}
    assert ["my-course", "--course", "SCM 2027"] in map(shlex.split, lines)


def test_flags_are_named_as_the_grader_names_them():
    page = (DOCS / "grade_a_class.md").read_text(encoding="utf-8")
    shown = re.findall(r"^\| (`.*`) \|", page, re.M)
    source = "".join(path.read_text("utf-8") for path in (ROOT / "twinlab/course").glob("*.py"))
    flags = [flag for cell in shown for flag in re.findall("`(.*?)`", cell)]
    words = [part for flag in flags for part in re.split(r"…|Ben", flag) if part.strip(" ,")]
    assert len(words) >= 10
    assert not [each for each in words if each.strip(" ,") not in source]
