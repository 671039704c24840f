"""Training: recipes, the loop, and the checkpoints that resume it bit for bit."""

from cuelens.training.augmentation import Augmentation, CropAndFlip
from cuelens.training.free_objective import Free
from cuelens.training.loop import Moment, Trained, train
from cuelens.training.min_max import Alternating, MinMax
from cuelens.training.noisy import Noisy
from cuelens.training.objectives import Lesson, Objective, Standard
from cuelens.training.overfitting import OverfittingProbe
from cuelens.training.recipe import Recipe
from cuelens.training.recipes import (
    alternating,
    fgsm,
    free,
    gaussian,
    low_pass,
    pgd_l2,
    pgd_linf,
    stadv,
    standard,
    stylised,
    trades,
    underfit,
)
from cuelens.training.schedules import Constant, OneCycle, Schedule, Steps
from cuelens.training.team import Alone, Team, Together, meet_team
from cuelens.training.trades_objective import TRADES
from cuelens.training.training import Training

__all__ = [
    "TRADES",
    "Alone",
    "Alternating",
    "Augmentation",
    "Constant",
    "CropAndFlip",
    "Free",
    "Lesson",
    "MinMax",
    "Moment",
    "Noisy",
    "Objective",
    "OneCycle",
    "OverfittingProbe",
    "Recipe",
    "Schedule",
    "Standard",
    "Steps",
    "Team",
    "Together",
    "Trained",
    "Training",
    "alternating",
    "fgsm",
    "free",
    "gaussian",
    "low_pass",
    "meet_team",
    "pgd_l2",
    "pgd_linf",
    "stadv",
    "standard",
    "stylised",
    "trades",
    "train",
    "underfit",
]
