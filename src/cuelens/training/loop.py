"""The training loop: from what determines a training to a network, resumable at any step."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from cuelens.files import make_folder, remove_stale
from cuelens.networks.classifier import Classifier
from cuelens.sources.own_networks import build_network
from cuelens.training.run import Run
from cuelens.training.team import Alone, Team
from cuelens.training.training import Training

__all__ = ["Moment", "Trained", "train"]


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
        classifier: Of the best validated epoch; in eval mode, float32, on the CPU.
        last: Of the last epoch, or of the last sound one where training overfitted; likewise.
        history: One entry a validation: epoch, loss, accuracy and, if attacked, robust_accuracy;
            "best" is True where the weights were the best so far; "overfitted" where they were
            found so, and given up.
        seconds: Spent in training, resumed parts included.
        epoch: Which epoch the best weights are from, counted from 1; a fraction if stopped early.
        last_epoch: Which epoch the last weights are from.
    """

    classifier: Classifier
    last: Classifier
    history: tuple[dict[str, Any], ...]
    seconds: float
    epoch: float
    last_epoch: float


def train(
    training: Training,
    *,
    folder: Path,
    progress: Callable[[Moment], None] | None = None,
    each_epoch: Callable[[Classifier, Mapping[str, Any]], None] | None = None,
    checkpoint_seconds: float = 30.0,
    team: Team | None = None,
    micro_batch: int | None = None,
) -> Trained:
    """Train a network, or go on where the same training was stopped.

    Args:
        training: What to train, on what, how.
        folder: Holds the checkpoint; made if it is not there.
        progress: Called after every step.
        each_epoch: Called with the network as it is after each epoch, as `Trained` has them, and
            its entry in the history; not with one that was found overfitted. A training that is
            resumed may call it twice with the same.
        checkpoint_seconds: How much work a kill may cost, besides that a checkpoint is written
            after each epoch. 0: one after every step.
        team: Processes that train it together, each from its share of every batch: all of them
            call this. The same checkpoint is gone on with by any number of them. None: this one.
        micro_batch: At most so many images go through the network at once; gradients of the parts
            are added up. Batch norm then compares the images of a part. None: the process's whole
            share of a batch.

    Returns:
        The networks of the best validated and of the last epoch, in eval mode.

    Raises:
        TrainingError: If the loss is not finite, or a batch does not fit into the memory; the
            last good checkpoint is kept.
        RunFolderError: If the folder holds the checkpoint of another training.
        StorageError: If the disk is full; the last checkpoint is kept.
    """
    team = team or Alone()
    make_folder(folder)
    if not team.number:
        remove_stale(folder)
    run = Run(training, folder / "checkpoint.safetensors", team=team, micro_batch=micro_batch)
    checkpoint = run.checkpoint
    started, saved = time.monotonic() - checkpoint.seconds, time.monotonic()
    while not run.finished:
        loss = run.step()
        if run.validation_is_due:
            run.validate(loss)
            if each_epoch is not None and (run.epoch_ends or run.finished):
                _tell(run, each_epoch)
        late = _any(team, training, time.monotonic() - saved >= checkpoint_seconds)
        if run.finished or run.epoch_ends or late:
            run.save(time.monotonic() - started)
            saved = time.monotonic()
        if progress is not None:
            moment = Moment(
                step=checkpoint.step,
                steps=training.steps,
                epochs_done=checkpoint.step / training.steps_per_epoch,
                loss=loss,
                accuracy=checkpoint.history[-1]["accuracy"] if checkpoint.history else None,
            )
            progress(moment)
    return _finished(run)


def _any(team: Team, training: Training, here: bool) -> bool:
    """Return whether something is so in any process: clocks differ, and all save together."""
    if team.count == 1:
        return here
    (found,) = team.summed([torch.tensor(float(here), device=training.device)])
    return bool(found)


def _tell(run: Run, each_epoch: Callable[[Classifier, Mapping[str, Any]], None]) -> None:
    entry = run.checkpoint.history[-1]
    if not entry.get("overfitted"):
        each_epoch(_classifier(run, run.classifier.network.state_dict()), entry)


def _finished(run: Run) -> Trained:
    """Return the best validated and the last weights in fresh, contiguous networks."""
    checkpoint = run.checkpoint
    best = [entry for entry in checkpoint.history if entry.get("best")][-1]
    last = [entry for entry in checkpoint.history if not entry.get("overfitted")][-1]
    return Trained(
        classifier=_classifier(run, checkpoint.best),
        last=_classifier(run, checkpoint.network),
        history=tuple(checkpoint.history),
        seconds=checkpoint.seconds,
        epoch=float(best["epoch"]),
        last_epoch=float(last["epoch"]),
    )


def _classifier(run: Run, weights: Mapping[str, Tensor]) -> Classifier:
    training = run.training
    class_names = training.training.class_names
    network = build_network(training.architecture, classes=len(class_names), seed=training.seed)
    network.load_state_dict(weights)
    return Classifier(
        network.eval(), class_names=class_names, specification=run.classifier.specification
    )
