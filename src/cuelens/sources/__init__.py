"""Where models come from."""

from cuelens.sources.adain_weights import AdaINWeights
from cuelens.sources.card_page import card_page
from cuelens.sources.model_file import ModelCard, load_model, read_card, save_model
from cuelens.sources.zoo import ARCHITECTURES, build_network, require_architecture

__all__ = [
    "ARCHITECTURES",
    "AdaINWeights",
    "ModelCard",
    "build_network",
    "card_page",
    "load_model",
    "read_card",
    "require_architecture",
    "save_model",
]
