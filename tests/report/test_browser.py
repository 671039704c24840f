"""The page in a browser: charts are drawn, nothing is requested, and text stays text."""

import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from cuelens.report import ReportData
from cuelens.report.explained_page import Explanation, write_explanation

BROWSER = (
    shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
)

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(BROWSER is None, reason="no chromium is installed"),
]


def opened(page: Path, profile: Path) -> tuple[str, list[str]]:
    """Return the document after its scripts ran, and what it wrote to the console."""
    done = subprocess.run(
        [
            str(BROWSER), "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic",
            "--no-first-run", "--disable-background-networking", "--disable-component-update",
            "--disable-sync", f"--user-data-dir={profile}", "--enable-logging=stderr", "--v=0",
            "--virtual-time-budget=60000", "--window-size=1280,3000", "--dump-dom",
            page.as_uri(),
        ],
        capture_output=True, check=True, timeout=300, text=True,
    )  # fmt: skip
    return done.stdout, re.findall(r".*:CONSOLE[:(].*", done.stderr)


@pytest.mark.parametrize("kind", ["report", "hostile"])
def test_every_chart_is_drawn_and_no_planted_script_runs(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    document, console = opened(request.getfixturevalue(kind) / "report.html", tmp_path)
    assert console == []
    assert 'data-charts="done"' in document
    assert len(re.findall(r'<figure class="chart drawn"', document)) == 34
    assert "failed" not in re.findall(r'<figure class="([^"]*)"', document)
    assert len(re.findall(r"<svg[^>]* class=\"marks\"", document)) == 34
    assert "data-hacked" not in document


def test_the_page_of_explained_images_runs_its_script_without_charts(
    plant: Callable[..., ReportData], tmp_path: Path
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
    document, console = opened(page, tmp_path / "profile")
    assert console == []
    assert 'data-charts="done"' in document
    assert document.count('<div class="strip"') == len(figures) == len(data.strips)
