"""Days from order to delivery: fitted on the shipments of some years, checked on later ones."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from twinlab.cases.relief.tables import rows
from twinlab.scope.chance import Array, Gamma, LogNormal
from twinlab.scope.columns import Sealed
from twinlab.scope.errors import ScenarioError, did_you_mean
from twinlab.scope.later import stats

FITTED = range(2006, 2014)
CHECKED = range(2014, 2016)
LEVELS = (0.5, 0.8, 0.9)


@dataclass(frozen=True, repr=False)
class LeadTime:
    """A law of days from order to delivery; ``advantage`` is its lead in log-likelihood.

    It leads the other of lognormal and gamma; both have two parameters: half the difference in AIC.
    """

    law: LogNormal | Gamma
    shipments: int
    advantage: float

    def __repr__(self) -> str:
        law = f"{type(self.law).__name__}(mean={self.law.mean:.1f}, sd={self.law.sd:.1f})"
        return f"{law} days, {self.shipments} shipments, ahead by {self.advantage:.1f}"


@dataclass(frozen=True, repr=False)
class Check(Sealed):
    """How later shipments fit a law.

    ``coverage`` is the share that fell into the central interval of each level; ``pit`` the
    probability that the law gave to less than each shipment's days: even from 0 to 1 if the law is
    right, of which ``p_value`` is the test by Kolmogorov and Smirnov.
    """

    shipments: int
    coverage: Mapping[float, float]
    pit: Array
    p_value: float

    def __repr__(self) -> str:
        told = ", ".join(f"{level:.0%}: {share:.1%}" for level, share in self.coverage.items())
        return f"{self.shipments} shipments; inside the interval of {told}; p = {self.p_value:.2g}"


def lead_times(mode: str, years: Sequence[int] = FITTED) -> Array:
    """List the days from purchase order to delivery, of shipments by one mode in some years.

    A shipment is dated by its delivery; the few that arrive on or before the day of their order are
    left out as errors of the records.

    Raises:
        ScenarioError: nothing travelled so.

    Source: USAID SCMS delivery history (health goods, 2006 to 2015).

    >>> len(lead_times("Ocean")), float(np.median(lead_times("Ocean")))
    (277, 174.0)
    """
    found = [
        (float(row["days"]), int(row["shipments"]))
        for row in rows("lead_times")
        if row["mode"] == mode and int(row["year"]) in years and float(row["days"]) > 0
    ]
    if not found:
        known = did_you_mean(mode, dict.fromkeys(row["mode"] for row in rows("lead_times")))
        raise ScenarioError(
            f"lead_times: no shipment by {mode!r} in {min(years)} to {max(years)}; {known}"
        )
    days, counts = zip(*found, strict=True)
    return np.repeat(np.array(days), counts)


def fit(days: Sequence[float] | Array) -> LeadTime:
    """Fit a lognormal and a gamma law by maximum likelihood and keep the likelier.

    Raises:
        ScenarioError: fewer than ten days, or some not above zero.

    >>> found = fit(lead_times("Ocean"))
    >>> type(found.law).__name__, round(found.law.mean)
    ('Gamma', 187)
    """
    data = np.asarray(days, dtype=np.float64)
    if data.size < 10 or data.min() <= 0:
        raise ScenarioError(f"fit: {data.size} lead times: give at least 10, all above 0 days")
    sigma, _, scale = stats.lognorm.fit(data, floc=0)
    shape, _, width = stats.gamma.fit(data, floc=0)
    lognormal, gamma = stats.lognorm(sigma, 0, scale), stats.gamma(shape, 0, width)
    lead = float(lognormal.logpdf(data).sum() - gamma.logpdf(data).sum())
    family, likelier = (LogNormal, lognormal) if lead >= 0 else (Gamma, gamma)
    return LeadTime(family(float(likelier.mean()), float(likelier.std())), data.size, abs(lead))


def check(law: LogNormal | Gamma, days: Sequence[float] | Array) -> Check:
    """Hold a law against shipments that it was not fitted on.

    >>> check(fit(lead_times("Ocean")).law, lead_times("Ocean", CHECKED)).shipments
    45
    """
    pit = _frozen(law).cdf(np.asarray(days, dtype=np.float64))
    inside = {level: float(np.mean(np.abs(pit - 0.5) <= level / 2)) for level in LEVELS}
    return Check(len(pit), inside, pit, float(stats.kstest(pit, "uniform").pvalue))


def _frozen(law: LogNormal | Gamma) -> Any:
    """The law as scipy knows it."""
    if isinstance(law, Gamma):
        return stats.gamma((law.mean / law.sd) ** 2, 0, law.sd**2 / law.mean)
    variance = np.log1p((law.sd / law.mean) ** 2)
    return stats.lognorm(np.sqrt(variance), 0, law.mean * np.exp(-variance / 2))
