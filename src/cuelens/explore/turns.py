"""Answers go first: maps wait while one is made, and are dropped once nobody asks for them.

It knows no pictures and no models.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["Turns"]


class Turns:
    """Lets what is slow wait for what is awaited; to be asked from any number of threads."""

    def __init__(self, *, patience: float = 2.0) -> None:
        """Begin with nobody at work.

        Args:
            patience: For how many seconds what is slow waits at most.
        """
        self._patience = patience
        self._awaited = 0
        self._changed = threading.Condition()

    @contextmanager
    def first(self) -> Iterator[None]:
        """Do what is awaited, here."""
        with self._changed:
            self._awaited += 1
        try:
            yield
        finally:
            with self._changed:
                self._awaited -= 1
                self._changed.notify_all()

    def wait(self) -> None:
        """Return when nothing that is awaited is being done, or patience has ended."""
        with self._changed:
            self._changed.wait_for(lambda: not self._awaited, self._patience)
