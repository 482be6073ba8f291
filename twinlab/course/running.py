"""Run the code of a hand-in again, in a process of its own, with limits.

The parent calls ``again``; the child, ``python -m twinlab.course.running``, runs the cells and
tells the answers. It has the rights of whoever gives the marks: give them on a machine or in a
container that holds nothing else. What is not limited here, ``unlimited`` says.
"""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from twinlab.course import students
from twinlab.course.exercises import exercises
from twinlab.scope.errors import HOME, brief

_ISOLATED = ["unshare", "-r", "-n", "-p", "-f", "--kill-child"]
_THREADS = ("OMP", "OPENBLAS", "MKL", "NUMEXPR", "NUMBA", "VECLIB_MAXIMUM")


@dataclass(frozen=True)
class Limits:
    """What the code of one hand-in may take: seconds by the clock, and gigabytes."""

    seconds: float = 600
    memory: float = 4


@dataclass(frozen=True)
class Outcome:
    """What came of it: answers, verdicts on functions, errors by cell, and why it was stopped."""

    answers: Mapping[str, Any] = field(default_factory=dict)
    judged: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    errors: tuple[tuple[int, str], ...] = ()
    stopped: str = ""


@cache
def isolation() -> tuple[str, ...]:
    """The words before a command that take its network away, or none."""
    with suppress(OSError, subprocess.SubprocessError):
        if not subprocess.run([*_ISOLATED, "true"], capture_output=True, timeout=20).returncode:
            return tuple(_ISOLATED)
    return ()


def unlimited() -> list[str]:
    """What a hand-in's code may do here without a limit."""
    missing = {"linux": [], "darwin": ["memory"]}.get(sys.platform, ["memory", "its processes"])
    return missing + ([] if isolation() else ["network"])


def again(cells: list[str], work: Path, teacher: Path, limits: Limits) -> Outcome:
    """Run cells in the folder ``work/notebooks``, and hear what they answer.

    ``work`` holds the exercises and ``played``, with who it is; functions are judged by the
    solutions in ``teacher``, a folder of notebooks.
    """
    kept = {n: os.environ[n] for n in ("PATH", "SYSTEMROOT", "LANG") if n in os.environ}
    env = kept | {f"{name}_NUM_THREADS": "1" for name in _THREADS}
    env |= {"HOME": str(work), "MPLBACKEND": "agg", "MPLCONFIGDIR": str(work.parent / "mpl")}
    env |= {"TWINLAB_PLAYED": str(work / "played"), "TQDM_DISABLE": "1", "PYTHONHASHSEED": "0"}
    env |= {"PYTHONPATH": str(Path(HOME).parent), "IPYTHONDIR": str(work)}
    command = [*isolation(), sys.executable, "-m", "twinlab.course.running"]
    asked = json.dumps({"cells": cells, "memory": limits.memory, "teacher": str(teacher)})
    pipe, here = subprocess.PIPE, work / "notebooks"
    with subprocess.Popen(
        command, stdin=pipe, stdout=pipe, cwd=here, env=env, text=True, start_new_session=True
    ) as run:
        try:
            said, _ = run.communicate(asked, timeout=limits.seconds)
        except subprocess.TimeoutExpired:
            return Outcome(stopped=f"time limit: more than {limits.seconds:g} s")
        finally:
            with suppress(OSError):
                os.killpg(run.pid, signal.SIGKILL) if os.name == "posix" else run.kill()
    try:
        told = json.loads(said.splitlines()[-1])
        errors = tuple((int(at), str(words)) for at, words in told["errors"])
        return Outcome(told["answers"], told["judged"], errors)
    except (ValueError, IndexError, KeyError, TypeError):
        return Outcome(stopped=f"crash: the process died ({run.returncode}), perhaps of memory")


def main() -> None:
    """The child: nothing that the cells print or read reaches the parent."""
    asked, out = json.loads(sys.stdin.read()), os.fdopen(os.dup(1), "w")
    null = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(null, stream)
    with suppress(ImportError):
        import resource

        size = int(asked["memory"] * 2**30)
        resource.setrlimit(resource.RLIMIT_AS, (size, size))
    errors = _run(asked["cells"])
    heard, judged = dict(students.given), {}
    student, teacher = students.enrolled(), Path(asked["teacher"])
    for number in (number for number, answer in heard.items() if callable(answer)):
        made = exercises(int(number.partition(".")[0]), teacher)[number]
        verdict = made.assess(heard[number], student.draw(number, made.draw))
        judged[number] = (verdict.status, verdict.words)
    answers = {number: students.written(answer) for number, answer in heard.items()}
    json.dump({"answers": answers, "judged": judged, "errors": errors}, out)
    out.flush()
    os._exit(0)  # whatever still runs


def _run(cells: list[str]) -> list[tuple[int, str]]:
    """Run the cells one after the other, those behind an error, too."""
    from IPython.core.interactiveshell import InteractiveShell
    from traitlets.config import Config

    quiet = Config()
    quiet.HistoryManager.enabled = False
    shell: Any = InteractiveShell.instance(config=quiet)
    shell.enable_gui, errors = lambda gui=None: None, []  # there is no screen
    for at, cell in enumerate(cells, 1):
        done = shell.run_cell(cell)
        if problem := done.error_before_exec or done.error_in_exec:
            errors.append((at, f"{type(problem).__name__}: {brief(str(problem))}"))
    return errors


if __name__ == "__main__":
    main()
