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


@pytest.fixture
def address(
    classify: Callable[[torch.Tensor, tuple[str, ...]], Classifier], picture: Picture
) -> Iterator[str]:
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

    page.click(".thumbs button:nth-child(2)")
    page.wait_for_function("document.querySelector('#answers').innerText.includes('other')")
    page.wait_for_function("!document.querySelector('#attack .card')")
    good = tmp_path / "<b>mine.png"
    Image.new("RGB", (50, 40), "orange").save(good)
    page.set_input_files("#picker input[type=file]", good)
    page.wait_for_function("document.querySelector('#answers').innerText.includes('<b>mine.png')")
    bad = tmp_path / "bad.png"
    bad.write_bytes(b"\x89PNG\r\n\x1a\n" + b"\0" * 99)
    page.set_input_files("#picker input[type=file]", bad)
    page.wait_for_selector("#complaint .complaint")
    assert "picture" in page.inner_text("#complaint")
    assert "<b>mine.png" in page.inner_text("#answers")

    page.set_viewport_size({"width": 400, "height": 900})
    time.sleep(0.3)
    assert page.evaluate("document.documentElement.scrollWidth") <= 400
    page.screenshot(path=str(screenshots / "explore-400.png"), full_page=True)
    assert page.evaluate("document.body.dataset.hacked") is None
    assert outside == []
    assert page.errors == []
