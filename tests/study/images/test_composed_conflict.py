"""Cue-conflict images made of a data set's own: two classes, told by row, the same each time."""

from collections import Counter

import pytest
import torch

from cuelens.datasets import CueControlled
from cuelens.datasets.protocol import SourcedDataset
from cuelens.errors import ConfigError
from cuelens.study.images.composed_conflict import ComposedConflict
from cuelens.study.images.data import Cifar10
from cuelens.study.plan.plan import plan_of
from cuelens.transforms.painting import painted, styles_of

TEST = CueControlled(count=60, size=32, split="test")


@pytest.fixture(scope="module")
def images() -> ComposedConflict:
    return ComposedConflict(dataset=TEST, count=90, seed=3, working_size=32)


def test_every_row_joins_two_classes_and_each_pair_of_classes_comes_alike(images):
    assert isinstance(images, SourcedDataset)
    shape, texture = (images.cues[cue].tolist() for cue in ("shape", "texture"))
    assert len(images) == len(shape) == 90
    assert set(Counter(zip(shape, texture, strict=True)).values()) == {1}  # 10 x 9 pairs
    assert all(one != other for one, other in zip(shape, texture, strict=True))
    assert images.labels.tolist() == shape
    labels = dict(zip(TEST.ids, TEST.labels.tolist(), strict=True))
    for cue, own in (("shape", shape), ("texture", texture)):
        assert [labels[source] for source in images.sources[cue]] == own
    assert len(set(images.ids)) == 90
    pair = images.sources["shape"][7], images.sources["texture"][7]
    assert images.ids[7] == " in ".join(pair)


def test_an_image_is_one_painted_in_the_style_of_the_other(images):
    rows = torch.tensor([5, 80])
    found = images.images(rows)
    assert found.shape == (2, 3, 32, 32)
    assert 0 <= found.min() <= found.max() <= 1
    places = {id_: row for row, id_ in enumerate(TEST.ids)}
    for row, image in zip(rows.tolist(), found, strict=True):
        one, other = (
            TEST.images(torch.tensor([places[images.sources[cue][row]]]))
            for cue in ("shape", "texture")
        )
        expected = painted(one, styles_of(other), working_size=32, strength=1.0)
        assert torch.equal(image, expected[0])
        assert not torch.equal(image, one[0])


def test_what_is_taken_is_the_same_and_names_tell_others_apart(images):
    some = images.take(torch.tensor([5]), name="one")
    assert (some.name, some.ids, len(some)) == ("one", (images.ids[5],), 1)
    assert some.cues["texture"].tolist() == [images.cues["texture"][5].item()]
    again = ComposedConflict(dataset=TEST, count=90, seed=3, working_size=32)
    assert again.fingerprint == images.fingerprint
    other = ComposedConflict(dataset=TEST, count=90, seed=3, working_size=64)
    assert other.fingerprint != images.fingerprint
    assert images.name == f"{TEST.name}-conflict"


def test_a_study_of_cifar10_may_ask_for_them_of_some_models(tiny_content):
    tiny_content["data"] = {"Cifar10": {"conflict": 50}}
    tiny_content["conflict"] = {"models": ["adversarial"]}
    plan = plan_of(tiny_content, where="study.yaml")
    assert plan.data == Cifar10(conflict=50)
    assert plan.conflict.models == ("adversarial",)
    assert Cifar10().conflict == 0
    with pytest.raises(ConfigError) as error:
        Cifar10(conflict=-1)
    assert str(error.value) == (
        "`conflict` must be at least 0 images, got -1. Leave it out for none."
    )
