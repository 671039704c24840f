"""Which visual cues an image classifier relies on, and how adversarial training changes them.

The names below are the ones that most programs need; each folder exports the rest. They are
imported when first used, so that `import cuelens` costs next to nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cuelens.attacks import FGSM, PGD, Restarts
    from cuelens.balls import L2, Linf
    from cuelens.datasets import CueControlled
    from cuelens.networks import Classifier, InputSpecification, fast, resnet18, small_resnet
    from cuelens.randomness import Chance
    from cuelens.sources import load_model
    from cuelens.training import Training, train

__all__ = [
    "FGSM",
    "L2",
    "PGD",
    "Chance",
    "Classifier",
    "CueControlled",
    "InputSpecification",
    "Linf",
    "Restarts",
    "Training",
    "__version__",
    "fast",
    "load_model",
    "resnet18",
    "small_resnet",
    "train",
]

__version__ = "0.1.0"

_HOME = {
    "Chance": "cuelens.randomness",
    "Classifier": "cuelens.networks",
    "CueControlled": "cuelens.datasets",
    "FGSM": "cuelens.attacks",
    "InputSpecification": "cuelens.networks",
    "L2": "cuelens.balls",
    "Linf": "cuelens.balls",
    "PGD": "cuelens.attacks",
    "Restarts": "cuelens.attacks",
    "Training": "cuelens.training",
    "fast": "cuelens.networks",
    "load_model": "cuelens.sources",
    "resnet18": "cuelens.networks",
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
