"""The automotive case: its tables, its calm year against the sources, and its ripples."""

import csv
import os
import subprocess
import sys
from collections import defaultdict
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from twinlab import NetworkError, Outage, fill_rate, simulate
from twinlab.cases import automotive, folders

DATA = Path(__file__).parents[2] / "datasets" / "automotive"
FACTS = os.environ.get("TWINLAB_FACTS")
TABLES = ("products", "nodes", "lanes", "recipes", "demands", "stocks", "checks",
          "chip_shortage", "monthly", "car_parts")  # fmt: skip
US_PLANTS = [f"{brand}-brand US assembly" for brand in ("American", "Asian", "European")]
NORTH_AMERICA = ("United States", "Canada", "Mexico")


def rows(path):
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def chain():
    return automotive()


@pytest.fixture(scope="module")
def calm(chain):
    return simulate(chain, seed=1)


@pytest.fixture(scope="module")
def struck(chain):
    """A year in which a site closes on day 60 for some days, simulated once."""

    @cache
    def year(site, days):
        return simulate(chain.disrupt(Outage(site, start=60, days=days)), seed=1)

    return year


@pytest.fixture(scope="module")
def source():
    """What the sources say, by name (checks.csv)."""
    return {row["name"]: float(row["value"]) for row in rows(DATA / "checks.csv")}


@pytest.fixture(scope="module")
def country(chain):
    return {node.name: node.country for node in chain.network.nodes}


@pytest.fixture(scope="module")
def plants(chain):
    return [node.name for node in chain.network.nodes if node.role == "assembly plant"]


# -- the tables --------------------------------------------------------------------------------


@pytest.mark.skipif(not FACTS, reason="TWINLAB_FACTS does not name the folder of raw data")
def test_the_tables_are_derived_again_to_the_last_bit(tmp_path):
    out = tmp_path / "automotive"
    root = str(DATA.parents[1])
    path = os.pathsep.join(filter(None, [root, os.environ.get("PYTHONPATH", "")]))
    command = [sys.executable, "-B", str(DATA / "derive.py"), "--facts", FACTS, "--out", str(out)]
    subprocess.run(command, check=True, env=os.environ | {"PYTHONPATH": path})
    for name in (*(f"{table}.csv" for table in TABLES), "datapackage.json"):
        assert (out / name).read_bytes() == (DATA / name).read_bytes(), name


def test_every_assumed_figure_has_its_reason():
    for name in ("figures", "products", "countries", "sites", "brands", "rates"):
        for row in rows(DATA / "assumed" / f"{name}.csv"):
            assert row["why"].strip(), f"{name}: {row}"


def test_forty_to_eighty_nodes_on_five_tiers_of_makers(chain):
    nodes = chain.network.nodes
    assert 40 <= len(nodes) <= 80
    assert {node.tier for node in nodes} == {0, 1, 2, 3, 4, 5}
    used = {end for lane in chain.network.lanes for end in (lane.source, lane.destination)}
    assert used == {node.name for node in nodes}


def test_one_resin_plant_is_the_top_of_a_diamond(chain):
    network = chain.network
    assert [r.node for r in network.recipes if r.product == "resin"] == ["Germany resin"]
    fed = {r.product for r in network.recipes if "resin" in r.components}
    assert fed == {"engine", "seats", "chassis", "wiring"}
    plants = [r for r in network.recipes if r.product == "vehicle"]
    assert all(fed <= set(plant.components) for plant in plants)


def test_many_buyers_have_several_suppliers_whose_shares_sum_to_one(chain):
    shares = defaultdict(list)
    for lane in chain.network.lanes:
        shares[lane.destination, lane.product].append(lane.sourcing_share)
    assert all(sum(parts) == pytest.approx(1, abs=1e-9) for parts in shares.values())
    assert sum(len(parts) > 1 for parts in shares.values()) > 40


