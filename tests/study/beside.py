"""What a study finds beside the figures it must give; ``TWINLAB_STUDY`` asks for all histories."""

import math
import os
from typing import Any

FULL = bool(os.environ.get("TWINLAB_STUDY"))  # fewer histories and rows otherwise


def beside(title: str, found: dict[str, float], page: dict[str, float], rel: float = 0.05) -> None:
    """Print found and wanted figures side by side, and assert each within ``rel`` of its value."""
    print(f"\n{title}")
    wrong = []
    for name, value in found.items():
        wanted = page.get(name)
        note = ""
        if wanted is not None and abs(value - wanted) > rel * abs(wanted):
            wrong.append(f"{name}: {value:.4g}, not {wanted:.4g}")
            note = "  <- differs"
        told = "" if wanted is None else f"{wanted:12.4g}"
        print(f"  {name:48s} {value:12.4g} {told}{note}")
    assert not wrong, f"{title}: {wrong}"
    assert page.keys() <= found.keys(), f"{title}: not found: {page.keys() - found.keys()}"


def within(title: str, found: dict[str, Any], page: dict[str, Any]) -> None:
    """Print estimates (mean, standard error) beside a page's (mean, half its 95 % interval).

    Asserts that each differs by at most four standard errors of both.
    """
    print(f"\n{title}")
    wrong = []
    for name, (value, error) in found.items():
        told = ""
        if name in page:
            wanted, half = page[name]
            away = abs(value - wanted) / math.hypot(error, half / 1.96)
            told = f"{wanted:10.4g} ± {half:.2g}{'  <- differs' if away > 4 else ''}"
            wrong += [f"{name}: {value:.4g}, not {wanted:.4g}"] if away > 4 else []
        print(f"  {name!s:40s} {value:10.4g} ± {1.96 * error:<8.2g} {told}", flush=True)
    assert not wrong, f"{title}: {wrong}"
