"""Exercises of notebook 10: a factory with a twin. Every student has numbers of their own."""

import math

import twinlab as tl

PARTS = 3000  # judged by both models
FAULTS = 60  # failures among them
DETECTS = 0.8  # the part of the faults that testing finds


def effectiveness(working, stopped, down, works, bad):
    """OEE of a shift: minutes of waiting for others count for nothing."""
    return working / (working + stopped + down) * (works - bad) / works


def shift(rng):
    """What a machine tells of its shift of 480 minutes."""
    told = {"working": rng.randint(280, 350), "stopped": rng.randint(20, 45)}
    told |= {"down": rng.randint(20, 60), "works": rng.randint(90, 150), "bad": rng.randint(4, 14)}
    return told | {"waiting": 480 - told["working"] - told["stopped"] - told["down"]}


def dear(check, failure, found, false):
    """What a part costs with a model that finds so many failures and warns falsely so often."""
    return (failure * (FAULTS - found) + check * (found + false)) / PARTS


def begun(wanted, scratched, stained, detects=DETECTS):
    """Sheets to begin a day: what testing finds among the faulty ones never leaves."""
    faulty = 1 - (1 - scratched / 100) * (1 - stained / 100)
    return wanted / (1 - detects * faulty)


def sheets(answer, wanted, scratched, stained):
    """Near the mean, or the next whole sheet: nobody begins a part of one."""
    right = begun(wanted, scratched, stained)
    return abs(answer / right - 1) < 0.005 or answer == math.ceil(right)


def heard_by(age):
    """The part of the complaints that is here after so many days: gamma, mean 40, shape 2."""
    return 1 - math.exp(-age / 20) * (1 + age / 20)


def rate(heard, sold, days):
    """Complaints per 1,000 parts whose complaint would be here by now."""
    return 1000 * heard / (sold * sum(heard_by(age) for age in range(1, days + 1)))


EXERCISES = {
    "10.1": tl.course.Exercise(
        goal="10/1",
        draw=shift,
        solve=effectiveness,
        such_as=0.0,
        unit="(share)",
        tolerance=0.01,
        hints=(
            "OEE is availability × performance × quality; `waiting` stands apart, as loading.",
            "availability × performance: minutes of working in those of working, stopped, down.",
            "`n.working / (n.working + n.stopped + n.down)` times the part of works without fault.",
        ),
        slips={
            "waiting for others is no loss of one's own: leave those minutes out.": (
                lambda working, works, bad: working / 480 * (works - bad) / works
            ),
            "you forgot the quality: some works were faulty.": (
                lambda working, stopped, down: working / (working + stopped + down)
            ),
            "small stops are lost, too: they count against the performance.": (
                lambda working, down, works, bad: working / (working + down) * (works - bad) / works
            ),
        },
    ),
    "10.2": tl.course.Exercise(
        goal="10/2",
        draw=lambda rng: {
            "check": rng.randint(5, 20),
            "failure": rng.randint(300, 600),
            "found_a": rng.randint(10, 20),
            "false_a": rng.randint(5, 20),
            "found_b": rng.randint(42, 55),
            "false_b": rng.randint(90, 200),
        },
        solve=lambda check, failure, found_b, false_b: dear(check, failure, found_b, false_b),
        such_as=0.0,
        unit="USD a part",
        hints=(
            "which is right more often is not asked: what does each cost?",
            "a model pays for every warning, right or wrong, and for every failure it missed.",
            "`(n.failure * (60 - found) + n.check * (found + false)) / 3000`: the smaller of two.",
        ),
        slips={
            "that is the model that is right more often, and it is the dearer one.": (
                lambda check, failure, found_a, false_a: dear(check, failure, found_a, false_a)
            ),
            "a stop that was right costs as much as a false one.": (
                lambda check, failure, found_b, false_b: (
                    dear(check, failure, found_b, false_b) - check * found_b / PARTS
                )
            ),
            "that is what silence costs: no warning at all.": (
                lambda failure: failure * FAULTS / PARTS
            ),
        },
    ),
    "10.3": tl.course.Exercise(
        goal="10/3",
        draw=lambda rng: {"planned": rng.randint(40, 90), "failure": rng.randint(250, 600)},
        such_as=tl.AtAge(170),
        hints=(
            "the plant changes every tool at 170 minutes; what does the next job's torque add?",
            'strain is torque × age: `jobs["torque"][view.job] * view.age`. From which strain on?',
            "try limits with `maintenance.cost_rate(mine, truth, jobs, (n.planned, n.failure))`.",
        ),
        points=3,
    ),
    "10.4": tl.course.Exercise(
        goal="10/4",
        draw=lambda rng: {
            "wanted": rng.randint(60, 180),
            "scratched": rng.randint(20, 99) / 10,
            "stained": rng.randint(20, 79) / 10,
        },
        solve=begun,
        judge=sheets,
        such_as=0.0,
        unit="sheets a day",
        hints=(
            "go backwards: what leaves is what was begun, less what testing finds.",
            "a sheet is faulty if it is scratched, stained, or both; testing finds 80 % of those.",
            "`n.wanted / (1 - 0.8 * (1 - (1 - n.scratched / 100) * (1 - n.stained / 100)))`",
        ),
        slips={
            "testing misses one fault in five, and those panels leave.": (
                lambda wanted, scratched, stained: begun(wanted, scratched, stained, 1.0)
            ),
            "a loss is divided by, not multiplied with: more begins than leaves.": (
                lambda wanted, scratched, stained: wanted**2 / begun(wanted, scratched, stained)
            ),
        },
    ),
    "10.5": tl.course.Exercise(
        goal="10/5",
        draw=lambda rng: {
            "heard": rng.randint(20, 90),
            "sold": rng.randint(80, 160),
            "days": rng.randint(60, 120),
        },
        solve=rate,
        such_as=0.0,
        unit="per 1,000 parts",
        tolerance=0.005,
        hints=(
            "of young panels the complaints are still to come: how many would be here by now?",
            "panels of age t count with F(t): add up `n.sold * F(t)` for the ages 1 to `n.days`.",
            "`t = np.arange(1, n.days + 1)`, and `1000 * n.heard / (n.sold * F(t).sum())`",
        ),
        slips={
            "that divides by all panels sold: the complaints of young ones are still to come.": (
                lambda heard, sold, days: 1000 * heard / (sold * days)
            ),
            "that is per panel: asked is per 1,000.": (
                lambda heard, sold, days: rate(heard, sold, days) / 1000
            ),
        },
    ),
}
