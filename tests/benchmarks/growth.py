"""How time grows: setting up with the nodes, living with the nodes and with the histories.

Up to about a thousand histories the calls of a day cost more than the numbers in its rows.
"""

from matplotlib.figure import Figure

MESHES, STAGES, HISTORIES = (125, 250, 500, 1_000, 2_000), (10, 30, 100, 300, 1_000, 2_000), (
    100, 300, 1_000, 3_000, 10_000)  # fmt: skip
DAYS, WIDTH, YEAR = 10, 256, 365


def growing(story, picture):
    """Print a table for each kind of growth, and draw them log-log beside straight proportions."""
    some = slice(None, None, 2) if story.quick else slice(None)
    meshes = {nodes: set_up(story, nodes) for nodes in MESHES[some]}
    story.found["large"] = meshes[2_000]
    steps = {step: {n: found[step] for n, found in meshes.items()} for step in meshes[2_000]}
    stages = {n: story.alone("long_chain", n, DAYS, WIDTH) for n in STAGES[some]}
    batches = {r: story.alone("replicate", "3-stage", YEAR, r) for r in HISTORIES[some]}
    show("nodes, ten lanes each: set-up, and ten days", steps)
    show(f"nodes in a row, {DAYS} days × {WIDTH} histories", {"batch": stages})
    show(f"histories of 3 stages, {YEAR} days", {"batch": batches})
    figure = Figure(figsize=(13, 4), layout="constrained")
    figure.suptitle("CPU time on one core [s]")
    titles = {"nodes, ten lanes each": steps, f"nodes in a row, {DAYS} days": {"batch": stages},
              f"histories, 3 nodes, {YEAR} days": {"batch": batches}}  # fmt: skip
    for axes, (label, curves) in zip(figure.subplots(1, 3), titles.items(), strict=True):
        draw(axes, label, curves)
    figure.savefig(picture)


def set_up(story, nodes):
    """Each step's fastest round."""
    rounds = [story.now.ask("large", nodes, n) for n in range(1 if story.quick else 3)]
    return {step: min(each[step] for each in rounds) for step in rounds[0]}


def show(what, curves):
    """Seconds, and microseconds for each of what grows."""
    sizes = [*next(iter(curves.values()))]
    print(f"\n{what + ' [s]':<48}" + "".join(f"{size:>10,}" for size in sizes) + "   last ÷ first")
    for name, found in curves.items():
        times = "".join(f"{found[size]:>10.4f}" for size in sizes)
        print(f"{name:<48}{times}{found[sizes[-1]] / max(found[sizes[0]], 1e-9):>15.1f}")


def draw(axes, label, curves):
    """Curves beside a straight proportion."""
    for name, found in curves.items():
        (line,) = axes.loglog([*found], [*found.values()], marker="o", label=name)
        last, seconds = list(found.items())[-1]
        straight = [seconds * size / last for size in found]
        axes.loglog([*found], straight, linestyle=":", color=line.get_color())
    axes.set(xlabel=label, ylabel="seconds (dotted: in proportion)")
    axes.legend(fontsize="x-small")
