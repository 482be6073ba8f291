"""How well a twin follows its plant: the true stock beside the believed one, day by day."""

import numpy as np

from twinlab.lab.drawing import Chart
from twinlab.lab.plots import Words, lines
from twinlab.technology.fidelity import fidelity
from twinlab.technology.plant import Plant
from twinlab.twin import Twin


def follow(
    plant: Plant, twin: Twin, node: str, days: int = 60, every: int = 1, ask_again: bool = False
) -> Chart:
    """Live through some days, let the twin sync every so often, and draw what each knows.

    Only a laboratory can draw this: in the field nobody sees the true stock.

    >>> chain = Scenario(serial(["mine", "shop"], demand=Normal(5, 1)), BaseStock(9), days=90)
    >>> bus = Bus()
    >>> print(follow(Plant(chain, bus, seed=1), Twin(chain, bus), "shop", days=10))
    stock of shop on 10 mornings: fidelity 1.000 on average, 1.000 at worst
    0 messages missing, 0.0 days stale
    true: first 0, lowest 0 (at 1), highest 6.82 (at 9), last 2.98
    as the twin knows it: first 0, lowest 0 (at 1), highest 6.82 (at 9), last 2.98
    """
    mornings: list[int] = []
    true: list[float] = []
    known: list[float] = []
    scores: list[float] = []
    for _ in range(days):
        plant.advance()
        if plant.day % every == 0:
            twin.sync(ask_again)
        state = twin.state
        mornings.append(plant.day)
        for series, source in ((true, plant.state), (known, state)):
            series.append(sum(units for item, units in source.on_hand.items() if item[0] == node))
        scores.append(fidelity(state, plant.state).score)
    said = (
        f"stock of {node} on {days} mornings: fidelity {np.mean(scores):.3f} on average, "
        f"{np.min(scores):.3f} at worst\n"
        f"{len(twin.gaps())} messages missing, {twin.staleness:.1f} days stale"
    )
    words = Words(f"{node}: stock in the morning", "day", "units", said)
    return lines(mornings, {"true": true, "as the twin knows it": known}, words)
