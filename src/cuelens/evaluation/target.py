"""Which class of an image a salience map explains: the true, the predicted or a given one.

It chooses labels; how a class is scored and explained it does not know.
"""

from dataclasses import dataclass
from difflib import get_close_matches
from enum import Enum
from typing import ClassVar

import torch

from cuelens.errors import ConfigError, DataError
from cuelens.evaluation.forward import logits_of
from cuelens.networks.classifier import Classifier
from cuelens.tensors import Images, Labels

__all__ = ["Target"]

_SHOWN = 12
"""So many class names an error lists at most."""


class _Rule(Enum):
    """Where the class comes from."""

    TRUE = "the true class"
    PREDICTED = "the class that each model predicts on the unchanged image"
    GIVEN = "the class"


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class Target:
    """The class that maps explain: `Target.TRUE`, `Target.PREDICTED` or `Target.given("cat")`.

    What is predicted is asked of the unchanged image: under every condition the maps of a model
    explain one class, so that they can be compared.

    Attributes:
        rule: Where the class comes from.
        name_or_index: The class itself, where one is given.
    """

    TRUE: ClassVar["Target"]
    PREDICTED: ClassVar["Target"]

    rule: _Rule
    name_or_index: str | int | None = None

    @classmethod
    def given(cls, name_or_index: str | int) -> "Target":
        """Return the target that is one class for every image.

        Args:
            name_or_index: A class name, or a place among the class names from 0 on.
        """
        return cls(rule=_Rule.GIVEN, name_or_index=name_or_index)

    def __repr__(self) -> str:
        """Return what Python reads back as this target; it is part of the keys of records."""
        if self.rule is _Rule.GIVEN:
            return f"Target.given({self.name_or_index!r})"
        return f"Target.{self.rule.name}"

    def __str__(self) -> str:
        """Return what to write on a figure."""
        given = "" if self.name_or_index is None else f" {self.name_or_index}"
        return f"{self.rule.value}{given}"

    def labels(
        self,
        classifier: Classifier,
        images: Images,
        true: Labels,
        *,
        micro_batch: int | None = None,
    ) -> Labels:
        """Return the class of each image that is to be explained.

        Args:
            classifier: The untouched model; it predicts in float32, in eval mode.
            images: The unchanged images, pixels in [0, 1]; at least one.
            true: The true classes; -1 where one is unknown.
            micro_batch: How many images are predicted at once. At least 1. None: as `logits_of`.

        Returns:
            0 to class - 1, int64, on the CPU. A model whose logits are no numbers predicts any.

        Raises:
            ConfigError: If the given class is none of the classifier's.
            DataError: If a true class is wanted and unknown.
        """
        if self.rule is _Rule.PREDICTED:
            return logits_of(classifier, images, micro_batch=micro_batch).argmax(1)
        if self.rule is _Rule.GIVEN:
            return torch.full((len(images),), self.index(classifier.class_names))
        unknown = int((true < 0).sum())
        if unknown:
            raise DataError(
                f"The true class must be known of all images, got {unknown} of {len(true)} without "
                "one. Put images into folders named after their classes, or explain what is "
                "predicted."
            )
        return true.to("cpu", torch.int64)

    def index(self, class_names: tuple[str, ...]) -> int:
        """Return the place of the given class among class names.

        Args:
            class_names: In the order of the logits.

        Raises:
            ConfigError: If it is none of them, or no class is given.
        """
        wanted = self.name_or_index
        if isinstance(wanted, str) and wanted in class_names:
            return class_names.index(wanted)
        if isinstance(wanted, int) and 0 <= wanted < len(class_names):
            return wanted
        raise ConfigError(self._unknown(class_names))

    def _unknown(self, class_names: tuple[str, ...]) -> str:
        """Return what is wrong with a class that no model knows."""
        if not isinstance(self.name_or_index, str):
            return (
                f"The class explained must be one of 0 to {len(class_names) - 1} "
                f"(the models know {len(class_names)}), got {self.name_or_index}."
            )
        near = get_close_matches(self.name_or_index, class_names, n=1)
        shown = ", ".join(class_names[:_SHOWN])
        rest = f" and {len(class_names) - _SHOWN} more" if len(class_names) > _SHOWN else ""
        hint = f" Did you mean {near[0]!r}?" if near else " Name a class that the models know."
        return (
            f"The class explained must be one of {shown}{rest}, got {self.name_or_index!r}.{hint}"
        )


Target.TRUE = Target(rule=_Rule.TRUE)
Target.PREDICTED = Target(rule=_Rule.PREDICTED)
