"""How a network was trained, in the words of a table."""

from pathlib import Path

from cuelens.attacks import FGSM
from cuelens.balls import Linf
from cuelens.sources import is_zoo_name
from cuelens.study.plan.plan import ModelPlan
from cuelens.training import TRADES, Alternating, MinMax, Noisy, Recipe

__all__ = ["recipe_in_words"]


def recipe_in_words(model: ModelPlan) -> str:
    """Return how a network was trained, as a person would say it."""
    recipe = model.recipe
    words = _objective_in_words(recipe)
    if recipe.repaint is not None:
        words = f"{words} on images of {type(recipe.repaint).__name__}"
    if recipe.from_file is not None:
        begun = recipe.from_file
        words = f"{words} from {begun if is_zoo_name(begun) else Path(begun).name}"
    if recipe.cutoff is not None:
        chosen = model.as_accurate_as
        cutoff = f"as accurate as {chosen}" if chosen else f"{recipe.cutoff:g} cycles per image"
        if model.cutoff_of is not None:
            cutoff = f"the cutoff of {model.cutoff_of}"
        words = f"{words} behind a low-pass filter, {cutoff}"
    elif model.as_accurate_as is not None:
        return f"{words}, stopped when as accurate as {model.as_accurate_as}"
    return f"{words}, {recipe.epochs} {'epoch' if recipe.epochs == 1 else 'epochs'}"


def _objective_in_words(recipe: Recipe) -> str:
    objective = recipe.objective
    if isinstance(objective, Noisy):
        return f"Gaussian noise {objective.deviation:g}"
    ball = objective.ball
    if ball is None:
        return type(objective).__name__.lower()
    unit = f"{255 * ball.radius:g}/255" if isinstance(ball, Linf) else f"{ball.radius:g}"
    if isinstance(objective, MinMax | Alternating):
        steps = 1 if isinstance(objective.attack, FGSM) else objective.attack.steps
        name = "min-max" if isinstance(objective, MinMax) else "alternating"
    elif isinstance(objective, TRADES):
        steps, name = objective.steps, "TRADES"
    else:
        steps, name = recipe.replays, type(objective).__name__.lower()
    return f"{name}, {steps} {'step' if steps == 1 else 'steps'}, {type(ball).__name__} {unit}"
