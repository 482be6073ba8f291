"""Speed, as ratios measured in one run: ``make bench``. It never fails a test.

Every time is CPU time of one core, the fastest of several rounds that go round about the engines:
the least disturbed one. ``--quick`` is a short look at a few widths; ``--only`` runs some parts.
"""

import argparse
import resource
import subprocess
import sys
import time

from engines import HERE, Engine, all_engines
from goals import print_goals
from growth import growing
from peers import PEERS, NoPeerError, time_peer
from story import BLOCKED, CLASSIC, DAYS, ONE, PLACES, WIDTHS, Story, short, spelt

M5 = (3_049, 10, 1_941)  # products, stores, days

NOTE = """\
A node-day is one day of one site; sources are not counted; of M5, items are. Plan, random numbers
and KPIs are in the time of `simulate` and `replicate`, random numbers in that of the peers; bare
SimPy and C are handed ready demands and report stock only.
The peers run their own semantics on an equivalent chain: stockpyl (consistency_checks='N') the
30-node network without its second choices; SupplyNetPy (logging=False) a distribution tree of 30
nodes and 14 demands, since it has no recipes over several levels."""


# -- parts ------------------------------------------------------------------------------------


def memory(story):
    """Peak memory, each in a process of its own: first, while this process is small.

    A child's peak counts its parent's memory at the start.
    """
    for name in CLASSIC if story.quick else DAYS:
        days = DAYS[name][1]
        with Engine() as engine:
            megabytes = engine.ask("batch_peak", name, days, WIDTHS[-1])
        story.found["MB", name] = megabytes
        print(f"peak memory of {name}, 10,000 histories × {days} days: {megabytes:,.0f} MB")


def m5(story):
    """A planner's whole assortment, from arrays to KPIs."""
    products, stores, days = (300, 1, 500) if story.quick else M5
    with Engine() as engine:
        seconds, megabytes = engine.ask("assortment", products, stores, days)
    if not story.quick:
        story.found["M5"] = {"s": seconds, "MB": megabytes}
    size = f"{products * stores:,} items × {days:,} days × 1 history"
    print(f"M5-like, {size}, from arrays to KPIs: {seconds:.1f} s, peak {megabytes:,.0f} MB")


def chains(story):
    """Histories × chains × engines, and what others need for the same."""
    for name in CLASSIC:
        peers(story, name)
        others(story, name)
    for name in DAYS:
        for width in WIDTHS if not story.quick else (1, 200):
            question = ("replicate", name, DAYS[name][width > 200], width)
            story.batches[name, width] = story.ask(*question)
        print(f"({name} is done)", flush=True)
    for name in CLASSIC:
        others(story, name)  # once more, as the machine may have been busier than it is now
    print_others(story)
    for name in DAYS:
        print_chain(story, name)
    for name in CLASSIC:
        print_gap(story, name)


def peers(story, name):
    """Node-days a second of the peers."""
    for peer in PEERS:
        try:
            story.rates[name, peer] = time_peer(peer, name)
        except NoPeerError as why:
            story.notes.append(f"No {peer} on {name}: {why}.")


def others(story, name):
    """Node-days a second of bare SimPy, C and ``simulate``; the fastest so far."""
    days = DAYS[name][0]
    found = {"bare SimPy": story.alone("bare", name, days)}
    found["simulate"] = story.alone("simulate", name, days)
    found |= {c: story.now.ask("loop", name, days, wide) for c, wide in ((ONE, 1), (BLOCKED, 64))}
    for engine, seconds in found.items():
        if seconds:
            rate = PLACES[name] * days / seconds
            story.rates[name, engine] = max(rate, story.rates.get((name, engine), 0.0))


def growth(story):
    """How time grows with nodes and with histories, setting up included; the picture is kept."""
    growing(story, HERE / "growth.svg")


def automotive(story):
    """The chain of notebook 08: a new network, a slider's move, and a closure of every site."""
    story.found["anew"] = story.ask("replicate_anew", "automotive", 240, 20)
    print_row("automotive, 240 days × 20 histories, a new network", story.found["anew"])
    story.found["move"] = story.ask("move")
    print_row(
        "automotive, a move of notebook 08's explorer, without its picture", story.found["move"]
    )
    width = 10 if story.quick else 100
    seconds, sites = story.now.ask("stress", width, 1)
    if not story.quick:
        story.found["stress"] = seconds
    print(
        f"stress test of {sites} automotive sites × {width} histories × 240 days: {seconds:.1f} s"
    )


