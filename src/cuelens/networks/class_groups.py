"""Coarse classes made of fine ones, and classifiers that answer in them.

A network of 1,000 fine classes becomes a classifier of, say, 16 coarse ones: whatever works with
classifiers then works with it unchanged. How probabilities are put together is stated by whoever
asks, and is part of the classifier's name and fingerprint.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

import torch
from torch import Tensor, nn

from cuelens.errors import ConfigError
from cuelens.networks.classifier import Classifier
from cuelens.tensors import Logits

__all__ = ["IMAGENET_16", "Aggregation", "ClassGroups", "grouped"]

Aggregation = Literal["mean", "sum", "max"]
"""How the probabilities of a group's classes become one number."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ClassGroups:
    """Coarse classes, each a group of the classes of a network.

    Attributes:
        name: For tables, such as "imagenet-16".
        members: Each group to the indices of its classes, in the order of the answers. A class
            belongs to one group at most; one in none of them never counts.
        classes: How many classes the network must have.

    Raises:
        ConfigError: If there are fewer than two groups, one is empty, an index is outside the
            classes or stands twice.
    """

    name: str
    members: Mapping[str, tuple[int, ...]]
    classes: int

    def __post_init__(self) -> None:
        if len(self.members) < 2:
            raise ConfigError(
                f"`members` must have at least 2 groups, got {len(self.members)}. Name what a "
                "network is to choose among."
            )
        seen: dict[int, str] = {}
        for group, indices in self.members.items():
            if not indices:
                raise ConfigError(f"The group {group!r} must have at least one class, got none.")
            for index in indices:
                if not 0 <= index < self.classes:
                    raise ConfigError(
                        f"The classes of the group {group!r} must be from 0 to "
                        f"{self.classes - 1}, got {index}."
                    )
                if index in seen:
                    raise ConfigError(
                        f"A class must stand once, in one group, got {index} in "
                        f"{seen[index]!r} and in {group!r}. Take one away."
                    )
                seen[index] = group

    @property
    def names(self) -> tuple[str, ...]:
        """The class names of a classifier that answers in these groups."""
        return tuple(self.members)


def grouped(
    classifier: Classifier, groups: ClassGroups, *, aggregation: Aggregation = "mean"
) -> Classifier:
    """Return a classifier that answers in coarse classes.

    Args:
        classifier: Of fine classes; it shares its network with what is returned.
        groups: Which fine classes make which coarse one.
        aggregation: How the probabilities of a group's classes become the group's. "mean" treats
            a group of one class and one of a hundred alike, "sum" is the probability that the
            image shows any of them, "max" is the best of them.

    Returns:
        A classifier whose logits are the logarithms of the groups' probabilities; gradients pass
        through. After a softmax they sum to 1 over the groups, whatever classes lie outside. Its
        name ends in the groups and the aggregation.

    Raises:
        ConfigError: If the classifier has another number of classes than the groups are made for,
            or the aggregation is unknown.

    Source:
        Geirhos et al., 2019, https://arxiv.org/abs/1811.12231, appendix A.2 ("mean").
        Differs: in logarithms, so that probabilities next to 0 are kept apart.
    """
    if aggregation not in get_args(Aggregation):
        raise ConfigError(
            f"`aggregation` must be one of {', '.join(get_args(Aggregation))}, got {aggregation!r}."
        )
    if len(classifier.class_names) != groups.classes:
        raise ConfigError(
            f"The groups {groups.name} need a network of {groups.classes:,} classes, got "
            f"{classifier.name}, which has {len(classifier.class_names):,}. "
            "Give other groups, or another network."
        )
    return Classifier(
        _Grouped(classifier.network, groups, aggregation),
        class_names=groups.names,
        specification=classifier.specification,
        name=f"{classifier.name} ({groups.name}, {aggregation})",
    )


class _Grouped(nn.Module):
    """A network, and behind it the logarithms of the probabilities of groups of its classes."""

    def __init__(self, network: nn.Module, groups: ClassGroups, aggregation: Aggregation) -> None:
        super().__init__()
        self.network = network
        self.groups = groups
        self.aggregation = aggregation
        # A new part in eval mode would turn into train mode whatever is taken from its children.
        self.training = network.training

    def extra_repr(self) -> str:
        """Return what the fingerprint must know of the groups."""
        return f"groups={self.groups!r}, aggregation={self.aggregation!r}"

    def forward(self, images: Tensor) -> Logits:
        fine: Tensor = self.network(images)
        if fine.dtype != torch.float64:
            fine = fine.float()  # sums of many small probabilities want more than half precision
        fine = fine.log_softmax(1)
        columns = [fine[:, list(indices)] for indices in self.groups.members.values()]
        return torch.stack([self._together(column) for column in columns], 1)

    def _together(self, fine: Tensor) -> Tensor:
        if self.aggregation == "max":
            return fine.amax(1)
        total = fine.logsumexp(1)
        return total if self.aggregation == "sum" else total - math.log(fine.shape[1])


def _indices(*parts: int | range) -> tuple[int, ...]:
    """Return single indices and ranges of them as one list."""
    return tuple(
        index for part in parts for index in ([part] if isinstance(part, int) else list(part))
    )


IMAGENET_16 = ClassGroups(
    name="imagenet-16",
    classes=1000,
    members={
        "airplane": _indices(404),
        "bear": _indices(range(294, 298)),
        "bicycle": _indices(444, 671),
        "bird": _indices(
            8, range(10, 17), range(18, 21), range(22, 25), range(80, 84), range(87, 97),
            range(98, 101), range(127, 134), range(135, 146),
        ),
        "boat": _indices(472, 554, 625, 814, 914),
        "bottle": _indices(440, 720, 737, 898, 899, 901, 907),
        "car": _indices(436, 511, 817),
        "cat": _indices(range(281, 287)),
        "chair": _indices(423, 559, 765, 857),
        "clock": _indices(409, 530, 892),
        "dog": _indices(
            range(152, 192), range(193, 204), range(205, 227), range(228, 242), range(243, 251),
            range(252, 258), 259, range(261, 264), range(265, 269),
        ),
        "elephant": _indices(385, 386),
        "keyboard": _indices(508, 878),
        "knife": _indices(499),
        "oven": _indices(766),
        "truck": _indices(555, 569, 656, 675, 717, 734, 864, 867),
    },
)  # fmt: skip
"""The 16 classes of the published cue-conflict images, made of 207 of the 1,000 of ImageNet
(ILSVRC 2012, in the usual order, that of the WordNet ids).

Source: Geirhos et al., 2019, https://github.com/rgeirhos/texture-vs-shape,
code/human_categories.py. Differs: none.
"""
