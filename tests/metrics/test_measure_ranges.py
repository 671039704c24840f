"""Ranges of measures: each is known, and no map whatever leaves its own."""

import math

import pytest
import torch

from cuelens.evaluation import SCALE_MEASURES
from cuelens.metrics import (
    IMAGE_MEASURES,
    MASK_MEASURES,
    MEASURE_RANGES,
    MEASURES,
    SIMILARITIES,
    deletion_area,
    insertion_area,
    range_of,
)

ROUNDING = 1e-5


def maps_of_all_kinds():
    """Return random maps, and some at the ends: even, one pixel, a chequerboard, the image."""
    generator = torch.Generator().manual_seed(0)
    images = torch.rand(6, 3, 8, 8, generator=generator)
    maps = torch.randn(6, 3, 8, 8, generator=generator)
    maps[0] = 1
    maps[1] = 0
    maps[1, :, 4, 4] = -5
    maps[2] = 0
    maps[2, :, ::2, ::2] = 1
    maps[3] = images[3]
    return images, maps


def classify(images):
    return 20 * images.mean((2, 3))


def found():
    images, maps = maps_of_all_kinds()
    masks = images[:, 0] > 0.5
    labels = torch.arange(6) % 3
    alone = {**MEASURES, **SCALE_MEASURES}
    return {
        **{name: measure(maps) for name, measure in alone.items()},
        **{name: measure(maps, images) for name, measure in IMAGE_MEASURES.items()},
        **{name: measure(maps, masks) for name, measure in MASK_MEASURES.items()},
        **{name: measure(maps, maps.flip(0)) for name, measure in SIMILARITIES.items()},
        "deletion": deletion_area(classify, images, maps, labels, steps=4),
        "insertion": insertion_area(classify, images, maps, labels, steps=4),
    }


def test_every_measure_has_a_range_and_no_map_leaves_it():
    values = found()
    assert set(values) == set(MEASURE_RANGES)
    for name, own in values.items():
        low, high = MEASURE_RANGES[name]
        known = own[own.isfinite()]
        assert len(known)
        assert ((known >= low - ROUNDING) & (known <= high + ROUNDING)).all(), name


@pytest.mark.parametrize(
    ("measure", "expected"),
    [
        ("sparsity", (0.0, 1.0)),
        ("noise_rank_correlation", (-1.0, 1.0)),
        ("agreement_top_overlap", (0.0, 1.0)),
        ("condition_structural_similarity", (-1.0, 1.0)),
        ("cascade_rank_correlation:layer1.0.conv1", (-1.0, 1.0)),
        ("my_own", (-math.inf, math.inf)),
    ],
)
def test_a_range_is_found_by_the_name_of_a_record(measure, expected):
    assert range_of(measure) == expected
