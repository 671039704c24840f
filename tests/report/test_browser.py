"""The page in a browser: charts are drawn, nothing is requested, and text stays text."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from cuelens.report import ReportData
from cuelens.report.explained_page import Explanation, write_explanation
from cuelens.report.traced import write_trace

pytestmark = pytest.mark.slow

Open = Callable[..., Any]

WIDE = """Array.from(document.querySelectorAll('body *')).filter((one) =>
  document.documentElement.scrollWidth > innerWidth && !one.closest('.scroll, nav')
  && one.getBoundingClientRect().right > innerWidth + 1
).map((one) => one.outerHTML.slice(0, 80))"""
"""What makes the page wider than the screen."""
COLUMNS = """Array.from(document.querySelector('#table-retention').tHead.rows[0].cells)
  .filter((one, at) => !one.hidden && Array.from(
    document.querySelectorAll('#table-retention tbody tr')).every((row) => !row.cells[at].hidden)
  ).map((one) => one.textContent)"""
"""Which columns a table shows, head and body."""
ROWS = """(name) => { const rows = Array.from(document.querySelector(name).tBodies[0].rows);
  return [rows.filter((one) => !one.classList.contains('away')).length, rows.length]; }"""
"""How many rows a table shows, and how many it has."""

MOOT = """Array.from(document.querySelectorAll('figure.chart')).filter((one) => {
  const live = one.querySelector('.live');
  const label = live.getAttribute('aria-label');
  return live.getAttribute('role') !== 'img' || live.tabIndex !== 0
    || !/(n = | of )[0-9]/.test(label);
}).map((one) => one.dataset.chart)"""
"""Which drawn charts lack a name that holds their numbers."""
CUT = """(() => { const all = Array.from(document.querySelectorAll('text'));
  const whole = document.documentElement.getBoundingClientRect();
  return [all.filter((one) => { const box = one.getBoundingClientRect();
    return box.left < whole.left || box.right > whole.right || box.bottom > whole.bottom; })
    .map((one) => one.textContent), all.length]; })()"""
"""Labels of a figure that are cut at its edge, and how many it has."""


def opened(browser_page: Open, page: Path, **settings: Any) -> Any:
    """Return a page whose charts are drawn, and which asked for nothing but itself."""
    shown = browser_page(**settings)
    asked: list[str] = []
    shown.on("request", lambda one: asked.append(one.url))
    shown.goto(page.as_uri())
    shown.wait_for_selector("html[data-charts=done]", state="attached")
    assert [url for url in asked if not url.startswith("data:")] == [page.as_uri()]
    assert shown.errors == []
    return shown


@pytest.fixture(scope="module")
def page(browser: Any, report: Path) -> Iterator[Any]:
    """Return the report, opened once: its charts take seconds to be drawn."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})

    def new() -> Any:
        shown = context.new_page()
        shown.errors = []
        shown.on("pageerror", lambda one: shown.errors.append(str(one)))
        shown.on(
            "console", lambda one: shown.errors.append(one.text) if one.type == "error" else None
        )
        return shown

    yield opened(new, report / "report.html")
    context.close()


def test_every_chart_is_drawn(page: Any, screenshots: Path) -> None:
    assert page.locator("figure.chart.drawn svg.marks").count() == 34
    assert page.locator("figure.failed").count() == 0
    assert page.evaluate(MOOT) == []
    top = {"x": 0, "y": 0, "width": 1280, "height": 5000}
    page.screenshot(path=str(screenshots / "report.png"), full_page=True, clip=top)


def test_no_label_of_a_figure_is_cut_where_a_browser_lacks_its_typeface(
    report: Path, browser_page: Open
) -> None:
    shown = browser_page()
    for name in ("cue-reliance", "shape-bias", "accuracy-shuffle"):
        shown.goto((report / "figures" / f"{name}.svg").as_uri())
        cut, texts = shown.evaluate(CUT)
        assert (cut, texts > 5) == ([], True), name


