"""Buyers who take a car of their brands only: what is divided, what stays, and who then loses."""

import csv
import os
import sys
from collections import Counter, defaultdict
from pathlib import Path

import numpy as np
import pytest

from twinlab import Outage, ScenarioError, fill_rate, replicate, simulate
from twinlab.cases import automotive
from twinlab.cases.automotive import rows as tables
from twinlab.management import risk_exposure

DATA = Path(__file__).parents[2] / "datasets" / "automotive"
FACTS = os.environ.get("TWINLAB_FACTS")
BRANDS = ("American", "Asian", "European")
HALF_A_YEAR = Outage("Asian-brand US assembly", start=10, days=180)


def shares():
    with (DATA / "assumed" / "brands.csv").open(newline="", encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file)]
    return [
        {k: v if k in ("plant", "brand", "why") else float(v) for k, v in r.items()} for r in rows
    ]


@pytest.fixture(scope="module")
def whole():
    return automotive(days=365)


@pytest.fixture(scope="module")
def loyal():
    return automotive(days=365, loyal=0.7)


def market_of(name):
    """The market that a lot belongs to."""
    return f"{name.split()[-2]} market"


def test_the_table_says_of_every_plant_whose_cars_it_builds(whole):
    parts = defaultdict(float)
    for row in shares():
        assert row["low"] <= row["share"] <= row["high"], row
        assert row["why"]
        parts[row["plant"]] += row["share"]
    plants = {r.node for r in whole.network.recipes if r.product == "vehicle"}
    assert parts == pytest.approx(dict.fromkeys(plants, 1.0))


@pytest.mark.skipif(not FACTS, reason="TWINLAB_FACTS does not name the folder of raw data")
def test_the_shares_of_mixed_plants_are_those_of_the_labels(monkeypatch):
    monkeypatch.syspath_prepend(str(DATA))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    from facts import Labels

    makers = {
        r["name"].partition("-")[0]: r["makers"] for r in tables("automotive", "assumed/sites")
    }
    group = {maker: brand for brand in BRANDS for maker in makers[brand].split("|")}
    for row in shares():
        if "brand" not in row["plant"]:
            country = row["plant"].removesuffix(" assembly")
            count = Counter()
            for line in Labels(Path(FACTS)).of({"UK": "United Kingdom"}.get(country, country)):
                cut = 1 / len(line["assembly"].split("|"))
                count[group.get(line["manufacturer"], "European")] += cut
            found = count[row["brand"]] / sum(count.values())
            assert row["share"] == pytest.approx(found, abs=0.01), row


@pytest.mark.parametrize("share", [0.3, 0.7, 1.0])
def test_dividing_markets_changes_no_total(whole, share):
    """Stock, what is under way, flow, and the law of a market's demand: as if nobody were loyal."""
    parts = automotive(days=365, loyal=share).network
    law, stock, sent = (defaultdict(lambda: np.zeros(2)) for _ in range(3))
    lots = {d.node: d.pattern for d in parts.demands}
    for node, pattern in lots.items():
        law[market_of(node)] += (pattern.mean, pattern.sd**2)
    for row in (s for s in parts.stocks if s.node in lots):
        stock[market_of(row.node)] += row.on_hand
    for v in (v for v in parts.lanes if v.destination in lots):
        flow = v.sourcing_share * lots[v.destination].mean
        sent[v.source, market_of(v.destination)] += (flow, v.initial_pipeline)
    for demand in whole.network.demands:
        market, pattern = demand.node, demand.pattern
        assert law[market] == pytest.approx(np.array([pattern.mean, pattern.sd**2]))
        (there,) = (s.on_hand for s in whole.network.stocks if s.node == market)
        assert stock[market][0] == pytest.approx(there)
        # Gammas of one scale, and independent: their sum has the very law that was divided.
        scales = [p.sd**2 / p.mean for node, p in lots.items() if market_of(node) == market]
        assert scales == pytest.approx([pattern.sd**2 / pattern.mean] * len(scales))
        for v in whole.network.into[market, "vehicle"]:
            was = (v.sourcing_share * pattern.mean, v.initial_pipeline)
            assert sent[v.source, market] == pytest.approx(np.array(was))


