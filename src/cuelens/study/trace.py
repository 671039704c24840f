"""How the cue profile of a network changes while it learns: one point a kept checkpoint.

Held against clean accuracy, this makes a curve of the one point that an underfit network is. It
reads a finished run, and keeps records of its own beside it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import torch

from cuelens.errors import ConfigError, MissingDataError
from cuelens.evaluation import Condition, RecordStore, evaluate_models, measure_controls
from cuelens.sources import load_model, read_card
from cuelens.study.images.data import StudyData
from cuelens.study.models.trained_file import epochs_beside, last_beside
from cuelens.study.outcomes.cue_profiles import cue_profile
from cuelens.study.outcomes.summaries import summarise_predictions
from cuelens.study.plan.plan import Plan
from cuelens.study.progress import Progress, silent, warn_of
from cuelens.study.run_folder.images_record import require_same_images
from cuelens.study.run_folder.run_folder import read_plan

__all__ = ["FOLDER", "TRACE_COLUMNS", "trace_run"]

_ACCURACY = ("accuracy", "accuracy_low", "accuracy_high")
_PROFILE = ("cue", "family", "control", "levels", "n", "value", "low", "high", "doubts", "note")
TRACE_COLUMNS = ("model", "epoch", "weights", "images", *_ACCURACY, *_PROFILE)

FOLDER = "trace"
"""In that of a run: the records, tables and figures of its trace."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Checkpoint:
    """A file of weights: of which epoch, and whether of each, the best or the last."""

    file: Path
    epoch: float
    weights: str


def trace_run(
    run: Path,
    *,
    data_folder: Path | None,
    models: Sequence[str] | None = None,
    limit: int | None = 2000,
    progress: Progress = silent,
    device: torch.device | None = None,
) -> pl.DataFrame:
    """Return the cue profile of every kept checkpoint of a run.

    Args:
        run: Folder of the run.
        data_folder: Where its images lie; None for rendered images.
        models: Names of its networks; None for all.
        limit: On so many test images, drawn by chance, the same for every checkpoint; None: all.
        progress: Told of every part.
        device: Where to compute; a GPU if there is one, if None.

    Returns:
        Columns model, epoch (a fraction where training was stopped within one), weights ("epoch",
        "best" or "last"), images, accuracy on clean images with its interval, and a row for each
        family that takes a cue away: cue, family, control, levels, n, value (the cue reliance),
        low, high, doubts and note, as `cue_profile` has them. By network, then by epoch.
        Conditions that the study limits to some images or models are left out.

    Raises:
        ConfigError: If a network is unknown.
        MissingDataError: If there is no run, or none of the networks is trained yet.
        RunFolderError: If the images are not those of the run.
    """
    plan = read_plan(run)
    chosen = _chosen(plan, models)
    data = plan.data.open(data_folder, seed=plan.study.seed)
    require_same_images(run, data)
    found = {name: _checkpoints(run / "models" / f"{name}.safetensors") for name in chosen}
    if not any(found.values()):
        raise MissingDataError(
            f"Expected trained networks in {run / 'models'}, got none of {', '.join(chosen)}. Run "
            "the study first; `keep: epochs` of a model keeps the weights of each epoch."
        )
    device = device or torch.device("cuda" if torch.cuda.is_available() else "cpu")
    conditions = [one for one in plan.conditions if plan.limits[one.name] == plan.limits["clean"]]
    store = RecordStore(run / FOLDER / "records")
    parts = [
        _traced(name, checkpoints, data, conditions, store, plan, limit, device, progress)
        for name, checkpoints in found.items()
        if checkpoints
    ]
    store.remember()
    return pl.concat(parts)


def _chosen(plan: Plan, models: Sequence[str] | None) -> tuple[str, ...]:
    known = tuple(plan.study.models)
    strange = [name for name in models or () if name not in known]
    if strange:
        raise ConfigError(
            f"`models` must name models of the run, some of {', '.join(known)}, got {strange[0]!r}."
        )
    return known if models is None else tuple(name for name in known if name in models)


def _checkpoints(path: Path) -> list[_Checkpoint]:
    """Return the kept checkpoints of a training, each epoch once, in order."""
    files = [*epochs_beside(path).glob("*.safetensors"), path, last_beside(path)]
    found: dict[float, _Checkpoint] = {}
    for file in files:
        if file.is_file():
            said = read_card(file).training
            epoch = float(said.get("epoch", 0))
            one = _Checkpoint(file=file, epoch=epoch, weights=said.get("weights", "best"))
            found.setdefault(epoch, one)
    return [found[epoch] for epoch in sorted(found)]


def _traced(
    name: str,
    checkpoints: Sequence[_Checkpoint],
    data: StudyData,
    conditions: Sequence[Condition],
    store: RecordStore,
    plan: Plan,
    limit: int | None,
    device: torch.device,
    progress: Progress,
) -> pl.DataFrame:
    """Return the rows of one network."""
    named = {f"{name}, epoch {one.epoch:g}": one for one in checkpoints}
    loaded = {label: load_model(one.file) for label, one in named.items()}
    done = evaluate_models(
        {label: classifier for label, (classifier, _) in loaded.items()},
        data.test,
        conditions,
        store=store,
        draw=plan.study.seed,
        limit=limit,
        training_seeds={label: card.training_seed for label, (_, card) in loaded.items()},
        device=device,
        progress=lambda part, total, note: progress(f"trace {name}", part, total, note),
    )
    warn_of(done.problems)
    apart = measure_controls(data.test, conditions, store=store, draw=plan.study.seed)
    predictions = store.read(done.table, done.keys)
    profile = cue_profile(predictions, store.read(apart.table, apart.keys))
    clean = summarise_predictions(predictions).filter(family="clean", quantity="accuracy")
    places = pl.DataFrame(
        [
            {"checkpoint": label, "model": name, "epoch": one.epoch, "weights": one.weights}
            for label, one in named.items()
        ]
    )
    accuracy = clean.select(
        checkpoint="model", images="n", accuracy="value", accuracy_low="low", accuracy_high="high"
    )
    order = {label: place for place, label in enumerate(named)}
    return (
        places.join(accuracy, on="checkpoint", how="left")
        .join(
            profile.select(checkpoint="model", **{one: one for one in _PROFILE}),
            on="checkpoint",
            how="left",
        )
        .sort(pl.col("checkpoint").replace_strict(order), maintain_order=True)
        .select(TRACE_COLUMNS)
    )
