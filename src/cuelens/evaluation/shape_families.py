"""Families that weaken shape, and their control."""

from cuelens.evaluation.family import Family
from cuelens.transforms import (
    PatchBorders,
    PatchRotation,
    PatchShuffle,
    PhaseScramble,
    TextureSynthesis,
)

__all__ = ["SHAPE_FAMILIES"]

SHAPE_FAMILIES: tuple[Family, ...] = (
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
)
