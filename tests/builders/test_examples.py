"""A picture of each class, as files."""

from pathlib import Path

import numpy as np
import torch
from PIL import Image

from cuelens.builders.examples import write_examples
from cuelens.datasets import CueControlled


def test_the_first_image_of_each_class_is_written(tmp_path: Path) -> None:
    dataset = CueControlled(count=40, size=32, split="test")
    files = write_examples(dataset, tmp_path / "new" / "pictures")
    assert [file.stem for file in files] == list(dataset.class_names)
    for label, file in enumerate(files):
        row = dataset.labels.tolist().index(label)
        expected = (dataset.images(torch.tensor([row]))[0] * 255).round().permute(1, 2, 0)
        np.testing.assert_array_equal(np.asarray(Image.open(file)), expected.numpy())


def test_a_class_without_images_has_no_picture(tmp_path: Path) -> None:
    dataset = CueControlled(count=40, size=32, split="test")
    rows = torch.nonzero(dataset.labels == 3).flatten()
    (file,) = write_examples(dataset.take(rows, name="one class"), tmp_path)
    assert file == tmp_path / f"{dataset.class_names[3]}.png"
