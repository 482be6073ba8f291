"""What was to be reached, and whether it was."""

from story import CLASSIC, ONE, spelt

LEAST, MOST = "≥", "≤"


def goals(story):
    """What, how far, the figure that was measured (or None), and its unit."""
    yield from _batches(story)
    yield from _compiled(story)
    one = ("M5-like", 1)
    yield "M5-like, 300 items × 1,000 days × 1 history", LEAST, 50, story.gain(one), "× before"
    yield "  the same", MOST, 0.2, story.seconds(one), "s"
    yield "M5-like, 30,490 items × 1,941 days × 1 history", MOST, 60, story.seconds("M5", "s"), "s"
    yield "  the same: peak memory", MOST, 4_000, story.seconds("M5", "MB"), "MB"
    car = "automotive, 240 days × 20 histories, a new network"
    yield car, MOST, 0.3, story.seconds("anew"), "s"
    yield "  a move of notebook 08's explorer, no picture", MOST, 0.3, story.seconds("move"), "s"
    yield "  all 64 sites stress-tested × 100 histories", MOST, 30, story.seconds("stress"), "s"
    large = "2,000 nodes, 20,000 lanes: "
    for what, most in (
        ("Scenario", 1.5), ("set", 0.05), ("disrupt", 0.05), ("64 histories", 3), ("simulate", 3),
    ):  # fmt: skip
        yield large + what, MOST, most, story.seconds("large", what), "s"
    for what, which, goal, unit in (
        ("stored and folded", LEAST, 8_000, "messages/s"),
        ("with a hole", MOST, 2, "× without"),
        ("one 150 days late", MOST, 3, "× without"),
        ("relived", MOST, 5, "s"),
        ("lived with a twin", LEAST, 10, "days/s"),
        ("by mosquitto", LEAST, 1_000, "letters/s"),
    ):
        yield f"link, {what}", which, goal, story.seconds("link", what), unit
    yield "import twinlab", MOST, 0.5, story.seconds("import"), "s"
    for what, seconds in story.found.get("sliders", {}).items():
        yield f"slider, {what}", MOST, 0.5, seconds, "s"
    for name in CLASSIC:
        megabytes = story.seconds(("MB", name))
        yield f"{name}, 10,000 histories: peak memory", MOST, 1_000, megabytes, "MB"


def _batches(story):
    """Ratios of batches on one engine, whatever is compiled by itself."""
    for width, least in ((1, 5), (20, 3), (200, 2), (1_000, 1.3)):
        gain = story.gain(("30-node", width))
        yield (
            f"30-node, {width:,} {'history' if width == 1 else 'histories'}",
            LEAST,
            least,
            gain,
            "× before",
        )
    for name, least in (("30-node", 3_700), ("3-stage", 6_000)):
        found = story.against(name, 1_000, "stockpyl")
        yield f"{name}, 1,000 histories", LEAST, least, found, "× stockpyl"
    yield "3-stage, 1 history: no slower", LEAST, 1, story.gain(("3-stage", 1)), "× before"


def _compiled(story):
    """Ratios of compiled batches."""
    for name in CLASSIC:
        for width, least in ((1_000, 6_000), (10_000, 10_000)):
            found = story.against(name, width, "stockpyl", "Numba")
            yield f"{name}, {width:,} histories, Numba", LEAST, least, found, "× stockpyl"
        found = story.against(name, 1_000, ONE, "Numba")
        yield f"{name}, 1,000 histories, Numba", LEAST, 0.6, found, "÷ C, one by one"


def print_goals(story, everything):
    """One line per goal, or per goal that was measured."""
    print("\ngoals")
    for what, sign, limit, found, unit in goals(story):
        reached = None if found is None else found >= limit if sign == LEAST else found <= limit
        if reached is None and not everything:
            continue
        word = {None: "not run", True: "reached", False: "MISSED"}[reached]
        form = ",.0f" if limit >= 20 else ",.3f" if limit < 1 else ",.2f"
        aim = f"{sign} {limit:,} {unit}"
        print(f"  {word:<9}{what:<52}{aim:<26}{spelt(found, form):>10}")
