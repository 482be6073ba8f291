"""Nodes taken together: by tier, role or country."""

from __future__ import annotations

from twinlab.scope.errors import ScenarioError, did_you_mean
from twinlab.scope.network import Network

BY = ("tier", "role", "country", "node")
_LONG = 30  # letters; a longer list of names is counted instead


def tiers(network: Network) -> dict[str, int]:
    """Give every node its tier: its column, or the fewest lanes to a customer if no row says.

    >>> from twinlab import Normal, serial
    >>> tiers(serial(["mine", "plant", "shop"], demand=Normal(5, 1)))
    {'mine': 2, 'plant': 1, 'shop': 0}
    """
    stated = {n.name: n.tier for n in network.nodes}
    if any(stated.values()):
        return stated
    found = {d.node: 0 for d in network.demands}
    reached = list(found)
    for name in reached:  # grows while we walk
        for lane in network.lanes:
            if lane.destination == name and lane.source not in found:
                found[lane.source] = found[name] + 1
                reached.append(lane.source)
    top = max(found.values(), default=0)
    return {name: found.get(name, top) for name in stated}


def grouped(network: Network, by: str = "tier") -> dict[str, list[str]]:
    """List the nodes of every group under its label, upstream first.

    Raises:
        ScenarioError: nodes cannot be grouped by that.

    >>> from twinlab import Normal, serial
    >>> list(grouped(serial(["mine", "plant", "shop"], demand=Normal(5, 1))))
    ['tier 2: mine', 'tier 1: plant', 'tier 0: shop']
    """
    if by not in BY:
        raise ScenarioError(f"by={by!r}: {did_you_mean(by, BY)}")
    tier = tiers(network)
    keys = {n.name: tier[n.name] if by == "tier" else getattr(n, "name" if by == "node" else by)
            for n in network.nodes}  # fmt: skip
    upstream_first = sorted(keys, key=lambda name: -tier[name])
    groups: dict[str | int, list[str]] = {keys[name]: [] for name in upstream_first}
    for name in upstream_first:
        groups[keys[name]].append(name)
    if by != "tier":
        return {str(key) or f"no {by}": names for key, names in groups.items()}
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
