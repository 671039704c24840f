"""An address names a model wherever it lies, and what is no address is refused with the nearest."""

import pytest
import torch
import yaml

from cuelens.errors import ConfigError, ModelError
from cuelens.networks import InputSpecification
from cuelens.networks.verified_networks import two_convolutions
from cuelens.sources import (
    ModelCard,
    Stated,
    address_name,
    build_network,
    is_address,
    open_model,
    save_model,
)

CARD = ModelCard(
    name="card", architecture="small-resnet", class_names=("ape", "bee"),
    specification=InputSpecification(mean=(0.1, 0.2, 0.3)), recipe="r()", training_seed=4,
)  # fmt: skip


@pytest.fixture
def checkpoint(tmp_path):
    torch.manual_seed(0)
    torch.save(two_convolutions(3).state_dict(), tmp_path / "weights.pth")
    return tmp_path / "weights.pth"


def test_a_model_file_of_cuelens_tells_everything_itself(tmp_path):
    path = tmp_path / "robust-8.0.safetensors"
    save_model(path, build_network("small-resnet", classes=2, seed=0), CARD)
    found = open_model(path)
    assert found.classifier.name == "robust-8.0"
    assert found.classifier.class_names == ("ape", "bee")
    assert found.classifier.specification == CARD.specification
    assert (found.provenance.training_seed, found.provenance.recipe) == (4, "r()")
    assert found.provenance.preprocessing == "the file"


def test_what_is_stated_goes_before_what_a_model_file_says(tmp_path):
    path = tmp_path / "robust.safetensors"
    save_model(path, build_network("small-resnet", classes=2, seed=0), CARD)
    found = open_model(path, stated=Stated(class_names=("cat", "dog")))
    assert found.classifier.class_names == ("cat", "dog")
    with pytest.raises(ModelError) as caught:
        open_model(path, stated=Stated(class_names=("a", "b", "c")))
    assert str(caught.value) == (
        f"As many class names must be stated as {path} has outputs (2), got 3. Give the names in "
        "the order of the outputs."
    )


def test_a_file_describes_a_model_in_full(checkpoint, tmp_path):
    folder = tmp_path / "a folder, naïve"
    folder.mkdir()
    (folder / "names.txt").write_text("ape\nbee\n\ncow\n", encoding="utf-8")
    described = {
        "model": "../weights.pth", "arch": "cifar-cnn-small", "classes": "names.txt",
        "preprocessing": {"range": 255}, "name": "mine",
    }  # fmt: skip
    path = folder / "model.yaml"
    path.write_text(yaml.safe_dump(described), encoding="utf-8")
    found = open_model(path)
    assert found.classifier.class_names == ("ape", "bee", "cow")
    assert found.classifier.specification.read_range == pytest.approx((0, 255))
    assert found.classifier.name == "mine"
    assert found.provenance.address == f"{path} ({folder / '../weights.pth'})"


def test_a_description_with_an_unknown_field_or_no_model_is_refused(tmp_path):
    path = tmp_path / "model.yaml"
    path.write_text("arch: small-resnet\n", encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        open_model(path)
    assert str(caught.value) == (
        f"Expected the field `model`, an address, in {path}, got arch. Write such as "
        "`model: weights.pth` and `arch: cifar-resnet20` on two lines."
    )
    path.write_text("model: a.pth\nclass: names.txt\n", encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        open_model(path)
    assert str(caught.value) == (
        f"The fields of {path} must be some of model, arch, classes, preprocessing, prompts, name, "
        "got 'class'. Did you mean `classes`?"
    )


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("timm:vit_tiny_patch16_224.augreg_in21k", "vit_tiny_patch16_224.augreg_in21k"),
        ("hf:microsoft/resnet-18", "resnet-18"),
        ("package:efficientnet-lite0", "efficientnet-lite0"),
        ("onnx:a folder/model.v2.onnx", "model.v2"),
        ("models/robust-0.5.safetensors", "robust-0.5"),
        ("checkpoint:weights", "weights"),
    ],
)
def test_models_are_called_by_the_last_part_of_their_address(address, name):
    assert address_name(address) == name


def test_models_are_told_from_images(tmp_path):
    (tmp_path / "vit").mkdir()
    (tmp_path / "vit" / "config.json").write_text("{}")
    for text in ("timm:resnet18", "a.safetensors", "a.PTH", "a.onnx", "m.yaml", tmp_path / "vit"):
        assert is_address(text)
    for text in ("cat.png", "photos", str(tmp_path), "C:cat.png", "webcam:0"):
        assert not is_address(text)


@pytest.mark.parametrize(
    ("address", "hint"),
    [("tim:resnet18", " Did you mean timm:resnet18?"), ("nothing", ""), ("what:else", "")],
)
def test_what_is_no_address_is_refused(address, hint):
    with pytest.raises(ConfigError) as caught:
        open_model(address)
    text = str(caught.value)
    assert text.startswith(
        f"Expected a model, got {address!r}, which is no file and no address.{hint} Give a model "
        "file, or a network that comes with cuelens, such as cuelens://cifar10/pgd-linf-8/0; a "
        "model of timm by its name, such as timm:resnet18; "
    )


def test_what_is_stated_is_refused_where_it_cannot_be():
    with pytest.raises(ConfigError) as caught:
        Stated(class_names=("ape", "ape"))
    assert str(caught.value) == "Class names must be different, got 'ape' twice. Rename one."
    with pytest.raises(ConfigError) as caught:
        Stated(prompts=("a photo",))
    assert str(caught.value) == (
        "A prompt must have {} where the class name goes, got 'a photo'. Write such as `a photo of "
        "a {}.`"
    )


def test_another_package_is_refused():
    with pytest.raises(ConfigError) as caught:
        open_model("package:resnet")
    assert str(caught.value) == (
        "`package:` must be followed by efficientnet-lite0, got 'resnet'. Give one of these, or a "
        "file of weights with --arch."
    )
