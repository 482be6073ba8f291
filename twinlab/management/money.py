"""What customers who are not served cost: the money that stress tests and plans count."""

from collections.abc import Mapping

from twinlab.modeling.simulation.kpis import Value
from twinlab.modeling.simulation.replications import Replications
from twinlab.modeling.simulation.run import Run
from twinlab.scope.calendar import upstream_items
from twinlab.scope.entities import ItemKey
from twinlab.scope.errors import ScenarioError, did_you_mean
from twinlab.scope.kinds import Amount, ranged
from twinlab.scope.network import Network

__all__ = ["customers_loss"]

Worth = Mapping[str, Amount]  # USD per unit that a customer does not get, by product


@ranged
def unit_worth(network: Network, worth: Worth | None = None) -> dict[ItemKey, float]:
    """Say what one unit is worth that a customer does not get [USD/unit], by (node, product).

    It is what ``worth`` gives for the product, else the ``lost_sale_cost`` of the demand row.
    """
    given, asked = dict(worth or {}), dict.fromkeys(d.product for d in network.demands)
    for product in given:
        if product not in asked:
            raise ScenarioError(
                f"worth: no customer asks for {product!r}; {did_you_mean(product, asked)}"
            )
    return {
        (d.node, d.product): float(given.get(d.product, d.lost_sale_cost)) for d in network.demands
    }


def customers_loss(history: Run | Replications, worth: Worth | None = None) -> Value:
    """Price what customers did not get, or got late, over the whole history [USD].

    loss = Σ (asked − served) × worth + Σ cost of what items that customers ask owe at night.
    Of a batch it is an array, one number per history.

    Raises:
        ScenarioError: neither a unit nor a day of waiting costs anything, ``worth`` is below 0, or
            no customer asks for the product.

    >>> hasty = Demand("shop", "unit", Trace((3, 6)), backorders=False, lost_sale_cost=40)
    >>> shop = serial(["mine", "shop"], demand=hasty, on_hand={"shop": 5})
    >>> customers_loss(simulate(Scenario(shop, BaseStock(5), days=2)))
    40.0
    """
    network = history.scenario.network
    worths = unit_worth(network, worth)
    if not any(worths.values()) and not any(d.backorder_cost for d in network.demands):
        products = ", ".join(f"{p!r}: …" for p in dict.fromkeys(p for _, p in worths))
        raise ScenarioError(
            "customers who are not served cost nothing here: give worth={" + products + "} in USD "
            "per unit, or a lost_sale_cost or backorder_cost in the demand rows"
        )
    return sum(
        (history.total("demand", *item) - history.total("served", *item)) * each
        + history.total("owing", *item)
        for item, each in worths.items()
    )


def stopped_worth(network: Network, worth: Worth | None = None) -> dict[ItemKey, float]:
    """Say what one missing unit of each (node, product) stops further down [USD/unit].

    For customers it is ``unit_worth``, else their price, else the product's value; upstream the
    most that a unit goes into is worth, per unit needed.

    >>> bike = assembly("plant", {"frame": 1, "wheel": 2}, demand=Poisson(3))
    >>> stopped_worth(bike, {"unit": 900})[("wheel supplier", "wheel")]
    450.0
    """
    own = unit_worth(network, worth)
    values = {p.name: p.value for p in network.products}
    stopped = dict.fromkeys(network.items, 0.0)
    for row in network.demands:
        item = (row.node, row.product)
        stopped[item] = own[item] or row.price or values[row.product]
    recipes = {(r.node, r.product): r.components for r in network.recipes}
    for item in reversed(upstream_items(network)):
        uses = [
            ((item[0], part), stopped[item] / need) for part, need in recipes.get(item, {}).items()
        ]
        uses += [
            ((v.source, v.product), stopped[item])
            for v in network.lanes
            if (v.destination, v.product) == item
        ]
        for above, money in uses:
            stopped[above] = max(stopped[above], money)
    return stopped
