"""A study from its plan to its records: once, again, elsewhere, interrupted."""

import itertools
import logging
import shutil
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest
import torch
from PIL import Image

from cuelens.errors import DataError, RunFolderError
from cuelens.evaluation import Evaluated, RecordStore, condition_of, evaluate_models
from cuelens.evaluation.attack_images import AttackedImages
from cuelens.networks import Classifier
from cuelens.sources import load_model, save_model
from cuelens.study import run_study
from cuelens.study.models import models, trained_file
from cuelens.study.models.models import train_models
from cuelens.study.models.trained_file import StudyModel, last_beside, train_model_file
from cuelens.study.plan.plan import plan_of
from cuelens.study.progress import silent
from cuelens.study.run import evaluating
from cuelens.study.run_folder.growth import ADDITIONS
from cuelens.study.run_folder.run_folder import read_parts

pytestmark = pytest.mark.no_cover  # whole commands and pages, whose parts have tests of their own

CPU = torch.device("cpu")
TABLES = ("predictions", "attacks", "salience")


def files_of(folder):
    """Return the time of change of each file, but of what the store remembers for itself."""
    files = (path for path in folder.rglob("[!.]*") if path.is_file())
    return {path: path.stat().st_mtime_ns for path in files}


def rows_of(folder, table):
    frame = RecordStore(folder / "records").read(table)
    return frame.sort([name for name in frame.columns if name != "probabilities"])


def test_a_run_holds_its_study_its_models_and_its_records(tiny_run):
    assert (tiny_run / "study.json").is_file()
    assert sorted(path.name for path in (tiny_run / "models").iterdir()) == [
        f"{name}.{kind}"
        for name in ("adversarial-last", "adversarial", "standard-last", "standard")
        for kind in ("md", "safetensors")
    ]
    store = RecordStore(tiny_run / "records")
    predictions = store.read("predictions")
    assert predictions["model"].unique().sort().to_list() == ["adversarial", "standard"]
    test = predictions.filter(dataset="cue-controlled-test")
    assert set(test["condition"]) == {
        "clean", "saturation=8", "saturation=16", "saturation=64", "saturation=1024",
        "shuffle=2", "shuffle=4",
    }  # fmt: skip
    assert test.height == 2 * 7 * 40
    conflict = predictions.filter(dataset="cue-controlled-test-conflict")
    assert conflict.height == 2 * 45
    assert (conflict["shape"] != conflict["texture"]).all()
    attacks = store.read("attacks")
    assert attacks.group_by("model").len()["len"].to_list() == [20, 20]
    salience = store.read("salience")
    assert set(salience["condition"]) == {"clean", "shuffle=2"}
    assert "contour_share" in set(salience.filter(condition="clean")["measure"])
    assert "contour_share" not in set(salience.filter(condition="shuffle=2")["measure"])
    assert len(store.keys("strips")) == 1
    assert not store.damaged()
    shown = RecordStore(tiny_run / "shown")
    fooled = attacks.filter(pl.col("fooled") & pl.col("clean_right"))
    parts = read_parts(tiny_run).get("attack-images", [])
    kept = [AttackedImages.read(shown, key) for key in parts]
    assert {one.model for one in kept} == set(fooled["model"])
    for one in kept:
        assert set(one.ids) <= set(fooled.filter(model=one.model)["image"])


def test_both_models_meet_the_same_images(tiny_run):
    predictions = RecordStore(tiny_run / "records").read("predictions")
    columns = ["dataset", "condition", "image", "label", "mean_square", "draw"]
    first, second = (
        predictions.filter(model=name).select(columns).sort(columns[:3])
        for name in ("standard", "adversarial")
    )
    assert first.equals(second)


def test_a_model_file_says_what_was_trained(tiny_run):
    classifier, card = load_model(tiny_run / "models" / "adversarial.safetensors")
    assert card.name == "adversarial"
    assert card.training_seed == 0
    assert "MinMax" in card.recipe
    assert card.training["images"] == 64
    assert card.training["data"] == "cue-controlled-train"
    assert card.training["epoch"] == 1.0
    assert 0 <= card.training["validation_robust_accuracy"] <= 1
    assert len(classifier.class_names) == 10
    _, standard = load_model(tiny_run / "models" / "standard.safetensors")
    assert standard.training["validation_robust_accuracy"] is None


