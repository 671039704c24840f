"""The networks of a study that are there already: opened, and noted in the run's folder.

A report is drawn from what was noted; it does not open them again.
"""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from cuelens.datasets import Dataset
from cuelens.errors import ConfigError, RunFolderError
from cuelens.files import write_atomically
from cuelens.networks.classifier import Classifier
from cuelens.sources import ModelCard
from cuelens.study.models.inspection import input_in_words
from cuelens.study.models.opening import opened_at
from cuelens.study.models.trained_file import StudyModel
from cuelens.study.plan.model_plan import ModelPlan

__all__ = [
    "GivenModel",
    "given_file",
    "given_sources",
    "open_given",
    "read_given",
    "try_given",
]


@dataclass(frozen=True, kw_only=True, slots=True)
class GivenModel:
    """What is noted of a model that was there already.

    Attributes:
        address: Where it was opened.
        network: The class of its network, or its architecture where that is known.
        parameters: How many numbers it learnt.
        classes: How many it knows.
        input: What happens to an image before the network reads it.
        fingerprint: Of layers, weights and input specification.
        recipe: How it was trained; empty where unknown.
        training_seed: None where unknown.
    """

    address: str
    network: str
    parameters: int
    classes: int
    input: dict[str, str]
    fingerprint: str
    recipe: str = ""
    training_seed: int | None = None


def given_file(folder: Path, name: str) -> Path:
    """Return where a run's folder has the note of a model."""
    return folder / "models" / f"{name}.json"


def read_given(folder: Path, name: str) -> GivenModel:
    """Return what is noted of a model.

    Raises:
        RunFolderError: If the note is not there or cannot be read.
    """
    path = given_file(folder, name)
    try:
        return GivenModel(**json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError) as error:
        raise RunFolderError(
            f"Expected what a run noted of the model {name!r} in {path}, got none that can be read "
            f"({error}). Run the study again: it goes on where it was."
        ) from error


def given_sources(folder: Path) -> dict[str, Path]:
    """Return the files that a run's models were opened from, by name; those that are there."""
    notes = sorted((folder / "models").glob("*.json"))
    files = {note.stem: Path(read_given(folder, note.stem).address) for note in notes}
    return {name: file for name, file in files.items() if file.is_file()}


def open_given(plan: ModelPlan, images: Dataset, folder: Path) -> StudyModel:
    """Open a model, and note what it is in the run's folder.

    Args:
        plan: Of the model; it has a source.
        images: What it is to answer; their classes must be its own, in its order.
        folder: Of the run.

    Raises:
        ConfigError: If it knows other classes than those of the images.
        RunFolderError: If the records of the folder are of another model of this name.
        ModelError: If it cannot be opened.
    """
    name, address = plan.name, str(plan.source)
    said = opened_at(address, stated=plan.stated)
    classifier = said.classifier
    classifier.name = name
    _require_classes(classifier, images, address)
    note = GivenModel(
        address=address,
        network=said.network,
        parameters=sum(one.numel() for one in classifier.network.parameters()),
        classes=len(classifier.class_names),
        input=input_in_words(classifier),
        fingerprint=classifier.fingerprint(),
        recipe=said.recipe,
        training_seed=said.training_seed,
    )
    path = given_file(folder, name)
    if path.is_file():
        before = read_given(folder, name)
        if before.fingerprint != note.fingerprint:
            raise RunFolderError(
                f"Expected the model {name!r} that the records in {folder} are of, got another one "
                f"at {address}: its weights, layers or input specification have changed. Give "
                "another `--out` folder."
            )
    else:
        write_atomically(path, json.dumps(asdict(note), indent=2))
    card = ModelCard(
        name=name,
        architecture=said.network,
        class_names=classifier.class_names,
        specification=classifier.specification,
        recipe=said.recipe,
        training_seed=said.training_seed,
    )
    return StudyModel(classifier=classifier, card=card)


def try_given(plans: Iterable[ModelPlan], images: Dataset) -> None:
    """Open each model that a study opens: what cannot be is known before its folder is made.

    Raises:
        ConfigError: If one knows other classes than those of the images.
        ModelError: If one cannot be opened.
    """
    for plan in plans:
        if plan.source is not None:
            found = opened_at(plan.source, stated=plan.stated)
            _require_classes(found.classifier, images, plan.source)


def _require_classes(classifier: Classifier, images: Dataset, address: str) -> None:
    if classifier.class_names == images.class_names:
        return
    same = len(classifier.class_names) == len(images.class_names)
    remedy = (
        "If they are the same in this order, name them: `classes: names.txt` in a model.yaml, or "
        "`--classes` on a command line."
        if same
        else "Give models of the same classes."
    )
    raise ConfigError(
        f"`{address}` must know the {len(images.class_names):,} classes of {images.name} "
        f"({', '.join(images.class_names[:3])}, ...), got {len(classifier.class_names):,} "
        f"({', '.join(classifier.class_names[:3])}, ...). {remedy}"
    )
