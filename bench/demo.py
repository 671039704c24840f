"""How long does `cuelens demo` take after installation, and how much memory?

One whole run in an empty folder.
"""

import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

from bench.measure import against_limit, print_row, seconds_of

SECONDS_LIMIT = 180.0
GIGABYTES_LIMIT = 2.0


def main() -> None:
    """Print a row for the time and one for the memory."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder, "demo")
        command = [str(Path(sys.executable).with_name("cuelens")), "demo", "--out", str(out)]
        seconds = seconds_of(lambda: subprocess.run(command, check=True, stdout=sys.stderr))
        if not (out / "report.html").is_file():
            raise SystemExit(f"The demo wrote no report.html into {out}.")
    # Kilobytes on Linux, of the largest process below this one.
    gigabytes = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024 / 1e9
    threads = os.cpu_count() or 1
    for row, figure, limit, unit in (
        ("demo/wall/limit", seconds, SECONDS_LIMIT, "seconds"),
        ("demo/peak-memory/limit", gigabytes, GIGABYTES_LIMIT, "gigabytes"),
    ):
        print_row(
            against_limit([figure], bench="demo", row=row, limit=limit, unit=unit, threads=threads)
        )


if __name__ == "__main__":
    main()
