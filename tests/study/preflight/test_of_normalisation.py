"""Which normalisation: planted ones are found, and no alarm is raised where it is right."""

from dataclasses import replace

import pytest
from tests.study.preflight.planted import (
    BYTES,
    HALF,
    IMAGENET,
    PLAIN,
    Levels,
    classifier,
    level_images,
)
from torch import nn

from cuelens.networks import Classifier, InputSpecification
from cuelens.study.preflight.of_normalisation import NORMALISATIONS, normalisation_finding
from cuelens.study.preflight.rivals import forwarded, outcome_of


def finding_of(model: Classifier, count: int = 200):
    images, labels = level_images(count)
    given = outcome_of(forwarded(model, images), labels)
    return normalisation_finding(model, images, labels, given)


class BlueFirst(nn.Module):
    """A network that wants blue, green, red."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, images):
        return self.network(images.flip(1))


@pytest.mark.parametrize("stated", [PLAIN, HALF, IMAGENET, BYTES])
def test_the_right_normalisation_raises_no_alarm(stated):
    found = finding_of(classifier(Levels(stated), stated))
    assert (found.name, found.raised, found.fix) == ("normalisation", False, "")
    assert found.numbers["accuracy"] > 0.95


@pytest.mark.parametrize(
    ("trained", "stated", "name"),
    [
        (PLAIN, IMAGENET, "doubled-normalisation"),
        (PLAIN, HALF, "doubled-normalisation"),
        (IMAGENET, PLAIN, "missing-normalisation"),
        (BYTES, PLAIN, "range-0-255"),
        (BYTES, IMAGENET, "range-0-255"),
        (HALF, IMAGENET, "other-normalisation"),
        (IMAGENET, HALF, "other-normalisation"),
    ],
)
def test_each_wrong_one_is_found_by_its_name(trained, stated, name):
    found = finding_of(classifier(Levels(trained), stated))
    assert (found.name, found.raised) == (name, True)
    assert found.numbers["p"] < 0.01


def test_blue_first_is_found():
    found = finding_of(classifier(BlueFirst(Levels(IMAGENET)), IMAGENET))
    assert (found.name, found.raised) == ("channel-order", True)
    assert "blue, green, red" in found.fix


def test_the_sentence_has_both_shares_and_the_fix_has_the_settings():
    found = finding_of(classifier(Levels(HALF), PLAIN))
    assert found.name == "missing-normalisation"
    assert found.sentence.startswith("with the stated normalisation (pixels in [0, 1]) it is right")
    assert "About as good: (255 x - 127) / 128." in found.sentence
    assert found.fix == (
        "State the normalisation of its training: mean 0.5, deviation 0.5."
    )  # fmt: skip


def test_few_images_raise_no_alarm_that_may_be_chance():
    assert not finding_of(classifier(Levels(HALF), IMAGENET), count=4).raised


def test_images_of_one_channel_are_tried_with_the_normalisations_of_one_number():
    grey = InputSpecification(mean=(0.5,), deviation=(0.5,))

    class OneLevel(nn.Module):
        def forward(self, images):
            return -(images.mean((1, 2, 3))[:, None] * 5 - nn.Parameter(levels)).abs()

    images, labels = level_images()
    levels = images[:5].mean((1, 2, 3)) * 0  # all alike: nothing can be better
    model = classifier(OneLevel(), grey)
    given = outcome_of(forwarded(model, images[:, :1]), labels)
    found = normalisation_finding(model, images[:, :1], labels, given)
    assert not found.raised
    tried = [name for name in found.numbers if name.startswith("accuracy, ")]
    assert tried == [
        f"accuracy, {name}"
        for name in ("pixels in [0, 1]", "(255 x - 127) / 128", "pixels in [0, 255]")
    ]


def test_what_is_tried_leaves_the_filter_and_the_size_of_the_specification():
    stated = replace(HALF, height=8, width=8, low_pass=3.0)
    found = finding_of(classifier(Levels(HALF), stated))
    assert not found.raised
    assert len(NORMALISATIONS) == 8
