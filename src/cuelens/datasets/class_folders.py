"""The commonest layout: a folder for each class, with image files in it.

It lists names and opens no file, so that a million of them are a matter of seconds.
"""

from collections.abc import Callable, Iterable

import torch

from cuelens.datasets.built_copy import MANIFEST, README
from cuelens.datasets.folder_scan import ENDINGS
from cuelens.datasets.listing import FilesBelow, Listing
from cuelens.datasets.reading import Problem, told_first
from cuelens.datasets.roots import Root
from cuelens.errors import DataError, MissingDataError

__all__ = ["CLASS_LAYOUT", "class_folders", "folders_in", "images_in"]

CLASS_LAYOUT = "Put the images of each class into a folder of their own: FOLDER/CLASS/IMAGE.png"
_ENDING = f"its name ends in none of {', '.join(ENDINGS)}"


def folders_in(root: Root) -> tuple[str, ...]:
    """Return the names of the folders in a folder, sorted."""
    return tuple(entry.name for entry in root.entries() if entry.is_folder and entry.is_named)


def class_folders(
    root: Root,
    *,
    folders: Iterable[str] | None = None,
    name_of: Callable[[str], str] = str,
    what: str = "images in class folders",
    left_out: Iterable[Problem] = (),
) -> Listing:
    """List the images of a folder of class folders.

    Args:
        root: Holds the class folders.
        folders: Those that are classes, in the order of their labels; all, sorted, if None.
        name_of: Gives the class's name of its folder's.
        what: This layout, for what is told.
        left_out: Folders that are no classes, and why.

    Returns:
        Ids are paths below `root`; links to files and folders are followed, and folders within
        class folders are not entered.

    Raises:
        MissingDataError: If there is no folder.
        DataError: If no folder holds an image.
    """
    chosen = folders_in(root) if folders is None else tuple(folders)
    if not chosen:
        raise MissingDataError(
            f"`{root.address}` must hold one folder for each class, got none. {CLASS_LAYOUT}."
        )
    ids: list[str] = []
    labels: list[torch.Tensor] = []
    problems = [*left_out, *_beside(root)]
    for label, folder in enumerate(chosen):
        images, unfit = images_in(root, folder)
        ids += [f"{folder}/{image}" for image in images]
        labels.append(torch.full((len(images),), label))
        problems += unfit
    if not ids:
        raise DataError(
            f"`{root.address}` must hold images in its {len(chosen)} class folders, got none. "
            f"{CLASS_LAYOUT}.{told_first(problems)}"
        )
    return Listing(
        name=root.name,
        recognised=f"{what} in `{root.address}`",
        class_names=tuple(name_of(folder) for folder in chosen),
        ids=ids,
        labels=torch.cat(labels),
        place=FilesBelow(root=root),
        problems=tuple(problems),
    )


def images_in(root: Root, folder: str) -> tuple[list[str], list[Problem]]:
    """Return the names of the image files in a folder below the root, and what else lies there."""
    names, problems = [], []
    below = f"{folder}/" if folder else ""
    try:
        for entry in root.entries(folder):
            if entry.is_folder:
                reason = "it is a folder within a class folder, where only images are read"
            elif not entry.is_named:
                reason = "its name is no Unicode; rename it"
            elif not entry.name.lower().endswith(ENDINGS):
                reason = _ENDING
            else:
                names.append(entry.name)
                continue
            problems.append(Problem(path=f"{below}{entry.name}", reason=reason))
    except OSError as error:
        reason = f"it cannot be opened ({error.strerror or error})"
        return [], [Problem(path=folder, reason=reason)]
    return names, problems


def _beside(root: Root) -> list[Problem]:
    """Return what lies beside the class folders; not what a distorted copy says of itself."""
    expected = (MANIFEST, README) if root.has(MANIFEST) else ()
    return [
        Problem(
            path=entry.name,
            reason="it lies in no class folder" if entry.is_named else "its name is no Unicode",
        )
        for entry in root.entries()
        if not (entry.is_folder and entry.is_named) and entry.name not in expected
    ]
