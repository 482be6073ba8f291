"""What the site collects from the notebooks, their exercises and the docstrings.

A page may hold words in double braces, which are replaced: ``{{goals 02}}`` is the table of goals
and exercises of notebook 02, ``{{about 02}}`` its time and question, ``{{first fill_rate}}`` the
first sentence of a docstring, ``{{reading}}`` the reading order of DESIGN.md.
"""

import inspect
import json
import re
import runpy
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

import twinlab as tl

ROOT = Path(__file__).parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("[0-9][0-9]_*.ipynb"))
READERS = {
    "Engineer": "technology: sensors, machines, delays, noise",
    "Operations researcher": "modeling: optima, gaps, duals, proofs",
    "Manager": "management: money a year, risk, who signs",
    "Organization scholar": "organization: who knows, who decides, who is paid for what",
    "Data engineer": "data: schemas, lineage, queries, what is missing",
}
EYES = "### Through whose eyes?"
_NAME = (
    r"(?:(?:[A-Z]\.[ -]?)*(?:(?:van|von|de|der|El|Ben) )?[A-ZÀ-ÖØ-Þ][\w’'-]*[a-zß-ÿ][\w’'-]*"
    r"|\b[A-Z]+\d[A-Z]*\b)"  # GS1, W3C
)
_MORE = r",? (?:and|&) others| et al\.|, (?:[A-Z]\.[ -]?)+|,? (?:&|and) "
_AND = rf"(?:(?:,? (?:and|&) |, ){_NAME}|{_MORE})"
CITED = re.compile(rf"({_NAME}(?:{_AND})*)\s\((1[89]\d\d|20\d\d)\)")
INITIALS = re.compile(r"^(?:[A-Z]\.[ -]?)+")
NOBODY = {"Conference", "Handbook", "Ike"}  # a year in brackets, and no author before it


@cache
def cells(path: Path) -> list[dict[str, Any]]:
    """The cells of a notebook, with their sources and texts joined."""
    found = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return [cell | {"source": "".join(cell["source"])} for cell in found]


def prose(path: Path) -> list[str]:
    """The words of a notebook, by cell."""
    return [cell["source"] for cell in cells(path) if cell["cell_type"] == "markdown"]


def printed(cell: dict[str, Any]) -> str:
    """What a code cell has printed and shown as text."""
    said = [out.get("text") or out.get("data", {}).get("text/plain", "") for out in cell["outputs"]]
    return "".join("".join(each) + "\n" for each in said)


def notebook(number: str) -> Path:
    """The notebook of a number; StopIteration if there is none."""
    return next(path for path in NOTEBOOKS if path.name.startswith(number))


def title(path: Path) -> str:
    """What a notebook is called."""
    return prose(path)[0].partition("\n")[0].removeprefix("# ")


def link(path: Path, words: str = "", up: str = "") -> str:
    """A link to a notebook's page."""
    return f"[{words or f'{path.name[:2]} · {title(path)}'}]({up}notebooks/{path.name})"


def goals(path: Path) -> list[str]:
    """What one can do after a notebook, in the words of its first cell."""
    promised = prose(path)[0].partition("**Afterwards you can**")[2].partition("\n## ")[0]
    found = re.findall(r"^\d\. (.*(?:\n   ?\S.*)*)", promised, re.MULTILINE)
    return [re.sub(r"\s+", " ", each).rstrip(";.") for each in found]


def exercises(path: Path) -> dict[str, Any]:
    """The exercises of a notebook by number."""
    made = runpy.run_path(str(ROOT / "notebooks" / "exercises" / f"{path.stem}.py"))
    return dict(made["EXERCISES"])


def called(path: Path) -> dict[str, str]:
    """What the exercises of a notebook are called, by number."""
    found = re.findall(r"^\*\*(\d+)\. (.+?)\*\*", "\n".join(prose(path)), re.MULTILINE)
    return {f"{int(path.name[:2])}.{at}": re.sub(r"[.:]$", "", words) for at, words in found}


def goals_table(number: str) -> str:
    """A table of a notebook's goals and the exercises that show them."""
    path = notebook(number)
    names, tasks = called(path), exercises(path)
    rows = ["| after it you can | shown by |", "|---|---|"]
    for at, goal in enumerate(goals(path), 1):
        of = [n for n, task in tasks.items() if getattr(task, "goal", "").endswith(f"/{at}")]
        shown = "; ".join(f"{n} {names.get(n, '')}".strip() for n in of)
        rows.append(f"| {at}. {goal} | {shown or 'the discussion'} |")
    return "\n".join(rows)


