"""A linear model of two classes, whose best attack and exact map are known, and images for it."""

from dataclasses import dataclass

from jaxtyping import Float
from torch import Tensor

from cuelens.randomness import Chance
from cuelens.tensors import Images, Labels, Logits, PerImage

__all__ = ["IDS", "LinearModel", "linear_model", "middle_images"]

IDS = tuple(f"selfcheck/{number}" for number in range(16))
_SIDE = 8


@dataclass(frozen=True, kw_only=True, slots=True)
class LinearModel:
    """Logits that are weighted sums of the pixels.

    Attributes:
        weights: One weight a class and pixel, float64.
    """

    weights: Float[Tensor, "class pixel"]

    def __call__(self, images: Images) -> Logits:
        """Return the logits."""
        return images.flatten(1) @ self.weights.T

    @property
    def steepest(self) -> Float[Tensor, " pixel"]:
        """How fast the margin of the first class over the second grows, pixel by pixel."""
        return self.weights[0] - self.weights[1]

    def margins(self, images: Images, labels: Labels) -> PerImage:
        """Return the logit of the label minus the other's."""
        logits = self(images)
        own = logits.gather(1, labels[:, None])[:, 0]
        return own - logits.gather(1, 1 - labels[:, None])[:, 0]


def linear_model() -> LinearModel:
    """Return the model, always the same; its margins are small, so that no softmax saturates."""
    weights = Chance(0, ("first", "second")).normal((3 * _SIDE**2,), method="selfcheck-linear")
    return LinearModel(weights=weights.double() / 20)


def middle_images() -> Images:
    """Return images in [.25, .75], float64, so that small perturbations meet no border."""
    pixels = Chance(0, IDS).uniform((3, _SIDE, _SIDE), method="selfcheck-images")
    return pixels.double() / 2 + 0.25
