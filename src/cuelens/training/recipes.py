"""The recipes by name: each a function of what is usually chosen."""

from cuelens.attacks import PGD, StAdv
from cuelens.balls import L2, Ball, Displacement, Linf
from cuelens.errors import ConfigError
from cuelens.training.free_objective import Free
from cuelens.training.min_max import Alternating, MinMax
from cuelens.training.noisy import Noisy
from cuelens.training.objectives import Threat
from cuelens.training.overfitting import OverfittingProbe
from cuelens.training.recipe import Recipe
from cuelens.training.schedules import Constant
from cuelens.training.trades_objective import TRADES
from cuelens.transforms import Stylised

__all__ = [
    "alternating",
    "fgsm",
    "free",
    "gaussian",
    "low_pass",
    "pgd_l2",
    "pgd_linf",
    "stadv",
    "standard",
    "stylised",
    "trades",
    "underfit",
]


def standard(*, epochs: int = 6) -> Recipe:
    """Return the recipe of a standard network.

    Args:
        epochs: Passes over the training images.
    """
    return Recipe(epochs=epochs)


def underfit(*, stop_at_accuracy: float | None = None, epochs: int = 6) -> Recipe:
    """Return the recipe of a standard network that is stopped early, at a low learning rate.

    Args:
        stop_at_accuracy: The validation accuracy to stop at, a share; a study sets it by
            `as_accurate_as`.
        epochs: Passes over the training images, if it is not reached.

    Raises:
        ConfigError: If a setting is outside its range.
    """
    slow = Constant(rate=0.01)
    return Recipe(epochs=epochs, schedule=slow, stop_at_accuracy=stop_at_accuracy)


def gaussian(*, deviation: float = 0.1, epochs: int = 10) -> Recipe:
    """Return the recipe of a network trained on noisy images: a control.

    Args:
        deviation: Of the noise, in units of the pixel range.
        epochs: Passes over the training images.

    Raises:
        ConfigError: If a setting is outside its range.
    """
    return Recipe(objective=Noisy(deviation=deviation), epochs=epochs)


def low_pass(*, cutoff: float = 6.0, epochs: int = 6) -> Recipe:
    """Return the recipe of a standard network behind a low-pass filter: the rival explanation.

    Args:
        cutoff: In cycles per image; a study chooses it by `as_accurate_as`.
        epochs: Passes over the training images.

    Raises:
        ConfigError: If a setting is outside its range.
    """
    return Recipe(epochs=epochs, cutoff=cutoff)


def stylised(*, working_size: int = 256, epochs: int = 6) -> Recipe:
    """Return the recipe of a standard network trained on stylised images alone: a control.

    Args:
        working_size: Side in pixels at which images are painted; see `Stylised`.
        epochs: Passes over the training images.

    Raises:
        ConfigError: If a setting is outside its range.

    Source:
        Geirhos et al., 2019, https://arxiv.org/abs/1811.12231, section 2.2.
        Differs: each image is painted once, in one style, as its test copy is.
    """
    return Recipe(epochs=epochs, repaint=Stylised(working_size=working_size))


def pgd_linf(*, radius: float = 8 / 255, steps: int = 2, epochs: int = 10) -> Recipe:
    """Return min-max training in the Linf ball; steps of 1.5 radii over their number.

    Args:
        radius: In units of the pixel range.
        steps: Of the inner attack, from a random start.
        epochs: Passes over the training images; the radius rises over the first.

    Raises:
        ConfigError: If a setting is outside its range.
    """
    return _min_max(Linf(radius=radius), steps=steps, epochs=epochs)


def pgd_l2(*, radius: float = 0.5, steps: int = 2, epochs: int = 10) -> Recipe:
    """Return min-max training in the L2 ball; steps of 1.5 radii over their number.

    Args:
        radius: Euclidean length in units of the pixel range.
        steps: Of the inner attack, from a random start.
        epochs: Passes over the training images; the radius rises over the first.

    Raises:
        ConfigError: If a setting is outside its range.
    """
    return _min_max(L2(radius=radius), steps=steps, epochs=epochs)


