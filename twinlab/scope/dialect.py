"""How people write: encodings, separators, numbers, dates; two ways to read one are refused."""

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

__all__ = ["Dialect"]

NUMBER = r"[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?"
_PLAIN = re.compile(rf"{NUMBER}|[-+]?inf|nan", re.ASCII)
_GROUPED = re.compile(r"[-+]?[1-9]\d{0,2}[.,]\d{3}", re.ASCII)
_SIGNED = re.compile(r"[-+]?[\d.,]*\d[\d.,]*(?:[eE][-+]?\d+)?", re.ASCII)
_SPACED = re.compile(r"[-+]?\d{1,3}(?:[ '’]\d{3})+(?:[.,]\d+)?", re.ASCII)
_OTHER = {".": ",", ",": "."}
_LONGEST = 400  # letters of a number
# Windows' code pages that look alike but for some letters, then that of DOS.
_LATIN = ("cp1252", "cp1250", "cp1254", "cp1257", "cp850")
# What no word has: a sign inside or before it, a capital inside, letters of few people, and those
# that only stand before others.
_ODD = [r"[^\W\d_][^\w\s\x00-\x7f’–]+[^\W\d_]", r"[a-zß-öø-ÿ][À-ÖØ-ÝŒŠŽŸ]|\w[À-ÖØ-ÝŒŠŽŸ][a-z]"]
_ODD += [r"(?<!\w)[^\w\s\x00-\x7f«»„“”‚‘’–—•½…]+[^\W\d_]", "[ÐÞÝðþý]|[a-z][ºª][a-z]"]
_ODD += [r"õ(?!e)|ã[a-df-npqrt-z]|ñ[b-df-hj-np-tv-z]|[òìù][a-z]"]
_ODDITY = re.compile("|".join(_ODD))


def _words(small: str, capital: str = "") -> bytes:
    """A pattern of the words of a script by its bytes: in small letters, in capitals, or begun."""
    word = f"[{capital}]?[{small}]+|[{capital}]{{2,}}" if capital else f"[{small}]{{2,}}"
    return rf"(?<![A-Za-z\x80-\xff])(?:{word})(?![A-Za-z\x80-\xff])".encode()


# What the words of others look like in the bytes of their code page, the narrowest first.
_SCRIPTS = {
    "cp1255": _words(r"\xe0-\xfa"),
    "cp1251": _words(r"\xe0-\xff\xb3\xb8\xba\xbf", r"\xc0-\xdf\xa8\xaa\xaf\xb2"),
    "cp1253": _words(r"\xdc-\xfe", r"\xc1-\xd9\xa2\xb8-\xbf"),
    "koi8-r": _words(r"\xc0-\xdf\xa3", r"\xe0-\xff\xb3"),
    "cp932": rb"(?:[\x82-\x97][\x40-\x7e\x80-\xfc]){2,}",
    "cp866": _words(r"\xa0-\xaf\xe0-\xef\xf1", r"\x80-\x9f\xf0"),
    "cp1256": _words(r"\xc1-\xd6\xd8-\xdb\xdd-\xdf\xe1\xe3-\xe6\xec\xed\x81\x8d\x8e\x90"),
    "cp949": rb"(?:[\xb0-\xc8][\xa1-\xfe]){2,}",
    "gb18030": rb"(?:[\xb0-\xd7][\xa1-\xfe]){2,}",
    "big5": rb"(?:[\xa4-\xc6][\x40-\x7e\xa1-\xfe]){2,}",
    "cp874": _words(r"\xa1-\xda\xdf-\xfb"),
}


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
        if self.decimal not in ("", ".", ",") or not re.fullmatch(r"[^\w\r\n\"]?", self.separator):
            got = f"decimal {self.decimal!r}, separator {self.separator!r}"
            raise NetworkError(f"Dialect: {got}: decimal is '.' or ',', separator one such as ';'")
        try:
            bytes(4).decode(self.encoding or "utf-8")
        except LookupError:
            wrong = f"Dialect: Python knows no encoding {self.encoding!r}"
            raise NetworkError(f"{wrong}: write 'cp1252', say") from None

    def __str__(self) -> str:
        signs = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
        parted = f"{signs.get(self.separator, repr(self.separator))} between columns"
        decimal = {".": "decimal point", ",": "decimal comma"}.get(self.decimal, "")
        return ", ".join(filter(None, (self.encoding, self.separator and parted, decimal)))


