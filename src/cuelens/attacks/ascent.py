"""One projected step up a loss.

It knows how to start and how to take one step; how many to take, and who leaves when, it does not.
"""

from collections.abc import Callable

import torch

from cuelens.balls import Ball, Linf
from cuelens.networks.classifier import Classify, input_gradient
from cuelens.randomness import Chance
from cuelens.tensors import Images, Logits, PerImage

__all__ = ["ascend", "logits_and_gradient", "start"]


def start(ball: Ball, images: Images, *, random_start: bool, chance: Chance) -> Images:
    """Return where the ascent begins: the images, or a random point of the ball around each."""
    if not random_start:
        return images
    return ball.sample(images, chance=chance).add_(images).clamp_(0, 1)


def logits_and_gradient(
    classify: Classify, images: Images, loss: Callable[[Logits], PerImage]
) -> tuple[Logits, PerImage, Images]:
    """Return the logits of the images, their loss and its gradient, in one pass.

    Args:
        classify: Maps images to logits.
        images: Pixels in [0, 1].
        loss: One number an image, from its logits.

    Returns:
        The logits and the losses, cut from their graph, and the loss change per unit of pixel
        change.
    """
    seen: list[tuple[Logits, PerImage]] = []

    def score(candidates: Images) -> PerImage:
        logits = classify(candidates)
        losses = loss(logits)
        seen.append((logits.detach(), losses.detach()))
        return losses

    gradient = input_gradient(score, images)
    return *seen[0], gradient


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
    # The images come first: the sum lies in memory as they do, not as the gradient, which a
    # convolution may return in a layout that it would have to copy in the next step.
    if isinstance(ball, Linf):  # the same in fewer passes: a sign times a number is exact
        moved = torch.add(current, ball.steepest(gradient), alpha=step).sub_(originals)
        return moved.clamp_(-ball.radius, ball.radius).add_(originals).clamp_(0, 1)
    moved = current + ball.steepest(gradient).mul_(step)
    return ball.project(moved.sub_(originals)).add_(originals).clamp_(0, 1)
