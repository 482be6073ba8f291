"""Learning from examples: fitted on what was known, judged on what came, beside the rule in force.

An estimator has ``fit`` and ``predict`` as scikit-learn's; a function of the features is a rule.
"""

from typing import Any

import numpy as np

from twinlab.modeling.doubt import redraws, spread
from twinlab.modeling.simulation.random_streams import stream
from twinlab.scope import Estimate, Listing, Result, ScenarioError
from twinlab.scope.base import DUST, Amount, Array, Count, Level, column, needs, pd

FEW, DRAWS = 10, 500  # past errors that make an interval; draws of a bootstrap


class Examples(Result, frozen=True, eq=False):
    """What was seen of each case, and what came of it: one row each.

    A float ``target`` is a value (NaN: not known yet), any other a class. ``known_at`` is when the
    OUTCOME was known, ``asked_at`` when it is to be foretold (none given: the same), as numbers or
    dates. Cases of one ``group`` (a tool, a batch) are alike and stay together.

    Raises:
        ScenarioError: columns of other lengths; an outcome known before it is asked for, a leak.

    >>> Examples(pd.DataFrame({"wear": [0.0, 9.0, 0.0]}), [False, True, False], [1, 2, 3])
    3 examples of wear
    """

    features: "pd.DataFrame"
    target: Any
    known_at: Any
    group: Any = None
    asked_at: Any = None

    def __post_init__(self) -> None:
        usual = {"group": range(many := len(self.features)), "asked_at": self.known_at}
        for name in ("target", "known_at", "group", "asked_at"):
            values = pd.Series(usual[name] if (v := getattr(self, name)) is None else v).to_numpy()
            if len(values) != many:
                raise ScenarioError(f"Examples: {len(values)} of {name} for {many} rows")
            object.__setattr__(self, name, values)
        for row in np.flatnonzero(self.asked_at > self.known_at):
            asked, known = self.asked_at[row], self.known_at[row]
            raise ScenarioError(f"row {row} was known at {known}, but asked for at {asked}: a leak")
        super().__post_init__()

    @property
    def classes(self) -> Array | None:
        """The classes of the target in order; none, if it is a value."""
        y = pd.Series(self.target).dropna().infer_objects()  # of yes and no there are both
        return None if y.dtype.kind == "f" else np.unique([False, True] if y.dtype == bool else y)

    def known(self, until: Any = None) -> Any:
        """Numbers of the rows whose outcome was known before a time (none given: at all)."""
        try:
            early = until is None or (pd.Series(self.known_at) < until).to_numpy()
        except TypeError:
            raise ScenarioError(f"a time such as {self.known_at[0]}, not {until!r}") from None
        return np.flatnonzero(~pd.isna(self.target) & early)

    def _sentence(self) -> str:
        return f"{len(self.target):,} examples of {', '.join(map(str, self.features))}"


class Learned(Result, frozen=True, eq=False):
    """What was fitted on how many rows. Keep the cut and the seed and fit again: do not pickle."""

    model: Any
    classes: Array | None
    rows: int = column("rows", meaning="fitted on")

    def predict(self, features: "pd.DataFrame") -> Array:
        """Chances of the second of two classes, of each of several [rows × classes], or values."""
        kinds, model = self.classes, self.model
        if not hasattr(model, "fit") or kinds is None:
            told = np.asarray(getattr(model, "predict", model)(features), dtype=np.float64)
        else:
            told = np.zeros((len(features), len(kinds)))
            told[:, np.searchsorted(kinds, model.classes_)] = model.predict_proba(features)
        told = told[:, 1] if kinds is not None and told.shape[1:] == (2,) else told
        fit = np.isfinite(told) if kinds is None else (told >= 0) & (told <= 1)
        if len(told) != len(features) or not fit.all():
            raise ScenarioError(f"{model}: a number (chance: 0 to 1) each row, not {told!r:.50}")
        return told


def learn(estimator: Any, examples: Examples, until: Any = None) -> Learned:
    """Fit a copy of an estimator on outcomes known before a time, or on rows; a rule passes as is.

    Raises:
        ScenarioError: nothing was known then, or of one class only.

    >>> from sklearn.tree import DecisionTreeClassifier
    >>> worn = Examples(pd.DataFrame({"age": range(9)}), [age > 4 for age in range(9)], range(9))
    >>> learn(DecisionTreeClassifier(), worn, until=8).predict(worn.features.tail(2)).tolist()
    [1.0, 1.0]
    """
    rows = np.arange(len(examples.target))[until] if np.ndim(until) else examples.known(until)
    kinds, target = examples.classes, pd.Series(examples.target[rows]).infer_objects().to_numpy()
    if not len(rows) or (hasattr(estimator, "fit") and kinds is not None and len(set(target)) < 2):
        raise ScenarioError(f"learn: {len(rows)} outcomes known, not of two classes: wait longer")
    if hasattr(estimator, "fit"):
        clone = needs("sklearn.base", "methods").clone
        estimator = clone(estimator, safe=False).fit(examples.features.iloc[rows], target)
    return Learned(estimator, kinds, len(rows))


