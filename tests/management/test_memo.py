"""A memo says what its result says, on one page, and computes from where on it would not."""

import html
import os
import re
import subprocess
import sys
from functools import partial

import numpy as np
import pytest

import twinlab as tl
from tests.browser.conftest import CHROMIUM, FLAGS, unavailable
from twinlab.management import best_response, break_even, memo
from twinlab.modeling import Seeds, estimate, rank
from twinlab.modeling.doubt import Ranking
from twinlab.scope.result import shown

HASTY = tl.Demand("shop", "unit", tl.Normal(5, 1), backorders=False, lost_sale_cost=40)
SHOP = tl.Scenario(
    tl.serial(["mine", "shop"], demand=HASTY, on_hand={"shop": 10}, holding_cost=0.1),
    tl.BaseStock(10), days=200,
)  # fmt: skip
RISKY = SHOP.disrupt(tl.Outage("mine", rate=0.01, days=5))
CLOSED = tl.expected_loss(SHOP, [tl.RiskEvent("closure", ["mine"], days=5, rate=3.65)])
STOCK = [tl.Buffer("shop", "unit", 10, cost=500), tl.Buffer("shop", "unit", 2, cost=200)]
PLANS = tl.protect(CLOSED, STOCK, 1000, seed=1)
COMPARED = tl.compare({"lean": RISKY, "safe": RISKY.set("shop.up_to", 20)}, 64, seed=3)
LUCK = np.random.default_rng(5).normal(0, 10, 200)
SURE = rank({"none": 50 + LUCK, "some": 40 + LUCK, "much": 45 + LUCK + LUCK[::-1] / 5})
UNSURE = rank({"none": 50 + LUCK, "some": 49.9 + LUCK[::-1]})
WIDE = {f"option {at} <of many & long> " + "with many words of its name " * 4: 50 + at + LUCK * at
        for at in range(8)}  # fmt: skip


def text(page):
    """What a reader of the page sees."""
    said = re.sub(r"<style>.*?</style>|<[^>]+>", " ", page._repr_html_(), flags=re.S)
    return " ".join(html.unescape(said).split())


def test_numbers_are_those_of_the_result():
    seen, ranking = text(memo(PLANS, "How much stock?", "anna", "1 May")), PLANS.ranking
    assert "How much stock? For anna; decide by 1 May." in seen
    assert f"Choose {ranking.choices[0].name}." in seen
    assert "Choose 10 unit at shop + 2 unit at shop." in seen
    assert f"costs {ranking.choices[1].behind.short} USD/year more. Break-even:" in seen
    for one in ranking.choices:
        assert f"{one.name} {shown(one.cost.mean)} {one.gain.short} {one.behind.short}" in seen
    assert "saves: against nothing" in seen


def test_what_chance_could_explain_is_not_recommended():
    page = memo(UNSURE, "Which?")
    assert page.advice[0] == "Not established: some or none."
    assert "take any" in page.advice[1]
    assert "Choose" not in text(page)
    times = float(re.search(r"about ([\d.]+) times as many", page.advice[1])[1])
    by = UNSURE.choices[1].behind  # then it would just not hold 0:
    assert by.mean - (by.mean - by.low) / np.sqrt(times) == pytest.approx(0, abs=0.03 * by.mean)


def test_all_rivals_are_named_not_only_the_runner_up():
    wild = 57 + 8 * (LUCK - LUCK.mean())[::-1]
    found = rank({"safe": 50 + LUCK, "dear": 55 + LUCK, "wild": wild, **{
        f"much as {at}": wild + (1 + at) / 10 for at in range(4)}})  # fmt: skip
    assert found.choices[1].behind.low > 0
    assert found.rivals
    choose, why = memo(found, "Which?").advice
    names = ", ".join(one.name for one in found.rivals[:3])
    assert choose == f"Not established: safe, {names} or {len(found.rivals) - 3} more."
    assert f"wild costs {found.rivals[0].behind.short}" in why
    assert "dear" not in choose + why
    assert memo(rank({"safe": 50 + LUCK, "dear": 55 + LUCK, "wild": wild}), "?").advice[0] == (
        "Not established: safe or wild.")  # fmt: skip


