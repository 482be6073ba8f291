"""Doubt about the plan for the seasons: ``python datasets/humanitarian/doubt.py`` (five minutes).

Writes ``doubt.csv``: what a notebook cannot wait for. Needs twinlab; two runs give the same file.
"""

import csv
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from twinlab.cases import relief
from twinlab.modeling import hold_out, rank, redraw
from twinlab.task.logistics import ReliefProblem, Search, judge, near_plans, preposition

NAMED = {"nothing": [], "only Panama hub": ["Panama hub"], "only Havana": ["Havana"],
         "only Cuba": ["Pinar del Rio", "Camaguey", "Holguin"]}  # fmt: skip
HEAD = ("name", "value", "low", "high", "unit", "ends")
Lines = Iterable[tuple[Any, ...]]


def redrawn(problem: ReliefProblem, resamples: int, folds: int) -> Lines:
    """The plan under seasons drawn anew, and under seasons held out."""
    count, usd, rough = len(problem.seasons), "USD/season", Search(gap=2e-3)
    ways: Any = (lambda w: preposition(problem.weighted(w), search=rough),
                 lambda plan: judge(problem, plan).costs, count)  # fmt: skip
    doubt, held = redraw(*ways, resamples, seed=7), hold_out(*ways, folds, seed=2)
    sure = [preposition(replace(problem, seasons=(replace(s, probability=1.0),))).cost
            if s.hits else 0.0 for s in problem.seasons]  # fmt: skip
    weights = np.vstack([np.full(count, 1 / count), doubt.weights])
    least = (weights * np.vstack([preposition(problem).costs, doubt.costs])).sum(axis=1)
    means = [replace(problem, seasons=(problem.weighted(w).mean_season,)) for w in weights]
    paid = [w @ judge(problem, preposition(m)).costs for w, m in zip(weights, means, strict=True)]
    for name, drawn in (("gap", np.append(doubt.gap.mean, doubt.gaps)),
                        ("stochastic solution", paid - least),
                        ("perfect information", least - weights @ sure)):  # fmt: skip
        yield name, drawn[0], *np.quantile(drawn[1:], (0.05, 0.95)), usd, "5 to 95 % of resamples"
    yield "gap bound", doubt.gap.high, "", "", usd, "one-sided 95 %, Mak, Morton & Wood (1999)"
    yield "sets of depots", len(doubt.choices), "", "", "sets", f"in {resamples} resamples"
    for name in (depot.name for depot in problem.depots):
        often = np.mean([name in plan.stocks for plan in doubt.plans])
        yield f"open: {name}", often, "", "", "share", f"of {resamples} resamples"
    yield "held out", held.unseen.mean, held.unseen.low, held.unseen.high, usd, "95 %"
    yield "rosy", held.rosy, "", "", "share", "of the cost held out that paper does not show"


def unseen(problem: ReliefProblem, folds: int) -> Lines:
    """What plans cover in seasons that did not choose them, and save over storing nothing."""
    number = {season.name: at for at, season in enumerate(problem.seasons)}
    count, places, rough = len(number), sorted(problem.needs), Search(gap=2e-3)
    needed = [[len(problem.goods) * sum(hit.need.get(place, 0.0) for hit in season.hits)
               for place in places] for season in problem.seasons]  # fmt: skip
    for fair in (0.0, 0.98):
        missing, costs = np.zeros((count, len(places))), np.zeros(count)
        for out in np.array_split(np.random.default_rng(2).permutation(count), folds):
            kept = problem.weighted(np.isin(range(count), out, invert=True).astype(float))
            found = judge(problem, preposition(kept, equity=fair, search=rough))
            costs[out] = found.costs[out]
            for flow, covers in found.flows.items():
                if flow.how == "missing" and number[flow.season] in out:
                    missing[number[flow.season], places.index(flow.place)] += covers
        mark, left = f" equity {fair:g}" * (fair > 0), missing.sum(0) / np.sum(needed, 0)
        told = ("", "", "share")
        yield f"held out coverage{mark}", 1 - missing.sum() / np.sum(needed), *told, "of all needs"
        yield f"held out worst place{mark}", 1 - left.max(), *told, places[left.argmax()]
        gain = rank({"nothing": judge(problem, {}).costs, "plan": costs})["plan"].gain
        ends = (gain.low, gain.high, "USD/season", "95 %, redrawn")
        yield f"held out gain over nothing{mark}", gain.mean, *ends


def others(problem: ReliefProblem) -> Lines:
    """Other plans beside the best, in pairs; the frontiers of equity and of the shortage cost."""
    near, usd = {plan.name: plan for plan in near_plans(problem)}, "USD/season"
    named = {name: preposition(problem, opened=at) for name, at in NAMED.items()}
    best, *extra = near | named
    ranking = rank({name: plan.costs for name, plan in (near | named).items()}, best)
    told = [("cost", ranking[best].cost)]
    told += [(f"extra: {name}", ranking[name].gain.times(-1)) for name in extra]
    yield from ((n, each.mean, each.low, each.high, usd, "95 %, redrawn") for n, each in told)
    for fair in (0.0, 0.9, 0.95, 0.98, 0.99, 0.999):
        plan = preposition(problem, equity=fair, search=Search(gap=5e-4))
        yield f"equity {fair:g}", plan.cost, "", "", usd, f"at least {fair:.1%} of every need"
        yield f"worst place {fair:g}", min(plan.places.values()), "", "", "share", plan.name
    for many in (3, 5, 10, 20):
        plan = preposition(replace(problem, shortage=many), search=Search(gap=2e-3))
        yield f"shortage {many}", plan.weight / 1000, "", "", "t", plan.name


def write(path: Path, lines: Lines) -> None:
    """Write lines as a table, numbers with six digits."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(HEAD)
        for line in lines:
            writer.writerow(each if isinstance(each, str) else f"{each:.6g}" for each in line)


if __name__ == "__main__":
    season = relief.problem()
    write(
        Path(__file__).parent / "doubt.csv",
        (*redrawn(season, 40, 10), *others(season), *unseen(season, 10)),
    )
