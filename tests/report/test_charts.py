"""Charts: valid Vega-Lite, levels in the order of numbers, one look a model."""

import io
import itertools
import re
from collections.abc import Callable
from typing import Any

import altair as alt
import numpy as np
import polars as pl
import pytest
from PIL import Image

from cuelens.report import ReportData, palette
from cuelens.report.charts import Chart, without_legends
from cuelens.report.curves import curve_chart
from cuelens.report.dots import answer_chart, dot_chart
from cuelens.report.figures import chart_pdf, chart_svg, png_of, with_room
from cuelens.report.page import groups_of
from cuelens.report.pictures import figure_svg, svg_picture, svg_text

MODELS = ["standard", "adversarial"]


def curve(
    levels: tuple[float, ...] = (1024.0, 8.0, 64.0, 16.0),
    without: tuple[float, ...] = (),
    **options: Any,
) -> Chart:
    """Return a chart whose last model lacks some levels."""
    rows = [
        {"model": model, "level": level, "n": 100, "value": 0.5, "low": 0.4, "high": 0.6}
        for model in MODELS
        for level in levels
        if model != MODELS[-1] or level not in without
    ]
    return curve_chart("a", "Retention", pl.DataFrame(rows), MODELS, axis="p", **options)


def encodings(spec: dict[str, Any], channel: str) -> list[dict[str, Any]]:
    layers = spec.get("layer", [spec])
    return [layer["encoding"][channel] for layer in layers if channel in layer.get("encoding", {})]


@pytest.fixture(scope="module")
def charts(plant: Callable[..., ReportData]) -> list[Chart]:
    return [panel.chart for group in groups_of(plant()) for panel in group.panels]


def test_every_specification_keeps_the_schema(charts: list[Chart]) -> None:
    assert len(charts) == 34
    for chart in charts:
        alt.LayerChart.from_dict(dict(chart.spec), validate=True)


def test_a_line_is_not_drawn_through_a_level_that_was_not_measured() -> None:
    spec = dict(curve(without=(16.0,)).spec)
    (rows,) = (values for values in spec["datasets"].values() if len(values) == 7)
    assert {(row["model"], row["place"]): row["stretch"] for row in rows} == {
        **{("standard", place): 0 for place in ("8", "16", "64", "1,024")},
        ("adversarial", "8"): 0, ("adversarial", "64"): 1, ("adversarial", "1,024"): 1,
    }  # fmt: skip
    area, line = (one["encoding"] for one in spec["layer"][:2])
    assert area["detail"]["field"] == line["detail"]["field"] == "stretch"


def test_levels_stand_in_the_order_of_numbers_not_of_letters() -> None:
    spec = dict(curve().spec)
    for x in encodings(spec, "x"):
        assert x["sort"] == ["8", "16", "64", "1,024"]
        assert x["type"] == "ordinal"


def test_the_level_that_changes_nothing_is_named() -> None:
    spec = dict(curve((1.0, 2.0, 4.0), same=2.0).spec)
    assert encodings(spec, "x")[0]["sort"] == ["1", "2 = clean", "4"]


def test_a_model_looks_the_same_in_every_chart(charts: list[Chart]) -> None:
    names = ["standard", "adversarial", "underfit"]
    for chart in charts:
        if chart.name == "answers":  # its colours are the cues'
            continue
        for channel in ("color", "shape", "strokeDash"):
            for encoding in encodings(dict(chart.spec), channel):
                if encoding["field"] == "curve":  # a built-in one, drawn in grey
                    continue
                assert encoding["scale"]["domain"] == names, chart.name


def test_what_is_no_model_looks_like_none(charts: list[Chart]) -> None:
    agreement, dose = (
        next(chart for chart in charts if chart.name == name)
        for name in ("salience-agreement", "dose-response")
    )
    assert (
        encodings(dict(agreement.spec), "color") == encodings(dict(agreement.spec), "shape") == []
    )
    assert "underfit and standard: " in agreement.alt
    layers = [one for one in dose.spec["layer"] if "curve" in str(one["encoding"])]
    assert layers[0]["mark"] == {"type": "line", "style": "reference"}
    assert all("color" not in one["encoding"] for one in layers)
    (own,) = (
        rows for rows in dose.spec["datasets"].values() if rows and rows[0].get("model") in MODELS
    )
    assert [row["model"] for row in own] == MODELS  # each in its own colour
    assert "built in: adversarial, 8/255 (n = 1,600 each)" in dose.alt


