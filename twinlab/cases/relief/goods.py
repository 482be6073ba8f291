"""What people need, and how it gets there (tables: ``datasets/humanitarian/README.md``)."""

from collections.abc import Collection, Mapping, Sequence
from functools import partial
from typing import Any, TypeAlias

import numpy as np

from twinlab.cases import folders
from twinlab.modeling.formulas.newsvendor import as_scipy
from twinlab.modeling.formulas.programs import Constraint, minimize
from twinlab.scope.base import Amount, Array, Positive, Result, ScenarioError, column, pd, stats
from twinlab.scope.distributions import Gamma, LogNormal
from twinlab.scope.errors import check_known

__all__ = """CARIBBEAN Basket Check CompleteSets LeadTime Needs assumed check complete_sets fit
foods general_ration lead_times least_cost_basket madagascar needs shipments""".split()

rows = partial(folders.rows, "humanitarian")
figures = partial(folders.figures, "humanitarian", "assumed/figures")
Foods: TypeAlias = "pd.DataFrame | None"


def _table(name: str) -> "pd.DataFrame":
    return pd.read_csv(folders.dataset("humanitarian") / f"{name}.csv")


def assumed() -> "pd.DataFrame":
    """List every figure of the case that no source has: value, low, high, unit, why, by name.

    >>> assumed().loc["shortage_multiple", ["low", "value", "high"]].tolist()
    [3.0, 10.0, 20.0]
    """
    return _table("assumed/figures").set_index("name")


class Needs(Result, frozen=True):
    """What so many people need."""

    food: float = column("t", meaning="for all days")
    water: float = column("m³/day", meaning="for all uses")
    survival_water: tuple[float, float] = column("m³/day", meaning="for drinking: from, to")
    taps: float = column("taps", meaning="for so many people")
    toilets: float = column("toilets", meaning="for so many people")
    covered_space: float = column("m²", meaning="to live in")
    site: float = column("ha", meaning="of a camp with shared facilities")
    energy: float = column("kcal/day", meaning="in the food")


def needs(people: Amount, days: Amount = 30) -> Needs:
    """Say what so many people need for so many days: food in tonnes, water in m³ a day, space.

    Food is WFP's general ration, 555 g per person and day; water is Sphere's 15 L (2011, 2018).

    >>> needs(10_000, days=30).food, needs(10_000).water
    (166.5, 150.0)
    """
    each = folders.figures("humanitarian", "standards")
    food = people * days * sum(r["grams"] for r in rows("ration")) / 1e6
    water, low, high = (people * each[use] / 1000 for use in WATER)
    taps, toilets = (people / each[f"people_per_{what}"] for what in ("tap", "toilet"))
    space, site = people * each["covered_space"], people * each["site_space"] / 10_000
    return Needs(food, water, (low, high), taps, toilets, space, site, people * each["energy"])


WATER = ("water_target", "drinking_low", "drinking_high")
FITTED, CHECKED = range(2006, 2014), range(2014, 2016)  # years of laws, and of their check
CARIBBEAN = ("Dominican Republic", "Guyana", "Haiti")


class LeadTime(Result, frozen=True):
    """A law of days from order to delivery, lognormal or gamma, whichever is likelier."""

    law: LogNormal | Gamma = column("", meaning="of days from order to delivery")
    shipments: int = column("shipments", meaning="that it is fitted to")
    advantage: float = column("log-likelihood", meaning="over the other law: half of AIC")


class Check(Result, frozen=True, eq=False):
    """How later shipments fit a law (test of Kolmogorov and Smirnov)."""

    pit: Array  # probability, by the law, of fewer days: even from 0 to 1 if it is right
    shipments: int = column("shipments", meaning="that the law has not seen")
    expected: float = column("days", meaning="by the law, on average")
    mean: float = column("days", meaning="that they took, on average")
    coverage: Mapping[float, float] = column("share", meaning="in the central interval of a level")
    p_value: float = column("", meaning="chance of such shipments if the law still held")


def shipments() -> "pd.DataFrame":
    """Read every shipment of USAID's SCMS; ``scheduled`` was revised: it knows the delivery.

    >>> shipments()[["country", "mode", "scheduled"]].iloc[-1].tolist()
    ['Vietnam', 'Air', Timestamp('2015-09-14 00:00:00')]
    """
    table = _table("shipments").fillna({"incoterm": ""})
    for name, codes in _table("shipment_codes").groupby("column"):
        table[name] = table[name].map(codes.set_index("code")["name"])
    for day in ("ordered", "scheduled", "delivered"):
        table[day] = pd.to_datetime(table[day], unit="D", origin="2006-01-01")
    return table


