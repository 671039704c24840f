"""The page in a browser: charts are drawn, nothing is requested, and text stays text."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

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
    assert len(re.findall(r'<figure class="chart drawn"', document)) == 27
    assert "failed" not in re.findall(r'<figure class="([^"]*)"', document)
    assert len(re.findall(r"<svg[^>]* class=\"marks\"", document)) == 27
    assert "data-hacked" not in document
