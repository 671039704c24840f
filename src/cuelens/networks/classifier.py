"""A network together with what it expects: its input specification and its class names.

Images come in as pixels in [0, 1]; resizing, filtering and normalisation happen here and nowhere
else. It does not know where the network came from.
"""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from cuelens.errors import ModelError
from cuelens.networks.asking import ask, without_gradient
from cuelens.networks.input_specification import InputSpecification
from cuelens.tensors import Images, Logits, PerImage

__all__ = [
    "Classifier",
    "Classify",
    "InputSpecification",
    "evaluating",
    "input_gradient",
]

Classify = Callable[[Images], Logits]
"""All that attacks and salience methods ask of a model: pixels in [0, 1] to logits."""


class Classifier:
    """A network that maps pixels in [0, 1] to logits, one for each named class.

    Attributes:
        network: Any module that maps prepared images to (batch, class) logits.
        specification: What `network` expects of its input.
        class_names: In the order of the logits.
        name: For tables and figures.
    """

    def __init__(
        self,
        network: nn.Module,
        *,
        class_names: tuple[str, ...],
        specification: InputSpecification | None = None,
        name: str = "model",
    ) -> None:
        """Wrap `network`; an omitted specification takes pixels as they are."""
        self.network = network
        self.specification = specification or InputSpecification()
        self.class_names = class_names
        self.name = name

    def __call__(self, images: Images) -> Logits:
        """Return float32 logits (float64 for float64 images); gradients pass through.

        Args:
            images: Pixels in [0, 1].

        Returns:
            One row an image, one column a class name.

        Raises:
            ArgumentError: If images are float64 and the network of another precision fails on them.
            ModelError: If the network's output is not (batch, class).
        """
        logits = ask(self.network, self.specification.prepare(images))
        expected = (len(images), len(self.class_names))
        if logits.shape != expected:
            raise ModelError(
                f"The network of `{self.name}` must return logits of shape (batch, class) = "
                f"{expected}, got {tuple(logits.shape)}. {_remedy(logits, expected)}"
            )
        return logits if logits.dtype == torch.float64 else logits.float()

    @property
    def device(self) -> torch.device:
        """Where the network's parameters are."""
        parameter = next(self.network.parameters(), None)
        return torch.device("cpu") if parameter is None else parameter.device

    def fingerprint(self) -> str:
        """Return 32 hexadecimal digits that name layers, weights, buffers and specification."""
        described = f"{self.specification!r}{self.network}"
        digest = hashlib.blake2b(described.encode(), digest_size=16)
        for name, tensor in sorted(self.network.state_dict().items()):
            digest.update(f"{name}{tensor.dtype}{tuple(tensor.shape)}".encode())
            values = tensor.detach().cpu().contiguous().reshape(-1)
            digest.update(values.view(torch.uint8).numpy().tobytes())
        return digest.hexdigest()


def _remedy(logits: Tensor, expected: tuple[int, int]) -> str:
    """Return what to do about an answer of another shape than (image, class)."""
    if logits.ndim != 2:
        return (
            "Wrap it in a network that returns one row of class scores an image: pool what has "
            "places, and drop axes of one."
        )
    if len(logits) != expected[0]:
        return (
            "Wrap it in a network that returns one row an image, such as the mean over its crops "
            "or the scores of its last step."
        )
    return f"Give {logits.shape[1]} class names, as many as the network has outputs."


@contextmanager
def evaluating(network: nn.Module) -> Iterator[None]:
    """Put every submodule in eval mode, and put each one back, even after an error."""
    modes = {module: module.training for module in network.modules()}
    network.eval()
    try:
        yield
    finally:
        for module, training in modes.items():
            module.training = training


def input_gradient(score: Callable[[Images], PerImage], images: Images) -> Images:
    """Return the gradient of `score` with respect to each image.

    Touches neither `images` nor any parameter's `grad`.

    Args:
        score: Maps images to one number an image.
        images: Any range.

    Returns:
        Same shape as `images`. Row i is the gradient of score(images)[i].

    Raises:
        ModelError: If the scores do not come from the images by ways that torch can differentiate.
    """
    with torch.enable_grad():
        leaf = images.detach().requires_grad_()
        total = score(leaf).sum()
        if not total.requires_grad:
            raise without_gradient()
        (gradient,) = torch.autograd.grad(total, leaf, allow_unused=True)
    if gradient is None:
        raise without_gradient()
    return gradient