def test_no_planted_script_runs_and_a_narrow_dark_screen_scrolls_in_one_direction_only(
    hostile: Path, browser_page: Open, screenshots: Path
) -> None:
    narrow = {"viewport": {"width": 400, "height": 900}, "color_scheme": "dark"}
    page = opened(browser_page, hostile / "report.html", **narrow)
    assert page.locator("figure.chart.drawn svg.marks").count() == 34
    assert page.evaluate("document.documentElement.dataset.hacked") is None
    assert page.evaluate(WIDE) == []
    top = {"x": 0, "y": 0, "width": 400, "height": 6000}
    page.screenshot(path=str(screenshots / "hostile-400-dark.png"), full_page=True, clip=top)


def test_a_model_is_hidden_in_charts_and_strips_and_shown_again_by_the_keyboard(
    page: Any,
) -> None:
    lines = page.locator("figure.chart svg .mark-line path")
    before, strips = lines.count(), page.locator(".strip tbody:visible").count()
    entry = page.locator("button[data-hides=standard]").first
    entry.focus()
    page.keyboard.press("Enter")
    page.wait_for_function(
        "n => document.querySelectorAll('figure.chart svg .mark-line path').length < n", arg=before
    )
    assert page.locator("button[data-hides=standard][aria-pressed=true]").count() == 0
    assert page.locator(".strip tbody:visible").count() == strips - 2
    assert page.locator("#table-models tbody tr:visible").count() == 2
    assert page.evaluate(COLUMNS) == ["dataset", "condition", "adversarial", "underfit", "n"]
    assert page.evaluate(ROWS, "#table-cue-profile") == [6, 9]
    assert page.evaluate(ROWS, "#table-comparisons") == [0, 2]
    assert page.locator("#examples tbody td:visible").count() == 2
    assert page.locator("#missing").inner_text().startswith("Not shown: standard")
    page.keyboard.press("Enter")
    page.wait_for_function(
        "n => document.querySelectorAll('figure.chart svg .mark-line path').length === n",
        arg=before,
    )
    assert page.locator(".strip tbody:visible").count() == strips
    assert page.locator("#table-models tbody tr:visible").count() == 3
    assert page.evaluate(ROWS, "#table-comparisons") == [2, 2]
    assert page.locator("#missing:visible").count() == 0
    entry.click()
    page.locator("#missing button").click()
    assert page.locator("button[data-hides=standard][aria-pressed=true]").count() > 1


def test_each_point_of_a_trace_answers_to_pointer_finger_and_keys(
    plant_trace: Callable[[], pl.DataFrame],
    browser_page: Open,
    screenshots: Path,
    tmp_path: Path,
) -> None:
    phone = {"viewport": {"width": 390, "height": 844}, "has_touch": True}
    shown = opened(browser_page, write_trace(plant_trace(), tmp_path, title="run"), **phone)
    assert shown.locator("figure.chart.drawn .mark-line path").count() == 4  # curves and bands
    marks = shown.locator("figure.chart.drawn .mark-symbol path")
    assert marks.count() == 4
    told = shown.locator("#vg-tooltip-element.visible")
    marks.last.hover()
    told.wait_for()
    words = told.inner_text()
    assert all(one in words for one in ("robust", "clean accuracy", "95 % interval", "900"))
    shown.mouse.move(1, 1)
    told.wait_for(state="hidden")
    box = marks.last.bounding_box()
    shown.touchscreen.tap(box["x"] + box["width"] / 2 + 9, box["y"] + 4)  # beside it, as fingers do
    told.wait_for()
    assert told.inner_text() == words
    assert "900" in shown.locator("p[role=status].unseen").inner_text()
    shown.screenshot(path=str(screenshots / "trace.png"), full_page=True)
    shown.touchscreen.tap(5, 5)
    told.wait_for(state="hidden")
    shown.locator("figure.chart .live").first.focus()
    heard = []
    for _ in range(3):
        shown.keyboard.press("ArrowRight")
        heard.append(shown.locator("p[role=status].unseen").inner_text())
    assert len(set(heard)) == 3
    assert told.is_visible()
    shown.keyboard.press("Escape")
    told.wait_for(state="hidden")


