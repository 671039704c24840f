"""Silhouettes: black where the mask is, white elsewhere, nothing of the image."""

import jaxtyping
import pytest
import torch

from cuelens.datasets import CueControlled
from cuelens.errors import DataError
from cuelens.randomness import Chance
from cuelens.transforms import Greyscale, MaskTransform, Silhouette


def test_the_figure_is_black_and_the_rest_is_white(images, chance):
    masks = torch.zeros(12, 18, 20, dtype=torch.bool)
    masks[:, 3:9, 5:6] = True
    out = Silhouette()(images, masks=masks, chance=chance)
    assert (out[:, :, 3:9, 5:6] == 0).all()
    assert out.sum() == 12 * 3 * (18 * 20 - 6)


def test_nothing_of_the_image_is_left(images, chance):
    masks = images[:, 1] > 0.4
    other = Silhouette()(images.flip(0, 2), masks=masks, chance=chance)
    assert torch.equal(Silhouette()(images, masks=masks, chance=chance), other)


def test_rendered_figures_lie_where_their_silhouettes_are():
    dataset, rows = (
        CueControlled(count=20, figure_contrast=0.3, texture_contrast=0),
        torch.arange(20),
    )
    chance = Chance(0, dataset.ids)
    grey = Greyscale()(dataset.images(rows), chance=chance)[:, 0]
    out = Silhouette()(dataset.images(rows), masks=dataset.masks(rows), chance=chance)[:, 0]
    inside = (grey * (1 - out)).sum((1, 2)) / (1 - out).sum((1, 2))
    around = (grey * out).sum((1, 2)) / out.sum((1, 2))
    assert ((inside - around).abs() > 0.2).all()


def test_what_needs_masks_is_told_from_what_does_not():
    assert isinstance(Silhouette(), MaskTransform)
    assert not isinstance(Greyscale(), MaskTransform)


def test_masks_of_other_images_are_refused(images, chance, monkeypatch):
    monkeypatch.setattr(jaxtyping.config, "jaxtyping_disable", True)  # as where nothing is tested
    with pytest.raises(DataError) as caught:
        Silhouette()(images, masks=images[:, 0, :, :-1] > 0.5, chance=chance)
    assert str(caught.value) == (
        "`masks` must have one mask an image, of its size: expected (12, 18, 20), got "
        "(12, 18, 19). Give the masks of the same rows."
    )
