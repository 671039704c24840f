"""Run a study: train what is missing, evaluate what is missing, note what it came to."""

from pathlib import Path

import torch

from cuelens.evaluation import RecordStore, try_conditions
from cuelens.leases import Leases
from cuelens.study.images.data import StudyData
from cuelens.study.images.left_out import warn_of_styles
from cuelens.study.models.given_models import try_given
from cuelens.study.models.models import train_models
from cuelens.study.models.shipped import forget_shipped
from cuelens.study.plan.plan import Plan
from cuelens.study.progress import LOGGER, Progress, silent, warn_of
from cuelens.study.run.evaluating import evaluate_study
from cuelens.study.run.finish import evidence_of, finished_with, note_finish
from cuelens.study.run.work import what_is_there, work_of
from cuelens.study.run_folder.images_record import require_same_images, sizes_of
from cuelens.study.run_folder.lost import lost_parts
from cuelens.study.run_folder.run_folder import (
    LEASES,
    SHOWN,
    claim_folder,
    finished_parts,
    is_claimed,
    note_images,
)
from cuelens.study.verdicts.unplayed import unplayed_roles

__all__ = ["run_study"]


def run_study(
    plan: Plan,
    *,
    data_folder: Path | None,
    out: Path,
    progress: Progress = silent,
    device: torch.device | None = None,
    memory: int | None = None,
    retrain: bool = False,
) -> bool:
    """Do everything of a study that its folder does not hold yet.

    Run it in several processes at once, on any machines that share the folder: each does what no
    other is doing, what one that died had in hand is done by the others, and all return when
    everything is there.

    Args:
        plan: The study.
        data_folder: Where its images lie; None for rendered images.
        out: The run's folder; killed at any moment, the same call goes on there.
        progress: Told of every stage.
        device: Where to compute; a GPU if there is one, if None.
        memory: Bytes of parameters that may be on the device at once; models that need more
            together take turns. None: half of what is free on a GPU, any on a CPU.
        retrain: Train every network, also those that come with cuelens; copies of them that the
            folder holds are trained anew.

    Returns:
        Whether there was anything to do, or to look at piece by piece; not where the folder is
        known to hold all of the study.

    Raises:
        RunFolderError: If the folder holds another study, or records of other images.
        MissingDataError: If the images are not where they should be.
        DataError: If a condition needs masks that the images do not have.
        StorageError: If the disk is full.
    """
    device = device or torch.device("cuda" if torch.cuda.is_available() else "cpu")
    data = plan.data.open(data_folder, seed=plan.study.seed)
    warn_of_styles(plan.conditions)
    evidence = evidence_of(plan, data, device)
    if finished_parts(out) is not None:
        claim_folder(out, plan)
        if retrain:
            forget_shipped(out, plan.models, study=plan.study.name)
        problems = finished_with(out, evidence)
        if problems is not None:
            warn_of(problems)
            return False
    warn_of(unplayed_roles(plan))
    try_conditions(data.test, plan.conditions)
    if not is_claimed(out):
        try_given(plan.models, data.test)
    leases = Leases(out / LEASES)
    claim_folder(out, plan, leases=leases)
    require_same_images(out, data)
    note_images(out, sizes_of(data))
    if retrain:
        forget_shipped(out, plan.models, study=plan.study.name)
    _tell_what_is_there(plan, out, data)
    models = train_models(
        plan.models,
        data,
        out,
        progress=progress,
        device=device,
        leases=leases,
        study=None if retrain else plan.study.name,
    )
    ordered = {name: models[name] for name in plan.study.models}
    told = evaluate_study(plan, data, ordered, out, progress=progress, device=device, memory=memory)
    note_finish(out, evidence, told)
    return True


def _tell_what_is_there(plan: Plan, out: Path, data: StudyData) -> None:
    """Say once how much of a study is there, and what of it was lost; nothing of a new folder."""
    store = RecordStore(out / "records", doubting=True)
    there = what_is_there(work_of(plan, out, sizes_of(data), store))
    lost = lost_parts(store, RecordStore(out / SHOWN), finished_parts(out) or {})
    store.remember()
    warn_of(f"{one} It is made anew." for one in lost)
    if there:
        LOGGER.info("%s", there)
