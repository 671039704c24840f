"""A distorted copy of a data set: from the words of the command to a build."""

import shlex
from pathlib import Path

from cuelens.builders.adjectives import adjective_condition
from cuelens.builders.engine import Built, Progress, Work, run_build, silent
from cuelens.builders.folder import require_apart
from cuelens.builders.layouts import Layout
from cuelens.builders.makers import ConditionMaker
from cuelens.builders.readme import Account, source_of
from cuelens.builders.recognition import layout_at
from cuelens.errors import ConfigError
from cuelens.evaluation import FAMILIES, Condition
from cuelens.evaluation.keys import identity_of
from cuelens.transforms import MaskTransform

__all__ = ["build", "build_condition"]


def build(
    adjective: str,
    source: str | Path,
    out: str | Path,
    *,
    level: float | None = None,
    style: str | Path | None = None,
    working_size: int | None = None,
    weights: str | Path | None = None,
    seed: int = 0,
    draws: int = 1,
    size: int | None = None,
    shards: int | None = None,
    masks: str | Path | None = None,
    workers: int = 1,
    progress: Progress = silent,
) -> Built:
    """Write a distorted copy of a data set, in the same layout, lossless.

    Killed at any moment, the same call goes on where it was. Every file of the source is accounted
    for: in its copy, or with the reason why there is none.

    Args:
        adjective: Such as "saturated", "shuffled" or "stylized".
        source: A folder of images (FOLDER/CLASS/IMAGE, or with splits on top), CIFAR-10's or Tiny
            ImageNet's, or the word "rendered".
        out: New, empty, or of an earlier run of the same call. Outside the source.
        level: On the condition's scale; None where it has none, or for the usual one.
        style: A folder of style pictures, for conditions that take some.
        working_size: Side in pixels that images are styled at.
        weights: A folder with the files vgg_normalised.pth and decoder.pth, for AdaIN.
        seed: The draw seed. At least 0.
        draws: How many of each image, each in a folder of its own. At least 1.
        size: Side of the square that each image is cropped and resized to; None keeps sizes.
        shards: How many images to a WebDataset shard; None for files.
        masks: A folder with a mask for each image, for conditions that need to know the figure.
        workers: How many processes; they change no byte. More than one are started anew, so a
            script that calls this must do so under `if __name__ == "__main__":`.
        progress: Told of images done.

    Returns:
        What the build has come to.

    Raises:
        ConfigError: If a setting is wrong, or `out` and a source share files.
        MissingDataError: If there is nothing to read.
        RunFolderError: If `out` holds anything else.
        StorageError: If the disk is full, or `out` cannot be written; nothing made is lost.
        DataError: If nothing could be made.
        ModelError: If the weights are not there or do not fit.
    """
    folders = {
        "style": None if style is None else Path(style),
        "masks": None if masks is None else Path(masks),
    }
    condition = adjective_condition(
        adjective,
        level=level,
        style=folders["style"],
        working_size=working_size,
        weights=None if weights is None else Path(weights),
    )
    place = None if str(source) == "rendered" else Path(source)
    require_apart(
        Path(out), SOURCE=place, **{f"--{word}": folder for word, folder in folders.items()}
    )
    options = {
        "--level": None if level is None else f"{level:g}",
        "--style": style,
        "--working-size": working_size,
        "--weights": weights,
        "--seed": seed,
        "--draws": None if draws == 1 else draws,
        "--size": size,
        "--shards": shards,
        "--masks": masks,
    }
    words = ["cuelens", "build", FAMILIES[condition.family].adjective, str(source), "OUT"]
    for option, value in options.items():
        words += [] if value is None else [option, str(value)]
    return build_condition(
        condition,
        layout_at(str(source), masks=folders["masks"]),
        Path(out),
        command=shlex.join(words),
        seed=seed,
        draws=draws,
        size=size,
        shards=shards,
        workers=workers,
        progress=progress,
    )


def build_condition(
    condition: Condition,
    layout: Layout,
    out: Path,
    *,
    command: str,
    seed: int = 0,
    draws: int = 1,
    size: int | None = None,
    shards: int | None = None,
    workers: int = 1,
    progress: Progress = silent,
) -> Built:
    """Write a copy of a source under any condition; see `build`.

    Args:
        condition: What is done to each image.
        layout: The source.
        out: See `build`.
        command: What the README gives as the way to make it again.
        seed: See `build`.
        draws: See `build`.
        size: See `build`.
        shards: See `build`.
        workers: See `build`.
        progress: See `build`.

    Raises:
        CuelensError: As `build`.
    """
    if size is not None and size < 1:
        raise ConfigError(f"`size` must be at least 1 pixel, got {size}.")
    transform = condition.transform
    laid = layout.laid(size=size, shards=shards, with_masks=isinstance(transform, MaskTransform))
    family = FAMILIES.get(condition.family)
    account = Account(
        title=f"{family.title if family else condition.family}: a distorted copy",
        sentence=family.sentence if family else f"Made by {type(transform).__name__}.",
        command=command,
        condition=condition.name,
        settings=repr(transform),
        version=transform.version,
        credit=source_of(type(transform)),
        reading=laid.reading,
    )
    work = Work(
        laid=laid,
        maker=ConditionMaker(condition=condition),
        account=account,
        identity=identity_of(transform),
        seed=seed,
        draws=draws,
        settings=(("size", size), ("shards", shards)),
        unused_styles=getattr(getattr(transform, "styles", None), "problems", ()),
    )
    return run_build(work, out, workers=workers, progress=progress)