def test_a_loyal_chain_starts_in_its_steady_state_and_stays_there(loyal):
    calm = simulate(loyal.change(days=1), seed=1)
    first = {name: calm.measures[name][0] for name in ("ordered", "asked", "consumed")}
    for number, item in enumerate(calm.plan.items):
        use = first["consumed" if item.users else "asked"][number]
        assert first["ordered"][number] == pytest.approx(use, abs=1e-9)
    year = replicate(loyal, 4, seed=1, daily=["on_hand"])
    assert fill_rate(year).min() == 1.0
    before = sum(stock.on_hand for stock in loyal.network.stocks)
    assert year.series("on_hand")[-10:].mean() == pytest.approx(before, rel=0.02)


def test_nobody_loyal_is_the_case_as_it_was_and_all_loyal_has_no_common_lot(whole):
    assert automotive(days=365, loyal=0.0) == whole
    names = {d.node for d in automotive(days=30, loyal=1).network.demands}
    assert len(names) == 12
    assert all(name.endswith("dealers") for name in names)
    with pytest.raises(ScenarioError, match="loyal must be a share from 0 to 1"):
        automotive(loyal=1.2)


def test_who_wants_the_brand_of_a_closed_plant_loses_and_nobody_else(whole, loyal):
    """Without loyal buyers the stock of a third of all cars lasts; the brand's own does not."""
    pooled, batch = (replicate(chain.disrupt(HALF_A_YEAR), 4, seed=2) for chain in (whole, loyal))
    after = batch.kpis.lost_sales
    assert pooled.kpis.lost_sales.max() < 1
    by_lot = {d.node: batch.total("lost", d.node).mean() for d in loyal.network.demands}
    short = {loyal.network.node(lot).role for lot, units in by_lot.items() if units > 1}
    assert short == {"Asian-brand dealers"}
    assert sum(by_lot.values()) == pytest.approx(after.mean())
    # Of 180 days' cars of the brand 0.61 are missing, and its lots have 77 days' worth: it loses
    # 33 days' sales or more, since the plant catches up only slowly once it is open.
    least = 0.7 * 0.48 * 48.5 * (180 * 0.61 - 77)
    assert least < after.min() < after.max() < 3 * least


def test_dividing_lots_never_helps_the_best_plan(whole, loyal):
    """The linear program may send every car anywhere it is sold: the fewer places, the worse."""
    sites = ["Asian-brand US assembly", "Mexico assembly", "US seats", "Germany resin"]
    long = dict.fromkeys(sites, 365)
    chains = [whole, loyal, automotive(days=30, loyal=1)]
    found = [risk_exposure(chain.network, sites, recover=long) for chain in chains]
    for site in sites:
        units = [exposure[site].lost_units for exposure in found]
        assert units == sorted(units, key=lambda u: round(u, 3)), site
    assert found[0][sites[0]].lost_units == 0 < found[2][sites[0]].lost_units


def test_the_verdict_stands_at_the_ends_of_the_assumed_ranges(monkeypatch, loyal):
    """Mexico's cars: as the labels count them, or as few European ones as the range allows."""
    ends = {("Mexico assembly", "American"): "high", ("Mexico assembly", "European"): "low"}
    ends |= {("Canada assembly", brand): end for brand, end in
             (("American", "high"), ("Asian", "low"))}  # fmt: skip
    rows = [
        row | {"share": row[ends.get((row["plant"], row["brand"]), "share")]} for row in shares()
    ]
    mexico = sum(row["share"] for row in rows if row["plant"] == "Mexico assembly")
    rows = [row | {"share": row["share"] / (mexico if row["plant"] == "Mexico assembly" else 1)}
            for row in rows]  # fmt: skip
    monkeypatch.setattr(sys.modules["twinlab.cases.automotive"], "rows", lambda *_: rows)
    other = automotive(days=365, loyal=0.7)
    batches = [replicate(chain.disrupt(HALF_A_YEAR), 4, seed=3) for chain in (loyal, other)]
    table, end = (batch.kpis.lost_sales.mean() for batch in batches)
    assert end > 400
    assert end == pytest.approx(table, rel=0.35)


def test_a_loyal_chain_is_lived_with_a_twin():
    plant, twin = automotive(days=9, loyal=0.7).twin(Outage("Japan assembly", start=1, days=5))
    plant.advance(3)
    assert twin.sync().dead == 0
    assert twin.state.on_hand == pytest.approx(plant.state.on_hand)
    assert "Asian-brand West dealers" in {node for node, _ in twin.state.on_hand}
