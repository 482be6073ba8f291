"""Make notebooks fit to be committed: outputs and counts stay, whatever is volatile goes.

    python tests/notebooks/clean.py [--execute] notebooks/*.ipynb

Outputs are what nbval compares with, and it compares nothing for a cell without its count:
a notebook stripped of them is a test that cannot fail.
"""

import argparse
import hashlib
import os
import re
from collections import Counter
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbformat import NotebookNode

# A progress bar is no result, and committed notebooks show the numbers for practice.
os.environ.setdefault("TQDM_DISABLE", "1")
os.environ["TWINLAB_PLAYED"] = ""

SECONDS_PER_CELL = 300
WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
FALLBACKS = ("text/plain", "text/html", "image/svg+xml", "image/png")
# Everything else in a cell's metadata is a trace of the session that wrote it.
KEPT = {"deletable", "editable", "jupyter", "tags"}
# Always this name: any other opens a "Select Kernel" dialog on the reader's machine.
METADATA = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
RULES = re.findall(
    r"^regex: (.*)\nreplace: (.*)$", Path(__file__).with_name("sanitize.cfg").read_text(), re.M
)
MASKS = [rule for rule in RULES if "base64" not in rule[0]]  # pictures stay, nbval skips them


def execute(notebook: NotebookNode, folder: Path) -> None:
    """Run every cell in a fresh kernel, in the notebook's own folder."""
    # Without a time-out nbclient waits for ever on a stalled cell.
    NotebookClient(
        notebook,
        timeout=SECONDS_PER_CELL,
        kernel_name="python3",
        store_widget_state=False,
        resources={"metadata": {"path": str(folder)}},
    ).execute()


def clean(notebook: NotebookNode) -> None:
    """Keep sources, outputs and counts; drop the rest or make it the same every time."""
    notebook.metadata = nbformat.from_dict(METADATA)
    notebook.nbformat, notebook.nbformat_minor = 4, 5  # the first format in which cells have ids
    seen: Counter[str] = Counter()
    for cell in notebook.cells:
        cell.metadata = nbformat.from_dict({k: v for k, v in cell.metadata.items() if k in KEPT})
        cell.source = cell.source.rstrip()
        cell.id = identity(cell, seen)
        if cell.cell_type == "code":
            cell.outputs = joined([cleaned(output) for output in cell.outputs])


def identity(cell: NotebookNode, seen: Counter[str]) -> str:
    """Name a cell after its text, so that a new cell leaves the names of the others alone."""
    digest = hashlib.sha256(f"{cell.cell_type}\n{cell.source}".encode()).hexdigest()[:8]
    seen[digest] += 1
    return digest if seen[digest] == 1 else f"{digest}-{seen[digest]}"


def cleaned(output: NotebookNode) -> NotebookNode:
    if "data" in output:
        # A saved view points to a model that died with its kernel: readers would see an error.
        if any(kind in output.data for kind in FALLBACKS):
            output.data.pop(WIDGET_VIEW, None)
        output.data = nbformat.from_dict({k: masked(v) for k, v in sorted(output.data.items())})
        output.metadata = nbformat.from_dict(words_for_pictures(output))
    elif "text" in output:
        output.text = masked(output.text)
    return output


def words_for_pictures(output: NotebookNode) -> dict[str, dict[str, str]]:
    """The alternative text of each picture: its own, else what its output says in plain text.

    A widget has no place to give its still picture one: its words are its plain text.
    """
    plain = output.data.get("text/plain", "")
    said = {
        kind: output.get("metadata", {}).get(kind, {}).get("alt") or plain
        for kind in output.data
        if kind.startswith("image/")
    }
    return {kind: {"alt": str(masked(words))} for kind, words in said.items() if words}


def masked(text: object) -> object:
    if isinstance(text, str):
        for pattern, replacement in MASKS:
            text = re.sub(pattern, replacement, text)
    return text


def joined(outputs: list[NotebookNode]) -> list[NotebookNode]:
    """Streams that follow one another in one piece: where they break is a matter of timing."""
    result: list[NotebookNode] = []
    for output in outputs:
        last = result[-1] if result else None
        if last and output.output_type == "stream" and last.get("name") == output.name:
            last.text += output.text
        else:
            result.append(output)
    return [output for output in result if output.get("text") != ""]  # nothing but what is masked


def main() -> None:
    parser = argparse.ArgumentParser(description="Make notebooks fit to be committed.")
    parser.add_argument("--execute", action="store_true", help="run them first, in a new kernel")
    parser.add_argument("notebooks", nargs="*", type=Path)
    asked = parser.parse_args()
    for path in asked.notebooks:
        before = path.read_text("utf-8")
        notebook = nbformat.reads(before, as_version=4)
        if asked.execute:
            print(f"running {path}", flush=True)
            execute(notebook, path.resolve().parent)
        clean(notebook)
        after = nbformat.writes(notebook) + "\n"
        if after != before:
            path.write_text(after, "utf-8", newline="\n")
            print(f"cleaned {path}")


if __name__ == "__main__":
    main()
