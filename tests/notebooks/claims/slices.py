"""Just those statements of a notebook that some names need, run with other seeds."""

import ast
import contextlib
import io
import symtable
from collections.abc import Iterator
from functools import cache, lru_cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import nbformat
from nbformat import NotebookNode


@cache
def read(path: Path) -> NotebookNode:
    """A notebook, read once."""
    return nbformat.read(path, as_version=4)


@lru_cache(maxsize=16)
def ran(path: Path, seed: int, names: tuple[str, ...], upto: str = "") -> SimpleNamespace:
    """Run the statements that these names need, in order."""
    sources = [cell.source for cell in read(path).cells if cell.cell_type == "code"]
    last = next((at for at, source in enumerate(sources) if upto and upto in source), None)
    assert last is not None or not upto, f"no code cell says {upto!r}"
    tree = ast.parse("\n".join(sources[: None if last is None else last + 1]))
    tree.body = needed(tree.body, set(names))
    tree = ast.fix_missing_locations(Reseed(seed).visit(tree))
    built: dict[str, Any] = {}
    with contextlib.redirect_stdout(io.StringIO()):
        exec(compile(tree, path.name, "exec"), built)
    return SimpleNamespace(**{name: built[name] for name in names})


class Reseed(ast.NodeTransformer):
    """Give every written seed other luck."""

    def __init__(self, seed: int):
        self.seed = seed

    def moved(self, node: ast.expr) -> ast.expr:
        """The number of a seed, far from that of any other."""
        if isinstance(node, ast.Constant) and type(node.value) is int:
            return ast.Constant(1000 * self.seed + node.value)
        return node

    def visit_Call(self, node: ast.Call) -> ast.AST:
        """Find the seeds of a call."""
        self.generic_visit(node)
        for word in node.keywords:
            if word.arg == "seed":
                word.value = self.moved(word.value)
        if isinstance(node.func, ast.Attribute) and node.func.attr == "default_rng":
            node.args = [self.moved(arg) for arg in node.args]
        return node


def needed(statements: list[ast.stmt], names: set[str]) -> list[ast.stmt]:
    """The statements that make these names, and what those are made of, last to first."""
    imported = {name for one in statements for name in imports(one)}
    kept: list[ast.stmt] = []
    wanted = set(names)
    for one in reversed(statements):
        made = writes(one, imported)
        if made & wanted:
            kept.append(one)
            if isinstance(one, ast.Assign) and all(isinstance(t, ast.Name) for t in one.targets):
                wanted -= made  # what these names were before is gone
            wanted |= reads(one)
    return kept[::-1]


def imports(statement: ast.stmt) -> set[str]:
    """The names that an import binds."""
    if isinstance(statement, ast.Import | ast.ImportFrom):
        return {(alias.asname or alias.name).split(".")[0] for alias in statement.names}
    return set()


def reads(statement: ast.stmt) -> set[str]:
    """The global names that a statement looks at, also from within functions."""

    def tables(table: symtable.SymbolTable) -> Iterator[symtable.SymbolTable]:
        yield table
        for inner in table.get_children():
            yield from tables(inner)

    top = symtable.symtable(ast.unparse(statement), "cell", "exec")
    return {
        symbol.get_name()
        for table in tables(top)
        for symbol in table.get_symbols()
        if symbol.is_referenced() and (table is top or symbol.is_global())
    }


def writes(statement: ast.stmt, imported: set[str]) -> set[str]:
    """The names that a statement makes or changes, by assignment or by a method of theirs."""
    if isinstance(statement, ast.FunctionDef | ast.ClassDef):
        return {statement.name}
    found = imports(statement)
    for node in ast.walk(statement):
        if isinstance(node, ast.Name | ast.Subscript | ast.Attribute):
            if isinstance(node.ctx, ast.Store):
                found |= root(node)
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            called = node.value.func
            found |= root(called) - imported if isinstance(called, ast.Attribute) else set()
    return found


def root(node: ast.expr) -> set[str]:
    """The name at the root of a.b[c].d, if there is one."""
    while isinstance(node, ast.Attribute | ast.Subscript):
        node = node.value
    return {node.id} if isinstance(node, ast.Name) else set()
