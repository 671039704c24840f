"""Data sets: labelled images of one size, each with an id that chance is keyed by."""

from cuelens.datasets.addresses import OpenedImages, open_images
from cuelens.datasets.cifar10 import CIFAR10_CLASSES, Cifar10
from cuelens.datasets.cifar100 import Cifar100
from cuelens.datasets.class_mapping import ClassMapping, match_classes
from cuelens.datasets.conflict_names import ConflictName, conflict_name, read_conflict_name
from cuelens.datasets.cue_conflict import CueConflictFolder, is_conflict_folder
from cuelens.datasets.cue_controlled import CUES, CueControlled
from cuelens.datasets.decoding import read_image
from cuelens.datasets.encoded_images import EncodedImages, read_listing
from cuelens.datasets.framing import Framing
from cuelens.datasets.grouped import GroupedCues, GroupedImages, grouped_images
from cuelens.datasets.image_folder import ImageFolder
from cuelens.datasets.in_memory import InMemoryDataset
from cuelens.datasets.listing import Listing
from cuelens.datasets.mapped_images import MappedImages, mapped_images, unmatched_images
from cuelens.datasets.named_images import NamedImages
from cuelens.datasets.protocol import CueDataset, Dataset, MaskedDataset, SourcedDataset
from cuelens.datasets.reading import Conversion, Problem
from cuelens.datasets.selection import ConflictSelection, CueSelection, Selection
from cuelens.datasets.splitting import split, stratified_rows
from cuelens.datasets.style_folder import StyleFolder
from cuelens.datasets.styles import ProceduralStyles, Styles
from cuelens.datasets.tiny_imagenet import TinyImageNet

__all__ = [
    "CIFAR10_CLASSES",
    "CUES",
    "Cifar10",
    "Cifar100",
    "ClassMapping",
    "ConflictName",
    "ConflictSelection",
    "Conversion",
    "CueConflictFolder",
    "CueControlled",
    "CueDataset",
    "CueSelection",
    "Dataset",
    "EncodedImages",
    "Framing",
    "GroupedCues",
    "GroupedImages",
    "ImageFolder",
    "InMemoryDataset",
    "Listing",
    "MappedImages",
    "MaskedDataset",
    "NamedImages",
    "OpenedImages",
    "Problem",
    "ProceduralStyles",
    "Selection",
    "SourcedDataset",
    "StyleFolder",
    "Styles",
    "TinyImageNet",
    "conflict_name",
    "grouped_images",
    "is_conflict_folder",
    "mapped_images",
    "match_classes",
    "open_images",
    "read_conflict_name",
    "read_image",
    "read_listing",
    "split",
    "stratified_rows",
    "unmatched_images",
]
