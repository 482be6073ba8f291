"""The cases told in a terminal: ``python -m twinlab automotive``."""

import argparse

import numpy as np

from twinlab.cases import automotive
from twinlab.modeling import Run, simulate
from twinlab.modeling.simulation.kpis import fill_rate
from twinlab.scope import Constant, Outage

SITE, START, DAYS = "Germany resin", 60, Constant(180)


def tell_automotive() -> None:
    """Tell how a resin plant's closure reaches car buyers."""
    chain = automotive()
    print(f"The automotive chain: {chain.network}, one unit is one vehicle's content.")
    calm = simulate(chain, seed=1)
    print(f"\nA calm year:\n{calm.kpis}\n")
    hit = simulate(chain.disrupt(Outage(SITE, start=START, days=DAYS)), seed=1)
    days = f"{DAYS.value:.0f}"
    print(f"{SITE} closes on day {START} for {days} days. What each tier then makes or sells:\n")
    head = ("tier", "first day below a calm year", "worst week", "output missing")
    print(f"{head[0]:>4}  {head[1]:<28}{head[2]:>10}  {head[3]:>15}")
    for tier in range(4, -1, -1):
        first, depth, lost = ripple(calm, hit, tier)
        day = f"day {first} ({first - START} days later)" if first else "never"
        print(f"{tier:>4}  {day:<28}{-depth:>10.0%}  {lost:>10.1f} days")
    print(f"\nfill rate of the year: {fill_rate(calm):.3f} calm, {fill_rate(hit):.3f} hit")
    print("\nthe lines behind it:\n  chain = twinlab.cases.automotive()")
    outage = f"Outage({SITE!r}, start={START}, days={days})"
    print(f"  twinlab.simulate(chain.disrupt({outage}), seed=1)")


def ripple(calm: Run, hit: Run, tier: int) -> tuple[int, float, float]:
    """First day of a shortfall of a tier's output, its worst week, and days of output missing."""
    names = [n.name for n in calm.scenario.network.nodes if n.tier == tier]
    measure = "finished" if tier else "served"
    output = [np.sum([run.series(measure, name) for name in names], axis=0) for run in (calm, hit)]
    missing = output[0] - output[1]
    days = np.flatnonzero(missing > 0.01 * output[0].mean())
    weeks = [series[: len(series) // 7 * 7].reshape(-1, 7).sum(axis=1) for series in output]
    worst = float((1 - weeks[1] / weeks[0]).max())
    return int(days[0]) if len(days) else 0, worst, float(missing.sum() / output[0].mean())


def main() -> None:
    """Read the name of a case and tell it."""
    parser = argparse.ArgumentParser(prog="twinlab", description="Tell a case in a terminal.")
    parser.add_argument("case", choices=["automotive"])
    parser.parse_args()
    tell_automotive()


if __name__ == "__main__":
    main()
