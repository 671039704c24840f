"""Images under a model's classes."""

import pytest
import torch

from cuelens.datasets import ImageFolder, mapped_images, match_classes, unmatched_images
from cuelens.errors import DataError


def test_labels_are_the_models_and_unmatched_images_are_counted(image_folder):
    images = ImageFolder(image_folder, size=24)
    mapping = match_classes(images.class_names, ("zebra", "bee"))
    assert unmatched_images(images, mapping) == {"ape": 3}
    found = mapped_images(images, mapping)
    assert found.class_names == ("zebra", "bee")
    assert found.labels.tolist() == [1, 1, 1]
    assert found.ids == ("bee/0.png", "bee/1.png", "bee/2.png")
    assert found.class_counts == {"bee": 3}
    assert torch.equal(found.images(torch.arange(3)), images.images(torch.arange(3, 6)))


def test_the_same_classes_change_nothing(image_folder):
    images = ImageFolder(image_folder, size=24)
    assert mapped_images(images, match_classes(("ape", "bee"), ("ape", "bee"))) is images
    turned = mapped_images(images, match_classes(("ape", "bee"), ("bee", "ape")))
    assert turned.labels.tolist() == [1, 1, 1, 0, 0, 0]
    assert turned.fingerprint != images.fingerprint


def test_other_classes_and_no_image_are_errors(image_folder):
    images = ImageFolder(image_folder, size=24)
    with pytest.raises(DataError, match="must go with images of these classes"):
        mapped_images(images, match_classes(("ape", "cat"), ("ape", "cat")))
    only = images.take(torch.arange(3), name="apes")
    with pytest.raises(DataError, match="must be of a class that the model has, got none"):
        mapped_images(only, match_classes(("ape", "bee"), ("bee", "cat")))
