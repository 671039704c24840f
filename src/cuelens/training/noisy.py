"""Training on images with noise: the control for what any blur of the pixels does."""

import math
from dataclasses import dataclass

from cuelens.errors import ConfigError
from cuelens.networks.classifier import Classify
from cuelens.training.objectives import Lesson, Loss, mean_cross_entropy

__all__ = ["Noisy"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Noisy:
    """Train on the images with Gaussian noise, drawn anew each time an image is seen.

    Attributes:
        deviation: Of the noise, in units of the pixel range [0, 1], before pixels are clamped to
            it. Positive.

    Raises:
        ConfigError: If `deviation` is not positive, or above 1.

    Source:
        Ford et al., 2019, https://arxiv.org/abs/1901.10513, section 5 (deviations 0.1 and 0.4).
        Differs: one deviation throughout, where the paper draws one up to it for each image.
    """

    deviation: float

    def __post_init__(self) -> None:
        if not (0 < self.deviation <= 1 and math.isfinite(self.deviation)):
            raise ConfigError(
                f"`deviation` must be above 0 and at most 1 (pixels are in [0, 1]), got "
                f"{self.deviation:g}. Usual is 0.1."
            )

    @property
    def ball(self) -> None:
        """It attacks nothing."""
        return

    def __call__(self, learner: Classify, classify: Classify, lesson: Lesson) -> Loss:
        """Return the cross-entropy on the noisy images."""
        images = lesson.images
        noise = lesson.chance.normal(images.shape[1:], method="training-noise").to(images)
        noisy = (images + self.deviation * noise).clamp(0, 1)
        return mean_cross_entropy(learner, noisy, lesson.labels)
