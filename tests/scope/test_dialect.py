"""How people write: code pages, separators, numbers and dates of many countries."""

import csv
import os
import random
import re
import string
import time
import zipfile

import pytest

import twinlab as tl
from twinlab.scope.cells import parse_distribution
from twinlab.scope.dialect import decoded, read_date, read_number

TOWNS = {
    "cp1252": "München Gemüse Größe Århus Besançon",
    "cp1250": "Łódź Kraków Gdańsk Győr Timişoara",
    "cp1254": "İstanbul Şişli Ağrı Iğdır",
    "cp1251": "Москва Казань Тверь Уфа",
    "cp866": "Москва Казань Тверь",
    "koi8-r": "Москва Казань Тверь",
    "cp1253": "Αθήνα Πάτρα",
    "cp1255": "חיפה ירושלים",
    "cp1256": "القاهرة الرياض",
    "cp874": "กรุงเทพ เชียงใหม่",
    "cp932": "東京 大阪 名古屋",
    "gb18030": "北京 上海 广州 仓库",
    "big5": "台北 高雄 倉庫",
    "cp949": "서울 부산 창고",
    "cp850": "München Größe",
    "utf-8-sig": "Köln 東京",
    "utf-16": "Köln 東京",
}


def products(tmp_path, text, dialect=None):
    """The products of a folder, and what its report says of how they are written."""
    raw = text if isinstance(text, bytes) else text.encode()
    (tmp_path / "products.csv").write_bytes(raw)
    (tmp_path / "nodes.csv").write_text("name\nshop\n")
    network = tl.Network.from_tables(tmp_path, dialect=dialect)
    told = [note.what for note in network.report.notes if "rows" in note.what]
    return [(p.name, p.value) for p in network.products], told[0] if told else ""


@pytest.mark.parametrize("page", TOWNS)
def test_the_code_page_is_found_by_its_words(tmp_path, page):
    towns = TOWNS[page].split()
    text = "name;value\r\n" + "".join(f"{town};1,5\r\n" for town in towns)
    found, told = products(tmp_path, text.encode(page))
    assert found == [(town, 1.5) for town in towns]
    name = {"utf-8-sig": "UTF-8", "utf-16": "UTF-16"}.get(page, page)
    assert told == f"{len(towns)} rows, {name}, semicolons between columns, decimal comma"


@pytest.mark.parametrize("town", ["Zürich", "Café", "naïve", "ÅRHUS", "São Paulo", "1 €", "Ærø"])
def test_one_western_word_is_western(town):
    assert decoded(f"name\n{town}\n".encode("cp1252")) == (f"name\n{town}\n", "cp1252")


def test_an_encoding_is_as_it_is_said(tmp_path):
    assert decoded("ä".encode("utf-16-le"), "utf-16-le")[0] == "ä"
    with pytest.raises(ValueError, match="not in utf-8: name the encoding"):
        decoded("ä".encode("cp1252"), "utf-8")
    with pytest.raises(ValueError, match="it is no text"):
        decoded("ä".encode("utf-16-le"))
    for wrong in ({"encoding": "rot13"}, {"encoding": "klingon"}, {"decimal": "x"},
                  {"separator": '"'}, {"separator": "\n"}, {"separator": ";;"}):  # fmt: skip
        with pytest.raises(tl.NetworkError, match="Dialect: "):
            tl.Dialect(**wrong)


@pytest.mark.parametrize(
    "text",
    ["sep=;\r\nname;value\r\nbike;1,5\r\n", "name\tvalue\nbike\t1.5\n", "name|value\nbike|1,5\n",
     'name,value\n"bike","1,5"\n', "name;value;\nbike;1,5;\n", "name;;value\nbike;;1,5\n\n;;\n",
     "Export;;\n\nWerk 7;;\nname;value;\nbike;1,5;\n", " Name ; VALUE \n bike ; 1,5 \n",
     "name;value\nbike;1,5\nTotal;\n", "name;value\rbike;1,5\r"],
)  # fmt: skip
def test_what_spreadsheets_leave_behind_does_no_harm(tmp_path, text):
    assert products(tmp_path, text)[0] == [("bike", 1.5)]


