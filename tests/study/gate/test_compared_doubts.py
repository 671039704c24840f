"""What doubts a difference between two runs: what doubts a number of either, said once."""

from pathlib import Path

import polars as pl
import pytest
from tests.study.gate.test_gate import network, run_of
from tests.study.planted import apart_of

from cuelens.evaluation import RecordStore
from cuelens.study import compare_runs
from cuelens.study.gate.compared_doubts import doubts_of_both
from cuelens.study.outcomes.cue_profiles import cue_profile

GUESSING = (
    "near-chance: its clean accuracy cannot be told from guessing, so that its retention says "
    "nothing of cues"
)
FEW = "few-images: it rests on fewer than 200 images"
SAME = (
    "control-is-the-condition: at 1 of 1 levels its images are nearly its control's, which says "
    "nothing of what a model relies on"
)


def with_distances(folder: Path, apart: float) -> Path:
    """Add to a run how far the images without texture are from their control's."""
    rows = apart_of({"saturation=8": (0.2, 0.2 * apart)})
    RecordStore(folder / "records").write("controls", "saturation", rows)
    return folder


def notes(run: Path, baseline: Path) -> dict[str, str | None]:
    rows = compare_runs(run, baseline).differences.filter(
        pl.col("condition").is_in(["saturation", "saturation=8"])
    )
    return dict(rows.select("quantity", "note").iter_rows())


def test_what_nothing_doubts_has_no_note(tmp_path: Path) -> None:
    run = with_distances(run_of(tmp_path, {"standard": network()}), 0.9)
    assert notes(run, run) == {"accuracy": None, "retention": None, "cue_reliance": None}


def test_a_row_has_the_doubts_of_its_cue_profile(tmp_path: Path) -> None:
    run = with_distances(run_of(tmp_path, {"standard": network()}), 0.1)
    found = compare_runs(run, run).differences.filter(quantity="cue_reliance")
    store = RecordStore(run / "records")
    alone = cue_profile(
        store.read("predictions", store.keys("predictions")), store.read("controls", ["saturation"])
    )
    assert found.select("doubts", "note").rows() == alone.select("doubts", "note").rows()
    assert found["note"].to_list() == [SAME]


def test_a_doubt_of_one_run_says_of_which(tmp_path: Path) -> None:
    run = with_distances(run_of(tmp_path / "new", {"standard": network()}), 0.1)
    other = with_distances(run_of(tmp_path / "old", {"standard": network()}), 0.9)
    name, why = SAME.split(": ")
    assert notes(run, other)["cue_reliance"] == f"{name}: in the run {why}"
    assert notes(other, run)["cue_reliance"] == f"{name}: in the baseline {why}"


@pytest.mark.parametrize("quantity", ["retention", "cue_reliance"])
def test_guessing_and_few_images_doubt_what_is_of_right_images(
    tmp_path: Path, quantity: str
) -> None:
    run = run_of(tmp_path, {"standard": network(clean=0.1)}, n=300)
    found = notes(run, run)
    assert found[quantity] == f"{GUESSING}; {FEW}"
    assert found["accuracy"] is None


def test_a_reason_of_both_is_said_once() -> None:
    assert doubts_of_both({"a": "x", "b": "y"}, {"b": "z", "a": "x"}) == {
        "a": "x", "b": "in the run y and in the baseline z",
    }  # fmt: skip
