"""Pixels are checked, and shapes are checked while testing."""

import jaxtyping
import numpy as np
import pytest
import torch

from cuelens.errors import ArgumentError, RangeError
from cuelens.losses import margin
from cuelens.tensors import require_labels, require_pixels


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


def test_pixels_come_back_without_their_graph():
    leaf = torch.full((1, 1, 1, 2), 0.5, requires_grad=True)
    assert not require_pixels(leaf).requires_grad
    assert leaf.requires_grad


@pytest.mark.parametrize(
    ("images", "kind"),
    [
        (np.zeros((1, 3, 4, 4), np.float32), "a value of type ndarray"),
        (torch.zeros(1, 3, 4, 4, dtype=torch.uint8), "a torch.uint8 tensor of shape (1, 3, 4, 4)"),
        (torch.zeros(3, 4, 4), "a torch.float32 tensor of shape (3, 4, 4)"),
    ],
    ids=["array", "bytes", "one image"],
)
def test_what_is_no_images_is_refused_in_words(images, kind, monkeypatch):
    monkeypatch.setattr(jaxtyping.config, "jaxtyping_disable", True)  # as a user meets it
    with pytest.raises(ArgumentError) as caught:
        require_pixels(images)
    assert str(caught.value) == (
        "`images` must be a floating-point tensor of shape (batch, channel, height, width), got "
        f"{kind}. `torch.from_numpy` makes tensors of arrays, `/ 255` pixels of bytes, "
        "`image[None]` a batch of one image."
    )


@pytest.mark.parametrize(
    ("labels", "kind"),
    [
        ([3, 0], "a value of type list"),
        (torch.tensor([3.0, 0.0]), "a torch.float32 tensor of shape (2,)"),
        (torch.tensor([True, False]), "a torch.bool tensor of shape (2,)"),
        (torch.tensor([[3, 0]]), "a torch.int64 tensor of shape (1, 2)"),
    ],
    ids=["list", "floats", "truths", "two axes"],
)
def test_what_is_no_labels_is_refused_in_words(labels, kind, monkeypatch):
    monkeypatch.setattr(jaxtyping.config, "jaxtyping_disable", True)  # as a user meets it
    with pytest.raises(ArgumentError) as caught:
        require_labels(labels)
    assert str(caught.value) == (
        f"`labels` must be a tensor of whole numbers of shape (batch,), got {kind}. Give one class "
        "an image, such as `torch.tensor([3, 0])`."
    )


def test_labels_of_any_whole_numbers_pass(monkeypatch):
    monkeypatch.setattr(jaxtyping.config, "jaxtyping_disable", True)  # as a user meets it
    for kind in (torch.uint8, torch.int8, torch.int16, torch.int32, torch.int64):
        require_labels(torch.tensor([3, 0], dtype=kind))


def test_a_wrong_number_of_axes_fails():
    with pytest.raises(Exception, match="Type-check error"):
        require_pixels(torch.zeros(3, 4, 4))


def test_axes_of_the_same_name_must_agree():
    with pytest.raises(Exception, match="Type-check error"):
        margin(torch.zeros(3, 2), torch.zeros(2, dtype=torch.int64))


def test_a_wrong_kind_of_number_fails():
    with pytest.raises(Exception, match="Type-check error"):
        require_pixels(torch.zeros(1, 3, 4, 4, dtype=torch.uint8))
