"""Data sets: labelled images of one size, each with an id that chance is keyed by."""

from cuelens.datasets.cue_controlled import CUES, CueControlled
from cuelens.datasets.in_memory import InMemoryDataset
from cuelens.datasets.protocol import CueDataset, Dataset
from cuelens.datasets.selection import CueSelection, Selection

__all__ = [
    "CUES",
    "CueControlled",
    "CueDataset",
    "CueSelection",
    "Dataset",
    "InMemoryDataset",
    "Selection",
]
