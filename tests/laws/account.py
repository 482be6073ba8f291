"""A slow and plain reading of the law of a day from the tables: what plan and luck must say.

Nothing here is taken from the library's plan or luck: own order of the graph, own streams by the
documented keys, own days of disruptions, own weights of the echelon, own arrival days.
"""

from hashlib import blake2b

import numpy as np

import twinlab as tl

# -- order --


def reaches(names, ways):
    """From each name, the names that one can get to."""
    ahead = {name: {b for a, b in ways if a == name} for name in names}
    for _ in names:
        for name in names:
            ahead[name] = ahead[name].union(*(ahead[other] for other in ahead[name]))
    return ahead


def upstream_first(names, ways, at_once):
    """Whoever has nobody left before it goes next, in table order; circles stay together."""
    ahead = reaches(names, ways)
    circle = {a: [b for b in names if a == b or (b in ahead[a] and a in ahead[b])] for a in names}
    order = []
    while len(order) < len(names):
        for name in names:
            before = [a for a, b in ways if b in circle[name] and a not in circle[name]]
            if name not in order and all(a in order for a in before):
                break
        left = list(circle[name])
        while left:
            free = [b for b in left if not any((a, b) in at_once for a in left if a != b)]
            order.append(free[0])
            left.remove(free[0])
    return order


def items_of(network):
    """Every product at every node that a table speaks of, by nodes and then products."""
    spoken = {(v.source, v.product) for v in network.lanes}
    spoken |= {(v.destination, v.product) for v in network.lanes}
    for rows in (network.demands, network.stocks, network.recipes):
        spoken |= {(row.node, row.product) for row in rows}
    spoken |= {(r.node, part) for r in network.recipes for part in r.components}
    pairs = [(n.name, p.name) for n in network.nodes for p in network.products]
    return [pair for pair in pairs if pair in spoken]


def items_upstream(network):
    made = [((r.node, c), (r.node, r.product)) for r in network.recipes for c in r.components]
    lanes = [((v.source, v.product), (v.destination, v.product)) for v in network.lanes]
    return upstream_first(items_of(network), lanes + made, made)


def nodes_upstream(network):
    lanes = [(v.source, v.destination) for v in network.lanes]
    zero = [(v.source, v.destination) for v in network.lanes if v.lead_time.average == 0]
    return upstream_first([n.name for n in network.nodes], lanes, zero)


def claims_of(network, item):
    """Who asks an item, in order of service: lanes by number, then the customers (-1)."""
    asking = [
        (v.service_rank, 0, at)
        for at, v in enumerate(network.lanes) if (v.source, v.product) == item
    ]  # fmt: skip
    asking += [(d.service_rank, 1, -1) for d in network.demands if (d.node, d.product) == item]
    return [at for *_, at in sorted(asking)]


def part_of(scenario, lane):
    """The part of its buyer's orders that a lane gets when nothing is wrong."""
    network, buyer = scenario.network, (lane.destination, lane.product)
    ways = [v for v in network.lanes if (v.destination, v.product) == buyer]
    fed = {(v.destination, v.product) for v in network.lanes}

    def rank(way):
        from_outside = (way.source, way.product) not in fed
        never = way.capacity == 0 or (from_outside and network.node(way.source).capacity == 0)
        return (never, way.sourcing_rank)

    if buyer in scenario.sourcing:  # Shares()
        shares = {v.mode + v.source: v.sourcing_share * (not rank(v)[0]) for v in ways}
        if not sum(shares.values()):
            shares = {v.mode + v.source: v.sourcing_share for v in ways}
        return shares[lane.mode + lane.source] / sum(shares.values())
    return float(lane is min(ways, key=rank))


def weight(scenario, order, source, target):
    """Units of a source in a target: over every way down, the product of what stands on it."""
    if source == target:
        return 1.0
    onward = [
        ((v.destination, v.product), part_of(scenario, v))
        for v in scenario.network.lanes if (v.source, v.product) == source
    ]  # fmt: skip
    onward += [
        ((r.node, r.product), r.components[source[1]])
        for r in scenario.network.recipes
        if r.node == source[0] and source[1] in r.components
    ]
    return sum(
        part * weight(scenario, order, fed, target)
        for fed, part in onward
        if part and order.index(source) < order.index(fed) <= order.index(target)
    )


# -- chance --


class Streams:
    """The numbers of one block of replications."""

    def __init__(self, scenario, seed, block):
        self.days, self.seed, self.block = scenario.days, seed, block

    def draw(self, law, *name, scale=None, days=None):
        """One source of chance, days × replications."""
        digest = blake2b("\x1f".join(name).encode(), digest_size=16).digest()
        key = [self.seed, self.block, *np.frombuffer(digest, "<u4").tolist()]
        scale = np.ones(days or self.days) if scale is None else np.array(scale)
        drawn = law.draw(np.random.Generator(np.random.SFC64(key)), scale, 64)
        return np.repeat(drawn, 64, axis=1) if drawn.shape[1] == 1 else drawn


def factor_of(demand, day):
    """Season and trend of a day; the parts of a season are of one length."""
    length, parts = demand.season_days, len(demand.season)
    season = 1.0
    if parts:
        into = (day % length) / length
        season = next(demand.season[k] for k in range(parts) if into * parts < k + 1)
    return max(season * (1.0 + demand.trend * day), 0.0)


