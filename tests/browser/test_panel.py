"""The panel of a running twin in a real JupyterLab, worked with the keyboard alone."""

import re

import pytest
from nbformat import write
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

pytestmark = [pytest.mark.browser, pytest.mark.slow]

PANEL = """
import twinlab as tl

net = tl.serial(["mine", "plant", "shop"], demand=tl.Normal(5, 1), on_hand=20)
chain = tl.cases.Case(net, tl.BaseStock(20), days=90)
plant, twin = chain.twin(tl.Outage("mine", start=1, days=20), seed=1)
twin.propose(tl.Change({"shop.up_to": 25}), "the mine may close", valid_days=30)
tl.lab.twin_panel(twin, plant)
"""
KNOWN, ORDERS = ".twinlab-panel.knowledge", ".twinlab-panel.orders"

DRAWN = """() => {
    const seen = document.querySelector(".twinlab-network canvas");
    const bytes = seen?.getContext("2d").getImageData(0, 0, seen.width, seen.height).data;
    return bytes?.some((byte, at) => at % 4 === 3 && byte > 200);
}"""


@pytest.fixture
def shown(folder, open_notebook):
    cells = [new_markdown_cell("# A twin"), new_code_cell(PANEL)]
    kernel = {"name": "python3", "display_name": "Python 3 (ipykernel)"}
    write(new_notebook(cells=cells, metadata={"kernelspec": kernel}), folder / "panel.ipynb")
    notebook = open_notebook("panel.ipynb")
    notebook.run_all()
    notebook.check()
    notebook.page.locator(f"{KNOWN} .facts b").first.wait_for()
    return notebook


def go_to(page, name, key="Tab"):
    """Press the Tab key until something of that name has the focus, as its reader hears it."""
    for _ in range(200):
        if page.evaluate(
            """name => { const here = document.activeElement;
                return here.closest(".twinlab-panel") && [here.getAttribute("aria-label"),
                    here.labels?.[0]?.textContent, here.textContent].includes(name); }""",
            name,
        ):
            return
        page.keyboard.press(key)
    pytest.fail(f"the {key} key does not lead to {name!r}")


def wait_for(page, what, words):
    page.locator(what, has_text=re.compile(words)).first.wait_for()


def seen(page):
    """All words of both parts, once the network is drawn between them."""
    page.locator(f"{ORDERS} tbody tr").first.wait_for()
    page.wait_for_function(DRAWN)
    return page.locator(KNOWN).inner_text(), page.locator(f"{ORDERS} tbody").all_inner_texts()


def test_days_pass_an_order_is_approved_and_a_reload_loses_nothing(shown):
    page = shown.page
    go_to(page, "Let a day pass")
    for day in (1, 2):
        page.keyboard.press("Enter")
        wait_for(page, f"{KNOWN} [role=status]", f"day {day}: ")
    wait_for(page, f"{KNOWN} [role=status]", r"mine: closed since day 1 \(heard\)")
    wait_for(page, f"{ORDERS} tbody tr", "mine")
    approve(page)
    go_to(page, "Let a day pass", "Shift+Tab")
    page.keyboard.press("Space")
    wait_for(page, f"{ORDERS} tbody tr", r"done[\s\S]*Anna, supply planner, the mine has closed")
    wait_for(page, f"{KNOWN} [role=status]", "day 3: ")
    shown.check()

    before = seen(page)
    page.evaluate("() => jupyterapp.commands.execute('docmanager:save')")
    page.reload()
    page.locator(f"{KNOWN} .facts b").first.wait_for()
    assert seen(page) == before
    go_to(page, "Let a week pass")
    page.keyboard.press("Enter")
    wait_for(page, f"{KNOWN} [role=status]", "day 10: ")
    shown.check()


def approve(page):
    """Fill in the form, first with a role that may not approve: the rest of it stays."""
    typed = {"Your name": "Anna", "Your role": "gardener", "Reason": "the mine has closed"}
    for field, words in typed.items():
        go_to(page, field)
        page.keyboard.type(words)
    go_to(page, "Approve")
    page.keyboard.press("Space")
    wait_for(page, f"{ORDERS} [role=alert]", "gardener")
    page.locator("[aria-invalid=true]:focus").wait_for()
    assert {field: page.get_by_label(field).input_value() for field in typed} == typed
    page.keyboard.press("Control+a")
    page.keyboard.type("supply planner")
    go_to(page, "Approve")
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")  # one too many does no harm
    wait_for(page, f"{ORDERS} [role=status]", "is sent")
