"""Coarse labels over the same pixels."""

import torch

from cuelens.datasets import (
    CueControlled,
    CueDataset,
    GroupedCues,
    GroupedImages,
    ImageFolder,
    MaskedDataset,
    grouped_images,
)
from cuelens.networks import ClassGroups

ALL = ClassGroups(
    name="halves", classes=10, members={"odd": (1, 3, 5, 7, 9), "even": (0, 2, 4, 6, 8)}
)
SOME = ClassGroups(name="some", classes=10, members={"a": (7,), "b": (2, 3)})


def test_labels_and_cues_are_those_of_the_groups():
    source = CueControlled(count=40, predictive=("shape",))
    found = grouped_images(source, ALL)
    assert isinstance(found, GroupedCues)
    assert isinstance(found, MaskedDataset)
    assert found.name == "cue-controlled-train (halves)"
    assert found.class_names == ("odd", "even")
    assert found.ids == source.ids
    assert torch.equal(found.labels, 1 - source.labels % 2)
    assert set(found.cues) == {"shape", "texture", "colour"}
    assert torch.equal(found.cues["texture"], 1 - source.cues["texture"] % 2)
    rows = torch.tensor([3, 1])
    assert torch.equal(found.images(rows), source.images(rows))
    assert torch.equal(found.masks(rows), source.masks(rows))
    assert found.fingerprint != source.fingerprint
    other = ClassGroups(name="halves", classes=10, members=dict(reversed(ALL.members.items())))
    assert grouped_images(source, other).fingerprint != found.fingerprint


def test_images_and_cues_outside_the_groups_are_left_out():
    source = CueControlled(count=40, predictive=("shape", "texture"))
    found = grouped_images(source, SOME)
    kept = [row for row in range(40) if row % 10 in (7, 2, 3)]
    assert found.ids == tuple(source.ids[row] for row in kept)
    assert found.labels.tolist() == [0 if row % 10 == 7 else 1 for row in kept]
    assert set(found.cues) == {"shape", "texture"}  # colours are drawn among all ten classes
    assert torch.equal(found.cues["texture"], found.labels)
    assert torch.equal(found.images(torch.arange(3)), source.images(torch.tensor(kept[:3])))


def test_images_without_cues_have_none_afterwards(image_folder):
    groups = ClassGroups(name="turned", classes=2, members={"second": (1,), "first": (0,)})
    source = ImageFolder(image_folder, size=24)
    found = grouped_images(source, groups)
    assert isinstance(found, GroupedImages)
    assert not isinstance(found, CueDataset)
    assert torch.equal(found.labels, 1 - source.labels)
    assert isinstance(found.take(torch.tensor([0]), name="one"), GroupedImages)
