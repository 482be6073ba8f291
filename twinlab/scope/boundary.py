"""Where a twin ends: a scenario seen up to a tier or by the week, and what that cannot answer."""

import math
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from twinlab.scope.columns import Row, column
from twinlab.scope.distributions import Constant, whole_periods
from twinlab.scope.entities import StockLoss
from twinlab.scope.errors import NetworkError, ScenarioError
from twinlab.scope.later import nx, pd
from twinlab.scope.network import Network
from twinlab.scope.periods import coarse_network, coarsen_disruptions
from twinlab.scope.result import Result
from twinlab.scope.scenario import Scenario

__all__ = ["Restricted", "restrict", "restrict_network", "tiers"]


def tiers(network: Network) -> dict[str, int]:
    """Give every node its tier: its column, or the fewest lanes to a customer if no row says.

    >>> tiers(serial(["mine", "plant", "shop"], demand=Normal(5, 1)))
    {'mine': 2, 'plant': 1, 'shop': 0}
    """
    stated = {n.name: n.tier for n in network.nodes}
    if any(stated.values()):
        return stated
    upward = nx.DiGraph((end, start) for start, end in network.between)
    upward.add_nodes_from(stated)
    sellers = {d.node for d in network.demands}
    found = nx.multi_source_dijkstra_path_length(upward, sellers) if sellers else {}
    top = max(found.values(), default=0)
    return {name: found.get(name, top) for name in stated}


def restrict_network(network: Network, tier: int) -> Network:
    """See a network up to a tier: whoever supplies that tier becomes an unlimited outside source.

    Lanes into the tiers that are left stay as they are; what lies behind their sources is gone.

    Raises:
        NetworkError: no customer is left.

    >>> chain = serial(["mine", "mill", "plant", "shop"], demand=Normal(5, 1), on_hand={"mill": 9})
    >>> restrict_network(chain, tier=1)
    Network(1 product, 3 nodes, 2 lanes, 0 recipes, 1 demand, 0 stocks)
    """
    inside = {name for name, at in tiers(network).items() if at <= tier}
    demands = [d for d in network.demands if d.node in inside]
    if not demands:
        raise NetworkError(f"tier {tier!r}: nobody sells there: restrict at a tier of at least 0")
    lanes = [v for v in network.lanes if v.destination in inside]
    outside = {v.source for v in lanes} - inside
    seen_nodes = (n for n in network.nodes if n.name in inside | outside)
    free: dict[str, Any] = {"capacity": math.inf, "time_to_recover": 0, "output": Constant(1)}
    nodes = [replace(n, **free) if n.name in outside else n for n in seen_nodes]
    recipes = [r for r in network.recipes if r.node in inside]
    seen = {v.product for v in lanes} | {d.product for d in demands}
    seen |= {p for r in recipes for p in (r.product, *r.components)}
    return Network(
        products=[p for p in network.products if p.name in seen],
        nodes=nodes,
        lanes=lanes,
        recipes=recipes,
        demands=demands,
        stocks=[s for s in network.stocks if s.node in inside and s.product in seen],
    )


class BlindSpot(Row, frozen=True):
    """One thing that a narrow scope cannot see, and why."""

    what: str = column("label", meaning="what kind of thing")
    name: str = column("label", meaning="which one")
    why: str = column("label", meaning="why it cannot be seen")


class Restricted(Result, frozen=True):
    """A scenario in a narrower scope, and what that scope cannot answer.

    One step of ``scenario`` is ``period`` days; its costs and rates are per step.

    >>> chain = serial(["mine", "mill", "shop"], demand=Normal(5, 1))
    >>> restrict(Scenario(chain, BaseStock(20)), tier=1).sites
    ['mill', 'shop']
    """

    caption = "What this scope cannot answer"
    full: Scenario
    scenario: Scenario
    tier: int | None
    period: int

    @property
    def sites(self) -> list[str]:
        """The nodes that are seen with all they have (others are outside sources or gone)."""
        depth, here = tiers(self.full.network), [n.name for n in self.scenario.network.nodes]
        return [name for name in here if self.tier is None or depth[name] <= self.tier]

    @property
    def blind_spots(self) -> tuple[BlindSpot, ...]:
        """What the whole scenario has and this one has not: worked out from the two, one by one."""
        finders = [_beyond, _common_sources, _struck_beyond]
        finders += [_too_short, _too_often] if self.period > 1 else []
        return tuple(BlindSpot(*spot) for finder in finders for spot in finder(self))

    @property
    def table(self) -> "pd.DataFrame":
        """The blind spots, one row each."""
        rows = [(s.what, s.name, s.why) for s in self.blind_spots]
        return pd.DataFrame(rows, columns=["cannot answer about", "which", "why"])

    def _sentence(self) -> str:
        tier = "all tiers" if self.tier is None else f"tiers 0 to {self.tier}"
        step = "day by day" if self.period == 1 else f"in steps of {self.period} days"
        spots = [f"\n- {s.what} {s.name}: {s.why}" for s in self.blind_spots]
        return f"{tier}, {step}; {len(spots)} blind spots{''.join(spots)}"


