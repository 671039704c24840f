"""Builders: distorted copies of data sets, accounted for file by file, resumable and checkable.

`build` is what most people need; `run_build` takes items of any kind.
"""

from cuelens.builders.adjectives import adjective_condition, family_of
from cuelens.builders.checking import Checked, check
from cuelens.builders.cifar10_files import Cifar10Files
from cuelens.builders.cue_conflict import build_cue_conflict
from cuelens.builders.distorted_copy import build, build_condition
from cuelens.builders.engine import Built, Work, run_build
from cuelens.builders.image_tree import ImageTree
from cuelens.builders.items import Item, Maker, Output, Picture, Reader
from cuelens.builders.layouts import Companion, Laid, Layout
from cuelens.builders.readme import Account
from cuelens.builders.recognition import layout_at
from cuelens.builders.rendered import Rendered
from cuelens.builders.sheet import preview
from cuelens.builders.tiny_imagenet_files import TinyImageNetFiles

__all__ = [
    "Account",
    "Built",
    "Checked",
    "Cifar10Files",
    "Companion",
    "ImageTree",
    "Item",
    "Laid",
    "Layout",
    "Maker",
    "Output",
    "Picture",
    "Reader",
    "Rendered",
    "TinyImageNetFiles",
    "Work",
    "adjective_condition",
    "build",
    "build_condition",
    "build_cue_conflict",
    "check",
    "family_of",
    "layout_at",
    "preview",
    "run_build",
]
