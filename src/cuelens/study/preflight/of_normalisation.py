"""Pre-flight of what is done to the pixels: whether another normalisation is surely better.

A few usual ones are tried on the same images. Networks that were trained behind one and are run
behind another often answer well enough that nobody sees it.
"""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

import numpy as np

from cuelens.networks.classifier import Classifier, InputSpecification
from cuelens.study.preflight.finding import Finding
from cuelens.study.preflight.rivals import (
    Look,
    Outcome,
    Rival,
    accuracies,
    forwarded,
    looked_at,
    outcome_of,
    surely_better,
)
from cuelens.tensors import Images, Labels

__all__ = ["NORMALISATIONS", "normalisation_finding"]

_Pair = tuple[tuple[float, ...], tuple[float, ...]]
_IMAGENET_MEAN = (0.485, 0.456, 0.406)
_PLAIN = "pixels in [0, 1]"
_BYTES = "pixels in [0, 255]"
_CAFFE = "pixels in [0, 255] less ImageNet's mean"


def _grey(mean: float, deviation: float) -> _Pair:
    return (mean,) * 3, (deviation,) * 3


NORMALISATIONS: Mapping[str, _Pair] = MappingProxyType(
    {
        _PLAIN: _grey(0.0, 1.0),
        "pixels in [-1, 1]": _grey(0.5, 0.5),
        "(255 x - 127) / 128": _grey(127 / 255, 128 / 255),
        "ImageNet's mean and deviation": (_IMAGENET_MEAN, (0.229, 0.224, 0.225)),
        "CLIP's mean and deviation": (
            (0.48145466, 0.4578275, 0.40821073),
            (0.26862954, 0.26130258, 0.27577711),
        ),
        "CIFAR-10's mean and deviation": (
            (0.4914, 0.4822, 0.4465),
            (0.2470, 0.2435, 0.2616),
        ),
        _BYTES: _grey(0.0, 1 / 255),
        _CAFFE: (_IMAGENET_MEAN, (1 / 255,) * 3),
    }
)
"""Usual means and deviations of three channels, in units of the pixel range, by name."""


def normalisation_finding(
    classifier: Classifier, images: Images, labels: Labels, given: Outcome
) -> Finding:
    """Return whether another usual normalisation is surely better than the stated one.

    Args:
        classifier: The model.
        images: Pixels in [0, 1].
        labels: The true classes.
        given: What the model answers as it is stated.

    Returns:
        "doubled-normalisation" where the network does better without the stated one,
        "missing-normalisation" where none is stated, "range-0-255" where it wants bytes,
        "channel-order" where it wants blue first, "other-normalisation" for the rest;
        "normalisation" where nothing is surely better.
    """
    own = classifier.specification
    looks = {name: _look(classifier, reading) for name, reading in _readings(own).items()}
    if own.channels == 3:
        caffe = _read(own, *NORMALISATIONS[_CAFFE])
        for name, reading in {"as stated": own, _CAFFE: caffe}.items():
            looks[f"{name}, blue first"] = _look(classifier, reading, blue_first=True)
    rivals = {name: looked_at(look, images, labels, given) for name, look in looks.items()}
    best = surely_better(given, rivals)
    numbers = {"images": float(len(labels)), "accuracy": given.accuracy} | accuracies(rivals)
    stated = _in_words(own)
    start = f"with the stated normalisation ({stated}) it is right for {_percent(given)} of "
    start += f"{len(labels):,} images"
    if best is None:
        return Finding(
            name="normalisation",
            raised=False,
            sentence=f"{start}; none of {len(rivals)} others is surely better.",
            numbers=numbers,
        )
    name, fix = _judged(own, best)
    return Finding(
        name=name,
        raised=True,
        sentence=f"{start}, with {best.name} for {100 * best.accuracy:.1f} % (McNemar p = "
        f"{best.p:.2g}, corrected for {len(rivals)} others; mean loss "
        f"{best.loss_change:+.2f} nats).{_as_good(best, rivals)}",
        fix=fix,
        numbers=numbers | {"p": best.p, "loss_change": best.loss_change},
    )


def _readings(own: InputSpecification) -> dict[str, InputSpecification]:
    """Return the other normalisations by name, for as many channels as there are."""
    found = {}
    for name, (mean, deviation) in NORMALISATIONS.items():
        if own.channels == 3:
            reading = _read(own, mean, deviation)
        elif len(set(mean)) == 1 and len(set(deviation)) == 1:
            reading = _read(own, mean[:1] * own.channels, deviation[:1] * own.channels)
        else:
            continue
        if not _alike(reading, own):
            found[name] = reading
    return found


def _read(
    own: InputSpecification, mean: tuple[float, ...], deviation: tuple[float, ...]
) -> InputSpecification:
    return replace(own, mean=mean, deviation=deviation)


def _alike(one: InputSpecification, other: InputSpecification) -> bool:
    """Return whether two normalisations give the same numbers but for rounding."""
    return np.allclose(one.mean, other.mean, atol=1e-4) and np.allclose(
        one.deviation, other.deviation, rtol=1e-3
    )


def _look(
    classifier: Classifier, specification: InputSpecification, *, blue_first: bool = False
) -> Look:
    """Return what the network makes of images that are read otherwise."""
    other = Classifier(
        classifier.network,
        class_names=classifier.class_names,
        specification=specification,
        name=classifier.name,
    )
    return lambda images, labels: outcome_of(
        forwarded(other, images.flip(1) if blue_first else images), labels
    )


def _judged(own: InputSpecification, best: Rival) -> tuple[str, str]:
    """Return the name of a finding and its fix."""
    none_stated = not any(own.mean) and all(value == 1 for value in own.deviation)
    if best.name.endswith("blue first"):
        return "channel-order", (
            "The network expects blue, green, red: turn the channels inside it, behind the "
            f"normalisation ({best.name})."
        )
    mean, deviation = NORMALISATIONS[best.name]
    settings = f"mean {_few(mean[: own.channels])}, deviation {_few(deviation[: own.channels])}"
    if best.name == _PLAIN:
        return "doubled-normalisation", (
            "The network seems to normalise by itself: state no mean and no deviation "
            f"({settings})."
        )
    if best.name in (_BYTES, _CAFFE):
        return "range-0-255", f"The network expects numbers up to 255: state {settings}."
    if none_stated:
        return "missing-normalisation", f"State the normalisation of its training: {settings}."
    return "other-normalisation", (
        f"Correct the stated mean and deviation, such as {settings}; what the network was trained "
        "behind stands in its source."
    )


def _as_good(best: Rival, rivals: Mapping[str, Outcome]) -> str:
    """Name the others that are right for about as many, which these images cannot tell apart."""
    near = [
        name
        for name, one in rivals.items()
        if name != best.name and one.whole and one.accuracy >= best.accuracy - 0.01
    ]
    return f" About as good: {', '.join(near)}." if near else ""


def _in_words(own: InputSpecification) -> str:
    for name, (mean, deviation) in NORMALISATIONS.items():
        if own.channels == 3 and _alike(own, _read(own, mean, deviation)):
            return name
    return f"mean {_few(own.mean)}, deviation {_few(own.deviation)}"


def _few(values: tuple[float, ...]) -> str:
    digits = [f"{value:.4g}" for value in values]
    return digits[0] if len(set(digits)) == 1 else ", ".join(digits)


def _percent(one: Outcome) -> str:
    return f"{100 * one.accuracy:.1f} %"
