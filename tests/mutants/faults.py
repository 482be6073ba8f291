"""Faults that a hand might make, found in the syntax tree of the library and written as text.

A fault replaces one piece of one file: a comparison, a constant, a sign, a clamp, a statement.
Never touched are imports, annotations, decorators, docstrings, the text of messages (f-strings),
and what only says how a picture looks (`LOOKS`): nobody's number depends on it.
"""

import ast
import hashlib
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

FLOORS = ("scope", "organization", "modeling", "technology", "people", "management", "task",
          "lab", "cases")  # fmt: skip

COMPARED = {
    ast.Lt: ("<=", ">"), ast.LtE: ("<", ">="), ast.Gt: (">=", "<"), ast.GtE: (">", "<="),
    ast.Eq: ("!=",), ast.NotEq: ("==",), ast.Is: ("is not",), ast.IsNot: ("is",),
    ast.In: ("not in",), ast.NotIn: ("in",),
}  # fmt: skip
COUNTED = {ast.Add: "-", ast.Sub: "+", ast.Mult: "/", ast.Div: "*", ast.FloorDiv: "/",
           ast.Pow: "*", ast.Mod: "//", ast.BitOr: "&", ast.BitAnd: "|"}  # fmt: skip
PAIRS = [("min", "max"), ("minimum", "maximum"), ("argmin", "argmax"), ("floor", "ceil"),
         ("any", "all"), ("bisect_left", "bisect_right")]  # fmt: skip
OTHER = dict(PAIRS) | {b: a for a, b in PAIRS} | {"cumsum": "asarray", "rint": "floor"}
# Names that stand for a whole number here, so that one less is another place.
WHOLE = {"at", "block", "best", "column", "count", "day", "days", "i", "k", "n", "number", "step"}
CLAMPS = {"min", "max", "minimum", "maximum", "clip", "abs", "rint", "round", "ceil", "floor"}
DEFAULTS = {"float": "0.0", "int": "0", "bool": "False", "str": '""', "list": "[]", "dict": "{}",
            "tuple": "()", "Array": "np.zeros(1)"}  # fmt: skip
# How a picture looks, what its letters say, and switches of Python that change no value.
LOOKS = {
    "alpha", "bbox_inches", "color", "colors", "edgecolor", "facecolor", "figsize", "fontsize",
    "height", "labelsize", "layout", "length", "linestyle", "linewidth", "lw", "markersize", "pad",
    "rotation", "style", "va", "ha", "width", "zorder", "dpi", "ncols", "label", "meaning", "hints",
    "strict", "maxsize", "repr", "compare", "frozen", "eq", "dtype",
}  # fmt: skip
SPOKEN = {"__repr__", "__str__", "_repr_html_", "_ipython_display_", "_repr_mimebundle_"}


@dataclass(frozen=True)
class Fault:
    """One piece of one file, and what stands there instead."""

    path: str
    kind: str
    start: int  # offsets in the file's text
    end: int
    new: str
    old: str
    lines: tuple[int, ...]  # a test that runs one of them may see it
    imported: bool  # it is run while the module is imported
    where: str  # the function around it
    at: int = 0  # which of several that read alike

    @property
    def floor(self) -> str:
        """The folder that it lies in."""
        part = self.path.split("/")[1]
        return part if part in FLOORS else "top"

    @property
    def key(self) -> str:
        """A name that stays while the code around it changes."""
        return f"{self.path} {self.where}: {flat(self.old)} -> {flat(self.new)} #{self.at}"

    def planted(self, text: str) -> str:
        """The file's text with the fault in it."""
        return text[: self.start] + self.new + text[self.end :]


def flat(text: str) -> str:
    return " ".join(text.split())


