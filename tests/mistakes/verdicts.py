"""What became of a call: as it should be, taught otherwise, accepted, or bare."""

from collections.abc import Callable
from typing import Any

import twinlab as tl


def verdict(call: Callable[[], Any], error: type[tl.TwinError] | None, words: Any) -> str:
    """Compare what a call does with what it should; words are parts of a message, by " … "."""
    try:
        value = call()
    except tl.TwinError as taught:
        fits = error is not None and isinstance(taught, error)
        found = fits and all(part in str(taught) for part in words.split(" … "))
        return "as it should be" if found else f"taught otherwise: {taught!r}"
    except Exception as bare:
        return f"bare: {bare!r}"
    return "as it should be" if error is None and value == words else f"accepted: {value!r}"
