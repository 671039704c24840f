"""Processes to be killed and started again, as forks of one that has imported cuelens.

To import torch takes longer than most of what is killed in these tests. The process that is forked
has computed nothing, so that its forks are as good as new.
"""

import multiprocessing
import os
import runpy
import signal
import sys
from collections.abc import Sequence
from multiprocessing.connection import Connection
from pathlib import Path

__all__ = ["WarmProcess"]

_IMPORTED = ["cuelens.cli.study", "cuelens.report.of_run", "cuelens.study", "cuelens.training"]


class WarmProcess:
    """What `python WORDS` would start; it has what the tests use of `subprocess.Popen`.

    Args:
        words: `-m MODULE ...`, or a script and its arguments.
        told: A file for what it tells on stderr; what it held is lost.

    Attributes:
        stdout: What it prints, as text.
    """

    def __init__(self, words: Sequence[str], *, told: Path) -> None:
        """Start it."""
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(_IMPORTED)
        reader, writer = context.Pipe(duplex=False)
        self._told = told
        self._process = context.Process(target=_run, args=(list(words), writer, str(told)))
        self._process.start()
        writer.close()
        self.stdout = os.fdopen(os.dup(reader.fileno()), encoding="utf-8")
        reader.close()

    @property
    def returncode(self) -> int | None:
        """How it ended, or None; minus the signal if it was killed."""
        return self._process.exitcode

    def poll(self) -> int | None:
        """Return how it ended, or None."""
        return self._process.exitcode

    def send_signal(self, number: int) -> None:
        """Send it a signal."""
        if self._process.pid is not None and self._process.exitcode is None:
            os.kill(self._process.pid, number)

    def kill(self) -> None:
        """Kill it without a warning."""
        self.send_signal(signal.SIGKILL)

    def communicate(self) -> tuple[str, str]:
        """Return what it prints from here on, and all it told on stderr, when it has ended."""
        with self.stdout:
            printed = self.stdout.read()
        self._process.join()
        return printed, self._told.read_text(encoding="utf-8") if self._told.exists() else ""


def _run(words: list[str], stdout: Connection, told: str) -> None:
    os.dup2(stdout.fileno(), 1)
    stdout.close()
    os.dup2(os.open(told, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), 2)
    signal.signal(signal.SIGINT, signal.default_int_handler)  # the server ignores Ctrl-C
    if words[0] == "-m":
        sys.argv = words[1:]
        runpy.run_module(words[1], run_name="__main__", alter_sys=True)
    else:
        sys.argv = words
        runpy.run_path(words[0], run_name="__main__")
