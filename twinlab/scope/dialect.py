"""How people write: the encoding, separator and decimal sign of a file, numbers and dates.

What two countries read differently is never guessed: another cell of the file settles it, or the
reader, or it is refused with both readings.
"""

import codecs
import csv
import re
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from io import StringIO
from typing import Any
from unicodedata import normalize

from twinlab.scope.errors import NetworkError, brief
from twinlab.scope.later import needs

__all__ = ["Dialect"]

NUMBER = r"[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?"
_PLAIN = re.compile(rf"{NUMBER}|[-+]?inf|nan", re.ASCII)
_GROUPED = re.compile(r"[-+]?[1-9]\d{0,2}[.,]\d{3}", re.ASCII)
_SIGNED = re.compile(r"[-+]?[\d.,]*\d[\d.,]*(?:[eE][-+]?\d+)?", re.ASCII)
_SPACED = re.compile(r"[-+]?\d{1,3}(?:[ '’]\d{3})+(?:[.,]\d+)?", re.ASCII)
_OTHER = {".": ",", ",": "."}
# Windows' code pages that look alike but for some letters, then that of DOS.
_LATIN = ("cp1252", "cp1250", "cp1254", "cp1257", "cp850")
# What no word has: a sign inside or before it, a capital inside, letters of few people.
_ODD = [r"[^\W\d_][^\w\s\x00-\x7f’–]+[^\W\d_]", r"[a-zß-öø-ÿ][À-ÖØ-ÝŒŠŽŸ]|\w[À-ÖØ-ÝŒŠŽŸ][a-z]"]
_ODD += [r"(?<!\w)[^\w\s\x00-\x7f«»„“”‚‘’–—•½…]+[^\W\d_]", "[ÐÞÝðþý]"]
_ABROAD = ["cp1251", "cp1253", "cp1255", "cp1256", "cp932", "gb18030", "big5", "cp949", "cp874"]


@dataclass(frozen=True)
class Dialect:
    """How a file is written, where that cannot be found out: encoding, separator, decimal sign.

    Raises:
        NetworkError: an encoding that Python does not know, or a sign that is none.

    >>> Dialect(encoding="cp1250", decimal=",").separator
    ''
    """

    encoding: str = ""
    separator: str = ""
    decimal: str = ""

    def __post_init__(self) -> None:
        if self.decimal not in ("", ".", ",") or len(self.separator) > 1:
            raise NetworkError(f"{self}: decimal is '.' or ',', and separator one letter")
        try:
            codecs.lookup(self.encoding or "utf-8")
        except LookupError:
            wrong = f"Dialect: Python knows no encoding {self.encoding!r}"
            raise NetworkError(f"{wrong}: write 'cp1252', say") from None

    def __str__(self) -> str:
        signs = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
        parted = f"{signs.get(self.separator, repr(self.separator))} between columns"
        decimal = {".": "decimal point", ",": "decimal comma"}.get(self.decimal, "")
        said = (self.encoding, parted if self.separator else "", decimal)
        return ", ".join(filter(None, said))


def decoded(raw: bytes, encoding: str = "") -> tuple[str, str]:
    r"""Read bytes as text: in Unicode, else in the code page in which its words look like words.

    Raises:
        ValueError: it is no text, or in an encoding that cannot be told.

    >>> decoded("Nr;Ort\n1;Köln\n".encode("cp1252")), decoded("Łódź".encode("cp1250"))[0]
    (('Nr;Ort\n1;Köln\n', 'cp1252'), 'Łódź')
    """
    with suppress(UnicodeDecodeError):
        if raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
            return raw.decode("utf-16"), "UTF-16"
        if re.search(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]", raw):
            raise ValueError("it is no text: give a CSV file, or a workbook by its right ending")
        return raw.decode(encoding or "utf-8-sig"), encoding or "UTF-8"
    if encoding:
        raise ValueError(f"it is not in {encoding}: name the encoding that it was saved in")
    pages = {}
    for page in _LATIN:
        with suppress(UnicodeDecodeError):
            text = raw.decode(page)
            pages[page] = sum(len(re.findall(odd, text[:65536])) for odd in _ODD), text
    best = min(pages, key=lambda page: pages[page][0])  # that of DOS decodes anything
    foreign = re.search(r"[^\W\d_\x00-\x7f]{3}", pages.get("cp1252", pages[best])[1][:65536])
    if foreign or pages[best][0]:  # words without a Latin letter, or none that looks like a word
        library = needs("charset_normalizer", "tables")
        found = library.from_bytes(raw[:65536], cp_isolation=_ABROAD).best()
        if found:
            return raw.decode(found.encoding, "replace"), found.encoding
    return pages[best][1], best


