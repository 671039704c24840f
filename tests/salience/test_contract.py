"""What every salience method promises, checked for every method that is exported."""

import dataclasses
import inspect
import random

import jaxtyping
import numpy as np
import pytest
import torch
from torch import nn

from cuelens import salience
from cuelens.errors import ArgumentError, ConfigError, ModelError, RangeError
from cuelens.networks.classifier import Classifier, InputSpecification
from cuelens.randomness import Chance
from cuelens.salience import (
    RISE,
    Captum,
    ConstantColour,
    ExpectedGradients,
    GradCAM,
    Gradient,
    GuidedBackpropagation,
    InputXGradient,
    IntegratedGradients,
    MeanColour,
    Occlusion,
    PaperSmoothGrad,
    Salience,
    Score,
    SmoothGrad,
    SquaredSmoothGrad,
    UniformNoise,
    VarGrad,
)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Speckles:
    """Reference images that are noise."""

    count: int

    @property
    def fingerprint(self) -> str:
        return f"{self.count:032x}"

    def __len__(self) -> int:
        return self.count

    def images(self, rows: torch.Tensor) -> torch.Tensor:
        keys = Chance(0, tuple(str(row) for row in rows.tolist()))
        return keys.uniform((3, 9, 8), method="speckles")


SPECIFICATION = InputSpecification(mean=(0.5, 0.4, 0.3), deviation=(0.2, 0.3, 0.25))
METHODS: tuple[Salience, ...] = (
    Gradient(),
    Gradient(score=Score.LOGIT),
    GuidedBackpropagation(),
    GradCAM(),
    GradCAM(layer="3", signs="positive", score=Score.PROBABILITY),
    Occlusion(window=3, stride=2),
    Occlusion(window=4, stride=4, cover=UniformNoise(), score=Score.LOGIT, batch_size=4),
    RISE(masks=6),
    RISE(masks=5, cells=3, cover=MeanColour(), level="kept", batch_size=4),
    SmoothGrad(samples=5, noise=0.1),
    SmoothGrad(samples=3, noise=0.2, score=Score.LOGIT, batch_size=4),
    PaperSmoothGrad(specification=SPECIFICATION, samples=4),
    SquaredSmoothGrad(samples=4, noise=0.1, score=Score.PROBABILITY),
    VarGrad(samples=4, noise=0.1, score=Score.LOG_PROBABILITY),
    InputXGradient(),
    IntegratedGradients(steps=3),
    IntegratedGradients(
        baselines=(ConstantColour(value=1), MeanColour(), UniformNoise(draw=2)), steps=4
    ),
    ExpectedGradients(references=Speckles(count=5), samples=4),
    Captum(attribution="Saliency", settings={"abs": False}),
    Captum(attribution="GradientShap", settings={"n_samples": 3}, baseline=UniformNoise()),
    Captum(attribution="DeepLift", baseline=ConstantColour(value=0.5)),
)


def has_sign(method: Salience) -> bool:
    """Return whether maps go below 0: not where they are squares, probabilities, or say so."""
    squared = isinstance(method, SquaredSmoothGrad | VarGrad)
    level = getattr(method, "level", "removed")
    return not squared and level == "removed" and getattr(method, "signs", "both") == "both"


every_method = pytest.mark.parametrize("method", METHODS, ids=repr)


def test_every_exported_method_is_under_contract():
    exported = {
        name
        for name in set(salience.__all__) - {"Salience"}
        if isinstance(found := getattr(salience, name), type)
        and "classify" in inspect.signature(found.__call__).parameters
    }
    assert {type(method).__name__ for method in METHODS} == exported


@every_method
def test_keeps_the_protocol(method):
    assert isinstance(method, Salience)
    assert method.version >= 1


@every_method
def test_its_settings_are_all_there_is_to_it(method):
    assert eval(repr(method)) == method  # noqa: S307 - the object is the configuration
    assert hash(dataclasses.replace(method)) == hash(method)
    for field in dataclasses.fields(method):
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(method, field.name, None)


@every_method
def test_maps_are_signed_and_have_the_shape_and_type_of_the_images(
    method, classifier, images, labels, chance
):
    maps = method(classifier, images, labels, chance=chance)
    assert maps.shape == images.shape
    assert maps.dtype == torch.float64
    assert maps.amin() < 0 if has_sign(method) else maps.amin() >= 0
    assert maps.amax() > 0
    classifier.network.float()
    maps = method(classifier, images.float(), labels, chance=chance)
    assert maps.dtype == torch.float32


@pytest.fixture
def classify(method, classifier, one_by_one):
    """captum gets one image at a time anyway, and cannot follow a layer that runs twice."""
    return classifier if isinstance(method, Captum) else one_by_one


