"""Pre-flight of how images come to the size that a network reads: resized twice, cropped twice.

Sizes are followed through the network; other sizes and crops are tried on the same images.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import interpolate, pad
from torch.utils._python_dispatch import TorchDispatchMode

from cuelens.evaluation.forward import full_precision
from cuelens.networks.classifier import Classifier, evaluating, input_gradient
from cuelens.study.preflight.finding import Finding
from cuelens.study.preflight.rivals import (
    Look,
    Outcome,
    Rival,
    accuracies,
    forwarded,
    looked_at,
    outcome_of,
    surely_better,
)
from cuelens.tensors import Images, Labels, PerImage

__all__ = ["geometry_finding", "resizing_finding", "seen_part"]

Size = tuple[int, int]

_SMALLER, _LARGER = 0.9, 1.1
_USUAL = (32, 64, 128)
_SMALL = 64
"""Up to this side twice the side is tried too; it costs four times as much."""
_OUT = (0.875, 0.75, 0.5)
_IN = (0.875,)
_LOOKED_AT = 16
_WHOLE = 0.96
"""From this share on the border that is not looked at is that of strides and filters."""


def resizing_finding(
    classifier: Classifier, images: Images, *, stored: Size | None = None
) -> Finding:
    """Return whether images lose detail on their way, by being made smaller and larger again.

    Args:
        classifier: The model; the sizes inside its network are followed by a pass of one image.
        images: Pixels in [0, 1].
        stored: Height and width of the files that the images were made of; None where unknown.

    Returns:
        "double-resize", raised where a resizing to a smaller size is followed by one to a larger,
        or where both the input specification and the network resize.
    """
    height, width = images.shape[2:]
    read = classifier.specification.size_of(images)
    inside = _inside(classifier, images[:1])
    sizes = [*([stored] if stored else []), (height, width), read, *inside]
    lost = _shrunk_and_enlarged(sizes)
    both = bool(inside) and read != (height, width) and inside[-1] != read
    raised = lost or both
    fix = ""
    if raised:
        fix = (
            "Take the resizing out of the network, or state no size in the input specification."
            if inside
            else f"Load the images at {read[0]} x {read[1]} pixels, or correct the stated size."
        )
    different = _without_repeats(sizes)
    words = " to ".join(f"{rows} x {columns}" for rows, columns in different)
    return Finding(
        name="double-resize",
        raised=raised,
        sentence=f"from {'file' if stored else 'image'} to network the size goes {words}"
        + (", the last inside the network." if inside and len(different) > 1 else "."),
        fix=fix,
        numbers={
            "image_height": height,
            "read_height": read[0],
            "inside_height": inside[-1][0] if inside else read[0],
        },
    )


class _Resizings(TorchDispatchMode):  # type: ignore[no-untyped-call] # torch has no types here
    """Hears which sizes a network gives its input, by whatever function."""

    def __init__(self, channels: int) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.channels = channels
        self.sizes: list[Size] = []

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = func(*args, **(kwargs or {}))
        resized = isinstance(result, Tensor) and result.ndim == 4 and "upsample" in func.name()
        if resized and result.shape[1] == self.channels:
            self.sizes.append((result.shape[2], result.shape[3]))
        return result


def _inside(classifier: Classifier, one: Images) -> list[Size]:
    prepared = classifier.specification.prepare(one.to(classifier.device))
    resizings = _Resizings(classifier.specification.channels)
    with torch.no_grad(), evaluating(classifier.network), resizings:
        classifier.network(prepared)
    return resizings.sizes


def _without_repeats(sizes: Sequence[Size]) -> list[Size]:
    return [size for place, size in enumerate(sizes) if not place or size != sizes[place - 1]]


def _shrunk_and_enlarged(sizes: Sequence[Size]) -> bool:
    areas = [(rows * columns) ** 0.5 for rows, columns in sizes]
    return any(
        areas[small] < _SMALLER * max(areas[:small], default=0.0)
        and max(areas[small + 1 :], default=0.0) > _LARGER * areas[small]
        for small in range(len(areas))
    )


def geometry_finding(
    classifier: Classifier, images: Images, labels: Labels, given: Outcome
) -> Finding:
    """Return whether another input size or crop is surely better than the stated one.

    Args:
        classifier: The model.
        images: Pixels in [0, 1].
        labels: The true classes.
        given: What the model answers as it is stated.

    Returns:
        "input-size" where another size is, "double-crop" where it does better on images that were
        shrunk into their middle, "missing-crop" where it does on their central parts; "geometry"
        where nothing is surely better.
    """
    height, width = classifier.specification.size_of(images)
    ways: dict[str, Look] = {}
    for side in _sides(height):
        size = (side, max(1, round(width * side / height)))
        ways[f"{size[0]} x {size[1]} pixels"] = _at_size(classifier, size)
    seen = seen_part(classifier, images)
    parts = {*_OUT, seen} if min(_OUT) <= seen < _WHOLE else {*_OUT}
    for part in sorted(parts, reverse=True):
        shrunk = partial(_zoomed_out, part=part)
        ways[f"shrunk to {part:g} of the side"] = _changed(classifier, shrunk)
    for part in _IN:
        central = partial(_zoomed_in, part=part)
        ways[f"the central {part:g} of the side"] = _changed(classifier, central)
    outcomes = {}
    for name, look in ways.items():
        with suppress(RuntimeError):  # a network of one size alone
            outcomes[name] = looked_at(look, images, labels, given)
    best = surely_better(given, outcomes)
    start = f"of {len(labels):,} images of {height} x {width} pixels as the network reads them it "
    start += f"is right for {100 * given.accuracy:.1f} %"
    looked = f" The network looks at the central {seen:.2g} of their side." if seen < _WHOLE else ""
    numbers = {"images": float(len(labels)), "accuracy": given.accuracy, "seen": seen}
    numbers |= accuracies(outcomes)
    if best is None:
        return Finding(
            name="geometry",
            raised=False,
            sentence=f"{start}; none of {len(outcomes)} other sizes and crops is surely better."
            + looked,
            numbers=numbers,
        )
    name, fix = _judged(best)
    return Finding(
        name=name,
        raised=True,
        sentence=f"{start}, of the same images {_in_words(best)} for {100 * best.accuracy:.1f} % "
        f"(McNemar p = {best.p:.2g}, corrected for {len(outcomes)} others; mean loss "
        f"{best.loss_change:+.2f} nats).{looked}",
        fix=fix,
        numbers=numbers | {"p": best.p, "loss_change": best.loss_change},
    )


def _sides(side: int) -> list[int]:
    """Return the other sides that are tried."""
    tried = {round(side / 2), round(side * 7 / 8), round(side * 8 / 7)}
    tried |= {2 * side} if side <= _SMALL else {usual for usual in _USUAL if usual < side}
    return sorted(one for one in tried if one != side and one >= 8)


def _at_size(classifier: Classifier, size: Size) -> Look:
    specification = replace(classifier.specification, height=size[0], width=size[1])
    other = Classifier(
        classifier.network,
        class_names=classifier.class_names,
        specification=specification,
        name=classifier.name,
    )

    def look(images: Images, labels: Labels) -> Outcome:
        # Resized here, as a specification may crop images of another size than its own.
        resized = interpolate(images, size, mode="bilinear", antialias=True).clamp(0, 1)
        return outcome_of(forwarded(other, resized), labels)

    return look


def _changed(classifier: Classifier, change: Callable[[Images], Images]) -> Look:
    return lambda images, labels: outcome_of(forwarded(classifier, change(images)), labels)


def _zoomed_out(images: Images, part: float) -> Images:
    """Return images shrunk into their middle, the border mirrored."""
    rows, columns = images.shape[2:]
    size = round(rows * part), round(columns * part)
    small = interpolate(images, size, mode="bilinear", antialias=True)
    top, left = (rows - size[0]) // 2, (columns - size[1]) // 2
    border = left, columns - size[1] - left, top, rows - size[0] - top
    return pad(small, border, mode="reflect")


def _zoomed_in(images: Images, part: float) -> Images:
    """Return the central part of images, enlarged to their size."""
    rows, columns = images.shape[2:]
    size = round(rows * part), round(columns * part)
    top, left = (rows - size[0]) // 2, (columns - size[1]) // 2
    middle = images[:, :, top : top + size[0], left : left + size[1]]
    return interpolate(middle, (rows, columns), mode="bilinear", antialias=True).clamp(0, 1)


def seen_part(classifier: Classifier, images: Images) -> float:
    """Return which central part of the images' side the network looks at, in [0, 1].

    The border beyond it changes no logit: its gradient is exactly 0 in every image, on all four
    sides alike. 1 where every gradient is 0.
    """

    def spread(batch: Images) -> PerImage:
        logits = classifier(batch)
        return logits.amax(1) - logits.mean(1) + 0 * batch.flatten(1).sum(1)

    few = images[:_LOOKED_AT].to(classifier.device)
    with evaluating(classifier.network), full_precision(classifier.device):
        moved = (input_gradient(spread, few) != 0).any(1).any(0)
    shares: list[float] = []
    for along in (moved.any(1), moved.any(0)):
        places: list[int] = along.nonzero().flatten().tolist()
        if not places:
            return 1.0
        margin = min(places[0], len(along) - 1 - places[-1])
        shares.append(1 - 2 * margin / len(along))
    return max(shares)


def _in_words(best: Rival) -> str:
    if best.name.startswith("the central"):
        return f"reduced to {best.name}"
    return best.name if best.name.startswith("shrunk") else f"resized to {best.name}"


def _judged(best: Rival) -> tuple[str, str]:
    """Return the name of a finding and its fix."""
    if best.name.startswith("shrunk"):
        return "double-crop", (
            "What it looks at was cropped more than once, or more than in its training: take one "
            "crop out of the data or of the network."
        )
    if best.name.startswith("the central"):
        return "missing-crop", (
            "Crop the images as in its training: state the crop of its source, usually .875 of the "
            "side."
        )
    return "input-size", f"State the size of its training, about {best.name}, as its input size."
