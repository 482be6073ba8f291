"""What a twin does by itself, and how true a forecast was, in a few lines each."""

import numpy as np


def look_after(plant, twin, days, every, options):
    """Let a twin look after its plant for some days, and give the plant's history.

    Every so many days it syncs; for each alarm it follows the change and looks for the cheapest of
    some options, and it orders around what is closed. A function in place of options looks in its
    own way. What is worth it is proposed.
    """

    def looked():
        if callable(options):
            yield options(twin)
            return
        for alarm in twin.alarms():
            twin.update_model(alarm)
            yield twin.recommend(options)
        yield twin.reroute()

    end = plant.day + days
    while plant.day < end:
        plant.advance(min(every, end - plant.day))
        twin.sync()
        for change in looked():
            if change.values and (change.worth or change.gain is None):
                twin.propose(change, change.reason)
    return plant.run


def pinball_loss(batch, came, measure, node="", product=""):
    """How far a forecast's 10, 50 and 90 % quantiles were from what came [units]; low is good.

    The mean of τ(y − q) where y lies above the quantile q of level τ, and (1 − τ)(q − y) below it.
    Source: Koenker & Bassett (1978); Gneiting & Raftery (2007) section 6.
    """
    levels = np.array([[0.1], [0.5], [0.9]])
    quantiles = batch.quantiles(measure, node, product, levels=levels.ravel().tolist())
    short = np.asarray(came) - quantiles
    return float(np.maximum(levels * short, (levels - 1) * short).mean())
