"""The last layer of a network that still tells places apart, found by running it.

It knows what makes a layer the last; it does not know what the layer is for.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from cuelens.errors import ModelError
from cuelens.networks.asking import without_gradient
from cuelens.networks.classifier import Classifier, evaluating
from cuelens.networks.grids import GridLayout, Sides, layout_of
from cuelens.networks.layers import hearing
from cuelens.randomness import keyed_generator
from cuelens.tensors import Images

__all__ = ["last_spatial_layer"]

_PROBES = 2
"""More than one image: what runs image by image answers with one row, and is passed."""


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A layer that ran, and the grid in its answer."""

    name: str
    layout: GridLayout
    answer: Tensor
    has_weights: bool


def last_spatial_layer(
    classifier: Classifier, images: Images, *, stated: Sides | None = None
) -> tuple[str, GridLayout]:
    """Return the last layer whose answer is a grid that the logits depend on, and its layout.

    Two probe images of fixed noise go through the network once. Of the layers that have weights
    of their own the last one says which grid it is, so that a pooling behind it does not count;
    of the layers with this grid the last one is taken, so that activations and sums count. In a
    vision transformer that reads its class token alone, nothing depends on the other tokens
    behind the last attention: the norm before that is the last layer. A grid finer than that of
    the layers before is no place in the image (attention between tokens), and the inner
    projections of attention (linear layers) are passed.

    Args:
        classifier: Any classifier; run in eval mode.
        images: Of the size and type to come; their values do not count.
        stated: The grid; None: read off the shapes, see `layout_of`.

    Raises:
        ModelError: If no layer has a grid of more than one cell, or the logits have no gradient.
    """
    candidates, logits = _heard(classifier, images, stated)
    live = candidates[: _live(candidates, logits)]
    grid = next((each.layout.sides for each in reversed(live) if each.has_weights), None)
    if grid is None:
        raise ModelError(
            f"{classifier.name} must have a layer with weights whose answer is a grid of at least "
            "2 cells, (batch, channel, height, width), (batch, height, width, channel) or tokens, "
            "got none. State `layer` and `grid`, or take a method that reads no layers."
        )
    last = next(each for each in reversed(live) if each.layout.sides == grid)
    return last.name, last.layout


def _heard(
    classifier: Classifier, images: Images, stated: Sides | None
) -> tuple[list[_Candidate], Tensor]:
    """Return every layer with a grid in the order in which they end, and the probes' logits."""
    modules = dict(classifier.network.named_modules())
    size = classifier.specification.size_of(images)
    candidates: list[_Candidate] = []

    def hear(name: str, output: object) -> None:
        answer = output[0] if isinstance(output, tuple) and output else output
        if isinstance(modules[name], nn.Linear | nn.Conv1d) or not isinstance(answer, Tensor):
            return
        if answer.shape[:1] != (_PROBES,) or not answer.requires_grad:
            return
        seen = candidates[-1].layout.sides if candidates else None
        layout = layout_of(answer.shape, size=size, stated=stated, seen=seen)
        if layout is None or layout.sides == (1, 1) or _finer(layout.sides, seen):
            return
        has_weights = next(modules[name].parameters(recurse=False), None) is not None
        candidates.append(_Candidate(name, layout, answer, has_weights))

    noise = keyed_generator(0, "spatial layers").random((_PROBES, *images.shape[1:]))
    probes = torch.from_numpy(noise).to(images).requires_grad_()
    with torch.enable_grad(), evaluating(classifier.network), hearing(classifier, [*modules], hear):
        return candidates, classifier(probes)


def _finer(sides: Sides, seen: Sides | None) -> bool:
    return seen is not None and (sides[0] > seen[0] or sides[1] > seen[1])


def _live(candidates: list[_Candidate], logits: Tensor) -> int:
    """Return how many layers there are up to the last on whose grid the logits depend, or all."""
    if not candidates:
        return 0
    if not logits.requires_grad:
        raise without_gradient()
    weights = keyed_generator(0, "logits").standard_normal(tuple(logits.shape))
    gradients = torch.autograd.grad(
        logits,
        [each.answer for each in candidates],
        grad_outputs=torch.from_numpy(weights).to(logits),
        allow_unused=True,
    )
    live = [
        number
        for number, (each, gradient) in enumerate(zip(candidates, gradients, strict=True), 1)
        if gradient is not None and each.layout.read(gradient).any()
    ]
    return live[-1] if live else len(candidates)
