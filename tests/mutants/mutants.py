"""How many planted faults do the tests catch? Run by `make mutants`.

Draws faults over all floors (`faults.py`), plants each in a copy of the project, and runs the tests
that may see it, the most promising first, until one fails. Which tests run which lines is traced
once (`tracing.py`; about twice the time of the tests). What is found is kept in `.mutants/`: a run
that was stopped goes on, and a later one tries the survivors again; `rm -r .mutants` begins anew.

A fault that changes nothing anybody could notice stands in `equivalent.json`, with the reason.
"""

import argparse
import hashlib
import json
import math
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from difflib import SequenceMatcher
from importlib import import_module
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from faults import FLOORS, Fault, drawn, library

ROOT = Path(__file__).parents[2]
KEPT = ROOT / ".mutants"
EQUIVALENT = Path(__file__).with_name("equivalent.json")
ENOUGH = 0.9
# Other things than the library: the picture of it, a browser, a cluster of processes.
ASIDE = ["binder", "browser", "cluster", "docs", "mutants", "notebooks", "benchmarks"]
THOROUGH = 60.0  # seconds of tests for each fault
MEMORY = 8 * 2**30
# What many tests import, and what takes them longer than to run.
HEAVY = ["hypothesis", "ipywidgets", "matplotlib.figure", "networkx", "numpy", "pandas",
         "scipy.optimize", "scipy.stats", "simpy"]  # fmt: skip


def copied(name: str) -> Path:
    """A copy of the project as it stands, what git ignores left out."""
    tree = KEPT / name
    shutil.rmtree(tree, ignore_errors=True)
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    files = subprocess.run(listed, cwd=ROOT, capture_output=True, check=True).stdout
    for path in filter(None, files.decode().split("\0")):
        if (ROOT / path).is_file():
            (tree / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / path, tree / path)
    return tree


def run(tree: Path, arguments: Iterable[str], limit: int = 0, **more: str) -> int:
    """Run pytest in a tree; its exit code, or -1 if it took too many seconds of the processor.

    In a fork, so that what everything imports is imported once.
    """
    child = os.fork()
    if not child:
        os._exit(_tested(tree, list(arguments), limit, more))
    until = time.monotonic() + (20 * limit or math.inf)  # it may also wait for what never comes
    while time.monotonic() < until:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            code = os.waitstatus_to_exitcode(status)
            return -1 if code in (-signal.SIGXCPU, -signal.SIGKILL) else code
        time.sleep(0.05)
    os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return -1


