"""Families of conditions: one table for command line, builders and reports."""

import dataclasses
import inspect

import pytest

from cuelens import transforms
from cuelens.errors import ConfigError
from cuelens.evaluation import CONTROLS, FAMILIES, condition_of
from cuelens.evaluation.family import CUES_TAKEN
from cuelens.transforms import Greyscale, PatchShuffle, Saturation


def test_every_transform_has_a_family():
    exported = {
        item
        for item in (getattr(transforms, name) for name in transforms.__all__)
        if inspect.isclass(item) and not getattr(item, "_is_protocol", False)
    }
    named = {family.transform for family in FAMILIES.values()}
    assert exported - named == {transforms.Contrast}  # its control is matched; this one is not


@pytest.mark.parametrize("family", FAMILIES.values(), ids=lambda family: family.name)
def test_a_family_is_told_in_full_and_its_usual_conditions_exist(family, request):
    assert FAMILIES[family.name] is family
    assert family.cue in CUES_TAKEN
    assert family.sentence.endswith(".")
    assert family.control is None or FAMILIES[family.control].cue == "none"
    files = {need: request.getfixturevalue(f"adain_{need}") for need in family.needs}
    conditions = family.usual(**files)
    assert len({condition.name for condition in conditions}) == max(1, len(family.levels))
    assert all(condition.family == family.name for condition in conditions)


def test_names_and_adjectives_are_said_once():
    assert len({family.adjective for family in FAMILIES.values()}) == len(FAMILIES)
    assert dict(CONTROLS) == {
        "saturation": "contrast",
        "stylised": "self-styled",
        "adain": "adain-control",
        "blur": "blur-noise",
        "shuffle": "borders",
        "rotation": "borders",
        "low-pass": "low-pass-noise",
        "high-pass": "high-pass-noise",
        "greyscale": "equal-grey",
    }


def test_a_condition_has_the_transform_that_its_name_says():
    assert condition_of("saturation", 8).transform == Saturation(level=8)
    assert condition_of("shuffle", 4.0).transform == PatchShuffle(patches=4)
    assert condition_of("greyscale").transform == Greyscale()
    assert condition_of("shuffle", 4).name == "shuffle=4"


def test_what_only_a_user_can_give_is_asked_for():
    assert {name: family.needs for name, family in FAMILIES.items() if family.needs} == {
        "adain": ("weights",),
        "adain-control": ("weights",),
    }
    for condition in (FAMILIES["adain"].usual, lambda: condition_of("adain", 0.5)):
        with pytest.raises(ConfigError) as caught:
            condition()
        assert str(caught.value) == (
            "`adain` must have `weights`, which cuelens cannot give, got none. "
            "Name it in a study file, below AdaIN, or in Python."
        )


def test_a_level_that_is_left_out_is_the_transforms_own():
    hue = dataclasses.replace(FAMILIES["saturation"], transform=Scaled, scale="level")
    assert (hue.place(None), hue.place(0.25)) == (3.0, 0.25)
    assert dataclasses.replace(hue, settings={"level": 7}).place(None) == 7.0
    assert FAMILIES["greyscale"].place(None) is None
    assert FAMILIES["saturation"].place(None) is None  # such a condition cannot be


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Scaled:
    level: int = 3


@pytest.mark.parametrize(
    ("name", "level", "message"),
    [
        ("shufle", 2, f"`name` must be one of {', '.join(FAMILIES)}, got 'shufle'."),
        (
            "saturation",
            None,
            "`saturation` must have a level, got none. Usual are 1, 4, 8, 16, 64, 1024.",
        ),
        ("greyscale", 3, "`greyscale` must have no level, got 3. Leave it out."),
        ("shuffle", 2.5, "`shuffle` must have a whole number as its level, got 2.5."),
    ],
)
def test_a_wrong_level_is_refused(name, level, message):
    with pytest.raises(ConfigError) as caught:
        condition_of(name, level)
    assert str(caught.value) == message
