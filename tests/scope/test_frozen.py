"""What is frozen stays as it is, all the way down: scenarios, rows, runs, batches, results."""

import copy
import inspect
import pickle
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from importlib import import_module
from pkgutil import walk_packages

import numpy as np
import pytest

import twinlab as tl
from twinlab.organization.contracts import Role
from twinlab.scope.columns import Frozen, Row, Sealed, frozen

SHOP = tl.Scenario(tl.serial(["mine", "shop"], demand=tl.Normal(5, 1), on_hand=20),
                   tl.BaseStock(20), days=30)  # fmt: skip
RUN, BATCH = tl.simulate(SHOP, seed=1), tl.replicate(SHOP, 3, seed=1, daily=["on_hand"])


ROLE = Role("sales", {"shop.up_to": (40, 80)}, tl.cost)


def recipe():
    return tl.Recipe("plant", "bike", {"wheel": 2})


WRITES = {
    "rules": lambda: SHOP.rules.update({("shop", "unit"): tl.BaseStock(1)}),
    "a rule": lambda: SHOP.rules.__setitem__(("shop", "unit"), tl.BaseStock(1)),
    "sharing": lambda: SHOP.sharing.clear(),
    "sourcing": lambda: SHOP.sourcing.setdefault("shop", 1),
    "components": lambda: recipe().components.pop("wheel"),
    "one component": lambda: recipe().components.__delitem__("wheel"),
    "nights": lambda: RUN.nights.popitem(),
    "a night": lambda: RUN.nights["on_hand"].fill(0),
    "measures": lambda: RUN.measures.pop("on_hand"),
    "a measure": lambda: RUN.measures["on_hand"].fill(0),
    "totals": lambda: BATCH.totals.fill(0),
    "stretches": lambda: BATCH.stretches.fill(0),
    "variances": lambda: BATCH.variances["ordered"].fill(0),
    "a series": lambda: BATCH.series("on_hand").fill(0),
    "daily values": lambda: BATCH.daily_values.clear(),
    "a kpi": lambda: BATCH.kpis.mean_stock.fill(7),
    "batches": lambda: tl.compare({"a": SHOP, "b": SHOP}, 2).batches.clear(),
    "a role": lambda: ROLE.decides.clear(),
    "a curve": lambda: tl.management.Curve([0, 1], [100, 90]).quality.fill(0),
}


@pytest.mark.parametrize("what", WRITES)
def test_nothing_that_is_frozen_can_be_written_over(what):
    with pytest.raises((tl.TwinError, ValueError), match=r"frozen value|read-only"):
        WRITES[what]()


def test_what_is_handed_out_is_a_copy():
    """Whoever changes a table, a series or a state changes his own."""
    before = tl.mean_stock(RUN), RUN.state.on_hand["shop", "unit"], BATCH.estimate("mean_stock")
    table, state = RUN.daily, RUN.state
    table["on_hand"] = 0
    state.on_hand["shop", "unit"] = -9
    RUN.series("on_hand")[:] = 5
    tl.mean_stock(BATCH)[:] = 0
    BATCH.total("on_hand")[:] = 0
    assert RUN.daily["on_hand"].sum() > 0
    after = tl.mean_stock(RUN), RUN.state.on_hand["shop", "unit"], BATCH.estimate("mean_stock")
    assert before == after


def test_a_run_of_a_game_does_not_grow_with_the_game():
    game = tl.modeling.Game(SHOP, players=["shop"], seed=1)
    for _ in range(5):
        game.order(5)
    run = game.run
    events, stock = len(run.log), run.state.on_hand
    for _ in range(5):
        game.order(5)
    assert (len(run.log), run.state.on_hand) == (events, stock)
    assert len(game.run.log) > events


def test_what_the_caller_changes_later_changes_nothing():
    rules, components, quality = {"shop": tl.BaseStock(9)}, {"wheel": 2}, np.array([100.0, 90.0])
    scenario = tl.Scenario(SHOP.network, rules, days=5)
    made, curve = tl.Recipe("plant", "bike", components), tl.management.Curve([0, 1], quality)
    rules["shop"], components["wheel"], quality[:] = tl.BaseStock(99), 7, 0
    assert scenario.rules == {("shop", "unit"): tl.BaseStock(9)}
    assert made.components == {"wheel": 2}
    assert curve.lowest == 90


def test_a_frozen_dict_is_a_dict_in_all_else():
    table = frozen({"a": 1, "b": {"c": (np.ones(2),)}})
    assert repr(frozen({"a": 1})) == "{'a': 1}"
    for other in (pickle.loads(pickle.dumps(table)), copy.copy(table), copy.deepcopy(table)):
        assert isinstance(other, Frozen)
        assert list(other) == ["a", "b"]
    assert not table["b"]["c"][0].flags.writeable
    assert {**table, "a": 2}["a"] == 2
    assert type(dict(table)) is dict
    again = pickle.loads(pickle.dumps(SHOP))
    assert again == SHOP
    assert isinstance(again.rules, Frozen)
    with pytest.raises(tl.TwinError, match="part of a frozen value"):
        table |= {"a": 2}


def results():
    """Every frozen dataclass of the library that holds arrays or dicts."""
    for module in walk_packages(tl.__path__, "twinlab."):
        if module.name.startswith("twinlab.lab") or module.name.endswith("__main__"):
            continue
        for thing in vars(import_module(module.name)).values():
            if inspect.isclass(thing) and is_dataclass(thing) and thing.__module__ == module.name:
                yield thing


# Parts that nobody is handed: luck, plans, what workers bring back, a message as it came. A
# scenario seals its own.
INSIDE = {"RandomStreams", "Message", "Chunk", "Plan", "Scenario", "Case", "SeasonCase"}


def test_every_result_that_holds_arrays_or_dicts_is_sealed():
    loose = [
        f"{kind.__module__}.{kind.__qualname__}.{f.name}"
        for kind in results()
        if kind.__dataclass_params__.frozen and not issubclass(kind, (Sealed, Row, Role))
        for f in fields(kind)
        if any(word in str(f.type) for word in ("Array", "Mapping[", "dict[", "NDArray"))
        and "Mapping[Any" not in str(f.type)
        if kind.__name__ not in INSIDE and not kind.__name__.startswith("_")
    ]
    assert not loose, "\n".join(loose)
    own = [kind for kind in results() if issubclass(kind, Sealed) and kind is not Sealed
           and "__post_init__" in vars(kind)]  # fmt: skip
    assert all("super().__post_init__()" in inspect.getsource(kind) for kind in own), own
    assert issubclass(type(SHOP.rules), Mapping)
