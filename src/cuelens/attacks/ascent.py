"""One projected step up the cross-entropy, and the checks that every gradient attack makes.

It knows how to start and how to take one step; how many to take, and who leaves when, it does not.
"""

import torch

from cuelens.balls import Ball
from cuelens.errors import ConfigError, ModelError, RangeError
from cuelens.losses import cross_entropy
from cuelens.networks.classifier import Classify, input_gradient
from cuelens.randomness import Chance
from cuelens.tensors import Images, Labels, Logits, PerImage, require_pixels

__all__ = ["Watched", "ascend", "logits_and_gradient", "require_arguments", "start"]


def require_arguments(images: Images, labels: Labels, chance: Chance) -> tuple[Images, Labels]:
    """Refuse what no attack can use, and return what every attack reads.

    Args:
        images: Pixels in [0, 1].
        labels: One class an image.
        chance: One image id an image.

    Returns:
        The images without their graph, and the labels as int64 on the device of the images.

    Raises:
        RangeError: If pixels leave [0, 1] or a label is negative.
        ConfigError: If labels or image ids are not as many as the images.
    """
    images = images.detach()
    require_pixels(images)
    for name, count in (("labels", len(labels)), ("chance", len(chance))):
        if count != len(images):
            raise ConfigError(
                f"`{name}` must have one entry an image, expected {len(images)}, got {count}. "
                "Cut all arguments to the same images."
            )
    if len(labels) and int(labels.amin()) < 0:
        raise RangeError(
            f"`labels` must be classes from 0, got {int(labels.amin())}. "
            "Leave out the images that have no label."
        )
    return images, labels.to(images.device, torch.int64)


class Watched:
    """A classifier whose logits are watched: enough classes, and finite.

    Whether all logits were finite is noted on their device and read once, so that the device is
    never waited for between steps.
    """

    def __init__(self, classify: Classify, labels: Labels) -> None:
        """Watch `classify` while it is led away from `labels`."""
        self._classify = classify
        self._highest = int(labels.amax()) if len(labels) else 0
        self._finite = torch.ones((), dtype=torch.bool, device=labels.device)

    def __call__(self, images: Images) -> Logits:
        """Return the logits.

        Raises:
            RangeError: If a label is not one of the classes.
        """
        logits = self._classify(images)
        classes = logits.shape[1]
        if self._highest >= classes:
            raise RangeError(
                f"`labels` must be classes from 0 to {classes - 1} (the classifier has {classes}), "
                f"got {self._highest}. Give the classifier and the labels of one data set."
            )
        self._finite = self._finite & logits.detach().isfinite().all()
        return logits

    def require_finite(self) -> None:
        """Refuse what was found if a logit was not finite.

        Raises:
            ModelError: If any logit so far was infinite or not a number.
        """
        if not self._finite:
            raise ModelError(
                "The classifier must return finite logits, got infinite or not-a-number ones. "
                "Its weights may have diverged: load an earlier checkpoint, or use float32."
            )


def start(ball: Ball, images: Images, *, random_start: bool, chance: Chance) -> Images:
    """Return where the ascent begins: the images, or a random point of the ball around each."""
    if not random_start:
        return images
    return ball.sample(images, chance=chance).add_(images).clamp_(0, 1)


def logits_and_gradient(
    classify: Classify, images: Images, labels: Labels
) -> tuple[Logits, Images]:
    """Return the logits of the images and the gradient of their cross-entropy, in one pass.

    Args:
        classify: Maps images to logits.
        images: Pixels in [0, 1].
        labels: Classes, one an image.

    Returns:
        The logits, cut from their graph, and the loss change per unit of pixel change.
    """
    seen: list[Logits] = []

    def loss(candidates: Images) -> PerImage:
        logits = classify(candidates)
        seen.append(logits.detach())
        return cross_entropy(logits, labels)

    gradient = input_gradient(loss, images)
    return seen[0], gradient


def ascend(
    ball: Ball, step: float, *, originals: Images, current: Images, gradient: Images
) -> Images:
    """Return the images one step further up the loss, back inside the ball and [0, 1].

    The order of the floating-point operations is that of the published attacks, so that results
    agree to the last bit.

    Args:
        ball: The threat model.
        step: Length of the step, in the ball's norm.
        originals: The centres of the balls.
        current: Where the step begins.
        gradient: Of the loss, at `current`.
    """
    moved = ball.steepest(gradient).mul_(step).add_(current)
    return ball.project(moved.sub_(originals)).add_(originals).clamp_(0, 1)