def test_a_lead_that_is_nearly_established_needs_no_fewer_histories():
    luck = np.random.default_rng(3)
    found = [rank({"a": np.zeros(8), "b": luck.exponential(size=8) - 0.3}) for _ in range(60)]
    said = [memo(each, "?").advice[1] for each in found if each.rivals]
    times = [float(one[1]) for each in said if (one := re.search(r"about ([\d.]+) times", each))]
    assert len(times) > 9
    assert min(times) > 1


def test_two_options_that_are_the_same_need_no_more_histories():
    same = rank({"a": LUCK, "b": LUCK})
    assert memo(same, "Which?").advice[1].endswith("take any.")


def test_it_says_what_it_is_made_of():
    made = memo(PLANS, "?", basis=[RISKY]).provenance
    again = memo(PLANS, "?", basis=[RISKY.change(days=200)]).provenance
    other = memo(PLANS, "?", basis=[RISKY.set("shop.up_to", 11)]).provenance
    assert made == again != other
    assert f"chosen on seed 1, judged on seed {PLANS.seeds.judged}" in made
    assert f"twinlab {tl.__version__}; scenario " in made
    compared = memo(COMPARED, "?").provenance
    assert compared.count("scenario") == 2
    assert compared.endswith("64 replications; seed 3")
    assert str(Seeds(1, 2)) in memo(SURE, "?", basis=[Seeds(1, 2)]).provenance


LEVEL = 5


def up_to(level):
    return lambda view, least=0.0: max(least, level - view.inventory_position)


def more(level, view):
    return level - view.inventory_position


class Own:
    def __init__(self, level):
        self.level = level

    def __call__(self, view):
        return self.level - view.inventory_position


class Level:
    def __init__(self, level):
        self.level = level

    def up_to(self, view):
        return self.level - view.inventory_position


RULES = {
    "a closure": up_to,
    "a partial": lambda level: partial(more, level),
    "a class": Own,
    "a method": lambda level: Level(level).up_to,
    "a closure over an object": lambda level: lambda view: Own(level)(view),
    "a default": lambda level: lambda view, level=level: level - view.inventory_position,
    "a constant": lambda level: eval(f"lambda view: {level} - view.inventory_position"),
    "an array": lambda level: partial(more, np.arange(level)[-1]),
    "a set": lambda level: partial(more, {"a", "b", level}),
}


def made_of(rule):
    return memo(SURE, "?", basis=[SHOP.change(rules=rule)]).provenance


@pytest.mark.parametrize("kind", RULES)
def test_rules_of_ones_own_are_told_apart_and_known_again(kind):
    few, same, many = (made_of(RULES[kind](level)) for level in (3, 3, 300))
    assert few == same != many
    assert "not fingerprinted" not in few


def test_a_number_that_a_rule_reads_is_a_part_of_it(monkeypatch):
    def rule(view):
        return LEVEL - view.inventory_position

    before = made_of(rule)
    monkeypatch.setitem(globals(), "LEVEL", 6)
    assert made_of(rule) != before


def test_what_a_class_of_ones_own_does_is_a_part_of_it_and_what_the_library_does_is_its_version(
    monkeypatch,
):
    own, ours = made_of(Own(3)), made_of(tl.BaseStock(3))
    for kind in (Own, tl.BaseStock):
        monkeypatch.setattr(kind, "__call__", lambda self, view: 7.0)
    assert made_of(Own(3)) != own
    assert made_of(tl.BaseStock(3)) == ours


def test_a_rule_that_nobody_can_tell_is_not_fingerprinted():
    endless = Own(3)
    endless.level = endless
    for rule in (endless, partial(more, object()), partial(more, np.random.default_rng(1))):
        assert "scenario with rules of one's own: not fingerprinted" in made_of(rule)


def test_a_fingerprint_is_the_same_in_every_process():
    code = """from tests.management.test_memo import *
print([made_of(RULES[kind](3)) for kind in RULES], made_of(tl.BaseStock(3)))"""
    told = {subprocess.run([sys.executable, "-c", code], check=True, capture_output=True,
                           env={**os.environ, "PYTHONHASHSEED": seed}).stdout
            for seed in "12"}  # fmt: skip
    assert len(told) == 1


