"""Gaussian noise: keyed, of the stated deviation, clamped."""

import math

import pytest
import torch

from cuelens.errors import ConfigError
from cuelens.randomness import Chance
from cuelens.training import Lesson, Noisy


def noisy(images, deviation, *, seed=0):
    seen = []

    def learner(images):
        seen.append(images)
        return images.flatten(1)[:, :3]

    ids = tuple(str(row) for row in range(len(images)))
    given = Lesson(
        images=images, labels=torch.zeros(len(images), dtype=torch.int64), chance=Chance(seed, ids)
    )
    loss = Noisy(deviation=deviation)(learner, learner, given)
    logits = seen[0].flatten(1)[:, :3]
    torch.testing.assert_close(loss, -logits.log_softmax(1)[:, 0].mean())
    return seen[0]


def test_the_noise_has_its_deviation_and_no_mean():
    noise = noisy(torch.full((20, 3, 32, 32), 0.5), 0.05) - 0.5
    assert float(noise.mean()) == pytest.approx(0, abs=0.05 * 4 / math.sqrt(noise.numel()))
    assert float(noise.std()) == pytest.approx(0.05, rel=0.02)


def test_pixels_stay_in_range():
    images = noisy(torch.tensor([0.0, 1.0]).repeat(3, 3, 8, 4), 0.3)
    assert images.min() == 0
    assert images.max() == 1


def test_the_noise_is_keyed_by_seed_and_image():
    images = torch.full((4, 3, 8, 8), 0.5)
    assert torch.equal(noisy(images, 0.1), noisy(images, 0.1))
    assert torch.equal(noisy(images, 0.1)[:2], noisy(images[:2], 0.1))
    assert not torch.equal(noisy(images, 0.1), noisy(images, 0.1, seed=1))


@pytest.mark.parametrize("deviation", [0.0, -0.1, 8.0, math.nan])
def test_a_deviation_outside_the_pixel_range_is_refused(deviation):
    with pytest.raises(ConfigError) as caught:
        Noisy(deviation=deviation)
    assert str(caught.value) == (
        f"`deviation` must be above 0 and at most 1 (pixels are in [0, 1]), got {deviation:g}. "
        "Usual is 0.1."
    )
