"""The beer game played to its end in a real JupyterLab, with the keyboard alone."""

import pytest
from nbformat import write
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from twinlab import people

pytestmark = [pytest.mark.browser, pytest.mark.slow]

STATION = "wholesaler"
ORDERS = [12, 6, 0, 18, 9, 8, 7, 20, 3, 8] + [10, 4, 8] * 7 + [8]
BOX = ".twinlab-order label:not([hidden]) input"


@pytest.fixture
def table(folder, open_notebook):
    """A notebook with the game in it, run, and the box found by the Tab key."""
    cells = [new_markdown_cell("# The beer game"), new_code_cell("import twinlab as tl")]
    cells += [new_code_cell(f'tl.lab.beer_game("{STATION}", demand=tl.people.CLASSIC)')]
    kernel = {"name": "python3", "display_name": "Python 3 (ipykernel)"}
    write(new_notebook(cells=cells, metadata={"kernelspec": kernel}), folder / "beer.ipynb")
    notebook = open_notebook("beer.ipynb")
    notebook.run_all()
    notebook.check()
    notebook.page.locator(BOX).wait_for()
    return notebook


def focused(page):
    return page.evaluate(f"() => document.activeElement.matches('{BOX}')")


def wait_for_status(page, words):
    page.wait_for_function(
        "words => document.querySelector('.jp-OutputArea [role=status]')"
        "?.textContent.includes(words)",
        arg=words,
    )


def test_the_game_is_played_with_the_keyboard_alone(table):
    page = table.page
    for _ in range(200):  # from wherever the focus is to the box, as somebody without a mouse goes
        if focused(page):
            break
        page.keyboard.press("Tab")
    assert focused(page), "the Tab key does not lead to the box"

    for week, order in enumerate(ORDERS, start=5):
        wait_for_status(page, f"Week {week} of 36")
        page.keyboard.type(f"{order:g}")
        page.keyboard.press("Enter")
        assert focused(page), "an order must not lose the focus"
        page.keyboard.press("Enter")  # an Enter too many finds an empty box, which costs no week

    game = people.BeerGame(STATION)
    for order in ORDERS:
        game.order(order)
    over = f"The game is over. The team paid {game.score.total:,.0f} USD"
    wait_for_status(page, over)
    table.wait_for_text(*str(game.fit).splitlines())
    table.wait_for_text(*(f"{name} {cost:,.0f} USD" for name, cost in game.score.costs.items()))
    assert focused(page), "the focus stays where it was when the game ends"
    page.keyboard.type("5")
    page.keyboard.press("Enter")
    table.settle()
    wait_for_status(page, over)
    table.check()


def test_somebody_who_types_fast_loses_no_order(table):
    """All orders at once, without looking: each Enter is one order."""
    page = table.page
    page.locator(BOX).focus()
    for order in ORDERS:
        page.keyboard.type(f"{order:g}")
        page.keyboard.press("Enter")
    game = people.BeerGame(STATION)
    for order in ORDERS:
        game.order(order)
    wait_for_status(page, f"The game is over. The team paid {game.score.total:,.0f} USD")
