"""The stress test: close every site in turn, on the same luck, and price what customers miss."""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import numpy as np

from twinlab.management.listing import Listing, shown
from twinlab.management.money import Worth, customers_loss
from twinlab.modeling.abreast import replicate_abreast
from twinlab.modeling.batch import Batch
from twinlab.modeling.horizon import horizon_of
from twinlab.modeling.output import Estimate, estimate
from twinlab.scope.chance import Array, Constant
from twinlab.scope.columns import Row, column
from twinlab.scope.disruption import Outage
from twinlab.scope.errors import ScenarioError, did_you_mean
from twinlab.scope.scenario import Scenario


@dataclass(frozen=True)
class Closure(Row):
    """How a stress test closes a site.

    >>> Closure(start=60).days
    28
    """

    start: int = column("day", 30, "first day of the closure", low=0)
    days: int = column("days", 28, "how long, for nodes without a time_to_recover", low=1)
    stock_ships: bool = column("yes/no", False, "finished stock still leaves the closed site")


@dataclass(frozen=True)
class SiteStress:
    """What one site's closure costs, history by history against the calm twin."""

    site: str = column("name", meaning="which site closes")
    closed: int = column("days", meaning="how long")
    loss: float = column("USD", meaning="mean loss against the calm twin")
    loss_low: float = column("USD", meaning="95 % interval")
    loss_high: float = column("USD", meaning="95 % interval")
    unserved: float = column("units", meaning="mean units more not served by the end")
    on_time: float = column("share", meaning="fill rate")
    index: float = column("share", meaning="loss over the largest loss")
    moving: str = column("words", "", "what is not yet as in the calm twin on the last day")
    later: float | None = column("USD", None, "mean loss over twice the days, where it moves")

    def __str__(self) -> str:
        later = f"; {shown(self.later)} USD in twice the days" if self.later is not None else ""
        return (
            f"{self.site}: closed {self.closed} days, loss {shown(self.loss)} "
            f"[{shown(self.loss_low)}, {shown(self.loss_high)}] USD, index {self.index:.3f}"
            f"{self.moving and '; ' + self.moving}{later}"
        )


@dataclass(frozen=True, repr=False)
class StressTest(Listing):
    """The stresses of all sites, worst first."""

    sites: tuple[SiteStress, ...]
    calm_loss: Estimate
    kind, caption = SiteStress, "Stress test, worst site first"


def stress_test(
    scenario: Scenario,
    replications: int = 64,
    seed: int = 0,
    *,
    sites: Iterable[str] | Mapping[str, int] = (),
    closure: Closure | None = None,
    worth: Worth | None = None,
) -> StressTest:
    """Close each site in turn for its time to recover, and rank the losses of customers.

    ``sites`` names the sites to test, or maps them to the days of their closure; empty means all
    that lanes leave. Days are else the node's ``time_to_recover``, else ``closure.days``. Every
    closure is compared with the calm twin history by history, on the same luck; losses are those
    of ``customers_loss``. All closures run side by side, so sixty take little longer than one.
    Where stock, backlog or sales have not come back to the calm twin's by the last day, it is said,
    and the loss is measured over twice the days as well (see ``modeling.horizon``).

    Raises:
        ScenarioError: no such site, or the closure begins after the last day.

    >>> hasty = Demand("shop", "unit", Normal(5, 1), backorders=False, lost_sale_cost=40)
    >>> chain = serial(["mine", "plant", "shop"], demand=hasty, on_hand={"plant": 40, "shop": 20})
    >>> calm = Scenario(chain, {"plant": BaseStock(40), "shop": BaseStock(20)}, days=60)
    >>> stress_test(calm, 64, seed=1, sites={"mine": 14, "plant": 7}, closure=Closure(start=20))
    mine: closed 14 days, loss 797.9 [759.4, 836.4] USD, index 1.000
    plant: closed 7 days, loss 788 [764.4, 811.5] USD, index 0.988
    """
    how = closure or Closure()
    days = _closures(scenario, sites, how)
    closed = [
        scenario.disrupt(
            Outage(site, start=how.start, days=Constant(length), stock_ships=how.stock_ships)
        )
        for site, length in days.items()
    ]

    def live(scenarios: list[Scenario]) -> tuple[list[Batch], list[Array]]:
        calm, *batches = replicate_abreast(scenarios, replications, seed)
        usual = np.asarray(customers_loss(calm, worth))
        return [calm, *batches], [np.asarray(customers_loss(b, worth)) - usual for b in batches]

    (calm, *batches), losses = live([scenario, *closed])
    notes, later = [horizon_of(batch, calm).note for batch in batches], iter(list[Array]())
    with suppress(ScenarioError):  # a trace ends: nobody knows what comes then
        moving = [s for s, note in zip(closed, notes, strict=True) if note]
        longer = [s.change(days=2 * s.days) for s in (scenario, *moving)]
        later = iter(live(longer)[1] if moving else ())
    worst = max(float(loss.mean()) for loss in losses)
    rows = []
    for (site, length), batch, lost, note in zip(days.items(), batches, losses, notes, strict=True):
        loss, more = estimate(lost), next(later, None) if note else None
        missed = float(np.mean(calm.total("served") - batch.total("served")))
        on_time = float(np.nanmean(batch.kpis.fill_rate))
        index = max(0.0, loss.mean) / worst if worst > 0 else 0.0
        rows.append(SiteStress(site, length, loss.mean, loss.low, loss.high, missed, on_time, index,
                               note, None if more is None else float(more.mean())))  # fmt: skip
    ranked = tuple(sorted(rows, key=lambda s: -s.loss))
    return StressTest(ranked, estimate(customers_loss(calm, worth)))


def _closures(scenario: Scenario, sites: Any, how: Closure) -> dict[str, int]:
    """How long each site closes."""
    if how.start >= scenario.days:
        raise ScenarioError(
            f"closure from day {how.start}: the scenario ends after {scenario.days} days: give an "
            "earlier Closure(start=…), or more days"
        )
    nodes = {n.name: n for n in scenario.network.nodes}
    named = list(sites) or list(dict.fromkeys(v.source for v in scenario.network.lanes))
    for site in named:
        if site not in nodes:
            raise ScenarioError(f"sites: {site!r} is not a node; {did_you_mean(site, nodes)}")
    given = sites if isinstance(sites, Mapping) else {}
    return {site: given.get(site, nodes[site].time_to_recover or how.days) for site in named}
