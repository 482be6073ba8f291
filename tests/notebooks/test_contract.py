"""What every notebook promises and nbval cannot see.

Each check returns what is wrong. Each is proved on a notebook that breaks just that promise.
"""

import copy
import inspect
import os
import re
import runpy
from collections.abc import Callable, Iterator
from functools import cache
from itertools import pairwise
from pathlib import Path

import nbformat
import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from twinlab.course import Exercise, Solution, read_exercises

FOLDER = Path(__file__).parents[2] / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
PARTS = ["Question", "Model", "Play", "Explain", "Your turn"]
CELLS = range(20, 47)
CODE_LINES = 6
COMPARED = 6
WIDGETS = 2
EXERCISES = 3  # at least
ALT = 5  # characters of an alternative text that says something
BYTES = 1_000_000
WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
# nbval compares neither pictures nor the cells that carry one of these tags.
UNCOMPARED_TAGS = {"nbval-ignore-output", "nbval-skip"}
VOLATILE = re.compile(
    r" at 0x[0-9a-f]{6,}"  # memory addresses
    r"|(?:/(?:home|tmp|root|Users|usr)|[A-Z]:\\)[/\\]?\w\S*"  # paths of one machine
    r"|\d+(?:\.\d+)?(?:it/s|s/it)"  # progress bars
    r"|\b\d{1,2}:\d\d:\d\d\.\d+"  # times of the clock
)
REMOTE = re.compile(
    r"""\bsrc\s*=\s*\\?["']?(?:https?:)?//[^"'\s>]+"""
    r"""|<link\b[^>]*href\s*=\s*\\?["']?(?:https?:)?//[^"'\s>]+"""
    r"""|url\(\s*["']?(?:https?:)?//[^"')]+|\bimport\b[^;\n]*["']https?://[^"']+"""
)
PICTURE_WITHOUT_WORDS = re.compile(
    r"""!\[\s*\]\([^)]*\)|<img(?![^>]*\balt=["'][^"'])[^>]*>"""
    r"""|<svg(?![^>]*\baria-label(?:ledby)?=)[^>]*>(?!\s*<title>)"""
)
AIMS = [r"^\*\*Time:\*\*", r"\*\*You need:\*\*", r"^\*\*Afterwards you can\*\*\s+1\. "]
SOURCES = re.compile(r"^\*\*Sources\b[^\n]*\*\*[^\n]*\n+(?:[-*]|\d+\.) ", re.M)
LIMITS = re.compile(r"\*\*What this (?:\w+ )?cannot tell\b")


# -- reading a notebook -----------------------------------------------------------------------


def code_cells(notebook: NotebookNode) -> list[NotebookNode]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def prose(notebook: NotebookNode) -> list[str]:
    """Markdown without its code, where a # is no heading."""
    texts = [cell.source for cell in notebook.cells if cell.cell_type == "markdown"]
    return [re.sub(r"```.*?```|`[^`\n]*`", "", text, flags=re.S) for text in texts]


def kinds(cell: NotebookNode) -> set[str]:
    """What a cell printed or showed: "stream", "text/plain", "image/png" ..."""
    return {kind for o in cell.outputs for kind in [o.output_type, *o.get("data", {})]}


def outputs(notebook: NotebookNode) -> Iterator[tuple[str, str]]:
    """Kind and text of every output of the notebook."""
    for cell in code_cells(notebook):
        for output in cell.outputs:
            data = {"text/stream": output.get("text"), **output.get("data", {})}
            yield from ((kind, text) for kind, text in data.items() if isinstance(text, str))


def headings(notebook: NotebookNode) -> list[tuple[int, str]]:
    found = re.findall(r"^(#{1,6}) +(.+?)\s*#*$", "\n".join(prose(notebook)), re.M)
    return [(len(marks), words) for marks, words in found]


@cache
def widget_calls() -> re.Pattern[str]:
    """What calls a widget: any public function of the lab that says that it returns one."""
    import ipywidgets

    import twinlab as tl

    def makes_one(name: str) -> bool:
        thing = getattr(tl.lab, name)
        if inspect.isfunction(thing):
            thing = thing.__globals__.get(str(thing.__annotations__.get("return")))
        return inspect.isclass(thing) and issubclass(thing, ipywidgets.Widget)

    names = filter(makes_one, tl.lab.__all__)
    return re.compile(rf"\b(?:tl|twinlab)\.lab\.(?:{'|'.join(names)})\(")


# -- the promises -----------------------------------------------------------------------------


