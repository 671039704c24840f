"""The explorer in a browser: pictures, sliders, an attack, a bad file; nothing asked elsewhere."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image

from cuelens.explore import Picture, Subjects, serve
from cuelens.networks.classifier import Classifier

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("default::pytest.PytestUnraisableExceptionWarning"),
]

HOSTILE = "</script><script>document.body.dataset.hacked=1</script><img src=x onerror=alert(1)>"
TEMPLATE = "${document.body.dataset.hacked=2}{{x}}"


@pytest.fixture(scope="module")
def address(
    classify: Callable[[torch.Tensor, tuple[str, ...]], Classifier], picture: Picture
) -> Iterator[str]:
    """Serve one for all: every test is another visitor."""
    rows = torch.ones(2, 3 * 16 * 16)
    rows[1] = -1
    models = {
        HOSTILE: classify(rows / 50, (TEMPLATE, HOSTILE)),
        "plain": classify(-rows / 50, ("yes", "no")),
    }
    hostile = Picture(name=HOSTILE, label=TEMPLATE, images=picture.images)
    other = Picture(name="other", label=None, images=0.2 * picture.images)
    with serve(Subjects.of(models), (hostile, other)) as served:
        yield served.address


LOOK = """() => {
  const box = (one) => one.getBoundingClientRect();
  const light = (text) => {
    const [r, g, b] = text.match(/[\\d.]+/g).slice(0, 3).map((one) => {
      const share = one / 255;
      return share <= .04045 ? share / 12.92 : ((share + .055) / 1.055) ** 2.4;
    });
    return .2126 * r + .7152 * g + .0722 * b;
  };
  const numbers = [...document.querySelectorAll('#controls .min_value, #controls .max_value')];
  const contrasts = numbers.map((one) => {
    const ink = light(getComputedStyle(one).color);
    const paper = light(getComputedStyle(one.closest('.block')).backgroundColor);
    return (Math.max(ink, paper) + .05) / (Math.min(ink, paper) + .05);
  });
  const levels = [...document.querySelectorAll('h1, h2, h3, h4')].map((one) => +one.tagName[1]);
  const edges = ['h1', '.drop', '#controls .form', '#reset'].map((one) =>
    Math.round(box(document.querySelector(one)).left));
  return { contrasts, levels, edges };
}"""
SLIDER = """(place) => {
  const slider = document.querySelectorAll('input[type=range]')[place];
  const { outlineStyle, outlineWidth } = getComputedStyle(slider);
  const own = slider.getBoundingClientRect();
  const box = (one) => one.getBoundingClientRect();
  const answers = box(document.querySelector('#answers'));
  const within = (one) => one.top >= 0 && one.bottom <= window.innerHeight;
  const cards = [...document.querySelectorAll('#answers .card')].map(box);
  return {
    focused: document.activeElement === slider && outlineStyle === 'solid' && outlineWidth,
    seen: within(own) && cards.length > 1 && cards.every(within),
    clear: own.top >= answers.bottom || own.bottom <= answers.top || own.right <= answers.left,
  };
}"""


def check_sliders(page: Any) -> None:
    """Every slider is reached by the Tab key, shows it, and has the answers beside it in sight."""
    sliders = page.locator("input[type=range]")
    sliders.first.focus()
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Tab")
    for place in range(sliders.count()):
        found = page.evaluate(SLIDER, place)
        assert found == {"focused": "3px", "seen": True, "clear": True}, place
        for _ in range(3):  # a number and a button stand between two sliders
            page.keyboard.press("Tab")


NUMBERS = """(place) => ['number', 'range'].map((kind) =>
  document.querySelectorAll(`#controls input[type=${kind}]`)[place].value)"""
COVERED = """() => {  // titles of sliders that lie under the answers, as far as a finger could tell
  const answers = document.querySelector('#answers');
  const titles = [...document.querySelectorAll('#controls label span')].map((one) => {
    const { left, top, width, height } = one.getBoundingClientRect();
    return [left + width / 4, top + height / 2];
  });
  const { top, bottom } = answers.getBoundingClientRect();
  return titles.filter(([_, y]) => y > top + 2 && y < bottom - 2).map(([x, y]) =>
    answers.contains(document.elementFromPoint(x, y)));
}"""


def check_titles_go_under_the_answers(page: Any) -> None:
    seen: list[bool] = []
    for _ in range(12):
        page.mouse.wheel(0, 60)
        time.sleep(0.05)
        seen += page.evaluate(COVERED)
    assert len(seen) > 3
    assert all(seen)


def says(page: Any, words: str) -> None:
    """Wait until the answers are to a picture of which this is said."""
    page.wait_for_function(f"document.querySelector('#answers .seen').dataset.words === {words!r}")


def pressed(page: Any) -> list[str]:
    return [one.get_attribute("aria-pressed") or "" for one in page.locator(".thumbs button").all()]


def test_a_visitor_picks_moves_attacks_saves_and_drops_a_bad_file(
    address: str, browser_page: Any, screenshots: Path, tmp_path: Path
) -> None:
    page = browser_page()
    outside: list[str] = []
    page.on("request", lambda one: outside.append(one.url)
            if not one.url.startswith((address, "data:", "blob:")) else None)  # fmt: skip
    page.goto(address)
    page.wait_for_selector("#looks .card img")
    first = page.inner_text("#answers")
    assert HOSTILE in first
    assert TEMPLATE in first
    page.screenshot(path=str(screenshots / "explore.png"), full_page=True)

    page.set_viewport_size({"width": 1200, "height": 800})
    check_sliders(page)
    look = page.evaluate(LOOK)
    assert len(look["contrasts"]) == 14
    assert min(look["contrasts"]) >= 4.5
    assert look["levels"][:2] == [1, 2]
    assert all(b - a <= 1 for a, b in zip(look["levels"], look["levels"][1:], strict=False))
    assert len(set(look["edges"])) == 1

    slider = page.locator("input[type=range]").first
    slider.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.wait_for_function("document.querySelector('#answers').innerText.includes('saturation=8')")
    page.wait_for_function("document.querySelector('#looks').innerText.includes('saturation=8')")

    page.click("#steps-10")
    page.wait_for_selector("#attack .card")
    assert "Step 10 of the attack" in page.inner_text("#attack")
    with page.expect_download() as download:
        page.click("#save")
    saved = tmp_path / "strip.png"
    download.value.save_as(saved)
    with Image.open(saved) as image:
        assert image.width > 3 * 192
    saved.replace(screenshots / "explore-strip.png")

    assert pressed(page) == ["true", "false"]
    page.click(".thumbs button:nth-child(2)")
    assert pressed(page) == ["false", "true"]
    page.wait_for_function("document.querySelector('#answers').innerText.includes('other')")
    page.wait_for_function("!document.querySelector('#attack .card')")
    good = tmp_path / "<b>mine.png"
    Image.new("RGB", (50, 40), "orange").save(good)
    page.set_input_files("#picker input[type=file]", good)
    page.wait_for_function("document.querySelector('#answers').innerText.includes('<b>mine.png')")
    assert pressed(page) == ["false", "false"]
    bad = tmp_path / "bad.png"
    bad.write_bytes(b"\x89PNG\r\n\x1a\n" + b"\0" * 99)
    page.set_input_files("#picker input[type=file]", bad)
    page.wait_for_selector("#complaint .complaint")
    assert "picture" in page.inner_text("#complaint")
    assert "<b>mine.png" in page.inner_text("#answers")

    assert pressed(page) == ["false", "false"]
    assert not any("common." in one for one in page.locator("[role=status]").all_text_contents())

    page.set_viewport_size({"width": 390, "height": 844})
    time.sleep(0.3)
    check_sliders(page)
    page.evaluate("window.scrollTo(0, 0)")
    check_titles_go_under_the_answers(page)
    page.set_viewport_size({"width": 400, "height": 900})
    assert page.evaluate("document.documentElement.scrollWidth") <= 400
    page.screenshot(path=str(screenshots / "explore-400.png"), full_page=True)
    assert page.evaluate("document.body.dataset.hacked") is None
    assert outside == []
    assert page.errors == []


def test_a_typed_number_becomes_one_of_its_slider_and_answers_agree(
    address: str, browser_page: Any, capfd: pytest.CaptureFixture[str]
) -> None:
    page = browser_page()
    page.goto(address)
    page.wait_for_selector("#looks .card img")
    field = page.locator("#controls input[type=number]").nth(1)
    for typed, key, kept in (
        ("3", "Enter", "3"), ("99", "Enter", "8"), ("99", "Tab", "8"), ("2.6", "Tab", "3"),
        ("", "Enter", "3"), ("-4", "Enter", "1"), ("4", "Tab", "4"), ("", "Tab", "4"),
    ):  # fmt: skip
        field.fill(typed)
        field.press(key)
        says(page, "unchanged" if kept == "1" else f"shuffle={kept}")
        assert page.evaluate(NUMBERS, 1) == [kept, kept], (typed, key)
    page.locator("#controls .reset-button").nth(1).click()
    says(page, "unchanged")
    assert page.evaluate(NUMBERS, 1) == ["1", "1"]
    assert page.locator(".toast-body").count() == 0
    assert "Traceback" not in capfd.readouterr().err
    assert page.errors == []


def test_each_click_is_a_step_and_an_attack_on_something_else_is_faded(
    address: str, browser_page: Any
) -> None:
    page = browser_page()
    page.goto(address)
    page.wait_for_selector("#looks .card img")
    for _ in range(3):
        page.click("#steps-1")
    page.wait_for_function("document.querySelector('#attack').innerText.startsWith('Step 3 ')")

    def faded(expected: bool) -> None:
        page.wait_for_function(
            f"document.querySelector('#results[data-stale]') ? {expected:d} : {not expected:d}"
        )
        assert page.locator("#attack .since").is_visible() is expected
        opacity = "getComputedStyle(document.querySelector('#attack .cards')).opacity"
        assert (page.evaluate(opacity) != "1") is expected

    def reach(key: str) -> None:
        page.click("#attack-row input")
        page.keyboard.press(key)
        page.keyboard.press("Enter")

    faded(False)
    page.locator("#controls input[type=number]").nth(1).fill("2")
    says(page, "shuffle=2")
    faded(True)
    page.click("#reset")
    says(page, "unchanged")
    faded(False)
    reach("ArrowDown")
    faded(True)
    page.click("#steps-1")
    page.wait_for_function("document.querySelector('#attack').innerText.startsWith('Step 1 ')")
    faded(False)
    page.click("#steps-10")
    page.click(".thumbs button:nth-child(2)")  # waits for its turn, and is not lost
    page.wait_for_function("document.querySelector('#answers .seen').dataset.name === 'other'")
    page.wait_for_function("!document.querySelector('#attack .card')")
    assert page.errors == []
