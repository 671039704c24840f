"""Grad-CAM: the last layer that tells places apart, its channels weighted by their gradients."""

from dataclasses import dataclass
from typing import ClassVar, Literal

from cuelens.arguments import require_arguments
from cuelens.errors import ConfigError, ModelError
from cuelens.networks.classifier import Classifier, Classify
from cuelens.networks.grids import Answer, GridLayout, layout_of
from cuelens.networks.layers import layer_gradient
from cuelens.networks.spatial_layers import last_spatial_layer
from cuelens.randomness import Chance
from cuelens.salience.score import Score, require_score
from cuelens.tensors import Images, Labels

__all__ = ["GradCAM"]


@dataclass(frozen=True, kw_only=True, slots=True)
class GradCAM:
    """The channels of a layer, each weighted by the mean gradient of the score over its places.

    The number at each place of the layer's grid is enlarged to the image (bilinear, the
    cells laid edge to edge over it) and spread equally over the image's channels.

    Attributes:
        layer: Name of the layer. None: the last one whose answer is a grid that the logits
            depend on, see `last_spatial_layer`; of a residual network the last block, of a vision
            transformer that reads its class token the norm before the last attention.
        grid: Height and width of the layer's grid, in cells. None: read off the shapes, which
            serves unless a transformer has unusual proportions, see `layout_of`. Class and register
            tokens come before the grid, and are dropped.
        signs: "both" shows what raises the score and what lowers it, "positive" only the former.
        score: What is explained.

    Raises:
        ConfigError: If `grid` has fewer than two cells.

    Source:
        Selvaraju et al., 2017, https://arxiv.org/abs/1610.02391, section 3.
        Differs: signed, where the paper ends with a ReLU, unless `signs` is "positive"; where the
        last convolution has a norm, an activation or a sum behind it, the layer is behind these.
    """

    version: ClassVar[int] = 1

    layer: str | None = None
    grid: tuple[int, int] | None = None
    signs: Literal["both", "positive"] = "both"
    score: Score = Score.LOGIT

    def __post_init__(self) -> None:
        require_score(self.score)
        if self.grid is not None and not (min(self.grid) >= 1 and max(self.grid) >= 2):
            raise ConfigError(
                f"`grid` must be a height and a width with at least 2 cells, got {self.grid}. "
                "A transformer with patches of 16 pixels has (14, 14) at 224 pixels."
            )
        if self.signs not in ("both", "positive"):
            raise ConfigError(f'`signs` must be "both" or "positive", got {self.signs!r}.')

    def __call__(
        self, classify: Classify, images: Images, labels: Labels, *, chance: Chance
    ) -> Images:
        """Return the maps.

        Args:
            classify: A `Classifier`, whose layers are read; already in eval mode.
            images: Pixels in [0, 1].
            labels: The classes that are explained.
            chance: Unused.

        Returns:
            Score by channel activation and its gradient, of any scale, signed; same shape as
            `images`, the same number in every channel.

        Raises:
            RangeError: If `images` leaves [0, 1], or `labels` the classes.
            ConfigError: If the arguments are not of the same images.
            ModelError: If `classify` is no `Classifier`, there is no such layer, or no grid of at
                least two cells in its answer.
        """
        images, labels = require_arguments(images, labels, chance)
        classifier = _require_classifier(classify)
        if not len(images):
            return images.clone()
        layer, layout = self.layer, None
        if layer is None:
            layer, layout = last_spatial_layer(classifier, images, stated=self.grid)
        answers, gradients = layer_gradient(
            classifier, images, layer, lambda logits: self.score(logits, labels)
        )
        layout = layout or self._layout_of(answers, layer, classifier, images)
        weights = layout.read(gradients).to(images.dtype).mean((2, 3), keepdim=True)
        maps = (weights * layout.read(answers).to(images.dtype)).sum(1, keepdim=True)
        if self.signs == "positive":
            maps = maps.clamp_min(0)
        maps = classifier.specification.laid_on(maps, images)
        return maps.div(images.shape[1]).repeat(1, images.shape[1], 1, 1)

    def _layout_of(
        self, answers: Answer, layer: str, classifier: Classifier, images: Images
    ) -> GridLayout:
        """Return where the grid is in the answers of a layer that was named."""
        size = classifier.specification.size_of(images)
        layout = layout_of(answers.shape, size=size, stated=self.grid)
        if len(answers) == len(images) and layout is not None and layout.sides != (1, 1):
            return layout
        grid = f" of {self.grid[0]} x {self.grid[1]}" if self.grid else ""
        raise ModelError(
            f"The layer {layer!r} of {classifier.name} must answer with a grid{grid} of at least 2 "
            f"cells for each of {len(images)} images, got shape {tuple(answers.shape)}. Name an "
            "earlier layer, state `grid`, or leave `layer` out to have one found."
        )


def _require_classifier(classify: Classify) -> Classifier:
    if isinstance(classify, Classifier):
        return classify
    raise ModelError(
        f"`classify` must be a Classifier, whose layers are read, got {type(classify).__name__}. "
        "Give Classifier(network, class_names=...)."
    )
