"""Forward passes whose answer for an image does not depend on what shares its batch.

It knows batches, precision and devices; it does not know what logits mean.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from cuelens.datasets.protocol import Dataset
from cuelens.errors import ConfigError
from cuelens.networks.classifier import Classifier, evaluating
from cuelens.networks.fast_path import bfloat16_is_fast, fast
from cuelens.tensors import Images, Logits

__all__ = [
    "FastForm",
    "fast_form",
    "full_precision",
    "logits_of",
    "machine_notes",
    "map_form",
    "micro_batches",
    "operations",
    "precision_name",
    "share_of",
    "usual_micro_batch",
]

_MANY_OPERATIONS = 20e6
"""From so many floating-point operations an image on, bfloat16 is surely faster (small ResNet: 98
million, 2.5 times; below 5 million 1.1 times, measured on two cores)."""


_SMALL_PIXELS = 64 * 64
"""Of images so small that as many as are asked for fit into memory."""


def logits_of(classifier: Classifier, images: Images, *, micro_batch: int | None = None) -> Logits:
    """Return the logits of images, forwarded in micro-batches of one fixed, padded size.

    An image has bit-identical logits whatever comes with it, before it or behind it. Float32 is
    whole float32 on every device. The classifier's mode and gradients stay as they were.

    Args:
        classifier: Any classifier; run in eval mode on its own device.
        images: Pixels in [0, 1], on any device; at least one.
        micro_batch: How many images go through the network at once. At least 1. None: 250, fewer
            where they are large.

    Returns:
        Float32 logits on the CPU, one row an image.

    Raises:
        ConfigError: If `micro_batch` is below 1.
    """
    if micro_batch is None:
        micro_batch = usual_micro_batch(classifier, images)
    if micro_batch < 1:
        raise ConfigError(f"`micro_batch` must be at least 1, got {micro_batch}.")
    device = classifier.device
    logits = torch.empty(len(images), len(classifier.class_names))
    with torch.no_grad(), evaluating(classifier.network), full_precision(device):
        for start in range(0, len(images), micro_batch):
            batch = images[start : start + micro_batch].to(device)
            count = len(batch)
            if count < micro_batch:
                padding = batch.new_zeros(micro_batch - count, *batch.shape[1:])
                batch = torch.cat([batch, padding])
            logits[start : start + count] = classifier(batch)[:count].cpu()
    return logits


def usual_micro_batch(classifier: Classifier, images: Images) -> int:
    """Return how many such images go through a network at once, unless told otherwise.

    Args:
        classifier: Its size counts where it is larger than that of the images.
        images: At least one, of the size in question.
    """
    return share_of(250, classifier, images)


def micro_batches(
    classifiers: Mapping[str, Classifier], dataset: Dataset, asked: int | None
) -> dict[str, int]:
    """Return how many images of a data set go through each network at once, by its name.

    Args:
        classifiers: By name.
        dataset: At least one image; one is read where the number hangs on its size.
        asked: The number, where it was given.
    """
    if asked is not None:
        return dict.fromkeys(classifiers, asked)
    one = dataset.images(torch.arange(1))
    return {name: usual_micro_batch(network, one) for name, network in classifiers.items()}


@contextmanager
def full_precision(device: torch.device) -> Iterator[None]:
    """Keep CUDA from rounding float32 to TensorFloat-32 and from choosing kernels by time."""
    if device.type != "cuda":
        yield
        return
    with torch.backends.cudnn.flags(
        enabled=torch.backends.cudnn.enabled,
        benchmark=False,
        deterministic=True,
        allow_tf32=False,
    ):
        yield


@dataclass(frozen=True, kw_only=True, slots=True)
class FastForm:
    """The form of a classifier in which attacks and maps are cheapest on a device.

    Attributes:
        precision: bfloat16 where it pays, else float32.
        channels_last: Whether images lie channels-last.
        batch: How many images to attack at once.
    """

    precision: torch.dtype
    channels_last: bool
    batch: int

    def of(self, classifier: Classifier, *, float32: bool = False) -> Classifier:
        """Return the classifier in this form, or in this form in float32."""
        precision = torch.float32 if float32 else self.precision
        return fast(classifier, precision=precision, channels_last=self.channels_last)

    def laid(self, images: Images) -> Images:
        """Return the images as the form reads them, so that no step has to copy them."""
        return images.to(memory_format=torch.channels_last) if self.channels_last else images


def fast_form(classifier: Classifier, images: Images) -> FastForm:
    """Return the form in which a classifier is cheapest.

    bfloat16 and channels-last pay where the network multiplies much. A network of a few million
    operations an image spends its time elsewhere, is as fast in float32, which misses nothing,
    and wants large batches. The rule counts operations and takes no time, so that it is the same
    on every run.

    Args:
        classifier: Any classifier.
        images: At least one, of the size in question.
    """
    device = classifier.device
    large = operations(classifier, images) >= _MANY_OPERATIONS
    return FastForm(
        precision=torch.bfloat16 if large and bfloat16_is_fast(device) else torch.float32,
        channels_last=large,
        # A hundred keep a ResNet-18 at 32 px within 1 GB.
        batch=share_of(100, classifier, images) if large and device.type == "cpu" else 500,
    )


def share_of(count: int, classifier: Classifier, images: Images) -> int:
    """Return how many images are as large as `count` of 64 pixels a side, where those are larger.

    Args:
        count: Of images that fit into memory, up to 64 pixels a side.
        classifier: Its size counts where it is larger than that of the images.
        images: Of the size in question.

    Returns:
        At least 8 and at most `count`.
    """
    height, width = classifier.specification.size_of(images)
    pixels = max(height * width, images.shape[2] * images.shape[3])
    return min(count, max(8, count * _SMALL_PIXELS // max(pixels, 1)))


def map_form(classifier: Classifier, images: Images) -> FastForm:
    """Return the form in which maps of a classifier are cheapest and still its maps.

    bfloat16 keeps the ranks of a SmoothGrad map of 100 samples at a correlation of .994 and more
    on residual networks, and of .93 on EfficientNet-Lite0: a filter of a single channel sums up so
    few products that their rounding does not even out. Networks with such filters are explained
    in float32.

    Args:
        classifier: Any classifier.
        images: At least one, of the size in question.
    """
    form = fast_form(classifier, images)
    if any(_filters_single_channels(module) for module in classifier.network.modules()):
        return replace(form, precision=torch.float32)
    return form


def _filters_single_channels(module: nn.Module) -> bool:
    return isinstance(module, nn.Conv2d) and module.groups == module.in_channels > 1


def operations(classifier: Classifier, images: Images) -> int:
    """Return how many floating-point operations one of the images costs, forward.

    Args:
        classifier: Any classifier; its mode stays as it was.
        images: At least one.
    """
    with torch.no_grad(), evaluating(classifier.network), FlopCounterMode(display=False) as counted:
        classifier.network(classifier.specification.prepare(images[:1].to(classifier.device)))
    return int(counted.get_total_flops())


def precision_name(precision: torch.dtype) -> str:
    """Return the name of a precision as records have it, such as "float32"."""
    return str(precision).removeprefix("torch.")


def machine_notes(device: torch.device) -> dict[str, str]:
    """Return what may change the last bits of a logit and is not part of a record's key."""
    return {
        "torch": torch.__version__,
        "device": device.type,
        "threads": str(torch.get_num_threads()),
        "processor": torch.backends.cpu.get_cpu_capability(),
    }
