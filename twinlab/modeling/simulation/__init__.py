"""The simulation of a network: one law of the day, two engines, and what they record."""
