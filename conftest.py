"""What twinlab offers at its top is at hand in every docstring's example."""

import pytest

import twinlab


@pytest.fixture(autouse=True)
def _examples_know_twinlab(doctest_namespace):
    doctest_namespace.update({name: getattr(twinlab, name) for name in twinlab.__all__})
