"""Attacks as charts and a table, alone and in a study's report."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import altair as alt
import polars as pl
import pytest
from tests.study.planted_attacks import part, planted_attacks

from cuelens.report import ReportData, write_report
from cuelens.report.attack_charts import length_of, step_chart
from cuelens.report.attack_panels import radius_groups, result_table, step_groups
from cuelens.report.figures import chart_svg
from cuelens.report.order import in_order
from cuelens.report.page import groups_of
from cuelens.study.outcomes.attack_curves import attack_curves, attack_results
from cuelens.study.outcomes.summaries import summarise_attacks

pytestmark = pytest.mark.no_cover  # whole commands and pages, whose parts have tests of their own

MODELS = ["standard", "adversarial"]
GAP = "\N{NARROW NO-BREAK SPACE}"


def values_of(spec: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the rows that a chart draws, not those of its guides."""
    layer = spec["layer"][-1]
    rows = layer["data"]["values"] if "data" in layer and "values" in layer["data"] else None
    if rows is None:
        rows = max(spec["datasets"].values(), key=len)
    return list(rows)


def steps(last: int, **options: Any) -> dict[str, Any]:
    """Return the chart of an attack of so many steps."""
    frame = pl.DataFrame(
        [
            {"model": model, "step": step, "n": 9, "value": 0.5, "low": 0.4, "high": 0.6}
            for model in MODELS
            for step in sorted({*range(min(last, 20)), last // 2, last})
        ]
    )
    return dict(step_chart("a", "Success", frame, MODELS, axis="steps", **options).spec)


@pytest.fixture(scope="module")
def records() -> pl.DataFrame:
    return planted_attacks(MODELS, n=60, radii=("2/255", "8/255"))


def test_every_specification_keeps_the_schema(records: pl.DataFrame) -> None:
    groups = (
        *radius_groups(attack_results(records), MODELS),
        *step_groups(attack_curves(records), MODELS),
    )
    charts = [panel.chart for group in groups for panel in group.panels]
    assert len(charts) == 1 + 4 * 3
    assert len({chart.name for chart in charts}) == len(charts)
    for chart in charts:
        alt.LayerChart.from_dict(dict(chart.spec), validate=True)


@pytest.mark.parametrize(
    ("last", "named"),
    [
        (1, [0, 1]),
        (20, [0, 1, 2, 5, 10, 20]),
        (101, [0, 1, 2, 5, 10, 20, 50, 100]),
        (909, [0, 1, 10, 100, 909]),
        (1000, [0, 1, 10, 100, 1000]),
        (5000, [0, 1, 10, 100, 1000, 5000]),
    ],
)
def test_twenty_steps_and_five_thousand_queries_fit_the_same_axis(
    last: int, named: list[int]
) -> None:
    x = steps(last)["layer"][-1]["encoding"]["x"]
    assert x["scale"] == {"type": "symlog", "constant": 1, "domain": [0, last], "nice": False}
    assert x["axis"]["values"] == named
    assert x["axis"]["tickCount"] == len(named)  # the theme's count would drop every other


def test_marks_tell_lines_apart_and_every_point_has_a_tooltip() -> None:
    spec = steps(20)
    rows = values_of(spec)
    assert len(rows) == 2 * 21
    marked = {row["step"] for row in rows if row["marked"]}
    assert marked == {0, 1, 2, 5, 10, 20}
    shown = [field["field"] for field in spec["layer"][-1]["encoding"]["tooltip"]]
    assert shown == ["model", "place", "shown", "interval", "n"]


def test_an_alternative_text_tells_the_marked_steps() -> None:
    frame = pl.DataFrame(
        {"model": "standard", "step": [0, 1, 2, 3], "n": 9, "value": [0.0, 0.2, 0.4, 0.5],
         "low": [0.0, 0.1, 0.3, 0.4], "high": [0.1, 0.3, 0.5, 0.6]}
    )  # fmt: skip
    chart = step_chart("a", "Attack success", frame, MODELS, axis="steps", share=True)
    assert chart.alt.replace(GAP, " ") == (
        "Attack success, by steps. standard (n = 9 each): 0: 0.0 % [0.0, 10.0]; 1: 20.0 % "
        "[10.0, 30.0]; 2: 40.0 % [30.0, 50.0]; 3: 50.0 % [40.0, 60.0]."
    )


def test_lengths_in_linf_are_shown_in_255ths_with_a_line_at_the_radius() -> None:
    curves = attack_curves(planted_attacks(MODELS, n=30))
    panel = step_groups(curves, MODELS)[0].panels[2]
    assert panel.chart.title == "Length (Linf, 255ths)"
    guides = [
        row for data in panel.chart.spec["datasets"].values() for row in data if "text" in row
    ]
    assert guides == [{"value": 8.0, "text": "radius"}]
    assert max(row["value"] for row in values_of(dict(panel.chart.spec))) <= 8.0
    assert (length_of("L2").times, length_of("pixels").unit) == (1.0, "pixels of displacement")
    assert length_of(None).unit == "as recorded"


def test_each_attack_says_how_many_images_it_was_given(records: pl.DataFrame) -> None:
    groups = step_groups(attack_curves(records), MODELS)
    assert [group.title for group in groups] == [
        f"strong-linf-2/255: {member}" for member in ("apgd-ce", "apgd-t", "fab-t", "square")
    ]
    results = attack_results(records)
    for group, member in zip(groups, ("apgd-ce", "apgd-t", "fab-t", "square"), strict=True):
        given = [
            results.filter(model=model, condition=f"strong-linf-2/255 after {member}")["attacked"][
                0
            ]
            for model in MODELS
        ]
        assert group.sentence.endswith(
            "Over the images that it was given, right when clean and not fooled by an attack "
            f"before it: standard {given[0]}, adversarial {given[1]} images."
        )


def test_attacks_that_aim_say_what_their_axes_are(records: pl.DataFrame) -> None:
    ce, apgd, fab, square = step_groups(attack_curves(records), MODELS)
    assert "The loss is the cross-entropy, whatever loss the attack climbs." in ce.sentence
    assert "one class after the other" not in ce.sentence
    for group in (apgd, fab):
        assert group.sentence.startswith(
            "It aims at one class after the other, the most probable first: the axis counts the "
            "steps towards all of them, and with each class loss and length begin anew. "
        )
        assert ", by steps, target after target." in group.panels[0].chart.alt
    assert "lengths beyond the radius are on their way in." in fab.sentence
    assert "beyond the radius" not in apgd.sentence
    assert square.sentence.startswith("The axis counts queries: ")


def test_of_attacks_that_differ_in_radius_the_first_given_is_drawn() -> None:
    records = planted_attacks(MODELS, n=60, radii=("8/255", "32/255", "2/255"))
    groups = step_groups(attack_curves(records), MODELS)
    assert "Of attacks that differ in radius alone, those of the first one given are drawn." in (
        groups[0].sentence
    )
    assert all(group.title.startswith("strong-linf-8/255: ") for group in groups)
    one = step_groups(attack_curves(planted_attacks(MODELS, n=30)), MODELS)
    assert "differ in radius" not in one[0].sentence


def test_curves_of_two_radii_never_stand_side_by_side() -> None:
    records = planted_attacks(MODELS, n=60, radii=("32/255", "8/255"))
    idle = pl.col("condition") == "strong-linf-32/255 after fab-t"
    nothing = [
        pl.when(~idle).then(column).alias(column) for column in ("points", "losses", "lengths")
    ]
    groups = step_groups(attack_curves(records.with_columns(nothing)), MODELS)
    assert [group.title for group in groups] == [
        f"strong-linf-32/255: {member}" for member in ("apgd-ce", "apgd-t", "square")
    ]


def test_ticks_are_the_radii_as_plain_numbers() -> None:
    records = planted_attacks(MODELS, n=60, radii=("8/255", "16/255", "32/255"))
    (group,) = radius_groups(attack_results(records), MODELS)
    chart = group.panels[0].chart
    drawn = chart_svg(chart, models=2)
    axis = drawn[drawn.index("role-axis-label") : drawn.index("role-axis-domain")]
    assert re.findall(r">([^<]+)</text>", axis) == ["0", "8", "16", "32"]


def test_robust_accuracy_falls_from_the_clean_one_with_the_radius() -> None:
    records = pl.concat(
        [
            planted_attacks(MODELS, n=60, suite="quick", radii=("8/255", "2/255")),
            planted_attacks(MODELS, n=60, suite="quick", radii=("1", "0.5"), norm="L2"),
            planted_attacks(MODELS, n=60),
        ]
    )
    results = attack_results(records)
    (group,) = radius_groups(results, MODELS)
    assert [panel.chart.title for panel in group.panels] == [
        "Robust accuracy, quick-linf",
        "Robust accuracy, quick-l2",
    ]
    linf, l2 = (panel.chart for panel in group.panels)
    assert [row["radius"] for row in values_of(dict(l2.spec))] == [0.0, 0.0, 0.5, 0.5, 1.0, 1.0]
    rows = [row for row in values_of(dict(linf.spec)) if row["model"] == "standard"]
    assert [row["radius"] for row in rows] == [0.0, 2.0, 8.0]
    own = results.filter(model="standard")
    expected = [
        own.filter(suite=suite, attack=attack)["value"].item()
        for suite, attack in (
            ("quick-linf-2/255", "clean"),
            ("quick-linf-2/255", "worst case"),
            ("quick-linf-8/255", "worst case"),
        )
    ]
    assert [row["value"] for row in rows] == pytest.approx(expected, rel=1e-4)
    assert "radius (Linf, 255ths of the pixel range)" in linf.alt
    assert "0 = clean:" in linf.alt


def test_one_radius_draws_no_chart_against_it() -> None:
    assert radius_groups(attack_results(planted_attacks(MODELS, n=30)), MODELS) == ()
    assert radius_groups(attack_results(planted_attacks(MODELS, n=30).clear()), MODELS) == ()


def test_the_table_has_clean_each_attack_and_the_worst_case(records: pl.DataFrame) -> None:
    table = result_table(attack_results(records), MODELS)
    assert table.header == ("suite", "attack", "standard", "adversarial", "n")
    words = ("clean", "after apgd-ce", "after apgd-t", "after fab-t", "after square", "worst case")
    assert [row[:2] for row in table.rows] == [
        (f"strong-linf-{radius}", word) for radius in ("2/255", "8/255") for word in words
    ]
    assert all(re.fullmatch(rf"[\d.]+{GAP}% \[[\d.]+, [\d.]+\]", row[2]) for row in table.rows)
    assert {row[-1] for row in table.rows} == {"60"}
    assert "standard: broken" in table.frame.columns


def test_members_that_had_nothing_left_are_one_row_of_the_table_and_whole_in_its_file() -> None:
    records = planted_attacks(MODELS, n=60)
    idle = pl.col("condition").str.contains("apgd-t|fab-t|square")
    nothing = [
        pl.when(~idle).then(column).alias(column) for column in ("points", "losses", "lengths")
    ]
    table = result_table(attack_results(records.with_columns(nothing)), MODELS)
    assert [row[1] for row in table.rows] == [
        "clean", "after apgd-ce", "after apgd-t, fab-t, square: none was left", "worst case",
    ]  # fmt: skip
    assert table.frame["attack"].to_list() == [
        "clean", "after apgd-ce", "after apgd-t", "after fab-t", "after square", "worst case",
    ]  # fmt: skip
    assert table.frame["standard: attacked"].to_list()[2:5] == [0, 0, 0]


def test_the_table_says_in_which_unit_radii_are() -> None:
    results = attack_results(planted_attacks(MODELS, n=30, radii=("0.5",), norm="L2"))
    assert result_table(results, MODELS).caption == (
        "Share of all images that are right: clean, under each attack and at worst, with 95 % "
        "intervals; radius in units of the pixel range (L2)."
    )


def test_a_model_that_was_not_attacked_has_an_empty_cell() -> None:
    alone = part("pgd", clean_right=[True, True], fooled=[True, False], steps=[1, 2])
    table = result_table(attack_results(alone), MODELS)
    assert [row[3] for row in table.rows] == ["", ""]
    assert [row[1] for row in table.rows] == ["clean", "attacked"]


def study(plant: Callable[..., ReportData], **changes: Any) -> ReportData:
    """Return a study that attacked with two suites and a plain attack."""
    names = ("standard", "adversarial", "underfit")
    records = pl.concat(
        [
            planted_attacks(names, n=40),
            planted_attacks(names, n=40, suite="quick"),
            planted_attacks(names, n=40, suite="quick", radii=("16/255",)),
        ]
    )
    rows = summarise_attacks(records)
    base = plant().summaries
    attacks = rows.select(base.columns).cast(dict(base.schema))
    return plant(
        summaries=pl.concat([base, attacks]),
        attack_results=attack_results(records),
        attack_curves=attack_curves(records),
        **changes,
    )


def test_a_studys_dots_are_worst_cases_and_plain_attacks(plant: Callable[..., ReportData]) -> None:
    groups = [group for group in groups_of(in_order(study(plant))) if group.section == "Attacks"]
    dots = groups[0].panels[0].chart
    places = list(dict.fromkeys(row["place"] for row in values_of(dict(dots.spec))))
    assert places == [
        "pgd-l2-0.5",
        "pgd-linf-8/255",
        "quick-linf-8/255",
        "quick-linf-16/255",
        "strong-linf-8/255",
    ]
    assert groups[0].sentence.endswith(
        "Of a suite the worst case is drawn; the table has its attacks one by one."
    )
    assert [group.key for group in groups[1:]] == [
        "by-radius",
        *(f"steps-strong-linf-8-255-after-{m}" for m in ("apgd-ce", "apgd-t", "fab-t", "square")),
        *(f"steps-quick-linf-8-255-{m}-alone" for m in ("pgd-20", "apgd-ce")),
    ]


def test_members_stand_before_their_worst_case_in_every_table(
    plant: Callable[..., ReportData],
) -> None:
    ordered = in_order(study(plant)).summaries
    strong = [name for name in dict.fromkeys(ordered["condition"]) if name.startswith("strong")]
    assert strong == [
        *(f"strong-linf-8/255 after {m}" for m in ("apgd-ce", "apgd-t", "fab-t", "square")),
        "strong-linf-8/255",
    ]


@pytest.mark.usefixtures("undrawn")
def test_a_studys_report_shows_the_table_and_offers_the_curves(
    plant: Callable[..., ReportData], tmp_path: Path
) -> None:
    text = write_report(study(plant), tmp_path).read_text(encoding="utf-8")
    section = text[text.index(">Attacks</h2>") : text.index(">Shape or texture</h2>")]
    assert '<table id="table-attacks">' in section
    assert '<h3><span class="whole">strong-linf-8/255:</span> square</h3>' in section
    assert 'href="tables/attack-curves.csv"' in section
    for name in ("attacks", "attack-curves"):
        assert (tmp_path / "tables" / f"{name}.tex").is_file()
    assert (tmp_path / "figures" / "success-strong-linf-8-255-after-square.svg").is_file()
