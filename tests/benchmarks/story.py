"""What a run of the benchmarks has measured, and the ratios that are read from it."""

from engines import fastest

WIDTHS = (1, 20, 200, 1_000, 10_000)  # histories
# Days of each chain up to 200 histories, and with more of them.
DAYS = {
    "3-stage": (365, 365),
    "30-node": (100, 100),
    "automotive": (240, 60),
    "M5-like": (1000, 50),
}
PLACES = {"3-stage": 3, "30-node": 30, "automotive": 68, "M5-like": 300}  # nodes; of M5 items
CLASSIC = ("3-stage", "30-node")  # those that the peers and the C loop know as well
ONE, BLOCKED = "C, one by one", "C, 64 side by side"


class Story:
    """CPU seconds by name (those of batches by chain, width and engine), and node-days a second."""

    def __init__(self, engines, quick):
        self.engines, self.quick, self.now = engines, quick, engines["now"]
        self.rounds = {"rounds": 2 if quick else 7, "enough": 1.0 if quick else 3.0}
        self.found, self.batches, self.rates, self.notes = {}, {}, {}, []

    def ask(self, *question, engines=None):
        """The fastest rounds of some engines, of all if none is named."""
        return fastest(engines or self.engines, *question, **self.rounds)

    def alone(self, *question):
        """The fastest round of this engine."""
        return self.ask(*question, engines={"now": self.now})["now"]

    def rate(self, name, width, engine="now"):
        """Node-days a second of a batch; None where there is none, as for all that follow."""
        seconds = self.batches.get((name, width), {}).get(engine)
        return PLACES[name] * DAYS[name][width > 200] * width / seconds if seconds else None

    def against(self, name, width, base, engine="now"):
        """How many times as fast as a peer or as C."""
        ours, theirs = self.rate(name, width, engine), self.rates.get((name, base))
        return ours / theirs if ours and theirs else None

    def gain(self, what, fast="now", slow="before"):
        """How many times as fast as the engine before: a batch, or whatever both were asked."""
        seconds = self.batches.get(what) or self.found.get(what) or {}
        return seconds[slow] / seconds[fast] if slow in seconds and fast in seconds else None

    def seconds(self, what, part="now"):
        """What was measured: seconds of this engine, or another part of an answer."""
        found = self.batches.get(what, self.found.get(what))
        return found.get(part) if isinstance(found, dict) else found


def spelt(number, form):
    """A number, or a dash where there is none."""
    return "–" if number is None else format(number, form)


def short(rate):
    """A rate in thousands or millions."""
    if rate is None:
        return "–"
    return f"{rate / 1e6:,.2f} M" if rate >= 1e6 else f"{rate / 1e3:,.1f} k"
