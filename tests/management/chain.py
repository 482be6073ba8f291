"""A chain of two tiers with a bill of materials, two sources of one part, and hasty customers."""

import twinlab as tl

PRODUCTS = [tl.Product("wheel"), tl.Product("frame"), tl.Product("bike", weight=80)]
NODES = [
    tl.Node("wheels A", "supplier", 2, capacity=30, holding_cost=0.01, time_to_recover=20),
    tl.Node("wheels B", "supplier", 2, capacity=12, holding_cost=0.01, time_to_recover=10),
    tl.Node("frames", "supplier", 2, capacity=20, holding_cost=0.02, time_to_recover=15),
    tl.Node("plant", "plant", 1, capacity=15, holding_cost=0.1),
    tl.Node("north", "shop", 0, country="NO", holding_cost=0.2),
    tl.Node("south", "shop", 0, country="ES", holding_cost=0.2),
]
LANES = [
    tl.Lane("wheels A", "plant", "wheel", lead_time=4, initial_pipeline=20, cost_per_unit=0.5),
    tl.Lane("wheels B", "plant", "wheel", lead_time=2, sourcing_rank=2),
    tl.Lane("frames", "plant", "frame", lead_time=3, initial_pipeline=10, distance=100,
            emission_factor=0.1),
    tl.Lane("plant", "north", "bike", lead_time=2, initial_pipeline=6, distance=500,
            emission_factor=0.1),
    tl.Lane("plant", "south", "bike", lead_time=3, initial_pipeline=4),
]  # fmt: skip
RECIPES = [tl.Recipe("plant", "bike", {"wheel": 2, "frame": 1}, cost=20)]
STOCKS = [tl.Stock("plant", "wheel", 80), tl.Stock("plant", "frame", 60),
          tl.Stock("plant", "bike", 20), tl.Stock("north", "bike", 30),
          tl.Stock("south", "bike", 20)]  # fmt: skip
NETWORK = tl.Network(
    PRODUCTS, NODES, LANES, RECIPES,
    [tl.Demand("north", "bike", tl.Normal(6, 1), backorders=False, lost_sale_cost=100, price=200),
     tl.Demand("south", "bike", tl.Normal(4, 1), backorders=False, lost_sale_cost=100, price=200)],
    STOCKS,
)  # fmt: skip
LEVELS = {("plant", "wheel"): 160, ("plant", "frame"): 90, ("plant", "bike"): 20,
          ("north", "bike"): 42, ("south", "bike"): 32}  # fmt: skip
CALM = tl.Scenario(NETWORK, {item: tl.BaseStock(s) for item, s in LEVELS.items()}, days=120)
