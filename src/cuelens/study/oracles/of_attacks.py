"""Oracles of attacks: on a linear model the worst perturbation is known."""

from collections.abc import Callable

import torch

from cuelens.attacks import PGD, Attack
from cuelens.balls import L2, Ball, Linf
from cuelens.metrics import robust_accuracy
from cuelens.randomness import Chance
from cuelens.study.oracles.finding import Finding, Oracle, near
from cuelens.study.oracles.linear_model import IDS, linear_model, middle_images
from cuelens.tensors import PerImage

__all__ = ["ATTACKS"]

_LINF, _L2 = Linf(radius=8 / 255), L2(radius=0.2)

Make = Callable[[Ball], Attack]


def _pgd(ball: Ball) -> Attack:
    return PGD(ball=ball, step=ball.radius / 4, steps=40, random_start=False)


def worst_drop_linf(make: Make = _pgd) -> Finding:
    """Look whether the attack lowers every margin by radius times the 1-norm of the weights."""
    wanted = _LINF.radius * float(linear_model().steepest.abs().sum())
    return _drops(make(_LINF), wanted, 1e-9)


def worst_drop_l2(make: Make = _pgd) -> Finding:
    """Look whether the attack lowers every margin by radius times the 2-norm of the weights."""
    wanted = _L2.radius * float(linear_model().steepest.norm())
    return _drops(make(_L2), wanted, 1e-6)


def _drops(attack: Attack, wanted: float, tolerance: float) -> Finding:
    """Compare the smallest and the largest drop of a margin with what is possible at worst."""
    before, after = _margins(attack)
    drops = before - after
    return near([float(drops.min()), float(drops.max())], [wanted, wanted], tolerance * wanted)


def _margins(attack: Attack) -> tuple[PerImage, PerImage]:
    model, images = linear_model(), middle_images()
    labels = model(images).argmax(1)
    attacked = attack(model, images, labels, chance=Chance(0, IDS)).images
    return model.margins(images, labels), model.margins(attacked, labels)


def robust_share(make: Make = _pgd) -> Finding:
    """Look whether the images that stay right are those of margins above the worst drop."""
    before, after = _margins(make(_LINF))
    # A radius at which half of the images fall: the middle of two margins that follow each other.
    ranked = before.sort().values
    reach = float(ranked[7:9].mean()) / float(linear_model().steepest.abs().sum())
    before, after = _margins(make(Linf(radius=reach)))
    found = robust_accuracy((before > 0).numpy(), (after <= 0).numpy())
    return near([found.value], [0.5], 0.0)


def inside_the_ball(make: Make = _pgd) -> Finding:
    """Look whether attacked images of noise near the borders stay in the ball and in [0, 1]."""
    images = (middle_images() - 0.25) * 2
    model = linear_model()
    labels, longest, outside = model(images).argmax(1), [], 0
    for ball in (_LINF, _L2):
        attacked = make(ball)(model, images, labels, chance=Chance(0, IDS)).images
        longest.append(float(ball.length(attacked - images).max()) / ball.radius)
        outside += int(((attacked < 0) | (attacked > 1)).sum())
    passed = all(0.5 < one <= 1 + 1e-6 for one in longest) and not outside
    return Finding(
        expected="lengths at most 1 radius, 0 pixels outside [0, 1]",
        got=f"lengths at most {max(longest):.7g} radius, {outside} pixels outside",
        passed=passed,
    )


def projection_is_idempotent(balls: tuple[Ball, ...] = (_LINF, _L2)) -> Finding:
    """Look whether a perturbation inside the ball comes back unchanged from its projection."""
    inside = (middle_images() - 0.5).float() * 1e-3
    moved = [float((ball.project(inside) - inside).abs().max()) for ball in balls]
    far = torch.ones_like(inside)
    longest = [float(ball.length(ball.project(far)).max()) / ball.radius for ball in balls]
    return near([*moved, *longest], [*(0.0 for _ in balls), *(1.0 for _ in balls)], 1e-6)


ATTACKS = (
    Oracle(
        name="attacks/linear-linf",
        claim="PGD lowers every margin of a linear model by radius x 1-norm, the worst there is.",
        look=worst_drop_linf,
    ),
    Oracle(
        name="attacks/linear-l2",
        claim="PGD lowers every margin of a linear model by radius x 2-norm, the worst there is.",
        look=worst_drop_l2,
    ),
    Oracle(
        name="attacks/robust-share",
        claim="Robust accuracy of a linear model is the share of margins above the worst drop.",
        look=robust_share,
    ),
    Oracle(
        name="attacks/inside-the-ball",
        claim="Attacked images stay inside the ball and inside the pixel range.",
        look=inside_the_ball,
    ),
    Oracle(
        name="attacks/projection",
        claim="A projection changes nothing inside the ball and ends on its surface.",
        look=projection_is_idempotent,
    ),
)
