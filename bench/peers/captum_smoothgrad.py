"""captum's SmoothGrad, called as its documentation says, and fed the noise of ours to compare."""

from unittest.mock import patch

import torch
from torch import Tensor

from bench.salience_subjects import Explained

__all__ = ["captum_smoothgrad", "largest_difference"]


def captum_smoothgrad(subject: Explained, *, samples: int, noise: float) -> Tensor:
    """Return captum's maps: the mean gradient of the label's logit over noisy copies.

    Args:
        subject: What is explained; captum gets the classifier itself, normalisation and all.
        samples: Noisy copies of each image, one of every image a pass.
        noise: Standard deviation in pixel units.
    """
    from captum.attr import NoiseTunnel, Saliency

    tunnel = NoiseTunnel(Saliency(subject.classifier))
    maps: Tensor = tunnel.attribute(
        subject.images.clone().requires_grad_(),
        nt_type="smoothgrad",
        nt_samples=samples,
        nt_samples_batch_size=1,
        stdevs=noise,
        target=subject.labels,
        abs=False,
    )
    return maps.detach()


def largest_difference(subject: Explained, maps: Tensor, *, samples: int, noise: float) -> float:
    """Return how far maps are from captum's, if captum's noise is that of `SmoothGrad`.

    Args:
        subject: What was explained.
        maps: By `SmoothGrad` of as many samples and as much noise.
        samples: Of both.
        noise: Of both.
    """
    shape, draws = subject.images.shape[1:], iter(range(samples))

    def ours(mean: float, deviations: Tensor) -> Tensor:
        drawn = subject.chance.normal(shape, method="smoothgrad", draw=next(draws))
        return mean + deviations * drawn.to(deviations)

    with patch.object(torch, "normal", ours):
        theirs = captum_smoothgrad(subject, samples=samples, noise=noise)
    return float((maps - theirs).abs().amax())
