"""Published numbers to read a report's own against: people and known networks.

They come from other images than a study's: they are shown beside, never compared with.
"""

from dataclasses import dataclass

from cuelens.report.charts import Row
from cuelens.statistics import wilson

__all__ = ["SHAPE_BIASES", "SOURCE", "Reference"]

SOURCE = (
    "Grey, to read it against: published shape biases on the cue-conflict images of Geirhos et "
    "al., 2019 (1,280 images, 16 classes of ImageNet; Wilson intervals over trials, those of ten "
    "people pooled). Other images than this study's: read beside, not compared with."
)
"""What must stand beside the rows."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Reference:
    """Answers that followed shape or texture, as they were published.

    Attributes:
        name: Who answered.
        shape: How many answers followed the shape.
        texture: How many followed the texture.
    """

    name: str
    shape: int
    texture: int

    @property
    def row(self) -> Row:
        """The shape bias, as a chart takes it."""
        one = wilson(self.shape, self.shape + self.texture)
        return {
            "place": self.name,
            "n": self.shape + self.texture,
            "value": one.value,
            "low": one.low,
            "high": one.high,
        }


SHAPE_BIASES = (
    Reference(name="people", shape=9_236, texture=398),
    Reference(name="ResNet-50, stylised", shape=586, texture=141),
    Reference(name="AlexNet", shape=283, texture=376),
    Reference(name="GoogLeNet", shape=228, texture=503),
    Reference(name="ResNet-50", shape=162, texture=572),
    Reference(name="VGG-16", shape=130, texture=625),
)
"""Geirhos et al., 2019, https://arxiv.org/abs/1811.12231: ResNet-50 trained on ImageNet and on
stylised ImageNet, the others on ImageNet; answers as published at
https://github.com/rgeirhos/texture-vs-shape."""
