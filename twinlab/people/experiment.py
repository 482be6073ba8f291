"""What advice did to a class: effects with intervals, and what a class of this size can find.

A person is compared with themselves wherever the design allows it; intervals are Student's t over
persons. Profits are *expected* ones, of an order over all demands: what is realised is mostly luck.

Ordinary rounds cannot tell how trust reacts to errors of the AI rather than of the model: luck
makes much good advice look bad, trust soon sits on its floor, and hardly anything is found
(``reaction``). One failure scripted for the same round under both labels tells it (``trust``). And
the noise of one person's slope is as large as the slope of a class that learns: grade nobody.
"""

from collections import namedtuple
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from twinlab.modeling import estimate, wilson
from twinlab.people.advised import ARMS, BESIDE, LABELS, Decisions, Design
from twinlab.people.games import NewsvendorProblem
from twinlab.scope import Estimate, Result, ScenarioError
from twinlab.scope.base import Array, Count, Row, Whole, check_known, column, schema, special
from twinlab.scope.kinds import Numbers

__all__ = ["Students", "analyse", "by_arm", "classes_of", "power", "weight_of_advice"]

GAP = 10.0  # units between own order and advice from which a weight is computed
SHARE = 0.9  # of demands that a stated interval shall hold
# What a class decided, by person and round (of many, by class before). ``arm`` and ``label`` number
# ARMS and LABELS (−1: no round); like ``failed`` they are the same for all classes. ``problem`` is
# the newsvendor's, where it is known: rows of decisions do not tell which game was played.
Played = namedtuple("Played", "own advice final demand low high arm label failed problem")


def weight_of_advice(own: Numbers, advice: Numbers, final: Numbers) -> Any:
    """How far towards the advice an order went, (final − own) / (advice − own), cut to 0 … 1.

    nan where the two lie within 10 units: there it tells nothing. Orders that are not as many of
    each are an error. Source: Yaniv (2004).

    >>> weight_of_advice([150, 150, 150], [225, 225, 155], [180, 140, 152]).tolist()
    [0.4, 0.0, nan]
    """
    counts = [np.size(each) for each in (own, advice, final)]
    if len({*counts} - {1}) > 1:
        raise ScenarioError(f"weight_of_advice: own, advice, final: as many of each, got {counts}")
    gap = np.subtract(advice, own, dtype=np.float64)
    far = np.abs(gap) >= GAP
    return np.where(far, np.clip(np.subtract(final, own) / np.where(far, gap, 1.0), 0, 1), np.nan)


def played(decided: Decisions) -> Played:
    """Lay decisions out as persons × rounds, nan where somebody has no round."""
    codes = {code: at for at, code in enumerate(dict.fromkeys(row.code for row in decided))}
    most = max((row.round for row in decided), default=0)
    laid = np.full((len(Played._fields) - 1, len(codes), most), np.nan)
    for row in decided:
        told = vars(row) | {"arm": ARMS.index(row.arm), "label": LABELS.index(row.label)}
        cells = np.array([told[name] for name in Played._fields[:-1]], dtype=np.float64)
        laid[:, codes[row.code], row.round - 1] = cells
    laid[6:8] = np.nan_to_num(laid[6:8], nan=-1)
    return Played._make([*laid[:8], laid[8] == 1, None])


def _mean(values: Any, where: Any = True) -> Any:
    """The mean over the last axis where it is so; nan where it never is."""
    told = np.isfinite(values) & where
    count = told.sum(axis=-1)
    total = np.where(told, values, 0.0).sum(axis=-1)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def by_arm(decided: Played, values: Any) -> dict[str, Array]:
    """The mean of each person's rounds in each arm that was played.

    >>> some = classes_of(design(arms=ARMS), size=8)
    >>> {arm: each.shape for arm, each in by_arm(some, some.final).items()}["default"]
    (1, 8)
    """
    means = {arm: _mean(values, decided.arm == at) for at, arm in enumerate(ARMS)}
    return {arm: each for arm, each in means.items() if np.isfinite(each).any()}


