"""A named check of maps as they are drawn on one scale: does one model's drown in another's?

It reads the strips that are shown; what maps come to on their own scale is in `salience_checks`.
"""

from collections.abc import Iterator, Sequence

import torch

from cuelens.evaluation import Strips
from cuelens.salience import shared_scale
from cuelens.study.checks.checks import Check
from cuelens.study.checks.salience_checks import DARK, MANY_WHITE

__all__ = ["check_shared_scales"]


def check_shared_scales(strips: Sequence[Strips]) -> tuple[Check, ...]:
    """Return `saturated-scale` of each method and model, on the scale that all models share.

    White is there the 99th percentile of all maps of a method on an image. The maps of a model
    whose strengths are far below those of another are nearly black, and those of one that is far
    above many others are white in large parts.

    Args:
        strips: Parts of the same models and methods.

    Returns:
        None where a single model is shown, whose maps share their scale with no other's, and none
        of a model without a map of numbers.
    """
    if not strips or len(strips[0].models) < 2:
        return ()
    first = strips[0]
    found = []
    for s, method in enumerate(first.methods):
        for m, model in enumerate(first.models):
            drawn = [each for part in strips for each in _drawn(part, s, m)]
            if drawn:
                found.append(_check(method, model, drawn))
    return tuple(found)


def _check(method: str, model: str, drawn: Sequence[tuple[float, float]]) -> Check:
    shares, greys = zip(*drawn, strict=True)
    share, grey = sum(shares) / len(shares), sum(greys) / len(greys)
    words = (
        f"{method} maps of {model}: drawn on one scale with those of the other models, "
        f"{100 * share:.1f} % of the pixels are white and the mean grey is {grey:.3f} (means over "
        f"{len(drawn):,} images)"
    )
    if share > MANY_WHITE:
        words += (
            f"; more than {100 * MANY_WHITE:.0f} % white: what is strongest cannot be seen there, "
            "look at each map on its own scale"
        )
    elif grey < DARK:
        words += (
            f"; below {DARK:g} they are nearly black there beside stronger ones: that says how "
            "little they are, not where; look at each map on its own scale"
        )
    raised = share > MANY_WHITE or grey < DARK
    return Check(name="saturated-scale", raised=raised, sentence=f"{words}.", about=(method, model))


def _drawn(part: Strips, method: int, model: int) -> Iterator[tuple[float, float]]:
    """Yield the white share and the mean grey of a model's maps of each image that has some."""
    for image in range(len(part.images)):
        maps = part.maps[method, :, :, image]
        shown = shared_scale(maps.flatten(0, 1))
        whites = torch.tensor([scale.white for scale in shown.scales]).view(maps.shape[:2])[model]
        values = shown.values.view(*maps.shape[:2], *maps.shape[3:])[model][whites > 0]
        if len(values):
            yield float((values >= 1).float().mean()), float(values.mean())
