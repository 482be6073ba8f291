"""A live picture in a real JupyterLab: its numbers by keys, its table, its theme, its waiting."""

import pytest
from nbformat import write
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from twinlab.lab.charts.pictures import THEME

pytestmark = [pytest.mark.browser, pytest.mark.slow]

LIVE = """
import time
from pathlib import Path

import twinlab as tl


def wave(height):
    while Path("shut").exists():
        time.sleep(0.02)
    days = range(60)
    series = {"stock": [height * x % 40 for x in days], "orders": [30 - x / 2 for x in days]}
    return tl.lab.lines(days, series, tl.lab.Words("The shop", "day", "stock [units]"))


view = tl.lab.play(wave, {"height": (0, 40, 7, "units")})
view
"""
CHAIN = """
net = tl.serial(["mine", "plant", "shop"], demand=tl.Constant(5), on_hand=20)
chain = tl.Scenario(net, tl.BaseStock(20), days=40).disrupt(tl.Outage("mine", start=9, days=9))
tl.lab.network(tl.simulate(chain), day=14)
"""
WORLD = """
at = tl.Node("mine", latitude=-23, longitude=-68), tl.Node("shop", latitude=48, longitude=2)
far = tl.serial(["mine", "shop"], demand=tl.Constant(5), lead_time=9, on_hand=45)
story = tl.Scenario(far.change(*at), tl.BaseStock(60), days=40)
tl.lab.world_map(tl.simulate(story.disrupt(tl.Outage("mine", start=9, days=9))))
"""
PICTURE = ".twinlab-picture"
# Which share of an element is drawn at all, which is dark, and which is pale.
SHARE = """([what, kind]) => {
    const seen = document.querySelector(what);
    const canvas = document.createElement("canvas");
    canvas.width = seen.naturalWidth ?? seen.width;
    canvas.height = seen.naturalHeight ?? seen.height;
    const pen = canvas.getContext("2d");
    pen.drawImage(seen, 0, 0);
    const bytes = pen.getImageData(0, 0, canvas.width, canvas.height).data;
    let found = 0;
    for (let i = 0; i < bytes.length; i += 4)
        found += bytes[i + 3] > 200 && (kind === "drawn"
            || (kind === "dark" ? bytes[i] + bytes[i + 1] < 100 : bytes[i] + bytes[i + 1] > 400));
    return found / (bytes.length / 4);
}"""


@pytest.fixture
def shown(folder, open_notebook):
    cells = [new_markdown_cell("# Pictures"), *map(new_code_cell, (LIVE, CHAIN, WORLD))]
    kernel = {"name": "python3", "display_name": "Python 3 (ipykernel)"}
    write(new_notebook(cells=cells, metadata={"kernelspec": kernel}), folder / "pictures.ipynb")
    notebook = open_notebook("pictures.ipynb")
    notebook.run_all()
    notebook.check()
    notebook.page.locator(f"{PICTURE}[data-count]").first.wait_for()
    return notebook


def theme(page, name):
    page.evaluate(
        "name => jupyterapp.commands.execute('apputils:change-theme', {theme: name})", name
    )
    light = str("Light" in name).lower()
    page.wait_for_function("is => document.body.dataset.jpThemeLight === is", arg=light)


def count(page):
    return int(page.locator(PICTURE).first.get_attribute("data-count"))


def wait_for_picture(page, after):
    page.wait_for_function(
        f"""old => {{ const box = document.querySelector("{PICTURE}");
            return Number(box.dataset.count) > old && box.querySelector("img").complete; }}""",
        arg=after,
    )


def test_arrow_keys_read_the_numbers_and_the_button_opens_them(shown):
    page = shown.page
    stage, tip = page.locator(f"{PICTURE} .stage").first, page.locator(f"{PICTURE} .tip").first
    stage.focus()
    for _ in range(5):
        page.keyboard.press("ArrowRight")
    page.wait_for_function(f"() => document.querySelector('{PICTURE} .tip').textContent")
    assert tip.inner_text().splitlines() == ["day 4", "stock [units]: 28", "orders [units]: 28"]
    page.keyboard.press("ArrowLeft")
    assert tip.inner_text().splitlines()[:2] == ["day 3", "stock [units]: 21"]
    page.keyboard.press("Escape")
    assert not tip.inner_text()
    box = stage.bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    assert tip.inner_text().startswith("day ")
    page.locator(f"{PICTURE} summary").first.press("Enter")
    table = page.locator(f"{PICTURE} table").first
    table.wait_for()
    rows = table.inner_text().split("\n")
    assert rows[:2] == ["The shop", "day\tstock [units]\torders [units]"]
    assert "4\t28\t28" in rows
    assert page.locator(f"{PICTURE} img").first.get_attribute("alt").startswith("The shop: stock")
    shown.check()


