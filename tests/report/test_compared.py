"""The page that shows two runs side by side, with planted differences."""

from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from cuelens.report import compare_report, headline_of
from cuelens.report.compared import _verdicts
from cuelens.study import RunComparison
from cuelens.study.gate.run_comparison import COMPARED_COLUMNS
from cuelens.study.plan.stated_claims import PAPER_CLAIMS
from cuelens.study.verdicts.verdicts import Verdict

SCRIPT = "</script><script>document.documentElement.dataset.hacked=1</script>"


def planted(p: float = 0.001, *, model: str = "standard") -> RunComparison:
    known = {"model": model, "quantity": "accuracy", "condition": "clean", "n": 100,
             "before": 0.8, "now": 0.7, "difference": -0.1, "low": -0.15, "high": -0.05, "p": p,
             "p_holm": p, "method": "Tango", "note": None}  # fmt: skip
    other = {**known, "condition": "shuffle=2", "difference": 0.02, "low": -0.01, "high": 0.05,
             "p": 0.5, "p_holm": 1.0}  # fmt: skip
    unknown = {**dict.fromkeys(COMPARED_COLUMNS), "model": model, "quantity": "shape_bias",
               "condition": "clean", "note": "other images"}  # fmt: skip
    return RunComparison(
        run=Path("runs/new"),
        baseline=Path("runs/old"),
        models=(model,),
        alone=(("extra", "runs/new"),),
        differences=pl.DataFrame([known, other, unknown], schema=COMPARED_COLUMNS),
        verdicts=(),
        settings=({"seed": 1, "data": {"size": 32}}, {"seed": 0, "data": {"size": 32}}),
    )


def test_the_headline_counts_what_is_clear() -> None:
    clear = "new against old: 1 of 2 differences is clear, 0 up and 1 down"
    assert headline_of(planted()) == clear
    assert headline_of(planted(0.2)) == "new against old: none of 2 differences is clear"


def test_runs_in_folders_of_one_name_are_told_apart(tmp_path: Path) -> None:
    found = replace(planted(), run=tmp_path / "a" / "run", baseline=tmp_path / "b" / "run")
    assert headline_of(found).startswith("a/run against b/run: ")
    assert headline_of(replace(found, baseline=found.run)).startswith("run against run: ")


def test_one_difference_is_not_differences() -> None:
    found = planted()
    one = replace(found, differences=found.differences.head(1))
    assert headline_of(one) == "new against old: 1 of 1 difference is clear, 0 up and 1 down"


def test_both_runs_say_why() -> None:
    before = Verdict(
        claim=PAPER_CLAIMS[0], outcome="for", sentence="For: 4 more.", effects=(), missing=(),
        p=0.0, p_holm=0.0, family_size=1, disagree=(), checks=(),
    )  # fmt: skip
    now = replace(before, outcome="against", sentence="Against: 4 less.")
    table = _verdicts([(now, before), (None, before)])
    assert table.header == ("claim", "baseline", "run", "why in the baseline", "why in the run")
    assert [row[1:] for row in table.rows] == [
        ("for", "against", "For: 4 more.", "Against: 4 less."),
        ("for", "not stated", "For: 4 more.", ""),
    ]


def test_the_page_has_differences_their_reasons_and_the_settings_that_differ(
    tmp_path: Path,
) -> None:
    page = compare_report(planted(), tmp_path, created="2026-01-02")
    text = page.read_text(encoding="utf-8")
    assert "1 of 2 differences is clear" in text
    assert "Clear is what has p below .05 after Holm" in text
    assert "\N{MINUS SIGN}10.0 points" in text
    assert "other images" in text
    assert "extra (runs/new)" in text
    settings = (tmp_path / "tables" / "compared-settings.csv").read_text(encoding="utf-8")
    assert settings.splitlines() == ["setting,baseline,run", "seed,0,1"]
    assert {one.name for one in (tmp_path / "figures").iterdir()} == {
        "difference-accuracy.svg", "difference-accuracy.pdf",
    }  # fmt: skip
    again = compare_report(planted(), tmp_path / "again", created="2026-01-02")
    assert again.read_text(encoding="utf-8") == text


@pytest.mark.slow
def test_the_page_draws_in_a_browser_and_names_are_text(
    tmp_path: Path, browser_page: object, screenshots: Path
) -> None:
    page = compare_report(planted(model=f"a{SCRIPT}"), tmp_path, created="2026-01-02")
    shown = browser_page()  # type: ignore[operator]
    shown.goto(page.as_uri())
    shown.wait_for_selector("html[data-charts=done]", state="attached")
    assert shown.locator("figure.drawn").count() == 1
    assert shown.evaluate("document.documentElement.dataset.hacked") is None
    assert shown.errors == []
    shown.screenshot(path=str(screenshots / "compare.png"), full_page=True)
