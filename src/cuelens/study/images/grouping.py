"""Coarse classes as a person asks for them: by a name or a file, and how they are put together."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cuelens.datasets import Dataset, grouped_images
from cuelens.errors import ConfigError
from cuelens.networks import (
    IMAGENET_16,
    Aggregation,
    ClassGroups,
    Classifier,
    grouped,
    read_class_groups,
)
from cuelens.study.progress import warn_of

__all__ = ["Grouping", "few"]

_FEW = 10
_KNOWN = {IMAGENET_16.name: IMAGENET_16}


@dataclass(frozen=True, kw_only=True, slots=True)
class Grouping:
    """Makes classifiers of fine classes answer in coarse ones, and images be labelled so.

    Attributes:
        groups: "imagenet-16", or the path of a file that `read_class_groups` reads.
        aggregation: How probabilities are put together; see `cuelens.networks.grouped`.
    """

    groups: str
    aggregation: Aggregation = "mean"

    def __call__(self, classifier: Classifier) -> Classifier:
        """Return the classifier of coarse classes.

        Raises:
            ConfigError: If the groups are not known, or made for another network.
        """
        groups = self._among(classifier.class_names)
        return grouped(classifier, groups, aggregation=self.aggregation)

    def images(self, images: Dataset, classifier: Classifier) -> Dataset:
        """Return images labelled by the groups.

        Args:
            images: Labelled by the groups already, or by the classes of the classifier.
            classifier: Of fine classes.

        Raises:
            ConfigError: If they are labelled by neither, or the groups are not known.
        """
        groups = self._among(classifier.class_names)
        if images.class_names == groups.names:
            return images
        if images.class_names != classifier.class_names:
            raise ConfigError(
                f"The classes of {images.name} must be the groups of {groups.name} "
                f"({few(groups.names)}) or the classes that {classifier.name} has before they are "
                f"grouped ({few(classifier.class_names)}), got {few(images.class_names)}. Give "
                "images in folders named so, or the images that it was trained on."
            )
        found = grouped_images(images, groups)
        if len(found) < len(images):
            inside = {index for members in groups.members.values() for index in members}
            outside = [name for row, name in enumerate(images.class_names) if row not in inside]
            left = len(images) - len(found)
            sentence = (
                f"{left:,} of {len(images):,} images of {images.name} were left out: their classes "
                f"are in no group of {groups.name} ({few(outside)})."
            )
            warn_of([sentence])
        return found

    def _among(self, class_names: tuple[str, ...]) -> ClassGroups:
        """Return the groups, made for these classes.

        Raises:
            ConfigError: If the groups are not known, or made for other classes.
        """
        known = _KNOWN.get(self.groups)
        if known is None and not Path(self.groups).is_file():
            raise ConfigError(
                f"`--groups` must be {', '.join(_KNOWN)} or a file, got {self.groups!r}. Write "
                "each group with a list of its classes, such as `dog: [151-268]`."
            )
        return known or read_class_groups(Path(self.groups), class_names)


def few(names: Sequence[str]) -> str:
    """Return the first of some names, and how many there are where not all are said."""
    if len(names) <= _FEW:
        return ", ".join(names)
    return f"{', '.join(names[:_FEW])} and {len(names) - _FEW:,} more"
