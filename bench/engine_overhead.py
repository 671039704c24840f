"""Images to records against the bare forward passes of the same micro-batches; what is read twice.

It knows how to measure two rows; which rows there are it does not know.
"""

import shutil
import tempfile
from dataclasses import dataclass, field, replace
from pathlib import Path

import torch
from torch import Tensor

from bench.measure import Row, against_limit, in_turns, ratio_of, seconds_of, versions_of
from cuelens.datasets import CueControlled, Dataset
from cuelens.datasets.in_memory import InMemoryDataset
from cuelens.evaluation import Condition, RecordStore, evaluate_models
from cuelens.evaluation.forward import full_precision
from cuelens.networks import Classifier
from cuelens.networks.fast_path import fast
from cuelens.sources import build_network
from cuelens.tensors import Images

__all__ = ["classifier_of", "measure_decoding", "measure_overhead"]

MICRO_BATCH = 250


def classifier_of(architecture: str, seed: int = 0) -> Classifier:
    """Return an untrained network for ten classes: what it answers costs the same."""
    network = build_network(architecture, classes=10, seed=seed).eval()
    names = CueControlled().class_names
    return Classifier(network, class_names=names, name=f"{architecture}-{seed}")


def measure_overhead(row: str, images: int, rounds: int) -> Row:
    """Measure clean images in memory to records, and the network on the same micro-batches."""
    given = classifier_of("resnet18")
    dataset = _in_memory(CueControlled(split="test", count=images))
    pixels = dataset.images(torch.arange(images))
    form = fast(given, precision=torch.float32)
    place = Path(tempfile.mkdtemp())
    number = iter(range(10**6))

    def ours() -> float:
        store = RecordStore(place / str(next(number)))
        return seconds_of(
            lambda: evaluate_models(
                {"resnet18": given},
                dataset,
                [Condition.clean()],
                store=store,
                micro_batch=MICRO_BATCH,
            )
        )

    def bare() -> float:
        return seconds_of(lambda: _passes(form, pixels))

    try:
        pairs = in_turns(ours, bare, rounds=rounds, warm_up=lambda: _passes(form, pixels[:250]))
    finally:
        shutil.rmtree(place)
    ratio = ratio_of(pairs, "lower")
    return Row(
        bench="engine",
        row=row,
        ours=sorted(mine for mine, _ in pairs)[len(pairs) // 2],
        peer=sorted(theirs for _, theirs in pairs)[len(pairs) // 2],
        peer_name="bare-forward",
        ratio=ratio,
        unit="seconds",
        threads=torch.get_num_threads(),
        versions=versions_of("torch", "polars"),
        notes={"images": images, "overhead": 1 / ratio - 1, "asked_overhead": 0.05},
    )


def _passes(form: Classifier, pixels: Images) -> None:
    with torch.no_grad(), full_precision(form.device):
        for start in range(0, len(pixels), MICRO_BATCH):
            form(pixels[start : start + MICRO_BATCH])


def _in_memory(dataset: CueControlled) -> InMemoryDataset:
    return InMemoryDataset(
        name="bench",
        class_names=dataset.class_names,
        ids=dataset.ids,
        labels=dataset.labels,
        pixels=(dataset.images(torch.arange(len(dataset))) * 255).round().to(torch.uint8),
    )


@dataclass(frozen=True)
class _Counted:
    """A data set that counts how many images were asked of it."""

    inner: Dataset
    asked: list[int] = field(default_factory=list)

    def __getattr__(self, name: str) -> object:
        return getattr(self.inner, name)

    def __len__(self) -> int:
        return len(self.inner)

    def images(self, rows: Tensor) -> Images:
        """Return the images, and count them."""
        self.asked.append(len(rows))
        return self.inner.images(rows)


def measure_decoding(row: str, images: int, rounds: int) -> Row:
    """Count the images read for two models and those read for one."""
    conditions = [Condition.clean()]
    figures = []
    for _ in range(rounds):
        counts = []
        for models in (1, 2):
            counted = _Counted(CueControlled(split="test", count=images))
            classifiers = {
                f"model-{seed}": classifier_of("small-resnet", seed) for seed in range(models)
            }
            with tempfile.TemporaryDirectory() as folder:
                evaluate_models(classifiers, counted, conditions, store=RecordStore(Path(folder)))
            counts.append(sum(counted.asked))
        figures.append(counts[1] / counts[0])
    return replace(
        against_limit(
            figures,
            bench="engine",
            row=row,
            limit=1.0,
            unit="images read for two models / for one",
            threads=torch.get_num_threads(),
        ),
        notes={"images": images},
    )
