"""What is measured of maps, gathered by what each measure looks at.

It asks measures that are passed in and checks their answers; it does not know what they measure.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from cuelens.errors import ConfigError, DataError
from cuelens.evaluation.keys import identity_of
from cuelens.evaluation.map_cases import CaseMeasure, MapCase
from cuelens.tensors import Images, Masks, PerImage

__all__ = ["ImageMeasure", "MapMeasure", "MapMeasures", "MaskMeasure"]

MapMeasure = Callable[[Images], PerImage]
"""Raw signed maps to one number an image."""

ImageMeasure = Callable[[Images, Images], PerImage]
"""Raw signed maps, and the images that they are of, to one number an image."""

MaskMeasure = Callable[[Images, Masks], PerImage]
"""Raw signed maps, and where the figure is, to one number an image."""


@dataclass(frozen=True, kw_only=True, slots=True)
class MapMeasures:
    """What is measured of maps, by the names that records use.

    Attributes:
        alone: Of a map alone.
        images: Of a map and the image that it is of.
        masks: Of a map and the figure's mask. Only for a data set that knows masks, and for
            conditions that leave the figure where it is.
        cases: What asks the model again, or compares the map with others; each names its own.

    Raises:
        ConfigError: If there is none, or a name stands twice.
    """

    alone: Mapping[str, MapMeasure] = field(default_factory=dict)
    images: Mapping[str, ImageMeasure] = field(default_factory=dict)
    masks: Mapping[str, MaskMeasure] = field(default_factory=dict)
    cases: Sequence[CaseMeasure] = ()

    def __post_init__(self) -> None:
        names = [*self.alone, *self.images, *self.masks]
        if not names and not self.cases:
            raise ConfigError("`measures` must name at least one measure, got none.")
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ConfigError(
                f"Every measure must have a name of its own, got {', '.join(twice)} more than once."
            )

    def identity(self) -> dict[str, str]:
        """Return what names the measures and their settings for good."""
        named = {**self.alone, **self.images, **self.masks}
        cases = {f"case {place}": case for place, case in enumerate(self.cases)}
        return {name: identity_of(measure) for name, measure in {**named, **cases}.items()}

    def of(self, case: MapCase, masks: Masks | None) -> dict[str, PerImage]:
        """Return every measure of a case, one number an image.

        Args:
            case: The maps.
            masks: Of the figures; None where there are no measures of them.

        Raises:
            DataError: If a measure does not give one number an image.
        """
        count = len(case.maps)
        return {name: _value(name, found, count) for name, found in self._found(case, masks)}

    def _found(self, case: MapCase, masks: Masks | None) -> Iterator[tuple[str, PerImage]]:
        for name, of_map in self.alone.items():
            yield name, of_map(case.maps)
        for name, of_image in self.images.items():
            yield name, of_image(case.maps, case.images)
        if masks is not None:
            for name, of_mask in self.masks.items():
                yield name, of_mask(case.maps, masks)
        for of_case in self.cases:
            yield from of_case(case).items()


def _value(name: str, values: PerImage, count: int) -> PerImage:
    """Return the values, if there is one for each image."""
    if values.shape != (count,):
        raise DataError(
            f"The measure {name!r} must give one number an image, shape ({count},), got "
            f"{tuple(values.shape)}. Correct the measure."
        )
    return values
