"""`import twinlab` is quick and leaves no trace: nothing loaded in advance, written or printed."""

import ast
import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
# Each costs more than everything else together, and a browser's Python may lack SQLite: they wait
# for the function that needs them.
LATER = ["IPython", "ipywidgets", "matplotlib", "networkx", "pandas", "scipy", "sqlite3"]

# What the child loads and opens, from just before the import.
MEASURE = f"""
import json, os, sys
written = []
def watch(event, args):
    if event == "open" and args[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
        written.append(str(args[0]))
sys.addaudithook(watch)
import twinlab
loaded = [name for name in {LATER} if name in sys.modules]
print(json.dumps([loaded, written]))
"""


def python(code: str, folder: Path) -> subprocess.CompletedProcess[str]:
    # The folder is also HOME: a library that drops a cache or a setting would show there.
    # -B because Python's own byte code is not what we look for.
    inherited = os.environ.get("PYTHONPATH", "")
    path = os.pathsep.join(filter(None, [str(ROOT), inherited]))
    env = os.environ | {"HOME": str(folder), "PYTHONPATH": path}
    command = [sys.executable, "-B", "-W", "error", "-c", code]
    return subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False)


def test_import_is_silent_and_leaves_no_file(tmp_path):
    done = python("import twinlab", tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert list(tmp_path.rglob("*")) == []


def test_import_loads_nothing_heavy_and_writes_nothing(tmp_path):
    done = python(MEASURE, tmp_path)
    assert done.returncode == 0, done.stderr
    loaded, written = json.loads(done.stdout)
    assert loaded == [], f"import twinlab also imports {loaded}"
    assert written == [], f"import twinlab opens files to write: {written}"


# What `import twinlab` does not reach waits as well; only the lab draws.
WALK = f"""
import json, sys
from importlib import import_module
from pkgutil import iter_modules, walk_packages
import twinlab
for floor in iter_modules(twinlab.__path__, "twinlab."):
    if floor.name not in ("twinlab.lab", "twinlab.__main__"):
        top = import_module(floor.name)
        for module in walk_packages(getattr(top, "__path__", []), floor.name + "."):
            import_module(module.name)
print(json.dumps([name for name in {LATER} if name in sys.modules]))
"""


def test_no_module_below_the_lab_loads_anything_heavy(tmp_path):
    done = python(WALK, tmp_path)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == []


# A Python without SQLite, as one in a browser may be.
WITHOUT = """
import sys
sys.modules["sqlite3"] = None
import twinlab as tl
shop = tl.Scenario(tl.serial(["mine", "shop"], demand=tl.Normal(5, 1)), tl.BaseStock(8), days=50)
print(tl.fill_rate(tl.replicate(shop, 3)), tl.cases.automotive().days)
"""


def test_whoever_stores_no_messages_needs_no_sqlite(tmp_path):
    done = python(WITHOUT, tmp_path)
    assert done.returncode == 0, done.stderr


# Where a number of 64 bits is meant: PyVRP counts in them.
WIDE = {"task/logistics/routing.py"}


def test_an_index_is_as_wide_as_the_machine_s_addresses():
    """In a browser, or on a small computer, np.repeat and others refuse an index of 64 bits."""
    package = ROOT / "twinlab"
    for path in package.rglob("*.py"):
        tree = ast.parse(path.read_text("utf-8"))
        names = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
        if path.relative_to(package).as_posix() not in WIDE:
            assert not names & {"int32", "int64", "uint32", "uint64"}, path