class Finder(ast.NodeVisitor):
    """Walks through a file and collects what can go wrong in it."""

    def __init__(self, path: str, text: str) -> None:
        self.path, self.text, self.found = path, text, list[Fault]()
        self.starts = [0]
        for line in text.splitlines(keepends=True):
            self.starts.append(self.starts[-1] + len(line))
        self.rows = text.splitlines()
        self.function: list[ast.FunctionDef | ast.AsyncFunctionDef] = []
        self.names: list[str] = []
        self.statement: ast.stmt | None = None
        self.looks = 0

    # -- places --

    def offset(self, line: int, column: int) -> int:
        """Python counts columns in bytes of UTF-8."""
        return self.starts[line - 1] + len(self.rows[line - 1].encode()[:column].decode())

    def span(self, node: ast.AST) -> tuple[int, int]:
        start = self.offset(node.lineno, node.col_offset)  # type: ignore[attr-defined]
        return start, self.offset(node.end_lineno, node.end_col_offset)  # type: ignore[attr-defined]

    def source(self, node: ast.AST) -> str:
        start, end = self.span(node)
        return self.text[start:end]

    def fault(
        self, kind: str, node: ast.AST, new: str, span: tuple[int, int] | None = None
    ) -> None:
        start, end = span or self.span(node)
        first, last = node.lineno, node.end_lineno  # type: ignore[attr-defined]
        lines = {self.statement.lineno if self.statement else first, *range(first, last + 1)}
        self.found.append(
            Fault(self.path, kind, start, end, new, self.text[start:end], tuple(sorted(lines)),
                  not self.function, ".".join(self.names) or "module")
        )  # fmt: skip

    def between(self, left: ast.AST, right: ast.AST) -> tuple[int, int]:
        """Where the sign between two operands stands, brackets around them left aside."""
        start, end = self.span(left)[1], self.span(right)[0]
        piece = self.text[start:end]
        return start + len(piece) - len(piece.lstrip(") \n")), end - len(piece) + len(
            piece.rstrip("( \n")
        )

    # -- what is walked through, and what is not --

    def visit(self, node: ast.AST) -> None:
        if isinstance(node, ast.stmt):
            before, self.statement = self.statement, node
            super().visit(node)
            self.statement = before
        else:
            super().visit(node)

    def body(self, statements: list[ast.stmt]) -> None:
        for statement in statements:
            words = isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
            if not words:
                self.visit(statement)

    def visit_Module(self, node: ast.Module) -> None:
        self.body(node.body)

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        self.names.append(node.name)
        self.body(node.body)
        self.names.pop()

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        if node.name in SPOKEN:
            return
        self.names.append(node.name)
        for default in (*node.args.defaults, *filter(None, node.args.kw_defaults)):
            self.visit(default)
        self.function.append(node)
        self.body(node.body)
        self.function.pop()
        self.names.pop()

    def visit_Import(self, node: ast.Import) -> None:
        pass

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        pass

    def visit_JoinedStr(self, node: ast.JoinedStr) -> None:
        pass  # what a message says; its places are wrong before Python 3.12, too

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        if node.value is not None:
            self.visit(node.value)

    def visit_keyword(self, node: ast.keyword) -> None:
        if node.arg not in LOOKS:
            self.visit(node.value)

    def visit_Dict(self, node: ast.Dict) -> None:
        for key, value in zip(node.keys, node.values, strict=True):
            if not (isinstance(key, ast.Constant) and key.value in LOOKS):
                self.visit(value)

    # -- expressions --

    def visit_Compare(self, node: ast.Compare) -> None:
        left = node.left
        for sign, right in zip(node.ops, node.comparators, strict=True):
            for other in COMPARED.get(type(sign), ()):
                self.fault("comparison", node, f" {other} ", self.between(left, right))
            left = right
        self.generic_visit(node)

    def visit_BinOp(self, node: ast.BinOp) -> None:
        words = any(
            isinstance(side, ast.JoinedStr)
            or (isinstance(side, ast.Constant) and isinstance(side.value, str))
            for side in (node.left, node.right)
        )
        if type(node.op) in COUNTED and not words:
            sign = f" {COUNTED[type(node.op)]} "
            self.fault("sign", node, sign, self.between(node.left, node.right))
        self.generic_visit(node)

    def visit_BoolOp(self, node: ast.BoolOp) -> None:
        sign = " or " if isinstance(node.op, ast.And) else " and "
        self.fault("and/or", node, sign, self.between(*node.values[:2]))
        self.generic_visit(node)

    def visit_UnaryOp(self, node: ast.UnaryOp) -> None:
        if not isinstance(node.operand, ast.Constant):
            self.fault("not", node, f"({self.source(node.operand)})")
        self.generic_visit(node)

    def visit_Constant(self, node: ast.Constant) -> None:
        value = node.value
        if isinstance(value, bool):
            self.fault("constant", node, str(not value))
        elif isinstance(value, int | float):
            self.fault("constant", node, repr(value + 1))

    def visit_IfExp(self, node: ast.IfExp) -> None:
        parts = (node.orelse, node.test, node.body)
        self.fault("branches", node, "({} if {} else {})".format(*map(self.source, parts)))
        self.generic_visit(node)

    def visit_Subscript(self, node: ast.Subscript) -> None:
        index = node.slice
        if isinstance(index, ast.Slice):
            for edge in (index.lower, index.upper):
                if edge is not None:
                    self.fault("index", edge, "")
        elif isinstance(index, ast.UnaryOp) and isinstance(index.operand, ast.Constant):
            self.fault("index", index, "0")
        elif isinstance(index, ast.Name) and index.id in WHOLE and isinstance(node.ctx, ast.Load):
            self.fault("index", index, f"{index.id} - 1")
        self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        name = node.func.attr if isinstance(node.func, ast.Attribute) else ""
        name = node.func.id if isinstance(node.func, ast.Name) else name
        if name in OTHER:
            end = self.span(node.func)[1]
            self.fault("min/max", node, OTHER[name], (end - len(name), end))
        if name in CLAMPS and node.args:
            for kept in node.args[:2]:
                if not isinstance(kept, ast.Constant | ast.Starred | ast.GeneratorExp):
                    self.fault("clamp", node, f"({self.source(kept)})")
        for given in node.keywords if self.function else ():
            if given.arg and given.arg not in LOOKS and len(node.args) + len(node.keywords) > 1:
                start, end = self.span(given)
                more = self.text[end:].lstrip()
                end += len(self.text[end:]) - len(more) + 1 if more.startswith(",") else 0
                self.fault("argument", given, "", (start, end))
        self.generic_visit(node)

    # -- statements --

    def visit_If(self, node: ast.If) -> None:
        if isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            return
        self.fault("branches", node.test, f"not ({self.source(node.test)})")
        self.generic_visit(node)

    def visit_While(self, node: ast.While) -> None:
        self.generic_visit(node)

    def visit_Return(self, node: ast.Return) -> None:
        if node.value is not None and self.function:
            told = self.function[-1].returns
            word = ast.unparse(told).split("[")[0].strip("'\"") if told else ""
            default = DEFAULTS.get(word, "None")
            if flat(self.source(node.value)) not in (default, "True", "False", "None", "self"):
                self.fault("default", node, f"return {default}")
            if word == "bool":
                self.fault("default", node, "return True")
        self.generic_visit(node)

    def visit_Expr(self, node: ast.Expr) -> None:
        if isinstance(node.value, ast.Call):
            self.fault("statement", node, "pass")
        self.generic_visit(node)

    def visit_Raise(self, node: ast.Raise) -> None:
        self.fault("statement", node, "pass")

    def visit_Continue(self, node: ast.Continue) -> None:
        self.fault("statement", node, "pass")

    visit_Break = visit_Continue  # type: ignore[assignment]

    def visit_Assign(self, node: ast.Assign) -> None:
        target = node.targets[0]
        first = not self.function or self.function[-1].name == "__init__"
        if isinstance(target, ast.Subscript) or (isinstance(target, ast.Attribute) and not first):
            self.fault("statement", node, "pass")
        self.generic_visit(node)

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        self.fault("statement", node, "pass")
        if type(node.op) in COUNTED:
            span = self.between(node.target, node.value)
            self.fault("sign", node, f" {COUNTED[type(node.op)]}= ", span)
        self.generic_visit(node)


