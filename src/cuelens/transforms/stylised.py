"""Stylising: repaints images in other pictures' styles, which replaces texture and keeps shape."""

from dataclasses import dataclass
from typing import ClassVar

from jaxtyping import Int
from torch import Tensor

from cuelens.arguments import require_chance
from cuelens.datasets.styles import ProceduralStyles, Styles
from cuelens.errors import ConfigError
from cuelens.randomness import Chance
from cuelens.tensors import Images, require_pixels
from cuelens.transforms.painting import painted
from cuelens.transforms.style_choice import drawn_rows
from cuelens.transforms.style_vectors import style_vectors
from cuelens.transforms.working_size import require_working_size

__all__ = ["Stylised"]

_BUILT_IN = ProceduralStyles()


@dataclass(frozen=True, kw_only=True, slots=True)
class Stylised:
    """Paints each image in the style of a picture that chance draws for it, whatever its class.

    An image is resized to the working size, painted by a network for arbitrary styles, and resized
    back. Painting blurs and recolours even where the style is the image's own; `SelfStyled` does
    that alone and is the control.

    Attributes:
        styles: The pictures.
        working_size: The shorter side in pixels at which images are painted, the longer one in
            proportion (at most four times as long). 32 to 1024. The strokes have a size in
            pixels, so that they are coarser in an image, and cover more of its shape, the smaller
            this is.
        strength: How far the style goes from the image's own, 0, to the picture's, 1. At 0 images
            are those of `SelfStyled`.

    Raises:
        ConfigError: If `working_size` or `strength` is outside its range.

    Source:
        Geirhos et al., 2019, https://arxiv.org/abs/1811.12231, section 2.3, with the networks of
        Ghiasi et al., 2017, https://arxiv.org/abs/1705.06830.
        Differs: those networks, where the paper has AdaIN; the size is kept.
    """

    version: ClassVar[int] = 1

    styles: Styles = _BUILT_IN
    working_size: int = 256
    strength: float = 1.0

    def __post_init__(self) -> None:
        require_working_size(self.working_size)
        if not 0 <= self.strength <= 1:
            raise ConfigError(
                f"`strength` must be 0 (the image's own style) to 1 (the picture's), "
                f"got {self.strength:g}."
            )

    def rows(self, chance: Chance) -> Int[Tensor, " batch"]:
        """Return which picture gives each image its style: a row of `styles`, see `drawn_rows`."""
        return drawn_rows(self.styles, chance)

    def style_names(self, chance: Chance) -> tuple[str, ...]:
        """Return the picture that gives each image its style, by its id in `styles`."""
        ids = self.styles.ids
        return tuple(ids[row] for row in self.rows(chance).tolist())

    def __call__(self, images: Images, *, chance: Chance) -> Images:
        """Return the painted images.

        Args:
            images: Pixels in [0, 1], three channels or one; grey ones stay grey.
            chance: Of the styles.

        Returns:
            Pixels in [0, 1].

        Raises:
            RangeError: If `images` leaves [0, 1].
            DataError: If there are neither three channels nor one, or a style picture changed.
            ConfigError: If the images are not those of `chance`.
            ModelError: If what stylising needs is not installed.
        """
        images = require_pixels(images)
        require_chance(chance, images)
        rows = self.rows(chance).tolist()
        vectors = style_vectors(self.styles, rows) if self.strength > 0 else {}
        styles = [vectors.get(row) for row in rows]
        return painted(images, styles, working_size=self.working_size, strength=self.strength)
