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
from cuelens.metrics.critical_band import CriticalBand, critical_band, noise_thresholds
from cuelens.metrics.error_consistency import ErrorConsistency, error_consistency
from cuelens.metrics.fourier_heat_map import fourier_heat_map
from cuelens.metrics.linear_probe import LinearProbe, Probed
from cuelens.metrics.salience_measures import (
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
    "MASK_MEASURES",
    "MEASURES",
    "CriticalBand",
    "CueAnswers",
    "ErrorConsistency",
    "LinearProbe",
    "Probed",
    "ShapeBias",
    "accuracy",
    "area",
    "background_share",
    "chance_corrected",
    "contour_band",
    "contour_share",
    "critical_band",
    "cue_answers",
    "cue_reliance",
    "error_consistency",
    "fourier_heat_map",
    "gradient_l1",
    "inside_share",
    "noise_thresholds",
    "pair_common_accuracy",
    "reciprocal_rank",
    "retention",
    "robust_accuracy",
    "shape_bias",
    "sparsity",
    "structural_similarity",
    "top_k_accuracy",
    "total_variation",
]
