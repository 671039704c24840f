"""The networks of a study: trained once, kept as model files."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import torch

from cuelens.errors import RunFolderError
from cuelens.evaluation import key_of
from cuelens.files import write_atomically
from cuelens.leases import Leases
from cuelens.networks.classifier import Classifier
from cuelens.sharing import Task, share
from cuelens.sources import ModelCard, card_page, load_model, read_card, save_model
from cuelens.study.cutoffs import choose_cutoff
from cuelens.study.data import StudyData
from cuelens.study.plan import ModelPlan
from cuelens.study.progress import Progress
from cuelens.study.run_folder import LEASES
from cuelens.training import Moment, Trained, Training, train

__all__ = ["StudyModel", "last_beside", "train_model_file", "train_models"]


@dataclass(frozen=True, kw_only=True)
class StudyModel:
    """A network of a study and what its file says of it."""

    classifier: Classifier
    card: ModelCard


def train_model_file(
    path: Path,
    plan: ModelPlan,
    data: StudyData,
    *,
    checkpoints: Path,
    progress: Progress,
    device: torch.device,
) -> StudyModel:
    """Return the model of a file; train it, or go on training, if the file is not there.

    Args:
        path: The model file.
        plan: What to train.
        data: On what.
        checkpoints: Folder of the state that resumes the training.
        progress: Told of every step.
        device: Where to compute.

    Raises:
        RunFolderError: If the file, or a checkpoint, is of another training.
        TrainingError: If the loss is not finite.
        StorageError: If the disk is full.
    """
    if path.is_dir():  # said now, not when hours of training are to be saved
        raise RunFolderError(
            f"Expected a model file, or nothing yet, at {path}, got a folder. "
            f"Give a file such as {path / 'model.safetensors'}."
        )
    if not path.is_file():
        training = Training(
            architecture=plan.architecture,
            recipe=plan.recipe,
            training=data.training,
            validation=data.validation,
            seed=plan.seed,
            device=device,
        )

        def tell(moment: Moment) -> None:
            accuracy = "" if moment.accuracy is None else f", validation {moment.accuracy:.1%}"
            note = f"epoch {moment.epochs_done:.1f}, loss {moment.loss:.3f}{accuracy}"
            progress(f"train {plan.name}", moment.step, moment.steps, note)

        _write(path, plan, data, train(training, folder=checkpoints, progress=tell))
    classifier, card = load_model(path)
    _require_same(card, plan, data, path)
    return StudyModel(classifier=classifier, card=card)


def last_beside(path: Path) -> Path:
    """Return where the last weights of the training of a model file lie."""
    return path.with_name(f"{path.stem}-last{path.suffix}")


def _write(path: Path, plan: ModelPlan, data: StudyData, trained: Trained) -> None:
    """Write the last weights, then the best ones, each with its card."""
    for place, classifier, epoch, which in (
        (last_beside(path), trained.last, trained.last_epoch, "last"),
        (path, trained.classifier, trained.epoch, "best"),
    ):
        judged = _validated(trained.history, epoch)
        card = ModelCard(
            name=place.stem if which == "last" else plan.name,
            architecture=plan.architecture,
            class_names=classifier.class_names,
            specification=classifier.specification,
            recipe=repr(plan.recipe),
            training_seed=plan.seed,
            training={
                "data": data.training.name,
                "data_fingerprint": data.training.fingerprint,
                "images": len(data.training),
                "validation_images": len(data.validation),
                "seconds": trained.seconds,
                "weights": which,
                "epoch": epoch,
                "validation_accuracy": judged["accuracy"],
                "validation_robust_accuracy": judged.get("robust_accuracy"),
                "history": list(trained.history),
            },
        )
        write_atomically(place.with_suffix(".md"), card_page(card, file=place))
        save_model(place, classifier.network, card, half=plan.half)


def _require_same(card: ModelCard, plan: ModelPlan, data: StudyData, path: Path) -> None:
    """Refuse a model file that another training wrote."""
    now = data.training.fingerprint
    wanted = {
        "network": (card.architecture, plan.architecture),
        "recipe": (card.recipe, repr(plan.recipe)),
        "seed": (card.training_seed, plan.seed),
        "data": (card.training.get("data_fingerprint", now), now),
    }
    other = [name for name, (found, expected) in wanted.items() if found != expected]
    if other:
        raise RunFolderError(
            f"Expected the model of this training at {path}, got one with another "
            f"{', another '.join(other)}. Give another place, or delete it to train anew."
        )


def _validated(history: tuple[dict[str, Any], ...], epoch: float) -> dict[str, Any]:
    return next(entry for entry in history if entry["epoch"] == epoch)


def train_models(
    plans: tuple[ModelPlan, ...],
    data: StudyData,
    folder: Path,
    *,
    progress: Progress,
    device: torch.device,
    leases: Leases | None = None,
) -> Mapping[str, StudyModel]:
    """Return every model of the study by name, in the order of the plans.

    A model that waits for another's accuracy is trained until its validation accuracy reaches it,
    or, behind a low-pass filter, to the end with the cutoff that comes nearest to it; one that
    takes on another's cutoff is trained behind that. Processes that share the folder train
    different models; each returns when all are there.

    Args:
        plans: Each behind the one that it waits for.
        data: On what to train.
        folder: Of the run.
        progress: Told of every step.
        device: Where to compute; the models are left on the CPU.
        leases: Shared by the processes; None: in the folder.
    """
    models: dict[str, StudyModel] = {}

    def trained(path: Path, plan: ModelPlan, checkpoints: Path) -> StudyModel:
        return train_model_file(
            path, plan, data, checkpoints=checkpoints, progress=progress, device=device
        )

    def there(name: str | None) -> bool:
        return name is None or name in models or _file(folder, name).is_file()

    def get(plan: ModelPlan) -> int:
        """Train or read a model, and the one that it waits for."""
        checkpoints, path = folder / "training" / plan.name, _file(folder, plan.name)
        if plan.waits_for is not None:
            other = next(one for one in plans if one.name == plan.waits_for)
            if other.name not in models:
                get(other)
            card = models[other.name].card
            target = card.training["validation_accuracy"]
            if plan.cutoff_of is not None:
                plan = _behind(plan, card.specification.low_pass)
            elif plan.recipe.cutoff is not None and path.is_file():
                plan = _behind(plan, read_card(path).specification.low_pass)  # chosen before
            elif plan.recipe.cutoff is not None:
                side = min(data.training.images(torch.tensor([0])).shape[2:])
                plan, checkpoints = _with_cutoff(plan, target, side, checkpoints, trained)
            else:
                half = 0.5 / len(data.validation)  # of an image: a recipe knows no stop at 0 or 1
                target = min(max(target, half), 1 - half)
                plan = replace(plan, recipe=replace(plan.recipe, stop_at_accuracy=target))
        models[plan.name] = trained(path, plan, checkpoints)
        return 1

    tasks = [
        Task(
            name=key_of(trains=plan.name),
            done=partial(there, plan.name),
            do=partial(get, plan),
            ready=partial(there, plan.waits_for),
        )
        for plan in plans
    ]
    share(tasks, Leases(folder / LEASES) if leases is None else leases)
    for plan in plans:
        if plan.name not in models:
            get(plan)
    return {plan.name: models[plan.name] for plan in plans}


def _file(folder: Path, name: str) -> Path:
    return folder / "models" / f"{name}.safetensors"


def _behind(plan: ModelPlan, cutoff: float | None) -> ModelPlan:
    """Return the plan with a cutoff; its own where there is none, so that no filter is no match."""
    return plan if cutoff is None else replace(plan, recipe=replace(plan.recipe, cutoff=cutoff))


def _with_cutoff(
    plan: ModelPlan,
    target: float,
    side: int,
    folder: Path,
    trained: Callable[[Path, ModelPlan, Path], StudyModel],
) -> tuple[ModelPlan, Path]:
    """Return the plan with the cutoff that comes nearest to an accuracy, and its checkpoints.

    Every network that is tried is kept, so that none is trained twice.
    """

    def tried(cutoff: float) -> tuple[ModelPlan, Path]:
        return _behind(plan, cutoff), folder / f"cutoff-{cutoff:g}"

    def accuracy_of(cutoff: float) -> float:
        trial, checkpoints = tried(cutoff)
        trial = replace(trial, name=f"{plan.name}, cutoff {cutoff:g}")
        model = trained(checkpoints / "model.safetensors", trial, checkpoints)
        accuracy: float = model.card.training["validation_accuracy"]
        return accuracy

    return tried(choose_cutoff(accuracy_of, target=target, side=side).cutoff)
