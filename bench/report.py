"""How large is a report of 20 models, 40 conditions and 200 pictures, and how soon is it open?

Planted numbers of that size are drawn as a study's are; chromium opens the page, and it counts as
open once it is laid out and the charts that are in sight are drawn.
"""

import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from bench.measure import against_limit, print_row
from cuelens.evaluation import CONTROLS
from cuelens.report import (
    MapPicture,
    ModelRow,
    Rate,
    ReportData,
    Strip,
    StripCell,
    write_report,
)
from cuelens.report.views import OWN

MODELS, SIDE, STRIPS, ROUNDS = 20, 224, 5, 5
LEVELS = {
    "saturation": (1, 4, 8, 16, 64, 1024), "contrast": (1, 4, 8, 16, 64, 1024),
    "shuffle": (2, 4, 8), "borders": (2, 4, 8),
    "blur": (0.5, 1, 2, 4), "blur-noise": (0.5, 1, 2, 4),
    "low-pass": (4, 6, 8, 12), "low-pass-noise": (4, 6, 8, 12), "high-pass": (1, 2, 4),
    "median": (1, 2, 3),
}  # fmt: skip
"""Forty conditions."""
PER_STRIP = ("clean", "saturation=8")
"""Under these each strip shows every model: two pictures and forty maps; 210 in five strips."""
CHROMIUM = "/usr/bin/chromium"


def summaries(names: tuple[str, ...]) -> pl.DataFrame:
    """Return accuracy and retention of every model under every condition."""
    chance = np.random.default_rng(0)
    rows: list[dict[str, Any]] = []
    for name in names:
        place = {"model": name, "dataset": "test", "n": 10_000, "method": "Wilson"}
        rows.append({**place, "condition": "clean", "family": "clean", "level": None,
                     "quantity": "accuracy", **_ends(0.9)})  # fmt: skip
        for family, levels in LEVELS.items():
            for level in levels:
                for quantity in ("accuracy", "retention"):
                    rows.append(
                        {**place, "condition": f"{family}={level:g}", "family": family,
                         "level": float(level), "quantity": quantity,
                         **_ends(float(chance.uniform(0.2, 0.9)))}
                    )  # fmt: skip
    return pl.DataFrame(rows, infer_schema_length=None)


def _ends(value: float) -> dict[str, float]:
    return {"value": value, "low": value - 0.01, "high": value + 0.01}


def strip(names: tuple[str, ...], place: int) -> Strip:
    """Return a picture, twice, and a map of it for each model, as noisy as maps are."""
    chance = np.random.default_rng(place)
    grid = np.linspace(0, 6, SIDE)
    waves = np.sin(grid[:, None] + place) * np.cos(1.7 * grid)[None]
    cells = []
    for condition in PER_STRIP:
        photo = 127 + 90 * waves[..., None] + chance.normal(0, 4, (SIDE, SIDE, 3))
        for name in names:
            drawn = 255 * chance.exponential(0.08, (SIDE // 2, SIDE // 2)) * (waves[::2, ::2] > 0)
            drawn = drawn.repeat(2, 0).repeat(2, 1).clip(0, 255).astype(np.uint8)
            cells.append(
                StripCell(
                    model=name, condition=condition, picture=photo.clip(0, 255).astype(np.uint8),
                    maps={OWN.key: (MapPicture(picture=drawn, end="white 0.1"),)},
                    prediction="star", confidence=0.7, right=True,
                )
            )  # fmt: skip
    return Strip(
        image=f"test/{place:05}", label="star", target="the true class",
        explained=dict.fromkeys(names, "star"), methods=("smoothgrad",), scores=("logit",),
        scales={OWN.key: OWN.sentence}, cells=tuple(cells), rule="drawn by chance",
    )  # fmt: skip


def data() -> ReportData:
    """Return a report's data of the size that is asked for."""
    names = tuple(f"model-{number}" for number in range(MODELS))
    rate = Rate(value=0.9, low=0.89, high=0.91, n=10_000)
    return ReportData(
        title="Twenty models", study="bench", created="2026-01-01", verdicts=(),
        models=tuple(
            ModelRow(name=name, recipe="planted", network="resnet18", parameters=11_000_000,
                     clean=rate) for name in names
        ),
        summaries=summaries(names),
        strips=tuple(strip(names, place) for place in range(STRIPS)),
        controls=dict(CONTROLS),
        chance=0.1,
    )  # fmt: skip


def opening_seconds(page: Path) -> float:
    """Return how long chromium takes until what is in sight is drawn; of a browser that runs."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as running:
        browser = running.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        shown = browser.new_page(viewport={"width": 1280, "height": 900})
        shown.goto("about:blank")
        started = time.perf_counter()
        shown.goto(page.as_uri())
        shown.wait_for_function(
            "() => Array.from(document.querySelectorAll('figure.chart')).every(one => "
            "one.getBoundingClientRect().top > innerHeight || one.classList.contains('drawn'))"
        )
        seconds = time.perf_counter() - started
        browser.close()
    return seconds


def main() -> None:
    """Print one row a question."""
    given = data()
    pictures = sum(2 + len(one.cells) for one in given.strips)
    with tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        page = write_report(given, Path(folder))
        written = time.perf_counter() - started
        size = page.stat().st_size / 1e6
        opened = [opening_seconds(page) for _ in range(ROUNDS)]
    rows = {
        "size/20-models/limit": ([size], 15.0, "megabytes"),
        "opening/20-models/limit": (opened, 2.0, "seconds"),
        "writing/20-models/limit": ([written], 20.0, "seconds"),
    }
    for row, (figures, limit, unit) in rows.items():
        print_row(
            against_limit(
                figures, bench="report", row=row, limit=limit, unit=unit, threads=1,
                notes={"conditions": sum(map(len, LEVELS.values())), "pictures": pictures},
            )
        )  # fmt: skip


if __name__ == "__main__":
    main()
