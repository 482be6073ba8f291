"""The humanitarian case: four relief goods by sea, air and road to the people of Cuba."""

from twinlab.cases.folders import Case, base_stock_chain, dataset
from twinlab.scope import Network

__all__ = ["humanitarian"]


def humanitarian(days: int = 240) -> Case:
    """Load the pipeline from a maker by a hub in Panama and three depots to three regions.

    Units are people covered with water, shelter or health goods, and day's rations of food. Calm:
    nobody asks for anything until a storm comes. Everybody keeps what the tables start with.

    Raises:
        ScenarioError: days are below what makes sense.

    Source: ``datasets/humanitarian/README.md`` says of every column whether it is measured, derived
    or assumed.

    >>> humanitarian().network
    Network(4 products, 9 nodes, 50 lanes, 0 recipes, 12 demands, 28 stocks)
    """
    return base_stock_chain(Network.from_tables(dataset("humanitarian")), days)
