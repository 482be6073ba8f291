"""From an arrow key on a lever to the new picture, in notebooks in a real browser.

Clock time, unlike all other timings here: it is what a hand feels, engine and drawing included.
"""

import shutil
import statistics
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from tests.browser.conftest import opened, serving, started  # noqa: E402

NOTEBOOKS = ("00_start_here", "03_management", "08_case_automotive")
MOVES = 8
# Resolves with the seconds from now, when the key goes down, to a new picture that is shown.
ANSWER = """box => new Promise(done => {
    const [began, old] = [performance.now(), box.dataset.count];
    const image = box.querySelector("img");
    const shown = () => image.decode().then(() => requestAnimationFrame(() => {
        watch.disconnect();
        done((performance.now() - began) / 1000);
    }));
    const watch = new MutationObserver(() => box.dataset.count !== old && shown());
    watch.observe(box, { attributeFilter: ["data-count"] });
})"""


def time_sliders(notebooks=NOTEBOOKS, moves=MOVES):
    """Median seconds from key to picture on the first lever, by notebook."""
    with tempfile.TemporaryDirectory() as home:
        folder = Path(shutil.copytree(ROOT / "notebooks", Path(home) / "notebooks"))
        with serving(folder) as lab, started() as browser:
            return {name: time_slider(browser, lab, f"{name}.ipynb", moves) for name in notebooks}


def time_slider(browser, lab, name, moves):
    """Median seconds of a notebook's first lever; the first move counts for nothing."""
    page = browser.new_page(viewport={"width": 1300, "height": 1000})
    page.set_default_timeout(600_000)
    notebook = opened(page, lab, name)
    notebook.run_all()
    handle = page.locator(".jp-OutputArea .twinlab-lever [type=range]").first
    handle.wait_for()
    area = (
        page.locator(".jp-OutputArea").filter(has=page.locator(".twinlab-lever [type=range]")).first
    )
    box = area.locator(".twinlab-picture[data-count]").first.element_handle()
    seconds = []
    for _ in range(moves + 1):
        notebook.settle()
        handle.focus()
        page.evaluate(f"box => {{ window.answer = ({ANSWER})(box); }}", box)
        page.keyboard.press("ArrowRight")
        seconds.append(page.evaluate("() => window.answer"))
    page.close()
    return statistics.median(seconds[1:])


if __name__ == "__main__":
    for name, seconds in time_sliders().items():
        print(f"{name}: {seconds:.2f} s from key to picture, median of {MOVES}", flush=True)
