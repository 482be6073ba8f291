"""Does it install? The lowest versions that pyproject.toml allows, and the newest there are.

    python tests/versions.py                            # both, with this Python
    python tests/versions.py newest --python python3.13
    python tests/versions.py lowest --with pandas==2.2.1 --only tests/scope

A source distribution is made and unpacked. Then, for each set of versions, an environment of its
own gets the wheel made from it, a case is run from the wheel, and most of the unpacked source's
own quick tests are run, with every warning an error. Below a true lower bound something fails:
``--with`` puts one version in place of another, to find out.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]
# JupyterLab is left out: it needs a browser to be tested.
LEFT_OUT = {"jupyterlab"}
TESTED = [
    *["twinlab", "tests/test_import.py", "tests/test_package.py", "tests/laws/test_equality.py"],
    *["tests/known", "tests/cases", "tests/scope", "tests/organization", "tests/modeling"],
    *["tests/technology", "tests/management", "tests/task", "tests/lab"],
]
TOOLS = ["hypothesis", "nbclient", "nbformat", "pytest", "pytest-xdist"]
CASE = """
import twinlab as tl
chain = tl.cases.automotive()
batch = tl.replicate(chain.change(days=60), 20, seed=1)
print(tl.__file__, round(float(tl.fill_rate(batch).mean()), 6))
"""
VERSIONS = """
from importlib.metadata import version
import sys
print(sys.version.split()[0], *(f"{n} {version(n)}" for n in sys.argv[1:]), sep=", ")
"""


def bounds() -> dict[str, str]:
    """The lowest version of everything that the tested part needs, by name."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    extras = project["optional-dependencies"]
    tools = [r for r in extras["test"] if r.partition(">=")[0] in TOOLS]
    asked = [*project["dependencies"], *extras["methods"], *extras["lab"], *tools]
    least = dict(r.split(">=") for r in asked if ">=" in r)
    return {name: least[name] for name in sorted(least.keys() - LEFT_OUT)}


def call(*command: object, folder: Path | None = None, **more: str) -> int:
    foreign = ("PYTHON", "PYTEST", "VIRTUAL_ENV")
    env = {k: v for k, v in os.environ.items() if not k.startswith(foreign)} | more
    return subprocess.run([*map(str, command)], cwd=folder, env=env, check=False).returncode


def must(*command: object, folder: Path | None = None) -> None:
    if call(*command, folder=folder):
        raise SystemExit(f"failed: {' '.join(map(str, command))}")


def build(python: str, folder: Path) -> tuple[Path, Path]:
    """The unpacked source distribution, and the wheel that is made from it."""
    must(python, "-m", "venv", folder / "build")
    tool = folder / "build/bin/python"
    must(tool, "-m", "pip", "install", "--quiet", "build")
    must(tool, "-m", "build", "--outdir", folder / "dist", ROOT)
    [packed] = (folder / "dist").glob("*.tar.gz")
    [wheel] = (folder / "dist").glob("*.whl")
    must("tar", "-xf", packed, "-C", folder)
    return folder / packed.name.removesuffix(".tar.gz"), wheel


def check(which: str, given: argparse.Namespace, folder: Path) -> str:
    """Install one set of versions and run the tests; say what was tested and how it ended."""
    source, wheel = given.built
    python = folder / which / "bin/python"
    must(given.python, "-m", "venv", folder / which)
    least = bounds()
    chosen = {name: f"{name}=={least[name]}" if which == "lowest" else name for name in least}
    chosen |= {pin.partition("==")[0]: pin for pin in given.instead}
    must(python, "-m", "pip", "install", "--quiet", *chosen.values())
    # A version that is tried may be one that the wheel refuses.
    without = ["--no-deps"] if given.instead else []
    must(python, "-m", "pip", "install", "--quiet", *without, wheel)
    said = subprocess.run(
        [str(python), "-c", VERSIONS, *least], capture_output=True, text=True, check=True
    )
    print(f"\n== {which}: {said.stdout}", flush=True)
    failed = call(python, "-W", "error", "-c", CASE, folder=folder)
    tests = ["-m", "not slow and not browser", *(given.only or TESTED)]
    pytest = [python, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-n", given.workers]
    failed |= call(*pytest, *tests, folder=source, TWINLAB_SCENARIOS="60")
    return f"{'FAILED' if failed else 'passed'}  {which}: {said.stdout}"


def main() -> None:
    asked = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    asked.add_argument("sets", nargs="*", default=["lowest", "newest"], metavar="lowest|newest")
    asked.add_argument("--python", default=sys.executable, help="the Python to test with")
    asked.add_argument(
        "--with", dest="instead", action="append", default=[], metavar="NAME==VERSION"
    )
    asked.add_argument("--only", nargs="+", help="tests of the source to run, instead of most")
    asked.add_argument("--workers", default="2", help="processes that run tests")
    given = asked.parse_args()
    with tempfile.TemporaryDirectory(prefix="versions-") as name:
        given.built = build(sys.executable, Path(name))
        ends = [check(which, given, Path(name)) for which in given.sets]
    print("\n== summary", *ends, sep="\n", flush=True)
    raise SystemExit(any(end.startswith("FAILED") for end in ends))


if __name__ == "__main__":
    main()
