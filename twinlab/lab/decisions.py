"""Pictures for decisions: the resilience triangle, and the frontier of plans under a budget."""

import numpy as np

from twinlab.lab.charts import number
from twinlab.lab.drawing import BLUE, CLOSED, FONT, INK, ORANGE, VERMILLION, Chart, plot
from twinlab.management.mitigation import Frontier
from twinlab.management.resilience import Curve


def triangle(curve: Curve) -> Chart:
    """Draw a performance curve and the area lost above it: the resilience triangle.

    >>> from twinlab.management import Curve
    >>> triangle(Curve([0, 5, 5, 15], [100, 100, 40, 100]))
    performance falls to 40 % from day 5, is back after 10 days; 300 %·days lost
    """
    figure, axes = plot(3.9, "What is served, of what the calm chain serves", "day", "% of calm")
    axes.axhline(100, color=INK, linewidth=1)
    axes.fill_between(curve.times, curve.quality, 100, color=ORANGE, alpha=0.45, hatch="//",
                      edgecolor="white", linewidth=0)  # fmt: skip
    axes.plot(curve.times, curve.quality, color=BLUE, linewidth=2.5)
    axes.set_ylim(0, 108)
    axes.set_xlim(curve.times[0], curve.times[-1])
    start, lasted = curve.fallen(), curve.time_to_recover()
    if start is not None:
        end = min(start + lasted, float(curve.times[-1]))
        axes.annotate(f"{number(curve.loss)} %·days lost", ((start + end) / 2, 103),
                      ha="center", fontsize=FONT, annotation_clip=False)  # fmt: skip
    return Chart(figure, str(curve))


def budget(plans: Frontier, available: float) -> Chart:
    """Draw the loss that each efficient plan leaves, and what a budget [USD/year] buys.

    Steps, because between two plans there is nothing to buy. The band is the 95 % interval of the
    simulated loss; the dashed line is what adding up single savings promises.

    >>> from twinlab.management import Measure, frontier
    >>> hasty = Demand("shop", "unit", Normal(5, 1), backorders=False, lost_sale_cost=40)
    >>> chain = serial(["mine", "shop"], demand=hasty, on_hand={"shop": 10})
    >>> risky = Scenario(chain, BaseStock(10), days=365).disrupt(Outage("mine", rate=0.01, days=5))
    >>> more = Measure("more stock", 500, lambda s: s.set("shop.up_to", 20))
    >>> print(budget(frontier(risky, [more], 64, seed=1), 1000))
    1,000 USD a year buy: more stock, for 500 USD
    loss 1,542 [1,347, 1,736] USD a year, promised 1,542
    """
    best, line = plans.best(available), plans.efficient
    cost = np.array([plan.cost for plan in line]) / 1000
    end = max(cost[-1], available / 1000) * 1.05 or 1.0
    edges = np.append(cost, end)

    def steps(name: str) -> np.ndarray:
        values = np.array([getattr(plan, name) for plan in line]) / 1000
        return np.append(values, values[-1])

    figure, axes = plot(4.2, "What is left of the loss", "cost of the plan [1,000 USD/year]",
                        "loss [1,000 USD/year]")  # fmt: skip
    axes.axvspan(0, available / 1000, color=CLOSED, label="budget")
    axes.fill_between(edges, steps("loss_low"), steps("loss_high"), step="post", color=BLUE,
                      alpha=0.18, linewidth=0)  # fmt: skip
    axes.step(edges, steps("loss"), where="post", color=BLUE, linewidth=2.5, label="simulated")
    axes.step(edges, steps("promised"), where="post", color=VERMILLION, linewidth=2.5,
              linestyle=(0, (5, 1.5)), label="promised by adding up")  # fmt: skip
    axes.plot([best.cost / 1000], [best.loss / 1000], "o", color=INK, markersize=9, label="bought")
    axes.axhline(0, color=INK, linewidth=1)
    axes.set_xlim(0, end)
    axes.legend(fontsize=FONT - 1, frameon=False, loc="upper right")
    said = [f"{number(available)} USD a year buy: {best.measures}, for {number(best.cost)} USD",
            f"loss {number(best.loss)} [{number(best.loss_low)}, {number(best.loss_high)}] USD a "
            f"year, promised {number(best.promised)}"]  # fmt: skip
    return Chart(figure, "\n".join(said))
