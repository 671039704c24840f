"""Salience: which pixels move the answer, as raw signed maps, and how to draw them."""

from cuelens.salience.display import (
    Display,
    Scale,
    on_scales,
    own_scales,
    shared_scale,
    strength,
)
from cuelens.salience.gradient import Gradient
from cuelens.salience.guided_backpropagation import GuidedBackpropagation
from cuelens.salience.paper_smoothgrad import PaperSmoothGrad
from cuelens.salience.protocol import Salience
from cuelens.salience.score import Score
from cuelens.salience.smoothgrad import SmoothGrad

__all__ = [
    "Display",
    "Gradient",
    "GuidedBackpropagation",
    "PaperSmoothGrad",
    "Salience",
    "Scale",
    "Score",
    "SmoothGrad",
    "on_scales",
    "own_scales",
    "shared_scale",
    "strength",
]