def found(path: str, text: str) -> list[Fault]:
    """All faults of a file, told apart where they read alike."""
    finder = Finder(path, text)
    finder.visit(ast.parse(text))
    seen: dict[str, int] = defaultdict(int)
    faults = []
    for fault in finder.found:
        seen[fault.key] += 1
        faults.append(Fault(**(vars(fault) | {"at": seen[fault.key] - 1})))
    return faults


def is_python(text: str) -> bool:
    try:
        compile(text, "planted", "exec")
    except SyntaxError:
        return False
    return True


def code_lines(text: str) -> int:
    """Lines with code: no docstring, no comment, no blank."""
    lines: set[int] = set()
    for node in ast.walk(ast.parse(text)):
        words = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        if isinstance(node, ast.stmt) and not words:
            inner = [child.lineno for child in ast.iter_child_nodes(node)
                     if isinstance(child, ast.stmt)]  # fmt: skip
            last = min(inner) - 1 if inner else node.end_lineno or node.lineno
            lines |= set(range(node.lineno, last + 1))
    return len(lines)


def drawn(sources: dict[str, str], count: int, seed: int) -> list[Fault]:
    """Draw faults from all floors by their share of the code, and from all kinds by turns.

    A fault's rank is a hash of its words, so a change of the library changes the draw only where
    it changes the code. No two are on one line.
    """

    def rank(fault: Fault) -> str:
        return hashlib.sha256(f"{seed} {fault.key}".encode()).hexdigest()

    size: dict[str, int] = defaultdict(int)
    faults: dict[str, dict[str, list[Fault]]] = defaultdict(lambda: defaultdict(list))
    for path, text in sources.items():
        for fault in found(path, text):
            faults[fault.floor][fault.kind].append(fault)
        part = path.split("/")[1]
        size[part if part in FLOORS else "top"] += code_lines(text)
    picked = []
    for floor, many in shares(size, count).items():
        queues = [sorted(faults[floor][kind], key=rank) for kind in sorted(faults[floor])]
        picked += list(taken(queues, many, sources))
    return sorted(picked, key=lambda fault: (fault.path, fault.start))


def shares(size: dict[str, int], count: int) -> dict[str, int]:
    """Split a count by size, the largest remainders first."""
    exact = {name: count * lines / sum(size.values()) for name, lines in size.items()}
    found = {name: int(share) for name, share in exact.items()}
    for name in sorted(exact, key=lambda name: found[name] - exact[name])[
        : count - sum(found.values())
    ]:
        found[name] += 1
    return found


def taken(queues: list[list[Fault]], many: int, sources: dict[str, str]) -> Iterator[Fault]:
    """So many faults that leave Python, one of each kind in turn, no two on one line."""
    used: set[tuple[str, int]] = set()
    while many and any(queues):
        for queue in queues:
            while queue and many:
                fault = queue.pop(0)
                free = (fault.path, fault.lines[-1]) not in used
                if free and is_python(fault.planted(sources[fault.path])):
                    used.add((fault.path, fault.lines[-1]))
                    many -= 1
                    yield fault
                    break


def library(root: Path) -> dict[str, str]:
    """The text of every file of the library by its path."""
    return {
        str(path.relative_to(root)): path.read_text("utf-8")
        for path in sorted((root / "twinlab").rglob("*.py"))
    }
