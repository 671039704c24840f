"""Data sets: labelled images of one size, each with an id that chance is keyed by."""

from cuelens.datasets.cifar10 import CIFAR10_CLASSES, Cifar10
from cuelens.datasets.conflict_names import ConflictName, conflict_name, read_conflict_name
from cuelens.datasets.cue_conflict import CueConflictFolder, is_conflict_folder
from cuelens.datasets.cue_controlled import CUES, CueControlled
from cuelens.datasets.decoding import read_image
from cuelens.datasets.folder_scan import Conversion, Problem
from cuelens.datasets.grouped import GroupedCues, GroupedImages, grouped_images
from cuelens.datasets.image_folder import ImageFolder
from cuelens.datasets.in_memory import InMemoryDataset
from cuelens.datasets.named_images import NamedImages
from cuelens.datasets.protocol import CueDataset, Dataset, MaskedDataset, SourcedDataset
from cuelens.datasets.selection import ConflictSelection, CueSelection, Selection
from cuelens.datasets.splitting import split, stratified_rows
from cuelens.datasets.style_folder import StyleFolder
from cuelens.datasets.styles import ProceduralStyles, Styles
from cuelens.datasets.tiny_imagenet import TinyImageNet

__all__ = [
    "CIFAR10_CLASSES",
    "CUES",
    "Cifar10",
    "ConflictName",
    "ConflictSelection",
    "Conversion",
    "CueConflictFolder",
    "CueControlled",
    "CueDataset",
    "CueSelection",
    "Dataset",
    "GroupedCues",
    "GroupedImages",
    "ImageFolder",
    "InMemoryDataset",
    "MaskedDataset",
    "NamedImages",
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
    "read_conflict_name",
    "read_image",
    "split",
    "stratified_rows",
]