def test_it_is_made_from_whatever_ranks_options():
    assert memo(COMPARED, "?").ranking.choices == COMPARED.rank().choices
    assert memo(COMPARED, "?").ranking.unit == "USD/day"
    tuned = tl.tune(RISKY, {"shop.up_to": (8, 24)}, tl.cost, 16, evaluations=6)
    assert memo(tuned, "?").ranking.choices == tuned.ranking.choices
    roles = [tl.Role("sales", {"shop.up_to": (8, 24)}, tl.cost)]
    found = best_response(RISKY, tl.Organization(roles, tl.cost), 16, evaluations=6, rounds=1)
    assert memo(found, "?", "sales").ranking.choices == found.rankings["sales"].choices
    assert memo(PLANS, "?").ranking.choices == PLANS.ranking.choices
    assert memo(PLANS, "?").ranking.unit == "USD/year"
    with pytest.raises(tl.ScenarioError, match="'anna' is no role"):
        memo(found, "?", "anna")
    with pytest.raises(tl.ScenarioError, match="ranks no options"):
        memo(tl.risk_exposure(RISKY.network, recover={"mine": 3}), "?")
    for empty in (Ranking(()), Ranking(SURE.choices[:1])):
        with pytest.raises(tl.ScenarioError, match="this Ranking ranks no options: give"):
            memo(empty, "?")
    with pytest.raises(tl.ScenarioError, match="9 assumptions, 8 fit"):
        memo(SURE, "?", assumptions=["a"] * 9)


def test_a_page_fetches_nothing_runs_nothing_and_shows_names_as_they_are(tmp_path):
    page = memo(rank(WIDE), "Is 1 < 2 & <script>alert(1)</script>?", "<b>anna</b>", "<i>",
                ["<img src=x>"], ["<u>"])  # fmt: skip
    said = page.save(tmp_path / "memo.html").read_text("utf-8")
    assert not re.search(r"http|<script|<img|<i>|<u>|<b>anna|url\(|<of many", said)
    assert "Is 1 < 2 & <script>alert(1)</script>?" in text(page)
    assert said.count("<svg role=img aria-label=") == 8
    assert "☐ approved ☐ rejected ☐ sent back" in said


def test_of_many_options_the_best_and_the_first_are_shown():
    many = rank({f"no {at}": 60.0 - at % 12 + LUCK * at for at in range(12)})
    shown = memo(many, "?").shown
    assert [one.name for one in shown[:7]] == [one.name for one in many.choices[:7]]
    assert [one.name for one in shown[7:]] == ["no 0"]
    assert "4 options more are further behind" in text(memo(many, "?"))


@pytest.mark.parametrize(("many", "arrows"), [(2, 0), (3, 1), (4, 1)])
def test_only_the_last_of_several_options_may_be_off_the_scale(many, arrows):
    """So that intervals near zero can be seen; of two, both are on it."""
    page = memo(rank({f"no {at}": 10.0**at + LUCK for at in range(many)}), "?")._repr_html_()
    assert (page.count("<circle"), page.count("10 5-10 5z")) == (many - arrows, arrows)


def test_a_break_even_is_that_by_hand():
    """Expected loss = rate × loss: a cost of 60 is worth it from a rate of 60 / mean loss on."""
    losses = np.random.default_rng(2).poisson(3, 400) * 100.0
    found = break_even(lambda rate: estimate(rate * losses - 60), 0, 1, "closures a year")
    mean, half = losses.mean(), estimate(losses).high - losses.mean()
    by_hand = [60 / mean, 60 / (mean + half), 60 / (mean - half)]
    assert [found.at, found.low, found.high] == pytest.approx(by_hand, abs=1e-3)
    other = break_even(lambda years: estimate(losses / years - 60), 1, 20, "years between closures")
    assert [other.at, other.low, other.high] == pytest.approx(
        [mean / 60, (mean - half) / 60, (mean + half) / 60], abs=0.02)  # fmt: skip
    doubt = f"not established from {shown(found.low)} to {shown(found.high)}"
    assert str(found) == f"closures a year: the choice pays above 0.1951; {doubt}"
    assert "pays below" in str(other)
    assert f"years between closures: the choice pays below {shown(other.at)}; not" in text(
        memo(SURE, "?", assumptions=[other]))  # fmt: skip


