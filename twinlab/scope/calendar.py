"""The order of a day is a law, written once here and kept by both engines.

1. **Orders flow up (morning).** Stock that is destroyed today is gone first. Open orders that are
   due reach their suppliers, lane by lane in table order; customers' demand arrives, in table
   order. Then every node that reviews in the morning decides for its products, downstream first: it
   sees stock, orders outstanding and everything asked of it so far, today's demand included. Its
   order reaches the supplier the same morning, or after the lane's order delay. An order to make
   something asks the node's own components at once.
2. **Goods flow down (afternoon).** Every node has one turn, upstream first. It receives what is due
   (lanes in table order, then finished production), produces (components first; as far as request,
   capacity and components allow; of its capacity a node has the share that is drawn as its output
   of the day, at most all of it; with a line inside, whole parts go down to it, and what has left
   it comes up at the next turn), then ships what it owes. Within one claimant the oldest order
   comes first; between claimants by service rank (ties: lanes in table order, then customers), or
   in proportion to what is owed. With lead time L a shipment arrives L days later; L = 0 arrives
   the same afternoon, before the receiver's turn. Unmet demand waits or is lost, as its row says.
3. **Books close (night).** Stock, backlog, pipeline, cost and emissions are measured. A node that
   reviews in the evening decides now; its order reaches the supplier the next morning, or later by
   the lane's order delay.

With base-stock level S and lead time L, stock at night is S minus the demand of the last L days,
where the supplier has stock and the node reviews in the morning (in the evening: of L + 1 days).
Examples below and everywhere use what ``twinlab`` offers without saying so.

So that two engines agree to the last bit, the arithmetic is part of the law: sums run in table
order, every subtraction that may leave a speck below zero is cut, flows below ``DUST`` are none.
"""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence
from heapq import heappop, heappush
from typing import TYPE_CHECKING, TypeVar

from twinlab.scope.later import nx

if TYPE_CHECKING:
    from twinlab.scope.network import Network

# Moments of a day on the clock, in days after midnight; quarters are exact in binary.
MORNING, AFTERNOON, NIGHT = 0.0, 0.5, 0.75
DUST = 1e-9  # flows smaller than this many units are rounding, not goods

Name = TypeVar("Name", bound=Hashable)


def turns(network: "Network") -> list[str]:
    """List the nodes in the order of their afternoon turns, upstream first."""
    ways = [(v.source, v.destination) for v in network.lanes]
    # A drawn lead time in a cycle is at least a day, so only a certain zero is at once there.
    at_once = [(v.source, v.destination) for v in network.lanes if v.lead_time.average == 0]
    return upstream_first([n.name for n in network.nodes], ways, at_once)


def upstream_items(network: "Network") -> list[tuple[str, str]]:
    """List the (node, product) pairs upstream first; mornings take them from the other end."""
    ways = [((v.source, v.product), (v.destination, v.product)) for v in network.lanes]
    made = [((r.node, c), (r.node, r.product)) for r in network.recipes for c in r.components]
    return upstream_first(list(network.items), [*ways, *made], made)


def upstream_first(
    names: Sequence[Name], ways: Iterable[tuple[Name, Name]], at_once: Iterable[tuple[Name, Name]]
) -> list[Name]:
    """Sort names so that goods flow onward; names in a cycle follow only ``at_once`` ways.

    Ties are settled by the given order of the names.
    """
    ways, place = list(ways), {name: at for at, name in enumerate(names)}
    order = _onward(names, ways)
    if len(order) == len(names):
        return order
    graph: nx.DiGraph[Name] = nx.DiGraph(ways)
    graph.add_nodes_from(names)
    circles = nx.strongly_connected_components(graph)
    circles = sorted(circles, key=lambda circle: min(place[name] for name in circle))
    home = {name: at for at, circle in enumerate(circles) for name in circle}
    between = [(home[a], home[b]) for a, b in ways if home[a] != home[b]]
    rank = {at: turn for turn, at in enumerate(_onward(range(len(circles)), between))}
    inside = [(a, b) for a, b in at_once if home[a] == home[b]]
    return sorted(_onward(names, inside), key=lambda name: rank[home[name]])


def _onward(names: Sequence[Name], ways: Iterable[tuple[Name, Name]]) -> list[Name]:
    """Sort names along the ways, ties by their given order; what a circle holds up is left out."""
    place = {name: at for at, name in enumerate(names)}
    onto, waits, order = defaultdict(list), [0] * len(names), list[Name]()
    for a, b in ways:
        onto[place[a]].append(place[b])
        waits[place[b]] += 1
    free = [at for at, before in enumerate(waits) if not before]  # sorted, so it is a heap
    while free:
        at = heappop(free)
        order.append(names[at])
        for after in onto.get(at, ()):
            waits[after] -= 1
            if not waits[after]:
                heappush(free, after)
    return order