def test_the_same_study_again_trains_nothing_and_computes_nothing(tiny_copy, run_tiny, monkeypatch):
    def fail(*_arguments, **_settings):
        raise AssertionError("nothing should be computed again")

    before = files_of(tiny_copy)
    monkeypatch.setattr(trained_file, "train", fail)
    monkeypatch.setattr(Classifier, "__call__", fail)
    run_tiny(tiny_copy)
    assert files_of(tiny_copy) == before


def test_a_part_that_is_lost_is_computed_again_in_every_value(tiny_copy, tiny_run, run_tiny):
    store = RecordStore(tiny_copy / "records")
    lost = store.path("predictions", store.keys("predictions")[0])
    lost.unlink()
    before = files_of(tiny_copy)
    run_tiny(tiny_copy)
    after = files_of(tiny_copy)
    assert set(after) - set(before) == {lost}
    assert {path: after[path] for path in before} == before
    assert rows_of(tiny_copy, "predictions").equals(rows_of(tiny_run, "predictions"))


@pytest.mark.slow
def test_a_run_elsewhere_has_the_same_models_and_records(tiny_run, run_tiny, tmp_path):
    run_tiny(tmp_path / "elsewhere")
    for name in ("standard", "adversarial"):
        ours, theirs = (
            load_model(folder / "models" / f"{name}.safetensors")[0].fingerprint()
            for folder in (tiny_run, tmp_path / "elsewhere")
        )
        assert ours == theirs
    for table in TABLES:
        assert rows_of(tmp_path / "elsewhere", table).equals(rows_of(tiny_run, table))


def test_every_stage_tells_how_far_it_is(tiny_copy, tiny_content):
    told = {}

    def tell(stage, done, total, note):
        assert 0 <= done <= total
        assert isinstance(note, str)
        told[stage] = (done, total)

    (tiny_copy / "models" / "standard.safetensors").unlink()
    shutil.rmtree(tiny_copy / "training" / "standard")
    plan = plan_of(tiny_content, where="study.yaml")
    run_study(plan, data_folder=None, out=tiny_copy, progress=tell, device=CPU)
    assert list(told)[:3] == ["train standard", "predict", "predict conflict"]
    assert told["predict"] == (560, 560)
    assert told["attack standard, pgd-2"][0] == told["attack standard, pgd-2"][1]
    assert "salience adversarial, gradient, shuffle=2" in told


def test_a_model_file_that_is_lost_is_written_again_from_its_checkpoint(
    tiny_copy, tiny_run, run_tiny
):
    lost = tiny_copy / "models" / "standard.safetensors"
    lost.unlink()
    run_tiny(tiny_copy)
    (again, card), (first, first_card) = (
        load_model(folder / "models" / lost.name) for folder in (tiny_copy, tiny_run)
    )
    assert again.fingerprint() == first.fingerprint()
    assert card == first_card


def test_what_is_added_is_all_that_is_computed(tiny_copy, tiny_content, monkeypatch):
    def fail(*_arguments, **_settings):
        raise AssertionError("no model should be trained again")

    before = files_of(tiny_copy / "records")
    tiny_content["conditions"]["saturation"]["Saturation"]["level"] = [4, 8, 16, 64, 1024]
    tiny_content["conditions"]["greyscale"] = {"Greyscale": {}}
    monkeypatch.setattr(trained_file, "train", fail)
    plan = plan_of(tiny_content, where="study.yaml")
    run_study(plan, data_folder=None, out=tiny_copy, device=CPU)
    after = files_of(tiny_copy / "records")
    assert {path: after[path] for path in before} == before
    new = RecordStore(tiny_copy / "records")
    added = [path for path in after if path not in before]
    tables = [path.parent.name for path in added]
    assert tables.count("predictions") == 4
    assert set(tables) <= {"predictions", "controls", "strips"}
    seen = new.read("predictions", [p.stem for p in added if p.parent.name == "predictions"])
    assert set(seen["condition"]) == {"saturation=4", "greyscale"}
    assert len(read_parts(tiny_copy)["predictions"]) == 2 * 9 + 2


def test_another_study_in_the_same_folder_is_refused(tiny_copy, tiny_content):
    before = files_of(tiny_copy)
    tiny_content["conditions"] = {"greyscale": {"Greyscale": {}}}
    tiny_content["salience"]["conditions"] = ["clean"]
    plan = plan_of(tiny_content, where="study.yaml")
    with pytest.raises(RunFolderError) as error:
        run_study(plan, data_folder=None, out=tiny_copy, device=CPU)
    assert str(error.value) == (
        f"Expected {tiny_copy} to be empty or to hold the study 'tiny' with these settings, got "
        f"one that differs in `conditions`, `salience`. {ADDITIONS} Give another `--out` folder."
    )
    assert files_of(tiny_copy) == before