def test_shares_are_drawn_from_zero_to_one_hundred_percent() -> None:
    ys = encodings(dict(curve().spec), "y")
    assert {"domain": [0, 1]} in [y.get("scale") for y in ys]


def test_the_page_has_legends_of_its_own_and_figures_have_theirs() -> None:
    chart = curve()
    assert all(one["legend"] is not None for one in encodings(dict(chart.spec), "color"))
    assert all(one["legend"] is None for one in encodings(without_legends(chart.spec), "color"))
    svg = chart_svg(chart, models=2)
    assert svg.startswith("<svg")
    assert ">adversarial</text>" in svg
    assert ">Retention</text>" in svg  # the axis says what the page's heading says
    assert 'stroke-dasharray="7,3"' in svg  # of the line
    legend = svg[svg.index("role-legend") :]
    assert "stroke-dasharray" not in legend
    assert legend.count("M-13") == 2  # mark and dash in one path
    assert [palette.sample_of(place).count("Z") for place in range(2)] == [1 + 1, 1 + 3]


def test_a_figure_is_readable_in_a_column_of_a_paper() -> None:
    svg = chart_svg(curve((1.0, 2.0), same=2.0), models=2)
    width = float(svg.split('width="')[1].split('"')[0])
    assert 11 * 229 / width >= 6.5  # the smallest letters, in points
    assert f'viewBox="-24 0 {width + 48:g} ' in with_room(svg)
    assert b"229 " in chart_pdf(svg)  # its box
    assert png_of(svg)[:8] == b"\x89PNG\r\n\x1a\n"


def test_a_picture_of_a_figure_keeps_its_pixels_and_its_place_as_png() -> None:
    picture = np.array([[[255, 0, 0], [0, 255, 0]], [[0, 0, 255], [9, 9, 9]]], dtype=np.uint8)
    words = svg_text(2, 12, "<image>") + svg_picture(10, 20, picture, side=32)
    svg = figure_svg(words, width=60, height=60, title="A figure")
    drawn = np.asarray(Image.open(io.BytesIO(png_of(svg, scale=2))))
    assert drawn.shape == (120, 120, 3)
    placed = drawn[40:104, 20:84]
    assert np.array_equal(placed, picture.repeat(32, axis=0).repeat(32, axis=1))
    assert (drawn[104:] == 255).all()
    assert (drawn[:30] < 255).any()  # the words


def test_names_are_text_in_a_figure() -> None:
    frame = pl.DataFrame(
        {"model": ["<b>&"], "place": ["<script>"], "n": [9], "value": [0.5], "low": [0.4],
         "high": [0.6]}
    )  # fmt: skip
    svg = chart_svg(dot_chart("a", "<i>", frame, ["<b>&"]), models=1)
    assert "<b>" not in svg
    assert "&lt;b&gt;&amp;" in svg


def test_a_chart_tells_all_its_numbers_in_words_with_interval_and_n() -> None:
    told = curve((1.0, 2.0)).alt.replace("\N{NARROW NO-BREAK SPACE}", " ")
    assert told == (
        "Retention, by p. standard (n = 100 each): 1: 50.0 % [40.0, 60.0]; 2: 50.0 % [40.0, 60.0]. "
        "adversarial (n = 100 each): 1: 50.0 % [40.0, 60.0]; 2: 50.0 % [40.0, 60.0]."
    )
    columns = {"place": "x", "value": 0.5, "low": 0.4, "high": 0.6}
    dots = pl.DataFrame([{"model": "standard", "n": 9, **columns}])
    people = {"place": "people", "value": 0.9, "low": 0.8, "high": 0.95, "n": 9634}
    told = dot_chart("a", "A", dots, MODELS, share=False, references=[people]).alt
    assert told == (
        "A. standard: x: 0.500 [0.400, 0.600], n = 9. "
        "To read it against: people: 0.900 [0.800, 0.950], n = 9,634."
    )


def test_a_difference_is_drawn_and_told_in_points() -> None:
    row = {"model": "standard", "place": "x", "n": 9, "value": -0.04, "low": -0.1, "high": 0.02}
    chart = dot_chart("a", "A", pl.DataFrame([row]), MODELS, signed=True, points=True)
    assert chart.alt == "A. standard: x: \N{MINUS SIGN}4.0 points [\N{MINUS SIGN}10.0, 2.0], n = 9."
    svg = chart_svg(chart, models=len(MODELS))
    assert ">points<" in svg
    assert "%" not in re.sub(r'<svg [^>]*>|style="[^"]*"', "", svg)
    ticks = re.findall(r">([+\u2212]?\d+)<", svg)
    assert ticks[0].startswith("\N{MINUS SIGN}")
    assert {"0", "+2"} <= set(ticks)


