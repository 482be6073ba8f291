"""Plan, autonomy and approval: where the lines cross (a centre, shops, local surges of demand)."""

from dataclasses import dataclass

import numpy as np
import pytest

import twinlab as tl
from tests.study.beside import FULL, within
from twinlab.organization import Authority

NEVER, ALONE = 10**6, 1e6
ARMS = {  # band and delay
    "plan only": (0, NEVER),
    "local": (ALONE, 0),
    "approval 2 d": (0, 2),
    "approval 7 d": (0, 7),
    "approval 14 d": (0, 14),
    "free ±15, else 14 d": (15, 14),
}
PAGE = {  # USD/day less than nothing: the cost of each arm less that of the plan; half-widths ≤ 2
    0: (7.5, 7.5, 7.4, 7.4, 7.2),
    1 / 365: (-15.8, -6.1, 6.0, 12.9, -2.8),
    1 / 120: (-56.4, -39.3, -9.9, 9.1, -29.6),
    1 / 60: (-59.2, -32.8, 5.8, 20.2, -17.8),
}
SAFETIES, CENTRES = ((0, 15, 30, 50), (480, 560, 640, 760)) if FULL else ((15, 50), (600,))
TRIED, JUDGED, DAYS = (20, 200, 730) if FULL else (3, 32, 270)


@dataclass(frozen=True)
class Follows:
    """Order up to some days of smoothed demand and a safety stock."""

    horizon: float
    safety: float
    weight: float = 0.15
    mean: float = 20.0

    def __call__(self, view):
        level = view.memory.get("level", self.mean)
        view.memory["level"] = level = level + self.weight * (view.demand - level)
        return np.maximum(0.0, self.horizon * level + self.safety - view.inventory_position)


def chain(rate, shops=4, leads=(5, 3), factor=2.0):
    """A centre and its shops; in each, now and then, a surge of about 15 days."""
    names = [f"s{at}" for at in range(shops)]
    asked = tl.Demand("x", "unit", tl.Normal(20, 6), backorder_cost=9)
    network = tl.distribution(
        "dc", names, demand=asked, lead_time={"dc": leads[0], **dict.fromkeys(names, leads[1])},
        holding_cost={"dc": 0.5, **dict.fromkeys(names, 1)},
        on_hand={"dc": 75 * shops, **dict.fromkeys(names, 80)},
    )  # fmt: skip
    rules = {"dc": tl.BaseStock(140 * shops), **dict.fromkeys(names, tl.BaseStock(90))}
    scenario = tl.Scenario(network, rules, days=DAYS)
    surges = (tl.DemandShift(name, factor=factor, rate=rate, days=tl.Uniform(7.5, 22.5))
              for name in names)  # fmt: skip
    return scenario.disrupt(*surges) if rate else scenario


def tuned(scenario, band, delay, horizon=3, scale=1.0, seed=1):
    """The best safety stock of the shops (and so their plan) and level of the centre."""
    best = None
    shops = [node for node, _ in scenario.rules if node != "dc"]
    for safety in SAFETIES:
        rule = Authority(Follows(horizon, safety), 20 * horizon + safety, band, delay)
        for centre in CENTRES:
            rules = {**dict.fromkeys(shops, rule), "dc": tl.BaseStock(scale * centre)}
            tried = scenario.decide(rules)
            found = tl.cost(tl.replicate(tried, TRIED, seed)).mean()
            if best is None or found < best[0]:
                best = found, tried
    return best[1]


def less_than_plan(scenario, arms, judge, **how):
    """By arm: its cost less that of the plan, a number per history."""
    found = {
        name: tl.cost(tl.replicate(tuned(scenario, *ARMS[name], **how), JUDGED, judge))
        for name in ("plan only", *arms)
    }
    return {name: found[name] - found["plan only"] for name in arms}


def mean(values):
    return values.mean(), values.std(ddof=1) / len(values) ** 0.5


@pytest.mark.skipif(not FULL, reason="levels of 24 arms, each searched on a grid")
@pytest.mark.parametrize("rate", PAGE)
def test_where_the_lines_cross(rate):
    """Levels from the grid and seed of the trials; judged by other luck than theirs."""
    arms = list(ARMS)[1:]
    found = {name: mean(by) for name, by in less_than_plan(chain(rate), arms, 78).items()}
    page = {name: (by, 2.0) for name, by in zip(arms, PAGE[rate], strict=True)}
    within(f"USD/day less plan only, surges start at {rate:.4f} per shop-day", found, page)


def test_the_plan_wins_in_calm_and_the_shop_in_many_surges():
    """Four shops as in the trials, or three with other leads: by more than 4 standard errors."""
    others = ({}, {"shops": 3, "leads": (4, 4), "factor": 2.2}) if FULL else ({},)
    for other in others:
        scale = other.get("shops", 4) / 4
        how = {"horizon": other.get("leads", (5, 3))[1], "scale": scale, "seed": 5}
        for rate in (0, 1 / 60) if not (FULL and other) else PAGE:
            arms = ["local", "approval 14 d"] if not (FULL and other) else list(ARMS)[1:]
            by = less_than_plan(chain(rate, **other), arms, 6, **how)
            found = {name: mean(values) for name, values in by.items()}
            within(f"{other or 'four shops'}: less plan only, rate {rate:.4f}", found, {})
            local, error = found["local"]
            if rate == 0:
                assert local > 4 * error, found
            elif rate == 1 / 60:
                assert local < -4 * error, found
                slow = mean(by["approval 14 d"] - by["local"])
                assert slow[0] > 4 * slow[1], slow
