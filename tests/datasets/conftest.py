"""A small folder of images."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image


def picture(key: int, width: int = 40, height: int = 30) -> Image.Image:
    """Return a smooth random colour picture."""
    generator = np.random.Generator(np.random.Philox(key=key))
    coarse = generator.integers(0, 256, (4, 5, 3), dtype=np.uint8)
    return Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC)


@pytest.fixture
def image_folder(tmp_path: Path) -> Path:
    """Return a folder of two classes with three PNG files each."""
    folder = tmp_path / "pictures"
    for label, name in enumerate(("ape", "bee")):
        (folder / name).mkdir(parents=True)
        for number in range(3):
            picture(10 * label + number).save(folder / name / f"{number}.png")
    return folder
