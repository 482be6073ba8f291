"""The page on scale shows what its script prints."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.slow
def test_the_page_has_the_tables_of_its_script():
    command = [sys.executable, "docs/scale.py", "--days", "3", "--rounds", "1"]
    said = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    page = (ROOT / "docs" / "scale.md").read_text(encoding="utf-8")
    heads = [line for line in said.splitlines() if line.startswith("|") and "--:" in line]
    names = [line.split("|")[1] for line in said.splitlines() if line.startswith("| ")]
    assert len(heads) == 4
    assert all(head in page for head in heads)
    assert all(f"|{name}|" in page for name in names)
    assert "| NO |" not in said
