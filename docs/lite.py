"""A site without a server: some notebooks run in the reader's browser alone (JupyterLite).

    python docs/lite.py FOLDER    # `make lite` does so, in an environment of its own

What the browser's Python lacks (this library, and what is pure Python of what it needs) lies in the
site as wheels. Pyodide itself comes from its own network, unless ``--pyodide ADDRESS`` says where
else it lies: the address of a ``pyodide.mjs`` of a full distribution.
"""

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
# The others need processes, compiled solvers, or more memory than a browser's tab likes.
NOTEBOOKS = ("00", "02", "04", "05")
# Pure Python, and not in Pyodide's own list.
WHEELS = ("anywidget", "comm", "ipywidgets", "jsonpickle", "psygnal", "pyvis", "simpy")
FIRST = {
    "cell_type": "code",
    "id": "install",
    "metadata": {},
    "execution_count": None,
    "outputs": [],
    "source": "%pip install -q 'twinlab-scom[widgets]'",
}


def wheels(folder: Path) -> list[Path]:
    """This library's wheel, and those that Pyodide does not bring."""
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "wheel", "--no-deps", "-w", folder, ROOT], check=True)
    pure = ["--only-binary=:all:", "--platform=any", "--implementation=py", "--abi=none"]
    pinned = ["-c", ROOT / "constraints.txt", "--no-deps", "-d", folder]
    subprocess.run([*pip, "download", *pure, *pinned, *WHEELS], check=True)
    return sorted(folder.glob("*.whl"))


def contents(folder: Path) -> Path:
    """The notebooks, each with one more first cell, and their exercises."""
    shutil.copytree(ROOT / "notebooks" / "exercises", folder / "exercises")
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        if path.name.startswith(NOTEBOOKS):
            notebook = json.loads(path.read_text("utf-8"))
            notebook["cells"].insert(1, FIRST)
            (folder / path.name).write_text(json.dumps(notebook), "utf-8")
    return folder


def build(site: Path, pyodide: str | None = None) -> None:
    """Write the site anew."""
    with tempfile.TemporaryDirectory() as made:
        work = Path(made)
        settings = {
            "LiteBuildConfig": {
                "contents": [str(contents(work / "files"))],
                "output_dir": str(site.resolve()),
            },
            "PipliteAddon": {"piplite_urls": [*map(str, wheels(work / "wheels"))]},
        }
        if pyodide:
            settings["PyodideAddon"] = {"pyodide_url": pyodide}
        (work / "jupyter_lite_config.json").write_text(json.dumps(settings), "utf-8")
        shutil.rmtree(site, ignore_errors=True)
        lite = [sys.executable, "-m", "jupyter", "lite", "build", "--no-libarchive"]
        subprocess.run(lite, cwd=work, check=True, stdout=subprocess.DEVNULL)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--pyodide", help="address of a full Pyodide's pyodide.mjs")
    given = parser.parse_args()
    build(given.folder, given.pyodide)
    print(f"{given.folder}: serve it, as in: python -m http.server -d {given.folder}")
