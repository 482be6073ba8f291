"""The numbers in a notebook's prose, and who answers for them."""

import re

from nbformat import NotebookNode

from tests.notebooks.claims import Claims
from tests.notebooks.claims.slices import read

# Not prose: code, sources, formulas, addresses of links, headings, the count of a list.
ASIDE = re.compile(
    r"```[\s\S]*?```|`[^`\n]*`|\*\*Sources\b[\s\S]*|\$\$[\s\S]*?\$\$|\$[^$\n]+\$|\]\([^)]*\)"
    r"|^#{1,6} .*$|^\s*(?:\d+\.|[-*]) |^\*\*\d+\.|^\*\*Time:\*\*[^\n]*(?:\n[^\n]+)*"
    r"|\bnotebooks? \d\d(?:(?:,| and) \d\d)*",
    re.M,
)
NUMBER = re.compile(r"(?<![\w.,])\d+(?:,\d{3})*(?:\.\d+)?(?!\w)")
SHARE = re.compile(
    r"\b(?:half|halves|thirds?|quarters?|fifths?|tenths?|twice|doubled?|\w+ times (?:as|the)"
    r"|one in \w+|\w+ out of (?:\d+|\w+(?<!order)))\b",
    re.I,
)


def plain(text: str) -> str:
    """Text without marks of emphasis and line breaks."""
    return " ".join(text.replace("*", "").split())


def prose(cell: NotebookNode) -> str:
    """A markdown cell's sentences."""
    return plain(ASIDE.sub(" ", ASIDE.sub(" ", cell.source)))


def beside(cells: list[NotebookNode], at: int) -> list[NotebookNode]:
    """The code cells just before and just after a markdown cell."""

    def run(numbers: range) -> list[NotebookNode]:
        found: list[NotebookNode] = []
        for number in numbers:
            if cells[number].cell_type == "code":
                found.append(cells[number])
            elif found:
                break
        return found

    return run(range(at - 1, -1, -1)) + run(range(at + 1, len(cells)))


def seen(cell: NotebookNode) -> str:
    """The text of a code cell and of what it printed."""
    said = [o.get("text") or o.get("data", {}).get("text/plain", "") for o in cell.outputs]
    return "\n".join([cell.source, *said])


def figures(text: str) -> set[float]:
    """All numbers in a text."""
    found = re.findall(r"\d+(?:,\d{3})+(?:\.\d+)?|\d+\.?\d*|\.\d+", text)
    return {float(number.replace(",", "")) for number in found}


def printed(number: str, shown: set[float]) -> bool:
    """Whether a number stands there, rounded or in per cent; one digit must match as it is."""
    value = float(number.replace(",", ""))
    digits = number.replace(".", "").replace(",", "").lstrip("0")
    if value in shown or len(digits) < 2:
        return value in shown
    half = 0.5 * 10 ** -len(number.partition(".")[2]) + 1e-9
    return any(abs(scale * other - value) <= half for other in shown for scale in (1, 100))


def unmarked(claims: Claims) -> list[str]:
    """Numbers in the prose that are neither claimed, nor given, nor to be seen beside it."""
    cells = read(claims.path).cells
    found = []
    for at, cell in enumerate(cells):
        if cell.cell_type != "markdown":
            continue
        text = prose(cell)
        spans = [(m.start(), m.end()) for mark in claims.marks for m in matches(mark, text)]
        shown = figures("\n".join(seen(one) for one in beside(cells, at)))
        for hit in [*NUMBER.finditer(text), *SHARE.finditer(text)]:
            marked = any(low <= hit.start() < high for low, high in spans)
            if not marked and not (hit.re is NUMBER and printed(hit[0], shown)):
                around = text[max(0, hit.start() - 50) : hit.end() + 40]
                found.append(f"cell {at}: {hit[0]!r} in … {around} …")
    return found


def matches(mark: str, text: str) -> list[re.Match[str]]:
    """Where a marked sentence stands in prose; what prose leaves out, the mark leaves out, too."""
    words = plain(ASIDE.sub(" ", mark))
    return list(re.finditer(re.escape(words), text)) if words else []
