"""Between which values each measure of salience maps lies, by the names that records use.

An interval of a mean ends where the measure does: beyond it no mean can be. How a measure is
computed is in its own module, whose docstring states the same range.
"""

import math
from collections.abc import Mapping
from types import MappingProxyType

__all__ = ["MEASURE_RANGES", "range_of"]

Range = tuple[float, float]

_SHARE: Range = (0.0, 1.0)
_CORRELATION: Range = (-1.0, 1.0)
_AMOUNT: Range = (0.0, math.inf)
_UNKNOWN: Range = (-math.inf, math.inf)

MEASURE_RANGES: Mapping[str, Range] = MappingProxyType(
    {
        "sparsity": _SHARE,
        "total_variation": (0.0, 4.0),
        "gradient_l1": _AMOUNT,
        "contour_share": _SHARE,
        "inside_share": _SHARE,
        "background_share": _SHARE,
        "edge_overlap": _CORRELATION,
        "alignment": _AMOUNT,
        "cosine_alignment": _SHARE,
        "deletion": _SHARE,
        "insertion": _SHARE,
        "white_share": _SHARE,
        "drawn_brightness": _SHARE,
        "rank_correlation": _CORRELATION,
        "top_overlap": _SHARE,
        "structural_similarity": _CORRELATION,
    }
)
"""The least and the largest value; the last three are likenesses of two maps."""

_LIKENESSES = ("rank_correlation", "top_overlap", "structural_similarity")


def range_of(measure: str) -> tuple[float, float]:
    """Return the least and the largest value that a measure of maps can have.

    Args:
        measure: As in records, such as "sparsity", "noise_rank_correlation" or
            "cascade_rank_correlation:layer4".

    Returns:
        Both infinite for a measure that is not known here, such as one's own.
    """
    stem = measure.partition(":")[0]
    likeness = next((name for name in _LIKENESSES if stem.endswith(f"_{name}")), stem)
    return MEASURE_RANGES.get(likeness, _UNKNOWN)
