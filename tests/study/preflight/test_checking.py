"""The whole pre-flight on planted models: one fault hides no other, and nothing is left changed."""

import pytest
import torch
from tests.study.preflight.planted import (
    IMAGENET,
    NAMES,
    PLAIN,
    Levels,
    classifier,
    level_images,
)
from torch import nn

from cuelens.errors import ConfigError
from cuelens.study.preflight import preflight

NAMES_OF_FINDINGS = [
    "not-numbers", "train-mode", "randomised-outputs", "batch-dependent",
    "probabilities-not-logits", "few-preflight-images", "near-chance", "class-order",
    "normalisation", "double-resize", "geometry",
]  # fmt: skip


class Turned(nn.Module):
    """Its outputs stand in another order, and are probabilities."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, images):
        return self.network(images)[:, [2, 0, 1, 4, 3]].softmax(1)


def test_a_sound_model_has_every_finding_and_none_is_raised():
    found = preflight(classifier(Levels(IMAGENET), IMAGENET), *level_images())
    assert [one.name for one in found] == NAMES_OF_FINDINGS
    assert not [one.name for one in found if one.raised]
    assert all(one.sentence.endswith(".") for one in found)


def test_three_faults_at_once_are_found_each_by_its_name():
    model = classifier(Turned(Levels(PLAIN)), IMAGENET)
    model.specification = PLAIN
    found = {one.name: one for one in preflight(model, *level_images()) if one.raised}
    assert list(found) == ["probabilities-not-logits", "near-chance", "class-order"]
    doubled = classifier(Levels(PLAIN), IMAGENET)
    names = [one.name for one in preflight(doubled, *level_images()) if one.raised]
    assert "doubled-normalisation" in names
    assert all(one.fix for one in found.values())


def test_few_images_are_said():
    found = preflight(classifier(Levels(PLAIN)), *level_images(20))
    assert [one.name for one in found if one.raised] == ["few-preflight-images"]


def test_progress_hears_of_every_step():
    heard = []
    preflight(
        classifier(Levels(PLAIN)),
        *level_images(20),
        progress=lambda done, total, note: heard.append((done, total, note)),
    )
    assert heard == [
        (0, 4, "outputs"), (1, 4, "classes"), (2, 4, "normalisation"), (3, 4, "geometry"),
        (4, 4, ""),
    ]  # fmt: skip


def test_labels_that_are_none_of_the_classes_are_refused():
    images, labels = level_images(20)
    model = classifier(Levels(PLAIN), names=NAMES)
    with pytest.raises(ConfigError) as caught:
        preflight(model, images, labels + 1)
    assert str(caught.value) == (
        "`labels` must be of the 5 classes of planted, got 1 to 5. Give images of its classes."
    )
    with pytest.raises(ConfigError) as caught:
        preflight(model, images[:1], labels[:1])
    assert str(caught.value) == (
        "`images` and `labels` must be two or more of a kind, got 1 and 1. Give some images with "
        "their labels."
    )


def test_images_and_labels_stay_as_they_were():
    images, labels = level_images(30)
    before = images.clone(), labels.clone()
    preflight(classifier(Levels(PLAIN)), images, labels)
    assert torch.equal(images, before[0])
    assert torch.equal(labels, before[1])
