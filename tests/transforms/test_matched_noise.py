"""Controls of equal distance: noise moves each image as far as what it is the control of."""

import jaxtyping
import numpy as np
import pytest
import torch
from scipy import stats
from scipy.optimize import brentq

from cuelens.errors import ConfigError
from cuelens.randomness import Chance
from cuelens.transforms import (
    GaussianBlur,
    HighPass,
    LowPass,
    NoiseLikeBlur,
    NoiseLikeHighPass,
    NoiseLikeLowPass,
)
from cuelens.transforms.matched_noise import noise_deviations, noisy

PAIRS = [
    *((LowPass(cutoff=cutoff), NoiseLikeLowPass(cutoff=cutoff)) for cutoff in (0, 2, 5, 9)),
    *((HighPass(cutoff=cutoff), NoiseLikeHighPass(cutoff=cutoff)) for cutoff in (0, 2, 5)),
    *((GaussianBlur(deviation=d), NoiseLikeBlur(deviation=d)) for d in (0.3, 1, 4)),
]
every_pair = pytest.mark.parametrize(("matched", "control"), PAIRS, ids=lambda item: repr(item))


def chances(count: int, seed: int = 3) -> Chance:
    return Chance(seed, tuple(f"image {row}" for row in range(count)))


def root_mean_square(change: torch.Tensor) -> torch.Tensor:
    return change.double().square().flatten(1).mean(1).sqrt()


@every_pair
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_noise_changes_each_image_as_much_as_what_it_matches(
    matched, control, dtype, images, chance
):
    images = images.to(dtype)
    wanted = root_mean_square(matched(images, chance=chance) - images)
    found = root_mean_square(control(images, chance=chance) - images)
    torch.testing.assert_close(found, wanted, rtol=1e-6, atol=1e-9)


def test_the_deviation_is_the_one_that_a_root_finder_finds(images, chance):
    images = images.double()
    control = NoiseLikeLowPass(cutoff=2)
    target = root_mean_square(LowPass(cutoff=2)(images, chance=chance) - images)
    white = chance.normal(images.shape[1:], method="matched-noise").double()
    for row, deviation in enumerate(control.deviations(images, chance=chance).tolist()):

        def excess(factor: float, row: int = row) -> float:
            moved = (images[row] + factor * white[row]).clamp(0, 1)
            return float((moved - images[row]).square().mean().sqrt() - target[row])

        assert deviation == pytest.approx(brentq(excess, 0, 10, xtol=1e-14), rel=1e-9)


def test_without_clipping_the_deviation_is_the_distance():
    images = torch.full((50, 3, 16, 16), 0.5, dtype=torch.float64)
    changed = images + 0.03
    deviations = noise_deviations(images, changed, chances(50))
    torch.testing.assert_close(deviations, torch.full_like(deviations, 0.03), rtol=0.1, atol=0)
    assert float(deviations.mean()) == pytest.approx(0.03, rel=0.01)


def test_noise_is_white_gaussian_and_favours_no_side():
    images = torch.full((200, 3, 8, 8), 0.5, dtype=torch.float64)
    added = noisy(images, images + 0.05, chances(200)) - 0.5
    values = added.flatten().numpy() / 0.05
    assert stats.kstest(values[::7], "norm").pvalue > 0.001
    assert abs(values.mean()) < 4 / np.sqrt(len(values))
    one_place = added[:, :, 2, 3].numpy()
    assert np.abs(np.corrcoef(one_place.T) - np.eye(3)).max() < 0.25
    neighbours = np.corrcoef(added[:, 0, 2, 3], added[:, 0, 2, 4])[0, 1]
    assert abs(neighbours) < 0.25


def test_an_unchanged_image_gets_no_noise(images, chance):
    assert torch.equal(noisy(images, images, chance), images)


def test_a_stronger_change_scales_the_same_noise():
    images = torch.full((4, 3, 8, 8), 0.5, dtype=torch.float64)
    weak, strong = (noisy(images, images + step, chances(4)) - 0.5 for step in (0.01, 0.04))
    torch.testing.assert_close(strong, 4 * weak)


def test_of_black_and_white_pixels_half_move():
    images = torch.zeros(1, 1, 64, 64)
    images[..., 32:] = 1
    out = noisy(images, images.sub(0.5).mul(0.8).add(0.5), chances(1))
    moved = (out != images).float().mean()
    assert 0.4 < float(moved) < 0.6
    assert float(root_mean_square(out - images)) == pytest.approx(0.1, rel=1e-6)


def test_what_noise_cannot_reach_drives_pixels_to_the_ends():
    images = torch.tensor([0.3, 0.6]).view(1, 1, 1, 2)
    for seed in range(20):
        chance = chances(1, seed=seed)
        out = noisy(images, (images > 0.5).float(), chance)
        reached = float(root_mean_square(out - images))
        wanted = float(root_mean_square((images > 0.5).float() - images))
        at_ends = bool(((out < 1e-6) | (out > 1 - 1e-6)).all())
        assert reached == pytest.approx(wanted, rel=1e-6) or (at_ends and reached < wanted)


def test_seeds_and_images_have_noise_of_their_own(images, chance):
    control = NoiseLikeLowPass(cutoff=3)
    out = control(images, chance=chance)
    other = control(images, chance=Chance(chance.seed + 1, chance.ids))
    assert (out != other).flatten(1).any(1).all()
    same = images[:1].expand(12, -1, -1, -1).contiguous()
    assert len(control(same, chance=chance).unique(dim=0)) == 12


def test_a_cutoff_out_of_range_is_refused():
    with pytest.raises(ConfigError) as caught:
        NoiseLikeLowPass(cutoff=-1)
    assert str(caught.value) == (
        "`cutoff` must be a finite number of at least 0 cycles per image, got -1."
    )


def test_a_deviation_out_of_range_is_refused():
    with pytest.raises(ConfigError) as caught:
        NoiseLikeBlur(deviation=-1)
    assert str(caught.value) == (
        "`deviation` must be a finite number of at least 0 pixels (0 changes nothing), got -1."
    )


def test_chance_of_other_images_is_refused(images, chance, monkeypatch):
    monkeypatch.setattr(jaxtyping.config, "jaxtyping_disable", True)
    with pytest.raises(ConfigError) as caught:
        NoiseLikeLowPass(cutoff=2)(images, chance=chance.take([0]))
    assert str(caught.value) == (
        "`chance` must have one entry an image, expected 12, got 1. "
        "Cut all arguments to the same images."
    )