def test_kits_add_up_to_one_per_vehicle(chain):
    """Over all its users, a component's quantities make one kit per vehicle (rounded at 1e-4)."""
    recipe = {r.product: r.components for r in chain.network.recipes}
    kits = {"vehicle": 1.0}
    for product in [p.name for p in chain.network.products]:
        for part, need in recipe[product].items():
            kits[part] = kits.get(part, 0.0) + kits[product] * need
    assert kits == pytest.approx(dict.fromkeys(kits, 1.0), abs=2e-4)


def test_a_missing_dataset_is_explained(monkeypatch, tmp_path):
    monkeypatch.setattr(folders, "_PACKAGE", tmp_path / "twinlab")
    with pytest.raises(NetworkError, match="install twinlab from its wheel"):
        automotive()


# -- the calm year -----------------------------------------------------------------------------


def test_the_chain_starts_in_its_steady_state(calm):
    """On the first day everybody orders exactly what was asked of it."""
    first = {name: calm.measures[name][0] for name in ("ordered", "asked", "consumed")}
    for number, item in enumerate(calm.plan.items):
        if not item.users:
            assert first["ordered"][number] == pytest.approx(first["asked"][number], abs=1e-9)
        else:
            assert first["ordered"][number] == pytest.approx(first["consumed"][number], abs=1e-9)


def test_base_stock_covers_lead_time_and_safety(chain, source):
    """Markets: S = mean flow × (lead time + measured days of supply)."""
    for demand in chain.network.demands:
        lead = sum(v.sourcing_share * v.lead_time.average
                   for v in chain.network.lanes if v.destination == demand.node)  # fmt: skip
        days = chain.rules[demand.node, "vehicle"].up_to / demand.pattern.average - lead
        assert days == pytest.approx(source["days_of_supply"], abs=0.01)


def test_nobody_waits_and_nothing_runs_out(calm):
    assert fill_rate(calm) == 1.0
    assert calm.series("lost").sum() == 0
    assert calm.measures["backlog"].max() < 1
    stocked = [item.number for item in calm.plan.items if not item.unlimited]
    assert calm.measures["on_hand"][:, stocked].min() > 0


def test_the_year_ends_with_the_stock_it_began_with(chain, calm):
    before = sum(stock.on_hand for stock in chain.network.stocks)
    assert calm.series("on_hand")[-10:].mean() == pytest.approx(before, rel=0.02)


def test_plants_use_about_three_quarters_of_their_capacity(chain, calm):
    for node in chain.network.nodes:
        if node.tier:
            used = calm.series("started", node.name).mean() / node.capacity
            assert 0.7 < used < 0.88, node.name


def test_sales_and_dealers_stock_are_those_of_the_sources(chain, calm, source):
    sold = calm.series("served").mean()
    assert sold == pytest.approx(source["sales"], rel=0.02)
    markets = [d.node for d in chain.network.demands]
    stock = sum(calm.series("on_hand", market).mean() for market in markets)
    assert stock / sold == pytest.approx(source["days_of_supply"], rel=0.03)


def test_a_days_sales_vary_as_in_the_sources(chain, calm, source):
    factors = np.array([chain.network.demands[0].scale(day) for day in range(365)])
    level = calm.series("demand") / factors
    assert level.std() / level.mean() == pytest.approx(source["daily_variation"], rel=0.1)


def test_cars_come_from_the_countries_of_the_sources(calm, plants, country, source):
    """North America's part follows sales; within it and within overseas, carlines decide."""
    made = {plant: calm.series("shipped", plant, "vehicle").sum() for plant in plants}
    total = sum(made.values())
    near = {p: units for p, units in made.items() if country[p] in NORTH_AMERICA}
    assert sum(near.values()) / total == pytest.approx(source["north_american_share"], abs=0.01)
    for group in (set(near), set(made) - set(near)):
        votes = {c: source[f"carlines {c}"] for c in {country[plant] for plant in group}}
        for nation, vote in votes.items():
            part = sum(made[p] for p in group if country[p] == nation)
            # Carlines built in several countries count in part, so shares differ a little.
            assert part / sum(made[p] for p in group) == pytest.approx(
                vote / sum(votes.values()), abs=0.02
            )


