"""Libraries that load when something of them is used: slow ones, and SQLite, which may be missing.

So `import twinlab` stays quick, and a module still names at its top what it needs.
"""

from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

from twinlab.scope.errors import TwinError

__all__ = ["integrate", "nx", "optimize", "pd", "signal", "sparse", "special", "sqlite3", "stats"]


def needs(name: str, extra: str) -> Any:
    """Import a library that only some tasks need; a TwinError that says how to install it."""
    try:
        return import_module(name)
    except ImportError:
        what = name.partition(".")[0]
        raise TwinError(f"this needs {what}: pip install 'twinlab-scom[{extra}]'") from None


class _Later(ModuleType):
    """A library that is imported when something of it is asked for."""

    def __getattr__(self, name: str) -> Any:
        return getattr(import_module(self.__name__), name)


if TYPE_CHECKING:
    import sqlite3

    import networkx as nx
    import pandas as pd
    from scipy import integrate, optimize, signal, sparse, special, stats
else:
    nx, pd, sqlite3 = map(_Later, ("networkx", "pandas", "sqlite3"))
    integrate, optimize, signal = map(_Later, ("scipy.integrate", "scipy.optimize", "scipy.signal"))
    sparse, special, stats = map(_Later, ("scipy.sparse", "scipy.special", "scipy.stats"))
