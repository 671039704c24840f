"""Measures of the maps of kept strips: one number for each image, model, method and condition.

It hands maps to measures that are passed in; it does not know what they measure.
"""

from collections.abc import Callable, Mapping

import polars as pl

from cuelens.evaluation.strips import Strips
from cuelens.tensors import Images, PerImage

__all__ = ["measure_strips"]

MapMeasure = Callable[[Images], PerImage]
ImageMeasure = Callable[[Images, Images], PerImage]
Similarity = Callable[[Images, Images], PerImage]

_SCHEMA = {
    "dataset": pl.String(),
    "image": pl.String(),
    "model": pl.String(),
    "method": pl.String(),
    "condition": pl.String(),
    "measure": pl.String(),
    "value": pl.Float64(),
}


def measure_strips(
    strips: Strips,
    measures: Mapping[str, MapMeasure],
    *,
    image_measures: Mapping[str, ImageMeasure] | None = None,
) -> pl.DataFrame:
    """Return what is measured of every map.

    Args:
        strips: From `read_strips`.
        measures: By name: what is measured of raw maps alone.
        image_measures: By name: what is measured of raw maps and the images that they are of.

    Returns:
        Columns dataset, image, model, method, condition, measure, value; one row a number, NaN
        where a map has no such measure.
    """
    rows = []
    for s, method in enumerate(strips.methods):
        for m, model in enumerate(strips.models):
            for c, condition in enumerate(strips.conditions):
                maps, seen = strips.maps[s, m, c], strips.pictures[m, c]
                found = {name: measure(maps) for name, measure in measures.items()}
                for name, of_image in (image_measures or {}).items():
                    found[name] = of_image(maps, seen)
                place = (model, method, condition)
                rows += [
                    (strips.dataset, image, *place, name, float(value))
                    for name, values in found.items()
                    for image, value in zip(strips.images, values, strict=True)
                ]
    return pl.DataFrame(rows, schema=_SCHEMA, orient="row")
