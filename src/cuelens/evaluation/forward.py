"""Forward passes whose answer for an image does not depend on what shares its batch.

It knows batches, precision and devices; it does not know what logits mean.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch.utils.flop_counter import FlopCounterMode

from cuelens.errors import ConfigError
from cuelens.networks.classifier import Classifier, evaluating
from cuelens.networks.fast_path import bfloat16_is_fast
from cuelens.tensors import Images, Logits

__all__ = [
    "attack_batch",
    "fast_precision",
    "full_precision",
    "logits_of",
    "machine_notes",
    "operations",
    "precision_name",
]

_MANY_OPERATIONS = 20e6
"""From so many floating-point operations an image on, bfloat16 is surely faster (small ResNet: 98
million, 2.5 times; below 5 million 1.1 times, measured on two cores)."""


def logits_of(classifier: Classifier, images: Images, *, micro_batch: int = 250) -> Logits:
    """Return the logits of images, forwarded in micro-batches of one fixed, padded size.

    An image has bit-identical logits whatever comes with it, before it or behind it. Float32 is
    whole float32 on every device. The classifier's mode and gradients stay as they were.

    Args:
        classifier: Any classifier; run in eval mode on its own device.
        images: Pixels in [0, 1], on any device; at least one.
        micro_batch: How many images go through the network at once. At least 1.

    Returns:
        Float32 logits on the CPU, one row an image.

    Raises:
        ConfigError: If `micro_batch` is below 1.
    """
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


def fast_precision(classifier: Classifier, images: Images) -> torch.dtype:
    """Return the precision of the fast path: bfloat16 where it pays, else float32.

    It pays where the device multiplies it in hardware and the network multiplies much: a network
    of a few million operations an image spends its time elsewhere, and in float32 it misses
    nothing. The rule counts operations and takes no time, so that it is the same on every run.

    Args:
        classifier: Any classifier.
        images: At least one, of the size in question.
    """
    if not bfloat16_is_fast(classifier.device):
        return torch.float32
    many = operations(classifier, images) >= _MANY_OPERATIONS
    return torch.bfloat16 if many else torch.float32


def attack_batch(classifier: Classifier, images: Images) -> int:
    """Return how many images to attack at once.

    As many as keep a ResNet-18 at 32 px within 1 GB on a CPU; five times as many of a network so
    small that a batch costs as much as its images, and on a GPU.

    Args:
        classifier: Any classifier.
        images: At least one, of the size in question.
    """
    if classifier.device.type != "cpu" or operations(classifier, images) < _MANY_OPERATIONS:
        return 500
    return 100


def operations(classifier: Classifier, images: Images) -> int:
    """Return how many floating-point operations one of the images costs, forward.

    Args:
        classifier: Any classifier; its mode stays as it was.
        images: At least one.
    """
    with torch.no_grad(), evaluating(classifier.network), FlopCounterMode(display=False) as counted:
        classifier(images[:1].to(classifier.device))
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
