"""One training in progress: a step, a validation, a checkpoint.

It does not know how long to go on or who is watching.
"""

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from cuelens.datasets.protocol import Dataset
from cuelens.errors import ModelError, TrainingError
from cuelens.networks.classifier import Classifier, InputSpecification
from cuelens.networks.fast_path import FastPath, bfloat16_is_fast
from cuelens.sources.own_networks import build_network
from cuelens.tensors import Images, Logits
from cuelens.training.batches import Batches
from cuelens.training.carried import Carried
from cuelens.training.checkpoints import load_checkpoint, save_checkpoint
from cuelens.training.fine_tuning import start_from
from cuelens.training.memory import within_memory
from cuelens.training.momenta import momenta_of, restore_momenta
from cuelens.training.normalisation import normalisation
from cuelens.training.objectives import Lesson, Loss
from cuelens.training.repainting import repainted
from cuelens.training.shares import parts_of, share_gradients
from cuelens.training.team import Alone, Team
from cuelens.training.training import Training
from cuelens.training.validation import measured

__all__ = ["Run"]

_STEPS_BETWEEN_STOPS = 20
"""How often an underfit control looks at its validation accuracy."""
_NOT_FINITE = "infinite or not-a-number ones"
_CARRIED = "carried"
"""The name in the checkpoint of what an objective carries on."""


