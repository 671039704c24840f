"""Caltech-101 and Caltech-256: a folder for each object, and one of clutter that is no object.

Source:
    Fei-Fei et al., 2004, https://data.caltech.edu/records/mzrjq-6wc02;
    Griffin et al., 2007, https://data.caltech.edu/records/nyy15-4j048
"""

import re

from cuelens.datasets.class_folders import class_folders, folders_in
from cuelens.datasets.listing import Listing
from cuelens.datasets.reading import Problem
from cuelens.datasets.roots import Root

__all__ = ["caltech"]

_FOLDER_101, _FOLDER_256 = "101_ObjectCategories", "256_ObjectCategories"
_CLUTTER_101 = "BACKGROUND_Google"
_NUMBERED = re.compile(r"(\d{3})\.(.+)")
_CLUTTER_256 = "clutter"


def caltech(root: Root) -> Listing | None:
    """List the images of Caltech-101 or -256; None where neither lies here.

    Args:
        root: The publisher's folder, a folder that holds it, or a part of its class folders.

    Returns:
        The classes of Caltech-101 are called by their folders, those of Caltech-256 without the
        number, in its order. The folder of clutter is left out and told of: a classifier has no
        class for what is none.
    """
    for name in (_FOLDER_101, _FOLDER_256):
        if root.name != name and root.has(name):
            return caltech(root.inside(name))
    folders = folders_in(root)
    if root.name == _FOLDER_101 or _CLUTTER_101 in folders:
        return _listed(root, "Caltech-101", folders, clutter=_CLUTTER_101)
    numbered = [folder for folder in folders if _NUMBERED.fullmatch(folder)]
    if numbered and len(numbered) == len(folders):
        clutter = next((one for one in numbered if _object(one) == _CLUTTER_256), "")
        return _listed(root, "Caltech-256", folders, clutter=clutter)
    return None


def _listed(root: Root, what: str, folders: tuple[str, ...], *, clutter: str) -> Listing:
    left_out = [
        Problem(path=folder, reason="it is the data set's clutter, which is no class")
        for folder in folders
        if folder == clutter
    ]
    return class_folders(
        root,
        folders=[folder for folder in folders if folder != clutter],
        name_of=_object,
        what=what,
        left_out=left_out,
    )


def _object(folder: str) -> str:
    found = _NUMBERED.fullmatch(folder)
    return folder if found is None else found[2]
