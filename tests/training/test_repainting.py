"""Training images are changed once, kept in parts, and never mixed with others."""

from dataclasses import dataclass, field, replace
from typing import ClassVar

import pytest
import torch

from cuelens.randomness import Chance
from cuelens.training import train
from cuelens.training.repainting import content_of, repainted
from cuelens.transforms import Greyscale, PatchShuffle, Stylised


@dataclass(frozen=True)
class Counting:
    """Inverts images and counts how often it is asked."""

    version: ClassVar[int] = 1
    calls: list[int] = field(default_factory=list, repr=False, compare=False)

    def __call__(self, images, *, chance):
        self.calls.append(len(images))
        return 1 - images


def test_images_are_those_of_the_transform_in_eight_bits(make_noise, tmp_path):
    data, transform = make_noise(12), PatchShuffle(patches=2)
    found = repainted(data, transform, seed=3, folder=tmp_path)
    rows = torch.arange(12)
    expected = transform(data.images(rows), chance=Chance(3, data.ids))
    assert torch.equal(found.images(rows), (expected * 255).round() / 255)
    assert found.ids == data.ids
    assert torch.equal(found.labels, data.labels)
    assert found.class_names == data.class_names


def test_what_is_there_is_not_made_again(make_noise, tmp_path, monkeypatch):
    monkeypatch.setattr("cuelens.training.repainting._ROWS", 5)
    data, transform = make_noise(12), Counting()
    first = repainted(data, transform, seed=0, folder=tmp_path)
    assert transform.calls == [5, 5, 2]
    again = repainted(data, transform, seed=0, folder=tmp_path)
    assert transform.calls == [5, 5, 2]
    assert torch.equal(first.pixels, again.pixels)
    (tmp_path / "images-0000005.safetensors").write_bytes(b"torn")
    assert torch.equal(repainted(data, transform, seed=0, folder=tmp_path).pixels, first.pixels)
    assert transform.calls == [5, 5, 2, 5]


@pytest.mark.parametrize("change", ["seed", "data", "transform"])
def test_parts_of_other_images_are_made_again(make_noise, tmp_path, change):
    repainted(make_noise(12), Counting(), seed=0, folder=tmp_path)
    data = make_noise(12, seed=int(change == "data"))
    transform = Greyscale() if change == "transform" else Counting()
    found = repainted(data, transform, seed=int(change == "seed"), folder=tmp_path)
    fresh = repainted(data, transform, seed=int(change == "seed"), folder=tmp_path / "fresh")
    assert torch.equal(found.pixels, fresh.pixels)


def test_a_transform_is_named_by_its_settings_version_and_styles():
    named = content_of(Stylised(working_size=64))
    assert "working_size=64" in named
    assert Stylised().styles.fingerprint in named
    assert content_of(Counting()) == "Counting() 1 "


def test_training_learns_from_the_changed_images_and_is_validated_on_the_others(
    make_training, make_noise, recipes, tmp_path
):
    """As if the changed images had been the data set."""
    training = make_training(replace(recipes["standard"], repaint=Counting()))
    found = train(training, folder=tmp_path / "repainted")
    data = repainted(training.training, Counting(), seed=0, folder=tmp_path)
    expected = train(make_training(recipes["standard"], training=data), folder=tmp_path / "plain")
    assert found.classifier.fingerprint() == expected.classifier.fingerprint()
    assert found.history == expected.history
