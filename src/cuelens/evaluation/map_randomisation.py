"""How much of a map stays when the model's weights are drawn by chance, layer by layer."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from cuelens.errors import ConfigError
from cuelens.evaluation.map_cases import MapCase
from cuelens.evaluation.map_stability import similarities
from cuelens.metrics import rank_correlation
from cuelens.networks.random_weights import parameter_layers, with_random_weights
from cuelens.tensors import Images, PerImage

__all__ = ["WeightRandomisation"]


@dataclass(frozen=True, kw_only=True, slots=True)
class WeightRandomisation:
    """The likeness of a map and those of copies of the model with random weights.

    - `randomised_...`: all layers are random; every likeness.
    - `cascade_rank_correlation:LAYER`: all from the last layer down to this one are.
    - `independent_rank_correlation:LAYER`: this one alone is.

    The model itself is not touched. A map that stays when all layers are random shows the image,
    not what the model has learnt.

    Attributes:
        depths: At how many layers, spread evenly from the last to the first, the cascade stops and
            one layer alone is drawn; all of them, where there are not more. At least 1, where only
            the whole network is drawn, and the first layer alone.

    Raises:
        ConfigError: If `depths` is below 1.

    Source:
        Adebayo et al., 2018, https://arxiv.org/abs/1810.03292, section 3.
        Differs: weights are drawn as `with_random_weights` does; signs do not count.
    """

    version: ClassVar[int] = 1

    depths: int = 4

    def __post_init__(self) -> None:
        if self.depths < 1:
            raise ConfigError(f"`depths` must be at least 1, got {self.depths}. 4 are usual.")

    def __call__(self, case: MapCase) -> Mapping[str, PerImage]:
        """Return the likeness by name, the last layers first."""
        layers = parameter_layers(case.maker.classifier, case.clean)
        from_the_top = list(layers)[::-1]
        cascade: dict[str, PerImage] = {}
        alone: dict[str, PerImage] = {}
        maps = case.maps
        for count in self.counts(len(layers)):
            layer = from_the_top[count - 1]
            drawn = [name for own in from_the_top[:count] for name in layers[own]]
            maps = self._maps(case, drawn)
            cascade[f"cascade_rank_correlation:{layer}"] = rank_correlation(case.maps, maps)
            one = self._maps(case, layers[layer])
            alone[f"independent_rank_correlation:{layer}"] = rank_correlation(case.maps, one)
        return similarities("randomised", case.maps, maps) | cascade | alone

    def counts(self, layers: int) -> tuple[int, ...]:
        """Return how many layers are random at each depth; all of them at the last.

        Args:
            layers: How many there are.
        """
        depths = min(self.depths, layers)
        return tuple(-(-layers * depth // depths) for depth in range(1, depths + 1))

    def _maps(self, case: MapCase, parameters: tuple[str, ...] | list[str]) -> Images:
        drawn = with_random_weights(case.maker.classifier, parameters, seed=case.chance.seed)
        return case.explain(case.images, of=case.maker.form.of(drawn))
