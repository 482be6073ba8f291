"""A notebook as a page of its own, without code: Voilà."""

import os
import socket
import subprocess
import sys

import pytest

from tests.browser.conftest import SEEN, SLIDER, wait_for

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture
def voila(folder, tmp_path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "voila", "00_start_here.ipynb", "--no-browser"]
    command += [f"--port={port}", "--Voila.ip=127.0.0.1"]
    env = os.environ | {"JUPYTER_CONFIG_DIR": str(tmp_path), "IPYTHONDIR": str(tmp_path)}
    log = tmp_path / "voila.log"
    with log.open("wb") as written:
        server = subprocess.Popen(command, cwd=folder, env=env, stdout=written, stderr=written)
        wait_for(f"http://127.0.0.1:{port}/voila/static/voila.js", server, log)
        yield f"http://127.0.0.1:{port}"
        server.terminate()
        server.wait(timeout=60)


def test_a_notebook_is_a_page_whose_slider_answers(voila, page):
    page.goto(voila, wait_until="commit")
    area = page.locator(".jp-OutputArea").filter(has=page.locator(SLIDER)).first
    handle = area.locator(SLIDER).first
    handle.wait_for()
    area.locator("img").first.wait_for(state="attached")
    before = area.evaluate(SEEN)
    handle.focus()
    page.keyboard.press("ArrowRight")
    for what in ("slider", "words", "picture"):
        page.wait_for_function(
            f"([area, old]) => ({SEEN})(area).{what} !== old",
            arg=[area.element_handle(), before[what]],
        )
    assert page.locator(".jp-InputArea-editor").count() == 0, "code is shown"
    # Voilà's own template asks for the signs on its buttons; the notebook asks for nothing.
    assert all("fontawesome" in url for url in page.trouble.leaving), page.trouble.leaving
