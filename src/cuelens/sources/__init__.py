"""Where models come from."""

from cuelens.sources.adain_weights import AdaINWeights
from cuelens.sources.addresses import address_name, is_address, open_model, stated_in
from cuelens.sources.card_page import card_page
from cuelens.sources.class_lists import KNOWN_CLASSES, read_class_list
from cuelens.sources.model_file import ModelCard, load_model, read_card, save_model
from cuelens.sources.opened import OpenedModel, Provenance, Stated
from cuelens.sources.own_networks import ARCHITECTURES, build_network, require_architecture
from cuelens.sources.preprocessing import Preprocessing
from cuelens.sources.zoo import is_zoo_name, model_path, shipped_file, zoo_names

__all__ = [
    "ARCHITECTURES",
    "KNOWN_CLASSES",
    "AdaINWeights",
    "ModelCard",
    "OpenedModel",
    "Preprocessing",
    "Provenance",
    "Stated",
    "address_name",
    "build_network",
    "card_page",
    "is_address",
    "is_zoo_name",
    "load_model",
    "model_path",
    "open_model",
    "read_card",
    "read_class_list",
    "require_architecture",
    "save_model",
    "shipped_file",
    "stated_in",
    "zoo_names",
]