@every_method
def test_every_image_has_a_map_of_its_own(method, classify, images, labels, chance):
    """The published generator takes image 0 of the batch for every image."""
    maps = method(classify, images, labels, chance=chance)
    assert len(maps.flatten(1).unique(dim=0)) == 6
    for row in range(6):
        rows = [row]
        alone = method(classify, images[rows], labels[rows], chance=chance.take(rows))
        assert torch.equal(alone, maps[rows])


@every_method
@pytest.mark.parametrize("size", [1, 4, 64])
def test_an_image_does_not_depend_on_what_shares_its_batch(
    method, classify, images, labels, chance, size
):
    whole = method(classify, images, labels, chance=chance)
    for rows in torch.arange(5, -1, -1).split(size):
        part = method(classify, images[rows], labels[rows], chance=chance.take(rows))
        assert torch.equal(part, whole[rows])


@every_method
def test_leaves_its_arguments_alone(method, classifier, images, labels, chance):
    network = classifier.network
    network.train()  # the mode is the caller's business, and is kept
    network[3].eval()
    modes = [module.training for module in network.modules()]
    for parameter in network.parameters():
        parameter.grad = torch.ones_like(parameter)
    before = images.clone(), labels.clone()
    maps = method(classifier, images, labels, chance=chance)
    maps.fill_(0)
    assert torch.equal(images, before[0])
    assert torch.equal(labels, before[1])
    assert not images.requires_grad
    assert not maps.requires_grad
    assert [module.training for module in network.modules()] == modes
    assert all((parameter.grad == 1).all() for parameter in network.parameters())


@every_method
def test_a_forward_that_raises_leaves_everything_as_it_was(method, network, images, labels, chance):
    """captum leaves `requires_grad` on the caller's tensor there."""

    class Broken(nn.Sequential):
        def forward(self, batch: torch.Tensor) -> torch.Tensor:
            super().forward(batch)
            raise RuntimeError("no memory")

    broken = Classifier(Broken(*network), class_names=tuple("abcd"))
    before, modes = images.clone(), [module.training for module in network.modules()]
    with pytest.raises(RuntimeError, match="no memory"):
        method(broken, images, labels, chance=chance)
    assert torch.equal(images, before)
    assert not images.requires_grad
    assert images.grad is None
    assert [module.training for module in network.modules()] == modes
    assert all(parameter.grad is None for parameter in network.parameters())
    assert not any(module._forward_hooks or module._backward_hooks for module in network.modules())


@every_method
def test_takes_images_that_ask_for_gradients(method, classifier, images, labels, chance):
    expected = method(classifier, images, labels, chance=chance)
    leaf = images.clone().requires_grad_()
    assert torch.equal(method(classifier, leaf, labels, chance=chance), expected)
    assert leaf.grad is None


@every_method
def test_works_without_gradients_switched_on(method, classifier, images, labels, chance):
    expected = method(classifier, images, labels, chance=chance)
    with torch.no_grad():
        assert torch.equal(method(classifier, images, labels, chance=chance), expected)


@every_method
def test_global_random_state_is_neither_read_nor_moved(
    method, classifier, images, labels, chance, monkeypatch
):
    monkeypatch.setattr(jaxtyping.config, "jaxtyping_disable", True)  # beartype draws by chance
    found = []
    for seed in (0, 1):
        torch.manual_seed(seed)
        np.random.seed(seed)  # noqa: NPY002 - the global state is the point
        random.seed(seed)
        before = torch.get_rng_state(), np.random.get_state()[1].tolist(), random.getstate()  # noqa: NPY002
        found.append(method(classifier, images, labels, chance=chance))
        after = torch.get_rng_state(), np.random.get_state()[1].tolist(), random.getstate()  # noqa: NPY002
        assert torch.equal(before[0], after[0])
        assert before[1:] == after[1:]
    assert torch.equal(*found)


@every_method
def test_takes_labels_of_any_integer_type(method, classifier, images, labels, chance):
    narrow = method(classifier, images, labels.to(torch.int32), chance=chance)
    assert torch.equal(narrow, method(classifier, images, labels, chance=chance))


@every_method
def test_no_images_have_no_maps(method, classifier):
    none = torch.zeros(0, dtype=torch.int64)
    maps = method(classifier, torch.zeros(0, 3, 9, 8).double(), none, chance=Chance(0, ()))
    assert maps.shape == (0, 3, 9, 8)


@every_method
def test_refuses_images_out_of_range(method, classifier, images, labels, chance):
    images[0, 0, 0, :2] = torch.tensor([0.0, 1.0])
    with pytest.raises(RangeError) as caught:
        method(classifier, images * 255, labels, chance=chance)
    assert str(caught.value) == (
        "`images` must lie in [0, 1], got [0, 255]. Normalise inside the classifier, not before it."
    )


