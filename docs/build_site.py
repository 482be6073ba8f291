"""The docs site: pages, notebooks, and what is collected from them and from docstrings.

``python docs/build_site.py`` writes it to ``build/docs``. The pages are put together in a folder
of their own (``build/docs/.pages``): this folder's as they are, the notebooks with their committed
outputs, and the pages that ``docs/collect.py`` and ``docs/interface.py`` make.
"""

import shutil
import sys
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parent
sys.path[:0] = [str(HERE), str(ROOT)]

import collect  # noqa: E402 (found by the line above)
import interface  # noqa: E402


def put_together(pages: Path) -> None:
    """Write every page, as Sphinx is to read it, into an empty folder."""
    for path in sorted(HERE.rglob("*.md")):
        copy_page(path, pages / path.relative_to(HERE))
    for path in (*HERE.glob("*.svg"), *HERE.glob("*.png")):
        shutil.copy(path, pages / path.name)
    (pages / "notebooks").mkdir()
    for path in collect.NOTEBOOKS:
        shutil.copy(path, pages / "notebooks" / path.name)
    for path in sorted(ROOT.glob("datasets/*/README.md")):
        copy_page(path, pages / path.relative_to(ROOT))
    shutil.copy(ROOT / "CONTRIBUTING.md", pages / "contributing.md")
    made = collect.pages() | interface.pages()
    for name, text in made.items():
        target = pages / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")


def copy_page(path: Path, target: Path) -> None:
    """Copy a page of this folder, which is the site's top: links out of it end here.

    A line ``{{goals 02}}`` stands for what ``collect`` makes of it.
    """
    depth = len(path.relative_to(HERE).parts) if path.is_relative_to(HERE) else 0
    up = "../" * depth
    text = path.read_text(encoding="utf-8").replace(f"]({up}", f"]({up[3:]}")
    text = text.replace("\n\n```\n", "\n```\n")  # the blank line that a doctest needs
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(collect.filled(text), encoding="utf-8")


def build(target: Path) -> int:
    """Build the site; any warning is an error."""
    from sphinx.cmd.build import main

    pages = target / ".pages"
    shutil.rmtree(target, ignore_errors=True)
    pages.mkdir(parents=True)
    put_together(pages)
    strict = ["-W", "--keep-going", "-q", "-b", "html", "-d", str(target / ".trees")]
    status = main([*strict, "-c", str(HERE), str(pages), str(target)])
    for scaffold in (pages, target / ".trees"):
        shutil.rmtree(scaffold)
    return status


if __name__ == "__main__":
    place = Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / "build" / "docs").resolve()
    failed = build(place)
    print(f"open {place / 'index.html'}" if not failed else "the site has faults, named above")
    sys.exit(failed)