class Students(Row, frozen=True):
    """Simulated students, to plant effects in: make-believe, no finding about people.

    The first six columns are effects, planted here and looked for by ``analyse`` and ``power``.

    >>> Students(label=-0.05).weight
    0.45
    """

    label: float = column("share", 0.0, "weight of advice of the AI less that of the model")
    default: float = column("share", 0.2, "weight of advice that is the default less that of shown")
    trust: float = column("share", 0.0, "fall of weight over a scripted failure, AI less model")
    reaction: float = column("share", 0.0, "fall after advice that did worse than I, AI less model")
    learning: float = column("1/round", 0.0, "rate by which the pull fades; found: its slope")
    width: float = column("", 0.0, "logarithm of stated half width over the right one")
    pull: float = column("share", 0.6, "mean pull to the centre", low=0)
    pull_spread: float = column("share", 0.15, "of the pull over persons", low=0)
    chasing: float = column("share", 0.0, "weight of the last demand", low=0, high=1)
    mood: float = column("units", 18.0, "spread of an own order from round to round", low=0)
    weight: float = column("share", 0.45, "mean weight of advice", low=0, high=1)
    weight_spread: float = column("share", 0.2, "of the weight over persons", low=0)
    whim: float = column("share", 0.12, "spread of a weight from round to round", low=0)
    fall: float = column("share", 0.05, "of trust after advice that did worse than I", low=0)
    rise: float = column("share", 0.03, "of trust after other advice", low=0)
    shock: float = column("share", 0.1, "fall of trust after a scripted failure", low=0)
    forgets: float = column("1/round", 0.0, "share of what has moved that is forgotten", low=0)
    advice_spread: float = column("units", 15.0, "of the advice about the best order", low=0)
    problem: NewsvendorProblem = NewsvendorProblem()


People = Students | None  # none given: those that the columns describe
EFFECTS = [col.name for col in schema(Students)[:6]]


def _weight(made: Played) -> Array:
    return np.where(made.arm > 0, weight_of_advice(made.own, made.advice, made.final), np.nan)


def _pairs(made: Played, problem: NewsvendorProblem) -> dict[str, tuple[Any, Any]]:
    """What is compared: two values a person."""
    weight = _weight(made)

    def fall(first: Any, second: Any, of: Any) -> tuple[Any, ...]:
        of = [of == at for at in (1, 0)]
        return tuple(_mean(first[0], first[1] & a) - _mean(second[0], second[1] & a) for a in of)

    before = sum(np.roll(made.failed, -k, axis=-1) for k in range(BESIDE)) > 0
    after = sum(np.roll(made.failed, 1 + k, axis=-1) for k in range(BESIDE)) > 0
    gain, down = problem.profit(made.advice, made.demand), -np.diff(weight, axis=-1)
    bad = (gain < problem.profit(made.own, made.demand))[..., :-1]
    same = (np.diff(made.arm) == 0) & (np.diff(made.label) == 0)
    pull = (made.own - problem.optimum) / (problem.mean - problem.optimum)
    rounds = np.where(np.isfinite(pull), np.arange(pull.shape[-1]), np.nan)
    away = rounds - _mean(rounds)[..., None]
    half = np.maximum((made.high - made.low) / 2, 0.5) / (SHARE * problem.highest / 2)
    spread, width = _mean(away**2), _mean(np.log(half))
    slope = _mean(away * pull) / np.where(spread > 0, spread, np.nan)
    return {
        "label": tuple(_mean(weight, made.label == at) for at in (1, 0)),
        "default": tuple(_mean(weight, made.arm == at) for at in (2, 1)),
        "trust": fall((weight, before), (weight, after), made.label),
        "reaction": fall((down, same & bad), (down, same & ~bad), made.label[..., 1:]),
        "learning": (slope, 0 * slope),
        "width": (width, 0 * width),
    }