def opens_everywhere(notebook: NotebookNode) -> list[str]:
    name = notebook.metadata.get("kernelspec", {}).get("name")
    return [] if name == "python3" else [f"kernelspec is {name!r}, not 'python3'"]


def was_run_from_top_to_bottom(notebook: NotebookNode) -> list[str]:
    counts = [cell.execution_count for cell in code_cells(notebook)]
    return [] if counts == list(range(1, len(counts) + 1)) else [f"execution counts are {counts}"]


def has_results_to_compare(notebook: NotebookNode) -> list[str]:
    compared = [
        cell
        for cell in code_cells(notebook)
        if cell.execution_count
        and not UNCOMPARED_TAGS & set(cell.metadata.get("tags", []))
        and any(
            o.output_type == "stream" or "text/plain" in o.get("data", {}) for o in cell.outputs
        )
    ]
    few = len(compared) < COMPARED
    return [f"{len(compared)} cells with compared text, at least {COMPARED} wanted"] if few else []


def has_widgets_to_move(notebook: NotebookNode) -> list[str]:
    """Each also shows a picture and words to readers without a kernel."""
    found = [
        cell
        for cell in code_cells(notebook)
        if widget_calls().search(cell.source) and {"image/png", "text/plain"} <= kinds(cell)
    ]
    few = len(found) < WIDGETS
    return (
        [f"{len(found)} widgets with picture and words, at least {WIDGETS} wanted"] if few else []
    )


def has_exercises_to_do(notebook: NotebookNode) -> list[str]:
    asked = [cell for cell in code_cells(notebook) if "tl.course.check(" in cell.source]
    said = ["".join(o.get("data", {}).get("text/plain", "") for o in c.outputs) for c in asked]
    found = [f"solved, or no answer yet: {text[:60]!r}" for text in said if text[:6] != "[TODO]"]
    if len(asked) < EXERCISES:
        found += [f"{len(asked)} exercises, at least {EXERCISES} wanted"]
    return found


def has_no_error(notebook: NotebookNode) -> list[str]:
    found = [o for cell in code_cells(notebook) for o in cell.outputs if o.output_type == "error"]
    return [f"committed with an error: {o.ename}: {o.evalue}" for o in found]


def says_the_same_every_time(notebook: NotebookNode) -> list[str]:
    text = "\n".join(text for kind, text in outputs(notebook) if kind.startswith("text/"))
    return [f"volatile text {found!r}" for found in VOLATILE.findall(text)]


def shows_without_a_kernel(notebook: NotebookNode) -> list[str]:
    found = ["widget state in the metadata"] if "widgets" in notebook.metadata else []
    views = [
        o for cell in code_cells(notebook) for o in cell.outputs if WIDGET_VIEW in o.get("data", {})
    ]
    return found + ["a widget view: readers without a kernel see an error"] * len(views)


def shows_offline(notebook: NotebookNode) -> list[str]:
    shown = "\n".join([*prose(notebook), *(text for _, text in outputs(notebook))])
    pictures = re.findall(r"!\[[^\]]*\]\((https?://[^)]+)\)", shown)
    return [f"needs the network: {found}" for found in [*REMOTE.findall(shown), *pictures]]


def says_what_pictures_show(notebook: NotebookNode) -> list[str]:
    html = [text for kind, text in outputs(notebook) if kind == "text/html"]
    found = PICTURE_WITHOUT_WORDS.findall("\n".join([*prose(notebook), *html]))
    bare = [
        kind
        for cell in code_cells(notebook)
        for output in cell.outputs
        for kind in output.get("data", {})
        if kind in {"image/png", "image/jpeg"}
        and len(output.metadata.get(kind, {}).get("alt", "").strip()) < ALT
    ]
    return [f"picture without alt text: {picture[:80]}" for picture in found + bare]


def says_what_it_is_for(notebook: NotebookNode) -> list[str]:
    first = notebook.cells[0].source
    return [f"the first cell lacks {aim}" for aim in AIMS if not re.search(aim, first, re.M)]


def says_where_things_come_from(notebook: NotebookNode) -> list[str]:
    return [] if SOURCES.search("\n".join(prose(notebook))) else ["no **Sources** with a list"]


def says_where_it_ends(notebook: NotebookNode) -> list[str]:
    found = LIMITS.search("\n".join(prose(notebook)))
    return [] if found else ["no **What this cannot tell**"]


def has_no_trailing_semicolon(notebook: NotebookNode) -> list[str]:
    # Under nbval a semicolon does not silence a cell: its output would be unexpected.
    found = [cell.source for cell in code_cells(notebook) if cell.source.rstrip().endswith(";")]
    return [f"trailing semicolon: {source.splitlines()[-1]}" for source in found]


