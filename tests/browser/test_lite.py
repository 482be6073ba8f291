"""The site without a server (`make lite`) in a browser: no kernel is started."""

import http.server
import threading
from functools import partial

import pytest

from tests.anywhere.test_lite import written_site

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture
def site(tmp_path_factory):
    """The address of the site behind a server that only hands out files."""
    folder = str(written_site(tmp_path_factory))
    handler = partial(http.server.SimpleHTTPRequestHandler, directory=folder)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_the_site_opens_and_asks_for_nothing_but_pyodide(site, page):
    """Its page, its notebooks and their old results stand there without."""
    page.goto(f"{site}/lab/index.html?path=00_start_here.ipynb")
    page.locator(".jp-Notebook h1", has_text="a supplier three tiers up closes").wait_for()
    assert all("/pyodide/" in url for url in page.trouble.leaving), page.trouble.leaving
