"""Models that are there already, opened by their address, and where they came from."""

from dataclasses import dataclass
from pathlib import Path

from cuelens.networks.classifier import Classifier
from cuelens.sources import load_model

__all__ = ["Opened", "name_of", "opened_at"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Opened:
    """A model that was there already.

    Attributes:
        classifier: In eval mode on the CPU.
        network: Its architecture.
        origin: Where it and its settings came from, name by name, in words.
        recipe: How it was trained; empty where unknown.
        training_seed: None where unknown.
    """

    classifier: Classifier
    network: str
    origin: dict[str, str]
    recipe: str = ""
    training_seed: int | None = None


def opened_at(address: str) -> Opened:
    """Open a model.

    Args:
        address: A model file.

    Raises:
        ModelError: If nothing is there, or it cannot be read.
    """
    classifier, card = load_model(Path(address))
    classifier.name = name_of(address)
    origin = {
        "came from": address,
        "read by": "cuelens, a model file of its own",
        "architecture": card.architecture,
        "class names from": "its card",
        "input settings from": "its card",
        "trained by": card.recipe,
        "training seed": "" if card.training_seed is None else str(card.training_seed),
    }
    return Opened(
        classifier=classifier,
        network=card.architecture,
        origin={name: words for name, words in origin.items() if words},
        recipe=card.recipe,
        training_seed=card.training_seed,
    )


def name_of(address: str) -> str:
    """Return what a model is called in tables."""
    return Path(address).stem
