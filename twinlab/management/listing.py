"""Results in rows: a line of text each, and a table with units in the headings."""

from __future__ import annotations

from dataclasses import fields
from typing import Any, ClassVar

from twinlab.scope.columns import schema
from twinlab.scope.errors import ScenarioError, did_you_mean
from twinlab.scope.later import pd

# Units that a heading does not show: the entries are words.
_WORDS = ("name", "label", "words", "")


class Listing:
    """A frozen result whose first field holds described rows, such as the risks of all sites.

    >>> from dataclasses import dataclass
    >>> @dataclass(frozen=True, repr=False)
    ... class Goods(Listing):
    ...     kind, caption = Product, "goods on sale"
    ...     goods: tuple[Product, ...]
    >>> list(Goods((Product("bike", 12.0),)).table.columns)
    ['weight [kg/unit]', 'value [USD/unit]']
    """

    kind: ClassVar[Any]  # what the rows are
    caption: ClassVar[str]

    @property
    def _rows(self) -> tuple[Any, ...]:
        return tuple(getattr(self, fields(self)[0].name))  # type: ignore[arg-type]

    def __getitem__(self, name: str) -> Any:
        key = schema(self.kind)[0].name
        named = {getattr(row, key): row for row in self._rows}
        if name not in named:
            raise ScenarioError(f"{self.caption}: no {name!r}; {did_you_mean(name, named)}")
        return named[name]

    @property
    def table(self) -> pd.DataFrame:
        """One row each, under headings such as ``loss [USD]``; the first column is the index."""
        heads = {
            c.name: c.name.replace("_", " ") + (f" [{c.unit}]" if c.unit not in _WORDS else "")
            for c in schema(self.kind)
        }
        body = [
            ["–" if (value := getattr(row, name)) is None else value for name in heads]
            for row in self._rows
        ]
        first, *_ = heads.values()
        return pd.DataFrame(body, columns=list(heads.values())).set_index(first)

    def __repr__(self) -> str:
        return "\n".join(map(str, self._rows))

    def _repr_html_(self) -> str:
        return html_of(self.table, self.caption)


def html_of(table: pd.DataFrame, caption: str) -> str:
    """Give a table with its caption as HTML, numbers with thousands and few digits."""
    text = str(table.to_html(float_format=shown))
    return text.replace("<thead>", f"<caption>{caption}</caption><thead>", 1)


def shown(number: float) -> str:
    """Write a number for reading: thousands apart, four digits, small ones not rounded away.

    >>> shown(1234567.8), shown(0.45454), shown(-0.0)
    ('1,234,568', '0.4545', '0')
    """
    return f"{number:,.0f}" if abs(number) >= 1000 else f"{number + 0.0:.4g}"