def restrict(scenario: Scenario, tier: int | None = None, period: int = 1) -> Restricted:
    """Look at a scenario through a smaller window: up to a tier, or in steps of several days.

    Disruptions beyond the tier are dropped; those shorter than a period become the share of it
    that they last. Both are listed in ``blind_spots``. Rules keep their numbers.

    Raises:
        ScenarioError: no customer is left, or not one whole period.

    >>> chain = serial(["mine", "mill", "plant", "shop"], demand=Normal(5, 1), lead_time=3)
    >>> full = Scenario(chain, BaseStock(20), disruptions=[Outage("mill", start=9, days=2)])
    >>> restrict(full, tier=1)
    tiers 0 to 1, day by day; 3 blind spots
    - site mine: beyond tier 1
    - supplier mill: an outside source that never runs out: its capacity, stock and suppliers are not known
    - disruption Outage 'mill': strikes beyond tier 1: dropped
    """  # noqa: E501 (a doctest line)
    if not 1 <= period <= scenario.days:
        problem = f"period is a whole number of days from 1 to the scenario's {scenario.days}"
        raise ScenarioError(f"{problem}, got {period!r}")
    network = scenario.network if tier is None else restrict_network(scenario.network, tier)
    disruptions = tuple(d for d in scenario.disruptions if _within(scenario, d, tier))
    if period > 1:
        network = coarse_network(network, period)
        disruptions = coarsen_disruptions(disruptions, period)
    rules, sourcing, sharing = (
        {item: one for item, one in by_item.items() if item in network.brought}  # type: ignore[union-attr]
        for by_item in (scenario.rules, scenario.sourcing, scenario.sharing)
    )
    seen = Scenario(network, rules, scenario.days // period, disruptions, sourcing, sharing)
    seen = replace(seen, start=scenario.start, period=period * scenario.period)
    return Restricted(scenario, seen, tier, period)


def _within(scenario: Scenario, disruption: Any, tier: int | None) -> bool:
    """Whether what a disruption strikes is inside: its node, or where its lane ends."""
    end = getattr(disruption, "destination", "") or disruption.node
    return tier is None or tiers(scenario.network)[end] <= tier


Spots = Iterator[tuple[str, str, str]]


def _beyond(seen: Restricted) -> Spots:
    """Nodes that are only sources now or gone, and products that are gone."""
    before, after = seen.full.network, seen.scenario.network
    left, inside = {n.name for n in after.nodes}, set(seen.sites)
    fed = {v.destination for v in before.lanes} | {r.node for r in before.recipes}
    for node in before.nodes:
        if node.name in left - inside and (node.name in fed or node.capacity < math.inf):
            unknown = "its capacity, stock and suppliers are not known"
            yield "supplier", node.name, f"an outside source that never runs out: {unknown}"
        elif node.name not in left:
            yield "site", node.name, f"beyond tier {seen.tier}"
    for name in [p.name for p in before.products if p not in after.products]:
        yield "product", name, f"only flows beyond tier {seen.tier}"


def _common_sources(seen: Restricted) -> Spots:
    """Hidden nodes on which several of the outside suppliers depend."""
    whole = nx.DiGraph((v.source, v.destination) for v in seen.full.network.lanes)
    inside = set(seen.sites)
    edge = [n.name for n in seen.scenario.network.nodes if n.name not in inside]
    hidden = [n.name for n in seen.full.network.nodes if n.name not in inside.union(edge)]
    for name in filter(whole.__contains__, hidden):
        below = nx.descendants(whole, name)
        fed = [each for each in edge if each in below]
        if len(fed) > 1:
            who = f"{', '.join(fed[:-1])} and {fed[-1]}"
            yield "common cause", name, f"{who} seem independent, but all depend on it"


def _struck_beyond(seen: Restricted) -> Spots:
    for disruption in seen.full.disruptions:
        if not _within(seen.full, disruption, seen.tier):
            yield "disruption", disruption.title, f"strikes beyond tier {seen.tier}: dropped"


def _too_short(seen: Restricted) -> Spots:
    """Disruptions of less than a period, and lead times that are no whole periods."""
    period, within = seen.period, set(seen.sites)
    left = f"of a period of {period}: only its share of the period is left"
    for disruption in seen.full.disruptions:
        lasts = disruption.days.average
        if isinstance(disruption, StockLoss):
            continue  # at once, in either
        if lasts < period and _within(seen.full, disruption, seen.tier):
            yield "disruption", disruption.title, f"lasts {lasts:g} days {left}"
    for lane in seen.full.network.lanes:
        days = lane.lead_time.average
        about = whole_periods(days, period) * period
        if lane.destination in within and about != days:
            name = f"{lane.source}→{lane.destination} ({lane.product})"
            yield "lead time", name, f"{days:g} days count as {about}"


def _too_often(seen: Restricted) -> Spots:
    """Seasons that change, and nodes that decide, more than once in a period."""
    within, deciding = set(seen.sites), {node for node, _ in seen.scenario.network.brought}
    for row in seen.full.network.demands:
        part = row.season_days / len(row.season) if row.season else math.inf
        if part < seen.period and row.node in within:
            yield "season", row.title, f"changes every {part:g} days"
    for node in seen.full.network.nodes:
        if node.review_period < seen.period and node.name in within & deciding:
            usual = "day" if node.review_period == 1 else f"{node.review_period} days"
            yield "decisions", node.name, f"looks every {usual}, here every {seen.period} days"
