"""Probes: what each measure says of models whose faults are known, and what they leave alone."""

import polars as pl
import pytest
import torch
from torch import nn
from torch.nn.functional import dropout

from cuelens.errors import ConfigError
from cuelens.evaluation import RecordStore, logits_of
from cuelens.evaluation import probes as module
from cuelens.evaluation.probes import probe_model
from cuelens.evaluation.tables import SCHEMAS
from cuelens.losses import cross_entropy, margin
from cuelens.networks import Classifier, InputSpecification, input_gradient

CLASSES = ("ant", "bee", "cat", "dog")


class Dropping(nn.Module):
    """Drops features in every mode."""

    def forward(self, features):
        return dropout(features, 0.5, training=True)


class Cutting(nn.Module):
    """Lets no gradient pass."""

    def forward(self, features):
        return features.detach()


def measured(classifier, dataset, store, **settings):
    """Return the measures by name, each sorted by image."""
    done = probe_model(classifier, dataset, store=store, **settings)
    frame = store.read("probes", done.keys)
    return {
        str(name): torch.tensor(part.sort("image")["value"].to_list())
        for (name,), part in frame.group_by("measure")
    }


def with_layer(classifier, layer):
    return Classifier(nn.Sequential(classifier.network, layer), class_names=CLASSES)


def test_every_image_and_measure_has_a_row(store, models, dataset):
    done = probe_model(models["robust"], dataset, store=store, images=20, draw=3, training_seed=4)
    assert (done.table, done.computed, done.problems) == ("probes", 1, ())
    frame = store.read("probes", done.keys)
    assert frame.schema == SCHEMAS["probes"]
    assert frame["image"].n_unique() == 20
    assert set(frame["measure"]) == {
        "output_sum", "output_smallest", "logit_range", "repeat_change", "batch_change",
        "mode_change", "train_mode", "right_as_given", "right_255", "right_centred",
        "right_imagenet", "cross_entropy_gradient", "cross_entropy_zeros", "margin_gradient",
        "margin_zeros",
    }  # fmt: skip
    assert frame.height == 20 * 15
    row = frame.row(0, named=True)
    assert (row["model"], row["condition"], row["family"]) == ("robust", "clean", "clean")
    assert (row["draw"], row["training_seed"], row["precision"]) == (3, 4, "float32")


