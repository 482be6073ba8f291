"""An advised newsvendor played to its end in a real JupyterLab, with the keyboard alone."""

import pytest
from nbformat import write
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

pytestmark = [pytest.mark.browser, pytest.mark.slow]

BOX = ".twinlab-order input"
GAME = """
game = people.AdvisedGame(people.NewsvendorGame(rounds=8, seed=1), lambda game: 225, [
    people.Block(arm, label, 2) for arm, label in
    (("alone", "model"), ("shown", "AI"), ("default", "model"), ("approve-only", "AI"))
], "k1")
tl.lab.advised_game(game)
"""
ROWS = 'print(*((r.own, r.final, r.low, r.reason) for r in game.decided), sep="\\n")'


@pytest.fixture
def table(folder, open_notebook):
    """A notebook with the game in it, run."""
    cells = [new_markdown_cell("# Advice")]
    cells += [new_code_cell("import twinlab as tl\n\npeople = tl.people")]
    cells += [new_code_cell(GAME.strip()), new_code_cell(ROWS)]
    kernel = {"name": "python3", "display_name": "Python 3 (ipykernel)"}
    write(new_notebook(cells=cells, metadata={"kernelspec": kernel}), folder / "advice.ipynb")
    notebook = open_notebook("advice.ipynb")
    notebook.run_all()
    notebook.check()
    notebook.page.locator(BOX).first.wait_for()
    return notebook


def wait_for(page, selector, words):
    """Until some text is there."""
    page.wait_for_function(
        "([where, words]) => [...document.querySelectorAll(where)]"
        ".some((each) => each.checkVisibility() && each.textContent.includes(words))",
        arg=[selector, words],
    )


STEPS = [  # what the status line says, and the fields filled then; Enter in the last one
    ("Round 1 of 8", ["150"]),  # alone: nothing is shown
    ("Round 2 of 8", ["140"]),
    ("Round 3 of 8", ["150", "20", "280"]),  # with an interval
    ("the AI advises 225", ["180"]),
    ("Round 4 of 8", ["150"]),
    ("you wrote 150", ["", "", ""]),  # over "Place order" to the button of the advice
    ("Round 5 of 8", ["150"]),
    ("that is ordered unless you say why not", ["160"]),  # without a reason: nothing is lost
    ("order 160 is not the advice", ["160", "it rains"]),
    ("Round 6 of 8", ["150"]),
    ("the model advises 225", ["225"]),
    ("Round 7 of 8", ["150"]),
    ("take it, or your own", ["150"]),
    ("Round 8 of 8", ["150"]),
    ("take it, or your own", ["225"]),
]
KEPT = "(150.0, 180.0, 20.0, '')", "(150.0, 225.0, None, '')", "(150.0, 160.0, None, 'it rains')"


def test_own_order_advice_final_order_with_the_keyboard_alone(table):
    page = table.page
    page.locator(BOX).first.focus()
    for words, fields in STEPS:
        wait_for(page, ".jp-OutputArea [role=status]", words)
        wait_for(page, ".twinlab-order label", "own" if "Round" in words else "final")
        for at, text in enumerate(fields, start=1):
            page.keyboard.type(text)
            page.keyboard.press("Enter" if at == len(fields) else "Tab")
    wait_for(page, ".jp-OutputArea [role=status]", "The game is over")
    wait_for(page, ".jp-OutputArea", "One and the same adviser stood behind every label")
    page.locator(".jp-CodeCell .cm-content").last.click()  # what was kept
    page.keyboard.press("Shift+Enter")
    for row in KEPT:
        wait_for(page, ".jp-OutputArea", row)
    table.check()
