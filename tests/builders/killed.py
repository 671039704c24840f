"""Kills a small build again and again: `python killed.py SOURCE OUT KILLS SEED [WORDS]`.

Each build is a fork of this process, which has imported everything and computed nothing, so that
a build that lasts half a second can be met by many kills. One that ends all the same is put aside,
as OUT-0, OUT-1 and so on, and another is begun. It prints how many were killed.
"""

import os
import random
import signal
import sys
import time
from pathlib import Path

import polars  # noqa: F401 - imported for the forks
import torch  # noqa: F401

from cuelens import builders

SETTINGS = {"files": {}, "draws": {"draws": 2}, "shards": {"shards": 30, "draws": 2}}


def start(source: Path, out: Path, kind: str) -> int:
    """Fork a build and return its process id."""
    process = os.fork()
    if process:
        return process
    try:
        builders.build("shuffled", source, out, level=3, **SETTINGS[kind])
        os._exit(0)
    except BaseException as error:  # noqa: BLE001 - the fork must not go on as its parent would
        sys.stderr.write(f"{error!r}\n")
        os._exit(1)


def main() -> None:
    source, out, alone = (Path(word) for word in sys.argv[1:4])
    kills, seed, kind = int(sys.argv[4]), int(sys.argv[5]), sys.argv[6]
    began = time.monotonic()
    if os.waitpid(start(source, alone, kind), 0)[1]:
        sys.exit("the build left alone failed")
    whole = time.monotonic() - began
    moments = random.Random(seed)  # noqa: S311 - when to kill, no secret
    met = 0
    for number in range(kills):
        process = start(source, out, kind)
        time.sleep(moments.uniform(0, whole / 2))
        os.kill(process, signal.SIGKILL)
        status = os.waitpid(process, 0)[1]
        if os.WIFSIGNALED(status):
            met += 1
        elif os.WEXITSTATUS(status):
            sys.exit("a build failed by itself")
        else:
            out.rename(out.with_name(f"{out.name}-{number}"))
    if os.waitpid(start(source, out, kind), 0)[1]:
        sys.exit("the last build failed")
    sys.stdout.write(f"{met}\n")


if __name__ == "__main__":
    main()
