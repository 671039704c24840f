"""Transforms: each weakens one visual cue, or is the control of one that does."""

from cuelens.transforms.brightness import Brightness
from cuelens.transforms.channel_shuffle import ChannelShuffle
from cuelens.transforms.contrast import Contrast
from cuelens.transforms.greyscale import Greyscale
from cuelens.transforms.hue_rotation import HueRotation
from cuelens.transforms.identity import Identity
from cuelens.transforms.low_pass import LowPass
from cuelens.transforms.matched_contrast import MatchedContrast
from cuelens.transforms.patch_borders import PatchBorders
from cuelens.transforms.patch_rotation import PatchRotation
from cuelens.transforms.patch_shuffle import PatchShuffle
from cuelens.transforms.phase_scramble import PhaseScramble
from cuelens.transforms.protocol import MaskTransform, Transform
from cuelens.transforms.saturation import Saturation
from cuelens.transforms.self_styled import SelfStyled
from cuelens.transforms.silhouettes import Silhouette
from cuelens.transforms.stylised import Stylised

__all__ = [
    "Brightness",
    "ChannelShuffle",
    "Contrast",
    "Greyscale",
    "HueRotation",
    "Identity",
    "LowPass",
    "MaskTransform",
    "MatchedContrast",
    "PatchBorders",
    "PatchRotation",
    "PatchShuffle",
    "PhaseScramble",
    "Saturation",
    "SelfStyled",
    "Silhouette",
    "Stylised",
    "Transform",
]
