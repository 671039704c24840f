"""A condition has a family, perhaps a level, and a name made of them."""

import pytest
import torch

from cuelens.errors import ConfigError
from cuelens.evaluation import Condition
from cuelens.randomness import Chance
from cuelens.transforms import Identity


def test_the_name_is_the_family_with_the_level():
    identity = Identity()
    assert Condition.clean().name == "clean"
    assert Condition(family="greyscale", transform=identity).name == "greyscale"
    assert Condition(family="saturation", level=8.0, transform=identity).name == "saturation=8"
    assert Condition(family="noise", level=0.25, transform=identity).name == "noise=0.25"


def test_clean_images_stay_as_they_are():
    images = torch.linspace(0, 1, 96).reshape(2, 3, 4, 4)
    clean = Condition.clean().transform
    assert torch.equal(clean(images, chance=Chance(0, ("a", "b"))), images)


def test_a_family_without_a_name_and_a_level_that_is_no_number_are_refused():
    with pytest.raises(ConfigError) as caught:
        Condition(family="", transform=Identity())
    assert str(caught.value) == ('`family` must be a name such as "saturation", got an empty one.')
    with pytest.raises(ConfigError) as caught:
        Condition(family="blur", level=float("nan"), transform=Identity())
    assert str(caught.value) == "`level` of blur must be a finite number or None, got nan."
