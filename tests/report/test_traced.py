"""A trace is drawn as cue reliance against clean accuracy, a line a network."""

import altair as alt
import polars as pl
import pytest

from cuelens.report.traced import trace_charts, write_trace


@pytest.fixture
def trace() -> pl.DataFrame:
    rows = [
        {
            "model": model,
            "epoch": epoch,
            "weights": "epoch",
            "images": 2000,
            "accuracy": 0.3 + 0.1 * epoch,
            "accuracy_low": 0.28 + 0.1 * epoch,
            "accuracy_high": 0.32 + 0.1 * epoch,
            "cue": "shape" if family == "shuffle" else "texture",
            "family": family,
            "control": "borders",
            "levels": [2.0, 4.0],
            "n": 900,
            "value": None if family == "saturation" else 0.05 * epoch,
            "low": None if family == "saturation" else 0.05 * epoch - 0.02,
            "high": None if family == "saturation" else 0.05 * epoch + 0.02,
            "doubts": ["unmatched-control"],
            "note": "its control was not run: add contrast=8",
        }
        for model in ("standard", "robust")
        for epoch in (2.0, 1.0)
        for family in ("shuffle", "saturation")
    ]
    return pl.DataFrame(rows)


def test_only_what_is_known_is_drawn_and_in_words_too(trace):
    (chart,) = trace_charts(trace)
    alt.LayerChart.from_dict(dict(chart.spec), validate=True)
    assert chart.name == "trace-shuffle"
    assert chart.title.startswith("Cue reliance: Shape")
    words = chart.alt.partition("standard: ")[2]
    assert words.startswith("epoch 1, 40.0")  # in the order of the epochs
    assert "0.10" in words
    (points,) = chart.spec["datasets"].values()
    assert [point["accuracy"] for point in points if point["model"] == "robust"] == [0.4, 0.5]


def test_tables_and_figures_are_written(trace, tmp_path):
    table, figures = write_trace(trace, tmp_path)
    assert table == tmp_path / "tables" / "trace.csv"
    written = pl.read_csv(table)
    assert len(written) == len(trace)
    assert written["doubts"][0] == '["unmatched-control"]'
    assert [figure.name for figure in figures] == ["trace-shuffle.svg"]
    assert "<svg" in figures[0].read_text()
