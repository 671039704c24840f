"""The card of a model file as a page that people read; the file itself holds the same numbers."""

from pathlib import Path
from typing import Any

from cuelens.sources.model_file import ModelCard

__all__ = ["card_page"]

_COLUMNS = {
    "epoch": ("epoch", "{:g}"),
    "loss": ("loss", "{:.3f}"),
    "accuracy": ("accuracy", "{:.1%}"),
    "robust_accuracy": ("under PGD-10", "{:.1%}"),
    "attacked_accuracy": ("under its own attack", "{:.1%}"),
}
_INTENDED = """\
To study which cues image classifiers rely on, and how training changes them. It is a small network
of a research study: no decision about anybody or anything should rest on it. Robust accuracy is
that under one attack on images that chose the epoch; measure it with `cuelens attack --suite
strong` on test images before it is quoted."""

_OVERFITTED = """\
Catastrophic overfitting was found: training ended there and went back to the last sound epoch."""


def card_page(card: ModelCard, *, file: Path) -> str:
    """Return the card of a model file in Markdown.

    Args:
        card: What the file says.
        file: Where it lies; its name alone is told.

    Returns:
        Recipe, seed, data, accuracies, the curve as a table and the intended use.
    """
    parts = [
        f"# {card.name}",
        f"`{file.name}`, written by cuelens.",
        _table(("", ""), [(f"**{name}**", value) for name, value in _facts(card).items()]),
        "## Curve",
        "On validation images, which chose the epoch; test images were not looked at.",
        _curve(card.training.get("history", [])),
        *_notes(card),
        "## Intended use",
        _INTENDED,
    ]
    return "\n\n".join(parts) + "\n"


def _facts(card: ModelCard) -> dict[str, str]:
    training, specification = card.training, card.specification
    facts = {
        "network": card.architecture,
        "recipe": f"`{card.recipe}`",
        "training seed": "unknown" if card.training_seed is None else str(card.training_seed),
        "data": f"{training.get('data', 'unknown')}, {training.get('images', 0):,} images, "
        f"fingerprint `{training.get('data_fingerprint', 'unknown')}`",
        "classes": ", ".join(card.class_names),
        "weights": f"{training.get('weights', 'best')}, of epoch {training.get('epoch', 0):g}",
        "validation accuracy": _share(training.get("validation_accuracy")),
        "validation accuracy under attack": _share(training.get("validation_robust_accuracy")),
        "seconds of training": f"{training.get('seconds', 0):.0f}",
    }
    if specification.low_pass is not None:
        cutoff = f"{specification.low_pass:g} cycles per image"
        facts["front end"] = f"low-pass filter, cutoff {cutoff}, part of the network"
    return facts


def _share(value: float | None) -> str:
    return "not measured" if value is None else f"{value:.1%}"


def _curve(history: list[dict[str, Any]]) -> str:
    shown = [name for name in _COLUMNS if any(name in entry for entry in history)]
    rows = [
        (
            *(_COLUMNS[name][1].format(entry[name]) if name in entry else "" for name in shown),
            _note(entry),
        )
        for entry in history
    ]
    return _table((*(_COLUMNS[name][0] for name in shown), ""), rows)


def _note(entry: dict[str, Any]) -> str:
    if entry.get("overfitted"):
        return "overfitted: given up"
    return "best so far" if entry.get("best") else ""


def _notes(card: ModelCard) -> list[str]:
    if any(entry.get("overfitted") for entry in card.training.get("history", [])):
        return [_OVERFITTED]
    return []


def _table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', '/') for cell in line)} |" for line in lines)
