"""One training in progress: a step, a validation, a checkpoint.

It does not know how long to go on or who is watching.
"""

import math
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from cuelens.errors import ModelError, TrainingError
from cuelens.networks.classifier import Classifier
from cuelens.networks.fast_path import FastPath, bfloat16_is_fast
from cuelens.randomness import Chance
from cuelens.sources.zoo import build_network
from cuelens.tensors import Images, Labels
from cuelens.training.batches import Batches
from cuelens.training.checkpoints import load_checkpoint, save_checkpoint
from cuelens.training.normalisation import normalisation
from cuelens.training.training import Training
from cuelens.training.validation import accuracy, robust_accuracy

__all__ = ["Run"]

_STEPS_BETWEEN_STOPS = 20
"""How often an underfit control looks at its validation accuracy."""
_NOT_FINITE = "infinite or not-a-number ones"


class Run:
    """A network, its optimiser, its fast copy for attacks, and the checkpoint of all that.

    Attributes:
        checkpoint: Where the training stands.
        classifier: The network as it is now.
    """

    def __init__(self, training: Training, path: Path) -> None:
        """Begin a training, or take it up where its checkpoint at `path` stands."""
        self.training, self.recipe, self.path = training, training.recipe, path
        self.checkpoint = load_checkpoint(path, key=training.key)
        self._saved_step = self.checkpoint.step
        dataset = training.training
        self._batches = Batches(training)
        network = build_network(
            training.architecture, classes=len(dataset.class_names), seed=training.seed
        )
        self._network: nn.Module = network.to(  # type: ignore[call-overload]
            training.device, memory_format=torch.channels_last
        )
        self.classifier = Classifier(
            self._network,
            class_names=dataset.class_names,
            specification=normalisation(dataset),
        )
        self._optimiser = torch.optim.SGD(
            self._network.parameters(),
            lr=1.0,  # every step sets its own
            momentum=self.recipe.momentum,
            weight_decay=self.recipe.weight_decay,
        )
        # Before the weights are restored, so that a resumed training folds the same layers.
        self._fast = FastPath(self.classifier)
        if self.checkpoint.step:
            self._restore()

    def _restore(self) -> None:
        self._network.load_state_dict(self.checkpoint.network)
        for name, parameter in self._network.named_parameters():
            if name in self.checkpoint.momenta:
                # In the parameter's layout, as the optimiser makes it: sums round alike.
                momentum = torch.empty_like(parameter).copy_(self.checkpoint.momenta[name])
                self._optimiser.state[parameter]["momentum_buffer"] = momentum

    @property
    def finished(self) -> bool:
        """Whether all steps are taken, or the accuracy to stop at is reached."""
        target, history = self.recipe.stop_at_accuracy, self.checkpoint.history
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
            TrainingError: If logits, loss or gradient are not finite; the weights stay as they
                were before the step.
        """
        step = self.checkpoint.step
        images, labels, chance = self._batches(step)
        images = self._chosen(images, labels, chance)
        device = self.training.device
        self._network.train()
        with torch.autocast(device.type, torch.bfloat16, enabled=bfloat16_is_fast(device)):
            logits = self.classifier(images.contiguous(memory_format=torch.channels_last))
        loss = cross_entropy(logits, labels)
        self._optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        value = float(loss.detach())
        self._require_finite("loss", value)
        gradients = [p.grad for p in self._network.parameters() if p.grad is not None]
        self._require_finite("length of the gradient", float(nn.utils.get_total_norm(gradients)))
        for group in self._optimiser.param_groups:
            group["lr"] = self.recipe.schedule(step / self.training.steps)
        self._optimiser.step()
        self.checkpoint.step += 1
        return value

    def _chosen(self, images: Images, labels: Labels, chance: Chance) -> Images:
        """Return the images that the objective takes its loss on."""
        step, objective = self.checkpoint.step, self.recipe.objective
        if objective.ball is not None:
            self._fast.refresh()
        try:
            return objective(
                self._fast.classifier,
                images,
                labels,
                chance=chance,
                step=step,
                epochs_done=step / self.training.steps_per_epoch,
            )
        except ModelError as error:  # met by the attack before the loss is taken
            raise self._diverged("logits", _NOT_FINITE) from error

    def validate(self, loss: float) -> None:
        """Measure on held-out images, and keep these weights if they are the best so far.

        The robust accuracy chooses where the objective attacks; the accuracy nearest to the
        target where there is one.

        Args:
            loss: Of the last step, for the history.

        Raises:
            TrainingError: If logits are not finite.
        """
        self._network.eval()
        self._fast.refresh()
        validation, classifier = self.training.validation, self._fast.classifier
        ball, target = self.recipe.objective.ball, self.recipe.stop_at_accuracy
        epochs_done = self.checkpoint.step / self.training.steps_per_epoch
        score = accuracy(classifier, validation)
        entry: dict[str, Any] = {"epoch": epochs_done, "loss": loss, "accuracy": score}
        if target is not None:
            score = -abs(score - target)
        elif ball is not None:
            try:
                score = robust_accuracy(classifier, validation, ball=ball, seed=self.training.seed)
            except ModelError as error:
                raise self._diverged("logits", _NOT_FINITE) from error
            entry["robust_accuracy"] = score
        if score >= self.checkpoint.best_score:
            self.checkpoint.best_score = score
            self.checkpoint.best = {
                name: value.clone() for name, value in self._network.state_dict().items()
            }
            entry["best"] = True
        self.checkpoint.history.append(entry)

    def save(self, seconds: float) -> None:
        """Write the state as it is now.

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
        self.checkpoint.momenta = self._momenta()
        save_checkpoint(self.path, self.checkpoint)
        self._saved_step = self.checkpoint.step

    def _momenta(self) -> dict[str, Tensor]:
        """Return the momentum buffers; there are none where the momentum is 0."""
        buffers = {
            name: self._optimiser.state[parameter].get("momentum_buffer")
            for name, parameter in self._network.named_parameters()
        }
        return {name: buffer for name, buffer in buffers.items() if buffer is not None}

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