def lead_times(mode: str, years: Sequence[int] = FITTED, countries: Collection[str] = ()) -> Array:
    """List the days from order to delivery by one mode, to some countries or all, in some years.

    Years are of delivery. The few that arrive by the day of their order are errors of the records.

    Raises:
        ScenarioError: nothing travelled so, or nothing at all to a country.

    >>> [float(np.median(lead_times("Air", range(2006, 2016), to))) for to in ((), CARIBBEAN)]
    [95.0, 77.5]
    """
    table = shipments().assign(year=lambda row: row.delivered.dt.year)
    for country in countries:
        check_known(country, set(table.country), f"lead_times: no shipment to {country!r}")
    table["days"] = (table.delivered - table.ordered).dt.days
    known = table.query("days > 0 and mode != 'unknown'").sort_values(["year", "days"])
    known = known[known.year.isin(years) & known.country.isin(countries or known.country)]
    said = f"lead_times: no shipment by {mode!r} in {[*years]}"
    check_known(mode, dict.fromkeys(known["mode"]), said)
    return known.days[known["mode"] == mode].to_numpy(np.float64)


def fit(days: Sequence[float] | Array) -> LeadTime:
    """Fit a lognormal and a gamma law by maximum likelihood, keep the likelier (to 0.01 days).

    Raises:
        ScenarioError: fewer than ten days, or some not above zero.

    >>> fit(lead_times("Air", countries=CARIBBEAN))
    law LogNormal(mean=81.71, sd=63.87) · shipments 237 shipments · advantage 12.05 log-likelihood
    """
    data = np.asarray(days, dtype=np.float64)
    if data.size < 10 or not (data > 0).all() or not 0 < np.ptp(data) < np.inf:
        raise ScenarioError(f"fit: {data.size} lead times: give at least 10 above 0, not all alike")
    known: dict[Any, Any] = {LogNormal: stats.lognorm, Gamma: stats.gamma}
    found = {law: family(*family.fit(data, floc=0)) for law, family in known.items()}
    likely = {law: float(one.logpdf(data).sum()) for law, one in found.items()}
    other, best = sorted(likely, key=likely.__getitem__)
    law = best(round(float(found[best].mean()), 2), round(float(found[best].std()), 2))
    return LeadTime(law, data.size, likely[best] - likely[other])


def check(law: LogNormal | Gamma, days: Sequence[float] | Array) -> Check:
    """Hold a law against shipments that it was not fitted on: at least one, above 0 days.

    >>> later = check(fit(lead_times("Truck")).law, lead_times("Truck", CHECKED))
    >>> later.shipments, round(later.expected), round(later.mean)  # another law, or record
    (31, 43, 169)
    """
    data = np.asarray(days, dtype=np.float64)
    if not data.size or not (data > 0).all() or np.isinf(data).any():
        raise ScenarioError(f"check: {data.size} lead times: give at least 1, all above 0 days")
    pit = as_scipy(law).cdf(data)
    inside = {level: float(np.mean(np.abs(pit - 0.5) <= level / 2)) for level in (0.5, 0.8, 0.9)}
    p_value = float(stats.kstest(pit, "uniform").pvalue)
    return Check(pit, data.size, law.mean, float(data.mean()), inside, p_value)


class Basket(Result, frozen=True):
    """What everybody gets a day; what nobody measured counts as nothing, and is named."""

    missing: Mapping[str, list[str]]  # foods in it that nobody measured, by nutrient
    grams: Mapping[str, float] = column("g/day", meaning="per person, by food")
    nutrition: Mapping[str, float] = column("share", meaning="of the requirement, at least")
    cost: float = column("USD/day", meaning="per person")
    weight: float = column("g/day", meaning="per person")

    def _sentence(self) -> str:
        got = ", ".join(f"{name} {grams:.0f}" for name, grams in self.grams.items())
        short = {name: share for name, share in self.nutrition.items() if share < 0.9995}
        told = ", ".join(f"{n} {'≥' * (n in self.missing)}{x:.0%}" for n, x in short.items())
        cost = f"{self.weight:.0f} g, {self.cost:.3f} USD a day: {got}"
        return f"{cost}; below the requirement: {told or 'nothing'}"


def foods(of: Foods = None, columns: Collection[str] = ()) -> Any:
    """List what foods hold per 100 g and their price in USD/t (world, 2018), or check your table.

    The row "requirement" is what a person needs a day; nan: not measured. Source: WFP, Syria.

    Raises:
        ScenarioError: your table lacks a row or column, or holds what is no amount.

    >>> foods().loc[["Lentils", "Sugar"], "Folate(ug)"].tolist()
    [nan, 0.0]
    """
    if of is None:
        held = _table("nutrients").pivot(index="food", columns="nutrient", values="amount")
        of = held.join(_table("food_prices").set_index("food").price)
    for name, names in (("requirement", of.T), *((col, of) for col in ("price", *columns))):
        check_known(name, list(names), f"foods: no {name!r} in the table")
    if twice := [*of.index[of.index.duplicated()], *of.columns[of.columns.duplicated()]]:
        raise ScenarioError(f"foods: {twice[0]!r} stands twice: give each row and column once")
    amounts = of.apply(pd.to_numeric, errors="coerce").ge(0) | of.isna()
    if not amounts.all(axis=None) or of.loc["requirement"].drop("price").isna().any():
        raise ScenarioError("foods: give amounts of at least 0 (nan: unknown) and all requirements")
    return of


