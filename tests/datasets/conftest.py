"""A small folder of images, and where the real data is."""

import os
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


@pytest.fixture(scope="session")
def cifar10_folder() -> Path:
    """Return where CIFAR-10 was unpacked, or skip."""
    places = [Path(os.environ["CUELENS_DATA"])] if "CUELENS_DATA" in os.environ else []
    places.append(Path(__file__).parents[3] / "shared" / "data")
    for place in places:
        if (place / "cifar-10-batches-py" / "test_batch").is_file():
            return place
    pytest.skip("needs CIFAR-10: set CUELENS_DATA to the folder of cifar-10-batches-py")
