"""Every word that a study file's `data` field may hold."""

from cuelens.study.images.addressed_images import AddressedImages
from cuelens.study.images.data import Cifar10, CueControlled, ImageFolder, TinyImageNet
from cuelens.study.images.image_sources import (
    Caltech,
    Cifar100,
    HuggingFace,
    ImageNet,
    ImageTable,
    WebDataset,
)

__all__ = ["DATA"]

DATA: tuple[type, ...] = (
    AddressedImages,
    Caltech,
    Cifar10,
    Cifar100,
    CueControlled,
    HuggingFace,
    ImageFolder,
    ImageNet,
    ImageTable,
    TinyImageNet,
    WebDataset,
)
"""Each class opens images; its fields are the settings."""
