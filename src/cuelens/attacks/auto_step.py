"""Auto-PGD: one ascent with momentum whose steps shorten where the loss stops rising.

It knows how to climb any loss in a ball; which loss, it does not.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from cuelens.attacks.ascent import logits_and_gradient
from cuelens.attacks.curves import CurveRecorder
from cuelens.balls import Ball, Linf
from cuelens.losses import margin
from cuelens.networks.classifier import Classify
from cuelens.randomness import Chance
from cuelens.tensors import Images, Labels, Logits, PerImage, PerImageInt

__all__ = ["Climbed", "Loss", "auto_climb", "start_on_boundary"]

Loss = Callable[[Logits, PerImageInt], PerImage]
"""The loss of the images that stand at these places of the batch, from their logits."""

_TINY = 1e-12
_MOMENTUM = 0.25
"""Share of the last move in the next one."""
_RISING = 0.75
"""Where the loss rose in at most this share of the steps since the last checkpoint, halve."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Climbed:
    """What one ascent found.

    Attributes:
        images: For a fooled image the last iterate that was wrong, or the first one with an early
            exit; for the others the iterate of the highest loss.
        steps: How many steps each image took.
        fooled: Which images some iterate fooled.
    """

    images: Images
    steps: PerImageInt
    fooled: Bool[Tensor, " batch"]


def start_on_boundary(ball: Ball, images: Images, *, chance: Chance) -> Images:
    """Return random points as far from the images as the ball allows, clamped to [0, 1]."""
    noise = ball.sample(images, chance=chance)
    lengths = ball.length(noise)[:, None, None, None]
    return (images + ball.radius * (noise / (lengths + _TINY))).clamp_(0, 1)


@dataclass(slots=True)
class _Climber:
    """The images that are still climbing, row by row.

    Attributes:
        places: Where they stand in the batch.
        labels: True classes.
        low: The lower bounds of their pixels; in other balls than Linf, the images themselves.
        high: The upper bounds; in other balls, the images themselves.
        current: Where they are.
        previous: Where they were before; overwritten by the next step.
        gradient: Of the loss, at `current`.
        step: How far the next step goes.
        best: Where the loss was highest.
        best_gradient: The gradient there.
        best_loss: The loss there.
        best_at_checkpoint: The highest loss at the last checkpoint.
        halved_at_checkpoint: Whether the step was halved there.
        last_loss: At `current`.
        rises: In how many steps since the last checkpoint the loss rose.
    """

    places: PerImageInt
    labels: Labels
    low: Images
    high: Images
    current: Images
    previous: Images
    gradient: Images
    step: Float[Tensor, "batch 1 1 1"]
    best: Images
    best_gradient: Images
    best_loss: PerImage
    best_at_checkpoint: PerImage
    halved_at_checkpoint: Bool[Tensor, " batch"]
    last_loss: PerImage
    rises: PerImageInt

    def keep(self, rows: Bool[Tensor, " batch"]) -> None:
        """Let the other rows leave."""
        for name in self.__slots__:
            setattr(self, name, getattr(self, name)[rows])


