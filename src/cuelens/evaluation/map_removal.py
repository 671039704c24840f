"""Deletion and insertion areas of maps, asked of the model that they explain."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from cuelens.errors import ConfigError
from cuelens.evaluation.map_cases import MapCase
from cuelens.metrics import Fill, deletion_area, insertion_area
from cuelens.tensors import PerImage

__all__ = ["PixelRemoval"]


@dataclass(frozen=True, kw_only=True, slots=True)
class PixelRemoval:
    """The areas `deletion` and `insertion` of the class that is explained, on the fast path.

    Attributes:
        steps: In how many steps all pixels go or come. At least 1.
        fill: What stands where a pixel is gone.

    Raises:
        ConfigError: If `steps` is below 1.

    Source:
        Petsiuk et al., 2018, https://arxiv.org/abs/1806.07421, section 3.2.
        Differs: as `metrics.deletion_area` and `metrics.insertion_area` do.
    """

    version: ClassVar[int] = 1

    steps: int = 32
    fill: Fill = Fill.MEAN

    def __post_init__(self) -> None:
        if self.steps < 1:
            raise ConfigError(f"`steps` must be at least 1, got {self.steps}. 32 are usual.")

    def __call__(self, case: MapCase) -> Mapping[str, PerImage]:
        """Return the areas by name."""
        classify, maps = case.maker.fast, case.maps
        images, labels = (each.to(classify.device) for each in (case.images, case.labels))
        return {
            name: area(
                classify,
                images,
                maps.to(classify.device),
                labels,
                steps=self.steps,
                fill=self.fill,
                batch_size=case.maker.micro_batch,
            ).cpu()
            for name, area in (("deletion", deletion_area), ("insertion", insertion_area))
        }