class Run:
    """A network, its optimiser, its fast copy for attacks, and the checkpoint of all that.

    Attributes:
        checkpoint: Where the training stands.
        classifier: The network as it is now.
    """

    def __init__(
        self,
        training: Training,
        path: Path,
        *,
        team: Team | None = None,
        micro_batch: int | None = None,
    ) -> None:
        """Begin a training, or take it up where its checkpoint at `path` stands."""
        self.team: Team = team or Alone()
        self._parts = parts_of(training.recipe.batch_size, self.team, micro_batch)
        self.training, self.recipe, self.path = training, training.recipe, path
        self.checkpoint = load_checkpoint(path, key=training.key)
        self._saved_step = self.checkpoint.step
        dataset = self._images_to_learn()
        self._batches = Batches(replace(training, training=dataset))
        network = build_network(
            training.architecture, classes=len(dataset.class_names), seed=training.seed
        )
        specification = self._specification(network, dataset)
        self._network: nn.Module = network.to(  # type: ignore[call-overload]
            training.device, memory_format=torch.channels_last
        )
        self.classifier = Classifier(
            self._network,
            class_names=dataset.class_names,
            specification=specification,
        )
        self._optimiser = torch.optim.SGD(
            self._network.parameters(),
            lr=1.0,  # every step sets its own
            momentum=self.recipe.momentum,
            weight_decay=self.recipe.weight_decay,
        )
        # Before the weights are restored, so that a resumed training folds the same layers.
        self._fast = FastPath(self.classifier)
        self._fast_step = -1
        self._carried = Carried(None)
        if self.checkpoint.step:
            self._restore()

    def _images_to_learn(self) -> Dataset:
        """Return the training images, changed if the recipe says so."""
        dataset, transform = self.training.training, self.recipe.repaint
        if transform is None:
            return dataset
        if self.team.number:
            self.team.wait()  # the first one paints, the others read
        painted = repainted(dataset, transform, seed=self.training.seed, folder=self.path.parent)
        if not self.team.number:
            self.team.wait()
        return painted

    def _specification(self, network: nn.Module, dataset: Dataset) -> InputSpecification:
        """Return what the network expects of its input, once it has its first weights."""
        found = normalisation(dataset)
        if self.recipe.from_file is not None:
            given = start_from(
                network,
                self.recipe.from_file,
                architecture=self.training.architecture,
                class_names=dataset.class_names,
            )
            found = replace(given, height=found.height, width=found.width)
        return found if self.recipe.cutoff is None else replace(found, low_pass=self.recipe.cutoff)

    def _restore(self) -> None:
        self._network.load_state_dict(self.checkpoint.network)
        restore_momenta(self._optimiser, self._network, self.checkpoint.momenta)
        if _CARRIED in self.checkpoint.carried:
            carried = self.checkpoint.carried[_CARRIED].to(self.training.device)
            self._carried = Carried(carried)

    @property
    def finished(self) -> bool:
        """Whether all steps are taken, the accuracy to stop at is reached, or it overfitted."""
        target, history = self.recipe.stop_at_accuracy, self.checkpoint.history
        if history and history[-1].get("overfitted"):
            return True
        reached = target is not None and bool(history) and history[-1]["accuracy"] >= target
        return reached or self.checkpoint.step >= self.training.steps

    @property
    def epoch_ends(self) -> bool:
        """Whether the steps taken are whole epochs."""
        return self.checkpoint.step % self.training.steps_per_epoch == 0

    @property
    def validation_is_due(self) -> bool:
        """Whether to validate after the steps taken: each epoch, or more often to stop early."""
        step, every = self.checkpoint.step, self.training.steps_per_epoch
        if self.recipe.stop_at_accuracy is not None:
            every = min(every, _STEPS_BETWEEN_STOPS)
        return step % every == 0 or step == self.training.steps

    def step(self) -> float:
        """Take one step and return its loss in nats.

        Raises:
            TrainingError: If logits, loss or gradient are not finite, or the batch does not fit
                into the memory; the weights stay as they were before the step.
        """
        largest = max(part.stop - part.start for part in self._parts)
        with within_memory(largest, self.training.device):
            loss = self._backward()
            gradients = [p.grad for p in self._network.parameters() if p.grad is not None]
            # Read together: the device is waited for once.
            both = torch.stack([loss, nn.utils.get_total_norm(gradients)])
            value, length = both.tolist()
            self._require_finite("loss", value)
            self._require_finite("length of the gradient", length)
            for group in self._optimiser.param_groups:
                group["lr"] = self.recipe.schedule(self.checkpoint.step / self.training.steps)
            self._optimiser.step()
        self.checkpoint.step += 1
        return float(value)

    def _backward(self) -> Tensor:
        """Leave the gradient of the whole batch in the parameters, and return its loss.

        Each process goes through its own rows, some at a time; losses are means over images, so
        that each part counts by its share of the batch.
        """
        self._network.train()
        self._optimiser.zero_grad()
        size, losses = self.recipe.batch_size, []
        for part in self._parts:
            lesson = self._lesson(part)
            share = (part.stop - part.start) / size
            loss = self._loss(lesson)
            loss = loss if share == 1 else loss * share
            loss.backward()
            self._carried.keep(lesson.carried, part, batch_size=size)
            losses.append(loss.detach())
        total = losses[0] if len(losses) == 1 else torch.stack(losses).sum()
        return share_gradients(self._network, total, self.team)

    def _lesson(self, part: slice) -> Lesson:
        """Return what the next step learns from, some rows of it."""
        step = self.checkpoint.step
        images, labels, chance = self._batches(step, part)
        return Lesson(
            images=images,
            labels=labels,
            chance=chance,
            step=step,
            epochs_done=step / self.training.steps_per_epoch,
            carried=self._carried.of(part),
        )

    def _loss(self, lesson: Lesson) -> Loss:
        """Return the objective's loss with its graph."""
        try:
            return self.recipe.objective(self._learner, self._frozen, lesson)
        except ModelError as error:  # met by an attack before the loss is taken
            raise self._diverged("logits", _NOT_FINITE) from error

    def _learner(self, images: Images) -> Logits:
        """Return the logits of the network that is trained."""
        device = self.training.device
        with torch.autocast(device.type, torch.bfloat16, enabled=bfloat16_is_fast(device)):
            return self.classifier(images.contiguous(memory_format=torch.channels_last))

    def _frozen(self, images: Images) -> Logits:
        """Return the logits of the fast copy, brought up to date where a step asks it first."""
        if self._fast_step != self.checkpoint.step:
            self._fast.refresh()
            self._fast_step = self.checkpoint.step
        return self._fast.classifier(images)

    def validate(self, loss: float) -> None:
        """Measure on held-out images, and keep these weights if they are the best so far.

        The robust accuracy chooses where the objective attacks; the accuracy nearest to the
        target where there is one. Weights that are found to be overfitted give way to those of
        the last sound epoch, and the run is finished.

        Args:
            loss: Of the last step, for the history.

        Raises:
            TrainingError: If logits are not finite.
        """
        self._network.eval()
        self._fast.refresh()
        done = self.checkpoint.step / self.training.steps_per_epoch
        entry: dict[str, Any] = {"epoch": done, "loss": loss}
        try:
            entry |= measured(self._fast.classifier, self.training, team=self.team)
        except ModelError as error:
            raise self._diverged("logits", _NOT_FINITE) from error
        checkpoint, target = self.checkpoint, self.recipe.stop_at_accuracy
        probe = self.recipe.probe
        if probe is not None and probe.overfitted(checkpoint.history, entry):
            entry["overfitted"] = True
            self._network.load_state_dict(checkpoint.sound)
        else:
            if probe is not None:
                checkpoint.sound = self._copied()
            score = entry.get("robust_accuracy", entry["accuracy"])
            score = score if target is None else -abs(entry["accuracy"] - target)
            if score >= checkpoint.best_score:
                checkpoint.best_score, checkpoint.best = score, self._copied()
                entry["best"] = True
        checkpoint.history.append(entry)

    def _copied(self) -> dict[str, Tensor]:
        """Return a copy of weights and statistics."""
        return {name: value.clone() for name, value in self._network.state_dict().items()}

    def save(self, seconds: float) -> None:
        """Write the state as it is now; every process calls this, and the first one writes.

        Args:
            seconds: Spent on the training so far.

        Raises:
            StorageError: If the disk is full; the earlier checkpoint is kept.
            TrainingError: If weights or statistics are not finite; the earlier one is kept.
        """
        state = self._network.state_dict()
        if not all(bool(value.isfinite().all()) for value in state.values()):
            raise self._diverged("weights and statistics", _NOT_FINITE)
        self.checkpoint.seconds = seconds
        self.checkpoint.network = state
        self.checkpoint.momenta = momenta_of(self._optimiser, self._network)
        self._carried.gather(self.team, self._parts)
        whole = self._carried.whole
        self.checkpoint.carried = {} if whole is None else {_CARRIED: whole}
        if not self.team.number:
            save_checkpoint(self.path, self.checkpoint)
        self._saved_step = self.checkpoint.step

    def _require_finite(self, what: str, value: float) -> None:
        if not math.isfinite(value):
            raise self._diverged(what, str(value))

    def _diverged(self, what: str, got: str) -> TrainingError:
        kept = (
            f"The checkpoint of step {self._saved_step} is kept at {self.path}."
            if self._saved_step
            else "No checkpoint was due yet."
        )
        return TrainingError(
            f"The {what} must stay finite, got {got} after {self.checkpoint.step} of "
            f"{self.training.steps} steps. {kept} "
            "Lower the learning rate and train into another folder."
        )