@pytest.mark.parametrize(
    ("text", "value"),
    [("1.234,5", 1234.5), ("1,234.5", 1234.5), ("1 234,5", 1234.5), ("1\u00a0234,5", 1234.5),
     ("1\u202f234,5", 1234.5), ("1'234.5", 1234.5), ("1’234.5", 1234.5), ("1,00,000", 100000),
     ("12,34,567.5", 1234567.5), ("12,5-", -12.5), ("(12,5)", -12.5), ("−5", -5), ("１２", 12),
     ("1.234.567", 1234567), ("0,950", 0.95), ("1,5E3", 1500), (",5", 0.5)],
)  # fmt: skip
def test_a_number_is_read_as_its_country_means_it(text, value):
    assert read_number(text) == value


@pytest.mark.parametrize("text", ["1.2.3", "1,23,4", "1 2", "1_000", "0x10", "--5", "1,2345,678"])
def test_what_is_no_number_is_none(text):
    with pytest.raises(ValueError, match=r".+"):
        read_number(text)


def test_a_currency_belongs_into_the_header():
    for text in ("€ 12", "12 EUR", "$5"):
        with pytest.raises(ValueError, match="its unit stands in the header"):
            read_number(text)


def test_one_cell_settles_another(tmp_path):
    with pytest.raises(tl.NetworkError, match=r"products.csv row 2: value .*'1.950' is 1.95 in .* "
                       "and 1950 in others"):  # fmt: skip
        products(tmp_path, "name;value\na;3\nb;1.950\n")
    assert products(tmp_path, "name;value\na;1,5\nb;1.950\n")[0] == [("a", 1.5), ("b", 1950)]
    assert products(tmp_path, "name;value;weight\na;1.950;2,5\n")[0] == [("a", 1950)]
    for decimal, value in ((",", 1950), (".", 1.95)):
        said = tl.Dialect(decimal=decimal)
        assert products(tmp_path, "name;value\nb;1.950\n", said)[0] == [("b", value)]
    with pytest.raises(tl.NetworkError, match="differ in the decimal sign"):
        products(tmp_path, "name;value\na;1,5\nb;1.5\n")


@pytest.mark.parametrize(
    "text",
    ["1.111" * 13_000 + "x", "1 111" * 20_000, "1," * 60_000, "1" * 60_000 + "x"],
    ids=range(4),
)
def test_no_cell_takes_long(tmp_path, text):
    began = time.process_time()
    for header, cell in (("value", text), ("a" + " " * 60_000 + "b", "1"), ("a[ " * 40_000, "1")):
        with pytest.raises(tl.NetworkError):
            products(tmp_path, f"name;{header}\nb;{cell}\n")
    assert time.process_time() - began < 5


LAWS = {
    "Empirical(values=(0.0, 1.0, 3.5))": tl.Empirical((0, 1, 3.5)),
    "Empirical(values=(0,5; 1,5))": tl.Empirical((0.5, 1.5)),
    "Normal(mean=5.5, sd=1.0)": tl.Normal(5.5, 1),
    "Normal(5,5; 1)": tl.Normal(5.5, 1),
    "Constant(value=2,5)": tl.Constant(2.5),
    "Poisson(2,5)": tl.Poisson(2.5),
    "2,5": tl.Constant(2.5),
}


@pytest.mark.parametrize("text", LAWS)
def test_a_law_is_read_where_the_decimal_sign_is_a_comma(text):
    assert parse_distribution(text, ",") == LAWS[text]


