"""The ways to look at a map: its size or its sign, on a scale of its own or on a shared one.

It turns raw maps into pictures and says what their colours mean; zero is black where size is drawn
and almost white where sign is. Blue and orange are told apart under every common colour blindness.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from torch import Tensor

from cuelens.report.pictures import Picture
from cuelens.report.strip import MapPicture, Strip
from cuelens.salience import Reading, Scale, own_scales, shared_scale
from cuelens.tensors import Images

__all__ = ["OWN", "VIEWS", "View", "view_of", "views_in", "views_that_fit"]

_DIVERGING = (
    "#053061", "#2166ac", "#4393c3", "#92c5de", "#d1e5f0", "#f7f7f7",
    "#fee0b6", "#fdb863", "#e08214", "#b35806", "#7f3b08",
)  # fmt: skip
"""From -1 to 1: ColorBrewer's blues of RdBu and oranges of PuOr."""

_LEVELS = 127
"""Of colours on either side of zero: with more than 256, a map takes half as much room again."""


@dataclass(frozen=True, kw_only=True, slots=True)
class View:
    """A way to draw maps.

    Attributes:
        key: For style sheets and options.
        title: A few words.
        reading: What is drawn of each pixel.
        shared: Whether all maps of one method on one image have one scale.
    """

    key: str
    title: str
    reading: Reading
    shared: bool

    @property
    def sentence(self) -> str:
        """What the colours mean, as figures say it; the numbers stand below the maps."""
        whose = "all maps of a method here together" if self.shared else "each map by itself"
        end = f"the 99th percentile of {whose}"
        if self.reading is Reading.MAGNITUDE:
            return f"Grey: absolute values, summed over channels; black 0, white {end}."
        return (
            "Colours: sum over channels; orange speaks for the class, of gradients where brighter "
            f"pixels do, blue against it, white 0; the ends are {end}."
        )

    def pictures(self, maps: Images) -> tuple[MapPicture, ...]:
        """Return how maps are drawn.

        Args:
            maps: Raw and signed, of one method and one image; those that share a scale.
        """
        draw = shared_scale if self.shared else own_scales
        shown = draw(maps, reading=self.reading)
        return tuple(
            MapPicture(picture=_picture(values, self.reading), end=_end(scale))
            for values, scale in zip(shown.values, shown.scales, strict=True)
        )


def _picture(values: Float[Tensor, "height width"], reading: Reading) -> Picture:
    if reading is Reading.MAGNITUDE:
        grey: Picture = (values * 255).round().byte().numpy()
        return grey
    stops = np.array([[int(stop[at : at + 2], 16) for at in (1, 3, 5)] for stop in _DIVERGING])
    places = np.linspace(-1, 1, len(stops))
    levels = np.rint(values.numpy() * _LEVELS) / _LEVELS
    channels = [np.interp(levels, places, stops[:, channel]) for channel in range(3)]
    colours: Picture = np.rint(np.stack(channels, axis=-1)).astype(np.uint8)
    return colours


def _end(scale: Scale) -> str:
    if np.isnan(scale.white):
        return "no numbers"
    if scale.white == 0:
        return "all zero"
    if scale.reading is Reading.MAGNITUDE:
        return f"white {scale.white:.2g}"
    return f"\N{PLUS-MINUS SIGN}{scale.white:.2g}"


OWN = View(key="own", title="size, own scale", reading=Reading.MAGNITUDE, shared=False)

VIEWS = (
    OWN,
    View(key="shared", title="size, shared scale", reading=Reading.MAGNITUDE, shared=True),
    View(key="signed-own", title="sign, own scale", reading=Reading.SIGNED, shared=False),
    View(key="signed-shared", title="sign, shared scale", reading=Reading.SIGNED, shared=True),
)
"""Every view, the one that is shown first unless another is asked for in front."""

_MOST_BYTES = 12_000_000
"""Of uncompressed maps in a page's views; pages of more show one view."""


def view_of(*, shared: bool, signed: bool) -> View:
    """Return the view of a scale and a reading."""
    reading = Reading.SIGNED if signed else Reading.MAGNITUDE
    return next(one for one in VIEWS if (one.shared, one.reading) == (shared, reading))


def views_in(strips: Sequence[Strip]) -> tuple[View, ...]:
    """Return the views that strips show, in the order in which they show them."""
    keys = dict.fromkeys(key for strip in strips for key in strip.scales)
    return tuple(view for key in keys for view in VIEWS if view.key == key)


def views_that_fit(first: View, *, pixels: int) -> tuple[View, ...]:
    """Return the views that a page can hold, `first` in front: all of them, or it alone.

    Args:
        first: The view that is shown unless another is asked for.
        pixels: Of all maps of the page together.
    """
    if pixels * len(VIEWS) > _MOST_BYTES:
        return (first,)
    return (first, *(view for view in VIEWS if view != first))
