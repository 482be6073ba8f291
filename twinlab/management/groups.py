"""Nodes taken together: by tier, role or country."""

from twinlab.scope.boundary import tiers
from twinlab.scope.errors import ScenarioError, did_you_mean
from twinlab.scope.network import Network

BY = ("tier", "role", "country", "node")
_LONG = 30  # letters; a longer list of names is counted instead


def grouped(network: Network, by: str = "tier") -> dict[str, list[str]]:
    """List the nodes of every group under its label, upstream first.

    Raises:
        ScenarioError: nodes cannot be grouped by that.

    >>> list(grouped(serial(["mine", "plant", "shop"], demand=Normal(5, 1))))
    ['tier 2: mine', 'tier 1: plant', 'tier 0: shop']
    """
    if by not in BY:
        raise ScenarioError(f"by={by!r}: {did_you_mean(by, BY)}")
    tier = tiers(network)
    groups: dict[str, list[str]] = {}
    for node in sorted(network.nodes, key=lambda node: -tier[node.name]):
        column = "name" if by == "node" else by
        label = tier[node.name] if by == "tier" else getattr(node, column)
        groups.setdefault(str(label) or f"no {by}", []).append(node.name)
    if by != "tier":
        return groups
    roles = {n.name: n.role for n in network.nodes}
    return {f"tier {key}: {_gist(names, roles)}": names for key, names in groups.items()}


def _gist(names: list[str], roles: dict[str, str]) -> str:
    """Few words for some nodes: their names, else their roles, else how many they are."""
    kinds = [role for role in dict.fromkeys(roles[name] for name in names) if role]
    for words in (", ".join(names), ", ".join(kinds)):
        if words and len(words) <= _LONG:
            return words
    return (
        f"{kinds[0]} and {len(kinds) - 1} other kinds" if len(kinds) > 1 else f"{len(names)} sites"
    )
