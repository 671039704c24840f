"""What can be decoded from the layers of model files, on rendered images of known cues."""

from collections.abc import Sequence
from pathlib import Path

import polars as pl

from cuelens.datasets import CueControlled
from cuelens.errors import ConfigError
from cuelens.evaluation import decodable_cues
from cuelens.metrics import LinearProbe
from cuelens.sources import Stated, address_name, open_model
from cuelens.study.models.loaded import best_device
from cuelens.study.progress import Progress, silent

__all__ = ["probe_files"]

_SIZES = (32, 224)


def probe_files(
    addresses: Sequence[str | Path],
    *,
    images: int = 2000,
    layers: Sequence[str] | None = None,
    seed: int = 0,
    stated: Stated | None = None,
    progress: Progress = silent,
) -> pl.DataFrame:
    """Return how well shape, texture and colour are read off the layers of models.

    Args:
        addresses: Model files, or others that `open_model` knows, of any classes.
        images: Rendered images to learn from, at least 100; half as many others are tested on.
            Their cues are drawn independently. They are as large as the model expects images to
            be, from 32 to 224 pixels; 32 where it takes any size.
        layers: Names of modules. None: the main ones.
        seed: Of the images, and of what the probes hold out.
        stated: What the models' sources do not say.
        progress: Told of every layer.

    Returns:
        The columns of `decodable_cues`.

    Raises:
        ConfigError: If there are too few images, or two files have one name.
        ModelError: If a file cannot be read, or has no such layer.
    """
    if images < 100:
        raise ConfigError(f"`--images` must be at least 100, got {images}.")
    names = [address_name(address) for address in addresses]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise ConfigError(
            f"Model files must have different names, got {twice!r} twice. Rename one of them."
        )
    parts = []
    for address in addresses:
        classifier = open_model(address, stated=stated).classifier
        classifier.network.to(best_device())
        size = min(max(classifier.specification.height or 0, _SIZES[0]), _SIZES[1])
        training = CueControlled(count=images, size=size, seed=seed, cue_strength=0.0)
        test = CueControlled(
            count=images // 2, size=size, seed=seed, cue_strength=0.0, split="test"
        )
        found = decodable_cues(
            classifier,
            training,
            test,
            layers,
            probe=LinearProbe(seed=seed),
            progress=lambda done, total, layer, name=classifier.name: progress(  # type: ignore[misc]
                f"probe {name}", done, total, layer
            ),
        )
        parts.append(found)
    return pl.concat(parts)
