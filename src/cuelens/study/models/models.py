"""The networks of a study: trained, copied, read or opened, in an order that they depend on."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

import torch

from cuelens.evaluation import key_of
from cuelens.leases import Leases
from cuelens.sharing import Task, share
from cuelens.sources import ModelCard, read_card
from cuelens.study.images.data import StudyData
from cuelens.study.models.cutoffs import choose_cutoff
from cuelens.study.models.given_models import open_given
from cuelens.study.models.identity import behind, settled
from cuelens.study.models.shipped import copy_shipped, shipped_for
from cuelens.study.models.trained_file import StudyModel, train_model_file
from cuelens.study.plan.model_plan import ModelPlan
from cuelens.study.progress import Progress
from cuelens.study.run_folder.run_folder import LEASES

__all__ = ["train_models"]


def train_models(
    plans: tuple[ModelPlan, ...],
    data: StudyData,
    folder: Path,
    *,
    progress: Progress,
    device: torch.device,
    leases: Leases | None = None,
    study: str | None = None,
) -> Mapping[str, StudyModel]:
    """Return every model of the study by name, in the order of the plans.

    Models that are there already are opened. A model that waits for another's accuracy is trained
    until its validation accuracy reaches it, or, behind a low-pass filter, to the end with the
    cutoff that comes nearest to it; one that takes on another's cutoff is trained behind that.
    Processes that share the folder train different models; each returns when all are there.

    Args:
        plans: Each behind the one that it waits for.
        data: On what to train.
        folder: Of the run.
        progress: Told of every step.
        device: Where to compute; the models are left on the CPU.
        leases: Shared by the processes; None: in the folder.
        study: The study's name, whose networks that come with cuelens are taken where they are
            what a plan asks for; None: none is.
    """
    networks = _Networks(
        plans={plan.name: plan for plan in plans},
        data=data,
        folder=folder,
        progress=progress,
        device=device,
        study=study,
        models={
            plan.name: open_given(plan, data.test, folder)
            for plan in plans
            if plan.source is not None
        },
    )
    own = [plan for plan in plans if plan.source is None]
    for plan in own:
        if networks.there(plan.waits_for):
            networks.take(plan)
    tasks = [
        Task(
            name=key_of(trains=plan.name),
            done=partial(networks.there, plan.name),
            do=partial(networks.get, plan),
            ready=partial(networks.there, plan.waits_for),
        )
        for plan in own
    ]
    share(tasks, Leases(folder / LEASES) if leases is None else leases)
    for plan in own:
        if plan.name not in networks.models:
            networks.get(plan)
    return {plan.name: networks.models[plan.name] for plan in plans}


@dataclass(frozen=True, kw_only=True)
class _Networks:
    """The networks of a run that are there so far, and what makes the others.

    Attributes:
        plans: By name.
        models: Those that this process has read.
        looked: Those that were looked for among the networks that come with cuelens.
    """

    plans: Mapping[str, ModelPlan]
    data: StudyData
    folder: Path
    progress: Progress
    device: torch.device
    study: str | None
    models: dict[str, StudyModel] = field(default_factory=dict)
    looked: set[str] = field(default_factory=set)

    def there(self, name: str | None) -> bool:
        """Return whether a model is there, or nothing is waited for."""
        return name is None or name in self.models or _file(self.folder, name).is_file()

    def take(self, plan: ModelPlan) -> None:
        """Copy a model that comes with cuelens; what it waits for is there."""
        shipped, path = shipped_for(plan, self.study), _file(self.folder, plan.name)
        if shipped is None or path.is_file() or plan.name in self.looked:
            return
        self.looked.add(plan.name)
        copy_shipped(path, self._settled(plan, shipped), self.data, shipped=shipped)

    def get(self, plan: ModelPlan) -> int:
        """Train, copy or read a model, and the one that it waits for."""
        self._awaited(plan)
        self.take(plan)
        checkpoints, path = self.folder / "training" / plan.name, _file(self.folder, plan.name)
        if plan.chooses_cutoff and not path.is_file():
            plan, checkpoints = self._with_cutoff(plan, checkpoints)
        else:
            plan = self._settled(plan, path)
        self.models[plan.name] = self._trained(path, plan, checkpoints)
        return 1

    def _trained(self, path: Path, plan: ModelPlan, checkpoints: Path) -> StudyModel:
        return train_model_file(
            path,
            plan,
            self.data,
            checkpoints=checkpoints,
            progress=self.progress,
            device=self.device,
        )

    def _awaited(self, plan: ModelPlan) -> ModelCard | None:
        """Return the card of the model that another one waits for, which is made if need be."""
        if plan.waits_for is None:
            return None
        if plan.waits_for not in self.models:
            self.get(self.plans[plan.waits_for])
        return self.models[plan.waits_for].card

    def _settled(self, plan: ModelPlan, path: Path) -> ModelPlan:
        """Return a plan with what the model that it waits for decides.

        Args:
            plan: Of a model.
            path: Its file, where it is there: a cutoff that was chosen stands in it.
        """
        cutoff = read_card(path).specification.low_pass if plan.chooses_cutoff else None
        return settled(
            plan, self._awaited(plan), cutoff=cutoff, validation_images=len(self.data.validation)
        )

    def _with_cutoff(self, plan: ModelPlan, folder: Path) -> tuple[ModelPlan, Path]:
        """Return a plan with the cutoff nearest in accuracy, and its checkpoints.

        Every network that is tried is kept, so that none is trained twice.
        """
        other = self._awaited(plan)
        target = 0.0 if other is None else other.training["validation_accuracy"]
        side = min(self.data.training.images(torch.tensor([0])).shape[2:])

        def place(cutoff: float) -> Path:
            return folder / f"cutoff-{cutoff:g}"

        def accuracy_of(cutoff: float) -> float:
            trial = replace(behind(plan, cutoff), name=f"{plan.name}, cutoff {cutoff:g}")
            model = self._trained(place(cutoff) / "model.safetensors", trial, place(cutoff))
            accuracy: float = model.card.training["validation_accuracy"]
            return accuracy

        chosen = choose_cutoff(accuracy_of, target=target, side=side).cutoff
        return behind(plan, chosen), place(chosen)


def _file(folder: Path, name: str) -> Path:
    return folder / "models" / f"{name}.safetensors"