def decide(chances: Array, costs: Array) -> Any:
    """Choose the action of least expected cost for each case: argmin over a of Σ P(k) · C[a, k].

    Of equal ones the first. With two classes: p > (C₁₀ − C₀₀) / (C₁₀ − C₀₀ + C₀₁ − C₁₁). To reject
    is an action that costs the same whatever is true. Source: Elkan (2001); Chow (1970).

    >>> decide([0.2, 0.5, 0.9], costs=[[0, 12], [12, 0], [4, 4]]).tolist()  # 2: a person looks
    [0, 2, 1]
    """
    p, prices = np.asarray(chances, dtype=np.float64), np.asarray(costs, dtype=np.float64)
    p = np.column_stack([1 - p, p]) if p.ndim == 1 else p
    fine = (np.abs(p - 0.5) <= 0.5 + DUST).all() and prices.ndim == 2
    if not fine or prices.shape[1] != p.shape[1] or np.isnan(p @ prices.T).any():
        wanted = f"chances from 0 to 1, costs: actions × {p.shape[1]} classes, no NaN"
        raise ScenarioError(f"decide: {wanted}; got {prices.shape} and {chances!r:.60}")
    return (p @ prices.T).argmin(axis=1)


class Verdict(Result, frozen=True):
    """How good predictions were; estimates with an interval from the bootstrap over groups."""

    name: str = column("name", meaning="of the rule or estimator")
    expected: float = column("", meaning="sum of chances (of the likeliest class), or of values")
    seen: float = column("", meaning="how often that came, or the sum of what came")
    auc: Estimate | None = column("", None, "area under the ROC curve")
    ap: Estimate | None = column("", None, "average precision: area under precision and recall")
    right: Estimate | None = column("share", None, "cases whose likeliest class was true")
    brier: Estimate | None = column("", None, "half the sum of squared errors of the chances")
    mae: Estimate | None = column("", None, "mean absolute error, of the middle level")
    coverage: Estimate | None = column("share", None, "between the outer levels, or below the one")
    pinball: Estimate | None = column("", None, "mean quantile loss of the levels")
    cost: Estimate | None = column("USD/case", None, "of the actions that ``decide`` chooses")
    acted: float | None = column("share", None, "cases in which it was not the first action")
    caught: int | None = column("cases", None, "in which that was cheaper than the first action")

    def _sentence(self) -> str:
        return " · ".join(part for part in super()._sentence().split(" · ") if part[-1] != "–")


class Judgement(Listing, frozen=True, eq=False):
    """Models beside the base rate; ``losses`` (cost, Brier, quantile) as they are, then drawn."""

    caption = "Predictions judged, the simplest first"
    verdicts: tuple[Verdict, ...]
    rows: Any
    predictions: dict[str, Array]
    losses: dict[str, Array]

    @property
    def table(self) -> "pd.DataFrame":
        """One row each: only what was measured."""
        return super().table.replace("–", np.nan).dropna(axis="columns", how="all")

    def difference(self, name: str, other: str) -> Any:
        """An estimate of how much more one loses than another per case, paired over the draws."""
        return spread(self.losses[self[name].name] - self.losses[self[other].name])

    @property
    def best(self) -> str:
        """The first row, unless a later one loses less by an interval that excludes zero."""
        best, *others = self.losses
        for name in others:
            best = name if self.difference(name, best).high < 0 else best
        return best


