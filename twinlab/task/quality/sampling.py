"""Acceptance sampling: how many of a lot to look at, and how many bad ones may be among them."""

from bisect import bisect_left

import numpy as np

from twinlab.scope.base import Count, Level, Row, ScenarioError, Share, column, special, stats

__all__ = ["SamplingPlan", "sampling_plan"]


class SamplingPlan(Row, frozen=True):
    """A single sampling plan: look at n units of a lot, and accept it with at most c bad ones.

    Lots come from a process with a share p of bad ones: Pa = Σ_{x ≤ c} of the binomial law,
    AOQ = Pa p (N − n)/N and ATI = n + (1 − Pa)(N − n), where rejected lots are looked through and
    bad ones replaced. ``isolated``: one lot that holds the share itself, to the nearest unit; there
    the law is hypergeometric. Source: Montgomery, Statistical Quality Control, chapter 15.

    >>> plan = SamplingPlan(89, 2)
    >>> round(plan.acceptance(0.01), 4), round(plan.outgoing_limit, 4)
    (0.9397, 0.0154)
    """

    sample: int = column("units", meaning="looked at, n", low=1)
    accept: int = column("units", meaning="most bad ones with which a lot is accepted, c", low=0)
    lot: float = column("units", np.inf, "size of a lot, N", low=1)
    isolated: bool = column("yes/no", False, "it is one lot, not one of many of a process")

    def check(self) -> None:
        """A sample can be drawn from the lot, and a lot be rejected."""
        whole = self.lot.is_integer() or (np.isinf(self.lot) and not self.isolated)
        if not whole or not self.accept < self.sample <= self.lot:
            raise ScenarioError(f"{self.title} of lot {self.lot:g}: give whole numbers c < n ≤ N")

    def _odds(self, bad: np.ndarray | float) -> tuple[np.ndarray, np.ndarray]:
        """Pa and AOQ."""
        if not self.isolated:
            accepted = special.bdtr(self.accept, self.sample, bad)
            return accepted, bad * accepted * (1 - self.sample / self.lot)
        n, lot, held = self.sample, self.lot, np.round(np.multiply(bad, self.lot))
        accepted = stats.hypergeom.cdf(self.accept, lot, held, n)
        rest = np.maximum(held - 1, 0)  # Σ x P(x) is n held/N times the chance of x − 1
        seen = stats.hypergeom.cdf(self.accept - 1, lot - 1, rest, n - 1)
        return accepted, held / lot * (accepted - n / lot * seen)

    def acceptance(self, bad: Share) -> float:
        """Chance Pa that a lot is accepted, by the share of bad ones: the OC curve."""
        return float(self._odds(bad)[0])

    def outgoing(self, bad: Share) -> float:
        """Average outgoing quality AOQ: share of bad ones in what goes out."""
        return float(self._odds(bad)[1])

    def inspected(self, bad: Share) -> float:
        """Average total inspection ATI: units looked at per lot."""
        rejected = 1 - self.acceptance(bad)
        return self.sample + (rejected and rejected * (self.lot - self.sample))

    @property
    def outgoing_limit(self) -> float:
        """The worst average outgoing quality, whatever comes in: AOQL."""
        most = min(1.0, 3 * (self.accept + 1) / self.sample)  # beyond it AOQ falls
        return float(self._odds(np.linspace(0, most, 30_001))[1].max())


def sampling_plan(
    aql: Level,
    ltpd: Level,
    producer_risk: Level = 0.05,
    consumer_risk: Level = 0.1,
    lot: Count | None = None,
) -> SamplingPlan:
    """Find the plan with the smallest sample that keeps both risks.

    With a share ``aql`` of bad ones a lot is rejected with at most the producer's risk, with
    ``ltpd`` accepted with at most the consumer's; ``lot`` is the size of one isolated lot. Both
    hold exactly (a nomograph's n 89, c 2 has a producer's 0.06). Source: Montgomery, SQC, 15.2.3.

    Raises:
        ScenarioError: no sample of up to a million units, or of the lot, keeps both.

    >>> sampling_plan(aql=0.01, ltpd=0.06)
    SamplingPlan(sample=110, accept=3, lot=inf, isolated=False)
    """
    most, accept = lot or 10**6, 0

    def plan(n: int) -> SamplingPlan:
        return SamplingPlan(n, accept, lot or np.inf, lot is not None)

    while aql < ltpd:
        sizes, enough = range(accept + 1, most + 1), -consumer_risk
        n = accept + 1 + bisect_left(sizes, enough, key=lambda n: -plan(n).acceptance(ltpd))
        if n > most:
            break
        good = stats.hypergeom(lot, round(aql * lot), n) if lot else stats.binom(n, aql)
        if (needed := int(good.ppf(1 - producer_risk))) <= accept:
            return plan(n)
        accept = needed  # by n, and so at least by any larger sample
    risks = f"the risks {producer_risk:g} and {consumer_risk:g}"
    remedy = "give an ltpd further above aql, larger risks, or a larger lot"
    raise ScenarioError(f"no sample tells {ltpd:g} bad from {aql:g} at {risks}: {remedy}")
