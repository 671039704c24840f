"""The fast form of a classifier: channels-last, folded batch norm, frozen, perhaps bfloat16.

It knows how to make the same function cheaper. What is reported as adversarial is confirmed with
the classifier as it was given; that is the caller's duty.
"""

import copy
from itertools import pairwise

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from cuelens.networks.classifier import Classifier
from cuelens.tensors import Images

__all__ = ["bfloat16_is_fast", "fast"]


def bfloat16_is_fast(device: torch.device) -> bool:
    """Return whether this device multiplies bfloat16 matrices in hardware."""
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    return device.type == "cpu" and torch.cpu._is_avx512_bf16_supported()


class _ChannelsLast(nn.Module):
    """Feeds a network channels-last images of its own precision."""

    def __init__(self, network: nn.Module, precision: torch.dtype) -> None:
        super().__init__()
        self.network = network
        self.precision = precision

    def forward(self, images: Images) -> Tensor:
        images = images.to(dtype=self.precision, memory_format=torch.channels_last)
        logits: Tensor = self.network(images)
        return logits


def _fold_batch_norms(network: nn.Module) -> None:
    """Fold each batch norm that is registered right behind its convolution into it, in place."""
    for parent in list(network.modules()):
        children = list(parent.named_children())
        for (name, convolution), (norm_name, norm) in pairwise(children):
            if (
                isinstance(convolution, nn.Conv2d)
                and isinstance(norm, nn.BatchNorm2d)
                and norm.running_mean is not None
                and convolution.out_channels == norm.num_features
            ):
                setattr(parent, name, fuse_conv_bn_eval(convolution, norm))
                setattr(parent, norm_name, nn.Identity())


def _folded(classifier: Classifier) -> nn.Module:
    """Return an eval-mode copy of the network, folded if that provably changes nothing.

    The order of registration need not be the order of use, so the folded copy must give the
    logits of the original on a probe image; where it does not, the copy stays unfolded.
    """
    original = copy.deepcopy(classifier.network).eval()
    folded = copy.deepcopy(original)
    _fold_batch_norms(folded)
    specification = classifier.specification
    shape = (2, specification.channels, specification.height or 32, specification.width or 32)
    noise = np.random.Generator(np.random.Philox(key=0)).standard_normal(shape, dtype=np.float32)
    probe = torch.from_numpy(noise).to(classifier.device)
    with torch.no_grad():
        same = torch.allclose(original(probe), folded(probe), rtol=1e-3, atol=1e-3)
    return folded if same else original


def fast(classifier: Classifier, *, precision: torch.dtype | None = None) -> Classifier:
    """Return the same classifier in its fast form; the one given is left as it was.

    Args:
        classifier: Any classifier; its eval-mode function is copied.
        precision: Of weights and activations. None: bfloat16 where the machine multiplies it in
            hardware, else float32.

    Returns:
        A classifier with frozen parameters. In float32 its logits differ by rounding alone; in
        bfloat16 by about one part in a hundred, which the caller must confirm.
    """
    if precision is None:
        precision = torch.bfloat16 if bfloat16_is_fast(classifier.device) else torch.float32
    network = _folded(classifier).to(dtype=precision, memory_format=torch.channels_last)
    return Classifier(
        _ChannelsLast(network, precision).eval().requires_grad_(requires_grad=False),
        class_names=classifier.class_names,
        specification=classifier.specification,
        name=classifier.name,
    )
