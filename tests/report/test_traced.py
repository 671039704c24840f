"""A trace is drawn as cue reliance against clean accuracy, a curve a network."""

import altair as alt
import polars as pl
import pytest

from cuelens.report.traced import trace_groups, trace_table, write_trace


@pytest.fixture
def trace(plant_trace) -> pl.DataFrame:
    return plant_trace()


def test_only_what_is_known_is_drawn_and_in_words_too(trace):
    (group,) = trace_groups(trace)
    assert (group.title, group.about) == ("Shape", ("shuffle",))
    (chart,) = (panel.chart for panel in group.panels)
    alt.LayerChart.from_dict(dict(chart.spec), validate=True)
    assert chart.name == "trace-shuffle"
    words = chart.alt.partition("standard (n = 900 each): ")[2]
    assert words.startswith("epoch 1, 40.0")  # in the order of the epochs
    assert "10.0" in words
    points = next(rows for rows in chart.spec["datasets"].values() if "shown" in rows[0])
    assert [point["accuracy"] for point in points if point["model"] == "robust"] == [0.4, 0.5]


def test_line_and_band_follow_the_epochs_where_accuracy_falls_again(trace):
    fallen = pl.col("accuracy").is_between(0.49, 0.51)
    trace = trace.with_columns(accuracy=pl.when(fallen).then(0.35).otherwise("accuracy"))
    (group,) = trace_groups(trace)
    spec = group.panels[0].chart.spec
    band, line = (one for one in spec["layer"] if one["mark"]["type"] == "line")
    assert band["mark"]["style"] == "band"
    assert line["encoding"]["order"]["field"] == "epoch"
    assert band["encoding"]["order"]["field"] == "at"
    edges = [row for row in spec["datasets"][band["data"]["name"]] if row["model"] == "robust"]
    assert [(row["accuracy"], round(row["edge"], 2), row["at"]) for row in edges] == [
        (0.4, 0.07, 0), (0.35, 0.12, 1), (0.35, 0.08, 2), (0.4, 0.03, 3),
    ]  # fmt: skip


def test_the_table_has_every_checkpoint_whether_known_or_not(trace):
    table = trace_table(trace)
    assert len(table.rows) == len(trace)
    known, unknown = table.rows[0], table.rows[1]
    assert known[-4:-2] == ("10.0\N{NARROW NO-BREAK SPACE}%", "[8.0, 12.0]")
    assert unknown[-4:-2] == ("\N{EN DASH}", "")


def test_the_page_tells_doubts_and_what_is_not_known(trace, undrawn, tmp_path):
    page = write_trace(trace, tmp_path, title="a </script> run", created="2026-02-03")
    assert page == tmp_path / "trace.html"
    text = page.read_text("utf-8")
    assert "a </script> run" not in text
    assert "Patch shuffle: its control changes images by up to 30" in text
    assert "Saturation: its control was not run: add contrast=8." in text
    written = pl.read_csv(tmp_path / "tables" / "trace.csv")
    assert written["doubts"][0] == '["unmatched-control"]'
    names = {path.name for path in (tmp_path / "figures").iterdir()}
    assert names == {"trace-shuffle.svg", "trace-shuffle.pdf"}