def test_a_strip_is_enlarged_and_its_conditions_and_models_are_gone_through(
    page: Any, screenshots: Path
) -> None:
    page.locator("button.enlarge").first.focus()
    page.keyboard.press("Enter")
    title = page.locator("#enlarged-title")
    assert title.inner_text() == "star, clean"
    page.keyboard.press("ArrowRight")
    assert title.inner_text() == "star, saturation=8"
    answer = page.locator("#enlarged-answer")
    assert re.match(r"standard: \w+ \d+ % \((right|wrong)\); adversarial: ", answer.inner_text())
    page.keyboard.press("ArrowDown")
    assert "map of standard, saturation=8" in title.inner_text()
    assert re.match(r"\w+ \d+ % \((right|wrong)\) · ", answer.inner_text())  # and what white is
    page.set_viewport_size({"width": 800, "height": 360})
    box = title.bounding_box()
    assert box is not None
    assert box["y"] >= 0
    assert page.locator("#enlarged .close").bounding_box()["y"] < 360
    page.set_viewport_size({"width": 1280, "height": 900})
    page.screenshot(path=str(screenshots / "report-enlarged.png"))
    page.keyboard.press("Escape")
    assert not page.locator("#enlarged").is_visible()
    page.locator(".strip td img").nth(2).click()
    assert title.inner_text() == "star, shuffle=4"
    page.keyboard.press("Escape")


def test_the_keyboard_goes_from_the_skip_link_to_the_verdicts(
    page: Any,
) -> None:
    page.reload()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.url.endswith("#verdicts")


def test_a_narrow_screen_scrolls_in_one_direction_only(page: Any, screenshots: Path) -> None:
    page.set_viewport_size({"width": 400, "height": 900})
    assert page.evaluate(WIDE) == []
    page.wait_for_selector("nav ul.more")  # it tells that it goes on
    assert page.locator(".strip .hint:visible").count() > 0
    top = {"x": 0, "y": 0, "width": 400, "height": 6000}
    page.screenshot(path=str(screenshots / "report-400.png"), full_page=True, clip=top)
    page.set_viewport_size({"width": 1280, "height": 900})
    page.wait_for_selector("nav ul:not(.more)")
    last = page.locator("nav a").last.bounding_box()
    assert last["x"] + last["width"] < 1280


def test_in_print_every_chart_is_a_still_and_nothing_is_a_button(
    page: Any, screenshots: Path
) -> None:
    assert page.locator("img.still").count() == 0  # until they are wanted
    page.emulate_media(media="print")
    page.wait_for_function("() => document.querySelectorAll('img.still').length === 34")
    assert page.locator("figure.chart img.still:visible").count() == 34
    assert page.locator("figure.chart .live:visible").count() == 0
    assert page.locator("button.enlarge:visible").count() == 0
    unfolded = page.locator("details[data-printed]")
    assert unfolded.count() == page.locator("details[data-printed][open]").count() > 3
    printed = page.pdf(path=str(screenshots / "report.pdf"), format="A4")
    assert printed.startswith(b"%PDF")
    page.emulate_media(media="screen")
    page.wait_for_selector("details[data-printed][open]", state="detached")


def test_the_page_of_explained_images_runs_its_script_without_charts(
    plant: Callable[..., ReportData], browser_page: Open, tmp_path: Path
) -> None:
    data = plant()
    place = {"model": "standard", "method": "gradient", "condition": "clean"}
    measures = pl.DataFrame([{**place, "measure": "sparsity", "n": 1, "value": 0.4}])
    explanation = Explanation(
        models=tuple(model.name for model in data.models),
        strips=data.strips,
        by_image=measures,
        measures=measures,
        agreement=pl.DataFrame(),
        settings={"seed": "0"},
    )
    page, figures = write_explanation(explanation, tmp_path / "out")
    shown = opened(browser_page, page)
    assert shown.locator("div.strip").count() == len(figures) == len(data.strips)
