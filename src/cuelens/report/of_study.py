"""A study and its report in one: run by several processes, the report is written by one of them.

It knows who writes it; what is in it, it does not know.
"""

from pathlib import Path

import torch

from cuelens.leases import Leases
from cuelens.report.of_run import report_of
from cuelens.sharing import Task, share
from cuelens.study.plan import Plan
from cuelens.study.progress import Progress, silent
from cuelens.study.run import run_study
from cuelens.study.run_folder import LEASES

__all__ = ["report_study"]

_PAGE = "report.html"


def report_study(
    plan: Plan,
    *,
    data_folder: Path | None,
    out: Path,
    progress: Progress = silent,
    device: torch.device | None = None,
    memory: int | None = None,
) -> tuple[Path, bool]:
    """Do what is left of a study, and write its report unless another process of it just did.

    Args:
        plan: The study.
        data_folder: Where its images lie; None for rendered images.
        out: The run's folder.
        progress: Told of every stage.
        device: Where to compute; a GPU if there is one, if None.
        memory: As in `run_study`.

    Returns:
        The page, and whether there was anything to do, as `run_study` says.

    Raises:
        CuelensError: As in `run_study` and `report_of`.
    """
    page = out / _PAGE
    before = _identity(page)
    worked = run_study(
        plan, data_folder=data_folder, out=out, progress=progress, device=device, memory=memory
    )

    if not worked:
        return report_of(out, anew=False), False
    written: list[Path] = []

    def write() -> int:
        written.append(report_of(out))
        return 1

    def done() -> bool:
        """A report that came while this process was at work tells of everything."""
        return bool(written) or _identity(page) not in (None, before)

    share([Task(name="report", done=done, do=write)], Leases(out / LEASES))
    return page, True


def _identity(path: Path) -> tuple[int, int] | None:
    """Return what tells a file from one that took its place; None if there is none."""
    try:
        status = path.stat()
    except FileNotFoundError:
        return None
    return status.st_ino, status.st_mtime_ns
