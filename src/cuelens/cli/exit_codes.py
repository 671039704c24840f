"""What a command leaves with, for shells and jobs: an answer, none, or a fault."""

from collections.abc import Mapping
from types import MappingProxyType

__all__ = ["EXIT_CODES", "FAULT", "INTERRUPTED", "NO_ANSWER", "READER_GONE"]

NO_ANSWER, FAULT = 2, 3
INTERRUPTED, READER_GONE = 130, 141
"""As shells say it of a program that was stopped, or lost its reader: 128 and a signal's number."""

EXIT_CODES: Mapping[int, str] = MappingProxyType(
    {
        0: "done",
        1: "an answer, and a bad one: `gate` has a rule that fails, `selfcheck` an oracle that "
        "came out wrong, `records --check` or `build --check` something damaged, `inspect` a fault "
        "of the model, `explain` a file among others that was named and cannot be read",
        NO_ANSWER: "no answer: a command that cannot be understood, data that is missing or unfit, "
        "a full disk; one message says what was expected, what was got and what to do",
        FAULT: "a fault of cuelens itself, with the traceback to report",
        INTERRUPTED: "stopped by Ctrl-C; the same command goes on",
        READER_GONE: "whoever read the output went away, such as `head`",
    }
)
"""What each means."""
