"""How long does a person wait for `cuelens --help`, and a program for `import cuelens`?

Whole processes, the interpreter's own start included.
"""

import os
import subprocess
import sys
from pathlib import Path

from bench.measure import against_limit, print_row, seconds_of

ROUNDS = 11
COMMANDS = {  # row: (command, limit in seconds)
    "startup/help/limit": ([str(Path(sys.executable).with_name("cuelens")), "--help"], 0.5),
    "startup/import/limit": ([sys.executable, "-c", "import cuelens"], 0.3),
}


def main() -> None:
    """Print one row a command."""
    for row, (command, limit) in COMMANDS.items():

        def run(command: list[str] = command) -> None:
            subprocess.run(command, check=True, capture_output=True)

        run()  # the first start compiles and fills the disk cache
        figures = [seconds_of(run) for _ in range(ROUNDS)]
        print_row(
            against_limit(
                figures,
                bench="startup",
                row=row,
                limit=limit,
                unit="seconds",
                threads=os.cpu_count() or 1,
            )
        )


if __name__ == "__main__":
    main()
