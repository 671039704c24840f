"""How much memory does work take above what was there before it? Measured in a process of its own.

Linux alone: it reads the kernel's account of the process.
"""

import re
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import TypeVar

__all__ = ["kilobytes", "peak_above"]

Prepared = TypeVar("Prepared")


def peak_above(prepare: Callable[[], Prepared], work: Callable[[Prepared], object]) -> float:
    """Return the peak resident memory of `work` above that after `prepare`, in gigabytes of 10^9.

    Args:
        prepare: Makes what is not counted; both must be functions of a module, or partials of one.
        work: What is counted, with what `prepare` returned.
    """
    # A forked process would begin with its parent's memory.
    with ProcessPoolExecutor(max_workers=1, mp_context=get_context("spawn")) as process:
        return process.submit(_measure, prepare, work).result()


def _measure(prepare: Callable[[], Prepared], work: Callable[[Prepared], object]) -> float:
    prepared = prepare()
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # the peak is the present now
    before = kilobytes("VmRSS")
    work(prepared)
    return (kilobytes("VmHWM") - before) * 1024 / 1e9


def kilobytes(name: str) -> int:
    """Return a field of the kernel's account of this process, such as VmRSS or VmHWM."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    (digits,) = re.findall(rf"^{name}:\s+(\d+) kB$", status, flags=re.MULTILINE)
    return int(digits)
