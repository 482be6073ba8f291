"""A call that works for every public function, constructor and method: each is then spoilt."""

import tempfile
from functools import cache
from pathlib import Path

import pandas as pd

import twinlab as tl
from twinlab import management, modeling, organization, people, scope
from twinlab.modeling import Line, Station, Weibull
from twinlab.organization.contracts import Season
from twinlab.task import (
    demand,
    inventory,
    logistics,
    maintenance,
    production,
    quality,
    sourcing,
    warehousing,
)

FOLDER = tempfile.mkdtemp()
ASKED = tl.Demand("shop", "unit", tl.Normal(5, 1), backorder_cost=5, price=20)
NETWORK = tl.serial(["mine", "shop"], demand=ASKED, on_hand={"shop": 9}, holding_cost=1)
NETWORK.to_tables(FOLDER + "/chain")
Path(FOLDER, "sold.csv").write_text("date,node,quantity\n2026-03-02,shop,4\n2026-03-03,shop,6\n")
tl.write_disruptions([tl.Outage("mine", start=3, days=4)], FOLDER + "/d.csv")
SCENARIO = tl.Scenario(NETWORK, tl.BaseStock(12), days=20)
DECIDED = people.Decisions(tuple(
    people.Round(code, at + 1, "shown", "AI", own=100 + 9 * at, advice=225, final=160, demand=at)
    for code in ("k1", "k2", "k3") for at in range(4)))  # fmt: skip
OUTAGE = tl.Outage("mine", start=3, days=4)
ITEM = ("shop", "unit")
SEASON = Season(tl.Uniform(0, 100), price=10, cost=2)
LINE = Line([Station("cut", 2)])
DENTED = Line([Station("press", 1, faults=modeling.Fault("dent", 0.02))])
PRODUCT = quality.ProductLife(DENTED, {"dent": 0.1}, generations=2)
DENT = tl.Event(5, "complained", "shop", "bike", 3.0, due=2, note="dent")
LATE_DENT = DENT._replace(day=6, due=4)
SKUS = [warehousing.Sku("screws", 30)]
WEAR = Weibull(2, 10)
STAGES = [modeling.ServiceStage("mill", 2, 1.0), modeling.ServiceStage("shop", 1, 3.0, 2.0, 0)]
CHAIN = modeling.SerialChain((modeling.Stage("shop", 1, 2.0),), tl.Normal(5, 1), 9.0)
HISTORY = [float(3 + at % 5) for at in range(80)]


@cache
def sold():
    return tl.read_history(FOLDER + "/sold.csv", fixed={"product": "unit"})


def advised(*own):
    game = people.AdvisedGame(people.NewsvendorGame(rounds=10), lambda game: 225, [people.Block()])
    for units in own:
        game.state_own(units)
    return game


@cache
def run():
    return tl.simulate(SCENARIO, seed=1)


@cache
def batch():
    return tl.replicate(SCENARIO, 64, seed=1, daily=["on_hand"])


@cache
def line_run():
    return modeling.run_line(LINE, 4)


def plant():
    return tl.Plant(SCENARIO, tl.Bus())


def twin():
    bus = tl.Bus()
    tl.Plant(SCENARIO, bus).advance(5)
    new = tl.Twin(SCENARIO, bus)
    new.sync()
    return new


