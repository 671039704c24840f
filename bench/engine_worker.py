"""One process of `engine_ranks.py`: runs a study to its records."""

import sys
from pathlib import Path

from cuelens.study import meet, read_study, run_study

__all__: list[str] = []


def main() -> None:
    study, out = Path(sys.argv[1]), Path(sys.argv[2])
    run_study(read_study(study), data_folder=None, out=out, device=meet(out).device)


if __name__ == "__main__":
    main()
