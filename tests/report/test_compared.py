"""The page that shows two runs side by side, with planted differences."""

from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from cuelens.report import compare_report, headline_of, networks_of
from cuelens.study import RunComparison
from cuelens.study.gate.run_comparison import COMPARED_COLUMNS

SCRIPT = "</script><script>document.documentElement.dataset.hacked=1</script>"


def planted(p: float = 0.001, *, model: str = "standard") -> RunComparison:
    known = {"model": model, "quantity": "accuracy", "condition": "clean", "n": 100,
             "before": 0.8, "now": 0.7, "difference": -0.1, "low": -0.15, "high": -0.05, "p": p,
             "p_holm": p, "method": "Tango", "doubts": [], "note": None}  # fmt: skip
    other = {**known, "condition": "shuffle=2", "difference": 0.02, "low": -0.01, "high": 0.05,
             "p": 0.5, "p_holm": 1.0}  # fmt: skip
    unknown = {**dict.fromkeys(COMPARED_COLUMNS), "model": model, "quantity": "shape_bias",
               "condition": "clean", "doubts": [], "note": "other images"}  # fmt: skip
    return RunComparison(
        run=Path("runs/new"),
        baseline=Path("runs/old"),
        models=(model,),
        alone=(("extra", "runs/new"),),
        weights={model: ("1", "1")},
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


def test_runs_that_differ_in_nothing_say_so() -> None:
    found = planted()
    same = replace(found, differences=found.differences.with_columns(pl.col("difference") * 0))
    assert headline_of(same) == "new against old: no difference in 2 comparisons"
    one = replace(same, differences=same.differences.head(1))
    assert headline_of(one) == "new against old: no difference in 1 comparison"


def test_a_network_that_is_another_one_is_named() -> None:
    found = replace(planted(), models=("a", "b"), weights={"a": ("1", "1"), "b": ("2", "2")})
    assert networks_of(found) == "a and b are the same networks in both runs, by fingerprint."
    one = replace(found, weights={**found.weights, "b": ("3", "2")})
    assert networks_of(one) == (
        "b is another network in the run than in the baseline, by fingerprint."
    )
    both = replace(found, weights=dict.fromkeys("ab", ("3", "2")))
    assert networks_of(both) == (
        "a and b are other networks in the run than in the baseline, by fingerprint."
    )


def test_the_page_shows_fingerprints_of_networks_that_differ(tmp_path: Path, undrawn: None) -> None:
    same = compare_report(planted(), tmp_path / "same").read_text(encoding="utf-8")
    assert "standard is the same network in both runs, by fingerprint." in same
    assert not (tmp_path / "same" / "tables" / "compared-models.csv").exists()
    compare_report(replace(planted(), weights={"standard": ("6e7f", "71e8")}), tmp_path / "other")
    table = (tmp_path / "other" / "tables" / "compared-models.csv").read_text(encoding="utf-8")
    assert table.splitlines() == ["model,baseline,run", "standard,71e8,6e7f"]


def test_runs_that_are_no_studies_have_no_settings_to_differ(tmp_path: Path, undrawn: None) -> None:
    page = compare_report(replace(planted(), settings=({}, {})), tmp_path)
    text = page.read_text(encoding="utf-8")
    assert "Neither run is a study, and only a study keeps its settings." in text
    assert "No setting differs." not in text


def test_doubts_stand_in_the_rows_of_chart_and_table(tmp_path: Path, undrawn: None) -> None:
    plain = compare_report(planted(), tmp_path / "plain").read_text(encoding="utf-8")
    assert "(doubted)" not in plain
    assert "marked as doubted" not in plain
    found = planted()
    doubted = found.differences.with_columns(
        doubts=pl.Series([["few-images"], [], []], dtype=pl.List(pl.String)),
        note=pl.Series(["few-images: it rests on few", None, "other images"]),
    )
    page = compare_report(replace(found, differences=doubted), tmp_path / "doubted")
    text = page.read_text(encoding="utf-8")
    assert "clean (doubted)" in text
    assert "shuffle=2 (doubted)" not in text
    assert "marked as doubted" in text
    assert '<td class="note">few-images: it rests on few</td>' in text


def test_each_chart_says_which_images_its_n_counts(tmp_path: Path, undrawn: None) -> None:
    text = compare_report(planted(), tmp_path).read_text(encoding="utf-8")
    assert "Share of all images that are right. n: all images." in text
    assert "n: images that count in either run" in text


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