def of_scope():
    return [
        (tl.serial, {"nodes": ["a", "b"], "demand": 5, "lead_time": 1, "holding_cost": 0.0,
                     "on_hand": 1.0, "product": "unit"}),
        (tl.distribution, {"center": "DC", "retailers": ["n", "s"], "demand": 5, "lead_time": 1,
                           "holding_cost": 0.0, "on_hand": 0.0}),
        (tl.assembly, {"plant": "p", "parts": {"frame": 1}, "demand": 5, "lead_time": 1,
                       "holding_cost": 0.0, "on_hand": 0.0}),
        (tl.Network, {"products": NETWORK.products, "nodes": NETWORK.nodes,
                      "lanes": NETWORK.lanes, "recipes": (), "demands": NETWORK.demands,
                      "stocks": NETWORK.stocks}),
        (tl.Network.from_tables, {"source": FOLDER + "/chain", "columns": {"Remark": None},
                                 "tables": {"lanes": "lanes"}, "dialect": tl.Dialect()}),
        (NETWORK.to_tables, {"target": FOLDER + "/chain"}),
        (NETWORK.node, {"name": "shop"}),
        (NETWORK.change, {"*": tl.Node("shop")}),
        (NETWORK.without, {"*": NETWORK.stocks[0]}),
        (tl.Scenario, {"network": NETWORK, "rules": tl.BaseStock(3), "days": 9,
                       "disruptions": (OUTAGE,), "sourcing": {}, "sharing": {},
                       "start": "2026-03-01", "period": 1}),
        (SCENARIO.change, {"network": NETWORK, "rules": tl.BaseStock(3), "days": 9,
                           "disruptions": [], "sourcing": {}, "sharing": {},
                           "start": "2026-03-01", "period": 1}),
        (SCENARIO.change(start="2026-03-01").day_of, {"date": "2026-03-05"}),
        (SCENARIO.change(start="2026-03-01").date, {"day": 4}),
        (SCENARIO.disrupt, {"*": OUTAGE}),
        (SCENARIO.decide, {"rules": {"shop": tl.BaseStock(3)}}),
        (SCENARIO.share, {"sharing": {"shop": tl.OwnOrders()}}),
        (SCENARIO.value, {"path": "shop.up_to"}),
        (SCENARIO.set, {"path": "shop.up_to", "value": 3}),
        (tl.Product, {"name": "p", "weight": 1, "value": 1}),
        (tl.Node, {"name": "n", "role": "r", "tier": 0, "country": "c", "latitude": 1.0,
                   "longitude": 1.0, "capacity": 9, "holding_cost": 1, "backlog_cost": 1,
                   "proportional": True, "evening_review": False, "review_period": 1,
                   "time_to_recover": 1}),
        (tl.Lane, {"source": "a", "destination": "b", "product": "p", "mode": "road",
                   "lead_time": 1, "order_delay": 0, "capacity": 9, "cost_per_unit": 1,
                   "sourcing_share": 0.5, "sourcing_rank": 1}),
        (tl.Recipe, {"node": "a", "product": "p", "components": {"q": 1}, "production_time": 1,
                     "good_share": 1, "cost": 1, "initial_in_process": 0}),
        (tl.Demand, {"node": "a", "product": "p", "pattern": 4, "season": (1.0, 2.0),
                     "season_days": 7, "trend": 0.0, "backorders": True, "price": 1}),
        (tl.Stock, {"node": "a", "product": "p", "on_hand": 1, "holding_cost": 1}),
        (tl.Outage, {"node": "a", "product": "", "loss": 1, "stock_ships": True, "start": 1,
                     "days": 1, "recovery": 0, "rate": 0}),
        (tl.LaneOutage, {"source": "a", "destination": "b", "loss": 1, "holds_transit": True}),
        (tl.Delay, {"source": "a", "destination": "b", "extra": 1}),
        (tl.DemandShift, {"node": "a", "factor": 2}), (tl.StockLoss, {"node": "a", "share": 1}),
        (tl.Constant, {"value": 1}), (tl.Trace, {"values": [1, 2]}), (tl.Poisson, {"mean": 1}),
        (tl.Normal, {"mean": 1, "sd": 1}), (tl.NegativeBinomial, {"mean": 1, "sd": 3}),
        (tl.LogNormal, {"mean": 1, "sd": 1}), (tl.Gamma, {"mean": 1, "sd": 1}),
        (tl.Uniform, {"low": 1, "high": 2}), (tl.Empirical, {"values": [1, 2]}),
        (tl.fold, {"events": run().log, "network": NETWORK, "start": None}),
        (tl.State.initial, {"network": NETWORK}),
        (scope.restrict_network, {"network": NETWORK, "tier": 1}),
        (scope.tiers, {"network": NETWORK}),
        (scope.restrict, {"scenario": SCENARIO, "tier": 1, "period": 2}),
        (scope.coarse_network, {"network": NETWORK, "period": 2}),
        (tl.write_disruptions, {"disruptions": [OUTAGE], "target": FOLDER + "/d.csv"}),
        (tl.read_disruptions, {"source": FOLDER + "/d.csv", "columns": {}, "dialect": None}),
        (tl.read_history, {"source": FOLDER + "/sold.csv", "columns": {}, "table": "sold",
                           "fixed": {"product": "unit"}, "gaps": "zero", "dialect": None}),
        (sold().series, {"item": ITEM}), (sold().days, {}),
        (sold().demand, {"row": ASKED, "start": "2026-03-04"}),
        (run().log.of, {"*": "served"}), (run().log.before, {"day": 3}),
        (NETWORK.demands[0].scale, {"day": 3}),
        (tl.Log, {"events": [(0, "closed")]}),
    ]  # fmt: skip


