"""Every kept checkpoint of a run has its cue profile beside its clean accuracy."""

import shutil
from dataclasses import replace

import pytest
import torch

from cuelens.errors import ConfigError, MissingDataError
from cuelens.evaluation import RecordStore
from cuelens.sources import load_model, read_card, save_model
from cuelens.study import trace_run
from cuelens.study.models.trained_file import epochs_beside, train_model_file
from cuelens.study.outcomes.summaries import summarise_predictions
from cuelens.study.plan.plan import plan_of
from cuelens.study.progress import silent
from cuelens.study.run_folder.run_folder import claim_folder, read_parts
from cuelens.study.trace import TRACE_COLUMNS

CPU = torch.device("cpu")


@pytest.fixture
def run(tiny_content, tiny_run, tmp_path):
    """A run whose shuffles have their control, and that kept an earlier epoch of `standard`."""
    tiny_content["conditions"]["borders"] = {"PatchBorders": {"patches": [2, 4]}}
    tiny_content["conditions"]["greyscale"] = {"Greyscale": None, "images": 5}
    out = tmp_path / "run"
    claim_folder(out, plan_of(tiny_content, where="study.yaml"))
    shutil.copytree(tiny_run / "models", out / "models")
    classifier, card = load_model(tiny_run / "models" / "adversarial.safetensors")
    kept = replace(card, training=card.training | {"epoch": 0.5, "weights": "epoch"})
    path = epochs_beside(out / "models" / "standard.safetensors") / "epoch-0.5.safetensors"
    save_model(path, classifier.network, kept, half=True)
    return out


def test_a_trace_has_every_checkpoint_once_in_the_order_of_its_epochs(run, tiny_run):
    trace = trace_run(run, data_folder=None, device=CPU)
    assert tuple(trace.columns) == TRACE_COLUMNS
    checkpoints = trace.select("model", "epoch", "weights").unique(maintain_order=True)
    assert checkpoints.rows() == [
        ("standard", 0.5, "epoch"),
        ("standard", 1.0, "best"),
        ("adversarial", 1.0, "best"),
    ]
    assert set(trace["family"]) == {"saturation", "shuffle"}  # greyscale is limited
    known = trace.filter(trace["value"].is_not_null())
    assert set(known["family"]) == {"shuffle"}
    assert (known["low"] <= known["value"]).all()
    assert (known["value"] <= known["high"]).all()
    keys = read_parts(tiny_run)["predictions"]
    records = RecordStore(tiny_run / "records").read("predictions", keys)
    summary = summarise_predictions(records).filter(condition="clean", quantity="accuracy")
    clean = {row["model"]: row["value"] for row in summary.to_dicts() if row["n"] == 40}
    best = trace.filter(weights="best").unique("model", maintain_order=True)
    assert dict(best.select("model", "accuracy").iter_rows()) == clean
    assert set(trace["images"]) == {40}


def test_a_trace_may_be_of_some_networks_and_images_and_is_kept(run, monkeypatch):
    trace = trace_run(run, data_folder=None, models=["standard"], limit=10, device=CPU)
    assert set(trace["model"]) == {"standard"}
    assert set(trace["images"]) == {10}
    monkeypatch.setattr("cuelens.evaluation.predictions.logits_of", None)
    again = trace_run(run, data_folder=None, models=["standard"], limit=10, device=CPU)
    assert again.equals(trace)


def test_networks_that_are_not_there_are_refused(run):
    with pytest.raises(ConfigError) as error:
        trace_run(run, data_folder=None, models=["third"])
    assert str(error.value) == (
        "`models` must name models of the run, some of standard, adversarial, got 'third'."
    )
    shutil.rmtree(run / "models")
    with pytest.raises(MissingDataError) as missing:
        trace_run(run, data_folder=None)
    assert str(missing.value) == (
        f"Expected trained networks in {run / 'models'}, got none of standard, adversarial. Run "
        "the study first; `keep: epochs` of a model keeps the weights of each epoch."
    )


def test_a_model_that_keeps_its_epochs_writes_each_in_half_precision(tiny_content, tmp_path):
    recipe = {"epochs": 2, "batch_size": 32}
    tiny_content["models"] = {"standard": {"recipe": recipe, "keep": "epochs"}}
    plan = plan_of(tiny_content, where="study.yaml")
    path = tmp_path / "standard.safetensors"
    model = train_model_file(
        path,
        plan.models[0],
        plan.data.open(None, seed=0),
        checkpoints=tmp_path / "on",
        progress=silent,
        device=CPU,
    )
    files = sorted(epochs_beside(path).iterdir())
    assert [file.name for file in files] == ["epoch-1.safetensors", "epoch-2.safetensors"]
    cards = [read_card(file) for file in files]
    assert [card.name for card in cards] == ["standard, epoch 1", "standard, epoch 2"]
    accuracies = [entry["accuracy"] for entry in model.card.training["history"]]
    assert [card.training["validation_accuracy"] for card in cards] == accuracies
    best = files[int(model.card.training["epoch"]) - 1]
    assert best.stat().st_size < 0.6 * path.stat().st_size
    kept, _ = load_model(best)
    for name, value in model.classifier.network.state_dict().items():
        assert torch.equal(kept.network.state_dict()[name], value.half().to(value.dtype))
