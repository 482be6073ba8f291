"""Every method against its published or recomputed answer: one table, named by source."""

import runpy
from pathlib import Path

import numpy as np
import pytest

from tests.known.answers import case, known

TABLES = sorted((Path(__file__).parent / "tables").glob("*.py"))
ROWS = [row for table in TABLES for row in runpy.run_path(str(table))["ROWS"]]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_a_method_meets_its_known_answer(row):
    inputs, _ = known(row.case)
    found, expected = row.compute(inputs), row.expected()
    if isinstance(expected, str | bool | type(None)):
        assert found == expected, case(row.case)["source"]
        return
    tolerance = {"rtol": 0.0, "atol": 0.0}
    tolerance |= {f"{kind[0]}tol": size for kind, size in row.tolerance().items()}
    np.testing.assert_allclose(found, expected, err_msg=case(row.case)["source"], **tolerance)


def test_no_row_stands_twice():
    ids = [row.id for row in ROWS]
    assert len(ids) == len(set(ids))
