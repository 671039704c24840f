"""Answers from outside stand in a run's records as its own models' do, and nothing is made up."""

import json

import numpy as np
import polars as pl
import pytest
import torch

from cuelens.errors import ConfigError, DataError, RecordError, RunFolderError
from cuelens.evaluation import RecordStore, logits_of
from cuelens.networks.fast_path import fast
from cuelens.report import report_of
from cuelens.sources import load_model
from cuelens.study import export_study
from cuelens.study.exchange.image_files import ImageFormat
from cuelens.study.exchange.imports import import_predictions
from cuelens.study.outcomes.summaries import summarise_predictions
from cuelens.study.run_folder.imported import read_imported
from cuelens.study.run_folder.run_folder import read_parts, read_plan

pytestmark = pytest.mark.usefixtures("undrawn")

CONDITIONS = 7
SEEN = ("image", "condition", "dataset")


def records(run):
    return RecordStore(run / "records").read("predictions", read_parts(run)["predictions"])


def own(run, model="standard"):
    return records(run).filter(pl.col("model") == model).sort("dataset", "condition", "image")


def answered(run, path, **columns):
    """Write the standard model's answers into a CSV file and return it."""
    table = own(run).select(id="image", condition="condition", prediction="prediction")
    table.with_columns(**columns).write_csv(path)
    return path


def message_of(*arguments, error=DataError, **options):
    with pytest.raises(error) as caught:
        import_predictions(*arguments, **options)
    return str(caught.value)


@pytest.mark.no_cover
def test_a_model_that_answers_exported_images_elsewhere_has_the_records_of_one_here(
    tiny_copy, tmp_path
):
    plan = read_plan(tiny_copy)
    exported = export_study(plan, data_folder=None, out=tmp_path / "images", form=ImageFormat.npz)
    rows = pl.read_csv(exported.manifest)
    classifier, _ = load_model(tiny_copy / "models" / "standard.safetensors")
    network, parts = fast(classifier, precision=torch.float32), []
    for name in rows["file"].unique(maintain_order=True):
        with np.load(tmp_path / "images" / name) as file:
            images = torch.from_numpy(file["images"])
        logits = logits_of(network, images, micro_batch=250)
        part = rows.filter(file=name).select("id", "condition", "dataset", "draw")
        parts.append(part.with_columns(logits=pl.Series(logits.tolist())))
    pl.concat(parts).sample(fraction=1.0, shuffle=True, seed=1).write_parquet(
        tmp_path / "answers.parquet"
    )
    done = import_predictions([tmp_path / "answers.parquet"], into=tiny_copy, model="elsewhere")
    assert (done.new, done.given, done.answers) == (True, "logits", 40 * CONDITIONS + 45)
    assert (len(done.conditions), done.unanswered, done.without) == (CONDITIONS + 1, (), 0)
    here, there = own(tiny_copy), own(tiny_copy, "elsewhere")
    differing = ["model", "weights", "precision", "training_seed"]
    exact = [name for name in here.columns if name not in (*differing, "probabilities", "loss")]
    assert there.select(exact).equals(here.select(exact))
    for name in ("probabilities", "loss"):
        one, two = (np.array(t[name].to_list(), dtype=np.float64) for t in (here, there))
        assert np.allclose(one, two, atol=1e-6)


def test_probabilities_give_ranks_and_losses_to_the_digits_they_have(tiny_copy, tmp_path):
    table = own(tiny_copy)
    names = load_model(tiny_copy / "models" / "standard.safetensors")[1].class_names
    columns = {
        f"probability_{name}": table["probabilities"].list.get(place)
        for place, name in enumerate(names)
    }
    path = tmp_path / "answers.csv"
    table.select(id="image", condition="condition").with_columns(**columns).write_csv(path)
    import_predictions([path], into=tiny_copy, model="copy", training_seed=7)
    copy = own(tiny_copy, "copy")
    assert copy["label_rank"].to_list() == table["label_rank"].to_list()
    assert np.allclose(copy["loss"].to_numpy(), table["loss"].to_numpy(), atol=1e-5)
    assert copy["training_seed"].unique().to_list() == [7]