def decoded(raw: bytes, encoding: str = "") -> tuple[str, str]:
    """Read bytes in Unicode, else in the code page in which its words look like words.

    ValueError: it is no text, or in another encoding than the given one.
    """
    marked = "UTF-16" if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else ""
    try:
        if not (encoding or marked) and re.search(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]", raw):
            raise ValueError("it is no text: give a CSV file, or a workbook by its right ending")
        return raw.decode(encoding or marked or "utf-8-sig"), encoding or marked or "UTF-8"
    except UnicodeError:
        if encoding or marked:
            wrong = f"it is not in {encoding or marked}: name the encoding that it was saved in"
            raise ValueError(wrong) from None
    sample, odd = raw[:65536], dict[str, int]()
    for page, words in _SCRIPTS.items():
        left = len(re.findall(rb"[\x80-\xff]", re.sub(words, b"", sample)))
        if 5 * left <= len(re.findall(rb"[\x80-\xff]", sample)):
            odd[page] = left - len(raw)  # before any of Latin letters
    for page in _LATIN:
        odd[page] = len(_ODDITY.findall(sample.decode(page, "replace")))
    for page in sorted(odd, key=odd.__getitem__):
        with suppress(UnicodeDecodeError):
            return raw.decode(page), page
    raise ValueError("its encoding cannot be told: dialect=Dialect(encoding='cp1252') says it")


def parted(text: str, separator: str = "") -> tuple[list[list[str]], str]:
    """Part a text into rows and cells, by the sign that gives the most rows of one width."""
    said = re.match(r"sep=(.)\r?\n", text)  # what Excel may write in the first line
    if said:
        text, separator = text[said.end() :], said[1]

    def fits(sign: str) -> tuple[int, int]:
        with suppress(csv.Error):  # a long line of other signs
            widths = Counter(len(row) for row in csv.reader(sample, delimiter=sign) if len(row) > 1)
            return max(((rows, width) for width, rows in widths.items()), default=(0, 0))
        return 0, 0

    sample = (text := text.strip("\r\n") + "\n")[:200_000].splitlines()[:50]
    separator = separator or max(",;\t|", key=fits)
    return list(csv.reader(StringIO(text, newline=""), delimiter=separator, strict=True)), separator


def write_number(value: float) -> str:
    """Write a number so that every country reads the same: 1.125 could be 1125, 1.1250 not."""
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
    """Tell which decimal sign a number shows: a point, a comma, neither, or "?" for either."""
    text = _tidy(text)
    signs = [sign for sign in ".," if sign in text]
    if not signs or len(text) > _LONGEST or not _SIGNED.fullmatch(text):
        return ""
    last = max(signs, key=text.rfind)
    if len(signs) == 1 and text.count(last) > 1:
        return _OTHER[last]
    return "?" if _GROUPED.fullmatch(text) else last


def read_number(text: str, decimal: str = "") -> float:
    """Read a number that all countries read alike, or the country that has this decimal sign.

    ValueError: it is no number, or 1.95 in one country and 1950 in another.
    """
    if decimal != "," and _PLAIN.fullmatch(text) and (decimal or not _GROUPED.fullmatch(text)):
        return float(text)
    if len(text) > _LONGEST:
        raise ValueError(brief(text))
    tidy, sign = _tidy(text), decimal_sign(text)
    if sign == "?" and not decimal:
        one, other = float(tidy.replace(",", ".")), float(re.sub("[.,]", "", tidy))
        problem = f"{text!r} is {one:g} in some countries and {other:g} in others"
        raise ValueError(f"{problem}: write {write_number(one)} or {write_number(other)}")
    if decimal and sign in _OTHER and sign != decimal:
        raise ValueError(f"{text!r}, where {decimal!r} is the decimal sign: write it alike")
    mark = decimal or sign or "."
    part = re.escape(_OTHER[mark])
    lakhs = rf"|\d\d?(?:{part}\d\d)+{part}\d{{3}}"  # as in India: 12,34,567
    if re.fullmatch(rf"[-+]?(?:\d{{1,3}}(?:{part}\d{{3}})+{lakhs})(?:\{mark}\d*)?", tidy, re.ASCII):
        tidy = tidy.replace(_OTHER[mark], "")
    tidy = tidy.replace(mark, ".")
    if not _PLAIN.fullmatch(tidy):
        unit = re.search(r"^[^\w\s#'.,+-]\s*\d|\d\s*([€$£¥]|[^\W\d_]{1,5})$", text)
        raise ValueError(f"{brief(text)}{': its unit stands in the header, in [ ]' * bool(unit)}")
    return float(tidy)


