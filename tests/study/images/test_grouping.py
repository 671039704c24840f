"""Coarse classes for models and for the images that they were trained on."""

import logging

import pytest
import torch
from torch import nn

from cuelens.datasets import CueControlled, InMemoryDataset
from cuelens.errors import ConfigError
from cuelens.networks import Classifier
from cuelens.study.images.grouping import Grouping

TEXT = "round: [disc, ring, crescent]\npointed: [triangle, star, arrow]\n"
REST = "other: [square, cross, heart, hourglass]\n"


@pytest.fixture
def grouping(tmp_path):
    """Return what writes a file of groups and groups by it."""

    def make(text):
        path = tmp_path / "gr.yaml"
        path.write_text(text)
        return Grouping(groups=str(path))

    return make


@pytest.fixture
def classifier():
    network = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(3, 10))
    return Classifier(network.eval(), class_names=CueControlled().class_names, name="mine")


def labelled(*names):
    pixels = torch.zeros(len(names), 3, 8, 8, dtype=torch.uint8)
    ids = tuple(f"made/{row}" for row in range(len(names)))
    labels = torch.arange(len(names))
    return InMemoryDataset(name="made", class_names=names, ids=ids, labels=labels, pixels=pixels)


def test_images_of_the_networks_own_classes_are_grouped(grouping, classifier):
    images = CueControlled(count=20, split="test")
    found = grouping(TEXT + REST).images(images, classifier)
    names = [found.class_names[label] for label in found.labels.tolist()]
    assert names == ["round", "other", "pointed", "pointed", "round", "other", "other", "round",
                     "pointed", "other"] * 2  # fmt: skip
    assert found.class_names == grouping(TEXT + REST)(classifier).class_names


def test_images_of_the_groups_are_taken_as_they_are(grouping, classifier):
    images = labelled("round", "pointed")
    assert grouping(TEXT).images(images, classifier) is images


def test_images_in_no_group_are_left_out_and_named(grouping, classifier, caplog):
    with caplog.at_level(logging.WARNING, logger="cuelens"):
        found = grouping(TEXT).images(CueControlled(count=20, split="test"), classifier)
    assert len(found) == 12
    (message,) = caplog.messages
    assert message == (
        "8 of 20 images of cue-controlled-test were left out: their classes are in no group of gr "
        "(square, cross, heart, hourglass)."
    )


def test_images_of_other_classes_are_refused_with_what_would_fit(grouping, classifier):
    with pytest.raises(ConfigError) as caught:
        grouping(TEXT).images(labelled(*(f"n{row:02d}" for row in range(12))), classifier)
    assert str(caught.value) == (
        "The classes of made must be the groups of gr (round, pointed) or the classes that mine "
        "has before they are grouped (disc, square, triangle, star, ring, cross, heart, crescent, "
        "arrow, hourglass), got n00, n01, n02, n03, n04, n05, n06, n07, n08, n09 and 2 more. Give "
        "images in folders named so, or the images that it was trained on."
    )
