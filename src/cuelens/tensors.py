"""The tensor vocabulary: one name per kind of array, used in every signature.

It knows shapes and the range of pixels; it does not know what made an array.
"""

from jaxtyping import Bool, Float, Int
from torch import Tensor

from cuelens.errors import RangeError

__all__ = [
    "Images",
    "Labels",
    "Logits",
    "Masks",
    "PerImage",
    "PerImageInt",
    "require_pixels",
]

Images = Float[Tensor, "batch channel height width"]
Masks = Bool[Tensor, "batch height width"]
Logits = Float[Tensor, "batch class"]
Labels = Int[Tensor, " batch"]
PerImage = Float[Tensor, " batch"]
PerImageInt = Int[Tensor, " batch"]


def require_pixels(images: Images) -> None:
    """Refuse images that leave [0, 1].

    Args:
        images: Any values.

    Raises:
        RangeError: If a pixel is outside [0, 1] or is not a number.
    """
    if images.numel() == 0:
        return
    low, high = map(float, images.aminmax())
    if not (low >= 0 and high <= 1):
        raise RangeError(
            f"`images` must lie in [0, 1], got [{low:.3g}, {high:.3g}]. "
            "Normalise inside the classifier, not before it."
        )
