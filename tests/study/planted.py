"""Records whose truth is known: networks that keep what they are told to keep."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import polars as pl
from scipy.stats import norm

from cuelens.evaluation.tables import SCHEMAS, table_of

CLASSES = 10
SATURATION = tuple(("saturation", level) for level in (8.0, 16.0, 64.0, 1024.0))
SHUFFLE = tuple(("shuffle", level) for level in (2.0, 4.0))
STYLISED = (("stylised", None), ("self-styled", None))


@dataclass(frozen=True, kw_only=True)
class Planted:
    """A network: how often it is right clean, and how much of that it keeps by family.

    Attributes:
        clean: Accuracy on clean images.
        kept: Retention under every level of a family.
        found: Accuracy under a family where it was wrong clean.
        maps: Mean of each salience measure.
        seed: Training seed.
        change: Root-mean-square change of the images by family; .2 where not given.
    """

    clean: float = 0.8
    kept: Mapping[str, float] = field(default_factory=dict)
    found: float = 0.1
    maps: Mapping[str, float] = field(default_factory=dict)
    seed: int | None = 0
    change: Mapping[str, float] = field(default_factory=dict)


def common(model: str, network: Planted, condition: str, family: str, level: float | None):
    """Return the constant columns of a part of records."""
    return {
        "model": model,
        "dataset": "test",
        "condition": condition,
        "family": family,
        "level": level,
        "draw": 0,
        "weights": f"weights of {model}",
        "data": "data",
        "precision": "float32",
        "training_seed": network.seed,
        "settings": "",
        "probabilities": [1 / CLASSES] * CLASSES,
    }


def planted_predictions(
    networks: Mapping[str, Planted],
    conditions: Sequence[tuple[str, float | None]] = (*SATURATION, *SHUFFLE, *STYLISED),
    *,
    n: int = 2000,
    seed: int = 0,
    draws: int = 1,
) -> pl.DataFrame:
    """Return records of predictions; images that are hard for one network are hard for all."""
    rng = np.random.default_rng(seed)
    hard, parts = rng.standard_normal(n), []
    for model, network in networks.items():
        clean = (hard + rng.standard_normal(n)) / np.sqrt(2) < norm.ppf(network.clean)
        parts.append(_part(rng, model, network, "clean", None, clean, 0))
        for family, level in conditions:
            if family not in network.kept:
                continue
            for draw in range(draws):
                rates = np.where(clean, network.kept[family], network.found)
                right = rng.random(n) < rates
                parts.append(_part(rng, model, network, family, level, right, draw))
    return pl.concat(parts)


def _part(rng, model, network, family, level, right, draw):
    n = len(right)
    label = np.arange(n) % CLASSES
    wrong = (label + rng.integers(1, CLASSES, n)) % CLASSES
    condition = family if level is None else f"{family}={level:g}"
    return table_of(
        "predictions",
        {
            "image": [f"test/{place:05}" for place in range(n)],
            "label": label,
            "prediction": np.where(right, label, wrong),
            "label_rank": np.where(right, 1, rng.integers(2, CLASSES + 1, n)),
            "loss": rng.random(n),
            "tie": rng.random(n) < 0.01,
            "mean_square": np.full(
                n, 0.0 if family == "clean" else network.change.get(family, 0.2)
            ),
            "structural_distance": np.full(n, 0.0 if family == "clean" else 0.3),
        },
        common(model, network, condition, family, level) | {"draw": draw},
    )


def apart_of(distances: Mapping[str, tuple[float, float]], *, n: int = 10) -> pl.DataFrame:
    """Return records of how far conditions are from the clean images and from their controls."""
    parts = [pl.DataFrame(schema=SCHEMAS["controls"])]
    for condition, (clean, control) in distances.items():
        columns = {
            "image": [f"test/{place:05}" for place in range(n)],
            "mean_square": np.full(n, clean),
            "control_mean_square": np.full(n, control),
        }
        constants = {"dataset": "test", "condition": condition}
        parts.append(table_of("controls", columns, constants))
    return pl.concat(parts)


def planted_salience(
    networks: Mapping[str, Planted], *, n: int = 400, seed: int = 0, method: str = "gradient"
) -> pl.DataFrame:
    """Return records of salience measures of clean images."""
    rng = np.random.default_rng(seed)
    shared, parts = rng.normal(0, 0.05, n), [pl.DataFrame(schema=SCHEMAS["salience"])]
    for model, network in networks.items():
        for measure, mean in network.maps.items():
            value = (mean + shared + rng.normal(0, 0.05, n)).clip(0, 1)
            columns = {
                "image": [f"test/{place:05}" for place in range(n)],
                "label": np.arange(n) % CLASSES,
                "value": value,
            }
            constants = common(model, network, "clean", "clean", None)
            parts.append(
                table_of("salience", columns, constants | {"method": method, "measure": measure})
            )
    return pl.concat(parts)


def planted_conflict(
    models: Mapping[str, tuple[float, float]], *, n: int = 1000, seed: int = 0, sources: int = 0
) -> pl.DataFrame:
    """Return records of a conflict set: the rates of shape and of texture answers by model."""
    rng = np.random.default_rng(seed)
    shape = rng.integers(0, CLASSES, n)
    texture = (shape + rng.integers(0, CLASSES, n)) % CLASSES
    parts = []
    for model, (by_shape, by_texture) in models.items():
        kind = rng.random(n)
        other = (np.maximum(shape, texture) + 1) % CLASSES
        other = np.where(other == np.minimum(shape, texture), (other + 1) % CLASSES, other)
        answer = np.where(
            kind < by_shape, shape, np.where(kind < by_shape + by_texture, texture, other)
        )
        part = table_of(
            "predictions",
            {
                "image": [f"conflict/{place:05}" for place in range(n)],
                "label": shape,
                "prediction": answer,
                "label_rank": np.where(answer == shape, 1, 2),
                "shape": shape,
                "texture": texture,
                "shape_rank": np.where(answer == shape, 1, 2),
                "texture_rank": np.where(answer == texture, 1, 4),
                "tie": np.zeros(n, dtype=bool),
                "mean_square": np.zeros(n),
                "structural_distance": np.zeros(n),
            },
            common(model, Planted(), "clean", "clean", None) | {"dataset": "conflict"},
        )
        if sources:
            part = part.with_columns(
                shape_source=pl.Series(np.arange(n) % sources),
                texture_source=pl.Series((np.arange(n) // sources) % sources),
            )
        parts.append(part)
    return pl.concat(parts)
