"""A finished study of many parts: planted once, then recognised by processes that know nothing yet.

The study, its networks, its keys and its files are what `run_study` makes; only the answers are
drawn by chance, since two million forward passes would tell nothing more of it.
"""

import json
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from statistics import median

import numpy as np
import torch
import yaml

from bench.measure import Row, against_limit, seconds_of
from cuelens.evaluation import predictions
from cuelens.evaluation.keys import key_of
from cuelens.networks import Classifier
from cuelens.report import report_of
from cuelens.study import run_study
from cuelens.study.plan.plan import plan_of
from cuelens.study.run_folder.run_folder import read_parts
from cuelens.tensors import Images, Logits

__all__ = ["measure_finished", "plant"]

PARTS, IMAGES, LIMIT, ROUNDS = 1000, 2000, 2.0, 5

_MODELS = 10
_ALONE = """
import json, sys, time
from pathlib import Path
import torch
from cuelens.report import report_study
from cuelens.study import read_study, run_study, study_status
file, out = (Path(word) for word in sys.argv[1:])
begun = time.perf_counter()
_, worked = report_study(out, lambda: run_study(read_study(file), data_folder=None, out=out))
ran = time.perf_counter()
finished = study_status(out).finished
told = time.perf_counter()
print(json.dumps({"run": ran - begun, "status": told - ran, "worked": worked, "ended": finished}))
"""


def study_of(parts: int, images: int) -> dict[str, object]:
    """Return a study file's content with so many parts of predictions of the test images."""
    levels = [2 + number / 10 for number in range(1, parts // _MODELS)]
    recipe = {"epochs": 1, "batch_size": 32}
    return {
        "name": "many-parts",
        "data": {
            "CueControlled": {"training": 32, "validation": 10, "test": images, "conflict": 10}
        },
        "models": {f"model-{number}": {"recipe": recipe} for number in range(_MODELS)},
        "conditions": {"saturation": {"Saturation": {"level": levels}}},
        "salience": {"methods": {}, "strips": 0},
    }


def _by_chance(classifier: Classifier, images: Images, *, micro_batch: int) -> Logits:
    """Return logits that are drawn by chance, from a seed that the images give."""
    seed = int(key_of(sum=float(images.double().sum()), weights=classifier.fingerprint())[:8], 16)
    drawn = np.random.Generator(np.random.Philox(key=seed)).standard_normal(
        (len(images), len(classifier.class_names)), dtype=np.float32
    )
    return torch.from_numpy(drawn)


def plant(folder: Path, *, parts: int = PARTS, images: int = IMAGES) -> tuple[Path, Path]:
    """Run a study of many parts, answers drawn by chance, and write its report.

    Returns:
        The study file and the run's folder.
    """
    content = study_of(parts, images)
    file, out = folder / "study.yaml", folder / "run"
    folder.mkdir(parents=True, exist_ok=True)
    file.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
    passes = predictions.logits_of
    predictions.logits_of = _by_chance
    try:
        run_study(plan_of(content, where=str(file)), data_folder=None, out=out)
    finally:
        predictions.logits_of = passes
    report_of(out)
    return file, out


def _alone(file: Path, out: Path) -> Mapping[str, float]:
    """Return the seconds of a new process: of the run, of the status, and of all of it."""
    begun = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", _ALONE, str(file), str(out)],
        check=True,
        capture_output=True,
        text=True,
    )
    return {**json.loads(done.stdout), "process": time.perf_counter() - begun}


def _command(*words: str) -> float:
    """Return how long a whole command takes, the interpreter's start included."""
    command = [str(Path(sys.executable).with_name("cuelens")), *words]
    return seconds_of(lambda: subprocess.run(command, check=True, capture_output=True))


def measure_finished(
    folder: Path, *, parts: int = PARTS, images: int = IMAGES, rounds: int = ROUNDS
) -> Row:
    """Return the row of a finished study that is recognised.

    Args:
        folder: Where it is planted.
        parts: Of the records of predictions.
        images: Rows of each part.
        rounds: New processes.
    """
    file, out = plant(folder, parts=parts, images=images)
    _alone(file, out)  # reads what the disk does not hold in memory
    found = [_alone(file, out) for _ in range(rounds)]
    if any(one["worked"] or not one["ended"] for one in found):
        raise SystemExit("The finished study was not recognised.")
    run = median(one["run"] for one in found)
    notes = {
        "parts": sum(len(keys) for keys in read_parts(out).values()),
        "rows_a_part": images,
        "run_seconds": run,
        "status_seconds": median(one["status"] for one in found),
        "run_command_seconds": _command("study", "run", str(file), "--out", str(out)),
        "status_command_seconds": _command("study", "status", str(out)),
    }
    (out / "finished.json").unlink()
    notes["piece_by_piece_seconds"] = _alone(file, out)["run"]
    slowest = [max(one["run"], one["status"]) for one in found]
    return against_limit(
        slowest,
        bench="engine",
        row=f"finished/{parts}-parts/limit",
        limit=LIMIT,
        unit="seconds",
        threads=torch.get_num_threads(),
        notes=notes,
    )
