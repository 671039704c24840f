"""Weights that others trained meet the network that is named, or the message says why not."""

import os
import pickle
import time
import zipfile
from argparse import Namespace
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from bench.published import weights_folder
from cuelens.datasets import Cifar10
from cuelens.datasets.cifar10 import CIFAR10_CLASSES
from cuelens.errors import ConfigError, ModelError
from cuelens.evaluation.forward import logits_of
from cuelens.networks.verified_networks import two_convolutions
from cuelens.randomness import Chance
from cuelens.sources import Preprocessing, Stated, open_model
from cuelens.sources.architectures import READABLE

WEIGHTS = weights_folder()
IMAGES = Chance(0, tuple("ab")).uniform((3, 32, 32), method="test")
SMALL = Stated(architecture="cifar-cnn-small")
HOW = "Save the weights alone: torch.save(network.state_dict(), PATH), or save_file of safetensors."
AGAIN = "Copy it again, or save it again."


def network(classes: int = 3) -> nn.Module:
    torch.manual_seed(0)
    return two_convolutions(classes).eval()


def message(path: Path, stated: Stated = SMALL) -> str:
    with pytest.raises(ModelError) as caught:
        open_model(path, stated=stated)
    return str(caught.value)


def saved(path: Path, content: object) -> Path:
    torch.save(content, path)
    return path


@pytest.mark.parametrize(
    ("ending", "wrap"),
    [
        ("pth", lambda weights: weights),
        ("th", lambda weights: {"epoch": 3, "state_dict": weights}),
        ("model", lambda weights: {"state_dict": [weights], "accuracy": torch.tensor(0.5)}),
        (
            "tar",
            lambda weights: {"model": {f"module.{name}": one for name, one in weights.items()}},
        ),
    ],
)
def test_weights_in_the_wrappings_of_the_field_give_the_networks_own_logits(tmp_path, ending, wrap):
    path = saved(tmp_path / f"mine.{ending}", wrap(network().state_dict()))
    found = open_model(path, stated=SMALL)
    with torch.no_grad():
        assert torch.equal(found.classifier(IMAGES), network()(IMAGES))
    assert found.classifier.class_names == ("0", "1", "2")
    assert found.classifier.name == "mine"
    assert not found.classifier.network.training


def test_safetensors_of_somebody_else_and_half_precision_are_read(tmp_path):
    half = {name: value.half() for name, value in network().state_dict().items()}
    save_file(half, tmp_path / "mine.safetensors")
    found = open_model(tmp_path / "mine.safetensors", stated=SMALL)
    weight = found.classifier.network[0].weight
    assert weight.dtype == torch.float32
    assert torch.equal(weight, half["0.weight"].float())


def test_what_was_understood_is_said(tmp_path):
    weights = {f"module.{name}": value for name, value in network().state_dict().items()}
    path = saved(tmp_path / "mine.pth", weights | {"normalise.mean": torch.zeros(3)})
    stated = Stated(
        architecture="cifar-cnn-small",
        class_names=("ape", "bee", "cow"),
        preprocessing=Preprocessing.read("cifar10"),
    )
    found = open_model(path, stated=stated)
    provenance = found.provenance
    assert (provenance.architecture, provenance.library) == ("cifar-cnn-small", "cuelens")
    assert (provenance.classes, provenance.preprocessing) == ("stated", "stated")
    assert provenance.notes == (
        "The names of its weights were read without `module.`.",
        "1 tensors of the file belong to no part of the network.",
    )
    assert found.classifier.class_names == ("ape", "bee", "cow")
    assert found.classifier.specification.mean == (0.4914, 0.4822, 0.4465)
    assert open_model(path, stated=SMALL).provenance.preprocessing == (
        "not known: pixels in [0, 1] are given as they are"
    )


