"""What a network expects of its input: size, which part is seen, channels, normalisation.

It knows pixels in [0, 1]; it does not know files, and nothing of the network itself.
"""

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, get_args

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn.functional import interpolate, pad

from cuelens.errors import ConfigError, ModelError
from cuelens.networks.low_pass_front import low_passed
from cuelens.tensors import Images

__all__ = ["Fit", "InputSpecification", "Interpolation"]

Interpolation = Literal["nearest", "bilinear", "bicubic", "lanczos"]
"""How pixels between pixels are found; all but "nearest" are antialiased when an image shrinks."""

Fit = Literal["square", "stretch"]
"""What of an image of other proportions is seen: the centre, or all of it, stretched."""

Prepared = Float[Tensor, "batch channels rows columns"]
"""What a network reads."""

_GREY = (0.299, 0.587, 0.114)


@dataclass(frozen=True, kw_only=True, slots=True)
class InputSpecification:
    """What a network expects of its input.

    Images of `height` x `width` are taken as they are: whoever reads them from files has framed
    them. Images of other sizes are resized, and their centre is cropped, as `crop`, `fit` and
    `interpolation` say.

    Attributes:
        height: In pixels, of what the network reads. None: any.
        width: In pixels. None exactly when `height` is.
        mean: Subtracted from the pixels, one number a channel. One number: the network reads grey
            images; those of three channels are made so (ITU-R BT.601).
        deviation: Divides what is left, one positive number a channel.
        low_pass: Cutoff, in cycles per image, of a filter that the resized pixels pass before
            `mean` is subtracted. At least 0; None for no filter.
        crop: The share of each side that is seen, from the centre. "Resize to 256, then crop 224"
            is 224/256. Above 0, at most 1.
        interpolation: How images are resized; "lanczos" is for files, tensors are resized
            bicubically instead.
        fit: "square" keeps proportions and cuts what is outside; "stretch" changes them.

    Raises:
        ConfigError: If the numbers of channels differ, a deviation is not positive, the cutoff
            is negative or not finite, or a setting is outside its range.
    """

    height: int | None = None
    width: int | None = None
    mean: tuple[float, ...] = (0.0, 0.0, 0.0)
    deviation: tuple[float, ...] = (1.0, 1.0, 1.0)
    low_pass: float | None = None
    crop: float = 1.0
    interpolation: Interpolation = "bilinear"
    fit: Fit = "stretch"

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
        if not 0 < self.crop <= 1:
            raise ConfigError(
                f"`crop` must be above 0 and at most 1 (the whole side), got {self.crop}. To crop "
                "224 after resizing to 256, give 224/256."
            )
        for name, known in (("interpolation", Interpolation), ("fit", Fit)):
            if getattr(self, name) not in get_args(known):
                raise ConfigError(
                    f"`{name}` must be one of {', '.join(get_args(known))}, got "
                    f"{getattr(self, name)!r}."
                )

    def __repr__(self) -> str:
        """Name every setting, later ones where they are used: fingerprints come from this text."""
        later = "".join(
            f", {name}={getattr(self, name)!r}"
            for name, usual in _LATER.items()
            if getattr(self, name) != usual
        )
        return (
            f"InputSpecification(height={self.height!r}, width={self.width!r}, "
            f"mean={self.mean!r}, deviation={self.deviation!r}{later})"
        )

    def __str__(self) -> str:
        """Say what happens to an image, in a person's words."""
        if self.height is None or self.width is None:
            parts = ["any size"]
        else:
            parts = [f"{self.height} x {self.width} px"]
            if self.crop < 1:
                around = " x ".join(f"{side}" for side in self._around(self.height, self.width))
                parts.append(f"the centre of {around} px")
            shape = "proportions kept" if self.fit == "square" else "stretched if need be"
            parts.append(f"other sizes resized ({self.interpolation}, {shape})")
        if self.channels == 1:
            parts.append("grey")
        if self.low_pass is not None:
            parts.append(f"low-pass filter of {self.low_pass:g} cycles per image")
        if self.is_plain:
            parts.append("pixels in [0, 1] as they are")
        else:
            parts.append(f"mean {_listed(self.mean)}, deviation {_listed(self.deviation)}")
            low, high = self.read_range
            parts.append(f"the network reads {low:.4g} to {high:.4g}")
        return "; ".join(parts)

    @property
    def channels(self) -> int:
        """How many channels the network reads."""
        return len(self.mean)

    @property
    def whole_side(self) -> int | None:
        """Side in pixels of squares whose centre the network sees as it is; None: any."""
        if self.height is None or self.width is None:
            return None
        return max(self._around(self.height, self.width))

    @property
    def picture_interpolation(self) -> Interpolation:
        """How whoever reads picture files for it resizes them.

        Bicubically where it does not state that proportions are kept: then nothing is known of
        how it was shown pictures, only how tensors of another size become its own.
        """
        return self.interpolation if self.fit == "square" else "bicubic"

    @property
    def is_plain(self) -> bool:
        """Whether the network reads the pixels themselves, in [0, 1]."""
        return not any(self.mean) and all(value == 1 for value in self.deviation)

    @property
    def read_range(self) -> tuple[float, float]:
        """The least and the greatest number that the network can read."""
        pairs = list(zip(self.mean, self.deviation, strict=True))
        return min(-m / d for m, d in pairs), max((1 - m) / d for m, d in pairs)

    def size_of(self, images: Images) -> tuple[int, int]:
        """Return the height and width that the images have where the network reads them."""
        if self.height is not None and self.width is not None:
            return self.height, self.width
        return images.shape[2], images.shape[3]

    def prepare(self, images: Images) -> Prepared:
        """Return the images as the network reads them; gradients pass through.

        Args:
            images: Pixels in [0, 1].

        Returns:
            What the network reads; same device and type as `images`.

        Raises:
            ModelError: If the number of channels does not fit.
        """
        seen = self._seen(self._coloured(images))
        if self.low_pass is not None:
            seen = low_passed(seen, self.low_pass)
        if self.is_plain:
            return seen
        mean = _by_channel(self.mean, seen.dtype, seen.device)
        return (seen - mean).div_(_by_channel(self.deviation, seen.dtype, seen.device))

    def laid_on(
        self, maps: Float[Tensor, "batch maps rows columns"], images: Images
    ) -> Float[Tensor, "batch maps height width"]:
        """Return maps of what the network reads, of any size, laid on the images that it came from.

        Args:
            maps: Of the part of `images` that is seen.
            images: As they were given to `prepare`.

        Returns:
            Maps of the height and width of `images`, resized bilinearly; 0 outside of what is seen.
        """
        size = (images.shape[2], images.shape[3])
        whole = self._resized_size(size)
        top, left = self._corner(whole)
        if (top, left) != (0, 0) and self.height is not None and self.width is not None:
            maps = interpolate(maps, (self.height, self.width), mode="bilinear")
            below, beside = whole[0] - top - self.height, whole[1] - left - self.width
            maps = pad(maps, (left, beside, top, below))
        return interpolate(maps, size, mode="bilinear")

    def _coloured(self, images: Images) -> Float[Tensor, "batch channels height width"]:
        """Return images of the number of channels that the network reads."""
        if images.shape[1] == self.channels:
            return images
        if self.channels == 1 and images.shape[1] == len(_GREY):
            weights = _by_channel(_GREY, images.dtype, images.device)
            return (images * weights).sum(1, keepdim=True)
        raise ModelError(
            f"The classifier expects images of {self.channels} channels, got "
            f"{images.shape[1]}. Convert the images, or give another input specification."
        )

    def _seen(self, images: Images) -> Float[Tensor, "batch channel rows columns"]:
        """Return the part of the images that the network sees, in its size."""
        size = (images.shape[2], images.shape[3])
        if self.height is None or self.width is None or size == (self.height, self.width):
            return images
        whole = self._resized_size(size)
        resized = images if size == whole else _resized(images, whole, self.interpolation)
        top, left = self._corner(whole)
        return resized[:, :, top : top + self.height, left : left + self.width]

    def _around(self, height: float, width: float) -> tuple[int, int]:
        """Return the sides whose centre has these."""
        return round(height / self.crop), round(width / self.crop)

    def _resized_size(self, size: tuple[int, int]) -> tuple[int, int]:
        """Return the size to which images are resized before their centre is cropped."""
        if self.height is None or self.width is None or size == (self.height, self.width):
            return size
        wanted = self._around(self.height, self.width)
        if self.fit == "stretch":
            return wanted
        # The side that is shorter in proportion fits; the other is rounded down.
        if wanted[0] * size[1] >= wanted[1] * size[0]:
            return wanted[0], max(wanted[1], wanted[0] * size[1] // size[0])
        return max(wanted[0], wanted[1] * size[0] // size[1]), wanted[1]

    def _corner(self, whole: tuple[int, int]) -> tuple[int, int]:
        """Return where the centre begins in images of a size, from above and from the left."""
        if self.height is None or self.width is None:
            return 0, 0
        return round((whole[0] - self.height) / 2), round((whole[1] - self.width) / 2)


_LATER: dict[str, object] = {
    "low_pass": None,
    "crop": 1.0,
    "interpolation": "bilinear",
    "fit": "stretch",
}
"""Settings that came after the first fingerprints were written, as they were before."""


def _listed(numbers: tuple[float, ...]) -> str:
    return ", ".join(f"{number:.4g}" for number in numbers)


def _resized(
    images: Images, size: tuple[int, int], how: Interpolation
) -> Float[Tensor, "batch channel rows columns"]:
    if how == "nearest":
        return interpolate(images, size, mode="nearest-exact")
    if how == "bilinear":
        return interpolate(images, size, mode="bilinear", antialias=True)
    # Beyond the range where the curve overshoots; image files cannot hold that either.
    return interpolate(images, size, mode="bicubic", antialias=True).clamp(0, 1)


@lru_cache(maxsize=64)
def _by_channel(
    numbers: tuple[float, ...], kind: torch.dtype, device: torch.device
) -> Float[Tensor, "1 channel 1 1"]:
    """Return one number a channel, to compute with images; made once, as every pass needs it."""
    with torch.inference_mode(mode=False):
        return torch.tensor(numbers, dtype=kind, device=device)[None, :, None, None]
