"""A pytest plugin that notes which test runs which lines of the library, and how long it takes.

`python -m pytest -p tests.mutants.tracing` writes the map to the file named in `TWINLAB_TRACE`.
What a test file runs while it is imported counts as run by the file.
"""

import json
import os
import time
from collections.abc import Generator
from pathlib import Path
from typing import Any

import coverage
import pytest

LINES = coverage.Coverage(source=["twinlab"], data_file=None, config_file=False)
SECONDS: dict[str, float] = {}


def timed(name: str) -> Generator[None, Any, Any]:
    LINES.switch_context(name)
    begun = time.process_time()
    result = yield
    SECONDS[name] = SECONDS.get(name, 0.0) + time.process_time() - begun
    return result


def pytest_configure() -> None:
    LINES.start()


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_make_collect_report(collector: pytest.Collector) -> Generator[None, Any, Any]:
    path = collector.nodeid.partition("::")[0]
    return (yield from timed(path)) if path.endswith(".py") else (yield)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, Any, Any]:
    return (yield from timed(item.nodeid))


def pytest_unconfigure(config: Any) -> None:
    LINES.stop()
    data, root = LINES.get_data(), config.rootpath
    lines: dict[str, dict[str, list[str]]] = {}
    for path in sorted(data.measured_files()):
        found = data.contexts_by_lineno(path)
        lines[str(Path(path).relative_to(root))] = {
            str(line): sorted(filter(None, names)) for line, names in sorted(found.items())
        }
    text = json.dumps({
        "seconds": SECONDS, "lines": lines,
        "text": {path: (root / path).read_text("utf-8") for path in lines},
    })  # fmt: skip
    Path(os.environ["TWINLAB_TRACE"]).write_text(text, "utf-8")
