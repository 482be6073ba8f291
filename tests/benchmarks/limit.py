"""The C loop of ``limit.c``: compile it, hand it a chain and its demands, read back its stock."""

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from twinlab.modeling.simulation.plan import make_plan
from twinlab.modeling.simulation.random_streams import draw_streams
from twinlab.scope.state import State

SOURCE = Path(__file__).with_name("limit.c")
# Contracting a * b + c into one rounding would change the last bit.
FLAGS = ("-O3", "-march=native", "-ffp-contract=off")


@dataclass(frozen=True)
class Loop:
    """What the C loop found: items × replications, infinite for what comes from outside."""

    seconds: float
    last: np.ndarray  # stock on the last night
    total: np.ndarray  # stock summed over the nights


def compiler():
    """The path of gcc, or None."""
    return shutil.which("gcc")


def run_loop(scenario, seed, replications, wide, folder, rounds=1):
    """Live through replications (a multiple of ``wide``) in C, ``wide`` of them side by side."""
    blocks = replications // wide
    program, chain, drawn, result = (folder / name for name in ("limit", "chain", "luck", "stock"))
    command = [compiler(), *FLAGS, f"-DW={wide}", str(SOURCE), "-o", str(program)]
    subprocess.run(command, check=True, capture_output=True, text=True)
    plan = make_plan(scenario)
    chain.write_text(describe(plan, blocks))
    luck = draw_streams(scenario, seed, 0, replications)
    draws = np.array([luck.demand[row.node, row.product] for row in plan.demands])
    sliced = draws.reshape(len(draws), scenario.days, blocks, wide)
    sliced.transpose(2, 1, 0, 3).tofile(drawn)
    done = subprocess.run(
        [str(program), str(chain), str(drawn), str(result), str(rounds)],
        check=True,
        capture_output=True,
        text=True,
    )
    stock = np.fromfile(result).reshape(blocks, 2, len(plan.items), wide)
    last, total = (stock[:, at].transpose(1, 0, 2).reshape(len(plan.items), -1) for at in (0, 1))
    return Loop(float(done.stdout), last, total)


def describe(plan, blocks):
    """A plan in numbers, in the order in which ``limit.c`` reads them."""
    start = State.initial(plan.scenario.network)
    lines = [[plan.scenario.days, blocks, len(plan.items), len(plan.lanes), len(plan.recipes)]]
    for item in plan.items:
        stock = "inf" if item.unlimited else start.on_hand[item.key]
        made = -1 if item.made is None else item.made
        # The first choice brings everything: no lane is ever shut here.
        lane = min(item.lanes_in, key=lambda at: plan.lanes[at].row.sourcing_rank, default=-1)
        claims = [at if at >= 0 else len(plan.lanes) + item.number for at in item.claims]
        lines.append([stock, item.rule.up_to if item.rule else 0, made, lane])
        lines.append([len(claims), *claims, len(item.users), *sum(item.users, ())])
    for lane in plan.lanes:
        lines.append([lane.source, lane.destination, int(lane.row.lead_time.average)])
    for recipe in plan.recipes:
        parts = recipe.components
        lines.append([recipe.item, recipe.row.production_time, len(parts), *sum(parts, ())])
    lines += [[len(plan.sellers), *plan.sellers], [len(plan.deciders), *plan.deciders]]
    steps = [step for turn in plan.turns for step in _steps(plan, turn)]
    lines += [[len(steps)], *steps]
    return "\n".join(" ".join(map(str, line)) for line in lines)


def _steps(plan, turn):
    """A node's afternoon: receive, take in what is finished, produce, ship."""
    yield from (("r", at) for at in turn.lanes_in)
    yield from (("f", at) for at in turn.recipes if plan.recipes[at].row.production_time)
    yield from (("p", at) for at in turn.recipes)
    yield from (("s", at) for at in turn.items)