def test_answers_are_stacked_to_the_whole() -> None:
    frame = pl.DataFrame({"place": ["a"], "shape": [1], "texture": [6], "other": [1]})
    chart = answer_chart("a", "Answers", frame)
    (values,) = chart.spec["datasets"].values()
    assert [(row["cue"], row["start"], row["end"]) for row in values] == [
        ("shape", 0.0, 0.125),
        ("texture", 0.125, 0.875),
        ("other", 0.875, 1.0),
    ]
    assert chart.alt.replace("\N{NARROW NO-BREAK SPACE}", " ") == (
        "Answers. a: shape 12.5 % (1 of 8). a: texture 75.0 % (6 of 8). a: other 12.5 % (1 of 8)."
    )


def test_one_place_puts_the_models_on_the_axis() -> None:
    columns = {"n": 9, "value": 0.5, "low": 0.4, "high": 0.6}
    one = pl.DataFrame([{"model": model, "place": "x", **columns} for model in MODELS])
    two = pl.concat([one, one.with_columns(place=pl.lit("y"))])
    fields = [
        encodings(dict(dot_chart("a", "A", frame, MODELS).spec), "y")[0]["field"]
        for frame in (one, two)
    ]
    assert fields == ["model", "place"]


def test_charts_that_would_share_a_file_get_names_of_their_own(
    plant: Callable[..., ReportData],
) -> None:
    data = plant()
    twin = data.summaries.filter(pl.col("family") == "low-pass").with_columns(
        family=pl.lit("low pass"), condition=pl.col("condition").str.replace("low-", "low ")
    )
    both = plant(summaries=pl.concat([data.summaries, twin]))
    names = [panel.chart.name for group in groups_of(both) for panel in group.panels]
    assert len(names) == len(set(names)) == 36
    assert "retention-low-pass-2" in names


def test_conditions_of_another_data_set_make_groups_of_their_own(
    plant: Callable[..., ReportData],
) -> None:
    data = plant()
    other = data.summaries.filter(pl.col("family") == "shuffle").with_columns(dataset=pl.lit("b"))
    both = plant(summaries=pl.concat([data.summaries, other]))
    titles = [group.title for group in groups_of(both)]
    assert [title for title in titles if "shuffle" in title] == [
        "Patch shuffle, test",
        "Patch shuffle, b",
    ]


SEEN = {  # Machado et al., 2009, https://doi.org/10.1109/TVCG.2009.113, severity 1
    "all": np.eye(3),
    "protanopia": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216],
         [-0.003882, -0.048116, 1.051998]]),
    "deuteranopia": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413],
         [-0.011820, 0.042940, 0.968881]]),
    "tritanopia": np.array(
        [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602],
         [0.004733, 0.691367, 0.303900]]),
}  # fmt: skip


def linear(colour: str) -> np.ndarray:
    parts = np.array([int(colour[place : place + 2], 16) for place in (1, 3, 5)]) / 255
    return np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)


def lab(light: np.ndarray) -> np.ndarray:
    matrix = np.array(
        [[0.4125, 0.3576, 0.1804], [0.2127, 0.7152, 0.0722], [0.0193, 0.1192, 0.9503]]
    )
    xyz = matrix @ np.clip(light, 0, 1) / np.array([0.9505, 1.0, 1.0888])
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


@pytest.mark.parametrize("eyes", SEEN)
@pytest.mark.parametrize(
    ("colours", "ground"), [(palette.LIGHT, "#ffffff"), (palette.DARK, "#14171a")]
)
def test_colours_stay_apart_for_colour_blind_eyes(
    eyes: str, colours: tuple[str, ...], ground: str
) -> None:
    seen = [lab(SEEN[eyes] @ linear(colour)) for colour in colours]
    least = min(float(np.linalg.norm(a - b)) for a, b in itertools.combinations(seen, 2))
    assert least > 19
    for colour in colours:
        light = [float(np.array([0.2126, 0.7152, 0.0722]) @ linear(c)) for c in (colour, ground)]
        assert (max(light) + 0.05) / (min(light) + 0.05) >= 3
