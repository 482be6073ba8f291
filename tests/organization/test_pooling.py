"""Cooperation: fair splits by their laws, textbook games, and brute force over coalitions."""

from itertools import combinations, permutations
from math import isclose, nan, sqrt

import numpy as np
import pytest

import twinlab as tl
from twinlab.organization import CostGame


def coalitions(members):
    return [who for size in range(1, len(members) + 1) for who in combinations(members, size)]


def game(members, cost):
    return CostGame({who: cost(who) for who in coalitions(members)})


def pays(split):
    return {row.member: row.pays for row in split}


def random_game(seed, members="ABCD"):
    """Costs of concave sums: the more there are, the less one more adds; so there is a core."""
    rng = np.random.default_rng(seed)
    weight = dict(zip(members, rng.uniform(1, 9, len(members)), strict=True))
    power = rng.uniform(0.3, 0.9)
    return game(members, lambda who: sum(weight[name] for name in who) ** power)


def rough_game(seed, members="ABCD"):
    rng = np.random.default_rng(seed)
    return game(members, lambda who: float(rng.uniform(0.5, 1.1) * len(who)))


AIRPORT = {"small": 12.0, "medium": 20.0, "large": 33.0, "huge": 50.0}


# -- the Shapley value ------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(3))
def test_the_shapley_value_is_the_mean_over_all_orders(seed):
    rough = rough_game(seed)
    cost = {frozenset(who): each for who, each in rough.costs.items()} | {frozenset(): 0.0}
    sums = dict.fromkeys("ABCD", 0.0)
    for order in permutations("ABCD"):
        for at, name in enumerate(order):
            sums[name] += cost[frozenset(order[: at + 1])] - cost[frozenset(order[:at])]
    assert pays(rough.shapley()) == pytest.approx({name: each / 24 for name, each in sums.items()})


def test_the_airport_of_littlechild_and_owen():
    """Littlechild & Owen (1973): each piece of the runway is shared by those who need it."""
    airport = game([*AIRPORT], lambda who: max(AIRPORT[name] for name in who))
    split, due, before = airport.shapley(), 0.0, 0.0
    for at, (name, length) in enumerate(AIRPORT.items()):
        due, before = due + (length - before) / (4 - at), length
        assert split[name].pays == pytest.approx(due)
    assert not split.objections


def test_a_dummy_pays_its_own_cost_and_equals_pay_the_same():
    def cost(who):
        return 7.0 * ("dummy" in who) + 10 * sqrt(len({*who} - {"dummy"}))

    for split in (game(["B", "dummy", "A"], cost).shapley(), game("ABC", cost).equal_saving()):
        assert split["A"].pays == pytest.approx(split["B"].pays)
    assert game(["B", "dummy", "A"], cost).shapley()["dummy"].pays == pytest.approx(7)


def test_shapley_values_add_up_as_games_do():
    one, two = rough_game(4), rough_game(5)
    both = CostGame({who: cost + two.costs[who] for who, cost in one.costs.items()})
    summed = {name: each + pays(two.shapley())[name] for name, each in pays(one.shapley()).items()}
    assert pays(both.shapley()) == pytest.approx(summed)


def test_pooled_safety_stocks_and_who_pays_for_them():
    """Independent demands need √Σσ² together (Eppen 1979); the Shapley value splits it."""
    for sds, wanted in (((30, 40), (20, 30)), ((30, 40, 120), (13.45, 19.85, 96.70))):
        sd = dict(zip("ABC", sds, strict=False))
        split = game([*sd], lambda who, sd=sd: sqrt(sum(sd[name] ** 2 for name in who))).shapley()
        assert [*pays(split).values()] == pytest.approx(wanted, abs=0.005)
        assert not split.objections


# -- equal saving and the core ----------------------------------------------------------------


@pytest.mark.parametrize("seed", range(4))
def test_objections_are_what_brute_force_finds(seed):
    rough = rough_game(seed)
    for split in (rough.shapley(), rough.equal_saving()):
        paid = pays(split)
        assert sum(paid.values()) == pytest.approx(rough.costs[*"ABCD",])
        gains = {who: sum(map(paid.get, who)) - cost for who, cost in rough.costs.items()}
        want = {" + ".join(who): gain for who, gain in gains.items() if gain > 1e-5}
        assert split.objections == pytest.approx(want)
        assert not split.least or max(want.values()) >= split.least - 1e-6
    assert sum(bool(rough_game(at).shapley().objections) for at in range(4)) > 1


@pytest.mark.parametrize("seed", range(4))
def test_no_split_in_the_core_has_more_equal_savings(seed):
    """All splits of a grid that no coalition of three objects to."""
    found = random_game(seed, "ABC")
    split, alone = found.equal_saving(), [found.costs[name,] for name in "ABC"]
    assert not split.objections
    assert not split.least
    grid = np.linspace(0, max(alone), 200)
    a, b = (each.ravel() for each in np.meshgrid(grid, grid))
    tried = {"A": a, "B": b, "C": found.costs[*"ABC",] - a - b}
    inside = np.all([sum(tried[n] for n in who) <= c + 1e-9 for who, c in found.costs.items()], 0)
    rates = np.array([tried[name] / alone[at] for at, name in enumerate("ABC")])[:, inside]
    savings = [row.saving / 100 for row in split]
    assert inside.any()
    assert np.ptp(savings) <= np.ptp(rates, axis=0).min() + 1e-9


