"""What a study finds beside the figures it must give; ``TWINLAB_STUDY`` asks for all histories."""

import os

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
