"""Pairs for cue conflict: balanced, distinct, and the same whatever else is there."""

from collections import Counter

import pytest

from cuelens.datasets.pairs import balanced_pairs
from cuelens.errors import ConfigError, DataError

IMAGES = {name: [f"{name}/{k}.png" for k in range(5)] for name in ("ape", "bee", "cat", "dog")}


def spread(counts) -> int:
    return max(counts.values()) - min(counts.values())


@pytest.mark.parametrize("count", [12, 24, 50, 120])
def test_classes_and_images_take_part_equally_often(count):
    pairs = balanced_pairs(IMAGES, count=count)
    assert len(pairs) == count
    classes = Counter((pair.shape_class, pair.texture_class) for pair in pairs)
    assert len(classes) == 12
    assert spread(classes) <= 1
    for name in IMAGES:
        shapes = Counter(pair.shape for pair in pairs if pair.shape_class == name)
        textures = Counter(pair.texture for pair in pairs if pair.texture_class == name)
        assert spread(Counter(dict.fromkeys(IMAGES[name], 0)) | shapes) <= 1
        assert spread(Counter(dict.fromkeys(IMAGES[name], 0)) | textures) <= 2


@pytest.mark.parametrize("congruent", [False, True])
def test_no_two_images_meet_twice_and_none_meets_itself(congruent):
    pairs = balanced_pairs(IMAGES, count=100, congruent=congruent)
    assert len({(pair.shape, pair.texture) for pair in pairs}) == 100
    assert all(pair.shape != pair.texture for pair in pairs)
    assert any(pair.congruent for pair in pairs) is congruent


def test_one_pair_for_each_two_classes_unless_told_otherwise():
    assert len(balanced_pairs(IMAGES)) == 12
    assert len(balanced_pairs(IMAGES, congruent=True)) == 16


def test_a_number_is_the_place_of_an_image_in_its_class():
    for pair in balanced_pairs(IMAGES):
        assert pair.shape == IMAGES[pair.shape_class][pair.shape_number - 1]
        assert pair.texture == IMAGES[pair.texture_class][pair.texture_number - 1]


def test_the_seed_alone_decides():
    assert balanced_pairs(IMAGES, seed=1) == balanced_pairs(dict(reversed(IMAGES.items())), seed=1)
    assert balanced_pairs(IMAGES, seed=1) != balanced_pairs(IMAGES, seed=2)


@pytest.mark.parametrize(
    ("images", "settings", "error", "message"),
    [
        (
            {"ape": ["a"]},
            {},
            DataError,
            "Cue conflict needs images of at least two classes, got ape.",
        ),
        (
            {"ape": ["a"], "bee": []},
            {},
            DataError,
            "Each class must have at least one image, got none of bee. Take its folder away.",
        ),
        (IMAGES, {"count": 0}, ConfigError, "`count` must be at least 1 pair, got 0."),
        (
            {"ape": ["a"], "bee": ["b"]},
            {"count": 3},
            ConfigError,
            (
                "`count` must be small enough that no two images meet twice, but ape and bee have "
                "1 and 1 images. Ask for fewer pairs, or add images."
            ),
        ),
    ],
)
def test_what_cannot_be_paired_is_refused(images, settings, error, message):
    with pytest.raises(error) as caught:
        balanced_pairs(images, **settings)
    assert str(caught.value) == message
