"""Kills a small study again and again: `python killed.py TRAINED FOLDER KILLS SEED WHOM`.

TRAINED holds the study and its trained models. WHOM is "one", then one of two workers is killed at
a random moment and the other must end the work, or "all", then both are killed and the same two
are started again. Each worker is a fork of this process, which has imported everything and
computed nothing. After each run that ends, every value of the records must be that of a run that
nobody disturbed. It prints how many workers were killed at work.
"""

import json
import os
import random
import shutil
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import torch

from cuelens.evaluation import SCHEMAS, RecordStore
from cuelens.study import run_study
from cuelens.study.run_folder.run_folder import read_parts, read_plan

CPU = torch.device("cpu")


def copy_of(trained: Path, out: Path) -> Path:
    """Make a run folder with the trained models, a smaller study and no records."""
    out.mkdir()
    content = json.loads((trained / "study.json").read_text(encoding="utf-8"))
    content["conditions"]["saturation"]["Saturation"]["level"] = [8, 1024]
    content["salience"] |= {"strips": 0, "tested": 0}
    (out / "study.json").write_text(json.dumps(content), encoding="utf-8")
    shutil.copytree(trained / "models", out / "models")
    return out


def worker(out: Path) -> None:
    run_study(read_plan(out), data_folder=None, out=out, device=CPU)


def start(work: Callable[..., None], *places: Path) -> int:
    """Fork a process that does some work, and return its id.

    Whatever uses polars does so in a fork: its threads would not survive another one.
    """
    process = os.fork()
    if process:
        return process
    try:
        work(*places)
        os._exit(0)
    except BaseException as error:  # noqa: BLE001 - the fork must not go on as its parent would
        sys.stderr.write(f"{error!r}\n")
        os._exit(1)


def end_of(process: int) -> int:
    """Return 1 if a process was killed, 0 if it ended well; anything else ends this test."""
    status = os.waitpid(process, 0)[1]
    if os.WIFSIGNALED(status):
        return 1
    if os.WEXITSTATUS(status):
        sys.exit("a process failed by itself")
    return 0


def records_of(out: Path) -> list[object]:
    """Return every table of the parts that a run ended with, sorted."""
    store, parts = RecordStore(out / "records"), read_parts(out)
    frames = {table: store.read(table, parts[table]) for table in SCHEMAS if table in parts}
    return [
        frame.sort([name for name in frame.columns if not frame.schema[name].is_nested()])
        for frame in frames.values()
    ]


def require_same(out: Path, alone: Path) -> None:
    found, expected = records_of(out), records_of(alone)
    if len(found) != len(expected) or not all(
        one.equals(other) for one, other in zip(found, expected, strict=True)
    ):
        raise ValueError(f"the records in {out} differ from those of the undisturbed run")


def main() -> None:
    trained, folder = Path(sys.argv[1]), Path(sys.argv[2])
    kills, seed, whom = int(sys.argv[3]), int(sys.argv[4]), sys.argv[5]
    torch.set_num_threads(1)
    began = time.monotonic()
    alone = copy_of(trained, folder / "alone")
    end_of(start(worker, alone))
    whole = time.monotonic() - began
    moments = random.Random(seed)  # noqa: S311 - when to kill, no secret
    met = number = 0
    out = copy_of(trained, folder / "0")
    while met < kills:
        workers = [start(worker, out), start(worker, out)]
        time.sleep(moments.uniform(0, whole * (0.9 if whom == "one" else 0.4)))
        victims = workers if whom == "all" else [moments.choice(workers)]
        for victim in victims:
            os.kill(victim, signal.SIGKILL)
        ends = [end_of(worker) for worker in workers]
        met += sum(ends)
        if not all(ends):  # one of them came to the end
            end_of(start(require_same, out, alone))
            shutil.rmtree(out)
            number += 1
            out = copy_of(trained, folder / str(number))
    end_of(start(worker, out))
    end_of(start(require_same, out, alone))
    left = [path for path in out.rglob("*") if ".partial" in path.name]
    if left or (out / ".leases").exists():
        sys.exit(f"something was left in {out}: {left}")
    sys.stdout.write(f"{met}\n")


if __name__ == "__main__":
    main()
