"""Pictures and raw salience maps of a few images, under all conditions and for all models.

It computes and keeps them; it does not know how they are drawn.
"""

import warnings
from collections.abc import Mapping, Sequence
from functools import partial

import torch
from jaxtyping import Float
from torch import Tensor

from cuelens.attacks.protocol import Attack
from cuelens.datasets.protocol import Dataset
from cuelens.errors import DataError, FallbackWarning
from cuelens.evaluation.attacked_images import attacked_images, every_step, known_labels
from cuelens.evaluation.choices import Chosen
from cuelens.evaluation.chunks import Chunk, Snapshot
from cuelens.evaluation.conditions import Condition
from cuelens.evaluation.forward import full_precision, logits_of, machine_notes
from cuelens.evaluation.jobs import Evaluated, Progress
from cuelens.evaluation.keys import identity_of, key_of
from cuelens.evaluation.records import RecordStore
from cuelens.evaluation.target import Target
from cuelens.networks.classifier import Classifier
from cuelens.networks.fast_path import fast
from cuelens.salience.protocol import Salience
from cuelens.salience.score import Score
from cuelens.sharing import Task, share
from cuelens.tensors import Images, Labels

__all__ = ["make_strips"]

_TABLE = "strips"
_VERSION = 2
"""Raised whenever the same settings give other tensors."""
_MADE = ("explained", "pictures", "maps", "logits")
"""Of each model."""


def make_strips(
    classifiers: Mapping[str, Classifier],
    dataset: Dataset,
    chosen: Sequence[Chosen],
    conditions: Sequence[Condition],
    *,
    methods: Mapping[str, Salience],
    store: RecordStore,
    attacks: Mapping[str, Attack] | None = None,
    target: Target = Target.TRUE,
    draw: int = 0,
    progress: Progress | None = None,
) -> Evaluated:
    """Keep pictures, raw maps and answers, all in float32.

    Attacked images are made for each model with every step taken, away from the true class, or
    from what the model predicts of the unchanged image where the true class is unknown.

    Args:
        classifiers: By the name that is shown.
        dataset: Where the images come from; a label of -1 is an unknown class.
        chosen: Which images, from `choose_rows`. At least one.
        conditions: What is done to them.
        methods: Salience methods by the name that is shown. At least one.
        store: Where the part goes, table "strips"; read it with `read_strips(store.path(...))`.
        attacks: Attacks by the name that is shown.
        target: Which class the maps explain.
        draw: Seed of conditions, attacks and methods. At least 0.
        progress: Called after each model, condition and method.

    Returns:
        Where the part is; one key.

    Raises:
        ConfigError: If the class that is given is none of the models'.
        DataError: If an image is not in the data set, nothing is to be drawn, or a true class is
            wanted and unknown.
        StorageError: If the disk is full.
    """
    snapshot = Snapshot(dataset)
    shown = {name: every_step(attack) for name, attack in (attacks or {}).items()}
    counts = (len(classifiers), len(conditions) + len(shown), len(chosen), len(methods))
    if not all(counts):
        raise DataError(
            "Strips need at least one model, condition, image and method, got "
            f"{counts[0]}, {counts[1]}, {counts[2]} and {counts[3]}."
        )
    chunk = Chunk(snapshot, _rows(snapshot, chosen), draw)
    key = key_of(
        table=_TABLE,
        version=_VERSION,
        weights={name: model.fingerprint() for name, model in classifiers.items()},
        models=list(classifiers),
        data=snapshot.fingerprint,
        dataset=snapshot.name,
        images=[[one.image, one.rule] for one in chosen],
        conditions=[[one.name, identity_of(one.transform)] for one in conditions],
        attacks=[[name, identity_of(attack)] for name, attack in shown.items()],
        methods=[[name, identity_of(method)] for name, method in methods.items()],
        target=identity_of(target),
        draw=draw,
    )
    making = partial(
        _make, key, classifiers, chunk, chosen, conditions,
        methods=methods, shown=shown, target=target, store=store, progress=progress,
        class_names=dataset.class_names, dataset=snapshot.name,
    )  # fmt: skip
    task = Task(name=key, done=partial(store.has, _TABLE, key), do=making)
    return Evaluated(table=_TABLE, keys=(key,), computed=share([task], store.leases))


