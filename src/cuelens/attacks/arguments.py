"""What every attack refuses before it begins, and how it goes through many images.

It knows arguments and batches; it does not know how an attack searches.
"""

from collections.abc import Callable

import torch

from cuelens.arguments import require_arguments
from cuelens.attacks.curves import Curve
from cuelens.attacks.protocol import Attacked
from cuelens.balls import Ball
from cuelens.errors import ConfigError, ModelError, RangeError
from cuelens.networks.asking import ask, without_gradient
from cuelens.networks.classifier import Classify
from cuelens.randomness import Chance
from cuelens.tensors import Images, Labels, Logits, require_logits

__all__ = [
    "Search",
    "Watched",
    "checked",
    "in_batches",
    "require_ball",
    "require_batch_size",
    "require_steps",
    "usual_batch",
]

Search = Callable[[Classify, Images, Labels, Chance], Attacked]
"""Attacks one batch whose arguments have been checked; it may be empty."""


def in_batches(
    search: Search,
    classify: Classify,
    images: Images,
    labels: Labels,
    *,
    chance: Chance,
    batch_size: int | None,
) -> Attacked:
    """Check the arguments, search batch by batch, and refuse what a broken model gave.

    Args:
        search: Attacks one batch.
        classify: Maps images to logits.
        images: Pixels in [0, 1].
        labels: One class an image.
        chance: One image id an image.
        batch_size: How many images are searched at once; None: `usual_batch`.

    Raises:
        RangeError: If pixels leave [0, 1], or a label the classes.
        ConfigError: If labels or image ids are not as many as the images.
        ModelError: If the logits are not (batch, class), or not finite.
    """
    images, labels = checked(images, labels, chance)
    watched = Watched(classify, labels)
    parts = []
    every = torch.arange(len(images), device=images.device)
    for rows in torch.split(every, batch_size or usual_batch(images.device)):
        parts.append(search(watched, images[rows], labels[rows], chance.take(rows)))
        watched.require_finite()
    return parts[0] if len(parts) == 1 else _joined(parts)


def checked(images: Images, labels: Labels, chance: Chance) -> tuple[Images, Labels]:
    """Return the images without their graph, and the labels as int64 on the images' device.

    Raises:
        ArgumentError: If images or labels are no tensors of their kind.
        RangeError: If pixels leave [0, 1], or a label is negative.
        ConfigError: If labels or image ids are not as many as the images.
    """
    images, labels = require_arguments(images, labels, chance)
    if len(labels) and int(labels.amin()) < 0:
        raise RangeError(
            f"`labels` must be classes from 0, got {int(labels.amin())}. "
            "Leave out the images that have no label."
        )
    return images, labels


def _joined(parts: list[Attacked]) -> Attacked:
    curves = [part.curve for part in parts]
    return Attacked(
        images=torch.cat([part.images for part in parts]),
        steps=torch.cat([part.steps for part in parts]),
        lengths=torch.cat([part.lengths for part in parts]),
        curve=Curve(
            points=curves[0].points,
            losses=torch.cat([curve.losses for curve in curves]),
            lengths=torch.cat([curve.lengths for curve in curves]),
        ),
    )


def usual_batch(device: torch.device) -> int:
    """Return how many images an attack holds in the network at once, unless it is told otherwise.

    A hundred keep a ResNet-18 at 32 px within 1 GB and a CPU busy; a GPU wants more.
    """
    return 100 if device.type == "cpu" else 500


def require_ball(ball: object) -> None:
    """Refuse what does not bound changes of pixels.

    Raises:
        ConfigError: If `ball` is no `Ball`.
    """
    if not isinstance(ball, Ball):
        raise ConfigError(
            "`ball` must bound changes of pixels, such as Linf(radius=8 / 255) or L2(radius=0.5), "
            f"got {ball!r}. Flows, which a Displacement bounds, are searched by StAdv."
        )


def require_batch_size(batch_size: int | None) -> None:
    """Refuse a batch of no images.

    Raises:
        ConfigError: If `batch_size` is below 1.
    """
    if batch_size is not None and batch_size < 1:
        raise ConfigError(
            f"`batch_size` must be at least 1, got {batch_size}. It bounds the memory and changes "
            "no result; 100 is usual."
        )


def require_steps(steps: int, usual: str) -> None:
    """Refuse an attack of no steps.

    Args:
        steps: How many.
        usual: What to try instead, a sentence.

    Raises:
        ConfigError: If `steps` is below 1.
    """
    if steps < 1:
        raise ConfigError(f"`steps` must be at least 1, got {steps}. {usual}")


class Watched:
    """A classifier whose logits are watched: a row an image, enough classes, and finite.

    The largest logit is noted on its device and read once a batch, so that the device is never
    waited for between steps.
    """

    def __init__(self, classify: Classify, labels: Labels) -> None:
        """Watch `classify` while it is led away from `labels`."""
        self._classify = classify
        self._highest = int(labels.amax()) if len(labels) else 0
        self._largest = torch.zeros((), device=labels.device)

    def __call__(self, images: Images) -> Logits:
        """Return the logits.

        Raises:
            ModelError: If they are not (batch, class), of two classes or more, or cut from images
                whose gradient is asked for.
            RangeError: If a label is not one of the classes.
        """
        logits = ask(self._classify, images)
        require_logits(logits, count=len(images), least=2)
        if images.requires_grad and torch.is_grad_enabled() and not logits.requires_grad:
            raise without_gradient()
        classes = logits.shape[1]
        if self._highest >= classes:
            raise RangeError(
                f"`labels` must be classes from 0 to {classes - 1} (the classifier has {classes}), "
                f"got {self._highest}. Give the classifier and the labels of one data set."
            )
        largest = logits.detach().abs().amax() if len(logits) else self._largest
        self._largest = torch.maximum(self._largest, largest)  # not a number stays so
        return logits

    def require_finite(self) -> None:
        """Refuse what was found if a logit was not finite.

        Raises:
            ModelError: If any logit so far was infinite or not a number.
        """
        if not self._largest.isfinite():
            raise ModelError(
                "The classifier must return finite logits, got infinite or not-a-number ones. "
                "Its weights may have diverged: load an earlier checkpoint, or use float32."
            )