def about(number: str) -> str:
    """How long a notebook takes and what it needs, in its own words."""
    found = re.search(r"^\*\*Time:\*\*(.|\n)+?\n\n", prose(notebook(number))[0], re.MULTILINE)
    return found[0].replace("\n", " ").strip() if found else ""


def opens(number: str) -> str:
    """A link to a notebook and what it says of time and needs, for the pages of the guide."""
    return f"{link(notebook(number), up='../')}. {about(number)}"


def grading(number: str) -> str:
    """Which exercises of a notebook are graded, and which only practised."""
    path = notebook(number)
    names, tasks = called(path), exercises(path)
    graded = [at for at, task in tasks.items() if not (task.solve or task.judge)]
    points = sum(tasks[at].points for at in graded)
    said = "; ".join(f"{at} {names.get(at, '')}".strip() for at in graded)
    rest = ", ".join(at for at in tasks if at not in graded)
    return f"Graded ({points} points): {said or 'nothing'}. For practice, answered at once: {rest}."


def first(path: str) -> str:
    """The first sentence of a docstring, and its name."""
    thing: Any = tl
    for name in path.split("."):
        thing = getattr(thing, name)
    sentence = inspect.cleandoc(thing.__doc__).partition("\n")[0]
    return f"{sentence} (`tl.{path}`)"


def reading() -> str:
    """The order in which to read the code, from DESIGN.md."""
    told = (ROOT / "DESIGN.md").read_text(encoding="utf-8")
    return told.partition("## Read it in this order\n")[2].partition("\n## ")[0].strip()


def docstring(path: str) -> str:
    """The docstring of a module."""
    return inspect.cleandoc(import_module(f"twinlab.{path}").__doc__ or "")


def notebooks() -> str:
    """A table of all notebooks, with the time that they take."""
    rows = ["| notebook | minutes |", "|---|---|"]
    return "\n".join([*rows, *(f"| {link(path)} | {minutes(path)} |" for path in NOTEBOOKS)])


def minutes(path: Path) -> str:
    """How many minutes a notebook takes, in its own words."""
    found = re.search(r"\*\*Time:\*\* about (\d+) minutes", prose(path)[0])
    return found[1] if found else "?"


def readers() -> str:
    """Links to the five reading paths."""
    rows = [f"- [{who}](eyes/{page_of(who)}): {about}" for who, about in READERS.items()]
    return "\n".join(rows)


def page_of(who: str) -> str:
    """The file of a reader's path."""
    return who.lower().replace(" ", "_")


FILLS = {
    "about": about,
    "doc": docstring,
    "first": first,
    "goals": goals_table,
    "grading": grading,
    "notebooks": lambda _: notebooks(),
    "readers": lambda _: readers(),
    "opens": opens,
    "reading": lambda _: reading(),
}


def filled(text: str) -> str:
    """A page with its double braces replaced."""
    return re.sub(r"\{\{(\w+) ?([^}]*)\}\}", lambda found: FILLS[found[1]](found[2]), text)


# -- through whose eyes -----------------------------------------------------------------------


def eyes(path: Path) -> dict[str, tuple[str, str]]:
    """What each reader is asked and answered in a notebook; nothing where it does not say yet."""
    found = cells(path)
    at = next((n for n, cell in enumerate(found) if EYES in cell["source"]), None)
    if at is None:
        return {}
    words = found[at]["source"].partition(EYES)[2]
    bullets = re.findall(r"^[-*] \*\*(.+?)\.?\*\* ?((?:.|\n(?![-*] |\n))+)", words, re.M)
    code = next(cell for cell in found[at:] if cell["cell_type"] == "code")
    lines = [line for line in printed(code).splitlines() if line.strip()]
    asked = {who: re.sub(r"\s+", " ", said).strip() for who, said in bullets}
    # A line may begin with its reader; where none does, the lines follow the bullets.
    named = {who: line for who in asked for line in lines if line.lower().startswith(who.lower())}
    answers = named if len(named) == len(asked) else dict(zip(asked, lines, strict=False))
    return {who: (asked[who], line) for who, line in answers.items()}


