"""Pre-flights of a run's models, kept in its folder so that none is flown twice."""

import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from cuelens.datasets import Dataset
from cuelens.evaluation.chunks import Snapshot
from cuelens.evaluation.keys import key_of
from cuelens.files import write_atomically
from cuelens.networks.classifier import Classifier
from cuelens.study.preflight.checking import preflight
from cuelens.study.preflight.finding import Finding

__all__ = ["kept_preflight", "read_preflights"]

_FILE = "preflight.json"
_VERSION = 1
"""Raised whenever the same model and images give other findings."""


def kept_preflight(
    classifier: Classifier,
    dataset: Dataset,
    *,
    folder: Path | None,
    limit: int | None,
    seed: int = 0,
    progress: Callable[[int, int, str], None] | None = None,
) -> tuple[Finding, ...]:
    """Return the pre-flight of a model on some images of a data set.

    Args:
        classifier: The model, in the mode in which it was given.
        dataset: Labelled by its classes.
        folder: Where it is kept, and read if it is there; None: nowhere.
        limit: On how many images, drawn by chance; None: all.
        seed: Of the draw.
        progress: As in `preflight`.

    Raises:
        ConfigError: As in `preflight`.
        StorageError: If the disk is full.
    """
    snapshot = Snapshot(dataset)
    rows = snapshot.rows(limit, seed)
    key = key_of(
        version=_VERSION,
        weights=classifier.fingerprint(),
        training=[path for path, module in classifier.network.named_modules() if module.training],
        data=snapshot.fingerprint,
        rows=rows.tolist(),
    )
    kept = {} if folder is None else _read(folder)
    if kept.get(classifier.name, {}).get("key") == key:
        return _findings(kept[classifier.name])
    found = preflight(classifier, dataset.images(rows), snapshot.labels[rows], progress=progress)
    if folder is not None:
        own = [asdict(one) | {"numbers": dict(one.numbers)} for one in found]
        kept = _read(folder) | {classifier.name: {"key": key, "findings": own}}
        write_atomically(folder / _FILE, json.dumps(kept, indent=1))
    return found


def read_preflights(folder: Path) -> dict[str, tuple[Finding, ...]]:
    """Return what a run's folder keeps, by the name of the model; nothing where none was flown."""
    return {name: _findings(one) for name, one in _read(folder).items()}


def _read(folder: Path) -> dict[str, Any]:
    """Return the content of the file; one that was not written by this module counts as none."""
    try:
        content = json.loads((folder / _FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def _findings(kept: dict[str, Any]) -> tuple[Finding, ...]:
    return tuple(Finding(**one) for one in kept["findings"])
