"""Reading the tables of the humanitarian case (``datasets/humanitarian/README.md``).

What people need: water and space after Sphere, food after the general ration of WFP.

Days from order to delivery: fitted on the shipments of some years, checked on later ones.

Food for Syria: which basket, bought where, sent which way; one linear program.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from twinlab.cases import folders
from twinlab.modeling.formulas.newsvendor import as_scipy
from twinlab.scope.columns import Sealed
from twinlab.scope.distributions import Array, Gamma, LogNormal
from twinlab.scope.errors import ScenarioError, SolverError, did_you_mean
from twinlab.scope.later import optimize, stats
from twinlab.task.logistics.storms import Key, coefficients

__all__ = [
    "Basket",
    "Check",
    "LeadTime",
    "Needs",
    "check",
    "fit",
    "general_ration",
    "lead_times",
    "least_cost_basket",
    "needs",
]


rows = partial(folders.rows, "humanitarian")


figures = partial(folders.figures, "humanitarian", "assumed/figures")


@dataclass(frozen=True, repr=False)
class Needs(Sealed):
    """What so many people need.

    ``tonnes`` of food by commodity for all days; ``water``, its least and the range for survival in
    m³ a day; ``covered_space`` in m²; ``site`` in hectares; ``energy`` in kcal a day.
    """

    people: float
    days: float
    tonnes: Mapping[str, float]
    water: float
    water_minimum: float
    survival_water: tuple[float, float]
    taps: float
    toilets: float
    covered_space: float
    site: float
    energy: float

    @property
    def food(self) -> float:
        """All food for all days [t]."""
        return sum(self.tonnes.values())

    def __repr__(self) -> str:
        parts = ", ".join(f"{name} {units:,.1f}" for name, units in self.tonnes.items())
        return (
            f"{self.people:,.0f} people, {self.days:g} days: {self.food:,.1f} t of food ({parts})\n"
            f"water {self.water:,.1f} m³/day (at least {self.water_minimum:,.1f}), "
            f"{self.taps:,.0f} taps, {self.toilets:,.0f} toilets, "
            f"{self.covered_space:,.0f} m² covered, {self.site:,.1f} ha"
        )


def needs(people: float, days: float = 30) -> Needs:
    """Say what so many people need for so many days: food in tonnes, water in m³ a day, space.

    Food is WFP's general ration, 400 g cereal + 60 pulses + 25 oil + 50 corn-soya blend + 15 sugar
    + 5 salt = 555 g per person and day. Water is Sphere's 15 L per person and day.

    Raises:
        ScenarioError: people or days are below 0.

    Source: Sphere Handbook (2011, 2018); WFP food basket. Tables ``standards``, ``ration``.

    >>> found = needs(10_000, days=30)
    >>> round(found.food, 6), found.water
    (166.5, 150.0)
    """
    if not (people >= 0 and days >= 0):
        raise ScenarioError(f"needs: {people!r} people for {days!r} days: give at least 0")
    each = folders.figures("humanitarian", "standards")
    low, high = (people * each[f"drinking_{end}"] / 1000 for end in ("low", "high"))
    return Needs(
        people=people,
        days=days,
        tonnes={r["commodity"]: people * days * r["grams"] / 1e6 for r in rows("ration")},
        water=people * each["water_target"] / 1000,
        water_minimum=people * each["water_minimum"] / 1000,
        survival_water=(low, high),
        taps=people / each["people_per_tap"],
        toilets=people / each["people_per_toilet"],
        covered_space=people * each["covered_space"],
        site=people * each["site_space"] / 10_000,
        energy=people * each["energy"],
    )


FITTED = range(2006, 2014)
CHECKED = range(2014, 2016)
LEVELS = (0.5, 0.8, 0.9)


@dataclass(frozen=True, repr=False)
class LeadTime:
    """A law of days from order to delivery; ``advantage`` is its lead in log-likelihood.

    It leads the other of lognormal and gamma; both have two parameters: half the difference in AIC.
    """

    law: LogNormal | Gamma
    shipments: int
    advantage: float

    def __repr__(self) -> str:
        law = f"{type(self.law).__name__}(mean={self.law.mean:.1f}, sd={self.law.sd:.1f})"
        return f"{law} days, {self.shipments} shipments, ahead by {self.advantage:.1f}"


@dataclass(frozen=True, repr=False)
class Check(Sealed):
    """How later shipments fit a law.

    ``coverage`` is the share that fell into the central interval of each level; ``pit`` the
    probability that the law gave to less than each shipment's days: even from 0 to 1 if the law is
    right, of which ``p_value`` is the test by Kolmogorov and Smirnov.
    """

    shipments: int
    coverage: Mapping[float, float]
    pit: Array
    p_value: float

    def __repr__(self) -> str:
        told = ", ".join(f"{level:.0%}: {share:.1%}" for level, share in self.coverage.items())
        return f"{self.shipments} shipments; inside the interval of {told}; p = {self.p_value:.2g}"


def lead_times(mode: str, years: Sequence[int] = FITTED) -> Array:
    """List the days from purchase order to delivery, of shipments by one mode in some years.

    A shipment is dated by its delivery; the few that arrive on or before the day of their order are
    left out as errors of the records.

    Raises:
        ScenarioError: nothing travelled so.

    Source: USAID SCMS delivery history (health goods, 2006 to 2015).

    >>> len(lead_times("Ocean")), float(np.median(lead_times("Ocean")))
    (277, 174.0)
    """
    known = [row for row in rows("lead_times") if row["days"] > 0]
    found = [row for row in known if row["mode"] == mode and row["year"] in years]
    if not found:
        known = did_you_mean(mode, dict.fromkeys(row["mode"] for row in known))
        raise ScenarioError(
            f"lead_times: no shipment by {mode!r} in {min(years)} to {max(years)}; {known}"
        )
    return np.repeat([float(row["days"]) for row in found], [row["shipments"] for row in found])


def fit(days: Sequence[float] | Array) -> LeadTime:
    """Fit a lognormal and a gamma law by maximum likelihood and keep the likelier.

    Raises:
        ScenarioError: fewer than ten days, or some not above zero.

    >>> found = fit(lead_times("Ocean"))
    >>> type(found.law).__name__, round(found.law.mean)
    ('Gamma', 187)
    """
    data = np.asarray(days, dtype=np.float64)
    if data.size < 10 or data.min() <= 0:
        raise ScenarioError(f"fit: {data.size} lead times: give at least 10, all above 0 days")
    sigma, _, scale = stats.lognorm.fit(data, floc=0)
    shape, _, width = stats.gamma.fit(data, floc=0)
    lognormal, gamma = stats.lognorm(sigma, 0, scale), stats.gamma(shape, 0, width)
    lead = float(lognormal.logpdf(data).sum() - gamma.logpdf(data).sum())
    family, likelier = (LogNormal, lognormal) if lead >= 0 else (Gamma, gamma)
    return LeadTime(family(float(likelier.mean()), float(likelier.std())), data.size, abs(lead))


def check(law: LogNormal | Gamma, days: Sequence[float] | Array) -> Check:
    """Hold a law against shipments that it was not fitted on.

    >>> check(fit(lead_times("Ocean")).law, lead_times("Ocean", CHECKED)).shipments
    45
    """
    pit = as_scipy(law).cdf(np.asarray(days, dtype=np.float64))
    inside = {level: float(np.mean(np.abs(pit - 0.5) <= level / 2)) for level in LEVELS}
    return Check(len(pit), inside, pit, float(stats.kstest(pit, "uniform").pvalue))


Way = tuple[str, str]
_NEED = "requirement"
GAPS = ("Folate(ug)",)  # the source says 0 where nobody measured: for lentils and flour, too


@dataclass(frozen=True, repr=False)
class Basket(Sealed):
    """What everybody gets a day, where it is bought and how it travels.

    ``grams`` per person and day by food; ``bought`` t/day by (supplier, food); ``carried`` t/day
    by way; ``nutrition`` the share of the daily requirement by nutrient; costs in USD/day.
    """

    people: float
    grams: Mapping[str, float]
    bought: Mapping[Way, float]
    carried: Mapping[Way, float]
    nutrition: Mapping[str, float]
    food_cost: float
    transport_cost: float

    @property
    def cost(self) -> float:
        """Food and transport, per person and day [USD]."""
        return (self.food_cost + self.transport_cost) / self.people

    @property
    def weight(self) -> float:
        """What a person gets in a day [g]."""
        return sum(self.grams.values())

    def __repr__(self) -> str:
        parts = ", ".join(f"{name} {grams:.0f}" for name, grams in self.grams.items())
        short = [f"{name} {share:.0%}" for name, share in self.nutrition.items() if share < 0.9995]
        return (
            f"{self.weight:.0f} g per person and day: {parts}\n"
            f"{self.cost:.3f} USD per person and day: food {self.food_cost:,.0f}, "
            f"transport {self.transport_cost:,.0f} USD/day for {self.people:,.0f} people\n"
            f"below the requirement: {', '.join(short) or 'nothing'}"
        )


def least_cost_basket(unknown: Collection[str] = GAPS) -> Basket:
    """Find the cheapest basket that feeds everybody, with where to buy it and how to send it.

    min Σ price·bought + Σ cost·carried, where every node passes on what it gets, every person gets
    the same x grams of each food, and Σ content·x ≥ requirement for each nutrient. Nutrients in
    ``unknown`` are left out: of the source's eleven, folate has zeros that are gaps.
    A linear program (HiGHS). Source: WFP's Syria instance; model after Peters et al. (2021),
    without palatability.

    >>> basket = least_cost_basket()
    >>> round(min(basket.nutrition.values()), 6), basket.people
    (1.0, 67000.0)
    >>> least_cost_basket(unknown=()).cost > 1.09 * basket.cost  # zeros taken for measurements
    True
    """
    return _solve(None, unknown)


def general_ration(unknown: Collection[str] = GAPS) -> Basket:
    """Buy and send WFP's general ration (salt left out, which nobody sells here) most cheaply.

    >>> round(general_ration().weight)
    550
    """
    return _solve({r["food"]: r["grams"] for r in rows("ration") if r["food"]}, unknown)


def _solve(ration: Mapping[str, float] | None, unknown: Collection[str]) -> Basket:
    """The cheapest way to a ration, or to the cheapest basket with every known nutrient."""
    offers = {(r["supplier"], r["food"]): r["price"] for r in rows("food_prices")}
    amount = {
        (r["food"], r["nutrient"]): r["amount"]
        for r in rows("nutrients")
        if r["nutrient"] not in unknown
    }
    needed = {nutrient: units for (food, nutrient), units in amount.items() if food == _NEED}
    foods = sorted({food for _, food in offers} & {food for food, _ in amount})
    costs: dict[Key, float] = {("grams", food): 0.0 for food in foods}
    costs |= {("bought", *offer): usd for offer, usd in offers.items() if offer[1] in foods}
    costs |= {
        ("carried", way["source"], way["destination"], food): way["cost"]
        for way in rows("food_ways")
        for food in foods
    }
    limits: list[Any] = [(0, None)] * len(costs)
    if ration is not None:
        limits[: len(foods)] = [(ration.get(food, 0.0),) * 2 for food in foods]
    content = [{("grams", food): -amount[food, n] / 100 for food in foods} for n in needed]
    least = [-units if ration is None else 0.0 for units in needed.values()]
    balance = _balance(foods, costs)
    found = optimize.linprog(
        list(costs.values()),
        bounds=limits,
        method="highs",
        A_ub=coefficients(content, costs),
        b_ub=least,
        A_eq=coefficients(balance, costs),
        b_eq=np.zeros(len(balance)),
    )
    if found.x is None:
        raise SolverError(f"food basket: {found.message} Look for foods that nobody sells")
    return _basket(dict(zip(costs, found.x.tolist(), strict=True)), costs, amount)


def _balance(foods: Sequence[str], variables: Iterable[Key]) -> list[dict[Key, float]]:
    """One row per place and food: bought + received − sent − handed out = 0 [t/day]."""
    balance: dict[Key, dict[Key, float]] = {
        (place, food): {("grams", food): -people / 1e6}
        for place, people in _people().items()
        for food in foods
    }
    for key in variables:
        if key[0] == "bought":
            balance[key[1:]][key] = 1.0
        elif key[0] == "carried":
            _, source, destination, food = key
            balance[source, food][key] = -1.0
            balance[destination, food][key] = 1.0
    return list(balance.values())


def _people() -> dict[str, float]:
    return {r["name"]: r["people"] for r in rows("food_nodes")}


def _basket(
    found: Mapping[Key, float], costs: Mapping[Key, float], amount: Mapping[Way, float]
) -> Basket:
    """Read the solver's numbers."""
    grams = {key[1]: x for key, x in found.items() if key[0] == "grams" and x > 1e-6}
    spent = {"grams": 0.0, "bought": 0.0, "carried": 0.0}
    carried: dict[Way, float] = {}
    for key, x in found.items():
        spent[key[0]] += costs[key] * x
        if key[0] == "carried":
            carried[key[1:3]] = carried.get(key[1:3], 0.0) + x
    return Basket(
        people=float(sum(_people().values())),
        grams=grams,
        bought={key[1:]: x for key, x in found.items() if key[0] == "bought" and x > 1e-9},
        carried={way: x for way, x in carried.items() if x > 1e-9},
        nutrition={
            n: sum(g * amount[f, n] / 100 for f, g in grams.items()) / needed
            for (food, n), needed in amount.items()
            if food == _NEED
        },
        food_cost=spent["bought"],
        transport_cost=spent["carried"],
    )
