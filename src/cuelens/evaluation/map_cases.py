"""The maps of some images with everything that made them: what measures of maps look at.

It makes maps, on the fast path and in small batches; what is measured of them it does not know.
"""

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar, Protocol, runtime_checkable

import torch

from cuelens.errors import FallbackWarning
from cuelens.evaluation.attacked_images import AttackCondition, attacked_images, known_labels
from cuelens.evaluation.chunks import Chunk, chunks_of
from cuelens.evaluation.conditions import Condition
from cuelens.evaluation.forward import FastForm
from cuelens.evaluation.target import Target
from cuelens.networks.classifier import Classifier
from cuelens.randomness import Chance
from cuelens.salience.protocol import Salience
from cuelens.tensors import Images, Labels, PerImage

__all__ = ["CaseMeasure", "MapCase", "MapMaker"]


@dataclass(frozen=True, kw_only=True)
class MapMaker:
    """A model and a salience method, ready to make maps.

    Attributes:
        classifier: The model as it was given.
        form: In which its maps are cheapest.
        method: Makes the maps.
        target: Which class they explain.
        micro_batch: How many images are explained at once. At least 1.
    """

    classifier: Classifier
    form: FastForm
    method: Salience
    target: Target
    micro_batch: int

    @property
    def settings(self) -> str:
        """Return what records say of the method, and of its target if that is not the label."""
        target = "" if self.target == Target.TRUE else f", {self.target!r}"
        return f"{self.method!r}{target}"

    @cached_property
    def fast(self) -> Classifier:
        """The fast copy that is explained."""
        return self.form.of(self.classifier)

    @cached_property
    def attacked(self) -> Classifier:
        """The fast copy that attacks search: in float32, whatever the other is in."""
        return self.form.of(self.classifier, float32=True)

    def case(self, chunk: Chunk, condition: Condition | AttackCondition) -> "MapCase":
        """Return the maps of a chunk under a condition."""
        if isinstance(condition, AttackCondition):
            away = known_labels(self.classifier, chunk)
            images = attacked_images(self.attacked, condition.attack, chunk, away)
        else:
            images = chunk.under(condition)
        labels = self.target.labels(self.classifier, chunk.clean, chunk.labels)
        return MapCase(
            maker=self,
            condition=condition,
            clean=chunk.clean,
            images=images,
            labels=labels,
            chance=chunk.chance,
            maps=self.maps(images, labels, chunk.chance),
        )

    def maps(
        self, images: Images, labels: Labels, chance: Chance, *, of: Classifier | None = None
    ) -> Images:
        """Return raw signed maps, float32 on the CPU.

        Args:
            images: Pixels in [0, 1].
            labels: The classes that are explained.
            chance: Of the method.
            of: Another classifier than the fast copy.
        """
        classify = self.fast if of is None else of
        found, device = torch.empty_like(images), classify.device
        for places in chunks_of(torch.arange(len(images)), self.micro_batch, name="micro_batch"):
            batch, own = images[places].to(device), labels[places].to(device)
            # The records say it, image by image.
            with warnings.catch_warnings(category=FallbackWarning, action="ignore"):
                maps = self.method(classify, batch, own, chance=chance.take(places))
            found[places] = maps.detach().float().cpu()
        return found


@dataclass(frozen=True, kw_only=True, eq=False, slots=True)
class MapCase:
    """The maps of some images under a condition, and what made them.

    Attributes:
        maker: The model and the method.
        condition: What was done to the images.
        clean: The images as they are, pixels in [0, 1], on the CPU.
        images: The images that are explained.
        labels: The classes that are explained.
        chance: Of the images.
        maps: Raw and signed, on the CPU.
    """

    maker: MapMaker
    condition: Condition | AttackCondition
    clean: Images
    images: Images
    labels: Labels
    chance: Chance
    maps: Images

    def explain(self, images: Images, *, of: Classifier | None = None) -> Images:
        """Return the maps of other images for the same classes, or of another classifier."""
        return self.maker.maps(images, self.labels, self.chance, of=of)


@runtime_checkable
class CaseMeasure(Protocol):
    """A measure that asks the model again, or compares a map with another one.

    Attributes:
        version: Raised whenever the same settings give other values; part of every record's key.
    """

    version: ClassVar[int]

    def __call__(self, case: MapCase) -> Mapping[str, PerImage]:
        """Return one number an image by the names that records use."""
        ...
