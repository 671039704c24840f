"""What the layers of a network answer to images, pooled to one vector an image and layer.

It leaves the network as it was: mode, gradients and hooks, also after an error. It does not know
what the features are for.
"""

from collections.abc import Sequence
from math import isqrt

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn.functional import adaptive_avg_pool2d

from cuelens.errors import ConfigError, ModelError
from cuelens.networks.classifier import Classifier, evaluating
from cuelens.networks.layers import answer_of, hearing
from cuelens.tensors import Images

__all__ = ["LayerFeatures", "layer_features", "pooled"]

LayerFeatures = dict[str, Float[Tensor, "batch feature"]]
"""Names of layers to one row an image."""

_MOST = 1024


def layer_features(
    classifier: Classifier,
    images: Images,
    layers: Sequence[str],
    *,
    grid: int = 4,
    micro_batch: int = 250,
) -> LayerFeatures:
    """Return the pooled activations of layers.

    Maps (batch, channel, height, width) are averaged over the cells of a grid, tokens (batch,
    token, feature) over the tokens, vectors stay as they are. An image has bit-identical features
    whatever comes with it: batches have one fixed, padded size.

    Args:
        classifier: Any classifier; run in eval mode on its own device.
        images: Pixels in [0, 1]; at least one.
        layers: Names as in `named_modules`; "" is the whole network. Of a layer that runs several
            times, its last answer counts.
        grid: Cells along each side, fewer where a map is smaller, or has so many channels that
            it would make more than 1,024 features.
        micro_batch: How many images go through the network at once. At least 1.

    Returns:
        In the order of `layers`: float32 on the CPU.

    Raises:
        ConfigError: If `grid` or `micro_batch` is below 1.
        ModelError: If there is no such layer, it did not run, or its answer is no tensor.
    """
    for name, value in (("grid", grid), ("micro_batch", micro_batch)):
        if value < 1:
            raise ConfigError(f"`{name}` must be at least 1, got {value}.")
    found: dict[str, list[Tensor]] = {layer: [] for layer in layers}
    latest: dict[str, Tensor] = {}

    def keep(layer: str, output: object) -> None:
        latest[layer] = answer_of(output, layer, classifier)

    with torch.no_grad(), evaluating(classifier.network), hearing(classifier, layers, keep):
        for start in range(0, len(images), micro_batch):
            batch = images[start : start + micro_batch].to(classifier.device)
            count = len(batch)
            if count < micro_batch:
                padding = batch.new_zeros(micro_batch - count, *batch.shape[1:])
                batch = torch.cat([batch, padding])
            latest.clear()
            classifier(batch)
            for layer in layers:
                if layer not in latest:
                    raise ModelError(
                        f"The layer {layer!r} of {classifier.name} must run when images go "
                        "through the network, but it did not. Leave it out."
                    )
                found[layer].append(pooled(latest[layer], grid)[:count].float().cpu())
    return {layer: torch.cat(parts) for layer, parts in found.items()}


def pooled(answers: Tensor, grid: int) -> Float[Tensor, "batch feature"]:
    """Return one vector an image; see `layer_features`."""
    if answers.ndim == 4:
        cells = min(grid, max(1, isqrt(_MOST // answers.shape[1])))
        height, width = (min(cells, side) for side in answers.shape[2:])
        return adaptive_avg_pool2d(answers.float(), (height, width)).flatten(1)
    if answers.ndim == 3:
        return answers.float().mean(1)
    return answers.flatten(1)