def test_equals_save_the_same_where_others_fix_the_greatest_difference():
    """C and D could save anything between A's and B's savings, and save alike."""
    bound = {frozenset("A"): 10, frozenset("B"): 10, frozenset("BCD"): 15, frozenset("BC"): 8.0}
    bound |= {frozenset("BD"): 8.0}

    def cost(who):
        return bound.get(frozenset(who), 10.0 * len(who) - 4 * ("B" in who))

    saved = game("ACDB", lambda who: 24.5 if len(who) == 4 else cost(who)).equal_saving()
    assert saved["C"].saving == pytest.approx(saved["D"].saving)
    assert not saved.objections
    assert saved["A"].saving < saved["C"].saving < saved["B"].saving


def test_gloves_one_left_and_two_right():
    """The core gives the one left glove all that a pair is worth; the Shapley value two thirds."""
    gloves = game("LRS", lambda who: len(who) - float("L" in who and len(who) > 1))
    assert [row.saving for row in gloves.shapley()] == pytest.approx([200 / 3, 50 / 3, 50 / 3])
    assert gloves.shapley().objections == pytest.approx({"L + R": 1 / 6, "L + S": 1 / 6})
    assert [row.saving for row in gloves.equal_saving()] == pytest.approx([100, 0, 0], abs=1e-6)


def test_a_majority_of_three_has_no_core():
    """Two of them save all that there is to save: each pair objects to any split, by a third."""
    majority = game("ABC", lambda who: len(who) - float(len(who) > 1))
    split = majority.equal_saving()
    assert pays(split) == pytest.approx(dict.fromkeys("ABC", 2 / 3))
    assert split.least == pytest.approx(1 / 3)
    assert [*split.objections.values()] == pytest.approx([1 / 3] * 3)
    assert "the core is empty: somebody would save 0.3333 in any split" in repr(split)
    agreed = majority.check({"A": 0.5, "B": 0.5, "C": 1.0})
    assert agreed.objections == pytest.approx({"A + C": 0.5, "B + C": 0.5})


def test_where_nothing_is_saved_each_pays_its_own():
    own = {"A": 3.0, "B": 0.5, "C": 8.0}
    added = game("ABC", lambda who: sum(own[name] for name in who))
    for split in (added.shapley(), added.equal_saving()):
        assert pays(split) == pytest.approx(own)
        assert repr(split).startswith(f"{split.way}: saves ")
        assert not split.objections


@pytest.mark.parametrize("unit", [1e-6, 1e9])
def test_the_unit_of_money_changes_nothing(unit):
    costs = random_game(7).costs
    for plain, scaled in (
        (CostGame(costs), CostGame({who: unit * cost for who, cost in costs.items()})),
        (CostGame(costs), CostGame({frozenset(who): c for who, c in [*costs.items()][::-1]})),
    ):
        for way in ("shapley", "equal_saving"):
            saved = {row.member: row.saving for row in getattr(plain, way)()}
            assert {row.member: row.saving for row in getattr(scaled, way)()} == pytest.approx(
                saved, abs=1e-5
            )


def test_three_agencies_whose_shapley_value_lies_outside_the_core():
    costs = dict(zip(coalitions("ABC"), (371, 438, 297, 776, 630, 602, 963), strict=True))
    shapley, equal = CostGame(costs).shapley(), CostGame(costs).equal_saving()
    assert [round(row.saving) for row in shapley] == [4, 14, 22]
    assert [*shapley.objections] == ["B + C"]
    assert [round(row.saving, 1) for row in equal] == [2.7, 18.1, 18.1]
    assert not equal.objections
    assert repr(equal).startswith("equal saving: saves 143 USD; in the core")


# -- what is refused --------------------------------------------------------------------------

PAIR = {("A",): 9.0, ("B",): 8.0, ("A", "B"): 12.0}


@pytest.mark.parametrize(
    ("costs", "words"),
    [
        ({}, "of two members or more once"),
        ({("A",): 9}, "of two members or more once"),
        ({("A",): 9, ("B",): 8}, r"give the cost of A \+ B too"),
        (PAIR | {("A", "C"): 3}, "'C' has no cost alone"),
        ({("Alpha",): 9, ("Beta",): 8, ("Alpha", "Bta"): 12}, "did you mean 'Beta'"),
        (PAIR | {("B", "A"): 12}, "once"),
        (PAIR | {("A", "A"): 12}, "once"),
        (PAIR | {"A": 9}, "once"),
        (PAIR | {(): 0}, "once"),
        (PAIR | {("A",): nan}, "got nan: fill in or leave out what is missing"),
        (PAIR | {("A",): -1}, "finite number of at least 0, got -1"),
        (PAIR | {("A",): float("inf")}, "finite number of at least 0, got inf"),
        ({f"m{at}": 1.0 for at in range(40)}, r"give the cost of m0 \+ m1 too"),
    ],
)
def test_costs_that_are_no_game(costs, words):
    with pytest.raises(tl.ScenarioError, match=words):
        CostGame(costs)


@pytest.mark.parametrize(
    ("paid", "words"),
    [
        ({"A": 12}, "a part for each of A, B, 12 in all"),
        ({"A": 6, "B": 6, "C": 0}, "a part for each of A, B"),
        ({"A": 6, "B": 7}, "12 in all, got"),
        ({"A": 6, "B": nan}, "got nan: fill in"),
    ],
)
def test_splits_that_are_none(paid, words):
    with pytest.raises(tl.ScenarioError, match=words):
        CostGame(PAIR).check(paid)


def test_who_pays_nothing_alone_has_no_part_to_save():
    free = CostGame({"A": 9, "B": 0, ("A", "B"): 7})
    assert pays(free.shapley()) == {"A": 8.0, "B": -1.0}
    assert np.isnan(free.shapley()["B"].saving)
    with pytest.raises(tl.ScenarioError, match="who pays 0 alone"):
        free.equal_saving()
    nothing = CostGame(dict.fromkeys(PAIR, 0.0)).shapley()
    assert pays(nothing) == {"A": 0.0, "B": 0.0}
    assert isclose(nothing.least, 0)
