"""Makes what comes next on another thread, while what is there already is used.

It knows names and what makes them; it does not know what is made. A thing that nobody asks for in
the end is thrown away; an error in making it is raised where it is asked for.
"""

from collections.abc import Callable, Hashable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from typing import Generic, TypeVar

import torch

from cuelens.datasets.decoding import quiet_decoding

__all__ = ["Ahead"]

Made = TypeVar("Made")


class Ahead(Generic[Made]):
    """At most one thing at a time, made before it is asked for."""

    def __init__(self) -> None:
        """Begin with nothing; use it as a context, which waits for its thread in the end."""
        self._coming: dict[Hashable, Future[Made]] = {}
        self._stack = ExitStack()

    def __enter__(self) -> "Ahead[Made]":
        """Start the thread."""
        # The filters of warnings belong to the process: they are set before there is a thread.
        self._stack.enter_context(quiet_decoding())
        self._pool = self._stack.enter_context(ThreadPoolExecutor(1, "cuelens-ahead"))
        return self

    def __exit__(self, *_: object) -> None:
        """Wait for what is being made, and forget it."""
        for future in self._coming.values():
            future.cancel()
        self._coming.clear()
        self._stack.close()

    def begin(self, name: Hashable, make: Callable[[], Made]) -> None:
        """Begin to make something, unless it was begun; forget what nobody has asked for.

        Args:
            name: What it will be asked for by.
            make: Makes it, on another thread and without gradients.
        """
        if name in self._coming:
            return
        for future in self._coming.values():
            future.cancel()
        self._coming = {name: self._pool.submit(_without_gradients, make)}

    def get(self, name: Hashable, make: Callable[[], Made]) -> Made:
        """Return what was begun under a name, or make it now."""
        future = self._coming.pop(name, None)
        return make() if future is None else future.result()


def _without_gradients(make: Callable[[], Made]) -> Made:
    with torch.no_grad():
        return make()
