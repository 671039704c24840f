"""Adversarial training as a tutorial writes it: the peer of `bench/training.py`.

Float32, contiguous tensors, the whole loop on a page. It is meant to be what a competent reader
of the paper types, and no slower: batches lie ready in memory, are not augmented, the attack
runs in eval mode, nothing is logged or saved. What it leaves out is what cuelens adds: bfloat16,
channels-last, folded batch norms, and an attack that asks for no gradient of the weights.

Source:
    Madry et al., 2018, https://arxiv.org/abs/1706.06083, equation 2.1 and section 5.
    Differs: the attack's step and radius are arguments.
"""

from collections.abc import Iterable

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

__all__ = ["pgd", "train_steps"]


def pgd(
    model: nn.Module, images: Tensor, labels: Tensor, *, radius: float, step: float, steps: int
) -> Tensor:
    """Return images attacked with PGD-Linf from a random start.

    Args:
        model: Maps pixels in [0, 1] to logits.
        images: Pixels in [0, 1].
        labels: True classes.
        radius: In units of the pixel range.
        step: In the same units.
        steps: How many.
    """
    perturbation = torch.empty_like(images).uniform_(-radius, radius)
    perturbation = (images + perturbation).clamp(0, 1) - images
    for _ in range(steps):
        perturbation.requires_grad_()
        loss = cross_entropy(model(images + perturbation), labels)
        model.zero_grad()
        loss.backward()
        gradient = perturbation.grad
        with torch.no_grad():
            perturbation = (perturbation + step * gradient.sign()).clamp(-radius, radius)
            perturbation = (images + perturbation).clamp(0, 1) - images
    return images + perturbation


def train_steps(
    model: nn.Module,
    optimiser: torch.optim.Optimizer,
    batches: Iterable[tuple[Tensor, Tensor]],
    *,
    radius: float,
    step: float,
    steps: int,
) -> Iterable[float]:
    """Take one min-max step a batch and yield its loss."""
    for images, labels in batches:
        model.eval()
        attacked = pgd(model, images, labels, radius=radius, step=step, steps=steps)
        model.train()
        optimiser.zero_grad()
        loss = cross_entropy(model(attacked), labels)
        loss.backward()
        optimiser.step()
        yield loss.item()
