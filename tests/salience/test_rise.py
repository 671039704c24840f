"""RISE: constant and linear models, whose expected map is known, its masks, and planted readers."""

from dataclasses import replace
from itertools import product

import jaxtyping
import pytest
import torch
from torch import nn

from cuelens.datasets import CueControlled
from cuelens.errors import ConfigError, FallbackWarning
from cuelens.networks import Classifier, fast, small_resnet
from cuelens.randomness import Chance
from cuelens.salience import RISE, ConstantColour, MeanColour, Score

BLACK = ConstantColour(value=0)


def rise(masks, **settings):
    return RISE(masks=masks, **({"score": Score.LOGIT} | settings))


def masks_of(method, size, ids=("a", "b"), seed=3):
    """Return the masks, (mask, image, height, width): what white images look like on black."""
    seen = []
    white = torch.ones(len(ids), 3, *size)

    def noting(batch):
        seen.append(batch[:, 0])
        return batch.new_zeros(len(batch), 2)

    method(noting, white, torch.zeros(len(ids), dtype=torch.int64), chance=Chance(seed, ids))
    return torch.cat(seen).view(-1, len(ids), *size)


def every_mask(cells, kept, size):
    """Return every mask that there can be, and its probability."""
    cell = [-(-side // cells) for side in size]
    grids = torch.tensor(list(product([0.0, 1.0], repeat=cells * cells)), dtype=torch.float64)
    chances = (kept**grids * (1 - kept) ** (1 - grids)).prod(1)
    enlarged = nn.functional.interpolate(
        grids.view(-1, 1, cells, cells),
        [(cells + 1) * side for side in cell],
        mode="bilinear",
    )[:, 0]
    shifted = [
        enlarged[:, top : top + size[0], left : left + size[1]]
        for top, left in product(range(cell[0]), range(cell[1]))
    ]
    return torch.cat(shifted), chances.repeat(len(shifted)) / len(shifted)


def test_masks_are_the_papers():
    """Each is one of all that there can be, as often as it should be."""
    kept, size = 0.4, (5, 8)
    ids = tuple(str(number) for number in range(400))
    found = masks_of(rise(20, cells=2, kept=kept, cover=BLACK, batch_size=500), size, ids)
    found = found.flatten(0, 1).double().flatten(1)
    masks, chances = every_mask(2, kept, size)
    masks, place = masks.flatten(1).round(decimals=9).unique(dim=0, return_inverse=True)
    chances = torch.zeros(len(masks), dtype=torch.float64).index_add(0, place, chances)
    distances = torch.cdist(found, masks)
    nearest = distances.min(1)
    assert nearest.values.max() < 1e-5
    counts = nearest.indices.bincount(minlength=len(masks)).double()
    chi_square = ((counts - 8_000 * chances) ** 2 / (8_000 * chances)).sum()
    freedom = len(masks) - 1
    assert abs(chi_square - freedom) < 4 * (2 * freedom) ** 0.5


def test_masks_are_smooth_from_0_to_1_and_differ_between_images():
    masks = masks_of(rise(20, cover=BLACK), (32, 32))
    assert masks.amin() == 0
    assert masks.amax() == 1
    assert (masks.diff(dim=-1).abs() <= 0.2 + 1e-6).all()  # cells of 5 pixels
    assert len(masks.flatten(0, 1).flatten(1).unique(dim=0)) == 40


def test_masks_depend_on_the_image_id_alone():
    together = masks_of(rise(9, cover=BLACK, batch_size=7), (12, 9), ids=("a", "b", "c"))
    alone = masks_of(rise(9, cover=BLACK), (12, 9), ids=("c",))
    assert torch.equal(together[:, 2:], alone)
    more = masks_of(rise(11, cover=BLACK), (12, 9), ids=("c",))
    assert torch.equal(more[:9], alone)


def test_of_a_constant_model_it_is_zero_or_the_mean_mask():
    chance = Chance(3, ("a", "b"))
    images = torch.full((2, 3, 12, 9), 0.3, dtype=torch.float64)
    answers = torch.tensor([2.0, -5.0], dtype=torch.float64)

    def constant(batch):
        return answers.expand(len(batch), -1)

    method = rise(30, cells=3, kept=0.4)
    maps = method(constant, images, torch.tensor([0, 1]), chance=chance)
    assert maps.abs().max() < 1e-14
    maps = replace(method, level="kept")(constant, images, torch.tensor([0, 1]), chance=chance)
    mean = masks_of(rise(30, cells=3, kept=0.4, cover=BLACK), (12, 9)).double().mean(0)
    expected = answers.view(2, 1, 1) * mean / 0.4
    torch.testing.assert_close(maps.sum(1), expected, rtol=1e-6, atol=1e-6)


def test_the_level_is_the_mean_score_times_the_mean_mask(network, images, labels, chance):
    """What is removed is that, whatever the model."""
    method, seen = RISE(masks=25, cells=3, kept=0.4, cover=BLACK), []

    def noting(batch):
        seen.append(network(batch).softmax(1))
        return network(batch)

    removed = method(noting, images, labels, chance=chance)
    scores = torch.cat(seen).view(25, 6, 4).mean(0)[torch.arange(6), labels]
    kept = replace(method, level="kept")(network, images, labels, chance=chance)
    mean = masks_of(method, (9, 8), chance.ids, seed=chance.seed).double().mean(0)
    level = scores.view(6, 1, 1) * mean / 0.4
    torch.testing.assert_close((kept - removed).sum(1), level, rtol=1e-6, atol=1e-8)
    assert removed.amin() < 0 < removed.amax()
    assert kept.amin() >= 0


def test_everything_kept_is_the_score_everywhere(network, images, labels, chance):
    assert RISE(masks=3, kept=1)(network, images, labels, chance=chance).abs().max() < 1e-15
    maps = RISE(masks=3, kept=1, level="kept")(network, images, labels, chance=chance)
    scores = network(images).softmax(1)[torch.arange(6), labels].detach()
    expected = scores.view(6, 1, 1).expand(6, 9, 8)
    torch.testing.assert_close(maps.sum(1), expected, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("cover", [BLACK, ConstantColour(value=0.5), MeanColour()])
def test_of_a_linear_model_it_comes_to_its_expectation(cover):
    """E[score * mask] / kept, over every mask that there can be, to within 5 standard errors."""
    kept, size, count = 0.4, (5, 4), 20_000
    chance = Chance(2, tuple(str(number) for number in range(500)))
    images = chance.take([0]).uniform((3, *size), method="test").double()
    weights = torch.randn(2, 60, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    masks, chances = every_mask(2, kept, size)
    covers = cover(images, chance=chance.take([0]))
    seen = (covers + (images - covers) * masks[:, None]).flatten(1)
    products = (seen @ weights[1])[:, None, None] * masks / kept
    expected = (products * chances[:, None, None]).sum(0)
    spread = ((products**2 * chances[:, None, None]).sum(0) - expected**2).sqrt()
    method = rise(count // 500, cells=2, kept=kept, cover=cover, level="kept", batch_size=1000)
    labels = torch.ones(500, dtype=torch.int64)
    many = images.expand(500, -1, -1, -1)
    maps = method(lambda batch: batch.flatten(1) @ weights.T, many, labels, chance=chance)
    errors = (maps.sum(1).mean(0) - expected) / (spread / count**0.5)
    assert errors.abs().max() < 5
    assert errors.abs().max() > 0.2  # the bound is not idle
    # The same by covariances: level, plus how each pixel's mask goes with the others.
    level = (covers + (images - covers) * kept).flatten() @ weights[1]
    centred = masks - kept
    goes_with = torch.einsum("m,mij,mkl->ijkl", chances, centred, centred)
    moved = (weights[1].view_as(images) * (images - covers)).sum((0, 1))
    torch.testing.assert_close(
        expected, level + torch.einsum("ijkl,kl->ij", goes_with, moved) / kept
    )


@pytest.mark.parametrize("batch_size", [1, 2, 5, 6, 7, 29, 1000])
def test_the_internal_batch_size_changes_no_bit(one_by_one, images, labels, chance, batch_size):
    expected = rise(10, cells=3)(one_by_one, images, labels, chance=chance)
    method = rise(10, cells=3, batch_size=batch_size)
    assert torch.equal(method(one_by_one, images, labels, chance=chance), expected)
    assert method == rise(10, cells=3)
    assert "batch_size" not in repr(method)


def test_masks_of_all_images_share_passes(network, images, labels, chance):
    sizes = []

    def counting(batch):
        sizes.append(len(batch))
        assert not torch.is_grad_enabled()
        return network(batch)

    rise(11, batch_size=32)(counting, images, labels, chance=chance)
    assert sizes == [32, 32, 2]


def test_a_reader_of_the_figure_alone_is_found():
    """Ground truth: what is outside the mask and a cell away from it says nothing."""
    dataset = CueControlled(count=4, size=32)
    images, masks = dataset.images(torch.arange(4)), dataset.masks(torch.arange(4))

    def reader(batch):
        own = masks.repeat(len(batch) // 4, 1, 1)
        inside = ((batch.mean(1) - 0.5).abs() * own).sum((1, 2)) / own.sum((1, 2))
        return torch.stack([inside * 20, -inside * 20], 1)

    method = rise(2_000, cells=8, batch_size=400)
    labels = torch.zeros(4, dtype=torch.int64)
    maps = method(reader, images, labels, chance=Chance(0, dataset.ids)).sum(1)
    near = nn.functional.max_pool2d(masks.float(), 17, 1, 8) > 0
    for row in range(4):
        inside, outside = maps[row][masks[row]], maps[row][~near[row]]
        assert inside.mean() > 4 * outside.abs().mean()
        assert near[row].flatten()[maps[row].argmax()]


def test_it_works_on_the_fast_form_of_a_classifier():
    torch.manual_seed(0)
    classifier = Classifier(small_resnet(10).eval(), class_names=tuple("abcdefghij"))
    chance = Chance(0, tuple("abcd"))
    images, labels = chance.uniform((3, 32, 32), method="test"), torch.arange(4)
    method = RISE(masks=20)
    expected = method(classifier, images, labels, chance=chance)
    maps = method(fast(classifier, precision=torch.float32), images, labels, chance=chance)
    torch.testing.assert_close(maps, expected, rtol=0, atol=1e-6)


def test_one_pixel_images_are_seen_or_covered(chance, labels):
    images = torch.full((6, 3, 1, 1), 0.75, dtype=torch.float64)
    maps = rise(400, cells=1, cover=BLACK, level="kept")(
        lambda batch: batch.flatten(1).sum(1, keepdim=True).expand(-1, 4),
        images,
        labels,
        chance=chance,
    )
    # Score 2.25 where seen, 0 where covered: the mean over the seen is 2.25, the share about half.
    shares = maps.sum((1, 2, 3)) / 2.25 * 0.5
    torch.testing.assert_close(shares * 400, (shares * 400).round())
    assert (shares - 0.5).abs().max() < 0.1


def test_what_is_no_number_stays_so(network, images, labels, chance):
    network[-1].weight.data[:, 0] = torch.nan
    with pytest.warns(FallbackWarning, match="^Expected logits that are numbers, got NaN"):
        maps = rise(3)(network, images, labels, chance=chance)
    assert maps.isnan().all()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"masks": 0}, "`masks` must be at least 1, got 0. 4,000 are usual."),
        ({"cells": 0}, "`cells` must be at least 1, got 0. 7 are usual."),
        (
            {"kept": 0.0},
            "`kept` must be a probability above 0 and at most 1, got 0. 0.5 is usual.",
        ),
        (
            {"kept": 50.0},
            "`kept` must be a probability above 0 and at most 1, got 50. 0.5 is usual.",
        ),
        ({"level": "mean"}, '`level` must be "removed" or "kept", got \'mean\'.'),
        (
            {"batch_size": 0},
            "`batch_size` must be at least 1, got 0. It bounds memory and changes no map.",
        ),
    ],
)
def test_settings_out_of_range_are_refused(settings, message, monkeypatch):
    monkeypatch.setattr(jaxtyping.config, "jaxtyping_disable", True)
    with pytest.raises(ConfigError) as caught:
        RISE(**({"masks": 10} | settings))
    assert str(caught.value) == message
