"""A wrong number in the library must make a notebook fail: the notebooks are tests, not décor."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NOTEBOOK = "notebooks/00_start_here.ipynb"
FILE = "twinlab/people/rules.py"
RIGHT = "np.maximum(0.0, self.up_to - view.inventory_position)"
WRONG = "np.maximum(0.0, self.up_to + 1.0 - view.inventory_position)"

pytestmark = pytest.mark.slow


def copied(folder: Path) -> Path:
    """A copy of the library with its cases, and of one notebook with the exercises."""
    forget = shutil.ignore_patterns("__pycache__")
    for name in ["twinlab", "datasets"]:
        shutil.copytree(ROOT / name, folder / name, ignore=forget)
    shutil.copytree(ROOT / "notebooks/exercises", folder / "notebooks/exercises", ignore=forget)
    shutil.copy(ROOT / NOTEBOOK, folder / NOTEBOOK)
    return folder


def compared(folder: Path) -> subprocess.CompletedProcess[str]:
    """nbval's verdict on the notebook of a copy, computed with the library of that copy."""
    # Its own empty configuration: the project's would put the real library first.
    (folder / "pytest.ini").write_text("[pytest]\n")
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--nbval"]
    command += ["--nbval-current-env", "--nbval-cell-timeout=120", NOTEBOOK]
    command += [f"--nbval-sanitize-with={Path(__file__).with_name('sanitize.cfg')}"]
    env = {k: v for k, v in os.environ.items() if not k.startswith("PYTEST_")}
    env["PYTHONPATH"] = os.pathsep.join(filter(None, [str(folder), env.get("PYTHONPATH")]))
    return subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False)


@pytest.fixture
def copy(tmp_path):
    if not (ROOT / NOTEBOOK).exists() and not os.environ.get("TWINLAB_REQUIRE_ALL"):
        pytest.skip(f"{NOTEBOOK} is not written yet")
    return copied(tmp_path)


def test_an_unchanged_copy_passes(copy):
    done = compared(copy)
    assert done.returncode == 0, done.stdout


def test_a_planted_wrong_number_is_noticed(copy):
    source = (copy / FILE).read_text("utf-8")
    assert source.count(RIGHT) == 1, f"{FILE} must hold exactly once: {RIGHT}"
    (copy / FILE).write_text(source.replace(RIGHT, WRONG), "utf-8")
    done = compared(copy)
    assert done.returncode == 1, done.stdout
    # The failure must be a number that differs, not an import or a kernel that broke.
    assert "mismatch" in done.stdout, done.stdout
