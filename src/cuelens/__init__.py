"""Which visual cues an image classifier relies on, and how adversarial training changes them.

The names below are the ones that most programs need; each folder exports the rest. They are
imported when first used, so that `import cuelens` costs next to nothing.
"""

from typing import TYPE_CHECKING

from cuelens.lazy_names import lazy_names

if TYPE_CHECKING:
    from cuelens.attacks import (
        APGD,
        FGSM,
        PGD,
        Restarts,
        Square,
        StAdv,
        Suite,
        TargetedAPGD,
        TargetedFAB,
        quick_suite,
        strong_suite,
    )
    from cuelens.balls import L2, Displacement, Linf
    from cuelens.builders import build, check
    from cuelens.datasets import Cifar10, CueControlled, ImageFolder, TinyImageNet
    from cuelens.networks import Classifier, InputSpecification, fast, resnet18, small_resnet
    from cuelens.randomness import Chance
    from cuelens.report import report_of
    from cuelens.salience import Gradient, SmoothGrad
    from cuelens.sources import load_model, open_model
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
    "APGD",
    "FGSM",
    "L2",
    "PGD",
    "Chance",
    "Cifar10",
    "Classifier",
    "Contrast",
    "CueControlled",
    "Displacement",
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
    "Square",
    "StAdv",
    "Suite",
    "TargetedAPGD",
    "TargetedFAB",
    "TinyImageNet",
    "Training",
    "__version__",
    "build",
    "check",
    "fast",
    "load_model",
    "open_model",
    "quick_suite",
    "read_study",
    "report_of",
    "resnet18",
    "run_study",
    "small_resnet",
    "strong_suite",
    "train",
]

__version__ = "0.1.0"

_HOME = {
    "APGD": "cuelens.attacks",
    "Chance": "cuelens.randomness",
    "Cifar10": "cuelens.datasets",
    "Classifier": "cuelens.networks",
    "Contrast": "cuelens.transforms",
    "CueControlled": "cuelens.datasets",
    "Displacement": "cuelens.balls",
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
    "Square": "cuelens.attacks",
    "StAdv": "cuelens.attacks",
    "Suite": "cuelens.attacks",
    "TargetedAPGD": "cuelens.attacks",
    "TargetedFAB": "cuelens.attacks",
    "TinyImageNet": "cuelens.datasets",
    "Training": "cuelens.training",
    "build": "cuelens.builders",
    "check": "cuelens.builders",
    "fast": "cuelens.networks",
    "load_model": "cuelens.sources",
    "open_model": "cuelens.sources",
    "quick_suite": "cuelens.attacks",
    "read_study": "cuelens.study",
    "report_of": "cuelens.report",
    "resnet18": "cuelens.networks",
    "run_study": "cuelens.study",
    "small_resnet": "cuelens.networks",
    "strong_suite": "cuelens.attacks",
    "train": "cuelens.training",
}

__getattr__ = lazy_names(__name__, _HOME)


def __dir__() -> list[str]:
    return sorted(__all__)
