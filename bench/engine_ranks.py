"""How much faster are two processes of a study than one, started by torchrun, each on one core?

It knows how to measure a row; which rows there are it does not know.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from bench.measure import Row, in_turns, ratio_of, seconds_of, versions_of
from cuelens.cli.app import LARGE_PAGES

__all__ = ["STUDY", "measure_ranks"]

ROOT = Path(__file__).resolve().parents[1]
STUDY = """
name: ranks
title: Two processes share the work
data: {{CueControlled: {{training: 64, validation: 64, test: {images}, conflict: 90}}}}
models:
  first: {{recipe: {{epochs: 1, batch_size: 32}}}}
  second: {{seed: 1, recipe: {{epochs: 1, batch_size: 32}}}}
conditions:
  saturation: {{Saturation: {{level: [8, 16, 64, 1024]}}}}
  shuffle: {{PatchShuffle: {{patches: [2, 4, 8]}}}}
attacks:
  pgd-10:
    attack: {{PGD: {{ball: {{Linf: {{radius: 8/255}}}}, step: 2/255, steps: 10}}}}
    images: {attacked}
"""


def measure_ranks(row: str, images: int, rounds: int) -> Row:
    """Measure whole commands, their start included, on a study whose networks are trained."""
    folder = Path(tempfile.mkdtemp())
    study, trained = folder / "study.yaml", folder / "trained"
    study.write_text(STUDY.format(images=images, attacked=max(images // 4, 1)), encoding="utf-8")
    number = iter(range(10**6))

    def of(ranks: int) -> float:
        out = folder / str(next(number))
        shutil.copytree(trained, out)
        return seconds_of(lambda: _run(study, out, ranks))

    try:
        _run(study, trained, 2)
        for made in ("records", "shown"):
            shutil.rmtree(trained / made, ignore_errors=True)
        (trained / "parts.json").unlink()
        pairs = in_turns(lambda: of(2), lambda: of(1), rounds=rounds, warm_up=lambda: None)
    finally:
        shutil.rmtree(folder)
    return Row(
        bench="engine",
        row=row,
        ours=sorted(mine for mine, _ in pairs)[len(pairs) // 2],
        peer=sorted(theirs for _, theirs in pairs)[len(pairs) // 2],
        peer_name="one-rank",
        ratio=ratio_of(pairs, "lower"),
        unit="seconds",
        threads=1,
        versions=versions_of("torch", "lightning-fabric"),
        notes={"images": images, "asked": 1.8},
    )


def _run(study: Path, out: Path, ranks: int) -> None:
    """Run a study to its records in processes of one thread and core; the report is left out."""
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
    command += ["--nproc-per-node", str(ranks), str(ROOT / "bench" / "engine_worker.py")]
    subprocess.run(
        [*command, str(study), str(out)],
        check=True,
        env=os.environ
        | {"OMP_NUM_THREADS": "1", LARGE_PAGES: "1", "PYTHONPATH": os.pathsep.join(sys.path)},
    )
