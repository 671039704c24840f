"""Planted classifiers from end to end: images, `evaluate`, records, shape bias."""

import pytest
import torch
from tests.datasets.test_planted import autocorrelation, grey, outlines, read_shapes
from torch import nn
from torch.nn.functional import max_pool2d, one_hot

from cuelens.datasets import CueControlled
from cuelens.evaluation import Condition, RecordStore, evaluate_models
from cuelens.networks import Classifier
from cuelens.randomness import Chance
from cuelens.study.outcomes.answers import summarise_answers
from cuelens.study.outcomes.protocols import where_protocols_disagree
from cuelens.textures import TEXTURE_NUMBERS, texture_fields

COUNT = 180


class MaskReader(nn.Module):
    """Answers the shape of the figure, seen as a black outline on white: nothing else is read."""

    def forward(self, images):
        silhouettes = torch.where(outlines(images)[:, None], 0.0, 1.0).expand(-1, 3, -1, -1)
        return 9.0 * one_hot(read_shapes(silhouettes), 10).float()


class TextureReader(nn.Module):
    """Answers the texture of the nearest example by autocorrelation, whatever the outline."""

    def __init__(self, examples=100):
        super().__init__()
        elsewhere = CueControlled(count=examples, split="train")
        masks = inner(elsewhere.masks(torch.arange(examples)))
        numbers = Chance(9, elsewhere.ids).uniform((TEXTURE_NUMBERS,), method="planted")
        fields = [
            texture_fields(torch.full((examples,), kind), numbers, size=32) for kind in range(10)
        ]
        self.register_buffer("known", torch.cat([autocorrelation(one, masks) for one in fields]))
        self.examples = examples

    def forward(self, images):
        found = autocorrelation(grey(images), inner(outlines(images)))
        nearest = torch.cdist(found, self.known).argmin(1)
        return 9.0 * one_hot(nearest // self.examples, 10).float()


def inner(masks):
    """Return masks without their rim, where the figure's edge would be read."""
    return -max_pool2d(-masks.float(), 3, 1, 1) > 0


class Coin(nn.Module):
    """Follows the shape where a pixel's last bit is odd, else the texture."""

    def __init__(self):
        super().__init__()
        self.readers = nn.ModuleList([MaskReader(), TextureReader()])

    def forward(self, images):
        odd = (images[:, 0, 3, 3] * 255).round().long() % 2 == 1
        shape, texture = (reader(images) for reader in self.readers)
        return torch.where(odd[:, None], shape, texture)


@pytest.fixture(scope="module")
def records(tmp_path_factory):
    images = CueControlled(
        count=COUNT, split="test", conflict=True, figure_contrast=0.4, texture_contrast=0.1
    )
    readers = {"mask": MaskReader(), "texture": TextureReader(), "coin": Coin()}
    classifiers = {
        name: Classifier(reader, class_names=images.class_names, name=name)
        for name, reader in readers.items()
    }
    store = RecordStore(tmp_path_factory.mktemp("planted"))
    done = evaluate_models(classifiers, images, [Condition.clean()], store=store, micro_batch=90)
    return store.read(done.table, done.keys)


@pytest.fixture(scope="module")
def biases(records):
    return {row["model"]: row for row in summarise_answers(records).iter_rows(named=True)}


def test_a_reader_of_masks_has_shape_bias_one(biases):
    row = biases["mask"]
    assert (row["bias"], row["texture"]) == (1.0, 0)
    assert row["shape"] > 0.98 * COUNT


def test_a_reader_of_textures_has_shape_bias_zero(biases):
    row = biases["texture"]
    assert (row["bias"], row["shape"]) == (0.0, 0)
    assert row["texture"] > 0.95 * COUNT


def test_a_coin_has_shape_bias_one_half_within_its_interval(biases):
    row = biases["coin"]
    assert row["low"] < 0.5 < row["high"]
    assert row["shape"] + row["texture"] > 0.98 * row["n"]


def test_reciprocal_ranks_go_with_the_bias_of_planted_readers(records, biases):
    assert biases["mask"]["shape_reciprocal_rank"] > 0.98
    assert biases["texture"]["texture_reciprocal_rank"] > 0.95
    assert where_protocols_disagree(records) == ()
