"""How a long job tells where it stands; drawing it is the command line's work."""

from collections.abc import Callable

__all__ = ["Progress", "silent"]

Progress = Callable[[str, int, int, str], None]
"""Called with the stage, how much is done, how much there is, and a note."""


def silent(stage: str, done: int, total: int, note: str) -> None:
    """Tell nothing."""