def test_a_study_whose_data_is_missing_leaves_no_folder(tmp_path, tiny_content):
    tiny_content["data"] = {"Cifar10": {}}
    plan = plan_of(tiny_content, where="study.yaml")
    with pytest.raises(FileNotFoundError) as error:
        run_study(plan, data_folder=None, out=tmp_path / "run", device=CPU)
    assert str(error.value) == (
        "Expected a data folder with CIFAR-10's publisher's files, got none. "
        "Give it with `--data FOLDER`."
    )
    assert not (tmp_path / "run").exists()


def test_a_condition_that_needs_masks_is_studied_where_there_are_masks(tiny_copy, tiny_content):
    tiny_content["conditions"]["silhouette"] = {"Silhouette": {}}
    plan = plan_of(tiny_content, where="study.yaml")
    assert plan.conditions[-1] == condition_of("silhouette")
    data = plan.data.open(None, seed=0)
    standard, _ = load_model(tiny_copy / "models" / "standard.safetensors")
    found = evaluate_models(
        {"standard": standard},
        data.test,
        plan.conditions[-1:],
        store=RecordStore(tiny_copy / "records"),
    )
    assert RecordStore(tiny_copy / "records").read("predictions", found.keys).height == 40


def test_a_condition_that_needs_masks_is_refused_before_training_where_there_are_none(
    tmp_path, tiny_content
):
    for split, name in itertools.product(("train", "validation", "test"), ("ant", "bee")):
        folder = tmp_path / "images" / split / name
        folder.mkdir(parents=True)
        Image.new("RGB", (32, 32), "red").save(folder / "0.png")
    tiny_content["data"] = {"ImageFolder": {"size": 32}}
    tiny_content["conditions"] = {"silhouette": {"Silhouette": {}}}
    tiny_content["salience"]["conditions"] = ["clean"]
    plan = plan_of(tiny_content, where="study.yaml")
    with pytest.raises(DataError) as error:
        run_study(plan, data_folder=tmp_path / "images", out=tmp_path / "run", device=CPU)
    assert str(error.value) == (
        "The condition silhouette needs to know where the figure of each image is, got the data "
        "set 'test', which has no masks. Leave the condition out, or take rendered images."
    )
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"network": "resnet18"}, "another network"),
        ({"recipe": {"epochs": 2, "batch_size": 32}}, "another recipe"),
        ({"seed": 5}, "another seed"),
        ({"network": "resnet18", "seed": 5}, "another network, another seed"),
    ],
)
def test_the_model_file_of_another_training_is_refused(
    tiny_run, tiny_content, tmp_path, change, what
):
    tiny_content["models"]["standard"] |= change
    plan = plan_of(tiny_content, where="study.yaml")
    path = tmp_path / "standard.safetensors"
    shutil.copy(tiny_run / "models" / "standard.safetensors", path)
    with pytest.raises(RunFolderError) as error:
        train_model_file(
            path,
            plan.models[0],
            plan.data.open(None, seed=0),
            checkpoints=tmp_path / "training",
            progress=silent,
            device=CPU,
        )
    assert str(error.value) == (
        f"Expected the model of this training at {path}, got one with {what}. "
        "Give another place, or delete it to train anew."
    )


def test_the_model_file_of_other_images_is_refused(tiny_run, tiny_content, tmp_path):
    plan = plan_of(tiny_content, where="study.yaml")
    path = tmp_path / "standard.safetensors"
    shutil.copy(tiny_run / "models" / "standard.safetensors", path)
    data = plan.data.open(None, seed=1)
    with pytest.raises(RunFolderError) as error:
        train_model_file(
            path, plan.models[0], data, checkpoints=tmp_path, progress=silent, device=CPU
        )
    assert str(error.value) == (
        f"Expected the model of this training at {path}, got one with another data. "
        "Give another place, or delete it to train anew."
    )


