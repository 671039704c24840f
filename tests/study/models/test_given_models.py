"""Models that are there already, in a study: opened, noted, and held to what was noted."""

import re
import shutil

import polars as pl
import pytest
import torch

from cuelens.datasets import CueControlled
from cuelens.errors import ConfigError, CuelensError, RunFolderError
from cuelens.evaluation import RecordStore
from cuelens.report import report_of
from cuelens.sources import build_network, load_model, save_model
from cuelens.study import import_predictions, run_study, study_status
from cuelens.study.models.given_models import open_given, read_given, try_given
from cuelens.study.plan.plan import plan_of


@pytest.fixture
def weights(tiny_run, tmp_path):
    """Return a model file that the tiny study trained, for the test to change."""
    path = tmp_path / "mine.safetensors"
    shutil.copyfile(tiny_run / "models" / "standard.safetensors", path)
    return path


@pytest.fixture
def plan(tiny_content, weights):
    tiny_content["models"] = {"given": {"source": str(weights)}}
    tiny_content["claims"] = "none"
    tiny_content["attacks"] = tiny_content["conditions"] = {}
    tiny_content["salience"] = {"strips": 0}
    return plan_of(tiny_content, where="study.yaml")


def run(plan, out):
    return run_study(plan, data_folder=None, out=out, device=torch.device("cpu"))


def test_a_given_model_answers_as_it_does_where_it_was_trained(plan, weights, tiny_run, tmp_path):
    out = tmp_path / "run"
    assert run(plan, out)
    columns = ["condition", "image", "prediction", "loss"]
    found, there = (
        store.read("predictions", store.keys("predictions"))
        for store in (RecordStore(out / "records"), RecordStore(tiny_run / "records"))
    )
    kept = there.filter(model="standard", dataset=found["dataset"][0], condition="clean")
    shown = found.filter(dataset=found["dataset"][0])
    assert shown.select(columns).sort(columns[:2]).equals(kept.select(columns).sort(columns[:2]))
    note = read_given(out, "given")
    classifier, card = load_model(weights)
    classifier.name = "given"
    assert (note.address, note.network) == (str(weights), "resnet10-64")
    assert (note.classes, note.training_seed) == (10, card.training_seed)
    assert note.fingerprint == classifier.fingerprint()
    assert study_status(out).finished
    page = report_of(out).read_text(encoding="utf-8")
    assert "This study states no claim." in page
    headline = re.search("<h1>(.*)</h1>", page)[1]
    assert headline.endswith("No cue reliance was measured: no condition has its control")
    assert not run(plan, out)
    said = found.select(
        "condition", "dataset", "draw", id="image",
        prediction=pl.col("prediction").replace_strict(dict(enumerate(card.class_names))),
    )  # fmt: skip
    said.write_csv(tmp_path / "answers.csv")
    done = import_predictions([tmp_path / "answers.csv"], into=out, model="elsewhere")
    assert (done.answers, done.unanswered, done.without) == (len(found), (), 0)
    shutil.rmtree(out / "records")
    left = study_status(out)
    assert [one.stage for one in left.stages if not one.left] == ["opening"]
    assert left.written is not None


def test_weights_that_changed_are_refused(plan, weights, tmp_path):
    out = tmp_path / "run"
    run(plan, out)
    classifier, card = load_model(weights)
    with torch.no_grad():
        next(classifier.network.parameters()).mul_(2)
    save_model(weights, classifier.network, card)
    with pytest.raises(RunFolderError) as caught:
        run(plan, out)
    assert str(caught.value) == (
        f"Expected the model 'given' that the records in {out} are of, got another one at "
        f"{weights}: its weights, layers or input specification have changed. Give another `--out` "
        "folder."
    )


def test_a_model_of_other_classes_is_refused(tiny_content, model_of_two, tmp_path):
    tiny_content["models"] = {"given": {"source": str(model_of_two)}}
    plan = plan_of(tiny_content, where="study.yaml")
    with pytest.raises(
        ConfigError, match=r"must know the 10 classes of .*, got 2 \(a, b, \.\.\.\)"
    ):
        run(plan, tmp_path / "run")


@pytest.fixture
def model_of_two(weights, tmp_path):
    from dataclasses import replace

    from cuelens.networks import resnet10_64

    _, card = load_model(weights)
    path = tmp_path / "two.safetensors"
    save_model(path, resnet10_64(2), replace(card, class_names=("a", "b")))
    return path


def test_a_model_that_cannot_be_opened_makes_no_folder(tiny_content, tmp_path):
    tiny_content["models"] = {"given": {"source": str(tmp_path / "nothing.safetensors")}}
    with pytest.raises(CuelensError, match=r"nothing\.safetensors"):
        run(plan_of(tiny_content, where="study.yaml"), tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_weights_alone_are_opened_with_what_the_file_says_of_them(
    tiny_content, tmp_path, monkeypatch
):
    images = CueControlled(count=10, size=32)
    network = build_network("resnet10-64", classes=10, seed=0)
    monkeypatch.chdir(tmp_path)
    torch.save(network.state_dict(), tmp_path / "weights.pth")
    (tmp_path / "names.txt").write_text("\n".join(images.class_names), encoding="utf-8")
    said = {"arch": "resnet10-64", "classes": "names.txt", "preprocessing": {"range": 255}}
    tiny_content["models"] = {"given": {"source": "weights.pth", **said}}
    (model,) = plan_of(tiny_content, where="study.yaml").models
    assert model.said == said
    opened = open_given(model, images, tmp_path / "run").classifier
    assert opened.class_names == images.class_names
    assert opened.specification.deviation == pytest.approx((1 / 255,) * 3)
    weights_of = opened.network.state_dict()
    assert all(torch.equal(weights_of[name], one) for name, one in network.state_dict().items())
    try_given([model], images)


def test_what_is_said_of_a_model_needs_its_address(tiny_content):
    tiny_content["models"] = {"mine": {"arch": "cifar-resnet20"}}
    with pytest.raises(ConfigError) as caught:
        plan_of(tiny_content, where="study.yaml")
    assert str(caught.value) == (
        "study.yaml: `models.mine.arch` is said of a model that is there, expected its address in "
        "`source`, got none. A network that is trained here is named by `network`."
    )
