"""What stays of a live view in a real JupyterLab: saved, its kernel off, opened again."""

import json

import pytest
from nbformat import write
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

pytestmark = [pytest.mark.browser, pytest.mark.slow]

KEEP = 'import os\n\nimport twinlab as tl\n\nos.environ["TWINLAB_PLAYED"] = "played here"'
GAME = 'tl.lab.beer_game("wholesaler")'
EXPLORER = """
net = tl.serial(["mine", "shop"], demand=tl.Constant(5), on_hand=15)
chain = tl.Scenario(net, tl.BaseStock(20))
tl.lab.explore(chain.change(days=40), {"shop.up_to": (0, 40)}, replications=2)
"""
BOX = ".twinlab-order input.order"
SEEN = """() => [...document.querySelectorAll(".jp-OutputArea-child")]
    .filter((each) => each.checkVisibility() && each.innerText.trim())
    .map((each) => [each.innerText.replace(/\\s+/g, " "),
        [...each.querySelectorAll("img")].filter((img) => img.naturalWidth > 300).length])"""


@pytest.fixture
def notebook(folder, open_notebook):
    cells = [new_markdown_cell("# Two views")]
    cells += [new_code_cell(text.strip()) for text in (KEEP, GAME, EXPLORER)]
    kernel = {"name": "python3", "display_name": "Python 3 (ipykernel)"}
    write(new_notebook(cells=cells, metadata={"kernelspec": kernel}), folder / "views.ipynb")
    return open_notebook("views.ipynb")


def run(notebook):
    notebook.run_all()
    notebook.check()
    for live in (BOX, ".twinlab-lever [type=range]"):
        notebook.page.locator(live).wait_for()
    assert not any(r.is_visible() for r in notebook.page.locator(".twinlab-record").all())


def wait_for_status(page, words):
    page.wait_for_function(
        "words => document.querySelector('.jp-OutputArea [role=status]')"
        "?.textContent.includes(words)",
        arg=words,
    )


def play(page, *orders):
    page.locator(BOX).focus()
    for order in orders:
        page.keyboard.type(order)
        page.keyboard.press("Enter")


MOVED = '.set("shop.up_to", 19)'


def play_and_leave(notebook):
    """Play to week 8, move a lever, save, and put the kernel off."""
    page = notebook.page
    run(notebook)
    play(page, "8", "eight", "12", "11")
    wait_for_status(page, "Week 8 of 36")
    page.get_by_role("slider", name="shop: base-stock level S [units]").press("ArrowLeft")
    page.wait_for_function(  # a second after the last move
        "moved => [...document.querySelectorAll('.twinlab-record')].at(-1).textContent"
        ".includes(moved)",
        arg=MOVED,
    )
    page.evaluate("() => jupyterapp.commands.execute('docmanager:save')")
    page.evaluate("() => jupyterapp.shell.currentWidget.sessionContext.shutdown()")
    notebook.check()


def test_what_was_played_stands_there_and_goes_on(folder, notebook, open_notebook):
    page = notebook.page
    play_and_leave(notebook)
    body = json.loads((folder / "views.ipynb").read_text())
    body["cells"][0]["source"] = "# A copy that nobody trusts"
    (folder / "copy.ipynb").write_text(json.dumps(body))
    for name in ("views.ipynb", "copy.ipynb"):
        open_notebook(name)
        page.wait_for_function(f"() => ({SEEN})().filter(([, pictures]) => pictures).length === 2")
        (game, explorer) = page.evaluate(SEEN)
        assert game[0].startswith("Last played: Week 8 of 36, wholesaler:")
        assert explorer[0].startswith("Last seen: Fill rate")
        assert MOVED in explorer[0]

    notebook = open_notebook("views.ipynb")
    run(notebook)
    wait_for_status(page, "Week 8 of 36")
    act(page, "Undo")
    wait_for_status(page, "Week 7 of 36")
    act(page, "New game")
    act(page, "Press again for a new game")
    wait_for_status(page, "Week 5 of 36")
    play(page, "8", "")
    wait_for_status(page, "the box is empty: type a whole number of cases from 0 to 500 · Week 6")
    orders = [json.loads(f.read_text())["orders"] for f in (folder / "played here").glob("beer-*")]
    assert sorted(orders) == [[8], [8, 12]]
    notebook.check()


def act(page, name):
    """Press a button as who hears its name does, by keyboard."""
    button = page.get_by_role("button", name=name)
    button.focus()
    page.keyboard.press("Space")


def test_box_and_slider_of_a_lever_are_one(notebook):
    page = notebook.page
    run(notebook)
    name = "shop: base-stock level S [units]"
    slider, box = page.get_by_role("slider", name=name), page.get_by_role("spinbutton", name=name)
    for typed, stands in (("12", "12"), ("99", "40"), ("", "40"), ("7.4", "7")):
        box.fill(typed)
        box.press("Enter")
        page.wait_for_function(
            "([box, slider, stands]) => box.value === stands && slider.ariaValueText === stands",
            arg=[box.element_handle(), slider.element_handle(), stands],
        )
    slider.press("ArrowRight")
    notebook.wait_for_text('.set("shop.up_to", 8)')
    assert box.input_value() == "8"
    notebook.check()