def severity_of(disruption, streams, nth):
    """How hard it strikes on each day, day after day for each replication."""
    days = streams.days + 366
    place = [v for k, v in vars(disruption).items()
             if k in ("node", "source", "destination", "product", "mode")]  # fmt: skip
    if isinstance(
        disruption, tl.Delay
    ):  # source, destination, product, mode, whatever stands where
        place = [disruption.source, disruption.destination, disruption.product, disruption.mode]
    name = ("disruption", type(disruption).__name__, *place, str(nth))
    lasts = np.ceil(streams.draw(disruption.days, *name, "duration", days=days))
    luck = streams.draw(tl.Uniform(0, 1), *name, "strike", days=days)
    severity = np.zeros((days, 64))
    for column in range(64):
        day = disruption.start
        while day < days:
            if disruption.rate and luck[day, column] >= disruption.rate:
                day += 1
                continue
            end = day + max(1, int(lasts[day, column]))
            at_once = isinstance(disruption, tl.StockLoss)
            severity[day : day + 1 if at_once else end, column] = 1.0
            for step in range(0 if at_once else disruption.recovery):
                if end + step < days:
                    severity[end + step, column] = 1 - (step + 1) / (disruption.recovery + 1)
            day = end + disruption.recovery + disruption.pause if disruption.rate else days
    return severity


class Chance:
    """All that chance decides, by name: demand, lead time, good share, what is left of flows."""

    def __init__(self, scenario, seed, block):
        network, streams = scenario.network, Streams(scenario, seed, block)
        days = range(scenario.days)
        self.making, self.shipping, self.moving, self.keeping = {}, {}, {}, {}
        self.whole = {
            n.name: np.minimum(streams.draw(n.output, "output", n.name), 1.0)
            for n in network.nodes
            if n.output != tl.Constant(1)
        }
        self.held, self.active = {}, []
        self.demand = {
            (d.node, d.product): streams.draw(
                d.pattern, "demand", d.node, d.product, scale=[factor_of(d, day) for day in days]
            )
            for d in network.demands
        }
        ahead = reaches([n.name for n in network.nodes],
                        [(v.source, v.destination) for v in network.lanes])  # fmt: skip
        self.lead_time = {}
        for v in network.lanes:
            drawn = np.rint(streams.draw(v.lead_time, "lead time", *v.key))
            back = v.source in ahead[v.destination]
            self.lead_time[v.key] = np.maximum(drawn, 1) if back and v.lead_time.average else drawn
        self.good_share = {
            (r.node, r.product): np.minimum(
                streams.draw(r.good_share, "yield", r.node, r.product), 1.0
            )
            for r in network.recipes
        }
        for at, disruption in enumerate(scenario.disruptions):
            alike = [d for d in scenario.disruptions[:at] if same_target(d, disruption)]
            self.strike(scenario, disruption, severity_of(disruption, streams, len(alike)))

    def strike(self, scenario, disruption, severity):
        network, now = scenario.network, severity[: scenario.days]
        self.active.append(now > 0)
        if isinstance(disruption, tl.Outage):
            self.close(network, disruption, 1 - disruption.loss * now)
        elif isinstance(disruption, tl.StockLoss):
            self.destroy(network, disruption, 1 - disruption.share * now)
        elif isinstance(disruption, tl.DemandShift):
            for d in network.demands:
                if d.node == disruption.node and disruption.product in ("", d.product):
                    self.demand[d.node, d.product] *= 1 + (disruption.factor - 1) * now
        else:
            for v in network.lanes:
                named = {"source": v.source, "destination": v.destination, "product": v.product,
                         "mode": v.mode}  # fmt: skip
                if all(getattr(disruption, n) in ("", text) for n, text in named.items()):
                    self.block(disruption, v.key, severity)

    def block(self, disruption, key, severity):
        """A lane that is delayed or blocked; only a wholly closed one can hold what is on it."""
        now = severity[: len(self.lead_time[key])]
        if isinstance(disruption, tl.Delay):
            self.lead_time[key] = self.lead_time[key] + np.rint(disruption.extra * now)
            return
        times(self.moving, key, 1 - disruption.loss * now)
        if disruption.holds_transit and disruption.loss == 1:
            self.held[key] = self.held.get(key, severity < 0) | (severity == 1)

    def destroy(self, network, loss, left):
        """Stock is where something is brought or made."""
        stocked = {(v.destination, v.product) for v in network.lanes}
        stocked |= {(r.node, r.product) for r in network.recipes}
        for item in stocked:
            if item[0] == loss.node and loss.product in ("", item[1]):
                times(self.keeping, item, left)

    def close(self, network, outage, left):
        """What is closed makes less, a store ships less; made stock leaves while a part is open."""
        makers = [(r.node, r.product) for r in network.recipes]
        stores = [(v.destination, v.product) for v in network.lanes]
        if not outage.product:
            times(self.whole, outage.node, left)
        for item in items_of(network):
            if item[0] != outage.node or outage.product not in ("", item[1]):
                continue
            times(self.making, item, left)
            if item in makers and not outage.stock_ships:
                times(self.shipping, item, (left > 0).astype(float))
            elif item in stores and not outage.stock_ships:
                times(self.shipping, item, left)

    def arrival(self, key, column, day, moving):
        """The day on which goods arrive that have so many days of moving before them."""
        held = self.held.get(key)
        while moving > 0:
            day += 1
            if held is None or day >= len(held) or not held[day, column]:
                moving -= 1
        return day


def same_target(one, other):
    def place(d):
        ends = ("node", "source", "destination", "product", "mode")
        return [type(d), *(getattr(d, name, None) for name in ends)]

    return place(one) == place(other)


def times(table, key, factor):
    table[key] = table[key] * factor if key in table else factor
