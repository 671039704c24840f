"""How maps are drawn: planted maps whose every byte is known."""

import math

import numpy as np
import pytest
import torch

from cuelens.report import VIEWS, view_of
from cuelens.report.views import OWN, views_that_fit


def ramp(scale: float) -> torch.Tensor:
    """Return one map of 1 x 101 pixels that rises from -scale to scale, in one channel of three."""
    maps = torch.zeros(1, 3, 1, 101)
    maps[0, 1, 0] = torch.linspace(-scale, scale, 101)
    return maps


def test_size_on_its_own_scale_is_grey_from_black_to_white() -> None:
    (drawn,) = OWN.pictures(ramp(2.0))
    sizes = np.abs(np.linspace(-2, 2, 101))
    white = np.percentile(sizes, 99)
    expected = np.rint(np.clip(sizes / white, 0, 1) * 255)
    assert drawn.picture.dtype == np.uint8
    assert np.abs(drawn.picture[0].astype(int) - expected).max() <= 1
    assert drawn.picture[0, 50] == 0
    assert drawn.picture[0, 0] == drawn.picture[0, 100] == 255
    assert drawn.end == f"white {white:.2g}"


def test_one_scale_for_several_maps_keeps_their_amounts() -> None:
    view = view_of(shared=True, signed=False)
    large, small = view.pictures(torch.cat([ramp(2.0), ramp(0.5)]))
    assert large.end == small.end
    assert small.picture.max() <= 255 / 3
    assert large.picture.max() == 255
    own = OWN.pictures(torch.cat([ramp(2.0), ramp(0.5)]))
    assert np.array_equal(own[0].picture, own[1].picture)
    assert own[0].end != own[1].end


def test_the_sign_is_blue_below_and_orange_above_a_white_zero() -> None:
    (drawn,) = view_of(shared=False, signed=True).pictures(ramp(2.0))
    colours = drawn.picture[0].astype(int)
    assert colours[50].tolist() == [247, 247, 247]
    assert colours[0].tolist() == [5, 48, 97]
    assert colours[100].tolist() == [127, 59, 8]
    red_minus_blue = colours[:, 0] - colours[:, 2]
    assert (red_minus_blue[:48] < 0).all()
    assert (red_minus_blue[53:] > 0).all()
    assert drawn.end == "\N{PLUS-MINUS SIGN}2"


def test_a_signed_map_has_few_colours() -> None:
    maps = torch.randn(1, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    (drawn,) = view_of(shared=False, signed=True).pictures(maps)
    assert 200 < len(np.unique(drawn.picture.reshape(-1, 3), axis=0)) <= 255


def test_maps_without_shape_say_so() -> None:
    maps = torch.cat([torch.zeros(1, 3, 2, 2), torch.full((1, 3, 2, 2), math.nan)])
    for view in VIEWS:
        zero, none = view.pictures(maps)
        assert zero.end == "all zero"
        assert none.end == "no numbers"
        assert np.array_equal(zero.picture, none.picture)
        assert len(np.unique(zero.picture)) == 1


@pytest.mark.parametrize("shared", [False, True])
def test_every_view_says_what_its_colours_mean(shared: bool) -> None:
    end = "the 99th percentile of "
    end += "all maps of a method here together." if shared else "each map by itself."
    assert view_of(shared=shared, signed=False).sentence == (
        f"Grey: absolute values, summed over channels; black 0, white {end}"
    )
    assert view_of(shared=shared, signed=True).sentence == (
        "Colours: sum over channels; orange speaks for the class, of gradients where brighter "
        f"pixels do, blue against it, white 0; the ends are {end}"
    )


def test_a_page_that_would_grow_too_large_has_one_view() -> None:
    signed = view_of(shared=False, signed=True)
    assert views_that_fit(OWN, pixels=32 * 32 * 100) == VIEWS
    few = views_that_fit(signed, pixels=32 * 32 * 100)
    assert few[0] == signed
    assert set(few) == set(VIEWS)
    assert views_that_fit(signed, pixels=224 * 224 * 1000) == (signed,)
