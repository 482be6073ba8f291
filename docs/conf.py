"""What Sphinx is told; ``docs/build_site.py`` puts its pages together and calls it.

Nothing of the finished pages lies on another machine: formulas become MathML when the pages are
built, so no script draws them, and the theme brings its own fonts and search.
"""

import re
from xml.sax.saxutils import escape

from latex2mathml.converter import convert

project = "twinlab"
author = "The twinlab authors"
copyright = "the twinlab authors, BSD-3-Clause"
extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
root_doc = "index"

html_theme = "furo"
html_title = "twinlab"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_show_sphinx = False
html_copy_source = False
html_math_renderer = "mathml"

# The notebooks are shown as they were committed; `make test` runs them.
nb_execution_mode = "off"
nb_ipywidgets_js = {}
nb_merge_streams = True
myst_enable_extensions = ["dollarmath", "colon_fence", "deflist"]
myst_heading_anchors = 3
suppress_warnings = ["myst.header"]

autodoc_typehints = "signature"
autodoc_typehints_format = "short"
autodoc_member_order = "bysource"
python_use_unqualified_type_names = True
python_maximum_signature_line_length = 90
add_module_names = False
toc_object_entries = False


def docstring(app, what, name, thing, options, lines):
    """Make of a docstring what Sphinx reads: bars are bars; columns, which ``?`` shows, a list."""
    told = next((at for at, line in enumerate(lines) if ">>>" in line), len(lines))
    lines[:told] = [re.sub(r"(``.*?``)|\|", lambda m: m[1] or r"\|", line) for line in lines[:told]]
    if "Columns:" in lines:
        start = lines.index("Columns:")
        found = [re.match(r"\s+(.*?)( \[[^\]]*\])?: (.*)", line) for line in lines[start + 1 :]]
        rows = [f"* ``{row[1]}``{row[2] or ''}: {plain(row[3])}" for row in found if row]
        lines[start:] = ["**Columns**", "", *rows]


def signature(*told):
    """Write a ranged number as a number: what its range is, an error says."""
    ranged = r"~?(?:typing\.)?Annotated\[([^,\[\]]+), [^\]]*\]"
    arrays = r"ndarray\[tuple\[Any, \.\.\.\], dtype\[\w+\]\]"
    *_, given, returned = told  # app, kind, name, object and options
    given, returned = (text and re.sub(arrays, "ndarray", text) for text in (given, returned))
    return given and re.sub(ranged, r"\1", given), returned


def plain(words):
    """Words that stand in a list with no mark-up of their own."""
    return re.sub(r"([*|`_\\])", r"\\\1", words)


def formula(display):
    """A formula as MathML, which browsers draw by themselves."""

    def visit(self, node):
        from docutils.nodes import SkipNode

        made = convert(node.astext(), display=display)
        words = escape(node.astext(), {'"': "&quot;"})
        self.body.append(made.replace("<math ", f'<math aria-label="{words}" ', 1))
        raise SkipNode

    return visit


def setup(app):
    """Tell Sphinx of both."""
    app.add_html_math_renderer("mathml", (formula("inline"), None), (formula("block"), None))
    app.connect("autodoc-process-docstring", docstring, priority=400)
    app.connect("autodoc-process-signature", signature)
    return {"parallel_read_safe": True}
