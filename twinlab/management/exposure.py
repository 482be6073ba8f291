"""Risk exposure: what the loss of each site costs at best, and how long the chain survives it.

No probability is needed: a linear program finds the best that a chain can do while a site is down
for its time to recover (TTR), and the longest time to survive (TTS) without losing a customer.
Source: Simchi-Levi et al. (2015), Interfaces 45(5).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from twinlab.management.exposure_lp import ExposureProgram
from twinlab.management.flows import mean_demand
from twinlab.management.money import Worth, unit_worth
from twinlab.management.tables import html_of, shown, table_of
from twinlab.scope.columns import column
from twinlab.scope.entities import ItemKey
from twinlab.scope.errors import ScenarioError, did_you_mean
from twinlab.scope.network import Network
from twinlab.scope.state import State

if TYPE_CHECKING:
    import pandas as pd

Link = tuple[str, str, str]  # source, destination, product


@dataclass(frozen=True)
class ExposureModel:
    """A chain as plain tables for the exposure program; a period is any unit of time.

    ``makes`` maps (site, product) to the components of one unit; a supplier's product has none.
    Lead times and the cost of changing over are left out, and flows can be redirected at once, so
    losses are a lower bound.

    Raises:
        ScenarioError: a number below zero, or customers or components that nothing can bring.

    >>> one = ExposureModel(capacity={"mine": 6}, makes={("mine", "ore"): {}},
    ...                     links={("mine", "shop", "ore"): math.inf}, stock={("shop", "ore"): 10},
    ...                     demand={("shop", "ore"): 5}, worth={("shop", "ore"): 40},
    ...                     time_to_recover={"mine": 3})
    >>> risk_exposure(one)["mine"]
    Risk(site='mine', loss=200.0, lost_units=5.0, time_to_recover=3.0, time_to_survive=2.0, index=1.0)
    """  # noqa: E501 (a doctest line)

    capacity: Mapping[str, float]  # site → units/period made in all; a missing site is unlimited
    makes: Mapping[ItemKey, Mapping[str, float]]  # (site, product) → component → units per unit
    links: Mapping[Link, float]  # (source, destination, product) → units/period at most
    stock: Mapping[ItemKey, float]  # (site, product) → units
    demand: Mapping[ItemKey, float]  # (site, product) → units/period
    worth: Mapping[ItemKey, float]  # (site, product) → money lost per unit not served
    time_to_recover: Mapping[str, float] = field(default_factory=dict)  # site → periods
    stock_ships: bool = False  # whether the stock of a site that is down still leaves it

    def __post_init__(self) -> None:
        """Check that numbers make sense and names meet."""
        for name in ("capacity", "links", "stock", "demand", "worth", "time_to_recover"):
            for key, number in getattr(self, name).items():
                if not number >= 0:
                    raise ScenarioError(f"{name} of {key!r} is at least 0, got {number!r}")
        held = {*self.makes, *self.stock} | {(to, p) for _, to, p in self.links}
        parts = {(site, part) for (site, _), needs in self.makes.items() for part in needs}
        for item in sorted({*self.demand, *parts} - held):
            raise ScenarioError(
                f"nothing brings {item[1]!r} to {item[0]!r}: add it to links, makes or stock"
            )
        for name in sorted({*self.capacity, *self.time_to_recover} - set(self.sites)):
            raise ScenarioError(f"no site {name!r}; {did_you_mean(name, self.sites)}")
        for item in sorted(self.demand.keys() - self.worth.keys()):
            raise ScenarioError(f"worth lacks {item!r}: give the money lost per unit not served")

    @property
    def sites(self) -> tuple[str, ...]:
        """Every site that the tables speak of, in the order in which they do."""
        named = [*(s for s, _ in self.makes), *(end for a, b, _ in self.links for end in (a, b))]
        named += [site for table in (self.stock, self.demand) for site, _ in table]
        return tuple(dict.fromkeys(named))

    @classmethod
    def of(
        cls, network: Network, *, state: State | None = None, worth: Worth | None = None,
        recover: Mapping[str, float] | None = None, stock_ships: bool = False,
    ) -> ExposureModel:  # fmt: skip
        """Read the tables from a network: capacities, lanes, recipes, stocks and mean demands.

        Stocks are those of ``state``, else the starting stocks. Goods under way are no stock: they
        delay a gap in supply, and do not fill it. ``recover`` overrides ``time_to_recover``.

        >>> from twinlab import Normal, serial
        >>> chain = serial(["mine", "shop"], demand=Normal(5, 1), on_hand={"shop": 10})
        >>> model = ExposureModel.of(chain, worth={"unit": 40}, recover={"mine": 3})
        >>> risk_exposure(model, ["mine"])["mine"].loss
        200.0
        """
        brought = {(v.destination, v.product) for v in network.lanes}
        makes = {(r.node, r.product): {c: need / r.good_share.average
                                       for c, need in r.components.items()}
                 for r in network.recipes}  # fmt: skip
        makes |= {item: {} for item in network.items if item not in brought and item not in makes}
        links: dict[Link, float] = {}
        for lane in network.lanes:
            link = (lane.source, lane.destination, lane.product)
            links[link] = links.get(link, 0.0) + lane.capacity
        start = state if state is not None else State.initial(network)
        recovery = {n.name: float(n.time_to_recover) for n in network.nodes}
        demand = {(d.node, d.product): mean_demand(d) for d in network.demands}
        return cls(
            capacity={n.name: n.capacity for n in network.nodes if math.isfinite(n.capacity)},
            makes=makes, links=links, stock=dict(start.on_hand), demand=demand,
            worth=unit_worth(network, worth), time_to_recover=recovery | dict(recover or {}),
            stock_ships=stock_ships,
        )  # fmt: skip


@dataclass(frozen=True)
class Risk:
    """What the loss of one site does to the customers of a chain, at best."""

    site: str = column("name", meaning="which site is down")
    loss: float = column("USD", meaning="least loss while it recovers")
    lost_units: float = column("units", meaning="units not served in that plan")
    time_to_recover: float = column("periods", meaning="how long it is down (TTR)")
    time_to_survive: float = column("periods", meaning="longest without a lost unit (TTS)")
    index: float = column("share", meaning="loss over the largest loss: risk-exposure index")


@dataclass(frozen=True, repr=False)
class Exposure:
    """The risks of all sites, worst first; ``calm_loss`` is the loss with no site down, in a period.

    A calm loss above 0 means that the chain cannot serve its customers even with all sites open.
    """  # noqa: E501 (one sentence)

    risks: tuple[Risk, ...]
    calm_loss: float

    def __getitem__(self, site: str) -> Risk:
        """The risk of a site."""
        for risk in self.risks:
            if risk.site == site:
                return risk
        raise ScenarioError(
            f"no risk of {site!r}; {did_you_mean(site, [r.site for r in self.risks])}"
        )

    @property
    def table(self) -> pd.DataFrame:
        """One row per site, worst first."""
        return table_of(self.risks, Risk)

    def __repr__(self) -> str:
        """One line per site."""
        return "\n".join(
            f"{r.site}: loss {shown(r.loss)} USD, index {r.index:.3f}, TTS {r.time_to_survive:.4g} "
            f"against TTR {r.time_to_recover:.4g}"
            for r in self.risks
        )

    def _repr_html_(self) -> str:
        return html_of(self.table, "Risk exposure, worst site first")


def risk_exposure(model: ExposureModel, sites: Iterable[str] = ()) -> Exposure:
    """Take every site down in turn and find the least loss, the time to survive and the index.

    loss_n = min Σ worth · lost, subject to material balance (bill of materials included) and
    capacities over TTR_n periods with site n closed; TTS_n = the longest time with no unit lost;
    index_n = loss_n / max loss (0 if nobody loses). TTS beyond 10,000 periods counts as infinite.
    Ties in loss are ranked by the shorter margin TTS − TTR. Source: Simchi-Levi et al. (2015).

    Raises:
        ScenarioError: no such site.
        SolverError: the solver did not finish.
    """
    wanted = tuple(sites) or model.sites
    for site in wanted:
        if site not in model.sites:
            raise ScenarioError(f"no site {site!r}; {did_you_mean(site, model.sites)}")
    program = ExposureProgram(model)
    rows = []
    for site in wanted:
        recover = float(model.time_to_recover.get(site, 0.0))
        loss, units = program.least_loss(site, recover)
        rows.append((site, loss, units, recover, program.survival(site)))
    worst = max((row[1] for row in rows), default=0.0)
    risks = [Risk(*row, index=row[1] / worst if worst > 0 else 0.0) for row in rows]
    risks.sort(key=lambda r: (-r.loss, r.time_to_survive - r.time_to_recover))
    return Exposure(tuple(risks), program.least_loss("", 1.0, with_stock=False)[0])