def _tested(tree: Path, arguments: list[str], limit: int, more: dict[str, str]) -> int:
    """In the child: pytest's exit code."""
    os.setsid()
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    if limit:
        resource.setrlimit(resource.RLIMIT_CPU, (limit, limit + 5))
    log = os.open(KEPT / f"{tree.name}.log", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(log, 1)
    os.dup2(log, 2)
    os.environ |= {"PYTHONPATH": str(tree), "TQDM_DISABLE": "1"} | more
    sys.dont_write_bytecode = limit > 0  # of the library with a fault in it
    os.chdir(tree)
    sys.path[0] = str(tree)
    options = [
        "-q",
        "-x",
        "-p",
        "no:cacheprovider",
        "-p",
        "no:nbval",
        "--tb=line",
        "-W",
        "ignore::pytest.PytestAssertRewriteWarning",
    ]
    try:
        return int(pytest.main([*options, *arguments]))
    finally:
        sys.stdout.flush()
        sys.stderr.flush()


# -- which tests see which lines --------------------------------------------------------------


def traced() -> dict:
    """The map of lines to tests, made once."""
    path = KEPT / "trace.json"
    if not path.exists():
        tree = copied("traced")
        print("tracing which tests run which lines …", flush=True)
        aside = [f"--ignore=tests/{folder}" for folder in ASIDE]
        arguments = ["-p", "tests.mutants.tracing", "--maxfail=1000", "tests", "twinlab", *aside]
        run(tree, arguments, TWINLAB_TRACE=str(path))
        shutil.rmtree(tree)
    return json.loads(path.read_text("utf-8"))


def lines_then(fault: Fault, text: str, before: str) -> list[str]:
    """The numbers that a fault's lines had when the tests were traced."""
    if text == before:
        return [str(line) for line in fault.lines]
    old, new = before.splitlines(), text.splitlines()
    blocks = SequenceMatcher(None, old, new, autojunk=False).get_matching_blocks()
    return [
        str(line - block.b + block.a)
        for line in fault.lines
        for block in blocks
        if block.b < line <= block.b + block.size
    ]


def promising(fault: Fault, text: str, trace: dict, budget: float) -> list[str]:
    """Tests that run the fault's lines: of its own floor first, then the quick ones."""
    lines = trace["lines"].get(fault.path, {})
    names = {
        test for line in lines_then(fault, text, trace["text"].get(fault.path, ""))
        for test in lines.get(line, ())
    }  # fmt: skip
    if fault.imported or not names:
        # Run by whoever imports it: anybody who uses the file may notice.
        names |= {test for found in lines.values() for test in found}
    seconds = trace["seconds"]
    home = (fault.path, f"tests/{fault.floor}/")
    order = sorted(names, key=lambda t: (not t.startswith(home), seconds.get(t, 0.0)))
    return list(within(order, seconds, budget))


def within(order: list[str], seconds: dict[str, float], budget: float) -> Iterator[str]:
    """The first of a row that fit into a budget; a file's import is paid once."""
    paid: set[str] = set()
    for name in order:
        file = name.partition("::")[0]
        cost = seconds.get(name, 0.1) + (0.0 if file in paid else seconds.get(file, 0.0))
        if cost <= budget:
            budget -= cost
            paid.add(file)
            yield name


def untraced(fault: Fault, tree: Path, trace: dict) -> list[str]:
    """Test files of the fault's floor that came after the tracing, those that name it most."""
    known = {name.partition("::")[0] for name in trace["seconds"] if "::" in name}
    folder = tree / "tests" / (fault.floor if fault.floor != "top" else "technology")
    words = {*fault.where.split("."), Path(fault.path).stem, Path(fault.path).parent.name}

    def named(path: Path) -> int:
        text = f"{path.stem[5:]} {path.read_text('utf-8')}"
        return -sum(bool(re.search(rf"\b{re.escape(word)}\b", text)) for word in words)

    files = sorted(filter(named, folder.glob("test_*.py")), key=named)[:3]
    return [name for path in files if (name := str(path.relative_to(tree))) not in known]


def own_tests(fault: Fault) -> list[str]:
    """All about the fault's floor: its file's examples, its tests, the laws of the engines."""
    laws = fault.floor in ("scope", "organization", "modeling", "people")
    folder = "tests/technology" if fault.floor == "top" else f"tests/{fault.floor}"
    return [fault.path, *(["tests/laws"] if laws else []), folder]


# -- one fault --------------------------------------------------------------------------------


def outcome(
    fault: Fault, text: str, tree: Path, trace: dict, given: argparse.Namespace, broken: set[str]
) -> str:
    """What becomes of a planted fault: caught, or survived.

    First the tests that run its lines, as many as fit into a budget [seconds of the processor];
    then newer ones, and with a budget of a minute all tests of its floor, for what is computed once
    and kept.
    """
    target = tree / fault.path
    before = target.stat()
    target.write_text(fault.planted(text), "utf-8")
    os.utime(target, (before.st_atime, before.st_mtime + 100))  # else old bytecode may be taken
    try:
        budget = given.seconds
        slow = 60 + 2 * budget
        stages = [
            (promising(fault, text, trace, budget), slow),
            (untraced(fault, tree, trace), slow),
        ]
        if budget >= THOROUGH:
            stages.append((own_tests(fault), 600))
        for tests, limit in [(given.tests, slow)] if given.tests else stages:
            there = [name for name in tests if (tree / name.partition("::")[0]).exists()]
            there = [name for name in there if name.partition("::")[0] not in broken]
            code = run(tree, there, int(limit)) if there else 0
            if code == -1:
                return "caught: too slow"
            if code == 4:  # a test has another name now
                files = sorted({test.partition("::")[0] for test in there})
                code = run(tree, files, int(limit))
            if code not in (0, 5):
                return "caught: " + (*failures(tree), "pytest stopped")[0]
        return "survived"
    finally:
        target.write_text(text, "utf-8")
        os.utime(target, (before.st_atime, before.st_mtime))


def failures(tree: Path) -> list[str]:
    """The tests that failed, as pytest's last lines name them."""
    rows = (KEPT / f"{tree.name}.log").read_text("utf-8", "replace").splitlines()
    names = [row.partition(" ")[2] for row in rows if row.startswith(("FAILED ", "ERROR "))]
    return [name.partition(" - ")[0] for name in names]


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


class Results:
    """What became of each fault, on disk after each one."""

    def __init__(self, name: str) -> None:
        self.path = KEPT / f"{name}.jsonl"
        rows = self.path.read_text("utf-8").splitlines() if self.path.exists() else []
        self.found = {row["key"]: row for row in map(json.loads, rows)}

    def open(self, fault: Fault, text: str, again: str) -> bool:
        """Whether it is to be planted (again)."""
        row = self.found.get(fault.key)
        if row is None or again == "all":
            return True
        survived = row["outcome"] == "survived"
        changed = row["file"] != digest(text)
        return {"none": False, "survivors": survived, "changed": survived or changed}[again]

    def keep(self, fault: Fault, text: str, what: str, seconds: float) -> None:
        row = {"key": fault.key, "floor": fault.floor, "kind": fault.kind, "file": digest(text),
               "line": fault.lines[0], "outcome": what, "seconds": round(seconds, 1)}  # fmt: skip
        self.found[fault.key] = row
        with self.path.open("a", encoding="utf-8") as out:
            out.write(json.dumps(row, ensure_ascii=False) + "\n")


# -- all of them ------------------------------------------------------------------------------


def reasons() -> dict[str, str]:
    """Faults that nobody could notice, and why, by their keys."""
    return {row["fault"]: row["reason"] for row in json.loads(EQUIVALENT.read_text("utf-8"))}


def campaign(
    faults: list[Fault], sources: dict[str, str], results: Results, given: argparse.Namespace
) -> None:
    """Plant every fault that is still open."""
    known, trace = reasons(), traced()
    open_ones = [
        f for f in faults if f.key not in known and results.open(f, sources[f.path], given.again)
    ]
    tree = copied(f"planted{os.getpid()}")
    for name in HEAVY:
        import_module(name)
    aside = [f"--ignore=tests/{folder}" for folder in ASIDE]
    run(tree, ["--collect-only", "--maxfail=1000", *aside])  # which leaves its bytecode
    broken = set(failures(tree))
    for number, fault in enumerate(open_ones, 1):
        begun = time.perf_counter()
        what = outcome(fault, sources[fault.path], tree, trace, given, broken)
        results.keep(fault, sources[fault.path], what, time.perf_counter() - begun)
        print(f"{number}/{len(open_ones)} {what} {fault.kind} {fault.key}", flush=True)
    shutil.rmtree(tree)


def check_alarms(faults: list[Fault], sources: dict[str, str], results: Results) -> None:
    """What a test caught that fails without any fault, too, is not caught."""
    rows = {f.key: row["outcome"] for f in faults if (row := results.found.get(f.key))}
    tests = {key: name for key, what in rows.items() if "::" in (name := what.partition(": ")[2])}
    tree = copied("sound")
    run(tree, ["--maxfail=1000", *sorted(set(tests.values()))])
    shutil.rmtree(tree)
    false = set(failures(tree))
    for fault in faults:
        if tests.get(fault.key) in false:
            print(f"{tests[fault.key]} fails without a fault, too")
            results.keep(fault, sources[fault.path], "survived", 0.0)


def report(faults: list[Fault], results: Results) -> float:
    """Print the table by floor and the survivors; the share that is caught."""
    known, table = reasons(), defaultdict(Counter[str])
    for fault in faults:
        row = results.found.get(fault.key)
        what = "not tried" if row is None else row["outcome"].partition(":")[0]
        what = "equivalent" if fault.key in known else what
        for name in (fault.floor, "all"):
            table[name][what] += 1
    print(
        f"\n{'floor':14}{'caught':>8}{'of':>6}{'equivalent':>12}{'survived':>10}{'not tried':>11}"
    )
    for name in (*FLOORS, "top", "all"):
        row, equal = table[name], table[name]["equivalent"]
        print(f"{name:14}{row['caught']:8}{row.total() - equal:6}{equal:12}{row['survived']:10}"
              f"{row['not tried']:11}")  # fmt: skip
    for fault in faults:
        found = results.found.get(fault.key, {}).get("outcome")
        if fault.key in known:
            print(f"\nequivalent  {fault.key}\n            {known[fault.key]}")
        elif found == "survived":
            print(f"\nsurvived    line {fault.lines[0]}: {fault.key}")
    every = table["all"]
    share = every["caught"] / max(1, every.total() - every["equivalent"])
    print(f"\n{share:.1%} caught; at least {ENOUGH:.0%} are wanted")
    return share


def main() -> int:
    """Draw, plant, count; 1 if too few are caught."""
    asked = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    asked.add_argument("--count", type=int, default=200, help="how many faults")
    asked.add_argument("--seed", type=int, default=8, help="which ones")
    asked.add_argument("--only", default="", help="only faults whose key contains these words")
    asked.add_argument("--seconds", type=float, default=THOROUGH, help="of tests for each fault")
    asked.add_argument("--tests", nargs="*", default=[], help="in place of those that it finds")
    asked.add_argument("--part", default="1/1", help="2/4: the second of four parts")
    asked.add_argument("--report", action="store_true", help="only say what was found")
    again = ["none", "survivors", "changed", "all"]
    asked.add_argument("--again", default="changed", choices=again, help="which to plant again")
    given = asked.parse_args()
    KEPT.mkdir(exist_ok=True)
    sources = library(ROOT)
    faults = drawn(sources, given.count, given.seed)
    part, parts = map(int, given.part.split("/"))
    faults = [f for f in faults if given.only in f.key][part - 1 :: parts]
    results = Results(f"seed{given.seed}")
    if not given.report:
        campaign(faults, sources, results, given)
        check_alarms(faults, sources, results)
    return int(report(faults, results) < ENOUGH)


if __name__ == "__main__":
    sys.exit(main())
