import jaxtyping
import pytest
import torch

from cuelens import metrics
from cuelens.errors import ArgumentError, ConfigError
from cuelens.metrics import MASK_MEASURES, MEASURES

SHARES = tuple(MASK_MEASURES.values())
RELATIVE = (metrics.sparsity, metrics.total_variation)


@pytest.fixture
def maps():
    return torch.randn(4, 3, 12, 10, generator=torch.Generator().manual_seed(0))


@pytest.fixture
def masks():
    masks = torch.zeros(4, 12, 10, dtype=torch.bool)
    masks[:, 3:9, 2:8] = True
    return masks


def test_every_measure_is_under_test(maps, masks):
    assert set(MEASURES) == {"sparsity", "total_variation", "gradient_l1"}
    assert set(MASK_MEASURES) == {"contour_share", "inside_share", "background_share"}
    for measure in MEASURES.values():
        assert measure(maps).shape == (4,)
    for measure in SHARES:
        assert measure(maps, masks).dtype == maps.dtype


def test_equal_pixels_are_not_sparse_and_one_pixel_is():
    assert metrics.sparsity(torch.full((1, 3, 5, 5), -0.2)).item() == pytest.approx(0, abs=1e-6)
    single = torch.zeros(1, 3, 5, 5)
    single[0, 1, 2, 3] = -7.0
    assert metrics.sparsity(single).item() == pytest.approx(24 / 25)


def test_sparsity_is_half_the_relative_mean_difference(maps):
    values = maps.abs().sum(1).flatten(1).double()
    gini = (values[:, :, None] - values[:, None]).abs().mean((1, 2)) / (2 * values.mean(1))
    torch.testing.assert_close(metrics.sparsity(maps).double(), gini, rtol=1e-5, atol=1e-6)


def test_shares_of_the_three_regions_sum_to_one(maps, masks):
    total = sum(measure(maps, masks) for measure in SHARES)
    torch.testing.assert_close(total, torch.ones(4))


def test_shares_of_an_even_map_are_the_areas_of_the_regions(masks):
    even = torch.ones(4, 3, 12, 10)
    band = metrics.contour_band(masks, width=1)
    found = metrics.contour_share(even, masks, width=1)
    torch.testing.assert_close(found, band.float().mean((1, 2)))


def test_the_band_lies_on_either_side_of_the_edge(masks):
    band = metrics.contour_band(masks, width=1)[0]
    assert band.sum() == (8 * 8 - 6 * 6) + (6 * 6 - 4 * 4)
    assert band[2, 1]  # the corner's diagonal neighbour, outside
    assert band[3, 2]
    assert not band[4, 3]
    wide = metrics.contour_band(masks, width=2)[0]
    assert wide.sum() == 10 * 10 - 2 * 2


def test_the_frame_of_the_picture_is_no_edge():
    full = torch.ones(1, 6, 6, dtype=torch.bool)
    assert not metrics.contour_band(full, width=2).any()
    half = full.clone()
    half[:, :, 3:] = False
    assert metrics.contour_band(half, width=1)[0].sum() == 12


def test_all_salience_on_the_contour_is_a_share_of_one(masks):
    maps = (metrics.contour_band(masks, width=2)[:, None] * -0.5).expand(4, 3, 12, 10)
    torch.testing.assert_close(metrics.contour_share(maps, masks), torch.ones(4))
    torch.testing.assert_close(metrics.inside_share(maps, masks), torch.zeros(4))


def test_without_a_figure_everything_is_background(maps):
    nothing = torch.zeros(4, 12, 10, dtype=torch.bool)
    torch.testing.assert_close(metrics.background_share(maps, nothing), torch.ones(4))


def test_total_variation_of_an_even_map_is_zero_and_of_single_pixels_four():
    assert metrics.total_variation(torch.ones(1, 3, 6, 6)).item() == 0
    single = torch.zeros(1, 3, 7, 7)
    single[0, :, 2, 2] = single[0, :, 5, 5] = 3.0
    assert metrics.total_variation(single).item() == pytest.approx(4)