def alternating(*, radius: float = 8 / 255, steps: int = 2, epochs: int = 10) -> Recipe:
    """Return the paper's own form: attacked and clean batches in turn, in the Linf ball.

    Args:
        radius: In units of the pixel range.
        steps: Of the inner attack, from a random start, each 1.5 radii over their number.
        epochs: Passes over the training images; the radius rises over the first.

    Raises:
        ConfigError: If a setting is outside its range.
    """
    attack = _crossing(Linf(radius=radius), steps)
    return Recipe(objective=Alternating(attack=attack, warm_up=1.0), epochs=epochs)


def fgsm(*, radius: float = 8 / 255, epochs: int = 10) -> Recipe:
    """Return training on single steps from a random start, with a probe for overfitting.

    Args:
        radius: In units of the pixel range; the step is 1.25 times as long.
        epochs: Passes over the training images; the radius rises over the first.

    Raises:
        ConfigError: If a setting is outside its range.

    Source:
        Wong et al., 2020, https://arxiv.org/abs/2001.03994, algorithm 3.
        Differs: the radius warm-up, and the probe of `OverfittingProbe`.
    """
    ball = Linf(radius=radius)
    _require_radius(ball)
    objective = MinMax(attack=PGD(ball=ball, step=1.25 * radius, steps=1), warm_up=1.0)
    return Recipe(objective=objective, epochs=epochs, probe=OverfittingProbe())


def free(*, radius: float = 8 / 255, replays: int = 4, epochs: int = 4) -> Recipe:
    """Return free adversarial training in the Linf ball.

    Args:
        radius: In units of the pixel range.
        replays: Steps that each batch is learned from.
        epochs: Passes over the training images; each costs as much as `replays` standard ones.

    Raises:
        ConfigError: If a setting is outside its range.

    Source:
        Shafahi et al., 2019, https://arxiv.org/abs/1904.12843.
        Differs: see `Free`; 4 replays, where the paper has 8, as epochs are few.
    """
    ball = Linf(radius=radius)
    _require_radius(ball)
    return Recipe(objective=Free(ball=ball), replays=replays, epochs=epochs)


def trades(
    *, radius: float = 8 / 255, beta: float = 6.0, steps: int = 5, epochs: int = 10
) -> Recipe:
    """Return TRADES in the Linf ball; steps of 2 radii over their number.

    Args:
        radius: In units of the pixel range.
        beta: Weight of the divergence against the cross-entropy.
        steps: Of the inner ascent.
        epochs: Passes over the training images; the radius rises over the first.

    Raises:
        ConfigError: If a setting is outside its range.
    """
    ball = Linf(radius=radius)
    _require_radius(ball)
    _require_steps(steps)
    step = min(2 * radius / steps, 1.0)
    objective = TRADES(ball=ball, step=step, steps=steps, beta=beta, warm_up=1.0)
    return Recipe(objective=objective, epochs=epochs)


def stadv(*, radius: float = 0.5, steps: int = 3, epochs: int = 10) -> Recipe:
    """Return min-max training against flows.

    Args:
        radius: The longest displacement, in pixels.
        steps: Of the inner attack.
        epochs: Passes over the training images; the radius rises over the first.

    Raises:
        ConfigError: If a setting is outside its range.
    """
    ball = Displacement(radius=radius)
    _require_radius(ball)
    attack = StAdv(ball=ball, steps=steps, stop_when_fooled=False)
    return Recipe(objective=MinMax(attack=attack, warm_up=1.0), epochs=epochs)


def _min_max(ball: Ball, *, steps: int, epochs: int) -> Recipe:
    return Recipe(objective=MinMax(attack=_crossing(ball, steps), warm_up=1.0), epochs=epochs)


def _crossing(ball: Ball, steps: int) -> PGD:
    """Return the attack whose steps are together one and a half radii long."""
    _require_radius(ball)
    _require_steps(steps)
    return PGD(ball=ball, step=1.5 * ball.radius / steps, steps=steps)


def _require_radius(ball: Threat) -> None:
    if ball.radius == 0:
        raise ConfigError(
            "`radius` must be positive, got 0. Take the recipe `standard` to train without attacks."
        )


def _require_steps(steps: int) -> None:
    if steps < 1:
        raise ConfigError(f"`steps` must be at least 1, got {steps}. Usual are 2 to 10.")