def parted(text: str, separator: str = "") -> tuple[list[list[str]], str]:
    r"""Part a text into rows and cells, by the sign that gives the most rows of one width.

    >>> parted("name;value\nbike;1,5\n")
    ([['name', 'value'], ['bike', '1,5']], ';')
    """
    said = re.match(r"sep=(.)\r?\n", text)  # what Excel may write in the first line
    if said:
        text, separator = text[said.end() :], said[1]

    def fits(sign: str) -> tuple[int, int]:
        widths = Counter(len(row) for row in csv.reader(sample, delimiter=sign) if row)
        width, rows = max(widths.items(), key=lambda n: (n[1], -n[0]), default=(1, 0))
        return (rows if width > 1 else 0), width

    sample = text[:200_000].splitlines()[:50]
    separator = separator or max(",;\t|", key=fits)
    return list(csv.reader(StringIO(text, newline=""), delimiter=separator, strict=True)), separator


def write_number(value: float) -> str:
    """Write a number so that every country reads the same: 1.125 could be taken for 1125.

    >>> write_number(1.125), write_number(0.125), write_number(1125.0)
    ('1.1250', '0.125', '1125.0')
    """
    text = repr(value)
    return text + "0" if _GROUPED.fullmatch(text) else text


def _tidy(text: str) -> str:
    """A number without what people write around it: spaces between thousands, a minus behind."""
    text = normalize("NFKC", text).strip().replace("−", "-")
    if text[:1] == "(" and text[-1:] == ")":  # as accountants write what is owed
        text = f"-{text[1:-1].strip()}"
    text = f"-{text[:-1].strip()}" if text[-1:] == "-" else text
    return re.sub("[ '’]", "", text) if _SPACED.fullmatch(text) else text


def decimal_sign(text: str) -> str:
    """Tell which decimal sign a number shows: a point, a comma, neither, or "?" for either.

    >>> [decimal_sign(text) for text in ("1.95", "1.234,5", "1.234.567", "12", "1.950")]
    ['.', ',', ',', '', '?']
    """
    text = _tidy(text)
    signs = [sign for sign in ".," if sign in text]
    if not signs or not _SIGNED.fullmatch(text):
        return ""
    last = max(signs, key=text.rfind)
    if len(signs) == 1 and text.count(last) > 1:
        return _OTHER[last]
    return "?" if _GROUPED.fullmatch(text) else last


def read_number(text: str, decimal: str = "") -> float:
    """Read a number that all countries read alike, or the country that has this decimal sign.

    >>> read_number("1.95"), read_number("1950"), read_number("1.950", decimal=",")
    (1.95, 1950.0, 1950.0)

    Raises:
        ValueError: it is no number, or 1.95 in one country and 1950 in another.
    """
    if decimal != "," and _PLAIN.fullmatch(text) and (decimal or not _GROUPED.fullmatch(text)):
        return float(text)
    tidy, sign = _tidy(text), decimal_sign(text)
    if sign == "?" and not decimal:
        one, other = float(tidy.replace(",", ".")), float(re.sub("[.,]", "", tidy))
        problem = f"{text!r} is {one:g} in some countries and {other:g} in others"
        raise ValueError(f"{problem}: write {write_number(one)} or {write_number(other)}")
    if decimal and sign in _OTHER and sign != decimal:
        raise ValueError(f"{text!r}, where {decimal!r} is the decimal sign: write it alike")
    mark = decimal or sign or "."
    groups = re.compile(rf"[-+]?\d{{1,3}}(?:\{_OTHER[mark]}\d{{3}})+(?:\{mark}\d*)?", re.ASCII)
    if groups.fullmatch(tidy):
        tidy = tidy.replace(_OTHER[mark], "")
    tidy = tidy.replace(mark, ".")
    if not _PLAIN.fullmatch(tidy):
        raise ValueError(brief(text))
    return float(tidy)


