"""Pixels are checked, and shapes are checked while testing."""

import pytest
import torch

from cuelens.errors import RangeError
from cuelens.losses import margin
from cuelens.tensors import require_pixels


def test_pixels_from_zero_to_one_pass():
    require_pixels(torch.tensor([0.0, 1.0]).reshape(1, 1, 1, 2))


def test_no_images_pass():
    require_pixels(torch.empty(0, 3, 4, 4))


@pytest.mark.parametrize(
    ("pixels", "shown"),
    [
        ([0.0, 255.0], "[0, 255]"),
        ([-0.25, 0.5], "[-0.25, 0.5]"),
        ([-2.117904, 2.64], "[-2.12, 2.64]"),
        ([float("nan"), 0.5], "[nan, nan]"),
    ],
)
def test_other_pixels_are_refused_with_their_range(pixels, shown):
    with pytest.raises(RangeError) as caught:
        require_pixels(torch.tensor(pixels).reshape(1, 1, 1, 2))
    assert str(caught.value) == (
        f"`images` must lie in [0, 1], got {shown}. Normalise inside the classifier, not before it."
    )


def test_a_wrong_number_of_axes_fails():
    with pytest.raises(Exception, match="Type-check error"):
        require_pixels(torch.zeros(3, 4, 4))


def test_axes_of_the_same_name_must_agree():
    with pytest.raises(Exception, match="Type-check error"):
        margin(torch.zeros(3, 2), torch.zeros(2, dtype=torch.int64))


def test_a_wrong_kind_of_number_fails():
    with pytest.raises(Exception, match="Type-check error"):
        require_pixels(torch.zeros(1, 3, 4, 4, dtype=torch.uint8))
