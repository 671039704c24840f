"""Transforms: each weakens one visual cue, or is the control of one that does."""

from cuelens.transforms.contrast import Contrast
from cuelens.transforms.greyscale import Greyscale
from cuelens.transforms.identity import Identity
from cuelens.transforms.low_pass import LowPass
from cuelens.transforms.matched_contrast import MatchedContrast
from cuelens.transforms.patch_borders import PatchBorders
from cuelens.transforms.patch_shuffle import PatchShuffle
from cuelens.transforms.phase_scramble import PhaseScramble
from cuelens.transforms.protocol import MaskTransform, Transform
from cuelens.transforms.saturation import Saturation
from cuelens.transforms.silhouettes import Silhouette

__all__ = [
    "Contrast",
    "Greyscale",
    "Identity",
    "LowPass",
    "MaskTransform",
    "MatchedContrast",
    "PatchBorders",
    "PatchShuffle",
    "PhaseScramble",
    "Saturation",
    "Silhouette",
    "Transform",
]
