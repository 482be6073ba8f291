"""What is handed on: the source with all that its tests read, the data described, every licence.

To check the data packages by another's hand: `pip install frictionless`, in an environment of its
own, then `frictionless validate datasets/template/datapackage.json`.
"""

import csv
import json
import re
import shutil
import subprocess
import tomllib
from datetime import date
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
DATA = ROOT / "datasets"
CASES = sorted(path.parent.name for path in DATA.glob("*/datapackage.json"))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
# What a link of a licence looks like in a case's README.
LINK = re.compile(r"\[([A-Z][\w.-]+)\]\((https://[^)]+)\)")
# The standard's word for "no column that is not described, but perhaps fewer".
FEWER = "superset"
READ = {
    "string": str,
    "number": float,
    "integer": int,
    "boolean": {"true": True, "false": False}.__getitem__,
    "date": lambda cell: f"{date.fromisoformat(cell)}",
}


def package(case):
    return json.loads((DATA / case / "datapackage.json").read_text("utf-8"))


def table(case, resource):
    with (DATA / case / resource["path"]).open(newline="", encoding="utf-8") as file:
        header, *rows = csv.reader(file)
    return header, rows


def test_the_cases_are_all_here():
    assert CASES == ["automotive", "factory", "humanitarian", "template", "world"]


@pytest.mark.parametrize("case", CASES)
def test_the_data_package_is_one(case):
    """What the standard asks for: names, paths inside of the folder, licences with an address."""
    described = package(case)
    assert described["name"] == case
    names = [resource["name"] for resource in described["resources"]]
    assert len(names) == len(set(names)) > 0
    assert all(re.fullmatch(r"[a-z0-9._-]+", name) for name in names)
    paths = {resource["path"] for resource in described["resources"]}
    assert paths == {path.name for path in (DATA / case).glob("*.csv")}
    assert described["licenses"]
    for licence in described["licenses"]:
        assert licence["path"].startswith("https://"), licence
    for resource in described["resources"]:
        columns = resource["schema"]["fields"]
        assert {column.get("type", "string") for column in columns} <= READ.keys()
        assert len({column["name"] for column in columns}) == len(columns)


@pytest.mark.parametrize("case", CASES)
def test_every_table_is_what_its_description_says(case):
    for resource in package(case)["resources"]:
        schema = resource["schema"]
        columns = {column["name"]: column for column in schema["fields"]}
        header, rows = table(case, resource)
        if schema.get("fieldsMatch", "exact") == FEWER:
            assert set(header) <= columns.keys(), resource["path"]
            assert all(n in header for n, c in columns.items() if is_required(c)), resource["path"]
        else:
            assert header == [*columns], resource["path"]
        for row in rows:
            for name, cell in zip(header, row, strict=True):
                where = (resource["path"], name, cell)
                assert fits(columns[name], cell), where


def is_required(column):
    return column.get("constraints", {}).get("required", False)


def fits(column, cell):
    limits = column.get("constraints", {})
    if cell == "":
        return not is_required(column)
    value = READ[column.get("type", "string")](cell)
    least, most = limits.get("minimum", -float("inf")), limits.get("maximum", float("inf"))
    return isinstance(value, str) or least <= value <= most


def test_the_template_may_have_fewer_columns_and_the_cases_have_all():
    matches = {r["schema"].get("fieldsMatch") for r in package("template")["resources"][:-1]}
    assert matches == {FEWER}
    for case in set(CASES) - {"template"}:
        assert {r["schema"].get("fieldsMatch") for r in package(case)["resources"]} == {None}


@pytest.mark.parametrize("case", CASES)
def test_the_page_of_a_case_and_its_data_package_name_the_same_licences(case):
    page = (DATA / case / "README.md").read_text("utf-8")
    stated = {licence["name"]: licence["path"] for licence in package(case)["licenses"]}
    assert dict(LINK.findall(page)) == stated


def test_the_project_states_its_own_licence_and_those_of_its_data():
    stated = PROJECT["project"]["license"].split(" AND ")
    carried = {licence["name"] for case in CASES for licence in package(case)["licenses"]}
    assert stated[0] == "BSD-3-Clause"
    assert stated == ["BSD-3-Clause", *sorted(carried - {"BSD-3-Clause"})]


def test_licence_files_are_the_texts_and_the_pages_that_name_the_authors():
    patterns = PROJECT["project"]["license-files"]
    found = {path for pattern in patterns for path in ROOT.glob(pattern)}
    assert found >= {ROOT / "LICENSE", *(DATA / case / "README.md" for case in CASES)}
    # These two ask that their text goes along; the others are content with a link.
    assert found >= {ROOT / "LICENSES" / f"{name}.txt" for name in ("Apache-2.0", "MIT")}


def test_the_source_distribution_has_everything_that_git_has():
    included = PROJECT["tool"]["hatch"]["build"]["targets"]["sdist"]["include"]
    # These two go in by themselves: the one that says what to build, and the one not to.
    inside = {*(name.removeprefix("/") for name in included), "pyproject.toml", ".gitignore"}
    inside |= {path.name for path in ROOT.glob("*.md")} if "/*.md" in included else set()
    inside |= {path.name for path in ROOT.glob("LICENSE")}
    git = shutil.which("git")
    if git is None or not (ROOT / ".git").exists():
        pytest.skip("this is no clone: git is asked what belongs to the project")
    asked = [git, "ls-files"]
    known = subprocess.run(asked, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    assert {line.partition("/")[0] for line in known.splitlines()} <= inside