def has_one_title_and_ordered_headings(notebook: NotebookNode) -> list[str]:
    levels = [level for level, _ in headings(notebook)]
    deeper = any(below > above + 1 for above, below in pairwise(levels))
    fine = levels[:1] == [1] and levels.count(1) == 1 and not deeper
    return [] if fine else [f"levels of headings are {levels}"]


def has_the_five_parts(notebook: NotebookNode) -> list[str]:
    # A part may say more than its name: "Question: how much stock is enough?"
    names = [re.split(r"\s*[:·–—]", words)[0] for level, words in headings(notebook) if level == 2]
    found = [name for name in names if name in PARTS]
    return [] if found == PARTS else [f"parts are {found}, wanted {PARTS}"]


def has_a_fair_length(notebook: NotebookNode) -> list[str]:
    count = len(notebook.cells)
    fine = count in CELLS
    return [] if fine else [f"{count} cells, wanted {CELLS.start} to {CELLS.stop - 1}"]


def has_short_cells(notebook: NotebookNode) -> list[str]:
    def lines(cell: NotebookNode) -> int:
        texts = [line.strip() for line in cell.source.splitlines()]
        return sum(bool(text) and not text.startswith("#") for text in texts)

    counts = [(i, lines(cell)) for i, cell in enumerate(notebook.cells) if cell.cell_type == "code"]
    return [f"cell {i} has {n} lines of code" for i, n in counts if not 1 <= n <= CODE_LINES]


def is_small(notebook: NotebookNode) -> list[str]:
    size = len(nbformat.writes(notebook).encode())
    return [] if size < BYTES else [f"{size:,} bytes, wanted less than {BYTES:,}"]


Check = Callable[[NotebookNode], list[str]]
CHECKS: list[Check] = [
    opens_everywhere,
    was_run_from_top_to_bottom,
    has_results_to_compare,
    has_widgets_to_move,
    has_exercises_to_do,
    has_no_error,
    says_the_same_every_time,
    shows_without_a_kernel,
    shows_offline,
    says_what_pictures_show,
    says_what_it_is_for,
    says_where_things_come_from,
    says_where_it_ends,
    has_no_trailing_semicolon,
    has_one_title_and_ordered_headings,
    has_the_five_parts,
    has_a_fair_length,
    has_short_cells,
    is_small,
]


def test_there_are_notebooks():
    if not NOTEBOOKS and not os.environ.get("TWINLAB_REQUIRE_ALL"):
        pytest.skip("there are no notebooks yet")
    assert NOTEBOOKS, "no notebook was found"


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)
def test_a_notebook_keeps_its_promises(path):
    notebook = nbformat.read(path, as_version=4)
    found = [f"{check.__name__}: {text}" for check in CHECKS for text in check(notebook)]
    assert not found, "\n".join(["", *found])


# -- its exercises, which stand in a file beside it -------------------------------------------


def lacks(notebook: NotebookNode, asked: dict[str, Exercise], solved: dict[str, Solution]) -> str:
    """What is missing in the exercises of a notebook, or nothing."""
    goals = re.findall(
        r"^\d+\. ", notebook.cells[0].source.partition("Afterwards you can")[2], re.M
    )
    tested = {int(made.goal.partition("/")[2]) for made in asked.values()}
    bare = [n for n in solved if asked[n].solve or asked[n].judge or asked[n].slips]
    unsolved = [n for n, e in asked.items() if n not in solved and not (e.solve or e.judge)]
    handed = any("tl.course.hand_in(" in cell.source for cell in code_cells(notebook))
    found = {
        f"{len(asked)} exercises, at least {EXERCISES} wanted": len(asked) < EXERCISES,
        f"exercises of goals {sorted(tested)}, of {len(goals)}": (
            tested != set(range(1, len(goals) + 1))
        ),
        "no rule, sentence, forecast or game: an exercise with a judge": not any(
            made.judge for made in [*asked.values(), *solved.values()]
        ),
        "no graded exercise, with its solution in exercises/teacher": not solved,
        f"{bare} can be read where students see it": bool(bare),
        f"{unsolved} have no solution": bool(unsolved),
        "no cell with tl.course.hand_in()": not handed,
    }
    return "; ".join(text for text, wrong in found.items() if wrong)


