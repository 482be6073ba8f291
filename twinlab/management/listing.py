"""Results as tables: one row per frozen dataclass, units in the headings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from twinlab.scope.columns import schema

if TYPE_CHECKING:
    import pandas as pd

# Units that a heading does not show: the entries are words.
_WORDS = ("name", "label", "words", "")


def table_of(rows: Sequence[Any], kind: type[Any]) -> pd.DataFrame:
    """Put described rows of a kind under headings such as ``loss [USD]``, the first as index.

    >>> from twinlab import Product
    >>> list(table_of([Product("bike", 12.0)], Product).columns)
    ['weight [kg/unit]', 'value [USD/unit]']
    """
    import pandas as pd  # half a second; `import twinlab` stays quick

    columns = schema(kind)
    heads = [c.name.replace("_", " ") + (f" [{c.unit}]" if c.unit not in _WORDS else "")
             for c in columns]  # fmt: skip
    body = [[getattr(row, c.name) for c in columns] for row in rows]
    return pd.DataFrame(body, columns=heads).set_index(heads[0])


def html_of(table: pd.DataFrame, caption: str) -> str:
    """Give a table with its caption as HTML, numbers with thousands and few digits.

    >>> from twinlab import Product
    >>> "<caption>goods</caption>" in html_of(table_of([Product("bike", 12.0)], Product), "goods")
    True
    """
    text = str(table.to_html(float_format=shown))
    return text.replace("<thead>", f"<caption>{caption}</caption><thead>", 1)


def shown(number: float) -> str:
    """Write a number for reading: thousands apart, four digits, small ones not rounded away.

    >>> shown(1234567.8), shown(0.45454), shown(-0.0)
    ('1,234,568', '0.4545', '0')
    """
    return f"{number:,.0f}" if abs(number) >= 1000 else f"{number + 0.0:.4g}"
