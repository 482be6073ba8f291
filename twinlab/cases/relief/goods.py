"""What people need, and how it gets there (tables: ``datasets/humanitarian/README.md``).

Needs: water and space after Sphere, food after the general ration of WFP. Lead times: days from
order to delivery, fitted on the shipments of some years, checked on later ones. Food for Syria:
which basket, bought where, sent which way; one linear program.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from twinlab.cases import folders
from twinlab.modeling.formulas.newsvendor import as_scipy
from twinlab.modeling.formulas.programs import Constraint, minimize
from twinlab.scope.base import Amount, Result, ScenarioError, column, did_you_mean, pd, shown, stats
from twinlab.scope.distributions import Array, Gamma, LogNormal

__all__ = """Basket Check LeadTime Needs check fit general_ration lead_times least_cost_basket
needs shipments""".split()

Pair = tuple[str, str]
Key = tuple[Any, ...]  # a variable

rows = partial(folders.rows, "humanitarian")
figures = partial(folders.figures, "humanitarian", "assumed/figures")


@dataclass(frozen=True)
class Needs(Result):
    """What so many people need."""

    people: float = column("people", meaning="who need it")
    days: float = column("days", meaning="for which food is counted")
    food: float = column("t", meaning="for all days")
    tonnes: Mapping[str, float] = column("t", meaning="of food for all days, by commodity")
    water: float = column("m³/day", meaning="for all uses")
    water_minimum: float = column("m³/day", meaning="the least")
    survival_water: tuple[float, float] = column("m³/day", meaning="for drinking: from, to")
    taps: float = column("taps", meaning="for so many people")
    toilets: float = column("toilets", meaning="for so many people")
    covered_space: float = column("m²", meaning="to live in")
    site: float = column("ha", meaning="of a camp with shared facilities")
    energy: float = column("kcal/day", meaning="in the food")


def needs(people: Amount, days: Amount = 30) -> Needs:
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
    each = folders.figures("humanitarian", "standards")
    low, high = (people * each[f"drinking_{end}"] / 1000 for end in ("low", "high"))
    tonnes = {r["commodity"]: people * days * r["grams"] / 1e6 for r in rows("ration")}
    return Needs(
        people=people,
        days=days,
        food=sum(tonnes.values()),
        tonnes=tonnes,
        water=people * each["water_target"] / 1000,
        water_minimum=people * each["water_minimum"] / 1000,
        survival_water=(low, high),
        taps=people / each["people_per_tap"],
        toilets=people / each["people_per_toilet"],
        covered_space=people * each["covered_space"],
        site=people * each["site_space"] / 10_000,
        energy=people * each["energy"],
    )


CHECKED = range(2014, 2016)  # the years that no law is fitted to


@dataclass(frozen=True)
class LeadTime(Result):
    """A law of days from order to delivery, lognormal or gamma, whichever is likelier.

    Both have two parameters, so its lead is half the difference in AIC.
    """

    law: LogNormal | Gamma
    shipments: int = column("shipments", meaning="that it is fitted to")
    advantage: float = column("log-likelihood", meaning="its lead over the other law")

    def sentence(self) -> str:
        """The law, and how far it leads."""
        law = f"{type(self.law).__name__}(mean={self.law.mean:.1f}, sd={self.law.sd:.1f})"
        return f"{law} days, {self.shipments} shipments, ahead by {self.advantage:.1f}"


@dataclass(frozen=True, eq=False)
class Check(Result):
    """How later shipments fit a law.

    ``pit`` is the probability that the law gave to less than each shipment's days: even from 0 to
    1 if the law is right, which the test of Kolmogorov and Smirnov asks.
    """

    pit: Array
    shipments: int = column("shipments", meaning="that the law has not seen")
    coverage: Mapping[float, float] = column("share", meaning="in the central interval of a level")
    p_value: float = column("", meaning="chance of such shipments if the law still held")

    def sentence(self) -> str:
        """How many shipments lie in the intervals of the law, and what chance says to that."""
        told = ", ".join(f"{level:.0%}: {share:.1%}" for level, share in self.coverage.items())
        return f"{self.shipments} shipments; inside the interval of {told}; p = {self.p_value:.2g}"


def shipments() -> "pd.DataFrame":
    """Read every shipment: its dates, vendor, way, goods; ``ordered`` only if bought for it.

    Source: USAID SCMS delivery history (health goods, 2006 to 2015). The scheduled date is the one
    last agreed, so it knows the delivery.

    >>> shipments()[["country", "mode", "scheduled"]].iloc[-1].tolist()
    ['Vietnam', 'Air', Timestamp('2015-09-14 00:00:00')]
    """
    table = pd.read_csv(folders.dataset("humanitarian") / "shipments.csv").fillna({"incoterm": ""})
    for name, codes in pd.DataFrame(rows("shipment_codes")).groupby("column"):
        table[name] = table[name].map(codes.set_index("code")["name"])
    for day in ("ordered", "scheduled", "delivered"):
        table[day] = pd.to_datetime(table[day], unit="D", origin="2006-01-01")
    return table


def lead_times(mode: str, years: Sequence[int] = range(2006, 2014)) -> Array:
    """List the days from purchase order to delivery, of shipments by one mode in some years.

    A shipment is dated by its delivery; the few that arrive on or before the day of their order are
    left out as errors of the records.

    Raises:
        ScenarioError: nothing travelled so.

    >>> len(lead_times("Ocean")), float(np.median(lead_times("Ocean")))
    (277, 174.0)
    """
    table = shipments().assign(year=lambda row: row.delivered.dt.year)
    table["days"] = (table.delivered - table.ordered).dt.days
    known = table.query("days > 0 and mode != 'unknown'").sort_values(["year", "days"])
    found = known.days[(known["mode"] == mode) & known.year.isin(years)]
    if found.empty:
        nearest = did_you_mean(mode, dict.fromkeys(known["mode"]))
        said = f"no shipment by {mode!r} in {min(years)} to {max(years)}"
        raise ScenarioError(f"lead_times: {said}; {nearest}")
    return found.to_numpy(np.float64)


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
    inside = {level: float(np.mean(np.abs(pit - 0.5) <= level / 2)) for level in (0.5, 0.8, 0.9)}
    return Check(pit, len(pit), inside, float(stats.kstest(pit, "uniform").pvalue))


_NEED = "requirement"
GAPS = ("Folate(ug)",)  # the source says 0 where nobody measured: for lentils and flour, too


@dataclass(frozen=True)
class Basket(Result):
    """What everybody gets a day, where it is bought and how it travels."""

    bought: Mapping[Pair, float]  # t/day, by supplier and food
    carried: Mapping[Pair, float]  # t/day, by place of departure and arrival
    people: float = column("people", meaning="who get it")
    grams: Mapping[str, float] = column("g/day", meaning="per person, by food")
    nutrition: Mapping[str, float] = column("share", meaning="of the requirement, by nutrient")
    food_cost: float = column("USD/day", meaning="of all food")
    transport_cost: float = column("USD/day", meaning="of all ways")
    cost: float = column("USD/day", meaning="per person, food and transport")
    weight: float = column("g/day", meaning="per person")

    def sentence(self) -> str:
        """What a person gets, what it costs, and which nutrients are short."""
        foods = ", ".join(f"{name} {grams:.0f}" for name, grams in self.grams.items())
        short = [f"{name} {share:.0%}" for name, share in self.nutrition.items() if share < 0.9995]
        return (
            f"{self.weight:.0f} g per person and day: {foods}\n"
            f"{self.cost:.3f} USD per person and day: food {shown(self.food_cost)}, transport "
            f"{shown(self.transport_cost)} USD/day for {shown(self.people)} people\n"
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
    known = [r for r in rows("nutrients") if r["nutrient"] not in unknown]
    amount = {(r["food"], r["nutrient"]): r["amount"] for r in known}
    needed = {nutrient: units for (food, nutrient), units in amount.items() if food == _NEED}
    foods = sorted({r["food"] for r in rows("food_prices")} & {food for food, _ in amount})
    costs, balance = _flows(foods)
    program = [Constraint(terms, 0.0, 0.0) for terms in balance.values()]
    if ration is None:
        fixed = {}
        for nutrient, units in needed.items():
            content = {("grams", food): amount[food, nutrient] / 100 for food in foods}
            program.append(Constraint(content, low=units))
    else:
        fixed = {("grams", food): (ration.get(food, 0.0),) * 2 for food in foods}
    found = minimize(costs, program, "food basket: look for foods that nobody sells", fixed)
    return _basket(found.values, costs, amount)


def _flows(foods: Sequence[str]) -> tuple[dict[Key, float], dict[Key, dict[Key, float]]]:
    """What every variable costs, and for each place and food what is bought, sent and handed out.

    Bought + received − sent − handed out = 0 [t/day].
    """
    costs: dict[Key, float] = {("grams", food): 0.0 for food in foods}
    balance: dict[Key, dict[Key, float]] = {}
    for place, people in _people().items():
        balance |= {(place, food): {("grams", food): -people / 1e6} for food in foods}
    for row in rows("food_prices"):
        if row["food"] in foods:
            offer = (row["supplier"], row["food"])
            costs["bought", *offer] = row["price"]
            balance[offer]["bought", *offer] = 1.0
    for row in rows("food_ways"):
        for food in foods:
            key = ("carried", row["source"], row["destination"], food)
            costs[key] = row["cost"]
            balance[row["source"], food][key] = -1.0
            balance[row["destination"], food][key] = 1.0
    return costs, balance


def _people() -> dict[str, float]:
    return {r["name"]: r["people"] for r in rows("food_nodes")}


def _basket(
    found: Mapping[Key, float], costs: Mapping[Key, float], amount: Mapping[Pair, float]
) -> Basket:
    """Read the solver's numbers."""
    grams = {key[1]: x for key, x in found.items() if key[0] == "grams" and x > 1e-6}
    spent, carried = defaultdict[str, float](float), defaultdict[Pair, float](float)
    for key, x in found.items():
        spent[key[0]] += costs[key] * x
        if key[0] == "carried":
            carried[key[1:3]] += x
    people, food, transport = float(sum(_people().values())), spent["bought"], spent["carried"]
    needed = {nutrient: units for (what, nutrient), units in amount.items() if what == _NEED}
    eaten = {n: sum(g * amount[f, n] / 100 for f, g in grams.items()) for n in needed}
    return Basket(
        people=people,
        grams=grams,
        bought={key[1:]: x for key, x in found.items() if key[0] == "bought" and x > 1e-9},
        carried={way: x for way, x in carried.items() if x > 1e-9},
        nutrition={nutrient: eaten[nutrient] / units for nutrient, units in needed.items()},
        food_cost=food,
        transport_cost=transport,
        cost=(food + transport) / people,
        weight=sum(grams.values()),
    )
