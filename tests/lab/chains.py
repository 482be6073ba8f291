"""A chain that is easy in the head: 5 units a day, a mine that can close."""

from twinlab import BaseStock, Constant, Outage, Scenario, serial

NETWORK = serial(
    ["mine", "plant", "shop"], demand=Constant(5), on_hand={"plant": 20, "shop": 15}, holding_cost=1
)
CALM = Scenario(NETWORK, {"plant": BaseStock(25), "shop": BaseStock(20)}, days=60)
CLOSED = CALM.disrupt(Outage("mine", start=20, days=2))
CLOSURE = {"disruptions[0].days": (0, 30)}
