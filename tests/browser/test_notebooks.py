"""The notebooks as a student meets them: open, run all, move a slider, read the answer."""

import copy
from pathlib import Path

import pytest
from nbformat import write
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

pytestmark = pytest.mark.browser

# The cases, which take longest, come first: else one process ends long after the others.
FOLDER = Path(__file__).parents[2] / "notebooks"
NOTEBOOKS = sorted((path.name for path in FOLDER.glob("*.ipynb")), reverse=True)


@pytest.mark.slow
@pytest.mark.parametrize("name", NOTEBOOKS)
def test_a_notebook_runs_and_its_first_slider_answers(name, open_notebook):
    notebook = open_notebook(name)
    notebook.run_all()
    notebook.check()
    notebook.move_first_slider()
    notebook.check()


# -- the fixtures themselves ------------------------------------------------------------------

WIDGET = """
import ipywidgets
slider = ipywidgets.IntSlider(value=40, min=0, max=100, description="Stock")
picture, answer = ipywidgets.HTML(), ipywidgets.HTML()

def draw(change):
    picture.value = f"<svg width=220 height=20><rect width={2 * slider.value} height=20 /></svg>"
    answer.value = f"<span role=status>{slider.value} units</span>"

slider.observe(draw, "value")
draw(None)
ipywidgets.VBox([slider, picture, answer])
"""
DEAF = WIDGET.replace('slider.observe(draw, "value")', "")
REMOTE = """
from IPython.display import HTML
HTML('<img alt="a chain" src="https://example.invalid/chain.png">')
"""


@pytest.fixture
def written(folder):
    def write_notebook(name, *sources):
        # Counts and results of an earlier run, as committed notebooks have them.
        old = {"execution_count": 1, "outputs": [new_output("stream", text="from an old run")]}
        cells = [new_code_cell(source, **copy.deepcopy(old)) for source in sources]
        cells.insert(0, new_markdown_cell("# A self-test"))
        kernel = {"name": "python3", "display_name": "Python 3 (ipykernel)"}
        write(new_notebook(cells=cells, metadata={"kernelspec": kernel}), folder / name)
        return name

    return write_notebook


def test_the_fixtures_run_a_notebook_and_move_its_slider(written, open_notebook):
    # Cells far above the slider, so that it starts out of sight.
    notebook = open_notebook(written("good.ipynb", *["print('\\n' * 9)"] * 9, WIDGET))
    notebook.run_all()
    notebook.check()
    notebook.move_first_slider()
    notebook.check()
    assert "from an old run" not in notebook.page.locator(".jp-Notebook").inner_text()
    notebook.wait_for_text("43 units")


def test_the_fixtures_notice_an_error_in_a_cell(written, open_notebook):
    notebook = open_notebook(written("error.ipynb", "1 / 0", "2 + 2"))
    notebook.run_all()
    with pytest.raises(AssertionError, match="ZeroDivisionError"):
        notebook.check()


def test_the_fixtures_notice_a_request_that_leaves(written, open_notebook):
    notebook = open_notebook(written("remote.ipynb", REMOTE))
    notebook.run_all()
    notebook.page.locator("img[alt='a chain']").wait_for(state="attached")
    with pytest.raises(AssertionError, match=r"leave this machine: .*example\.invalid"):
        notebook.check()


def test_the_fixtures_notice_a_slider_that_does_nothing(written, open_notebook):
    notebook = open_notebook(written("deaf.ipynb", DEAF))
    notebook.run_all()
    seen, before = notebook.press_first_slider(3)
    notebook.settle()
    notebook.page.set_default_timeout(3000)  # all has happened that will
    with pytest.raises(Exception, match="Timeout"):
        notebook.wait_for_answer(seen, before)
    notebook.page.locator(".noUi-handle[aria-valuenow='43.0']").wait_for()  # itself, it did move
