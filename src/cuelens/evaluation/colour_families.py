"""Families that weaken colour, and light with it, each followed by its control."""

from cuelens.evaluation.family import Family
from cuelens.transforms import (
    Brightness,
    ChannelShuffle,
    ChannelStatistics,
    Greyscale,
    HistogramTransfer,
    HueRotation,
)

__all__ = ["COLOUR_FAMILIES"]

COLOUR_FAMILIES: tuple[Family, ...] = (
    Family(
        name="greyscale",
        adjective="grey",
        title="Greyscale",
        sentence="Takes the colour away.",
        cue="colour",
        transform=Greyscale,
        control="equal-grey",
    ),
    Family(
        name="equal-grey",
        adjective="equally-grey",
        title="Grey of equal weights",
        sentence="Takes the colour away by another grey: the plain mean of the channels.",
        cue="none",
        transform=Greyscale,
        settings={"weights": (1 / 3, 1 / 3, 1 / 3)},
    ),
    Family(
        name="channel-shuffle",
        adjective="channel-shuffled",
        title="Channel shuffle",
        sentence="Puts red, green and blue in another order: other colours, same contours.",
        cue="colour",
        transform=ChannelShuffle,
    ),
    Family(
        name="hue",
        adjective="hue-rotated",
        title="Hue rotation",
        sentence="Turns all colours about the grey axis and keeps their luminance.",
        cue="colour",
        transform=HueRotation,
        scale="degrees",
        levels=(60.0, 120.0, 180.0),
        axis="degrees",
        same=0.0,
    ),
    Family(
        name="channel-statistics",
        adjective="recoloured",
        title="Channel statistics",
        sentence="Gives each channel the mean and deviation of another picture, drawn by "
        "chance: its own colours and contrast go.",
        cue="colour",
        transform=ChannelStatistics,
        scale="strength",
        levels=(0.5, 1.0),
        axis="share of the way to the other picture's colours",
        same=0.0,
    ),
    Family(
        name="histogram",
        adjective="histogram-matched",
        title="Histogram transfer",
        sentence="Gives each channel the very values of another picture, drawn by chance, in "
        "its own order: its own colours and tones go.",
        cue="colour",
        transform=HistogramTransfer,
        scale="strength",
        levels=(0.5, 1.0),
        axis="share of the way to the other picture's values",
        same=0.0,
    ),
    Family(
        name="brightness",
        adjective="brightness-changed",
        title="Brightness",
        sentence="Makes every pixel brighter or darker by the same amount, and clips it.",
        cue="light",
        transform=Brightness,
        scale="shift",
        levels=(-0.3, -0.15, 0.15, 0.3),
        axis="shift, pixel units",
        same=0.0,
    ),
)
