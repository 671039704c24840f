"""Transforms: each weakens one visual cue, or is the control of one that does."""

from cuelens.transforms.adain import AdaIN
from cuelens.transforms.amplitude_swap import AmplitudeSwap
from cuelens.transforms.band_pass import BandPass
from cuelens.transforms.bilateral_filter import BilateralFilter
from cuelens.transforms.brightness import Brightness
from cuelens.transforms.channel_shuffle import ChannelShuffle
from cuelens.transforms.channel_statistics import ChannelStatistics
from cuelens.transforms.contrast import Contrast
from cuelens.transforms.critical_band_noise import CriticalBandNoise
from cuelens.transforms.edges import Edges
from cuelens.transforms.fourier_noise import FourierNoise
from cuelens.transforms.gaussian_blur import GaussianBlur
from cuelens.transforms.greyscale import Greyscale
from cuelens.transforms.high_pass import HighPass
from cuelens.transforms.histogram_transfer import HistogramTransfer
from cuelens.transforms.hue_rotation import HueRotation
from cuelens.transforms.identity import Identity
from cuelens.transforms.low_pass import LowPass
from cuelens.transforms.matched_contrast import MatchedContrast
from cuelens.transforms.median_filter import MedianFilter
from cuelens.transforms.noise_like_blur import NoiseLikeBlur
from cuelens.transforms.noise_like_high_pass import NoiseLikeHighPass
from cuelens.transforms.noise_like_low_pass import NoiseLikeLowPass
from cuelens.transforms.non_local_means import NonLocalMeans
from cuelens.transforms.patch_borders import PatchBorders
from cuelens.transforms.patch_rotation import PatchRotation
from cuelens.transforms.patch_shuffle import PatchShuffle
from cuelens.transforms.phase_scramble import PhaseScramble
from cuelens.transforms.protocol import MaskTransform, Movement, Transform
from cuelens.transforms.random_fourier_filter import RandomFourierFilter
from cuelens.transforms.saturation import Saturation
from cuelens.transforms.self_styled import SelfStyled
from cuelens.transforms.silhouettes import Silhouette
from cuelens.transforms.stylised import Stylised
from cuelens.transforms.texture_synthesis import TextureSynthesis

__all__ = [
    "AdaIN",
    "AmplitudeSwap",
    "BandPass",
    "BilateralFilter",
    "Brightness",
    "ChannelShuffle",
    "ChannelStatistics",
    "Contrast",
    "CriticalBandNoise",
    "Edges",
    "FourierNoise",
    "GaussianBlur",
    "Greyscale",
    "HighPass",
    "HistogramTransfer",
    "HueRotation",
    "Identity",
    "LowPass",
    "MaskTransform",
    "MatchedContrast",
    "MedianFilter",
    "Movement",
    "NoiseLikeBlur",
    "NoiseLikeHighPass",
    "NoiseLikeLowPass",
    "NonLocalMeans",
    "PatchBorders",
    "PatchRotation",
    "PatchShuffle",
    "PhaseScramble",
    "RandomFourierFilter",
    "Saturation",
    "SelfStyled",
    "Silhouette",
    "Stylised",
    "TextureSynthesis",
    "Transform",
]
