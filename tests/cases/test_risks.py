"""What closures cost in a year: assumed rates, dealers with few cars, and a bound that is none."""

from collections import defaultdict
from dataclasses import replace

import numpy as np
import pytest

from twinlab import Constant, Outage, replicate
from twinlab.cases import automotive, automotive_risks
from twinlab.cases.folders import base_stock_chain
from twinlab.cases.folders import rows as tables
from twinlab.management import expected_loss, risk_exposure
from twinlab.management.flows import mean_flows


def test_every_rate_lies_in_its_range_and_is_used():
    listed = tables("automotive", "assumed/rates")
    assert all(row["low"] <= row["rate"] <= row["high"] for row in listed)
    rate, found = {row["name"]: row["rate"] for row in listed}, defaultdict(float)
    for event in automotive_risks(seed=1):  # a closure is named for its site, others for a country
        found[next(name for name in (event.sites[0], *rate) if event.name.startswith(name))] += (
            event.rate
        )
    sites = [node for node in automotive(days=30).network.nodes if node.tier]
    wanted = {node.name: rate.get(node.role, rate["site"]) for node in sites}
    wanted |= {row["name"]: row["rate"] for row in listed if row["kind"] == "country"}
    assert found == pytest.approx(wanted)


@pytest.mark.parametrize("loyal", [0.0, 0.7])
def test_dealers_with_little_stock_start_in_their_steady_state_too(loyal):
    full, thin = (automotive(days=60, loyal=loyal, lots=part) for part in (1.0, 0.4))
    lots = {d.node for d in full.network.demands}
    for one, other in zip(full.network.stocks, thin.network.stocks, strict=True):
        part = 0.4 if one.node in lots else 1.0
        assert other.on_hand == pytest.approx(part * one.on_hand)
    batch = replicate(thin, 4, seed=1)
    assert batch.kpis.fill_rate.min() == 1.0


def test_losses_come_in_too_few_years_for_a_tail_of_five_per_cent():
    """CVaR at 95 % is then the mean over 0.05, whatever is bought."""
    events = [event for event in automotive_risks(seed=1) if event.days > 80]
    risk = expected_loss(automotive(days=500, lots=0.4), events)
    assert 0.02 < risk.bad_years < 0.035
    lost = risk.years(50_000, seed=3) @ risk.losses
    worst = np.sort(lost)[-2500:]
    assert worst.mean() == pytest.approx(lost.mean() / 0.05)


def test_the_program_is_a_bound_only_where_nothing_can_be_made_up_for():
    """Constant demand without season: the rest is spare capacity, used once the plant is open."""
    network = automotive(days=30).network
    even = [replace(d, season=(), pattern=Constant(d.pattern.average)) for d in network.demands]
    network, lost = network.change(*even), {}
    flows = mean_flows(base_stock_chain(network, 30))
    for spare in (1.3, 1.0):
        nodes = [
            replace(
                node,
                capacity=spare * sum(flows[key] for key in network.made if key[0] == node.name),
            )
            for node in network.nodes
            if node.tier
        ]
        here = network.change(*nodes)
        shut = Outage("Germany resin", start=10, days=180, stock_ships=True)
        batch = replicate(base_stock_chain(here, 600).disrupt(shut), 2, seed=1)
        exposure = risk_exposure(here, [shut.node], recover={shut.node: 180}, stock_ships=True)
        lost[spare] = batch.kpis.lost_sales.mean(), exposure[shut.node].lost_units
    assert lost[1.3][0] < 0.93 * lost[1.3][1]
    assert lost[1.0][0] > 1.02 * lost[1.0][1]
