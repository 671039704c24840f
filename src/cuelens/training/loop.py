"""The training loop: from a recipe and images to a network, resumable at any step."""

import hashlib
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from cuelens.datasets.protocol import Dataset
from cuelens.errors import ConfigError, TrainingError
from cuelens.networks.classifier import Classifier, InputSpecification
from cuelens.networks.fast_path import FastPath, bfloat16_is_fast
from cuelens.randomness import Chance, keyed_generator
from cuelens.sources.zoo import build_network
from cuelens.training.augmentation import shifts_of_epoch
from cuelens.training.checkpoints import Checkpoint, load_checkpoint, save_checkpoint
from cuelens.training.objectives import Alternating, MinMax
from cuelens.training.recipes import Recipe
from cuelens.training.validation import accuracy, robust_accuracy

__all__ = ["Moment", "Trained", "Training", "train"]

_CHECKPOINT_SECONDS = 30.0
_STEPS_BETWEEN_STOPS = 20
"""How often an underfit control looks at its validation accuracy."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Moment:
    """Where a training stands.

    Attributes:
        step: Steps taken.
        steps: Steps in all.
        epochs_done: The same as `step`, in epochs.
        loss: Of the last step, in nats.
        accuracy: Of the last validation, as a share; None before the first.
    """

    step: int
    steps: int
    epochs_done: float
    loss: float
    accuracy: float | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Trained:
    """A finished training.

    Attributes:
        classifier: In eval mode, float32.
        history: One entry a validation: epoch, loss, accuracy and, if attacked, robust_accuracy.
        seconds: Spent in training, resumed parts included.
        epoch: Which epoch the weights are from, counted from 1; a fraction if stopped early.
    """

    classifier: Classifier
    history: tuple[dict[str, Any], ...]
    seconds: float
    epoch: float


@dataclass(frozen=True, kw_only=True)
class Training:
    """What determines a training, bit for bit on one machine.

    Attributes:
        architecture: A name in `ARCHITECTURES`.
        recipe: How to train.
        training: The images to learn from.
        validation: Held-out images that choose the epoch.
        seed: The training seed: initial weights, order, augmentation, random starts.
        device: Where to compute.
    """

    architecture: str
    recipe: Recipe
    training: Dataset
    validation: Dataset
    seed: int = 0
    device: torch.device = torch.device("cpu")  # noqa: RUF009 - immutable

    def __post_init__(self) -> None:
        if len(self.training) < self.recipe.batch_size:
            raise ConfigError(
                f"`batch_size` must be at most the number of training images, "
                f"{len(self.training)}, got {self.recipe.batch_size}. Lower it, or give more images."
            )

    @property
    def steps_per_epoch(self) -> int:
        """Whole batches in the training images."""
        return len(self.training) // self.recipe.batch_size

    @property
    def key(self) -> str:
        """Names what determines the training."""
        parts = (
            self.architecture,
            self.recipe,
            self.training.fingerprint,
            self.validation.fingerprint,
            self.seed,
            self.device.type,
        )
        return hashlib.blake2b(repr(parts).encode(), digest_size=16).hexdigest()


def _specification(dataset: Dataset) -> InputSpecification:
    """Return the normalisation that gives the first images mean 0 and deviation 1."""
    images = dataset.images(torch.arange(min(len(dataset), 2000)))
    deviation, mean = torch.std_mean(images, dim=(0, 2, 3))
    return InputSpecification(
        mean=tuple(round(float(value), 4) for value in mean),
        deviation=tuple(max(round(float(value), 4), 0.01) for value in deviation),
    )


class _Run:
    """One training in progress: the network, its optimiser and its fast copy for attacks."""

    def __init__(self, training: Training, checkpoint: Checkpoint) -> None:
        self.training = training
        self.recipe = training.recipe
        self.checkpoint = checkpoint
        network = build_network(
            training.architecture, classes=len(training.training.class_names), seed=training.seed
        )
        self.network = network.to(training.device, memory_format=torch.channels_last)
        self.classifier = Classifier(
            self.network,
            class_names=training.training.class_names,
            specification=_specification(training.training),
        )
        self.optimiser = torch.optim.SGD(
            self.network.parameters(),
            lr=1.0,
            momentum=self.recipe.momentum,
            weight_decay=self.recipe.weight_decay,
        )
        if checkpoint.step:
            self._restore()
        self.fast = FastPath(self.classifier)
        self._epoch: int | None = None

    def _restore(self) -> None:
        self.network.load_state_dict(self.checkpoint.network)
        for name, parameter in self.network.named_parameters():
            momentum = self.checkpoint.momenta[name].to(parameter.device)
            momentum = momentum.contiguous(memory_format=torch.channels_last) if momentum.ndim == 4 else momentum
            self.optimiser.state[parameter]["momentum_buffer"] = momentum

    def save(self, path: Path, seconds: float) -> None:
        """Write the state as it is now."""
        self.checkpoint.seconds = seconds
        self.checkpoint.network = self.network.state_dict()
        self.checkpoint.momenta = {
            name: self.optimiser.state[parameter]["momentum_buffer"]
            for name, parameter in self.network.named_parameters()
        }
        save_checkpoint(path, self.checkpoint)

    def _begin_epoch(self, epoch: int) -> None:
        count = len(self.training.training)
        order = keyed_generator(self.training.seed, "order", epoch).permutation(count)
        self._order = torch.from_numpy(order)
        self._shifts = shifts_of_epoch(count, seed=self.training.seed, epoch=epoch)
        self._epoch = epoch

    def _batch(self, step: int) -> tuple[Tensor, Tensor, Chance]:
        """Return augmented images, labels and chance of a step."""
        epoch, place = divmod(step, self.training.steps_per_epoch)
        if epoch != self._epoch:
            self._begin_epoch(epoch)
        size = self.recipe.batch_size
        rows = self._order[place * size : (place + 1) * size]
        dataset, device = self.training.training, self.training.device
        images, labels = dataset.images(rows).to(device), dataset.labels[rows].to(device)
        if self.recipe.augmentation is not None:
            images = self.recipe.augmentation(images, self._shifts[rows.numpy()])
        ids = tuple(f"{dataset.ids[row]}@{epoch}" for row in rows.tolist())
        return images, labels, Chance(self.training.seed, ids)

    def step(self, steps: int) -> float:
        """Take one step and return its loss in nats."""
        step = self.checkpoint.step
        images, labels, chance = self._batch(step)
        if self.recipe.objective.attacks:
            self.fast.refresh()
        images = self.recipe.objective(
            self.fast.classifier,
            images,
            labels,
            chance=chance,
            step=step,
            epochs_done=step / self.training.steps_per_epoch,
        )
        self.network.train()
        for group in self.optimiser.param_groups:
            group["lr"] = self.recipe.schedule(step / steps)
        device = self.training.device
        with torch.autocast(device.type, torch.bfloat16, enabled=bfloat16_is_fast(device)):
            logits = self.classifier(images.contiguous(memory_format=torch.channels_last))
        loss = cross_entropy(logits.float(), labels)
        self.optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        value = float(loss.detach())
        if not math.isfinite(value):
            raise TrainingError(
                f"The loss must stay finite, got {value} at step {step + 1} of {steps}. The last "
                "good checkpoint is kept; lower the learning rate and train again."
            )
        self.optimiser.step()
        self.checkpoint.step += 1
        return value

    def validate(self, loss: float) -> dict[str, Any]:
        """Measure on held-out images, and keep these weights if they are the best so far."""
        self.network.eval()
        self.fast.refresh()
        epochs_done = self.checkpoint.step / self.training.steps_per_epoch
        entry: dict[str, Any] = {"epoch": epochs_done, "loss": loss}
        entry["accuracy"] = score = accuracy(self.fast.classifier, self.training.validation)
        if isinstance(self.recipe.objective, MinMax | Alternating):
            entry["robust_accuracy"] = score = robust_accuracy(
                self.fast.classifier,
                self.training.validation,
                ball=self.recipe.objective.attack.ball,
                seed=self.training.seed,
            )
        target = self.recipe.stop_at_accuracy
        if target is not None:
            score = -abs(score - target)
        if score >= self.checkpoint.best_score:
            self.checkpoint.best_score = score
            self.checkpoint.best = {k: v.clone() for k, v in self.network.state_dict().items()}
            entry["best"] = True
        self.checkpoint.history.append(entry)
        return entry


def train(
    training: Training,
    *,
    folder: Path,
    progress: Callable[[Moment], None] | None = None,
) -> Trained:
    """Train a network, or go on where the same training was stopped.

    Args:
        training: What to train, on what, how.
        folder: Holds the checkpoint; made if it is not there.
        progress: Called after every step.

    Returns:
        The network of the best validated epoch, in eval mode.

    Raises:
        TrainingError: If the loss is not finite; the last good checkpoint is kept.
        RunFolderError: If the folder holds the checkpoint of another training.
        StorageError: If the disk is full.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "checkpoint.safetensors"
    checkpoint = load_checkpoint(path, key=training.key)
    run = _Run(training, checkpoint)
    recipe, per_epoch = training.recipe, training.steps_per_epoch
    steps = recipe.epochs * per_epoch
    started, saved = time.monotonic() - checkpoint.seconds, time.monotonic()
    target = recipe.stop_at_accuracy
    every = per_epoch if target is None else min(_STEPS_BETWEEN_STOPS, per_epoch)
    while checkpoint.step < steps and not _reached(checkpoint, target):
        loss = run.step(steps)
        due = checkpoint.step % every == 0 or checkpoint.step == steps
        if due:
            run.validate(loss)
        if due or time.monotonic() - saved > _CHECKPOINT_SECONDS:
            run.save(path, time.monotonic() - started)
            saved = time.monotonic()
        if progress is not None:
            last = checkpoint.history[-1]["accuracy"] if checkpoint.history else None
            moment = Moment(
                step=checkpoint.step,
                steps=steps,
                epochs_done=checkpoint.step / per_epoch,
                loss=loss,
                accuracy=last,
            )
            progress(moment)
    return _finished(run)


def _reached(checkpoint: Checkpoint, target: float | None) -> bool:
    if target is None or not checkpoint.history:
        return False
    return bool(checkpoint.history[-1]["accuracy"] >= target)


def _finished(run: _Run) -> Trained:
    """Return the best validated weights in a fresh, contiguous network."""
    checkpoint = run.checkpoint
    network: nn.Module = build_network(
        run.training.architecture, classes=len(run.training.training.class_names), seed=0
    )
    network.load_state_dict({k: v.cpu().contiguous() for k, v in checkpoint.best.items()})
    best = [entry for entry in checkpoint.history if entry.get("best")][-1]
    classifier = Classifier(
        network.eval(),
        class_names=run.training.training.class_names,
        specification=run.classifier.specification,
    )
    return Trained(
        classifier=classifier,
        history=tuple(checkpoint.history),
        seconds=checkpoint.seconds,
        epoch=float(best["epoch"]),
    )
