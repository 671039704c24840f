"""Which visual cues an image classifier relies on, and how adversarial training changes them.

The names below are the ones that most programs need; each folder exports the rest. They are
imported when first used, so that `import cuelens` costs next to nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cuelens.attacks import FGSM, PGD, Restarts
    from cuelens.balls import L2, Linf
    from cuelens.datasets import Cifar10, CueControlled, ImageFolder
    from cuelens.networks import Classifier, InputSpecification, fast, resnet18, small_resnet
    from cuelens.randomness import Chance
    from cuelens.report import report_of
    from cuelens.salience import Gradient, SmoothGrad
    from cuelens.sources import load_model
    from cuelens.study import read_study, run_study
    from cuelens.training import Training, train
    from cuelens.transforms import (
        Contrast,
        Greyscale,
        LowPass,
        PatchBorders,
        PatchShuffle,
        Saturation,
    )

__all__ = [
    "FGSM",
    "L2",
    "PGD",
    "Chance",
    "Cifar10",
    "Classifier",
    "Contrast",
    "CueControlled",
    "Gradient",
    "Greyscale",
    "ImageFolder",
    "InputSpecification",
    "Linf",
    "LowPass",
    "PatchBorders",
    "PatchShuffle",
    "Restarts",
    "Saturation",
    "SmoothGrad",
    "Training",
    "__version__",
    "fast",
    "load_model",
    "read_study",
    "report_of",
    "resnet18",
    "run_study",
    "small_resnet",
    "train",
]

__version__ = "0.1.0"

_HOME = {
    "Chance": "cuelens.randomness",
    "Cifar10": "cuelens.datasets",
    "Classifier": "cuelens.networks",
    "Contrast": "cuelens.transforms",
    "CueControlled": "cuelens.datasets",
    "FGSM": "cuelens.attacks",
    "Gradient": "cuelens.salience",
    "Greyscale": "cuelens.transforms",
    "ImageFolder": "cuelens.datasets",
    "InputSpecification": "cuelens.networks",
    "L2": "cuelens.balls",
    "Linf": "cuelens.balls",
    "LowPass": "cuelens.transforms",
    "PGD": "cuelens.attacks",
    "PatchBorders": "cuelens.transforms",
    "PatchShuffle": "cuelens.transforms",
    "Restarts": "cuelens.attacks",
    "Saturation": "cuelens.transforms",
    "SmoothGrad": "cuelens.salience",
    "Training": "cuelens.training",
    "fast": "cuelens.networks",
    "load_model": "cuelens.sources",
    "read_study": "cuelens.study",
    "report_of": "cuelens.report",
    "resnet18": "cuelens.networks",
    "run_study": "cuelens.study",
    "small_resnet": "cuelens.networks",
    "train": "cuelens.training",
}


def __getattr__(name: str) -> object:
    """Import a public name when it is first used."""
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(_HOME[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
