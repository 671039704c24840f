"""Robust accuracy of your own network, with its interval, and what to check before believing it."""

import torch
from own_network import networks, rendered, right

from cuelens import PGD, Chance, Linf
from cuelens.metrics import accuracy, robust_accuracy


def main() -> None:
    """Attack both networks at three radii."""
    test = rendered("test")
    rows = torch.arange(100)
    images, labels, chance = test.images(rows), test.labels[rows], Chance(0, test.ids).take(rows)
    for name, classifier in networks().items():
        clean = right(classifier, images, labels)
        found = accuracy(clean.numpy())
        print(f"{name}: clean {found.value:.2f} [{found.low:.2f}, {found.high:.2f}], n = {found.n}")
        for radius in (1, 2, 4):
            ball = Linf(radius=radius / 255)
            attack = PGD(ball=ball, step=radius / 255 / 4, steps=10)
            attacked = attack(classifier, images, labels, chance=chance)
            fooled = ~right(classifier, attacked.images, labels)
            kept = robust_accuracy(clean.numpy(), fooled.numpy())
            # A loss that does not rise would say that the attack failed, not that it was withstood.
            losses = attacked.curve.losses.mean(0)
            print(
                f"  under PGD-10 at {radius}/255: {kept.value:.2f} "
                f"[{kept.low:.2f}, {kept.high:.2f}], loss {losses[0]:.2f} -> {losses[-1]:.2f}"
            )


if __name__ == "__main__":
    main()
