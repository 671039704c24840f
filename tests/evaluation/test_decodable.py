"""Planted networks: a layer that keeps one cue gives that cue, and the others are at chance."""

import polars as pl
import pytest
import torch
from torch import nn

from cuelens.datasets import CueControlled
from cuelens.datasets.scenes import LUMINANCE
from cuelens.errors import ConfigError
from cuelens.evaluation import decodable_cues
from cuelens.networks import Classifier


class Chroma(nn.Module):
    """Keeps the mean colour of an image's middle, without its brightness: no place, no pattern."""

    def forward(self, images):
        grey = (images * torch.tensor(LUMINANCE)[:, None, None]).sum(1, keepdim=True)
        return (images - grey)[:, :, 12:20, 12:20].mean((2, 3))


class Outline(nn.Module):
    """Keeps where an image is darker or brighter than its border, at quarter resolution."""

    def forward(self, images):
        grey = (images * torch.tensor(LUMINANCE)[:, None, None]).sum(1)
        border = torch.cat([grey[:, 0], grey[:, -1], grey[:, :, 0], grey[:, :, -1]], 1)
        seen = (grey - border.median(1).values[:, None, None]).abs() > 0.1
        return nn.functional.avg_pool2d(seen[:, None].float(), 2).flatten(1)


class Planted(nn.Module):
    def __init__(self):
        super().__init__()
        self.chroma, self.outline, self.random = Chroma(), Outline(), nn.Conv2d(3, 24, 5, stride=2)
        self.blind = nn.Linear(3, 10)
        nn.init.zeros_(self.blind.weight)

    def forward(self, images):
        self.outline(images)
        self.random(images).relu()
        return self.blind(self.chroma(images))


@pytest.fixture(scope="module")
def images():
    settings = {"cue_strength": 0.0, "figure_contrast": 0.4}
    return (
        CueControlled(count=900, **settings),
        CueControlled(count=450, split="test", **settings),
    )


@pytest.fixture(scope="module")
def table(images):
    with torch.random.fork_rng():
        torch.manual_seed(0)
        network = Planted().eval()
    classifier = Classifier(network, class_names=tuple("0123456789"), name="planted")
    return decodable_cues(classifier, *images, ["chroma", "outline", "random", "blind"])


def row_of(table, layer, cue):
    return table.row(by_predicate=(pl.col("layer") == layer) & (pl.col("cue") == cue), named=True)


def test_every_layer_has_a_row_for_every_cue(table):
    assert table["layer"].unique(maintain_order=True).to_list() == [
        "images", "chroma", "outline", "random", "blind",
    ]  # fmt: skip
    assert table["cue"].to_list() == ["shape", "texture", "colour"] * 5
    assert set(table["n"]) == {450}
    assert set(table["model"]) == {"planted"}


@pytest.mark.parametrize(
    ("layer", "cue", "at_least"),
    [("chroma", "colour", 0.8), ("outline", "shape", 0.6), ("random", "colour", 0.6)],
)
def test_a_planted_cue_is_decodable(table, layer, cue, at_least):
    row = row_of(table, layer, cue)
    assert row["decodable"]
    assert row["value"] > at_least
    assert row["low"] < row["value"] <= row["high"]


@pytest.mark.parametrize(
    ("layer", "cue"),
    [
        ("chroma", "shape"), ("chroma", "texture"), ("outline", "texture"), ("outline", "colour"),
        ("blind", "shape"), ("blind", "texture"), ("blind", "colour"),
    ],
)  # fmt: skip
def test_other_cues_are_at_chance(table, layer, cue):
    row = row_of(table, layer, cue)
    assert not row["decodable"]
    assert row["low"] < 0.1 < row["chance"] < 0.16


def test_pixels_tell_colour_but_no_texture_to_a_weighted_sum(table):
    assert row_of(table, "images", "colour")["value"] > 0.5
    assert not row_of(table, "images", "texture")["decodable"]


def test_cues_that_tell_each_other_are_refused_in_words(images):
    classifier = Classifier(Planted().eval(), class_names=tuple("0123456789"))
    with pytest.raises(ConfigError) as caught:
        decodable_cues(classifier, CueControlled(count=200), images[1], ["chroma"])
    assert str(caught.value) == (
        "`training` must have cues that do not tell each other, got shape and texture that go "
        "together, so that a probe of one could read the other. Render it with "
        "`CueControlled(cue_strength=0)`."
    )
