"""From a run to its report: every number is the records', none is counted twice."""

import json
import re
import shutil
from pathlib import Path

import polars as pl
import pytest

from cuelens.errors import MissingDataError, ModelError, RecordError
from cuelens.evaluation import RecordStore, read_strips
from cuelens.report import VIEWS, model_rows, of_run, report_of
from cuelens.report.groups import slug
from cuelens.sources import load_model
from cuelens.study.plan.plan import plan_of
from cuelens.study.plan.stated_claims import PAPER_CLAIMS

pytestmark = pytest.mark.no_cover  # whole commands and pages, whose parts have tests of their own

NAMES = ("standard", "adversarial")


@pytest.fixture(scope="module")
def reported(tiny_run, tmp_path_factory):
    """Return the folder of a run with its report."""
    folder = tmp_path_factory.mktemp("reported") / "run"
    shutil.copytree(tiny_run, folder)
    assert report_of(folder) == folder / "report.html"
    return folder


def rows_of(folder, table):
    return json.loads((folder / "tables" / f"{table}.json").read_text(encoding="utf-8"))["rows"]


def contents(folder):
    return {
        # Within a PDF, names come in an order of chance.
        str(path.relative_to(folder)): path.read_bytes() if path.suffix != ".pdf" else b""
        for part in ("tables", "figures")
        for path in (folder / part).iterdir()
    }


def test_the_page_has_the_studys_title_and_every_claim(reported):
    page = (reported / "report.html").read_text(encoding="utf-8")
    assert "<title>A study that is done in seconds" in page
    for claim in PAPER_CLAIMS:
        assert claim.statement in page


def test_every_claim_has_a_verdict(reported):
    rows = rows_of(reported, "verdicts")
    assert [row["claim"] for row in rows] == [claim.statement for claim in PAPER_CLAIMS]
    outcomes = {row["outcome"] for row in rows}
    assert outcomes <= {"for", "against", "undecided", "not measured"}
    stylised, saturation, shuffle, contours, sparsity = rows
    assert (stylised["outcome"], stylised["first"]) == ("not measured", None)
    assert stylised["quantity"] == "retention under stylised minus that under self-styled"
    for row in (saturation, shuffle, contours, sparsity):
        assert (row["first"], row["second"]) == ("adversarial", "standard")
    assert saturation["quantity"] == "retention under saturation, area over 8, 16, 64, 1024"
    assert (saturation["expected"], shuffle["expected"]) == ("greater", "smaller")
    assert contours["quantity"] == "contour share of gradient maps, clean images"
    assert contours["n"] == 8


def test_maps_are_checked_and_compared(reported):
    about = {row["check"]: row["about"] for row in rows_of(reported, "checks")}
    for name in (
        "survives-randomisation", "no-better-than-edges", "no-better-than-noise",
        "saturated-scale",
    ):  # fmt: skip
        assert about[name] == "gradient, adversarial"  # the last of the study's models
    pairs = rows_of(reported, "salience-differences")
    assert {(row["model"], row["other"]) for row in pairs} == {("adversarial", "standard")}
    assert {"deletion", "contour_share", "condition_top_overlap"} <= {
        row["measure"] for row in pairs
    }


def test_the_tables_come_in_four_forms_and_the_figures_as_svg(reported):
    tables = {path.stem for path in (reported / "tables").iterdir()}
    assert {
        "accuracy", "retention", "verdicts", "models", "answers", "salience", "everything",
        "salience-differences", "salience-agreement",
        "comparisons", "checks", "error-consistency", "settings", "versions",
    } <= tables  # fmt: skip
    for name in tables:
        endings = {path.suffix for path in (reported / "tables").glob(f"{name}.*")}
        assert endings == {".csv", ".tex", ".md", ".json"}
    figures = {path.name for path in (reported / "figures").iterdir()}
    assert {"accuracy-saturation.svg", "retention-shuffle.svg"} <= figures
    strips = {name for name in figures if name.startswith("strip-1-")}
    assert {Path(name).suffix for name in strips} == {".svg", ".png"}


def test_accuracies_are_those_of_the_records(reported):
    predictions = RecordStore(reported / "records").read("predictions")
    clean = predictions.filter(dataset="cue-controlled-test", condition="clean")
    attacks = RecordStore(reported / "records").read("attacks")
    rows = rows_of(reported, "models")
    assert [row["model"] for row in rows] == list(NAMES)
    for row in rows:
        own = clean.filter(model=row["model"])
        assert row["clean accuracy: value"] == (own["prediction"] == own["label"]).mean()
        assert row["clean accuracy: n"] == 40
        survived = attacks.filter(model=row["model"]).select((~pl.col("fooled")).mean()).item()
        assert row["robust accuracy: value"] == survived
        assert row["robust accuracy: n"] == 20


def test_models_are_described_by_their_files(reported):
    for row in rows_of(reported, "models"):
        classifier, card = load_model(reported / "models" / f"{row['model']}.safetensors")
        assert row["network"] == "resnet10-64"
        assert row["parameters"] == sum(each.numel() for each in classifier.network.parameters())
        assert classifier.fingerprint().startswith(row["fingerprint"])
        assert row["training seconds"] == card.training["seconds"]
        assert row["seed"] == 0