def least_cost_basket(unknown: Collection[str] = ("Folate(ug)",), of: Foods = None) -> Basket:
    """Find the cheapest basket with all that a person needs, but for nutrients in ``unknown``.

    min Σ price·x with Σ content·x ≥ requirement, a linear program (HiGHS), over ``foods`` or your
    table like it. Missing counts as nothing: what is met, is met whatever a food really holds.

    Raises:
        ScenarioError: a nutrient, a row or a column that is not there.
        SolverError: no basket of these foods holds enough.

    Source: Stigler (1945). Cost is robust, composition is not:

    >>> baskets = least_cost_basket(), least_cost_basket(unknown=())
    >>> [(round(found.cost, 3), round(found.grams["Wheat"])) for found in baskets]
    [(0.516, 72), (0.525, 262)]
    """
    table = foods(of, unknown)
    needed = table.loc["requirement"].drop(["price", *unknown], errors="ignore")
    sold = table.drop("requirement").dropna(subset="price")
    if needed.empty or sold.empty:
        raise ScenarioError("least_cost_basket: give foods with a price, and a known nutrient")
    held = sold.fillna(0.0) / 100
    program = [Constraint(held[name].to_dict(), low=units) for name, units in needed.items()]
    problem = "food basket: offer more foods, or call a nutrient unknown"
    found = minimize((sold.price / 1e6).to_dict(), program, problem).values.items()
    return general_ration({food: x for food, x in found if x > 1e-6}, table)


def general_ration(grams: Mapping[str, Amount] | None = None, of: Foods = None) -> Basket:
    """Say what a ration holds at least: grams a day by food, or WFP's (without salt: no price).

    Raises:
        ScenarioError: nobody sells a food, or its grams are below 0.

    >>> general_ration({"Lentils": 500}).missing
    {'Folate(ug)': ['Lentils']}
    """
    table = foods(of)
    usual = {r["food"]: r["grams"] for r in rows("ration") if r["food"]}
    got: Any = pd.Series(usual if grams is None else grams, dtype=float)
    for food in got.index:
        check_known(food, table.price.dropna().index, f"general_ration: nobody sells {food!r}")
    held = table.loc[got.index].drop(columns="price").mul(got / 100, axis=0)
    share, gaps = held.sum() / table.loc["requirement"].drop("price"), held.isna()
    missing = {name: list(held.index[gaps[name]]) for name in held if gaps[name].any()}
    cost = float((table.price[got.index] * got).sum() / 1e6)
    return Basket(missing, got.to_dict(), share.to_dict(), cost, float(got.sum()))


class CompleteSets(Result, frozen=True):
    """How many people a stock covers with every item of a set."""

    by_depot: Mapping[str, float]  # people with complete sets
    people: Mapping[str, float] = column("people", meaning="covered by all there is of an item")
    where_they_lie: float = column("people", meaning="with complete sets, depot by depot")
    brought_together: float = column("people", meaning="with complete sets, could stock be moved")


def complete_sets(stock: "pd.DataFrame", people: Mapping[str, Positive]) -> CompleteSets:
    """Count the people whom a stock (item, depot, units) covers with every item of a set.

    ``people`` says whom one unit covers, by item of the set; in each depot the least counts.

    Raises:
        ScenarioError: an item or a column that is not there, or units below 0.

    >>> whom = {"WaterContainers": 2.5, "Buckets": 2.5, "Tarpaulins": 2.5}
    >>> round(complete_sets(madagascar(), whom).where_they_lie)
    33338
    """
    told = stock.reindex(columns=["item", "depot", "units"]).dropna()
    if not (people and len(told) == len(stock) and pd.to_numeric(told.units, "coerce").ge(0).all()):
        raise ScenarioError("complete_sets: give item, depot, units (at least 0) and a set")
    for item in people:
        check_known(item, set(stock.item), f"complete_sets: no {item!r} in the stock")
    units: Any = stock.pivot_table("units", "depot", "item", "sum", fill_value=0)
    covered = units[list(people)] * pd.Series(people)
    sets, total = covered.min(axis=1), covered.sum()
    return CompleteSets(sets.to_dict(), total.to_dict(), float(sets.sum()), float(total.min()))


def madagascar() -> "pd.DataFrame":
    """Read Madagascar's relief stock: units, people covered, t, m³ (ESUPS; no date: an exercise).

    >>> madagascar()[["tonnes", "volume"]].sum().round().tolist(), madagascar().depot.nunique()
    ([303.0, 1443.0], 27)
    """
    stock = _table("madagascar").merge(_table("madagascar_items"), on="item")
    stock["tonnes"] = stock.pop("weight") / 1000
    return stock.assign(**stock[["people", "tonnes", "volume"]].mul(stock.units, axis=0))