def role(name, node):
    return organization.Role(name, {f"{node}.up_to": (1, 9)}, tl.cost, "USD/day")


def of_organization_and_people():
    return [
        (organization.Season, {"demand": tl.Uniform(0, 9), "price": 9, "cost": 2, "salvage": 0}),
        (organization.Wholesale, {"price": 6}), (organization.BuyBack, {"price": 6, "buy_back": 1}),
        (organization.RevenueSharing, {"price": 1, "share": 0.5}),
        (organization.QuantityFlexibility, {"price": 3, "flexibility": 0.2}),
        *((contract.transfer, {"season": SEASON, "quantity": 40, "sold": 30})
          for contract in (organization.Wholesale(6), organization.BuyBack(6, 1),
                           organization.RevenueSharing(1, 0.5),
                           organization.QuantityFlexibility(3, 0.2))),
        (organization.settle, {"season": SEASON, "contract": organization.Wholesale(6),
                               "quantity": 40, "sold": 30}),
        (organization.Role, {"name": "r", "decides": {"shop.up_to": (1, 9)},
                             "kpi": tl.fill_rate, "unit": "", "more_is_better": True}),
        (organization.Organization, {"roles": [organization.Role("r", {"shop.up_to": (1, 9)},
                                     tl.fill_rate)], "kpi": tl.fill_rate, "unit": "x"}),
        (organization.Organization([role("seller", "shop"), role("maker", "mine")], tl.cost).give,
         {"path": "shop.up_to", "to": "maker", "charge": tl.cost}),
        (organization.View, {"node": "shop", "product": "bike", "suppliers": ()}),
        (tl.BaseStock, {"up_to": 4}), (tl.EchelonBaseStock, {"up_to": 4}),
        (tl.MinMax, {"reorder_point": 1, "up_to": 4}),
        (tl.FixedLot, {"reorder_point": 1, "lot": 4, "from_echelon": True}),
        (organization.Channel, {"sees": organization.PointOfSale(), "delay": 2, "every": 3,
                                "noise": 0.1}),
        (organization.Authority, {"own": tl.BaseStock(3), "plan": 4, "band": 1, "delay": 2}),
        (organization.Meeting, {"participants": [(tl.BaseStock(3), 1)], "every": 7}),
        (tl.ForecastBaseStock, {"periods": 2, "horizon": 3, "safety": 1,
                                "from_point_of_sale": True, "first_guess": 1}),
        (tl.ScalarRule, {"rule": tl.BaseStock(3)}),
        (people.AnchorAndAdjust, {"theta": 0.3, "alpha": 0.2, "beta": 0.3, "desired_stock": 1}),
        (people.DemandChasing, {"rule": tl.BaseStock(3), "weight": 0.3}),
        (people.Panic, {"rule": tl.BaseStock(3), "strength": 0.3}),
        (people.PullToCentre, {"optimum": 3, "mean": 2, "weight": 0.3}),
        (people.NoisyRule, {"rule": tl.BaseStock(3), "spread": 1, "seed": 0, "whole": True}),
        (people.beer_chain, {"team": None, "weeks": 9, "demand": tl.Constant(4)}),
        (people.BeerGame, {"station": "retailer", "team": None, "chain": None}),
        (people.BeerGame().order, {"quantity": 4}),
        (people.BeerGame().follow, {"rule": tl.BaseStock(3)}),
        (people.beer_cost, {"history": people.BeerGame().run, "station": "retailer"}),
        (people.NewsvendorProblem, {"cost": 3, "price": 12, "highest": 300}),
        (people.NewsvendorProblem().profit, {"order": 3, "demand": 2}),
        (people.NewsvendorProblem().expected_profit, {"order": 3}),
        (people.NewsvendorProblem().adjustment, {"order": 3}),
        (people.NewsvendorProblem().demands, {"rounds": 3, "seed": 1}),
        (people.NewsvendorGame, {"problem": None, "rounds": 3, "seed": 1}),
        (people.NewsvendorGame().order, {"units": 4}),
        (people.NewsvendorGame().script, {"round": 4}),
        (people.Block, {"arm": "shown", "label": "AI", "rounds": 10, "failure": 0}),
        (people.design, {"rounds": 4, "arms": ["shown", "alone"], "labels": ["AI"], "failure": 0,
                         "between": True}),
        (people.Round, {"code": "k7", "round": 1, "arm": "shown", "label": "AI", "own": 150,
                        "advice": 225, "final": 180, "demand": 142, "reason": "", "low": 1.0,
                        "high": 300.0}),
        (people.Decisions, {"rounds": ()}), (DECIDED.save, {"path": FOLDER + "/decided.csv"}),
        (people.by_rule, {"rule": tl.BaseStock(3)}),
        (people.AdvisedGame, {"game": people.NewsvendorGame(rounds=10), "code": "k7",
                              "adviser": lambda game: 225, "blocks": [people.Block()]}),
        (advised().state_own, {"units": 4, "low": 1.0, "high": 9.0}),
        (advised(150).decide, {"units": 4, "reason": "it rains"}),
        (people.weight_of_advice, {"own": 150, "advice": 225, "final": 180}),
        (people.Students, {"label": -0.05, "pull": 0.5, "chasing": 0,
                           "problem": people.NewsvendorProblem()}),
        (people.classes_of, {"design": people.design(), "students": people.Students(), "size": 3,
                             "classes": 2, "seed": 1}),
        (people.analyse, {"decided": DECIDED, "problem": people.NewsvendorProblem()}),
        (people.power, {"design": people.design(labels=["AI", "model"]), "effect": {"label": 0.1},
                        "students": 8, "classes": 9, "seed": 1, "people": people.Students()}),
        (people.fit_newsvendor, {"orders": [4.0, 5, 6, 4, 5, 7], "demands": [3, 5, 7, 3, 4, 8],
                                 "optimum": 9.0, "mean": 5}),
        (people.fit_ordering, {"run": people.BeerGame().run, "station": "factory", "first": 0}),
    ]  # fmt: skip