@every_method
@pytest.mark.parametrize(("label", "seen"), [(4, "0 to 4"), (-1, "-1 to 3")])
def test_refuses_a_label_that_the_classifier_does_not_have(
    method, classifier, images, chance, label, seen
):
    labels = torch.tensor([0, 1, 2, 3, 0, label])
    classifier.network.requires_grad_(requires_grad=False)
    with pytest.raises(RangeError) as caught:
        method(classifier, images, labels, chance=chance)
    if (getattr(method, "batch_size", None) or 64) >= 6:  # else the other labels are not seen yet
        assert str(caught.value) == (
            f"`labels` must be classes from 0 to 3 (the classifier has 4), got {seen}. "
            "Give the classifier and the labels of one data set."
        )


@every_method
@pytest.mark.parametrize("name", ["labels", "chance"])
def test_refuses_arguments_of_other_images(
    method, classifier, images, labels, chance, name, monkeypatch
):
    monkeypatch.setattr(jaxtyping.config, "jaxtyping_disable", True)
    given = {"labels": labels, "chance": chance}
    given[name] = {"labels": labels[:2], "chance": chance.take(range(2))}[name]
    with pytest.raises(ConfigError) as caught:
        method(classifier, images, given["labels"], chance=given["chance"])
    assert str(caught.value) == (
        f"`{name}` must have one entry an image, expected 6, got 2. "
        "Cut all arguments to the same images."
    )


@every_method
def test_refuses_logits_that_are_cut_from_the_images(method, classifier, images, labels, chance):
    network = classifier.network
    network.register_forward_hook(lambda _module, _images, logits: logits.detach())
    if isinstance(method, Occlusion | RISE):  # which ask for logits alone
        method(classifier, images, labels, chance=chance)
        return
    with pytest.raises(ModelError):
        method(classifier, images, labels, chance=chance)


@every_method
def test_refuses_several_things_in_one_answer(method, classifier, images, labels, chance):
    network = classifier.network
    network.register_forward_hook(lambda _module, seen, logits: (logits, *seen))
    with pytest.raises(
        ModelError, match=r"one tensor of shape \(batch, class\), got a tuple of 2\."
    ):
        method(classifier, images, labels, chance=chance)


@every_method
def test_refuses_images_that_are_no_tensor(method, classifier, images, labels, chance, monkeypatch):
    monkeypatch.setattr(jaxtyping.config, "jaxtyping_disable", True)
    with pytest.raises(ArgumentError) as caught:
        method(classifier, images.numpy(), labels, chance=chance)
    assert str(caught.value) == (
        "`images` must be a floating-point tensor of shape (batch, channel, height, width), got a "
        "value of type ndarray. `torch.from_numpy` makes tensors of arrays, `/ 255` pixels of "
        "bytes, `image[None]` a batch of one image."
    )


@every_method
def test_refuses_labels_that_are_no_whole_numbers(
    method, classifier, images, labels, chance, monkeypatch
):
    monkeypatch.setattr(jaxtyping.config, "jaxtyping_disable", True)
    with pytest.raises(ArgumentError) as caught:
        method(classifier, images, labels.float(), chance=chance)
    assert str(caught.value) == (
        "`labels` must be a tensor of whole numbers of shape (batch,), got a torch.float32 tensor "
        "of shape (6,). Give one class an image, such as `torch.tensor([3, 0])`."
    )


@every_method
def test_a_wrong_shape_fails(method, classifier, images, labels, chance):
    with pytest.raises(jaxtyping.TypeCheckError):
        method(classifier, images[0], labels, chance=chance)


@pytest.mark.gpu
@every_method
def test_works_where_the_images_are(method, classifier, images, labels, chance):
    if not torch.cuda.is_available():
        pytest.skip("needs a CUDA device")
    expected = method(classifier, images, labels, chance=chance)
    classifier.network.cuda()
    maps = method(classifier, images.cuda(), labels.cuda(), chance=chance)
    assert maps.is_cuda
    torch.testing.assert_close(maps.cpu(), expected)


SETTINGS = {
    "score": "`score` must be a `cuelens.salience.Score`, got 'x'. Such as `Score.LOGIT`.",
    **{
        name: f"`{name}` must be a whole number, got 'x'. Write it as an int."
        for name in ("samples", "steps", "masks", "cells", "window", "stride", "batch_size")
    },
    **{
        name: f"`{name}` must be a number, got 'x'. In Python a fraction is written without "
        "quotes, such as 8 / 255."
        for name in ("noise", "kept", "spread")
    },
}


@pytest.mark.parametrize("method", {type(one): one for one in METHODS}.values(), ids=repr)
def test_refuses_settings_of_another_kind(method, monkeypatch):
    monkeypatch.setattr(jaxtyping.config, "jaxtyping_disable", True)
    own = [name for name in SETTINGS if hasattr(method, name)]
    assert own
    for name in own:
        with pytest.raises(ArgumentError) as caught:
            dataclasses.replace(method, **{name: "x"})
        assert str(caught.value) == SETTINGS[name]