def test_what_predictions_alone_do_not_tell_is_null_and_shown_as_not_known(tiny_copy, tmp_path):
    import_predictions([answered(tiny_copy, tmp_path / "a.csv")], into=tiny_copy, model="api")
    rows = own(tiny_copy, "api")
    for name in ("label_rank", "shape_rank", "texture_rank", "probabilities", "loss", "tie"):
        assert rows[name].null_count() == len(rows), name
    standard = own(tiny_copy)
    for name in ("label", "prediction", "mean_square", "structural_distance", "shape", "data"):
        assert rows[name].to_list() == standard[name].to_list()
    summary = summarise_predictions(records(tiny_copy))
    kept = ["dataset", "condition", "quantity", "n", "value", "low", "high"]
    api, known = (
        summary.filter(pl.col("model") == model).select(kept) for model in ("api", "standard")
    )
    same = ("accuracy", "retention", "chance-corrected retention", "image change")
    own_rows = pl.col("quantity").is_in(same)
    assert api.filter(own_rows).sort(kept).equals(known.filter(own_rows).sort(kept))
    unknown = summary.filter(
        (pl.col("model") == "api") & pl.col("quantity").is_in(["top-3 accuracy", "ties"])
    )
    assert unknown["value"].null_count() == len(unknown) == 2 * (CONDITIONS + 1)
    assert unknown["note"].unique().to_list() == [
        "the records hold predictions alone, without a number for each class"
    ]


@pytest.mark.no_cover
def test_the_report_shows_the_imported_model_beside_the_runs_own(tiny_copy, tmp_path):
    import_predictions([answered(tiny_copy, tmp_path / "a.csv")], into=tiny_copy, model="api")
    page = report_of(tiny_copy).read_text(encoding="utf-8")
    assert "predictions imported from a.csv" in page
    tables = tiny_copy / "tables"
    models = json.loads((tables / "models.json").read_text(encoding="utf-8"))["rows"]
    assert [row["model"] for row in models] == ["standard", "adversarial", "api"]
    assert models[2]["clean accuracy: value"] == models[0]["clean accuracy: value"]
    assert (models[2]["parameters"], models[2]["robust accuracy: n"]) == (None, None)
    pairs = json.loads((tables / "comparisons.json").read_text(encoding="utf-8"))["rows"]
    api = [row for row in pairs if (row["first"], row["second"]) == ("api", "standard")]
    assert {row["difference"] for row in api if row["quantity"] == "accuracy"} == {0.0}
    letters = json.loads((tables / "indistinct.json").read_text(encoding="utf-8"))["rows"]
    assert {row["model"] for row in letters} == {"standard", "adversarial", "api"}


def test_claims_are_held_against_imported_models_that_the_study_names(tiny_copy, tmp_path):
    file = tiny_copy / "study.json"
    content = json.loads(file.read_text(encoding="utf-8"))
    roles = {"standard": "standard", "adversarial": "api", "underfit": "adversarial"}
    file.write_text(json.dumps(content | {"imported": ["api"], "roles": roles}), encoding="utf-8")

    def shuffled():
        report_of(tiny_copy)
        table = json.loads((tiny_copy / "tables" / "verdicts.json").read_text(encoding="utf-8"))
        return next(row for row in table["rows"] if "shuffle" in row["quantity"])

    (before,) = {shuffled()["outcome"]}
    assert before == "not measured"
    import_predictions([answered(tiny_copy, tmp_path / "a.csv")], into=tiny_copy, model="api")
    after = shuffled()
    assert after["outcome"] != "not measured"
    assert (after["first"], after["second"], after["difference"]) == ("api", "standard", 0.0)


def test_one_file_a_condition_is_one_model(tiny_copy, tmp_path):
    table = own(tiny_copy).filter(pl.col("dataset") == own(tiny_copy)["dataset"].mode()[0])
    files = []
    for name in ("clean", "shuffle=2"):
        files.append(tmp_path / f"{name}.csv")
        part = table.filter(condition=name)
        part.select(id="image", prediction="prediction").write_csv(files[-1])
    done = import_predictions(files, into=tiny_copy, model="api")
    assert done.conditions == ("clean", "shuffle=2")
    assert done.unanswered == (
        "saturation=8", "saturation=16", "saturation=64", "saturation=1024", "shuffle=4",
        "clean (cue-controlled-test-conflict)",
    )  # fmt: skip


def test_the_same_answers_again_change_nothing_and_others_are_refused(tiny_copy, tmp_path):
    path = answered(tiny_copy, tmp_path / "a.csv")
    import_predictions([path], into=tiny_copy, model="api")
    before = (tiny_copy / "imported.json").read_bytes()
    assert not import_predictions([path], into=tiny_copy, model="api").new
    assert (tiny_copy / "imported.json").read_bytes() == before
    other = answered(tiny_copy, tmp_path / "b.csv", prediction=pl.lit(0))
    assert message_of([other], into=tiny_copy, model="api", error=ConfigError) == (
        "`--model` must be a new name, or that of the same answers, got 'api', which was imported "
        "from a.csv with others. Give another name."
    )
    assert (tiny_copy / "imported.json").read_bytes() == before
    import_predictions([other], into=tiny_copy, model="constant")
    assert list(read_imported(tiny_copy)) == ["api", "constant"]