def of_management():
    kpis = [tl.fill_rate, tl.cycle_service_level, tl.on_time_in_full, tl.days_of_cover,
            tl.mean_stock, tl.mean_backlog, tl.lost_sales, tl.lead_time, tl.emissions]  # fmt: skip
    role = organization.Role("seller", {"shop.up_to": (9, 12)}, tl.fill_rate)
    quake = management.RiskEvent("quake", ["mine"], 4, 0.1)
    risk = management.expected_loss(SCENARIO, [quake], shortage_cost={"unit": 9})
    return [
        *((kpi, {"history": run(), "node": "shop", "product": "unit"}) for kpi in kpis),
        (tl.cost, {"history": run(), "kind": "holding", "node": "", "product": ""}),
        (tl.bullwhip, {"history": run(), "node": "shop", "product": "unit"}),
        (tl.end_to_end_bullwhip, {"history": run(), "node": "shop", "product": "unit"}),
        (management.Goal, {"kpi": "fill_rate", "target": 0.9, "weight": 1}),
        (management.judge, {"goals": [management.Goal("fill_rate", 0.9)], "batch": batch()}),
        (management.kpi_tree, {"history": run()}),
        (management.Limits, {"late_days": 1, "false_alarms": 0.1, "cover_days": 9,
                             "probability": 0.1, "money": 1, "turnover": 0.1}),
        (management.control_tower, {"scenario": SCENARIO, "state": run().state_on(5),
                                    "forecast": None, "limits": None, "shortage_cost": None}),
        (management.risk_exposure, {"network": NETWORK, "sites": (), "state": None,
                                    "shortage_cost": None, "recover": {"mine": 3},
                                    "stock_ships": True}),
        (management.Closure, {"start": 2, "days": 3, "stock_ships": True}),
        (management.stress_test, {"scenario": SCENARIO, "replications": 2, "seed": 0,
                                  "sites": ["mine"], "closure": management.Closure(2, 3),
                                  "shortage_cost": None}),
        (management.RiskEvent, {"name": "quake", "sites": ["mine"], "days": 4, "rate": 0.1}),
        (management.closures, {"network": NETWORK, "rate": 0.1, "rates": None}),
        (management.common_causes, {"network": NETWORK, "rates": {}, "draws": 2, "seed": 0}),
        (management.expected_loss, {"scenario": SCENARIO, "shortage_cost": None,
                                    "events": [quake]}),
        (management.cvar, {"losses": [1, 2], "level": 0.9}),
        (management.Buffer, {"node": "shop", "product": "unit", "units": 9, "cost": 1}),
        (management.Standby, {"site": "mine", "share": 0.5, "cost": 1}),
        (management.protect, {"risk": risk, "measures": [management.Standby("mine", 0.5, 1)],
                              "budget": 2, "search": None, "seed": 0}),
        (management.rehearse, {"found": management.protect(risk, [], 0), "replications": 2,
                               "seed": 0, "start": 2}),
        (management.supplier_costs, {"cost": 1, "loss": 9, "own": 0.1, "common": 0.1}),
        (management.hits, {"run": run(), "calm_run": run(), "by": "tier"}),
        (management.performance, {"hit": run(), "calm": run(), "measure": "on_time", "node": "",
                                  "product": ""}),
        (management.total_shortage_cost, {"history": run(), "shortage_cost": None}),
        (management.deprivation_cost, {"hours": 12, "tangent": True}),
        (management.waiting_cost, {"deliveries": [12], "horizon": 24, "tangent": True}),
        (management.waiting_level, {"hours": 12, "good": "food", "tangent": True}),
        (management.waits, {"demand": [1, 2], "backlog": [1, 0]}),
        (management.gini, {"values": [1, 2], "weights": [1, 1]}),
        (management.align, {"organization": organization.Organization([role], tl.cost),
                            "batches": {"now": batch(), "then": batch()}}),
        (management.best_response, {"scenario": SCENARIO, "replications": 2, "evaluations": 2,
                              "organization": organization.Organization([role], tl.cost),
                              "rounds": 1}),
    ]  # fmt: skip


