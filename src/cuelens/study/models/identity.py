"""Whether a model file is the one that a study's plan asks for, once the plan is settled.

What a network is may hang on another one: on its accuracy, or on its cutoff.
"""

from dataclasses import replace

from cuelens.sources import ModelCard
from cuelens.study.images.data import StudyData
from cuelens.study.plan.model_plan import ModelPlan

__all__ = ["behind", "differences", "settled"]


def settled(
    plan: ModelPlan, other: ModelCard | None, *, cutoff: float | None, validation_images: int
) -> ModelPlan:
    """Return a plan with what the model that it waits for decides.

    Args:
        plan: Of a network.
        other: The card of the one that it waits for; None where it waits for none.
        cutoff: What was chosen for a network that chooses its own, in cycles per image.
        validation_images: How many images accuracies were measured on.
    """
    if other is None:
        return plan
    if plan.cutoff_of is not None:
        return behind(plan, other.specification.low_pass)
    if plan.chooses_cutoff:
        return behind(plan, cutoff)
    half = 0.5 / validation_images  # of an image: a recipe knows no stop at 0 or 1
    target = min(max(other.training["validation_accuracy"], half), 1 - half)
    return replace(plan, recipe=replace(plan.recipe, stop_at_accuracy=target))


def behind(plan: ModelPlan, cutoff: float | None) -> ModelPlan:
    """Return the plan with a cutoff, in cycles per image.

    It keeps its own where there is none, so that no filter matches no plan that has one.
    """
    return plan if cutoff is None else replace(plan, recipe=replace(plan.recipe, cutoff=cutoff))


def differences(card: ModelCard, plan: ModelPlan, data: StudyData) -> tuple[str, ...]:
    """Return in what a model file is of another training than the plan's: none where it is not.

    Args:
        card: Of the file.
        plan: What is to be trained, its cutoff and the accuracy to stop at known.
        data: On what.

    Returns:
        Of "network", "recipe", "seed" and "data", those that differ. A file that does not say on
        what it was trained is taken to be of the same data.
    """
    now = data.training.fingerprint
    wanted = {
        "network": (card.architecture, plan.architecture),
        "recipe": (card.recipe, repr(plan.recipe)),
        "seed": (card.training_seed, plan.seed),
        "data": (card.training.get("data_fingerprint", now), now),
    }
    return tuple(name for name, (found, expected) in wanted.items() if found != expected)
