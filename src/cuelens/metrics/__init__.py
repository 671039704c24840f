"""Metrics: pure functions of outcomes, answers and salience maps."""

from cuelens.metrics.accuracy import (
    accuracy,
    area,
    chance_corrected,
    cue_reliance,
    pair_common_accuracy,
    reciprocal_rank,
    retention,
    robust_accuracy,
    top_k_accuracy,
)
from cuelens.metrics.alignment import alignment, cosine_alignment
from cuelens.metrics.critical_band import CriticalBand, critical_band, noise_thresholds
from cuelens.metrics.edge_overlap import edge_overlap, edge_strength
from cuelens.metrics.error_consistency import ErrorConsistency, error_consistency
from cuelens.metrics.fourier_heat_map import fourier_heat_map
from cuelens.metrics.linear_probe import LinearProbe, Probed
from cuelens.metrics.map_similarity import (
    SIMILARITIES,
    map_structural_similarity,
    rank_correlation,
    top_overlap,
)
from cuelens.metrics.measure_ranges import MEASURE_RANGES, range_of
from cuelens.metrics.pixel_removal import Fill, deletion_area, insertion_area, probability_curve
from cuelens.metrics.salience_measures import (
    IMAGE_MEASURES,
    MASK_MEASURES,
    MEASURES,
    background_share,
    contour_band,
    contour_share,
    gradient_l1,
    inside_share,
    sparsity,
    total_variation,
)
from cuelens.metrics.shape_bias import CueAnswers, ShapeBias, cue_answers, shape_bias
from cuelens.metrics.structural_similarity import structural_similarity

__all__ = [
    "IMAGE_MEASURES",
    "MASK_MEASURES",
    "MEASURES",
    "MEASURE_RANGES",
    "SIMILARITIES",
    "CriticalBand",
    "CueAnswers",
    "ErrorConsistency",
    "Fill",
    "LinearProbe",
    "Probed",
    "ShapeBias",
    "accuracy",
    "alignment",
    "area",
    "background_share",
    "chance_corrected",
    "contour_band",
    "contour_share",
    "cosine_alignment",
    "critical_band",
    "cue_answers",
    "cue_reliance",
    "deletion_area",
    "edge_overlap",
    "edge_strength",
    "error_consistency",
    "fourier_heat_map",
    "gradient_l1",
    "insertion_area",
    "inside_share",
    "map_structural_similarity",
    "noise_thresholds",
    "pair_common_accuracy",
    "probability_curve",
    "range_of",
    "rank_correlation",
    "reciprocal_rank",
    "retention",
    "robust_accuracy",
    "shape_bias",
    "sparsity",
    "structural_similarity",
    "top_k_accuracy",
    "top_overlap",
    "total_variation",
]
