"""Models that are there already, opened by their address, and where they came from in words."""

from dataclasses import dataclass

from cuelens.networks.classifier import Classifier
from cuelens.sources import Stated, open_model

__all__ = ["Opened", "opened_at"]


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


def opened_at(address: str, *, stated: Stated | None = None) -> Opened:
    """Open a model.

    Args:
        address: As `open_model` takes it.
        stated: What the source does not say, or says otherwise.

    Raises:
        ConfigError: As `open_model` raises it.
        ModelError: If nothing is there, or it cannot be read.
    """
    found = open_model(address, stated=stated)
    said = found.provenance
    origin = {
        "came from": said.address,
        "read by": said.library,
        "architecture": said.architecture,
        "weights from": said.weights,
        "class names from": said.classes,
        "input settings from": said.preprocessing,
        "trained by": said.recipe,
        "training seed": "" if said.training_seed is None else str(said.training_seed),
        "to know": " ".join(said.notes),
    }
    return Opened(
        classifier=found.classifier,
        network=said.architecture,
        origin={name: words for name, words in origin.items() if words},
        recipe=said.recipe,
        training_seed=said.training_seed,
    )
