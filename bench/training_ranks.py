"""How much faster do two processes train a network than one, each with one thread?

It knows how to measure a row; which rows there are it does not know.
"""

import os
import subprocess
import sys
from pathlib import Path
from statistics import median

from bench.measure import Row, in_turns, ratio_of, versions_of

__all__ = ["measure_ranks"]

ROOT = Path(__file__).resolve().parents[1]


def measure_ranks(row: str, recipe: str, batch: int, steps: int, rounds: int) -> Row:
    """Measure images a second of the same total batch; starting and validating do not count."""
    pairs = in_turns(
        lambda: images_a_second(recipe, batch, steps, ranks=2),
        lambda: images_a_second(recipe, batch, steps, ranks=1),
        rounds=rounds,
        warm_up=lambda: None,
    )
    return Row(
        bench="training",
        row=row,
        ours=median(mine for mine, _ in pairs),
        peer=median(theirs for _, theirs in pairs),
        peer_name="one-rank",
        ratio=ratio_of(pairs, "higher"),
        unit="images a second",
        threads=1,
        versions=versions_of("torch", "lightning-fabric"),
        notes={"batch": batch, "asked": 1.6},
    )


def images_a_second(recipe: str, batch: int, steps: int, *, ranks: int) -> float:
    """Return the speed of so many processes."""
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
    command += ["--nproc-per-node", str(ranks), str(ROOT / "bench" / "training_worker.py")]
    done = subprocess.run(
        [*command, recipe, str(batch), str(steps)],
        check=True,
        capture_output=True,
        text=True,
        env=os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    return float(done.stdout.split()[-1])
