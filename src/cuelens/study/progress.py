"""How a long job tells where it stands and what is wrong; drawing it is the command line's work."""

import logging
from collections.abc import Callable, Iterable

__all__ = ["LOGGER", "Progress", "silent", "warn_of"]

LOGGER = logging.getLogger("cuelens")
"""Hears of everything that a person should know and that stops nothing."""

Progress = Callable[[str, int, int, str], None]
"""Called with the stage, how much is done, how much there is, and a note."""


def silent(stage: str, done: int, total: int, note: str) -> None:
    """Tell nothing."""


def warn_of(problems: Iterable[str]) -> None:
    """Log each sentence as a warning: images left out, answers that are no numbers."""
    for problem in problems:
        LOGGER.warning("%s", problem)
