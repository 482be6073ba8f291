"""Who decides what, and which number each is judged by."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from twinlab.scope.columns import frozen
from twinlab.scope.errors import ScenarioError, did_you_mean


@dataclass(frozen=True)
class Role:
    """A department or firm: what it sets, within which range, and the KPI it is judged by.

    ``decides`` maps paths of a scenario to their ranges; ``kpi`` turns a run or a batch into a
    number (per history).

    >>> sales = Role("sales", {"shop.up_to": (40, 80)}, lambda history: 0.98, "share", True)
    >>> sales.goal(None)
    -0.98
    """

    name: str
    decides: Mapping[str, tuple[float, float]]
    kpi: Callable[[Any], Any]
    unit: str = ""
    more_is_better: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "decides", frozen(dict(self.decides)))
        if not self.decides:
            raise ScenarioError(
                f"role {self.name!r} decides nothing: give it paths and ranges, such as "
                "{'shop.up_to': (20, 60)}"
            )

    def goal(self, history: Any) -> Any:
        """What this role makes as small as it can: its KPI, or minus it if more is better."""
        return -self.kpi(history) if self.more_is_better else self.kpi(history)


@dataclass(frozen=True)
class Organization:
    """Roles that together run a chain, and the KPI of the whole.

    Raises:
        ScenarioError: two roles of one name, or two that decide the same thing.

    >>> level = {"shop.up_to": (40, 80)}
    >>> try:
    ...     Organization([Role("sales", level, len), Role("finance", level, len)], len)
    ... except ScenarioError as error:
    ...     print(error)
    'shop.up_to' is decided by 'sales' and by 'finance': give it to one of them
    """

    roles: Sequence[Role]
    kpi: Callable[[Any], Any]
    unit: str = field(default="USD/day")

    def __post_init__(self) -> None:
        object.__setattr__(self, "roles", tuple(self.roles))
        owners: dict[str, str] = {}
        for role in self.roles:
            if sum(role.name == other.name for other in self.roles) > 1:
                raise ScenarioError(f"two roles are called {role.name!r}: rename one")
            for path in role.decides:
                if path in owners:
                    raise ScenarioError(
                        f"{path!r} is decided by {owners[path]!r} and by {role.name!r}: give it "
                        "to one of them"
                    )
                owners[path] = role.name

    def __getitem__(self, name: str) -> Role:
        for role in self.roles:
            if role.name == name:
                return role
        names = [role.name for role in self.roles]
        raise ScenarioError(f"no role {name!r}; {did_you_mean(name, names)}")

    @property
    def decides(self) -> dict[str, tuple[float, float]]:
        """Everything that anybody decides: what one planner for all would set."""
        return {path: ends for role in self.roles for path, ends in role.decides.items()}
