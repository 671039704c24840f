"""A small folder of images, and what a folder holds, byte for byte."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image


def picture(key: int, width: int = 40, height: int = 30) -> Image.Image:
    """Return a smooth random colour picture."""
    generator = np.random.Generator(np.random.Philox(key=key))
    coarse = generator.integers(0, 256, (4, 5, 3), dtype=np.uint8)
    return Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC)


def fill(folder: Path, count: int = 3, classes: tuple[str, ...] = ("ape", "bee")) -> Path:
    """Write some PNG files a class."""
    for label, name in enumerate(classes):
        (folder / name).mkdir(parents=True)
        for number in range(count):
            picture(100 * label + number).save(folder / name / f"{number}.png")
    return folder


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """Return a folder of two classes with three PNG files each."""
    return fill(tmp_path / "pictures")


@pytest.fixture
def split_pictures(tmp_path: Path) -> Path:
    """Return a folder with train and val of two classes each."""
    for split, count in (("train", 3), ("val", 2)):
        fill(tmp_path / "pictures" / split, count)
    return tmp_path / "pictures"


def files(folder: Path) -> dict[str, bytes]:
    """Return every file below a folder, hidden ones too, with its bytes."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.fixture
def files_of() -> Callable[[Path], dict[str, bytes]]:
    """Return what lists every file below a folder with its bytes."""
    return files


@pytest.fixture
def pixels_of() -> Callable[[Path], np.ndarray]:
    """Return what reads an image file: (height, width, channel)."""
    return lambda path: np.asarray(Image.open(path))
