"""What people need: water and space after Sphere, food after the general ration of WFP."""

from collections.abc import Mapping
from dataclasses import dataclass

from twinlab.cases.relief.tables import rows
from twinlab.scope.columns import Sealed
from twinlab.scope.errors import ScenarioError


@dataclass(frozen=True, repr=False)
class Needs(Sealed):
    """What so many people need.

    ``tonnes`` of food by commodity for all days; ``water``, its least and the range for survival in
    m³ a day; ``covered_space`` in m²; ``site`` in hectares; ``energy`` in kcal a day.
    """

    people: float
    days: float
    tonnes: Mapping[str, float]
    water: float
    water_minimum: float
    survival_water: tuple[float, float]
    taps: float
    toilets: float
    covered_space: float
    site: float
    energy: float

    @property
    def food(self) -> float:
        """All food for all days [t]."""
        return sum(self.tonnes.values())

    def __repr__(self) -> str:
        parts = ", ".join(f"{name} {units:,.1f}" for name, units in self.tonnes.items())
        return (
            f"{self.people:,.0f} people, {self.days:g} days: {self.food:,.1f} t of food ({parts})\n"
            f"water {self.water:,.1f} m³/day (at least {self.water_minimum:,.1f}), "
            f"{self.taps:,.0f} taps, {self.toilets:,.0f} toilets, "
            f"{self.covered_space:,.0f} m² covered, {self.site:,.1f} ha"
        )


def needs(people: float, days: float = 30) -> Needs:
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
    if not (people >= 0 and days >= 0):
        raise ScenarioError(f"needs: {people!r} people for {days!r} days: give at least 0")
    each = {row["name"]: float(row["value"]) for row in rows("standards")}
    return Needs(
        people=people,
        days=days,
        tonnes={r["commodity"]: people * days * float(r["grams"]) / 1e6 for r in rows("ration")},
        water=people * each["water_target"] / 1000,
        water_minimum=people * each["water_minimum"] / 1000,
        survival_water=(people * each["drinking_low"] / 1000,
                        people * each["drinking_high"] / 1000),
        taps=people / each["people_per_tap"],
        toilets=people / each["people_per_toilet"],
        covered_space=people * each["covered_space"],
        site=people * each["site_space"] / 10_000,
        energy=people * each["energy"],
    )  # fmt: skip