def _compared(first: Any, second: Any) -> tuple[Any, Any, Any]:
    """Mean difference, half its 95 % interval, persons: pairs, or groups if more (Welch 1947)."""

    def spread(values: Any) -> tuple[Any, Any, Any]:
        count, mean = np.isfinite(values).sum(axis=-1), _mean(values)
        return mean, _mean((values - mean[..., None]) ** 2) / np.maximum(count - 1, 1), count

    gap, var, count = spread(pair := first - second)
    # A pair is a person with both values; groups are of those with one, the others left out.
    alone = (np.where(np.isfinite(pair), np.nan, each) for each in (first, second))
    (one, var1, some), (two, var2, rest) = map(spread, alone)
    apart = (np.minimum(some, rest) > 1) & (some + rest > count)
    each = var1**2 / np.maximum(some - 1, 1) + var2**2 / np.maximum(rest - 1, 1)
    welch = np.fmax((var1 + var2) ** 2 / np.where(each > 0, each, 1), 1)
    half = special.stdtrit(np.where(apart, welch, count - 1), 0.975)  # nan for one person
    half = half * np.sqrt(np.where(apart, var1 + var2, var))
    return np.where(apart, one - two, gap), half, np.where(apart, some + rest, count)


def analyse(
    decided: Decisions | Played, problem: NewsvendorProblem | None = None
) -> dict[str, Estimate]:
    """Say what one class's ``Decisions`` tell of advice, and of how it decides.

    By arm the weight of advice; by the names of ``Students`` what a label, a default and one
    scripted failure change; and the share of own orders that repeat the one before (attention).
    For a newsvendor's ``problem`` also by arm the value of overriding, in expected USD a round,
    learning, and stated width (a hit rate would call the right one overconfident if its centre is a
    guess). ``classes_of`` tells its problem. What too few persons tell is left out.

    Raises:
        ScenarioError: fewer than two persons.

    >>> analyse(classes_of(design(labels=LABELS), Students(label=-0.3)))["label"].high < 0
    True
    """
    made = decided if isinstance(decided, Played) else played(decided)
    made = Played(*(each[0] if np.ndim(each) > 2 else each for each in made))
    if len(made.own) < 2:
        raise ScenarioError(f"analyse: {len(made.own)} persons: an interval needs two or more")
    paper, moved = problem or made.problem, np.diff(made.own)
    levels = {f"weight {arm}": each for arm, each in by_arm(made, _weight(made)).items()}
    if paper is not None:
        value = paper.expected_profit(made.final) - paper.expected_profit(made.advice)
        levels |= {f"override {arm}": each for arm, each in by_arm(made, value).items()}
    levels["repeats"] = _mean(np.where(np.isfinite(moved), moved == 0, np.nan))
    found = {name: estimate(e) for name, e in levels.items() if np.isfinite(e).sum() > 1}
    tells = EFFECTS[:3] + EFFECTS[4:] * (paper is not None)  # never reaction
    for name, pair in _pairs(made, paper or NewsvendorProblem()).items():
        gap, half, count = map(float, _compared(*pair))
        if name in tells and np.isfinite(half):
            found[name] = Estimate(gap, gap - half, gap + half, int(count), 0.95)
    return found


def _laid(design: Design, size: int) -> tuple[Array, ...]:
    """Arms, labels, failures and first rounds of blocks, by person and round."""
    plans = [[(b, at) for b in blocks for at in range(1, b.rounds + 1)] for blocks in design]
    if len(lengths := {len(plan) for plan in plans}) != 1:
        raise ScenarioError(f"design: persons play {sorted(lengths)} rounds: give all as many")
    rows = [
        [(ARMS.index(b.arm), LABELS.index(b.label), at == b.failure, at == 1) for b, at in plan]
        for plan in plans
    ]
    laid = np.array([rows[person % len(rows)] for person in range(size)])
    arm, label, failed, fresh = np.moveaxis(laid, -1, 0)
    return arm, label, failed > 0, fresh > 0


