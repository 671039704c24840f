"""Salience: which pixels move the answer, as raw signed maps, and how to draw them."""

from cuelens.salience.baselines import Baseline, ConstantColour, MeanColour, UniformNoise
from cuelens.salience.captum import Captum
from cuelens.salience.display import (
    Display,
    Reading,
    Scale,
    on_scales,
    own_scales,
    shared_scale,
    strength,
)
from cuelens.salience.expected_gradients import ExpectedGradients, References
from cuelens.salience.grad_cam import GradCAM
from cuelens.salience.gradient import Gradient
from cuelens.salience.guided_backpropagation import GuidedBackpropagation
from cuelens.salience.input_x_gradient import InputXGradient
from cuelens.salience.integrated_gradients import IntegratedGradients
from cuelens.salience.occlusion import Occlusion
from cuelens.salience.paper_smoothgrad import PaperSmoothGrad
from cuelens.salience.protocol import Salience
from cuelens.salience.rise import RISE
from cuelens.salience.score import Score
from cuelens.salience.sides import Side, side_of
from cuelens.salience.smoothgrad import SmoothGrad
from cuelens.salience.squared_smoothgrad import SquaredSmoothGrad
from cuelens.salience.vargrad import VarGrad

__all__ = [
    "RISE",
    "Baseline",
    "Captum",
    "ConstantColour",
    "Display",
    "ExpectedGradients",
    "GradCAM",
    "Gradient",
    "GuidedBackpropagation",
    "InputXGradient",
    "IntegratedGradients",
    "MeanColour",
    "Occlusion",
    "PaperSmoothGrad",
    "Reading",
    "References",
    "Salience",
    "Scale",
    "Score",
    "Side",
    "SmoothGrad",
    "SquaredSmoothGrad",
    "UniformNoise",
    "VarGrad",
    "on_scales",
    "own_scales",
    "shared_scale",
    "side_of",
    "strength",
]
