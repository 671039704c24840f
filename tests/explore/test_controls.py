import math

import pytest
import torch

from cuelens import Chance
from cuelens.errors import ConfigError
from cuelens.explore import Controls
from cuelens.explore.controls import STYLES
from cuelens.transforms import GaussianBlur, PatchShuffle, Saturation, Stylised


def pixels(side: int = 16) -> torch.Tensor:
    return torch.rand(1, 3, side, side, generator=torch.Generator().manual_seed(0))


def test_sliders_at_rest_change_nothing_and_say_so() -> None:
    images = pixels()
    assert torch.equal(Controls().apply(images), images)
    assert Controls().words(16) == "unchanged"


def test_sliders_are_the_conditions_in_their_order_under_the_names_that_they_have_everywhere() -> None:  # fmt: skip  # noqa: E501
    controls = Controls(saturation=8, shuffle=2, blur=0.0625, low_pass=0.5, high_pass=0.25)
    assert controls.words(16) == "saturation=8, blur=1, low-pass=4, high-pass=2, shuffle=2"


def test_a_caption_says_cutoffs_as_their_sliders_do() -> None:
    controls = Controls(saturation=8, low_pass=0.1, high_pass=0.07)
    assert controls.caption(32) == (
        "saturation=8, low-pass=1.6 cycles (keeps up to 10 %), "
        "high-pass=1.1 cycles (keeps above 7 %)"
    )
    assert Controls().caption(32) == "unchanged"
    assert Controls(style=0.5, picture=3).caption(16) == "stylised=0.5 (picture 3)"


def test_the_picture_whose_style_it_is_is_told() -> None:
    assert Controls(style=0.5, picture=3).words(16) == "stylised=0.5 (picture 3)"
    images = pixels()
    chance = Chance(0, ("picture",))
    expected = Saturation(level=8)(images, chance=chance)
    expected = GaussianBlur(deviation=1)(expected, chance=chance)
    got = Controls(saturation=8, blur=0.0625, shuffle=2).apply(images)
    assert torch.equal(got, PatchShuffle(patches=2)(expected, chance=chance))


def test_a_seed_gives_another_shuffle() -> None:
    images = pixels()
    one, other = (Controls(shuffle=4, seed=seed).apply(images) for seed in (0, 1))
    assert not torch.equal(one, other)


@pytest.mark.parametrize("number", [1, 5, 8])
def test_the_number_of_a_style_names_its_picture(number: int) -> None:
    pytest.importorskip("onnxruntime")
    controls = Controls(style=1.0, picture=number)
    (condition,) = controls.conditions(32)
    assert isinstance(condition.transform, Stylised)
    chance = controls._chance(condition)
    assert condition.transform.style_names(chance) == (STYLES.ids[number - 1],)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("saturation", 0.5, "`saturation` must be a number from 1 to 1024, got 0.5."),
        ("blur", math.nan, "`blur` must be a number from 0 to 0.125, got nan."),
        ("picture", 9, "`picture` must be a number from 1 to 8, got 9."),
        ("style", True, "`style` must be a number from 0 to 1, got True."),
    ],
)
def test_a_slider_outside_its_range_is_refused(name: str, value: object, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        Controls(**{name: value})
    assert str(caught.value) == message