def reading_path(who: str) -> str:
    """One reader's way through all notebooks."""
    parts = [
        f"# {who}",
        f"*{READERS[who].capitalize()}.*",
        "One question a notebook, on its own run:",
    ]
    for path in NOTEBOOKS:
        words, answer = eyes(path).get(who, ("", ""))
        answer = re.sub(rf"^{who}:? *", "", answer, flags=re.IGNORECASE)
        if words:
            short = re.sub(r" {2,}", "  ", answer)
            parts += [f"## {link(path, up='../')}", words, f"```text\n{short}\n```"]
    return "\n\n".join(parts) + "\n"


# -- bibliography -----------------------------------------------------------------------------


def sources(path: Path) -> str:
    """The list of sources that a notebook ends with."""
    after = "\n".join(prose(path)).partition("**Sources**")[2]
    return re.split(r"\n(?:#|\*\*)", after)[0].strip()


def citations(flat: str) -> list[re.Match[str]]:
    """Where a text names authors and a year."""
    # The pattern tries much before it fails, so it is given some words before each year, no more.
    years = (year.end() for year in re.finditer(r"\((?:1[89]|20)\d\d\)", flat))
    windows = ((end, CITED.finditer(flat, max(0, end - 150), end)) for end in years)
    return [each for end, some in windows for each in some if each.end() == end]


def cited(text: str) -> dict[str, str]:
    """Works by first author and year, each with the words that follow it up to the next one."""
    flat = re.sub(r"\s+", " ", text)
    found = citations(flat)
    ends = [*(each.start() for each in found), len(flat)]
    works = dict[str, str]()
    for each, end in zip(found, ends[1:], strict=True):
        author = INITIALS.sub("", re.split(r",| &| and | et ", each[1])[0])
        words = re.sub(r"[.;] [^.;]*:$| and$", "", flat[each.start() : end].strip(" ;,.-"))
        works |= {f"{author} {each[2]}": words.strip(" ;,.-")} if author not in NOBODY else {}
    return works


def titled(line: str) -> dict[str, str]:
    """Works whose year stands after their title: by the first name after a label."""
    works = dict[str, str]()
    done = {key[-4:] for key in cited(line)}
    flat = re.sub(r"\s+", " ", line).strip()
    for sentence in re.split(
        r"(?<=[a-z0-9)*.][a-z0-9)*][.;]) (?=[A-Z])|(?<= \d[.;]) (?=[A-Z])", flat
    ):
        year = re.search(r"\b(1[89]\d\d|20\d\d)\b(?=\)|, \*)", sentence)
        words = re.sub(r"^[^:(]{0,60}: (?=[A-Z])", "", sentence)
        name = re.search(_NAME, words)
        if year and name and year[1] not in done:
            works[f"{INITIALS.sub('', name[0])} {year[1]}"] = words.strip(" .;")
    return works


def bibliography() -> dict[str, tuple[str, list[str]]]:
    """All works that notebooks and docstrings name: their words, and where they are named."""
    works = dict[str, tuple[str, list[str]]]()
    for path in NOTEBOOKS:
        for line in re.split(r"\n[-*] ", "\n" + sources(path)):
            for key, words in (titled(line) | cited(line)).items():
                old, places = works.get(key, ("", []))
                at = [*places, link(path, f"notebook {path.name[:2]}")]
                works[key] = (max(old, words, key=len), list(dict.fromkeys(at)))
    for file in sorted((ROOT / "twinlab").rglob("*.py")):
        place = f"`{file.relative_to(ROOT).as_posix()}`"
        for found in citations(re.sub(r"\s+", " ", file.read_text(encoding="utf-8"))):
            for key, words in cited(found[0]).items():
                old, places = works.get(key, (words, []))
                works[key] = (old, list(dict.fromkeys([*places, place])))
    return dict(sorted(works.items(), key=lambda each: each[0].casefold()))


def pages() -> dict[str, str]:
    """The pages that are made of all this, by file name."""
    works = [f"- {words}. *{', '.join(at)}*" for words, at in bibliography().values()]
    head = (ROOT / "docs" / "bibliography.txt").read_text(encoding="utf-8")
    made = {"bibliography.md": head + "\n" + "\n".join(works) + "\n"}
    made |= {f"eyes/{page_of(who)}.md": reading_path(who) for who in READERS}
    return made
