"""Which visual cues an image classifier relies on, and how adversarial training changes them.

The names below are the ones that most programs need; each folder exports the rest. They are
imported when first used, so that `import cuelens` costs next to nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cuelens.balls import L2, Linf
    from cuelens.networks.classifier import Classifier, InputSpecification
    from cuelens.networks.fast_path import fast
    from cuelens.networks.resnet import resnet18, small_resnet
    from cuelens.randomness import Chance

__all__ = [
    "L2",
    "Chance",
    "Classifier",
    "InputSpecification",
    "Linf",
    "__version__",
    "fast",
    "resnet18",
    "small_resnet",
]

__version__ = "0.1.0"

_HOME = {
    "L2": "cuelens.balls",
    "Chance": "cuelens.randomness",
    "Classifier": "cuelens.networks.classifier",
    "InputSpecification": "cuelens.networks.classifier",
    "Linf": "cuelens.balls",
    "fast": "cuelens.networks.fast_path",
    "resnet18": "cuelens.networks.resnet",
    "small_resnet": "cuelens.networks.resnet",
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
