"""What an attack finds before it starts: gradients, outputs, modes and readings of the pixels.

It measures a model on a few images and keeps one number an image and measure; what a number means
for a robust accuracy, it does not know.
"""

import copy
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import partial

import numpy as np
import torch
from torch import Tensor

from cuelens.datasets.protocol import Dataset
from cuelens.errors import ConfigError
from cuelens.evaluation.answers import rank_of
from cuelens.evaluation.chunks import Chunk, Snapshot, chunks_of
from cuelens.evaluation.forward import full_precision, logits_of, machine_notes, share_of
from cuelens.evaluation.jobs import Evaluated, unanswered
from cuelens.evaluation.keys import key_of
from cuelens.evaluation.records import RecordStore
from cuelens.evaluation.subjects import Subject
from cuelens.evaluation.tables import table_of
from cuelens.losses import cross_entropy, margin
from cuelens.networks.classifier import Classifier, InputSpecification, evaluating, input_gradient
from cuelens.randomness import keyed_generator
from cuelens.sharing import Task, share
from cuelens.tensors import Images, Labels, Logits, PerImage

__all__ = ["READINGS", "probe_model"]

_VERSION = 1
"""Raised whenever the same model and images give other rows."""

READINGS = {
    "right_raw": "pixels in [0, 1]",
    "right_255": "pixels in [0, 255]",
    "right_centred": "pixels in [-1, 1]",
    "right_imagenet": "pixels normalised as for ImageNet",
}
"""Measures of other readings of the pixels, and what the network is given then."""


def probe_model(
    classifier: Classifier,
    dataset: Dataset,
    *,
    store: RecordStore,
    draw: int = 0,
    images: int = 64,
    micro_batch: int | None = None,
    name: str | None = None,
    training_seed: int | None = None,
) -> Evaluated:
    """Record what makes attacks on a model misleading, on some images, in float32.

    A copy of the network is measured: mode, statistics, gradients and the random state stay as
    they were. One row an image and measure; all but `mode_change` in eval mode:

    - cross_entropy_gradient, margin_gradient: largest absolute value over the pixels, per unit of
      the pixel range.
    - cross_entropy_zeros, margin_zeros: share of the gradient's entries that are exactly zero.
    - output_sum, output_smallest; logit_range: largest minus smallest.
    - repeat_change: largest difference of the logits between two identical passes.
    - batch_change: the same between two passes with other images in the batch.
    - mode_change: the same between the mode as it was given and eval mode.
    - train_mode: 1 where a layer was in train mode as it was given, else 0.
    - right_as_given: 1 where the label has the largest logit, else 0.
    - those of `READINGS`: the same where the network is given other pixels than its input
      specification makes; a reading that is the specification's own is left out.

    Args:
        classifier: The model, in any mode.
        dataset: Where the images come from.
        store: Where the records go.
        draw: Seed of the choice of images. At least 0.
        images: How many, drawn by chance, the same for every model. At least 1.
        micro_batch: How many images go through the network at once. At least 2. None: 32, fewer
            where they are large.
        name: Of the model in the records; None: the classifier's own.
        training_seed: None where unknown.

    Returns:
        Where the records are: one part of the table "probes".

    Raises:
        ConfigError: If `images` is below 1 or `micro_batch` below 2.
        StorageError: If the disk is full.
    """
    if micro_batch is None:
        micro_batch = share_of(32, classifier, dataset.images(torch.arange(1)))
    if micro_batch < 2:
        raise ConfigError(
            f"`micro_batch` must be at least 2, got {micro_batch}. An image alone does not show "
            "what sharing a batch does."
        )
    subject = Subject.of(classifier, name=name, training_seed=training_seed)
    snapshot = Snapshot(dataset)
    rows = snapshot.rows(images, draw)
    columns = subject.columns(
        snapshot,
        condition="clean",
        family="clean",
        level=None,
        draw=draw,
        precision="float32",
        settings=f"micro_batch={micro_batch}",
    )
    key = key_of(
        table="probes",
        version=_VERSION,
        training=[path for path, module in classifier.network.named_modules() if module.training],
        rows=rows.tolist(),
        **columns,
    )

    def do() -> int:
        chunk = Chunk(snapshot, rows, draw)
        with _random_state_kept(classifier.device, draw):
            values = _measured(classifier, chunk.clean, chunk.labels, micro_batch)
        varying = {
            "image": chunk.chance.ids * len(values),
            "measure": np.repeat(list(values), len(chunk)),
            "value": torch.cat([value.double() for value in values.values()]).numpy(),
        }
        frame = table_of("probes", varying, columns)
        store.write("probes", key, frame, notes=machine_notes(classifier.device))
        return 1

    task = Task(name=key, done=partial(store.has, "probes", key), do=do)
    computed = share([task], store.leases)
    ranges = store.read("probes", [key]).filter(measure="logit_range").rename({"value": "loss"})
    return Evaluated(table="probes", keys=(key,), computed=computed, problems=unanswered(ranges))


