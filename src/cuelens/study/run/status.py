"""Where a study's run stands: what is done, what is left, and for how long, judged by what is done.

It reads the run's folder alone and changes nothing there, so that it can be asked at any time.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from cuelens.errors import MissingDataError
from cuelens.evaluation import RecordStore
from cuelens.study.images.data import CueControlled
from cuelens.study.plan.plan import Plan
from cuelens.study.run.work import Work, what_is_there, work_of
from cuelens.study.run_folder.lost import lost_parts
from cuelens.study.run_folder.run_folder import (
    SHOWN,
    ImageSet,
    finished_parts,
    read_images,
    read_plan,
)

__all__ = ["Stage", "Status", "study_status"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Stage:
    """All work of one stage on one model.

    Attributes:
        stage: As in `Work`.
        model: Its name; empty where all models are together.
        work: The pieces.
        seconds_left: For what is left, at the pace of what was done like it; None where nothing
            like it was done yet, or how much it is is not known.
    """

    stage: str
    model: str
    work: tuple[Work, ...]
    seconds_left: float | None

    @property
    def left(self) -> tuple[Work, ...]:
        """The pieces that are not finished."""
        return tuple(one for one in self.work if not one.finished)


@dataclass(frozen=True, kw_only=True)
class Status:
    """Where a run stands.

    Attributes:
        name: Of the study.
        stages: In the order in which they are done.
        lost: A sentence for each part that is torn, altered or gone; the run makes it anew.
        finished: Whether nothing is left and nothing was lost.
        written: When a part, a checkpoint or a network was last written, in seconds since 1970;
            None if none was.
    """

    name: str
    stages: tuple[Stage, ...]
    lost: tuple[str, ...]
    finished: bool
    written: float | None

    @property
    def there(self) -> str:
        """How many pieces of work are there already, in a sentence; empty where none is."""
        return what_is_there([piece for one in self.stages for piece in one.work])

    @property
    def seconds_left(self) -> float | None:
        """For all that is left; None where the pace of a stage is not known."""
        known = all(one.seconds_left is not None for one in self.stages)
        return self.least_seconds_left if known else None

    @property
    def least_seconds_left(self) -> float:
        """For what is left of the stages whose pace is known."""
        return sum(one.seconds_left or 0.0 for one in self.stages)


def study_status(folder: Path, plan: Plan | None = None) -> Status:
    """Return where a run stands.

    Args:
        folder: Of the run, finished or not, of this process or of others that compute now.
        plan: The study, for a run that was never started; else it is read from the folder.

    Raises:
        MissingDataError: If no run was started there and there is no plan.
        RunFolderError: If the run's study cannot be read.
    """
    try:
        plan = read_plan(folder)
    except MissingDataError:
        if plan is None:
            raise
    sets = read_images(folder) or _rendered(plan)
    records = RecordStore(folder / "records", doubting=True)
    work = work_of(plan, folder, sets, records)
    stages = tuple(_stages(work))
    noted = finished_parts(folder)
    lost = lost_parts(records, RecordStore(folder / SHOWN, doubting=True), noted or {})
    return Status(
        name=plan.study.name,
        stages=stages,
        lost=lost,
        finished=noted is not None and not lost and all(one.finished for one in work),
        written=_written(folder),
    )


def _rendered(plan: Plan) -> dict[str, ImageSet]:
    """Return the data sets that need no folder, and so are known before the run."""
    data = plan.data
    if not isinstance(data, CueControlled):
        return {}
    counts = {"training": data.training, "test": data.test, "conflict": data.conflict}
    return {role: ImageSet(name="", images=count) for role, count in counts.items()}


def _stages(work: Sequence[Work]) -> Iterator[Stage]:
    for stage, model in dict.fromkeys((one.stage, one.model) for one in work):
        own = tuple(one for one in work if (one.stage, one.model) == (stage, model))
        left = [_seconds_left(one, own, work) for one in own]
        known = [one for one in left if one is not None]
        seconds = sum(known) if len(known) == len(left) else None
        yield Stage(stage=stage, model=model, work=own, seconds_left=seconds)


def _seconds_left(one: Work, own: Sequence[Work], work: Sequence[Work]) -> float | None:
    """Return for how long a piece goes on, at the pace of the nearest that was done.

    That is its own; that of the same thing on other models; that of the same model; that of the
    stage. Training is only like training: of the same network and objective.
    """
    if one.finished:
        return 0.0
    if one.total is None:
        return None
    alike = [other for other in work if (other.stage, other.what) == (one.stage, one.what)]
    nearest = [[one], alike]
    if one.stage != "training":
        nearest += [list(own), [other for other in work if other.stage == one.stage]]
    for others in nearest:
        known = [other for other in others if other.seconds is not None and other.done]
        if known:
            pace = sum(other.seconds or 0.0 for other in known) / sum(one.done for one in known)
            return pace * (one.total - one.done)
    return None


def _written(folder: Path) -> float | None:
    files = (
        one for kind in ("records/*/*", "training/*/*", "models/*") for one in folder.glob(kind)
    )
    times = [path.stat().st_mtime for path in files if path.is_file()]
    return max(times, default=None)