def auto_climb(
    classify: Classify,
    images: Images,
    labels: Labels,
    *,
    ball: Ball,
    loss: Loss,
    begin: Images,
    steps: int,
    stop_when_fooled: bool,
    record: CurveRecorder,
    places: PerImageInt,
    first_step: int = 0,
) -> Climbed:
    """Climb a loss from `begin`, each image with a step length of its own.

    Args:
        classify: Maps images to logits.
        images: The centres of the balls.
        labels: True classes; an image is fooled where another logit exceeds that of its label.
        ball: The threat model.
        loss: What to climb.
        begin: Where to begin, inside the ball and [0, 1].
        steps: How many steps to take.
        stop_when_fooled: An image leaves at its first wrong iterate.
        record: Takes notes of the ascent.
        places: Where the images stand in the record's batch.
        first_step: How many steps these images have taken before, for the record.

    Returns:
        What was found. The arithmetic is that of the published attack, operation by operation.

    Source:
        Croce & Hein, 2020, https://arxiv.org/abs/2003.01690, algorithm 1.
        Differs: with `stop_when_fooled`, images leave the batch.
    """
    rows = torch.arange(len(images), device=images.device)
    found, taken = begin.clone(), torch.full_like(labels, steps)
    fooled = torch.zeros_like(labels, dtype=torch.bool)
    if not len(images):
        return Climbed(images=found, steps=taken, fooled=fooled)

    def look(step: int, at: Images, rows: PerImageInt) -> tuple[Logits, PerImage, Images]:
        looked = logits_and_gradient(classify, at, lambda logits: loss(logits, rows))
        logits = looked[0]
        record.note(first_step + step, places[rows], logits, lambda: ball.length(at - images[rows]))
        return looked

    logits, losses, gradient = look(0, begin, rows)
    low, high = _bounds(ball, images)
    state = _Climber(
        places=rows,
        labels=labels,
        low=low,
        high=high,
        current=begin.clone(),  # both are overwritten on the way
        previous=begin.clone(),
        gradient=gradient,
        step=torch.full_like(losses, 2 * ball.radius)[:, None, None, None],
        best=begin.clone(),
        best_gradient=gradient.clone(),
        best_loss=losses.clone(),
        best_at_checkpoint=losses.clone(),
        halved_at_checkpoint=torch.ones_like(fooled),
        last_loss=losses,
        rises=torch.zeros_like(labels),
    )
    window, shortest, shrink = _windows(steps)
    since = 0
    for step in range(steps + 1):
        if step:
            _move(ball, state, inertia=_MOMENTUM if step > 1 else 0.0)
            logits, losses, state.gradient = look(step, state.current, state.places)
        wrong = margin(logits, state.labels) < 0
        if wrong.any():
            there = state.places[wrong]
            found[there], fooled[there] = state.current[wrong], True
            if stop_when_fooled:
                taken[there] = step
                state.keep(~wrong)
                losses = losses[~wrong]
                if not len(state.places):
                    break
        if not step:
            continue
        _note_best(state, losses, first=step == 1)
        since += 1
        if since == window:
            _halve(state, window)
            since, window = 0, max(window - shrink, shortest)
    never = ~fooled[state.places]
    found[state.places[never]] = state.best[never]
    return Climbed(images=found, steps=taken, fooled=fooled)


def _windows(steps: int) -> tuple[int, int, int]:
    """Return the first distance between checkpoints, the shortest, and by how much it shrinks."""
    return max(int(0.22 * steps), 1), max(int(0.06 * steps), 1), max(int(0.03 * steps), 1)


def _bounds(ball: Ball, images: Images) -> tuple[Images, Images]:
    """Return what `_pull` needs to know: in Linf, between which bounds each pixel stays."""
    if not isinstance(ball, Linf):
        return images, images
    return (images - ball.radius).clamp_(0, 1), (images + ball.radius).clamp_(0, 1)


def _pull(ball: Ball, points: Images, state: _Climber) -> Images:
    """Pull points into the ball and [0, 1]; they may be overwritten."""
    if isinstance(ball, Linf):
        return torch.clamp(points, state.low, state.high, out=points)
    return ball.nearest(points, state.low).clamp_(0, 1)


def _move(ball: Ball, state: _Climber, *, inertia: float) -> None:
    """Take one step with momentum; the projection comes before and after the momentum.

    Sums are taken in the published order, or in one that rounds alike: terms change places, and
    the last move is added with its factor, since a quarter of it is exact.
    """
    current = state.current
    last_move = torch.sub(current, state.previous, out=state.previous)
    ahead = current + ball.steepest(state.gradient).mul_(state.step)
    ahead = _pull(ball, ahead, state).sub_(current)
    if inertia:
        ahead.mul_(1 - inertia).add_(current).add_(last_move, alpha=inertia)
    else:
        ahead.add_(current)  # rounds as the published attack does
    state.previous, state.current = current, _pull(ball, ahead, state)


def _note_best(state: _Climber, losses: PerImage, *, first: bool) -> None:
    """Keep the best iterate of each image, and count in how many steps its loss rose."""
    better = losses > state.best_loss
    rows = better.nonzero()[:, 0]
    state.best.index_copy_(0, rows, state.current.index_select(0, rows))
    state.best_gradient.index_copy_(0, rows, state.gradient.index_select(0, rows))
    state.best_loss = torch.where(better, losses, state.best_loss)
    # The published attack compares the first step with the last, which holds zero by then.
    before = torch.zeros_like(losses) if first else state.last_loss
    state.rises = state.rises + (losses > before)
    state.last_loss = losses


def _halve(state: _Climber, window: int) -> None:
    """Halve the steps of images whose loss no longer rises, and send those back to their best."""
    stuck = state.rises <= window * _RISING
    unimproved = ~state.halved_at_checkpoint & (state.best_at_checkpoint >= state.best_loss)
    halve = stuck | unimproved
    state.halved_at_checkpoint = halve
    state.best_at_checkpoint = state.best_loss.clone()
    rows = halve[:, None, None, None]
    state.step = torch.where(rows, state.step / 2, state.step)
    state.current = torch.where(rows, state.best, state.current)
    state.gradient = torch.where(rows, state.best_gradient, state.gradient)
    state.rises = torch.zeros_like(state.rises)
