"""Learning from examples: fitted on what was known, judged on what came, beside the rule in force.

Estimators are scikit-learn's, or what has ``fit`` and ``predict``; a plain function of the features
is a rule. ``decide`` turns chances into actions, ``adaptive`` errors into intervals: NumPy is all.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from twinlab.modeling.simulation.random_streams import stream
from twinlab.scope import Estimate, Listing, Result, ScenarioError
from twinlab.scope.columns import column
from twinlab.scope.distributions import Array
from twinlab.scope.errors import check_known
from twinlab.scope.kinds import Amount, Count, Level
from twinlab.scope.later import needs, pd

__all__ = ["Examples", "Judgement", "Learned", "Verdict", "adaptive", "decide", "judge", "learn"]

FEW = 10  # past errors; an interval from fewer says little
DRAWS = 500  # of a bootstrap
BASE = "base rate"
_ROWS = ("target", "known_at", "group", "asked_at")


@dataclass(frozen=True, eq=False)
class Examples(Result):
    """What was seen of each case, and what came of it: one row each.

    A float ``target`` is a value (NaN: not known yet), any other a class. ``known_at`` is when the
    OUTCOME was known, ``asked_at`` when it is to be foretold (none given: the same), as numbers or
    dates. Cases of one ``group`` (a tool, a batch) are alike and stay together.

    Raises:
        ScenarioError: columns of other lengths; an outcome known before it is asked for, a leak.

    >>> Examples(pd.DataFrame({"wear": [0.0, 9.0, 0.0]}), [False, True, False], [1, 2, 3])
    3 examples of wear, in 3 groups
    """

    features: "pd.DataFrame"
    target: Any
    known_at: Any
    group: Any = None
    asked_at: Any = None

    def __post_init__(self) -> None:
        usual = {"group": np.arange(len(self)), "asked_at": self.known_at}
        for name in _ROWS:
            given = getattr(self, name)
            values = pd.Series(usual[name] if given is None else given).to_numpy()
            if len(values) != len(self):
                raise ScenarioError(f"Examples: {len(values)} of {name} for {len(self)} rows")
            object.__setattr__(self, name, values)
        for row in np.flatnonzero(self.asked_at > self.known_at):
            when = f"{self.known_at[row]}, but asked for at {self.asked_at[row]}"
            raise ScenarioError(f"Examples: row {row} was known at {when}: leave out such a leak")
        super().__post_init__()

    @property
    def classes(self) -> Array | None:
        """The classes of the target in order; none, if it is a value."""
        return None if self.target.dtype.kind == "f" else np.unique(self.target)

    def known(self, until: Any = None) -> Any:
        """Numbers of the rows whose outcome was known before then."""
        known = ~pd.isna(self.target)
        known &= until is None or (pd.Series(self.known_at) < until).to_numpy()
        return np.flatnonzero(known)

    def __len__(self) -> int:
        return len(self.features)

    def __getitem__(self, rows: Any) -> "Examples":
        """Some of the examples: by a yes or no for each, or by number."""
        return Examples(self.features.iloc[rows], *(getattr(self, name)[rows] for name in _ROWS))

    def sentence(self) -> str:
        """How many examples there are, and of what."""
        of, groups = ", ".join(map(str, self.features)), len(np.unique(self.group))
        return f"{len(self):,} examples of {of}, in {groups:,} groups"


@dataclass(frozen=True, eq=False)
class Learned(Result):
    """What was fitted on how many rows. Keep the cut and the seed and fit again: do not pickle."""

    model: Any
    classes: Array | None
    rows: int = column("rows", meaning="fitted on")

    def predict(self, features: "pd.DataFrame") -> Array:
        """Chances of the second of two classes, of each of several [rows × classes], or values.

        Raises:
            ScenarioError: not one chance from 0 to 1, or finite number, for each row.
        """
        kinds, model = self.classes, self.model
        if not hasattr(model, "fit"):
            told = np.asarray(model(features), dtype=np.float64)
        elif kinds is None:
            told = np.asarray(model.predict(features), dtype=np.float64)
        else:
            told = np.zeros((len(features), len(kinds)))
            told[:, np.searchsorted(kinds, model.classes_)] = model.predict_proba(features)
            told = told[:, 1] if len(kinds) == 2 else told
        low, high = (-np.inf, np.inf) if kinds is None else (0, 1)
        fit = np.isfinite(told) & (told >= low) & (told <= high)
        if len(told) != len(features) or not fit.all():
            what = f"one number from {low} to {high} for each of {len(features)} rows"
            raise ScenarioError(f"{model}: {what}, got {told.ravel()[:3].tolist()}, …")
        return told


def learn(estimator: Any, examples: Examples, until: Any = None) -> Learned:
    """Fit a copy of an estimator on outcomes known before ``until``; a rule passes as it is.

    Raises:
        ScenarioError: nothing was known then, or of one class only.

    >>> from sklearn.tree import DecisionTreeClassifier
    >>> wear = pd.DataFrame({"wear": range(10)})
    >>> worn = Examples(wear, [age > 4 for age in range(10)], known_at=range(10))
    >>> found = learn(DecisionTreeClassifier(), worn, until=8)
    >>> found.rows, found.predict(wear.tail(2)).tolist()
    (8, [1.0, 1.0])
    """
    return _fit(estimator, examples, examples.known(until))


def _fit(estimator: Any, examples: Examples, rows: Any) -> Learned:
    kinds, target = examples.classes, examples.target[rows]
    if hasattr(estimator, "fit"):
        if not len(rows) or (kinds is not None and len(np.unique(target)) < 2):
            raise ScenarioError(f"learn: {len(rows)} outcomes known, not of two classes: wait")
        clone = needs("sklearn.base", "methods").clone
        estimator = clone(estimator, safe=False).fit(examples.features.iloc[rows], target)
    return Learned(estimator, kinds, len(rows))


def decide(chances: Any, costs: Any) -> Any:
    """Choose the action of least expected cost for each case: argmin over a of Σ P(k) · C[a, k].

    ``costs`` [actions × classes, USD]; of equal ones the first. With two classes that is a limit,
    p > (C₁₀ − C₀₀) / (C₁₀ − C₀₀ + C₀₁ − C₁₁); to "reject", such as to let a person look, is an
    action that costs the same whatever is true. Source: Elkan (2001); Chow (1970).

    >>> decide([0.04, 0.06], [[0, 300], [15, 15]]).tolist()  # a stop costs 15, a failure 300
    [0, 1]
    >>> decide([[0.5, 0.5], [0.9, 0.1]], [[4, 4], [0, 12], [12, 0]]).tolist()  # 0: a person looks
    [0, 1]
    """
    p, prices = np.asarray(chances), np.asarray(costs)
    p = np.column_stack([1 - p, p]) if p.ndim == 1 else p
    if prices.ndim != 2 or prices.shape[1] != p.shape[1]:
        raise ScenarioError(f"costs: actions × {p.shape[1]} classes, got the shape {prices.shape}")
    return (p @ prices.T).argmin(axis=1)


@dataclass(frozen=True)
class Verdict(Result):
    """How good predictions were; estimates with an interval from the bootstrap over groups."""

    name: str = column("name", meaning="of the rule or estimator")
    cases: int = column("cases", meaning="judged")
    expected: float = column("", meaning="sum of chances (of the likeliest class), or of values")
    seen: float = column("", meaning="how often that came, or the sum of what came")
    auc: Estimate | None = column("", None, "area under the ROC curve")
    ap: Estimate | None = column("", None, "average precision: area under precision and recall")
    right: Estimate | None = column("share", None, "cases whose likeliest class was true")
    brier: Estimate | None = column("", None, "mean squared error of chances")
    mae: Estimate | None = column("", None, "mean absolute error, of the middle level")
    coverage: Estimate | None = column("share", None, "outcomes between the outer levels")
    pinball: Estimate | None = column("", None, "mean quantile loss of the levels")
    cost: Estimate | None = column("USD/case", None, "of the actions that ``decide`` chooses")
    acted: float | None = column("share", None, "cases in which it was not the first action")
    caught: int | None = column("cases", None, "in which that was cheaper than the first action")

    def sentence(self) -> str:
        """Only what was measured."""
        return " · ".join(part for part in super().sentence().split(" · ") if part[-1] != "–")


@dataclass(frozen=True, eq=False)
class Judgement(Listing):
    """Rules and estimators beside the base rate, the simplest first, on the same cases.

    ``rows`` are the numbers of the examples judged, ``predictions`` what each said of them, and
    ``losses`` its cost (else Brier score, quantile loss or absolute error): as it is, then drawn.
    """

    caption = "Predictions judged, the simplest first"
    verdicts: tuple[Verdict, ...]
    rows: Any
    predictions: Mapping[str, Array]
    losses: Mapping[str, Array]

    @property
    def table(self) -> "pd.DataFrame":
        """One row each: only what was measured."""
        table = super().table
        return table.loc[:, [head for head in table if not (table[head] == "–").all()]]

    def difference(self, name: str, other: str) -> Estimate:
        """How much more one loses than another per case, paired over the draws."""
        for each in (name, other):
            check_known(each, self.losses, f"no {each!r} was judged")
        return _estimate(self.losses[name] - self.losses[other])

    @property
    def best(self) -> str:
        """The first row, unless a later one loses less by an interval that excludes zero."""
        best, *others = self.losses
        for name in others:
            best = name if self.difference(name, best).high < 0 else best
        return best


def judge(
    models: Mapping[str, Any], examples: Examples, cut: Any, costs: Any = None, levels: Any = ()
) -> Judgement:
    """Judge estimators and rules beside the base rate: give the rule in force first, simple early.

    Fitted on outcomes known before the ``cut`` and judged on cases asked for from then on; a cut
    that is a splitter of scikit-learn cross-validates by group. ``costs`` as in ``decide``, first
    what is done today; ``levels`` are the probabilities of predicted quantiles [rows × levels].
    Intervals of 95 % draw whole groups (Efron 1979).

    Raises:
        ScenarioError: nothing to judge, or nothing to judge it by.

    >>> from twinlab.task.learning import judge
    >>> wear = pd.DataFrame({"wear": range(100)})
    >>> worn = Examples(wear, [age % 10 > 7 for age in range(100)], known_at=range(100))
    >>> rule = lambda seen: (seen["wear"] % 10 > 6) * 1.0
    >>> found = judge({"rule in force": rule}, worn, cut=50, costs=[[0, 9], [1, 1]])
    >>> found.best, found["rule in force"].caught, found["rule in force"].cost.mean
    ('rule in force', 10, 0.3)
    """
    splits = _splits(examples, cut)
    rows = np.concatenate([later for _, later in splits])
    if not models or BASE in models or not len(rows):
        how = f"estimators by name ({BASE!r} comes by itself), and outcomes from {cut} on"
        raise ScenarioError(f"judge: {how}, got {[*models]} and {len(rows)} outcomes")
    told: dict[str, Array] = {}
    for name, model in {BASE: None, **models}.items():
        parts = []
        for known, later in splits:
            own = model if name != BASE else _base(examples, known, levels)
            parts.append(_fit(own, examples, known).predict(examples.features.iloc[later]))
        told[name] = np.concatenate(parts)
    judged, losses, verdicts = examples[rows], dict[str, Array](), list[Verdict]()
    at = np.unique(judged.group, return_inverse=True)[1]
    shares = np.full(many := int(at.max()) + 1, 1 / many)
    counts = np.vstack([0 * shares + 1, stream(0, 0, "judge").multinomial(many, shares, DRAWS)])
    for name, each in told.items():
        scores, plain = _measure(judged, each, costs, levels)
        draws = {k: counts @ np.bincount(at, v) / (counts @ np.bincount(at)) for k, v in scores}
        losses[name] = next(reversed(draws.values()))
        if each.ndim == 1 and judged.classes is not None:
            draws |= _ranked(judged.target == judged.classes[1], each, counts[:, at])
        drawn: dict[str, Any] = {key: _estimate(values) for key, values in draws.items()}
        verdicts.append(Verdict(name, len(rows), **plain, **drawn))
    return Judgement(tuple(verdicts), rows, told, losses)


def _estimate(values: Array) -> Estimate:
    low, high = np.nanquantile(values[1:], (0.025, 0.975))
    return Estimate(float(values[0]), float(low), float(high), DRAWS, 0.95, "bootstrap")


def _splits(examples: Examples, cut: Any) -> list[tuple[Any, Any]]:
    """Rows to fit on and rows to judge."""
    there = examples.known()
    if not hasattr(cut, "split"):
        return [(examples.known(cut), there[pd.Series(examples.asked_at[there]) >= cut])]
    found = cut.split(there, examples.target[there], examples.group[there])
    return [(there[known], there[later]) for known, later in found]


def _base(examples: Examples, known: Any, levels: Sequence[float]) -> Callable[[Any], Array]:
    """What is said without looking: shares of classes, else quantiles (the median) of values."""
    kinds, target = examples.classes, examples.target[known]
    if not len(known):
        raise ScenarioError("judge: no outcome is known before the cut: choose a later one")
    if kinds is None:
        said = np.quantile(target, levels or 0.5)
    else:
        said = (target[:, None] == kinds).mean(axis=0)[slice(None) if len(kinds) != 2 else 1]
    return lambda features: np.repeat(said[None], len(features), axis=0)


def _measure(
    judged: Examples, told: Array, costs: Any, levels: Sequence[float]
) -> tuple[list[tuple[str, Array]], dict[str, Any]]:
    """Scores of each case, the loss last; and what was expected, seen, done and caught."""
    kinds, y = judged.classes, judged.target
    if kinds is None:
        ends, at = told.reshape(len(y), -1), np.asarray(levels or [0.5])
        if ends.shape[1] != len(at):
            raise ScenarioError(f"judge: {len(at)} levels, but {ends.shape[1]} quantiles were told")
        middle, above = ends[:, np.abs(at - 0.5).argmin()], y[:, None] - ends
        inside = (y <= ends[:, -1]) & ((y >= ends[:, 0]) | (len(at) == 1))
        loss = np.maximum(at * above, (at - 1) * above).mean(axis=1)
        scores = [("mae", np.abs(y - middle)), ("coverage", inside), ("pinball", loss)]
        return scores[: 3 if levels else 1], {"expected": middle.sum(), "seen": y.sum()}
    two, true = told.ndim == 1, np.searchsorted(kinds, y)
    chances = np.column_stack([1 - told, told]) if two else told
    right, likely = chances.argmax(axis=1) == true, chances.max(axis=1)
    off = ((chances - np.eye(len(kinds))[true]) ** 2).sum(axis=1)
    scores = [("brier", off / 2)] if two else [("right", right), ("brier", off)]
    sums = (told, true) if two else (likely, right)
    plain = dict(zip(("expected", "seen"), (each.sum() for each in sums), strict=True))
    if costs is not None:
        prices, done = np.asarray(costs, dtype=np.float64), decide(told, costs)
        scores.append(("cost", paid := prices[done, true]))
        plain |= {"acted": (done > 0).mean(), "caught": int((paid < prices[0, true]).sum())}
    return scores, plain


def _ranked(true: Any, p: Array, weights: Array) -> dict[str, Array]:
    """Area under the ROC curve, and average precision; what is tied stands together."""
    order = np.argsort(-p, kind="stable")
    ends, found = np.append(np.flatnonzero(np.diff(p[order])), len(p) - 1), []
    for weight in weights[:, order]:
        hits, misses = (np.cumsum(weight * each)[ends] for each in (true[order], ~true[order]))
        with np.errstate(divide="ignore", invalid="ignore"):
            recall, precision = hits / hits[-1], hits / np.maximum(hits + misses, 1e-9)
            area = np.trapezoid(np.append(0, recall), np.append(0, misses / misses[-1]))
        found.append((area, np.diff(recall, prepend=0) @ precision))
    return dict(zip(("auc", "ap"), np.transpose(found), strict=True))


def adaptive(
    errors: Any, level: Level = 0.9, gamma: Amount = 0.03, window: Count = 60, times: Any = None
) -> Array:
    """Find what to add to each forecast for an interval that learns from its misses [n + 1 × 2].

    Adaptive conformal: α ← α + γ (1 − level − missed), and the ends are the quantiles α/2 and
    1 − α/2 of the last errors (actual less forecast); the extremes of all, where α falls to 0.
    ``times`` are when each error is asked for, and when it is known (none given: in turn; of leads
    of h periods: i and i + h). Each row knows what was known then, the last row all; NaN while
    that is fewer than ten. Source: Gibbs & Candès (2021).

    >>> ends = adaptive([1.0, -1.0] * 10 + [5.0] * 5, level=0.8, gamma=0.1)
    >>> ends[[9, 10, 20, -1]].round(1).tolist()
    [[nan, nan], [-1.0, 1.0], [-1.0, 1.0], [-1.0, 5.0]]
    """
    e, usual = np.asarray(errors, dtype=np.float64), np.arange(len(errors))
    asked, known = map(np.asarray, (usual, usual + 1) if times is None else times)
    if {len(asked), len(known)} != {len(e)} or (known < asked).any():
        raise ScenarioError("adaptive: times are when each error is asked for, and known after it")
    alpha, ends, past = 1.0 - level, np.full((len(e) + 1, 2), np.nan), list[float]()
    coming = [row for row in np.argsort(known, kind="stable")[::-1] if np.isfinite(e[row])]
    for row in [*np.argsort(asked, kind="stable"), len(e)]:
        while coming and (row == len(e) or known[coming[-1]] <= asked[row]):
            low, high = ends[last := coming.pop()]
            past.append(e[last])
            alpha += gamma * (1.0 - level - (not low <= e[last] <= high)) * np.isfinite(low)
        if len(past) >= FEW:
            tail, share = past[-window:] if alpha > 0 else past, min(max(alpha, 0.0), 1.0) / 2
            ends[row] = np.quantile(tail, (share, 1 - share), method="weibull")
    return ends