def _make(
    key: str,
    classifiers: Mapping[str, Classifier],
    chunk: Chunk,
    chosen: Sequence[Chosen],
    conditions: Sequence[Condition],
    *,
    methods: Mapping[str, Salience],
    shown: Mapping[str, Attack],
    target: Target,
    store: RecordStore,
    progress: Progress | None,
    class_names: Sequence[str],
    dataset: str,
) -> int:
    """Make a part of strips; see `make_strips`."""
    images = torch.stack([chunk.under(condition) for condition in conditions])
    tensors: dict[str, list[Tensor]] = {name: [] for name in _MADE}
    for done, (name, classifier) in enumerate(classifiers.items()):
        explained = target.labels(classifier, chunk.clean, chunk.labels, micro_batch=len(chunk))
        form = fast(classifier, precision=torch.float32)
        with full_precision(form.device):
            away = known_labels(classifier, chunk) if shown else chunk.labels
            attacked = [attacked_images(form, attack, chunk, away) for attack in shown.values()]
            pictures = torch.cat([images, *(one[None] for one in attacked)])
            maps = []
            for method_name, method in methods.items():
                own = [_map(form, method, one, explained, chunk) for one in pictures]
                maps.append(torch.stack(own))
                if progress is not None:
                    place, total = (n * len(methods) for n in (done, len(classifiers)))
                    progress(place + len(maps), total, f"strips, {name}, {method_name}")
        logits = [logits_of(classifier, one, micro_batch=len(chunk)) for one in pictures]
        tensors["explained"].append(explained)
        tensors["pictures"].append(pictures)
        tensors["maps"].append(torch.stack(maps))
        tensors["logits"].append(torch.stack(logits))
    description = {
        "dataset": dataset,
        "class_names": list(class_names),
        "models": list(classifiers),
        "conditions": [*(condition.name for condition in conditions), *shown],
        "attacks": list(shown),
        "methods": list(methods),
        "scores": [_score(method) for method in methods.values()],
        "images": [one.image for one in chosen],
        "rules": [one.rule for one in chosen],
        "target": str(target),
    }
    notes = machine_notes(next(iter(classifiers.values())).device)
    store.write_tensors(_TABLE, key, _stacked(tensors, chunk), description, notes=notes)
    return 1


def _rows(snapshot: Snapshot, chosen: Sequence[Chosen]) -> Tensor:
    places = {image: row for row, image in enumerate(snapshot.ids)}
    unknown = [one.image for one in chosen if one.image not in places]
    if unknown:
        raise DataError(
            f"Every chosen image must be in {snapshot.name!r}, got {', '.join(unknown)}. "
            "Choose from records of the same data set."
        )
    return torch.tensor([places[one.image] for one in chosen])


def _map(
    form: Classifier, method: Salience, images: Images, explained: Labels, chunk: Chunk
) -> Images:
    device = form.device
    # `strip_problems` says it once, where the pictures are.
    with warnings.catch_warnings(category=FallbackWarning, action="ignore"):
        maps = method(form, images.to(device), explained.to(device), chance=chunk.chance)
    return maps.detach().float().cpu()


def _score(method: Salience) -> str:
    """Return what a method explains of the class, in words; nothing where that is no score."""
    score = getattr(method, "score", None)
    return score.value if isinstance(score, Score) else ""


def _stacked(tensors: Mapping[str, Sequence[Tensor]], chunk: Chunk) -> dict[str, Tensor]:
    """Return the tensors of `Strips` from those of each model."""
    logits: Float[Tensor, "model condition image class"] = torch.stack(list(tensors["logits"]))
    probabilities = logits.softmax(-1)
    numbers = probabilities.isfinite().all(-1)
    return {
        "labels": chunk.labels,
        "explained": torch.stack(list(tensors["explained"])),
        "pictures": torch.stack(list(tensors["pictures"])),
        "maps": torch.stack(list(tensors["maps"]), dim=1),
        "predictions": logits.argmax(-1).masked_fill(~numbers, -1),
        "probabilities": probabilities,
    }
