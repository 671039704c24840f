"""The families of conditions: what each is called, which cue it weakens, what its control is.

It names transforms and puts them into words, once for command line, builders and reports; what a
transform does it does not know.
"""

import dataclasses
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, get_type_hints

from cuelens.errors import ConfigError
from cuelens.evaluation.conditions import Condition
from cuelens.transforms import (
    AmplitudeSwap,
    BandPass,
    BilateralFilter,
    Brightness,
    ChannelShuffle,
    ChannelStatistics,
    CriticalBandNoise,
    Edges,
    FourierNoise,
    GaussianBlur,
    Greyscale,
    HighPass,
    HistogramTransfer,
    HueRotation,
    Identity,
    LowPass,
    MatchedContrast,
    MedianFilter,
    NoiseLikeBlur,
    NoiseLikeLowPass,
    NonLocalMeans,
    PatchBorders,
    PatchRotation,
    PatchShuffle,
    PhaseScramble,
    RandomFourierFilter,
    Saturation,
    SelfStyled,
    Silhouette,
    Stylised,
    TextureSynthesis,
)

__all__ = ["CONTROLS", "CUES_TAKEN", "FAMILIES", "Family", "condition_of"]

CUES_TAKEN = ("texture", "shape", "colour", "frequency", "light", "none")
"""What a family may weaken; "none" for the clean condition and for controls."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Family:
    """A family of conditions.

    Attributes:
        name: As tables and `--conditions` have it, such as "saturation".
        adjective: What images are then called, as `cuelens build` has it, such as "saturated".
        title: A few words.
        sentence: What it does to an image.
        cue: What it weakens, one of `CUES_TAKEN`.
        transform: The class that makes the images.
        settings: Of `transform`, where they are not its defaults.
        scale: The field of `transform` that is the level; None where there is no level. Where the
            field has a default, the level may be left out.
        levels: Usual levels, for previews; none where there is no level.
        axis: What the level is called on an axis.
        same: The level at which nothing changes, where there is one.
        control: The family that changes images as much and leaves the cue; None where unknown.
    """

    name: str
    adjective: str
    title: str
    sentence: str
    cue: str
    transform: type[Any]
    settings: Mapping[str, Any] = field(default_factory=dict)
    scale: str | None = None
    levels: tuple[float, ...] = ()
    axis: str = "level"
    same: float | None = None
    control: str | None = None

    @property
    def level_may_be_left_out(self) -> bool:
        """Whether there is a condition of this family without a level."""
        if self.scale is None:
            return True
        return self._default() is not dataclasses.MISSING

    def place(self, level: float | None) -> float | None:
        """Return where a condition stands on the family's scale, its level named or left out.

        Args:
            level: As a condition has it.

        Returns:
            The level; the transform's own where it was left out; None where there is no scale.
        """
        if level is not None or self.scale is None or not self.level_may_be_left_out:
            return level
        return float(self._default())

    def _default(self) -> Any:
        defaults = {item.name: item.default for item in dataclasses.fields(self.transform)}
        return self.settings.get(str(self.scale), defaults[str(self.scale)])

    def condition(self, level: float | None = None, **settings: Any) -> Condition:
        """Return the condition of this level.

        Args:
            level: On the family's scale; None where it has none, or for the usual one.
            **settings: Other fields of the transform.

        Raises:
            ConfigError: If the level is missing, not wanted, not whole where it counts something,
                or out of range.
        """
        if level is None:
            if not self.level_may_be_left_out:
                raise ConfigError(
                    f"`{self.name}` must have a level, got none. "
                    f"Usual are {', '.join(f'{usual:g}' for usual in self.levels)}."
                )
            transform = self.transform(**{**self.settings, **settings})
            return Condition(family=self.name, transform=transform)
        if self.scale is None:
            raise ConfigError(f"`{self.name}` must have no level, got {level:g}. Leave it out.")
        value: float = level
        if get_type_hints(self.transform)[self.scale] is int:
            if level != int(level):
                raise ConfigError(
                    f"`{self.name}` must have a whole number as its level, got {level:g}."
                )
            value = int(level)
        transform = self.transform(**{**self.settings, self.scale: value, **settings})
        return Condition(family=self.name, level=float(level), transform=transform)

    def usual(self, **settings: Any) -> tuple[Condition, ...]:
        """Return the conditions at the usual levels, or the only one."""
        if not self.levels:
            return (self.condition(**settings),)
        return tuple(self.condition(level, **settings) for level in self.levels)


def _by_name(families: Iterable[Family]) -> Mapping[str, Family]:
    return MappingProxyType({family.name: family for family in families})


_PAPER_LEVELS = (1.0, 4.0, 8.0, 16.0, 64.0, 1024.0)

FAMILIES: Mapping[str, Family] = _by_name(
    (
        Family(
            name="clean",
            adjective="clean",
            title="Clean",
            sentence="Unchanged images.",
            cue="none",
            transform=Identity,
        ),
        Family(
            name="saturation",
            adjective="saturated",
            title="Saturation",
            sentence="Pushes every pixel towards black or white: outlines stay, fine texture goes. "
            "p = 2 changes nothing.",
            cue="texture",
            transform=Saturation,
            scale="level",
            levels=_PAPER_LEVELS,
            axis="p",
            same=2.0,
            control="contrast",
        ),
        Family(
            name="contrast",
            adjective="contrast-changed",
            title="Contrast",
            sentence="As large a change of the pixels as saturation makes, by contrast alone.",
            cue="none",
            transform=MatchedContrast,
            scale="level",
            levels=_PAPER_LEVELS,
            axis="contrast change of the same size as saturation p",
            same=2.0,
        ),
        Family(
            name="stylised",
            adjective="stylized",
            title="Stylised",
            sentence="Paints each image in the style of another picture, drawn by chance: outlines "
            "stay, its own texture and colours go. Painted at 256 px, whatever the image's size, "
            "unless a working size is stated.",
            cue="texture",
            transform=Stylised,
            scale="strength",
            levels=(0.25, 0.5, 0.75, 1.0),
            axis="strength (0: its own style, 1: the picture's)",
            control="self-styled",
        ),
        Family(
            name="self-styled",
            adjective="self-styled",
            title="Self-styled",
            sentence="Paints each image in its own style, with the same network at the same size: "
            "as much blur as stylising, no other texture.",
            cue="none",
            transform=SelfStyled,
        ),
        Family(
            name="median",
            adjective="median-filtered",
            title="Median filter",
            sentence="Gives each pixel the median of its surroundings: fine texture goes, contours "
            "stay sharp.",
            cue="texture",
            transform=MedianFilter,
            scale="radius",
            levels=(1.0, 2.0, 3.0),
            axis="radius, pixels",
            same=0.0,
        ),
        Family(
            name="bilateral",
            adjective="bilaterally-filtered",
            title="Bilateral filter",
            sentence="Mixes each pixel with those around that look like it: faint texture goes, "
            "strong contours stay.",
            cue="texture",
            transform=BilateralFilter,
            scale="deviation",
            levels=(1.0, 2.0, 4.0),
            axis="deviation, pixels",
            same=0.0,
            control="blur-noise",
        ),
        Family(
            name="blur-noise",
            adjective="blur-noised",
            title="Noise like blur",
            sentence="As large a change of the pixels as the blur makes, by white noise alone.",
            cue="none",
            transform=NoiseLikeBlur,
            scale="deviation",
            levels=(0.5, 1.0, 2.0, 4.0),
            axis="noise of the same size as blur of this deviation, pixels",
            same=0.0,
        ),
        Family(
            name="non-local-means",
            adjective="non-locally-averaged",
            title="Non-local means",
            sentence="Mixes each pixel with those around whose surroundings look like its own: "
            "irregular texture goes, what repeats stays.",
            cue="texture",
            transform=NonLocalMeans,
            scale="strength",
            levels=(0.05, 0.1, 0.2),
            axis="strength, pixel units",
            same=0.0,
        ),
        Family(
            name="blur",
            adjective="blurred",
            title="Blur",
            sentence="Smooths everything by a Gaussian: fine texture goes, contours get soft.",
            cue="texture",
            transform=GaussianBlur,
            scale="deviation",
            levels=(0.5, 1.0, 2.0, 4.0),
            axis="deviation, pixels",
            same=0.0,
        ),
        Family(
            name="edges",
            adjective="outlined",
            title="Edges",
            sentence="Draws the contours alone, black on white: texture, shading and colour go.",
            cue="texture",
            transform=Edges,
            scale="deviation",
            levels=(1.0, 2.0),
            axis="deviation of the blur before, pixels",
        ),
        Family(
            name="silhouette",
            adjective="silhouetted",
            title="Silhouette",
            sentence="Fills the figure with black on white: its outline is all that is left.",
            cue="texture",
            transform=Silhouette,
        ),
        Family(
            name="shuffle",
            adjective="shuffled",
            title="Patch shuffle",
            sentence="Puts the patches of an image in random order: texture stays, shape goes.",
            cue="shape",
            transform=PatchShuffle,
            scale="patches",
            levels=(2.0, 4.0, 8.0),
            axis="k (the image is cut into k \N{MULTIPLICATION SIGN} k patches)",
            same=1.0,
            control="borders",
        ),
        Family(
            name="rotation",
            adjective="patch-rotated",
            title="Patch rotation",
            sentence="Turns each patch of an image by a random multiple of 90 degrees where it "
            "stands: texture and layout stay, contours break.",
            cue="shape",
            transform=PatchRotation,
            scale="patches",
            levels=(2.0, 4.0, 8.0),
            axis="k (the image is cut into k \N{MULTIPLICATION SIGN} k patches)",
            same=1.0,
            control="borders",
        ),
        Family(
            name="borders",
            adjective="bordered",
            title="Patch borders",
            sentence="Draws the borders that a shuffle leaves, but moves nothing.",
            cue="none",
            transform=PatchBorders,
            scale="patches",
            levels=(2.0, 4.0, 8.0),
            axis="k (borders of k \N{MULTIPLICATION SIGN} k patches)",
            same=1.0,
        ),
        Family(
            name="phase",
            adjective="phase-scrambled",
            title="Phase scrambling",
            sentence="Moves every wave of the image by a random phase: shape and layout go, "
            "the strength of each frequency stays.",
            cue="shape",
            transform=PhaseScramble,
            scale="strength",
            levels=(0.25, 0.5, 0.75, 1.0),
            axis="strength of the phase change",
            same=0.0,
        ),
        Family(
            name="quilt",
            adjective="quilted",
            title="Texture synthesis",
            sentence="Sews a new image together from patches of the image itself: texture stays, "
            "shape and layout go.",
            cue="shape",
            transform=TextureSynthesis,
            scale="patch",
            levels=(0.5, 0.25, 0.125),
            axis="side of a patch, as a share of the image's",
        ),
        Family(
            name="amplitudes",
            adjective="amplitude-swapped",
            title="Amplitude swap",
            sentence="Gives each image the strength of every frequency from another picture, drawn "
            "by chance, and keeps its phases: contours stay, texture and colours go.",
            cue="texture",
            transform=AmplitudeSwap,
            scale="strength",
            levels=(0.25, 0.5, 0.75, 1.0),
            axis="share of the other picture's amplitudes",
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
            name="low-pass",
            adjective="low-passed",
            title="Low-pass",
            sentence="Keeps only frequencies below the cutoff.",
            cue="frequency",
            transform=LowPass,
            scale="cutoff",
            levels=(4.0, 6.0, 8.0, 12.0),
            axis="cutoff, cycles per image",
            control="low-pass-noise",
        ),
        Family(
            name="low-pass-noise",
            adjective="low-pass-noised",
            title="Noise like low-pass",
            sentence="As large a change of the pixels as the low-pass makes, by white noise alone.",
            cue="none",
            transform=NoiseLikeLowPass,
            scale="cutoff",
            levels=(4.0, 6.0, 8.0, 12.0),
            axis="noise of the same size as low-pass at this cutoff",
        ),
        Family(
            name="high-pass",
            adjective="high-passed",
            title="High-pass",
            sentence="Keeps only frequencies above the cutoff, about mid-grey.",
            cue="frequency",
            transform=HighPass,
            scale="cutoff",
            levels=(1.0, 2.0, 4.0, 8.0),
            axis="cutoff, cycles per image",
        ),
        Family(
            name="band-pass",
            adjective="band-passed",
            title="Band-pass",
            sentence="Keeps only one octave of frequencies, about mid-grey.",
            cue="frequency",
            transform=BandPass,
            scale="centre",
            levels=(2.0, 4.0, 8.0, 16.0),
            axis="centre of the octave, cycles per image",
        ),
        Family(
            name="random-fourier",
            adjective="randomly-filtered",
            title="Random Fourier filter",
            sentence="Keeps each frequency with a probability, coarse and fine alike.",
            cue="frequency",
            transform=RandomFourierFilter,
            scale="kept",
            levels=(0.3, 0.5, 0.7, 0.9),
            axis="share of the frequencies that is kept",
            same=1.0,
        ),
        Family(
            name="fourier-noise",
            adjective="waved",
            title="Fourier noise",
            sentence="Adds one wave, eight cycles across the image, to every channel.",
            cue="frequency",
            transform=FourierNoise,
            settings={"row": 0, "column": 8},
            scale="norm",
            levels=(2.0, 4.0, 8.0, 16.0),
            axis="norm of the wave, pixel units",
            same=0.0,
        ),
        Family(
            name="critical-band",
            adjective="band-noised",
            title="Critical-band noise",
            sentence="Lowers the contrast to a fifth and adds noise of one octave.",
            cue="frequency",
            transform=CriticalBandNoise,
            settings={"deviation": 0.08},
            scale="centre",
            levels=(1.75, 3.5, 7.0, 14.0),
            axis="centre of the octave, cycles per image",
        ),
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
)
"""The families by name, in the order in which reports and previews show them."""

CONTROLS: Mapping[str, str] = MappingProxyType(
    {name: family.control for name, family in FAMILIES.items() if family.control is not None}
)
"""Each family that has a control, to the control's name."""


def condition_of(name: str, level: float | None = None, **settings: Any) -> Condition:
    """Return the condition of a family at a level.

    Args:
        name: Of the family.
        level: See `Family.condition`.
        **settings: Other fields of the transform.

    Raises:
        ConfigError: If there is no such family, or its level is wrong.
    """
    if name not in FAMILIES:
        raise ConfigError(f"`name` must be one of {', '.join(FAMILIES)}, got {name!r}.")
    return FAMILIES[name].condition(level, **settings)
