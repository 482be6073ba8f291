"""The cleaner keeps what nbval compares and makes everything else the same every time."""

import subprocess
import sys

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from tests.notebooks import clean as cleaner

VIEW = {"model_id": "6ad0", "version_major": 2, "version_minor": 0}


def used_notebook():
    outputs = [
        new_output("stream", name="stdout", text="one\n"),
        new_output("stream", name="stdout", text="two\nHighsMipSolverData::go tmpSolver.run();\n"),
        new_output("display_data", {cleaner.WIDGET_VIEW: VIEW, "text/plain": "S = 40"}),
        new_output("display_data", {"text/html": '<style>#T_46ecf_row0</style><p id="T_46ecf">'}),
        new_output("display_data", {cleaner.WIDGET_VIEW: VIEW}),
    ]
    meta = {"execution": {"iopub.execute_input": "10:15"}, "scrolled": True, "tags": ["solution"]}
    code = new_code_cell("answer()\n", outputs=outputs, execution_count=1, metadata=meta)
    cells = [new_markdown_cell("Text"), new_markdown_cell("Text"), code]
    kernel = {"name": "my-env", "display_name": "Mine"}
    return new_notebook(cells=cells, metadata={"widgets": {}, "kernelspec": kernel})


def test_outputs_and_counts_stay():
    notebook = used_notebook()
    cleaner.clean(notebook)
    streams, widget, table, _ = notebook.cells[2].outputs
    assert notebook.cells[2].execution_count == 1
    assert streams.text == "one\ntwo\n"
    assert widget.data == {"text/plain": "S = 40"}
    assert table.data["text/html"] == '<style>#T_00000_row0</style><p id="T_00000">'


def test_pictures_keep_their_words():
    """A chart brings its alternative text, a widget's still picture takes its plain text."""
    own = {"image/png": {"alt": "stock by day", "width": 9}, "text/plain": {}}
    outputs = [
        new_output("display_data", {"image/png": "A", "text/plain": "chart"}, metadata=own),
        new_output(
            "display_data", {cleaner.WIDGET_VIEW: VIEW, "image/png": "A", "text/plain": "S"}
        ),
        new_output("display_data", {"image/png": "A"}),
    ]
    notebook = new_notebook(cells=[new_code_cell("x", outputs=outputs, execution_count=1)])
    cleaner.clean(notebook)
    kept = [output.metadata for output in notebook.cells[0].outputs]
    assert kept == [{"image/png": {"alt": "stock by day"}}, {"image/png": {"alt": "S"}}, {}]


def test_a_widget_without_fallback_is_left_for_the_contract_to_refuse():
    notebook = used_notebook()
    cleaner.clean(notebook)
    assert notebook.cells[2].outputs[-1].data == {cleaner.WIDGET_VIEW: VIEW}


def test_traces_of_the_session_go():
    notebook = used_notebook()
    cleaner.clean(notebook)
    assert notebook.metadata == cleaner.METADATA
    assert notebook.cells[2].metadata == {"tags": ["solution"]}


def test_cleaning_is_deterministic_and_happens_once():
    first, second = used_notebook(), used_notebook()
    cleaner.clean(first)
    cleaner.clean(second)
    assert nbformat.writes(first) == nbformat.writes(second)
    assert len({cell.id for cell in first.cells}) == 3
    cleaner.clean(second)
    assert nbformat.writes(first) == nbformat.writes(second)


def test_the_command_executes_and_cleans(tmp_path):
    path = tmp_path / "tiny.ipynb"
    nbformat.write(new_notebook(cells=[new_code_cell("x = 6 * 7"), new_code_cell("x")]), path)
    command = [sys.executable, cleaner.__file__, "--execute", path]
    subprocess.run(command, check=True, capture_output=True)
    notebook = nbformat.read(path, as_version=4)
    assert [cell.execution_count for cell in notebook.cells] == [1, 2]
    assert notebook.cells[1].outputs[0].data == {"text/plain": "42"}
    assert notebook.metadata == cleaner.METADATA
    done = subprocess.run([*command[:2], path], check=True, capture_output=True, text=True)
    assert done.stdout == "", "a clean notebook is not written again"
