"""Runs the tasks of a build, here or in several processes.

It knows processes and when they must end; it does not know what a task does.
"""

import itertools
import os
import signal
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context, parent_process

import torch

from cuelens.builders.items import Task
from cuelens.builders.work import Job, run_task
from cuelens.errors import DataError

__all__ = ["run_tasks"]

_WAITING = 2
"""Tasks a process that are handed out at a time, so that a long list of them takes no memory."""

_job: Job | None = None  # of this process, where it is one of several


def run_tasks(job: Job, tasks: Sequence[Task], *, workers: int) -> Iterator[int]:
    """Run tasks and yield the number of items of each when it is done.

    Args:
        job: What they have in common.
        tasks: Each is done once, in any order.
        workers: How many processes, this one among them. Each computes on one thread.

    Raises:
        DataError: If a process was killed.
        StorageError: If the disk is full, or the folder cannot be written.
    """
    workers = min(workers, len(tasks))
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        if workers < 2:
            for task in tasks:
                yield run_task(job, task)
        else:
            yield from _shared(job, tasks, workers)
    finally:
        torch.set_num_threads(threads)


def _shared(job: Job, tasks: Sequence[Task], workers: int) -> Iterator[int]:
    """Share tasks between this process and new ones.

    This process works too: it has begun while the others, which take seconds to start, have not.
    """
    others = workers - 1
    pool = ProcessPoolExecutor(
        others, mp_context=get_context("spawn"), initializer=_begin, initargs=(job,)
    )
    waiting: set[Future[int]] = set()
    rest = iter(tasks)
    try:
        while True:
            handed = itertools.islice(rest, max(0, _WAITING * others - len(waiting)))
            waiting |= {pool.submit(_run, task) for task in handed}
            ours = next(rest, None)
            if ours is not None:
                yield run_task(job, ours)
            elif not waiting:
                return
            done, waiting = wait(
                waiting, timeout=None if ours is None else 0, return_when=FIRST_COMPLETED
            )
            yield from (future.result() for future in done)
    except BrokenProcessPool as error:
        raise DataError(
            "Expected every process of the build to come to its end, but one was killed, as the "
            "system does when memory runs out. Run the same command again with fewer `--workers`: "
            "it goes on where it was."
        ) from error
    finally:
        pool.shutdown(cancel_futures=True)


def _begin(job: Job) -> None:
    """Make this process ready for the tasks of a job."""
    global _job
    _job = job
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # the first process tells what Ctrl-C means
    torch.set_num_threads(1)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """End this process when its parent does: a killed parent can tell nobody."""
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _run(task: Task) -> int:
    if _job is None:
        raise RuntimeError("a task came before its job")
    return run_task(_job, task)