def judge(
    models: dict[str, Any], examples: Examples, cut: Any, costs: Any = None, levels: Any = 0.5
) -> Judgement:
    """Judge estimators and rules beside the base rate: give the rule in force first, simple early.

    Fitted before the ``cut`` and judged from it on, or across groups by a splitter of scikit-learn.
    ``costs`` [actions × classes, USD] begin with what is done today; predicted values are quantiles
    at ``levels`` [rows × levels]. Intervals draw whole groups.

    Raises:
        ScenarioError: nothing to judge, or nothing to judge it by.

    >>> from twinlab.task.learning import judge
    >>> worn = Examples(pd.DataFrame({"x": range(9)}), [False, True, True] * 3, range(9))
    >>> judge({"rule": lambda seen: seen["x"] % 3 > 0}, worn, 3, [[0, 9], [1, 1]])["rule"].caught
    4
    """
    there, kinds = examples.known(), examples.classes
    if hasattr(cut, "split") and not isinstance(cut, str):
        group = examples.group[there] if "Group" in repr(cut) else None  # others would warn
        splits = [(there[i], there[j]) for i, j in cut.split(there, examples.target[there], group)]
    else:
        splits = [(examples.known(cut), there[pd.Series(examples.asked_at[there]) >= cut])]
    rows = np.concatenate([later for _, later in splits])
    few = [len(rows), *(len(known) for known, _ in splits), 9 if kinds is None else len(kinds) - 1]
    if not models or "base rate" in models or not min(few):
        raise ScenarioError(f"judge: a model, 2 classes, outcomes before {cut}: {few[0]} are after")
    true = examples.target if kinds is None else examples.target[:, None] == kinds
    at, counts = redraws(examples.group[rows], stream(0, 0, "judge"), DRAWS)
    told, losses, verdicts = dict[str, Array](), dict[str, Array](), list[Verdict]()
    for name in ("base rate", *models):
        parts = []
        for known, later in splits:
            said = true[known].mean(axis=0) if true.ndim == 2 else np.quantile(true[known], levels)
            own = models.get(name, lambda seen, said=said: np.repeat(said[None], len(seen), axis=0))
            parts.append(learn(own, examples, known).predict(examples.features.iloc[later]))
        told[name] = each = np.concatenate(parts)
        scores, plain = _measure(true[rows], each, costs, levels)
        drawn = {k: counts @ np.bincount(at, v) / (counts @ np.bincount(at)) for k, v in scores}
        losses[name] = next(reversed(drawn.values()))
        if true.ndim > each.ndim and 0 < true[rows, 1].mean() < 1:
            drawn |= _ranked(true[rows, 1], each, counts[:, at])
        verdicts.append(Verdict(name, **plain, **{k: spread(v) for k, v in drawn.items()}))
    return Judgement(tuple(verdicts), rows, told, losses)


def _measure(true: Any, told: Array, costs: Any, levels: Any) -> tuple[Any, dict[str, Any]]:
    every = np.arange(len(true))
    if true.ndim == 1:
        ends, at = told.reshape(len(true), -1), np.atleast_1d(levels)
        if ends.shape[1] != len(at):
            raise ScenarioError(f"judge: {len(at)} levels, but {ends.shape[1]} quantiles were told")
        middle, above = ends[:, np.abs(at - 0.5).argmin()], true[:, None] - ends
        inside = (true <= ends[:, -1]) & ((true >= ends[:, 0]) | (len(at) == 1))
        loss = np.maximum(at * above, (at - 1) * above).mean(axis=1)
        scores = [("mae", np.abs(true - middle)), ("coverage", inside), ("pinball", loss)]
        return scores, {"expected": middle.sum(), "seen": true.sum()}
    chances = np.column_stack([1 - told, told]) if told.ndim == 1 else told
    right = true[every, chances.argmax(axis=1)]
    scores = [("right", right), ("brier", ((chances - true) ** 2).sum(axis=1) / 2)]
    likely, seen = (told, true[:, 1]) if told.ndim == 1 else (chances.max(axis=1), right)
    plain = {"expected": likely.sum(), "seen": seen.sum()}
    if costs is not None:
        done, prices = decide(told, costs), true @ np.transpose(costs)  # [cases × actions]
        scores.append(("cost", paid := prices[every, done]))
        plain |= {"acted": (done > 0).mean(), "caught": int((paid < prices[:, 0]).sum())}
    return scores, plain


def _ranked(true: Any, p: Array, weights: Array) -> dict[str, Array]:
    order = np.argsort(-p, kind="stable")
    ends = np.append(np.flatnonzero(np.diff(p[order])), len(p) - 1)  # what is tied stands together
    hits, misses = (np.cumsum(weights[:, order] * t[order], axis=1)[:, ends] for t in (true, ~true))
    with np.errstate(divide="ignore", invalid="ignore"):
        recall, false = hits / hits[:, -1:], misses / misses[:, -1:]
    step, beyond = np.diff(recall, prepend=0), 1 - false + np.diff(false, prepend=0) / 2
    precision = hits / np.maximum(hits + misses, 1e-9)
    return {"auc": (step * beyond).sum(axis=1), "ap": (step * precision).sum(axis=1)}


def adaptive(
    errors: Any, level: Level = 0.9, gamma: Amount = 0.03, window: Count = 60, times: Any = None
) -> Array:
    """Find what to add to each forecast for an interval that learns from its misses [n + 1 × 2].

    Adaptive conformal: α ← α + γ (1 − level − missed); the ends are the quantiles α/2 and 1 − α/2
    of the last errors, actual less forecast (of all for α ≤ 0). ``times``: when each is asked for,
    and known (none: in turn; of leads h: i, i + h); NaN below ten. Source: Gibbs & Candès (2021).

    >>> adaptive([1.0, -1.0] * 10 + [5.0] * 5, level=0.8, gamma=0.1)[[9, 20, -1]].round(1).tolist()
    [[nan, nan], [-1.0, 1.0], [-1.0, 5.0]]
    """
    e = np.asarray(errors, dtype=np.float64)
    asked, known = map(np.asarray, times or (range(len(e)), range(1, len(e) + 1)))
    if {len(asked), len(known)} != {len(e)} or (known <= asked).any():
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
