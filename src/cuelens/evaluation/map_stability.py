"""How much of a map stays when the image changes: by noise, by a condition, by an attack."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import torch

from cuelens.errors import ConfigError
from cuelens.evaluation.map_cases import MapCase
from cuelens.metrics import SIMILARITIES
from cuelens.tensors import Images, PerImage
from cuelens.transforms import Movement

__all__ = ["ConditionStability", "NoiseStability", "similarities"]


def similarities(prefix: str, maps: Images, others: Images) -> dict[str, PerImage]:
    """Return every likeness of two maps an image, named `prefix` and what it is."""
    return {f"{prefix}_{name}": found(maps, others) for name, found in SIMILARITIES.items()}


@dataclass(frozen=True, kw_only=True, slots=True)
class NoiseStability:
    """The likeness of a map and that of the image under Gaussian noise: `noise_...`.

    Attributes:
        noise: Standard deviation, in units of the pixel range [0, 1]; noisy pixels are cut to that
            range. Above 0, at most 1.
        draws: How many noisy copies, whose mean likeness counts. At least 1.

    Raises:
        ConfigError: If a number is outside its range.

    Source:
        Alvarez-Melis & Jaakkola, 2018, https://arxiv.org/abs/1806.08049, section 3.
        Differs: the mean likeness under noise, not the largest change nearby.
    """

    version: ClassVar[int] = 1

    noise: float = 0.05
    draws: int = 1

    def __post_init__(self) -> None:
        if not 0 < self.noise <= 1:
            raise ConfigError(
                f"`noise` must be above 0 and at most 1 (pixels are in [0, 1]), got {self.noise:g}."
            )
        if self.draws < 1:
            raise ConfigError(f"`draws` must be at least 1, got {self.draws}.")

    def __call__(self, case: MapCase) -> Mapping[str, PerImage]:
        """Return the likeness by name."""
        found = [
            similarities("noise", case.maps, case.explain(self._noisy(case, draw)))
            for draw in range(self.draws)
        ]
        return {name: torch.stack([each[name] for each in found]).mean(0) for name in found[0]}

    def _noisy(self, case: MapCase, draw: int) -> Images:
        noise = case.chance.normal(case.images.shape[1:], method="map-stability", draw=draw)
        return (case.images + self.noise * noise).clamp(0, 1)


@dataclass(frozen=True, kw_only=True, slots=True)
class ConditionStability:
    """The likeness of a map and that of the unchanged image, for one class: `condition_...`.

    Where the condition only moves pixels, as patch shuffle does, the map is put back first. Where
    it makes new places without saying which, as texture synthesis does, nothing can be.

    Source:
        Zhang & Zhu, 2019, https://arxiv.org/abs/1905.09797, section 4.1 (by eye).
        Differs: measured.
    """

    version: ClassVar[int] = 1

    def __call__(self, case: MapCase) -> Mapping[str, PerImage]:
        """Return the likeness by name."""
        transform, maps = case.condition.transform, case.maps
        if isinstance(transform, Movement):
            maps = transform.put_back(maps, chance=case.chance)
        return similarities("condition", case.explain(case.clean), maps)
