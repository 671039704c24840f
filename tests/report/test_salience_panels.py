"""What maps are worth, as the page shows it: groups by question, pairs of models, agreement."""

from collections.abc import Callable

import polars as pl
import pytest

from cuelens.report import Check, ReportData, wording
from cuelens.report.overview import tables_of
from cuelens.report.salience_panels import (
    agreement_group,
    pair_table,
    salience_groups,
    told_beside,
)


def titles(group: object) -> list[str]:
    return [panel.chart.title for panel in group.panels]  # type: ignore[attr-defined]


def test_measures_are_grouped_by_the_question_they_answer(
    plant: Callable[..., ReportData],
) -> None:
    groups = {group.title: titles(group) for group in salience_groups(plant())}
    assert groups == {
        "What the maps look like": [
            "Share of salience on contours",
            "Share of salience inside the figure",
            "Sparsity (Gini coefficient)",
            "L1 norm of the map",
        ],
        "How far the maps show the image": ["Overlap with image edges"],
        "Whether the strongest pixels matter": ["Deletion area", "Insertion area"],
        "How much of a map stays": [
            "Rank correlation under noise",
            "Rank correlation with random weights",
            "Layers random from the last down",
        ],
    }


def test_a_measure_that_no_question_knows_is_shown_too(plant: Callable[..., ReportData]) -> None:
    data = plant()
    strange = data.salience.filter(measure="sparsity").with_columns(measure=pl.lit("new_measure"))
    groups = salience_groups(plant(salience=pl.concat([data.salience, strange])))
    assert (groups[-1].title, titles(groups[-1])) == ("More measures", ["New measure"])


def test_each_method_has_groups_of_its_own_and_references_none(
    plant: Callable[..., ReportData],
) -> None:
    data = plant()
    other = data.salience.filter(method="SmoothGrad").with_columns(method=pl.lit("gradient"))
    groups = salience_groups(plant(salience=pl.concat([data.salience, other])))
    assert [group.title.partition(":")[0] for group in groups] == ["SmoothGrad"] * 4 + [
        "gradient"
    ] * 4
    names = [panel.chart.name for group in groups for panel in group.panels]
    assert len(names) == len(set(names))
    assert len({group.key for group in groups}) == 8


@pytest.mark.parametrize(
    ("name", "question"),
    [
        ("survives-randomisation", "How much of a map stays"),
        ("no-better-than-edges", "Whether the strongest pixels matter"),
        ("no-better-than-noise", "Whether the strongest pixels matter"),
        ("saturated-scale", "What the maps look like"),
    ],
)
def test_a_doubt_stands_beside_the_question_that_it_is_about(
    plant: Callable[..., ReportData], name: str, question: str
) -> None:
    check = Check(name=name, raised=True, sentence="s", about=("SmoothGrad", "standard"))
    told = told_beside(check)
    assert told.about[:2] == check.about
    groups = salience_groups(plant())
    assert [g.title for g in groups if set(g.about) & set(told.about)] == [question]
    other = Check(name="single-seed", raised=True, sentence="s", about=("salience",))
    assert told_beside(other) is other


def test_what_a_map_is_worth_stands_beside_the_edges_of_the_image(
    plant: Callable[..., ReportData],
) -> None:
    (worth,) = (g for g in salience_groups(plant()) if g.key.endswith("worth"))
    deletion = worth.panels[0].chart.alt
    assert "clean: edges instead: 0.450 [0.430, 0.470]" in deletion
    assert "clean: 0.220 [0.212, 0.228]" in deletion
    assert "edges" not in worth.panels[1].chart.alt


def test_layers_are_the_rows_of_the_cascade(plant: Callable[..., ReportData]) -> None:
    (stays,) = (g for g in salience_groups(plant()) if g.key.endswith("stability"))
    alt = stays.panels[-1].chart.alt
    assert alt.index("fc: 0.310") < alt.index("conv: 0.080")


def test_pairs_of_models_are_compared_in_a_table_the_surest_first(
    plant: Callable[..., ReportData],
) -> None:
    data = plant()
    table = pair_table(data.salience_differences)
    assert table.header[:7] == (
        "model", "other", "measure", "method", "condition", "n", "difference",
    )  # fmt: skip
    first, second = table.rows
    assert first[2:9] == (
        "contour_share", "SmoothGrad", "clean", "500", "+0.141", "[0.121, 0.161]",
        f"1e{wording.MINUS}09",
    )  # fmt: skip
    assert second[2] == "total_variation"
    assert table.frame["model_value"].to_list() == [0.372, 0.91]
    assert "p corrected over all rows (Holm)" in table.caption
    assert {"salience-differences", "salience-agreement"} <= set(tables_of(data))
    assert "salience-differences" not in tables_of(
        plant(salience_differences=data.salience_differences.clear())
    )


def test_agreement_is_a_dot_a_pair(plant: Callable[..., ReportData]) -> None:
    group = agreement_group(plant())
    assert group is not None
    assert not group.models
    (panel,) = group.panels
    assert "adversarial and standard: SmoothGrad: 0.310 [0.280, 0.340]" in panel.chart.alt
    assert "underfit and standard: SmoothGrad: 0.720 [0.690, 0.750]" in panel.chart.alt
    assert agreement_group(plant(salience_agreement=plant().salience_agreement.clear())) is None


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("sparsity", "Sparsity (Gini coefficient)"),
        ("condition_rank_correlation", "Rank correlation with the clean map"),
        ("agreement_top_overlap", "Top overlap of two models"),
        ("cascade_rank_correlation:layer1.0", "Layers random from the last down, layer1.0"),
        ("my_measure", "My measure"),
        ("odd:name", "Odd:name"),
    ],
)
def test_a_measure_is_put_into_words(name: str, words: str) -> None:
    assert wording.measure(name) == words