def test_the_studys_own_shape_bias_stands_on_the_published_curve(reported):
    here = [row for row in rows_of(reported, "dose-response") if row["here"]]
    assert [row["series"] for row in here] == [
        "this study, standard",
        "this study, adversarial, 8/255",
    ]
    assert {row["contrast"] for row in here} == {0.07}


def test_the_strips_are_those_of_the_run(reported):
    store = RecordStore(reported / "records")
    (kept,) = (read_strips(store.path("strips", key)) for key in store.keys("strips"))
    names = [f"strip-1-{slug(Path(kept.images[0]).stem)}.svg"]  # one image
    assert [path.name for path in (reported / "figures").glob("strip-*.svg")] == names
    page = (reported / "report.html").read_text(encoding="utf-8")
    assert all(rule in page for rule in kept.rules)
    assert len(re.findall('id="show-', page)) == len(VIEWS)


def test_adversarial_examples_are_shown_where_an_image_was_fooled(reported):
    page = (reported / "report.html").read_text(encoding="utf-8")
    attacks = RecordStore(reported / "records").read("attacks")
    fooled = attacks.filter(pl.col("fooled") & pl.col("clean_right"))
    assert fooled.height
    assert '<section id="examples"' in page
    assert '<a href="#examples">' in page
    assert {path.name for path in (reported / "figures").glob("adversarial-*")} == {
        "adversarial-1.svg",
        "adversarial-1.png",
    }
    assert any(f'<span class="image">{image}</span>' in page for image in fooled["image"])
    (strip,) = (reported / "figures").glob("strip-1-*.svg")
    svg = strip.read_text(encoding="utf-8")
    for word in (*NAMES, "clean", "shuffle=2", "pgd-2"):
        assert word in svg


def test_a_report_is_written_again_byte_for_byte(reported, tmp_path):
    again = tmp_path / "run"
    shutil.copytree(reported, again)
    shutil.rmtree(again / "tables")
    shutil.rmtree(again / "figures")
    report_of(again)
    assert contents(again) == contents(reported)


def test_records_that_are_not_the_studys_are_not_counted(reported, tmp_path):
    folder = tmp_path / "run"
    shutil.copytree(reported, folder)
    store = RecordStore(folder / "records")
    key = store.keys("predictions")[0]
    stale = store.read("predictions", [key]).with_columns(settings=pl.lit("of another version"))
    store.write("predictions", "0" * 32, stale)
    strips = store.path("strips", store.keys("strips")[0])
    shutil.copy(strips, strips.with_name(f"{'0' * 32}.safetensors"))
    report_of(folder)
    assert contents(folder) == contents(reported)


def test_a_folder_that_is_no_run_has_no_report(tmp_path):
    with pytest.raises(MissingDataError) as error:
        report_of(tmp_path)
    assert str(error.value) == (
        f"Expected a run folder at {tmp_path} (with study.json in it), got none. "
        "Give the `--out` folder of `cuelens study run`."
    )
    assert not list(tmp_path.iterdir())


def test_a_run_that_was_stopped_has_no_report(tiny_copy):
    (tiny_copy / "parts.json").unlink()
    with pytest.raises(RecordError) as error:
        report_of(tiny_copy)
    assert str(error.value) == (
        f"Expected a run that has come to its end in {tiny_copy}, got one that was begun, or "
        "added to, and not finished. Run the study again with `cuelens study run`: it goes on "
        "where it was."
    )


@pytest.mark.parametrize("table", ["predictions", "attacks", "salience"])
def test_a_run_that_lost_a_part_has_no_report(tiny_copy, table):
    store = RecordStore(tiny_copy / "records")
    lost = store.path(table, store.keys(table)[0])
    lost.unlink()
    with pytest.raises(RecordError) as error:
        report_of(tiny_copy)
    assert str(error.value) == (
        f"Expected a part of the records at `{lost}`, got none. "
        "Run the same command again to compute it."
    )


def test_a_run_with_an_altered_part_has_no_report(tiny_copy):
    store = RecordStore(tiny_copy / "records")
    torn = store.path("predictions", store.keys("predictions")[0])
    torn.write_bytes(torn.read_bytes()[:-100])
    with pytest.raises(RecordError) as error:
        report_of(tiny_copy)
    message = str(error.value)
    assert message.startswith(f"`{torn}` must be a whole part of the records, got a torn file: ")
    assert message.endswith("Run the same command again to compute it.")


def test_a_run_that_lost_a_model_has_no_report(tiny_copy):
    lost = tiny_copy / "models" / "adversarial.safetensors"
    lost.unlink()
    with pytest.raises(ModelError) as error:
        report_of(tiny_copy)
    assert str(error.value) == (
        f"Expected a model file at {lost}, got nothing there. "
        "Train one with `cuelens train`, or check the path."
    )


def test_a_study_of_photographs_has_no_point_on_the_curve(tiny_content):
    tiny_content["data"] = {"Cifar10": {}}
    plan = plan_of(tiny_content, where="study.yaml")
    assert of_run._dose_response(plan, pl.DataFrame()) is None


def test_what_was_not_measured_has_no_rate():
    frame = pl.DataFrame(
        {
            "model": ["m"], "condition": ["clean"], "quantity": ["accuracy"],
            "value": [0.5], "low": [0.4], "high": [0.6], "n": [100],
        }
    )  # fmt: skip
    assert model_rows._rate(frame, "m", "clean", "accuracy").n == 100
    assert model_rows._rate(frame, "m", "clean", "robust accuracy") is None