def test_a_name_of_the_runs_own_models_is_refused(tiny_copy, tmp_path):
    path = answered(tiny_copy, tmp_path / "a.csv")
    assert message_of([path], into=tiny_copy, model="standard", error=ConfigError) == (
        "`--model` must be a new name, got 'standard', which is one of the study's own models "
        "(standard, adversarial). Give another name."
    )
    assert message_of([path], into=tiny_copy, model="../x", error=ConfigError) == (
        "`--model` must be a name of letters, digits, spaces and any of . _ = + -, got '../x'. "
        "Choose such a name."
    )


def test_a_file_that_does_not_tell_its_condition_is_told_how(tiny_copy, tmp_path):
    rows = own(tiny_copy).filter(pl.col("condition") == "clean", dataset="cue-controlled-test")
    rows = rows.select(id="image", prediction="prediction")
    rows.write_csv(tmp_path / "answers.csv")
    assert message_of([tmp_path / "answers.csv"], into=tiny_copy, model="api") == (
        f"`{tmp_path / 'answers.csv'}` must have a column `condition`, or be named after a "
        "condition of the run (clean, saturation=8, saturation=16, saturation=64, saturation=1024, "
        "shuffle=2, shuffle=4), got no such column and the name 'answers'. Take the column of the "
        "manifest of `cuelens export`, or call a file of one condition such as clean.csv."
    )


def test_what_is_missing_unknown_or_double_is_counted_with_examples(tiny_copy, tmp_path):
    table = own(tiny_copy).select(id="image", condition="condition", prediction="prediction")
    clean = table.filter(pl.col("condition") == "clean")
    ids = clean["id"].to_list()
    changed = pl.concat(
        [
            clean.slice(5),
            clean.slice(10, 2),
            clean.head(1).with_columns(id=pl.lit("cow")),
            table.head(1).with_columns(condition=pl.lit("blur=3")),
        ]
    )
    changed.write_csv(tmp_path / "a.csv")
    assert message_of([tmp_path / "a.csv"], into=tiny_copy, model="api") == (
        "Each image of a condition must be answered once, got unknown conditions 'blur=3' (the run "
        "has clean, saturation=8, saturation=16, saturation=64, saturation=1024, shuffle=2, "
        f"shuffle=4); 2 answered more than once: {ids[10]} (clean), {ids[11]} (clean); 1 ids that "
        f"the run does not have: cow (clean); 5 without an answer: {ids[0]} (clean), {ids[1]} "
        f"(clean), {ids[2]} (clean) and 2 more. The manifest of `cuelens export` names every id "
        "and condition."
    )
    assert not read_imported(tiny_copy)


def test_answers_that_are_none_of_the_classes_count_as_wrong(tiny_copy, tmp_path):
    path = answered(tiny_copy, tmp_path / "a.csv", prediction=pl.lit(None, dtype=pl.Int64))
    done = import_predictions([path], into=tiny_copy, model="silent")
    assert done.without == done.answers
    summary = summarise_predictions(own(tiny_copy, "silent"))
    assert summary.filter(quantity="accuracy")["value"].unique().to_list() == [0.0]


def test_files_of_two_kinds_are_refused(tiny_copy, tmp_path):
    one = answered(tiny_copy, tmp_path / "a.csv")
    table = own(tiny_copy).select(id="image", condition="condition", probabilities="probabilities")
    table.write_parquet(tmp_path / "b.parquet")
    assert message_of([one, tmp_path / "b.parquet"], into=tiny_copy, model="api") == (
        "Every file of a model must hold answers of one kind, got predictions and probabilities. "
        "Import predictions alone, or probabilities of everything."
    )


def test_running_the_study_again_keeps_what_was_imported(tiny_copy, tmp_path, run_tiny):
    import_predictions([answered(tiny_copy, tmp_path / "a.csv")], into=tiny_copy, model="api")
    before = own(tiny_copy, "api")
    run_tiny(tiny_copy)
    assert own(tiny_copy, "api").equals(before)


def test_a_run_that_has_not_come_to_its_end_takes_no_answers(tiny_copy, tmp_path):
    path = answered(tiny_copy, tmp_path / "a.csv")
    (tiny_copy / "parts.json").unlink()
    assert "come to its end" in message_of([path], into=tiny_copy, model="api", error=RecordError)


def test_a_file_of_imports_that_cannot_be_read_is_named(tiny_copy):
    (tiny_copy / "imported.json").write_text('{"api": 3}', encoding="utf-8")
    with pytest.raises(RunFolderError) as caught:
        read_imported(tiny_copy)
    assert str(caught.value).startswith(
        f"Expected what an import wrote in {tiny_copy / 'imported.json'}, got a file that cannot be"
    )
