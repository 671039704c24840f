"""One network of a study: trained once, kept as a model file with its card."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import torch

from cuelens.errors import RunFolderError
from cuelens.files import write_atomically
from cuelens.networks.classifier import Classifier
from cuelens.sources import ModelCard, card_page, load_model, save_model
from cuelens.study.images.data import StudyData
from cuelens.study.models.identity import differences
from cuelens.study.plan.model_plan import ModelPlan
from cuelens.study.progress import Progress
from cuelens.training import Alone, Moment, Team, Trained, Training, train

__all__ = ["StudyModel", "epochs_beside", "last_beside", "train_model_file"]


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
    team: Team | None = None,
    micro_batch: int | None = None,
) -> StudyModel:
    """Return the model of a file; train it, or go on training, if the file is not there.

    Args:
        path: The model file.
        plan: What to train.
        data: On what.
        checkpoints: Folder of the state that resumes the training.
        progress: Told of every step.
        device: Where to compute.
        team: Processes that train it together; the first one writes. None: this one.
        micro_batch: As in `cuelens.training.train`.

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

        team = team or Alone(device=device)
        keeps = plan.keep_epochs and not team.number
        trained = train(
            training,
            folder=checkpoints,
            progress=tell,
            each_epoch=partial(_keep, path, plan, data) if keeps else None,
            team=team,
            micro_batch=micro_batch,
        )
        if not team.number:
            _write(path, plan, data, trained)
        team.wait()
    classifier, card = load_model(path)
    _require_same(card, plan, data, path)
    return StudyModel(classifier=classifier, card=card)


def last_beside(path: Path) -> Path:
    """Return where the last weights of the training of a model file lie."""
    return path.with_name(f"{path.stem}-last{path.suffix}")


def epochs_beside(path: Path) -> Path:
    """Return the folder of the weights of each epoch of the training of a model file."""
    return path.with_name(f"{path.stem}-epochs")


def _keep(
    path: Path, plan: ModelPlan, data: StudyData, classifier: Classifier, entry: Mapping[str, Any]
) -> None:
    """Write the weights of an epoch, in half precision."""
    epoch = entry["epoch"]
    name = f"{plan.name}, epoch {epoch:g}"
    card = _card(name, classifier, plan, data, entry, weights="epoch")
    file = epochs_beside(path) / f"epoch-{epoch:g}.safetensors"
    save_model(file, classifier.network, card, half=True)


def _write(path: Path, plan: ModelPlan, data: StudyData, trained: Trained) -> None:
    """Write the last weights, then the best ones, each with its card."""
    for place, classifier, epoch, which in (
        (last_beside(path), trained.last, trained.last_epoch, "last"),
        (path, trained.classifier, trained.epoch, "best"),
    ):
        judged = _validated(trained.history, epoch)
        card = _card(
            place.stem if which == "last" else plan.name,
            classifier,
            plan,
            data,
            judged,
            weights=which,
            seconds=trained.seconds,
            history=list(trained.history),
        )
        write_atomically(place.with_suffix(".md"), card_page(card, file=place))
        save_model(place, classifier.network, card, half=plan.half)


def _card(
    name: str,
    classifier: Classifier,
    plan: ModelPlan,
    data: StudyData,
    judged: Mapping[str, Any],
    *,
    weights: str,
    **more: Any,
) -> ModelCard:
    """Return the card of weights that an entry of the history judges."""
    return ModelCard(
        name=name,
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
            "weights": weights,
            "epoch": judged["epoch"],
            "validation_accuracy": judged["accuracy"],
            "validation_robust_accuracy": judged.get("robust_accuracy"),
            **more,
        },
    )


def _require_same(card: ModelCard, plan: ModelPlan, data: StudyData, path: Path) -> None:
    """Refuse a model file that another training wrote."""
    other = differences(card, plan, data)
    if other:
        raise RunFolderError(
            f"Expected the model of this training at {path}, got one with another "
            f"{', another '.join(other)}. Give another place, or delete it to train anew."
        )


def _validated(history: tuple[dict[str, Any], ...], epoch: float) -> dict[str, Any]:
    return next(entry for entry in history if entry["epoch"] == epoch)
