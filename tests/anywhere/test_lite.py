"""Notebooks without a server (`make lite`), and the library in a browser's Python.

Pyodide's own Python comes from the npm registry, its packages (NumPy and the like) from a network
that no registry offers: where ``TWINLAB_PYODIDE`` names the folder of a full distribution, or that
network is reached, everything runs; elsewhere what needs them is skipped with that reason.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import twinlab as tl

ROOT = Path(__file__).parents[2]
HERE = Path(__file__).parent
NOTEBOOKS = ("00", "02", "04", "05")
VERSION = "314.0.7"  # of Pyodide
SECONDS = 900
NEEDED = ["numpy", "pandas", "scipy", "networkx"]
NUMBERS = """
import json
import twinlab as tl
chain = tl.serial(["mine", "plant", "shop"], demand=tl.Normal(20, 4),
                  lead_time={"plant": 5, "shop": tl.Empirical([1, 2, 4])},
                  on_hand={"plant": 110, "shop": 60})
rules = {"plant": tl.BaseStock(110), "shop": tl.BaseStock(60)}
hit = tl.Scenario(chain, rules, days=180).disrupt(tl.Outage("mine", start=60, days=21))
many = tl.replicate(hit, 20, seed=1)
person = tl.people.beer_chain(tl.people.average_person())
print(json.dumps([tl.simulate(hit, seed=1).kpis.fill_rate, *map(float, many.kpis.fill_rate),
                  float(tl.people.beer_cost(tl.simulate(person)))]))
"""

pytestmark = pytest.mark.slow


def run(command, folder=ROOT, **more):
    return subprocess.run([*map(str, command)], cwd=folder, env=os.environ | more, check=False,
                          capture_output=True, text=True, timeout=SECONDS)  # fmt: skip


def unavailable(reason):
    """Skip on a student's machine; fail where everything is required."""
    if os.environ.get("TWINLAB_REQUIRE_ALL"):
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    return written_site(tmp_path_factory)


def written_site(tmp_path_factory):
    """The folder of the site as `make lite` writes it."""
    python = Path(sys.prefix) / "lite" / "bin" / "python"
    if not python.exists():
        unavailable("the environment that writes the site is missing: make lite")
    folder = tmp_path_factory.mktemp("lite") / "site"
    done = run([python, "docs/lite.py", folder])
    assert done.returncode == 0, done.stderr[-3000:]
    return folder


def requirements(wheel):
    """Names that a wheel always needs, and those of our extra for widgets."""
    with zipfile.ZipFile(wheel) as packed:
        name = next(n for n in packed.namelist() if n.endswith(".dist-info/METADATA"))
        lines = packed.read(name).decode().split("\n\n")[0].splitlines()
    for line in (each[15:] for each in lines if each.startswith("Requires-Dist: ")):
        _, _, condition = line.partition(";")
        if not condition or 'extra == "widgets"' in condition.replace("'", '"'):
            yield re.match(r"[\w.-]+", line)[0].lower().replace("_", "-")


def test_the_site_holds_the_notebooks_their_exercises_and_a_cell_that_installs(site):
    found = {path.name for path in (site / "files").glob("*.ipynb")}
    assert {name[:2] for name in found} == set(NOTEBOOKS)
    for name in found:
        cells = json.loads((site / "files" / name).read_text("utf-8"))["cells"]
        assert "%pip install" in cells[1]["source"], name
        assert [*(site / "files" / "exercises").glob(f"{name[:2]}_*.py")], name
    assert {path.name for path in (site / "extensions").iterdir()} >= {"anywidget"}


def test_the_wheels_of_the_site_need_nothing_that_a_browser_cannot_get(site, pyodide):
    wheels = {p.name.split("-")[0].lower().replace("_", "-"): p for p in site.glob("pypi/*.whl")}
    assert "twinlab-scom" in wheels
    lock = json.loads((pyodide / "pyodide-lock.json").read_text("utf-8"))["packages"]
    # The site's kernel brings these itself, or they are pure Python on every index.
    brought = {"ipython", "jupyterlab-widgets", "widgetsnbextension"}
    for name, wheel in wheels.items():
        missing = {*requirements(wheel)} - wheels.keys() - lock.keys() - brought
        assert not missing, f"{name} needs {missing}"
        assert wheel.name.endswith("-none-any.whl"), wheel.name


@pytest.fixture(scope="module")
def pyodide(tmp_path_factory):
    """The folder of Pyodide: of a full distribution, else npm's package with its Python alone."""
    if given := os.environ.get("TWINLAB_PYODIDE"):
        return Path(given)
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        pytest.skip("Pyodide: Node.js with npm is missing")
    folder = tmp_path_factory.mktemp("node")
    (folder / "package.json").write_text("{}")
    done = run([npm, "install", "--no-audit", "--no-fund", f"pyodide@{VERSION}"], folder)
    if done.returncode:
        pytest.skip(f"Pyodide: npm reaches no registry: {done.stderr[-300:]}")
    return folder / "node_modules" / "pyodide"


def in_node(pyodide, site, code, *packages):
    """Run code in Pyodide, with our wheel and SimPy unpacked and these packages loaded."""
    wheels = [next((site / "pypi").glob(f"{name}-*.whl")) for name in ("twinlab_scom", "simpy")]
    done = run(["node", HERE / "pyodide.mjs", pyodide, code, ",".join(packages), *wheels])
    return done.returncode, done.stdout.strip().splitlines(), done.stderr


def test_every_module_is_read_by_the_python_of_the_browser(pyodide, site):
    code = "import compileall, sys; print(compileall.compile_dir('/wheels/twinlab', quiet=1))"
    status, said, errors = in_node(pyodide, site, code)
    assert (status, said[-1:]) == (0, ["True"]), errors[-2000:]


def test_a_chain_has_the_same_numbers_in_the_browser(pyodide, site):
    status, said, errors = in_node(pyodide, site, NUMBERS, *NEEDED)
    if status == 3:  # not `unavailable`: no registry has them, so not even CI can ask for them
        pytest.skip(f"Pyodide's packages are out of reach: {errors.strip()[-120:]}")
    assert status == 0, errors[-3000:]
    here = json.loads(run([sys.executable, "-c", NUMBERS], PYTHONPATH=str(ROOT)).stdout)
    # Not to the last bit: each platform has its own exp and log.
    assert json.loads(said[-1]) == pytest.approx(here, rel=1e-9)


def test_a_wheel_with_its_extra_for_widgets_needs_no_jupyterlab():
    """What a hub, a browser's JupyterLab or VS Code brings is not asked for a second time."""
    code = """
import sys
class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in "jupyterlab jupyter_server joblib openpyxl sklearn".split():
            raise ModuleNotFoundError(name)
sys.meta_path.insert(0, Missing())
import twinlab as tl
game = tl.lab.beer_game("wholesaler")
game.order(12)
chain = tl.serial(["mine", "shop"], demand=tl.Constant(5), on_hand={"shop": 15})
lab = tl.lab.explore(tl.Scenario(chain, tl.BaseStock(20), days=30), ["shop.up_to"])
print(float(lab.rows[0].value))
"""
    done = run([sys.executable, "-c", code], PYTHONPATH=str(ROOT), TWINLAB_PLAYED="")
    assert (done.returncode, done.stdout.strip()) == (0, "20.0"), done.stderr[-2000:]
    assert tl.lab.beer_game.__name__ == "beer_game"