def test_a_theme_recolours_the_picture_and_the_network_and_keeps_both(shown):
    page, canvas = shown.page, ".twinlab-network canvas"
    drawn, pale = (page.evaluate(SHARE, [canvas, kind]) for kind in ("drawn", "pale"))
    assert drawn > 0.01
    assert page.evaluate(SHARE, [f"{PICTURE} img", "dark"]) > 0.001
    for name, is_dark in (("JupyterLab Dark", True), ("JupyterLab Light", False)):
        before = count(page)
        theme(page, name)
        wait_for_picture(page, before)
        assert (page.evaluate(SHARE, [f"{PICTURE} img", "dark"]) > 0.001) == (not is_dark)
        ground = "rgb(17, 17, 17)" if is_dark else "rgb(255, 255, 255)"
        page.wait_for_function(
            """ground => getComputedStyle(document.querySelector(".twinlab-network .stage"))
                .backgroundColor === ground""",
            arg=ground,
        )
        low, high = (0.3 * pale, 0.8 * pale) if is_dark else (0.97 * pale, 1.03 * pale)
        page.wait_for_function(
            f"""([what, low, high, drawn]) => {{
                const [pale, all] = ["pale", "drawn"].map((kind) => ({SHARE})([what, kind]));
                return low < pale && pale < high && all > 0.97 * drawn; }}""",
            arg=[canvas, low, high, drawn],
        )
    shown.check()


GROUND = "<style>body { background: %s }</style><body %s><div id=at></div>"
DARK_MEDIA = "<style>@media (prefers-color-scheme: dark) { body { background: #131416 } }</style>"


@pytest.mark.parametrize(
    ("content", "is_dark"),
    [
        (GROUND % ("#fff", "data-jp-theme-light=false"), True),  # as JupyterLab and Voilà say it
        (GROUND % ("#111", "data-jp-theme-light=true"), False),
        (GROUND % ("#fff", "data-theme=dark"), True),  # as pages of documentation do
        (GROUND % ("#111", "data-theme=light"), False),
        (DARK_MEDIA + "<body data-theme=auto><div id=at></div>", True),
        (GROUND % ("#1e1e1e", ""), True),
        (GROUND % ("rgba(0, 0, 0, 0.2)", ""), False),
        ("<div id=at></div>", False),  # paper, however dark the reader's system is
    ],
)
def test_any_page_tells_whether_it_is_dark_and_when_that_changes(page, content, is_dark):
    page.emulate_media(color_scheme="dark")
    page.set_content(content)
    page.evaluate(
        f"""() => {{ {THEME.read_text("utf-8")}
            window.heard = []; followTheme(document.querySelector("#at"), d => heard.push(d)); }}"""
    )
    assert page.evaluate("heard") == [is_dark]
    said = "jpThemeLight" if "jp-theme" in content else "theme"
    other = str(is_dark).lower() if said == "jpThemeLight" else ["dark", "light"][is_dark]
    page.evaluate("([said, other]) => { document.body.dataset[said] = other; }", [said, other])
    page.wait_for_function("() => heard.length === 2")
    assert page.evaluate("heard") == [is_dark, not is_dark]


def test_the_old_picture_pales_while_the_new_one_is_made(shown, folder):
    page, before = shown.page, count(shown.page)
    (folder / "shut").touch()
    shown.press_first_slider(1)
    page.locator(f"{PICTURE}.busy").first.wait_for()
    page.locator(f"{PICTURE} .wait", has_text="working").first.wait_for()
    assert count(page) == before
    (folder / "shut").unlink()
    wait_for_picture(page, before)
    page.wait_for_function(f"() => !document.querySelector('{PICTURE}').matches('.busy')")
    shown.check()


def test_the_map_of_the_world_plays_by_keyboard_and_stops(shown):
    page = shown.page
    area = page.locator(".jp-OutputArea").filter(has=page.locator(".widget-play")).last
    button, box = area.get_by_role("button", name="play or pause"), area.locator(PICTURE).first
    image, start = box.locator("img"), int(box.get_attribute("data-count"))
    later = "([box, old]) => Number(box.dataset.count) > old"
    button.focus()
    page.keyboard.press("Enter")
    page.wait_for_function(later, arg=[box.element_handle(), start + 3])
    page.keyboard.press("Enter")
    shown.settle()
    assert image.get_attribute("alt").startswith("day ")
    assert image.get_attribute("alt").split(":")[0] in area.inner_text()
    shown.check()
