"""What replications record: a row for every number that can ever be other than 0."""

from typing import Any

import numpy as np

from twinlab.modeling.simulation.measures import BY_LANE, FLOWS
from twinlab.modeling.simulation.plan import STOCKS, Plan
from twinlab.scope.distributions import Array


class Records:
    """The rows of a record: by stock or flow, of which items, lanes, recipes or claims.

    >>> from twinlab.modeling.simulation.plan import make_plan
    >>> plan = make_plan(Scenario(serial(["mine", "shop"], demand=Normal(5, 1)), BaseStock(8)))
    >>> rows = Records(plan)
    >>> rows.numbers["on_hand"], rows.rows["owed"]  # the shop's; the lane's and its customers'
    ([1], slice(2, 4, None))
    """

    def __init__(self, plan: Plan) -> None:
        """Number the rows."""
        items, lanes = plan.items, list(range(len(plan.lanes)))
        sold, made = sorted(plan.sellers), sorted(recipe.item for recipe in plan.recipes)
        decided = [item.number for item in items if not item.unlimited]
        numbers = dict.fromkeys((*STOCKS, *FLOWS), sold)
        numbers |= dict.fromkeys(("on_hand", "on_order", "ordered"), decided)
        numbers |= dict.fromkeys((*BY_LANE.values(),), lanes)
        numbers |= dict.fromkeys(("started", "finished", "scrap"), made)
        numbers["owed"] = [*lanes, *(len(lanes) + item for item in sold)]
        numbers["in_process"] = list(range(len(plan.recipes)))
        numbers["asked_today"] = list(range(len(items)))
        numbers["received"] = [item.number for item in items if item.lanes_in]
        numbers["consumed"] = sorted({c for recipe in plan.recipes for c, _ in recipe.components})
        self.numbers = numbers
        ends = np.cumsum([len(each) for each in numbers.values()]).tolist()
        self.rows = {
            name: slice(end - len(each), end)
            for end, (name, each) in zip(ends, numbers.items(), strict=True)
        }
        self.sizes = dict.fromkeys(FLOWS, len(items)) | dict.fromkeys(BY_LANE.values(), len(lanes))
        self.sizes |= {name: len(keys) for name, keys in plan.stock_keys.items()}

    def whole(self, name: str, record: Array) -> Array:
        """A stock or flow of all items (lanes, …), from rows of a record: what has no row is 0."""
        found = np.zeros((self.sizes[name], *record.shape[1:]))
        found[self.numbers[name]] = record[self.rows[name]]
        return found

    def rows_of(self, name: str, numbers: Any) -> list[int]:
        """The rows of some items (lanes, …), as far as they have any."""
        wanted, begin = set(numbers), self.rows[name].start
        return [begin + at for at, number in enumerate(self.numbers[name]) if number in wanted]
