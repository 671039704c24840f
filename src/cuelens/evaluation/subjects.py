"""A model as records name it, with the columns that are the same in every row of a part."""

from collections.abc import Mapping
from dataclasses import dataclass

from cuelens.errors import ConfigError
from cuelens.evaluation.chunks import Snapshot
from cuelens.networks.classifier import Classifier

__all__ = ["Subject", "require_classes"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Subject:
    """A model as the records name it.

    Attributes:
        classifier: As it was given, untouched.
        name: In every table.
        weights: Its fingerprint.
        training_seed: None where unknown.
    """

    classifier: Classifier
    name: str
    weights: str
    training_seed: int | None

    @classmethod
    def of(
        cls, classifier: Classifier, *, name: str | None = None, training_seed: int | None = None
    ) -> "Subject":
        """Return the subject of a classifier, by its own name or another."""
        return cls(
            classifier=classifier,
            name=classifier.name if name is None else name,
            weights=classifier.fingerprint(),
            training_seed=training_seed,
        )

    def columns(
        self,
        snapshot: Snapshot,
        *,
        condition: str,
        family: str,
        level: float | None,
        draw: int,
        precision: str,
        settings: str,
    ) -> dict[str, str | float | int | None]:
        """Return the columns that are the same in every row; all of them determine the key."""
        return {
            "model": self.name,
            "dataset": snapshot.name,
            "condition": condition,
            "family": family,
            "level": None if level is None else float(level),
            "draw": draw,
            "weights": self.weights,
            "data": snapshot.fingerprint,
            "precision": precision,
            "training_seed": self.training_seed,
            "settings": settings,
        }


def require_classes(classifiers: Mapping[str, Classifier], snapshot: Snapshot) -> None:
    """Refuse models that cannot know a label, before anything is computed.

    Raises:
        ConfigError: If a label is none of a model's classes.
    """
    labels = (snapshot.labels, *snapshot.cues.values())
    needed = 1 + max(int(own.max()) for own in labels)
    for name, classifier in classifiers.items():
        if len(classifier.class_names) < needed:
            raise ConfigError(
                f"`{name}` must know every class of {snapshot.name!r}, whose labels go up to "
                f"{needed - 1}, got {len(classifier.class_names)} classes. Give the data that it "
                "was trained on, or group its classes."
            )
