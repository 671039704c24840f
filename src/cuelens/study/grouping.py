"""Coarse classes as a person asks for them: by a name or a file, and how they are put together."""

from dataclasses import dataclass
from pathlib import Path

from cuelens.errors import ConfigError
from cuelens.networks import IMAGENET_16, Aggregation, Classifier, grouped, read_class_groups

__all__ = ["Grouping"]

_KNOWN = {IMAGENET_16.name: IMAGENET_16}


@dataclass(frozen=True, kw_only=True, slots=True)
class Grouping:
    """Makes classifiers of fine classes answer in coarse ones.

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
        known = _KNOWN.get(self.groups)
        if known is None and not Path(self.groups).is_file():
            raise ConfigError(
                f"`--groups` must be {', '.join(_KNOWN)} or a file, got {self.groups!r}. Write "
                "each group with a list of its classes, such as `dog: [151-268]`."
            )
        groups = known or read_class_groups(Path(self.groups), classifier.class_names)
        return grouped(classifier, groups, aggregation=self.aggregation)
