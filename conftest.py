"""What twinlab offers at its top is at hand in every docstring's example; nothing is kept."""

import os

import pytest

import twinlab

os.environ["TWINLAB_PLAYED"] = ""  # a test neither reads nor writes what somebody has played


@pytest.fixture(autouse=True)
def _examples_know_twinlab(doctest_namespace):
    doctest_namespace.update({name: getattr(twinlab, name) for name in twinlab.__all__})
