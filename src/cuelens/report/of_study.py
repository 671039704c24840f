"""A study and its report in one: run by several processes, the report is written by one of them.

It knows who writes it; what is in it, it does not know.
"""

from collections.abc import Callable
from pathlib import Path

from cuelens.leases import Leases
from cuelens.report.told_verdicts import VERDICTS
from cuelens.sharing import Task, share
from cuelens.study.certificate import CERTIFICATE
from cuelens.study.run.finish import finish_time
from cuelens.study.run_folder.run_folder import LEASES

__all__ = ["report_study"]

_PAGE = "report.html"


def report_study(out: Path, run: Callable[[], bool]) -> tuple[Path, bool]:
    """Do what is left of a study, and write its report unless another process of it just did.

    Args:
        out: The run's folder.
        run: Does what is left of the study there and returns whether there was anything, such as
            `functools.partial(run_study, plan, data_folder=folder, out=out)`.

    Returns:
        The page, and what `run` returned.

    Raises:
        CuelensError: As in `run` and `report_of`.
    """
    page = out / _PAGE
    before = _identity(page)
    worked = run()
    if not worked and _is_newest(page, out):
        return page, False
    from cuelens.report.of_run import report_of  # late: it draws, which takes long to import

    if not worked:
        return report_of(out), False
    written: list[Path] = []

    def write() -> int:
        written.append(report_of(out))
        return 1

    def done() -> bool:
        """A report that came while this process was at work tells of everything."""
        return bool(written) or _identity(page) not in (None, before)

    share([Task(name="report", done=done, do=write)], Leases(out / LEASES))
    return page, True


def _is_newest(page: Path, folder: Path) -> bool:
    """Return whether a page was written after all that it shows."""
    ended = finish_time(folder)
    if ended is None or not page.is_file() or not (folder / VERDICTS).is_file():
        return False
    shown = [folder / CERTIFICATE, *folder.glob("parts.json"), *folder.glob("imported.json")]
    times = [ended] + [one.stat().st_mtime_ns for one in shown if one.is_file()]
    return page.stat().st_mtime_ns >= max(times)


def _identity(path: Path) -> tuple[int, int] | None:
    """Return what tells a file from one that took its place; None if there is none."""
    try:
        status = path.stat()
    except (FileNotFoundError, NotADirectoryError):  # the run says what a file in its place is
        return None
    return status.st_ino, status.st_mtime_ns
