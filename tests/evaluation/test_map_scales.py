"""What is seen of a map drawn on its own scale, on maps whose pictures are known."""

import pytest
import torch

from cuelens.evaluation import SCALE_MEASURES
from cuelens.evaluation.map_scales import drawn_brightness, white_share
from cuelens.salience import own_scales

every_measure = pytest.mark.parametrize("measure", SCALE_MEASURES.values(), ids=SCALE_MEASURES)


def test_every_measure_is_under_test():
    assert {"white_share": white_share, "drawn_brightness": drawn_brightness} == SCALE_MEASURES


def test_an_even_ramp_is_white_at_its_end_and_half_bright():
    ramp = torch.arange(1.0, 1001.0).view(1, 1, 25, 40)
    assert white_share(ramp).item() == pytest.approx(0.01)
    assert drawn_brightness(-3 * ramp).item() == pytest.approx(0.505, abs=0.003)


def test_pixels_that_tie_at_the_top_are_all_white():
    maps = torch.zeros(1, 1, 10, 10)
    maps[0, 0, :3] = -2.0
    assert white_share(maps).item() == pytest.approx(0.3)
    assert drawn_brightness(maps).item() == pytest.approx(0.3)


def test_few_strong_pixels_leave_the_rest_black():
    maps = torch.full((1, 1, 20, 20), 1e-3)
    maps[0, 0, 0, :5] = 1.0
    assert drawn_brightness(maps).item() < 0.02


@every_measure
def test_it_is_what_the_picture_shows(measure):
    maps = torch.randn(4, 3, 12, 10, generator=torch.Generator().manual_seed(0))
    greys = own_scales(maps).values
    seen = {"white_share": (greys == 1).float(), "drawn_brightness": greys}[measure.__name__]
    torch.testing.assert_close(measure(maps), seen.mean((1, 2)))
    assert measure(maps).dtype == maps.dtype


@every_measure
@pytest.mark.parametrize("value", [0.0, float("nan"), float("inf")])
def test_a_map_without_a_scale_has_none(measure, value):
    maps = torch.randn(4, 3, 12, 10, generator=torch.Generator().manual_seed(0))
    expected = measure(maps)
    maps[2] = value
    assert measure(maps)[2].isnan()
    torch.testing.assert_close(measure(maps)[[0, 1, 3]], expected[[0, 1, 3]])


@every_measure
def test_one_pixel_is_white(measure):
    assert measure(torch.full((1, 3, 1, 1), -0.2)).item() == 1
