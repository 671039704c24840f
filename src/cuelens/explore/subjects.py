"""The models that are explored: read once, made fast once, never changed by the page."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import torch

from cuelens.errors import ConfigError
from cuelens.explore.training_words import training_words
from cuelens.networks.classifier import Classifier
from cuelens.networks.fast_path import fast
from cuelens.sources import Stated, open_model

__all__ = ["Subjects", "subjects_at"]

_USUAL_SIDE = 224
"""Of pictures where no model states a size."""
_MOST = 8
"""Models on one page."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Subjects:
    """Models side by side.

    Attributes:
        given: By the name that is shown, as they were read: they give the answers.
        fast: The same, made fast in float32: they give the gradients.
        side: Of the pictures in pixels: the largest that a model states.
        trained: By name: how it was trained, in words; nothing of one that does not say.
    """

    given: Mapping[str, Classifier]
    fast: Mapping[str, Classifier]
    side: int
    trained: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(
        cls, classifiers: Mapping[str, Classifier], *, trained: Mapping[str, str] | None = None
    ) -> "Subjects":
        """Return models, ready.

        Args:
            classifiers: By the name that is shown; in eval mode.
            trained: By the same name: how it was trained, in words; where that is known.

        Raises:
            ConfigError: If there is none, or more than a page shows.
        """
        if not 1 <= len(classifiers) <= _MOST:
            raise ConfigError(
                f"`cuelens explore` shows 1 to {_MOST} models, got {len(classifiers)}. "
                "Name those that you want to see side by side."
            )
        stated = [
            max(one.specification.height or 0, one.specification.width or 0)
            for one in classifiers.values()
        ]
        return cls(
            given=dict(classifiers),
            fast={name: fast(one, precision=torch.float32) for name, one in classifiers.items()},
            side=max(stated) or _USUAL_SIDE,
            trained=dict(trained or {}),
        )

    @property
    def class_names(self) -> tuple[str, ...]:
        """Those of the first model."""
        return next(iter(self.given.values())).class_names


def subjects_at(addresses: Iterable[str | Path], *, stated: Stated | None = None) -> Subjects:
    """Return the models at some addresses.

    Args:
        addresses: Model files, or others that `open_model` knows.
        stated: What a person says of all of them.

    Raises:
        ConfigError: If there is none, there are too many, or two of one name.
        ModelError: If one cannot be read.
    """
    found: dict[str, Classifier] = {}
    trained: dict[str, str] = {}
    for address in addresses:
        opened = open_model(address, stated=stated)
        classifier = opened.classifier
        if classifier.name in found:
            raise ConfigError(
                f"Model files must have different names, got {classifier.name!r} twice. "
                "Rename one of them."
            )
        found[classifier.name] = classifier
        if words := training_words(opened.provenance):
            trained[classifier.name] = words
    return Subjects.of(found, trained=trained)