class Evil:
    """What leaves a file behind when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, ...]:
        return os.mkdir, (str(self.path),)


@pytest.mark.parametrize("old", [False, True])
def test_a_pickle_that_would_run_code_is_refused_and_did_not_run(tmp_path, old):
    trap, path = tmp_path / "it ran", tmp_path / "evil.pth"
    content = {"state_dict": network().state_dict(), "evil": Evil(trap)}
    torch.save(content, path, _use_new_zipfile_serialization=not old)
    assert message(path) == (
        f"Expected weights alone in {path}, got a pickle that asks for `{os.mkdir.__module__}."
        "mkdir`, as whole networks and malicious files do. It was not loaded, and nothing in it "
        f"ran. {HOW}"
    )
    assert not trap.exists()
    with path.open("rb") as file, pytest.raises((pickle.UnpicklingError, RuntimeError)):
        torch.load(file, weights_only=True)  # the file is what it is meant to be
    assert not trap.exists()


def test_a_whole_network_and_other_objects_are_refused_with_their_name(tmp_path):
    for content, name in (
        (network(), "torch.nn.modules.container.Sequential"),
        ({"args": Namespace(lr=1), "state_dict": {}}, "argparse.Namespace"),
    ):
        path = saved(tmp_path / "whole.pth", content)
        assert f"got a pickle that asks for `{name}`, as whole networks" in message(path)


def test_three_gigabytes_of_zeros_are_refused_at_once(tmp_path):
    path = tmp_path / "zeros.pth"
    with path.open("wb") as file:
        file.truncate(3 * 2**30)
    start = time.monotonic()
    assert message(path) == (
        f"Expected a checkpoint at {path}, got a file of another kind: it begins with the bytes "
        "00 00 00 00 00 00 00 00. Give a file of safetensors or of torch.save."
    )
    assert time.monotonic() - start < 1


def test_torn_and_empty_files_are_refused(tmp_path):
    path = saved(tmp_path / "mine.pth", network().state_dict())
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    assert message(path) == (
        f"Expected a whole checkpoint at {path}, got a torn one: its end is missing. {AGAIN}"
    )
    torch.save(network().state_dict(), path, _use_new_zipfile_serialization=False)
    whole = path.read_bytes()
    for part in (3, len(whole) - 100):
        path.write_bytes(whole[:part])
        text = message(path)
        assert text.startswith(
            (
                f"Expected a whole checkpoint at {path}, got one that cannot",
                f"Expected a checkpoint at {path}, got a file that cannot",
            )
        )
        assert text.endswith(AGAIN)
    path.write_bytes(b"")
    assert message(path) == f"Expected a file of weights at {path}, got an empty file. {AGAIN}"
    assert message(tmp_path / "none.pth") == (
        f"Expected a file of weights at {tmp_path / 'none.pth'}, got nothing there. Check the path."
    )


def test_a_checkpoint_without_weights_is_refused(tmp_path):
    path = saved(tmp_path / "mine.pth", {"epoch": 3, "accuracy": 0.5})
    assert message(path) == (
        f"Expected weights by their names in {path}, got a dictionary of epoch, accuracy. {HOW}"
    )


def test_programs_are_named_with_the_address_that_opens_them(tmp_path):
    path = tmp_path / "mine.pth"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mine/archive_format", "pt2")
    assert message(path) == (
        f"Expected weights alone in {path}, got an exported program, as torch.export.save writes "
        f"it. Give `pt2:{path}`."
    )


def test_without_an_architecture_the_one_that_fits_is_named(tmp_path):
    path = saved(tmp_path / "mine.pth", network().state_dict())
    assert message(path, Stated()) == (
        f"Weights alone do not say of what network they are, and nothing states it for {path}. "
        "They are those of a cifar-cnn-small: give `--arch cifar-cnn-small`. In a study file, and "
        "in a model.yaml, it is the field `arch`."
    )
    path = saved(tmp_path / "other.pth", {"a.weight": torch.zeros(2, 2)})
    assert message(path, Stated()).endswith(
        f"states it for {path}. Give `--arch`: {', '.join(READABLE)}, timm:NAME or "
        "torchvision:NAME. In a study file, and in a model.yaml, it is the field `arch`."
    )


def test_names_that_do_not_fit_are_told_with_the_nearest_fit(tmp_path):
    weights = {f"module.{name}": value for name, value in network().state_dict().items()}
    del weights["module.2.bias"]
    weights |= {"module.7.weight": torch.zeros(3, 99), "module.9.weight": torch.zeros(1)}
    path = saved(tmp_path / "mine.pth", weights)
    assert message(path) == (
        f"Expected the weights of a cifar-cnn-small with 3 classes in {path}, but with `module.` "
        "taken from their names, 6 of the network's 8 are there; missing: 2.bias; of another "
        "shape: 7.weight (3, 99) instead of (3, 100); not part of it: 9.weight."
    )


def test_the_weights_of_another_network_are_recognised(tmp_path):
    torch.manual_seed(0)
    resnet = READABLE["cifar-resnet20"].build(10)
    text = message(saved(tmp_path / "mine.pth", resnet.state_dict()))
    assert text.endswith("They are those of a cifar-resnet20: give `--arch cifar-resnet20`.")
    assert "but 0 of the network's 8 are there; missing: 0.weight, 0.bias, " in text


def test_an_unknown_architecture_is_refused_with_the_nearest(tmp_path):
    path = saved(tmp_path / "mine.pth", network().state_dict())
    with pytest.raises(ConfigError) as caught:
        open_model(path, stated=Stated(architecture="resnet20"))
    assert str(caught.value).endswith(
        "or of a library, such as timm:resnet50 or torchvision:resnet50; got 'resnet20'. Did you "
        "mean 'cifar-resnet20'?"
    )


def test_networks_of_one_output_and_other_class_names_are_refused(tmp_path):
    path = saved(tmp_path / "one.pth", network(1).state_dict())
    assert message(path) == (
        f"A classifier must have at least 2 outputs, got 1 from {path}. Of a single logit z make "
        "two, 0 and z, in the last layer of the network."
    )
    path = saved(tmp_path / "many.pth", network(21_841).state_dict())
    assert len(open_model(path, stated=SMALL).classifier.class_names) == 21_841


@pytest.mark.parametrize("name", READABLE)
def test_every_architecture_gives_one_logit_a_class(name):
    specification = READABLE[name].specification
    side = specification.height or 32
    with torch.device("meta"):
        network = READABLE[name].build(7).eval()
        assert network(torch.zeros(2, 3, side, side)).shape == (2, 7)


CIFAR = "preset: cifar10"
PUBLISHED = {
    "cifar10-standard/resnet20-12fca82f.th": ("cifar-resnet20", "imagenet", 0.9173),
    "cifar10-robust/resnet2b.pth": ("cifar-resnet2b", CIFAR, 0.6925),
    "cifar10-robust/cifar_cnn_a_adv.model": (
        "cifar-cnn-small", f"{CIFAR}, deviation: [0.2023, 0.1994, 0.201]", 0.698,
    ),
    "cifar10-robust/cifar_conv_small_pgd.pth": (
        "cifar-cnn-small-unpadded", f"{CIFAR}, deviation: [0.2023, 0.1994, 0.201]", 0.629,
    ),
    "cifar10-same-architecture-triples/cifar_cnn_small_NOR.pth": (
        "cifar-cnn-small", "mean: [0.485, 0.456, 0.406], deviation: 0.225", 0.777,
    ),
    "cifar10-same-architecture-triples/cifar_cnn_small_ADV.pth": (
        "cifar-cnn-small", CIFAR, 0.365,
    ),
    "cifar10-same-architecture-triples/cifar_cnn_small_LPD.pth": (
        "cifar-cnn-small", "mean: [0.485, 0.456, 0.406], deviation: 0.225", 0.508,
    ),
}  # fmt: skip


@pytest.mark.data
@pytest.mark.slow
@pytest.mark.parametrize("file", PUBLISHED)
def test_published_networks_have_their_published_accuracy(file, cifar10_folder):
    if WEIGHTS is None:
        pytest.skip("needs the published weights beside the project")
    architecture, preprocessing, accuracy = PUBLISHED[file]
    stated = Stated(
        architecture=architecture,
        class_names=CIFAR10_CLASSES,
        preprocessing=Preprocessing.read(preprocessing),
    )
    classifier = open_model(f"checkpoint:{WEIGHTS / file}", stated=stated).classifier
    test = Cifar10(cifar10_folder, split="test")
    logits = logits_of(classifier, test.images(torch.arange(len(test))))
    found = float((logits.argmax(1) == test.labels).double().mean())
    # To the digits that are stated: four, or three rounded.
    assert found == pytest.approx(accuracy, abs=0.0005 + 1e-9)


@pytest.mark.data
def test_the_wide_triples_are_read():
    if WEIGHTS is None:
        pytest.skip("needs the published weights beside the project")
    for width in (1, 2):
        path = WEIGHTS / "cifar10-same-architecture-triples" / f"cifar_cnn_wide_{width}_LPD.pth"
        found = open_model(path, stated=Stated(architecture=f"cifar-cnn-wide-{width}"))
        assert found.classifier.class_names == tuple("0123456789")


@pytest.mark.data
@pytest.mark.slow
def test_resnet56_is_right_as_often_as_published(cifar10_folder):
    if WEIGHTS is None:
        pytest.skip("needs the published weights beside the project")
    stated = Stated(architecture="cifar-resnet56", preprocessing=Preprocessing.read("imagenet"))
    path = WEIGHTS / "cifar10-standard" / "resnet56-4bfd9763.th"
    test = Cifar10(cifar10_folder, split="test")
    logits = logits_of(open_model(path, stated=stated).classifier, test.images(torch.arange(300)))
    assert float((logits.argmax(1) == test.labels[:300]).double().mean()) > 0.9
