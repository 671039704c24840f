"""What a report refuses, and the order that it gives its rows."""

from collections.abc import Callable
from dataclasses import replace

import polars as pl
import pytest

from cuelens.errors import RecordError
from cuelens.report import DoseResponse, ReportData
from cuelens.report.order import in_order


def test_a_missing_column_is_named(plant: Callable[..., ReportData]) -> None:
    data = plant()
    with pytest.raises(RecordError) as caught:
        replace(data, summaries=data.summaries.drop("n", "low"))
    assert str(caught.value) == (
        "`summaries` must have the columns model, dataset, condition, family, level, n, quantity, "
        "value, low, high, method, got none called n, low. Summarise the records again with this "
        "version."
    )


def test_a_missing_column_of_the_dose_response_is_named() -> None:
    with pytest.raises(RecordError) as caught:
        DoseResponse(frame=pl.DataFrame({"series": ["a"]}), quantity="shape bias")
    assert str(caught.value) == (
        "`dose_response.frame` must have the columns series, model, contrast, n, value, low, high, "
        "here, got none called model, contrast, n, value, low, high, here. Summarise the "
        "records again with this version."
    )


def test_a_model_that_is_not_listed_is_named(plant: Callable[..., ReportData]) -> None:
    data = plant()
    with pytest.raises(RecordError) as caught:
        replace(data, models=data.models[:2])
    assert str(caught.value) == (
        "Every model in `summaries` must be one of `models` (adversarial, standard), got "
        "underfit. Add it to `models`, or leave its rows out."
    )


def test_an_unknown_outcome_is_refused(plant: Callable[..., ReportData]) -> None:
    verdict = replace(plant().verdicts[0])
    object.__setattr__(verdict, "outcome", "maybe")  # past the type check of the tests
    with pytest.raises(RecordError) as caught:
        verdict.__post_init__()
    assert str(caught.value) == (
        "`outcome` of the verdict 'saturation' must be one of for, against, undecided, not "
        "measured, got 'maybe'."
    )


def test_rows_come_in_reading_order_whatever_the_order_of_the_records(
    plant: Callable[..., ReportData],
) -> None:
    data = plant()
    mixed = {
        name: getattr(data, name).sample(fraction=1.0, shuffle=True, seed=1)
        for name in ("summaries", "answers", "salience")
    }
    ordered = in_order(replace(data, **mixed))
    conditions = list(dict.fromkeys(ordered.summaries["condition"]))
    assert conditions[:7] == [
        "clean", "saturation=1", "saturation=4", "saturation=8", "saturation=16",
        "saturation=64", "saturation=1024",
    ]  # fmt: skip
    assert conditions[-2:] == ["pgd-l2-0.5", "pgd-linf-8/255"]
    assert list(dict.fromkeys(ordered.salience["condition"])) == [
        "clean", "saturation=8", "shuffle=4",
    ]  # fmt: skip
    names = ["standard", "adversarial", "underfit"]
    assert ordered.answers["model"].to_list() == names
    assert list(dict.fromkeys(ordered.summaries["model"])) == names
    assert ordered.summaries.columns == data.summaries.columns


def test_a_study_with_verdicts_only_still_gives_a_report(
    plant: Callable[..., ReportData], tmp_path_factory: pytest.TempPathFactory
) -> None:
    from cuelens.report import write_report

    data = plant()
    bare = ReportData(
        title="Bare",
        study="bare",
        created="2026-02-03",
        verdicts=(),
        models=(),
        summaries=data.summaries.clear(),
    )
    page = write_report(bare, tmp_path_factory.mktemp("bare"))
    text = page.read_text(encoding="utf-8")
    assert "<h1>No claim was measured</h1>" in text
    assert '<p class="lead">Bare. This study states no claim.</p>' in text
    assert 'id="verdicts"' not in text
    assert 'href="#verdicts"' not in text
    assert '<a class="skip" href="#models">Skip to the models</a>' in text
