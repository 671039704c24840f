"""Class names of a file, or of a data set that is known."""

import pytest

from cuelens.datasets import CIFAR10_CLASSES
from cuelens.errors import ConfigError
from cuelens.networks.imagenet_classes import imagenet_names
from cuelens.sources import class_lists, read_class_list


def test_class_lists_are_read_or_refused(tmp_path):
    path = tmp_path / "names.txt"
    path.write_text("naïve ape\n  bee \n", encoding="utf-8")
    assert read_class_list(path) == ("naïve ape", "bee")
    assert read_class_list("names.txt", folder=tmp_path) == ("naïve ape", "bee")
    path.write_text("ape\n", encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        read_class_list(path)
    assert str(caught.value) == (
        f"Expected at least two class names, one a line, in {path}, got 1."
    )
    with pytest.raises(ConfigError) as caught:
        read_class_list(tmp_path / "none.txt")
    assert str(caught.value) == (
        f"Expected class names, one a line, in {tmp_path / 'none.txt'}, got no such file. Give a "
        "file, or the name of a data set: cifar10 or imagenet."
    )


def test_data_sets_are_named_but_a_file_of_the_name_goes_before(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert read_class_list("cifar10") == CIFAR10_CLASSES
    assert CIFAR10_CLASSES[:2] == ("airplane", "automobile")
    (tmp_path / "cifar10").write_text("ape\nbee\n", encoding="utf-8")
    assert read_class_list("cifar10") == ("ape", "bee")


def test_names_of_imagenet_come_from_a_package_or_it_is_said_which(monkeypatch):
    names = imagenet_names()
    if names:
        assert read_class_list("imagenet") == names
        assert len(names) == 1000
    monkeypatch.setattr(class_lists, "imagenet_names", lambda: ())
    with pytest.raises(ConfigError) as caught:
        read_class_list("imagenet")
    assert str(caught.value) == (
        "Expected the package timm or torchvision, which have the names of ImageNet's classes, got "
        "neither. Install one: pip install 'cuelens[timm]'."
    )
