"""The pre-flight: what is wrong with a model before anything is measured of it."""

from typing import TYPE_CHECKING

import torch

from cuelens.errors import ConfigError
from cuelens.networks.classifier import Classifier
from cuelens.networks.fast_path import fast
from cuelens.study.preflight.finding import Finding
from cuelens.study.preflight.of_classes import chance_finding, order_finding
from cuelens.study.preflight.of_geometry import geometry_finding, resizing_finding
from cuelens.study.preflight.of_normalisation import normalisation_finding
from cuelens.study.preflight.of_outputs import output_findings
from cuelens.study.preflight.rivals import forwarded, outcome_of
from cuelens.tensors import Images, Labels, require_labels, require_pixels

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["ENOUGH", "preflight"]

ENOUGH = 50
"""Below so many images only large faults can be told from chance."""


def preflight(
    classifier: Classifier,
    images: Images,
    labels: Labels,
    *,
    stored: tuple[int, int] | None = None,
    progress: "Callable[[int, int, str], None] | None" = None,
) -> tuple[Finding, ...]:
    """Return what is wrong with a model, found by measurement on some images.

    The model is left as it was. Its outputs are looked at as it is given, all else with the float32
    fast form that makes predictions. A wrong order of the classes is put right before the pixels
    are looked at, so that one fault does not hide the other.

    Args:
        classifier: The model, in the mode in which it was given.
        images: Pixels in [0, 1]; some hundred are enough.
        labels: The true classes.
        stored: Height and width of the files that the images were made of; None where unknown.
        progress: Called before each step with its place, their number and its name.

    Returns:
        Findings, raised and not, in the order in which they were looked for.

    Raises:
        ConfigError: If there are fewer than two images, or a label is none of the model's classes.
        ModelError: If images or outputs do not fit the model.
    """
    require_pixels(images)
    require_labels(labels)
    classes = len(classifier.class_names)
    if len(images) < 2 or len(images) != len(labels):
        raise ConfigError(
            f"`images` and `labels` must be two or more of a kind, got {len(images)} and "
            f"{len(labels)}. Give some images with their labels."
        )
    if not 0 <= int(labels.min()) <= int(labels.max()) < classes:
        raise ConfigError(
            f"`labels` must be of the {classes:,} classes of {classifier.name}, got "
            f"{int(labels.min())} to {int(labels.max())}. Give images of its classes."
        )
    steps = ("outputs", "classes", "normalisation", "geometry")

    def tell(step: str) -> None:
        if progress is not None:
            progress(steps.index(step), len(steps), step)

    tell("outputs")
    found = [*output_findings(classifier, images), _few(len(images))]
    tell("classes")
    form = fast(classifier, precision=torch.float32)
    logits = forwarded(form, images)
    found.append(chance_finding(outcome_of(logits, labels), classes=classes))
    order, outputs = order_finding(logits, labels, classifier.class_names)
    found.append(order)
    answers = labels if outputs is None else outputs[labels]
    given = outcome_of(logits, answers)
    tell("normalisation")
    found.append(normalisation_finding(form, images, answers, given))
    tell("geometry")
    found.append(resizing_finding(form, images, stored=stored))
    found.append(geometry_finding(form, images, answers, given))
    if progress is not None:
        progress(len(steps), len(steps), "")
    return tuple(found)


def _few(n: int) -> Finding:
    return Finding(
        name="few-preflight-images",
        raised=n < ENOUGH,
        sentence=f"the pre-flight looked at {n:,} images; {ENOUGH} are the least to tell smaller "
        "faults from chance.",
        fix="Give more images." if n < ENOUGH else "",
        numbers={"images": n},
    )