def rounds_case():
    return {"depot": "d", "roads": [logistics.Road("d", "x", 9)],
            "trucks": [logistics.Truck("van", 9, 30)],
            "loads": [logistics.Load("x", "all", "water", 9, 9)],
            "deprivations": [logistics.Deprivation("water", 9)], "daylight": (6.0, 18.0),
            "horizon": 9}  # fmt: skip


def of_task():
    naive = demand.Naive()
    return [
        (demand.describe, {"series": HISTORY}),
        (demand.predict, {"history": HISTORY, "horizon": 2, "method": naive, "level": 0.9,
                          "origins": 20}),
        (demand.accuracy, {"actual": [1, 2], "forecast": [1, 3], "insample": [1, 2, 3]}),
        (demand.evaluate, {"methods": {"naive": naive}, "series": HISTORY, "horizon": 1,
                           "origins": 20, "level": 0.9}),
        (demand.roll, {"method": naive, "series": HISTORY, "horizon": 1, "origins": 9}),
        (demand.order_up_to, {"method": naive, "history": HISTORY, "days": 2, "service": 0.9,
                              "origins": 20}),
        (demand.days_to_cover, {"scenario": SCENARIO, "node": "shop", "product": "unit"}),
        (demand.prescribe, {"scenario": SCENARIO, "item": ITEM, "history": HISTORY,
                            "methods": {"naive": naive}, "service": 0.9, "origins": 20}),
        (demand.MovingAverage, {"window": 3}), (demand.Smoothing, {"alpha": 0.2}),
        (demand.Croston, {"alpha": 0.2}),
        (demand.HoltWinters, {"season": 2, "trend": True, "alpha": 0.1, "beta": 0.2, "gamma": 0.3,
                              "multiplicative": True, "start": (9, 1, 0.8, 1.2)}),
        (demand.Lags, {"season": 4, "lags": 2}),
        (demand.pooled, {"series": pd.DataFrame([HISTORY]), "horizon": 1, "season": 4}),
        (logistics.lead_time_law, {"ordered": [1, 2], "delivered": [3, 6], "today": 9, "days": 90,
                                   "level": 0.9}),
        (inventory.EconomicLot, {"fixed_cost": 8, "holding_cost": 0.2, "demand": 5,
                                 "prices": {1: 4, 9: 3}, "incremental": True}),
        (inventory.EconomicLot(8, 1, 5).cost, {"quantity": 3}),
        (inventory.power_of_two, {"lot": inventory.EconomicLot(8, 1, 5), "base": 0.1}),
        (inventory.wagner_whitin, {"demand": [9, 12], "setup": 5, "holding": 2}),
        (inventory.joint_replenishment, {"major": 9, "base": 1, "powers": True,
                                         "items": {"a": inventory.EconomicLot(8, 1, 5)}}),
        (inventory.share_out, {"stock": 9, "wanted": {"a": 5, "b": 8}, "by": "rate",
                               "whole": True}),
        (inventory.reorder_point, {"demand": 5, "demand_sd": 1, "lead_time": 2,
                                   "lead_time_sd": 1, "service": 0.9}),
        (inventory.PeriodicReview, {"demand": tl.Poisson(5), "fixed_cost": 8, "holding_cost": 1,
                                    "backorder_cost": 9, "periods": 1}),
        (inventory.ContinuousReview, {"demand": 50, "demand_sd": 5, "lead_time": 1,
                                      "fixed_cost": 8, "holding_cost": 1, "backorder_cost": 9}),
        (inventory.prescribe, {"scenario": SCENARIO, "item": ITEM, "seed": 0, "service": 0.9}),
        (inventory.describe, {"scenario": SCENARIO, "state": None}),
        (inventory.order_today, {"scenario": SCENARIO, "item": ITEM, "state": run().state_on(5),
                                 "service": 0.9, "lot": 0}),
        (inventory.predict, {"scenario": SCENARIO, "item": ITEM, "state": run().state_on(5),
                             "days": 9, "replications": 8, "seed": 0}),
        (inventory.stop_ordering, {"scenario": SCENARIO, "item": ITEM}),
        (logistics.gravity_location, {"points": [(0, 0), (1, 1)], "weights": [1, 2]}),
        (logistics.Site, {"fixed_cost": 1, "capacity": 9}),
        (logistics.Arc, {"source": "a", "destination": "b", "cost": 1, "capacity": 9}),
        (logistics.Fleet, {"vehicles": 1, "capacity": 9, "reach": 99}),
        (logistics.Stop, {"units": 1, "earliest": 2, "latest": 9, "service": 1, "prize": 5}),
        (logistics.great_circle, {"start": (8.5, 47.4), "end": (13.4, 52.5)}),
        (logistics.milk_run, {"scenario": SCENARIO, "depot": "mine", "fleet": logistics.Fleet(1),
                              "distances": pd.DataFrame([[0, 9], [9, 0]], ["mine", "shop"],
                                                        ["mine", "shop"]), "every": 2}),
        (logistics.facilities, {"sites": {"a": logistics.Site(1, 9)}, "demand": {"x": 1},
                                "cost": {("a", "x"): 1}, "count": None,
                                "search": logistics.Search(0.1, 60)}),
        (logistics.Choice, {"is_open": True, "fixed_cost": 3, "steps": 2}),
        (logistics.Limits, {"gap": 0.1, "most": 2, "single": True, "within": 90}),
        (logistics.design_network, {"scenario": SCENARIO, "choices": {"shop": logistics.Choice()},
                                    "periods": [range(9)], "limits": logistics.Limits()}),
        (logistics.Search, {"gap": 0.1, "time_limit": 60}),
        (logistics.centres, {"distances": {("a", "x"): 1}, "count": 1}),
        (logistics.network_flow, {"arcs": [logistics.Arc("a", "b", 1)], "supply": {"a": 5},
                                  "demand": {"b": 5}, "throughput": None}),
        (logistics.route, {"names": ["d", "x"], "distances": [[0, 1], [1, 0]],
                           "fleet": logistics.Fleet(1), "demand": {"x": 1}, "iterations": 5}),
        (logistics.prescribe, {"scenario": SCENARIO, "product": "unit"}),
        (logistics.Road, {"source": "d", "destination": "x", "length": 9, "main": True}),
        (logistics.Truck, {"kind": "van", "capacity": 9, "speed": 30, "cost": 2, "count": 1}),
        (logistics.Deprivation, {"good": "water", "loss": 9, "lasts": 72, "like": "water"}),
        (logistics.Load, {"town": "x", "group": "all", "bundle": "water", "people": 9,
                          "weight": 9, "round": 0, "earliest": 1}),
        (logistics.LastMile, rounds_case()),
        (logistics.rounds, {"problem": logistics.LastMile(**rounds_case()), "iterations": 5,
                            "starts": 1, "ceiling": 9, "seed": 1}),
        (logistics.drive, {"plan": logistics.rounds(logistics.LastMile(**rounds_case())),
                           "roads": [logistics.Road("d", "x", 9)]}),
        (logistics.describe, {"log": run().log, "source": "mine", "destination": "shop"}),
        (logistics.transit_time, {"days": [2, 4], "under_way": [3]}),
        (logistics.predict, {"transit": logistics.transit_time([2, 4]), "age": 1, "level": 0.9}),
        (logistics.Hit, {"name": "a", "need": {"x": 1}, "surviving": {"d": 0.5}}),
        (logistics.Depot, {"name": "d", "capacity": 9, "fixed_cost": 1, "unit_cost": 1}),
        (maintenance.describe, {"up_times": [80, 100], "repair_times": [8, 12]}),
        (maintenance.fit_weibull, {"ages": [16, 34, 53], "failed": [True, True, False]}),
        (maintenance.predict, {"law": WEAR, "age": 3, "level": 0.9}),
        (maintenance.replacement_cost, {"law": WEAR, "age": 3, "planned_cost": 2,
                                        "failure_cost": 8}),
        (maintenance.prescribe, {"law": WEAR, "planned_cost": 2, "failure_cost": 8}),
        (production.describe, {"run": line_run(), "station": "cut"}),
        (production.predict, {"line": LINE, "seed": 0}),
        (production.prescribe, {"line": LINE, "wanted": 100, "most_busy": 0.9}),
        (production.takt, {"minutes": 450, "units": 90}),
        (production.kanban, {"rate": 100, "lead_time": 0.5, "container": 10, "safety": 0.1}),
        (production.plan_departments, {"scenario": LINE, "wanted": 100, "safety_time": 0,
                                       "most_busy": 0.9}),
        (quality.Shewhart, {"limit": 3}), (quality.Ewma, {"weight": 0.1, "limit": 3}),
        (quality.Cusum, {"reference": 0.5, "limit": 5}),
        (quality.Shewhart().chart, {"values": [1, 2], "target": 1, "sigma": 1}),
        (quality.predict, {"design": quality.Cusum(), "shift": 1}),
        (quality.choose_chart, {"run_length": 370, "shift": 1}),
        (quality.chart_constants, {"size": 5}), (quality.prescribe, {"chart":
            quality.Shewhart().chart([1, 2], 1, 1)}),
        (quality.describe, {"samples": [[9, 11], [10, 13]], "baseline": 2, "rules": True}),
        (quality.pareto, {"counts": {"dent": 4}, "group": None}),
        (quality.house_of_quality, {"complaints": {"dry": 5}, "relations": {"dry": {"s": 9}}}),
        (quality.complaints, {"run": line_run(), "returned": {}, "seed": 1}),
        (quality.complaint_rates, {"events": [DENT], "deliveries": [90] * 9, "until": 9}),
        (quality.revision_effect, {"events": [DENT, LATE_DENT], "fault": "dent", "since": 3,
                                   "deliveries": [90] * 9, "until": 9}),
        (quality.Revision, {"station": "cut", "fault": "dent", "cost": 5000, "lag": 20}),
        (quality.ProductLife, {"line": LINE, "returned": {}, "parts": 140}),
        (quality.live_generations, {"designer": quality.keep_design, "world": PRODUCT,
                                    "seed": 1}),
        (quality.Monitor, {"design": quality.Cusum(), "target": 1, "sigma": 1}),
        (quality.Monitor(quality.Cusum(), 1, 1).update, {"value": 1.5}),
        (quality.run_rules, {"values": [0.5, 2.5]}),
        (quality.describe_counts, {"counts": [3, 5, 4], "sizes": 20, "baseline": 2,
                                   "rules": True}),
        (quality.SamplingPlan, {"sample": 20, "accept": 1, "lot": 100, "isolated": True}),
        (quality.SamplingPlan(89, 2).acceptance, {"bad": 0.01}),
        (quality.SamplingPlan(89, 2).outgoing, {"bad": 0.01}),
        (quality.SamplingPlan(89, 2).inspected, {"bad": 0.01}),
        (quality.sampling_plan, {"aql": 0.01, "ltpd": 0.08, "producer_risk": 0.05,
                                 "consumer_risk": 0.1, "lot": 100}),
        (quality.compare_reactions, {"world": PRODUCT, "reactions": {}, "before": 1, "after": 2,
                                     "replications": 2, "seed": 1}),
        (quality.compare_designers, {"designers": {"nothing": quality.keep_design},
                                     "world": PRODUCT, "lives": 2, "seed": 1}),
        (quality.Capability, {"mean": 1, "sigma": 1, "lower": 0, "upper": 3}),
        (sourcing.k_out_of_n, {"needed": 1, "availabilities": [0.9]}),
        (sourcing.describe, {"run": run(), "item": ITEM}),
        (sourcing.predict, {"scenario": SCENARIO, "item": ITEM, "state": None, "seed": 0,
                            "needed": 1, "replications": 4}),
        (sourcing.Offer, {"name": "a", "price": 3, "capacity": 9, "down": 0.1, "fixed_cost": 2,
                          "least": 1, "group": "north"}),
        (sourcing.choose_suppliers, {"offers": [sourcing.Offer("a"), sourcing.Offer("b", 3)],
                                     "demand": 9, "lost": 5, "common": {"": 0.1}, "fewest": 1,
                                     "most": 2}),
        (sourcing.choose_sources, {"scenario": SCENARIO, "item": ITEM, "seed": 0, "lost": 5,
                                   "least": 0.1, "most": 1}),
        (sourcing.prescribe, {"scenario": SCENARIO, "lane": tl.Lane("pit", "shop", "unit"),
                              "share": 0.5}),
        (warehousing.Sku, {"name": "a", "picks": 3, "slots": 1}),
        (warehousing.describe, {"skus": SKUS}), (warehousing.cube_per_order, {"sku": SKUS[0]}),
        (warehousing.dock, {"arrivals": 1, "minutes": 30, "docks": 2, "variation": 1}),
        (warehousing.predict, {"skus": SKUS, "layout": {"screws": [5]}, "seed": 0, "picks": 9}),
        (warehousing.prescribe, {"skus": SKUS, "layout": {"screws": [5]}, "seed": 0}),
        (warehousing.slotting, {"skus": SKUS, "distances": [5, 10]}),
    ]  # fmt: skip