@pytest.mark.parametrize("product", ["engine", "transmission"])
def test_imports_of_powertrains_agree_with_a_source_that_was_not_used(
    calm, chain, country, source, product
):
    """Their origin comes from the labels; the input-output table knows imports too."""
    bought = defaultdict(float)
    for lane in chain.network.lanes:
        if lane.destination in US_PLANTS and lane.product == product:
            received = calm.series("received", lane.destination, product).sum()
            bought[country[lane.source]] += received * lane.sourcing_share
    imported = 1 - bought["United States"] / sum(bought.values())
    assert imported == pytest.approx(source[f"imports {product}"], abs=0.05)


def test_home_content_is_higher_than_on_the_labels(chain, country, source):
    """A known gap: labels look into the parts of parts, the case at first-tier plants only."""
    value = {p.name: p.value for p in chain.network.products}
    content = {}
    for plant in US_PLANTS:
        need = next(r.components for r in chain.network.recipes if r.node == plant)
        parts = defaultdict(float)
        for lane in chain.network.lanes:
            if lane.destination == plant:
                worth = value[lane.product] * need[lane.product] * lane.sourcing_share
                parts[country[lane.source] in ("United States", "Canada")] += worth
        content[plant] = parts[True] / sum(parts.values())
        gap = content[plant] - source[f"us_canada_content {plant}"]
        assert 0.15 < gap < 0.4
    assert min(content, key=content.__getitem__) == "European-brand US assembly"


def test_lead_times_follow_from_sea_distances(chain, calm, source):
    ways = {(v.source, v.destination): v for v in chain.network.lanes if v.product == "vehicle"}
    cases = (
        ("Japan assembly", "West market", "sea Nagoya - Los Angeles"),
        ("Germany assembly", "South market", "sea Bremerhaven - Brunswick"),
    )
    for start, end, leg in cases:
        lane = ways[start, end]
        assert source[leg] < lane.distance < source[leg] + 2000
        # 600 km a day at sea and 5 days in ports (figures.csv), then a day or more on land.
        at_sea = source[leg] / 600 + 5
        assert at_sea < lane.lead_time.average < at_sea + 5
        days = [
            event.due - event.day
            for event in calm.log.of("shipped")
            if (event.node, event.partner) == (start, end)
        ]
        assert np.mean(days) == pytest.approx(lane.lead_time.average, rel=0.05)


def test_emission_factors_are_those_of_the_source(chain, source):
    for mode in ("road", "rail", "air"):
        factors = {v.emission_factor for v in chain.network.lanes if v.mode == mode}
        assert factors == {source[f"emission {mode}"]}
    for lane in chain.network.lanes:
        if lane.mode == "sea":
            assert source["emission sea"] < lane.emission_factor < source["emission road"]


def test_emissions_of_a_car_are_mostly_its_own_voyage(calm, source):
    per_car = calm.series("emissions").mean() / source["sales"]
    assert 300 < per_car < 700  # kg CO2e of freight
    outbound = calm.series("emissions", product="vehicle").mean() / source["sales"]
    assert 0.5 < outbound / per_car < 0.8


def test_costs_of_a_car_are_those_of_the_accounts(calm, source):
    cars = calm.series("served").sum()
    making = calm.series("production").sum() / cars
    profit = 1 - making / source["vehicle_value"]
    # Every tier keeps its surplus, so the chain keeps more than the vehicle makers alone.
    assert source["surplus_share"] < profit < source["surplus_share"] + 0.1
    parts = ("engine", "transmission", "body", "seats", "chassis", "wiring")
    inbound = sum(calm.series("transport", product=p).sum() for p in parts) / cars
    # The six parts are well under half of what vehicle makers buy; carriers bring all of it.
    assert 0.3 < inbound / source["vehicle_value"] / source["carriers"] < 0.8


# -- ripples -----------------------------------------------------------------------------------


