"""What can be decoded from each layer of a network: shape, texture and colour, by linear probes.

That a cue can be decoded does not say that the network uses it.
"""

from collections.abc import Callable, Mapping, Sequence
from itertools import combinations

import numpy as np
import polars as pl
import torch
from jaxtyping import Int
from scipy.special import chdtrc

from cuelens.datasets.protocol import CueDataset
from cuelens.errors import ConfigError
from cuelens.evaluation.chunks import chunks_of
from cuelens.evaluation.forward import usual_micro_batch
from cuelens.metrics import LinearProbe
from cuelens.networks import Classifier, layer_features, layer_names, pooled

__all__ = ["DECODABLE", "IMAGES", "decodable_cues"]

IMAGES = "images"
"""Name of the row that is no layer: the pixels themselves, pooled as the layers are."""

DECODABLE: dict[str, pl.DataType] = {
    "model": pl.String(),
    "layer": pl.String(),
    "cue": pl.String(),
    "n": pl.Int64(),
    "value": pl.Float64(),
    "low": pl.Float64(),
    "high": pl.Float64(),
    "chance": pl.Float64(),
    "penalty": pl.Float64(),
    "decodable": pl.Boolean(),
}
"""The columns of the table, in order."""

Codes = Int[np.ndarray, " row"]


def decodable_cues(
    classifier: Classifier,
    training: CueDataset,
    test: CueDataset,
    layers: Sequence[str] | None = None,
    *,
    probe: LinearProbe | None = None,
    grid: int = 4,
    micro_batch: int | None = None,
    progress: Callable[[int, int, str], None] | None = None,
) -> pl.DataFrame:
    """Return how well each cue is read off each layer by a linear probe.

    Args:
        classifier: Any classifier, of any classes.
        training: Images whose cues do not tell each other; the probes learn from them.
        test: Other such images.
        layers: Names of modules. None: the main ones, see `layer_names`.
        probe: Its settings.
        grid: Cells along each side over which activations are averaged.
        micro_batch: How many images go through the network at once. None: 250, fewer where they
            are large.
        progress: Called after each layer.

    Returns:
        A row for each layer and cue: model, layer, cue, n (test images), value (accuracy), low,
        high, chance (see `Probed`), penalty, decodable (whether the interval lies above chance).
        The first layer is "images": the pixels themselves, averaged over the same grid.

    Raises:
        ConfigError: If cues tell each other in `training`: then nothing could be said of one.
        ModelError: If a layer is not there, or does not run.

    Source:
        Hermann and Lampinen, 2020, https://arxiv.org/abs/2006.12433, section 3.
        Differs: the settings of `LinearProbe`; activations are averaged over a grid.
    """
    probe = LinearProbe() if probe is None else probe
    cues = {cue: labels.numpy() for cue, labels in training.cues.items()}
    test_cues = {cue: labels.numpy() for cue, labels in test.cues.items()}
    _require_uncorrelated(cues)
    chosen = layer_names(classifier.network) if layers is None else tuple(layers)
    names = [IMAGES, *chosen]
    one = training.images(torch.arange(1))
    size = usual_micro_batch(classifier, one) if micro_batch is None else micro_batch

    def features(dataset: CueDataset) -> Mapping[str, torch.Tensor]:
        return _features(classifier, dataset, chosen, grid=grid, micro_batch=size)

    learned, asked = features(training), features(test)
    rows = []
    for place, layer in enumerate(names):
        found = probe(learned[layer].numpy(), cues, asked[layer].numpy(), test_cues)
        for cue, probed in found.items():
            rate = probed.accuracy
            rows.append(
                {
                    "model": classifier.name,
                    "layer": layer,
                    "cue": cue,
                    "n": rate.n,
                    "value": rate.value,
                    "low": rate.low,
                    "high": rate.high,
                    "chance": probed.chance,
                    "penalty": probed.penalty,
                    "decodable": rate.low > probed.chance,
                }
            )
        if progress is not None:
            progress(place + 1, len(names), layer)
    return pl.DataFrame(rows, schema=DECODABLE)


def _features(
    classifier: Classifier,
    dataset: CueDataset,
    layers: tuple[str, ...],
    *,
    grid: int,
    micro_batch: int,
) -> dict[str, torch.Tensor]:
    """Return pooled features of all images, in parts that fit into memory."""
    parts: dict[str, list[torch.Tensor]] = {}
    for rows in chunks_of(torch.arange(len(dataset)), micro_batch):
        images = dataset.images(rows)
        found = {IMAGES: pooled(images, grid)}
        found |= layer_features(classifier, images, layers, grid=grid, micro_batch=micro_batch)
        for layer, values in found.items():
            parts.setdefault(layer, []).append(values)
    return {layer: torch.cat(values) for layer, values in parts.items()}


def _require_uncorrelated(cues: Mapping[str, Codes]) -> None:
    """Refuse cues of which one tells another."""
    for (first, one), (second, two) in combinations(cues.items(), 2):
        table = np.zeros((one.max() + 1, two.max() + 1))
        np.add.at(table, (one, two), 1)
        table = table[table.sum(1) > 0][:, table.sum(0) > 0]
        expected = table.sum(1, keepdims=True) * table.sum(0, keepdims=True) / table.sum()
        statistic = float((np.square(table - expected) / expected).sum())
        freedom = (table.shape[0] - 1) * (table.shape[1] - 1)
        if freedom and chdtrc(freedom, statistic) < 1e-6:
            raise ConfigError(
                f"`training` must have cues that do not tell each other, got {first} and {second} "
                "that go together, so that a probe of one could read the other. Render it with "
                "`CueControlled(cue_strength=0)`."
            )
