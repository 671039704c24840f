"""The fast forms of models that take turns where they do not fit into memory together.

It knows bytes and devices; it does not know what the models are asked.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import torch
from torch import nn

from cuelens.errors import ConfigError
from cuelens.networks.classifier import Classifier
from cuelens.networks.fast_path import fast

__all__ = ["Forms", "bytes_of", "placed", "room_on"]

_SHARE = 0.5
"""Of what is free on a GPU when the work begins: activations need the rest."""


def bytes_of(network: nn.Module) -> int:
    """Return how many bytes the parameters and buffers of a network take."""
    return sum(tensor.nbytes for tensor in network.state_dict().values())


def room_on(device: torch.device | None, memory: int | None) -> int | None:
    """Return how many bytes models may take on a device together; None: any.

    Args:
        device: Where; None: where each of them is.
        memory: What was asked for. None on a GPU: half of what is free there now.

    Raises:
        ConfigError: If `memory` is below 1.
    """
    if memory is not None and memory < 1:
        raise ConfigError(f"`memory` must be at least 1 byte, got {memory}. Leave it out.")
    if memory is None and device is not None and device.type == "cuda":
        return int(_SHARE * torch.cuda.mem_get_info(device)[0])
    return memory


class Forms:
    """Float32 fast forms, made when they are asked for and dropped for others, oldest use first.

    Attributes:
        device: Where the forms are.
        memory: Bytes of parameters and buffers that the forms may take together; None: any. A
            form that is larger alone is there alone.
    """

    def __init__(
        self,
        classifiers: Mapping[str, Classifier],
        *,
        device: torch.device | None = None,
        memory: int | None = None,
    ) -> None:
        """Make no form yet.

        Args:
            classifiers: By name; they stay where they are.
            device: Where the forms go; None: where each classifier is.
            memory: See the class. None on a GPU: half of what is free there now.

        Raises:
            ConfigError: If `memory` is below 1.
        """
        self.device = device
        self.memory = room_on(device, memory)
        self._classifiers = classifiers
        self._forms: dict[str, Classifier] = {}

    def of(self, name: str) -> Classifier:
        """Return the form of a classifier; it may be gone once that of another is asked for."""
        if name not in self._forms:
            given = self._classifiers[name]
            self._make_room(bytes_of(given.network))
            form = fast(given, precision=torch.float32)
            if self.device is not None:
                form.network.to(self.device)
            self._forms[name] = form
        self._forms[name] = self._forms.pop(name)  # the last is the one used last
        return self._forms[name]

    def in_turn(self, names: list[str]) -> Iterator[tuple[str, Classifier]]:
        """Yield each name with its form, those first that are there already."""
        for name in sorted(names, key=lambda name: name not in self._forms):
            yield name, self.of(name)

    def _make_room(self, needed: int) -> None:
        taken = {name: bytes_of(form.network) for name, form in self._forms.items()}
        while self.memory is not None and taken and sum(taken.values()) + needed > self.memory:
            oldest = next(iter(taken))
            del taken[oldest], self._forms[oldest]


@contextmanager
def placed(classifier: Classifier, device: torch.device) -> Iterator[Classifier]:
    """Yield a classifier on a device, and put it back where it was."""
    before = classifier.device
    classifier.network.to(device)
    try:
        yield classifier
    finally:
        classifier.network.to(before)