@pytest.mark.parametrize(("reached", "stop"), [(0.3, 0.3), (1.0, 0.9875), (0.0, 0.0125)])
def test_an_underfit_control_stops_where_the_other_model_stands(
    tiny_content, tiny_run, tmp_path, monkeypatch, reached, stop
):
    tiny_content["models"]["underfit"] = {"as_accurate_as": "adversarial"}
    plan = plan_of(tiny_content, where="study.yaml")
    trained = {}
    classifier, card = load_model(tiny_run / "models" / "adversarial.safetensors")
    there = replace(card, training={"validation_accuracy": reached})

    def note(path, plan, _data, **_settings):
        trained[plan.name] = (path.name, plan.recipe.stop_at_accuracy)
        return StudyModel(classifier=classifier, card=there)

    monkeypatch.setattr(models, "train_model_file", note)
    data = plan.data.open(None, seed=0)
    train_models(plan.models, data, tmp_path, progress=silent, device=CPU)
    assert trained == {
        "standard": ("standard.safetensors", None),
        "adversarial": ("adversarial.safetensors", None),
        "underfit": ("underfit.safetensors", stop),
    }


def test_the_last_weights_and_a_page_stand_beside_every_model_file(tiny_run):
    files = sorted(path.name for path in (tiny_run / "models").iterdir())
    names = ("adversarial", "adversarial-last", "standard", "standard-last")
    assert files == sorted(f"{name}.{kind}" for name in names for kind in ("md", "safetensors"))
    for name in names:
        _, card = load_model(tiny_run / "models" / f"{name}.safetensors")
        assert card.name == name
        assert card.training["weights"] == ("last" if name.endswith("-last") else "best")
        assert 0 <= card.training["validation_accuracy"] <= 1
        page = (tiny_run / "models" / f"{name}.md").read_text()
        assert page.startswith(f"# {name}\n\n`{name}.safetensors`")


def test_best_and_last_weights_are_each_judged_by_their_own_epoch(
    tiny_content, tmp_path, monkeypatch
):
    planted = iter([0.5, 0.25])
    monkeypatch.setattr("cuelens.training.validation.accuracy", lambda *_, **__: next(planted))
    recipe = {"epochs": 2, "batch_size": 32}
    tiny_content["models"] = {"standard": {"recipe": recipe, "half": True}}
    plan = plan_of(tiny_content, where="study.yaml")
    path = tmp_path / "standard.safetensors"
    data = plan.data.open(None, seed=0)
    model = train_model_file(
        path, plan.models[0], data, checkpoints=tmp_path / "on", progress=silent, device=CPU
    )
    last, card = load_model(last_beside(path))
    assert (model.card.training["epoch"], card.training["epoch"]) == (1.0, 2.0)
    accuracies = [each.training["validation_accuracy"] for each in (model.card, card)]
    assert accuracies == [0.5, 0.25]
    assert last.fingerprint() != model.classifier.fingerprint()
    assert path.stat().st_size < 700_000  # half precision


def test_a_low_pass_control_is_given_the_cutoff_of_equal_accuracy(
    tiny_content, tiny_run, tmp_path, monkeypatch
):
    tiny_content["models"]["rival"] = {
        "recipe": {"low_pass": None, "epochs": 3},
        "as_accurate_as": "adversarial",
    }
    plan = plan_of(tiny_content, where="study.yaml")
    trained = []
    classifier, card = load_model(tiny_run / "models" / "adversarial.safetensors")

    def note(path, plan, _data, *, checkpoints, **_settings):
        cutoff = plan.recipe.cutoff
        trained.append((path.relative_to(tmp_path), cutoff, plan.recipe.stop_at_accuracy))
        accuracy = 0.55 if cutoff is None else cutoff / 10
        there = replace(card, training={"validation_accuracy": accuracy})
        assert checkpoints.is_relative_to(tmp_path / "training" / plan.name.partition(",")[0])
        return StudyModel(classifier=classifier, card=there)

    monkeypatch.setattr(models, "train_model_file", note)
    data = plan.data.open(None, seed=0)
    found = train_models(plan.models, data, tmp_path, progress=silent, device=CPU)
    assert found["rival"].card.training["validation_accuracy"] == 0.55
    *tries, (path, cutoff, stop) = trained[2:]
    assert (str(path), cutoff, stop) == ("models/rival.safetensors", 5.5, None)
    assert (Path("training/rival/cutoff-5.5/model.safetensors"), 5.5, None) in tries
    assert len(tries) <= 6


def low_pass_plan(content):
    for name, waits in (("rival-0", "as_accurate_as"), ("rival-1", "cutoff_of")):
        content["models"][name] = {
            "network": "resnet10-64",
            "recipe": {"low_pass": None, "epochs": 1},
            waits: "adversarial" if waits == "as_accurate_as" else "rival-0",
        }
    return plan_of(content, where="study.yaml")


