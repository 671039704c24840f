"""One process of `engine_ranks.py`: runs a study to its records, on one core.

A process also reads ahead on a thread of its own: one that may use two cores is more than one.
"""

import os
import sys
from pathlib import Path

from cuelens.study import meet, read_study, run_study

__all__: list[str] = []


def main() -> None:
    cores = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {cores[int(os.environ["LOCAL_RANK"]) % len(cores)]})
    study, out = Path(sys.argv[1]), Path(sys.argv[2])
    run_study(read_study(study), data_folder=None, out=out, device=meet(out).device)


if __name__ == "__main__":
    main()