_YEAR_FIRST = re.compile(r"(\d{4})([-/.]?)(\d\d?)\2(\d\d?)(?:[T ]\d.*)?", re.ASCII)
_YEAR_LAST = re.compile(r"(\d\d?)([-/.])(\d\d?)\2(\d{4}|\d\d)(?: \d.*)?", re.ASCII)
MONTH = re.compile(r"(\d{4})[-/.]?(\d\d)|(\d\d?)[-/.](\d{4})", re.ASCII)
WEEK = re.compile(r"(\d{4})-?[wW](\d\d?)", re.ASCII)
_MONTHS = re.compile(r"(?i)jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec")
_NAMED = ["%d-%b-%Y", "%d %b %Y", "%d-%b-%y", "%d. %B %Y", "%b %d, %Y", "%B %d, %Y", "%b %Y"]
_NAMED += ["%B %Y", "%b-%y", "%b %y", "%d %B %Y"]


def day_first(texts: Iterable[str]) -> bool | None:
    """Whether dates such as 03/04/2026 begin with the day; None if nothing tells."""
    for text in texts:
        found = _YEAR_LAST.fullmatch(text.strip())
        if found and found[2] == "." and int(found[3]) <= 12:
            return True  # points part days, months and years in this order
        if found and (int(found[1]) > 12) != (int(found[3]) > 12):
            return int(found[1]) > 12
    return None


def read_date(cell: Any, days_first: bool | None = None) -> date:
    """Read a date as it stands in a cell; of a week its Monday, of a month its first day.

    ValueError: it is no date, or one in some countries and another in others.
    """
    if isinstance(cell, date):
        return date(cell.year, cell.month, cell.day)
    text = str(cell).strip().removesuffix(".0")
    if re.fullmatch(r"[2-7]\d{4}(\.\d+)?", text, re.ASCII):  # as Excel counts days
        return date(1899, 12, 30) + timedelta(days=int(text[:5]))
    for shape, make in _SHAPES.items():
        if found := shape.fullmatch(text):
            try:
                return make(found, days_first)
            except ValueError as problem:
                raise ValueError(f"{text!r} is no date: {problem}") from None
    for pattern in _NAMED if _MONTHS.search(text) else ():
        with suppress(ValueError):
            return datetime.strptime(text, pattern).date()
    raise ValueError(f"is a date such as 2026-03-01, got {brief(cell)}")


def _year_last(found: re.Match[str], days_first: bool | None) -> date:
    day, month, year = int(found[1]), int(found[3]), int(found[4])
    if days_first is None:
        days_first = day_first([found[0]])
    if days_first is None and day != month:
        one, other = (f"{date(2000, *pair):%d %B}" for pair in ((month, day), (day, month)))
        raise ValueError(f"it is {one} in some countries, {other} in others: write 2026-03-01")
    day, month = (month, day) if days_first is False else (day, month)
    return date(year + 2000 * (year < 100), month, day)


_SHAPES: dict[re.Pattern[str], Callable[[Any, bool | None], date]] = {
    _YEAR_FIRST: lambda found, _: date(int(found[1]), int(found[3]), int(found[4])),
    _YEAR_LAST: _year_last,
    WEEK: lambda found, _: date.fromisocalendar(int(found[1]), int(found[2]), 1),
    MONTH: lambda found, _: date(int(found[1] or found[4]), int(found[2] or found[3]), 1),
}
