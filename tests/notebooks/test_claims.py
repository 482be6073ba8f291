"""A claim of a notebook holds on luck that did not choose it, and no number goes unmarked.

How to add one: `tests/notebooks/claims/__init__.py`.
"""

from importlib import import_module
from pathlib import Path

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from tests.notebooks import claims as made
from tests.notebooks.claims import prose, slices

WRITTEN = {
    path.stem[2:]: import_module(f"tests.notebooks.claims.{path.stem}").claims
    for path in sorted(Path(made.__file__).parent.glob("nb[0-9][0-9].py"))
}
EACH = [
    pytest.param(found, claim, id=f"nb{number}: {claim.sentences[0][:60]}")
    for number, found in WRITTEN.items()
    for claim in found.made
]


def test_every_notebook_has_claims():
    assert set(WRITTEN) == {path.name[:2] for path in made.FOLDER.glob("*.ipynb")}
    assert all(found.made for found in WRITTEN.values())


@pytest.mark.parametrize(("notebook", "claim"), EACH)
def test_a_claim_holds_on_other_luck(notebook, claim):
    said = list(claim.verdicts())
    assert said, "a claim that returns nothing claims nothing"
    wrong = [words for words, so in said if not so]
    assert not wrong, "\n".join([*claim.sentences, *wrong])


@pytest.mark.parametrize("number", WRITTEN, ids="nb{}".format)
def test_every_marked_sentence_stands_in_its_notebook(number):
    notebook = WRITTEN[number]
    cells = slices.read(notebook.path).cells
    texts = [prose.plain(cell.source) for cell in cells if cell.cell_type == "markdown"]
    gone = [mark for mark in notebook.marks if not any(prose.plain(mark) in text for text in texts)]
    assert not gone, "\n".join(["not in the notebook:", *gone])


@pytest.mark.parametrize("number", WRITTEN, ids="nb{}".format)
def test_every_number_is_claimed_given_or_printed_beside(number):
    found = prose.unmarked(WRITTEN[number])
    assert not found, "\n".join([f"{len(found)} numbers nobody answers for:", *found])


# -- the mechanism itself ---------------------------------------------------------------------


@pytest.fixture
def small(monkeypatch):
    """A notebook of three cells."""
    result = new_output("stream", name="stdout", text="mean 12.34\n")
    cells = [
        new_markdown_cell("# Title\n\nIt costs **7 USD**, or half.\n\n1. item"),
        new_code_cell("import numpy as np\nlosses = []\nlosses.append(2)\nother = 1 / 0\n"
                      "draw = np.random.default_rng(3).normal(5, 1, 50)"),
        new_code_cell("print(draw.mean())\nlosses += [int(draw.size)]", outputs=[result]),
        new_markdown_cell("The mean is 12.3, not 99. See notebook 04, `x = 88` and $y = 77$.\n\n"
                          "**Sources**\n\n- A book (1999)."),
    ]  # fmt: skip
    for module in (slices, prose):
        monkeypatch.setattr(module, "read", lambda path: new_notebook(cells=cells))
    slices.ran.cache_clear()
    yield made.Claims("00")
    slices.ran.cache_clear()


def test_numbers_that_nobody_answers_for_are_found(small):
    said = [text.partition(" in …")[0] for text in prose.unmarked(small)]
    assert said == ["cell 0: '7'", "cell 0: 'half'", "cell 3: '99'"]
    small.given("It costs 7 USD, or half.")
    small.says("The mean is 12.3, not 99.")(lambda: True)
    assert prose.unmarked(small) == []


def test_only_what_a_name_needs_is_run_and_on_other_luck(small):
    once, again = (small.cells(seed, "losses", "draw") for seed in (1, 2))
    assert once.losses == [2, 50]
    assert abs(once.draw.mean() - 5) < 1
    assert once.draw[0] != again.draw[0]
    with pytest.raises(ZeroDivisionError):
        small.cells(1, "other")


@pytest.mark.parametrize(
    ("verdict", "so"),
    [
        (made.agrees(10, [9.0, 10.0, 11.5]), True),
        (made.agrees(20, [9.0, 10.0, 11.5]), False),
        (made.above(9, [10.0, 10.1, 10.2]), True),
        (made.above(10, [9.0, 10.0, 11.5]), False),
        (made.below(11, [10.0, 10.1, 10.2]), True),
        (made.below(11, [9.0, 10.0, 11.5]), False),
        (made.holds(False, 3), False),
    ],
)
def test_verdicts_count_the_interval(verdict, so):
    assert bool(verdict) is so, verdict.words


def test_a_claim_that_fails_on_one_seed_fails():
    claim = made.Claim(("it is so",), lambda seed: [True, made.holds(seed != 13, seed)])
    assert [words for words, so in claim.verdicts() if not so] == ["seed 13: found 13"]