def sliders(story):
    """From key to picture in a real browser: clock time."""
    try:
        from sliders import time_sliders

        story.found["sliders"] = time_sliders()
    except Exception as why:  # a browser is an extra
        story.notes.append(f"No sliders moved: {type(why).__name__}: {str(why).splitlines()[0]}.")
        return
    for name, seconds in story.found["sliders"].items():
        print(f"{name}: {seconds:.2f} s from key to picture")


def start(story):
    """CPU seconds of ``import twinlab``, in a new process each time."""
    roots = {name: story.engines[name].root for name in ("before", "now") if name in story.engines}
    found = {name: [] for name in roots}
    for _ in range(3 if story.quick else 9):
        for name, root in roots.items():
            begun = resource.getrusage(resource.RUSAGE_CHILDREN)
            subprocess.run([sys.executable, "-c", "import twinlab"], check=True, cwd=root)
            ended = resource.getrusage(resource.RUSAGE_CHILDREN)
            spent = ended.ru_utime + ended.ru_stime - begun.ru_utime - begun.ru_stime
            found[name].append(spent)
    story.found["import"] = {name: min(each) for name, each in found.items()}
    print_row("import twinlab", story.found["import"])


def link(story):
    """The twin's link: stored and folded, with a hole, late; a plant that goes on; a broker."""
    import link as measured

    story.found["link"] = measured.measure()
    for what, figure in story.found["link"].items():
        print(f"{what}: {figure:,.2f}")


PARTS = {
    each.__name__: each for each in (memory, m5, chains, automotive, growth, link, sliders, start)
}

# -- printing ---------------------------------------------------------------------------------


def print_others(story):
    """One row per engine that takes one history at a time."""
    print(f"{'node-days a second':<22}" + "".join(f"{name:>14}" for name in CLASSIC))
    for engine in dict.fromkeys(engine for _, engine in story.rates):
        rates = (story.rates.get((name, engine)) for name in CLASSIC)
        print(f"{engine:<22}" + "".join(f"{short(rate):>14}" for rate in rates))


def print_chain(story, name):
    """One row per number of histories: seconds of each engine, and ratios of this one."""
    bases = {"stockpyl": ",.0f", ONE: ".3f", BLOCKED: ".3f"} if name in CLASSIC else {}
    heads = [*story.engines, "node-days/s", "before ÷ now"]
    heads += ["× stockpyl", "÷ C", "÷ C × 64"][: len(bases)]
    days = " or ".join(f"{d:,}" for d in dict.fromkeys(DAYS[name]))
    print(f"\n{name}, {days} days [s]\n{'histories':>9}" + "".join(f"{h:>13}" for h in heads))
    for width in [width for chain, width in story.batches if chain == name]:
        cells = [spelt(story.batches[name, width].get(each), ".4f") for each in story.engines]
        cells += [short(story.rate(name, width)), spelt(story.gain((name, width)), ".2f")]
        cells += [spelt(story.against(name, width, base), form) for base, form in bases.items()]
        print(f"{width:>9,}" + "".join(f"{cell:>13}" for cell in cells), flush=True)


def print_gap(story, name):
    """What the time of a thousand histories is made of, by engine, beside C."""
    days = DAYS[name][0]
    work = PLACES[name] * days * 1000 / 1e9
    whole, fixed = (story.ask("replicate", name, each, 1000) for each in (days, 1))
    drawn = story.alone("draws", name, days, 1000)
    print(f"\n{name}, 1,000 histories [ns per node-day]:")
    for engine, seconds in whole.items():
        parts = {"draws": drawn, "a batch of one day": fixed[engine]}
        parts["the days by themselves"] = seconds - sum(parts.values())
        words = ", ".join(f"{word} {each / work:.1f}" for word, each in parts.items())
        print(f"  {engine} {seconds / work:.1f}: {words}")
    for base in (ONE, BLOCKED):
        if (name, base) in story.rates:
            print(f"  {base} {1e9 / story.rates[name, base]:.1f}, without draws and KPIs")


def print_row(what, seconds):
    """One line of seconds by engine."""
    print(f"{what} [s]: " + " · ".join(f"{name} {each:.3f}" for name, each in seconds.items()))


def main():
    """Print everything, or some parts."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="few widths, few rounds")
    parser.add_argument("--only", nargs="+", choices=PARTS, help="some parts")
    asked = parser.parse_args()
    begun = time.perf_counter()
    with all_engines() as (engines, notes):
        story = Story(engines, asked.quick)
        for name, part in PARTS.items():
            if not asked.only or name in asked.only:
                print(f"\n== {name}", flush=True)
                part(story)
    print("", *notes, *story.notes, NOTE, sep="\n")
    print_goals(story, everything=not asked.only)
    print(f"\n{(time.perf_counter() - begun) / 60:.0f} minutes")


if __name__ == "__main__":
    main()
