"""Two runs side by side: what is compared, and that it is what the gate compares."""

from pathlib import Path

import polars as pl
import pytest

from cuelens.errors import ConfigError
from cuelens.study import RunComparison, RunRecords, compare_runs, run_gate
from cuelens.study.gate import run_comparison
from cuelens.study.gate.gate_quantities import Subject
from cuelens.study.outcomes.cue_profiles import cue_profile
from cuelens.study.outcomes.outcomes import main_dataset


@pytest.fixture(scope="module")
def itself(tiny_run: Path) -> RunComparison:
    return compare_runs(tiny_run, tiny_run)


def test_a_run_differs_from_itself_in_nothing(itself: RunComparison) -> None:
    assert itself.models == ("standard", "adversarial")
    assert itself.alone == ()
    found = itself.differences
    assert set(found["quantity"]) >= {"accuracy", "retention", "robust_accuracy", "shape_bias"}
    known = found.drop_nulls("difference")
    assert len(known) > 20
    assert known["difference"].abs().max() == 0
    assert known["p_holm"].min() == 1
    assert known["before"].equals(known["now"])
    assert all(one is not None and one == other for one, other in itself.verdicts)
    assert itself.settings[0] == itself.settings[1] != {}


def test_what_cannot_be_compared_says_why(itself: RunComparison) -> None:
    unknown = itself.differences.filter(pl.col("difference").is_null())
    assert unknown["note"].is_not_null().all()
    assert unknown["doubts"].list.len().sum() == 0


def test_n_counts_the_images_that_count_in_either_run(two: RunComparison, tiny_run: Path) -> None:
    records = RunRecords.of(tiny_run)
    rows = records.store.read("predictions", list(records.parts["predictions"]))
    clean = rows.filter(condition="clean", dataset=main_dataset(rows))
    right = pl.col("prediction") == pl.col("label")
    names = ["standard", "adversarial"]
    own = clean.filter(pl.col("model").is_in(names)).group_by("image").agg(right.any())
    found = two.differences.filter(quantity="retention", condition="shuffle=2")
    assert found["n"].to_list() == [own["prediction"].sum()]


def test_models_whose_networks_differ_are_named(itself: RunComparison, two: RunComparison) -> None:
    assert itself.other_networks == ()
    assert two.other_networks == ("standard",)
    trained = itself.weights
    assert two.weights == {"standard": (trained["adversarial"][0], trained["standard"][0])}


def profile_of(_: Path, subjects: dict[str, Subject]) -> pl.DataFrame:
    """Return the cue profile of planted subjects, whose images' distances are unknown."""
    return cue_profile(next(iter(subjects.values())).panel)


@pytest.fixture
def two(tiny_run: Path, monkeypatch: pytest.MonkeyPatch) -> RunComparison:
    """Return a run whose network "standard" is the baseline's "adversarial"."""
    records = RunRecords.of(tiny_run)
    tables = {
        name: records.store.read(name, list(records.parts[name]))
        for name in ("predictions", "attacks")
    }

    def subjects(folder: Path, _: str | None) -> dict[str, Subject]:
        name = "adversarial" if folder.name == "new" else "standard"
        own = {
            table: rows.filter(model=name).with_columns(model=pl.lit("standard"))
            for table, rows in tables.items()
        }
        return Subject.all_of(**own, where=str(folder), dataset=None)

    monkeypatch.setattr(run_comparison, "subjects_in", subjects)
    monkeypatch.setattr(run_comparison, "profile_in", profile_of)
    return compare_runs(Path("new"), Path("old"))


def test_differences_are_those_of_the_records(two: RunComparison, tiny_run: Path) -> None:
    records = RunRecords.of(tiny_run)
    rows = records.store.read("predictions", list(records.parts["predictions"]))
    clean = rows.filter(condition="clean", dataset=main_dataset(rows)).group_by("model")
    right = dict(clean.agg(right=(pl.col("prediction") == pl.col("label")).mean()).iter_rows())
    row = two.differences.filter(quantity="accuracy", condition="clean").row(0, named=True)
    assert row["now"] == pytest.approx(right["adversarial"])
    assert row["before"] == pytest.approx(right["standard"])
    assert row["difference"] == pytest.approx(right["adversarial"] - right["standard"])
    assert row["low"] <= row["difference"] <= row["high"]
    assert row["p"] <= row["p_holm"] <= 1


def test_a_difference_is_the_gates(itself: RunComparison, tiny_run: Path) -> None:
    gate = run_gate(
        tiny_run, ["retention[shuffle=2] >= baseline"], baseline=tiny_run, models=["adversarial"]
    )
    own = itself.differences.filter(
        model="adversarial", quantity="retention", condition="shuffle=2"
    ).row(0, named=True)
    estimate = gate.rulings[0].estimate
    assert (own["difference"], own["low"], own["high"], own["n"]) == (
        estimate.value, estimate.low, estimate.high, estimate.n,
    )  # fmt: skip


def test_runs_that_share_no_model_are_refused(
    tiny_run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    subjects = iter([{"a": None}, {"b": None}])
    monkeypatch.setattr(run_comparison, "subjects_in", lambda *_: next(subjects))
    with pytest.raises(ConfigError) as caught:
        compare_runs(tiny_run, Path("other"))
    assert str(caught.value) == (
        f"Two runs must share a model to be compared, got a in {tiny_run} and b in other."
    )


def test_runs_of_other_images_are_refused(tiny_run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    records = RunRecords.of(tiny_run)
    tables = {
        name: records.store.read(name, list(records.parts[name]))
        for name in ("predictions", "attacks")
    }

    def subjects(folder: Path, _: str | None) -> dict[str, Subject]:
        own = {name: rows.with_columns(data=pl.lit(str(folder))) for name, rows in tables.items()}
        return Subject.all_of(**own, where=str(folder), dataset=None)

    monkeypatch.setattr(run_comparison, "subjects_in", subjects)
    monkeypatch.setattr(run_comparison, "profile_in", profile_of)
    with pytest.raises(ConfigError) as caught:
        compare_runs(Path("new"), Path("old"))
    assert str(caught.value) == (
        "Two runs must hold a quantity of the same images to be compared, got none in new and "
        "old. Compare runs of the same data, split and seed; what each says of its claims stands "
        "in its own report.html."
    )
