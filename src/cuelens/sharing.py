"""Tasks that several processes do together: each is done once, by whoever is free.

It knows leases; it does not know what a task computes or where its result lies.
"""

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from cuelens.leases import Leases

__all__ = ["Task", "apart_first", "share", "whole_first"]

Result = TypeVar("Result")

_PAUSE = 0.1
"""Seconds between two looks at what others are doing."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Task:
    """Something that is to be done once.

    Attributes:
        name: Of its lease, the same in every process.
        done: Whether its result is there, whoever made it.
        do: Makes the result, and returns how many parts it computed.
        ready: Whether what it needs is there.
    """

    name: str
    done: Callable[[], bool]
    do: Callable[[], int]
    ready: Callable[[], bool] = lambda: True


def share(tasks: Iterable[Task], leases: Leases, *, wait: bool = True) -> int:
    """Do tasks together with whoever else does them.

    Args:
        tasks: Taken in this order, but for those that others are doing.
        leases: Shared by all who do them.
        wait: Whether to return only when every task is done. The task of a process that died is
            done here.

    Returns:
        How many parts were computed by this process.

    Raises:
        StorageError: If a lease cannot be written.
    """
    computed = 0
    left = [task for task in tasks if not task.done()]
    while left:
        worked = False
        for task in left:
            if task.done() or not task.ready():
                continue
            with leases.held(task.name) as mine:
                if mine and not task.done():  # it may have been done before the lease was free
                    computed += task.do()
                    worked = True
        left = [task for task in left if not task.done()]
        if not wait:
            break
        if left and not worked:
            time.sleep(_PAUSE)
    return computed


def whole_first(
    groups: Sequence[tuple[str, Callable[[], Sequence[Task]]]],
    leases: Leases,
    *,
    reserved: set[str] | None = None,
) -> int:
    """Do groups of tasks, each by one process as long as there are groups for everybody.

    What the tasks of a group have in common, such as images that are decoded, is then made once.
    Who finds no free group helps with those of the others.

    Args:
        groups: The name of a lease for each, the same in every process, and what gives its tasks.
        leases: Shared by all who do them.
        reserved: Groups whose lease was taken ahead, by a task of an earlier one. Each is taken
            out, and its lease given back, when its turn has come.

    Returns:
        How many parts were computed by this process.
    """
    reserved = set() if reserved is None else reserved
    computed, left = 0, []
    try:
        for group in groups:
            name, tasks_of = group
            tasks = tasks_of()
            if name not in reserved:
                if all(task.done() for task in tasks):
                    continue
                if leases.take(name):
                    reserved.add(name)
            if name in reserved:
                computed += share(tasks, leases, wait=False)
                reserved.remove(name)
                leases.release(name)
            if not all(task.done() for task in tasks):
                left.append(group)
        for _, tasks_of in left:
            computed += share(tasks_of(), leases)
    finally:
        for name in reserved:
            leases.release(name)
        reserved.clear()
    return computed


def apart_first(jobs: Sequence[tuple[str, Callable[[], Result]]], leases: Leases) -> list[Result]:
    """Do jobs that share their own tasks among all who do them; begin with those nobody is at.

    Args:
        jobs: The name of a lease for each, the same in every process, and what does the job or
            waits until it is done.
        leases: Shared by all who do them.

    Returns:
        What each job returned, in their order.
    """
    results: dict[int, Result] = {}
    for place, (name, do) in enumerate(jobs):
        with leases.held(name) as mine:
            if mine:
                results[place] = do()
    return [results[place] if place in results else do() for place, (_, do) in enumerate(jobs)]
