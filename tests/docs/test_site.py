"""The site is built without a warning, no link in it leads nowhere, and nothing in it is remote."""

import importlib.util
import os
import re
import subprocess
import sys
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

ROOT = Path(__file__).parents[2]
LOADED = {"img": "src", "script": "src", "link": "href", "source": "src", "iframe": "src"}
LOADED |= {"audio": "src", "video": "src", "embed": "src", "object": "data", "image": "href"}
SAID = {"canonical", "prev", "next", "search", "index", "license", "author"}  # rel: only said

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    if any(importlib.util.find_spec(name) is None for name in ("sphinx", "myst_nb", "furo")):
        assert not os.environ.get("TWINLAB_REQUIRE_ALL"), "install the extra docs"
        pytest.skip("Sphinx, MyST-NB and Furo are not installed: the extra docs has them")
    target = tmp_path_factory.mktemp("site")
    command = [sys.executable, "docs/build_site.py", str(target)]
    # Whoever asks for another machine while it is built gets no answer.
    away = {name: "http://127.0.0.1:9" for name in ("http_proxy", "https_proxy", "all_proxy")}
    env = {**os.environ, **away, "TWINLAB_PLAYED": "", "PYTHONPATH": str(ROOT)}
    told = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stdout + told.stderr
    return target


class Page(HTMLParser):
    """What a page loads, links to, and can be linked to by."""

    def __init__(self, text):
        super().__init__()
        self.loads, self.links, self.names = [], [], set()
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        told = dict(attrs)
        self.names |= {told[name] for name in ("id", "name") if told.get(name)}
        if tag == "a" and "href" in told:
            self.links.append(told["href"])
        loaded = told.get(LOADED.get(tag, "-"))
        if loaded and not (tag == "link" and told.get("rel") in SAID):
            self.loads.append(loaded)
        self.loads += re.findall(r"url\(['\"]?([^'\")]+)", told.get("style") or "")


@cache
def page(path):
    return Page(path.read_text(encoding="utf-8"))


def pages(site):
    return sorted(site.rglob("*.html"))


def test_all_pages_are_there(site):
    names = {path.relative_to(site).as_posix() for path in pages(site)}
    stems = [path.stem for path in (ROOT / "notebooks").glob("*.ipynb")]
    assert len(stems) >= 12
    assert {f"notebooks/{stem}.html" for stem in stems} <= names
    assert {f"guide/{stem[:2]}.html" for stem in stems} <= names
    written = [path.relative_to(ROOT / "docs") for path in (ROOT / "docs").rglob("*.md")]
    assert {path.with_suffix(".html").as_posix() for path in written} <= names
    floors = "scope organization modeling technology people management cases course lab twin"
    assert {f"api/{floor}.html" for floor in floors.split()} <= names


def test_every_link_leads_somewhere(site):
    lost = []
    for path in pages(site):
        for link in page(path).links:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            if not target.exists():
                lost.append(f"{path.relative_to(site)}: {link}")
            elif parts.fragment and target.suffix == ".html":
                known = page(target).names
                if unquote(parts.fragment) not in known | {"", "top"}:
                    lost.append(f"{path.relative_to(site)}: {link} has no such place")
    assert not lost, "\n".join(lost)


def test_nothing_that_a_page_loads_is_on_another_machine(site):
    remote = [
        f"{path.relative_to(site)}: {asset}"
        for path in pages(site)
        for asset in page(path).loads
        if urlsplit(asset).netloc or urlsplit(asset).scheme not in ("", "data")
    ]
    for path in site.rglob("*.css"):
        text = path.read_text(encoding="utf-8")
        found = re.findall(
            r"url\(['\"]?((?:https?:)?//[^'\")]+)|@import ['\"]((?:https?:)?//\S+)", text
        )
        remote += [f"{path.relative_to(site)}: {asset}" for asset in found]
    assert not remote, "\n".join(remote)


def test_everything_that_a_page_loads_is_there(site):
    lost = [
        f"{path.relative_to(site)}: {asset}"
        for path in pages(site)
        for asset in page(path).loads
        if not asset.startswith("data:")
        and not (path.parent / unquote(urlsplit(asset).path)).resolve().exists()
    ]
    assert not lost, "\n".join(lost)


def test_a_formula_is_drawn_without_a_script(site):
    text = (site / "notebooks" / "02_people.html").read_text(encoding="utf-8")
    assert text.count("<math") >= 5
    assert not [asset for asset in Page(text).loads if "mathjax" in asset.lower()]


def test_a_name_stands_on_one_page_of_the_interface_only(site):
    places = {}
    for path in (site / "api").glob("*.html"):
        for name in page(path).names:
            if name.startswith("twinlab.") and name.count(".") >= 2:
                places.setdefault(name, []).append(path.stem)
    assert "twinlab.people.BaseStock" in places
    assert not {name: at for name, at in places.items() if len(at) > 1}


@pytest.mark.parametrize(
    ("planted", "found"),
    [
        ('<img src="https://a.example/x.png">', ["https://a.example/x.png"]),
        ('<script src="//cdn.example/x.js"></script>', ["//cdn.example/x.js"]),
        ('<p style="background:url(https://a.example/f)">', ["https://a.example/f"]),
        ('<link rel="canonical" href="https://a.example/">', []),
        ('<a href="https://a.example/">a link is no asset</a>', []),
    ],
)
def test_what_a_page_loads_is_found(planted, found):
    assert Page(planted).loads == found