def test_the_measures_are_those_of_the_untouched_model(store, models, dataset):
    found = measured(models["robust"], dataset, store, images=50, micro_batch=7)
    network = models["robust"].network.eval()
    logits = network(dataset.pixels).detach()
    torch.testing.assert_close(found["output_sum"].float(), logits.sum(1), rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(found["output_smallest"].float(), logits.amin(1))
    torch.testing.assert_close(found["logit_range"].float(), logits.amax(1) - logits.amin(1))
    right = (logits.argmax(1) == dataset.labels).float()
    assert torch.equal(found["right_as_given"].float(), right)
    scaled = (network(255 * dataset.pixels).argmax(1) == dataset.labels).float()
    assert torch.equal(found["right_255"].float(), scaled)
    for name, loss in (("cross_entropy", cross_entropy), ("margin", margin)):
        exact = input_gradient(
            lambda x, loss=loss: loss(network(x), dataset.labels), dataset.pixels
        )
        largest = exact.flatten(1).abs().amax(1)
        torch.testing.assert_close(found[f"{name}_gradient"].float(), largest, rtol=1e-3, atol=1e-6)
        zeros = (exact.flatten(1) == 0).float().mean(1)
        torch.testing.assert_close(found[f"{name}_zeros"].float(), zeros)


def test_a_sound_model_gives_the_same_logits_again(store, models, dataset):
    models["robust"].network.eval()
    found = measured(models["robust"], dataset, store)
    for measure in ("repeat_change", "batch_change", "mode_change", "train_mode"):
        assert found[measure].eq(0).all()


def test_a_network_that_draws_by_itself_answers_otherwise(store, models, dataset):
    found = measured(with_layer(models["robust"], Dropping()), dataset, store)
    assert found["repeat_change"].gt(0).float().mean() > 0.8  # 4 features: 1 in 16 drops the same


def test_batch_statistics_in_eval_mode_show_themselves(store, models, dataset):
    norm = nn.BatchNorm1d(4, track_running_stats=False)
    found = measured(with_layer(models["robust"], norm), dataset, store)
    assert found["batch_change"].min() > 1e-3
    assert found["repeat_change"].eq(0).all()


def test_the_mode_that_a_model_was_given_in_is_measured(store, models, dataset):
    models["robust"].network.train()
    found = measured(models["robust"], dataset, store)
    assert found["train_mode"].eq(1).all()
    assert found["mode_change"].min() > 1e-3
    models["robust"].network.eval()
    again = probe_model(models["robust"], dataset, store=store)
    assert again.computed == 1  # another mode is another probe


def test_a_network_that_cuts_its_graph_has_no_gradient(store, models, dataset):
    found = measured(with_layer(models["robust"], Cutting()), dataset, store)
    assert found["margin_gradient"].eq(0).all()
    assert found["cross_entropy_zeros"].eq(1).all()


def test_the_reading_of_the_specification_itself_is_left_out(store, models, dataset):
    network = models["robust"].network
    specification = InputSpecification(mean=(0.5,) * 3, deviation=(0.5,) * 3)
    centred = Classifier(network, class_names=CLASSES, specification=specification)
    found = measured(centred, dataset, store)
    plain = measured(models["robust"], dataset, store)
    assert "right_centred" not in found
    assert torch.equal(found["right_as_given"], plain["right_centred"])
    assert torch.equal(found["right_raw"], plain["right_as_given"])


def test_grey_images_have_no_reading_of_imagenet(store, planted):
    grey = planted["Plain"](pixels=torch.linspace(0, 1, 640).reshape(10, 1, 8, 8))
    network = nn.Sequential(nn.Flatten(), nn.Linear(64, 4))
    specification = InputSpecification(mean=(0.0,), deviation=(1.0,))
    classifier = Classifier(network, class_names=CLASSES, specification=specification)
    assert "right_imagenet" not in measured(classifier, grey, store)


def test_model_and_random_state_stay_as_they_were(store, models, dataset):
    classifier = with_layer(models["robust"], Dropping())
    classifier.network[0][2].train()
    classifier.network[0][0].eval()
    modes = [layer.training for layer in classifier.network.modules()]
    weight = classifier.network[0][1].weight
    weight.grad = torch.ones_like(weight)
    before = {name: value.clone() for name, value in classifier.network.state_dict().items()}
    state = torch.get_rng_state()
    probe_model(classifier, dataset, store=store)
    assert torch.equal(torch.get_rng_state(), state)
    assert [layer.training for layer in classifier.network.modules()] == modes
    assert torch.equal(weight.grad, torch.ones_like(weight))
    after = classifier.network.state_dict()
    assert all(torch.equal(value, after[name]) for name, value in before.items())


def test_random_models_are_probed_the_same_each_time(tmp_path, models, dataset):
    classifier = with_layer(models["robust"], Dropping())
    first, second = (
        measured(classifier, dataset, RecordStore(tmp_path / name)) for name in ("one", "two")
    )
    assert torch.equal(first["repeat_change"], second["repeat_change"])


def test_what_is_there_is_not_computed_again(store, planted, models, dataset, monkeypatch):
    seen = planted["Counting"].seen
    first = probe_model(models["robust"], dataset, store=store)
    seen.clear()
    again = probe_model(models["robust"], dataset, store=RecordStore(store.folder))
    assert (again.keys, again.computed, seen) == (first.keys, 0, [])
    for settings in ({"draw": 1}, {"images": 7}, {"micro_batch": 4}, {"name": "other"}):
        assert probe_model(models["robust"], dataset, store=store, **settings).computed == 1
    monkeypatch.setattr(module, "_VERSION", 2)
    assert probe_model(models["robust"], dataset, store=store).computed == 1


def test_every_model_meets_the_same_images(store, models, dataset):
    chosen = [
        store.read("probes", probe_model(model, dataset, store=store, images=9).keys)
        .filter(pl.col("measure") == "output_sum")["image"]
        .to_list()
        for model in models.values()
    ]
    assert chosen[0] == chosen[1]
    assert len(set(chosen[0])) == 9


def test_logits_that_are_no_numbers_are_recorded_and_named(store, models, dataset):
    models["robust"].network[-1].weight.data[0, 0] = float("nan")
    done = probe_model(models["robust"], dataset, store=store)
    (problem,) = done.problems
    assert problem == (
        "robust under clean: expected logits that are numbers, got NaN or infinity for 50 of 50 "
        "images, the first of them test/00000. They count as wrong; look at the network's weights "
        "and its input specification."
    )
    frame = store.read("probes", done.keys)
    assert frame.filter(measure="right_as_given")["value"].sum() == 0


def test_an_image_alone_is_refused(store, models, dataset):
    with pytest.raises(ConfigError) as caught:
        probe_model(models["robust"], dataset, store=store, micro_batch=1)
    assert str(caught.value) == (
        "`micro_batch` must be at least 2, got 1. An image alone does not show what sharing a "
        "batch does."
    )
    with pytest.raises(ConfigError) as caught:
        probe_model(models["robust"], dataset, store=store, images=0)
    assert str(caught.value) == "`limit` must be at least 1 or None, got 0."


@pytest.mark.gpu
def test_on_a_gpu_a_sound_model_gives_the_same_logits_again(store, models, dataset):
    if not torch.cuda.is_available():
        pytest.skip("no CUDA device")
    models["robust"].network.eval().cuda()
    state = torch.cuda.get_rng_state()
    found = measured(models["robust"], dataset, store)
    assert torch.equal(torch.cuda.get_rng_state(), state)
    for measure in ("repeat_change", "batch_change"):
        assert (
            found[measure].max() <= 1e-5 * logits_of(models["robust"], dataset.pixels).abs().max()
        )
