"""Accuracies that are known in closed form, on data sets in any order."""

from dataclasses import replace

import pytest
import torch
from torch import nn

from cuelens.balls import L2, Linf
from cuelens.networks import Classifier
from cuelens.randomness import keyed_generator
from cuelens.training.validation import accuracy, robust_accuracy

COUNT = 300


@pytest.fixture
def data(make_noise):
    """Images in the order of their classes, pixels far from 0 and 1."""
    made = make_noise(COUNT, side=4)
    pixels = (made.pixels // 4 + 96).to(torch.uint8)
    return replace(made, labels=made.labels.sort().values.clamp_max(1), pixels=pixels)


@pytest.fixture
def classifier(data):
    """A linear classifier: the third class never wins, the other two differ by a known plane."""
    network = nn.Sequential(nn.Flatten(), nn.Linear(48, 3))
    plane = torch.from_numpy(keyed_generator(0, "validation").standard_normal(48)).float()
    flat = data.images(torch.arange(COUNT)).flatten(1)
    network[1].weight.data = torch.stack([plane, -plane, 0 * plane])
    network[1].bias.data = torch.stack(
        [-(flat @ plane).mean(), (flat @ plane).mean(), 0 * plane[0]]
    )
    network[1].bias.data[2] = -100.0
    return Classifier(network.eval(), class_names=data.class_names)


def margins(classifier, data):
    logits = classifier(data.images(torch.arange(COUNT))).detach()
    return (logits[:, 0] - logits[:, 1]) * (1 - 2 * data.labels)


def test_accuracy_is_the_share_that_is_right(classifier, data):
    right = int((margins(classifier, data) > 0).sum())
    assert 0.3 * COUNT < right < 0.7 * COUNT
    assert accuracy(classifier, data) == right / COUNT


def test_every_image_counts_whatever_the_batch(classifier, data):
    logits = classifier(data.images(torch.arange(COUNT)))
    told = replace(data, labels=logits.argmax(1))
    assert accuracy(classifier, told) == 1.0
    labels = told.labels.clone()
    labels[-1] = 2
    assert accuracy(classifier, replace(data, labels=labels)) == (COUNT - 1) / COUNT


@pytest.mark.parametrize("ball", [Linf(radius=0.02), L2(radius=0.1)], ids=repr)
def test_the_robust_accuracy_of_a_linear_model_is_its_share_of_wide_margins(classifier, data, ball):
    weight = classifier.network[1].weight.detach()
    order = 1 if isinstance(ball, Linf) else 2
    drop = ball.radius * float((weight[0] - weight[1]).norm(order))
    expected = float((margins(classifier, data) > drop).float().mean())
    found = robust_accuracy(classifier, data, ball=ball, seed=0)
    assert found == pytest.approx(expected, abs=2.5 / COUNT)
    assert found < accuracy(classifier, data)


@pytest.mark.parametrize(
    ("limit", "step"), [(25, 12), (149, 3), (150, 2), (299, 2), (300, 1), (1000, 1)]
)
def test_a_limit_takes_evenly_spaced_images(classifier, data, limit, step):
    seen = []

    class Watched(type(data)):
        def images(self, rows):
            seen.extend(rows.tolist())
            return data.images(rows)

    fields = {name: getattr(data, name) for name in data.__dataclass_fields__}
    robust_accuracy(classifier, Watched(**fields), ball=Linf(radius=0.02), seed=0, limit=limit)
    assert seen == list(range(0, COUNT, step))
    assert len(seen) <= limit


def test_the_same_seed_gives_the_same_number(classifier, data):
    ball = Linf(radius=0.02)
    one, two = (robust_accuracy(classifier, data, ball=ball, seed=3, limit=50) for _ in range(2))
    assert one == two


def test_nothing_is_changed(classifier, data):
    before, pixels, state = classifier.fingerprint(), data.pixels.clone(), torch.get_rng_state()
    accuracy(classifier, data)
    robust_accuracy(classifier, data, ball=Linf(radius=0.02), seed=0, limit=20)
    assert classifier.fingerprint() == before
    assert torch.equal(data.pixels, pixels)
    assert torch.equal(torch.get_rng_state(), state)
    assert all(parameter.grad is None for parameter in classifier.network.parameters())