def test_a_template_that_a_german_excel_saved_is_read(tmp_path):
    """It writes numbers with commas and leaves laws as they are."""
    chain = tl.serial(["Köln", "shop"], demand=tl.Empirical((0, 1, 3.5)), holding_cost=0.125,
                      lead_time=tl.Normal(2.5, 0.5))  # fmt: skip
    chain.to_tables(tmp_path)
    for file in tmp_path.glob("*.csv"):
        with file.open(encoding="utf-8", newline="") as text:
            rows = [[re.sub(r"^(\d+)\.(\d+)$", r"\1,\2", cell) for cell in row]
                    for row in csv.reader(text)]  # fmt: skip
        with file.open("w", encoding="cp1252", newline="") as text:
            csv.writer(text, delimiter=";").writerows(rows)
    assert tl.Network.from_tables(tmp_path) == chain


DATES = {
    "2026-03-01": ["2026-03-01", "1.3.2026", "01.03.26", "2026/3/1", "20260301", "2026-03-01 14:30",
                   "1-Mar-2026", "March 1, 2026", "46082", 46082.5, "Mar 2026", "2026-03",
                   "03/2026"],
    "2026-02-23": ["2026-W09", "2026w9"],
    "2026-12-25": ["25/12/2026", "12/25/2026", "25.12.2026"],
}  # fmt: skip


@pytest.mark.parametrize(("day", "text"), [(day, text) for day in DATES for text in DATES[day]])
def test_a_date_is_read_in_every_form(day, text):
    assert f"{read_date(text)}" == day


def test_a_date_of_two_countries_is_refused():
    with pytest.raises(ValueError, match="03 April in some countries, 04 March in others"):
        read_date("3/4/2026")
    assert f"{read_date('3/4/2026', days_first=True)}" == "2026-04-03"
    for text in ("31.02.2026", "5", "soon", 1772323200, "2026-13-01"):
        with pytest.raises(ValueError, match="date"):
            read_date(text)


def test_nothing_is_ever_executed(tmp_path):
    evil = ["=cmd|' /C calc'!A0", "__import__('os').system('touch pwned')", "{{7*7}}", "=1+1"]
    text = "name;value\n" + "".join(f"{name};1\n" for name in evil)
    assert [name for name, _ in products(tmp_path, text)[0]] == evil


def letters(more=""):
    """Ten megabytes of letters, and of some other signs."""
    return "".join(random.Random(1).choices(string.ascii_letters + more, k=100_000)).encode() * 100


NONSENSE = {
    "random bytes": lambda: random.Random(1).randbytes(10_000_000),
    "letters": letters,
    "lines of letters": lambda: letters("\n" * 5),
    "letters and signs": lambda: letters("\n,;\"'"),
    "one header": lambda: b"name," + letters(",,,,"),
    "one cell": lambda: b'name,value\nb,"' + letters() + b'"\n',
    "a quote that never ends": lambda: b'name,value\nb,"' + letters("\n,"),
    "blank lines": lambda: b"\n" * 10_000_000,
    "brackets": lambda: b"name [" + b"(" * 10_000_000,
    "high letters": lambda: bytes(random.Random(1).choices(range(160, 256), k=100_000)) * 100,
    "half a workbook": lambda: b"PK\x03\x04" + random.Random(1).randbytes(10_000_000),
}


@pytest.mark.parametrize("kind", NONSENSE)
def test_ten_megabytes_of_nonsense_are_refused_at_once(tmp_path, kind):
    for name, read in (("nodes.csv", tl.Network.from_tables), ("sales.csv", tl.read_history)):
        (tmp_path / name).write_bytes(NONSENSE[kind]())
        began = time.process_time()
        with pytest.raises(tl.NetworkError):
            read(tmp_path if name == "nodes.csv" else tmp_path / name)
        assert time.process_time() - began < 5  # a second, on a calm machine


def test_a_zip_bomb_is_refused_before_it_unpacks(tmp_path):
    with (
        zipfile.ZipFile(tmp_path / "bomb.xlsx", "w", 8, compresslevel=1) as book,
        book.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as sheet,
    ):
        for _ in range(400):
            sheet.write(bytes(1_000_000))
    assert os.path.getsize(tmp_path / "bomb.xlsx") < 2_000_000
    with pytest.raises(tl.NetworkError, match="it unpacks to 400,000,000 bytes"):
        tl.Network.from_tables(tmp_path / "bomb.xlsx")
