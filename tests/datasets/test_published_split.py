"""What the splits of published data sets have in common."""

import inspect

import pytest

from cuelens.datasets import Cifar10, Cifar100, TinyImageNet
from cuelens.datasets.published_split import PublishedSplit
from cuelens.errors import ConfigError

CLASSES = (Cifar10, Cifar100, TinyImageNet)


def test_a_split_without_images_cannot_be_made(tmp_path):
    with pytest.raises(TypeError, match="abstract"):
        PublishedSplit(tmp_path)


@pytest.mark.parametrize("kind", CLASSES)
def test_settings_are_asked_for_in_the_same_order(kind):
    assert list(inspect.signature(kind).parameters)[:4] == ["folder", "split", "validation", "seed"]


@pytest.mark.parametrize("kind", CLASSES)
@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (
            {"split": "validation", "validation": 0},
            '`validation` must be at least 1 where `split` is "validation", got 0.',
        ),
        ({"seed": -1}, "`seed` must be at least 0, got -1."),
    ],
)
def test_a_wrong_setting_is_refused_before_any_file_is_looked_for(
    kind, settings, message, tmp_path
):
    with pytest.raises(ConfigError) as caught:
        kind(tmp_path / "nothing", **settings)
    assert str(caught.value) == message