def exercises_of(path: Path) -> tuple[dict[str, Exercise], dict[str, Solution]]:
    asked = read_exercises(int(path.name[:2])).EXERCISES
    teachers = FOLDER / "exercises" / "teacher" / f"{path.stem}.py"
    return asked, runpy.run_path(str(teachers))["SOLUTIONS"] if teachers.is_file() else {}


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)
def test_every_aim_has_an_exercise(path):
    assert not lacks(nbformat.read(path, as_version=4), *exercises_of(path))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda asked, solved: asked.pop("0.3"), "2 exercises"),
        (lambda asked, solved: asked.update({"0.3": Exercise("00/2", solve=abs)}), "of goals"),
        (lambda asked, solved: asked.update({"0.2": Exercise("00/1", solve=abs)}), "no rule"),
        (lambda asked, solved: solved.clear(), "no graded exercise"),
        (lambda asked, solved: asked.update({"0.1": Exercise("00/1", solve=abs)}), "students see"),
        (lambda asked, solved: asked.update({"0.3": Exercise("00/1")}), "no solution"),
    ],
)
def test_what_lacks_in_exercises_is_said(change, words):
    notebook = good_notebook()
    asked = {"0.1": Exercise("00/1"), "0.2": Exercise("00/1", judge=abs)}
    asked["0.3"], solved = Exercise("00/1", solve=abs), {"0.1": Solution(solve=abs)}
    assert lacks(notebook, asked, solved) == "no cell with tl.course.hand_in()"
    notebook.cells.append(answered(99, "tl.course.hand_in()", {"text/plain": "[TODO]"}))
    assert not lacks(notebook, asked, solved)
    change(asked, solved)
    assert words in lacks(notebook, asked, solved)


# -- the checks themselves --------------------------------------------------------------------


TITLE = """# How much is enough?

**Time:** about 9 minutes. **You need:** nothing.

**Afterwards you can**

1. say it.

![the chain](chain.svg)"""


def answered(number: int, source: str, data: dict[str, str]) -> NotebookNode:
    """A code cell that was run, with its result."""
    alt = {kind: {"alt": "stock by day"} for kind in data if kind.startswith("image/")}
    result = new_output("execute_result", data, execution_count=number, metadata=alt)
    return new_code_cell(source, execution_count=number, outputs=[result])


def good_notebook() -> NotebookNode:
    cells = [new_markdown_cell(TITLE)]
    picture = {"image/png": "iVBOR", "text/plain": "stock by day"}
    runs = [(f"# say\n{at}", {"text/plain": str(at)}) for at in range(len(PARTS))]
    runs += [("tl.lab.play(picture, levers)", picture), ("tl.lab.explore(chain)", picture)]
    runs += [(f'tl.course.check("0.{at}", None)', {"text/plain": "[TODO] it"}) for at in (1, 2, 3)]
    for at, part in enumerate(PARTS):
        cells += [
            new_markdown_cell(f"## {part}: a few words"),
            new_markdown_cell("Text, with `# no heading` and\n\n```\n# none here\n```"),
            answered(at + 1, *runs[at]),
            new_markdown_cell("More text, and [a link](https://example.org/page)."),
        ]
    cells += [answered(len(PARTS) + at, *run) for at, run in enumerate(runs[len(PARTS) :], 1)]
    cells += [new_markdown_cell("**What this cannot tell.** All.\n\n**Sources**\n\n- A book.")]
    kernel = {"name": "python3", "display_name": "Python 3"}
    return new_notebook(cells=cells, metadata={"kernelspec": kernel})


def show(notebook: NotebookNode, kind: str, text: object) -> None:
    notebook.cells[3].outputs.append(new_output("display_data", {kind: text}))


def markdown(notebook: NotebookNode, text: str) -> None:
    notebook.cells[2].source += f"\n\n{text}"


def code(notebook: NotebookNode, text: str) -> None:
    notebook.cells[3].source = text


def no_results(notebook: NotebookNode) -> None:
    for cell in code_cells(notebook)[1:6]:
        cell.metadata["tags"] = ["nbval-ignore-output"]


def replaced(old: str, new: str) -> Callable[[NotebookNode], None]:
    """A change of the words wherever they stand."""

    def plant(notebook: NotebookNode) -> None:
        assert any(old in cell.source for cell in notebook.cells)
        for cell in notebook.cells:
            cell.source = cell.source.replace(old, new)

    return plant


def without_picture(notebook: NotebookNode) -> None:
    next(c for c in code_cells(notebook) if "play" in c.source).outputs[0].data.pop("image/png")


def solved(notebook: NotebookNode) -> None:
    data = next(c for c in code_cells(notebook) if "check" in c.source).outputs[0].data
    data["text/plain"] = "[PASS] it"


def error(notebook: NotebookNode) -> None:
    output = new_output("error", ename="ValueError", evalue="no", traceback=[])
    notebook.cells[3].outputs.append(output)


