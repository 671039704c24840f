"""The page of `cuelens attack`: whole, by itself, and text stays text."""

import html
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from tests.report.test_attack_examples import attacked
from tests.report.test_browser import opened
from tests.study.planted_attacks import part, planted_attacks

from cuelens.errors import RecordError
from cuelens.report import attack_report
from cuelens.study.checks.checks import Check
from cuelens.study.outcomes.attack_curves import attack_results

pytestmark = pytest.mark.no_cover  # whole commands and pages, whose parts have tests of their own

SCRIPT = "</script><script>document.documentElement.dataset.hacked=1</script>"
SUITE = "quick-linf-8/255"
CHECKS = (
    Check(name="radius-up", raised=False, sentence="It falls from 90 % to 40 %.", about=(SUITE,)),
    Check(
        name="gradients-tiny", raised=True, sentence="12 of 60 are 0.", about=(SUITE, "standard")
    ),
)


def written(out: Path, **changes: Any) -> str:
    """Return the text of a page with everything on it."""
    settings: dict[str, Any] = {
        "checks": CHECKS,
        "examples": [
            attacked("standard", condition=SUITE),
            attacked("adversarial", condition=SUITE),
        ],
        "settings": {"suite": "quick", "limit": 60},
        "created": "2026-02-03",
    }
    records = changes.pop("records", None)
    if records is None:
        records = planted_attacks(n=60, suite="quick", radii=("2/255", "8/255"))
    page = attack_report(records, out=out, **(settings | changes))
    assert page == out / "attack.html"
    return page.read_text(encoding="utf-8")


def titles(text: str) -> list[str]:
    """Return the headings of the sections."""
    body = re.sub(r"<script.*?</script>", "", text, flags=re.DOTALL)
    return re.findall(r"<h2[^>]*>([^<]+)</h2>", body)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("attacked")
    written(out)
    return out


@pytest.fixture(scope="module")
def text(folder: Path) -> str:
    return (folder / "attack.html").read_text(encoding="utf-8")


def test_the_page_goes_from_the_result_to_everything(text: str) -> None:
    assert titles(text) == [
        "Result",
        "Checks",
        "Against the radius",
        "Step by step",
        "Adversarial examples",
        "Everything",
    ]
    assert re.search(
        r"<h1>Robust accuracy under <span class=\"whole\">quick-linf-2/255:</span> standard "
        r"[\d.]+.%, adversarial [\d.]+.%</h1>",
        text,
    )
    assert (
        '<p class="lead">60 images of test, radius in units of the pixel range (Linf), with 95 % '
        "intervals.</p>"
    ) in text


@pytest.mark.usefixtures("undrawn")
def test_the_headline_is_of_the_radius_given_first_and_says_which(tmp_path: Path) -> None:
    records = planted_attacks(n=60, suite="quick", radii=("8/255", "2/255", "16/255"))
    text = written(tmp_path, records=records, examples=(), checks=())
    values = attack_results(records).filter(suite="quick-linf-8/255", attack="worst case")["value"]
    shown = [f"{100 * value:.1f}\N{NARROW NO-BREAK SPACE}%" for value in values]
    assert (
        '<h1>Robust accuracy under <span class="whole">quick-linf-8/255:</span> standard '
        f"{shown[0]}, adversarial {shown[1]}</h1>"
    ) in text


def test_names_in_headings_are_kept_whole(text: str) -> None:
    assert (
        '<h3><span class="whole">quick-linf-2/255:</span> <span class="whole">pgd-20</span>' in text
    )


def test_one_model_has_a_sentence_of_its_own(tmp_path: Path) -> None:
    alone = part(
        "pgd-20", clean_right=[True] * 4, fooled=[True, False, False, False], steps=[1] * 4
    )
    text = written(tmp_path, records=alone, examples=(), checks=())
    assert (
        "<h1>standard is right on 75.0\N{NARROW NO-BREAK SPACE}% of images under "
        '<span class="whole">pgd-20</span></h1>' in text
    )
    assert titles(text) == ["Result", "Step by step", "Everything"]


def test_worst_cases_alone_make_a_page_without_curves(tmp_path: Path) -> None:
    bare = part("pgd-20", clean_right=[True, True], fooled=[True, False], steps=[1, 1], points=None)
    text = written(tmp_path, records=bare, examples=(), checks=(), settings=None)
    assert titles(text) == ["Result", "Everything"]