_YEAR_FIRST = re.compile(r"(\d{4})([-/.]?)(\d\d?)\2(\d\d?)(?:[T ]\d.*)?", re.ASCII)
_YEAR_LAST = re.compile(r"(\d\d?)([-/.])(\d\d?)\2(\d{4}|\d\d)(?: \d.*)?", re.ASCII)
_MONTH = re.compile(r"(\d{4})[-/.]?(\d\d)|(\d\d?)[-/.](\d{4})", re.ASCII)
_WEEK = re.compile(r"(\d{4})-?[wW](\d\d?)", re.ASCII)
_NAMED = ["%d-%b-%Y", "%d %b %Y", "%d-%b-%y", "%d. %B %Y", "%b %d, %Y", "%B %d, %Y", "%b %Y"]
_NAMED += ["%B %Y", "%b-%y", "%d %B %Y"]


def day_first(texts: Iterable[str]) -> bool | None:
    """Whether dates such as 03/04/2026 begin with the day; None if nothing tells.

    >>> day_first(["03/04/2026", "31/04/2026"]), day_first(["03/04/2026"])
    (True, None)
    """
    for text in texts:
        found = _YEAR_LAST.fullmatch(text.strip())
        if found and found[2] != "/" and int(found[3]) <= 12:
            return True  # points and hyphens part days, months and years in this order
        if found and (int(found[1]) > 12) != (int(found[3]) > 12):
            return int(found[1]) > 12
    return None


def read_date(cell: Any, days_first: bool | None = None) -> date:
    """Read a date as it stands in a cell; of a week its Monday, of a month its first day.

    >>> [f"{read_date(text)}" for text in ("2026-03-01", "1.3.2026", "2026-W09", "Mar 2026")]
    ['2026-03-01', '2026-03-01', '2026-02-23', '2026-03-01']

    Raises:
        ValueError: it is no date, or one in some countries and another in others.
    """
    if isinstance(cell, date):
        return date(cell.year, cell.month, cell.day)
    if isinstance(cell, int | float) and 20_000 <= cell < 80_000:  # as Excel counts days
        return date(1899, 12, 30) + timedelta(days=int(cell))
    text = str(cell).strip().removesuffix(".0")
    for shape, make in _SHAPES.items():
        if found := shape.fullmatch(text):
            try:
                return make(found, days_first)
            except ValueError as problem:
                raise ValueError(f"{text!r} is no date: {problem}") from None
    for pattern in _NAMED:
        with suppress(ValueError):
            return datetime.strptime(text, pattern).date()
    raise ValueError(f"is a date such as 2026-03-01, got {brief(cell)}")


def _year_last(found: re.Match[str], days_first: bool | None) -> date:
    day, month, year = int(found[1]), int(found[3]), int(found[4])
    if days_first is None:
        days_first = day_first([found[0]])
    if days_first is None and day != month:
        raise ValueError(
            f"it is the {day}th of a month in some countries and the {month}th in others; write it "
            "as 2026-03-01"
        )
    day, month = (month, day) if days_first is False else (day, month)
    return date(year + 2000 * (year < 100), month, day)


_SHAPES: dict[re.Pattern[str], Callable[[Any, bool | None], date]] = {
    _YEAR_FIRST: lambda found, _: date(int(found[1]), int(found[3]), int(found[4])),
    _YEAR_LAST: _year_last,
    _WEEK: lambda found, _: date.fromisocalendar(int(found[1]), int(found[2]), 1),
    _MONTH: lambda found, _: date(int(found[1] or found[4]), int(found[2] or found[3]), 1),
}
