"""Attacked images as files: original, attacked and the magnified change, one of each an image.

It writes pictures and a list of them; it attacks nothing.
"""

import io
import re
from pathlib import Path

import polars as pl
from PIL import Image

from cuelens.evaluation.attack_images import AttackedImages
from cuelens.files import write_atomically
from cuelens.report.attack_examples import magnification
from cuelens.report.pictures import picture_of
from cuelens.tensors import Images

__all__ = ["save_images"]


def save_images(kept: AttackedImages, folder: Path) -> Path:
    """Write three PNG files an image, and images.csv, which lists them.

    Every difference is magnified by the same factor, stated in the list; grey is no change. A
    picture holds 8 bits a channel: rounded so, an attacked image may be right again. The exact
    pixels stay in the records, table "attack-images".

    Args:
        kept: The images.
        folder: Where to; a folder MODEL/ATTACK is made in it.

    Returns:
        The list, images.csv.

    Raises:
        StorageError: If the disk is full, or the folder cannot be written.
    """
    place = folder / file_name(kept.model) / file_name(kept.condition)
    change = kept.attacked - kept.originals
    factor = magnification(float(change.abs().max()) if len(change) else 0.0)
    pictures = {
        "original": kept.originals,
        "attacked": kept.attacked,
        "difference": 0.5 + factor * change,
    }
    rows = []
    for row, image in enumerate(kept.ids):
        files = {kind: f"{file_name(image)}-{kind}.png" for kind in pictures}
        for kind, pixels in pictures.items():
            write_atomically(place / files[kind], _png(pixels[row : row + 1]))
        names = kept.class_names
        label, after = int(kept.labels[row]), int(kept.after[row])
        rows.append(
            {
                "image": image,
                "label": names[label],
                "before": names[int(kept.before[row])],
                "after": names[after],
                "fooled": after != label,
                **files,
                "difference_magnified": factor,
            }
        )
    listed = place / "images.csv"
    write_atomically(listed, pl.DataFrame(rows).write_csv())
    return listed


def _png(image: Images) -> bytes:
    """Return one image as a PNG file."""
    file = io.BytesIO()
    Image.fromarray(picture_of(image)).save(file, "PNG")
    return file.getvalue()


def file_name(text: str) -> str:
    """Return a name as a file can have it on any system, such as "pgd-8_255"."""
    return re.sub(r"[^\w.+=,-]+", "_", text).strip("._") or "_"
