"""The automotive case: five tiers of suppliers behind US light-vehicle sales."""

from collections import defaultdict

from twinlab.cases.folders import dataset
from twinlab.organization.view import Shares
from twinlab.people.rules import BaseStock
from twinlab.scope import Network, Scenario, State
from twinlab.scope.entities import ItemKey

__all__ = ["automotive"]


def automotive(days: int = 365) -> Scenario:
    """Load a calm year of the chain from wafer fab, steel mill and resin plant to US car buyers.

    A 1 : 1000 scale model: 48.5 vehicles a day stand for 48,500. A unit of every product is what
    goes into one vehicle; money is in USD of 2017. Day 0 is 1 January, and the chain is in
    its steady state. Everybody keeps the inventory position that the tables start with,

        S = on hand + under way + in process = mean flow × (lead time + safety days),

    and splits orders over suppliers by the lanes' ``sourcing_share``.

    Source: ``datasets/automotive/README.md`` says of every column whether it is measured (US
    content reports, sales, input-output accounts, sea distances, freight factors) or assumed.

    >>> chain = automotive(days=30)
    >>> chain.network
    Network(15 products, 68 nodes, 265 lanes, 65 recipes, 4 demands, 226 stocks)
    >>> sum(d.pattern.average for d in chain.network.demands)  # vehicles a day
    48.494
    """
    return base_stock_chain(Network.from_tables(dataset("automotive")), days)


def base_stock_chain(network: Network, days: int) -> Scenario:
    """Let everybody keep the position that the tables start with, and share out orders by lane.

    >>> base_stock_chain(serial(["mine", "shop"], demand=Normal(5, 1), on_hand=8), 30).rules
    {('shop', 'unit'): BaseStock(up_to=8.0)}
    """
    suppliers: dict[ItemKey, int] = defaultdict(int)
    for lane in network.lanes:
        suppliers[lane.destination, lane.product] += 1
    return Scenario(
        network,
        rules={item: BaseStock(up_to) for item, up_to in starting_positions(network).items()},
        days=days,
        sourcing={item: Shares() for item, count in suppliers.items() if count > 1},
    )


def starting_positions(network: Network) -> dict[ItemKey, float]:
    """Sum what each item has on hand and on order (mail, under way, in process) at the start.

    As base-stock levels these positions make the first order equal to the first demand: no
    warm-up.

    >>> starting_positions(serial(["mine", "shop"], demand=Normal(5, 1), on_hand=8))
    {('shop', 'unit'): 8.0}
    """
    start = State.initial(network)
    return {item: units + start.on_order[item] for item, units in start.on_hand.items()}
