"""The fast form of a classifier: channels-last, folded batch norm, frozen, perhaps bfloat16.

It knows how to make the same function cheaper. What is reported as adversarial is confirmed with
the classifier as it was given; that is the caller's duty.
"""

import copy
from itertools import pairwise

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval, fuse_conv_bn_weights

from cuelens.networks.classifier import Classifier
from cuelens.networks.few_channels import FewChannels, reads_few_channels
from cuelens.tensors import Images

__all__ = ["FastPath", "bfloat16_is_fast", "fast"]


def bfloat16_is_fast(device: torch.device) -> bool:
    """Return whether this device multiplies bfloat16 matrices in hardware."""
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    return device.type == "cpu" and bool(torch.cpu._is_avx512_bf16_supported())


class _Fed(nn.Module):
    """Feeds a network images of its own precision and memory format."""

    def __init__(
        self, network: nn.Module, precision: torch.dtype, layout: torch.memory_format
    ) -> None:
        super().__init__()
        self.network = network
        self.precision = precision
        self.layout = layout

    def forward(self, images: Images) -> Tensor:
        images = images.to(dtype=self.precision, memory_format=self.layout)
        logits: Tensor = self.network(images)
        return logits


def _foldable(network: nn.Module) -> dict[str, str]:
    """Return the convolutions with a batch norm registered right behind, and that norm, by name."""
    pairs = {}
    for parent_name, parent in network.named_modules():
        prefix = f"{parent_name}." if parent_name else ""
        for (name, convolution), (norm_name, norm) in pairwise(parent.named_children()):
            if (
                isinstance(convolution, nn.Conv2d)
                and isinstance(norm, nn.BatchNorm2d)
                and norm.running_mean is not None
                and convolution.out_channels == norm.num_features
            ):
                pairs[prefix + name] = prefix + norm_name
    return pairs


def _fold(network: nn.Module, pairs: dict[str, str]) -> nn.Module:
    """Return an eval-mode copy in which each named norm is folded into its convolution."""
    folded = copy.deepcopy(network).eval()
    for name, norm_name in pairs.items():
        convolution, norm = folded.get_submodule(name), folded.get_submodule(norm_name)
        if isinstance(convolution, nn.Conv2d) and isinstance(norm, nn.BatchNorm2d):
            folded.set_submodule(name, fuse_conv_bn_eval(convolution, norm))
            folded.set_submodule(norm_name, nn.Identity())
    return folded


def _folding_is_right(classifier: Classifier, pairs: dict[str, str]) -> bool:
    """Return whether a folded network is known to give the original's logits on a probe image.

    The norms are given statistics of their own first: those of an untrained network change next
    to nothing, so that even a wrong folding would agree.
    """
    specification = classifier.specification
    shape = (2, specification.channels, specification.height or 32, specification.width or 32)
    chance = np.random.Generator(np.random.Philox(key=0))
    original = copy.deepcopy(classifier.network).eval()
    for norm in pairs.values():
        for name, value in original.get_submodule(norm).state_dict().items():
            if value.is_floating_point():
                low = 0.5 if name.endswith(("weight", "var")) else -0.5
                drawn = chance.uniform(low, low + 1, tuple(value.shape))
                value.copy_(torch.from_numpy(drawn))
    probe = torch.from_numpy(chance.standard_normal(shape, dtype=np.float32)).to(classifier.device)
    with torch.no_grad():
        try:
            expected = original(probe)
        except RuntimeError:  # of a size that its specification does not name: not to be probed
            return False
        if not isinstance(expected, Tensor):  # refused in words where it is asked
            return False
        got = _fold(original, pairs)(probe)
    largest = float(expected.nan_to_num().abs().amax())  # weights may hold NaN: they stay NaN
    return torch.allclose(expected, got, rtol=1e-3, atol=1e-3 * largest, equal_nan=True)


def _lighten(network: nn.Module) -> None:
    """Give the convolutions that read few channels their cheaper gradient."""
    for name, module in list(network.named_modules()):
        if isinstance(module, nn.Conv2d) and reads_few_channels(module):
            network.set_submodule(name, FewChannels.of(module))


class FastPath:
    """A fast copy of a classifier that can follow its weights while they are trained.

    The order in which layers are registered need not be the order of their use, so batch norms
    are folded only where the folded copy gives the original's logits on a probe image.

    Attributes:
        classifier: The fast copy: frozen, in eval mode.
        precision: Of its weights and activations.
    """

    def __init__(
        self,
        classifier: Classifier,
        *,
        precision: torch.dtype | None = None,
        channels_last: bool = True,
    ) -> None:
        """Copy `classifier`, which is left as it was; see `fast` for the rest."""
        if precision is None:
            precision = torch.bfloat16 if bfloat16_is_fast(classifier.device) else torch.float32
        self.precision = precision
        self._original = classifier.network
        self._pairs = _foldable(classifier.network)
        if self._pairs and not _folding_is_right(classifier, self._pairs):
            self._pairs = {}
        network = _fold(classifier.network, self._pairs)
        layout = torch.channels_last if channels_last else torch.contiguous_format
        _lighten(network)
        self._copy = network.to(precision).to(memory_format=layout)  # type: ignore[call-overload]
        self.classifier = Classifier(
            _Fed(self._copy, precision, layout).eval().requires_grad_(requires_grad=False),
            class_names=classifier.class_names,
            specification=classifier.specification,
            name=classifier.name,
        )

    @torch.no_grad()
    def refresh(self) -> None:
        """Copy the original's present weights and statistics into the fast copy."""
        current = self._original.state_dict()
        for convolution, norm in self._pairs.items():
            statistics = self._original.get_submodule(norm)
            weight, bias = fuse_conv_bn_weights(
                current[f"{convolution}.weight"],
                current.get(f"{convolution}.bias"),
                current[f"{norm}.running_mean"],
                current[f"{norm}.running_var"],
                float(getattr(statistics, "eps")),  # noqa: B009 - not known to the type checker
                current.get(f"{norm}.weight"),
                current.get(f"{norm}.bias"),
            )
            current[f"{convolution}.weight"], current[f"{convolution}.bias"] = weight, bias
        for name, value in self._copy.state_dict().items():
            value.copy_(current[name])


def fast(
    classifier: Classifier,
    *,
    precision: torch.dtype | None = None,
    channels_last: bool = True,
) -> Classifier:
    """Return the same classifier in its fast form; the one given is left as it was.

    Args:
        classifier: Any classifier; its eval-mode function is copied.
        precision: Of weights and activations. None: bfloat16 where the machine multiplies it in
            hardware, else float32.
        channels_last: How images lie; it pays unless the network is very small.

    Returns:
        A classifier with frozen parameters. In float32 its logits differ by rounding alone; in
        bfloat16 by about one part in a hundred, which the caller must confirm.
    """
    return FastPath(classifier, precision=precision, channels_last=channels_last).classifier
