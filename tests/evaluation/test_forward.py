"""An image has the same logits whatever shares its batch."""

import dataclasses

import pytest
import torch
from torch import nn

from cuelens.errors import ConfigError
from cuelens.evaluation import forward, logits_of
from cuelens.evaluation.forward import FastForm, fast_form, map_form, share_of, usual_micro_batch
from cuelens.networks import Classifier, InputSpecification, fast, small_resnet


@pytest.fixture(scope="module")
def classifier():
    return fast(
        Classifier(small_resnet(10), class_names=tuple("abcdefghij")), precision=torch.float32
    )


@pytest.fixture(scope="module")
def images():
    return torch.linspace(0, 1, 23 * 3 * 32 * 32).reshape(23, 3, 32, 32).mul(997).sin().abs()


def test_logits_are_bit_identical_whatever_comes_with_an_image(classifier, images):
    whole = logits_of(classifier, images, micro_batch=8)
    for rows in ([5], [22, 0, 5], list(range(22, -1, -1)), [7] * 11):
        assert torch.equal(logits_of(classifier, images[rows], micro_batch=8), whole[rows])


def test_every_pass_has_the_same_size(planted, models, dataset):
    seen = planted["Counting"].seen
    logits = logits_of(models["robust"], dataset.pixels[:7], micro_batch=4)
    assert seen == [4, 4]
    assert logits.shape == (7, 4)


def test_the_network_stays_in_its_mode_and_keeps_its_gradients(models, dataset):
    network = models["robust"].network.train()
    before = {name: value.clone() for name, value in network.state_dict().items()}
    logits = logits_of(models["robust"], dataset.pixels)
    assert network.training
    assert not logits.requires_grad
    assert all(parameter.grad is None for parameter in network.parameters())
    assert all(torch.equal(before[name], value) for name, value in network.state_dict().items())


def test_no_image_gives_no_logits(models):
    assert logits_of(models["robust"], torch.zeros(0, 3, 8, 8)).shape == (0, 4)


def test_a_micro_batch_of_nothing_is_refused(models, dataset):
    with pytest.raises(ConfigError) as caught:
        logits_of(models["robust"], dataset.pixels, micro_batch=0)
    assert str(caught.value) == "`micro_batch` must be at least 1, got 0."


@pytest.mark.parametrize(
    ("side", "stated", "expected"),
    [(32, None, 250), (64, 64, 250), (224, 224, 20), (32, 224, 20), (224, 32, 20), (4096, None, 8)],
)
def test_fewer_large_images_go_through_a_network_at_once(planted, models, side, stated, expected):
    robust = models["robust"]
    sized = dataclasses.replace(robust.specification, height=stated, width=stated)
    model = Classifier(robust.network, class_names=robust.class_names, specification=sized)
    assert usual_micro_batch(model, torch.zeros(1, 3, side, side)) == expected


@pytest.mark.gpu
def test_cuda_does_not_round_to_tensorfloat(images):
    if not torch.cuda.is_available():
        pytest.skip("no CUDA device")
    plain = Classifier(small_resnet(10), class_names=tuple("abcdefghij"))
    on_cpu = logits_of(plain, images)
    plain.network.cuda()
    before = torch.backends.cudnn.allow_tf32
    assert torch.allclose(logits_of(plain, images), on_cpu, atol=2e-5)
    assert torch.backends.cudnn.allow_tf32 == before


@pytest.mark.parametrize(
    ("channels", "form"),
    [
        (4, FastForm(precision=torch.float32, channels_last=False, batch=500)),
        (128, FastForm(precision=torch.bfloat16, channels_last=True, batch=100)),
    ],
)
def test_bfloat16_is_for_networks_that_multiply_much(monkeypatch, channels, form):
    """Two 3 x 3 convolutions at 12 x 12 px: 0.07 and 43 million operations."""
    layers = [
        torch.nn.Conv2d(3, channels, 3, padding=1),
        torch.nn.Conv2d(channels, channels, 3, padding=1),
        torch.nn.AdaptiveAvgPool2d(1),
        torch.nn.Flatten(),
        torch.nn.Linear(channels, 3),
    ]
    network = torch.nn.Sequential(*layers).train()
    classifier = Classifier(network, class_names=("ant", "bee", "cat"))
    pixels = torch.zeros(1, 3, 12, 12)
    monkeypatch.setattr(forward, "bfloat16_is_fast", lambda device: True)
    assert fast_form(classifier, pixels) == form
    assert network.training
    monkeypatch.setattr(forward, "bfloat16_is_fast", lambda device: False)
    assert fast_form(classifier, pixels).precision is torch.float32


@pytest.mark.parametrize(("groups", "precision"), [(1, torch.bfloat16), (96, torch.float32)])
def test_maps_of_networks_that_filter_single_channels_are_made_in_float32(
    groups, precision, monkeypatch
):
    monkeypatch.setattr(forward, "bfloat16_is_fast", lambda device: True)
    network = nn.Sequential(
        nn.Conv2d(3, 96, 3, padding=1),
        nn.Conv2d(96, 96, 3, padding=1, groups=groups),
        nn.Conv2d(96, 96, 1),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(96, 2),
    )
    classifier, pixels = Classifier(network, class_names=("a", "b")), torch.zeros(1, 3, 48, 48)
    fastest = fast_form(classifier, pixels)
    assert fastest.precision is torch.bfloat16
    assert map_form(classifier, pixels) == dataclasses.replace(fastest, precision=precision)


@pytest.mark.parametrize(
    ("side", "stated", "count"),
    [(32, None, 100), (64, None, 100), (128, None, 25), (224, None, 8), (32, 224, 8), (224, 32, 8)],
)
def test_of_large_images_fewer_are_as_many(side, stated, count):
    specification = InputSpecification(height=stated, width=stated)
    classifier = Classifier(nn.Flatten(), class_names=("a", "b"), specification=specification)
    assert share_of(100, classifier, torch.zeros(1, 3, side, side)) == count
