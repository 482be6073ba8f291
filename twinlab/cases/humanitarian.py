"""The humanitarian case: rations by ship and truck to 67,000 people in Syria, as a scenario."""

from dataclasses import replace

from twinlab.cases.folders import Case, base_stock_chain, dataset
from twinlab.scope import Network, Stock
from twinlab.scope.kinds import Amount

__all__ = ["humanitarian"]


def humanitarian(days: int = 730, safety: Amount = 60.0) -> Case:
    """Load the food pipeline from a supplier abroad by port and depot to seven points in Syria.

    A unit is a tonne of WFP's general ration, a day's food for 1,802 people; 67,000 people need
    37.2 t a day. The ship's lead time is drawn from the gamma law fitted on the sea shipments of
    2006 to 2013 (order to delivery), and the port orders every four weeks. Everybody keeps the
    position that the tables start with,

        S = on hand + under way = mean flow × (lead time + safety days),

    with ``safety`` days of stock in the port. What is not handed out on its day is lost: nobody
    eats yesterday's meal today.

    Raises:
        ScenarioError: days or safety days are below what makes sense.

    Source: ``datasets/humanitarian/README.md`` says of every column whether it is measured
    (beneficiaries, roads, lead times, freight) or assumed.

    >>> chain = humanitarian()
    >>> chain.network
    Network(1 product, 10 nodes, 9 lanes, 0 recipes, 7 demands, 9 stocks)
    >>> round(sum(d.pattern.average for d in chain.network.demands), 3)  # tonnes a day
    37.185
    """
    network = Network.from_tables(dataset("humanitarian"))
    daily = sum(demand.pattern.average for demand in network.demands)
    safe = Stock("port", "ration", safety * daily)
    stocks = tuple(safe if stock.node == "port" else stock for stock in network.stocks)
    return base_stock_chain(replace(network, stocks=stocks), days)
