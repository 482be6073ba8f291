"""Chains that the tests of technology live through."""

import twinlab as tl
from twinlab.technology import Bus, Message, Plant, Sensors
from twinlab.twin import Twin


def shop(demand=None, **given):
    """A mine and a shop, with lead times that vary."""
    network = tl.serial(
        ["mine", "shop"], demand=demand or tl.Normal(20, 4), lead_time=tl.Gamma(6, 2),
        holding_cost={"shop": 1.0}, on_hand={"shop": 120}, **given,
    )  # fmt: skip
    return tl.Scenario(network, tl.BaseStock(170), days=400)


def factory():
    """Two products, a recipe with scrap, evening review, orders that take days."""
    network = tl.Network(
        [tl.Product("ore"), tl.Product("bike")],
        [tl.Node("mine", "supplier"), tl.Node("plant", "plant", capacity=40),
         tl.Node("shop", "retailer", evening_review=True)],
        [tl.Lane("mine", "plant", "ore", lead_time=tl.Uniform(2, 6), initial_pipeline=40),
         tl.Lane("plant", "shop", "bike", lead_time=tl.Poisson(3), order_delay=1,
                 initial_pipeline=20)],
        [tl.Recipe("plant", "bike", {"ore": 2}, production_time=2,
                   good_share=tl.Uniform(0.8, 1.0))],
        [tl.Demand("shop", "bike", tl.Poisson(18), backorder_cost=10)],
        [tl.Stock("plant", "ore", 150, 0.1), tl.Stock("plant", "bike", 60, 0.5),
         tl.Stock("shop", "bike", 90, 1.0)],
    )  # fmt: skip
    rules = {("plant", "ore"): tl.BaseStock(320), ("plant", "bike"): tl.BaseStock(160),
             ("shop", "bike"): tl.BaseStock(170)}  # fmt: skip
    return tl.Scenario(network, rules, days=300)


def linked(truth, model=None, seed=1, link=None, **sensors):
    """A plant and the twin that listens to it."""
    bus = Bus(link, seed)
    return Plant(truth, bus, seed, Sensors(**sensors)), Twin(model or truth, bus)


def told(scenario, days, seed=1, **sensors):
    """Everything a plant says in some days, as messages, and the plant."""
    bus = Bus()
    plant = Plant(scenario, bus, seed, Sensors(**sensors))
    plant.advance(days)
    return [Message.decode(raw) for raw in bus.receive("reader", most=10**6)], plant
