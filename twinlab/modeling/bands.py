"""Bands: which rows of a record add up to a measure of some nodes."""

from typing import Any, NamedTuple

from twinlab.modeling.ledger import record_rows
from twinlab.modeling.measures import BY_ITEM, BY_LANE, MEASURES
from twinlab.modeling.plan import Plan
from twinlab.scope.errors import ScenarioError, did_you_mean


class Band(NamedTuple):
    """A measure whose daily values are kept: of some nodes (none named: all), of a product."""

    measure: str
    nodes: tuple[str, ...] = ()
    product: str = ""


def read_band(plan: Plan, given: str | tuple[Any, ...]) -> Band:
    """Read ``"backlog"``, ``("backlog", "shop")`` or ``("backlog", ("north", "south"), "bike")``.

    Raises:
        ScenarioError: there is no such measure, or it is money; there is no such node or product.
    """
    name, nodes, product = (*((given,) if isinstance(given, str) else given), "", "")[:3]
    named = (nodes,) if isinstance(nodes, str) else nodes
    band = Band(name, tuple(filter(None, named)), product)
    if name not in MEASURES:
        raise ScenarioError(f"bands: no measure {name!r}; {did_you_mean(name, MEASURES)}")
    band_rows(plan, band)
    return band


def band_rows(plan: Plan, band: Band) -> list[int]:
    """The rows of a record whose sum is the band's measure today.

    Raises:
        ScenarioError: it is no plain sum of rows, as money is not.
    """
    nodes = band.nodes or ("",)
    items = {at for node in nodes for at in plan.columns(node, band.product)}
    rows = record_rows(plan)
    lanes = [at for at, lane in enumerate(plan.lanes) if lane.source in items]
    if band.measure in BY_ITEM:
        return [rows[BY_ITEM[band.measure]].start + at for at in sorted(items)]
    if band.measure in BY_LANE:
        return [rows[BY_LANE[band.measure]].start + at for at in lanes]
    if band.measure == "backlog":
        customers = [len(plan.lanes) + at for at in sorted(items)]
        return [rows["owed"].start + at for at in [*lanes, *customers]]
    if band.measure == "in_process":
        made = [at for at, recipe in enumerate(plan.recipes) if recipe.item in items]
        return [rows["in_process"].start + at for at in made]
    raise ScenarioError(
        f"bands: {band.measure!r} is money or emissions, which are not kept by the day: ask for a "
        "stock or flow, or take the KPIs of the whole history"
    )
