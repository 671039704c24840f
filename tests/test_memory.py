"""What was freed before something that stays is given back; elsewhere nothing happens."""

import platform
from pathlib import Path

import pytest

from cuelens import memory
from cuelens.memory import give_back_freed

MEGABYTES = 200


def resident() -> int:
    """Return the megabytes that this process has."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * 4096 // 2**20


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="the C library is not glibc")
def test_what_was_freed_before_something_that_stays_is_given_back() -> None:
    blocks = [bytearray(b"x" * 2**16) for _ in range(MEGABYTES * 16)]
    staying = blocks[-1]
    del blocks
    before = resident()
    give_back_freed()
    assert before - resident() > MEGABYTES * 0.8
    assert len(staying) == 2**16


def test_another_c_library_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "_malloc_trim", lambda: None)
    give_back_freed()
