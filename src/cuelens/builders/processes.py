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
from ctypes import Array, c_longlong
from multiprocessing import get_context, parent_process
from typing import TypeAlias

import torch

from cuelens.builders.items import Task
from cuelens.builders.work import Job, run_task
from cuelens.errors import DataError

__all__ = ["run_tasks"]

_WAITING = 2
"""Tasks a process that are handed out at a time, so that a long list of them takes no memory."""

_SECONDS = 0.5
"""How long this process waits before it looks again how far the others are."""

_Done: TypeAlias = Array[c_longlong]
"""How many items of each task are done: each number is written by one process alone, so that there
is no lock that a killed one could hold."""

_given: tuple[Job, _Done] | None = None  # to this process, where it is one of several


def run_tasks(job: Job, tasks: Sequence[Task], *, workers: int) -> Iterator[int]:
    """Run tasks and yield how many items are done, again and again.

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
            before = 0
            for task in tasks:
                for done in run_task(job, task):
                    yield before + done
                before += len(task.items)
        else:
            yield from _shared(job, tasks, workers)
    finally:
        torch.set_num_threads(threads)


def _shared(job: Job, tasks: Sequence[Task], workers: int) -> Iterator[int]:
    """Share tasks between this process and new ones.

    This process works too: it has begun while the others, which take seconds to start, have not.
    """
    others, spawned = workers - 1, get_context("spawn")
    done = spawned.RawArray("q", len(tasks))
    pool = ProcessPoolExecutor(others, mp_context=spawned, initializer=_begin, initargs=(job, done))
    waiting: set[Future[None]] = set()
    rest = iter(enumerate(tasks))
    try:
        while True:
            handed = itertools.islice(rest, max(0, _WAITING * others - len(waiting)))
            waiting |= {pool.submit(_run, place, task) for place, task in handed}
            ours = next(rest, None)
            if ours is not None:
                place, task = ours
                for count in run_task(job, task):
                    done[place] = count
                    yield sum(done)
            elif not waiting:
                return
            ended, waiting = wait(
                waiting, timeout=_SECONDS if ours is None else 0, return_when=FIRST_COMPLETED
            )
            for future in ended:
                future.result()
            yield sum(done)
    except BrokenProcessPool as error:
        raise DataError(
            "Expected every process of the build to come to its end, but one was killed, as the "
            "system does when memory runs out. Run the same command again with fewer `--workers`: "
            "it goes on where it was."
        ) from error
    finally:
        pool.shutdown(cancel_futures=True)


def _begin(job: Job, done: _Done) -> None:
    """Make this process ready for the tasks of a job."""
    global _given
    _given = job, done
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # the first process tells what Ctrl-C means
    torch.set_num_threads(1)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """End this process when its parent does: a killed parent can tell nobody."""
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _run(place: int, task: Task) -> None:
    if _given is None:
        raise RuntimeError("a task came before its job")
    job, done = _given
    for count in run_task(job, task):
        done[place] = count
