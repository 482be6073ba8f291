"""Binder's own steps, in a clean environment: what a student's click will do.

With a binder/ folder repo2docker looks at nothing else: it takes the Python of runtime.txt, runs
``pip install -r binder/requirements.txt`` in the project's root, then binder/postBuild.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BINDER = ROOT / "binder"
LEFT_OUT = (".*", "__pycache__", "artefacts", "build", "dist")  # no fresh clone has them
SECONDS = 900
SETTINGS = "share/jupyter/lab/settings"
SCENARIO = """
import twinlab as tl
import twinlab.lab
shop = tl.Scenario(tl.serial(["mine", "shop"], demand=tl.Normal(5, 1)), tl.BaseStock(8), days=50)
print(round(tl.simulate(shop, seed=1).kpis.fill_rate, 6), tl.__file__)
"""


def unavailable(reason):
    """Skip on a student's machine; fail where everything is required."""
    if os.environ.get("TWINLAB_REQUIRE_ALL"):
        pytest.fail(reason)
    pytest.skip(reason)


def run(command, folder, **more):
    """A command with nothing of this environment's own Python in it."""
    foreign = ("PYTHON", "PYTEST", "JUPYTER", "VIRTUAL_ENV")
    env = {k: v for k, v in os.environ.items() if not k.startswith(foreign)} | more
    return subprocess.run([str(part) for part in command], cwd=folder, env=env, check=False,
                          capture_output=True, text=True, timeout=SECONDS)  # fmt: skip


def wanted_python():
    return re.fullmatch(r"python-(\d+\.\d+)", (BINDER / "runtime.txt").read_text().strip())[1]


@pytest.fixture(scope="module")
def clone(tmp_path_factory):
    copy = tmp_path_factory.mktemp("binder") / "clone"
    return shutil.copytree(ROOT, copy, ignore=shutil.ignore_patterns(*LEFT_OUT))


@pytest.fixture(scope="module")
def environment(clone):
    """The folder of a new environment after Binder's installation."""
    folder = clone.parent / "env"
    # Binder brings its own Python; here the same version if there is one that works, else this one.
    same = shutil.which(f"python{wanted_python()}")
    made = run([same, "-m", "venv", folder], clone) if same else None
    if made is None or made.returncode:
        made = run([sys.executable, "-m", "venv", "--clear", folder], clone)
    assert made.returncode == 0, made.stderr
    pip = [folder / "bin" / "python", "-m", "pip", "--disable-pip-version-check"]
    probe = run([*pip, "download", "--retries=0", "--timeout=15", "--no-deps", "simpy"], folder)
    if probe.returncode:
        unavailable(f"pip reaches no index of packages: {probe.stderr[-300:]}")
    # Unlike Binder, nothing is compiled that no test imports: half of the time.
    done = run([*pip, "install", "--no-compile", "-r", "binder/requirements.txt"], clone)
    assert done.returncode == 0, f"{done.stdout[-2000:]}\n{done.stderr[-2000:]}"
    return folder


def test_the_python_of_binder_is_one_of_ours():
    """Without runtime.txt it would be 3.10, which twinlab does not run on."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    least = re.fullmatch(r">=(\d+)\.(\d+)", project["requires-python"]).groups()
    wanted = wanted_python().split(".")
    assert tuple(map(int, wanted)) >= tuple(map(int, least))
    # repo2docker has lock files for these (2026.4).
    assert 6 <= int(wanted[1]) <= 14


def test_nothing_switches_requirements_off():
    """An environment.yml, a Dockerfile … beside requirements.txt makes Binder ignore it."""
    assert {path.name for path in BINDER.iterdir()} == {
        "requirements.txt",
        "runtime.txt",
        "postBuild",
    }
    assert (BINDER / "postBuild").read_text().startswith("#!")


def test_the_package_brings_a_setting_that_this_jupyterlab_knows():
    """Callbacks of widgets come one after the other, on the kernel's main thread."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    ((file, place),) = project["tool"]["hatch"]["build"]["targets"]["wheel"]["shared-data"].items()
    assert place == f"{SETTINGS}/overrides.d/twinlab.json"
    ((plugin, values),) = json.loads((ROOT / file).read_text("utf-8")).items()
    assert values == {"commsOverSubshells": "disabled"}
    package, name = plugin.split(":")
    schema = Path(sys.prefix, "share/jupyter/lab/schemas", package, f"{name}.json")
    known = json.loads(schema.read_text("utf-8"))["properties"]["commsOverSubshells"]
    assert "disabled" in json.dumps(known)


def test_a_badge_leads_into_the_first_notebook():
    page = (ROOT / "README.md").read_text("utf-8")
    addresses = re.findall(r"https://mybinder\.org/v2/[^\s)\"'>]+", page)
    if not addresses:
        pytest.skip("the README has no badge yet")
    for address in addresses:
        path = re.search(r"\?(?:urlpath=lab(?:/|%2F)tree(?:/|%2F)|labpath=)(\S+)$", address)
        assert re.match(r"https://mybinder\.org/v2/gh/[\w.-]+/[\w.-]+/[\w.-]+\?", address), address
        assert path, f"{address}: say which notebook opens: ?urlpath=lab/tree/notebooks/…"
        assert (ROOT / path[1].replace("%2F", "/")).exists(), address


@pytest.mark.slow
def test_the_installed_library_runs_a_scenario(environment, clone):
    done = run([environment / "bin" / "python", "-c", SCENARIO], clone.parent)
    assert done.returncode == 0, done.stderr
    said, file = done.stdout.split()
    # Editable: what a student changes in the library is what the notebook runs.
    assert Path(file).is_relative_to(clone)
    here = run([sys.executable, "-c", SCENARIO], ROOT, PYTHONPATH=str(ROOT))
    assert said == here.stdout.split()[0]


@pytest.mark.slow
def test_jupyterlab_is_there_in_the_tested_version(environment):
    done = run([environment / "bin" / "jupyter", "lab", "--version"], environment)
    assert done.returncode == 0, done.stderr
    pinned = re.search(r"^jupyterlab==(\S+)$", (ROOT / "constraints.txt").read_text(), re.M)[1]
    assert done.stdout.strip() == pinned


@pytest.mark.slow
def test_package_and_post_build_bring_settings_that_jupyterlab_knows(environment, clone, tmp_path):
    done = run(["bash", "binder/postBuild"], clone, NB_PYTHON_PREFIX=str(tmp_path))
    assert done.returncode == 0, done.stderr
    brought = environment / SETTINGS / "overrides.d" / "twinlab.json"  # by the package itself
    files = tmp_path / SETTINGS / "overrides.json", brought
    given = [json.loads(file.read_text("utf-8")) for file in files]
    assert all(given)
    for plugin, values in [pair for settings in given for pair in settings.items()]:
        package, name = plugin.split(":")
        schema = environment / "share/jupyter/lab/schemas" / package / f"{name}.json"
        known = json.loads(schema.read_text("utf-8"))["properties"]
        assert values.keys() <= known.keys(), plugin


@pytest.mark.slow
def test_post_build_stops_where_binder_has_set_nothing(clone):
    """A folder at the machine's root would be the alternative."""
    env = {"NB_PYTHON_PREFIX": ""}
    assert run(["bash", "binder/postBuild"], clone, **env).returncode != 0
