"""What models look at in a person's own images: one strip an image."""

from collections.abc import Sequence
from pathlib import Path

import torch

from cuelens.datasets import InMemoryDataset, read_image
from cuelens.errors import ConfigError
from cuelens.evaluation import Condition, RecordStore, logits_of, make_strips, read_strips
from cuelens.evaluation.choices import Chosen
from cuelens.files import write_atomically
from cuelens.networks.classifier import Classifier
from cuelens.report.figures import png_of
from cuelens.report.of_run import OWN_SCALE
from cuelens.report.strips import strip_svg, strips_of
from cuelens.salience import Gradient, SmoothGrad, own_scales
from cuelens.sources import load_model

__all__ = ["explain_files"]

_MODEL = ".safetensors"


def explain_files(
    files: Sequence[Path],
    conditions: Sequence[Condition],
    *,
    out: Path,
    samples: int = 50,
    noise: float = 0.1,
    seed: int = 0,
) -> tuple[Path, ...]:
    """Draw how models see images: a strip an image and method, as PNG and SVG.

    The maps explain the class that the first model predicts on the unchanged image.

    Args:
        files: Model files (ending in .safetensors) and images, in any order.
        conditions: What is done to the images, the clean one among them.
        out: Folder of the strips and of their records.
        samples: Noisy copies an image in SmoothGrad.
        noise: Their deviation in units of the pixel range.
        seed: Keys noise and conditions.

    Returns:
        The PNG files.

    Raises:
        ConfigError: If there is no model or no image, or the models know different classes.
        DataError: If an image cannot be read.
        ModelError: If a model file cannot be read.
    """
    classifiers = _classifiers([file for file in files if file.suffix == _MODEL])
    images = [file for file in files if file.suffix != _MODEL]
    if not images:
        raise ConfigError("Expected at least one image besides the models, got none. Name a file.")
    twice = next((file for place, file in enumerate(images) if file in images[:place]), None)
    if twice is not None:
        raise ConfigError(f"Images must be named once each, got `{twice}` twice.")
    first = next(iter(classifiers.values()))
    dataset = _dataset(images, first)
    store = RecordStore(out / "records")
    done = make_strips(
        classifiers,
        dataset,
        [Chosen(image=image, rule="named by the user") for image in dataset.ids],
        conditions,
        methods={"gradient": Gradient(), "smoothgrad": SmoothGrad(samples=samples, noise=noise)},
        store=store,
        draw=seed,
    )
    strips = strips_of(
        read_strips(store.path(done.table, done.keys[0])),
        display=lambda maps: own_scales(maps).greys,
        scale=OWN_SCALE,
    )
    written = []
    for place, strip in enumerate(strips):
        path = out / f"{place // 2 + 1:03d}-{Path(strip.image).stem}-{strip.method}.png"
        svg = strip_svg(strip, list(classifiers))
        write_atomically(path.with_suffix(".svg"), svg)
        write_atomically(path, png_of(svg))
        written.append(path)
    return tuple(written)


def _classifiers(files: Sequence[Path]) -> dict[str, Classifier]:
    if not files:
        raise ConfigError(
            f"Expected at least one model file (ending in {_MODEL}), got none. "
            "Train one with `cuelens train`."
        )
    found: dict[str, Classifier] = {}
    for file in files:
        classifier, _ = load_model(file)
        if file.stem in found:
            raise ConfigError(
                f"Model files must have different names, got {file.stem!r} twice. "
                "Rename one of them."
            )
        known = next(iter(found.values()), classifier).class_names
        if classifier.class_names != known:
            raise ConfigError(
                f"All models must know the same classes, got {', '.join(known)} and, in "
                f"`{file}`, {', '.join(classifier.class_names)}. Explain them one by one."
            )
        found[file.stem] = classifier
    return found


def _dataset(files: Sequence[Path], classifier: Classifier) -> InMemoryDataset:
    """Return the images at the classifier's size, labelled by what it predicts."""
    size = classifier.specification.height or 224
    pixels = torch.stack([read_image(file, size=size) for file in files])
    predictions = logits_of(classifier, pixels.float() / 255, micro_batch=len(files)).argmax(1)
    return InMemoryDataset(
        name="images",
        class_names=classifier.class_names,
        ids=tuple(str(file) for file in files),
        labels=predictions,
        pixels=pixels,
    )