LONG = "<p>" + "x" * BYTES
PLANTED: list[tuple[Check, Callable[[NotebookNode], object]]] = [
    (opens_everywhere, lambda nb: nb.metadata.kernelspec.update(name="my-env")),
    (opens_everywhere, lambda nb: nb.metadata.pop("kernelspec")),
    (was_run_from_top_to_bottom, lambda nb: nb.cells[3].update(execution_count=None)),
    (was_run_from_top_to_bottom, lambda nb: nb.cells[3].update(execution_count=9)),
    (has_results_to_compare, no_results),
    (has_widgets_to_move, replaced("tl.lab.explore(", "tl.lab.chart(")),
    (has_widgets_to_move, without_picture),
    (has_exercises_to_do, solved),
    (has_exercises_to_do, replaced('tl.course.check("0.2"', 'print("0.2"')),
    (has_no_error, error),
    (says_the_same_every_time, lambda nb: show(nb, "text/plain", "<Figure at 0x7f01aa22bb33>")),
    (says_the_same_every_time, lambda nb: show(nb, "text/html", "<p>/home/anna/lanes.csv")),
    (says_the_same_every_time, lambda nb: show(nb, "text/plain", "80%  12.5it/s")),
    (says_the_same_every_time, lambda nb: show(nb, "text/plain", "took 0:00:01.204")),
    (shows_without_a_kernel, lambda nb: show(nb, WIDGET_VIEW, {"model_id": "6ad0"})),
    (shows_without_a_kernel, lambda nb: nb.metadata.update(widgets={})),
    (shows_offline, lambda nb: show(nb, "text/html", '<script src="https://cdn.example/v.js">')),
    (shows_offline, lambda nb: show(nb, "text/html", '<link rel=x href="//cdn.example/v.css">')),
    (shows_offline, lambda nb: show(nb, "text/html", "<style>a{b:url(https://a.example/f)}")),
    (shows_offline, lambda nb: markdown(nb, "![a chain](https://a.example/chain.png)")),
    (says_what_pictures_show, lambda nb: markdown(nb, "![](chain.svg)")),
    (says_what_pictures_show, lambda nb: markdown(nb, '<img src="chain.svg">')),
    (says_what_pictures_show, lambda nb: show(nb, "text/html", "<svg width=9><path/></svg>")),
    (says_what_pictures_show, lambda nb: show(nb, "image/png", "iVBOR")),
    (says_what_it_is_for, replaced("**Time:**", "Time:")),
    (says_what_it_is_for, replaced("1. say it.", "Everything.")),
    (says_where_things_come_from, replaced("**Sources**", "Sources")),
    (says_where_things_come_from, replaced("- A book.", "")),
    (says_where_it_ends, replaced("What this cannot tell", "All is told")),
    (has_no_trailing_semicolon, lambda nb: code(nb, "draw();")),
    (has_one_title_and_ordered_headings, lambda nb: markdown(nb, "# A second title")),
    (has_one_title_and_ordered_headings, lambda nb: markdown(nb, "#### Too deep")),
    (has_the_five_parts, lambda nb: nb.cells[1].update(source="## Something else")),
    (has_the_five_parts, lambda nb: nb.cells[1].update(source="## Play")),
    (has_a_fair_length, lambda nb: nb.cells.__delitem__(slice(4, 14))),
    (has_a_fair_length, lambda nb: nb.cells.extend(new_markdown_cell("and on") for _ in range(26))),
    (has_short_cells, lambda nb: code(nb, "x = 1\n" * (CODE_LINES + 1))),
    (has_short_cells, lambda nb: code(nb, "")),
    (is_small, lambda nb: show(nb, "text/html", LONG)),
]


def test_every_check_has_a_planted_notebook():
    assert {check for check, _ in PLANTED} == set(CHECKS)


def test_a_good_notebook_passes():
    notebook = good_notebook()
    show(notebook, "text/html", '<svg role="img" aria-label="stock by day"><path/></svg>')
    show(notebook, "text/html", "<svg><title>stock by day</title></svg>")
    show(notebook, "text/html", '<a href="https://example.org">a link is no asset</a>')
    show(notebook, "image/svg+xml", "<svg/>")
    assert [text for check in CHECKS for text in check(notebook)] == []


@pytest.mark.parametrize(("check", "plant"), PLANTED)
def test_a_planted_notebook_is_refused(check, plant):
    notebook = copy.deepcopy(good_notebook())
    plant(notebook)
    refused = {found.__name__ for found in CHECKS if found(notebook)}
    # Removing a part also shortens the notebook or hurts the order: others may complain as well.
    assert check.__name__ in refused
