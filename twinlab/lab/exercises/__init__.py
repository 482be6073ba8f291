"""The exercises of the notebooks: one module per notebook, in their order."""

CHAPTERS = (
    "start",
    "technology",
    "people",
    "management",
    "organization",
    "scope",
    "task",
    "modeling",
    "automotive",
    "humanitarian",
    "factory",
    "own",
)

__all__ = ["CHAPTERS"]
