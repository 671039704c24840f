"""What models look at in a person's own images: one strip an image, and what is measured of it."""

import platform
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import polars as pl
import torch

from cuelens.attacks import Attack
from cuelens.datasets import NamedImages
from cuelens.datasets.framing import Framing
from cuelens.errors import ConfigError, DataError
from cuelens.evaluation import (
    Chosen,
    Condition,
    RecordStore,
    Strips,
    Target,
    agreement_of_strips,
    make_strips,
    measure_strips,
    read_strips,
    strip_problems,
)
from cuelens.networks.classifier import Classifier
from cuelens.report.drawn_strips import pixels_of, strips_of
from cuelens.report.explained_page import Explanation, write_explanation
from cuelens.report.explained_tables import agreement_summary, summary_of
from cuelens.report.views import OWN, View, views_that_fit
from cuelens.salience import Salience
from cuelens.sources import Stated, is_address, open_model
from cuelens.study.checks.checks import Check
from cuelens.study.checks.input_range import check_input_range
from cuelens.study.checks.shared_scales import check_shared_scales
from cuelens.study.images.grouping import few
from cuelens.study.progress import Progress, silent

__all__ = ["Explained", "explain_files"]

_USUAL_SIZE = 224
"""Of images where no model states a size."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Explained:
    """What `explain_files` wrote and found.

    Attributes:
        page: The HTML page.
        figures: A PNG an image, each with an SVG of the same name beside it.
        measures: Mean of each measure over the images, one row for each model, method, condition
            and measure, with n and, of several images, its interval.
        agreement: How alike the maps of every two models are, likewise.
        problems: Sentences about files that were left out, about a normalisation that does not fit,
            and about maps and answers that are no numbers.
        refused: Files and folders that were themselves named and cannot be read.
    """

    page: Path
    figures: tuple[Path, ...]
    measures: pl.DataFrame
    agreement: pl.DataFrame
    problems: tuple[str, ...]
    refused: tuple[str, ...] = ()


def explain_files(
    files: Sequence[str | Path],
    conditions: Sequence[Condition],
    methods: Mapping[str, Salience],
    *,
    out: Path,
    attacks: Mapping[str, Attack] | None = None,
    target: Target = Target.PREDICTED,
    view: View = OWN,
    size: int | None = None,
    seed: int = 0,
    stated: Stated | None = None,
    progress: Progress = silent,
) -> Explained:
    """Draw how models see images: explain.html, a strip an image as PNG and SVG, and tables.

    Raw signed maps are kept in the folder's records, table "strips", and are not computed again.

    Args:
        files: Model files, or other addresses that `open_model` knows, images and folders of
            images, in any order.
        conditions: What is done to the images, the unchanged one first.
        methods: Salience methods by the name that is shown.
        out: Folder of the page, the strips and their records.
        attacks: Attacks by the name that is shown; every step is taken.
        target: Which class the maps explain. An image's true class is known where its folder or
            its own name tells it, see `datasets.named_classes`.
        view: How the maps are drawn; the page has the other views too, unless it grew too large.
        size: Side in pixels to which the largest central square is resized; None: as the model of
            the largest stated size reads pictures, its crop with it, so that no map has a border
            that the model never sees; 224 where none states a size. A model of another size
            resizes them itself.
        seed: Keys noise, conditions and attacks.
        stated: What the models' sources do not say.
        progress: Told of every image.

    Raises:
        ConfigError: If there is no model or no image, one is named twice, the models know different
            classes, or none of them the given one.
        DataError: If no image can be read, or the true class of one is wanted and unknown.
        ModelError: If a model file cannot be read, or a method does not fit a model.
        StorageError: If the disk is full.
    """
    classifiers = _classifiers([file for file in files if is_address(file)], stated)
    first = next(iter(classifiers.values()))
    framing = _framing(classifiers.values()) if size is None else Framing(size=size)
    images = NamedImages.at(
        [Path(file) for file in files if not is_address(file)],
        class_names=first.class_names,
        size=framing,
    )
    if target == Target.TRUE:
        _require_labels(images)
    store, kept, measured = RecordStore(out / "records"), [], []
    for place in range(len(images)):
        one = images.take(torch.tensor([place]), name=images.name)
        progress("explain", place, len(images), one.ids[0])
        done = make_strips(
            classifiers,
            one,
            [Chosen(image=one.ids[0], rule="")],
            conditions,
            methods=methods,
            attacks=attacks,
            target=target,
            store=store,
            draw=seed,
        )
        (key,) = done.keys
        kept.append(read_strips(store.path(done.table, key)))
        measured.append(measure_strips(key, classifiers, conditions, store=store, draw=seed))
    progress("explain", len(images), len(images), "")
    ranges = check_input_range(classifiers, images, store=store, draw=seed)
    left_out = (*images.refused, *images.problems)
    views = views_that_fit(view, pixels=sum(pixels_of(strips) for strips in kept))
    explanation = Explanation(
        models=tuple(classifiers),
        strips=tuple(strip for one in kept for strip in strips_of(one, methods, views=views)),
        by_image=pl.concat(measured),
        measures=summary_of(pl.concat(measured)),
        agreement=agreement_summary(pl.concat([agreement_of_strips(one) for one in kept])),
        settings={
            **_models_in_words(classifiers, ranges),
            **_settings(methods, conditions, attacks or {}, target, seed, images, framing),
        },
        problems=(
            *(f"`{one.path}` was left out: {one.reason}." for one in left_out),
            *(f"{check.name}: {check.sentence}" for check in ranges if check.raised),
            *strip_problems(kept),
            *_scale_problems(kept, view),
        ),
    )
    page, figures = write_explanation(explanation, out)
    return Explained(
        page=page,
        figures=figures,
        measures=explanation.measures,
        agreement=explanation.agreement,
        problems=explanation.problems,
        refused=tuple(one.path for one in images.refused),
    )


def _scale_problems(kept: Sequence[Strips], view: View) -> Iterator[str]:
    """Yield what is wrong with the scale that models share, where it is the one that is shown."""
    for check in check_shared_scales(kept) if view.shared else ():
        if check.raised:
            yield f"{check.name}: {check.sentence}"


def _classifiers(addresses: Sequence[str | Path], stated: Stated | None) -> dict[str, Classifier]:
    if not addresses:
        raise ConfigError(
            "Expected at least one model file, or another address of a model, got none. "
            "Train one with `cuelens train`."
        )
    found: dict[str, Classifier] = {}
    for address in addresses:
        classifier = open_model(address, stated=stated).classifier
        if classifier.name in found:
            raise ConfigError(
                f"Model files must have different names, got {classifier.name!r} twice. "
                "Rename one of them."
            )
        known = next(iter(found.values()), classifier).class_names
        if classifier.class_names != known:
            raise ConfigError(
                f"All models must know the same classes, got {few(known)} and, in `{address}`, "
                f"{few(classifier.class_names)}. Explain them one by one, or name the classes of "
                "one that has numbers with `--classes FILE`."
            )
        found[classifier.name] = classifier
    return found


def _require_labels(images: NamedImages) -> None:
    """Refuse images whose class is unknown, before anything is computed."""
    for image, label in zip(images.ids, images.labels.tolist(), strict=True):
        if label < 0:
            raise DataError(
                f"The true class of every image must be known, got none for `{image}`. Put it into "
                "a folder named after its class, or explain what is predicted."
            )


def _framing(classifiers: Iterable[Classifier]) -> Framing:
    """Return how pictures are shown: as the model of the largest stated size reads them."""
    stated = [one.specification for one in classifiers]
    largest = max(stated, key=lambda one: one.whole_side or 0)
    if largest.whole_side is None:
        return Framing(size=_USUAL_SIZE)
    if largest.height is None or largest.height != largest.width:
        return Framing(size=largest.whole_side)
    return Framing(
        size=largest.height, crop=largest.crop, interpolation=largest.picture_interpolation
    )


def _models_in_words(
    classifiers: Mapping[str, Classifier], ranges: Sequence[Check]
) -> dict[str, str]:
    """Return what reads the images, and how, and whether that was found to fit."""

    def rounded(values: Sequence[float]) -> str:
        return ", ".join(f"{value:.4g}" for value in values)

    return {
        f"model {name}": (
            f"{one.fingerprint()[:12]}, mean {rounded(one.specification.mean)}, "
            f"deviation {rounded(one.specification.deviation)}"
        )
        for name, one in classifiers.items()
    } | {f"{check.name} of {check.about[-1]}": check.sentence for check in ranges}


def _settings(
    methods: Mapping[str, Salience],
    conditions: Sequence[Condition],
    attacks: Mapping[str, Attack],
    target: Target,
    seed: int,
    images: NamedImages,
    framing: Framing,
) -> dict[str, str]:
    """Return what determines the maps, in words."""
    height, width = images.pixels.shape[2:]
    part = "central squares"
    part += f" of {framing.crop:.4g} of the shorter side" if framing.crop < 1 else ""
    return {
        "target": str(target),
        "images": f"{part}, {height} x {width} pixels",
        **{f"method {name}": repr(method) for name, method in methods.items()},
        **{f"condition {one.name}": repr(one.transform) for one in conditions},
        **{f"attack {name}": f"{attack!r}, every step taken" for name, attack in attacks.items()},
        "seed": str(seed),
        "python": platform.python_version(),
        **{name: version(name) for name in ("cuelens", "torch", "numpy")},
    }
