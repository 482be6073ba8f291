"""JupyterLab in a real browser that can reach nothing but this machine.

Fixtures: `folder` (a copy of the notebooks), `lab` (the server's address), `page` (a tab that
remembers what went wrong) and `open_notebook`, which gives a `Notebook` to drive.

Tests wait for what a reader would see, never for some seconds, so a slow machine passes them too;
the deadline only ends a test that would wait for ever. `TWINLAB_SLOWER=4` lets the browser think
four times as long as it needs.
"""

import importlib.util
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

HERE = Path(__file__).parent
NOTEBOOKS = HERE.parents[1] / "notebooks"
ARTEFACTS = HERE / "artefacts"
DEADLINE = float(os.environ.get("TWINLAB_DEADLINE", 600))  # seconds for one thing to happen
SLOWER = float(os.environ.get("TWINLAB_SLOWER", 1))
LOCAL = {"127.0.0.1", "localhost"}
CHROMIUM = os.environ.get("TWINLAB_CHROMIUM") or next(
    filter(None, map(shutil.which, ["chromium", "chromium-browser", "google-chrome"])), None
)
FLAGS = [
    "--no-sandbox",  # a root user in a container has no other choice
    "--disable-gpu",
    "--disable-dev-shm-usage",  # containers give /dev/shm too little room
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # A name that cannot be resolved is a remote asset that cannot hide.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
]
SETTINGS = {
    # No news pop-up over the corner of each picture.
    "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
    # Every cell in the page, also those out of sight: else there is nothing to find there.
    "notebook-extension/tracker": {"windowingMode": "none"},
}


def unavailable(reason: str) -> None:
    """Skip on a student's machine; fail where everything is required."""
    if os.environ.get("TWINLAB_REQUIRE_ALL"):
        pytest.fail(reason)
    pytest.skip(reason)


# -- the server -------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the notebooks: running them must not change the committed ones."""
    copy = tmp_path_factory.mktemp("lab") / "notebooks"
    if NOTEBOOKS.is_dir():
        return Path(shutil.copytree(NOTEBOOKS, copy))
    copy.mkdir()
    return copy