def test_each_check_is_a_sentence_and_a_doubt_stands_by_the_result(text: str) -> None:
    result = text[text.index('id="result"') : text.index('id="checks"')]
    assert "12 of 60 are 0." in result
    assert "It falls from" not in result
    checks = text[text.index('id="checks"') : text.index('id="radius"')]
    assert checks.index("12 of 60 are 0.") < checks.index("It falls from 90")


def test_many_passed_checks_unfold(tmp_path: Path) -> None:
    many = [Check(name=f"check-{k}", raised=False, sentence="Fine.", about=()) for k in range(5)]
    bare = part("pgd-20", clean_right=[True], fooled=[True], steps=[1], points=None)
    for count, folded in ((4, 0), (5, 1)):
        text = written(tmp_path, records=bare, examples=(), checks=many[:count])
        summary = f"<summary>{count} passed</summary>"
        assert text.count(f"<details>\n    {summary}") == folded
        assert summary in text


def test_every_figure_and_table_lies_beside_the_page(folder: Path, text: str) -> None:
    links = set(re.findall(r'href="((?:tables|figures)/[^"]+)"', text))
    assert len(links) > 20
    assert all((folder / link).is_file() for link in links)
    figures = {path.name for path in (folder / "figures").iterdir()}
    assert {
        "adversarial-1.svg", "adversarial-1.png", "robust-accuracy-by-radius-quick-linf.svg",
        "success-quick-linf-2-255-pgd-20-alone.svg", "loss-quick-linf-2-255-apgd-ce-alone.svg",
    } <= figures  # fmt: skip
    tables = {path.stem for path in (folder / "tables").iterdir()}
    assert tables == {
        "attacks", "attack-curves", "attack-summaries", "checks", "settings", "versions",
    }  # fmt: skip
    curves = pl.read_csv(folder / "tables" / "attack-curves.csv")
    assert set(curves["radius"].round(4)) == {0.0078, 0.0314}  # every radius, drawn or not


def test_examples_show_labels_answers_and_the_factor(text: str) -> None:
    part_ = text[text.index('id="examples"') : text.index('id="everything"')]
    assert "Differences magnified 10 times; grey is no change." in part_
    assert "Images drawn by chance among those fooled, each model in turn" in part_
    assert part_.count('alt="magnified difference"') == 2 * 5
    assert re.search(r"class (\d) → class \d", part_)


def test_nothing_is_asked_of_a_network_and_ids_are_there_once(text: str) -> None:
    assert not re.findall(r'(?:src|href)="(?:[a-z]+:)?//', text)
    assert "default-src 'none'; img-src data:;" in html.unescape(text)
    body = re.sub(r"<script.*?</script>", "", text, flags=re.DOTALL)
    ids = re.findall(r' id="([^"]+)"', body)
    assert len(ids) == len(set(ids))
    assert set(re.findall(r'href="#([^"]+)"', body)) <= set(ids)
    assert all(re.search(r'alt="[^"]', image) for image in re.findall(r"<img[^>]*>", body))


def test_names_that_look_like_scripts_are_shown_as_text(tmp_path: Path) -> None:
    records = planted_attacks((SCRIPT,), n=20, suite="quick")
    checks = (Check(name=SCRIPT, raised=True, sentence=SCRIPT, about=(SCRIPT,)),)
    examples = [attacked(SCRIPT, condition=SCRIPT, class_names=(SCRIPT,) * 10)]
    text = written(
        tmp_path, records=records, checks=checks, examples=examples, settings={SCRIPT: SCRIPT}
    )
    assert "<script>document" not in text
    for figure in (tmp_path / "figures").glob("*.svg"):
        assert "<script" not in figure.read_text(encoding="utf-8")


def test_a_page_is_a_function_of_its_records(folder: Path, tmp_path: Path) -> None:
    written(tmp_path)
    for path in sorted({*tmp_path.rglob("*.*")} - {*tmp_path.rglob("*.pdf")}):
        assert path.read_bytes() == (folder / path.relative_to(tmp_path)).read_bytes(), path.name


def test_no_records_have_no_page(tmp_path: Path) -> None:
    with pytest.raises(RecordError) as error:
        attack_report(planted_attacks(n=4).clear(), out=tmp_path)
    assert str(error.value) == (
        "A report needs records of at least one attack, got none. Attack first."
    )
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
def test_every_chart_is_drawn_in_a_browser(folder: Path, browser_page: Callable[..., Any]) -> None:
    page = opened(browser_page, folder / "attack.html")
    assert page.locator("figure.chart.drawn").count() == 1 + 2 * 3