def test_networks_that_take_on_a_cutoff_are_trained_once_behind_it(
    tiny_content, tiny_run, tmp_path, monkeypatch
):
    plan = low_pass_plan(tiny_content)
    trained = []
    classifier, card = load_model(tiny_run / "models" / "adversarial.safetensors")

    def note(path, plan, _data, **_settings):
        cutoff = plan.recipe.cutoff
        trained.append((path.relative_to(tmp_path).parts, cutoff))
        accuracy = 0.55 if cutoff is None else cutoff / 10
        there = replace(
            card,
            specification=replace(card.specification, low_pass=cutoff),
            training={"validation_accuracy": accuracy},
        )
        return StudyModel(classifier=classifier, card=there)

    monkeypatch.setattr(models, "train_model_file", note)
    data = plan.data.open(None, seed=0)
    train_models(plan.models, data, tmp_path, progress=silent, device=CPU)
    behind = [(parts, cutoff) for parts, cutoff in trained if "rival-1" in str(parts)]
    assert behind == [(("models", "rival-1.safetensors"), 5.5)]


def rival_file(path, tiny_run, recipe, cutoff):
    classifier, card = load_model(tiny_run / "models" / "standard.safetensors")
    specification = replace(card.specification, low_pass=cutoff)
    changes = {"name": path.stem, "recipe": repr(recipe), "specification": specification}
    save_model(path, classifier.network, replace(card, **changes))


def test_a_chosen_cutoff_is_read_from_the_file_that_has_it(tiny_content, tiny_run, tmp_path):
    plan = low_pass_plan(tiny_content)
    folder = tmp_path / "models"
    shutil.copytree(tiny_run / "models", folder)
    recipe = plan.models[2].recipe
    for name, cutoff in (("rival-0", 4.5), ("rival-1", 4.5)):
        path = folder / f"{name}.safetensors"
        rival_file(path, tiny_run, replace(recipe, cutoff=cutoff), cutoff)
    data = plan.data.open(None, seed=0)
    found = train_models(plan.models, data, tmp_path, progress=silent, device=CPU)
    assert [found[name].card.specification.low_pass for name in ("rival-0", "rival-1")] == [4.5] * 2
    assert not (tmp_path / "training").exists()


@pytest.mark.parametrize(("name", "cutoff"), [("rival-1", 5.0), ("rival-0", None)])
def test_a_network_behind_another_cutoff_or_none_is_refused(
    tiny_content, tiny_run, tmp_path, name, cutoff
):
    plan = low_pass_plan(tiny_content)
    folder = tmp_path / "models"
    shutil.copytree(tiny_run / "models", folder)
    recipe = plan.models[2].recipe
    for each in ("rival-0", "rival-1"):
        own = cutoff if each == name else 4.5
        path = folder / f"{each}.safetensors"
        rival_file(path, tiny_run, replace(recipe, cutoff=own), own)
    data = plan.data.open(None, seed=0)
    with pytest.raises(RunFolderError) as error:
        train_models(plan.models, data, tmp_path, progress=silent, device=CPU)
    assert str(error.value) == (
        f"Expected the model of this training at {folder / name}.safetensors, got one with "
        "another recipe. Give another place, or delete it to train anew."
    )


def test_an_answer_that_is_no_number_is_warned_of(tiny_copy, run_tiny, monkeypatch, caplog):
    sentence = "standard under clean: expected logits that are numbers, got NaN for 3 of 40 images."
    kept = evaluating.evaluate_models

    def trouble(*arguments, **settings) -> Evaluated:
        done = kept(*arguments, **settings)
        return Evaluated(table=done.table, keys=done.keys, computed=0, problems=(sentence,))

    monkeypatch.setattr(evaluating, "evaluate_models", trouble)
    (tiny_copy / "finished.json").unlink()
    with caplog.at_level(logging.WARNING, logger="cuelens"):
        run_tiny(tiny_copy)
    lacking, *told = caplog.messages
    assert lacking.startswith("No model of this study has the role `underfit`")
    assert told == [sentence, sentence]
    caplog.clear()
    with caplog.at_level(logging.WARNING, logger="cuelens"):
        run_tiny(tiny_copy)  # is finished, and says it again
    assert [record.getMessage() for record in caplog.records] == [sentence, sentence]
