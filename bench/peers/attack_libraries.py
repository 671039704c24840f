"""The attack libraries as their own documentation calls them: the peers of `bench/attacks.py`.

Each is handed the network behind its normalisation as one module in eval mode, in float32, with
images in [0, 1] in batches. Settings are the libraries' own; only the strength of the
attack is stated, and randomness is seeded, so that every round finds the same. A library is
imported when it is called: they live in the environment of the benchmarks alone.
"""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from cuelens.networks import Classifier

__all__ = [
    "BATCH",
    "Peer",
    "WithNormalisation",
    "foolbox_pgd",
    "pyautoattack_standard",
    "torchattacks_pgd",
]

BATCH = 250
"""How many images ours and the peers get at once, unless a row says otherwise."""

Peer = Callable[[nn.Module, Tensor, Tensor], Tensor]
"""Module, images and labels to attacked images."""


class WithNormalisation(nn.Module):
    """A classifier's network behind its normalisation, on the classifier's device."""

    def __init__(self, classifier: Classifier) -> None:
        """Take the network itself, not a copy."""
        super().__init__()
        self.network = classifier.network
        for name in ("mean", "deviation"):
            numbers = torch.tensor(getattr(classifier.specification, name))
            self.register_buffer(name, numbers[None, :, None, None].to(classifier.device))

    def forward(self, images: Tensor) -> Tensor:
        """Return logits of pixels in [0, 1]."""
        return self.network((images - self.mean) / self.deviation)


def _in_batches(
    attack: Callable[[Tensor, Tensor], Tensor], images: Tensor, labels: Tensor, size: int = BATCH
) -> Tensor:
    torch.manual_seed(0)
    batches = zip(images.split(size), labels.split(size), strict=True)
    return torch.cat([attack(*batch) for batch in batches])


def torchattacks_pgd(
    *, radius: float, step: float, steps: int, random_start: bool = True, batch_size: int = BATCH
) -> Peer:
    """Return torchattacks' PGD in the Linf ball."""

    def attack(model: nn.Module, images: Tensor, labels: Tensor) -> Tensor:
        from torchattacks import PGD

        pgd = PGD(model, eps=radius, alpha=step, steps=steps, random_start=random_start)
        return _in_batches(pgd, images, labels, batch_size)

    return attack


def foolbox_pgd(*, radius: float, step: float, steps: int) -> Peer:
    """Return foolbox's PGD in the Linf ball."""

    def attack(model: nn.Module, images: Tensor, labels: Tensor) -> Tensor:
        from foolbox import PyTorchModel
        from foolbox.attacks import LinfPGD

        bounded = PyTorchModel(model, bounds=(0, 1), device=images.device)
        pgd = LinfPGD(abs_stepsize=step, steps=steps, random_start=True)

        def attacked(batch: Tensor, classes: Tensor) -> Tensor:
            _, clipped, _ = pgd(bounded, batch, classes, epsilons=radius)
            return clipped

        return _in_batches(attacked, images, labels)

    return attack


def pyautoattack_standard(*, radius: float) -> Peer:
    """Return pyautoattack's standard suite in the Linf ball."""

    def attack(model: nn.Module, images: Tensor, labels: Tensor) -> Tensor:
        from pyautoattack import AutoAttack

        suite = AutoAttack(
            model, norm="Linf", eps=radius, version="standard", seed=0, device=images.device
        )
        attacked, _ = suite.run_standard_evaluation(images, labels, batch_size=BATCH)
        return attacked

    return attack
