"""ImageNet (ILSVRC 2012): in class folders, or flat with a file that says each image's class.

Source:
    Russakovsky et al., 2015, https://arxiv.org/abs/1409.0575
"""

import re
from dataclasses import replace

import torch

from cuelens.datasets.class_folders import class_folders, folders_in, images_in
from cuelens.datasets.imagenet_labels import Labelled, labels_beside
from cuelens.datasets.listing import FilesBelow, Listing, labelled
from cuelens.datasets.reading import Problem
from cuelens.datasets.roots import Root
from cuelens.errors import DataError, MissingDataError

__all__ = ["imagenet", "is_wordnet_id"]

_WORDNET_ID = re.compile(r"n\d{8}")
_SELF_NAMED = re.compile(r"(\d{1,4})_(n\d{8})_(.+)\.[^.]+")
_VALIDATION = re.compile(r"ILSVRC2012_val_\d{8}\.JPEG", re.IGNORECASE)
_PARTS = ("val", "validation")
_ARCHIVE = "ILSVRC/Data/CLS-LOC"


def is_wordnet_id(name: str) -> bool:
    """Return whether a name is a WordNet id, such as "n01440764"."""
    return _WORDNET_ID.fullmatch(name) is not None


def imagenet(root: Root, *, labels: str | None = None) -> Listing | None:
    """List images of ImageNet; None where none lie here.

    Args:
        root: Class folders named by WordNet ids; files ILSVRC2012_val_00000001.JPEG with a file
            of labels; files named INDEX_WORDNETID_NAME.jpg; or a folder that holds one of these
            as val, validation or ILSVRC/Data/CLS-LOC/val.
        labels: The file of labels of flat images, below the root or a path; see `labels_beside`.

    Returns:
        Classes are called by their WordNet ids, in their order, except where file names tell
        names.

    Raises:
        MissingDataError: If flat images come without labels.
        DataError: If their labels cannot be read.
    """
    below = folders_in(root)
    places = [root, *(root.inside(part) for part in _PARTS if part in below)]
    places += [root.inside(f"{_ARCHIVE}/val")] if root.has(f"{_ARCHIVE}/val") else []
    for place in places:
        folders = folders_in(place)
        if folders and all(is_wordnet_id(folder) for folder in folders):
            listed = class_folders(place, what="ImageNet in class folders")
            return _with_ids(listed)
    for place in places:
        files = [entry.name for entry in place.entries() if not entry.is_folder]
        if any(_VALIDATION.fullmatch(name) for name in files):
            return _flat(place, labels_beside((root, place), labels, files=_validation(place)))
        if files and sum(_SELF_NAMED.fullmatch(name) is not None for name in files) > 1:
            return _self_named(place)
    return None


def _with_ids(listing: Listing) -> Listing:
    return replace(listing, wordnet_ids=listing.class_names)


def _validation(root: Root) -> list[str]:
    names, _ = images_in(root, "")
    return names


def _flat(root: Root, given: Labelled | None) -> Listing:
    names, problems = images_in(root, "")
    if given is None:
        raise MissingDataError(
            f"`{root.address}` holds ImageNet's validation images without class folders, so their "
            "classes must come from a file: LOC_val_solution.csv, or lines of file name and "
            "WordNet id or index, or one WordNet id a line. Put it there as val.txt, or name it: "
            f"`imagenet:{root.address}?labels=FILE`."
        )
    known = {name: given.classes[name] for name in names if name in given.classes}
    problems += [
        Problem(path=name, reason=f"{given.file} has no class for it")
        for name in names
        if name not in known
    ]
    if not known:
        raise DataError(
            f"`{given.file}` must tell the classes of the images in `{root.address}`, got none of "
            f"them among its {len(given.classes):,}. Give another file of labels."
        )
    if given.by_index:
        class_names = tuple(str(index) for index in sorted({int(x) for x in known.values()}))
    else:
        class_names = tuple(sorted(set(known.values())))
    ids, labels = labelled(known, class_names=class_names, where=f"`{root.address}`")
    return Listing(
        name=root.name,
        recognised=f"ImageNet's validation images in `{root.address}`, labelled by {given.file}",
        class_names=class_names,
        ids=ids,
        labels=labels,
        place=FilesBelow(root=root),
        problems=tuple(problems),
        wordnet_ids=() if given.by_index else class_names,
        indices=tuple(int(name) for name in class_names) if given.by_index else (),
    )


def _self_named(root: Root) -> Listing:
    """List files whose names begin with the class's index and WordNet id."""
    names, problems = images_in(root, "")
    found = {name: match for name in names if (match := _SELF_NAMED.fullmatch(name))}
    problems += [
        Problem(path=name, reason="its name does not begin with an index and a WordNet id")
        for name in names
        if name not in found
    ]
    classes = sorted({(int(match[1]), match[2], match[3]) for match in found.values()})
    if len({index for index, _, _ in classes}) < len(classes):
        raise DataError(
            f"Files in `{root.address}` that begin with the same index must go on with the same "
            "WordNet id and name, got different ones. Rename them."
        )
    places = {index: label for label, (index, _, _) in enumerate(classes)}
    return Listing(
        name=root.name,
        recognised=f"ImageNet images in `{root.address}`, whose names tell their classes",
        class_names=tuple(name.replace("_", " ") for _, _, name in classes),
        ids=list(found),
        labels=torch.tensor([places[int(match[1])] for match in found.values()]),
        place=FilesBelow(root=root),
        problems=tuple(problems),
        wordnet_ids=tuple(wordnet for _, wordnet, _ in classes),
        indices=tuple(index for index, _, _ in classes),
    )
