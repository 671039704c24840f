"""A network together with what it expects: its input specification and its class names.

Images come in as pixels in [0, 1]; resizing, filtering and normalisation happen here and nowhere
else. It does not know where the network came from.
"""

import hashlib
import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn.functional import interpolate

from cuelens.errors import ConfigError, ModelError
from cuelens.networks.low_pass_front import low_passed
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


@dataclass(frozen=True, kw_only=True, slots=True)
class InputSpecification:
    """What a network expects of its input.

    Attributes:
        height: In pixels; other images are resized to it (bilinear, antialiased). None: any.
        width: In pixels. None exactly when `height` is.
        mean: Subtracted from the pixels, one number a channel.
        deviation: Divides what is left, one positive number a channel.
        low_pass: Cutoff, in cycles per image, of a filter that the resized pixels pass before
            `mean` is subtracted. At least 0; None for no filter.

    Raises:
        ConfigError: If the numbers of channels differ, a deviation is not positive or the cutoff
            is negative or not finite.
    """

    height: int | None = None
    width: int | None = None
    mean: tuple[float, ...] = (0.0, 0.0, 0.0)
    deviation: tuple[float, ...] = (1.0, 1.0, 1.0)
    low_pass: float | None = None

    def __post_init__(self) -> None:
        if len(self.mean) != len(self.deviation):
            raise ConfigError(
                f"`mean` and `deviation` must have one number a channel each, got "
                f"{len(self.mean)} and {len(self.deviation)}."
            )
        if not all(value > 0 for value in self.deviation):
            raise ConfigError(f"`deviation` must be positive, got {self.deviation}.")
        if (self.height is None) != (self.width is None):
            raise ConfigError(
                f"`height` and `width` must be given together, got {self.height} and {self.width}."
            )
        if self.low_pass is not None and not (self.low_pass >= 0 and math.isfinite(self.low_pass)):
            raise ConfigError(
                f"`low_pass` must be a finite cutoff of at least 0 cycles per image, got "
                f"{self.low_pass}. Leave it out for no filter."
            )

    def __repr__(self) -> str:
        """Name every setting, the filter where there is one: fingerprints come from this text."""
        front = "" if self.low_pass is None else f", low_pass={self.low_pass!r}"
        return (
            f"InputSpecification(height={self.height!r}, width={self.width!r}, "
            f"mean={self.mean!r}, deviation={self.deviation!r}{front})"
        )

    @property
    def channels(self) -> int:
        """How many channels an image has."""
        return len(self.mean)

    def size_of(self, images: Images) -> tuple[int, int]:
        """Return the height and width that the images have where the network reads them."""
        if self.height is not None and self.width is not None:
            return self.height, self.width
        return images.shape[2], images.shape[3]

    def prepare(self, images: Images) -> Float[Tensor, "batch channel rows columns"]:
        """Return the images resized, filtered and normalised; gradients pass through.

        Args:
            images: Pixels in [0, 1].

        Returns:
            What the network reads; same device and type as `images`.

        Raises:
            ModelError: If the number of channels does not fit.
        """
        if images.shape[1] != self.channels:
            raise ModelError(
                f"The classifier expects images of {self.channels} channels, got "
                f"{images.shape[1]}. Convert the images, or give another input specification."
            )
        size = self.size_of(images)
        if images.shape[2:] != size:
            images = interpolate(images, size, mode="bilinear", antialias=True)
        if self.low_pass is not None:
            images = low_passed(images, self.low_pass)
        if all(value == 0 for value in self.mean) and all(value == 1 for value in self.deviation):
            return images
        mean = _by_channel(self.mean, images.dtype, images.device)
        return (images - mean).div_(_by_channel(self.deviation, images.dtype, images.device))


@lru_cache(maxsize=64)
def _by_channel(
    numbers: tuple[float, ...], kind: torch.dtype, device: torch.device
) -> Float[Tensor, "1 channel 1 1"]:
    """Return one number a channel, to compute with images; made once, as every pass needs it."""
    with torch.inference_mode(mode=False):
        return torch.tensor(numbers, dtype=kind, device=device)[None, :, None, None]


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
            ModelError: If the network's output is not (batch, class).
        """
        logits: Tensor = self.network(self.specification.prepare(images))
        expected = (len(images), len(self.class_names))
        if logits.shape != expected:
            raise ModelError(
                f"The network of `{self.name}` must return logits of shape (batch, class) = "
                f"{expected}, got {tuple(logits.shape)}. "
                "Give as many class names as the network has outputs."
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
    """
    with torch.enable_grad():
        leaf = images.detach().requires_grad_()
        (gradient,) = torch.autograd.grad(score(leaf).sum(), leaf)
    return gradient
