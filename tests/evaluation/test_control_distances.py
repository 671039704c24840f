"""How far a condition is from its control: measured on the images, once, without a model."""

import dataclasses

import pytest
import torch

from cuelens.errors import ConfigError
from cuelens.evaluation import RecordStore, condition_of, measure_controls
from cuelens.evaluation.families import control_among
from cuelens.randomness import Chance
from cuelens.transforms import Greyscale, MatchedContrast, Saturation


def conditions(*names):
    parts = (name.partition("=") for name in names)
    return [condition_of(name, float(level) if level else None) for name, _, level in parts]


def test_a_control_is_found_by_family_and_level():
    some = conditions("contrast=8", "contrast=64", "self-styled", "equal-grey", "borders=4")
    for name, control in {
        "saturation=64": "contrast=64",
        "stylised=0.25": "self-styled",  # a control without levels is that of every level
        "greyscale": "equal-grey",
        "rotation=4": "borders=4",
        "saturation=16": None,
        "hue=60": None,
        "clean": None,
    }.items():
        found = control_among(*conditions(name), some)
        assert (None if found is None else found.name) == control
    mine = dataclasses.replace(condition_of("greyscale"), family="mine")
    assert control_among(mine, some) is None


def test_distances_are_those_of_the_pixels(store, dataset):
    asked = conditions("clean", "saturation=8", "contrast=8", "saturation=64", "greyscale")
    done = measure_controls(dataset, asked, store=store)
    assert (done.table, len(done.keys), done.computed, done.problems) == ("controls", 1, 1, ())
    frame = store.read("controls", done.keys)
    chance = Chance(0, dataset.ids)
    saturated = Saturation(level=8)(dataset.pixels, chance=chance)
    contrast = MatchedContrast(level=8)(dataset.pixels, chance=chance)
    for column, other in (("mean_square", dataset.pixels), ("control_mean_square", contrast)):
        expected = (saturated - other).square().mean((1, 2, 3)).sqrt().tolist()
        assert frame[column].to_list() == pytest.approx(expected, abs=1e-6)
    assert frame["image"].to_list() == list(dataset.ids)
    assert set(frame.select("dataset", "condition", "control", "family", "level").rows()) == {
        ("planted", "saturation=8", "contrast=8", "saturation", 8.0)
    }


def test_what_is_there_is_not_measured_again(store, dataset):
    asked = conditions("saturation=8", "contrast=8", "saturation=64", "contrast=64")
    first = measure_controls(dataset, asked, store=store)
    dataset.rendered.clear()
    again = measure_controls(dataset, asked, store=RecordStore(store.folder))
    assert (again.keys, again.computed, dataset.rendered) == (first.keys, 0, [])
    another = dataclasses.replace(asked[1], transform=Greyscale())
    keys = measure_controls(dataset, [asked[0], another], store=store).keys
    assert not set(keys) & set(first.keys)


def test_some_images_are_enough_and_are_the_same_for_every_condition(store, dataset):
    asked = conditions("saturation=8", "contrast=8", "greyscale", "equal-grey")
    done = measure_controls(dataset, asked, store=store, limit=7)
    frame = store.read("controls", done.keys)
    images = [part["image"].to_list() for _, part in frame.group_by("condition")]
    assert images[0] == images[1]
    assert len(set(images[0])) == 7
    assert len(dataset.rendered) == 7
    with pytest.raises(ConfigError) as caught:
        measure_controls(dataset, asked, store=store, limit=0)
    assert str(caught.value) == "`limit` must be at least 1 or None, got 0."


def test_at_high_levels_contrast_is_the_saturated_image(store, planted):
    halves = torch.where(torch.arange(8) < 4, 0.1, 0.9).expand(20, 3, 8, 8)
    asked = conditions("saturation=1024", "contrast=1024")
    done = measure_controls(planted["Plain"](pixels=halves), asked, store=store)
    frame = store.read("controls", done.keys)
    assert frame["control_mean_square"].max() < 0.05 * frame["mean_square"].min()
