"""How Tiny ImageNet lies on the disk: its folders, the names of its images, its annotations."""

from pathlib import Path

from cuelens.errors import MissingDataError

__all__ = ["FOLDER", "REMEDY", "find_tiny_imagenet", "tiny_imagenet_id", "tiny_imagenet_labels"]

FOLDER = "tiny-imagenet-200"
"""What the publisher's archive unpacks to."""

REMEDY = (
    "Download tiny-imagenet-200.zip from http://cs231n.stanford.edu/tiny-imagenet-200.zip and "
    "unpack it"
)


def find_tiny_imagenet(folder: Path) -> Path | None:
    """Return the folder of wnids.txt, train and val: the one given, or the archive's inside it."""
    for place in (folder, folder / FOLDER):
        if (place / "wnids.txt").is_file() and (place / "train").is_dir():
            return place
    return None


def tiny_imagenet_id(part: str, stem: str, condition: str | None) -> str:
    """Return the id of an image.

    Args:
        part: The publisher's: "train", "val" or "test".
        stem: The name of its file without the ending, which a copy may have changed.
        condition: Of a distorted copy, None for the published images.
    """
    told = "" if condition is None else f"{condition}/"
    return f"tiny-imagenet/{told}{part}/{stem}"


def tiny_imagenet_labels(place: Path) -> dict[str, str]:
    """Return the class of each validation image by its file name.

    Raises:
        MissingDataError: If there are no annotations.
    """
    path = place / "val" / "val_annotations.txt"
    if not path.is_file():
        raise MissingDataError(
            f"Expected the classes of the validation images in `{path}`, but there is no such "
            f"file. {REMEDY} again."
        )
    rows = (line.split("\t") for line in path.read_text(encoding="utf-8").splitlines())
    return {row[0]: row[1] for row in rows if len(row) > 1}
