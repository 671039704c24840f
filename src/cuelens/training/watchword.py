"""A word that the processes of one start share, and that those of no earlier start knew.

It knows a store that outlives the processes: torchrun keeps its own through every restart, and what
a process that died wrote there still lies there. Whoever believes that waits for the dead.
"""

import secrets
import time

from torch.distributed.distributed_c10d import Store

from cuelens.errors import ConfigError

__all__ = ["agree"]

_PAUSE = 0.02
"""Seconds between two looks at what others said."""


def agree(store: Store, *, number: int, count: int, seconds: float = 1800.0) -> str:
    """Return a word that all processes of this start return, and no other ones.

    The first process asks by a new word. The others answer with a new word of their own, until the
    first one repeats it: then it lives, and so did everybody when it asked.

    Args:
        store: Of all processes; it may hold what earlier ones said.
        number: Of this process, from 0.
        count: Of all of them.
        seconds: How long to wait for the others.

    Raises:
        ConfigError: If the others are not heard of.
    """
    end = time.monotonic() + seconds
    mine = secrets.token_hex(8)
    if number == 0:
        store.set("asked", mine)
        answers = [_answer(store, other, mine, end) for other in range(1, count)]
        store.set("agreed", " ".join([mine, *answers]))
        return mine
    while True:
        asked = _said(store, "asked")
        store.set(f"answer-{number}", " ".join([*asked, mine]))
        word, *answers = _said(store, "agreed") or [""]
        if mine in answers:
            return word
        _wait(end, "process 0")


def _answer(store: Store, other: int, asked: str, end: float) -> str:
    """Return what another process answers when it has heard what is asked now."""
    while True:
        heard, *answer = _said(store, f"answer-{other}") or [""]
        if heard == asked:
            return answer[0]
        _wait(end, f"process {other}")


def _said(store: Store, key: str) -> list[str]:
    """Return the words that lie at a key; none if nobody said any."""
    return store.get(key).decode().split() if store.check([key]) else []


def _wait(end: float, whom: str) -> None:
    if time.monotonic() > end:
        raise ConfigError(
            f"Expected all processes of the launcher to meet, got no answer from {whom}. See what "
            "it printed, and start all of them together."
        )
    time.sleep(_PAUSE)