def test_the_l1_norm_is_a_sum():
    maps = torch.tensor([[[[1.0, -2.0]], [[0.5, 0.0]]]])
    assert metrics.gradient_l1(maps).item() == 3.5


@pytest.mark.parametrize("factor", [1e-12, -3.0, 1e6])
def test_only_the_l1_norm_knows_the_scale(maps, masks, factor):
    for measure in RELATIVE:
        torch.testing.assert_close(measure(maps * factor), measure(maps))
    for measure in SHARES:
        torch.testing.assert_close(measure(maps * factor, masks), measure(maps, masks))
    torch.testing.assert_close(
        metrics.gradient_l1(maps * factor), metrics.gradient_l1(maps) * abs(factor)
    )


@pytest.mark.parametrize("value", [0.0, float("nan"), float("inf")])
def test_a_map_without_a_shape_spoils_its_own_measures_only(maps, masks, value):
    expected = {name: measure(maps) for name, measure in MEASURES.items()}
    maps[2] = value
    for name, measure in MEASURES.items():
        found = measure(maps)
        if name == "gradient_l1" and value == 0:
            assert found[2] == 0
        else:
            assert not found[2].isfinite()
        torch.testing.assert_close(found[[0, 1, 3]], expected[name][[0, 1, 3]])
    for measure in SHARES:
        assert measure(maps, masks)[2].isnan()
        assert measure(maps, masks)[[0, 1, 3]].isfinite().all()


def test_arguments_stay_as_they_were(maps, masks):
    before = maps.clone(), masks.clone()
    for measure in MEASURES.values():
        measure(maps)
    for measure in SHARES:
        measure(maps, masks)
    assert torch.equal(maps, before[0])
    assert torch.equal(masks, before[1])


def test_each_image_is_measured_by_itself(maps, masks):
    for measure in MEASURES.values():
        torch.testing.assert_close(measure(maps)[1:2], measure(maps[1:2]))
    for measure in SHARES:
        torch.testing.assert_close(measure(maps, masks)[1:2], measure(maps[1:2], masks[1:2]))


def test_a_band_without_width_is_refused_in_words(masks):
    with pytest.raises(ConfigError) as caught:
        metrics.contour_band(masks, width=0)
    assert str(caught.value) == "`width` must be at least 1 pixel, got 0."


@pytest.mark.parametrize("measure", MEASURES.values(), ids=MEASURES)
def test_a_single_map_is_no_batch(measure, monkeypatch):
    monkeypatch.setattr(jaxtyping.config, "jaxtyping_disable", True)  # as where nothing is tested
    with pytest.raises(ArgumentError) as caught:
        measure(torch.rand(12, 10))
    assert str(caught.value) == (
        "`maps` must be a floating-point tensor of shape (batch, channel, height, width), got a "
        "torch.float32 tensor of shape (12, 10). `map[None, None]` makes a batch of one map of a "
        "single channel."
    )


@pytest.mark.parametrize("share", SHARES)
@pytest.mark.parametrize(
    ("wrong", "got"),
    [
        (torch.rand(4, 12, 10), "a torch.float32 tensor of shape (4, 12, 10)"),
        (torch.ones(4, 9, 10, dtype=torch.bool), "a torch.bool tensor of shape (4, 9, 10)"),
        (torch.ones(1, 12, 10, dtype=torch.bool), "a torch.bool tensor of shape (1, 12, 10)"),
    ],
    ids=["numbers", "size", "count"],
)
def test_masks_must_be_truth_values_of_the_size_of_the_maps(share, wrong, got, maps, monkeypatch):
    monkeypatch.setattr(jaxtyping.config, "jaxtyping_disable", True)
    with pytest.raises(ArgumentError) as caught:
        share(maps, wrong)
    assert str(caught.value) == (
        "`masks` must be a tensor of truth values of shape (batch, height, width) = (4, 12, 10), "
        f"one mask a map, got {got}. A comparison such as `mask > 0.5` makes truth values; maps "
        "and masks are of the same images at one size."
    )
