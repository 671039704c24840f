"""Images under attack, as one more condition: made for each model, with every step taken.

It makes them to be looked at and explained; robust accuracy, which counts them, is not here.
"""

from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any

import torch

from cuelens.attacks.protocol import Attack
from cuelens.evaluation.chunks import Chunk
from cuelens.evaluation.forward import full_precision
from cuelens.evaluation.target import Target
from cuelens.networks.classifier import Classifier
from cuelens.tensors import Images, Labels

__all__ = ["AttackCondition", "attacked_images", "every_step", "known_labels"]


@dataclass(frozen=True, kw_only=True, slots=True)
class AttackCondition:
    """What an attack does to images before the model that it attacks sees them.

    Attributes:
        name: Of the attack, as tables show it.
        attack: Makes the images; its early exit, if it has one, is not used.
    """

    name: str
    attack: Attack

    @property
    def family(self) -> str:
        """As in the records of attacks."""
        return "attack"

    @property
    def level(self) -> float:
        """The radius of the attack's ball."""
        return self.attack.ball.radius

    @property
    def transform(self) -> Attack:
        """What determines the images: the attack with every step taken."""
        attack: Attack = every_step(self.attack)
        return attack


def every_step(attack: Any) -> Any:
    """Return an attack without its early exit: what is looked at shows every step taken.

    Args:
        attack: An attack, or a setting of one.
    """
    if not is_dataclass(attack):
        return attack
    changes = {}
    for field in fields(attack):
        value = getattr(attack, field.name)
        changed = False if field.name == "stop_when_fooled" else every_step(value)
        if changed is not value:
            changes[field.name] = changed
    return replace(attack, **changes) if changes else attack  # type: ignore[type-var]


def known_labels(classifier: Classifier, chunk: Chunk) -> Labels:
    """Return the true classes, and where one is unknown what the model predicts."""
    known = chunk.labels >= 0
    if known.all():
        return chunk.labels
    predicted = Target.PREDICTED.labels(
        classifier, chunk.clean, chunk.labels, micro_batch=len(chunk)
    )
    return torch.where(known, chunk.labels, predicted)


def attacked_images(form: Classifier, attack: Attack, chunk: Chunk, labels: Labels) -> Images:
    """Return the images of a chunk after every step of an attack.

    Args:
        form: The model, in float32.
        attack: Its early exit is not used.
        chunk: The images, and the chance of the attack.
        labels: The classes that the attack leads away from.

    Returns:
        Pixels in [0, 1], on the CPU.
    """
    images, away = chunk.clean.to(form.device), labels.to(form.device)
    steadfast: Attack = every_step(attack)
    with full_precision(form.device):
        found = steadfast(form, images, away, chance=chunk.chance)
    return found.images.detach().cpu()
