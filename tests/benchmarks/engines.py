"""Engines side by side: this one, the one before the rewrite in blocks, compiled and not.

Each lives in a process of its own (engine.py), and rounds go round about, so that a busy minute of
the machine meets all of them.
"""

import contextlib
import importlib.util
import json
import os
import subprocess
import sys
import tarfile
import tempfile
from io import BytesIO
from itertools import count
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
BEFORE = "87c9ebb"  # the last commit with the engine that took items one by one
SWITCH = "TWINLAB_COMPILED"
NUMBERS = count(1)


class Engine:
    """A process that answers questions."""

    def __init__(self, root=ROOT, compiled=None):
        self.root = root
        words = {SWITCH: compiled} if compiled else {}
        kept = {name: value for name, value in os.environ.items() if name != SWITCH}
        self.process = subprocess.Popen(
            [sys.executable, "-W", "ignore", str(HERE / "engine.py")],
            env=kept | words | {"PYTHONPATH": str(root), "TQDM_DISABLE": "1"},
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip

    def ask(self, *question):
        """Put a question, and wait for the answer."""
        print(json.dumps(question), file=self.process.stdin, flush=True)
        answer = self.process.stdout.readline()
        if not answer:
            raise RuntimeError(f"the engine ended over {question}: its error stands above")
        return json.loads(answer)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait()


@contextlib.contextmanager
def all_engines():
    """Engines by name, and what is to be said of those that are not here."""
    with contextlib.ExitStack() as stack:
        engines, notes = {"now": stack.enter_context(Engine())}, []
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        try:
            unpack(BEFORE, folder)
            engines = {"before": stack.enter_context(Engine(folder))} | engines
        except (OSError, subprocess.CalledProcessError):
            notes.append(f"No engine before: this folder has no Git history with {BEFORE}.")
        if why := never_compiled():
            notes.append(f"Nothing compiled: {why}.")
        else:
            for name, word in (("NumPy", "0"), ("Numba", "1")):
                engines[name] = stack.enter_context(Engine(compiled=word))
        yield engines, notes


def unpack(commit, folder):
    """The library as it was at a commit."""
    words = ["git", "-C", str(ROOT), "archive", commit, "twinlab", "datasets"]
    done = subprocess.run(words, check=True, capture_output=True)
    with tarfile.open(fileobj=BytesIO(done.stdout)) as archive:
        archive.extractall(folder, filter="data")


def never_compiled():
    """Why nothing is compiled here; empty if something is."""
    if not any(SWITCH in path.read_text("utf-8") for path in (ROOT / "twinlab").rglob("*.py")):
        return f"the library does not know {SWITCH} yet"
    found = importlib.util.find_spec("numba")
    return "" if found else "Numba is not installed: pip install 'twinlab-scom[fast]'"


def fastest(engines, *question, rounds=7, enough=3.0):
    """Each engine's answer in its fastest round; after two, no round begins once it is enough.

    Every round of a run has a number of its own, the last word of the question.
    """
    found = {name: [] for name in engines}
    for _ in range(rounds):
        number = next(NUMBERS)
        for name, engine in engines.items():
            spent = found[name]
            if len(spent) < 2 or sum(spent) < enough:
                spent.append(engine.ask(*question, number))
    return {name: min(spent) for name, spent in found.items()}