@pytest.fixture(scope="session")
def lab(folder: Path) -> Iterator[str]:
    with serving(folder) as address:
        yield address


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    """The address of a JupyterLab with default settings, whatever this user's own may be."""
    if not importlib.util.find_spec("jupyterlab"):
        unavailable("jupyterlab is not installed: pip install 'twinlab-scom[test]'")
    home = folder.parent
    for name, values in SETTINGS.items():
        path = home / "settings" / "@jupyterlab" / f"{name}.jupyterlab-settings"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(values))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root"]
    command += ["--ServerApp.ip=127.0.0.1", f"--port={port}", "--ServerApp.port_retries=0"]
    command += [f"--ServerApp.root_dir={folder}", "--IdentityProvider.token="]
    command += ["--LabApp.expose_app_in_browser=True"]
    env = os.environ | {
        "IPYTHONDIR": str(home / "ipython"),
        "JUPYTER_CONFIG_DIR": str(home / "config"),
        "JUPYTERLAB_SETTINGS_DIR": str(home / "settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(home / "workspaces"),
    }
    with (home / "server.log").open("wb") as log:
        server = subprocess.Popen(command, cwd=folder, env=env, stdout=log, stderr=log)
        try:
            wait_for(f"{address}/api", server, home / "server.log")
            yield address
        finally:
            server.terminate()
            try:
                server.wait(timeout=60)  # it ends its kernels first
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()


def wait_for(address: str, server: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + DEADLINE
    while time.monotonic() < until and server.poll() is None:
        try:
            with urllib.request.urlopen(address, timeout=30):
                return
        except (urllib.error.URLError, TimeoutError, ConnectionError):
            time.sleep(0.1)
    pytest.fail(f"JupyterLab did not start:\n{log.read_text(errors='replace')[-3000:]}")


# -- the browser ------------------------------------------------------------------------------


@dataclass
class Trouble:
    """What a reader would not see and should not have: requests that leave, requests that fail."""

    leaving: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)

    def request(self, request: Any) -> None:
        parts = urlsplit(request.url)
        if parts.scheme not in {"data", "blob", "about"} and parts.hostname not in LOCAL:
            self.leaving.append(request.url[:200])

    def failure(self, request: Any) -> None:
        # A page that is left, or a picture that is replaced, aborts what it was still loading.
        if "ERR_ABORTED" not in (request.failure or ""):
            self.failed.append(f"{request.failure}: {request.url[:200]}")


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    with started() as chromium:
        yield chromium


@contextmanager
def started() -> Iterator[Any]:
    """A browser that reaches nothing but this machine."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        unavailable("playwright is not installed: pip install 'twinlab-scom[test]'")
    if not CHROMIUM:
        unavailable("no chromium was found: install it, or set TWINLAB_CHROMIUM to its path")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture
def page(browser: Any, request: pytest.FixtureRequest) -> Iterator[Any]:
    """A tab; its last sight is kept in artefacts/, also and above all when the test failed."""
    context = browser.new_context(viewport={"width": 1300, "height": 1000})
    tab = context.new_page()
    tab.set_default_timeout(DEADLINE * 1000)
    if SLOWER > 1:
        chrome = context.new_cdp_session(tab)
        chrome.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    tab.trouble = Trouble()
    tab.on("request", tab.trouble.request)
    tab.on("requestfailed", tab.trouble.failure)
    yield tab
    if tab.url != "about:blank":
        ARTEFACTS.mkdir(exist_ok=True)
        name = re.sub(r"\W+", "_", request.node.name).strip("_")
        tab.screenshot(path=ARTEFACTS / f"{name}.png")
    context.close()


# -- driving a notebook -----------------------------------------------------------------------


@dataclass
class Notebook:
    """An open notebook: run it, look at it, move its sliders."""

    page: Any

    def run_all(self) -> None:
        """Run every cell and wait for the last one.

        Through the application, not its menus: a click right after loading may be lost. Committed
        results are cleared first, else they would look like those of this run.
        """
        self.page.evaluate(
            """async () => {
                const context = jupyterapp.shell.currentWidget.sessionContext;
                await context.ready;
                await context.session.kernel.info;
                await jupyterapp.commands.execute("notebook:clear-all-cell-outputs");
                jupyterapp.commands.execute("notebook:run-all-cells");
            }"""
        )
        # A cell that failed keeps the cells below it from running: that is an end, too.
        self.page.wait_for_function(
            f"""() => {{
                const cells = ({CODE_CELLS})();
                const failed = cells.some(c => ({ERRORS})(c).length);
                const waiting = cells.some(c => c.model.executionState === "running"
                    || (c.model.executionCount === null && !failed));
                return !waiting;
            }}""",
            timeout=5 * DEADLINE * 1000,  # a whole notebook
        )

    def errors(self) -> list[str]:
        return list(self.page.evaluate(f"() => ({CODE_CELLS})().flatMap({ERRORS})"))

    def check(self) -> None:
        """No cell ended in an error, no request left the machine or failed."""
        trouble = self.page.trouble
        assert not self.errors(), self.errors()
        assert not trouble.leaving, f"requests that leave this machine: {trouble.leaving}"
        assert not trouble.failed, f"requests that failed: {trouble.failed}"

    def settle(self) -> None:
        """Wait until the kernel has answered all that the page has told it so far.

        Messages are answered in their order, so it asks for nothing and waits for the answer.
        """
        self.page.evaluate(
            """async () => {
                const context = jupyterapp.shell.currentWidget.sessionContext;
                await context.session.kernel.requestExecute({ code: "", silent: true }).done;
            }"""
        )

    def wait_for_text(self, *texts: str) -> None:
        """Wait until the last cell's output says all of this."""
        for text in texts:
            self.page.wait_for_function(
                """text => [...document.querySelectorAll(".jp-OutputArea")].at(-1)
                    ?.innerText.replace(/\\s+/g, " ").includes(text)""",
                arg=" ".join(text.split()),
            )

    def move_first_slider(self, steps: int = 3) -> None:
        """Press the arrow keys on the first slider and wait for the new words and picture."""
        self.wait_for_answer(*self.press_first_slider(steps))

    def wait_for_answer(self, area: Any, before: dict[str, str]) -> None:
        """Wait until a slider's output says something else and shows another picture."""
        for what in ["words", "picture"]:
            self.page.wait_for_function(
                f"([area, old]) => ({SEEN})(area).{what} !== old", arg=[area, before[what]]
            )

    def press_first_slider(self, steps: int) -> tuple[Any, dict[str, str]]:
        """Press the arrow keys on the first slider: its output, and what was seen there before."""
        handle = self.page.locator(f".jp-OutputArea :is({SLIDER})").first
        handle.wait_for()
        handle.scroll_into_view_if_needed()
        area = self.page.locator(".jp-OutputArea").filter(has=self.page.locator(SLIDER))
        area.first.locator("[role=status]").filter(has_text=re.compile(r"\S")).first.wait_for()
        area.first.locator("svg, img").first.wait_for(state="attached")
        self.settle()
        before = area.first.evaluate(SEEN)
        at_the_end = handle.evaluate(
            f"handle => ({STANDS})(handle) === (handle.max || handle.ariaValueMax)"
        )
        handle.focus()
        for _ in range(steps):
            self.page.keyboard.press("ArrowLeft" if at_the_end else "ArrowRight")
        seen = area.first.element_handle()
        self.page.wait_for_function(
            f"([area, old]) => ({SEEN})(area).slider !== old", arg=[seen, before["slider"]]
        )
        return seen, before


CODE_CELLS = """() => jupyterapp.shell.currentWidget.content.widgets.filter(
    c => c.model.type === "code" && c.model.sharedModel.getSource().trim())"""
ERRORS = """c => c.model.outputs.toJSON().filter(o => o.output_type === "error")
    .map(o => o.ename + ": " + o.evalue)"""
# A lever of the lab, or a slider of ipywidgets, and where it stands.
SLIDER = ".twinlab-lever [type=range], .noUi-handle"
STANDS = "slider => slider.value ?? slider.ariaValueNow"
# What a reader sees of a widget: where the slider stands, what is said, what is drawn.
SEEN = f"""area => ({{
    slider: ({STANDS})(area.querySelector("{SLIDER}")),
    words: [...area.querySelectorAll("[role=status]")].map(e => e.textContent).join(" "),
    picture: [...area.querySelectorAll("svg, img")].map(e => e.src || e.outerHTML).join(" "),
}})"""


@pytest.fixture
def open_notebook(lab: str, page: Any) -> Callable[[str], Notebook]:
    """A function that opens a notebook by its name and waits until its cells can be run."""
    return partial(opened, page, lab)


def opened(page: Any, lab: str, name: str) -> Notebook:
    page.goto(f"{lab}/lab/tree/{name}?reset")
    page.wait_for_selector(".jp-Notebook .jp-Cell")
    page.wait_for_function("() => window.jupyterapp?.shell.currentWidget?.sessionContext")
    return Notebook(page)