def classes_of(
    design: Design, students: People = None, size: Count = 60, classes: Count = 1, seed: Whole = 0
) -> Played:
    """Let classes of simulated students play the newsvendor in a design, all at once.

    Raises:
        ScenarioError: the persons of the design have more or fewer rounds than others.

    >>> classes_of(design(labels=LABELS), size=20, classes=3).own.shape
    (3, 20, 20)
    """
    who, luck = students or Students(), np.random.default_rng([seed, size])
    arm, label, failed, fresh = _laid(design, size)
    paper, persons, every = who.problem, (classes, size, 1), (classes, *arm.shape)
    best, mean = paper.optimum, paper.mean
    pull = np.clip(luck.normal(who.pull, who.pull_spread, persons), 0.0, 1.3)
    demand = luck.integers(1, paper.highest, every, endpoint=True).astype(np.float64)
    demand[:, failed] = paper.worst
    advice = np.maximum(0.0, best + luck.normal(0, who.advice_spread, every))
    pull = pull * np.exp(-who.learning * np.arange(arm.shape[1])) * (mean - best)
    own = np.maximum(0.0, best + pull + luck.normal(0, who.mood, every))
    own[..., 1:] += who.chasing * (demand[..., :-1] - mean)
    weight = who.label * label + who.default * (arm == 2) + luck.normal(0, who.whim, every)
    weight += np.clip(luck.normal(who.weight, who.weight_spread, persons), 0.02, 0.98)
    gain = paper.profit(advice, demand) - paper.profit(own, demand)
    moved = np.where(gain < 0, -who.fall - who.reaction * label, who.rise)
    shock, trust = -who.shock - who.trust * label, np.zeros(every[:2])
    for t in range(arm.shape[1]):
        trust = np.where(fresh[:, t], 0.0, trust)
        weight[..., t] = np.clip(weight[..., t] + trust, 0.0, 1.0)
        usual = trust * (1.0 - who.forgets) + moved[..., t]
        trust = np.clip(np.where(failed[:, t], trust + shock[:, t], usual), -0.4, 0.2)
    taken = np.where(arm == 3, luck.random(every) < weight, weight) * (arm > 0)
    wide = SHARE * paper.highest / 2 * np.exp(luck.normal(who.width, 0.3, persons))
    low = mean - wide + luck.normal(0, 15, every)
    final = own + taken * (advice - own)
    return Played(own, advice, final, demand, low, low + 2 * wide, arm, label, failed, paper)


class Power(Result, frozen=True):
    """What classes of one size find of a planted effect."""

    effect: str = column("label", meaning="which effect")
    planted: float = column("", meaning="its true size in the simulated students")
    found: Estimate = column("", meaning="mean over the classes; of learning, the pull's slope")
    power: Estimate = column("share", meaning="of classes whose 95 % interval leaves out 0")


def power(
    design: Design,
    effect: Mapping[str, float],
    students: Count = 60,
    classes: Count = 400,
    seed: Whole = 0,
    people: People = None,
) -> Power:
    """Say how often a class of some students would find an effect that is really there.

    ``effect`` plants it: {"label": −0.05}. With 0 planted, power is the share of false alarms, 5 %
    if the test is right. Weights are cut to 0 … 1, so less is found, and held by intervals, than is
    planted: of a label of −0.05 nine tenths, of −0.3 four fifths, of trust 0.15 two thirds.

    Raises:
        ScenarioError: there is no such effect, or hardly a class that can tell it.

    >>> power(design(10, labels=LABELS), {"label": -0.2}, students=20, classes=50).power.mean
    1.0
    """
    name = next(iter(effect), "")
    check_known(name, EFFECTS, f"power: no effect {name!r}")
    planted: Any = effect
    who = replace(people or Students(), **planted)
    made = classes_of(design, who, students, classes, seed)
    gap, half, _ = _compared(*_pairs(made, who.problem)[name])
    if np.isfinite(half).sum() < 2:
        problem = f"power: {students} students in {classes} classes of this design"
        raise ScenarioError(f"{problem} do not tell {name}: let more play all that it compares")
    seen = wilson(int((np.abs(gap) > half).sum()), classes)
    return Power(name, effect[name], estimate(gap[np.isfinite(half)]), seen)
