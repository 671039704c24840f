"""The tensor vocabulary: one name per kind of array, used in every signature.

It knows shapes and the range of pixels; it does not know what made an array.
"""

from collections.abc import Mapping

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from cuelens.errors import ArgumentError, ModelError, RangeError

__all__ = [
    "Images",
    "Labels",
    "Logits",
    "Masks",
    "PerImage",
    "PerImageInt",
    "require_labels",
    "require_logits",
    "require_maps",
    "require_masks",
    "require_pixels",
    "require_tensor",
]

Images = Float[Tensor, "batch channel height width"]
"""Pixels in [0, 1]; also maps of the same shape, of any range, where a docstring says so."""

Masks = Bool[Tensor, "batch height width"]
"""True where the figure of each image is."""

Logits = Float[Tensor, "batch class"]
"""What a network answers before the softmax."""

Labels = Int[Tensor, " batch"]
"""Classes by number, from 0."""

PerImage = Float[Tensor, " batch"]
"""One number an image."""

PerImageInt = Int[Tensor, " batch"]
"""One whole number an image, such as steps."""

_WHOLE = frozenset({torch.uint8, torch.int8, torch.int16, torch.int32, torch.int64})


def require_pixels(images: Images) -> Images:
    """Refuse what is no images, and images that leave [0, 1].

    Args:
        images: Any values.

    Returns:
        The same images without their graph.

    Raises:
        ArgumentError: If `images` is no floating-point tensor of four axes.
        RangeError: If a pixel is outside [0, 1] or is not a number.
    """
    if not (isinstance(images, Tensor) and images.is_floating_point() and images.ndim == 4):
        raise ArgumentError(
            f"`images` must be a floating-point tensor of shape (batch, channel, height, width), "
            f"got {_kind(images)}. `torch.from_numpy` makes tensors of arrays, `/ 255` pixels of "
            "bytes, `image[None]` a batch of one image."
        )
    images = images.detach()
    if images.numel() == 0:
        return images
    low, high = map(float, images.aminmax())
    if not (low >= 0 and high <= 1):
        raise RangeError(
            f"`images` must lie in [0, 1], got [{low:.3g}, {high:.3g}]. "
            "Normalise inside the classifier, not before it."
        )
    return images


def require_maps(maps: Images, *, name: str = "maps") -> None:
    """Refuse what is no batch of maps.

    Args:
        maps: Any values.
        name: Of the argument.

    Raises:
        ArgumentError: If it is no floating-point tensor of four axes.
    """
    if not (isinstance(maps, Tensor) and maps.is_floating_point() and maps.ndim == 4):
        raise ArgumentError(
            f"`{name}` must be a floating-point tensor of shape (batch, channel, height, width), "
            f"got {_kind(maps)}. `map[None, None]` makes a batch of one map of a single channel."
        )


def require_masks(masks: Masks, *, like: Images) -> None:
    """Refuse what is no mask of each map.

    Args:
        masks: Any values.
        like: The maps.

    Raises:
        ArgumentError: If it is no tensor of truth values, or not one mask of its size a map.
    """
    expected = (len(like), *like.shape[2:])
    if not (isinstance(masks, Tensor) and masks.dtype == torch.bool and masks.shape == expected):
        raise ArgumentError(
            f"`masks` must be a tensor of truth values of shape (batch, height, width) = "
            f"{expected}, one mask a map, got {_kind(masks)}. A comparison such as `mask > 0.5` "
            "makes truth values; maps and masks are of the same images at one size."
        )


def require_labels(labels: Labels) -> None:
    """Refuse what is no labels.

    Args:
        labels: Any values.

    Raises:
        ArgumentError: If `labels` is no tensor of whole numbers with one axis.
    """
    if not (isinstance(labels, Tensor) and labels.dtype in _WHOLE and labels.ndim == 1):
        raise ArgumentError(
            f"`labels` must be a tensor of whole numbers of shape (batch,), got {_kind(labels)}. "
            "Give one class an image, such as `torch.tensor([3, 0])`."
        )


def require_logits(logits: Tensor, *, count: int, least: int = 1) -> None:
    """Refuse what a classifier must not answer.

    Args:
        logits: What it answered.
        count: Of how many images.
        least: How many classes it must know.

    Raises:
        ModelError: If it is no tensor, or there is not one row of so many classes or more an image.
    """
    require_tensor(logits)
    if logits.ndim != 2 or len(logits) != count or logits.shape[1] < least:
        raise ModelError(
            f"The classifier must return logits of shape (batch, class), expected "
            f"({count}, {least} or more), got {tuple(logits.shape)}. "
            "Give a function that returns one row of logits an image."
        )


def require_tensor(answer: object) -> None:
    """Refuse several things in one answer, or none that can be read.

    Args:
        answer: Of a classifier.

    Raises:
        ModelError: If it is no tensor.
    """
    if not isinstance(answer, Tensor):
        raise ModelError(
            f"The classifier must return logits, one tensor of shape (batch, class), got "
            f"{_kind(answer)}. Wrap the network in one whose `forward` returns the logits alone."
        )


def _kind(value: object) -> str:
    """Return what a value is, in words."""
    if isinstance(value, Tensor):
        return f"a {value.dtype} tensor of shape {tuple(value.shape)}"
    if isinstance(value, Mapping):
        return f"a {type(value).__qualname__} of {', '.join(map(repr, value))}"
    if isinstance(value, tuple):
        return f"a {type(value).__qualname__} of {len(value)}"
    return f"a value of type {type(value).__qualname__}"