@contextmanager
def _random_state_kept(device: torch.device, draw: int) -> Iterator[None]:
    """Seed torch for models that draw by themselves, and put its state back."""
    seed = int(keyed_generator(draw, "probes").integers(2**62))
    devices = [device] if device.type == "cuda" else []
    with torch.random.fork_rng(devices=devices):
        torch.default_generator.manual_seed(seed)
        if devices:
            with torch.cuda.device(device):
                torch.cuda.manual_seed(seed)
        yield


def _measured(
    given: Classifier, images: Images, labels: Labels, micro_batch: int
) -> Mapping[str, PerImage]:
    """Return every measure by name, on the CPU."""
    own = _with(given, given.specification)
    logits = logits_of(own, images, micro_batch=micro_batch)
    again = logits_of(own, images, micro_batch=micro_batch)
    # Half as many images in a batch that is filled with black: other neighbours, same kernels.
    halves = chunks_of(torch.arange(len(images)), micro_batch // 2)
    apart = torch.cat([logits_of(own, images[half], micro_batch=micro_batch) for half in halves])
    spread = logits.amax(1) - logits.amin(1)
    values = {
        "output_sum": logits.sum(1),
        "output_smallest": logits.amin(1),
        "logit_range": torch.where(logits.isfinite().all(1), spread, torch.nan),
        "repeat_change": _change(logits, again),
        "batch_change": _change(logits, apart),
        "right_as_given": _right(logits, labels),
    }
    for measure, loss in (("cross_entropy", cross_entropy), ("margin", margin)):
        largest, zeros = _gradients(own, loss, images, labels, micro_batch)
        values |= {f"{measure}_gradient": largest, f"{measure}_zeros": zeros}
    for reading, specification in _readings(given.specification).items():
        read = logits_of(_with(given, specification), images, micro_batch=micro_batch)
        values[reading] = _right(read, labels)
    # Last, since in train mode a pass may move the copy's statistics.
    training = any(module.training for module in own.network.modules())
    values["train_mode"] = torch.full((len(images),), float(training))
    moved = _in_own_mode(own, images, micro_batch) if training else logits
    return values | {"mode_change": _change(logits, moved)}


def _with(given: Classifier, specification: InputSpecification) -> Classifier:
    """Return a copy of a classifier that reads the pixels as `specification` says."""
    return Classifier(
        copy.deepcopy(given.network),
        class_names=given.class_names,
        specification=specification,
        name=given.name,
    )


def _readings(own: InputSpecification) -> dict[str, InputSpecification]:
    """Return the other readings of the pixels, by the name of their measure."""
    plain = (0.0,) * own.channels
    candidates = {
        "right_raw": (plain, (1.0,) * own.channels),
        "right_255": (plain, (1 / 255,) * own.channels),
        "right_centred": ((0.5,) * own.channels, (0.5,) * own.channels),
    }
    if own.channels == 3:
        candidates["right_imagenet"] = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
    found = {
        measure: replace(own, mean=mean, deviation=deviation)
        for measure, (mean, deviation) in candidates.items()
    }
    return {measure: reading for measure, reading in found.items() if reading != own}


def _change(first: Logits, second: Logits) -> PerImage:
    return (first - second).abs().amax(1)


def _right(logits: Logits, labels: Labels) -> PerImage:
    """Return 1 where the label has the largest logit; logits that are no numbers are wrong."""
    numbers = logits.softmax(1).isfinite().all(1)
    return (torch.from_numpy(np.equal(rank_of(logits, labels), 1)) & numbers).float()


def _gradients(
    classifier: Classifier,
    loss: Callable[[Logits, Labels], PerImage],
    images: Images,
    labels: Labels,
    micro_batch: int,
) -> tuple[PerImage, PerImage]:
    """Return the largest absolute entry of each image's gradient, and the share of zeros."""
    device = classifier.device
    largest, zeros = torch.empty(len(images)), torch.empty(len(images))
    with evaluating(classifier.network), full_precision(device):
        for places in chunks_of(torch.arange(len(images)), micro_batch):
            known = labels[places].to(device)

            def score(candidates: Images, known: Labels = known) -> PerImage:
                # Adding nothing makes a network that cuts its graph one of zero gradient.
                return loss(classifier(candidates), known) + 0 * candidates.flatten(1).sum(1)

            sizes = input_gradient(score, images[places].to(device)).flatten(1).abs().cpu()
            largest[places] = sizes.amax(1)
            zeros[places] = (sizes == 0).float().mean(1)
    return largest, zeros


def _in_own_mode(classifier: Classifier, images: Images, micro_batch: int) -> Logits:
    """Return the logits of a network in the mode that it is in, in batches of one size."""
    device = classifier.device
    found: list[Tensor] = []
    with torch.no_grad(), full_precision(device):
        for places in chunks_of(torch.arange(len(images)), micro_batch):
            filled = images[places[torch.arange(micro_batch) % len(places)]]
            found.append(classifier(filled.to(device))[: len(places)].cpu())
    return torch.cat(found)