def test_a_break_even_beyond_the_range_is_said():
    def saves(rate):
        return estimate(np.array([8.0, 12.0, 10.0]) * rate - 5)

    assert str(break_even(saves, 1, 2, "rate")) == "rate: the choice pays anywhere from 1 to 2"
    assert str(break_even(saves, 0, 0.3, "rate")) == "rate: the choice pays nowhere from 0 to 0.3"
    assert break_even(saves, 0, 0.6).high == 0.6
    for wrong in (lambda: break_even(saves, 2, 1), lambda: break_even(lambda x: x, 0, 1)):
        with pytest.raises(tl.ScenarioError, match="is no Estimate"):
            wrong()


NOISE = np.random.default_rng(0).standard_normal(200)
CURVES = {  # the difference of two choices, the range, what is said of it
    "noise": (lambda x: 0.01 * x + 0.01 + 10 * NOISE, "not established from 0 to 2"),
    "nothing": (lambda x: 0 * NOISE, "not established from 0 to 2"),
    "in doubt below": (lambda x: x + 0.05 + NOISE,
                       r"the choice pays anywhere from 0 to 2; not established from 0 to 0\.0\d+"),
    "falls": (lambda x: 1 - x + NOISE,
              r"the choice pays below [\d.]+; not established from 0\.8\d+ to 1\.1\d+"),
    "established near one end": (lambda x: 1 - x + (2 - x) * 10 * NOISE,
                                 r"the choice pays below [\d.]+; not established from 0 to 1\.\d+"),
    "a dip that chance could do": (
        lambda x: (x - 1) ** 2 - 0.02 + NOISE,
        r"the choice pays anywhere from 0 to 2; not established from 0\.\d+ to 1\.\d+"),
}  # fmt: skip


@pytest.mark.parametrize("curve", CURVES)
def test_where_an_interval_holds_zero_nothing_is_established(curve):
    difference, said = CURVES[curve]
    assert re.fullmatch(
        f"rate: {said}", str(break_even(lambda x: estimate(difference(x)), 0, 2, "rate"))
    )


@pytest.mark.parametrize(
    ("curve", "at"),
    [(lambda x: (x - 1) ** 2 - 0.25, r"0\.5, 1\.5"), (lambda x: 0.25 - (x - 1) ** 2, r"0\.5, 1\.5"),
     (lambda x: 10 * (x - 0.3) * (x - 1) * (x - 1.6), r"[\d.]+, 1, 1\.6")])  # fmt: skip
def test_what_stops_to_pay_and_pays_again_has_no_one_break_even(curve, at):
    with pytest.raises(tl.ScenarioError, match=f"rate: both are as good at {at}: give a range"):
        break_even(lambda x: estimate(curve(x) + 1e-3 * NOISE), 0, 2, "rate")


def test_a_simulated_break_even_is_where_a_simulation_says_so():
    """On common random numbers: near it a choice is in doubt, beyond its interval it is not."""

    def saves(rate):
        risky = SHOP.disrupt(tl.Outage("mine", rate=rate, days=5))
        runs = [tl.replicate(chain, 40, seed=4) for chain in (risky, risky.set("shop.up_to", 20))]
        less, more = (tl.management.total_shortage_cost(run) for run in runs)
        return estimate(less - more - 900)

    found = break_even(saves, 0.0, 0.03, "closures a day", fine=0.01)
    assert 0 < found.low < found.at < found.high < 0.03
    assert saves(found.low * 0.9).high < 0 < saves(found.high * 1.1).low


@pytest.mark.browser
@pytest.mark.parametrize("size", ["usual", "full"])
def test_it_prints_on_one_page(size, tmp_path):
    if not CHROMIUM:
        unavailable("no chromium was found: install it, or set TWINLAB_CHROMIUM to its path")
    page = memo(PLANS, "How much?")
    if size == "full":
        words = ["An assumption of as many words as anybody could want to read on it. " * 4] * 8
        page = memo(rank(WIDE), "Why " * 60 + "?", "head of supply " * 3, "1 May", words, [RISKY])
    printed, written = tmp_path / "memo.pdf", page.save(tmp_path / "memo.html")
    command = [CHROMIUM, *FLAGS, "--headless", "--no-pdf-header-footer",
               f"--print-to-pdf={printed}", written.as_uri()]  # fmt: skip
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    assert len(re.findall(rb"/Type\s*/Page\b(?!s)", printed.read_bytes())) == 1
