"""Cases: complete supply chains from public data, ready to simulate."""

from twinlab.cases.automotive import automotive

__all__ = ["automotive"]
