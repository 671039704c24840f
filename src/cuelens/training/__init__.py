"""Training: recipes, the loop, and the checkpoints that resume it bit for bit."""

from cuelens.training.augmentation import Augmentation, CropAndFlip
from cuelens.training.loop import Moment, Trained, train
from cuelens.training.objectives import Alternating, MinMax, Objective, Standard
from cuelens.training.recipes import Recipe, pgd_l2, pgd_linf, standard
from cuelens.training.schedules import Constant, OneCycle, Schedule, Steps
from cuelens.training.training import Training

__all__ = [
    "Alternating",
    "Augmentation",
    "Constant",
    "CropAndFlip",
    "MinMax",
    "Moment",
    "Objective",
    "OneCycle",
    "Recipe",
    "Schedule",
    "Standard",
    "Steps",
    "Trained",
    "Training",
    "pgd_l2",
    "pgd_linf",
    "standard",
    "train",
]
