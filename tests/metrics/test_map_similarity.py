"""Likeness of two maps: against SciPy, and on pairs whose likeness is known."""

import jaxtyping
import pytest
import torch
from scipy.stats import spearmanr

from cuelens import metrics
from cuelens.errors import ConfigError
from cuelens.metrics import SIMILARITIES

NAN = float("nan")
every_similarity = pytest.mark.parametrize("similarity", SIMILARITIES.values(), ids=SIMILARITIES)


def numbers(*shape, seed=0):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


@pytest.fixture
def maps():
    return numbers(4, 3, 12, 10)


@pytest.fixture
def others(maps):
    return maps + numbers(4, 3, 12, 10, seed=1)


def row(*strengths):
    """Return the map of one row of pixels with these strengths, in one channel."""
    return torch.tensor(strengths, dtype=torch.float64)[None, None, None]


def test_every_similarity_is_under_test():
    assert dict(SIMILARITIES) == {
        "rank_correlation": metrics.rank_correlation,
        "top_overlap": metrics.top_overlap,
        "structural_similarity": metrics.map_structural_similarity,
    }


def test_rank_correlation_is_that_of_scipy_ties_included(maps, others):
    coarse, other = (maps * 2).round() / 2, (others * 2).round() / 2
    found = metrics.rank_correlation(coarse, other)
    for place, (one, two) in enumerate(zip(coarse, other, strict=True)):
        strengths = (each.double().abs().sum(0).flatten() for each in (one, two))
        expected = spearmanr(*strengths).statistic
        assert found[place].item() == pytest.approx(expected, abs=1e-6)


def test_ranks_in_reverse_have_a_correlation_of_minus_one():
    assert metrics.rank_correlation(row(1, -2, 3, 4), row(9, 8, -7, 1)).item() == -1


def test_the_top_overlap_counts_common_pixels():
    ten = row(*range(10))
    assert metrics.top_overlap(ten, ten.flip(3), share=0.2).item() == 0
    assert metrics.top_overlap(ten, row(0, 0, 0, 0, 0, 0, 0, 0, 5, 4), share=0.2).item() == 1
    assert metrics.top_overlap(ten, row(9, 0, 0, 0, 0, 0, 0, 0, 0, -8), share=0.2).item() == 0.5


def test_pixels_that_tie_for_the_last_places_count_in_part():
    ten = row(*range(10))
    four_tie = row(0, 0, 0, 0, 0, 0, 1, 1, 1, 1)  # each is half among the top two
    assert metrics.top_overlap(ten, four_tie, share=0.2).item() == pytest.approx(0.5)
    assert metrics.top_overlap(four_tie, four_tie, share=0.2).item() == pytest.approx(1)


def test_maps_that_know_nothing_of_each_other_overlap_by_the_share():
    found = metrics.top_overlap(numbers(200, 1, 32, 32), numbers(200, 1, 32, 32, seed=1))
    assert found.mean().item() == pytest.approx(0.1, abs=0.005)
    ranks = metrics.rank_correlation(numbers(200, 1, 32, 32), numbers(200, 1, 32, 32, seed=1))
    assert ranks.mean().item() == pytest.approx(0, abs=0.005)


def test_structure_is_that_of_maps_with_their_strongest_pixel_white(maps, others):
    strengths = [each.double().abs().sum(1, keepdim=True) for each in (maps, others)]
    greys = [each / each.amax((2, 3), keepdim=True) for each in strengths]
    expected = metrics.structural_similarity(*greys)
    found = metrics.map_structural_similarity(maps, others)
    torch.testing.assert_close(found.double(), expected, rtol=1e-6, atol=1e-6)


@every_similarity
def test_a_map_is_like_itself_whatever_its_scale_and_sign(similarity, maps):
    for factor in (1.0, -3.0, 1e-6):
        torch.testing.assert_close(similarity(maps, maps * factor), torch.ones(4))


@every_similarity
def test_likeness_is_mutual_and_each_image_has_its_own(similarity, maps, others):
    whole = similarity(maps, others)
    assert whole.dtype == maps.dtype
    assert len(whole.unique()) > 1
    torch.testing.assert_close(similarity(others, maps), whole)
    torch.testing.assert_close(similarity(maps[1:2], others[1:2]), whole[1:2])
    assert similarity(maps[:0], others[:0]).shape == (0,)


@every_similarity
@pytest.mark.parametrize("value", [0.0, NAN, float("inf")])
def test_a_map_without_a_shape_is_like_nothing(similarity, maps, others, value):
    expected = similarity(maps, others)
    maps[2] = value
    for found in (similarity(maps, others), similarity(others, maps), similarity(maps, maps)):
        assert found[2].isnan()
    torch.testing.assert_close(similarity(maps, others)[[0, 1, 3]], expected[[0, 1, 3]])


def test_even_maps_have_no_order_to_compare(maps):
    even = torch.ones_like(maps)
    for similarity in (metrics.rank_correlation, metrics.top_overlap):
        assert similarity(maps, even).isnan().all()
        assert similarity(even, even).isnan().all()
    assert (metrics.map_structural_similarity(even, even) == 1).all()


def test_of_one_pixel_only_structure_is_known():
    one, two = torch.full((1, 3, 1, 1), 0.2), torch.full((1, 3, 1, 1), -5.0)
    assert metrics.rank_correlation(one, two).isnan()
    assert metrics.top_overlap(one, two).isnan()
    assert metrics.map_structural_similarity(one, two) == 1


@every_similarity
def test_arguments_stay_as_they_were(similarity, maps, others):
    before = maps.clone(), others.clone()
    similarity(maps, others)
    assert torch.equal(maps, before[0])
    assert torch.equal(others, before[1])


@pytest.mark.parametrize("share", [0.0, 1.0, NAN])
def test_a_share_that_takes_nothing_or_everything_is_refused(maps, share):
    with pytest.raises(ConfigError) as caught:
        metrics.top_overlap(maps, maps, share=share)
    assert str(caught.value) == (
        f"`share` must be above 0 and below 1, got {share:g}. 0.1 takes the strongest tenth."
    )


@pytest.mark.parametrize(
    ("measure", "name", "axes"),
    [
        *((one, "others", (0, 2, 3)) for one in SIMILARITIES.values()),
        (metrics.edge_overlap, "images", (0, 2, 3)),
        (metrics.alignment, "images", (0, 1, 2, 3)),
    ],
    ids=[*SIMILARITIES, "edge_overlap", "alignment"],
)
def test_maps_of_another_size_are_refused(measure, name, axes, monkeypatch):
    monkeypatch.setattr(jaxtyping.config, "jaxtyping_disable", True)
    shapes = ((2, 3, 8, 6), (2, 3, 6, 6))
    with pytest.raises(ConfigError) as caught:
        measure(*(torch.rand(shape) for shape in shapes))
    words = ("batch", "channel", "height", "width")
    expected, got = (tuple(shape[axis] for axis in axes) for shape in shapes)
    assert str(caught.value) == (
        f"`{name}` must be of the same images and size as `maps`, expected "
        f"({', '.join(words[axis] for axis in axes)}) = {expected}, got {got}. Make both at one "
        "size; `torch.nn.functional.interpolate` resizes a map."
    )