class Forecast:
    """When a closure is felt, from the stocks of the calm year: no second simulation.

    ``missing`` gives, day by day, the part of an item's usual outflow that will be missing. Goods
    under way still arrive; then the calm year's stock, less what did not arrive, must hold out.
    """

    def __init__(self, calm, closed, start):
        self.calm, self.closed, self.start = calm, closed, start
        self.network = calm.scenario.network
        self.known = {}

    def missing(self, item):
        if item not in self.known:
            recipe = next((r for r in self.network.recipes if (r.node, r.product) == item), None)
            if recipe and item[0] == self.closed:
                self.known[item] = self._from(self.start, np.ones(len(self.calm.days)))
            else:
                arriving = self._not_made(recipe) if recipe else self._not_brought(item)
                self.known[item] = self._after_stock(item, arriving)
        return self.known[item]

    def first_day(self, node, parts):
        """The first day on which a node cannot build as usual; None if it always can."""
        late = np.flatnonzero(max_of(self.missing((node, part)) for part in parts))
        return late[0] if len(late) else None

    def _not_made(self, recipe):
        parts = [self.missing((recipe.node, part)) for part in recipe.components]
        return self._shift(max_of(parts), recipe.production_time) if parts else 0.0 * self._from(0)

    def _not_brought(self, item):
        lanes = [v for v in self.network.lanes if (v.destination, v.product) == item]
        return sum(
            self._shift(self.missing((v.source, v.product)), round(v.lead_time.average))
            * v.sourcing_share
            for v in lanes
        )

    def _after_stock(self, item, arriving):
        """Nothing is missing until what did not arrive exceeds the stock of the calm year."""
        taken = sum(self.calm.series(name, *item) for name in ("shipped", "consumed"))
        dry = np.flatnonzero(
            np.cumsum(arriving * taken) > self.calm.series("on_hand", *item) + 1e-6
        )
        return self._from(dry[0], arriving) if len(dry) else 0.0 * arriving

    def _from(self, day, part=None):
        part = np.ones(len(self.calm.days)) if part is None else part
        return np.where(np.arange(len(part)) < day, 0.0, part)

    @staticmethod
    def _shift(part, days):
        return np.concatenate([np.zeros(days), part])[: len(part)]


def max_of(parts):
    return np.max(list(parts), axis=0)


@pytest.mark.parametrize(
    ("closed", "days", "within"),
    [
        ("Germany resin", 180, 3),  # the only plant; most of its buyers lie behind a voyage
        ("Taiwan logic fab", 150, 3),  # 70 % of the logic wafers
        ("Mexico wiring", 21, 1),  # a truck away from every plant in North America
    ],
)
def test_a_closure_reaches_assembly_when_the_stocks_between_are_used_up(
    struck, calm, plants, closed, days, within
):
    run = struck(closed, days)
    forecast = Forecast(calm, closed, start=60)
    recipes = {r.node: r for r in run.scenario.network.recipes if r.product == "vehicle"}
    for plant in plants:
        usual, built = (each.series("started", plant, "vehicle") for each in (calm, run))
        late = np.flatnonzero(usual - built > 1e-6)
        expected = forecast.first_day(plant, recipes[plant].components)
        if expected is None:
            assert len(late) == 0, plant
        else:
            assert late[0] == pytest.approx(expected, abs=within), plant


def test_half_a_year_without_resin_empties_the_dealers(struck, calm):
    """The diamond: without the one plant nobody builds cars, and stocks do not last half a year."""
    run = struck("Germany resin", 180)
    built = run.series("started", product="vehicle")
    assert built[:80] == pytest.approx(calm.series("started", product="vehicle")[:80])
    assert built[150:240].mean() < 0.02 * built[:60].mean()
    assert fill_rate(run) < 0.9


def test_a_short_closure_of_one_of_two_sites_is_absorbed(chain, calm):
    run = simulate(chain.disrupt(Outage("US power fab", start=60, days=28)), seed=1)
    assert run.series("started", product="vehicle") == pytest.approx(
        calm.series("started", product="vehicle")
    )
