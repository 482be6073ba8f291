"""Organization, floor 2: who sees what and decides what."""

from twinlab.organization.sourcing import PriorityFailover, Shares
from twinlab.organization.view import Supplier, View

__all__ = ["PriorityFailover", "Shares", "Supplier", "View"]
